"""What a form of a field page sends, read as an operation. The phone's script reads the same forms by the same rules.

`_entity` (a document's id; empty: a new one), `_base` (the version that was seen), `_next` (where to go afterwards), `_page` (where the
form stands), `_new` (names of arguments to fill with a fresh id), `_op` (the form's own key, which the server writes into the pages it
makes: the same form sent twice takes effect once). Every other field is an argument: one value is a text, several are a list;
a name that ends in `[]` is always a list. Files named `photos:<role>` are the photos.
"""

import re
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from litestar.datastructures import FormMultiDict, UploadFile

from server.lib.ids import uuid7

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
LONGEST = 4000
"""Characters of one argument; what is longer is cut, as the form's own limit would have done."""

PHOTOS = "photos:"
HERE = re.compile(r"/field/[\w/.~?&=%-]*")


@dataclass
class Sent:
    """One form: the operation's parts, and where to go. `said`: what the person sent, without anything made up here."""

    op_id: UUID
    entity_id: UUID
    base_version: int
    next: str
    page: str
    said: dict[str, Any]
    args: dict[str, Any] = field(default_factory=dict)
    files: list[tuple[str, UploadFile]] = field(default_factory=list)


def read(form: FormMultiDict) -> Sent:
    """Return what `form` says; nonsense in its own fields counts as left empty."""
    texts: dict[str, list[str]] = {}
    files = []
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            if value.filename and name.startswith(PHOTOS):
                files.append((name.removeprefix(PHOTOS), value))
        else:
            texts.setdefault(name, []).append(CONTROL.sub("", str(value)).replace("\r\n", "\n").strip()[:LONGEST])
    own = {name: values[-1] for name, values in texts.items() if name.startswith("_")}
    args = arguments({name: values for name, values in texts.items() if not name.startswith("_")})
    said = {"entity": own.get("_entity", ""), "base": own.get("_base", ""), "args": args}
    args = args | {name: str(uuid7()) for name in texts.get("_new", []) if name}
    return Sent(
        op_id=as_uuid(own.get("_op", "")) or uuid7(),
        entity_id=as_uuid(own.get("_entity", "")) or uuid7(),
        base_version=int(base) if (base := own.get("_base", "")).isdigit() and len(base) < 10 else 0,
        next=inside(own.get("_next", "")),
        page=inside(own.get("_page", "")),
        said=said,
        args=args,
        files=files,
    )


def arguments(texts: dict[str, list[str]]) -> dict[str, Any]:
    """Return fields as arguments: one value is a text, several are a list, `name[]` is always a list (without blanks)."""
    found: dict[str, Any] = {}
    for name, values in texts.items():
        if name.endswith("[]"):
            found[name[:-2]] = [value for value in values if value]
        else:
            found[name] = values[0] if len(values) == 1 else values
    return found


def as_uuid(text: str) -> UUID | None:
    """Return `text` as an id, or None."""
    try:
        return UUID(text)
    except ValueError:
        return None


def inside(path: str) -> str:
    """Return `path` if it is the address of a field page of ours, else ''."""
    return path if HERE.fullmatch(path) and "//" not in path else ""
