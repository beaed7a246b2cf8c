"""The supervisor's pages: the phones, and the records that did not take effect."""

import re
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.response import Redirect

from server.field.documents import kinds, load
from server.lib.forms import Form, blank, read_form
from server.lib.i18n import _
from server.lib.paging import base_address, page_number
from server.lib.templating import page
from server.security.actor import Actor
from server.security.guards import can
from server.storage.photos import find
from server.sync import alerting, supervising
from server.sync.operations import ENTITY, operations
from server.sync.words import FIELDS, FLAGS, OUTCOMES, STATES, VALUES


class Note(msgspec.Struct):
    """Why, or how it was dealt with."""

    note: Annotated[str, msgspec.Meta(min_length=2, max_length=500)]


class RulesForm(msgspec.Struct, kw_only=True):
    """After how many hours to tell."""

    version: int
    silent_hours: Annotated[int, msgspec.Meta(ge=1, le=168)]
    open_hours: Annotated[int, msgspec.Meta(ge=1, le=168)]


class Phones(Controller):
    """Phones and their records, for whoever supervises the work in the field."""

    path = "/phones"
    guards = [can("sync.supervise")]

    @get()
    async def index(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """List the phones, those in trouble first, or alone."""
        found = await supervising.devices(actor)
        troubled = [one for one in found if one.troubles]
        only = request.query_params.get("view") == "trouble"
        chips = [
            {"href": "/phones", "label": _("全部"), "count": len(found), "current": not only},
            {"href": "/phones?view=trouble", "label": _("有问题"), "count": len(troubled), "current": only},
        ]
        return page(
            request, "phones/index.html", devices=found, shown=troubled if only else found, chips=chips,
            counts=await supervising.count_entries(actor), rules=await alerting.rules_of(actor.here),
        )  # fmt: skip

    @get("/rules")
    async def rules(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Show after how many hours the supervisors are told."""
        return await show_rules(request, actor, None)

    @post("/rules")
    async def change_rules(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any] | Redirect:
        """Change it."""
        form = await read_form(request, RulesForm)
        if form.ok:
            try:
                data = form.data
                await alerting.set_rules(alerting.Rules(data.silent_hours, data.open_hours, data.version), by=actor)
                return Redirect("/phones", status_code=303)
            except alerting.Stale:
                form.fail("silent_hours", _("刚才有同事改过，请核对后再保存"))
        return await show_rules(request, actor, form)

    @get("/{device_id:uuid}")
    async def show(self, request: Request[Any, Any, Any], actor: Actor, device_id: UUID) -> Response[Any]:
        """Show a phone: what is wrong, what to do, and its records that wait for somebody."""
        return await show_phone(request, actor, device_id, blank(), 200)

    @post("/{device_id:uuid}/settlement")
    async def create_settlement(
        self, request: Request[Any, Any, Any], actor: Actor, device_id: UUID
    ) -> Response[Any] | Redirect:
        """Note how what the phone lost was dealt with."""
        await supervising.device(device_id, by=actor)
        form = await read_form(request, Note)
        if not form.ok:
            return await show_phone(request, actor, device_id, form, 422)
        await supervising.write_off(device_id, form.data.note, by=actor)
        return Redirect(f"/phones/{device_id}", status_code=303)

    @get("/{device_id:uuid}/revocation")
    async def revocation(self, request: Request[Any, Any, Any], actor: Actor, device_id: UUID) -> Response[Any]:
        """Ask why a phone's token should be taken away."""
        return page(
            request, "phones/revocation.html", device=await supervising.device(device_id, by=actor), form=blank()
        )

    @post("/{device_id:uuid}/revocation")
    async def create_revocation(
        self, request: Request[Any, Any, Any], actor: Actor, device_id: UUID
    ) -> Response[Any] | Redirect:
        """Take a phone's token away."""
        device, form = await supervising.device(device_id, by=actor), await read_form(request, Note)
        if not form.ok:
            return page(request, "phones/revocation.html", 422, device=device, form=form)
        await supervising.revoke(device_id, form.data.note, by=actor)
        return Redirect("/phones", status_code=303)

    @get("/records")
    async def records(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """List the records that did not take effect, newest first."""
        asked = request.query_params.get("state")
        state = asked if asked in STATES else "open"
        found = await supervising.entries(state, page_number(request), by=actor)
        counts = await supervising.count_entries(actor)
        chips = [
            {"href": f"/phones/records?state={one}", "label": _(name), "count": counts[one], "current": one == state}
            for one, name in STATES.items()
        ]
        return page(
            request, "phones/records.html", page=found, chips=chips, outcomes=OUTCOMES, flags=FLAGS, base=base_address(request),
        )  # fmt: skip

    @post("/records/{op_id:uuid}/carrying")
    async def create_carrying(self, actor: Actor, op_id: UUID) -> Redirect:
        """Try a stuck record once more; it stays in the list if it failed again."""
        await supervising.try_again(op_id, by=actor)
        return Redirect("/phones/records?state=stuck", status_code=303)

    @get("/records/{op_id:uuid}")
    async def record(self, request: Request[Any, Any, Any], actor: Actor, op_id: UUID) -> Response[Any]:
        """Show both versions."""
        return await show_record(request, actor, op_id, blank(), 200)

    @post("/records/{op_id:uuid}/resolution")
    async def create_resolution(
        self, request: Request[Any, Any, Any], actor: Actor, op_id: UUID
    ) -> Response[Any] | Redirect:
        """Note how it was dealt with."""
        await supervising.entry(op_id, by=actor)
        form = await read_form(request, Note)
        if not form.ok:
            return await show_record(request, actor, op_id, form, 422)
        await supervising.resolve(op_id, form.data.note, by=actor)
        return Redirect("/phones/records", status_code=303)


async def show_record(
    request: Request[Any, Any, Any], actor: Actor, op_id: UUID, form: Form[Any], status: int
) -> Response[Any]:
    """Answer with the page of one record."""
    entry = await supervising.entry(op_id, by=actor)
    sent = entry.sent
    photos = [found for one in (sent.photos if sent else []) if (found := await find(one.id, by=actor))]
    return page(
        request, "phones/record.html", status, entry=entry, form=form, outcomes=OUTCOMES, flags=FLAGS,
        mine=facts(sent.args if sent else {}), theirs=await versions_now(entry, actor), photos=photos,
        expected=len(sent.photos) if sent else 0,
    )  # fmt: skip


async def show_phone(
    request: Request[Any, Any, Any], actor: Actor, device_id: UUID, form: Form[Any], status: int
) -> Response[Any]:
    """Answer with the page of one phone."""
    device = await supervising.device(device_id, by=actor)
    entries = await supervising.entries_of(device_id, by=actor)
    return page(request, "phones/show.html", status, device=device, entries=entries, outcomes=OUTCOMES, form=form)


async def show_rules(request: Request[Any, Any, Any], actor: Actor, form: Form[Any] | None) -> Response[Any]:
    """Answer with the rules as a form."""
    now = await alerting.rules_of(actor.here)
    shown = form or blank(silent_hours=str(now.silent_hours), open_hours=str(now.open_hours))
    return page(request, "phones/rules.html", 422 if form else 200, form=shown, version=now.version)


async def versions_now(entry: supervising.Entry, actor: Actor) -> list[list[tuple[str, str]]]:
    """Return what the documents that the record was about say now, as far as this actor may see them."""
    operation, sent = operations().get(entry.type), entry.sent
    found = []
    for kind, target in operation.targets.items() if operation and sent else ():
        text = entry.entity_id if target == ENTITY else (sent.args.get(target) if sent else None)
        if kind in kinds() and re.fullmatch(r"[0-9a-f-]{36}", str(text)):
            documents = await load(kind, [UUID(str(text))], actor)
            found += [facts(document) for document in documents.values()]
    return found


def facts(values: dict[str, Any]) -> list[tuple[str, str]]:
    """Return what people can read of arguments or of a document: words and numbers with a name we know, in our order."""
    shown = []
    for name, label in FIELDS.items():
        value = values.get(name)
        text = (
            "、".join(map(str, value))
            if isinstance(value, list) and all(isinstance(one, str) for one in value)
            else value
        )
        if isinstance(text, str | int) and not isinstance(text, bool) and str(text):
            shown.append((_(label), _(VALUES.get(str(text), str(text)))))
    return shown
