"""A community's own rules for repairs: how work is given out, the clocks, what happens when an owner never answers."""

import datetime as dt
from typing import Any
from uuid import UUID

import msgspec
from litestar.exceptions import NotFoundException

from server.audit.recording import as_json, record
from server.db import changed, row, transaction
from server.security.actor import Actor
from server.tickets.clocks import LIMITS, Hours, Limits, clocks

GIVING = ("manual", "pool", "robin")


class Rules(msgspec.Struct):
    """The rules of one community; without a row of its own the trade's defaults hold."""

    giving: str = "manual"
    opens_at: dt.time = Hours().opens
    shuts_at: dt.time = Hours().shuts
    limits: Any = msgspec.field(default_factory=dict)
    accept_after_hours: int | None = None  #: None: an owner who never answers is waited for
    follow_up_percent: int = 30
    version: int = 0

    def __post_init__(self) -> None:
        """Read the JSON that the database hands out as text."""
        if isinstance(self.limits, str):
            self.limits = msgspec.json.decode(self.limits)

    def by_level(self) -> dict[str, Limits]:
        """Return the limits of every level."""
        return {level: Limits(**self.limits[level]) if level in self.limits else one for level, one in LIMITS.items()}


COLUMNS = ", ".join(field.name for field in msgspec.structs.fields(Rules))


async def rules_of(community_id: UUID) -> Rules:
    """Return a community's rules."""
    return await row(Rules, f"select {COLUMNS} from ticket_rules where id = $1", community_id) or Rules()


async def deadlines(
    community_id: UUID, level: str, reported_at: dt.datetime, appoint_until: dt.datetime | None = None
) -> dict[str, Any]:
    """Return the columns respond_by, arrive_by and due_at of a report of `level`, by the community's own rules."""
    rules = await rules_of(community_id)
    hours = Hours(rules.opens_at, rules.shuts_at)
    found = clocks(level, reported_at, limits=rules.by_level(), hours=hours, appoint_until=appoint_until)
    return {"respond_by": found.respond_by, "arrive_by": found.arrive_by, "due_at": found.due_at}


class Stale(Exception):
    """Somebody else has changed the rules meanwhile."""


async def set_rules(new: Rules, *, by: Actor) -> None:
    """Set the rules as seen in `new.version`; what is reported already keeps its deadlines. Raise NotFoundException or Stale."""
    if not by.can("ticket.rules"):
        raise NotFoundException
    async with transaction():
        before = await rules_of(by.here)
        query = """insert into ticket_rules (id, community_id, giving, opens_at, shuts_at, limits, accept_after_hours, follow_up_percent)
            values ($1, $1, $2, $3, $4, $5, $6, $7) on conflict (id) do update set giving = $2, opens_at = $3, shuts_at = $4,
            limits = $5, accept_after_hours = $6, follow_up_percent = $7, version = ticket_rules.version + 1
            where ticket_rules.version = $8"""
        if not await changed(
            query, by.here, new.giving, new.opens_at, new.shuts_at, as_json(new.limits), new.accept_after_hours,
            new.follow_up_percent, new.version,
        ):  # fmt: skip
            raise Stale
        await record(
            by, "ticket.rules", community_id=by.here, entity="community", entity_id=by.here,
            before=told(before), after=told(new),
        )  # fmt: skip


def told(rules: Rules) -> dict[str, Any]:
    """Return rules as the audit shows them."""
    return {
        "giving": rules.giving,
        "office_hours": f"{rules.opens_at:%H:%M}–{rules.shuts_at:%H:%M}",
        "limits": rules.limits,
        "accept_after_hours": rules.accept_after_hours,
        "follow_up_percent": rules.follow_up_percent,
    }
