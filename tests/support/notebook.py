"""A small feature for tests of the field work: notes 便条 with a text, a state, photos; written, ticked off and changed by phones.

`register(monkeypatch)` makes it known before a site starts: documents, operations, reducers of both languages, two field pages.
`await lay_out()` makes its table, which marks its rows in the feed.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import pytest
from jinja2 import ChoiceLoader, DictLoader, FileSystemLoader

from server.config import ROOT
from server.db import DB, EVERYWHERE, execute, fetch, fetchrow
from server.field import controllers, documents, pages, reducers, release
from server.lib import assets
from server.lib.ids import uuid7
from server.lib.templating import environment
from server.security.actor import Actor
from server.storage import photos
from server.sync import operations
from server.sync.operations import Applied, Conflict, Op, Refusal
from tests.cast import SUNSHINE

LIST = """
{% extends "field/layout.html" %}
{% from "field/macros/photos.html" import field_photos %}
{% from "field/macros/ready.html" import ready %}
{% from "field/macros/scan.html" import scan %}
{% block title %}便条{% endblock %}
{% block status %}{{ ready() }}{% include "shared/status.html" %}{% endblock %}
{% block content %}
  <p id="count">{{ notes|length }}</p>
  <ul id="notes">{% for note in notes %}
    <li data-note="{{ note.id }}"><a href="/field/notes/{{ note.id }}">{{ note.text }}</a>
      {% if note.done %}<span class="done">完成</span>{% else %}<form method="post" action="/field/do/note.tick" data-op>
        <input type="hidden" name="_csrf" value="{{ me.csrf }}"><input type="hidden" name="_entity" value="{{ note.id }}">
        <input type="hidden" name="_base" value="{{ note.v }}"><input type="hidden" name="_next" value="/field/notes">
        <button class="btn">勾</button></form>{% endif %}
      {% if note.pending %}<span class="waits">待发</span>{% endif %}
      {% for photo in note.photos %}<img src="/field/photo/{{ photo.id }}" alt="照片">{% endfor %}
    </li>{% endfor %}</ul>
  <form id="new" method="post" action="/field/do/note.write" enctype="multipart/form-data" data-op>
    {% if problem %}<p class="field-error">{{ problem }}</p>{% endif %}
    <input type="hidden" name="_csrf" value="{{ me.csrf }}"><input type="hidden" name="_entity" value=""><input type="hidden" name="_page" value="{{ path }}">
    <input type="hidden" name="_next" value="/field/notes">
    <label>内容<input class="input" name="text" value="{{ typed.text|default("") }}"></label>
    {{ field_photos("item", max=3, watermark=me.name, place="东门") }}
    <button class="btn btn-primary">写下</button>
  </form>
  <form id="find" method="get" action="/field/notes">{{ scan("code", "编号", submit=False) }}</form>
{% endblock %}
"""
ONE = """
{% extends "field/layout.html" %}
{% block title %}{{ note.text }}{% endblock %}
{% block back %}/field/notes{% endblock %}
{% block content %}
  <p id="text">{{ note.text }}</p>
  <form id="change" method="post" action="/field/do/note.change" data-op>
    <input type="hidden" name="_csrf" value="{{ me.csrf }}"><input type="hidden" name="_entity" value="{{ note.id }}"><input type="hidden" name="_base" value="{{ note.v }}">
    <input type="hidden" name="_next" value="/field/notes/{{ note.id }}">
    <label>新内容<input class="input" name="text" value=""></label><button class="btn">改</button></form>
{% endblock %}
"""
SCRIPT = """
import { Refusal } from "../refusal.js";
const own = (op) => op.photos.map(({ id, role }) => ({ id, role, pending: op.pending }));
export const reducers = {
  "note.write": { note: (doc, op) => {
    if (!op.args.text) throw new Refusal("写点什么");
    return { kind: "note", id: op.entity, v: 0, text: op.args.text, done: false, pending: op.pending, photos: own(op) };
  } },
  "note.tick": { note: (doc, op) => {
    if (!doc) throw new Refusal("没有这张便条");
    if (doc.done) throw new Refusal("已经勾过了");
    return { ...doc, done: true, pending: op.pending };
  } },
  "note.change": { note: (doc, op) => doc && { ...doc, text: op.args.text, pending: op.pending } },
};
"""
TABLE = """
create table note (id uuid primary key, community_id uuid not null, text text not null, done boolean not null default false,
  version int not null default 1, photos jsonb not null default '[]', account_id uuid, changed_by text not null default '');
create function note_changed() returns trigger language plpgsql as $$ begin
  perform sync_touch('note:' || new.community_id, 'note', new.id, new.community_id); return null; end $$;
create function note_went() returns trigger language plpgsql as $$ begin
  perform sync_gone('note:' || old.community_id, 'note', old.id, old.community_id); return null; end $$;
create trigger note_is_told after insert or update on note for each row execute function note_changed();
create trigger note_is_gone after delete on note for each row execute function note_went();
"""


def document(row: Any) -> documents.Document:
    """Return a note as phones hold it."""
    return {
        "kind": "note",
        "id": str(row["id"]),
        "v": row["version"],
        "text": row["text"],
        "done": row["done"],
        "pending": False,
        "photos": [{"id": str(one), "role": "item", "pending": False} for one in row["photo_ids"]],
    }


ROWS = "select *, array(select jsonb_array_elements_text(photos)) as photo_ids from note where community_id = $1"


async def load(ids: Sequence[UUID], by: Actor) -> Mapping[UUID, documents.Document]:
    """Return the notes of these ids."""
    found = await fetch(f"{ROWS} and id = any ($2::uuid[])", by.here, list(ids))
    return {row["id"]: document(row) for row in found}


async def every(by: Actor) -> list[UUID]:
    """Return the ids of all notes."""
    return [row["id"] for row in await fetch("select id from note where community_id = $1", by.here)]


async def may_see(actor: Actor, id_: UUID) -> bool:
    """Tell whether `actor` may see the photos of a note."""
    return actor.can("ticket.report") and bool(
        await fetch("select id from note where id = $1 and community_id = $2", id_, actor.here)
    )


async def write(op: Op) -> Applied:
    """Write a new note, with its photos."""
    reducers.reduce("note", None, op.plain())
    ids = [photo.id for photo in op.photos]
    await execute(
        "insert into note (id, community_id, text, photos, account_id) values ($1, $2, $3, to_jsonb($4::uuid[]), $5)",
        op.entity_id,
        op.by.here,
        op.args["text"],
        ids,
        op.by.account_id,
    )
    await photos.attach([], waiting=ids, entity="note", entity_id=op.entity_id, role="item", by=op.by)
    return Applied(1)


async def change(op: Op) -> Applied:
    """Change the text; a note that somebody else has changed meanwhile is a conflict."""
    row = await fetchrow(f"{ROWS} and id = $2 for update", op.by.here, op.entity_id)
    if row is None:
        raise Refusal("没有这张便条")
    if row["version"] != op.base_version:
        raise Conflict(f"{row['changed_by']}已经改成：{row['text']}")
    return await update(op, "text = $2", op.args["text"])


async def tick(op: Op) -> Applied:
    """Tick a note off; twice is refused."""
    row = await fetchrow(f"{ROWS} and id = $2 for update", op.by.here, op.entity_id)
    if row is None:
        raise Refusal("没有这张便条")
    reducers.reduce("note", document(row), op.plain())
    return await update(op, "done = ($2 = 'yes')", "yes", merged=row["version"] != op.base_version)


async def update(op: Op, what: str, value: str, merged: bool = False) -> Applied:
    """Change one column; return the new version."""
    row = await fetchrow(
        f"update note set {what}, version = version + 1, changed_by = $3 where id = $1 returning version",
        op.entity_id,
        value,
        op.by.name,
    )
    assert row is not None
    return Applied(row["version"], merged)


def _write(doc: Any, op: Any) -> Any:
    if not op["args"].get("text"):
        raise Refusal("写点什么")
    own = [{**photo, "pending": op["pending"]} for photo in op["photos"]]
    return {
        "kind": "note", "id": op["entity"], "v": 0, "text": op["args"]["text"], "done": False, "pending": op["pending"], "photos": own,
    }  # fmt: skip


def _tick(doc: Any, op: Any) -> Any:
    if not doc:
        raise Refusal("没有这张便条")
    if doc["done"]:
        raise Refusal("已经勾过了")
    return {**doc, "done": True, "pending": op["pending"]}


def _change(doc: Any, op: Any) -> Any:
    return doc and {**doc, "text": op["args"]["text"], "pending": op["pending"]}


REDUCERS = {"note.write": _write, "note.tick": _tick, "note.change": _change}
CARRY = {"note.write": write, "note.tick": tick, "note.change": change}
LABELS = {"note.write": "写便条", "note.tick": "勾便条", "note.change": "改便条"}
PAGES = (
    pages.FieldPage("/field/notes", "field/notes.html", needs=("ticket.report",), every={"notes": "note"}),
    pages.FieldPage("/field/notes/{id}", "field/note.html", needs=("ticket.report",), one={"note": "note:{id}"}),
)
TEMPLATES = {"field/notes.html": LIST.strip(), "field/note.html": ONE.strip()}


def scope(actor: Actor) -> str | None:
    """Return the feed of notes."""
    return f"note:{actor.here}" if actor.can("ticket.report") else None


def register(patch: pytest.MonkeyPatch) -> None:
    """Make the feature known until the test's end, in Python, in JavaScript, and to the application that starts next."""
    from server.routes import ROUTES

    assets.build()  # kept from now on: this release's name, as every process of it knows it
    for type_, carry in CARRY.items():
        one = operations.Operation(type_, LABELS[type_], {"note": operations.ENTITY}, carry)
        patch.setitem(operations._operations, type_, one)
        patch.setitem(reducers._reducers, (type_, "note"), REDUCERS[type_])
    patch.setitem(documents._kinds, "note", documents.Kind("note", load, every, scope))
    patch.setitem(photos._rules, "note", may_see)
    for page in PAGES:
        patch.setitem(pages._pages, page.path, page)
    loader = ChoiceLoader([DictLoader(TEMPLATES), FileSystemLoader(ROOT / "templates")])
    patch.setattr(environment(), "loader", loader)
    name = "js/field/reducers/note.js"
    patch.setitem(assets.assets(), name, assets.Asset(name, SCRIPT.encode(), "text/javascript; charset=utf-8"))
    names = [*release.page_names(), *TEMPLATES]
    patch.setattr(release, "page_names", lambda: names)
    patch.setattr("server.app.ROUTES", [*ROUTES, *(controllers.handler_of(page) for page in PAGES)])
    forget()


def forget() -> None:
    """Have everything generated made anew."""
    for made in (release.compiled, assets.find_asset):
        made.cache_clear()


async def lay_out() -> None:
    """Make the table of notes."""
    async with DB.scope(EVERYWHERE):
        await execute(TABLE)


async def note(text: str, done: bool = False) -> UUID:
    """Put a note on the server's side."""
    id_ = uuid7()
    async with DB.scope(EVERYWHERE):
        await execute(
            "insert into note (id, community_id, text, done) values ($1, $2, $3, $4)", id_, SUNSHINE, text, done
        )
    return id_


async def notes() -> list[Any]:
    """Return all notes of the server, in the order of their ids."""
    async with DB.scope(EVERYWHERE):
        return list(await fetch("select * from note order by id"))
