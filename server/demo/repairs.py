"""Repairs that are under way in the demonstration: a quote to answer, parts on order, a charge to collect, a job in the pool."""

from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

from server.db import fetchrow
from server.demo.cast import OWNER
from server.demo.pictures import pipe
from server.lib.acting import Act, Carried
from server.lib.formats import now
from server.lib.ids import uuid7
from server.security.actor import Actor
from server.security.capabilities import granted
from server.storage.photos import Sent, store
from server.tickets import accepting, dispatching, finishing, pausing, quoting, reporting, working
from server.tickets.kinds import guess_level
from server.tickets.lines import Line
from server.tickets.pricing import Price, prices
from server.tickets.reporting import Report


async def write_repairs(community_id: UUID, random: Random) -> None:
    """Let the people of the demonstration go through some repairs, as they would by hand."""
    clerk, hand = await staff("zhou", community_id), await staff("shui", community_id)
    owner, home = await resident(community_id)
    stage = Stage(community_id, clerk, hand, owner, home, await prices(community_id), random)
    await stage.quoted()
    await stage.suspended()
    await stage.to_be_paid()
    await stage.offered()


async def staff(login: str, community_id: UUID) -> Actor:
    """Return a member of staff as the actor of a change."""
    found = await fetchrow(
        "select account.id, account.name, person.id as person_id, array_agg(post.post::text) as posts from account"
        " join person on person.account_id = account.id and person.community_id = $2 join post on post.person_id = person.id"
        " where account.login = $1 group by account.id, person.id",
        login, community_id,
    )  # fmt: skip
    assert found is not None
    return Actor(
        account_id=found["id"], name=found["name"], person_id=found["person_id"], community_id=community_id,
        posts=frozenset(found["posts"]), capabilities=granted(found["posts"], ()),
    )  # fmt: skip


async def resident(community_id: UUID) -> tuple[Actor, Any]:
    """Return the owner who signs in, and their home."""
    home = await fetchrow(
        "select room.id, room.label, person.id as person_id, person.account_id, person.name from person"
        " join occupancy on occupancy.person_id = person.id and occupancy.until is null join room on room.id = occupancy.room_id"
        " where person.community_id = $1 and person.phone = $2 and room.kind = 'home'",
        community_id, OWNER[1],
    )  # fmt: skip
    assert home is not None
    actor = Actor(
        account_id=home["account_id"], name=home["name"], person_id=home["person_id"], community_id=community_id,
        room_ids=(home["id"],),
    )  # fmt: skip
    return actor, home


class Stage:
    """The people and the things they work with."""

    def __init__(
        self,
        community_id: UUID,
        clerk: Actor,
        hand: Actor,
        owner: Actor,
        home: Any,
        prices: list[Price],
        random: Random,
    ) -> None:
        self.community_id, self.clerk, self.hand, self.owner, self.home = community_id, clerk, hand, owner, home
        self.prices, self.random = {one.name: one for one in prices}, random

    async def reported(self, category: str, text: str, hours: float, place: str = "") -> UUID:
        """Report something so many hours ago: at home, or at a common `place`."""
        ticket = await reporting.report(
            Report(
                id=uuid7(), category=category, level=guess_level(category, text), location="common" if place else "private",
                place=place or self.home["label"], text=text, room_id=None if place else self.home["id"], contact_phone=OWNER[1],
                reporter_id=self.home["person_id"], reporter_account_id=self.home["account_id"],
            ),
            by=self.owner,
            at=now() - timedelta(hours=hours),
        )  # fmt: skip
        return ticket.id

    async def on_site(self, id_: UUID, hours: float) -> None:
        """Give it to the repairman who signs in, and let him get there."""
        await dispatching.dispatch(
            id_, self.person(self.hand), by=self.clerk, act=Act(at=now() - timedelta(hours=hours))
        )
        await working.take(id_, by=self.hand, act=Act(at=now() - timedelta(hours=hours * 0.9)))
        await working.arrive(id_, by=self.hand, act=Act(at=now() - timedelta(hours=hours * 0.5)))

    @staticmethod
    def person(actor: Actor) -> UUID:
        """Return an actor's person."""
        assert actor.person_id is not None
        return actor.person_id

    def line(self, name: str, quantity: int = 1) -> Line:
        """Return a line of the price list."""
        one = self.prices[name]
        return Line(one.kind, one.name, one.unit, Decimal(quantity), one.price, one.id)

    async def quoted(self) -> None:
        """A leaking toilet, quoted and waiting for the owner's word."""
        id_ = await self.reported("water", "马桶水箱一直流水，按完停不下来", 3)
        await self.on_site(id_, 2)
        lines = [self.line("上门费"), self.line("换软管、角阀人工"), self.line("马桶进水阀")]
        await quoting.quote(id_, lines, by=self.hand, act=Act(note="进水阀坏了，要换一套新的"))

    async def suspended(self) -> None:
        """A door closer on order."""
        id_ = await self.reported(
            "doors", "单元门关不严，风一吹就响", 26, place=self.home["label"].split("单元")[0] + "单元 大堂"
        )
        await self.on_site(id_, 20)
        act = Act(note="闭门器型号停产，订了代用件，周五到", at=now() - timedelta(hours=8))
        await pausing.suspend(id_, by=self.hand, act=act, reason="parts")

    async def to_be_paid(self) -> None:
        """A lock that was changed for money, accepted and not yet paid."""
        id_ = await self.reported("doors", "入户门锁芯卡住，钥匙转不动", 50)
        await self.on_site(id_, 48)
        lines = [self.line("上门费"), self.line("换锁芯人工"), self.line("C 级锁芯")]
        await quoting.quote(id_, lines, by=self.hand, act=Act(at=now() - timedelta(hours=23)))
        await quoting.agree(id_, by=self.owner, act=Act(at=now() - timedelta(hours=22.8)), how="app")
        await working.start(id_, by=self.hand, act=Act(at=now() - timedelta(hours=22.5)))
        photo = await store(
            Sent(pipe(self.random, leaking=False), id=uuid7(), taken_at=now() - timedelta(hours=22)), by=self.hand
        )
        act = Act(
            note="换 C 级锁芯，配 5 把钥匙，试过正常", photos=Carried((photo.id,)), at=now() - timedelta(hours=22)
        )
        await finishing.finish(id_, by=self.hand, act=act, materials=[self.line("C 级锁芯")], cause="wear")
        await accepting.confirm(
            id_, by=self.owner, act=Act(at=now() - timedelta(hours=21), note="师傅很专业"), rating="good"
        )

    async def offered(self) -> None:
        """A lamp that anybody may see to."""
        id_ = await self.reported("power", "地库 B1 坡道灯不亮", 1.2, place="地下车库 B1")
        await dispatching.offer(id_, by=self.clerk, act=Act())
