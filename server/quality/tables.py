"""What the manager wrote about a month, and what was decided."""

from piccolo.columns import JSONB, Boolean, Date, Integer, Numeric, Text
from piccolo.table import Table

from server.communities.tables import Community, Person
from server.lib.columns import id_column, moment, reference, text


class MonthReport(Table, tablename="month_report"):
    """One month of a community in the manager's words; fixed 定稿, it holds the figures as they were shown."""

    id = id_column()
    community_id = reference(Community)
    month = text(7)  #: 2026-10
    findings = Text(default=None, null=True)
    figures = JSONB(default=None, null=True)  #: what each section counted, by its key; only of a fixed report
    fixed_at = moment(null=True)
    fixed_name = text(60, null=True)
    reopened_why = Text(default=None, null=True)
    version = Integer(default=1)


class ReportMeasure(Table, tablename="report_measure"):
    """Something decided on the strength of a month's figures, and what became of it."""

    id = id_column()
    community_id = reference(Community)
    month = text(7)  #: the month whose report it belongs to
    what = text(200)
    aim = text(40)  #: the figure it is meant to change, as `section.figure`
    before = Numeric(digits=(12, 1), default=None, null=True)  #: the figure when it was decided
    target = Numeric(digits=(12, 1), default=None, null=True)
    person_id = reference(Person)
    due_on = Date(default=None)
    state = text(8)  #: open | done | dropped
    proof = Text(default=None, null=True)  #: what was done, or why it was dropped
    decided_at = moment()
    decided_name = text(60)
    ended_at = moment(null=True)
    ended_name = text(60, null=True)
    told_late = Boolean(default=False)
    version = Integer(default=1)
