"""The matrix capability × post of a company: our defaults, and the cells the company has set differently."""

import hashlib
from uuid import UUID

from server.audit import record
from server.db import execute, fetch, fetchval, transaction
from server.lib.ids import uuid7
from server.security.actor import Actor
from server.security.capabilities import CAPABILITIES, COMPANY_ONLY, DEFAULTS, POSTS

Cells = dict[tuple[str, str], bool]


class Stale(Exception):
    """Somebody else has changed the matrix since the form was shown."""


def defaults() -> Cells:
    """Return every cell as it is without a company's own choice."""
    return {(post, name): name in DEFAULTS[post] for post in POSTS for name in CAPABILITIES}


def is_fixed(name: str) -> bool:
    """Whether a capability is for company administrators alone and cannot be granted."""
    return name in COMPANY_ONLY


async def company_of(by: Actor) -> UUID | None:
    """Return the company whose matrix holds where the actor works."""
    found = await fetchval("select company_id from community where id = $1", by.community_id)
    return UUID(str(found)) if found else by.company_id


async def cells_of(company_id: UUID | None) -> Cells:
    """Return every cell as it is for the company."""
    cells = defaults()
    for grant in await fetch(
        "select post, capability, granted from capability_grant where company_id = $1", company_id
    ):
        if (grant["post"], grant["capability"]) in cells and not is_fixed(grant["capability"]):
            cells[grant["post"], grant["capability"]] = grant["granted"]
    return cells


def version(cells: Cells) -> str:
    """Return a mark that changes with any cell."""
    return hashlib.sha256(repr(sorted(cells.items())).encode()).hexdigest()[:16]


async def change(wanted: set[tuple[str, str]], seen: str, *, by: Actor) -> int:
    """Let exactly the cells `wanted` be granted; return how many changed. Raise Stale if `seen` is not today's version.

    Cells that nobody can grant stay as they are. Only what differs from our defaults is kept.
    """
    assert by.company_id is not None
    async with transaction():
        await execute("select 1 from company where id = $1 for update", by.company_id)
        before = await cells_of(by.company_id)
        if version(before) != seen:
            raise Stale
        after = {cell: old if is_fixed(cell[1]) else cell in wanted for cell, old in before.items()}
        changed = sorted(cell for cell in after if after[cell] != before[cell])
        if changed:
            await _keep(after, by.company_id)
            await record(
                by,
                "matrix.change",
                community_id=None,
                entity="company",
                entity_id=by.company_id,
                before={f"{post} {name}": before[post, name] for post, name in changed},
                after={f"{post} {name}": after[post, name] for post, name in changed},
            )
    return len(changed)


async def _keep(cells: Cells, company_id: UUID) -> None:
    """Replace the company's own cells by those of `cells` that differ from the defaults."""
    usual = defaults()
    own = [(post, name, yes) for (post, name), yes in cells.items() if usual[post, name] != yes]
    await execute("delete from capability_grant where company_id = $1", company_id)
    await execute(
        "insert into capability_grant (id, company_id, post, capability, granted)"
        " select id, $1, post, name, yes from unnest($2::uuid[], $3::text[], $4::text[], $5::bool[]) as own (id, post, name, yes)",
        company_id,
        [uuid7() for _cell in own],
        [post for post, _name, _yes in own],
        [name for _post, name, _yes in own],
        [yes for _post, _name, yes in own],
    )
