"""A person's messages in the community they work in."""

import datetime as dt
import html
from typing import Any
from uuid import UUID

import msgspec

from server.db import changed, fetchval, row, rows
from server.lib.paging import PAGE_SIZE, Page, offset
from server.lib.templating import render
from server.security.actor import Actor


class Message(msgspec.Struct):
    """One message; its words are made when it is read, in the reader's language."""

    id: UUID
    event: str
    facts: Any
    link: str | None
    created_at: dt.datetime
    read_at: dt.datetime | None

    def __post_init__(self) -> None:
        """Read the JSON that the database hands out as text."""
        if isinstance(self.facts, str):
            self.facts = msgspec.json.decode(self.facts)

    @property
    def title(self) -> str:
        """What happened, in a few words."""
        return words(self.event, "title", self.facts)

    @property
    def body(self) -> str:
        """Which thing it happened to."""
        return words(self.event, "body", self.facts)


def words(event: str, part: str, facts: dict[str, Any]) -> str:
    """Return the title or body of a message as plain text (templates escape for HTML, which an inbox is not alone)."""
    return html.unescape(render(f"push/{event}/{part}.txt", **facts)).strip()


COLUMNS = "id, event, facts, link, created_at, read_at"
MINE = "account_id = $1 and community_id = $2"


async def messages(actor: Actor, number: int = 1) -> Page[Message]:
    """Return a page of messages, newest first."""
    total = await fetchval(f"select count(*) from notification where {MINE}", actor.account_id, actor.here)
    query = f"""select {COLUMNS} from notification where {MINE} order by created_at desc, id desc
        limit {PAGE_SIZE} offset {offset(number)}"""
    return Page(await rows(Message, query, actor.account_id, actor.here), total, number)


async def latest(actor: Actor, limit: int = 5) -> list[Message]:
    """Return the newest unread messages, for the home page."""
    query = f"""select {COLUMNS} from notification where {MINE} and read_at is null
        order by created_at desc, id desc limit {limit}"""
    return await rows(Message, query, actor.account_id, actor.here)


async def open_message(message_id: UUID, *, by: Actor) -> Message | None:
    """Mark one of the actor's own messages as read and return it; None for anybody else's."""
    query = f"update notification set read_at = coalesce(read_at, now()) where {MINE} and id = $3 returning {COLUMNS}"
    return await row(Message, query, by.account_id, by.here, message_id)


async def read_all(*, by: Actor) -> int:
    """Mark all of the actor's messages here as read; return how many were not."""
    return await changed(
        f"update notification set read_at = now() where {MINE} and read_at is null", by.account_id, by.here
    )


async def seen(entity_id: UUID, *, by: Actor) -> Actor:
    """Mark the messages about a thing as read, because the actor is looking at it; return the actor with what is left."""
    if not by.unread:
        return by
    query = f"update notification set read_at = now() where {MINE} and entity_id = $3 and read_at is null"
    read = await changed(query, by.account_id, by.here, entity_id)
    return msgspec.structs.replace(by, unread=max(by.unread - read, 0))
