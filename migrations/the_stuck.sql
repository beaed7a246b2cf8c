-- Operations that our own code cannot carry out: how often each failed, and those that wait for the office since.

alter table sync_op drop constraint sync_op_outcome;
alter table sync_op add constraint sync_op_outcome
    check (outcome in ('taken', 'applied', 'merged', 'conflict', 'rejected', 'deferred', 'stuck', 'discarded'));
create index sync_op_stuck on sync_op (community_id) where outcome = 'stuck';

-- Written after the operation's own transaction was rolled back; the operation itself may not be in custody yet.
create table sync_failure (
    id UUID PRIMARY KEY NOT NULL,
    community_id UUID NOT NULL REFERENCES community (id) on delete restrict on update cascade,
    account_id UUID NOT NULL REFERENCES account (id) on delete restrict on update cascade,
    times INTEGER NOT NULL DEFAULT 1,
    failed_at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp
);
create index sync_failure_community_id on sync_failure (community_id);
create index sync_failure_failed_at on sync_failure (failed_at);
alter table sync_failure enable row level security;
alter table sync_failure force row level security;
create policy within_reach on sync_failure using
    ((select reaches_all()) or community_id = any (((select reached()))::uuid[]));
