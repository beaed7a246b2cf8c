create table meter (
    id UUID PRIMARY KEY NOT NULL,
    community_id UUID NOT NULL REFERENCES community (id) on delete restrict on update cascade,
    kind VARCHAR(10) NOT NULL,
    number VARCHAR(40) NOT NULL,
    room_id UUID REFERENCES room (id) on delete restrict on update cascade,
    place VARCHAR(120) NOT NULL,
    sort VARCHAR(80) NOT NULL,
    digits INTEGER NOT NULL,
    ratio NUMERIC(10, 3) NOT NULL DEFAULT 1,
    installed_on DATE,
    removed_on DATE,
    replaced_by UUID,
    import_id UUID,
    version INTEGER NOT NULL DEFAULT 1,
    created_at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp
);
create index meter_community_id on meter (community_id);
create index meter_room_id on meter (room_id);
create index meter_replaced_by on meter (replaced_by);

create table meter_period (
    id UUID PRIMARY KEY NOT NULL,
    community_id UUID NOT NULL REFERENCES community (id) on delete restrict on update cascade,
    period VARCHAR(7) NOT NULL,
    opens_on DATE NOT NULL,
    due_on DATE NOT NULL,
    state VARCHAR(8) NOT NULL,
    created_at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp,
    closed_at TIMESTAMPTZ
);
create index meter_period_community_id on meter_period (community_id);

create table meter_route (
    id UUID PRIMARY KEY NOT NULL,
    community_id UUID NOT NULL REFERENCES community (id) on delete restrict on update cascade,
    name VARCHAR(60) NOT NULL,
    reader_id UUID REFERENCES person (id) on delete restrict on update cascade,
    in_use BOOLEAN NOT NULL DEFAULT true,
    version INTEGER NOT NULL DEFAULT 1,
    created_at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp
);
create index meter_route_community_id on meter_route (community_id);
create index meter_route_reader_id on meter_route (reader_id);

create table meter_stop (
    id UUID PRIMARY KEY NOT NULL,
    community_id UUID NOT NULL REFERENCES community (id) on delete restrict on update cascade,
    route_id UUID NOT NULL REFERENCES meter_route (id) on delete restrict on update cascade,
    meter_id UUID NOT NULL REFERENCES meter (id) on delete restrict on update cascade,
    position INTEGER NOT NULL
);
create index meter_stop_community_id on meter_stop (community_id);
create index meter_stop_route_id on meter_stop (route_id);

create table meter_reading (
    id UUID PRIMARY KEY NOT NULL,
    community_id UUID NOT NULL REFERENCES community (id) on delete restrict on update cascade,
    meter_id UUID NOT NULL REFERENCES meter (id) on delete restrict on update cascade,
    period VARCHAR(7) NOT NULL,
    kind VARCHAR(10) NOT NULL,
    value NUMERIC(12, 3),
    usage NUMERIC(18, 6),
    rolled BOOLEAN NOT NULL DEFAULT false,
    flags JSONB NOT NULL DEFAULT '[]',
    status VARCHAR(12) NOT NULL,
    reason TEXT,
    source VARCHAR(8) NOT NULL,
    account_id UUID,
    reader_name VARCHAR(60) NOT NULL,
    read_at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp,
    device_at TIMESTAMPTZ,
    received_at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp,
    import_id UUID
);
create index meter_reading_community_id on meter_reading (community_id);

create table meter_review (
    id UUID PRIMARY KEY NOT NULL,
    community_id UUID NOT NULL REFERENCES community (id) on delete restrict on update cascade,
    reading_id UUID NOT NULL REFERENCES meter_reading (id) on delete restrict on update cascade,
    verdict VARCHAR(10) NOT NULL,
    reason TEXT NOT NULL,
    account_id UUID NOT NULL,
    reviewer_name VARCHAR(60) NOT NULL,
    at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp
);
create index meter_review_community_id on meter_review (community_id);
create index meter_review_reading_id on meter_review (reading_id);

alter table meter add constraint meter_kind check (kind in ('water', 'hot_water', 'power', 'gas', 'heat'));
alter table meter add constraint meter_figures check (digits between 3 and 9 and ratio > 0);
alter table meter add constraint meter_lasts check (removed_on >= installed_on);
alter table meter_period add constraint meter_period_state check (state in ('open', 'closed'));
alter table meter_period add constraint meter_period_period check (period ~ '^[0-9]{4}-(0[1-9]|1[0-2])$');
alter table meter_period add constraint meter_period_days check (due_on >= opens_on);
alter table meter_reading add constraint meter_reading_period check (period ~ '^[0-9]{4}-(0[1-9]|1[0-2])$');
alter table meter_reading add constraint meter_reading_kind check (kind in ('actual', 'estimated', 'initial', 'final', 'unread'));
alter table meter_reading add constraint meter_reading_status check (status in ('ok', 'doubtful', 'accepted', 'rejected', 'superseded'));
alter table meter_reading add constraint meter_reading_source check (source in ('phone', 'desk', 'import'));
alter table meter_reading add constraint meter_reading_value check (value >= 0 and (kind = 'unread') = (value is null));
alter table meter_review add constraint meter_review_verdict check (verdict in ('accept', 'rollover', 'reject', 'correct'));

create unique index meter_number_is_once on meter (community_id, kind, number) where removed_on is null;
create index meter_in_order on meter (community_id, kind, sort);
create unique index meter_period_is_once on meter_period (community_id, period);
create unique index meter_period_is_open_once on meter_period (community_id) where state = 'open';
create unique index meter_route_name_is_once on meter_route (community_id, name) where in_use;
create unique index meter_stop_is_once on meter_stop (meter_id);
create index meter_reading_in_order on meter_reading (meter_id, period, read_at);
create index meter_reading_of_period on meter_reading (community_id, period);
create index meter_reading_doubtful on meter_reading (community_id, read_at) where status = 'doubtful';
-- One figure counts for a meter and period, whoever is fast: its beginning and its end apart.
create unique index meter_reading_counts_once on meter_reading (meter_id, period)
    where kind in ('actual', 'estimated', 'unread') and status in ('ok', 'accepted');

-- What was read stays as it was read. ------------------------------------------------------------------------------------

create function meter_reading_is_a_fact() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' or row(new.id, new.meter_id, new.period, new.kind, new.value, new.flags, new.reason, new.source,
            new.account_id, new.reader_name, new.read_at, new.device_at, new.received_at)
        is distinct from row(old.id, old.meter_id, old.period, old.kind, old.value, old.flags, old.reason, old.source,
            old.account_id, old.reader_name, old.read_at, old.device_at, old.received_at)
    then
        raise exception 'a reading is a fact' using errcode = 'insufficient_privilege';
    end if;
    return new;
end $$;

create trigger meter_reading_is_a_fact before update or delete on meter_reading
    for each row execute function meter_reading_is_a_fact();
create trigger meter_reading_is_never_emptied before truncate on meter_reading
    for each statement execute function refuse_change();
create trigger meter_review_is_append_only before update or delete on meter_review
    for each row execute function refuse_change();
create trigger meter_review_is_never_emptied before truncate on meter_review
    for each statement execute function refuse_change();

-- What phones carry: the meters in use and the routes; both grow their version with their readings. -----------------------

create function meter_is_fed() returns trigger language plpgsql as $$
begin
    if new.removed_on is null then
        perform sync_touch('meter:' || new.community_id, 'meter', new.id, new.community_id);
    elsif tg_op = 'UPDATE' and old.removed_on is null then
        perform sync_gone('meter:' || new.community_id, 'meter', new.id, new.community_id);
    end if;
    return null;
end $$;

create trigger meter_is_fed after insert or update on meter for each row execute function meter_is_fed();

create function meter_route_is_fed() returns trigger language plpgsql as $$
begin
    if new.in_use then
        perform sync_touch('meter:' || new.community_id, 'meter_route', new.id, new.community_id);
    elsif tg_op = 'UPDATE' and old.in_use then
        perform sync_gone('meter:' || new.community_id, 'meter_route', new.id, new.community_id);
    end if;
    return null;
end $$;

create trigger meter_route_is_fed after insert or update on meter_route for each row execute function meter_route_is_fed();

create function meters_follow_readings() returns trigger language plpgsql as $$
begin
    update meter set version = version + 1 where id in (select meter_id from read);
    update meter_route set version = version + 1
    where id in (select route_id from meter_stop join read on read.meter_id = meter_stop.meter_id);
    return null;
end $$;

create trigger meters_follow_new_readings after insert on meter_reading
    referencing new table as read for each statement execute function meters_follow_readings();
create trigger meters_follow_readings after update on meter_reading
    referencing new table as read for each statement execute function meters_follow_readings();

create function meters_follow_rooms() returns trigger language plpgsql as $$
begin
    update meter set version = version + 1, place = new.label where room_id = new.id;
    return null;
end $$;

create trigger meters_follow_rooms after update on room for each row
    when (old.vacancy is distinct from new.vacancy or old.label is distinct from new.label)
    execute function meters_follow_rooms();

create function meter_photo_has_come() returns trigger language plpgsql as $$
begin
    update meter set version = version + 1
    where id = (select meter_id from meter_reading where meter_reading.id = new.entity_id);
    return null;
end $$;

create trigger meter_photo_has_come after update on photo for each row
    when (new.entity = 'meter_reading' and old.size = 0 and new.size > 0) execute function meter_photo_has_come();

do $$
declare
    name text;
begin
    foreach name in array array['meter', 'meter_period', 'meter_route', 'meter_stop', 'meter_reading', 'meter_review'] loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format(
            'create policy within_reach on %I using '
            '((select reaches_all()) or community_id = any (((select reached()))::uuid[]))', name
        );
    end loop;
end $$;
