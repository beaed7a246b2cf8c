"""Sets a report as PDF with typst, from a template of ours and plain data; Chinese needs a Chinese font on the machine."""

import tempfile
from functools import cache
from pathlib import Path

from server.config import ROOT

FONTS = ("/usr/share/fonts/opentype/noto", "/usr/share/fonts/noto-cjk", "/usr/share/fonts/truetype/noto")
"""Where Debian's and others' fonts-noto-cjk lies."""


class NoFont(RuntimeError):
    """No Chinese font is installed, so a report would be a page of empty boxes."""


@cache
def fonts() -> tuple[str, ...]:
    """Return the folders that hold a Chinese font of the Noto family."""
    return tuple(folder for folder in FONTS if any(Path(folder).glob("NotoSansCJK-*")))


def typeset(template: str, data: bytes, files: dict[str, bytes]) -> bytes:
    """Return the PDF of `templates/print/{template}` for `data` (JSON); `files` lie beside it. Raise NoFont.

    Typst reads only the folder it is given: one that is made for this report alone.
    """
    import typst

    if not fonts():
        raise NoFont
    with tempfile.TemporaryDirectory(prefix="neiye-pdf-") as name:
        folder = Path(name)
        (folder / "main.typ").write_text((ROOT / "templates" / "print" / template).read_text(encoding="utf-8"), "utf-8")
        (folder / "data.json").write_bytes(data)
        for file, content in files.items():
            (folder / file).write_bytes(content)
        made = typst.compile(str(folder / "main.typ"), root=name, font_paths=list(fonts()), ignore_system_fonts=True)
    assert isinstance(made, bytes)
    return made
