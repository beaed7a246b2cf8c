"""Who did what, when, on which device. Append-only; each community's rows form a hash chain."""

from piccolo.columns import JSONB, UUID, BigInt, Bytea, Text
from piccolo.table import Table

from server.lib.columns import id_column, moment, text


class Audit(Table, tablename="audit"):
    """One change. `seq` and `hash` are filled at commit, under the lock of the community's chain."""

    id = id_column()
    community_id = UUID(default=None)  #: the nil UUID for what belongs to no community (accounts, company)
    seq = BigInt(default=None, null=True)
    at = moment()
    device_at = moment(null=True)
    account_id = UUID(default=None, null=True)
    actor_name = text(60)
    session_id = UUID(default=None, null=True)
    ip = text(45, null=True)
    action = text(60)
    entity = text(30)
    entity_id = UUID(default=None, null=True)
    before = JSONB(default=None, null=True)
    after = JSONB(default=None, null=True)
    reason = Text(default=None, null=True)
    previous = Bytea(default=None, null=True)
    hash = Bytea(default=None, null=True)


class AuditHead(Table, tablename="audit_head"):
    """The end of each community's chain."""

    community_id = UUID(primary_key=True, default=None)
    seq = BigInt(default=None)
    hash = Bytea(default=None)
