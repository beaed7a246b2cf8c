"""Puts a stylesheet's imports in their place, so that many small files under static/css reach the browser as one."""

import re
from pathlib import Path

IMPORT = re.compile(r'^@import "([^":]+)";$', re.MULTILINE)


def flatten(path: Path) -> bytes:
    """Return the stylesheet at `path` with each `@import "relative.css";` line replaced by that file's content."""
    text = IMPORT.sub(lambda found: flatten(path.parent / found[1]).decode(), path.read_text())
    return text.encode()
