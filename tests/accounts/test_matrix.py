"""The matrix, cell by cell: what a post may do is what the screen says, and a change holds from the next page on."""

import re
from typing import Any

import pytest

from server.accounts import matrix
from server.db import DB, EVERYWHERE, execute, fetchval
from server.security.capabilities import CAPABILITIES, COMPANY_ONLY, DEFAULTS, POSTS, granted
from tests.cast import ADMIN, COMPANY, LAKE, SUN, WANG, ZHOU, cast_id

CELLS = [(post, name) for post in POSTS for name in CAPABILITIES]


@pytest.mark.parametrize(("post", "name"), CELLS, ids=lambda word: word)
def test_a_cell_grants_what_it_says(post: str, name: str) -> None:
    usual = name in DEFAULTS[post] and name not in COMPANY_ONLY
    assert (name in granted([post], [])) == usual
    assert (name in granted([post], [f"{post} {name} true"])) == (name not in COMPANY_ONLY)
    assert name not in granted([post], [f"{post} {name} false"])
    other = next(one for one in POSTS if one != post)
    assert (name in granted([post], [f"{other} {name} {'false' if usual else 'true'}"])) == usual, (
        "a cell of another post"
    )


def test_posts_add_up_and_nobody_has_what_no_post_gives() -> None:
    assert granted(["repair", "cashier"], []) == granted(["repair"], []) | granted(["cashier"], [])
    assert granted([], []) == frozenset()
    assert granted(["nonsense"], ["nonsense nonsense true", "repair staff.write true"]) == frozenset()


def test_only_company_administrators_have_what_concerns_every_community() -> None:
    assert granted(["admin"], []).isdisjoint(COMPANY_ONLY)
    assert granted([], [], company_admin=True) >= COMPANY_ONLY


async def form(client: Any) -> tuple[str, set[str]]:
    """Return the version and the ticked cells of the form."""
    shown = (await client.get("/settings/matrix")).text
    seen = re.search(r'name="seen" value="([0-9a-f]+)"', shown)[1]  # type: ignore[index]
    return seen, set(re.findall(r'name="cells" value="([a-z. ]+)" checked', shown))


async def test_the_screen_shows_the_defaults(client_for: Any) -> None:
    _seen, ticked = await form(await client_for(ADMIN))
    assert ticked == {f"{post} {name}" for post in POSTS for name in DEFAULTS[post] - COMPANY_ONLY}


async def test_a_change_holds_at_once_and_everywhere_and_is_written_down(client_for: Any) -> None:
    admin, wang, zhou, sun = [await client_for(who) for who in (ADMIN, WANG, ZHOU, SUN)]
    seen, ticked = await form(admin)
    wanted = ticked - {"manager staff.read", "manager staff.write"} | {"clerk staff.write"}
    answer = await admin.post("/settings/matrix", data={"seen": seen, "cells": sorted(wanted)})
    assert answer.headers["location"].endswith("done=saved")
    assert (await form(admin))[1] == wanted
    assert (await wang.get("/staff")).status_code == 404
    assert (await sun.get("/staff")).status_code == 404
    assert (await zhou.get("/staff/new")).status_code == 200
    async with DB.scope(EVERYWHERE):
        assert await fetchval("select count(*) from capability_grant") == 3
        assert "clerk staff.write" in await fetchval("select after::text from audit where action = 'matrix.change'")
    seen, _ticked = await form(admin)
    assert (await admin.post("/settings/matrix", data={"seen": seen, "cells": sorted(ticked)})).status_code == 303
    async with DB.scope(EVERYWHERE):
        assert await fetchval("select count(*) from capability_grant") == 0


async def test_of_two_administrators_the_second_sees_what_the_first_did(client_for: Any) -> None:
    one, other = await client_for(ADMIN), await client_for(ADMIN)
    seen, ticked = await form(one)
    await one.post("/settings/matrix", data={"seen": seen, "cells": sorted(ticked | {"repair audit.read"})})
    answer = await other.post("/settings/matrix", data={"seen": seen, "cells": sorted(ticked)})
    assert answer.status_code == 409
    assert "刚才有别人改了" in answer.text
    assert "repair audit.read" in (await form(one))[1]


async def test_what_is_the_companys_cannot_be_granted(client_for: Any) -> None:
    admin = await client_for(ADMIN)
    seen, ticked = await form(admin)
    data = {
        "seen": seen,
        "cells": sorted(ticked | {"manager matrix.write", "admin community.write", "nonsense staff.read"}),
    }
    assert (await admin.post("/settings/matrix", data=data)).headers["location"].endswith("done=unchanged")


async def test_readers_cannot_write(client_for: Any) -> None:
    wang = await client_for(WANG)
    shown = await wang.get("/settings/matrix")
    assert shown.status_code == 200
    assert 'type="checkbox"' not in shown.text
    seen = matrix.version(matrix.defaults())
    assert (
        await wang.post("/settings/matrix", data={"seen": seen, "cells": ["manager matrix.write"]})
    ).status_code == 404


async def test_another_companys_cells_mean_nothing_here(client_for: Any) -> None:
    async with DB.scope(EVERYWHERE):
        await execute("insert into company (id, name) values ($1, '别家物业')", cast_id("rival company"))
        await execute(
            "insert into capability_grant (id, company_id, post, capability, granted) values ($1, $2, 'manager', 'staff.read', false)",
            cast_id("rival cell"), cast_id("rival company"),
        )  # fmt: skip
        await execute("update community set company_id = $2 where id = $1", LAKE, cast_id("rival company"))
    assert (await (await client_for(WANG)).get("/staff")).status_code == 200
    assert (await (await client_for(SUN)).get("/staff")).status_code == 404
    admin = await client_for(ADMIN)
    assert (await admin.post("/me/community", data={"community_id": str(LAKE)})).status_code == 404
    assert "翠湖湾" not in (await admin.get("/settings/communities")).text
    assert (await admin.get(f"/settings/communities/{LAKE}")).status_code == 404


async def test_communities_are_founded_and_mended_by_the_company(client_for: Any) -> None:
    admin = await client_for(ADMIN)
    data = {
        "name": "星河湾",
        "address": "星河路 1 号",
        "phone": "0571-00000000",
        "label_template": "{building}号{room}室",
    }
    assert (await admin.post("/settings/communities", data=data | {"name": ""})).status_code == 422
    assert (await admin.post("/settings/communities", data=data | {"label_template": "{x}"})).status_code == 422
    assert (await admin.post("/settings/communities", data=data)).status_code == 303
    async with DB.scope(EVERYWHERE):
        new = await fetchval("select id from community where name = '星河湾' and company_id = $1", COMPANY)
    assert "星河路 1 号" in (await admin.get(f"/settings/communities/{new}")).text
    assert (await admin.post(f"/settings/communities/{new}", data={"name": "星河湾二期"})).status_code == 303
    assert (await admin.post("/me/community", data={"community_id": str(new)})).status_code == 303
    assert "星河湾二期" in (await admin.get("/me")).text
