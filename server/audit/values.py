"""What the codes in an audited change are called: the words of the screens on which people chose them."""

from typing import Any

from server.communities.labels import ENDINGS, KINDS, OWNERSHIPS, PERSON_KINDS, ROLES, VACANCIES
from server.complaints.kinds import CAUSES as COMPLAINT_CAUSES
from server.complaints.kinds import CHANNELS, MAJORS, VERDICTS
from server.complaints.kinds import KINDS as COMPLAINT_KINDS
from server.complaints.states import STATES as COMPLAINT_STATES
from server.lib.i18n import N_, _
from server.reception.words import CHANNELS as VISIT_CHANNELS
from server.reception.words import LETTERS, RESULTS
from server.security.capabilities import POSTS
from server.tickets.kinds import CATEGORIES, LEVELS
from server.tickets.states import CAUSES, CONSENTS, PAYERS, RATINGS, REASONS, STATES, WAYS_TO_PAY

MEASURES = {"open": N_("进行中"), "done": N_("已完成"), "dropped": N_("已取消")}
PHOTOS = {"report": N_("报修时的照片"), "after": N_("完工后的照片"), "rework": N_("要求返工的照片")}
WAYS = {
    "password": N_("密码"),
    "passkey": N_("通行密钥"),
    "totp": N_("两步验证"),
    "recovery_code": N_("恢复码"),
    "join": N_("加入码"),
}
ALWAYS = {
    "ended_why": ENDINGS,
    "how": WAYS,
    "ownership": OWNERSHIPS,
    "post": POSTS,
    "role": ROLES | PHOTOS,
    "vacancy": VACANCIES,
}
"""Field → its codes and their words, whatever the action."""

OF_AREAS: dict[str, dict[str, dict[str, str]]] = {
    "report": {"state": MEASURES},
    "person": {"kind": PERSON_KINDS},
    "letter": {"kind": LETTERS},
    "reception": {"channel": VISIT_CHANNELS, "outcome": RESULTS},
    "register": {"kind": KINDS},
    "room": {"kind": KINDS},
    "complaint": {
        "state": COMPLAINT_STATES,
        "cause": COMPLAINT_CAUSES,
        "channel": CHANNELS,
        "kind": COMPLAINT_KINDS,
        "major": MAJORS,
        "verdict": VERDICTS,
    },
    "ticket": {
        "category": {code: category.label for code, category in CATEGORIES.items()},
        "level": LEVELS,
        "state": STATES,
        "payer": PAYERS,
        "suspend_reason": REASONS,
        "agreed_how": CONSENTS,
        "paid_how": WAYS_TO_PAY,
        "cause": CAUSES,
        "rating": RATINGS,
    },
}
"""The same for fields that mean something else in each area (the first word of an action)."""


def said(action: str, field: str, value: Any) -> Any:
    """Return the word for `value` of `field` in an `action`, in the user's language; what is no code stays as it is."""
    words = OF_AREAS.get(action.partition(".")[0], {}).get(field) or ALWAYS.get(field, {})
    word = words.get(value) if isinstance(value, str) else None
    return value if word is None else _(word)
