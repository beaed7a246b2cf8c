-- Complaints and suggestions 投诉和建议: each with its limits, never handled by whom it is about.

create table complaint (
    id UUID PRIMARY KEY NOT NULL,
    community_id UUID NOT NULL REFERENCES community (id) on delete restrict on update cascade,
    number VARCHAR(24) NOT NULL,
    kind VARCHAR(12) NOT NULL,
    channel VARCHAR(12) NOT NULL,
    case_no VARCHAR(40),
    state VARCHAR(12) NOT NULL,
    cause VARCHAR(12),
    anonymous BOOLEAN NOT NULL DEFAULT false,
    filer_account_id UUID,
    filer_id UUID REFERENCES person (id) on delete restrict on update cascade,
    contact_phone VARCHAR(20),
    room_id UUID REFERENCES room (id) on delete restrict on update cascade,
    building_id UUID REFERENCES building (id) on delete restrict on update cascade,
    place VARCHAR(120) NOT NULL,
    summary VARCHAR(120) NOT NULL,
    description TEXT NOT NULL,
    about_id UUID REFERENCES person (id) on delete restrict on update cascade,
    ticket_id UUID REFERENCES ticket (id) on delete restrict on update cascade,
    major VARCHAR(12),
    handler_id UUID REFERENCES person (id) on delete restrict on update cascade,
    received_at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp,
    reply_by TIMESTAMPTZ NOT NULL DEFAULT current_timestamp,
    due_at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp,
    last_by TIMESTAMPTZ NOT NULL DEFAULT current_timestamp,
    replied_at TIMESTAMPTZ,
    resulted_at TIMESTAMPTZ,
    result TEXT,
    verdict VARCHAR(1),
    closed_at TIMESTAMPTZ,
    reopened INTEGER NOT NULL DEFAULT 0,
    escalation INTEGER NOT NULL DEFAULT 0,
    version INTEGER NOT NULL DEFAULT 1
);
create index complaint_community_id on complaint (community_id);
create index complaint_state on complaint (state);
create index complaint_filer_account_id on complaint (filer_account_id);
create index complaint_filer_id on complaint (filer_id);
create index complaint_room_id on complaint (room_id);
create index complaint_building_id on complaint (building_id);
create index complaint_about_id on complaint (about_id);
create index complaint_ticket_id on complaint (ticket_id);
create index complaint_handler_id on complaint (handler_id);
create unique index complaint_number_is_once on complaint (community_id, number);
create index complaint_by_time on complaint (community_id, received_at desc);
create index complaint_by_deadline on complaint (community_id, due_at) where state in ('received', 'assigned', 'replied', 'reopened');

alter table complaint add constraint complaint_kind check (kind in ('complaint', 'suggestion', 'praise'));
alter table complaint add constraint complaint_channel check (channel in ('app', 'desk', 'phone', 'letter', 'hotline', 'media'));
alter table complaint add constraint complaint_state check (
    state in ('received', 'assigned', 'replied', 'resulted', 'reopened', 'closed', 'withdrawn')
);
alter table complaint add constraint complaint_cause check (cause in (
    'attitude', 'slow', 'quality', 'charges', 'cleaning', 'green', 'safety', 'parking', 'noise', 'facility', 'neighbour', 'other'
));
alter table complaint add constraint complaint_major check (major in ('injury', 'group', 'media', 'hotline', 'other'));
alter table complaint add constraint complaint_verdict check (verdict in ('A', 'B', 'C'));
-- Whoever it is about never handles it.
alter table complaint add constraint complaint_by_another check (handler_id <> about_id);
-- An answer is given in words and coded by cause; one that was given stays.
alter table complaint add constraint complaint_answer check (
    (state <> 'resulted' or (result is not null and cause is not null and resulted_at is not null))
    and (resulted_at is null or replied_at is not null)
);
-- Who wishes not to be known is not written down where the office looks.
alter table complaint add constraint complaint_is_anonymous check (
    not anonymous or (filer_id is null and contact_phone is null and room_id is null)
);
alter table complaint add constraint complaint_limits check (reply_by <= due_at and due_at <= last_by);

create table complaint_event (
    id UUID PRIMARY KEY NOT NULL,
    community_id UUID NOT NULL REFERENCES community (id) on delete restrict on update cascade,
    complaint_id UUID NOT NULL REFERENCES complaint (id) on delete restrict on update cascade,
    kind VARCHAR(16) NOT NULL,
    state VARCHAR(12) NOT NULL,
    account_id UUID,
    actor_name VARCHAR(60) NOT NULL,
    actor_post VARCHAR(12),
    note TEXT,
    detail JSONB NOT NULL DEFAULT '{}',
    at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp
);
create index complaint_event_community_id on complaint_event (community_id);
create index complaint_event_complaint_id on complaint_event (complaint_id);

create trigger complaint_event_is_append_only before update or delete on complaint_event
    for each row execute function refuse_change();
create trigger complaint_event_is_never_emptied before truncate on complaint_event
    for each statement execute function refuse_change();

do $$
declare
    name text;
begin
    foreach name in array array['complaint', 'complaint_event'] loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format(
            'create policy within_reach on %I using '
            '((select reaches_all()) or community_id = any (((select reached()))::uuid[]))', name
        );
    end loop;
end $$;
