"""How tickets are spoken of: sentences for the timeline, limits, names. No text here is built from anything but names."""

import datetime as dt
from typing import Any

from server.lib.formats import DOUBLE_SURNAMES, daytime, mask_name, now
from server.lib.i18n import _
from server.security.actor import Actor
from server.security.capabilities import POSTS
from server.tickets.events import Event
from server.tickets.finding import TicketView
from server.tickets.states import LATE_STATES, RATINGS


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
    if event.actor_post is None:
        return _resident_sentence(event, mine, actor)
    who = shown_name(event.actor_name, actor)
    to = shown_name(event.detail.get("assignee_name"), actor)
    return {
        "report": _("%(who)s上报了报修", who=event.actor_name),
        "register": _("物业登记了报修"),
        "accept": _("物业已受理"),
        "dispatch": _("已派给 %(who)s", who=to),
        "reassign": _("改派给 %(who)s", who=to),
        "take": _("%(who)s已接单", who=who),
        "start": _("%(who)s已到场，正在维修", who=who),
        "finish": _("%(who)s已完工", who=who),
        "confirm": _("物业确认完工"),
        "rework": _("物业要求返工"),
        "cancel": _("物业取消了报修"),
    }[event.kind]


def _resident_sentence(event: Event, mine: bool, actor: Actor) -> str:
    who = _("您") if mine else (mask_name(event.actor_name) if not actor.is_staff else _("业主"))
    return {
        "report": _("%(who)s提交了报修", who=who),
        "confirm": _("%(who)s验收了维修", who=who),
        "rework": _("%(who)s反馈没修好", who=who),
        "cancel": _("%(who)s取消了报修", who=who),
        "close": _("工单已完成"),
    }.get(event.kind, event.kind)


def timeline(events: list[Event], actor: Actor, photos: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the events as the page draws them, newest first; `photos` are those that have arrived, by id as text."""
    told = []
    for event in events:
        if event.kind == "close":
            continue  # says nothing that the step before it has not said
        ids = event.detail.get("photos", [])
        shown = [photos[id_] for id_ in ids if id_ in photos]
        told.append(
            {
                "text": sentence(event, actor),
                "meta": _meta(event, actor, len(ids), len(shown)),
                "tone": {"cancel": "muted", "rework": "bad"}.get(event.kind, ""),
                "note": event.note,
                "photos": shown,
            }
        )
    return told


def _meta(event: Event, actor: Actor, count: int, arrived: int) -> str:
    """Return the small line under a sentence: when, who of the office (for staff), how many photos."""
    parts = [daytime(event.at)]
    if actor.is_staff and event.actor_post is not None and event.kind not in {"take", "start", "finish"}:
        parts.append(f"{event.actor_name}（{_(POSTS[event.actor_post])}）")
    if rating := event.detail.get("rating"):
        parts.append(_(RATINGS[rating]))
    if count:
        parts.append(_("附 %(n)s 张照片", n=count))
    if count > arrived:
        parts.append(_("%(n)s 张正在上传", n=count - arrived))
    return " · ".join(parts)


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
    if ticket.rating:
        return _(RATINGS[ticket.rating]), "bad" if ticket.rating == "poor" else ""
    if ticket.state == "finished" and ticket.finished_at:
        return _("完工 %(span)s", span=span((moment - ticket.finished_at).total_seconds())), ""
    if ticket.state not in LATE_STATES or ticket.due_at is None:
        return "—", ""
    left = (ticket.due_at - moment).total_seconds()
    if left < 0:
        return _("超时 %(span)s", span=span(-left)), "bad"
    return _("剩 %(span)s", span=span(left)), ""
