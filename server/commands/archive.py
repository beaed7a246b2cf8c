"""The backup file: one tar with the database, every object of the bucket and a manifest, written and read as a stream.

    database.dump        pg_dump's custom format
    objects/<key>        one entry per object; its type, metadata and SHA-256 stand in the entry's own header
    manifest.json        last: counts per table, and one digest over everything before it

Nothing is ever held in memory whole; a file that was cut short has no manifest and is refused.
"""

import hashlib
import io
import json
import os
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from server.embedded.trouble import Trouble

FORMAT = 1
DUMP = "database.dump"
OBJECTS = "objects/"
MANIFEST = "manifest.json"
CHUNK = 1 << 20
IN_MEMORY = 16 * CHUNK
"""An object up to this size waits for its checksum in memory, a larger one in a temporary file."""


@dataclass(frozen=True, slots=True)
class Stored:
    """One object as the archive has it."""

    key: str
    size: int
    sha256: str
    content_type: str
    metadata: dict[str, str]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the archive holds; `digest` covers the database and every object in order.

    `secret_key`: the key kept in the data folder, without which second factors cannot be read; None when SECRET_KEY was
    set, because then the administrator keeps it. `kind`: whether the data folder holds a demonstration (demo) or real data
    (serve).
    """

    format: int
    made_at: str
    version: str
    tables: dict[str, int]
    objects: int
    bytes: int
    digest: str
    secret_key: str | None = None
    kind: str = "serve"


class Writer:
    """Writes an archive to `file`, which gets its name only when it is complete and on the disk."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.folder = file.absolute().parent
        self.half = file.with_name(file.name + ".half")
        self.digest = hashlib.sha256()
        self.objects = 0
        self.bytes = 0

    def __enter__(self) -> "Writer":
        descriptor = os.open(self.half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)  # it is full of personal data
        self.raw = os.fdopen(descriptor, "wb")
        self.tar = tarfile.open(fileobj=self.raw, mode="w", format=tarfile.PAX_FORMAT)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.tar.close()
            self.raw.flush()
            os.fsync(self.raw.fileno())
            self.half.replace(self.file)
        self.raw.close()
        self.half.unlink(missing_ok=True)

    def add_database(self, dump: Path) -> None:
        """Add the dump."""
        with dump.open("rb") as content:
            self._add(DUMP, content, dump.stat().st_size, {})

    def add_object(self, key: str, content: IO[bytes], content_type: str, metadata: dict[str, str]) -> None:
        """Add an object; `content` is read once, to its end."""
        with tempfile.SpooledTemporaryFile(IN_MEMORY, dir=str(self.folder)) as spool:
            while chunk := content.read(CHUNK):
                spool.write(chunk)
            size = spool.tell()
            spool.seek(0)
            headers = {"NEIYE.type": content_type, "NEIYE.metadata": json.dumps(metadata)}
            self._add(OBJECTS + key, spool, size, headers)
        self.objects += 1
        self.bytes += size

    def finish(self, made_at: str, version: str, tables: dict[str, int], secret_key: str | None, kind: str) -> Manifest:
        """Add the manifest and return it."""
        digest = self.digest.hexdigest()
        manifest = Manifest(FORMAT, made_at, version, tables, self.objects, self.bytes, digest, secret_key, kind)
        text = json.dumps(asdict(manifest), ensure_ascii=False, indent=1).encode()
        info = tarfile.TarInfo(MANIFEST)
        info.size, info.mode = len(text), 0o600
        self.tar.addfile(info, io.BytesIO(text))
        return manifest

    def _add(self, name: str, content: Any, size: int, headers: dict[str, str]) -> None:
        """Add one entry with its checksum in the header, and take both into the digest of the whole."""
        checksum = hashlib.file_digest(content, "sha256").hexdigest()
        content.seek(0)
        info = tarfile.TarInfo(name)
        info.size, info.mode = size, 0o600
        info.pax_headers = headers | {"NEIYE.sha256": checksum}
        self.tar.addfile(info, content)
        self.digest.update(f"{name}\0{checksum}\n".encode())


def verify(file: Path) -> Manifest:
    """Read the whole archive once and compare every checksum; raise Trouble at the first that differs."""
    digest, manifest = hashlib.sha256(), None
    try:
        with tarfile.open(file, "r|") as tar:
            for info in tar:
                content = tar.extractfile(info)
                assert content is not None
                if info.name == MANIFEST:
                    manifest = Manifest(**json.load(content))
                    break
                checksum = _checksum(content)
                if checksum != info.pax_headers.get("NEIYE.sha256"):
                    raise _broken(file, f"{info.name} 的校验和不符", f"the checksum of {info.name} differs")
                digest.update(f"{info.name}\0{checksum}\n".encode())
    except (tarfile.TarError, ValueError, TypeError, AssertionError, EOFError) as error:
        raise _broken(file, f"读不出来（{error}）", f"it cannot be read ({error})") from error
    if manifest is None:
        raise _broken(file, "缺少清单，可能没有写完", "its manifest is missing; it may have been cut short")
    if manifest.format != FORMAT:
        raise _broken(file, f"格式 {manifest.format} 不认识", f"its format {manifest.format} is unknown")
    if digest.hexdigest() != manifest.digest:
        raise _broken(file, "内容与清单不符", "its content is not what the manifest says")
    return manifest


def entries(file: Path) -> Iterator[tuple[Stored | None, IO[bytes]]]:
    """Yield the database as (None, content), then each object with its content, which must be read at once."""
    with tarfile.open(file, "r|") as tar:
        for info in tar:
            content = tar.extractfile(info)
            if content is None or info.name == MANIFEST:
                return
            if info.name == DUMP:
                yield None, content
            else:
                headers = info.pax_headers
                metadata = json.loads(headers["NEIYE.metadata"])
                key = info.name.removeprefix(OBJECTS)
                yield Stored(key, info.size, headers["NEIYE.sha256"], headers["NEIYE.type"], metadata), content


def _checksum(content: IO[bytes]) -> str:
    found = hashlib.sha256()
    while chunk := content.read(CHUNK):
        found.update(chunk)
    return found.hexdigest()


def _broken(file: Path, zh: str, en: str) -> Trouble:
    return Trouble(
        f"备份文件 {file} 不能用：{zh}。什么都没有改动。", f"The backup {file} is unusable: {en}. Nothing was changed."
    )
