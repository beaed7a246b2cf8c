"""What the pages of a hazard show."""

from typing import Any

from server.hazards import states, words
from server.hazards.events import Event, events_of
from server.hazards.finding import HazardView, doer_of
from server.hazards.kinds import CATEGORIES, GRADES, PACES, PLAN, SOURCES
from server.lib.formats import CHINA, daytime, now
from server.lib.i18n import _
from server.security.actor import Actor
from server.security.capabilities import POSTS
from server.storage.photos import StoredPhoto, photos_of
from server.tickets.words import span

LATE_ARRIVAL = 300
"""Seconds between doing and arriving from which both times are shown."""


def faces(hazard: HazardView) -> dict[str, Any]:
    """Return how a hazard's coded values look: labels in the reader's language, the tone of the badge."""
    limit, limit_tone = words.limit(hazard)
    return {
        "state": _(states.STATES[hazard.state]),
        "tone": states.TONES.get(hazard.state, ""),
        "category": _(CATEGORIES[hazard.category].label),
        "grade": _(GRADES[hazard.grade]),
        "source": _(SOURCES[hazard.source]),
        "pace": _(PACES[hazard.pace]),
        "limit": limit,
        "limit_tone": limit_tone,
    }


def line(hazard: HazardView) -> dict[str, Any]:
    """Return a hazard as a row of a list."""
    return faces(hazard) | {"hazard": hazard}


async def shown(hazard: HazardView, actor: Actor) -> dict[str, Any]:
    """Return the context of templates/hazards/show.html and of its papers."""
    events = (await events_of([hazard.id]))[hazard.id]
    photos = [one for one in (await photos_of("hazard", [hazard.id]))[hazard.id] if not one.is_waiting]
    verbs = states.verbs_of(doer_of(actor), hazard.standing)
    return faces(hazard) | {
        "hazard": hazard,
        "verbs": verbs,
        "timeline": timeline(events, {str(one.id): one for one in photos}),
        "before": [one for one in photos if one.role == "before"],
        "after": latest(events, photos),
        "clocks": clocks(hazard),
        "labels": {name: _(label) for name, label in words.STEP_LABELS.items()},
        "plan": [(_(label), hazard.plan.get(name, "")) for name, label in PLAN.items()] if hazard.plan else [],
        "by_whom": {event.kind: event.actor_name for event in reversed(events)},
        "version": f"{hazard.version}-{len(photos)}-{actor.unread}-{int(now().timestamp()) // 60}",
    }


def latest(events: list[Event], photos: list[StoredPhoto]) -> list[StoredPhoto]:
    """Return the photos of the newest hand-in: the ones to hold beside those of the report."""
    newest = next((event for event in events if event.kind == "submit"), None)
    ids = newest.detail.get("photos", []) if newest else []
    return [one for one in photos if str(one.id) in ids]


def timeline(events: list[Event], photos: dict[str, StoredPhoto]) -> list[dict[str, Any]]:
    """Return the events as the page draws them, newest first; `photos` are those that have arrived, by id as text."""
    told = []
    for event in events:
        ids = event.detail.get("photos", [])
        here = [photos[id_] for id_ in ids if id_ in photos]
        told.append(
            {
                "text": words.sentence(event),
                "meta": _meta(event, len(ids), len(here)),
                "tone": {"fail": "bad", "escalate": "bad", "dismiss": "muted", "note": "muted"}.get(event.kind, ""),
                "note": event.note,
                "photos": here,
            }
        )
    return told


def _meta(event: Event, count: int, arrived: int) -> str:
    """Return the small line under a sentence: when, when it arrived if much later, the post, who is meant, photos to come."""
    parts = [daytime(event.happened_at)]
    if (event.at - event.happened_at).total_seconds() > LATE_ARRIVAL:
        parts.append(_("%(time)s 收到", time=daytime(event.at)))
    if event.actor_post:
        parts.append(_(POSTS[event.actor_post]))
    if event.detail.get("responsible_name"):
        parts.append(_("责任人 %(who)s", who=event.detail["responsible_name"]))
    if event.kind == "decide":
        parts.append(_("同意") if event.detail.get("granted") else _("不同意"))
    if event.kind == "dissuade":
        parts.append(_("劝阻有效") if event.detail.get("helped") else _("劝阻无效"))
    if event.detail.get("ticket_number"):
        parts.append(event.detail["ticket_number"])
    if count > arrived:
        parts.append(_("%(n)s 张正在上传", n=count - arrived))
    return " · ".join(parts)


def clocks(hazard: HazardView) -> list[dict[str, Any]]:
    """Return the clocks of a major hazard (an hour) and of illegal building or storage (a day), each done, running or missed."""
    if hazard.report_by is None:
        return []
    shown = [(_("报告主管部门"), hazard.told_authority_at)]
    if hazard.grade == "major":
        shown = [(_("隔离现场"), hazard.isolated_at), (_("报告公司"), hazard.told_company_at), *shown]
    return [_clock(label, done, hazard) for label, done in shown]


def _clock(label: str, done: Any, hazard: HazardView) -> dict[str, Any]:
    """Return one clock as the page draws it."""
    assert hazard.report_by is not None
    if done is not None:
        late = done > hazard.report_by
        return {"label": label, "text": daytime(done), "tone": "bad" if late else "brand", "done": True}
    left = (hazard.report_by - now()).total_seconds()
    by = f"{hazard.report_by.astimezone(CHINA):%H:%M}"
    if not hazard.is_open:
        return {"label": label, "text": "—", "tone": "", "done": False}
    if left < 0:
        return {"label": label, "text": _("超时 %(span)s", span=span(-left)), "tone": "bad", "done": False}
    return {
        "label": label,
        "text": _("%(time)s 前，剩 %(span)s", time=by, span=span(left)),
        "tone": "warn",
        "done": False,
    }
