"""A data folder of the test's own, and an environment in which nothing is configured from outside."""

import os
from pathlib import Path

import pytest

from server.embedded.folder import Folder


@pytest.fixture(autouse=True)
def nothing_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away what the test run itself has configured."""
    for name in list(os.environ):
        if name in {"DATABASE_URL", "SECRET_KEY", "NEIYE_DATA", "PUBLIC_URL"} or name.startswith("S3_"):
            monkeypatch.delenv(name)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """An empty data folder whose path has a space and Chinese in it."""
    made = Folder(tmp_path / "数据 folder")
    made.make()
    return made
