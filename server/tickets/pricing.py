"""The price list of labour and parts that hangs in the office (Price Law art. 13: prices are clearly marked)."""

from typing import Any
from uuid import UUID

import msgspec
from litestar.exceptions import NotFoundException

from server.audit.recording import record
from server.db import changed, execute, fetchval, row, rows, transaction
from server.lib.ids import uuid7
from server.security.actor import Actor


class Price(msgspec.Struct):
    """One line of the list; `price` in 分 for one `unit`."""

    id: UUID
    kind: str
    category: str | None
    name: str
    unit: str
    price: int
    is_active: bool
    version: int


COLUMNS = ", ".join(field.name for field in msgspec.structs.fields(Price))


class Stale(Exception):
    """Somebody else has changed the line meanwhile."""


class Twice(Exception):
    """The list has a line of this name and unit already."""


async def prices(community_id: UUID, *, active: bool = True) -> list[Price]:
    """Return the price list, labour first, by category and name; `active` False: what was taken off it."""
    query = f"""select {COLUMNS} from price_item where community_id = $1 and is_active = $2
        order by kind, category nulls first, name, unit"""
    return await rows(Price, query, community_id, active)


async def line_of(id_: UUID, *, by: Actor) -> Price:
    """Return one line of the actor's community; raise NotFoundException."""
    found = await row(Price, f"select {COLUMNS} from price_item where id = $1 and community_id = $2", id_, by.here)
    if found is None:
        raise NotFoundException
    return found


async def set_price(
    id_: UUID | None, *, by: Actor, version: int, kind: str, category: str | None, name: str, unit: str, price: int
) -> None:
    """Add a line (id None) or change one as seen in `version`; what was quoted keeps the price of its day. Raise Stale or Twice."""
    if not by.can("ticket.prices"):
        raise NotFoundException
    new = {"kind": kind, "category": category, "name": name, "unit": unit, "price": price}
    async with transaction():
        same = """select exists (select from price_item where community_id = $1 and kind = $2 and name = $3 and unit = $4
            and is_active and id is distinct from $5)"""
        if await fetchval(same, by.here, kind, name, unit, id_):
            raise Twice(name)
        before = None if id_ is None else await line_of(id_, by=by)
        key = id_ or uuid7()
        if before is None:
            await execute(
                "insert into price_item (id, community_id, kind, category, name, unit, price) values ($1, $2, $3, $4, $5, $6, $7)",
                key, by.here, *new.values(),
            )  # fmt: skip
        else:
            query = """update price_item set kind = $3, category = $4, name = $5, unit = $6, price = $7, version = version + 1
                where id = $1 and version = $2 and is_active"""
            if not await changed(query, key, version, *new.values()):
                raise Stale(key)
        await _audit(by, key, {} if before is None else told(before), new)


async def withdraw(id_: UUID, *, by: Actor, version: int, back: bool = False) -> None:
    """Take a line off the list, or put it `back`; raise NotFoundException, Stale or Twice."""
    if not by.can("ticket.prices"):
        raise NotFoundException
    async with transaction():
        line = await line_of(id_, by=by)
        same = "select exists (select from price_item where community_id = $1 and kind = $2 and name = $3 and unit = $4 and is_active)"
        if back and await fetchval(same, by.here, line.kind, line.name, line.unit):
            raise Twice(line.name)
        query = "update price_item set is_active = $3, version = version + 1 where id = $1 and version = $2"
        if not await changed(query, id_, version, back):
            raise Stale(id_)
        await _audit(by, id_, told(line) | {"is_active": line.is_active}, told(line) | {"is_active": back})


def told(line: Price) -> dict[str, Any]:
    """Return a line as the audit shows it."""
    return {"kind": line.kind, "category": line.category, "name": line.name, "unit": line.unit, "price": line.price}


async def _audit(by: Actor, id_: UUID, before: dict[str, Any], after: dict[str, Any]) -> None:
    await record(
        by, "ticket.price", community_id=by.here, entity="price_item", entity_id=id_, before=before or None, after=after
    )
