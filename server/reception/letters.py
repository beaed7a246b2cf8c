"""Letters and parcels 信件快递: they arrive, those who live there are told, somebody takes them away."""

import datetime as dt
from uuid import UUID

import msgspec
from litestar.exceptions import NotFoundException

from server.audit.recording import record
from server.db import changed, fetch, fetchval, row, rows, transaction
from server.lib.formats import now
from server.lib.paging import PAGE_SIZE, Page, offset
from server.lib.searching import patterns
from server.notices.telling import tell
from server.reception.finding import Overtaken
from server.reception.receiving import check_place, may_log
from server.reception.words import LETTERS
from server.security.actor import Actor


class LetterView(msgspec.Struct):
    """A letter with its room."""

    id: UUID
    room_id: UUID
    kind: str
    addressee: str | None
    detail: str | None
    shelf: str | None
    state: str
    arrived_at: dt.datetime
    receiver_name: str
    ended_at: dt.datetime | None
    ended_to: str | None
    ended_note: str | None
    ender_name: str | None
    version: int
    room_label: str

    @property
    def days(self) -> int:
        """Whole days it has been waiting."""
        return ((self.ended_at or now()) - self.arrived_at).days


class NewLetter(msgspec.Struct, kw_only=True):
    """What arrives. `id` was made by the form, so that the form sent twice is one letter."""

    id: UUID
    room_id: UUID
    kind: str
    addressee: str | None = None
    detail: str | None = None
    shelf: str | None = None


COLUMNS = ", ".join(
    "room.label as room_label" if field.name == "room_label" else f"letter.{field.name}"
    for field in msgspec.structs.fields(LetterView)
)
JOINED = "letter join room on room.id = letter.room_id"


async def listed(actor: Actor, words: str, state: str, number: int = 1) -> Page[LetterView]:
    """Return one page of the letters in `state`: those that wait the longest first, else the newest."""
    condition = """letter.community_id = $1 and letter.state = $2
        and concat_ws(' ', room.label, letter.addressee, letter.detail, letter.shelf, letter.ended_to) ilike all ($3::text[])"""
    arguments = (actor.here, state, patterns(words))
    total = await fetchval(f"select count(*) from {JOINED} where {condition}", *arguments)
    order = "letter.arrived_at" if state == "waiting" else "letter.ended_at desc"
    query = f"select {COLUMNS} from {JOINED} where {condition} order by {order}, letter.id limit {PAGE_SIZE} offset {offset(number)}"
    return Page(await rows(LetterView, query, *arguments), total, number)


async def waiting_for(actor: Actor) -> list[LetterView]:
    """Return what waits at the front desk for the rooms where the actor lives."""
    if not actor.room_ids:
        return []
    query = f"""select {COLUMNS} from {JOINED} where letter.community_id = $1 and letter.state = 'waiting'
        and letter.room_id = any ($2::uuid[]) order by letter.arrived_at limit 20"""
    return await rows(LetterView, query, actor.here, list(actor.room_ids))


async def find(letter_id: UUID, *, by: Actor, lock: bool = False) -> LetterView:
    """Return a letter of the actor's community; raise NotFoundException."""
    query = f"select {COLUMNS} from {JOINED} where letter.id = $1 and letter.community_id = $2"
    found = await row(LetterView, query + (" for update of letter" if lock else ""), letter_id, by.here)
    if found is None or not by.can("reception.read"):
        raise NotFoundException
    return found


async def take_in(new: NewLetter, *, by: Actor, at: dt.datetime | None = None) -> None:
    """Write down a letter and tell everybody with an account who lives in the room; raise Elsewhere for a strange room."""
    may_log(by)
    async with transaction():
        await check_place(new.room_id, None, by)
        inserted = await fetchval(
            "insert into letter (id, community_id, room_id, kind, addressee, detail, shelf, state, arrived_at, receiver_name)"
            " values ($1, $2, $3, $4, $5, $6, $7, 'waiting', $8, $9) on conflict (id) do nothing returning id",
            new.id, by.here, new.room_id, new.kind, new.addressee, new.detail, new.shelf, at or now(), by.name,
        )  # fmt: skip
        if inserted is None:
            return
        letter = await find(new.id, by=by)
        after = {
            "kind": new.kind,
            "place": letter.room_label,
            "addressee": new.addressee,
            "detail": new.detail,
            "shelf": new.shelf,
        }
        await record(by, "letter.take_in", community_id=by.here, entity="letter", entity_id=new.id, after=after)
        await _tell("letter_arrived", letter, by)


async def hand_out(
    letter_id: UUID, *, by: Actor, to: str, base: int, note: str | None = None, at: dt.datetime | None = None
) -> None:
    """Give a letter to somebody, with their name; those who live there are told. Raise Overtaken when it is gone already."""
    await _end(letter_id, "handed", by=by, base=base, to=to, note=note, at=at)


async def send_back(letter_id: UUID, *, by: Actor, base: int, note: str, at: dt.datetime | None = None) -> None:
    """Return a letter to its sender, and say why. Raise Overtaken when it is gone already."""
    await _end(letter_id, "returned", by=by, base=base, to=None, note=note, at=at)


async def _end(
    letter_id: UUID, state: str, *, by: Actor, base: int, to: str | None, note: str | None, at: dt.datetime | None
) -> None:
    may_log(by)
    async with transaction():
        letter = await find(letter_id, by=by)
        done = await changed(
            "update letter set state = $2, ended_at = $3, ended_to = $4, ended_note = $5, ender_name = $6, version = version + 1"
            " where id = $1 and state = 'waiting' and version = $7",
            letter_id, state, at or now(), to, note, by.name, base,
        )  # fmt: skip
        if not done:
            raise Overtaken
        verb = "hand_out" if state == "handed" else "send_back"
        after = {"place": letter.room_label, "to": to}
        await record(
            by, f"letter.{verb}", community_id=by.here, entity="letter", entity_id=letter_id, after=after, reason=note
        )
        if to is not None:
            await _tell("letter_handed", letter, by, to=to)


async def _tell(event: str, letter: LetterView, by: Actor, to: str = "") -> None:
    """Tell whoever lives in the room and has an account."""
    found = await fetch(
        """select distinct person.account_id from occupancy join person on person.id = occupancy.person_id
        where occupancy.room_id = $1 and occupancy.community_id = $2 and person.account_id is not null
        and (occupancy.since is null or occupancy.since <= (now() at time zone 'Asia/Shanghai')::date)
        and (occupancy.until is null or occupancy.until >= (now() at time zone 'Asia/Shanghai')::date)""",
        letter.room_id, by.here,
    )  # fmt: skip
    facts = {
        "kind": LETTERS[letter.kind],
        "room": letter.room_label,
        "detail": letter.detail or "",
        "shelf": letter.shelf or "",
        "to": to,
    }
    accounts = [one["account_id"] for one in found]
    await tell(accounts, event, facts, link="/", entity_id=letter.id, community_id=by.here)
