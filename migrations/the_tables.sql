create table company (
    id UUID PRIMARY KEY NOT NULL,
    name VARCHAR(80) NOT NULL,
    created_at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp
);
create table room_search (
    id UUID PRIMARY KEY NOT NULL,
    community_id UUID NOT NULL,
    words TEXT NOT NULL
);
create index room_search_community_id on room_search (community_id);
create table rate_bucket (
    key VARCHAR(120) NOT NULL,
    id UUID PRIMARY KEY NOT NULL,
    tokens REAL NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp
);
create index rate_bucket_updated_at on rate_bucket (updated_at);
create table job (
    id UUID PRIMARY KEY NOT NULL,
    community_id UUID,
    kind VARCHAR(60) NOT NULL,
    args JSONB NOT NULL DEFAULT '{}',
    state VARCHAR(10) NOT NULL,
    run_at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp,
    attempts INTEGER NOT NULL DEFAULT 0,
    max_attempts INTEGER NOT NULL DEFAULT 8,
    lease_until TIMESTAMPTZ,
    dedupe VARCHAR(120),
    done_count INTEGER NOT NULL DEFAULT 0,
    total_count INTEGER NOT NULL DEFAULT 0,
    result JSONB NOT NULL DEFAULT '{}',
    last_error TEXT,
    created_by UUID,
    created_at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp,
    finished_at TIMESTAMPTZ
);
create index job_community_id on job (community_id);
create table timetable (
    kind VARCHAR(60) NOT NULL,
    id UUID PRIMARY KEY NOT NULL,
    last_run_at TIMESTAMPTZ
);
create table audit (
    id UUID PRIMARY KEY NOT NULL,
    community_id UUID NOT NULL,
    seq BIGINT,
    at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp,
    device_at TIMESTAMPTZ,
    account_id UUID,
    actor_name VARCHAR(60) NOT NULL,
    session_id UUID,
    ip VARCHAR(45),
    action VARCHAR(60) NOT NULL,
    entity VARCHAR(30) NOT NULL,
    entity_id UUID,
    before JSONB,
    after JSONB,
    reason TEXT,
    previous BYTEA,
    hash BYTEA
);
create table audit_head (
    community_id UUID PRIMARY KEY NOT NULL,
    seq BIGINT NOT NULL,
    hash BYTEA NOT NULL
);
create table community (
    id UUID PRIMARY KEY NOT NULL,
    company_id UUID NOT NULL REFERENCES company (id) on delete restrict on update cascade,
    name VARCHAR(60) NOT NULL,
    code VARCHAR(12) UNIQUE NOT NULL,
    city_code VARCHAR(12),
    address VARCHAR(200),
    phone VARCHAR(30),
    label_template VARCHAR(60) NOT NULL,
    created_at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp
);
create index community_company_id on community (company_id);
create table account (
    id UUID PRIMARY KEY NOT NULL,
    company_id UUID REFERENCES company (id) on delete restrict on update cascade,
    login VARCHAR(60) UNIQUE,
    phone VARCHAR(20) UNIQUE,
    name VARCHAR(60) NOT NULL,
    password_hash VARCHAR(200),
    must_change_password BOOLEAN NOT NULL DEFAULT false,
    is_company_admin BOOLEAN NOT NULL DEFAULT false,
    locale VARCHAR(8) NOT NULL,
    totp_secret VARCHAR(200),
    totp_confirmed_at TIMESTAMPTZ,
    totp_last_step INTEGER NOT NULL DEFAULT 0,
    disabled_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp
);
create index account_company_id on account (company_id);
create table capability_grant (
    id UUID PRIMARY KEY NOT NULL,
    company_id UUID NOT NULL REFERENCES company (id) on delete restrict on update cascade,
    post VARCHAR(12) NOT NULL,
    capability VARCHAR(40) NOT NULL,
    granted BOOLEAN NOT NULL
);
create index capability_grant_company_id on capability_grant (company_id);
create table building (
    id UUID PRIMARY KEY NOT NULL,
    community_id UUID NOT NULL REFERENCES community (id) on delete restrict on update cascade,
    code VARCHAR(20) NOT NULL,
    name VARCHAR(40) NOT NULL,
    sort INTEGER NOT NULL DEFAULT 0,
    floors_above INTEGER,
    floors_below INTEGER
);
create index building_community_id on building (community_id);
create table person (
    id UUID PRIMARY KEY NOT NULL,
    community_id UUID NOT NULL REFERENCES community (id) on delete restrict on update cascade,
    account_id UUID,
    name VARCHAR(60) NOT NULL,
    kind VARCHAR(12) NOT NULL,
    phone VARCHAR(20),
    phone_2 VARCHAR(20),
    email VARCHAR(120),
    emergency_contact VARCHAR(80),
    note TEXT,
    import_id UUID,
    version INTEGER NOT NULL DEFAULT 1,
    created_at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp
);
create index person_community_id on person (community_id);
create index person_account_id on person (account_id);
create index person_phone on person (phone);
create table counter (
    id UUID PRIMARY KEY NOT NULL,
    community_id UUID NOT NULL REFERENCES community (id) on delete restrict on update cascade,
    name VARCHAR(40) NOT NULL,
    value INTEGER NOT NULL DEFAULT 0
);
create index counter_community_id on counter (community_id);
create table photo (
    id UUID PRIMARY KEY NOT NULL,
    community_id UUID NOT NULL REFERENCES community (id) on delete restrict on update cascade,
    sha256 VARCHAR(64) NOT NULL,
    key VARCHAR(120) UNIQUE NOT NULL,
    content_type VARCHAR(40) NOT NULL,
    size INTEGER NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    taken_at TIMESTAMPTZ,
    latitude NUMERIC(9, 6),
    longitude NUMERIC(9, 6),
    place VARCHAR(120),
    account_id UUID NOT NULL,
    entity VARCHAR(20),
    entity_id UUID,
    role VARCHAR(12),
    sort INTEGER NOT NULL DEFAULT 0,
    created_at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp
);
create index photo_community_id on photo (community_id);
create index photo_account_id on photo (account_id);
create index photo_entity_id on photo (entity_id);
create index photo_created_at on photo (created_at);
create table challenge (
    id UUID PRIMARY KEY NOT NULL,
    account_id UUID REFERENCES account (id) on delete restrict on update cascade,
    kind VARCHAR(12) NOT NULL,
    challenge BYTEA NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp
);
create index challenge_account_id on challenge (account_id);
create index challenge_expires_at on challenge (expires_at);
create table recovery_code (
    id UUID PRIMARY KEY NOT NULL,
    account_id UUID NOT NULL REFERENCES account (id) on delete restrict on update cascade,
    code_hash BYTEA NOT NULL,
    created_at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp,
    used_at TIMESTAMPTZ
);
create index recovery_code_account_id on recovery_code (account_id);
create table passkey (
    id UUID PRIMARY KEY NOT NULL,
    account_id UUID NOT NULL REFERENCES account (id) on delete restrict on update cascade,
    credential_id BYTEA UNIQUE NOT NULL,
    public_key BYTEA NOT NULL,
    sign_count INTEGER NOT NULL DEFAULT 0,
    transports VARCHAR(100),
    name VARCHAR(60) NOT NULL,
    backed_up BOOLEAN NOT NULL DEFAULT false,
    created_at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp,
    last_used_at TIMESTAMPTZ
);
create index passkey_account_id on passkey (account_id);
create table session (
    token_hash BYTEA PRIMARY KEY NOT NULL,
    id UUID UNIQUE NOT NULL,
    account_id UUID NOT NULL REFERENCES account (id) on delete restrict on update cascade,
    community_id UUID REFERENCES community (id) on delete restrict on update cascade,
    created_at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp,
    last_seen_at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp,
    expires_at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp,
    ip VARCHAR(45) NOT NULL,
    user_agent VARCHAR(300) NOT NULL,
    csrf_secret VARCHAR(64) NOT NULL,
    second_factor_at TIMESTAMPTZ
);
create index session_account_id on session (account_id);
create index session_community_id on session (community_id);
create index session_expires_at on session (expires_at);
create table notification (
    id UUID PRIMARY KEY NOT NULL,
    community_id UUID NOT NULL REFERENCES community (id) on delete restrict on update cascade,
    account_id UUID NOT NULL REFERENCES account (id) on delete restrict on update cascade,
    event VARCHAR(40) NOT NULL,
    facts JSONB NOT NULL DEFAULT '{}',
    link VARCHAR(200),
    entity_id UUID,
    created_at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp,
    read_at TIMESTAMPTZ
);
create index notification_community_id on notification (community_id);
create index notification_account_id on notification (account_id);
create table stairwell (
    id UUID PRIMARY KEY NOT NULL,
    community_id UUID NOT NULL REFERENCES community (id) on delete restrict on update cascade,
    building_id UUID NOT NULL REFERENCES building (id) on delete restrict on update cascade,
    code VARCHAR(20) NOT NULL,
    sort INTEGER NOT NULL DEFAULT 0,
    has_lift BOOLEAN
);
create index stairwell_community_id on stairwell (community_id);
create index stairwell_building_id on stairwell (building_id);
create table certificate (
    id UUID PRIMARY KEY NOT NULL,
    community_id UUID NOT NULL REFERENCES community (id) on delete restrict on update cascade,
    person_id UUID NOT NULL REFERENCES person (id) on delete restrict on update cascade,
    kind VARCHAR(40) NOT NULL,
    number VARCHAR(60),
    issued_on DATE,
    expires_on DATE,
    created_at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp
);
create index certificate_community_id on certificate (community_id);
create index certificate_person_id on certificate (person_id);
create table post (
    id UUID PRIMARY KEY NOT NULL,
    community_id UUID NOT NULL REFERENCES community (id) on delete restrict on update cascade,
    person_id UUID NOT NULL REFERENCES person (id) on delete restrict on update cascade,
    post VARCHAR(12) NOT NULL,
    since DATE NOT NULL,
    until DATE,
    created_at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp
);
create index post_community_id on post (community_id);
create index post_person_id on post (person_id);
create table room (
    id UUID PRIMARY KEY NOT NULL,
    community_id UUID NOT NULL REFERENCES community (id) on delete restrict on update cascade,
    building_id UUID NOT NULL REFERENCES building (id) on delete restrict on update cascade,
    stairwell_id UUID REFERENCES stairwell (id) on delete restrict on update cascade,
    code VARCHAR(40) NOT NULL,
    number VARCHAR(20) NOT NULL,
    label VARCHAR(80) NOT NULL,
    sort VARCHAR(60) NOT NULL,
    floor INTEGER,
    kind VARCHAR(12) NOT NULL,
    gross_area NUMERIC(10, 2),
    net_area NUMERIC(10, 2),
    vacancy VARCHAR(12) NOT NULL,
    handover_on DATE,
    note TEXT,
    import_id UUID,
    version INTEGER NOT NULL DEFAULT 1,
    created_at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp
);
create index room_community_id on room (community_id);
create index room_building_id on room (building_id);
create index room_stairwell_id on room (stairwell_id);
create table occupancy (
    id UUID PRIMARY KEY NOT NULL,
    community_id UUID NOT NULL REFERENCES community (id) on delete restrict on update cascade,
    room_id UUID NOT NULL REFERENCES room (id) on delete restrict on update cascade,
    person_id UUID NOT NULL REFERENCES person (id) on delete restrict on update cascade,
    role VARCHAR(12) NOT NULL,
    since DATE,
    until DATE,
    moved_in_on DATE,
    ended_why VARCHAR(20),
    import_id UUID,
    created_at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp
);
create index occupancy_community_id on occupancy (community_id);
create index occupancy_room_id on occupancy (room_id);
create index occupancy_person_id on occupancy (person_id);
create table space (
    id UUID PRIMARY KEY NOT NULL,
    community_id UUID NOT NULL REFERENCES community (id) on delete restrict on update cascade,
    code VARCHAR(20) NOT NULL,
    zone VARCHAR(40),
    ownership VARCHAR(12) NOT NULL,
    room_id UUID REFERENCES room (id) on delete restrict on update cascade,
    import_id UUID
);
create index space_community_id on space (community_id);
create index space_room_id on space (room_id);
create table join_code (
    id UUID PRIMARY KEY NOT NULL,
    community_id UUID NOT NULL REFERENCES community (id) on delete restrict on update cascade,
    room_id UUID NOT NULL REFERENCES room (id) on delete restrict on update cascade,
    code_hash BYTEA UNIQUE NOT NULL,
    created_by UUID,
    created_at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp,
    expires_at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp,
    used_at TIMESTAMPTZ,
    used_by UUID,
    revoked_at TIMESTAMPTZ,
    tries INTEGER NOT NULL DEFAULT 0
);
create index join_code_community_id on join_code (community_id);
create index join_code_room_id on join_code (room_id);
create table ticket (
    id UUID PRIMARY KEY NOT NULL,
    community_id UUID NOT NULL REFERENCES community (id) on delete restrict on update cascade,
    number VARCHAR(24) NOT NULL,
    state VARCHAR(20) NOT NULL,
    category VARCHAR(20) NOT NULL,
    level VARCHAR(4) NOT NULL,
    location VARCHAR(10) NOT NULL,
    room_id UUID REFERENCES room (id) on delete restrict on update cascade,
    building_id UUID REFERENCES building (id) on delete restrict on update cascade,
    place VARCHAR(120) NOT NULL,
    summary VARCHAR(120) NOT NULL,
    description TEXT,
    contact_phone VARCHAR(20),
    reporter_id UUID REFERENCES person (id) on delete restrict on update cascade,
    reporter_account_id UUID,
    assignee_id UUID REFERENCES person (id) on delete restrict on update cascade,
    due_at TIMESTAMPTZ,
    reported_at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp,
    assigned_at TIMESTAMPTZ,
    started_at TIMESTAMPTZ,
    finished_at TIMESTAMPTZ,
    closed_at TIMESTAMPTZ,
    result TEXT,
    rating VARCHAR(8),
    version INTEGER NOT NULL DEFAULT 1
);
create index ticket_community_id on ticket (community_id);
create index ticket_state on ticket (state);
create index ticket_room_id on ticket (room_id);
create index ticket_building_id on ticket (building_id);
create index ticket_reporter_id on ticket (reporter_id);
create index ticket_reporter_account_id on ticket (reporter_account_id);
create index ticket_assignee_id on ticket (assignee_id);
create table vehicle (
    id UUID PRIMARY KEY NOT NULL,
    community_id UUID NOT NULL REFERENCES community (id) on delete restrict on update cascade,
    plate VARCHAR(16) NOT NULL,
    person_id UUID REFERENCES person (id) on delete restrict on update cascade,
    room_id UUID REFERENCES room (id) on delete restrict on update cascade,
    space_id UUID REFERENCES space (id) on delete restrict on update cascade,
    description VARCHAR(60),
    since DATE,
    until DATE,
    import_id UUID
);
create index vehicle_community_id on vehicle (community_id);
create index vehicle_plate on vehicle (plate);
create index vehicle_person_id on vehicle (person_id);
create index vehicle_room_id on vehicle (room_id);
create index vehicle_space_id on vehicle (space_id);
create table ticket_event (
    id UUID PRIMARY KEY NOT NULL,
    community_id UUID NOT NULL REFERENCES community (id) on delete restrict on update cascade,
    ticket_id UUID NOT NULL REFERENCES ticket (id) on delete restrict on update cascade,
    kind VARCHAR(20) NOT NULL,
    state VARCHAR(20) NOT NULL,
    account_id UUID,
    actor_name VARCHAR(60) NOT NULL,
    actor_post VARCHAR(12),
    note TEXT,
    detail JSONB NOT NULL DEFAULT '{}',
    at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp,
    device_at TIMESTAMPTZ
);
create index ticket_event_community_id on ticket_event (community_id);
create index ticket_event_ticket_id on ticket_event (ticket_id);
