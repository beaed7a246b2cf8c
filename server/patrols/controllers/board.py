"""The board of a day, one round's report, the rates."""

import datetime as dt
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.response import Redirect

from server.lib.formats import CHINA, now, today
from server.lib.forms import Form, read_form
from server.lib.i18n import _
from server.lib.paging import base_address, page_number
from server.lib.templating import page
from server.patrols import board, explaining
from server.patrols.controllers.tabs import tabs
from server.patrols.exporting import SHEET, pdf, rounds_sheet
from server.patrols.forms import BackfillForm, ReasonForm
from server.patrols.kinds import GRADES, KINDS, POSTS
from server.patrols.rates import chart, rates
from server.patrols.typesetting import NoFont
from server.security.actor import Actor
from server.security.guards import can

MONTH = 30


class Patrols(Controller):
    """What the office sees of rounds."""

    path = "/patrols"
    guards = (can("patrol.read"),)

    @get("/")
    async def index(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Show a day's rounds, as a list or by place."""
        day = board.day_of(str(request.query_params.get("day", "")))
        chosen = str(request.query_params.get("filter", "all"))
        chosen = chosen if chosen in board.FILTERS else "all"
        by_place = request.query_params.get("view") == "places"
        counts = await board.counts(actor, day)
        return page(
            request,
            "patrols/board.html",
            tabs=tabs(actor, "/patrols"),
            day=day,
            before=day - dt.timedelta(days=1),
            after=day + dt.timedelta(days=1),
            counts=counts,
            chosen=chosen,
            by_place=by_place,
            kinds=KINDS,
            posts=POSTS,
            chips=[
                {
                    "href": f"/patrols?day={day}&filter={key}",
                    "label": _(label),
                    "count": counts[key],
                    "current": key == chosen,
                }
                for key, (label, _condition) in board.FILTERS.items()
            ],
            places=await board.places_of(actor, day) if by_place else [],
            rounds=await board.rounds_of(actor, day, chosen, page_number(request)),
            base=base_address(request),
        )

    @get("/rates")
    async def rates(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Show the rates of the last thirty days, or of those asked for."""
        until = board.day_of(str(request.query_params.get("until", "")))
        days = {"7": 7, "30": MONTH, "90": 90}.get(str(request.query_params.get("days", "")), MONTH)
        found = await rates(actor, until - dt.timedelta(days=days - 1), until)
        by_day = found["day"]
        percents = [(one.label, 100 * one.good // one.whole if one.whole else 0, one.percent) for one in by_day]
        most = max((one.found for one in by_day), default=0)
        findings = [(one.label, one.found, str(one.found)) for one in by_day]
        return page(
            request,
            "patrols/rates.html",
            tabs=tabs(actor, "/patrols/rates"),
            found=found,
            days=days,
            posts=POSTS,
            done=chart(percents, 100),
            wrong=chart(findings, most),
            most=most,
        )

    @get("/export")
    async def export(self, request: Request[Any, Any, Any], actor: Actor) -> Response[bytes]:
        """Answer with a month's rounds as a spreadsheet."""
        until = board.day_of(str(request.query_params.get("until", "")))
        content = await rounds_sheet(until - dt.timedelta(days=MONTH), until, by=actor)
        return download(content, f"rounds-{today()}.xlsx", SHEET)

    @get("/{round_id:uuid}")
    async def show(self, request: Request[Any, Any, Any], actor: Actor, round_id: UUID) -> Response[Any]:
        """Show the report of one round."""
        return await report_page(request, actor, round_id)

    @get("/{round_id:uuid}/report.pdf")
    async def paper(self, request: Request[Any, Any, Any], actor: Actor, round_id: UUID) -> Response[Any]:
        """Answer with the report as PDF, or with the page and a sentence when no Chinese font is installed."""
        try:
            content = await pdf(round_id, by=actor)
        except NoFont:
            text = _("服务器没有中文字体，不能生成 PDF。请安装 fonts-noto-cjk，或用浏览器打印本页。")
            return await report_page(request, actor, round_id, notice=text)
        return download(content, f"round-{round_id}.pdf", "application/pdf")

    @post("/{round_id:uuid}/reason", guards=[can("patrol.manage")])
    async def explain(self, request: Request[Any, Any, Any], actor: Actor, round_id: UUID) -> Response[Any]:
        """Write down why a round was missed."""
        await board.find(round_id, by=actor)
        form = await read_form(request, ReasonForm)
        if not form.ok:
            return await report_page(request, actor, round_id, form=form)
        try:
            await explaining.explain(round_id, form.data.reason, by=actor)
        except explaining.Overtaken:
            return await report_page(request, actor, round_id, notice=_("这次巡查已经变了，请看下面的最新情况"))
        return Redirect(f"/patrols/{round_id}", status_code=303)

    @post("/{round_id:uuid}/backfill", guards=[can("patrol.manage")])
    async def backfill(self, request: Request[Any, Any, Any], actor: Actor, round_id: UUID) -> Response[Any]:
        """Write down that a round was walked without a phone."""
        await board.find(round_id, by=actor)
        form = await read_form(request, BackfillForm)
        if form.ok and form.data.at > now():
            form.fail("at", _("时间不能在以后"))
        if not form.ok:
            return await report_page(request, actor, round_id, form=form)
        data = form.data
        try:
            await explaining.backfill(round_id, data.version, data.walked_by, data.at, data.reason, by=actor)
        except explaining.Overtaken:
            return await report_page(request, actor, round_id, notice=_("这次巡查已经变了，请看下面的最新情况"))
        return Redirect(f"/patrols/{round_id}", status_code=303)


async def report_page(
    request: Request[Any, Any, Any], actor: Actor, round_id: UUID, form: Form[Any] | None = None, notice: str = ""
) -> Response[Any]:
    """Return a round's report; with a refused form, or with a sentence about what did not work."""
    context = await board.report(round_id, by=actor)
    at = f"{context['round'].due_at.astimezone(CHINA):%Y-%m-%dT%H:%M}"
    status = 422 if form else 409 if notice else 200
    over = context["round"].state == "missed" or context["round"].ends_at < now()
    return page(
        request, "patrols/show.html", status=status, form=form, notice=notice, grades=GRADES, at=at, over=over, **context
    )  # fmt: skip


def download(content: bytes, name: str, media: str) -> Response[bytes]:
    """Answer with a file."""
    return Response(content, media_type=media, headers={"Content-Disposition": f'attachment; filename="{name}"'})
