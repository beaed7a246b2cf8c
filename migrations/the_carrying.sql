-- What phones carry of repairs: each repairman his own jobs, all of them the pool and the price list, whoever reported their reports. ---

alter table ticket add column on_phones BOOLEAN NOT NULL DEFAULT true;
update ticket set on_phones = false
    where state in ('closed', 'rejected', 'cancelled') and closed_at < now() - interval '7 days';
create index ticket_on_phones on ticket (closed_at) where on_phones;

create function ticket_is_fed() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and old.assignee_id is not null and (old.assignee_id is distinct from new.assignee_id or not new.on_phones) then
        perform sync_gone('repair:' || old.assignee_id, 'ticket', new.id, new.community_id);
    end if;
    if new.assignee_id is not null and new.on_phones then
        perform sync_touch('repair:' || new.assignee_id, 'ticket', new.id, new.community_id);
    end if;
    if new.pooled and new.assignee_id is null and new.state = 'accepted' then
        perform sync_touch('repairs:' || new.community_id, 'offer', new.id, new.community_id);
    elsif tg_op = 'UPDATE' and old.pooled then
        perform sync_gone('repairs:' || new.community_id, 'offer', new.id, new.community_id);
    end if;
    if new.reporter_account_id is not null and new.on_phones then
        perform sync_touch('report:' || new.reporter_account_id, 'report', new.id, new.community_id);
    elsif tg_op = 'UPDATE' and old.reporter_account_id is not null then
        perform sync_gone('report:' || old.reporter_account_id, 'report', new.id, new.community_id);
    end if;
    return null;
end $$;

create trigger ticket_is_fed after insert or update on ticket for each row execute function ticket_is_fed();

create function ticket_photo_has_come() returns trigger language plpgsql as $$
begin
    perform sync_touch('repair:' || assignee_id, 'ticket', id, community_id)
        from ticket where id = new.entity_id and assignee_id is not null and on_phones;
    return null;
end $$;

create trigger ticket_photo_has_come after update on photo for each row
    when (new.entity = 'ticket' and old.size = 0 and new.size > 0) execute function ticket_photo_has_come();

-- The price list is one document for each community, called as the community is.
create function prices_are_fed() returns trigger language plpgsql as $$
begin
    perform sync_touch('repairs:' || new.community_id, 'prices', new.community_id, new.community_id);
    return null;
end $$;

create trigger prices_are_fed after insert or update on price_item for each row execute function prices_are_fed();

-- The homes somebody can report for; a register has thousands of people, the phones of those who have signed in ask for them.
create function home_is_fed() returns trigger language plpgsql as $$
begin
    perform sync_touch('home:' || new.person_id, 'home', new.room_id, new.community_id)
        from person where id = new.person_id and account_id is not null;
    return null;
end $$;

create trigger home_is_fed after insert or update on occupancy for each row execute function home_is_fed();

create function homes_are_fed() returns trigger language plpgsql as $$
begin
    perform sync_touch('home:' || new.id, 'home', room_id, community_id) from occupancy where person_id = new.id;
    return null;
end $$;

create trigger homes_are_fed after update on person for each row
    when (new.account_id is not null and new.account_id is distinct from old.account_id) execute function homes_are_fed();

select sync_touch('repair:' || assignee_id, 'ticket', id, community_id) from ticket where assignee_id is not null and on_phones;
select sync_touch('repairs:' || community_id, 'offer', id, community_id)
    from ticket where pooled and assignee_id is null and state = 'accepted';
select sync_touch('report:' || reporter_account_id, 'report', id, community_id)
    from ticket where reporter_account_id is not null and on_phones;
select sync_touch('repairs:' || community_id, 'prices', community_id, community_id)
    from (select distinct community_id from price_item) as list;
select sync_touch('home:' || person_id, 'home', room_id, community_id)
    from (
        select distinct person_id, room_id, occupancy.community_id from occupancy
        join person on person.id = occupancy.person_id where person.account_id is not null
    ) as home;
