"""Signing in with a password, and what every way of signing in ends with: a new session on this device."""

import hashlib
import logging
import re
import secrets
from uuid import UUID

import msgspec

from server.accounts.visits import Visit
from server.audit import record
from server.db import changed, execute, fetchval, held, row, system_reach, transaction
from server.lib.ids import uuid7
from server.security import passwords, throttle
from server.security.actor import Actor
from server.security.sessions import close_token, open_session, token_hash

log = logging.getLogger("neiye.sign_in")

FIND = """
select id, name, login, phone, password_hash, totp_confirmed_at is not null as has_second_factor
from account where disabled_at is null
"""


class Login(msgspec.Struct, frozen=True):
    """An account as far as signing in needs it."""

    id: UUID
    name: str
    login: str | None
    phone: str | None
    password_hash: str | None
    has_second_factor: bool

    def actor(self, ip: str) -> Actor:
        """Return the actor of what happens before there is a session."""
        return Actor(account_id=self.id, name=self.name, ip=ip)


class Refused(Exception):
    """Signing in failed: `wait` seconds to wait, or 0 when something was wrong."""

    def __init__(self, wait: int = 0) -> None:
        super().__init__(wait)
        self.wait = wait


def tidy_login(text: str) -> str:
    """Return a user name or phone number as it is kept: lower case; of a phone only its digits.

    >>> tidy_login(" +86 199-0000-0001 "), tidy_login("Wang")
    ('19900000001', 'wang')
    """
    digits = re.sub(r"[\s\-()]", "", text)
    digits = re.sub(r"^(\+|00)86", "", digits)
    return digits if digits.isascii() and digits.isdigit() else text.strip().lower()


async def find(login: str) -> Login | None:
    """Return the account with this user name or phone number."""
    return await row(Login, FIND + " and (login = $1 or phone = $1)", tidy_login(login)[:60])


async def find_by_id(account_id: UUID) -> Login | None:
    """Return the account."""
    return await row(Login, FIND + " and id = $1", account_id)


async def check_password(login: str, password: str, visit: Visit) -> Login:
    """Return the account whose password this is; raise Refused.

    An account that does not exist is counted and takes as long as one that does, so nobody learns which there are.
    """
    account = await find(login)
    subject = str(account.id) if account else hashlib.sha256(tidy_login(login).encode()).hexdigest()[:32]
    device = throttle.known_device(visit.device_cookie, account.id if account else None)
    admission = await throttle.admit("password", subject, visit.ip, device)
    if admission.wait:
        raise Refused(admission.wait)
    await held().release()
    if not await passwords.is_right(account.password_hash if account else None, password) or account is None:
        log.info("wrong password for %s from %s", subject, visit.ip)
        raise Refused
    await admission.refund()
    await _refresh_hash(account, password)
    return account


async def check_own_password(by: Actor, password: str, visit: Visit) -> None:
    """Make sure that it is still the same person at the keyboard; raise Refused."""
    assert by.account_id is not None
    account = await find_by_id(by.account_id)
    admission = await throttle.admit("own", str(by.account_id), visit.ip, f"session {by.session_id}")
    if admission.wait:
        raise Refused(admission.wait)
    if account is None or not await passwords.is_right(account.password_hash, password):
        raise Refused
    await admission.refund()


async def _refresh_hash(account: Login, password: str) -> None:
    """Hash the password anew when the cost has been raised since; we know it only now."""
    assert account.password_hash is not None
    if passwords.is_outdated(account.password_hash):
        await changed(
            "update account set password_hash = $3 where id = $1 and password_hash = $2",
            account.id,
            account.password_hash,
            await passwords.make_hash(password),
        )


async def _usual_place(account_id: UUID) -> UUID | None:
    """Return the community the account last worked in; at first the one of its oldest post; None for a resident."""
    async with system_reach():
        found = await fetchval(
            "select coalesce("
            "(select community_id from session where account_id = $1 and community_id is not null"
            " order by last_seen_at desc limit 1),"
            "(select post.community_id from post join person on person.id = post.person_id where person.account_id = $1"
            " and (post.until is null or post.until >= current_date) order by post.since limit 1))",
            account_id,
        )
    return None if found is None else UUID(str(found))


async def enter(account: Login, visit: Visit, *, how: str, second_factor: bool) -> str:
    """Open a session on this device and end the one this browser had; return the new token.

    `how`: password, passkey, totp, recovery_code or join, for the audit.
    """
    place = await _usual_place(account.id)
    async with transaction():
        await close_token(visit.session_token)
        token = await open_session(
            account.id,
            community_id=place,
            ip=visit.ip,
            user_agent=visit.user_agent,
            second_factor=second_factor,
        )
        session_id = await fetchval("select id from session where token_hash = $1", token_hash(token))
        await record(
            account.actor(visit.ip),
            "session.open",
            community_id=None,
            entity="session",
            entity_id=session_id,
            after={"how": how, "device": device_name(visit.user_agent)},
        )
    return token


# Between the right password and the second factor there is no session, only a slip that is good for five minutes. -----


async def hold(account_id: UUID) -> str:
    """Return a token that says: this browser knew the password of the account."""
    token = secrets.token_urlsafe(32)
    await execute(
        "insert into challenge (id, account_id, kind, challenge, expires_at)"
        " values ($1, $2, 'pending', $3, now() + interval '5 minutes')",
        uuid7(),
        account_id,
        token_hash(token),
    )
    return token


async def on_hold(token: str) -> Login | None:
    """Return the account that `hold` gave this token for, or None."""
    if not token:
        return None
    return await row(
        Login,
        FIND
        + " and id = (select account_id from challenge where kind = 'pending' and challenge = $1 and expires_at > now())",
        token_hash(token),
    )


async def let_go(token: str) -> bool:
    """Take the slip back; return whether it was still good (of two that try at once, one gets in)."""
    return (
        await changed(
            "delete from challenge where kind = 'pending' and challenge = $1 and expires_at > now()", token_hash(token)
        )
        == 1
    )


BROWSERS = (
    ("微信", "MicroMessenger"),
    ("Edge", "Edg/"),
    ("Firefox", "Firefox/"),
    ("Chrome", "Chrome/"),
    ("Safari", "Safari/"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("鸿蒙", "HarmonyOS"),
    ("安卓", "Android"),
    ("Windows", "Windows"),
    ("Mac", "Macintosh"),
    ("Linux", "Linux"),
)


def device_name(user_agent: str) -> str:
    """Return what people would call the device: "安卓 · Chrome"; "" when it cannot be told."""
    system = next((name for name, mark in SYSTEMS if mark in user_agent), "")
    browser = next((name for name, mark in BROWSERS if mark in user_agent), "")
    return " · ".join(part for part in (system, browser) if part)
