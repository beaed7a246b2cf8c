"""What sync remembers: the feed and its scopes, the operations taken in, the phones, and photos on their way."""

from piccolo.columns import UUID, Array, BigInt, Boolean, Bytea, ForeignKey, Integer, Text, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from server.accounts.tables import Account
from server.communities.tables import Community
from server.lib.columns import id_column, moment, reference, text


class SyncEpoch(Table, tablename="sync_epoch"):
    """The one row that names this database's history; a restored backup gets another (`sync_new_epoch()` in SQL)."""

    id = id_column()
    since = moment()


class SyncScope(Table, tablename="sync_scope"):
    """Part of the feed that some people follow, such as `patrol:<community>`, and its highest number."""

    scope = Varchar(length=80, primary_key=True, default=None)
    community_id = reference(Community)
    seq = BigInt(default=0)
    floor = BigInt(default=0)  #: the highest number of a tombstone that was cleared away; older cursors begin again


class SyncEntry(Table, tablename="sync_entry"):
    """The place of one document in one scope. The database's key is (scope, kind, id): Piccolo knows keys of one column only."""

    id = id_column()
    scope = text(80)
    kind = text(30)
    community_id = UUID(default=None)
    seq = BigInt(default=None)
    gone = Boolean(default=False)
    changed_at = moment()


class SyncDirty(Table, tablename="sync_dirty"):
    """What a running transaction has changed, until its end numbers it. The database's key is (xact, scope, kind, id)."""

    id = id_column()
    xact = BigInt(default=None)
    scope = text(80)
    kind = text(30)
    community_id = UUID(default=None)
    gone = Boolean(default=None)


class SyncOp(Table, tablename="sync_op"):
    """One operation in custody, for ever, with what came of it. `body` is exactly what the phone hashed."""

    id = id_column()
    community_id = reference(Community)
    account_id = reference(Account)
    actor_name = text(60)
    device_id = UUID(default=None)
    seq = BigInt(default=None)  #: dense per account and phone, from 1 on
    type = text(60)
    version = Integer(default=None)
    entity_id = UUID(default=None, null=True, index=True)
    hash = text(64)
    outcome = text(10)
    #: taken (within its transaction) | applied | merged | conflict | rejected | deferred | stuck (our own code failed) | discarded
    message = Text(default=None, null=True)  #: why not, Chinese
    result_version = Integer(default=None, null=True)  #: of the entity afterwards
    body = Text(default=None)
    flags = text(40)  #: words: clock, late
    made_at = moment(null=True)  #: the phone's clock
    effective_at = moment()
    received_at = moment()
    settled_at = moment(null=True)  #: when the outcome became final
    resolved_at = moment(null=True)
    resolved_by = UUID(default=None, null=True)
    resolution = Text(default=None, null=True)


class SyncFailure(Table, tablename="sync_failure"):
    """How often our own code failed to carry an operation out; its id is the operation's, which may not be in custody yet."""

    id = id_column()
    community_id = reference(Community)
    account_id = reference(Account, index=False)
    times = Integer(default=1)
    failed_at = moment()


class SyncDevice(Table, tablename="sync_device"):
    """A phone in one person's hands: what it last said of itself, and whether something of it never arrived."""

    id = id_column()
    device_id = UUID(default=None)
    account_id = reference(Account)
    community_id = reference(Community)
    user_agent = text(300)
    build = text(60)
    first_seen_at = moment()
    last_seen_at = moment()
    emptied_at = moment(null=True)  #: when it last had nothing more to send: what comes later was made later
    report_number = BigInt(default=0)  #: of the newest report
    next_seq = BigInt(default=1)
    unsent = Integer(default=0)
    oldest_at = moment(null=True)  #: since when its oldest unsent work has been waiting
    clock_offset = BigInt(default=0)  #: milliseconds
    storage_used = BigInt(default=None, null=True)
    storage_quota = BigInt(default=None, null=True)
    persisted = Boolean(default=None, null=True)
    missing = Integer(default=0)  #: operations it made that are neither here nor waiting there
    missing_since = moment(null=True)
    whole_to = BigInt(default=0)  #: every number up to this one is here
    written_off = Integer(default=0)  #: of what would be missing: dealt with by the office, and waited for no more
    told = Array(base_column=Text(), default=list)  #: troubles that the supervisors know of: missing, silent, open
    token_hash = Bytea(default=None, null=True, unique=True)
    token_until = moment(null=True)
    token_revoked_at = moment(null=True)


class SyncBlob(Table, tablename="sync_blob"):
    """A photo on its way in: how many bytes of it have come."""

    id = id_column()
    community_id = reference(Community)
    account_id = reference(Account, index=False)
    sha256 = text(64)
    photo_id = UUID(default=None)
    size = Integer(default=0)
    changed_at = moment()


class SyncPiece(Table, tablename="sync_piece"):
    """A part of such a photo."""

    id = id_column()
    community_id = reference(Community)
    blob_id = ForeignKey(SyncBlob, null=False, default=None, index=False, on_delete=OnDelete.cascade)
    start = Integer(default=None)
    content = Bytea(default=None)


class PhoneRules(Table, tablename="phone_rules"):
    """After how many hours a community's supervisors are told of a phone. The id is the community's."""

    id = id_column()
    community_id = reference(Community)
    silent_hours = Integer(default=4)
    open_hours = Integer(default=24)
    version = Integer(default=1)
