-- The front desk: visits and calls, keys, letters. Labels of places, by which strangers report, and their voices.

create table visit (
    id UUID PRIMARY KEY NOT NULL,
    community_id UUID NOT NULL REFERENCES community (id) on delete restrict on update cascade,
    channel VARCHAR(8) NOT NULL,
    room_id UUID REFERENCES room (id) on delete restrict on update cascade,
    person_id UUID REFERENCES person (id) on delete restrict on update cascade,
    who VARCHAR(60),
    phone VARCHAR(20),
    words TEXT NOT NULL,
    received_at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp,
    account_id UUID,
    receiver_name VARCHAR(60) NOT NULL,
    outcome VARCHAR(12),
    said TEXT,
    told_name VARCHAR(60),
    linked_id UUID,
    linked_label VARCHAR(40),
    settled_at TIMESTAMPTZ,
    settler_name VARCHAR(60),
    voided_at TIMESTAMPTZ,
    void_reason TEXT,
    version INTEGER NOT NULL DEFAULT 1
);
create index visit_community_id on visit (community_id);
create index visit_room_id on visit (room_id);
create index visit_person_id on visit (person_id);
create index visit_linked_id on visit (linked_id);
create index visit_by_time on visit (community_id, received_at);
create index visit_open on visit (community_id, received_at) where outcome is null and voided_at is null;
alter table visit add constraint visit_channel check (channel in ('visit', 'call', 'wechat'));
alter table visit add constraint visit_outcome check (
    outcome in ('ticket', 'answer', 'note', 'complaint')
    and (outcome is null) = (settled_at is null) and (outcome is null) = (settler_name is null)
);
-- Who is told goes with a note, what is said with a note or an answer, a link with a ticket or a complaint.
alter table visit add constraint visit_result check (
    (outcome is null or outcome not in ('answer', 'note') or said is not null)
    and (told_name is not null) = (outcome is not null and outcome = 'note')
    and (linked_id is not null) = (outcome is not null and outcome in ('ticket', 'complaint'))
);
alter table visit add constraint visit_voided check ((voided_at is null) = (void_reason is null));

create table place_key (
    id UUID PRIMARY KEY NOT NULL,
    community_id UUID NOT NULL REFERENCES community (id) on delete restrict on update cascade,
    name VARCHAR(60) NOT NULL,
    hook VARCHAR(20),
    room_id UUID REFERENCES room (id) on delete restrict on update cascade,
    is_active BOOLEAN NOT NULL DEFAULT true,
    version INTEGER NOT NULL DEFAULT 1
);
create index place_key_community_id on place_key (community_id);
create index place_key_room_id on place_key (room_id);
create unique index place_key_is_once on place_key (community_id, name) where is_active;

create table key_loan (
    id UUID PRIMARY KEY NOT NULL,
    community_id UUID NOT NULL REFERENCES community (id) on delete restrict on update cascade,
    key_id UUID NOT NULL REFERENCES place_key (id) on delete restrict on update cascade,
    borrower VARCHAR(60) NOT NULL,
    phone VARCHAR(20),
    purpose VARCHAR(200) NOT NULL,
    lent_at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp,
    lender_name VARCHAR(60) NOT NULL,
    due_at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp,
    returned_at TIMESTAMPTZ,
    taker_name VARCHAR(60),
    note VARCHAR(200)
);
create index key_loan_community_id on key_loan (community_id);
create index key_loan_key_id on key_loan (key_id);
-- A key that is out cannot be handed out again.
create unique index key_loan_is_open_once on key_loan (key_id) where returned_at is null;
alter table key_loan add constraint key_loan_times check (due_at > lent_at and returned_at >= lent_at);
alter table key_loan add constraint key_loan_returned check ((returned_at is null) = (taker_name is null));

create table letter (
    id UUID PRIMARY KEY NOT NULL,
    community_id UUID NOT NULL REFERENCES community (id) on delete restrict on update cascade,
    room_id UUID NOT NULL REFERENCES room (id) on delete restrict on update cascade,
    kind VARCHAR(10) NOT NULL,
    addressee VARCHAR(60),
    detail VARCHAR(120),
    shelf VARCHAR(20),
    state VARCHAR(10) NOT NULL,
    arrived_at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp,
    receiver_name VARCHAR(60) NOT NULL,
    ended_at TIMESTAMPTZ,
    ended_to VARCHAR(60),
    ended_note VARCHAR(200),
    ender_name VARCHAR(60),
    version INTEGER NOT NULL DEFAULT 1
);
create index letter_community_id on letter (community_id);
create index letter_room_id on letter (room_id);
create index letter_waiting on letter (community_id, arrived_at) where state = 'waiting';
alter table letter add constraint letter_kind check (kind in ('parcel', 'letter', 'registered', 'other'));
alter table letter add constraint letter_state check (
    state in ('waiting', 'handed', 'returned') and (state = 'waiting') = (ended_at is null)
    and (state = 'waiting') = (ender_name is null) and (state = 'handed') = (ended_to is not null)
);

create table place_code (
    id UUID PRIMARY KEY NOT NULL,
    community_id UUID NOT NULL REFERENCES community (id) on delete restrict on update cascade,
    code VARCHAR(12) NOT NULL UNIQUE,
    name VARCHAR(60) NOT NULL,
    category VARCHAR(20),
    building_id UUID REFERENCES building (id) on delete restrict on update cascade,
    is_active BOOLEAN NOT NULL DEFAULT true,
    version INTEGER NOT NULL DEFAULT 1
);
create index place_code_community_id on place_code (community_id);
create index place_code_building_id on place_code (building_id);
create unique index place_code_is_once on place_code (community_id, name) where is_active;

create table ticket_voice (
    id UUID PRIMARY KEY NOT NULL,
    community_id UUID NOT NULL REFERENCES community (id) on delete restrict on update cascade,
    ticket_id UUID NOT NULL REFERENCES ticket (id) on delete restrict on update cascade,
    place_code_id UUID REFERENCES place_code (id) on delete restrict on update cascade,
    kind VARCHAR(8) NOT NULL,
    token_hash BYTEA,
    account_id UUID,
    at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp,
    claimed_at TIMESTAMPTZ
);
create index ticket_voice_community_id on ticket_voice (community_id);
create index ticket_voice_ticket_id on ticket_voice (ticket_id);
create index ticket_voice_place_code_id on ticket_voice (place_code_id);
create unique index ticket_voice_reports_once on ticket_voice (ticket_id) where kind = 'report';
create unique index ticket_voice_counts_once on ticket_voice (ticket_id, account_id) where kind = 'too';
create unique index ticket_voice_token on ticket_voice (token_hash);
alter table ticket_voice add constraint ticket_voice_kind check (kind in ('report', 'too'));

-- A photo may come from somebody who is not signed in.
alter table photo alter column account_id drop not null;

do $$
declare
    name text;
begin
    foreach name in array array['visit', 'place_key', 'key_loan', 'letter', 'place_code', 'ticket_voice'] loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format(
            'create policy within_reach on %I using '
            '((select reaches_all()) or community_id = any (((select reached()))::uuid[]))', name
        );
    end loop;
end $$;
