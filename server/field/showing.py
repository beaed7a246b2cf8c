"""Renders a field page on the server, just as the service worker does it on the phone: match, fetch the documents, render."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

from litestar import MediaType, Request, Response
from litestar.exceptions import NotFoundException

from server.field.documents import Document, kinds, load
from server.field.pages import FieldPage, pages
from server.field.shell import me_of
from server.lib.formats import now
from server.lib.ids import uuid7
from server.lib.templating import template
from server.security.actor import Actor

NAME = re.compile(r"\{(\w+)\}")
NO_STORE = {"Cache-Control": "no-store"}


@cache
def pattern(path: str) -> re.Pattern[str]:
    """Return what recognizes addresses of the page `path`."""
    return re.compile(NAME.sub(r"(?P<\1>[^/]+)", path))


def matching(path: str) -> tuple[FieldPage, dict[str, str]] | None:
    """Return the page at `path` with its parameters, or None."""
    for page in pages().values():
        found = pattern(page.path).fullmatch(path)
        if found:
            return page, found.groupdict()
    return None


async def show(
    request: Request[Any, Any, Any], actor: Actor, page: FieldPage, params: Mapping[str, str], **more: Any
) -> Response[str]:
    """Answer with `page`; raise NotFoundException when a document it needs is not there for this actor."""
    query = dict(parse_qsl(request.scope["query_string"].decode("latin-1")))
    return await render(actor, page, request.scope["path"], params, query, **more)


async def render(
    actor: Actor,
    page: FieldPage,
    path: str,
    params: Mapping[str, str],
    query: Mapping[str, str],
    status: int = 200,
    problem: str = "",
    typed: Mapping[str, Any] | None = None,
) -> Response[str]:
    """Answer with `page`. After a refusal it is shown with status 422 or 409, the `problem` and what was `typed`."""
    context = {
        "me": me_of(actor),
        "path": path,
        "params": dict(params),
        "query": dict(query),
        "now": int(now().timestamp() * 1000),
        "problem": problem,
        "typed": dict(typed or {}),
    }
    html = template(page.template).render(context | await documents_of(page, params, actor))
    return Response(keyed(html), status_code=status, media_type=MediaType.HTML, headers=NO_STORE)


FORM = re.compile(r"<form\b[^>]*\sdata-op\b[^>]*>")


def keyed(html: str) -> str:
    """Return a page whose forms each carry a key of their own, so that one sent twice takes effect once.

    Only what the server makes needs it: a page made on the phone is sent by the phone's script, which has keys of its own.
    """
    return FORM.sub(lambda found: f'{found[0]}<input type="hidden" name="_op" value="{uuid7()}">', html)


async def documents_of(
    page: FieldPage, params: Mapping[str, str], actor: Actor
) -> dict[str, Document | list[Document]]:
    """Return the documents that `page` names; raise NotFoundException when one that must be there is not."""
    found: dict[str, Document | list[Document]] = {}
    for name, key in page.one.items():
        kind, _colon, id_ = NAME.sub(lambda match: params[match[1]], key).partition(":")
        found[name] = await one(kind, id_, actor)
    for name, kind in page.every.items():
        found[name] = await every(kind, actor)
    return found


async def one(kind: str, id_: str, actor: Actor) -> Document:
    """Return one document; raise NotFoundException when there is none for this actor."""
    try:
        key = UUID(id_)
    except ValueError:
        raise NotFoundException from None
    document = (await load(kind, [key], actor)).get(key)
    if document is None:
        raise NotFoundException
    return document


async def every(kind: str, actor: Actor) -> list[Document]:
    """Return all documents of `kind` that belong on this actor's phone, ordered by id."""
    if kinds()[kind].scope(actor) is None:
        return []
    documents = await load(kind, await kinds()[kind].every(actor), actor)
    return sorted(documents.values(), key=lambda document: str(document["id"]))
