"""The in-app inbox: every notification is here, whatever other channels carry it."""

from piccolo.columns import JSONB, UUID
from piccolo.table import Table

from server.accounts.tables import Account
from server.communities.tables import Community
from server.lib.columns import id_column, moment, reference, text


class Notification(Table, tablename="notification"):
    """One message to one person. The words come from templates/push/<event>/ when it is shown."""

    id = id_column()
    community_id = reference(Community)
    account_id = reference(Account)
    event = text(40)
    facts = JSONB(default="{}")
    link = text(200, null=True)
    entity_id = UUID(default=None, null=True)
    created_at = moment()
    read_at = moment(null=True)
