create table hazard (
    id UUID PRIMARY KEY NOT NULL,
    community_id UUID NOT NULL REFERENCES community (id) on delete restrict on update cascade,
    number VARCHAR(24) NOT NULL,
    state VARCHAR(16) NOT NULL,
    grade VARCHAR(8) NOT NULL,
    category VARCHAR(16) NOT NULL,
    source VARCHAR(12) NOT NULL,
    round_id UUID,
    checkpoint_id UUID,
    item VARCHAR(60),
    building_id UUID REFERENCES building (id) on delete restrict on update cascade,
    place VARCHAR(120) NOT NULL,
    summary VARCHAR(120) NOT NULL,
    description TEXT,
    measure TEXT,
    demand TEXT,
    pace VARCHAR(12) NOT NULL,
    due_at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp,
    responsible_id UUID REFERENCES person (id) on delete restrict on update cascade,
    reporter_account_id UUID,
    reporter_name VARCHAR(60) NOT NULL,
    budget BIGINT,
    cost BIGINT,
    plan JSONB NOT NULL DEFAULT '{}',
    result TEXT,
    submitted_by UUID,
    rechecked_by UUID,
    ticket_id UUID REFERENCES ticket (id) on delete restrict on update cascade,
    escalation INTEGER NOT NULL DEFAULT 0,
    found_at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp,
    registered_at TIMESTAMPTZ,
    noticed_at TIMESTAMPTZ,
    submitted_at TIMESTAMPTZ,
    closed_at TIMESTAMPTZ,
    isolated_at TIMESTAMPTZ,
    told_company_at TIMESTAMPTZ,
    told_authority_at TIMESTAMPTZ,
    dissuaded_at TIMESTAMPTZ,
    on_phones BOOLEAN NOT NULL DEFAULT true,
    version INTEGER NOT NULL DEFAULT 1
);
create index hazard_community_id on hazard (community_id);
create index hazard_state on hazard (state);
create index hazard_round_id on hazard (round_id);
create index hazard_checkpoint_id on hazard (checkpoint_id);
create index hazard_building_id on hazard (building_id);
create index hazard_responsible_id on hazard (responsible_id);
create index hazard_reporter_account_id on hazard (reporter_account_id);
create index hazard_ticket_id on hazard (ticket_id);

create table hazard_event (
    id UUID PRIMARY KEY NOT NULL,
    community_id UUID NOT NULL REFERENCES community (id) on delete restrict on update cascade,
    hazard_id UUID NOT NULL REFERENCES hazard (id) on delete restrict on update cascade,
    kind VARCHAR(16) NOT NULL,
    state VARCHAR(16) NOT NULL,
    account_id UUID,
    person_id UUID,
    actor_name VARCHAR(60) NOT NULL,
    actor_post VARCHAR(12),
    note TEXT,
    detail JSONB NOT NULL DEFAULT '{}',
    happened_at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp,
    at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp
);
create index hazard_event_community_id on hazard_event (community_id);
create index hazard_event_hazard_id on hazard_event (hazard_id);

create table hazard_extension (
    id UUID PRIMARY KEY NOT NULL,
    community_id UUID NOT NULL REFERENCES community (id) on delete restrict on update cascade,
    hazard_id UUID NOT NULL REFERENCES hazard (id) on delete restrict on update cascade,
    reason TEXT NOT NULL,
    until TIMESTAMPTZ NOT NULL DEFAULT current_timestamp,
    asked_by UUID NOT NULL,
    asked_name VARCHAR(60) NOT NULL,
    asked_at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp,
    granted BOOLEAN,
    decided_by UUID,
    decided_name VARCHAR(60),
    decided_at TIMESTAMPTZ
);
create index hazard_extension_community_id on hazard_extension (community_id);
create index hazard_extension_hazard_id on hazard_extension (hazard_id);

create table hazard_rules (
    id UUID PRIMARY KEY NOT NULL,
    community_id UUID NOT NULL REFERENCES community (id) on delete restrict on update cascade,
    immediate_hours INTEGER NOT NULL DEFAULT 2,
    soon_hours INTEGER NOT NULL DEFAULT 72,
    usual_hours INTEGER NOT NULL DEFAULT 168,
    parts_hours INTEGER NOT NULL DEFAULT 360,
    version INTEGER NOT NULL DEFAULT 1
);
create index hazard_rules_community_id on hazard_rules (community_id);

alter table hazard add constraint hazard_state check (state in (
    'found', 'registered', 'notice_issued', 'rectifying', 'submitted', 'rechecking', 'failed', 'closed', 'dismissed'
));
alter table hazard add constraint hazard_grade check (grade in ('general', 'major'));
alter table hazard add constraint hazard_source check (source in ('patrol', 'inspection', 'report', 'resident'));
alter table hazard add constraint hazard_pace check (pace in ('immediate', 'soon', 'usual', 'parts'));
alter table hazard add constraint hazard_money check (budget >= 0 and cost >= 0);
alter table hazard add constraint hazard_checked_by_another check (rechecked_by <> submitted_by);
alter table hazard add constraint hazard_closed_by_somebody
    check (state <> 'closed' or (rechecked_by is not null and submitted_by is not null and closed_at is not null));
alter table hazard_extension add constraint hazard_extension_decided_by_another check (decided_by <> asked_by);
alter table hazard_rules add constraint hazard_rules_hours check (
    immediate_hours between 1 and 2160 and soon_hours between 1 and 2160
    and usual_hours between 1 and 2160 and parts_hours between 1 and 2160
);

create unique index hazard_number_is_once on hazard (community_id, number);
create index hazard_by_time on hazard (community_id, found_at desc);
create index hazard_open_by_deadline on hazard (community_id, due_at) where state not in ('closed', 'dismissed');
create index hazard_event_by_time on hazard_event (hazard_id, at, id);
create unique index hazard_extension_waits_once on hazard_extension (hazard_id) where granted is null;

create trigger hazard_event_is_append_only before update or delete on hazard_event
    for each row execute function refuse_change();
create trigger hazard_event_is_never_emptied before truncate on hazard_event
    for each statement execute function refuse_change();

-- What phones carry: a hazard's row grows its version with every change that shows, its events and requests included. ---

create function hazard_is_fed() returns trigger language plpgsql as $$
begin
    if new.on_phones then
        perform sync_touch('hazard:' || new.community_id, 'hazard', new.id, new.community_id);
    elsif tg_op = 'UPDATE' and old.on_phones then
        perform sync_gone('hazard:' || new.community_id, 'hazard', new.id, new.community_id);
    end if;
    return null;
end $$;

create trigger hazard_is_fed after insert or update on hazard for each row execute function hazard_is_fed();

create function hazard_photo_has_come() returns trigger language plpgsql as $$
begin
    update hazard set version = version + 1 where id = new.entity_id;
    return null;
end $$;

create trigger hazard_photo_has_come after update on photo for each row
    when (new.entity = 'hazard' and old.size = 0 and new.size > 0) execute function hazard_photo_has_come();

-- Whom a notice can be given to, and the limits: one document for each community. --------------------------------------

create function hazard_rules_are_fed() returns trigger language plpgsql as $$
begin
    perform sync_touch('hazard:' || new.community_id, 'hazard_rules', new.id, new.community_id);
    return null;
end $$;

create trigger hazard_rules_are_fed after insert or update on hazard_rules
    for each row execute function hazard_rules_are_fed();

create function hazard_rules_follow_posts() returns trigger language plpgsql as $$
begin
    insert into hazard_rules (id, community_id) values (new.community_id, new.community_id)
    on conflict (id) do update set version = hazard_rules.version + 1;
    return null;
end $$;

create trigger hazard_rules_follow_posts after insert or update on post
    for each row execute function hazard_rules_follow_posts();

insert into hazard_rules (id, community_id) select distinct community_id, community_id from post;

do $$
declare
    name text;
begin
    foreach name in array array['hazard', 'hazard_event', 'hazard_extension', 'hazard_rules'] loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format(
            'create policy within_reach on %I using '
            '((select reaches_all()) or community_id = any (((select reached()))::uuid[]))', name
        );
    end loop;
end $$;
