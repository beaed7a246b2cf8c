"""Who puts hazards right here, and who is told of them."""

from uuid import UUID

import msgspec

from server.db import fetch
from server.security.capabilities import granted


class Hand(msgspec.Struct):
    """A member of staff, with what their posts let them do."""

    person_id: UUID
    account_id: UUID | None
    name: str
    posts: list[str]
    capabilities: frozenset[str]


STAFF = """
select person.id, person.account_id, person.name, array_agg(distinct post.post::text order by post.post::text) as posts,
    (select array_agg(g.post || ' ' || g.capability || ' ' || g.granted::text) from capability_grant as g
        where g.company_id = (select company_id from community where id = $1)) as grants
from post join person on person.id = post.person_id
where post.community_id = $1
and post.since <= (now() at time zone 'Asia/Shanghai')::date
and (post.until is null or post.until >= (now() at time zone 'Asia/Shanghai')::date)
group by person.id, person.account_id, person.name order by person.name, person.id
"""


async def staff(community_id: UUID) -> list[Hand]:
    """Return who holds a post in a community today."""
    return [
        Hand(one["id"], one["account_id"], one["name"], one["posts"], granted(one["posts"], one["grants"] or []))
        for one in await fetch(STAFF, community_id)
    ]


async def crew(community_id: UUID) -> list[Hand]:
    """Return whom a notice can be given to: who puts hazards right first, then those who manage them."""
    able = [
        one for one in await staff(community_id)
        if one.capabilities & {"hazard.handle", "hazard.manage"} and one.posts != ["admin"]
    ]  # fmt: skip
    return sorted(able, key=lambda one: "hazard.handle" not in one.capabilities)
