"""The embedded storage: keeps what it acknowledged, also when it is killed or its folder is moved."""

import io
import socket
from collections.abc import Iterator

import pytest

from server.embedded.folder import Folder
from server.embedded.s3 import Gateway, client, flush
from server.embedded.trouble import Trouble


@pytest.fixture
def gateway(folder: Folder) -> Iterator[Gateway]:
    """A running gateway."""
    started = start(folder)
    yield started
    started.stop()


def start(folder: Folder) -> Gateway:
    gateway = Gateway(folder)
    gateway.prepare()
    gateway.start()
    gateway.wait_ready()
    return gateway


def test_killed_it_has_everything_and_a_moved_folder_still_works(gateway: Gateway) -> None:
    reach = client(gateway.settings)
    body = b"x" * 100_000
    kind, more = "image/jpeg", {"by": "chen"}
    reach.put_object("neiye", "a/b.jpg", io.BytesIO(body), len(body), content_type=kind, metadata=more)
    flush(gateway.folder.path)
    assert gateway.process is not None
    gateway.process.kill()
    gateway.process.wait()
    moved = Folder(gateway.folder.path.rename(gateway.folder.path.with_name("moved")))
    again = start(moved)
    try:
        with client(again.settings).get_object("neiye", "a/b.jpg") as answer:
            assert answer.read() == body
            assert answer.headers["content-type"] == "image/jpeg"
            assert answer.headers["x-amz-meta-by"] == "chen"
    finally:
        again.stop()


def test_a_port_taken_in_the_last_moment_is_left_to_whoever_took_it(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        answers = iter([taken])
        monkeypatch.setattr(folder, "port", lambda name: next(answers, None) or Folder.port(folder, name))
        gateway = start(folder)
        assert gateway.port != taken
        gateway.stop()


def test_a_volume_without_its_index_is_a_sentence(folder: Folder) -> None:
    (folder.s3 / "blobs").mkdir(parents=True)
    with pytest.raises(Trouble, match=r"meta\.db"):
        Gateway(folder).prepare()
