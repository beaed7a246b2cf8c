-- Who an account is, in which communities, and what it may do in the one it works in: the same for a session in a browser and
-- for the token with which a phone hands in old work. It opens row-level security for these communities and no others. ----

create function standing_of(who uuid, wanted uuid) returns table (
    account_id uuid, account_name text, locale text, company_id uuid, is_company_admin boolean, must_change_password boolean,
    has_second_factor boolean, community_id uuid, person_id uuid, posts text[], room_ids uuid[], community_ids uuid[],
    community_names text[], grants text[], unread bigint, second_factor_due timestamptz
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
        account.name, account.locale, account.company_id, account.is_company_admin, account.must_change_password,
        account.totp_confirmed_at, account.created_at
    into s
    from account where account.id = who and account.disabled_at is null;
    if not found then
        reach := set_config('neiye.reach', '', false);
        return;
    end if;

    account_id := who; account_name := s.name; locale := s.locale; company_id := s.company_id;
    is_company_admin := s.is_company_admin; must_change_password := s.must_change_password;
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
            select p.id as person_id, p.community_id from person p where p.account_id = who
            union all
            select null, c.id from community c
            where s.is_company_admin and c.company_id = s.company_id
                and not exists (select from person p where p.account_id = who and p.community_id = c.id)
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
            if community_id is null or place.id = wanted then
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
    where n.account_id = who and n.read_at is null and n.community_id = standing_of.community_id;

    reach := array_to_string(community_ids, ',');
    if s.is_company_admin then
        reach := concat_ws(',', nullif(reach, ''), '00000000-0000-0000-0000-000000000000');
    end if;
    reach := set_config('neiye.reach', reach, false);
    return next;
end $$;

drop function session_of(bytea);
create function session_of(hash bytea) returns table (
    account_id uuid, account_name text, locale text, company_id uuid, is_company_admin boolean, must_change_password boolean,
    has_second_factor boolean, community_id uuid, person_id uuid, posts text[], room_ids uuid[], community_ids uuid[],
    community_names text[], grants text[], unread bigint, second_factor_due timestamptz,
    session_id uuid, csrf_secret text, second_factor_at timestamptz, opened_at timestamptz
) language plpgsql as $$
declare
    s record;
begin
    select id, session.account_id, session.community_id, created_at, last_seen_at, session.csrf_secret as secret,
        session.second_factor_at as checked_at
    into s from session where token_hash = hash and expires_at > now();
    if not found then
        perform set_config('neiye.reach', '', false);
        return;
    end if;
    return query select standing.*, s.id, s.secret::text, s.checked_at, s.created_at
    from standing_of(s.account_id, s.community_id) as standing;
    if found and s.last_seen_at < now() - interval '5 minutes' then
        update session set last_seen_at = now() where token_hash = hash;
    end if;
end $$;

-- A phone's own token: good for handing in work and photos, and for nothing else.
create function device_of(hash bytea) returns table (
    account_id uuid, account_name text, locale text, company_id uuid, is_company_admin boolean, must_change_password boolean,
    has_second_factor boolean, community_id uuid, person_id uuid, posts text[], room_ids uuid[], community_ids uuid[],
    community_names text[], grants text[], unread bigint, second_factor_due timestamptz,
    device_id uuid
) language plpgsql as $$
declare
    d record;
begin
    perform set_config('neiye.reach', '*', false);
    select device.device_id, device.account_id, device.community_id into d from sync_device as device
    where token_hash = hash and token_until > now() and token_revoked_at is null;
    if not found then
        perform set_config('neiye.reach', '', false);
        return;
    end if;
    return query select standing.*, d.device_id from standing_of(d.account_id, d.community_id) as standing;
end $$;
