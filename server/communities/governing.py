"""The company's communities as its administrators see them: found one, and keep its name, address and phone right."""

from uuid import UUID

import msgspec

from server.audit import record
from server.communities.founding import LABEL_TEMPLATE, found_community
from server.db import execute, row, rows, system_reach, transaction
from server.lib.i18n import N_
from server.security.actor import Actor

LABEL_TEMPLATES = (
    (LABEL_TEMPLATE, N_("1栋1单元101")),
    ("{building}号楼{stairwell}单元{room}", N_("1号楼1单元101")),
    ("{building}号{room}室", N_("12号101室（上海）")),
    ("{building}-{stairwell}-{room}", N_("1-1-101")),
)


class Governed(msgspec.Struct):
    """A community in the company's list."""

    id: UUID
    name: str
    code: str
    address: str | None
    phone: str | None
    label_template: str
    rooms: int
    staff: int


LIST = """
select id, name, code, address, phone, label_template,
    (select count(*) from room where room.community_id = community.id) as rooms,
    (select count(distinct person_id) from post where post.community_id = community.id and until is null) as staff
from community where company_id = $1
"""


async def communities_of(by: Actor) -> list[Governed]:
    """Return the communities of the actor's company."""
    return await rows(Governed, LIST + " order by name", by.company_id)


async def community(id_: UUID, *, by: Actor) -> Governed | None:
    """Return one of them."""
    return await row(Governed, LIST + " and id = $2", by.company_id, id_)


async def found(name: str, address: str | None, phone: str | None, label_template: str, *, by: Actor) -> UUID:
    """Found a community of the actor's company; return its id."""
    async with system_reach(), transaction():
        id_ = await found_community(name, by=by, label_template=label_template)
        await execute(
            "update community set address = $2, phone = $3, company_id = $4 where id = $1",
            id_,
            address,
            phone,
            by.company_id,
        )
    return id_


async def mend(one: Governed, name: str, address: str | None, phone: str | None, *, by: Actor) -> None:
    """Change what the community is called and how it is reached."""
    async with transaction():
        await execute(
            "update community set name = $2, address = $3, phone = $4 where id = $1 and company_id = $5",
            one.id,
            name,
            address,
            phone,
            by.company_id,
        )
        await record(
            by,
            "community.update",
            community_id=one.id,
            entity="community",
            entity_id=one.id,
            before={"name": one.name, "address": one.address, "phone": one.phone},
            after={"name": name, "address": address, "phone": phone},
        )
