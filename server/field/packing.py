"""What the phone's scripts know of this release, and all of them as one file: js/field/scripts.js, for pages and the service worker alike.

A service worker that is made of modules is not known to every phone's browser, and thirty small files are slow to start on a small
phone: so the modules are put into one classic script, without comments and indentation, each run when it is first asked for. They may
only say `import { name, name as other } from "./file.js";`, `import "./file.js";` and `export const|function|async function|class`.
"""

import gzip
import json
import re
from pathlib import PurePosixPath

import server.field.features
import server.field.release  # noqa: F401 - makes templates.js
from server.config import ROOT
from server.field.pages import described as described_pages
from server.lib.assets import assets, find_asset, generated
from server.security.headers import HEADERS
from server.sync.operations import described as described_operations
from server.sync.words import FIELDS, VALUES

TABLE = "js/field/table.js"
SCRIPTS = "js/field/scripts.js"
REDUCERS = "js/field/reducers/"
FIELD = "js/field/"
ENTRY = "js/field/app.js"
WORKER = "js/field/worker.js"
IMPORT = re.compile(r"""^import\s*(?:\{([^}]*)\}\s*from\s*)?["']([^"']+)["'];?[ \t]*\n?""", re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async function|function|const|class)\s*\*?\s*(\w+))", re.MULTILINE)
AS = re.compile(r"\s+as\s+")


@generated(TABLE, *(ROOT / "server").glob("*/operations.py"), *(ROOT / "server").glob("*/field.py"))
def table_js() -> bytes:
    """Make the module of what is registered: operations, pages, reducers, headers of pages made on the phone, words of arguments."""
    files = [name for name in assets() if name.startswith(REDUCERS)]
    lines = [
        f'import {{ reducers as of{n} }} from "./reducers/{name.removeprefix(REDUCERS)}";'
        for n, name in enumerate(files)
    ]
    headers = {name.decode(): value.decode() for name, value in HEADERS}
    plain = {
        "operations": described_operations(),
        "pages": described_pages(),
        "headers": headers,
        "readable": list(FIELDS),
        "codes": VALUES,
    }
    lines += [f"export const {name} = {compact(value)};" for name, value in plain.items()]
    lines += ["export const reducers = {};"]
    lines += [
        f"for (const [type, kinds] of Object.entries(of{n})) reducers[type] = {{ ...reducers[type], ...kinds }};"
        for n in range(len(files))
    ]
    return "\n".join([*lines, ""]).encode()


@generated(SCRIPTS)
def scripts_js() -> bytes:
    """Make the script that defines `fieldScripts.pages()` and `fieldScripts.worker()`: what their entries export."""
    written: dict[str, str] = {}
    for entry in (ENTRY, WORKER):
        _write(entry, written, ())
    once = "const once = (make) => { let made; return () => (made ??= make()); };\n"
    entries = f"return {{ pages: {_name(ENTRY)}, worker: {_name(WORKER)} }};\n"
    return f"globalThis.fieldScripts = (() => {{\n{once}{''.join(written.values())}{entries}}})();\n".encode()


def weight() -> int:
    """Return the bytes of all field scripts as they are sent (gzip)."""
    return len(gzip.compress(scripts_js(), 9))


def _write(path: str, written: dict[str, str], above: tuple[str, ...]) -> None:
    """Add the module `path` to `written`, after those it imports; raise ValueError for a circle or an import of another kind."""
    if path in written:
        return
    if path in above:
        raise ValueError(f"modules in a circle: {' → '.join((*above, path))}")
    text = squeezed(source(path))
    head = []
    for names, target in IMPORT.findall(text):
        other = beside(path, target)
        _write(other, written, (*above, path))
        if names:
            head.append(f"const {{ {AS.sub(': ', names.strip())} }} = {_name(other)}();\n")
        else:
            head.append(f"{_name(other)}();\n")
    body = IMPORT.sub("", text)
    if re.search(r"^import\b(?!\()", body, re.MULTILINE) or re.search(r"^export (\{|let|default)", body, re.MULTILINE):
        raise ValueError(f"{path}: an import or export of another kind")
    exported = ", ".join(EXPORT.findall(body))
    inside = f"{''.join(head)}{EXPORT.sub('', body)}\nreturn {{ {exported} }};\n"
    written[path] = f"const {_name(path)} = once(() => {{\n{inside}}});\n"


def beside(path: str, target: str) -> str:
    """Return the module that `target` means in the module `path`.

    >>> beside("js/field/page.js", "../helpers/markup.js")
    'js/helpers/markup.js'
    """
    parts: list[str] = []
    for part in (PurePosixPath(path).parent / target).parts:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


def source(path: str) -> str:
    """Return the text of a module; raise ValueError when there is none."""
    asset = find_asset(path)
    if asset is None:
        raise ValueError(f"no module {path}")
    return asset.body.decode()


def squeezed(text: str) -> str:
    """Return a script without the lines that are comments, and without indentation; one with texts over several lines as it is."""
    lines = text.split("\n")
    if any(line.count("`") % 2 for line in lines):
        return text
    return "\n".join(line.strip() for line in lines if line.strip() and not line.lstrip().startswith("//")) + "\n"


def compact(value: object) -> str:
    """Return `value` as JSON without spaces."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _name(path: str) -> str:
    """Return the constant that holds what the module `path` exports."""
    return "m_" + re.sub(r"\W", "_", path.removeprefix("js/").removesuffix(".js"))
