"""Static files under one hash: /static/<build>/css/app.css, kept by browsers for ever, compressed once.

One hash for all of them, so that modules may import each other by relative address and the service worker knows a release
by one word.
"""

import gzip
import hashlib
import mimetypes
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from zopfli import gzip as zopfli

from server.config import ROOT
from server.lib.stylesheets import flatten

STATIC = ROOT / "static"
COMPRESSIBLE = {".css", ".js", ".mjs", ".svg", ".json", ".webmanifest", ".txt", ".html"}
mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("text/javascript", ".mjs")
mimetypes.add_type("application/manifest+json", ".webmanifest")


@dataclass(frozen=True)
class Asset:
    """One file, with its bytes and their gzip form (None when that is no smaller).

    `made`: it lies in no folder. Those are few and large: packing them tightly costs a second, once, and saves a twentieth on each phone.
    """

    path: str
    body: bytes
    content_type: str
    made: bool = False

    @cached_property
    def gzipped(self) -> bytes | None:
        """Return the compressed bytes, made once."""
        if Path(self.path).suffix not in COMPRESSIBLE:
            return None
        packed = zopfli.compress(self.body) if self.made else gzip.compress(self.body, 9, mtime=0)
        return packed if len(packed) < len(self.body) else None


Make = Callable[[], bytes]

_made: dict[str, Make] = {}
_sources: list[Path] = []


def generated(name: str, *sources: Path) -> Callable[[Make], Make]:
    """Register the function that makes the file `name`, which lies in no folder: it is called once, when somebody asks for it.

    `sources`: what it is made from beside static files and templates, so that a release that changes them has another hash.
    """

    def register(make: Make) -> Make:
        _made[name] = make
        _sources.extend(sources)
        return make

    return register


@cache
def assets() -> dict[str, Asset]:
    """Return every static file by its path below static/; generated ones are not among them."""
    found = {}
    for path in sorted(STATIC.rglob("*")):
        if path.is_file():
            name = path.relative_to(STATIC).as_posix()
            body = flatten(path) if path.suffix == ".css" else path.read_bytes()
            found[name] = Asset(name, body, content_type(name))
    return found


def content_type(name: str) -> str:
    """Return the media type of a file called `name`."""
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return kind + ("; charset=utf-8" if kind.startswith("text/") else "")


@cache
def find_asset(name: str) -> Asset | None:
    """Return the static or generated file `name`, or None."""
    return assets().get(name) or (Asset(name, _made[name](), content_type(name), True) if name in _made else None)


@cache
def build() -> str:
    """Return the hash of all static files, templates and sources: the name of this release for browsers."""
    digest = hashlib.sha256()
    for name, asset in assets().items():
        digest.update(name.encode() + b"\0" + asset.body)
    for path in sorted({*(ROOT / "templates").rglob("*"), *_sources}):
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def asset_url(name: str) -> str:
    """Return the address of the static or generated file `name`; raise KeyError if there is none."""
    return f"/static/{build()}/{name if name in _made else assets()[name].path}"
