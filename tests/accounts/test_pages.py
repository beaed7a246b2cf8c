"""Every page of accounts answers whom it is for, and nobody else learns that it exists."""

from typing import Any

import httpx
import pytest

from tests.cast import ADMIN, CHEN, GUAN, LI, QIAN, SHIFU, SUN, WANG, ZHAO, ZHOU, Character, room_id

EVERYBODY = (WANG, ZHOU, LI, QIAN, SHIFU, ZHAO, GUAN, CHEN, ADMIN, SUN)

PAGES: dict[str, tuple[Character, ...]] = {
    "/me": EVERYBODY,
    "/me/password": EVERYBODY,
    "/me/devices": EVERYBODY,
    "/me/passkeys": EVERYBODY,
    "/me/second-factor": EVERYBODY,
    "/staff": (WANG, ZHOU, ADMIN, SUN),
    "/staff/new": (WANG, ADMIN, SUN),
    "/join-codes": (WANG, ZHOU, QIAN, GUAN, ADMIN, SUN),
    "/settings/matrix": (WANG, ZHOU, QIAN, LI, GUAN, ADMIN, SUN),
    "/settings/communities": (ADMIN,),
    "/settings/communities/new": (ADMIN,),
}


@pytest.mark.parametrize("who", EVERYBODY, ids=lambda who: who.key)
async def test_pages_open_for_those_they_are_for(client_for: Any, who: Character) -> None:
    client = await client_for(who)
    for path, allowed in PAGES.items():
        expected = 200 if who in allowed else 404
        assert (await client.get(path)).status_code == expected, path


async def test_visitors_are_sent_to_sign_in_and_come_back(visitor: httpx.AsyncClient) -> None:
    for path in PAGES:
        answer = await visitor.get(path)
        assert answer.status_code == 303, path
        assert answer.headers["location"] == "/sign-in?next=" + path.replace("/", "%2F")


async def test_other_communities_staff_and_rooms_are_out_of_reach(client_for: Any) -> None:
    rival = await client_for(SUN)
    for path in (f"/staff/{WANG.person_id}", f"/join-codes?room={room_id('3栋1单元1302')}"):
        assert (await rival.get(path)).status_code == 404, path
    for path, data in (
        (f"/staff/{SHIFU.person_id}/posts", {"post": "admin", "since": "2026-01-01"}),
        (f"/staff/{SHIFU.person_id}/password", {}),
        (f"/staff/{SHIFU.person_id}/leaving", {"until": "2026-01-01"}),
        ("/join-codes", {"room_id": str(room_id("3栋1单元1302"))}),
    ):
        assert (await rival.post(path, data=data)).status_code == 404, path
