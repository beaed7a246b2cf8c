-- The feed: one row per entity and scope, numbered per scope in the order of commits. -----------------------------------

create table sync_epoch (
    id UUID PRIMARY KEY NOT NULL,
    since TIMESTAMPTZ NOT NULL DEFAULT current_timestamp
);

create table sync_scope (
    scope VARCHAR(80) PRIMARY KEY NOT NULL,
    community_id UUID NOT NULL REFERENCES community (id) on delete restrict on update cascade,
    seq BIGINT NOT NULL DEFAULT 0,
    floor BIGINT NOT NULL DEFAULT 0
);
create index sync_scope_community_id on sync_scope (community_id);

create table sync_entry (
    scope VARCHAR(80) NOT NULL,
    kind VARCHAR(30) NOT NULL,
    id UUID NOT NULL,
    community_id UUID NOT NULL,
    seq BIGINT NOT NULL,
    gone BOOLEAN NOT NULL DEFAULT false,
    changed_at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp,
    constraint sync_entry_pkey primary key (scope, kind, id)
);
create unique index sync_entry_in_order on sync_entry (scope, seq);
create index sync_entry_of_entity on sync_entry (id);
create index sync_entry_tombstone on sync_entry (changed_at) where gone;

-- What the running transactions have changed. Each empties its own part before it commits, so nobody ever sees a row of another.
create unlogged table sync_dirty (
    id UUID NOT NULL,
    xact BIGINT NOT NULL,
    scope VARCHAR(80) NOT NULL,
    kind VARCHAR(30) NOT NULL,
    community_id UUID NOT NULL,
    gone BOOLEAN NOT NULL,
    constraint sync_dirty_pkey primary key (xact, scope, kind, id)
);

create function sync_mark(scope text, kind text, id uuid, community uuid, gone boolean) returns void language sql as $$
    insert into sync_dirty (id, xact, scope, kind, community_id, gone)
    values (id, pg_current_xact_id()::text::bigint, scope, kind, community, gone)
    on conflict on constraint sync_dirty_pkey do update set gone = excluded.gone where sync_dirty.gone <> excluded.gone
$$;

-- For the AFTER row triggers of the features: a document has changed or is new in a scope, or is in it no longer.
create function sync_touch(scope text, kind text, id uuid, community uuid) returns void language sql as $$
    select sync_mark(scope, kind, id, community, false)
$$;

create function sync_gone(scope text, kind text, id uuid, community uuid) returns void language sql as $$
    select sync_mark(scope, kind, id, community, true)
$$;

-- Numbers everything the transaction has changed, at its very end: whoever holds a scope's row commits before the next one
-- gets it, so numbers appear in the order in which they were given. The head of the audit chain is locked before the scopes,
-- always: the audit's own deferred trigger may come before this one or after it, and two orders would be a deadlock.
create function sync_number() returns trigger language plpgsql as $$
declare
    mine bigint := pg_current_xact_id()::text::bigint;
    reach text := coalesce(current_setting('neiye.reach', true), '');
    place record;
    head sync_scope;
    count bigint;
begin
    perform set_config('neiye.reach', '*', true);
    if exists (select from sync_dirty where xact = mine) then
        for place in select distinct community_id from sync_dirty where xact = mine order by community_id loop
            insert into audit_head values (place.community_id, 0, '\x') on conflict do nothing;
            perform from audit_head where community_id = place.community_id for update;
        end loop;
        for place in select distinct scope, community_id from sync_dirty where xact = mine order by scope loop
            insert into sync_scope (scope, community_id) values (place.scope, place.community_id) on conflict do nothing;
            select * into head from sync_scope where scope = place.scope for update;
            if head.community_id <> place.community_id then
                raise exception 'scope % is of another community', place.scope;
            end if;
            insert into sync_entry (scope, kind, id, community_id, seq, gone, changed_at)
            select dirty.scope, dirty.kind, dirty.id, dirty.community_id, head.seq + row_number() over (order by dirty.kind, dirty.id),
                dirty.gone, clock_timestamp()
            from sync_dirty as dirty
            where dirty.xact = mine and dirty.scope = place.scope
                -- What was never told to anybody need not be taken back.
                and (not dirty.gone or exists (
                    select from sync_entry as told
                    where told.scope = dirty.scope and told.kind = dirty.kind and told.id = dirty.id and not told.gone
                ))
            on conflict on constraint sync_entry_pkey do update
                set seq = excluded.seq, gone = excluded.gone, changed_at = excluded.changed_at;
            get diagnostics count = row_count;
            update sync_scope set seq = seq + count where scope = place.scope;
        end loop;
        delete from sync_dirty where xact = mine;
    end if;
    perform set_config('neiye.reach', reach, true);
    return null;
end $$;

create constraint trigger sync_is_numbered after insert on sync_dirty deferrable initially deferred
    for each row execute function sync_number();

-- The epoch: a restored backup begins a new one, because its numbers will be given once more. ---------------------------

create function sync_new_epoch() returns uuid language plpgsql as $$
declare
    made uuid := gen_random_uuid();
begin
    delete from sync_epoch;
    insert into sync_epoch (id) values (made);
    return made;
end $$;
select sync_new_epoch();

-- What phones did. --------------------------------------------------------------------------------------------------------

create table sync_op (
    id UUID PRIMARY KEY NOT NULL,
    community_id UUID NOT NULL REFERENCES community (id) on delete restrict on update cascade,
    account_id UUID NOT NULL REFERENCES account (id) on delete restrict on update cascade,
    actor_name VARCHAR(60) NOT NULL,
    device_id UUID NOT NULL,
    seq BIGINT NOT NULL,
    type VARCHAR(60) NOT NULL,
    version INTEGER NOT NULL,
    entity_id UUID,
    hash VARCHAR(64) NOT NULL,
    outcome VARCHAR(10) NOT NULL,
    message TEXT,
    result_version INTEGER,
    body TEXT NOT NULL,
    flags VARCHAR(40) NOT NULL,
    made_at TIMESTAMPTZ,
    effective_at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp,
    received_at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp,
    settled_at TIMESTAMPTZ,
    resolved_at TIMESTAMPTZ,
    resolved_by UUID,
    resolution TEXT,
    constraint sync_op_outcome
        check (outcome in ('taken', 'applied', 'merged', 'conflict', 'rejected', 'deferred', 'discarded'))
);
create index sync_op_community_id on sync_op (community_id);
create index sync_op_account_id on sync_op (account_id);
create index sync_op_of_device on sync_op (device_id, account_id, seq);
create index sync_op_entity_id on sync_op (entity_id);
create index sync_op_open on sync_op (community_id, received_at desc)
    where outcome in ('conflict', 'rejected') and resolved_at is null;
create index sync_op_deferred on sync_op (account_id) where outcome = 'deferred';

-- Every phone and what it still holds. ------------------------------------------------------------------------------------

create table sync_device (
    id UUID PRIMARY KEY NOT NULL,
    device_id UUID NOT NULL,
    account_id UUID NOT NULL REFERENCES account (id) on delete restrict on update cascade,
    community_id UUID NOT NULL REFERENCES community (id) on delete restrict on update cascade,
    user_agent VARCHAR(300) NOT NULL,
    build VARCHAR(60) NOT NULL,
    first_seen_at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp,
    last_seen_at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp,
    emptied_at TIMESTAMPTZ,
    next_seq BIGINT NOT NULL DEFAULT 1,
    unsent INTEGER NOT NULL DEFAULT 0,
    oldest_at TIMESTAMPTZ,
    clock_offset BIGINT NOT NULL DEFAULT 0,
    storage_used BIGINT,
    storage_quota BIGINT,
    persisted BOOLEAN,
    missing INTEGER NOT NULL DEFAULT 0,
    missing_since TIMESTAMPTZ,
    alerted_at TIMESTAMPTZ,
    token_hash BYTEA UNIQUE,
    token_until TIMESTAMPTZ,
    token_revoked_at TIMESTAMPTZ
);
create unique index sync_device_is_once on sync_device (device_id, account_id);
create index sync_device_account_id on sync_device (account_id);
create index sync_device_community_id on sync_device (community_id);

-- Photos on their way: their pieces wait here until the last one has come and the whole is what it should be. ------------

create table sync_blob (
    id UUID PRIMARY KEY NOT NULL,
    community_id UUID NOT NULL REFERENCES community (id) on delete restrict on update cascade,
    account_id UUID NOT NULL REFERENCES account (id) on delete restrict on update cascade,
    sha256 VARCHAR(64) NOT NULL,
    photo_id UUID NOT NULL,
    size INTEGER NOT NULL DEFAULT 0,
    changed_at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp
);
create unique index sync_blob_is_once on sync_blob (account_id, photo_id, sha256);
create index sync_blob_community_id on sync_blob (community_id);
create index sync_blob_changed_at on sync_blob (changed_at);

create table sync_piece (
    id UUID PRIMARY KEY NOT NULL,
    community_id UUID NOT NULL REFERENCES community (id) on delete restrict on update cascade,
    blob_id UUID NOT NULL REFERENCES sync_blob (id) on delete cascade on update cascade,
    start INTEGER NOT NULL,
    content BYTEA NOT NULL
);
create unique index sync_piece_is_once on sync_piece (blob_id, start);
create index sync_piece_community_id on sync_piece (community_id);
alter table sync_piece alter column content set storage external;  -- pictures do not get smaller

do $$
declare
    name text;
begin
    foreach name in array array[
        'sync_scope', 'sync_entry', 'sync_dirty', 'sync_op', 'sync_device', 'sync_blob', 'sync_piece'
    ] loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format(
            'create policy within_reach on %I using '
            '((select reaches_all()) or community_id = any (((select reached()))::uuid[]))', name
        );
    end loop;
end $$;
