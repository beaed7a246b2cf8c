-- The month report: what the manager wrote of a month, the figures it was fixed with, the measures that were decided.

create table month_report (
    id UUID PRIMARY KEY NOT NULL,
    community_id UUID NOT NULL REFERENCES community (id) on delete restrict on update cascade,
    month VARCHAR(7) NOT NULL,
    findings TEXT,
    figures JSONB,
    fixed_at TIMESTAMPTZ,
    fixed_name VARCHAR(60),
    reopened_why TEXT,
    version INTEGER NOT NULL DEFAULT 1
);
create index month_report_community_id on month_report (community_id);
create unique index month_report_is_once on month_report (community_id, month);
alter table month_report add constraint month_report_month check (month ~ '^20[0-9]{2}-(0[1-9]|1[0-2])$');
alter table month_report add constraint month_report_fixed check (
    (fixed_at is null) = (figures is null) and (fixed_at is null) = (fixed_name is null) and (fixed_at is null or findings is not null)
);

-- What was fixed says the same for ever: it can be opened again, with a reason, but not altered.
create function keep_fixed_report() returns trigger language plpgsql as $$
begin
    if old.fixed_at is not null and (
        new.fixed_at is not null or new.findings is distinct from old.findings or coalesce(new.reopened_why, '') = ''
    ) then
        raise exception 'a fixed report is not altered' using errcode = 'insufficient_privilege';
    end if;
    return new;
end $$;
create trigger month_report_stays_fixed before update on month_report for each row execute function keep_fixed_report();
create trigger month_report_is_never_deleted before delete on month_report for each row execute function refuse_change();

create table report_measure (
    id UUID PRIMARY KEY NOT NULL,
    community_id UUID NOT NULL REFERENCES community (id) on delete restrict on update cascade,
    month VARCHAR(7) NOT NULL,
    what VARCHAR(200) NOT NULL,
    aim VARCHAR(40) NOT NULL,
    before NUMERIC(12, 1),
    target NUMERIC(12, 1),
    person_id UUID NOT NULL REFERENCES person (id) on delete restrict on update cascade,
    due_on DATE NOT NULL,
    state VARCHAR(8) NOT NULL,
    proof TEXT,
    decided_at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp,
    decided_name VARCHAR(60) NOT NULL,
    ended_at TIMESTAMPTZ,
    ended_name VARCHAR(60),
    told_late BOOLEAN NOT NULL DEFAULT false,
    version INTEGER NOT NULL DEFAULT 1
);
create index report_measure_community_id on report_measure (community_id);
create index report_measure_person_id on report_measure (person_id);
create index report_measure_by_month on report_measure (community_id, month);
create index report_measure_waits on report_measure (due_on) where state = 'open' and not told_late;
alter table report_measure add constraint report_measure_month check (month ~ '^20[0-9]{2}-(0[1-9]|1[0-2])$');
alter table report_measure add constraint report_measure_state check (state in ('open', 'done', 'dropped'));
-- What is over says what came of it, when, and who said so.
alter table report_measure add constraint report_measure_proof check (
    (state = 'open') = (ended_at is null) and (state = 'open') = (ended_name is null) and (state = 'open') = (proof is null)
);
alter table report_measure add constraint report_measure_target check (target >= 0 and target < 'NaN' and (before is null or before < 'NaN'));
create trigger report_measure_is_never_deleted before delete on report_measure for each row execute function refuse_change();

do $$
declare
    name text;
begin
    foreach name in array array['month_report', 'report_measure'] loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format(
            'create policy within_reach on %I using '
            '((select reaches_all()) or community_id = any (((select reached()))::uuid[]))', name
        );
    end loop;
end $$;
