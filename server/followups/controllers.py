"""Follow-ups over HTTP: the list of calls, one call with its form, how repairs were drawn."""

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.response import Redirect

from server.communities.exporting import TooMany
from server.followups import calling, drawn, register
from server.followups.calling import Answers, NotByYou, Settled
from server.followups.exporting import answers_of, spreadsheet
from server.followups.finding import FollowUpView, find
from server.followups.kinds import ANSWERS, ATTITUDES, ENTITIES, QUESTIONS, RATINGS, REASONS, STATES, TONES, TRIES
from server.followups.register import filters_from, listed
from server.lib.acting import Act
from server.lib.forms import Form, blank, read_form
from server.lib.i18n import _
from server.lib.paging import page_number
from server.lib.templating import page
from server.lib.workbooks import XLSX
from server.security.actor import Actor
from server.security.guards import can

Note = Annotated[str, msgspec.Meta(max_length=1000)]
Told = Literal["yes", "no", "none"]


class AnswerForm(msgspec.Struct, kw_only=True):
    """What the owner said."""

    version: int
    rating: Literal["A", "B", "C"]
    respondent: Annotated[str, msgspec.Meta(max_length=60)]
    on_time: Told
    solved: Told
    charge: Told
    tidy: Told
    attitude: Told
    note: Note | None = None


class MissForm(msgspec.Struct, kw_only=True):
    """That nobody answered."""

    version: int
    note: Note | None = None


class FollowUps(Controller):
    """The calls."""

    path = "/followups"
    guards = (can("followup.call"),)

    @get("/")
    async def index(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Show the list of calls."""
        return await list_page(request, actor)

    @get("/export")
    async def export(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Answer with the record of calls as a spreadsheet."""
        try:
            content = await spreadsheet(filters_from(request.query_params), by=actor)
        except TooMany as error:
            return await list_page(request, actor, 422, error)
        headers = {"content-disposition": 'attachment; filename="followups.xlsx"'}
        return Response(content, media_type=XLSX, headers=headers)

    @get("/drawn")
    async def how_drawn(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Show a month's accepted repairs with their lots, so that anybody can draw again."""
        month = drawn.month_from(str(request.query_params.get("month", "")))
        found, percent = await drawn.repairs(actor, month, page_number(request)), await drawn.percent_here(actor)
        return page(
            request,
            "followups/drawn.html",
            month=month,
            months=drawn.last_months(),
            repairs=found,
            percent=percent,
            reasons=REASONS,
        )

    @get("/{call_id:uuid}")
    async def show(self, request: Request[Any, Any, Any], actor: Actor, call_id: UUID) -> Response[Any]:
        """Show one call: the form while it is due, else what was said."""
        return call_page(request, actor, await find(call_id, by=actor))

    @post("/{call_id:uuid}")
    async def answer(self, request: Request[Any, Any, Any], actor: Actor, call_id: UUID) -> Response[Any]:
        """Note what the owner said."""
        form = await read_form(request, AnswerForm)
        call = await find(call_id, by=actor)
        if form.struct is not None and form.struct.rating == "C" and not form.struct.note:
            form.fail("note", _("不满意的，请写明原因：工单会重开，师傅要看"))
        if not form.ok:
            return call_page(request, actor, call, form)
        data = form.data
        answers = Answers(
            rating=data.rating, respondent=data.respondent, note=data.note,
            questions={key: getattr(data, key) for key in QUESTIONS},
        )  # fmt: skip
        step = calling.answered(call_id, answers, by=actor, act=Act(base=data.version))
        return await attempt(request, actor, call_id, step, form)

    @post("/{call_id:uuid}/miss")
    async def miss(self, request: Request[Any, Any, Any], actor: Actor, call_id: UUID) -> Response[Any]:
        """Note that nobody answered."""
        form = await read_form(request, MissForm)
        if not form.ok:
            return call_page(request, actor, await find(call_id, by=actor), form)
        step = calling.missed(call_id, by=actor, act=Act(base=form.data.version, note=form.data.note))
        return await attempt(request, actor, call_id, step, form)


async def attempt(
    request: Request[Any, Any, Any], actor: Actor, call_id: UUID, step: Any, form: Form[Any]
) -> Response[Any]:
    """Take the step and lead back to the list; or say what stands in the way, with everything typed kept."""
    try:
        call = await step
    except NotByYou:
        form.fail("rating", _("这一单您参与过，请换一位同事回访"))
        return call_page(request, actor, await find(call_id, by=actor), form)
    except Settled as error:
        return call_page(request, actor, error.call, form, 409)
    return Redirect(
        f"/followups/{call_id}" if call.rating == "C" or call.state == "due" else "/followups", status_code=303
    )


def call_page(
    request: Request[Any, Any, Any], actor: Actor, call: FollowUpView, form: Form[Any] | None = None, status: int = 0
) -> Response[Any]:
    """Answer with one call."""
    return page(
        request,
        "followups/call.html",
        status or (422 if form else 200),
        call=call,
        form=form or blank(respondent=call.reporter),
        barred=call.bars(actor),
        overtaken=status == 409,
        reason=_(REASONS[call.reason]),
        state=_(STATES[call.state]),
        ratings=RATINGS,
        tones=TONES,
        questions=QUESTIONS,
        choices={key: ATTITUDES if key == "attitude" else ANSWERS for key in QUESTIONS},
        said=list(zip(QUESTIONS.values(), answers_of(call), strict=True)),
        tries=TRIES,
    )


async def list_page(
    request: Request[Any, Any, Any], actor: Actor, status: int = 200, too_many: TooMany | None = None
) -> Response[Any]:
    """Answer with the list of calls."""
    filters, tallies = filters_from(request.query_params), await register.tallies(actor)
    return page(
        request,
        "followups/index.html",
        status,
        filters=filters,
        tallies=tallies,
        chips=register.chips(filters, tallies.counts),
        calls=await listed(actor, filters, page_number(request)),
        entities=[(key, _(label)) for key, label in ENTITIES.items()],
        reasons=REASONS,
        ratings=RATINGS,
        states=STATES,
        tones=TONES,
        too_many=too_many,
    )
