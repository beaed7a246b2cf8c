"""Short cuts for tests: a hazard that has come so far, and operations as phones send them."""

from typing import Any
from uuid import UUID

from server.db import DB, EVERYWHERE, execute, fetch, fetchrow, fetchval
from server.field.documents import load
from server.hazards import majors, noticing, rechecking, rectifying
from server.hazards.finding import HazardView, find
from server.hazards.reporting import Report, report
from server.lib.acting import Act, Carried
from server.lib.formats import now
from server.lib.ids import uuid7
from server.security.actor import Actor
from server.sync.operations import Applied, Op, Promised, operations
from tests.cast import ADMIN, COMMUNITIES, GUAN, SHIFU, WANG, ZHAO, Character
from tests.tickets.scenes import actor, on_stage, photo_of


def company() -> Actor:
    """Return the company's administrator at work in 阳光花园."""
    from server.security.capabilities import granted

    return Actor(
        account_id=ADMIN.account_id, name=ADMIN.name, community_id=COMMUNITIES["阳光花园"], is_company_admin=True,
        capabilities=granted((), (), company_admin=True),
    )  # fmt: skip


def blocked(**changes: Any) -> Report:
    """Return the report of a blocked escape route."""
    values: dict[str, Any] = {
        "id": uuid7(), "category": "escape", "place": "3栋1单元 大堂", "text": "疏散通道堆放纸箱。两米多高",
    } | changes  # fmt: skip
    return Report(**values)


async def act(who: Character, note: str | None = None, *, photo: bool = False, **more: Any) -> Act:
    """Return what comes with a step of `who`'s."""
    return Act(note=note, photos=await photo_of(who) if photo else Carried(), **more)


PLANNED = {"duty": "王建国", "measures": "搬离", "funds": "500 元", "term": "今天", "emergency": "专人看守"}


class Scene:
    """A hazard that goes its usual way. Each step returns the hazard after it."""

    id: UUID

    async def found(self, who: Character = ZHAO, **changes: Any) -> HazardView:
        hazard = await report(blocked(**changes), await photo_of(who), by=actor(who))
        self.id = hazard.id
        return hazard

    async def registered(self, **changes: Any) -> HazardView:
        await self.found(**changes)
        return await noticing.register(self.id, by=actor(GUAN), act=Act())

    async def notified(self, to: Character = SHIFU, **changes: Any) -> HazardView:
        hazard = await self.registered(**changes)
        if hazard.grade == "major":
            await self.planned()
        return await noticing.notice(
            self.id, by=actor(GUAN), act=Act(note="清走纸箱"), responsible_id=to.person_id, pace="soon"
        )

    async def planned(self) -> HazardView:
        for step in (majors.isolate, majors.tell_company, majors.tell_authority):
            await step(self.id, by=actor(GUAN), act=Act(note="拉警戒线，电话报告"))
        return await majors.plan(self.id, by=actor(GUAN), act=Act(), settled=PLANNED)

    async def started(self, **changes: Any) -> HazardView:
        await self.notified(**changes)
        return await rectifying.start(self.id, by=actor(SHIFU), act=Act())

    async def submitted(self, **changes: Any) -> HazardView:
        await self.started(**changes)
        return await rectifying.submit(self.id, by=actor(SHIFU), act=await act(SHIFU, "已清走，贴了标识", photo=True))

    async def closed(self, **changes: Any) -> HazardView:
        await self.submitted(**changes)
        return await rechecking.recheck(self.id, by=actor(ZHAO), act=await act(ZHAO, photo=True), passed=True)


def op(type_: str, who: Character, entity: UUID, base: int = 0, photos: int = 0, **args: Any) -> Op:
    """Return an operation as it is taken in from a phone of `who`'s."""
    moment = now()
    promised = tuple(Promised(uuid7(), "0" * 64, 1, "") for _ in range(photos))
    return Op(uuid7(), type_, entity, base, args, promised, actor(who), uuid7(), moment, moment)


async def push(one: Op) -> Applied:
    """Carry an operation out, as the server does on a push."""
    from server.db import transaction

    async with transaction():
        return await operations()[one.type].carry_out(one)


async def doc_of(id_: UUID, who: Character) -> dict[str, Any]:
    """Return the hazard's document as `who`'s phone gets it."""
    return dict((await load("hazard", [id_], actor(who)))[id_])


__all__ = [
    "DB", "EVERYWHERE", "GUAN", "PLANNED", "SHIFU", "WANG", "ZHAO", "Act", "Scene", "act", "actor", "blocked", "company", "doc_of", "execute",
    "fetch", "fetchrow", "fetchval", "find", "on_stage", "op", "photo_of", "push",
]  # fmt: skip
