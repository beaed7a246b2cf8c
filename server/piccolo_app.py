"""The one Piccolo app: every table of every feature, and one history of migrations."""

from piccolo.conf.apps import AppConfig, table_finder

from server.config import ROOT

APP_CONFIG = AppConfig(
    app_name="neiye",
    migrations_folder_path=str(ROOT / "migrations"),
    table_classes=table_finder(
        modules=[
            "server.communities.tables",
            "server.communities.importing.tables",
            "server.accounts.tables",
            "server.tickets.tables",
            "server.hazards.tables",
            "server.complaints.tables",
            "server.followups.tables",
            "server.reception.tables",
            "server.scanning.tables",
            "server.meters.tables",
            "server.notices.tables",
            "server.storage.tables",
            "server.jobs.tables",
            "server.audit.tables",
            "server.sync.tables",
            "server.patrols.tables",
            "server.quality.tables",
        ],
        exclude_imported=True,
    ),
)
