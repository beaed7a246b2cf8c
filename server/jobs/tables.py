"""The jobs: a table that workers claim from, that people can look at, and that commits with the change it follows."""

from piccolo.columns import JSONB, UUID, Integer, Text
from piccolo.table import Table

from server.lib.columns import id_column, moment, text


class Job(Table, tablename="job"):
    """Work to be done after the commit: at least once, with a lease, backing off, dead after `max_attempts`."""

    id = id_column()
    community_id = UUID(default=None, null=True, index=True)
    kind = text(60)
    args = JSONB(default="{}")
    state = text(10)  #: ready | running | done | dead
    run_at = moment()
    attempts = Integer(default=0)
    max_attempts = Integer(default=8)
    lease_until = moment(null=True)
    dedupe = text(120, null=True)
    done_count = Integer(default=0)
    total_count = Integer(default=0)
    result = JSONB(default="{}")
    last_error = Text(default=None, null=True)
    created_by = UUID(default=None, null=True)
    created_at = moment()
    finished_at = moment(null=True)


class Timetable(Table, tablename="timetable"):
    """When each recurring job last ran; `server/recurring.py` says how often it should."""

    kind = text(60)
    id = UUID(primary_key=True, default=None)  #: UUIDv5 of the kind
    last_run_at = moment(null=True)
