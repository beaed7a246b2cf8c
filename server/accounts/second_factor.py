"""The second factor: six digits from an authenticator app (TOTP, RFC 6238), or a recovery code from a sheet of paper."""

import hmac
import time
from uuid import UUID

import pyotp
import segno

from server.accounts.visits import Visit
from server.audit import record
from server.db import changed, execute, fetchval, transaction
from server.lib.formats import today
from server.lib.i18n import _
from server.lib.ids import uuid7
from server.security import throttle
from server.security.actor import Actor
from server.security.secrets_ import Unreadable, as_typed, decrypt, encrypt, keyed_hash, readable_code

PURPOSE = "second factor"
RECOVERY = "recovery code"
CODES = 10
SECONDS = 30


def new_secret(account_id: UUID) -> str:
    """Return a fresh secret, sealed for the form of this account: nothing is kept until its first code was right."""
    return encrypt(pyotp.random_base32(), f"{PURPOSE} set-up {account_id}")


def open_secret(sealed: str, account_id: UUID) -> str | None:
    """Return the secret that `new_secret` sealed for this account, or None."""
    try:
        return decrypt(sealed, f"{PURPOSE} set-up {account_id}")
    except (Unreadable, ValueError):
        return None


def qr_picture(secret: str, name: str) -> str:
    """Return the picture an authenticator app scans, as a data URI."""
    address = pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=_("内业"))
    return str(segno.make(address, error="m").svg_data_uri(scale=5, border=3, light="white"))


def matching_step(secret: str, code: str, at: float) -> int | None:
    """Return which 30-second step (this one or a neighbour) `code` belongs to, or None. `at`: Unix seconds."""
    totp = pyotp.TOTP(secret)
    now = int(at) // SECONDS
    return next(
        (
            step
            for step in (now, now - 1, now + 1)
            if hmac.compare_digest(totp.generate_otp(step).encode(), code.encode())
        ),
        None,
    )


async def set_up(sealed: str, code: str, *, by: Actor) -> list[str] | None:
    """Keep the secret of the form if `code` comes from it; return the recovery codes (shown this once), or None."""
    assert by.account_id is not None
    secret = open_secret(sealed, by.account_id)
    step = matching_step(secret, as_typed(code), time.time()) if secret else None
    if secret is None or step is None:
        return None
    codes = [readable_code(10) for _number in range(CODES)]
    async with transaction():
        await execute(
            "update account set totp_secret = $2, totp_confirmed_at = now(), totp_last_step = $3 where id = $1",
            by.account_id,
            encrypt(secret, f"{PURPOSE} {by.account_id}"),
            step,
        )
        await _keep_codes(by.account_id, codes)
        await record(by, "second_factor.set_up", community_id=None, entity="account", entity_id=by.account_id)
    return codes


async def _keep_codes(account_id: UUID, codes: list[str]) -> None:
    """Replace the recovery codes of an account."""
    await execute("delete from recovery_code where account_id = $1", account_id)
    await execute(
        "insert into recovery_code (id, account_id, code_hash) select id, $2, hash from unnest($1::uuid[], $3::bytea[])"
        " as fresh (id, hash)",
        [uuid7() for _code in codes],
        account_id,
        [keyed_hash(f"{account_id}:{code}", RECOVERY) for code in codes],
    )


async def renew_codes(*, by: Actor) -> list[str]:
    """Make new recovery codes; the old ones are worth nothing from now on."""
    assert by.account_id is not None
    codes = [readable_code(10) for _number in range(CODES)]
    async with transaction():
        await _keep_codes(by.account_id, codes)
        await record(by, "second_factor.new_codes", community_id=None, entity="account", entity_id=by.account_id)
    return codes


async def codes_left(account_id: UUID) -> int:
    """Return how many recovery codes have not been used."""
    return int(
        await fetchval("select count(*) from recovery_code where account_id = $1 and used_at is null", account_id)
    )


async def check(account_id: UUID, code: str, visit: Visit) -> tuple[str | None, int]:
    """Return how `code` was right (totp, recovery_code) or None, and how many seconds to wait before the next try.

    Each code works once, also for two who send it at the same moment.
    """
    device = throttle.known_device(visit.device_cookie, account_id)
    admission = await throttle.admit("code", str(account_id), visit.ip, device)
    if admission.wait:
        return None, admission.wait
    typed = as_typed(code)
    right = await (_check_totp if typed.isdigit() and len(typed) == 6 else _check_recovery)(account_id, typed)
    if right:
        await admission.refund()
    return right, 0


async def _check_totp(account_id: UUID, code: str) -> str | None:
    sealed = await fetchval(
        "select totp_secret from account where id = $1 and totp_confirmed_at is not null", account_id
    )
    if sealed is None:
        return None
    step = matching_step(decrypt(sealed, f"{PURPOSE} {account_id}"), code, time.time())
    if step is None:
        return None
    first = await changed(
        "update account set totp_last_step = $2 where id = $1 and totp_last_step < $2", account_id, step
    )
    return "totp" if first else None


async def _check_recovery(account_id: UUID, code: str) -> str | None:
    used = await changed(
        "update recovery_code set used_at = now() where account_id = $1 and code_hash = $2 and used_at is null",
        account_id,
        keyed_hash(f"{account_id}:{code}", RECOVERY),
    )
    return "recovery_code" if used else None


async def remove(account_id: UUID, *, by: Actor, reason: str | None = None) -> None:
    """Take the second factor away: by the person, or for somebody who lost phone and recovery codes."""
    async with transaction():
        await execute(
            "update account set totp_secret = null, totp_confirmed_at = null, totp_last_step = 0 where id = $1",
            account_id,
        )
        await execute("delete from recovery_code where account_id = $1", account_id)
        await record(
            by, "second_factor.remove", community_id=None, entity="account", entity_id=account_id, reason=reason
        )


async def is_required(account_id: UUID) -> bool:
    """Whether one of the posts held (finance, administrator) demands a second factor."""
    return bool(
        await fetchval(
            "select is_company_admin or exists (select from post join person on person.id = post.person_id"
            " where person.account_id = account.id and post.post in ('finance', 'admin')"
            " and (post.until is null or post.until >= $2)) from account where id = $1",
            account_id,
            today(),
        )
    )
