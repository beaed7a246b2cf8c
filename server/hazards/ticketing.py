"""From a hazard to a repair: a ticket with the hazard's place and story; each page links to the other."""

from uuid import UUID

from server.db import fetchrow, transaction
from server.hazards.changing import Effect, change
from server.hazards.finding import HazardView, find
from server.hazards.states import NotNow
from server.lib.acting import Act
from server.security.actor import Actor
from server.tickets.reporting import Report, report

REPAIR_OF = {
    "power": "power", "ebike": "power", "lift": "lift", "gear": "fire", "escape": "fire", "water": "water",
    "structure": "leak", "falling": "leak", "road": "parking",
}  # fmt: skip
"""The category of repairs a category of hazards becomes; the others are shared facilities."""


async def make_ticket(hazard_id: UUID, *, by: Actor, act: Act, ticket_id: UUID, text: str) -> HazardView:
    """Make a repair ticket of the hazard and link both; raise NotNow when it has one."""
    async with transaction():
        hazard = await find(hazard_id, by=by, lock=True)
        if hazard.ticket_id is not None:
            if hazard.ticket_id == ticket_id:
                return hazard
            raise NotNow("ticket")
        ticket = await report(
            Report(
                id=ticket_id,
                category=REPAIR_OF.get(hazard.category, "shared"),
                level="P2" if hazard.grade == "major" or hazard.pace == "immediate" else "P3",
                location="common",
                place=hazard.place[:60],
                text=text,
                reporter_id=by.person_id,
                reporter_account_id=by.account_id,
            ),
            by=by,
        )
        effect = Effect(values={"ticket_id": ticket.id}, detail={"ticket": ticket.id, "ticket_number": ticket.number})
        return await change(hazard_id, "ticket", by=by, act=act, effect=effect)


async def hazard_of_ticket(ticket_id: UUID, *, by: Actor) -> tuple[UUID, str] | None:
    """Return id and number of the hazard a ticket was made of, if the actor may see it."""
    found = await fetchrow(
        "select id, number from hazard where ticket_id = $1 and community_id = $2", ticket_id, by.here
    )
    return None if found is None or not by.is_staff else (found["id"], found["number"])
