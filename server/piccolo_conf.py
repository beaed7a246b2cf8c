"""Where Piccolo finds the engine and our one app (PICCOLO_CONF=server.piccolo_conf)."""

from piccolo.conf.apps import AppRegistry

from server.db import DB

__all__ = ["APP_REGISTRY", "DB"]

APP_REGISTRY = AppRegistry(apps=["server.piccolo_app"])
