-- What the tables' columns cannot say: choices, uniqueness, the audit chain, search, row-level security.

create extension if not exists pg_trgm;

alter table room add constraint room_kind check (kind in ('home', 'shop', 'storage', 'office'));
alter table room add constraint room_vacancy check (vacancy in ('occupied', 'let', 'vacant', 'developer'));
alter table room add constraint room_areas check (gross_area > 0 and net_area > 0 and gross_area < 'NaN' and net_area < 'NaN');
alter table person add constraint person_kind check (kind in ('natural', 'company'));
alter table occupancy add constraint occupancy_role check (role in ('owner', 'co_owner', 'tenant', 'member'));
-- A corrected entry keeps its start and ends the day before it: an empty span, which no question about a date finds.
alter table occupancy add constraint occupancy_dates check (until >= since or ended_why = 'corrected');
alter table occupancy add constraint occupancy_ended_why check (ended_why in ('transfer', 'moved_out', 'corrected'));
alter table space add constraint space_ownership check (ownership in ('owned', 'developer', 'common'));
alter table post add constraint post_post
    check (post in ('manager', 'clerk', 'cashier', 'finance', 'repair', 'patrol', 'steward', 'admin'));
alter table post add constraint post_dates check (until >= since);
alter table account add constraint account_has_a_name check (login is not null or phone is not null);
alter table ticket add constraint ticket_level check (level in ('P1', 'P2', 'P3', 'P4'));
alter table ticket add constraint ticket_location check (location in ('private', 'common'));
alter table ticket add constraint ticket_rating check (rating in ('good', 'fair', 'poor'));
alter table job add constraint job_state check (state in ('ready', 'running', 'done', 'dead'));

create unique index building_is_once on building (community_id, code);
create unique index stairwell_is_once on stairwell (building_id, code);
create unique index room_is_once on room (community_id, code);
create index room_in_order on room (community_id, sort);
create unique index space_is_once on space (community_id, code);
create unique index vehicle_is_once on vehicle (community_id, plate) where until is null;
create unique index person_of_account on person (community_id, account_id) where account_id is not null;
create unique index occupancy_is_once on occupancy (room_id, person_id, role) where until is null;
create unique index room_has_one_first_owner on occupancy (room_id) where role = 'owner' and until is null;
create unique index post_is_once on post (community_id, person_id, post) where until is null;
create unique index capability_grant_is_once on capability_grant (company_id, post, capability);
create unique index counter_is_once on counter (community_id, name);
create unique index ticket_number_is_once on ticket (community_id, number);
create index ticket_by_time on ticket (community_id, reported_at desc);
create index ticket_event_by_time on ticket_event (ticket_id, at);
create index notification_unread on notification (account_id, created_at desc) where read_at is null;
create index notification_by_time on notification (account_id, created_at desc);
create unique index photo_is_once on photo (account_id, sha256) where entity_id is null;
create index photo_unattached on photo (created_at) where entity_id is null;
create unique index job_is_once on job (kind, dedupe) where state in ('ready', 'running');
create index job_due on job (run_at) where state in ('ready', 'running');
create unique index audit_in_order on audit (community_id, seq);
create index audit_by_time on audit (community_id, at desc);
create index audit_of_entity on audit (entity_id);

-- Append-only --------------------------------------------------------------------------------------------------

create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
end $$;

create trigger ticket_event_is_append_only before update or delete on ticket_event
    for each row execute function refuse_change();
create trigger ticket_event_is_never_emptied before truncate on ticket_event
    for each statement execute function refuse_change();

-- The audit chain: seq and hash are given at commit, so that the chain's lock is held for a moment only. -----------

create function audit_text(a audit) returns text language sql stable as $$
    select jsonb_build_array(
        a.seq, a.id, a.community_id, extract(epoch from a.at), extract(epoch from a.device_at), a.account_id, a.actor_name,
        a.session_id, a.ip, a.action, a.entity, a.entity_id, a.before, a.after, a.reason
    )::text
$$;

create function audit_link() returns trigger language plpgsql as $$
declare
    reach text := coalesce(current_setting('neiye.reach', true), '');
    head audit_head;
    this audit;
begin
    perform set_config('neiye.reach', '*', true);
    insert into audit_head values (new.community_id, 0, '\x') on conflict do nothing;
    select * into head from audit_head where community_id = new.community_id for update;
    select * into this from audit where id = new.id;
    this.seq := head.seq + 1;
    this.previous := head.hash;
    this.hash := sha256(head.hash || convert_to(audit_text(this), 'UTF8'));
    update audit set seq = this.seq, previous = this.previous, hash = this.hash where id = this.id;
    update audit_head set seq = this.seq, hash = this.hash where community_id = new.community_id;
    perform set_config('neiye.reach', reach, true);
    return null;
end $$;

create function audit_guard() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and old.hash is null and new.hash is not null
        and (to_jsonb(old) - '{seq,previous,hash}'::text[]) = (to_jsonb(new) - '{seq,previous,hash}'::text[])
    then
        return new;
    end if;
    raise exception 'audit is append-only' using errcode = 'insufficient_privilege';
end $$;

create constraint trigger audit_is_linked after insert on audit deferrable initially deferred
    for each row execute function audit_link();
create trigger audit_is_append_only before update or delete on audit for each row execute function audit_guard();
create trigger audit_is_never_emptied before truncate on audit for each statement execute function refuse_change();

-- Search: the words of a room in small letters, read through with LIKE within one community (17 ms for 50,000 rooms).
-- No index of trigrams or bigrams: under row-level security PostgreSQL uses an index only for leakproof operators, which
-- neither LIKE nor @> is; such an index would cost 6 s per 50,000 rooms of an import and never be read. -------------------

create function refresh_room_search(rooms uuid[]) returns void language sql as $$
    insert into room_search (id, community_id, words)
    select
        room.id, room.community_id,
        lower(concat_ws(
            ' ', room.label, room.code,
            (
                select string_agg(concat_ws(' ', person.name, person.phone, person.phone_2), ' ')
                from occupancy join person on person.id = occupancy.person_id
                where occupancy.room_id = room.id and (occupancy.until is null or occupancy.until >= (now() at time zone 'Asia/Shanghai')::date)
            ),
            (select string_agg(plate, ' ') from vehicle where vehicle.room_id = room.id and (vehicle.until is null or vehicle.until >= (now() at time zone 'Asia/Shanghai')::date)),
            (select string_agg(space.code, ' ') from space where space.room_id = room.id)
        ))
    from room
    where room.id = any (rooms)
    on conflict (id) do update set words = excluded.words where room_search.words is distinct from excluded.words
$$;

-- A bulk load sets neiye.search_paused to 'on' for its transaction and calls refresh_room_search once at its end.
create function search_is_paused() returns boolean language sql stable as $$
    select coalesce(current_setting('neiye.search_paused', true), '') = 'on'
$$;

create function room_search_follows_rooms() returns trigger language plpgsql as $$
begin
    if not search_is_paused() then
        perform refresh_room_search(array(select id from changed));
    end if;
    return null;
end $$;

create function room_search_follows_things() returns trigger language plpgsql as $$
begin
    if not search_is_paused() then
        perform refresh_room_search(array(select distinct room_id from changed where room_id is not null));
    end if;
    return null;
end $$;

create function room_search_follows_people() returns trigger language plpgsql as $$
begin
    if not search_is_paused() then
        perform refresh_room_search(array(
            select distinct occupancy.room_id from occupancy join changed on changed.id = occupancy.person_id
        ));
    end if;
    return null;
end $$;

create trigger room_is_searchable after insert on room
    referencing new table as changed for each statement execute function room_search_follows_rooms();
create trigger room_stays_searchable after update on room
    referencing new table as changed for each statement execute function room_search_follows_rooms();
create trigger person_stays_searchable after update on person
    referencing new table as changed for each statement execute function room_search_follows_people();
create trigger occupancy_is_searchable after insert on occupancy
    referencing new table as changed for each statement execute function room_search_follows_things();
create trigger occupancy_stays_searchable after update on occupancy
    referencing new table as changed for each statement execute function room_search_follows_things();
create trigger vehicle_is_searchable after insert on vehicle
    referencing new table as changed for each statement execute function room_search_follows_things();
create trigger vehicle_stays_searchable after update on vehicle
    referencing new table as changed for each statement execute function room_search_follows_things();
create trigger vehicle_left_is_forgotten after update on vehicle
    referencing old table as changed for each statement execute function room_search_follows_things();
create trigger space_is_searchable after insert on space
    referencing new table as changed for each statement execute function room_search_follows_things();
create trigger space_stays_searchable after update on space
    referencing new table as changed for each statement execute function room_search_follows_things();
create trigger space_left_is_forgotten after update on space
    referencing old table as changed for each statement execute function room_search_follows_things();

-- Row-level security, the second wall: `neiye.reach` names the communities this connection serves just now. ------------

create function reaches_all() returns boolean language sql stable as $$
    select coalesce(current_setting('neiye.reach', true), '') = '*'
$$;

create function reached() returns uuid[] language sql stable as $$
    select case
        when coalesce(current_setting('neiye.reach', true), '') in ('', '*') then '{}'::uuid[]
        else string_to_array(current_setting('neiye.reach', true), ',')::uuid[]
    end
$$;

do $$
declare
    name text;
begin
    foreach name in array array[
        'building', 'stairwell', 'room', 'person', 'occupancy', 'space', 'vehicle', 'post', 'certificate', 'room_search',
        'counter', 'join_code', 'ticket', 'ticket_event', 'notification', 'photo'
    ] loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format(
            'create policy within_reach on %I using '
            '((select reaches_all()) or community_id = any (((select reached()))::uuid[]))', name
        );
    end loop;
end $$;

alter table community enable row level security;
alter table community force row level security;
create policy within_reach on community using ((select reaches_all()) or id = any (((select reached()))::uuid[]));

-- What belongs to no community (signing in, the company's matrix) is chained under the nil UUID and may always be written.
alter table audit enable row level security;
alter table audit force row level security;
create policy within_reach on audit
    using ((select reaches_all()) or community_id = any (((select reached()))::uuid[]))
    with check (
        (select reaches_all()) or community_id = any (((select reached()))::uuid[])
        or community_id = '00000000-0000-0000-0000-000000000000'
    );

-- Who is this, and what may they reach? One round trip per request; it also opens row-level security for the rest of it. ---

create function session_of(hash bytea) returns table (
    session_id uuid, account_id uuid, account_name text, locale text, company_id uuid, is_company_admin boolean,
    must_change_password boolean, csrf_secret text, second_factor_at timestamptz, has_second_factor boolean,
    community_id uuid, person_id uuid, posts text[], room_ids uuid[], community_ids uuid[], community_names text[],
    grants text[], unread bigint, second_factor_due timestamptz
) language plpgsql as $$
#variable_conflict use_column
declare
    today date := (now() at time zone 'Asia/Shanghai')::date;
    reach text := set_config('neiye.reach', '*', false);
    s record;
    place record;
    company uuid;  -- of the community at work
    overseer_since date;
begin
    select
        session.id, session.account_id, session.community_id as wanted, session.csrf_secret, session.second_factor_at,
        session.last_seen_at, account.name, account.locale, account.company_id, account.is_company_admin,
        account.must_change_password, account.totp_confirmed_at, account.created_at
    into s
    from session join account on account.id = session.account_id
    where session.token_hash = hash and session.expires_at > now() and account.disabled_at is null;
    if not found then
        reach := set_config('neiye.reach', '', false);
        return;
    end if;
    if s.last_seen_at < now() - interval '5 minutes' then
        update session set last_seen_at = now() where session.token_hash = hash;
    end if;

    session_id := s.id; account_id := s.account_id; account_name := s.name; locale := s.locale; company_id := s.company_id;
    is_company_admin := s.is_company_admin; must_change_password := s.must_change_password;
    csrf_secret := s.csrf_secret; second_factor_at := s.second_factor_at;
    has_second_factor := s.totp_confirmed_at is not null;
    posts := '{}'; room_ids := '{}'; community_ids := '{}'; community_names := '{}'; grants := '{}';

    -- The communities in which the account is somebody, or which its company looks after, with what it is in each.
    for place in
        select
            c.id, c.name, c.company_id, mine.person_id, held.posts, held.overseer_since,
            array(
                select distinct o.room_id from occupancy o
                where o.person_id = mine.person_id
                    and (o.since is null or o.since <= today) and (o.until is null or o.until >= today)
            ) as room_ids
        from (
            select p.id as person_id, p.community_id from person p where p.account_id = s.account_id
            union all
            select null, c.id from community c
            where s.is_company_admin and c.company_id = s.company_id
                and not exists (select from person p where p.account_id = s.account_id and p.community_id = c.id)
        ) as mine
        join community c on c.id = mine.community_id
        cross join lateral (
            select
                coalesce(array_agg(post.post::text), '{}') as posts,
                min(post.since) filter (where post.post in ('finance', 'admin')) as overseer_since
            from post
            where post.person_id = mine.person_id and post.since <= today and (post.until is null or post.until >= today)
        ) as held
        order by c.name
    loop
        overseer_since := least(overseer_since, place.overseer_since);
        if place.posts <> '{}' or place.room_ids <> '{}' or (s.is_company_admin and place.company_id = s.company_id) then
            community_ids := community_ids || place.id;
            community_names := community_names || place.name::text;
            if community_id is null or place.id = s.wanted then
                community_id := place.id; person_id := place.person_id; company := place.company_id;
                posts := place.posts; room_ids := place.room_ids;
            end if;
        end if;
    end loop;

    -- Finance and administrators have a week to set up their second factor.
    if s.company_id is not null and s.totp_confirmed_at is null then
        second_factor_due := interval '7 days' + case
            when s.is_company_admin then s.created_at
            when overseer_since is not null then greatest(s.created_at, overseer_since::timestamptz)
        end;
    end if;
    if posts <> '{}' or s.is_company_admin then
        select array(select g.post || ' ' || g.capability || ' ' || g.granted::text from capability_grant g where g.company_id = company)
        into grants;
    end if;
    select count(*) into unread from notification n
    where n.account_id = s.account_id and n.read_at is null and n.community_id = session_of.community_id;

    reach := array_to_string(community_ids, ',');
    if s.is_company_admin then
        reach := concat_ws(',', nullif(reach, ''), '00000000-0000-0000-0000-000000000000');
    end if;
    reach := set_config('neiye.reach', reach, false);
    return next;
end $$;
