"""What the phone's scripts know of this release, and all of them as one file: js/field/scripts.js, for pages and the service worker alike.

A service worker that is made of modules is not known to every phone's browser, and thirty small files are slow to start on a small
phone: so the modules are put into one classic script, each run when it is first asked for, without what nobody uses, and minified. They may
only say `import { name, name as other } from "./file.js";`, `import "./file.js";` and `export const|function|async function|class`. What
they export has no names in there, only places: `return [a, b]`, and `const [, b] = m_file()` where it is imported.
"""

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import PurePosixPath

import server.field.features
import server.field.release  # noqa: F401 - makes templates.js
from server.config import ROOT
from server.field.minifying import left_out, minified, separated
from server.field.pages import described as described_pages
from server.field.reducers import is_at_desk
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
LAST = ("js/field/runtime.js", "js/field/texts.js", "js/field/formats.js", REDUCERS, TABLE, "js/field/templates.js")
"""What stands at the end, in this order: gzip finds only within 32 KB what is alike, and these speak of the same things."""


@dataclass
class Module:
    """One module, taken apart. `exports`: what others use of it, the most wanted first."""

    path: str
    imports: list[tuple[str, dict[str, str]]]  #: (module, {its name: ours}), in order
    body: str
    declared: list[str]
    exports: list[str] = field(default_factory=list)


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
        "operations": {type_: one for type_, one in described_operations().items() if not is_at_desk(type_)},
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


@generated(SCRIPTS, ROOT / "pyproject.toml")  # which names the minifier's version
def scripts_js() -> bytes:
    """Make the script that defines `fieldScripts.pages()` and `fieldScripts.worker()`: what their entries export."""
    modules: dict[str, Module] = {}
    for entry in (ENTRY, WORKER):
        _read(entry, modules, ())
    _settle(modules)
    once = "const once = (make) => { let made; return () => (made ??= make()); };\n"
    written = "".join(_written(module, modules) for module in sorted(modules.values(), key=_place))
    entries = f"return {{ pages: {_name(ENTRY)}, worker: {_name(WORKER)} }};\n"
    return minified(f"globalThis.fieldScripts = (() => {{\n{once}{written}{entries}}})();\n").encode()


def weight() -> int:
    """Return the bytes of all field scripts as they are sent."""
    asset = find_asset(SCRIPTS)
    assert asset is not None
    return len(asset.gzipped or asset.body)


def _read(path: str, modules: dict[str, Module], above: tuple[str, ...]) -> None:
    """Add the module `path` to `modules`, after those it imports; raise ValueError for a circle or an import of another kind."""
    if path in modules:
        return
    if path in above:
        raise ValueError(f"modules in a circle: {' → '.join((*above, path))}")
    text = source(path)
    imports = []
    for names, target in IMPORT.findall(text):
        pairs = [AS.split(name.strip()) for name in names.split(",")] if names else []
        imports.append((beside(path, target), {pair[0]: pair[-1] for pair in pairs}))
        _read(imports[-1][0], modules, (*above, path))
    body = IMPORT.sub("", text)
    if re.search(r"^import\b(?!\()", body, re.MULTILINE) or re.search(r"^export (\{|let|default)", body, re.MULTILINE):
        raise ValueError(f"{path}: an import or export of another kind")
    declared = EXPORT.findall(body)
    modules[path] = Module(path, imports, EXPORT.sub("", body), declared)


def _settle(modules: dict[str, Module]) -> None:
    """Find what is used of each module, and leave out the rest; what an entry exports is used."""
    wanted = Counter((path, name) for one in modules.values() for path, names in one.imports for name in names)
    for module in modules.values():
        used = [name for name in module.declared if module.path in (ENTRY, WORKER) or wanted[module.path, name]]
        module.exports = sorted(used, key=lambda name: (-wanted[module.path, name], name))
        module.body = left_out(module.body, set(module.declared) - set(used), set(used))


def _place(module: Module) -> int:
    """Return how far behind `module` stands in the script."""
    return next((n for n, start in enumerate(LAST, 1) if module.path.startswith(start)), 0)


def _written(module: Module, modules: dict[str, Module]) -> str:
    """Return `module` as a function that is run once."""
    heads = []
    for path, names in module.imports:
        places = [names.get(name, "") for name in modules[path].exports]
        while places and not places[-1]:
            places.pop()
        heads.append(f"const [{', '.join(places)}] = {_name(path)}();\n" if names else f"{_name(path)}();\n")
    brackets = "{}" if module.path in (ENTRY, WORKER) else "[]"
    given = f"return {brackets[0]} {', '.join(module.exports)} {brackets[1]};\n" if module.exports else ""
    return f"const {_name(module.path)} = once(() => {{\n{''.join(heads)}{separated(module.body)}\n{given}}});\n"


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


def compact(value: object) -> str:
    """Return `value` as JSON without spaces."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _name(path: str) -> str:
    """Return the constant that holds what the module `path` exports."""
    return "m_" + re.sub(r"\W", "_", path.removeprefix("js/").removesuffix(".js"))
