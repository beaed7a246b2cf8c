"""The office takes a report in and gives it out: to somebody, to the pool, or to whose turn it is."""

import datetime as dt
from uuid import UUID

import msgspec

from server.db import execute, row, rows, transaction
from server.lib.acting import Act
from server.lib.formats import CHINA, now
from server.security.actor import Actor
from server.tickets import states
from server.tickets.changing import Effect, change
from server.tickets.finding import TicketView, find
from server.tickets.rules import deadlines, rules_of


class Repairman(msgspec.Struct):
    """Somebody who may be given work, with how much they have, what they repair and when they are at work."""

    id: UUID
    name: str
    phone: str | None
    open_jobs: int
    urgent_jobs: int
    skills: list[str]
    shift_from: dt.time | None
    shift_until: dt.time | None
    away_until: dt.date | None
    last_given_at: dt.datetime | None

    def knows(self, category: str) -> bool:
        """Whether the category is theirs; who has no list repairs everything."""
        return not self.skills or category in self.skills

    def is_on_shift(self, at: dt.datetime) -> bool:
        """Whether they are at work at a moment; a shift that ends before it begins goes over midnight."""
        local = at.astimezone(CHINA)
        if self.away_until is not None and local.date() <= self.away_until:
            return False
        if self.shift_from is None or self.shift_until is None:
            return True
        clock = local.time().replace(tzinfo=None)
        if self.shift_from <= self.shift_until:
            return self.shift_from <= clock < self.shift_until
        return clock >= self.shift_from or clock < self.shift_until


class NoSuchRepairman(LookupError):
    """The person does no repairs here today, or has this ticket already; or nobody at work knows this category."""


# The posts that may work on tickets are the matrix's business; a company's own cells override the default (repair only).
REPAIRMEN = """
select person.id, person.name, person.phone,
    (select count(*) from ticket where ticket.assignee_id = person.id and ticket.state = any ($2::text[])) as open_jobs,
    (select count(*) from ticket where ticket.assignee_id = person.id and ticket.state = any ($2::text[])
        and ticket.level in ('P1', 'P2')) as urgent_jobs,
    coalesce(hand.skills, '{}') as skills, hand.shift_from, hand.shift_until, hand.away_until, hand.last_given_at
from person left join repair_hand as hand on hand.id = person.id
where person.community_id = $1 and ($3::uuid is null or person.id = $3) and exists (
    select from post
    where post.person_id = person.id and post.since <= (now() at time zone 'Asia/Shanghai')::date
    and (post.until is null or post.until >= (now() at time zone 'Asia/Shanghai')::date)
    and coalesce(
        (select granted from capability_grant as cell
            where cell.company_id = (select company_id from community where id = $1)
            and cell.post = post.post and cell.capability = 'ticket.work'),
        post.post = 'repair'
    )
)
order by open_jobs, person.name, person.id
"""


async def repairmen(community_id: UUID) -> list[Repairman]:
    """Return who may be given work, the least busy first."""
    return await rows(Repairman, REPAIRMEN, community_id, list(states.ASSIGNED), None)


def by_fitness(people: list[Repairman], category: str, at: dt.datetime) -> list[Repairman]:
    """Return repairmen in the order they should be asked: at work and able first, then the least busy."""
    return sorted(
        people,
        key=lambda one: (not one.is_on_shift(at), not one.knows(category), one.open_jobs, one.urgent_jobs, one.name),
    )


def whose_turn(people: list[Repairman], category: str, at: dt.datetime) -> Repairman | None:
    """Return whose turn it is: of those at work who know the category, who was given something the longest ago."""
    fitting = [one for one in people if one.is_on_shift(at) and one.knows(category)]
    never = dt.datetime.min.replace(tzinfo=dt.UTC)
    return min(fitting, key=lambda one: (one.last_given_at or never, one.open_jobs, one.name), default=None)


async def accept(ticket_id: UUID, *, by: Actor, act: Act) -> TicketView:
    """Tell the owner that the office has read the report; where the rules say so it is given out at once."""
    async with transaction():
        return await give_by_rule(await change(ticket_id, "accept", by=by, act=act), by=by)


async def give_by_rule(ticket: TicketView, *, by: Actor) -> TicketView:
    """Give out what was just taken in, the way the community gives out work; what nobody can take waits for the office."""
    giving = (await rules_of(ticket.community_id)).giving
    if ticket.state != "accepted" or ticket.pooled or giving == "manual":
        return ticket
    if giving == "pool":
        return await offer(ticket.id, by=by, act=Act())
    try:
        return await give_in_turn(ticket.id, by=by, act=Act())
    except NoSuchRepairman:
        return ticket


async def reject(ticket_id: UUID, *, by: Actor, act: Act) -> TicketView:
    """Say why this is not the office's to repair; the owner is told."""
    return await change(ticket_id, "reject", by=by, act=act, effect=Effect(event="ticket_rejected"))


async def offer(ticket_id: UUID, *, by: Actor, act: Act) -> TicketView:
    """Put the ticket into the pool: the first repairman who takes it has it."""
    effect = Effect(values={"pooled": True, "assignee_id": None}, event="ticket_offered")
    return await change(ticket_id, "offer", by=by, act=act, effect=effect)


async def grab(ticket_id: UUID, *, by: Actor, act: Act) -> TicketView:
    """Take a ticket out of the pool; raise Overtaken when another hand was faster."""
    assert by.person_id is not None
    effect = Effect(
        values={"pooled": False, "assignee_id": by.person_id},
        detail={"assignee": by.person_id, "assignee_name": by.name},
        brings=frozenset({"assignee"}),
    )
    async with transaction():
        ticket = await change(ticket_id, "grab", by=by, act=act, effect=effect)
        await _given(ticket, by.person_id)
        return ticket


async def dispatch(ticket_id: UUID, repairman_id: UUID, *, by: Actor, act: Act, level: str | None = None) -> TicketView:
    """Give the ticket to a repairman, or to another one; `level` corrects the urgency. Raise NoSuchRepairman."""
    ticket = await find(ticket_id, by=by)
    chosen = await row(Repairman, REPAIRMEN, ticket.community_id, list(states.ASSIGNED), repairman_id)
    if chosen is None or chosen.id == ticket.assignee_id:
        raise NoSuchRepairman(repairman_id)
    return await _give(ticket, chosen, by, act, level)


async def give_in_turn(ticket_id: UUID, *, by: Actor, act: Act) -> TicketView:
    """Give the ticket to whose turn it is (轮派); raise NoSuchRepairman when nobody at work knows the category."""
    async with transaction():
        ticket = await find(ticket_id, by=by)
        await execute("select pg_advisory_xact_lock(hashtextextended($1, 0))", f"robin {ticket.community_id}")
        people = [one for one in await repairmen(ticket.community_id) if one.id != ticket.assignee_id]
        chosen = whose_turn(people, ticket.category, now())
        if chosen is None:
            raise NoSuchRepairman(ticket_id)
        return await _give(ticket, chosen, by, act, None)


async def _give(ticket: TicketView, chosen: Repairman, by: Actor, act: Act, level: str | None) -> TicketView:
    """Give a ticket to somebody who may have it."""
    values: dict[str, object] = {"assignee_id": chosen.id, "pooled": False}
    if level is not None and level != ticket.level:
        values |= {"level": level} | await deadlines(
            ticket.community_id, level, ticket.reported_at, ticket.appoint_until
        )
    effect = Effect(
        values=values,
        brings=frozenset({"assignee"}),
        detail={"assignee": chosen.id, "assignee_name": chosen.name},
        event="ticket_assigned",
    )
    async with transaction():
        verb = "dispatch" if ticket.state in states.UNASSIGNED else "reassign"
        given = await change(ticket.id, verb, by=by, act=act, effect=effect)
        await _given(ticket, chosen.id)
        return given


async def _given(ticket: TicketView, person_id: UUID) -> None:
    """Note when somebody was given something last: the turn goes by it."""
    await execute(
        "insert into repair_hand (id, community_id, last_given_at) values ($1, $2, now())"
        " on conflict (id) do update set last_given_at = now()",
        person_id,
        ticket.community_id,
    )


async def transfer(ticket_id: UUID, *, by: Actor, act: Act) -> TicketView:
    """Give a job back with the reason; the office is told and finds somebody else."""
    effect = Effect(values={"assignee_id": None, "pooled": False}, event="ticket_transferred")
    return await change(ticket_id, "transfer", by=by, act=act, effect=effect)
