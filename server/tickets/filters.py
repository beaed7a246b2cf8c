"""A person's own filters of the board: kept by name, one of them the first to be shown."""

from uuid import UUID

import msgspec
from litestar.exceptions import NotFoundException

from server.db import changed, execute, fetchval, rows, transaction
from server.lib.ids import uuid7
from server.security.actor import Actor
from server.tickets.board import Filters

MOST = 12
"""How many one person keeps: more are no help to anybody."""


class TooManyFilters(Exception):
    """MOST are kept already."""


class Kept(msgspec.Struct):
    """A filter somebody keeps."""

    id: UUID
    name: str
    query: str
    is_default: bool


async def kept(actor: Actor) -> list[Kept]:
    """Return the actor's filters here, by name."""
    query = "select id, name, query, is_default from ticket_filter where community_id = $1 and account_id = $2 order by name"
    return await rows(Kept, query, actor.here, actor.account_id)


async def keep(name: str, filters: Filters, *, by: Actor) -> None:
    """Keep `filters` under a name; one of that name is replaced. Raise TooManyFilters."""
    async with transaction():
        query = "select count(*) from ticket_filter where community_id = $1 and account_id = $2 and name <> $3"
        if await fetchval(query, by.here, by.account_id, name) >= MOST:
            raise TooManyFilters
        await execute(
            "insert into ticket_filter (id, community_id, account_id, name, query) values ($1, $2, $3, $4, $5)"
            " on conflict (community_id, account_id, name) do update set query = excluded.query, saved_at = now()",
            uuid7(), by.here, by.account_id, name, filters.query(),
        )  # fmt: skip


async def drop(filter_id: UUID, *, by: Actor) -> None:
    """Keep a filter no longer; raise NotFoundException for one that is not the actor's."""
    query = "delete from ticket_filter where id = $1 and community_id = $2 and account_id = $3"
    if not await changed(query, filter_id, by.here, by.account_id):
        raise NotFoundException


async def begin_with(filter_id: UUID, *, by: Actor) -> None:
    """Let the board begin with a filter, or with none again if it does already; raise NotFoundException for a stranger's."""
    async with transaction():
        mine = "community_id = $2 and account_id = $3"
        was = await fetchval(
            f"select is_default from ticket_filter where id = $1 and {mine}", filter_id, by.here, by.account_id
        )
        if was is None:
            raise NotFoundException
        await execute(
            "update ticket_filter set is_default = false where community_id = $1 and account_id = $2",
            by.here,
            by.account_id,
        )
        if not was:
            await execute(
                f"update ticket_filter set is_default = true where id = $1 and {mine}",
                filter_id,
                by.here,
                by.account_id,
            )
