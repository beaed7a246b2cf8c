"""The inbox."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.exceptions import NotFoundException
from litestar.response import Redirect

from server.lib.paging import page_number
from server.lib.refreshing import unchanged
from server.lib.templating import page
from server.notices import inbox
from server.security.actor import Actor
from server.security.guards import in_community


class Messages(Controller):
    """The messages of whoever is signed in."""

    path = "/messages"
    guards = (in_community,)

    @get("/")
    async def index(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Show the messages, newest first."""
        shown = await inbox.messages(actor, page_number(request))
        version = f"{shown.total}-{actor.unread}"
        return unchanged(request, version) or page(request, "notices/inbox.html", messages=shown, version=version)

    @get("/{message_id:uuid}")
    async def show(self, actor: Actor, message_id: UUID) -> Redirect:
        """Mark a message as read and lead to what it is about."""
        message = await inbox.open_message(message_id, by=actor)
        if message is None:
            raise NotFoundException
        return Redirect(message.link or "/messages", status_code=303)

    @post("/reading")
    async def read_all(self, actor: Actor) -> Redirect:
        """Mark all as read."""
        await inbox.read_all(by=actor)
        return Redirect("/messages", status_code=303)
