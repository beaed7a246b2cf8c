"""What people do with their own account: password, devices, language, the community they work in."""

from datetime import datetime
from uuid import UUID

import msgspec

from server.accounts.signing_in import device_name
from server.audit import record
from server.db import execute, fetchval, rows, transaction
from server.lib.i18n import LOCALES, N_
from server.security import passwords
from server.security.actor import Actor
from server.security.sessions import close_session, close_sessions, renew_session

WRONG = N_("现在的密码不对")


class Device(msgspec.Struct):
    """A device somebody is signed in on."""

    id: UUID
    created_at: datetime
    last_seen_at: datetime
    ip: str
    user_agent: str

    @property
    def name(self) -> str:
        """What people would call it, or ''."""
        return device_name(self.user_agent)


async def devices(by: Actor) -> list[Device]:
    """Return the devices `by` is signed in on, the latest first."""
    return await rows(
        Device,
        "select id, created_at, last_seen_at, ip, user_agent from session where account_id = $1 and expires_at > now()"
        " order by id = $2 desc, last_seen_at desc limit 100",
        by.account_id,
        by.session_id,
    )


async def sign_out(*, by: Actor) -> None:
    """End the session of this device."""
    assert by.session_id is not None
    assert by.account_id is not None
    async with transaction():
        await close_session(by.session_id, by.account_id)
        await record(by, "session.close", community_id=None, entity="session", entity_id=by.session_id)


async def sign_out_device(session_id: UUID, *, by: Actor) -> bool:
    """End a session on another device of one's own; return whether there was one."""
    assert by.account_id is not None
    async with transaction():
        found = await close_session(session_id, by.account_id)
        if found:
            await record(by, "session.close", community_id=None, entity="session", entity_id=session_id)
    return found


async def sign_out_others(*, by: Actor) -> int:
    """End the sessions on all other devices; return how many."""
    assert by.account_id is not None
    async with transaction():
        count = await close_sessions(by.account_id, keep=by.session_id)
        await record(
            by,
            "session.close_others",
            community_id=None,
            entity="account",
            entity_id=by.account_id,
            after={"count": count},
        )
    return count


async def has_password(account_id: UUID | None) -> bool:
    """Whether the account has a password at all (some have only passkeys)."""
    return bool(await fetchval("select password_hash is not null from account where id = $1", account_id))


async def weakness(password: str, account_id: UUID | None) -> str | None:
    """Return what is wrong with a new password for this account, or None."""
    own = await fetchval("select array[name, login, phone] from account where id = $1", account_id)
    return passwords.weakness(password, *(own or []))


async def change_password(password: str, *, by: Actor) -> str:
    """Set a new password, end all other sessions, and return this session's new token."""
    assert by.account_id is not None
    assert by.session_id is not None
    hashed = await passwords.make_hash(password)
    async with transaction():
        await execute(
            "update account set password_hash = $2, must_change_password = false where id = $1", by.account_id, hashed
        )
        await close_sessions(by.account_id, keep=by.session_id)
        token = await renew_session(by.session_id)
        await record(by, "password.change", community_id=None, entity="account", entity_id=by.account_id)
    return token


async def speak(locale: str, *, by: Actor) -> None:
    """Keep the language of one's account; an unknown one changes nothing."""
    if locale in LOCALES:
        await execute("update account set locale = $2 where id = $1", by.account_id, locale)


async def go_to(community_id: UUID, *, by: Actor) -> bool:
    """Work in another of one's communities from now on, on this device; return whether it is one of them."""
    if community_id not in {id_ for id_, _name in by.communities}:
        return False
    await execute("update session set community_id = $2 where id = $1", by.session_id, community_id)
    return True
