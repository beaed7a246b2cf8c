"""Push: operations come in; the id of each, its effect, its outcome, audit and feed entry are written together or not at all.

The operations of one push share a transaction: one wait for the disk instead of two hundred. Nothing is answered before it is committed. Most
pushes hold nothing but work that simply takes effect: it is taken in at one go (`_take_plainly`). When anything in a push is not so,
nothing of that attempt stays, and each operation has a savepoint of its own; when that cannot be committed, a transaction of its own.

Taken into custody (for ever): applied, merged, conflict, rejected, deferred. Not stored, to be sent again: retry, upgrade. A bad
operation never holds up the others, only those that build on it. One that our own code fails at twice is stuck: the office has it
(`failing.py`), and the phone hears that it is deferred.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import UUID

import msgspec

from server.db import fetchval, is_away, system_reach, transaction
from server.field.documents import Document, kinds, load
from server.lib.formats import now
from server.lib.i18n import _
from server.security.actor import Actor
from server.security.sessions import actor_in
from server.storage import photos
from server.sync import devices, reading, timing
from server.sync.carrying import carry_out, carry_out_waiting, op_of, photos_are_there
from server.sync.custody import (
    FAILED,
    LOST,
    OTHER_HASH,
    REASONS,
    UNREADABLE,
    Claim,
    Custody,
    Taken,
    claim,
    claim_all,
    found,
    settle,
    settle_all,
)
from server.sync.failing import failed_again, is_passing
from server.sync.operations import ENTITY, Op, Operation, operations

log = logging.getLogger("neiye.sync")

WAITING = frozenset({"deferred", "stuck"})
"""In custody, but not carried out yet: what builds on it waits, too."""

CUSTODY = frozenset({"applied", "merged", "conflict", "rejected", "deferred", "discarded"})


class Result(msgspec.Struct, omit_defaults=True):
    """What a phone is told of one operation. `reason`: scope | hash | form | rules | deps | busy | stuck, where it was not carried out."""

    id: Any
    hash: Any
    outcome: str
    version: int | None = None
    message: str | None = None
    reason: str | None = None
    documents: list[Document] = []


Pair = tuple[Any, reading.Sent | None]
"""An operation as it came, and as it could be read."""

Take = Callable[[list[Pair]], Awaitable[list[Result]]]


class Ready(msgspec.Struct):
    """A new operation that can be taken in. `outcome`: taken (to be carried out), deferred, or rejected (`actor` is nobody there any more)."""

    operation: Operation
    sent: reading.Sent
    taken: Taken
    actor: Actor | None
    outcome: str

    def op(self, by: Actor) -> Op:
        """Return what the feature gets."""
        return op_of(self.sent, self.operation, by, self.taken.device_id, self.taken.effective_at, self.taken.flags)


async def adopt_photos(ready: Sequence[Ready], by: Actor) -> None:
    """Let the photos of operations follow them to their communities, if they came while their maker stood in another."""
    named = sorted((one.taken.community_id, photo.id) for one in ready for photo in one.sent.photos)
    for community_id, group in groupby(named, key=itemgetter(0)):
        await photos.adopt([id_ for _community, id_ in group], by=by, community_id=community_id)


class Careful(Exception):
    """This push holds something that does not simply take effect."""


class Push:
    """One push: who hands in, from which phone, and what is known already."""

    def __init__(self, report: reading.Report, by: Actor, contact: devices.Contact | None) -> None:
        self.report = report
        self.by = by
        self.contact = contact
        self.received_at = now()
        self.known: dict[UUID, Custody] = {}
        self.actors: dict[UUID, Actor | None] = {by.community_id: by} if by.community_id else {}

    async def take_all(self) -> list[Result]:
        """Take every operation in, in the order sent; return what came of each."""
        sent = [reading.operation(raw) for raw in self.report.ops]
        asked = {one.id for one in sent if one} | {dep for one in sent if one for dep in one.deps}
        self.known = await self._known(asked)
        if any(one.outcome == "deferred" for one in self.known.values()):
            await carry_out_waiting(self.by)
            self.known = await self._known(asked)
        pairs = list(zip(self.report.ops, sent, strict=True))
        for take in (self._take_plainly, self._take_together):
            results = await self._or_nothing(take, pairs)
            if results is not None:
                return results
        return [await self._take(raw, one) for raw, one in pairs]

    async def _known(self, ids: set[UUID]) -> dict[UUID, Custody]:
        """Return which are in custody, in whatever community: who has left one must still be told what became of work done there."""
        async with system_reach():
            return dict(await found(ids))

    async def _or_nothing(self, take: Take, pairs: list[Pair]) -> list[Result] | None:
        """Take the operations in within one transaction; None: nothing of it was committed."""
        if len(pairs) < 2:
            return None
        known = dict(self.known)
        try:
            async with transaction():
                return await take(pairs)
        except Exception as error:
            if is_away(error):
                raise
            log.info("a push is taken in more carefully: %r", error)
            self.known = known
            return None

    async def _take_plainly(self, pairs: list[Pair]) -> list[Result]:
        """Take in at one go what simply takes effect; raise when anything is not so, whatever it is.

        All are claimed before the first is carried out: of two pushes with the same operations the second waits for the first, finds one
        claimed, and leaves it to the careful way to tell what came of it.
        """
        results = [unanswered(raw) for raw, _sent in pairs]
        plain: list[tuple[int, Ready, Actor]] = []
        for nth, (raw, sent) in enumerate(pairs):
            judged = await self._judge(raw, sent, results[nth]) if sent else None
            if isinstance(judged, Result) and judged.outcome != "taken":  # "taken": sent twice in this very push
                results[nth] = judged
            elif isinstance(judged, Ready) and judged.outcome == "taken" and judged.actor is not None:
                plain.append((nth, judged, judged.actor))
                self._note(judged.taken, "taken", None, None, results[nth])
            else:
                raise Careful(results[nth].id)
        if not await claim_all([Claim(one.taken, actor) for _nth, one, actor in plain]):
            raise Careful("somebody else has taken one in meanwhile")
        await adopt_photos([one for _nth, one, _actor in plain], self.by)
        for nth, one, actor in plain:
            done = await one.operation.carry_out(one.op(actor))
            results[nth] = self._note(
                one.taken, "merged" if done.merged else "applied", None, done.version, results[nth]
            )
        await settle_all([self.known[one.taken.id] for _nth, one, _actor in plain])
        return results

    async def _take_together(self, pairs: list[Pair]) -> list[Result]:
        """Take each operation in behind a savepoint of its own; raise for a deadlock, which only letting all of them go resolves."""
        results = [await self._take(raw, one, together=True) for raw, one in pairs]
        await fetchval("select 1")  # an aborted transaction fails here; its COMMIT would say nothing
        return results

    async def _take(self, raw: Any, sent: reading.Sent | None, *, together: bool = False) -> Result:
        """Take one operation in, all of it or nothing; whatever goes wrong with it is its own affair."""
        answer = unanswered(raw)
        was_known = sent is not None and sent.id in self.known
        is_ours = False
        for _attempt in range(2):  # a deadlock's victim has a second try
            try:
                async with transaction():
                    if sent is None:
                        return await self._take_unreadable(raw, answer)
                    return await self._take_read(raw, sent, answer)
            except Exception as error:
                if is_away(error) or (together and is_passing(error)):
                    raise
                log.exception("an operation could not be taken in: %.200r", answer.id)
                is_ours = not is_passing(error)
                if sent is not None and not was_known:
                    self.known.pop(sent.id, None)  # what was not committed is not known
        return await self._fail(raw, sent, answer) if sent is not None and is_ours else answer

    async def _fail(self, raw: Any, sent: reading.Sent, answer: Result) -> Result:
        """Count a failure that is ours; after the last try take the operation in as it came, for the office."""
        try:
            async with system_reach(), transaction():
                actor = await self._actor(sent.community)
                taken = await self._taken(raw, sent, actor)
                if taken is None or not await failed_again(taken.id, taken.community_id, self.by.account_id):
                    return answer
                return await self._set_aside(sent, taken, "stuck", actor or self.by, answer, FAILED)
        except Exception as error:
            if is_away(error):
                raise
            log.exception("an operation could not even be kept: %.200r", answer.id)
            self.known.pop(sent.id, None)
            return answer

    async def _take_unreadable(self, raw: Any, answer: Result) -> Result:
        """Keep what nobody can read just as it came."""
        community = await self._place(None)
        if community is None:
            return answer
        taken = Taken(
            id=reading.id_of(raw, self.report.device), community_id=community, device_id=self.report.device, seq=0, type="?",
            version=0, entity_id=None, hash="", body=reading.canonical(raw), made_at=None, effective_at=self.received_at,
            received_at=self.received_at,
        )  # fmt: skip
        return await self._keep(taken, "rejected", UNREADABLE, answer)

    async def _take_read(self, raw: Any, sent: reading.Sent, answer: Result) -> Result:
        """Take in an operation that could be read."""
        judged = await self._judge(raw, sent, answer)
        if isinstance(judged, Result):
            return judged
        if judged.actor is None:
            return await self._keep(judged.taken, "rejected", LOST, answer, sent.photos)
        if judged.outcome == "deferred":
            return await self._set_aside(sent, judged.taken, "deferred", judged.actor, answer)
        return await self._carry_out(judged, judged.actor, answer)

    async def _judge(self, raw: Any, sent: reading.Sent, answer: Result) -> Result | Ready:
        """Tell what is to be done with an operation: known already or not for us yet (its answer), or new."""
        if sent.id in self.known:
            return self._told(self.known[sent.id], answer, sent.hash)
        operation = operations().get(sent.type)
        if operation is None or sent.version > operation.version:
            return msgspec.structs.replace(answer, outcome="upgrade", reason=None)
        if reading.hash_of(raw) != sent.hash:
            return msgspec.structs.replace(answer, reason="hash")
        if any(dep not in self.known or self.known[dep].account_id != self.by.account_id for dep in sent.deps):
            return msgspec.structs.replace(answer, reason="deps")
        actor = await self._actor(sent.community)
        taken = await self._taken(raw, sent, actor)
        if taken is None:
            return answer
        if actor is None:
            return Ready(operation, sent, taken, None, "rejected")
        waits = any(self.known[dep].outcome in WAITING for dep in sent.deps) or (
            operation.waits_for_photos and not await photos_are_there(sent.photos, actor)
        )
        return Ready(operation, sent, taken, actor, "deferred" if waits else "taken")

    async def _carry_out(self, ready: Ready, actor: Actor, answer: Result) -> Result:
        """Custody first, then the effect, then what came of it."""
        taken = ready.taken
        if not await claim(taken, "taken", by=actor):
            return await self._already(taken.id, answer)
        await adopt_photos([ready], actor)
        settled = await carry_out(ready.operation, ready.op(actor))
        await settle(taken.id, settled.outcome, message=settled.message, version=settled.version)
        result = self._note(taken, settled.outcome, settled.message, settled.version, answer)
        if settled.outcome in ("conflict", "rejected"):
            result.documents = await documents_of(ready.operation, ready.sent, actor)
        return result

    async def _set_aside(
        self, sent: reading.Sent, taken: Taken, outcome: str, actor: Actor, answer: Result, message: str | None = None
    ) -> Result:
        """Take it in until its photos are there or the office tries it again, and keep the photos' places."""
        if not await claim(taken, outcome, by=actor, message=message):
            return await self._already(sent.id, answer)
        await photos.expect([one.id for one in sent.photos], by=actor, community_id=taken.community_id)
        return self._note(taken, outcome, message, None, answer)

    async def _keep(
        self, taken: Taken, outcome: str, message: str, answer: Result, shown: Sequence[reading.Photo] = ()
    ) -> Result:
        """Take it in without any effect, its photos with it; whoever made it may not reach that community any more."""
        async with system_reach():
            if not await claim(taken, outcome, by=self.by, message=message):
                return await self._already(taken.id, answer)
            await photos.expect([one.id for one in shown], by=self.by, community_id=taken.community_id)
        return self._note(taken, outcome, message, None, answer)

    async def _already(self, id_: UUID, answer: Result) -> Result:
        """Answer for an operation that another request took in meanwhile, or whose id is somebody else's."""
        known = (await found([id_])).get(id_)
        if known is None:
            return self._refused(answer)
        self.known[id_] = known
        return self._told(known, answer, answer.hash)

    def _told(self, known: Custody, answer: Result, hash_: Any) -> Result:
        """Return the stored outcome, if it is the same operation of the same person."""
        if known.account_id != self.by.account_id or (known.hash and known.hash != hash_):
            return self._refused(answer)
        return _with(answer, known.outcome, known.message, known.result_version)

    def _refused(self, answer: Result) -> Result:
        return _with(answer, "rejected", OTHER_HASH, None)

    def _note(self, taken: Taken, outcome: str, message: str | None, version: int | None, answer: Result) -> Result:
        """Remember the outcome for what builds on it in the same push."""
        assert self.by.account_id is not None
        self.known[taken.id] = Custody(taken.id, self.by.account_id, taken.hash, outcome, message, version)
        return _with(answer, outcome, message, version)

    async def _taken(self, raw: Any, sent: reading.Sent, actor: Actor | None) -> Taken | None:
        """Return the row of an operation, or None when there is no community it could belong to."""
        community = actor.here if actor else await self._place(sent.community)
        if community is None:
            return None
        emptied = self.contact.emptied_at if self.contact else None
        at, flags = timing.effective(sent.made, sent.offset, self.received_at, emptied)
        body = reading.canonical(raw)
        return Taken.of(sent, body, community, self.report.device, at, self.received_at, flags)

    async def _actor(self, community: UUID | None) -> Actor | None:
        """Return who hands in, in the community the operation was made in; None when they are nobody there any more."""
        wanted = community or self.by.community_id
        if wanted is None:
            return None
        if wanted not in self.actors:
            self.actors[wanted] = await actor_in(wanted, self.by)
        return self.actors[wanted]

    async def _place(self, community: UUID | None) -> UUID | None:
        """Return the community whose office should see what cannot be carried out: where it was made, as far as they belonged there."""
        if community is not None:
            async with system_reach():
                belonged = "select exists (select from person where account_id = $1 and community_id = $2)"
                if await fetchval(belonged, self.by.account_id, community):
                    return community
        return self.by.community_id or (self.contact.community_id if self.contact else None)


def unanswered(raw: Any) -> Result:
    """Return the answer for an operation of which nothing has come yet."""
    return Result(id=_named(raw, "id"), hash=_named(raw, "hash"), outcome="retry", reason="busy")


def _named(raw: Any, name: str) -> Any:
    """Return what the phone called it, to be said back."""
    value = raw.get(name) if isinstance(raw, dict) else None
    return reading.CONTROL.sub("", value)[:100] if isinstance(value, str) else None


def _with(answer: Result, outcome: str, message: str | None, version: int | None) -> Result:
    """Return `answer` with an outcome; a refusal says why, in the person's language. What is stuck waits, as far as the phone knows."""
    reason = None
    if outcome in ("rejected", "conflict", "stuck"):
        reason = REASONS.get(message or "", "rules")
    said = _(message) if message else None
    told = "deferred" if outcome == "stuck" else outcome
    return msgspec.structs.replace(answer, outcome=told, message=said, version=version, reason=reason)


async def documents_of(operation: Operation, sent: reading.Sent, by: Actor) -> list[Document]:
    """Return the documents an operation was about, as they are now: the other side of a conflict."""
    found_: list[Document] = []
    for kind, target in operation.targets.items():
        text = str(sent.entity) if target == ENTITY else sent.args.get(target, "")
        if kind not in kinds() or not isinstance(text, str):
            continue
        try:
            id_ = UUID(text)
        except ValueError:
            continue
        found_ += (await load(kind, [id_], by)).values()
    return found_


async def push(report: reading.Report, by: Actor, user_agent: str) -> Mapping[str, Any]:
    """Take a push in; return the answer."""
    contact = await devices.last_contact(report.device, by)
    visit = Push(report, by, contact)
    discarded = await devices.take_discarded(report, by, contact, visit.received_at)  # first: others may build on them
    results = await visit.take_all()
    left = sum(one.outcome not in CUSTODY for one in results)
    token = await devices.note(report, by, contact, left=left, at=visit.received_at, user_agent=user_agent)
    answer: dict[str, Any] = {"epoch": await epoch(), "now": reading.milliseconds(now()), "results": results}
    if discarded:
        answer["discarded"] = discarded
    if token:
        answer["push_token"] = token
    return answer


async def epoch() -> str:
    """Return the name of this database's history; a restored backup has another (`sync_new_epoch()` in SQL)."""
    return str(await fetchval("select id from sync_epoch"))
