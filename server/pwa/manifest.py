"""The web app manifest: what the phone's system knows of the app (W3C Web Application Manifest)."""

from typing import Any

from server.lib.assets import asset_url, assets
from server.lib.i18n import N_, _, current_locale

COLOUR = "#0b7a5b"
ICONS = (
    ("icon-192", 192, "any"),
    ("icon-512", 512, "any"),
    ("maskable-192", 192, "maskable"),
    ("maskable-512", 512, "maskable"),
)
SHORTCUTS = (("/tickets/new", N_("报修")), ("/messages", N_("消息")))
SCREENSHOTS = (("narrow", "390x844"), ("wide", "1280x800"))


def manifest() -> dict[str, Any]:
    """Return the manifest in the user's language. Screenshots are named only when they have been taken."""
    return {
        "id": "/",
        "name": _("内业"),
        "short_name": _("内业"),
        "description": _("物业办公室的所有事，都在手机里"),
        "lang": current_locale(),
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#f4f6f5",
        "theme_color": COLOUR,
        "categories": ["business", "productivity"],
        "icons": [icon(name, size, purpose) for name, size, purpose in ICONS],
        "shortcuts": [
            {"name": _(label), "url": url, "icons": [icon("icon-192", 192, "any")]} for url, label in SHORTCUTS
        ],
        "screenshots": [
            {"src": asset_url(path), "sizes": sizes, "type": "image/webp", "form_factor": form, "label": _("首页")}
            for form, sizes in SCREENSHOTS
            if (path := f"icons/screenshots/{form}.webp") in assets()
        ],
    }


def icon(name: str, size: int, purpose: str) -> dict[str, str]:
    """Return the manifest's entry of one icon of static/icons."""
    return {"src": asset_url(f"icons/{name}.png"), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
