"""Signed links to photos: good for one account and about a day, and only where that account may look anyway.

The signature alone opens nothing: the handler also asks for the session and for the permission. It makes sure that an
address copied from somebody's screen is worth nothing to anybody else.
"""

import base64
import hashlib
import hmac
import re
import time
from typing import Any
from uuid import UUID

import msgspec
from jinja2 import pass_context
from jinja2.runtime import Context

from server.config import settings
from server.lib.forms import Form
from server.security.actor import Actor
from server.storage.photos import StoredPhoto, unattached

WINDOW = 24 * 3600
"""Seconds. A link lives one to two windows; within one it stays the same, so that browsers can keep the picture."""


def expiry(now: float | None = None) -> int:
    """Return when a link made now ends, in Unix seconds."""
    return (int(time.time() if now is None else now) // WINDOW + 2) * WINDOW


def signature(photo_id: UUID, account_id: UUID, expires: int) -> str:
    """Return the signature (128 bits, URL-safe) of a link; raise RuntimeError without SECRET_KEY."""
    if not settings.secret_key:
        raise RuntimeError("SECRET_KEY is not set")
    words = f"photo-link:{photo_id}:{account_id}:{expires}".encode()
    digest = hmac.digest(settings.secret_key.encode(), words, hashlib.sha256)
    return base64.urlsafe_b64encode(digest[:16]).rstrip(b"=").decode()


def link(photo: StoredPhoto | UUID, to: Actor, *, thumb: bool = False) -> str:
    """Return the address of a photo (or its thumbnail) for the account `to`."""
    photo_id = photo if isinstance(photo, UUID) else photo.id
    assert to.account_id is not None
    expires = expiry()
    return f"/photos/{photo_id}{'/thumb' if thumb else ''}?e={expires}&s={signature(photo_id, to.account_id, expires)}"


def is_genuine(photo_id: UUID, account_id: UUID | None, expires: int, sign: str) -> bool:
    """Whether `sign` was made by us for this photo and account, and has not ended."""
    if account_id is None or not time.time() < expires <= expiry():
        return False
    return hmac.compare_digest(sign.encode(), signature(photo_id, account_id, expires).encode())


class Shown(msgspec.Struct):
    """A photo as pages and their scripts need it. One that is still on its way from the phone has no addresses yet."""

    id: UUID
    url: str = ""
    thumb: str = ""
    width: int = 0
    height: int = 0

    @property
    def href(self) -> str:
        """The address of the whole picture, as macros/ui.html calls it."""
        return self.url


def shown(photo: StoredPhoto, to: Actor) -> Shown:
    """Return `photo` with its links for `to`."""
    return Shown(photo.id, link(photo, to), link(photo, to, thumb=True), photo.width, photo.height)


async def photos_again(form: Form[Any], *, by: Actor) -> list[Shown]:
    """Return the photos a refused form came with, for photo_input() in templates/storage/_input.html to show again."""
    wanted = [
        UUID(text) for text in (*_texts(form, "photo_ids"), *_texts(form, "photo_waiting")) if _UUID.fullmatch(text)
    ]
    there = {photo.id: shown(photo, by) for photo in await unattached(wanted, by=by)}
    promised = {UUID(text) for text in _texts(form, "photo_waiting") if _UUID.fullmatch(text)}
    return [there.get(id_) or Shown(id_) for id_ in dict.fromkeys(wanted) if id_ in there or id_ in promised]


def _texts(form: Form[Any], name: str) -> list[str]:
    """Return what a form sent as `name`, however often."""
    sent = form.values.get(name, [])
    return [sent] if isinstance(sent, str) else [str(text) for text in sent]


_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@pass_context
def photo_url(context: Context, photo: StoredPhoto | UUID, thumb: bool = False) -> str:
    """Return the address of a photo for the person the page is for: `{{ photo_url(photo, thumb=true) }}`."""
    return link(photo, context["actor"], thumb=thumb)
