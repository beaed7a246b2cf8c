"""How tickets are spoken of: sentences for the timeline, limits, names. No text here is built from anything but names."""

import datetime as dt
from typing import Any

from server.followups.kinds import RATINGS as CALL_RATINGS
from server.lib.formats import DOUBLE_SURNAMES, daytime, mask_name, now, yuan
from server.lib.i18n import _
from server.security.actor import Actor
from server.security.capabilities import POSTS
from server.tickets.events import Event
from server.tickets.finding import TicketView
from server.tickets.states import CONSENTS, LATE_STATES, RATINGS, REASONS


def shifu(name: str | None) -> str:
    """Return how residents speak of a repairman: 王师傅."""
    if not name:
        return "—"
    return _("%(surname)s师傅", surname=name[:2] if name[:2] in DOUBLE_SURNAMES else name[:1])


def shown_name(name: str | None, actor: Actor) -> str:
    """Return a repairman's name: in full among staff, 王师傅 to residents."""
    return (name or "—") if actor.is_staff else shifu(name)


def sentence(event: Event, actor: Actor) -> str:
    """Return what happened, as said to `actor`."""
    mine = event.account_id is not None and event.account_id == actor.account_id
    detail = event.detail
    who = shown_name(event.actor_name, actor)
    if event.actor_post is None:
        who = _("您") if mine else (mask_name(event.actor_name) if not actor.is_staff else _("业主"))
    to = shown_name(detail.get("assignee_name"), actor)
    office = event.actor_post is not None
    amount = "¥" + yuan(detail.get("amount", 0))
    how = _(CONSENTS.get(detail.get("how", ""), ""))
    if event.account_id is None and (detail.get("scanned") or event.kind == "too"):
        return _("有人扫码报修") if event.kind == "report" else _("又有人遇到")
    return {
        "too": _("%(who)s也遇到了", who=who),
        "claim": _("%(who)s认领了这次报修", who=who),
        "report": _("%(who)s上报了报修", who=event.actor_name) if office else _("%(who)s提交了报修", who=who),
        "register": _("物业登记了报修"),
        "accept": _("物业已受理"),
        "reject": _("物业不予受理"),
        "offer": _("等待师傅接单") if not actor.is_staff else _("放入抢单池"),
        "grab": _("%(who)s抢到了这一单", who=who) if actor.is_staff else _("%(who)s已接单", who=who),
        "dispatch": _("已派给 %(who)s", who=to),
        "reassign": _("改派给 %(who)s", who=to),
        "take": _("%(who)s已接单", who=who),
        "transfer": _("%(who)s退回了工单，物业重新安排", who=who),
        "arrive": _("%(who)s已到场", who=who),
        "quote": _("%(who)s报价 %(amount)s", who=who, amount=amount),
        "agree": _("%(who)s同意报价 %(amount)s", who=_("业主") if office else who, amount=amount)
        + (f"（{how}）" if office and how else ""),
        "decline": _("%(who)s没有同意报价", who=_("业主") if office else who),
        "start": _("%(who)s正在维修", who=who),
        "suspend": _("暂停：%(reason)s", reason=_(REASONS.get(detail.get("reason", ""), ""))),
        "resume": _("继续处理"),
        "finish": _("%(who)s已完工", who=who),
        "confirm": _("物业确认完工") if office else _("%(who)s验收了维修", who=who),
        "sign": _("业主当场验收（%(how)s）", how=how),
        "lapse": _("超过约定时间未验收，按验收处理"),
        "rework": _("物业要求返工") if office else _("%(who)s反馈没修好", who=who),
        "pay": _("已收维修费 %(amount)s", amount=amount),
        "follow_up": _("物业已回访") if detail.get("call") else _("物业回访，没有联系上"),
        "reopen": _("回访发现没修好，重新安排"),
        "cancel": _("物业取消了报修") if office else _("%(who)s取消了报修", who=who),
        "note": _("%(who)s补充", who=who),
        "urge": _("%(who)s催单", who=who),
        "adjust": _("物业调整了工单"),
        "escalate": _("超时，已上报"),
        "close": _("工单已完成"),
    }.get(event.kind, event.kind)


UNTOLD = frozenset({"close", "escalate"})
"""What says nothing to an owner that the step before it has not said, or is the office's own alarm."""


def timeline(events: list[Event], actor: Actor, photos: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the events as the page draws them, newest first; `photos` are those that have arrived, by id as text."""
    told = []
    for event in events:
        if event.kind == "close" or (event.kind in UNTOLD and not actor.is_staff):
            continue
        ids = event.detail.get("photos", [])
        shown = [photos[id_] for id_ in ids if id_ in photos]
        told.append(
            {
                "text": sentence(event, actor),
                "meta": _meta(event, actor, len(ids), len(shown)),
                "tone": {"cancel": "muted", "reject": "muted", "rework": "bad", "reopen": "bad", "escalate": "bad"}.get(
                    event.kind, ""
                ),
                "note": event.note,
                "photos": shown,
            }
        )
    return told


def _meta(event: Event, actor: Actor, count: int, arrived: int) -> str:
    """Return the small line under a sentence: when, who of the office (for staff), how many photos."""
    parts = [daytime(event.happened_at)]
    if actor.is_staff and event.actor_post is not None and event.kind not in {"take", "start", "finish"}:
        parts.append(f"{event.actor_name}（{_(POSTS[event.actor_post])}）")
    if rating := event.detail.get("rating"):
        parts.append(_(RATINGS[rating]))
    if actor.is_staff and (grade := detail_call(event)):
        parts.append(_(CALL_RATINGS[grade]))
    if count:
        parts.append(_("附 %(n)s 张照片", n=count))
    if count > arrived:
        parts.append(_("%(n)s 张正在上传", n=count - arrived))
    return " · ".join(parts)


def detail_call(event: Event) -> str:
    """Return the grade an owner gave on the phone: A, B, C or ''."""
    return str(event.detail.get("call", "")) if event.kind == "follow_up" else ""


def span(seconds: float) -> str:
    """Return a length of time in one unit: 12 分钟, 21 小时, 3 天."""
    minutes = int(seconds // 60)
    if minutes < 60:
        return _("%(n)s 分钟", n=max(minutes, 1))
    if minutes < 48 * 60:
        return _("%(n)s 小时", n=minutes // 60)
    return _("%(n)s 天", n=minutes // 60 // 24)


def limit(ticket: TicketView, at: dt.datetime | None = None) -> tuple[str, str]:
    """Return what the column 时限 says, and its tone: 剩 21 小时, 超时 12 分钟, 完工 3 小时, 满意."""
    moment = at or now()
    if ticket.rating and not ticket.owes and not ticket.is_open:
        return _(RATINGS[ticket.rating]), "bad" if ticket.rating == "poor" else ""
    if ticket.state == "finished" and ticket.finished_at:
        return _("完工 %(span)s", span=span((moment - ticket.finished_at).total_seconds())), ""
    if ticket.suspended_at is not None:
        return _(REASONS[ticket.suspend_reason or ""]), "warn"
    if ticket.owes and ticket.accepted_work_at:
        return _("待付款"), "warn"
    if ticket.state not in LATE_STATES or ticket.due_at is None:
        return "—", ""
    left = (ticket.due_at - moment).total_seconds()
    if left < 0:
        return _("超时 %(span)s", span=span(-left)), "bad"
    return _("剩 %(span)s", span=span(left)), ""


def clocks(ticket: TicketView, at: dt.datetime | None = None) -> list[tuple[str, str]]:
    """Return the three clocks of a ticket as (what, how it stands): 及时, 晚了 12 分钟, 剩 3 小时; what has no limit is left out."""
    moment = at or now()
    pairs = (
        (_("受理"), ticket.respond_by, ticket.accepted_at),
        (_("到场"), ticket.arrive_by, ticket.arrived_at),
        (_("完工"), ticket.due_at, ticket.finished_at),
    )
    over = ticket.state in ("cancelled", "rejected")
    found = [
        (what, _stands(by, done, moment)) for what, by, done in pairs if by is not None and not (over and done is None)
    ]
    if ticket.suspended_at is not None:
        reason = _(REASONS[ticket.suspend_reason or ""])
        found.append((_("暂停中"), f"{reason} · {span((moment - ticket.suspended_at).total_seconds())}"))
    elif ticket.paused_seconds:
        found.append((_("共暂停"), span(ticket.paused_seconds)))
    return found


def _stands(by: dt.datetime, done: dt.datetime | None, moment: dt.datetime) -> str:
    """Return how one clock stands: what was promised, and what became of it."""
    late = ((done or moment) - by).total_seconds()
    promised = _("%(time)s 前", time=daytime(by))
    if done is not None:
        said = _("及时") if late <= 0 else _("晚了 %(span)s", span=span(late))
    else:
        said = _("超时 %(span)s", span=span(late)) if late > 0 else _("剩 %(span)s", span=span(-late))
    return f"{said} · {promised}"
