"""Slows guessing down without locking people out: token buckets as rows, shared by all processes.

Counting by account alone would let anybody lock anybody out; by address alone it would let a botnet guess for ever. So,
as OWASP's "device cookies" have it: a browser that signed in to the account before has a bucket of its own, whatever
strangers do; strangers share the account's bucket and, when that is empty, get a few tries from each address.
"""

import hmac
import ipaddress
import math
import secrets
from dataclasses import dataclass
from uuid import NAMESPACE_URL, UUID, uuid5

from server.db import changed, fetchval
from server.security.secrets_ import keyed_hash


@dataclass(frozen=True, slots=True)
class Bucket:
    """Holds `size` tries; one comes back every `seconds`."""

    size: int
    seconds: float


ADDRESS = Bucket(30, 20)
ACCOUNT = Bucket(10, 60)
PAIR = Bucket(4, 120)
DEVICE = Bucket(10, 30)

TAKE = """
insert into rate_bucket (id, key, tokens, updated_at) values ($1, $2, $3::float8 - 1, now())
on conflict (id) do update set
    tokens = greatest(
        least($3, rate_bucket.tokens + greatest(extract(epoch from now() - rate_bucket.updated_at), 0) / $4::float8) - 1,
        -$3::float8
    ),
    updated_at = now()
returning tokens::float8
"""


async def take(key: str, bucket: Bucket) -> int:
    """Take one try of `key`; return 0, or how many seconds to wait. Trying on while waiting makes the wait grow."""
    tokens = await fetchval(TAKE, uuid5(NAMESPACE_URL, key), key[:120], bucket.size, bucket.seconds)
    return 0 if tokens >= 0 else math.ceil((1 - tokens) * bucket.seconds)


async def give_back(key: str, bucket: Bucket) -> None:
    """Return the try that was taken of `key`: it was no guess."""
    await changed(
        "update rate_bucket set tokens = least($2, tokens + 1) where id = $1", uuid5(NAMESPACE_URL, key), bucket.size
    )


@dataclass(frozen=True, slots=True)
class Admission:
    """Whether a try may be made: `wait` seconds (0: now), and what it costs until it turns out to be right."""

    wait: int
    taken: tuple[tuple[str, Bucket], ...] = ()

    async def refund(self) -> None:
        """Give back what was taken, because the try was right."""
        for key, bucket in self.taken:
            await give_back(key, bucket)


async def admit(kind: str, subject: str, ip: str, device: str | None = None) -> Admission:
    """Ask for a try of `kind` at `subject` (an account, existing or not) from the address `ip`.

    `device` is what `known_device` returned: a browser in which this account was signed in before.
    """
    if device:
        return await _one(f"{kind}:{subject}:{device}", DEVICE)
    place = f"{kind}@{network(ip)}"
    by_address = await _one(place, ADDRESS)
    if by_address.wait:
        return by_address
    for key, bucket in ((f"{kind}:{subject}", ACCOUNT), (f"{kind}:{subject}@{network(ip)}", PAIR)):
        found = await _one(key, bucket)
        if not found.wait:
            return Admission(0, by_address.taken + found.taken)
    return Admission(found.wait)


async def _one(key: str, bucket: Bucket) -> Admission:
    wait = await take(key, bucket)
    return Admission(wait) if wait else Admission(0, ((key, bucket),))


def network(ip: str) -> str:
    """Return what counts as one address: an IPv6 customer has a whole /64."""
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return ip
    return str(ipaddress.ip_network(f"{ip}/64", strict=False)) if address.version == 6 else str(address)


# Device cookies: `nonce.signature` for each account that was signed in in this browser, the latest five. -------------

KEPT = 5


def cookie_name(https: bool) -> str:
    """Return the name of the cookie that recognises a device."""
    return "__Host-device" if https else "device"


def _sign(account_id: UUID, nonce: str) -> str:
    return keyed_hash(f"{account_id}:{nonce}", "device cookie").hex()[:32]


def known_device(cookie: str, account_id: UUID | None) -> str | None:
    """Return the name of this device if `account_id` was signed in on it before."""
    for part in cookie.split("~")[:KEPT]:
        nonce, _dot, signature = part.partition(".")
        if account_id is not None and hmac.compare_digest(signature.encode(), _sign(account_id, nonce).encode()):
            return nonce
    return None


def remember_device(cookie: str, account_id: UUID) -> str:
    """Return `cookie` with `account_id` added as one that was signed in here."""
    if known_device(cookie, account_id):
        return cookie
    nonce = secrets.token_hex(8)
    kept = [part for part in cookie.split("~") if part and len(part) < 60][: KEPT - 1]
    return "~".join([f"{nonce}.{_sign(account_id, nonce)}", *kept])
