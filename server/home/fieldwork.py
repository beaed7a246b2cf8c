"""What waits out of doors and of it in the office: rounds to walk, hazards, doubtful readings, records phones could not hand in."""

import msgspec

from server.complaints.register import LATE as COMPLAINTS_LATE
from server.db import fetchrow
from server.followups.finding import others_only
from server.hazards.register import LATE, among
from server.hazards.states import ON_IT
from server.lib.i18n import N_
from server.patrols.board import FILTERS
from server.security.actor import Actor
from server.sync.supervising import STATES
from server.tickets.states import ASSIGNED


class Kind(msgspec.Struct, frozen=True):
    """Something that waits: who it concerns, where it leads, and how it is counted ($1 community, $2 posts, $3 person)."""

    need: str
    label: str
    href: str
    icon: str
    tone: str
    count: str


KINDS = (
    Kind(
        "patrol.walk", N_("现在要走的巡查"), "/field/rounds", "shield-check", "warn",
        "from patrol_round where community_id = $1 and is_on_phones and post = any ($2::text[]) and state in ('pending', 'doing')"
        " and opens_at <= now() and ends_at >= now()",
    ),
    Kind(
        "ticket.work", N_("等我维修的工单"), "/field/tickets", "wrench", "warn",
        f"from ticket where community_id = $1 and assignee_id = $3 and {among(ASSIGNED)}",
    ),
    Kind(
        "hazard.handle", N_("等我整改的隐患"), "/field/hazards", "triangle-alert", "warn",
        f"from hazard where community_id = $1 and responsible_id = $3 and {among(ON_IT)}",
    ),
    Kind(
        "patrol.read", N_("漏检未说明"), "/patrols?filter=unexplained", "shield-check", "bad",
        f"from patrol_round where community_id = $1 and {FILTERS['unexplained'][1]}",
    ),
    Kind(
        "complaint.handle", N_("待处理的投诉建议"), "/complaints?view=received", "megaphone", "bad",
        "from complaint where community_id = $1 and state in ('received', 'reopened') and (about_id is null or about_id is distinct from $3)",
    ),
    Kind(
        "complaint.oversee", N_("超时的投诉"), "/complaints?view=late", "megaphone", "bad",
        f"from complaint where community_id = $1 and {COMPLAINTS_LATE} and (about_id is null or about_id is distinct from $3)",
    ),
    Kind(
        "followup.call", N_("待回访的电话"), "/followups", "phone", "warn",
        f"from follow_up as call where community_id = $1 and state = 'due' and {others_only('$3')}",
    ),
    Kind(
        "hazard.manage", N_("超期的隐患"), "/hazards?view=late", "triangle-alert", "bad",
        f"from hazard where community_id = $1 and {LATE}",
    ),
    Kind(
        "hazard.manage", N_("待登记的隐患"), "/hazards?view=found", "triangle-alert", "warn",
        f"from hazard where community_id = $1 and {among({'found'})}",
    ),
    Kind(
        "meter.review", N_("待核对的读数"), "/meters/review", "gauge", "warn",
        "from meter_reading where community_id = $1 and status = 'doubtful'",
    ),
    Kind(
        "sync.supervise", N_("手机交来但没有生效的记录"), "/phones/records", "smartphone", "warn",
        f"from sync_op as op where op.community_id = $1 and {STATES['open']}",
    ),
    Kind(
        "sync.supervise", N_("手机交来但卡住的记录"), "/phones/records?state=stuck", "smartphone", "bad",
        f"from sync_op as op where op.community_id = $1 and {STATES['stuck']}",
    ),
)  # fmt: skip


class Waiting(msgspec.Struct, frozen=True):
    """A kind and how many of it wait."""

    kind: Kind
    n: int


async def field_work(actor: Actor) -> list[Waiting]:
    """Return what waits for this person, in one query; what nobody waits for is left out."""
    own = [kind for kind in KINDS if actor.can(kind.need)]
    if not own:
        return []
    counts = ", ".join(f"(select count(*) {kind.count}) as n{at}" for at, kind in enumerate(own))
    uses = "$1::uuid, $2::text[], $3::uuid"  # whatever the counts use, all three are given
    found = await fetchrow(
        f"select {counts} from (values ({uses})) as given", actor.here, sorted(actor.posts), actor.person_id
    )
    assert found is not None
    return [Waiting(kind, n) for kind, n in zip(own, found, strict=True) if n]


def version_with(version: str, waiting: list[Waiting]) -> str:
    """Return the version of a page that shows what waits, too."""
    return version + "".join(f"-{KINDS.index(one.kind)}.{one.n}" for one in waiting)
