"""How long an installed `neiye serve` takes from the command to its first page: in a new folder, and started again."""

import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import httpx

from tests.support.instance import Instance

RESTARTS = 3


async def run() -> dict[str, Any]:
    """Return seconds until ready and until the first page; the middle of the restarts."""
    with tempfile.TemporaryDirectory(prefix="neiye-bench-") as folder:
        Path(folder).chmod(0o755)
        begun = time.monotonic()
        instance = Instance(Path(folder) / "var")
        try:
            new = first_page(instance, begun)
            again = [restart(instance) for _ in range(RESTARTS)]
        finally:
            instance.stop()
    return {
        "new_folder_s": new,
        "restart_ready_s": round(median(ready for ready, _page in again), 2),
        "restart_first_page_s": round(median(page for _ready, page in again), 2),
        "wanted_restart_s_below": 3.0,
    }


def first_page(instance: Instance, begun: float) -> float:
    """Return the seconds from `begun` until the sign-in page is there."""
    instance.wait_ready()
    httpx.get(f"{instance.url}/sign-in", timeout=30).raise_for_status()
    return round(time.monotonic() - begun, 2)


def restart(instance: Instance) -> tuple[float, float]:
    """Stop and start; return the seconds until everything is ready, and until the first page."""
    instance.stop()
    begun = time.monotonic()
    ready = instance.start_ready()
    return ready, first_page(instance, begun)
