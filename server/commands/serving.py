"""What `demo` and `serve` have in common: take the folder and the port, then let the supervisor run."""

import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from server.embedded.folder import Folder
from server.embedded.parts import Parts
from server.embedded.supervisor import Supervisor, listen
from server.embedded.trouble import Trouble

Ready = Callable[[Parts, dict[str, Any]], None]


def start(folder: Folder, listener: socket.socket, workers: int, ready: Ready, *, demo: bool = False) -> None:
    """Run an instance whose folder is locked until a signal stops it."""
    import server.config  # noqa: F401 - a setting that makes no sense should be told here, once, not by each child

    supervisor = Supervisor(folder, listener=listener, url=address(listener), workers=workers, demo=demo)
    try:
        supervisor.run(ready)
    finally:
        listener.close()
        folder.unlock()


def open_folder(data: Path, kind: str) -> Folder:
    """Return the data folder, made if need be and taken for this process."""
    folder = Folder(data)
    folder.make(kind)
    folder.lock_or_trouble()
    return folder


def listen_somewhere(host: str, port: int, explicit: bool) -> socket.socket:
    """Return a listening socket: on `port` if it was asked for explicitly, else on it or one of the twenty after it."""
    for candidate in range(port, port + (1 if explicit else 20)):
        try:
            return listen(host, candidate)
        except Trouble:
            if explicit:
                raise
    return listen(host, port)


def address(listener: socket.socket) -> str:
    """Return the URL under which this machine reaches the server."""
    host, port = listener.getsockname()[:2]
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not listened on
        host = "127.0.0.1"
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def processors(most: int) -> int:
    """Return how many processors we may use, but at most `most`."""
    return max(1, min(most, len(os.sched_getaffinity(0))))
