"""Hazards 隐患, what happened to them, requests for more time, and each community's limits."""

from piccolo.columns import JSONB, UUID, BigInt, Boolean, Integer, Text
from piccolo.table import Table

from server.communities.tables import Building, Community, Person
from server.lib.columns import id_column, moment, reference, text
from server.tickets.tables import Ticket


class Hazard(Table, tablename="hazard"):
    """Something dangerous, from its photo to its close-out. The id is made by the phone or the form that reports it."""

    id = id_column()
    community_id = reference(Community)
    number = text(24)  #: YH-20261125-003, dense per community and day
    state = text(16, index=True)
    grade = text(8)  #: general | major
    category = text(16)
    source = text(12)  #: patrol | inspection | report | resident
    round_id = UUID(default=None, null=True, index=True)  #: the patrol round that found it
    checkpoint_id = UUID(default=None, null=True, index=True)  #: the checkpoint it was found at
    item = text(60, null=True)  #: the item of the checklist that was ×
    building_id = reference(Building, null=True)
    place = text(120)
    summary = text(120)
    description = Text(default=None, null=True)
    measure = Text(default=None, null=True)  #: 临时措施: what keeps people safe until it is gone
    demand = Text(default=None, null=True)  #: 整改要求: what the notice asks for
    pace = text(12)  #: immediate | soon | usual | parts
    due_at = moment()
    responsible_id = reference(Person, null=True)
    reporter_account_id = UUID(default=None, null=True, index=True)
    reporter_name = text(60)
    budget = BigInt(default=None, null=True)  #: 分, planned
    cost = BigInt(default=None, null=True)  #: 分, spent
    plan = JSONB(default="{}")  #: 五落实: duty, measures, funds, term, emergency
    result = Text(default=None, null=True)  #: what was done about it
    submitted_by = UUID(default=None, null=True)  #: the account that handed the work in last
    rechecked_by = UUID(default=None, null=True)  #: the account that passed it; never the same
    ticket_id = reference(Ticket, null=True)
    escalation = Integer(default=0)  #: how many steps up it has been told
    found_at = moment()
    registered_at = moment(null=True)
    noticed_at = moment(null=True)
    submitted_at = moment(null=True)
    closed_at = moment(null=True)
    isolated_at = moment(null=True)
    told_company_at = moment(null=True)
    told_authority_at = moment(null=True)
    dissuaded_at = moment(null=True)
    on_phones = Boolean(default=True)  #: carried by every phone of the staff; closed ones leave after a month
    version = Integer(default=1)


class HazardEvent(Table, tablename="hazard_event"):
    """One step of a hazard's life. Only appended. Its id is the operation's, when a phone made it."""

    id = id_column()
    community_id = reference(Community)
    hazard_id = reference(Hazard)
    kind = text(16)  #: the verb
    state = text(16)  #: the state it led to
    account_id = UUID(default=None, null=True)
    person_id = UUID(default=None, null=True)
    actor_name = text(60)
    actor_post = text(12, null=True)
    note = Text(default=None, null=True)
    detail = JSONB(default="{}")
    happened_at = moment()  #: when it was done, as the phone says (mended by its clock's error)
    at = moment()  #: when the server had it


class HazardExtension(Table, tablename="hazard_extension"):
    """A request for more time. Another person decides."""

    id = id_column()
    community_id = reference(Community)
    hazard_id = reference(Hazard)
    reason = Text(default=None)
    until = moment()
    asked_by = UUID(default=None)
    asked_name = text(60)
    asked_at = moment()
    granted = Boolean(default=None, null=True)
    decided_by = UUID(default=None, null=True)
    decided_name = text(60, null=True)
    decided_at = moment(null=True)


class HazardRules(Table, tablename="hazard_rules"):
    """A community's own limits in hours, and what phones know of its people. The id is the community's."""

    id = id_column()
    community_id = reference(Community)
    immediate_hours = Integer(default=2)
    soon_hours = Integer(default=72)
    usual_hours = Integer(default=168)
    parts_hours = Integer(default=360)
    version = Integer(default=1)
