"""Puts the delivered checklists into a community: all eleven, published, once."""

from uuid import UUID

import msgspec

from server.db import execute, fetchval, transaction
from server.lib.ids import uuid7
from server.patrols.checklists import DELIVERED, Delivered
from server.security.actor import SYSTEM

LIST = """
insert into checklist (id, community_id, key, name, frequency, draft, published) values ($1, $2, $3, $4, $5, $6, 1)
on conflict (community_id, key) where key is not null do nothing returning id
"""
VERSION = """
insert into checklist_version (id, community_id, checklist_id, number, name, content, published_by)
values ($1, $2, $3, 1, $4, $5, $6)
"""


async def install(community_id: UUID) -> int:
    """Add the delivered lists that the community does not have yet; return how many."""
    async with transaction():
        known = await fetchval(
            "select count(*) from checklist where community_id = $1 and key is not null", community_id
        )
        if known >= len(DELIVERED):
            return 0
        return sum([await _install(community_id, one) for one in DELIVERED])


async def _install(community_id: UUID, one: Delivered) -> int:
    content = msgspec.json.encode(one.entries).decode()
    id_ = await fetchval(LIST, uuid7(), community_id, one.key, one.name, one.frequency, content)
    if id_ is None:
        return 0
    await execute(VERSION, uuid7(), community_id, id_, one.name, content, SYSTEM.name)
    return 1
