"""Our own sessions: a random token in the cookie, only its hash in the database, a new one at every sign-in.

The framework's would accept an id chosen by an attacker (fixation) and write a row for every anonymous visit.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from litestar.datastructures import Cookie

from server.db import changed, held, row
from server.lib.formats import now
from server.lib.ids import uuid7
from server.security.actor import NO_COMMUNITY, Actor
from server.security.capabilities import OVERSIGHT, granted
from server.security.clients import cookie_name

LIFETIME = timedelta(days=90)


class Standing(msgspec.Struct):
    """What standing_of() in the database answers: who an account is, where, and what it is in the community it works in."""

    account_id: UUID
    account_name: str
    locale: str
    company_id: UUID | None
    is_company_admin: bool
    must_change_password: bool
    has_second_factor: bool
    community_id: UUID | None
    person_id: UUID | None
    posts: list[str]
    room_ids: list[UUID]
    community_ids: list[UUID]
    community_names: list[str]
    grants: list[str]
    unread: int
    second_factor_due: datetime | None

    @property
    def reach(self) -> str:
        """What the same statement has opened of row-level security."""
        return ",".join(str(id_) for id_ in self.community_ids + ([NO_COMMUNITY] if self.is_company_admin else []))

    def actor(self, **more: Any) -> Actor:
        """Return the actor; `more` is what a session or a phone adds."""
        capabilities = granted(self.posts, self.grants, company_admin=self.is_company_admin)
        if self.has_second_factor and more.get("second_factor_at") is None:
            capabilities -= OVERSIGHT
        return Actor(
            account_id=self.account_id,
            name=self.account_name,
            person_id=self.person_id,
            community_id=self.community_id,
            company_id=self.company_id,
            is_company_admin=self.is_company_admin,
            locale=self.locale,
            posts=frozenset(self.posts),
            capabilities=capabilities,
            room_ids=tuple(self.room_ids),
            communities=tuple(zip(self.community_ids, self.community_names, strict=True)),
            unread=self.unread,
            must_change_password=self.must_change_password,
            has_second_factor=self.has_second_factor,
            second_factor_due=self.second_factor_due,
            **more,
        )


class Found(Standing):
    """What session_of() in the database answers."""

    session_id: UUID
    csrf_secret: str
    second_factor_at: datetime | None
    opened_at: datetime


class FoundDevice(Standing):
    """What device_of() in the database answers."""

    device_id: UUID


def token_hash(token: str) -> bytes:
    """Return what the database keeps of a cookie's token."""
    return hashlib.sha256(token.encode()).digest()


async def actor_of_token(token: str, ip: str) -> Actor | None:
    """Return who holds `token`, or None. The same statement opens row-level security for the rest of the request."""
    found = await _found(Found, "select * from session_of($1)", token)
    if found is None:
        return None
    return found.actor(
        session_id=found.session_id,
        session_since=found.opened_at,
        second_factor_at=found.second_factor_at,
        csrf_secret=found.csrf_secret,
        ip=ip,
    )


async def actor_of_device(token: str, ip: str) -> Actor | None:
    """Return whose phone holds the push token `token`, or None: for handing in work and photos only (`guards.handing_in`)."""
    found = await _found(FoundDevice, "select * from device_of($1)", token)
    return None if found is None else found.actor(device_id=found.device_id, ip=ip)


async def actor_in(community_id: UUID, by: Actor) -> Actor | None:
    """Return what `by` is in another of their communities, or None when they are nobody there. What is reached stays the same."""
    if community_id not in dict(by.communities):
        return None
    found = await row(Standing, "select * from standing_of($1, $2)", by.account_id, community_id)
    held().reach_was_lost()  # the statement opened that community
    if found is None or found.community_id != community_id:
        return None
    return found.actor(session_id=by.session_id, device_id=by.device_id, second_factor_at=by.second_factor_at, ip=by.ip)


F = TypeVar("F", bound=Standing)


async def _found(kind: type[F], query: str, token: str) -> F | None:
    """Ask the database whose `token` it is, in the connection's first statement."""
    await held().get(raw=True)
    held().reach_was_set("")
    found = await row(kind, query, token_hash(token))
    if found is not None:
        held().reach_was_set(found.reach)
    return found


async def open_session(
    account_id: UUID, *, community_id: UUID | None, ip: str, user_agent: str, second_factor: bool = False
) -> str:
    """Sign an account in on this device; return the cookie's token, which is nowhere else."""
    from server.accounts.tables import Session

    token = secrets.token_urlsafe(32)
    await Session.insert(
        Session(
            token_hash=token_hash(token),
            id=uuid7(),
            account_id=account_id,
            community_id=community_id,
            expires_at=now() + LIFETIME,
            ip=ip[:45],
            user_agent=user_agent[:300],
            csrf_secret=secrets.token_hex(16),
            second_factor_at=now() if second_factor else None,
        )
    )
    return token


async def renew_session(session_id: UUID, *, second_factor: bool = False) -> str:
    """Give a session a new token because its holder may now do more, or has a new password; return the token."""
    token = secrets.token_urlsafe(32)
    await changed(
        "update session set token_hash = $2, csrf_secret = $3,"
        " second_factor_at = case when $4 then now() else second_factor_at end where id = $1",
        session_id,
        token_hash(token),
        secrets.token_hex(16),
        second_factor,
    )
    return token


async def close_token(token: str | None) -> None:
    """End the session of a cookie's token, if there is one."""
    if token:
        await changed("delete from session where token_hash = $1", token_hash(token))


async def close_session(session_id: UUID, account_id: UUID) -> bool:
    """End one session of an account, at once; return whether there was one."""
    return await changed("delete from session where id = $1 and account_id = $2", session_id, account_id) > 0


async def close_sessions(account_id: UUID, *, keep: UUID | None = None) -> int:
    """End every session of an account but `keep`, at once; return how many."""
    return await changed(
        "delete from session where account_id = $1 and ($2::uuid is null or id <> $2)", account_id, keep
    )


def session_cookie(token: str, *, https: bool) -> Cookie:
    """Return the cookie that carries a session's token; scripts never see it."""
    return Cookie(
        key=cookie_name(https),
        value=token,
        path="/",
        max_age=int(LIFETIME.total_seconds()),
        httponly=True,
        secure=https,
        samesite="lax",
    )


def no_cookie(name: str, *, https: bool) -> Cookie:
    """Return the cookie that makes the browser forget the cookie `name`."""
    return Cookie(key=name, value="", path="/", max_age=0, httponly=True, secure=https, samesite="lax")
