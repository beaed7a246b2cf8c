"""What every field page knows of the person it is for: the document `me`, one per account, made anew at each pull."""

import hashlib

import msgspec

from server.field.documents import Document
from server.lib.i18n import speaking
from server.lib.navigation import tab_items
from server.security.actor import Actor
from server.security.csrf import mask


def me_of(actor: Actor) -> Document:
    """Return the document `me`: name, language, community, capabilities, the bottom tabs, and the token that changes need."""
    with speaking(actor.locale):
        tabs = [
            {"href": tab.href, "label": tab.label, "icon": tab.icon, "count": tab.count} for tab in tab_items(actor, "")
        ]
    return {
        "kind": "me",
        "id": str(actor.account_id),
        "v": 1,
        "name": actor.name,
        "person": str(actor.person_id or ""),
        "locale": actor.locale,
        "community": str(actor.here),
        "community_name": actor.community_name,
        "posts": sorted(actor.posts),
        "capabilities": sorted(actor.capabilities),
        "is_staff": actor.is_staff,
        "is_resident": actor.is_resident,
        "tabs": tabs,
        "csrf": mask(actor.csrf_secret),
    }


def digest(me: Document) -> str:
    """Return what tells whether `me` has changed for a phone: everything but the token, which is masked anew each time."""
    lasting = {name: value for name, value in me.items() if name != "csrf"}
    return hashlib.sha256(msgspec.json.encode(lasting, order="sorted")).hexdigest()[:16]
