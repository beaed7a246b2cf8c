"""Passwords: Argon2id with the parameters of the OWASP cheat sheet, in a thread, two at a time.

Each check takes 19 MiB and 40 ms; more than two at once would only starve the pages.
"""

import asyncio
import unicodedata

import argon2

from server.config import settings
from server.lib.i18n import _

LEAST = 8
MOST = 128

CHEAP = settings.password_cost == "test"  # noqa: S105
HASHER = argon2.PasswordHasher(time_cost=1 if CHEAP else 2, memory_cost=64 if CHEAP else 19 * 1024, parallelism=1)
NOBODYS = (
    HASHER.hash("nobody")
    if CHEAP
    else "$argon2id$v=19$m=19456,t=2,p=1$nXlTTOAo1o3v/wOJk6UmjQ$jwYNlRUnd5+F3+0MD0KVT28Zaaig7Y3BHpsQQNyb8qs"
)
"""What is checked when there is no such account, so that the answer takes as long."""

TURNS = asyncio.Semaphore(2)

COMMON = frozenset(
    [
        "password",
        "password1",
        "password12",
        "password123",
        "passw0rd",
        "p@ssw0rd",
        "p@ssword",
        "qwertyui",
        "qwertyuiop",
        "qwerty123",
        "qwerty12",
        "1q2w3e4r",
        "1q2w3e4r5t",
        "1qaz2wsx",
        "q1w2e3r4",
        "qazwsxedc",
        "zaq12wsx",
        "1qazxsw2",
        "qwer1234",
        "asdf1234",
        "asdfghjk",
        "asdfghjkl",
        "zxcvbnm1",
        "abc12345",
        "abcd1234",
        "a1234567",
        "a12345678",
        "a123456789",
        "aa123456",
        "aa12345678",
        "woaini520",
        "woaini1314",
        "woaini521",
        "woaiwojia",
        "5201314520",
        "52013145",
        "520131400",
        "13145200",
        "1314520520",
        "iloveyou",
        "iloveyou1",
        "sunshine",
        "princess",
        "football",
        "baseball",
        "superman",
        "trustno1",
        "welcome1",
        "welcome123",
        "admin123",
        "admin1234",
        "administrator",
        "root1234",
        "test1234",
        "changeme",
        "letmein1",
        "dragon123",
        "monkey123",
        "michael1",
        "jennifer",
        "computer",
        "internet",
        "samsung1",
        "88888888a",
        "qq123456",
        "qq123456789",
        "wang1234",
        "zhang123",
        "li123456",
        "wuye1234",
        "wuye123456",
        "wuye8888",
        "xiaoqu123",
        "neiye123",
        "neiye1234",
        "neiye123456",
        "147258369",
        "741852963",
        "789456123",
        "159357456",
        "11223344",
        "12344321",
        "12341234",
        "12121212",
        "10203040",
        "31415926",
        "66668888",
        "88886666",
        "00000000",
        "asd123456",
        "zxc123456",
        "qwe123456",
        "as123456",
        "aini1314",
        "caonima1",
        "nihao123",
        "nihao1234",
        "woaizhongguo",
        "zhongguo1",
        "china123",
        "shanghai1",
        "beijing1",
    ]
)
"""The commonest passwords of eight characters and more in Chinese and worldwide leaks; rows and repeats are found by rule."""

ROWS = ("01234567890", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm")


def plain(password: str) -> str:
    """Return `password` as every keyboard's spelling of it: full-width letters count as ordinary ones (NFKC)."""
    return unicodedata.normalize("NFKC", password)


async def make_hash(password: str) -> str:
    """Return the hash to keep of `password`."""
    async with TURNS:
        return await asyncio.to_thread(HASHER.hash, plain(password))


async def is_right(hash_: str | None, password: str) -> bool:
    """Whether `password` belongs to `hash_`; with None (no such account, or only passkeys) it takes as long and is wrong."""
    async with TURNS:
        return await asyncio.to_thread(_verify, hash_ or NOBODYS, plain(password)) and hash_ is not None


def _verify(hash_: str, password: str) -> bool:
    try:
        return HASHER.verify(hash_, password)
    except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
        return False


def is_outdated(hash_: str) -> bool:
    """Whether `hash_` was made with other parameters than today's."""
    return HASHER.check_needs_rehash(hash_)


def rules() -> str:
    """Return what a new password must be like, for people."""
    return _("至少 %(n)s 个字符；不能是 12345678、password 这类常见密码，也不能是手机号或姓名。", n=LEAST)


def weakness(password: str, *own: str | None) -> str | None:
    """Return what is wrong with a new password, or None. `own` are the person's name, phone and login."""
    password = plain(password)
    if len(password) < LEAST:
        return _("密码至少要 %(n)s 个字符", n=LEAST)
    if len(password) > MOST:
        return _("密码最多 %(n)s 个字符", n=MOST)
    simple = password.lower()
    if simple in COMMON or is_pattern(simple):
        return _("这个密码太常见，很容易被猜到，请换一个")
    if any(word and len(word) >= 4 and word.lower() in simple and len(simple) - len(word) < 4 for word in own):
        return _("密码不能是手机号、用户名或姓名，请换一个")
    return None


def is_pattern(password: str) -> bool:
    """Whether `password` is one piece repeated, or a row of the keyboard or alphabet, forwards or backwards.

    >>> is_pattern("12345678"), is_pattern("abababab"), is_pattern("阳光花园2026")
    (True, True, False)
    """
    if password in (password + password)[1:-1] or len(set(password)) <= 2:
        return True
    return any(password in row * 2 or password[::-1] in row * 2 for row in ROWS)
