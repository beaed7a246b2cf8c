"""Complaints as pages show them: words, limits, what happened, what can be done."""

from typing import Any

from server.complaints import states
from server.complaints.changing import NOBODY, Event, events_of
from server.complaints.finding import ComplaintView, parties
from server.complaints.kinds import CAUSES, CHANNELS, KINDS, MAJORS, VERDICTS
from server.lib.formats import day, daytime, mask_name, now
from server.lib.i18n import N_, _
from server.security.actor import Actor
from server.security.capabilities import POSTS
from server.storage.photos import photos_of
from server.tickets.words import span

PAGES: dict[str, tuple[str, tuple[str, ...]]] = {
    "assign": (N_("交给谁办"), ("assign", "reassign")),
    "reply": (N_("先回复业主"), ("reply",)),
    "result": (N_("书面答复"), ("result",)),
    "extend": (N_("延长期限"), ("extend",)),
    "mark": (N_("标为重大"), ("mark",)),
    "note": (N_("补充说明或照片"), ("note",)),
    "verdict": (N_("评价答复"), ("accept", "refuse")),
    "withdraw": (N_("撤回"), ("withdraw",)),
}
"""The forms of the steps: what each is called, and the verbs it can mean."""


def offers(case: ComplaintView, actor: Actor) -> list[tuple[str, str]]:
    """Return the forms that lead on from here for `actor`, as (name, label). Only who complained judges on a page; others ask by phone."""
    known = parties(actor, case)
    verbs = set(states.verbs_of(case.standing, known)) - (
        set() if states.FILER in known else {"accept", "refuse", "withdraw"}
    )
    if case.state == "closed":
        verbs.discard("refuse")
    found = [(name, _(label)) for name, (label, means) in PAGES.items() if verbs & set(means)]
    if case.major is not None:
        found = [one for one in found if one[0] != "mark"]
    return found


def limit(case: ComplaintView) -> tuple[str, str]:
    """Return what the column 时限 says, and its tone."""
    if case.verdict and case.state == "closed":
        return _(VERDICTS[case.verdict]), ""
    if not case.is_open:
        return "—", ""
    what = _("回复") if case.replied_at is None else _("答复")
    left = (case.limit - now()).total_seconds()
    if left < 0:
        return _("%(what)s超时 %(span)s", what=what, span=span(-left)), "bad"
    return _("%(what)s剩 %(span)s", what=what, span=span(left)), ""


def line(case: ComplaintView) -> dict[str, Any]:
    """Return a complaint as a row of a list."""
    told, tone = limit(case)
    return {
        "case": case,
        "kind": _(KINDS[case.kind]),
        "channel": _(CHANNELS[case.channel]),
        "state": _(states.STATES[case.state]),
        "tone": states.TONES.get(case.state, ""),
        "limit": told,
        "limit_tone": tone,
        "cause": _(CAUSES[case.cause]) if case.cause else "",
        "major": _(MAJORS[case.major]) if case.major else "",
    }


def sentence(event: Event, case: ComplaintView, actor: Actor) -> str:
    """Return what happened, as said to `actor`: residents hear 物业, never a member of staff's name."""
    office = event.actor_post is not None
    who = _("物业") if office and not actor.is_staff else event.actor_name
    if not office:
        mine = case.filer_account_id is not None and case.filer_account_id == actor.account_id
        who = _("您") if mine else (_(NOBODY) if case.anonymous else mask_name(event.actor_name))
    detail = event.detail
    return {
        "file": _("物业登记了%(kind)s", kind=_(KINDS[case.kind]))
        if office
        else _("%(who)s提交了%(kind)s", who=who, kind=_(KINDS[case.kind])),
        "assign": _("交给 %(name)s 处理", name=detail.get("handler_name", ""))
        if actor.is_staff
        else _("已安排专人处理"),
        "reassign": _("改由 %(name)s 处理", name=detail.get("handler_name", ""))
        if actor.is_staff
        else _("换了一位同事处理"),
        "reply": _("%(who)s回复", who=who),
        "result": _("%(who)s书面答复", who=who),
        "accept": _("评价：%(verdict)s", verdict=_(VERDICTS.get(detail.get("verdict", ""), ""))),
        "refuse": _("评价：不满意，重新处理"),
        "lapse": _("联系不上，按办结处理"),
        "extend": _("答复延期到 %(until)s", until=str(detail.get("until", ""))[:10]),
        "mark": _("标为重大：%(why)s", why=_(MAJORS.get(detail.get("major", ""), ""))),
        "withdraw": _("%(who)s撤回了", who=who),
        "note": _("%(who)s补充", who=who),
        "escalate": _("超时，已上报"),
    }[event.kind]


UNTOLD = frozenset({"escalate", "mark"})
"""The office's own alarms: residents are not told of them."""

BAD = frozenset({"refuse", "escalate", "mark"})


def timeline(events: list[Event], case: ComplaintView, actor: Actor, photos: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the events as the page draws them, newest first."""
    return [
        {
            "text": sentence(one, case, actor),
            "meta": daytime(one.at)
            + (
                f" · {one.actor_name}（{_(POSTS[one.actor_post])}）"
                if actor.is_staff and one.actor_post and one.kind not in {"reply", "result"}
                else ""
            ),
            "tone": "bad" if one.kind in BAD else "muted" if one.kind == "withdraw" else "",
            "note": None if one.kind == "file" else one.note,  # the page shows it above
            "photos": [photos[id_] for id_ in one.detail.get("photos", []) if id_ in photos],
        }
        for one in events
        if actor.is_staff or one.kind not in UNTOLD
    ]


def facts(case: ComplaintView, actor: Actor) -> list[tuple[str, str]]:
    """Return the facts of a complaint in pairs; who made it only where they said so, in full only to who handles it."""
    found = [
        (_("类型"), _(KINDS[case.kind])),
        (_("位置"), case.place or "—"),
        (_("收到时间"), daytime(case.received_at)),
    ]
    if actor.is_staff:
        found.append((_("渠道"), _(CHANNELS[case.channel]) + (f" · {case.case_no}" if case.case_no else "")))
        found.append((_("投诉人"), _("匿名") if case.anonymous else case.filer_name or "—"))
        if case.contact_phone:
            found.append((_("联系电话"), case.contact_phone))
        found.append((_("经办人"), case.handler_name or "—"))
        if case.about_name:
            found.append((_("被投诉人"), _("%(name)s（不参与处理）", name=case.about_name)))
        if case.major:
            found.append((_("重大"), _(MAJORS[case.major])))
        if case.cause:
            found.append((_("原因"), _(CAUSES[case.cause])))
        found.append((_("首次回复"), _("%(by)s 前", by=daytime(case.reply_by)) if case.replied_at is None else daytime(case.replied_at)))  # fmt: skip
    found.append((_("答复期限"), _("%(by)s 前", by=daytime(case.due_at))))
    if actor.is_staff:
        found.append((_("最迟"), day(case.last_by)))
    found.append((_("编号"), case.number))
    return found


async def shown(case: ComplaintView, actor: Actor) -> dict[str, Any]:
    """Return everything a complaint's page shows to `actor`."""
    events, photos = await events_of(case.id), (await photos_of("complaint", [case.id]))[case.id]
    there = {str(one.id): one for one in photos if not one.is_waiting}
    return line(case) | {
        "facts": facts(case, actor),
        "timeline": timeline(events, case, actor, there),
        "offers": offers(case, actor),
        "version": f"{case.version}-{len(there)}-{actor.unread}",
    }
