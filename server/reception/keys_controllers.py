"""Keys and letters over HTTP."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.response import Redirect

from server.lib.formats import CHINA, now
from server.lib.forms import Form, blank, read_form
from server.lib.i18n import N_, _
from server.lib.ids import uuid7
from server.lib.paging import page_number
from server.lib.templating import page
from server.reception import keys, letters
from server.reception.controllers import finder, is_uuid
from server.reception.finding import Overtaken
from server.reception.forms import BackForm, HandForm, KeyForm, LetterForm, LoanForm, SendBackForm
from server.reception.keys import IsOut, Key, Taken, TooSoon
from server.reception.letters import NewLetter
from server.reception.receiving import Elsewhere
from server.reception.words import LETTER_STATES, LETTERS
from server.security.actor import Actor
from server.security.guards import can

KEY_VIEWS = {"": N_("全部"), "out": N_("借出"), "late": N_("逾期未还"), "in": N_("在架"), "off": N_("停用")}


class Keys(Controller):
    """The keys at the front desk."""

    path = "/reception/keys"
    guards = (can("reception.read"),)

    @get("/")
    async def index(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Show the keys."""
        return await keys_page(request, actor)

    @post("/", guards=[can("reception.log")])
    async def create(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Add a key."""
        form = await read_form(request, KeyForm)
        if await saved(form, actor, version=0):
            return Redirect("/reception/keys", status_code=303)
        return await keys_page(request, actor, form)

    @get("/{key_id:uuid}")
    async def show(self, request: Request[Any, Any, Any], actor: Actor, key_id: UUID) -> Response[Any]:
        """Show a key and who had it."""
        return await key_page(request, actor, key_id)

    @post("/{key_id:uuid}", guards=[can("reception.log")])
    async def change(self, request: Request[Any, Any, Any], actor: Actor, key_id: UUID) -> Response[Any]:
        """Change its name or hook, or put it out of use."""
        await keys.find(key_id, by=actor)
        form = await read_form(request, KeyForm)
        if form.ok:
            form.data.id = key_id
        if await saved(form, actor, version=form.data.version if form.ok else 0):
            return Redirect(f"/reception/keys/{key_id}", status_code=303)
        return await key_page(request, actor, key_id, changed=form)

    @post("/{key_id:uuid}/loan", guards=[can("reception.log")])
    async def lend(self, request: Request[Any, Any, Any], actor: Actor, key_id: UUID) -> Response[Any]:
        """Hand it out."""
        await keys.find(key_id, by=actor)
        form = await read_form(request, LoanForm)
        if form.ok:
            data = form.data
            try:
                await keys.lend(
                    key_id, by=actor, borrower=data.borrower, phone=data.phone, purpose=data.purpose, due_at=data.due_at
                )
                return Redirect(f"/reception/keys/{key_id}", status_code=303)
            except TooSoon:
                form.fail("due_at", _("要晚于现在"))
            except IsOut:
                form.fail("borrower", _("这把钥匙刚被借走，还没有还"))
        return await key_page(request, actor, key_id, loan=form)

    @post("/{key_id:uuid}/return", guards=[can("reception.log")])
    async def take_back(self, request: Request[Any, Any, Any], actor: Actor, key_id: UUID) -> Response[Any]:
        """Take it back."""
        await keys.find(key_id, by=actor)
        form = await read_form(request, BackForm)
        if form.ok:
            try:
                await keys.take_back(key_id, by=actor, loan_id=form.data.loan_id, note=form.data.note)
                return Redirect(f"/reception/keys/{key_id}", status_code=303)
            except Overtaken:
                form.fail("note", _("已经还过了，请看下面的记录"))
        return await key_page(request, actor, key_id, back=form)


async def saved(form: Form[KeyForm], actor: Actor, *, version: int) -> bool:
    """Save the key of a form; return whether it is saved, else what is wrong is noted in the form."""
    if not form.ok:
        return False
    data = form.data
    key = Key(
        id=data.id, name=data.name, hook=data.hook, room_id=None, is_active=data.is_active or not version, version=version
    )  # fmt: skip
    try:
        if version:
            key.room_id = (await keys.find(key.id, by=actor)).room_id
        await keys.save(key, by=actor)
        return True
    except Taken:
        form.fail("name", _("已经有这个名字的钥匙"))
    except IsOut:
        form.fail("is_active", _("钥匙还借在外面，还回来才能停用"))
    except Overtaken:
        form.fail("name", _("刚才有同事改过，请核对后再保存"))
    return False


async def keys_page(request: Request[Any, Any, Any], actor: Actor, form: Form[Any] | None = None) -> Response[Any]:
    """Return the list of keys, with the form for another."""
    query = request.query_params
    view = str(query.get("view", ""))
    view = view if view in KEY_VIEWS else ""
    words = str(query.get("q", "")).replace("\0", "")[:60]
    return page(
        request,
        "reception/keys.html",
        422 if form else 200,
        form=form,
        key_id=str(uuid7()),
        keys=await keys.listed(actor, words, view, page_number(request)),
        chips=[
            {"href": f"/reception/keys?view={key}", "label": _(label), "current": key == view}
            for key, label in KEY_VIEWS.items()
        ],
        view=view,
        words=words,
    )


async def key_page(
    request: Request[Any, Any, Any],
    actor: Actor,
    key_id: UUID,
    *,
    loan: Form[Any] | None = None,
    back: Form[Any] | None = None,
    changed: Form[Any] | None = None,
) -> Response[Any]:
    """Return a key with what can be done with it; the forms are those that were refused."""
    key = await keys.find(key_id, by=actor)
    evening = now().astimezone(CHINA).replace(hour=18, minute=0)
    due = evening if evening > now() + timedelta(hours=1) else now().astimezone(CHINA) + timedelta(hours=2)
    return page(
        request,
        "reception/key.html",
        422 if loan or back or changed else 200,
        key=key,
        loans=await keys.loans_of(key_id),
        loan=loan,
        back=back,
        changed=changed or blank(name=key.name, hook=key.hook, is_active="1" if key.is_active else ""),
        due=minute(due),
    )


def minute(at: datetime) -> str:
    """Return a moment as an input of date and time wants it."""
    return f"{at.astimezone(CHINA):%Y-%m-%dT%H:%M}"


class Letters(Controller):
    """Letters and parcels at the front desk."""

    path = "/reception/letters"
    guards = (can("reception.read"),)

    @get("/")
    async def index(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Show what waits."""
        return await letters_page(request, actor)

    @post("/", guards=[can("reception.log")])
    async def create(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Write down what arrived."""
        form = await read_form(request, LetterForm)
        data = form.struct
        if data is not None and data.room_id is None:
            form.fail("q", _("请搜索并选择房号"))
        if form.ok and data is not None and data.room_id is not None:
            new = NewLetter(
                id=data.id, room_id=data.room_id, kind=data.kind, addressee=data.addressee, detail=data.detail, shelf=data.shelf
            )  # fmt: skip
            try:
                await letters.take_in(new, by=actor)
                return Redirect("/reception/letters", status_code=303)
            except Elsewhere:
                form.fail("q", _("请重新查找并选择房号"))
        return await letters_page(request, actor, form)

    @get("/{letter_id:uuid}")
    async def show(self, request: Request[Any, Any, Any], actor: Actor, letter_id: UUID) -> Response[Any]:
        """Show a letter."""
        return await letter_page(request, actor, letter_id)

    @post("/{letter_id:uuid}/handover", guards=[can("reception.log")])
    async def hand_out(self, request: Request[Any, Any, Any], actor: Actor, letter_id: UUID) -> Response[Any]:
        """Give it to somebody."""
        await letters.find(letter_id, by=actor)
        form = await read_form(request, HandForm)
        if form.ok:
            try:
                await letters.hand_out(
                    letter_id, by=actor, to=form.data.to, base=form.data.version, note=form.data.note
                )
                return Redirect("/reception/letters", status_code=303)
            except Overtaken:
                form.fail("to", _("已经被领走或退回了"))
        return await letter_page(request, actor, letter_id, hand=form)

    @post("/{letter_id:uuid}/return", guards=[can("reception.log")])
    async def send_back(self, request: Request[Any, Any, Any], actor: Actor, letter_id: UUID) -> Response[Any]:
        """Return it to its sender."""
        await letters.find(letter_id, by=actor)
        form = await read_form(request, SendBackForm)
        if form.ok:
            try:
                await letters.send_back(letter_id, by=actor, base=form.data.version, note=form.data.note)
                return Redirect("/reception/letters", status_code=303)
            except Overtaken:
                form.fail("note", _("已经被领走或退回了"))
        return await letter_page(request, actor, letter_id, back=form)


async def letters_page(request: Request[Any, Any, Any], actor: Actor, form: Form[Any] | None = None) -> Response[Any]:
    """Return the list of letters, with the form for another."""
    query = request.query_params
    state = str(query.get("state", "waiting"))
    state = state if state in LETTER_STATES else "waiting"
    words = str(query.get("q", "")).replace("\0", "")[:60]
    typed = form or blank()
    found = await finder(actor, str(typed.value("q")), str(typed.value("room_id")))
    return page(
        request,
        "reception/letters.html",
        422 if form else 200,
        form=form,
        letter_id=str(typed.value("id")) if form and is_uuid(str(typed.value("id"))) else str(uuid7()),
        letters=await letters.listed(actor, words, state, page_number(request)),
        chips=[
            {"href": f"/reception/letters?state={key}", "label": _(label), "current": key == state}
            for key, label in LETTER_STATES.items()
        ],
        kinds=[(key, _(label)) for key, label in LETTERS.items()],
        names=LETTERS,
        state=state,
        words=words,
        **found,
    )


async def letter_page(
    request: Request[Any, Any, Any],
    actor: Actor,
    letter_id: UUID,
    *,
    hand: Form[Any] | None = None,
    back: Form[Any] | None = None,
) -> Response[Any]:
    """Return a letter with what can be done with it; the forms are those that were refused."""
    letter = await letters.find(letter_id, by=actor)
    return page(
        request, "reception/letter.html", 422 if hand or back else 200, letter=letter, kind=LETTERS[letter.kind],
        state=LETTER_STATES[letter.state], hand=hand, back=back,
    )  # fmt: skip
