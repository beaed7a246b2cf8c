"""Strangers report by a label, others say that they met with it too, and an owner claims what was theirs."""

import base64
import datetime as dt
import hashlib
from uuid import UUID

import msgspec
from litestar.exceptions import NotFoundException

from server.audit.recording import record
from server.db import changed, execute, fetchval, row, system_reach, transaction
from server.lib.acting import NO_PHOTOS, Carried
from server.lib.i18n import N_
from server.lib.ids import uuid7
from server.scanning.labels import Scanned
from server.security import throttle
from server.security.actor import Actor, system_in
from server.security.secrets_ import keyed_hash
from server.tickets import states
from server.tickets.events import add_event
from server.tickets.kinds import guess_level
from server.tickets.reporting import Report, report

BY_ADDRESS = throttle.Bucket(6, 600)
BY_LABEL = throttle.Bucket(20, 120)
TOO = throttle.Bucket(3, 3600)
"""How often: reports from one address, reports by one label, "me too" for one ticket from one address."""

CLAIMABLE = "interval '90 days'"


class TooOften(Exception):
    """There were too many from here; `wait` is for how many seconds."""

    def __init__(self, wait: int) -> None:
        super().__init__(wait)
        self.wait = wait


class Claim(msgspec.Struct):
    """A stranger's report, as its secret address shows it: how it stands, and nothing of anybody."""

    ticket_id: UUID
    community_id: UUID
    community_name: str
    number: str
    category: str
    place: str
    state: str
    at: dt.datetime
    account_id: UUID | None


def stranger(community_id: UUID, ip: str) -> Actor:
    """Return the actor of somebody who is not signed in and stands before a label."""
    nobody = system_in(community_id, "ticket.read")
    return msgspec.structs.replace(nobody, name=N_("扫码报修的人"), ip=ip)


def secret_of(ticket_id: UUID) -> str:
    """Return the secret part of the address at which the reporter of a ticket follows it; the same form sent twice has the same."""
    return base64.urlsafe_b64encode(keyed_hash(str(ticket_id), "ticket claim")[:18]).decode()


def hash_of(secret: str) -> bytes:
    """Return what the database keeps of a secret address."""
    return hashlib.sha256(secret.encode()).digest()


async def admit(label: Scanned, ip: str) -> None:
    """Take one try of this address and one of this label; raise TooOften."""
    for key, bucket in ((f"scan@{throttle.network(ip)}", BY_ADDRESS), (f"scan:{label.id}", BY_LABEL)):
        if wait := await throttle.take(key, bucket):
            raise TooOften(wait)


async def is_made(ticket_id: UUID, label: Scanned) -> bool:
    """Whether this very form has made its ticket already."""
    query = "select exists (select from ticket_voice where ticket_id = $1 and place_code_id = $2 and kind = 'report')"
    return bool(await fetchval(query, ticket_id, label.id))


async def report_by_label(
    label: Scanned,
    ticket_id: UUID,
    *,
    by: Actor,
    category: str,
    text: str,
    phone: str | None,
    photos: Carried = NO_PHOTOS,
    at: dt.datetime | None = None,
) -> UUID:
    """Make a ticket at the place of a label; return its id. Whoever is signed in here reports as themselves, the others can claim it."""
    known = by.account_id is not None
    async with transaction():
        ticket = await report(
            Report(
                id=ticket_id, category=category, level=guess_level(category, text), location="common", place=label.name, text=text,
                contact_phone=phone, reporter_id=by.person_id, reporter_account_id=by.account_id, scanned=True,
            ),
            photos,
            by=by,
            at=at,
        )  # fmt: skip
        await execute(
            "insert into ticket_voice (id, community_id, ticket_id, place_code_id, kind, token_hash, account_id)"
            " values ($1, $2, $3, $4, 'report', $5, $6) on conflict (ticket_id) where kind = 'report' do nothing",
            uuid7(), by.here, ticket.id, label.id, None if known else hash_of(secret_of(ticket.id)), by.account_id,
        )  # fmt: skip
        return ticket.id


async def say_too(ticket_id: UUID, *, by: Actor, label: Scanned | None = None, ip: str = "") -> None:
    """Note that somebody else met with a common trouble that is not mended yet; an account counts once, a stranger rarely.

    With a `label` it has to be of that label's place. Raise NotFoundException for anything else.
    """
    query = """select state from ticket where id = $1 and community_id = $2 and location = 'common' and state = any ($3::text[])
        and ($4::text is null or place = $4)"""
    async with transaction():
        state = await fetchval(query, ticket_id, by.here, sorted(states.OPEN), label.name if label else None)
        if state is None:
            raise NotFoundException
        if by.account_id is None and await throttle.take(f"too:{ticket_id}@{throttle.network(ip)}", TOO):
            return
        added = await changed(
            "insert into ticket_voice (id, community_id, ticket_id, place_code_id, kind, account_id) values ($1, $2, $3, $4, 'too', $5)"
            " on conflict (ticket_id, account_id) where kind = 'too' do nothing",
            uuid7(), by.here, ticket_id, label.id if label else None, by.account_id,
        )  # fmt: skip
        if not added:
            return
        await add_event(ticket_id, "too", state, by=by, community_id=by.here)
        await record(by, "ticket.too", community_id=by.here, entity="ticket", entity_id=ticket_id)


async def claim_of(secret: str) -> Claim:
    """Return the report that a secret address is about; raise NotFoundException, also when it is long ago."""
    async with system_reach():
        found = await row(
            Claim,
            f"""select ticket.id as ticket_id, ticket.community_id, community.name as community_name, ticket.number, ticket.category,
                ticket.place, ticket.state, voice.at, voice.account_id
            from ticket_voice as voice join ticket on ticket.id = voice.ticket_id join community on community.id = voice.community_id
            where voice.token_hash = $1 and voice.kind = 'report' and voice.at > now() - {CLAIMABLE}""",
            hash_of(secret),
        )
    if found is None:
        raise NotFoundException
    return found


def may_claim(claim: Claim, actor: Actor | None) -> bool:
    """Whether this person may say that it was them: who lives here, while nobody else has said so."""
    return (
        actor is not None
        and actor.is_resident
        and actor.community_id == claim.community_id
        and claim.account_id is None
    )


async def claim(secret: str, *, by: Actor) -> UUID:
    """Make the actor the reporter of what they reported as a stranger; return the ticket. Raise NotFoundException for anybody else's."""
    found = await claim_of(secret)
    if found.account_id is not None and found.account_id == by.account_id:
        return found.ticket_id
    if not may_claim(found, by):
        raise NotFoundException
    async with transaction():
        query = (
            "update ticket_voice set account_id = $2, claimed_at = now() where token_hash = $1 and account_id is null"
        )
        if not await changed(query, hash_of(secret), by.account_id):
            raise NotFoundException
        await changed(
            "update ticket set reporter_account_id = $2, reporter_id = $3, version = version + 1"
            " where id = $1 and reporter_account_id is null",
            found.ticket_id, by.account_id, by.person_id,
        )  # fmt: skip
        await add_event(found.ticket_id, "claim", found.state, by=by, community_id=by.here)
        await record(by, "ticket.claim", community_id=by.here, entity="ticket", entity_id=found.ticket_id)
    return found.ticket_id


async def voices_of(ticket_id: UUID) -> int:
    """Return how many others said that they met with it; the caller knows that the actor may see the ticket."""
    return int(await fetchval("select count(*) from ticket_voice where ticket_id = $1 and kind = 'too'", ticket_id))
