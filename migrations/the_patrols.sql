create table checkpoint (
    id UUID PRIMARY KEY NOT NULL,
    community_id UUID NOT NULL REFERENCES community (id) on delete restrict on update cascade,
    name VARCHAR(60) NOT NULL,
    place VARCHAR(120) NOT NULL,
    building_id UUID REFERENCES building (id) on delete restrict on update cascade,
    kind VARCHAR(12) NOT NULL,
    latitude NUMERIC(9, 6),
    longitude NUMERIC(9, 6),
    code VARCHAR(8) NOT NULL,
    secret VARCHAR(16) NOT NULL,
    nfc VARCHAR(40),
    is_active BOOLEAN NOT NULL DEFAULT true,
    created_at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp
);
create index checkpoint_community_id on checkpoint (community_id);
create index checkpoint_building_id on checkpoint (building_id);

create table checklist (
    id UUID PRIMARY KEY NOT NULL,
    community_id UUID NOT NULL REFERENCES community (id) on delete restrict on update cascade,
    key VARCHAR(30),
    name VARCHAR(60) NOT NULL,
    frequency VARCHAR(60),
    draft JSONB NOT NULL DEFAULT '[]',
    published INTEGER NOT NULL DEFAULT 0,
    version INTEGER NOT NULL DEFAULT 1,
    is_active BOOLEAN NOT NULL DEFAULT true
);
create index checklist_community_id on checklist (community_id);

create table checklist_version (
    id UUID PRIMARY KEY NOT NULL,
    community_id UUID NOT NULL REFERENCES community (id) on delete restrict on update cascade,
    checklist_id UUID NOT NULL REFERENCES checklist (id) on delete restrict on update cascade,
    number INTEGER NOT NULL DEFAULT 1,
    name VARCHAR(60) NOT NULL,
    content JSONB NOT NULL DEFAULT '[]',
    is_on_phones BOOLEAN NOT NULL DEFAULT true,
    published_at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp,
    published_by VARCHAR(60) NOT NULL
);
create index checklist_version_community_id on checklist_version (community_id);
create index checklist_version_checklist_id on checklist_version (checklist_id);

create table patrol_route (
    id UUID PRIMARY KEY NOT NULL,
    community_id UUID NOT NULL REFERENCES community (id) on delete restrict on update cascade,
    name VARCHAR(60) NOT NULL,
    post VARCHAR(12) NOT NULL,
    ordering VARCHAR(8) NOT NULL,
    dwell INTEGER NOT NULL DEFAULT 30,
    early INTEGER NOT NULL DEFAULT 30,
    slack INTEGER NOT NULL DEFAULT 30,
    length INTEGER NOT NULL DEFAULT 120,
    two_at_night BOOLEAN NOT NULL DEFAULT false,
    is_active BOOLEAN NOT NULL DEFAULT true,
    version INTEGER NOT NULL DEFAULT 1
);
create index patrol_route_community_id on patrol_route (community_id);

create table patrol_stop (
    id UUID PRIMARY KEY NOT NULL,
    community_id UUID NOT NULL REFERENCES community (id) on delete restrict on update cascade,
    route_id UUID NOT NULL REFERENCES patrol_route (id) on delete restrict on update cascade,
    checkpoint_id UUID NOT NULL REFERENCES checkpoint (id) on delete restrict on update cascade,
    checklist_id UUID NOT NULL REFERENCES checklist (id) on delete restrict on update cascade,
    position SMALLINT NOT NULL DEFAULT 1
);
create index patrol_stop_community_id on patrol_stop (community_id);
create index patrol_stop_route_id on patrol_stop (route_id);
create index patrol_stop_checkpoint_id on patrol_stop (checkpoint_id);
create index patrol_stop_checklist_id on patrol_stop (checklist_id);

create table patrol_schedule (
    id UUID PRIMARY KEY NOT NULL,
    community_id UUID NOT NULL REFERENCES community (id) on delete restrict on update cascade,
    route_id UUID NOT NULL REFERENCES patrol_route (id) on delete restrict on update cascade,
    kind VARCHAR(10) NOT NULL,
    clock_times JSONB NOT NULL DEFAULT '[]',
    weekdays JSONB NOT NULL DEFAULT '[]',
    month_day SMALLINT,
    since DATE NOT NULL,
    made_until TIMESTAMPTZ,
    is_active BOOLEAN NOT NULL DEFAULT true
);
create index patrol_schedule_community_id on patrol_schedule (community_id);
create index patrol_schedule_route_id on patrol_schedule (route_id);

create table patrol_round (
    id UUID PRIMARY KEY NOT NULL,
    community_id UUID NOT NULL REFERENCES community (id) on delete restrict on update cascade,
    route_id UUID NOT NULL REFERENCES patrol_route (id) on delete restrict on update cascade,
    schedule_id UUID REFERENCES patrol_schedule (id) on delete restrict on update cascade,
    name VARCHAR(60) NOT NULL,
    post VARCHAR(12) NOT NULL,
    state VARCHAR(10) NOT NULL,
    opens_at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp,
    due_at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp,
    late_at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp,
    ends_at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp,
    in_order BOOLEAN NOT NULL DEFAULT false,
    dwell INTEGER NOT NULL DEFAULT 30,
    needs_two BOOLEAN NOT NULL DEFAULT false,
    people JSONB NOT NULL DEFAULT '[]',
    holder_id UUID,
    handed JSONB NOT NULL DEFAULT '[]',
    started_at TIMESTAMPTZ,
    finished_at TIMESTAMPTZ,
    signed VARCHAR(60),
    note TEXT,
    found INTEGER NOT NULL DEFAULT 0,
    signs JSONB NOT NULL DEFAULT '[]',
    reason TEXT,
    reason_by VARCHAR(60),
    reason_at TIMESTAMPTZ,
    is_on_phones BOOLEAN NOT NULL DEFAULT true,
    version INTEGER NOT NULL DEFAULT 1
);
create index patrol_round_community_id on patrol_round (community_id);
create index patrol_round_route_id on patrol_round (route_id);
create index patrol_round_schedule_id on patrol_round (schedule_id);

create table patrol_point (
    id UUID PRIMARY KEY NOT NULL,
    community_id UUID NOT NULL REFERENCES community (id) on delete restrict on update cascade,
    round_id UUID NOT NULL REFERENCES patrol_round (id) on delete restrict on update cascade,
    position SMALLINT NOT NULL DEFAULT 1,
    checkpoint_id UUID NOT NULL REFERENCES checkpoint (id) on delete restrict on update cascade,
    list_id UUID NOT NULL REFERENCES checklist_version (id) on delete restrict on update cascade,
    name VARCHAR(60) NOT NULL,
    place VARCHAR(120) NOT NULL,
    scanned_at TIMESTAMPTZ,
    scanned_by VARCHAR(60),
    device_at TIMESTAMPTZ,
    received_at TIMESTAMPTZ,
    grade VARCHAR(10),
    reason VARCHAR(200),
    done_at TIMESTAMPTZ,
    done_by VARCHAR(60),
    score SMALLINT,
    signs JSONB NOT NULL DEFAULT '[]'
);
create index patrol_point_community_id on patrol_point (community_id);
create index patrol_point_round_id on patrol_point (round_id);
create index patrol_point_checkpoint_id on patrol_point (checkpoint_id);
create index patrol_point_list_id on patrol_point (list_id);

create table patrol_check (
    id UUID PRIMARY KEY NOT NULL,
    community_id UUID NOT NULL REFERENCES community (id) on delete restrict on update cascade,
    round_id UUID NOT NULL REFERENCES patrol_round (id) on delete restrict on update cascade,
    point_id UUID NOT NULL REFERENCES patrol_point (id) on delete restrict on update cascade,
    item VARCHAR(8) NOT NULL,
    label VARCHAR(120) NOT NULL,
    value VARCHAR(200) NOT NULL,
    is_bad BOOLEAN NOT NULL DEFAULT false,
    counts BOOLEAN NOT NULL DEFAULT true,
    note VARCHAR(500),
    level VARCHAR(8),
    hazard_id UUID,
    photos JSONB NOT NULL DEFAULT '[]',
    account_id UUID,
    actor_name VARCHAR(60) NOT NULL,
    device_at TIMESTAMPTZ,
    at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp,
    received_at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp,
    signs JSONB NOT NULL DEFAULT '[]'
);
create index patrol_check_community_id on patrol_check (community_id);
create index patrol_check_round_id on patrol_check (round_id);
create index patrol_check_point_id on patrol_check (point_id);
create index patrol_check_hazard_id on patrol_check (hazard_id);

alter table checkpoint add constraint checkpoint_kind check (kind in (
    'gate', 'perimeter', 'lobby', 'roof', 'garage', 'pump', 'power', 'control', 'lift', 'playground', 'refuse', 'fire_lane',
    'other'
));
alter table checkpoint add constraint checkpoint_position
    check (latitude between -90 and 90 and longitude between -180 and 180 and (latitude is null) = (longitude is null));
alter table patrol_route add constraint patrol_route_post check (post in ('patrol', 'repair'));
alter table patrol_route add constraint patrol_route_ordering check (ordering in ('fixed', 'free', 'shuffled'));
alter table patrol_route add constraint patrol_route_figures
    check (dwell between 0 and 3600 and early between 0 and 720 and slack between 0 and 720 and length between 5 and 1440);
alter table patrol_schedule add constraint patrol_schedule_kind check (kind in ('daily', 'weekly', 'monthly'));
alter table patrol_schedule add constraint patrol_schedule_month_day check (month_day between 1 and 31);
alter table patrol_round add constraint patrol_round_post check (post in ('patrol', 'repair'));
alter table patrol_round add constraint patrol_round_state
    check (state in ('pending', 'doing', 'done', 'late', 'missed', 'abnormal'));
alter table patrol_point add constraint patrol_point_grade check (grade in ('nfc', 'qr', 'position', 'none'));
alter table patrol_check add constraint patrol_check_level check (level in ('general', 'major'));

create unique index checkpoint_code_is_once on checkpoint (community_id, code);
create unique index checkpoint_nfc_is_once on checkpoint (community_id, nfc) where nfc is not null;
create unique index checklist_is_delivered_once on checklist (community_id, key) where key is not null;
create unique index checklist_version_is_once on checklist_version (checklist_id, number);
create unique index patrol_stop_is_once on patrol_stop (route_id, position);
create unique index patrol_round_is_made_once on patrol_round (schedule_id, due_at) where schedule_id is not null;
create index patrol_round_by_time on patrol_round (community_id, due_at);
create index patrol_round_on_phones on patrol_round (community_id) where is_on_phones;
create unique index patrol_point_is_once on patrol_point (round_id, position);
create index patrol_point_by_place on patrol_point (checkpoint_id, done_at);
create index patrol_check_of_point on patrol_check (point_id, item);
create index patrol_check_found on patrol_check (community_id, at) where is_bad;

-- Facts are only added, published lists never change. ----------------------------------------------------------------

create trigger patrol_check_is_append_only before update or delete on patrol_check
    for each row execute function refuse_change();
create trigger patrol_check_is_never_emptied before truncate on patrol_check
    for each statement execute function refuse_change();

create function checklist_version_stays() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and (to_jsonb(old) - 'is_on_phones') = (to_jsonb(new) - 'is_on_phones') then
        return new;
    end if;
    raise exception 'a published checklist never changes' using errcode = 'insufficient_privilege';
end $$;

create trigger checklist_version_never_changes before update or delete on checklist_version
    for each row execute function checklist_version_stays();
create trigger checklist_version_is_never_emptied before truncate on checklist_version
    for each statement execute function refuse_change();

-- The feed: whatever changes in a round's document raises the round's version, so its own row is all that is watched. -------

create function patrol_feeds() returns trigger language plpgsql as $$
declare
    kind text := case tg_table_name when 'patrol_round' then 'round' else 'checklist' end;
begin
    if tg_op = 'DELETE' then
        perform sync_gone('patrol:' || old.community_id, kind, old.id, old.community_id);
    elsif new.is_on_phones then
        perform sync_touch('patrol:' || new.community_id, kind, new.id, new.community_id);
    elsif tg_op = 'UPDATE' and old.is_on_phones then
        perform sync_gone('patrol:' || new.community_id, kind, new.id, new.community_id);
    end if;
    return null;
end $$;

create trigger patrol_round_feeds after insert or update or delete on patrol_round
    for each row execute function patrol_feeds();
create trigger checklist_version_feeds after insert or update on checklist_version
    for each row execute function patrol_feeds();

do $$
declare
    name text;
begin
    foreach name in array array[
        'checkpoint', 'checklist', 'checklist_version', 'patrol_route', 'patrol_stop', 'patrol_schedule', 'patrol_round',
        'patrol_point', 'patrol_check'
    ] loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format(
            'create policy within_reach on %I using '
            '((select reaches_all()) or community_id = any (((select reached()))::uuid[]))', name
        );
    end loop;
end $$;
