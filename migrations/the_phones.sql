-- What the office is told of phones: each trouble of each phone once, until it is mended. ----------------------------------

alter table sync_device add column told TEXT[] NOT NULL DEFAULT '{}';
update sync_device set told = case when missing > 0 then '{missing}'::text[] else '{silent}'::text[] end where alerted_at is not null;
alter table sync_device drop column alerted_at;
-- How many of the numbers that are missing the office has dealt with.
alter table sync_device add column written_off INTEGER NOT NULL DEFAULT 0;
-- Every number up to this one is here: the others alone are counted with each push.
alter table sync_device add column whole_to BIGINT NOT NULL DEFAULT 0;

create table phone_rules (
    id UUID PRIMARY KEY NOT NULL,
    community_id UUID NOT NULL REFERENCES community (id) on delete restrict on update cascade,
    silent_hours INTEGER NOT NULL DEFAULT 4,
    open_hours INTEGER NOT NULL DEFAULT 24,
    version INTEGER NOT NULL DEFAULT 1,
    constraint phone_rules_hours check (silent_hours between 1 and 168 and open_hours between 1 and 168)
);
create index phone_rules_community_id on phone_rules (community_id);
alter table phone_rules enable row level security;
alter table phone_rules force row level security;
create policy within_reach on phone_rules using
    ((select reaches_all()) or community_id = any (((select reached()))::uuid[]));
