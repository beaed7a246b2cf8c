"""A person of the register over HTTP."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.response import Redirect

from server.communities.forms import PersonFacts, Revealing
from server.communities.labels import PERSON_KINDS, options
from server.communities.parties import real_phone
from server.communities.people import REASONS, Person, edit_person, find_person, reveal, ties
from server.communities.rooms import Overtaken
from server.lib.forms import Form, read_form
from server.lib.i18n import N_, _
from server.lib.templating import page
from server.security.actor import Actor
from server.security.guards import can

DONE = {"edit": N_("已保存")}


class People(Controller):
    """Looking at a person, masked."""

    path = "/people/{person_id:uuid}"
    guards = (can("register.read"),)

    @get("/")
    async def show(self, request: Request[Any, Any, Any], actor: Actor, person_id: UUID) -> Response[Any]:
        """Show a person and their rooms."""
        done = DONE.get(request.query_params.get("done", ""))
        return page(
            request,
            "communities/person.html",
            person=await find_person(actor, person_id),
            ties=await ties(actor, person_id),
            flashes=[("brand", _(done))] if done else [],
        )

    @get("/edit", guards=[can("register.write")])
    async def edit(self, request: Request[Any, Any, Any], actor: Actor, person_id: UUID) -> Response[Any]:
        """Show the form of a person's facts; what is masked stays masked in it."""
        return person_form(request, await find_person(actor, person_id))

    @post("/edit", guards=[can("register.write")])
    async def update(self, request: Request[Any, Any, Any], actor: Actor, person_id: UUID) -> Response[Any]:
        """Change the facts that were typed; when somebody else was faster, say so and keep what was typed."""
        person = await find_person(actor, person_id)
        form = await read_form(request, PersonFacts)
        facts = facts_of(form)
        if not form.ok:
            return person_form(request, person, form, 422)
        try:
            await edit_person(person_id, facts, form.data.version, by=actor)
        except Overtaken as error:
            return person_form(request, error.now, form, 409, overtaken=True)
        return Redirect(f"/people/{person_id}?done=edit", status_code=303)


class Reveals(Controller):
    """Looking at a person unmasked."""

    path = "/people/{person_id:uuid}/reveal"
    guards = (can("register.reveal"),)

    @get("/")
    async def ask(self, request: Request[Any, Any, Any], actor: Actor, person_id: UUID) -> Response[Any]:
        """Ask why."""
        return reveal_page(request, await find_person(actor, person_id))

    @post("/")
    async def create(self, request: Request[Any, Any, Any], actor: Actor, person_id: UUID) -> Response[Any]:
        """Show the person in this one answer, after putting on record who looked and why."""
        person = await find_person(actor, person_id)
        form = await read_form(request, Revealing)
        reason = reason_of(form)
        if not reason:
            return reveal_page(request, person, form, 422)
        found = await reveal(person_id, reason, by=actor)
        return page(request, "communities/revealed.html", person=found.person, plates=found.plates, reason=reason)


def reason_of(form: Form[Revealing]) -> str:
    """Return the reason given, chosen or typed or both; "" after noting that there is none."""
    if not form.ok:
        return ""
    usual = _(REASONS[form.data.usual]) if form.data.usual in REASONS else ""
    typed = form.data.reason or ""
    if not usual and len(typed) < 2:
        form.fail("usual", _("请选择或填写原因"))
    return "：".join(part for part in (usual, typed) if part) if form.ok else ""


def facts_of(form: Form[PersonFacts]) -> dict[str, Any]:
    """Return the facts to change: those typed, and those to be forgotten. Phones are checked here."""
    phones = {name: real_phone(form, name) for name in ("phone", "phone_2")}
    if not form.ok:
        return {}
    told = form.data
    facts: dict[str, Any] = {"kind": told.kind, "note": told.note}
    typed = {"name": told.name, "email": told.email, "emergency_contact": told.emergency_contact} | phones
    facts |= {name: value for name, value in typed.items() if value}
    return facts | {name: None for name in told.clear if name not in facts}


def person_form(
    request: Request[Any, Any, Any],
    person: Person,
    form: Form[PersonFacts] | None = None,
    status: int = 200,
    *,
    overtaken: bool = False,
) -> Response[Any]:
    """Answer with the form of a person's facts."""
    return page(
        request,
        "communities/person_edit.html",
        status,
        person=person,
        form=form,
        overtaken=overtaken,
        kinds=options(PERSON_KINDS),
    )


def reveal_page(
    request: Request[Any, Any, Any], person: Person, form: Form[Revealing] | None = None, status: int = 200
) -> Response[Any]:
    """Answer with the page that asks why."""
    return page(request, "communities/reveal.html", status, person=person, form=form, reasons=options(REASONS))
