"""The month report over HTTP: the report itself, the tickets behind a figure, what is written; its measures."""

import datetime as dt
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Annotated, Any, Literal
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.exceptions import NotFoundException
from litestar.response import Redirect

from server.complaints import showing
from server.complaints.finding import select as select_complaints
from server.lib.formats import now, today
from server.lib.forms import Form, blank, read_form
from server.lib.i18n import _
from server.lib.paging import Page, base_address, offset, page_number
from server.lib.templating import page
from server.lib.workbooks import XLSX
from server.quality import cases, complaints, counting, measures, months, notes
from server.quality.measures import Decision, Impossible
from server.quality.notes import Fixed, NotOver, Stale
from server.quality.repairs import DIMENSIONS, named
from server.quality.reporting import Report, report_of, spreadsheet
from server.quality.sections import SECTIONS, aims
from server.security.actor import Actor
from server.security.guards import can, in_community
from server.tickets.controllers import lines
from server.tickets.finding import select

MonthText = Annotated[str, msgspec.Meta(pattern=f"^{months.MONTH.pattern}$")]
Words = Annotated[str, msgspec.Meta(max_length=5000)]


class FindingsForm(msgspec.Struct):
    """What the manager writes of a month."""

    month: MonthText
    findings: Words
    version: int = 0


class MonthForm(msgspec.Struct):
    """One tap on a month."""

    month: MonthText
    version: int = 0


class ReopeningForm(msgspec.Struct):
    """Why a fixed report is opened again."""

    month: MonthText
    reason: Annotated[str, msgspec.Meta(max_length=500)]
    version: int = 0


class MeasureForm(msgspec.Struct, kw_only=True):
    """A measure that is decided."""

    month: MonthText
    what: Annotated[str, msgspec.Meta(max_length=200)]
    aim: str
    target: Annotated[Decimal, msgspec.Meta(ge=0, le=1_000_000)] | None = None
    person_id: UUID
    due_on: dt.date


class EndForm(msgspec.Struct):
    """What became of a measure."""

    proof: Annotated[str, msgspec.Meta(max_length=1000)]
    version: int = 0


class Quality(Controller):
    """The month report."""

    path = "/quality"
    guards = (can("report.read"),)

    @get("/")
    async def index(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Show the report of a month, of the last whole one first."""
        return await report_page(request, await report_of(month_asked(request), by=actor))

    @get("/export")
    async def export(self, request: Request[Any, Any, Any], actor: Actor) -> Response[bytes]:
        """Hand out the report as a spreadsheet."""
        month = month_asked(request)
        headers = {"Content-Disposition": f'attachment; filename="report-{month}.xlsx"'}
        return Response(await spreadsheet(month, by=actor), media_type=XLSX, headers=headers)

    @get("/tickets")
    async def tickets(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Show the tickets behind a figure."""
        asked = {name: str(request.query_params.get(name, ""))[:40] for name in ("figure", "by", "key")}
        if asked["figure"] not in counting.BEHIND or asked["by"] not in ("", *DIMENSIONS):
            raise NotFoundException
        month, number = month_asked(request), page_number(request)
        ids = await counting.behind(actor.here, month, **asked)
        found = await select("ticket.id = any ({0})", ids, by=actor, skip=offset(number))
        return page(
            request,
            "quality/tickets.html",
            month=month,
            what=behind_words(asked["figure"]),
            under=named(await counting.names(actor.here), asked["by"], asked["key"]) if asked["by"] else "",
            is_fixed=(await notes.note_of(actor.here, month)).fixed_at is not None,
            tickets=lines(Page(found, len(ids), number), actor),
            base=base_address(request),
        )

    @get("/complaints")
    async def complaints(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Show the complaints behind a figure, those within the actor's reach."""
        asked = {name: str(request.query_params.get(name, ""))[:40] for name in ("figure", "by", "key")}
        if asked["figure"] not in cases.BEHIND or asked["by"] not in ("", *complaints.DIMENSIONS):
            raise NotFoundException
        month = month_asked(request)
        ids = await cases.behind(actor.here, month, **asked)
        found = await select_complaints("complaint.id = any ($5)", ids, by=actor, limit=len(ids) or 1)
        return page(
            request, "quality/complaints.html", month=month, what=case_words(asked["figure"]),
            under=complaints.named(asked["by"], asked["key"]) if asked["by"] else "",
            cases=[showing.line(one) for one in found],
        )  # fmt: skip

    @get("/findings", guards=[can("report.decide")])
    async def findings(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Show the form for what the month says; it begins with what the figures say."""
        return await findings_page(request, await report_of(month_asked(request), by=actor), None)

    @post("/findings", guards=[can("report.decide")])
    async def write(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Write the findings."""
        form = await read_form(request, FindingsForm)
        if form.ok:
            try:
                data = form.data
                await notes.write(known(data.month), data.findings, by=actor, version=data.version)
                return to(data.month)
            except Fixed:
                form.fail("findings", _("这个月的报告已经定稿，要改先取消定稿"))
            except Stale:
                form.fail("findings", _("刚才有同事改过，请核对后再保存"))
                form.values.pop("version", None)
        return await findings_page(request, await report_of(months.chosen(form.value("month")), by=actor), form)

    @post("/fixing", guards=[can("report.decide")])
    async def fix(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Fix the report with its figures."""
        form = await read_form(request, MonthForm)
        month = known(form.data.month if form.ok else "")
        why = await refusal(lambda: notes.fix(month, by=actor, version=form.data.version))
        return to(month) if why is None else await report_page(request, await report_of(month, by=actor), why)

    @get("/reopening", guards=[can("report.decide")])
    async def reopening(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Show the form that opens a fixed report again."""
        report = await report_of(month_asked(request), by=actor)
        if report.note.fixed_at is None:
            return to(report.month)
        return page(request, "quality/reopening.html", report=report, form=None)

    @post("/reopening", guards=[can("report.decide")])
    async def reopen(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Open it again, with the reason."""
        form = await read_form(request, ReopeningForm)
        month = months.chosen(form.value("month"))
        if form.ok:
            try:
                await notes.reopen(month, form.data.reason, by=actor, version=form.data.version)
                return to(month)
            except Fixed:
                return to(month)
            except Stale:
                form.fail("reason", _("刚才有同事改过，请核对后再保存"))
                form.values.pop("version", None)
        return page(request, "quality/reopening.html", 422, report=await report_of(month, by=actor), form=form)


class Measures(Controller):
    """What was decided, and what became of it."""

    path = "/quality/measures"

    @get("/", guards=[can("report.read")])
    async def index(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Show all measures."""
        view = str(request.query_params.get("view", "open"))
        view = view if view in measures.VIEWS else "open"
        text = str(request.query_params.get("q", "")).replace("\0", "")[:60]
        found, counts = (
            await measures.listed(actor, view, text, page_number(request)),
            await measures.tallies(actor.here),
        )
        return page(
            request, "quality/measures.html", text=text, base=base_address(request), states=measures.STATES,
            chips=[
                {"href": f"/quality/measures?view={name}", "label": _(label), "count": counts[name], "current": name == view}
                for name, (label, _condition) in measures.VIEWS.items()
            ],
            found=Page([measures.followed(one) for one in found.items], found.total, found.number),
        )  # fmt: skip

    @get("/new", guards=[can("report.decide")])
    async def new(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Show the form of a measure."""
        month, aim = month_asked(request), str(request.query_params.get("aim", ""))
        return await measure_page(request, actor, month, blank(aim=aim if aim in aims() else None))

    @post("/", guards=[can("report.decide")])
    async def decide(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Decide a measure."""
        form = await read_form(request, MeasureForm)
        if form.ok:
            data = form.data
            try:
                await measures.decide(
                    Decision(
                        month=known(data.month), what=data.what, aim=data.aim, person_id=data.person_id, due_on=data.due_on,
                        target=data.target,
                    ),
                    by=actor,
                )  # fmt: skip
                return to(data.month, "#measures")
            except Impossible as error:
                wrong = {"due_on": _("期限不能早于今天"), "person_id": _("请从列表中选择"), "aim": _("请从列表中选择")}
                form.fail(error.args[0], wrong[error.args[0]])
            except Fixed:
                form.fail("what", _("这个月的报告已经定稿，请在本月的报告里定措施"))
        return await measure_page(request, actor, months.chosen(form.value("month")), form, 422)

    @get("/{measure_id:uuid}", guards=[in_community])
    async def show(self, request: Request[Any, Any, Any], actor: Actor, measure_id: UUID) -> Response[Any]:
        """Show a measure to who reads reports, and to who has to do it."""
        return ending_page(request, actor, await measures.find(measure_id, by=actor), None)

    @post("/{measure_id:uuid}/completion", guards=[in_community])
    async def complete(self, request: Request[Any, Any, Any], actor: Actor, measure_id: UUID) -> Response[Any]:
        """Say what was done."""
        return await end(request, actor, measure_id, "done")

    @post("/{measure_id:uuid}/withdrawal", guards=[can("report.decide")])
    async def withdraw(self, request: Request[Any, Any, Any], actor: Actor, measure_id: UUID) -> Response[Any]:
        """Say why it is dropped."""
        return await end(request, actor, measure_id, "dropped")


def month_asked(request: Request[Any, Any, Any]) -> str:
    """Return the month an address names."""
    return months.chosen(request.query_params.get("month"))


def known(month: str) -> str:
    """Return a month of the form; raise NotFoundException for one that has not begun, or is none."""
    if not months.MONTH.fullmatch(month) or month > months.month_of(now()):
        raise NotFoundException
    return month


def to(month: str, anchor: str = "") -> Response[Any]:
    """Lead to the report of a month."""
    return Redirect(f"/quality?{urlencode({'month': month})}{anchor}", status_code=303)


async def refusal(act: Callable[[], Awaitable[None]]) -> str | None:
    """Do something to a report; return why it cannot be done."""
    try:
        await act()
    except NotOver:
        return _("这个月还没过完，过完才能定稿")
    except Fixed:
        return _("先写总结并保存，再定稿；已经定稿的不能再定")
    except Stale:
        return _("刚才有同事改过，请核对后再保存")
    return None


async def report_page(request: Request[Any, Any, Any], report: Report, refused: str | None = None) -> Response[Any]:
    """Answer with the report."""
    present = months.month_of(now())
    sections = [(SECTIONS[key], SECTIONS[key].context(one)) for key, one in report.figures.items() if key in SECTIONS]
    return page(
        request, "quality/index.html", 422 if refused else 200, report=report, sections=sections, refused=refused,
        earlier=months.before(report.month), later=months.before(report.month, -1) if report.month < present else None,
        choices=[(one, one) for one in reversed(months.up_to(present, 24))], is_over=months.is_over(report.month),
        states=measures.STATES,
    )  # fmt: skip


async def findings_page(request: Request[Any, Any, Any], report: Report, form: Form[Any] | None) -> Response[Any]:
    """Answer with the form of the findings; a fixed report is only shown."""
    if report.note.fixed_at is not None and form is None:
        return to(report.month)
    status = 422 if form else 200
    return page(request, "quality/findings.html", status, report=report, form=form, values=report.values)


async def measure_page(
    request: Request[Any, Any, Any], actor: Actor, month: str, form: Form[Any], status: int = 200
) -> Response[Any]:
    """Answer with the form of a measure."""
    report = await report_of(month, by=actor)
    if report.note.fixed_at is not None and status == 200:
        return to(month)
    return page(
        request, "quality/measure_new.html", status, report=report, form=form, values=report.values,
        aims=[(key, label) for key, (label, _unit, _better) in aims().items()],
        people=[(str(one.person_id), one.name) for one in await measures.hands(actor.here)],
        due=today() + dt.timedelta(days=30),
    )  # fmt: skip


def ending_page(
    request: Request[Any, Any, Any], actor: Actor, measure: measures.Measure, form: Form[Any] | None
) -> Response[Any]:
    """Answer with a measure, and with the form that ends it for those who may."""
    return page(
        request, "quality/measure.html", 422 if form else 200, one=measures.followed(measure), form=form,
        may_end=measures.may_end(measure, actor), states=measures.STATES,
    )  # fmt: skip


async def end(
    request: Request[Any, Any, Any], actor: Actor, measure_id: UUID, state: Literal["done", "dropped"]
) -> Response[Any]:
    """End a measure; what is wrong is said beside the field."""
    seen = await measures.find(measure_id, by=actor)
    form = await read_form(request, EndForm)
    if form.ok:
        try:
            await measures.end(measure_id, state, form.data.proof, by=actor, version=form.data.version)
            return Redirect(f"/quality/measures/{measure_id}", status_code=303)
        except Stale:
            form.fail("proof", _("刚才有同事改过，请核对后再保存"))
            form.values.pop("version", None)
            seen = await measures.find(measure_id, by=actor)
    return ending_page(request, actor, seen, form)


def behind_words(figure: str) -> str:
    """Return what the tickets behind a figure are called."""
    return {
        "reported": _("本月报修"), "repeated": _("30 天内重复报修"), "dropped": _("取消和不予受理"), "arrivals": _("本月到场"),
        "arrived_late": _("到场迟到"), "finished": _("本月完工"), "finished_late": _("完工超时"), "again": _("返工和重开"),
        "rated": _("业主已评价"), "poor": _("业主不满意"), "called": _("已回访"), "call_c": _("回访评 C"), "open": _("月末未完工"),
        "charged": _("有收费的"), "received": _("本月收到维修费"),
    }[figure]  # fmt: skip


def case_words(figure: str) -> str:
    """Return what the complaints behind a figure are called."""
    return {
        "received": _("本月投诉"), "major": _("重大投诉"), "late_replies": _("24 小时内没有回复"), "late_answers": _("答复超时"),
        "beyond": _("超过 7 天未答复"), "verdicts": _("业主已评价"), "refused": _("业主不满意"), "open": _("月末未办结"), "suggestions": _("建议"),
    }[figure]  # fmt: skip
