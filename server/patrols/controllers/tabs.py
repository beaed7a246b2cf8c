"""The subjects of patrols, as tabs above each of their pages."""

from typing import Any

from server.lib.i18n import N_, _
from server.security.actor import Actor

TABS = (
    ("/patrols", N_("今天"), "patrol.read"),
    ("/patrols/rates", N_("统计"), "patrol.read"),
    ("/patrols/routes", N_("路线和排班"), "patrol.manage"),
    ("/patrols/checkpoints", N_("巡查点"), "patrol.manage"),
    ("/patrols/checklists", N_("检查表"), "patrol.manage"),
)


def tabs(actor: Actor, current: str) -> list[dict[str, Any]]:
    """Return the tabs this actor may open."""
    return [
        {"href": href, "label": _(label), "current": href == current} for href, label, need in TABS if actor.can(need)
    ]
