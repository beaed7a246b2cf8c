"""What waits in the office beside tickets: certificates that run out, rows of an import that were refused."""

import datetime as dt
from uuid import UUID

import msgspec

from server.communities.importing.history import KEPT_DAYS
from server.db import rows
from server.lib.formats import today
from server.security.actor import Actor

SOON = dt.timedelta(days=60)
"""How early an expiring certificate is shown: a course and an examination take that long."""


class Expiring(msgspec.Struct):
    """A certificate of somebody who works here now."""

    person_id: UUID
    name: str
    kind: str
    expires_on: dt.date

    @property
    def is_over(self) -> bool:
        """Whether it is no longer valid."""
        return self.expires_on < today()


class Refusal(msgspec.Struct):
    """An import with rows that wait for a correction."""

    id: UUID
    file_name: str
    refused: int
    created_at: dt.datetime


async def expiring(actor: Actor, limit: int = 5) -> list[Expiring]:
    """Return the certificates that have run out or soon will, the most pressing first; none for who may not see staff."""
    if not actor.can("staff.read"):
        return []
    return await rows(
        Expiring,
        f"""select person.id as person_id, person.name, certificate.kind, certificate.expires_on
        from certificate join person on person.id = certificate.person_id
        where certificate.community_id = $1 and certificate.expires_on <= $2
        and exists (select from post where post.person_id = person.id and post.since <= $3
            and (post.until is null or post.until >= $3))
        and not exists (select from certificate as newer where newer.person_id = certificate.person_id
            and newer.kind = certificate.kind and newer.expires_on > certificate.expires_on)
        order by certificate.expires_on limit {limit}""",
        actor.here,
        today() + SOON,
        today(),
    )


async def refusals(actor: Actor, limit: int = 3) -> list[Refusal]:
    """Return the latest imports whose refused rows can still be downloaded; none for who may not import."""
    if not actor.can("import.run"):
        return []
    return await rows(
        Refusal,
        f"""select id, file_name, refused, created_at from data_import
        where community_id = $1 and refused > 0 and state in ('planned', 'done')
        and created_at > now() - make_interval(days => $2) order by created_at desc limit {limit}""",
        actor.here,
        KEPT_DAYS,
    )
