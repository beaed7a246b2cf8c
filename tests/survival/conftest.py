"""One instance of the whole product with the cast in it, for all tests of this folder."""

from collections.abc import AsyncIterator

import pytest

from tests.support.instance import Instance
from tests.survival.phones import settle


@pytest.fixture(scope="session")
async def inhabited(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Instance]:
    """`neiye serve`, ready, with the cast."""
    folder = tmp_path_factory.mktemp("inhabited")
    folder.chmod(0o711)
    instance = Instance(folder / "数据 var")
    try:
        instance.wait_ready()
        await settle(instance.parts.database_url)
        yield instance
    finally:
        instance.stop()
