-- The board of repairs at tens of thousands of tickets. ---------------------------------------------------------------

-- What a ticket is found by, in small letters: read through with LIKE within one community. Two Chinese characters are too short for
-- an index of trigrams, and under row-level security PostgreSQL uses one for no LIKE at all.
alter table ticket add column words TEXT NOT NULL DEFAULT '';

create function ticket_has_words() returns trigger language plpgsql as $$
begin
    new.words := lower(concat_ws(
        ' ', new.number, new.summary, new.place, new.description,
        (select name from person where id = new.reporter_id), (select name from person where id = new.assignee_id)
    ));
    return new;
end $$;
create trigger ticket_has_words before insert or update of number, summary, place, description, reporter_id, assignee_id on ticket
    for each row execute function ticket_has_words();
alter table ticket disable trigger ticket_is_fed;
update ticket set words = lower(concat_ws(
    ' ', number, summary, place, description,
    (select name from person where id = ticket.reporter_id), (select name from person where id = ticket.assignee_id)
));
alter table ticket enable trigger ticket_is_fed;

-- What is open is a few hundred of tens of thousands: counted and listed without a look at the others.
create index ticket_is_open on ticket (community_id, reported_at desc) where state in (
    'submitted', 'accepted', 'transferred', 'dispatched', 'rework', 'taken', 'arrived', 'quoted', 'owner_confirmed', 'in_progress',
    'suspended', 'finished'
);
create index ticket_by_finish on ticket (community_id, finished_at, due_at);
create index ticket_lies_in_the_pool on ticket (community_id) where pooled and assignee_id is null;
-- Whether an open list is still as it was is asked every few seconds, by everybody.
create index ticket_event_of_community on ticket_event (community_id, at);

create table ticket_filter (
    id UUID PRIMARY KEY NOT NULL,
    community_id UUID NOT NULL REFERENCES community (id) on delete restrict on update cascade,
    account_id UUID NOT NULL REFERENCES account (id) on delete restrict on update cascade,
    name VARCHAR(20) NOT NULL,
    query VARCHAR(400) NOT NULL,
    is_default BOOLEAN NOT NULL DEFAULT false,
    saved_at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp
);
create index ticket_filter_community_id on ticket_filter (community_id);
create index ticket_filter_account_id on ticket_filter (account_id);
create unique index ticket_filter_name_is_once on ticket_filter (community_id, account_id, name);
create unique index ticket_filter_default_is_once on ticket_filter (community_id, account_id) where is_default;

alter table ticket_filter enable row level security;
alter table ticket_filter force row level security;
create policy within_reach on ticket_filter using
    ((select reaches_all()) or community_id = any (((select reached()))::uuid[]));
