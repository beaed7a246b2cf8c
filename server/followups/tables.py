"""The calls that are due, and what came of them."""

from piccolo.columns import JSONB, UUID, Array, Integer, Text
from piccolo.table import Table

from server.communities.tables import Community
from server.lib.columns import id_column, moment, reference, text


class FollowUp(Table, tablename="follow_up"):
    """One call about one finished thing (a thing that comes back is called about again)."""

    id = id_column()
    community_id = reference(Community)
    entity = text(12)  #: ticket | complaint
    entity_id = UUID(default=None, index=True)
    reason = text(12)  #: complaint | leak | urgent | poor | sample
    state = text(10)  #: due | done | unreached | void
    due_at = moment()
    tries = Integer(default=0)
    rating = text(1, null=True)  #: A | B | C
    answers = JSONB(default="{}")
    respondent = text(60, null=True)
    note = Text(default=None, null=True)
    caller_account_id = UUID(default=None, null=True)
    caller_name = text(60, null=True)
    called_at = moment(null=True)
    barred = Array(base_column=UUID(default=None), default=list)  #: accounts that did the work and so never call
    drawn_at = moment()
    version = Integer(default=1)
