"""What we know of each photo; the bytes are in S3."""

from piccolo.columns import UUID, Integer, Numeric
from piccolo.table import Table

from server.communities.tables import Community
from server.lib.columns import id_column, moment, reference, text


class Photo(Table, tablename="photo"):
    """A photo somebody took. Until it is attached to an entity it is an orphan, and collected after a week."""

    id = id_column()
    community_id = reference(Community)
    sha256 = text(64)  #: of the bytes the phone sent
    key = text(120, unique=True)
    content_type = text(40)
    size = Integer(default=None)  #: bytes as stored
    width = Integer(default=None)
    height = Integer(default=None)
    taken_at = moment(null=True)  #: from EXIF or the phone's clock
    latitude = Numeric(digits=(9, 6), default=None, null=True)
    longitude = Numeric(digits=(9, 6), default=None, null=True)
    place = text(120, null=True)
    account_id = UUID(default=None, null=True, index=True)  #: who uploaded it; None: somebody who is not signed in
    entity = text(20, null=True)
    entity_id = UUID(default=None, null=True, index=True)
    role = text(12, null=True)  #: report | before | after
    sort = Integer(default=0)
    created_at = moment(index=True)
