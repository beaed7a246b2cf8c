-- A repair from the report to the payment: clocks that pause, quotes and the owner's consent, who pays, the pool, price list and hands.

alter table ticket
    add column payer VARCHAR(12) NOT NULL DEFAULT 'company',
    add column pooled BOOLEAN NOT NULL DEFAULT false,
    add column appoint_from TIMESTAMPTZ,
    add column appoint_until TIMESTAMPTZ,
    add column respond_by TIMESTAMPTZ,
    add column arrive_by TIMESTAMPTZ,
    add column accepted_at TIMESTAMPTZ,
    add column arrived_at TIMESTAMPTZ,
    add column accepted_work_at TIMESTAMPTZ,
    add column suspended_at TIMESTAMPTZ,
    add column suspended_from VARCHAR(20),
    add column suspend_reason VARCHAR(12),
    add column paused_seconds BIGINT NOT NULL DEFAULT 0,
    add column quote_amount BIGINT,
    add column agreed_at TIMESTAMPTZ,
    add column agreed_how VARCHAR(12),
    add column charge BIGINT NOT NULL DEFAULT 0,
    add column paid_at TIMESTAMPTZ,
    add column paid_how VARCHAR(12),
    add column cause VARCHAR(12),
    add column code VARCHAR(4) NOT NULL DEFAULT lpad(floor(random() * 10000)::int::text, 4, '0'),
    add column escalation INTEGER NOT NULL DEFAULT 0,
    add column reopened INTEGER NOT NULL DEFAULT 0;

update ticket set payer = case location when 'private' then 'owner' else 'company' end;
update ticket set accepted_at = (
    select min(at) from ticket_event as e where e.ticket_id = ticket.id and e.kind in ('register', 'accept', 'dispatch')
);
update ticket set arrived_at = started_at;
update ticket set accepted_work_at = (
    select max(at) from ticket_event as e where e.ticket_id = ticket.id and e.kind = 'confirm'
);
-- Before, somebody who began was there: the message said so, and is called so now.
update notification set event = 'ticket_arrived' where event = 'ticket_started';

alter table ticket add constraint ticket_state check (state in (
    'submitted', 'accepted', 'transferred', 'dispatched', 'rework', 'taken', 'arrived', 'quoted', 'owner_confirmed', 'in_progress',
    'suspended', 'finished', 'owner_accepted', 'paid', 'followed_up', 'closed', 'rejected', 'cancelled'
));
alter table ticket add constraint ticket_payer check (payer in ('company', 'owner', 'warranty', 'fund', 'liable'));
alter table ticket add constraint ticket_reason check (suspend_reason in ('parts', 'owner', 'outside', 'approval'));
alter table ticket add constraint ticket_agreed_how check (agreed_how in ('app', 'signature', 'code', 'phone'));
alter table ticket add constraint ticket_paid_how check (paid_how in ('cash', 'wechat', 'alipay', 'card', 'transfer'));
alter table ticket add constraint ticket_cause check (cause in ('wear', 'misuse', 'building', 'material', 'outside', 'other'));
alter table ticket add constraint ticket_appointment check (appoint_until > appoint_from);
-- A clock never runs while the work is suspended: the pause is written down exactly as long as it lasts.
alter table ticket add constraint ticket_pause check (
    (state = 'suspended') = (suspended_at is not null) and (state = 'suspended') = (suspended_from is not null)
    and (state = 'suspended') = (suspend_reason is not null) and paused_seconds >= 0
);
-- Nobody is charged without having agreed beforehand, to this very amount (Civil Code art. 496, 509; Price Law art. 13).
alter table ticket add constraint ticket_charge check (
    charge >= 0 and quote_amount >= 0 and (charge = 0 or (agreed_at is not null and agreed_how is not null and payer in ('owner', 'liable')))
);
alter table ticket add constraint ticket_paid check ((paid_at is null) = (paid_how is null) and (paid_at is null or charge > 0));

create index ticket_waits_for_answer on ticket (community_id, respond_by) where state in ('submitted');
create index ticket_open_by_deadline on ticket (due_at)
    where state in ('submitted', 'accepted', 'transferred', 'dispatched', 'rework', 'taken', 'arrived', 'quoted', 'owner_confirmed', 'in_progress');

-- What work and parts cost: the price list every office has to put up (Price Law art. 13). -----------------------------------------

create table price_item (
    id UUID PRIMARY KEY NOT NULL,
    community_id UUID NOT NULL REFERENCES community (id) on delete restrict on update cascade,
    kind VARCHAR(10) NOT NULL,
    category VARCHAR(20),
    name VARCHAR(60) NOT NULL,
    unit VARCHAR(8) NOT NULL,
    price BIGINT NOT NULL,
    is_active BOOLEAN NOT NULL DEFAULT true,
    version INTEGER NOT NULL DEFAULT 1
);
create index price_item_community_id on price_item (community_id);
create unique index price_item_is_once on price_item (community_id, kind, name, unit) where is_active;
alter table price_item add constraint price_item_kind check (kind in ('labour', 'material'));
alter table price_item add constraint price_item_price check (price between 0 and 100000000);

-- What a repair was quoted and what it used. A quote is kept as it was made, with the prices of its day. --------------------------

create table ticket_line (
    id UUID PRIMARY KEY NOT NULL,
    community_id UUID NOT NULL REFERENCES community (id) on delete restrict on update cascade,
    ticket_id UUID NOT NULL REFERENCES ticket (id) on delete restrict on update cascade,
    event_id UUID NOT NULL REFERENCES ticket_event (id) on delete restrict on update cascade,
    purpose VARCHAR(8) NOT NULL,
    position INTEGER NOT NULL,
    item_id UUID REFERENCES price_item (id) on delete restrict on update cascade,
    kind VARCHAR(10) NOT NULL,
    name VARCHAR(60) NOT NULL,
    unit VARCHAR(8) NOT NULL,
    quantity NUMERIC(10, 2) NOT NULL,
    price BIGINT NOT NULL,
    amount BIGINT NOT NULL
);
create index ticket_line_community_id on ticket_line (community_id);
create index ticket_line_ticket_id on ticket_line (ticket_id);
create index ticket_line_event_id on ticket_line (event_id);
create index ticket_line_item_id on ticket_line (item_id);
alter table ticket_line add constraint ticket_line_purpose check (purpose in ('quote', 'used'));
alter table ticket_line add constraint ticket_line_kind check (kind in ('labour', 'material'));
alter table ticket_line add constraint ticket_line_figures check (
    quantity > 0 and quantity < 'NaN' and price >= 0 and amount = round(quantity * price)
);
create trigger ticket_line_is_append_only before update or delete on ticket_line
    for each row execute function refuse_change();
create trigger ticket_line_is_never_emptied before truncate on ticket_line
    for each statement execute function refuse_change();

-- Who repairs what, and when: for giving out work by skill, load and shift. ---------------------------------------------------------

create table repair_hand (
    id UUID PRIMARY KEY NOT NULL,
    community_id UUID NOT NULL REFERENCES community (id) on delete restrict on update cascade,
    skills TEXT[] NOT NULL DEFAULT '{}',
    shift_from TIME,
    shift_until TIME,
    away_until DATE,
    last_given_at TIMESTAMPTZ,
    version INTEGER NOT NULL DEFAULT 1
);
create index repair_hand_community_id on repair_hand (community_id);
alter table repair_hand add constraint repair_hand_shift check ((shift_from is null) = (shift_until is null));

-- Each community's own rules: how work is given out, the clocks, what happens when an owner never answers. -------------------------

create table ticket_rules (
    id UUID PRIMARY KEY NOT NULL,
    community_id UUID NOT NULL REFERENCES community (id) on delete restrict on update cascade,
    giving VARCHAR(8) NOT NULL DEFAULT 'manual',
    opens_at TIME NOT NULL DEFAULT '08:00',
    shuts_at TIME NOT NULL DEFAULT '18:00',
    limits JSONB NOT NULL DEFAULT '{}',
    accept_after_hours INTEGER,
    follow_up_percent INTEGER NOT NULL DEFAULT 30,
    version INTEGER NOT NULL DEFAULT 1
);
create index ticket_rules_community_id on ticket_rules (community_id);
alter table ticket_rules add constraint ticket_rules_giving check (giving in ('manual', 'pool', 'robin'));
alter table ticket_rules add constraint ticket_rules_figures check (
    opens_at < shuts_at and accept_after_hours between 24 and 720 and follow_up_percent between 0 and 100
);

-- Whom to ask how finished work was, and what they said. -------------------------------------------------------------------------------

create table follow_up (
    id UUID PRIMARY KEY NOT NULL,
    community_id UUID NOT NULL REFERENCES community (id) on delete restrict on update cascade,
    entity VARCHAR(12) NOT NULL,
    entity_id UUID NOT NULL,
    reason VARCHAR(12) NOT NULL,
    state VARCHAR(10) NOT NULL,
    due_at TIMESTAMPTZ NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    rating VARCHAR(1),
    answers JSONB NOT NULL DEFAULT '{}',
    respondent VARCHAR(60),
    note TEXT,
    caller_account_id UUID,
    caller_name VARCHAR(60),
    called_at TIMESTAMPTZ,
    barred UUID[] NOT NULL DEFAULT '{}',
    drawn_at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp,
    version INTEGER NOT NULL DEFAULT 1
);
create index follow_up_community_id on follow_up (community_id);
create index follow_up_entity_id on follow_up (entity_id);
create unique index follow_up_is_due_once on follow_up (entity, entity_id) where state = 'due';
create index follow_up_by_time on follow_up (community_id, due_at) where state = 'due';
alter table follow_up add constraint follow_up_entity check (entity in ('ticket', 'complaint'));
alter table follow_up add constraint follow_up_reason check (reason in ('complaint', 'leak', 'urgent', 'poor', 'sample'));
alter table follow_up add constraint follow_up_state check (state in ('due', 'done', 'unreached', 'void'));
alter table follow_up add constraint follow_up_rating check (rating in ('A', 'B', 'C') and (state = 'done') = (rating is not null));
alter table follow_up add constraint follow_up_by_another check (not (caller_account_id = any (barred)));

do $$
declare
    name text;
begin
    foreach name in array array['price_item', 'ticket_line', 'repair_hand', 'ticket_rules', 'follow_up'] loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format(
            'create policy within_reach on %I using '
            '((select reaches_all()) or community_id = any (((select reached()))::uuid[]))', name
        );
    end loop;
end $$;
