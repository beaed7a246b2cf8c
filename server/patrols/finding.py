"""Who may see the photos of a round."""

from uuid import UUID

from server.db import fetchval
from server.security.actor import Actor
from server.storage.photos import photo_rule


@photo_rule("patrol_round")
async def may_see(actor: Actor, round_id: UUID) -> bool:
    """Whether the round is of the actor's community, and the actor walks rounds or reads them."""
    if actor.community_id is None or not (actor.can("patrol.walk") or actor.can("patrol.read")):
        return False
    query = "select exists (select from patrol_round where id = $1 and community_id = $2)"
    return bool(await fetchval(query, round_id, actor.here))
