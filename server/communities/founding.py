"""Founding a community: the row everything else hangs on."""

from uuid import UUID

from server.audit import record
from server.db import execute, fetchval, transaction
from server.lib.ids import uuid7
from server.security.actor import Actor

LABEL_TEMPLATE = "{building}栋{stairwell}单元{room}"


class NoCompany(LookupError):
    """There is more than one company here, so somebody has to say whose the community is."""


async def found_community(name: str, *, by: Actor, label_template: str = LABEL_TEMPLATE) -> UUID:
    """Create a community called `name` and return its id; the first one also makes the company.

    `label_template` says how its rooms are spoken of. Raise NoCompany when it is not clear whose it is.
    """
    async with transaction():
        company_id = await _only_company()
        id_ = uuid7()
        code = await _free_code(name)
        await execute(
            "insert into community (id, company_id, name, code, label_template) values ($1, $2, $3, $4, $5)",
            id_, company_id, name, code, label_template,
        )  # fmt: skip
        after = {"name": name, "code": code, "label_template": label_template}
        await record(by, "community.create", community_id=id_, entity="community", entity_id=id_, after=after)
    return id_


async def _only_company() -> UUID:
    count = await fetchval("select count(*) from company")
    if count > 1:
        raise NoCompany
    if count == 0:
        await execute("insert into company (id, name) values ($1, $2)", uuid7(), "物业公司")
    return UUID(str(await fetchval("select id from company")))


async def _free_code(name: str) -> str:
    """Return a short code nobody has yet: the initials of the name's pinyin, numbered if need be (阳光花园 → YGHY)."""
    from pypinyin import Style, lazy_pinyin  # its dictionaries take a tenth of the application's start

    initials = "".join(lazy_pinyin(name, style=Style.FIRST_LETTER, errors="ignore")).upper()
    base = "".join(character for character in initials if character.isascii() and character.isalnum())[:8] or "C"
    number, code = 1, base
    while await fetchval("select exists (select from community where code = $1)", code):
        number += 1
        code = f"{base}{number}"
    return code
