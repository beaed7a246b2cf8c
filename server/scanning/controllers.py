"""Reporting by a label over HTTP: the public page behind its code, and the secret address of a report."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.exceptions import NotFoundException
from litestar.response import Redirect

from server.accounts.controllers import minutes
from server.accounts.joining import within
from server.accounts.visits import visit_of
from server.lib.acting import Carried
from server.lib.forms import Form, blank, read_form
from server.lib.i18n import _
from server.lib.ids import uuid7
from server.lib.templating import page
from server.scanning import voicing
from server.scanning.alike import at_label
from server.scanning.labels import Scanned, scan
from server.scanning.voicing import TooOften, claim_of, may_claim, secret_of, stranger
from server.security.actor import Actor, actor_of
from server.security.guards import in_community, public
from server.storage.images import PhotoRefused
from server.storage.objects import StorageUnavailable
from server.storage.photos import TRY_LATER_PLAIN, store_photos
from server.tickets import states
from server.tickets.forms import CategoryKey, Phone
from server.tickets.kinds import CATEGORIES

MOST_PHOTOS = 3
SCAN_BYTES = 24 * 1024 * 1024
"""Bytes a stranger may send: three photos as phones make them today."""


class ScanForm(msgspec.Struct, kw_only=True):
    """What somebody standing there reports. `id` was made by the page, so that the form sent twice is one ticket."""

    id: UUID
    category: CategoryKey
    text: Annotated[str, msgspec.Meta(max_length=500)] | None = None
    contact_phone: Phone | None = None


class TooForm(msgspec.Struct):
    """Which of the known troubles it is."""

    ticket: UUID


class Scans(Controller):
    """The page behind a label, for everybody."""

    path = "/r/{code:str}"
    guards = (public,)

    @get("/")
    async def show(self, request: Request[Any, Any, Any], code: str) -> Response[Any]:
        """Show the place, what is known of it, and the form."""
        return await scan_page(request, await scan(code, visit_of(request).ip))

    @post("/", request_max_body_size=SCAN_BYTES)
    async def create(self, request: Request[Any, Any, Any], code: str) -> Response[Any]:
        """Report it."""
        ip = visit_of(request).ip
        label = await scan(code, ip)
        by, form = who(request, label), await read_form(request, ScanForm)
        files = form.files.get("photos", [])
        if len(files) > MOST_PHOTOS:
            form.fail("photos", _("最多 %(n)s 张", n=MOST_PHOTOS))
        if form.struct is not None and not form.struct.text and not files:
            form.fail("text", _("请拍张照片或写一句说明"))
        if not form.ok:
            return await scan_page(request, label, form, 422)
        async with within(label.community_id):
            if not await voicing.is_made(form.data.id, label):
                try:
                    await voicing.admit(label, ip)
                    await make(label, form, by)
                except TooOften as error:
                    form.fail("text", _("报得太频繁了，请 %(wait)s 后再试，急事请打物业电话", wait=minutes(error.wait)))
                    return await scan_page(request, label, form, 429)
                except PhotoRefused as error:
                    form.fail("photos", _(str(error)))
                    return await scan_page(request, label, form, 422)
                except StorageUnavailable:
                    form.fail("photos", _(TRY_LATER_PLAIN))
                    return await scan_page(request, label, form, 503)
        where = f"/tickets/{form.data.id}" if by.account_id else f"/claims/{secret_of(form.data.id)}"
        return Redirect(where, status_code=303)

    @post("/too")
    async def say_too(self, request: Request[Any, Any, Any], code: str) -> Response[Any]:
        """Say that one met with a known trouble, too."""
        ip = visit_of(request).ip
        label = await scan(code, ip)
        form = await read_form(request, TooForm)
        if not form.ok:
            raise NotFoundException
        async with within(label.community_id):
            await voicing.say_too(form.data.ticket, by=who(request, label), label=label, ip=ip)
        return await scan_page(request, label, thanks=True)


def who(request: Request[Any, Any, Any], label: Scanned) -> Actor:
    """Return who reports: whoever is signed in in this community, else a stranger."""
    actor = actor_of(request)
    known = actor is not None and actor.community_id == label.community_id
    return actor if actor is not None and known else stranger(label.community_id, visit_of(request).ip)


async def make(label: Scanned, form: Form[ScanForm], by: Actor) -> None:
    """Store the photos and make the ticket."""
    data = form.data
    stored = await store_photos(form.files.get("photos", []), by=by, community_id=label.community_id)
    await voicing.report_by_label(
        label, data.id, by=by, category=data.category, text=data.text or "", phone=data.contact_phone,
        photos=Carried(tuple(photo.id for photo in stored)),
    )  # fmt: skip


async def scan_page(
    request: Request[Any, Any, Any],
    label: Scanned,
    form: Form[Any] | None = None,
    status: int = 200,
    *,
    thanks: bool = False,
) -> Response[Any]:
    """Return the page behind a label."""
    async with within(label.community_id):
        known = await at_label(label.community_id, label.name)
    typed = form or blank(category=label.category, id=str(uuid7()))
    if not form or "id" in form.errors:
        typed.values["id"] = str(uuid7())
    return page(
        request, "scanning/report.html", status, label=label, known=known, form=typed, categories=CATEGORIES, most=MOST_PHOTOS,
        thanks=thanks, states=states.STATES | states.SAID_TO_RESIDENTS,
    )  # fmt: skip


class Claims(Controller):
    """A stranger's own report, at its secret address."""

    path = "/claims/{secret:str}"
    guards = (public,)

    @get("/")
    async def show(self, request: Request[Any, Any, Any], secret: str) -> Response[Any]:
        """Show how it stands, and offer to whoever lives here to claim it."""
        claim, actor = await claim_of(secret), actor_of(request)
        mine = actor is not None and actor.account_id is not None and claim.account_id == actor.account_id
        if mine:
            return Redirect(f"/tickets/{claim.ticket_id}", status_code=303)
        return page(
            request, "scanning/claim.html", claim=claim, secret=secret, claimable=may_claim(claim, actor),
            state=(states.STATES | states.SAID_TO_RESIDENTS)[claim.state], category=CATEGORIES[claim.category],
        )  # fmt: skip

    @post("/owner", guards=[in_community])
    async def claim(self, actor: Actor, secret: str) -> Response[Any]:
        """Say that it was oneself; it is in one's own list from now on."""
        return Redirect(f"/tickets/{await voicing.claim(secret, by=actor)}", status_code=303)
