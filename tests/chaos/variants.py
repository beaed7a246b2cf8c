"""The product with one mistake in it. Each must be caught: a test that finds nothing in these would find nothing at all."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import pytest

from server.db import DB, EVERYWHERE, execute
from tests.chaos.stage import Patch


def instead(old: str, new: str) -> Patch:
    """Return a change of a source text; it fails when there is nothing to change, so that no variant becomes the product unnoticed."""

    def patch(text: str) -> str:
        assert text.count(old) == 1, f"{text.count(old)} times in the script: {old}"
        return text.replace(old, new)

    return patch


@asynccontextmanager
async def as_it_is() -> AsyncIterator[None]:
    """Change nothing on the server."""
    yield


@asynccontextmanager
async def nothing_is_known() -> AsyncIterator[None]:
    """A server that takes every operation for a new one."""
    from server.lib.ids import uuid7
    from server.sync import custody, pushing

    claim, found, take_all = custody.claim, custody.found, pushing.Push.take_all
    sent: ContextVar[frozenset[str]] = ContextVar("sent", default=frozenset())

    async def noting(self: Any) -> Any:
        sent.set(frozenset(raw["id"] for raw in self.report.ops))
        return await take_all(self)

    async def blind(ids: Any) -> dict[Any, Any]:
        return {id_: one for id_, one in (await found(ids)).items() if str(id_) not in sent.get()}

    async def claim_again(taken: Any, outcome: str, **more: Any) -> bool:
        if not await claim(taken, outcome, **more):
            taken.id = uuid7()
            await claim(taken, outcome, **more)
        return True

    async def claim_all_again(claims: Any) -> bool:
        return all([await claim_again(one.taken, "taken", by=one.by) for one in claims])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pushing.Push, "take_all", noting)
        patch.setattr(pushing, "claim_all", claim_all_again)
        patch.setattr(pushing, "found", blind)
        patch.setattr(pushing, "claim", claim_again)
        yield


BIGSERIAL = """
create sequence chaos_number;
create or replace function sync_mark(scope text, kind text, id uuid, community uuid, gone boolean) returns void language plpgsql as $$
#variable_conflict use_variable
declare
    number bigint := nextval('chaos_number');
begin
    insert into sync_entry as e (scope, kind, id, community_id, seq, gone) values (scope, kind, id, community, number, gone)
    on conflict on constraint sync_entry_pkey do update set seq = number, gone = excluded.gone;
    insert into sync_dirty (id, xact, scope, kind, community_id, gone)
    values (id, pg_current_xact_id()::text::bigint, scope, kind, community, gone) on conflict do nothing;
end $$;
create or replace function sync_number() returns trigger language plpgsql as $$
declare
    reach text := coalesce(current_setting('neiye.reach', true), '');
begin
    perform set_config('neiye.reach', '*', true);
    insert into sync_scope (scope, community_id) values (new.scope, new.community_id) on conflict do nothing;
    update sync_scope set seq = greatest(seq, (select max(e.seq) from sync_entry as e where e.scope = new.scope)) where scope = new.scope;
    delete from sync_dirty where xact = new.xact and scope = new.scope and kind = new.kind and id = new.id;
    perform set_config('neiye.reach', reach, true);
    return null;
end $$;
"""


@asynccontextmanager
async def numbered_when_written() -> AsyncIterator[None]:
    """A feed numbered by a sequence while transactions run, not when they commit."""
    async with DB.scope(EVERYWHERE):
        await execute(BIGSERIAL)
    yield


@dataclass(frozen=True)
class Variant:
    """One mistake, and which invariants notice it."""

    caught_by: tuple[str, ...]
    scripts: Mapping[str, Patch] = field(default_factory=dict)
    server: Callable[[], AbstractAsyncContextManager[None]] = as_it_is


HAND = 'const answer = insist(await ask(client, "POST", "/sync/push", { json: body }));'
DELETE = 'await client.out.write("op", (of) => { for (const { id } of ops) of("op").delete(id); });'
BELIEVE = 'const heard = await ask(client, "POST", "/sync/push", { json: body });\n  const answer = heard.status >= 500 ? { results: ops.map(({ id, hash }) => ({ id, hash, outcome: "applied", version: 1 })) } : insist(heard);'

VARIANTS = {
    "delete before answer": Variant(("I1",), {"push.js": instead(HAND, f"{DELETE}\n  {HAND}")}),
    "5xx as success": Variant(("I1",), {"push.js": instead(HAND, BELIEVE)}),
    "no dedupe on the server": Variant(("I2",), server=nothing_is_known),
    "bigserial feed": Variant(("I3",), server=numbered_when_written),
}
