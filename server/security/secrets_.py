"""Keys of the installation: one SECRET_KEY, from which a separate key is derived for every purpose (RFC 5869).

What is encrypted here (second factors) can be read by nobody who has only the database or a backup of it.
"""

import hashlib
import hmac
import os
import secrets
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from server.config import settings

READABLE = "ACDEFGHJKMNPQRTWXY34679"
"""Letters and digits that nobody confuses on paper or over the phone: no 0/O, 1/I/L, 2/Z, 5/S, 8/B, U/V."""


class Unreadable(Exception):
    """Something was encrypted with another SECRET_KEY, or tampered with."""


@lru_cache
def key_for(purpose: str) -> bytes:
    """Return the 256-bit key for `purpose`; raise RuntimeError without SECRET_KEY."""
    if not settings.secret_key:
        raise RuntimeError("SECRET_KEY is not set")
    return HKDF(hashes.SHA256(), 32, salt=b"neiye", info=purpose.encode()).derive(settings.secret_key.encode())


def encrypt(text: str, purpose: str) -> str:
    """Return `text` encrypted and sealed (AES-256-GCM), as hex."""
    nonce = os.urandom(12)
    return (nonce + AESGCM(key_for(purpose)).encrypt(nonce, text.encode(), purpose.encode())).hex()


def decrypt(sealed: str, purpose: str) -> str:
    """Return what `encrypt` was given; raise Unreadable."""
    raw = bytes.fromhex(sealed)
    try:
        return AESGCM(key_for(purpose)).decrypt(raw[:12], raw[12:], purpose.encode()).decode()
    except InvalidTag as error:
        raise Unreadable from error


def keyed_hash(text: str, purpose: str) -> bytes:
    """Return the keyed SHA-256 of `text`: short codes cannot be guessed from it without SECRET_KEY."""
    return hmac.digest(key_for(purpose), text.encode(), hashlib.sha256)


def readable_code(length: int) -> str:
    """Return a random code of READABLE characters (4.5 bits each)."""
    return "".join(secrets.choice(READABLE) for _ in range(length))


def as_typed(code: str) -> str:
    """Return a code as it was made, however it was typed: no blanks or dashes, upper case."""
    return "".join(letter for letter in code.upper() if letter.isalnum())
