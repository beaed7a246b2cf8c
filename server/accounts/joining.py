"""Owners and tenants come in by themselves: with the one-time code of a letter, and only if they match the register.

The letter alone is not enough (anybody can open a letter box), nor is knowing a name and a phone: it takes both. Whoever
does not match learns nothing about who lives there.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from uuid import UUID

import asyncpg
import msgspec
import segno

from server.accounts.signing_in import Login, find_by_id, tidy_login
from server.accounts.visits import Visit
from server.audit import record
from server.communities.importing.phones import is_filler
from server.db import changed, execute, fetch, fetchrow, fetchval, held, row, rows, system_reach, transaction
from server.lib.formats import now, today
from server.lib.i18n import N_, current_locale
from server.lib.ids import uuid7
from server.lib.paging import PAGE_SIZE, Page, offset
from server.security import passwords, throttle
from server.security.actor import Actor
from server.security.secrets_ import as_typed, keyed_hash, readable_code

LIFETIME = timedelta(days=30)
LENGTH = 10
TRIES = 10
"""People who may fail to match before a code is dead."""
MOST_LETTERS = 800
PURPOSE = "join code"

MISMATCH = N_("姓名或手机号与物业登记的不一致。请核对后再试，或请物业更正登记。")
EXISTS = N_("这个手机号已经有账号了。请先登录，再打开这封信上的链接。")
DEAD = N_("这个加入码已用过、已过期或已作废，请向物业要一封新的信。")
BAD_PHONE = N_("请填写 11 位手机号")


class Letter(msgspec.Struct, frozen=True):
    """A letter to print: the only place where the code can be read."""

    room_label: str
    code: str
    link: str
    picture: str
    expires_on: date

    @property
    def shown(self) -> str:
        """The code as people read it."""
        return show_code(self.code)


class IssuedCode(msgspec.Struct):
    """A code as the office sees it afterwards."""

    id: UUID
    room_id: UUID
    room_label: str
    created_at: datetime
    created_by: str | None
    expires_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None
    tries: int

    @property
    def state(self) -> str:
        """used, revoked, expired, blocked or open."""
        if self.used_at:
            return "used"
        if self.revoked_at:
            return "revoked"
        if self.expires_at <= now():
            return "expired"
        return "blocked" if self.tries >= TRIES else "open"


class Invitation(msgspec.Struct, frozen=True):
    """What a code opens; the room is named so that only those who know it recognise it."""

    id: UUID
    community_id: UUID
    community_name: str
    community_phone: str | None
    room_id: UUID
    room_label: str
    room_number: str

    @property
    def masked_label(self) -> str:
        """The room without the end of its number: 3栋1单元13**."""
        return mask_label(self.room_label, self.room_number)


class Candidate(msgspec.Struct, frozen=True):
    """Somebody registered in the room now."""

    person_id: UUID
    name: str
    phone: str | None
    phone_2: str | None
    account_id: UUID | None


class JoinRefused(Exception):
    """Joining failed; `message` is for the person, `field` is where it stands."""

    def __init__(self, message: str, field: str = "name") -> None:
        super().__init__(message)
        self.message, self.field = message, field


def show_code(code: str) -> str:
    """Return a code in two halves: ACDEF-34679."""
    return f"{code[:5]}-{code[5:]}"


def mask_label(label: str, number: str) -> str:
    """Return a room's label with the end of its number hidden.

    >>> mask_label("3栋1单元1302", "1302"), mask_label("商铺S01", "S01")
    ('3栋1单元13**', '商铺S**')
    """
    kept = number[: max(len(number) - 2, 0)]
    head, found, tail = label.rpartition(number)
    return f"{head}{kept}**{tail}" if found else label[:2] + "**"


def same_name(one: str, other: str) -> bool:
    """Whether two spellings name the same person: blanks, middle dots and capitals do not count."""
    return _plain(one) == _plain(other) != ""


def _plain(name: str) -> str:
    return re.sub(r"[\s·・.．]", "", passwords.plain(name)).casefold()


# The office ---------------------------------------------------------------------------------------------------------


async def rooms_to_invite(building_id: UUID, *, only_new: bool) -> list[UUID]:
    """Return the rooms of a building where somebody is registered, in order; `only_new`: where nobody has joined yet."""
    found = await fetchval(
        "select array_agg(room.id order by room.sort) from room where room.building_id = $1 and exists ("
        " select from occupancy where occupancy.room_id = room.id and (until is null or until >= $2))"
        " and not ($3 and exists (select from occupancy join person on person.id = occupancy.person_id"
        " where occupancy.room_id = room.id and (until is null or until >= $2) and person.account_id is not null))",
        building_id,
        today(),
        only_new,
    )
    return list(found or [])


async def issue(room_ids: Sequence[UUID], visit: Visit, *, by: Actor, copies: int = 1) -> list[Letter]:
    """Make `copies` one-time codes for each room and return their letters; codes not used so far are dead from now on."""
    places = {place["id"]: place["label"] for place in await _places(room_ids, by.here)}
    wanted = [id_ for id_ in room_ids if id_ in places][:MOST_LETTERS]
    codes = [(id_, readable_code(LENGTH)) for id_ in wanted for _copy in range(copies)]
    expires = now() + LIFETIME
    async with transaction():
        await execute(
            "update join_code set revoked_at = now() where room_id = any ($1) and used_at is null and revoked_at is null",
            wanted,
        )
        await execute(
            "insert into join_code (id, community_id, room_id, code_hash, created_by, expires_at)"
            " select id, $1, room_id, hash, $2, $3 from unnest($4::uuid[], $5::uuid[], $6::bytea[]) as fresh (id, room_id, hash)",
            by.here,
            by.account_id,
            expires,
            [uuid7() for _code in codes],
            [room_id for room_id, _code in codes],
            [keyed_hash(code, PURPOSE) for _room_id, code in codes],
        )
        await record(
            by,
            "join.issue",
            community_id=by.here,
            entity="room",
            entity_id=wanted[0] if len(wanted) == 1 else None,
            after={"rooms": [places[id_] for id_ in wanted], "copies": copies},
        )
    return await asyncio.to_thread(_letters, [(places[id_], code) for id_, code in codes], visit.origin, expires)


def _letters(codes: list[tuple[str, str]], origin: str, expires: datetime) -> list[Letter]:
    """Draw the letters' codes (a few milliseconds each, so in a thread)."""
    letters = []
    for label, code in codes:
        link = f"{origin}/join/{code}"
        picture = segno.make(link, error="m").svg_data_uri(scale=5, border=2, light="white")
        letters.append(Letter(label, code, link, str(picture), expires.date()))
    return letters


async def _places(room_ids: Sequence[UUID], community_id: UUID) -> list[asyncpg.Record]:
    return await fetch(
        "select id, label from room where id = any ($1) and community_id = $2", list(room_ids), community_id
    )


async def codes(number: int, *, by: Actor, room_id: UUID | None = None) -> Page[IssuedCode]:
    """Return a page of the community's codes, or one room's, the newest first."""
    condition = "join_code.community_id = $1 and ($2::uuid is null or join_code.room_id = $2)"
    total = await fetchval(f"select count(*) from join_code where {condition}", by.here, room_id)
    items = await rows(
        IssuedCode,
        "select join_code.id, room_id, room.label as room_label, join_code.created_at, account.name as created_by,"
        " expires_at, used_at, revoked_at, tries from join_code join room on room.id = room_id"
        f" left join account on account.id = created_by where {condition}"
        " order by join_code.created_at desc, room.sort limit $3 offset $4",
        by.here,
        room_id,
        PAGE_SIZE,
        offset(number),
    )
    return Page(items, total, number)


async def revoke(code_id: UUID, *, by: Actor) -> bool:
    """Make a code worthless; return whether it was still open."""
    async with transaction():
        room_id = await fetchval(
            "update join_code set revoked_at = now() where id = $1 and community_id = $2"
            " and used_at is null and revoked_at is null returning room_id",
            code_id,
            by.here,
        )
        if room_id is not None:
            await record(by, "join.revoke", community_id=by.here, entity="room", entity_id=room_id)
    return room_id is not None


# The person with the letter ------------------------------------------------------------------------------------------


@asynccontextmanager
async def within(community_id: UUID) -> AsyncIterator[None]:
    """Let row-level security show the community a code belongs to, and no other, to somebody who is not in it yet."""
    scope = held()
    before = scope.reach
    scope.set_reach(f"{before},{community_id}" if before else str(community_id))
    try:
        yield
    finally:
        scope.set_reach(before)


async def look_up(code: str, visit: Visit) -> Invitation:
    """Return what `code` opens; raise JoinRefused when it opens nothing, or after too many wrong ones."""
    place, bucket = f"join@{throttle.network(visit.ip)}", throttle.Bucket(20, 30)
    if await throttle.take(place, bucket):
        raise JoinRefused(N_("试的次数太多了，请过一会儿再试"), "code")
    async with system_reach():
        found = await row(
            Invitation,
            "select join_code.id, join_code.community_id, community.name as community_name,"
            " community.phone as community_phone, room.id as room_id, room.label as room_label, room.number as room_number"
            " from join_code join community on community.id = join_code.community_id join room on room.id = join_code.room_id"
            " where code_hash = $1 and used_at is null and revoked_at is null and expires_at > now() and tries < $2",
            keyed_hash(as_typed(code), PURPOSE),
            TRIES,
        )
    if found is None:
        raise JoinRefused(DEAD, "code")
    await throttle.give_back(place, bucket)
    return found


async def join(invitation: Invitation, name: str, phone: str, password: str, visit: Visit) -> Login:
    """Make an account for somebody who matches the register, and tie it to the room; raise JoinRefused."""
    phone = _own_phone(phone)
    hashed = await passwords.make_hash(password)
    async with within(invitation.community_id):
        match = await _match(invitation, name, phone, visit)
        if match.account_id is not None or await fetchval("select id from account where phone = $1", phone):
            raise JoinRefused(EXISTS, "phone")
        account_id = uuid7()
        try:
            async with transaction():
                await _use(invitation, account_id)
                await execute(
                    "insert into account (id, phone, name, password_hash, locale) values ($1, $2, $3, $4, $5)",
                    account_id,
                    phone,
                    match.name,
                    hashed,
                    current_locale(),
                )
                by = Actor(account_id=account_id, name=match.name, ip=visit.ip)
                await _link(match, account_id, phone, invitation, by)
        except asyncpg.UniqueViolationError as error:
            raise JoinRefused(EXISTS, "phone") from error
    account = await find_by_id(account_id)
    assert account is not None
    return account


async def join_as(invitation: Invitation, name: str, phone: str, visit: Visit, *, by: Actor) -> None:
    """Tie the room to the account that is signed in; raise JoinRefused."""
    assert by.account_id is not None
    phone = _own_phone(phone)
    async with within(invitation.community_id):
        match = await _match(invitation, name, phone, visit)
        if match.account_id not in (None, by.account_id):
            raise JoinRefused(MISMATCH)
        async with transaction():
            await _use(invitation, by.account_id)
            own = await fetchval(
                "select id from person where community_id = $1 and account_id = $2",
                invitation.community_id,
                by.account_id,
            )
            if own in (None, match.person_id):
                await _link(match, by.account_id, phone, invitation, by)
            else:
                await _move(match, own, invitation, by)
            await execute("update session set community_id = $2 where id = $1", by.session_id, invitation.community_id)


def _own_phone(text: str) -> str:
    """Return a mobile number's digits; raise JoinRefused for anything else, also for fillers offices write."""
    phone = tidy_login(text)
    if not phone.isdigit() or not 8 <= len(phone) <= 15 or is_filler(phone):
        raise JoinRefused(BAD_PHONE, "phone")
    return phone


async def _match(invitation: Invitation, name: str, phone: str, visit: Visit) -> Candidate:
    """Return who of the room's people this is; note a try and raise JoinRefused when nobody is."""
    admission = await throttle.admit("join", str(invitation.id), visit.ip)
    if admission.wait:
        raise JoinRefused(N_("试的次数太多了，请过一会儿再试"))
    registered = await rows(
        Candidate,
        "select distinct person.id as person_id, name, phone, phone_2, account_id from occupancy"
        " join person on person.id = occupancy.person_id"
        " where occupancy.room_id = $1 and (since is null or since <= $2) and (until is null or until >= $2)",
        invitation.room_id,
        today(),
    )
    match = best_match(registered, name, phone)
    if match is None:
        await changed("update join_code set tries = tries + 1 where id = $1", invitation.id)
        raise JoinRefused(MISMATCH)
    await admission.refund()
    return match


def best_match(registered: Sequence[Candidate], name: str, phone: str) -> Candidate | None:
    """Return who has this name and phone; or this name, when the register knows no phone of theirs."""
    named = [one for one in registered if same_name(one.name, name)]
    exact = [one for one in named if phone in (one.phone, one.phone_2)]
    unknown = [one for one in named if not one.phone and not one.phone_2 and one.account_id is None]
    return next(iter(exact + unknown), None)


async def _use(invitation: Invitation, account_id: UUID) -> None:
    """Use the code up; of two at the same moment the second meets JoinRefused."""
    used = await changed(
        "update join_code set used_at = now(), used_by = $2"
        " where id = $1 and used_at is null and revoked_at is null and expires_at > now()",
        invitation.id,
        account_id,
    )
    if not used:
        raise JoinRefused(DEAD, "code")


async def _link(match: Candidate, account_id: UUID, phone: str, invitation: Invitation, by: Actor) -> None:
    """Tie the person in the register to the account; a phone the register did not know is kept, and marked as unchecked."""
    new_phone = not match.phone and not match.phone_2
    tied = await changed(
        "update person set account_id = $2, phone = case when $3 then $4 else phone end,"
        " note = case when $3 then concat_ws(E'\\n', note, $5::text) else note end, version = version + 1"
        " where id = $1 and (account_id is null or account_id = $2)",
        match.person_id,
        account_id,
        new_phone,
        phone,
        f"手机号由住户加入时填写，待核对（{today().isoformat()}）",
    )
    if not tied:
        raise JoinRefused(DEAD, "code")
    await record(
        by,
        "join.accept",
        community_id=invitation.community_id,
        entity="person",
        entity_id=match.person_id,
        after={"room": invitation.room_label, "phone_unchecked": new_phone},
    )


async def _move(match: Candidate, own: UUID, invitation: Invitation, by: Actor) -> None:
    """The register has this person twice: give the room to the one the account belongs to already."""
    await execute(
        "update occupancy set person_id = $3 where room_id = $1 and person_id = $2 and (until is null or until >= $4)"
        " and not exists (select from occupancy as other where other.room_id = $1 and other.person_id = $3"
        " and other.role = occupancy.role and other.until is null)",
        invitation.room_id,
        match.person_id,
        own,
        today(),
    )
    await record(
        by,
        "join.accept",
        community_id=invitation.community_id,
        entity="person",
        entity_id=own,
        before={"person": match.person_id},
        after={"person": own, "room": invitation.room_label},
    )


async def community_of(by: Actor) -> asyncpg.Record | None:
    """Return name and phone of the community, for the letter's head."""
    return await fetchrow("select name, phone, address from community where id = $1", by.here)
