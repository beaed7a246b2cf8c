"""The imports themselves: who brought which file, what came of it, and the rows that wait with their reasons."""

from piccolo.columns import JSONB, UUID, Bytea, Integer, Text
from piccolo.table import Table

from server.communities.tables import Community
from server.lib.columns import id_column, moment, reference, text


class DataImport(Table, tablename="data_import"):
    """One file brought in 导入. `content` is kept only until it is no longer needed (`history.KEPT_DAYS`)."""

    id = id_column()
    community_id = reference(Community)
    file_name = text(200)
    sha256 = text(64)
    size = Integer(default=None)
    content = Bytea(default=None, null=True)
    state = text(10)  #: reading | mapping | planned | applying | done | failed | cancelled
    layouts = JSONB(default="{}")  #: how each sheet is read: {sheet: Layout}
    counts = JSONB(default="{}")  #: {rooms: {created, changed, unchanged, total}, persons: …}
    notes = JSONB(default="[]")  #: what was noticed about rows that go in
    refused = Integer(default=0)  #: how many rows wait
    done_count = Integer(default=0)
    total_count = Integer(default=0)
    trouble = Text(default=None, null=True)  #: why it failed, a msgid
    account_id = UUID(default=None, null=True)
    actor_name = text(60)
    created_at = moment()
    finished_at = moment(null=True)


class DataImportRow(Table, tablename="data_import_row"):
    """One line of an import's report: a row that waits (`refused`) or a value of the register that changes (`changed`)."""

    id = id_column()
    community_id = reference(Community)
    import_id = reference(DataImport)
    position = Integer(default=None)  #: order within the import
    kind = text(10)  #: refused | changed
    sheet = text(100, null=True)
    row = Integer(default=None, null=True)  #: as Excel counts
    column = text(4, null=True)
    header = text(200, null=True)
    value = Text(default=None, null=True)
    code = text(40, null=True)  #: of the reason
    details = JSONB(default="{}")
    entity = text(12, null=True)
    entity_id = UUID(default=None, null=True)
    label = text(120, null=True)  #: the room or person that changes
    field = text(20, null=True)
    before = Text(default=None, null=True)
    after = Text(default=None, null=True)


class DataImportLayout(Table, tablename="data_import_layout"):
    """A layout mapped by hand, remembered for the next file with the same headings."""

    id = id_column()
    community_id = reference(Community)
    fingerprint = text(64)
    layout = JSONB(default="{}")
    created_at = moment()
