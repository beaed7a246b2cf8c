"""Pages of long lists."""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from litestar import Request

T = TypeVar("T")

PAGE_SIZE = 50


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page of a list: `items` of `total`, page `number` counted from 1."""

    items: list[T]
    total: int
    number: int
    size: int = PAGE_SIZE

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // self.size))

    @property
    def is_beyond(self) -> bool:
        """Whether the list ends before this page: it has become shorter, or somebody guessed."""
        return self.total > 0 and self.number > self.pages

    @property
    def first(self) -> int:
        """The position of the first item shown, counted from 1; 0 when there is none."""
        return (self.number - 1) * self.size + 1 if self.items else 0

    @property
    def last(self) -> int:
        """The position of the last item shown."""
        return (self.number - 1) * self.size + len(self.items)


def offset(number: int, size: int = PAGE_SIZE) -> int:
    """Return how many rows come before page `number`."""
    return (max(number, 1) - 1) * size


def page_number(request: Request[Any, Any, Any]) -> int:
    """Return the page a list's address asks for (`?page=3`), 1 for nonsense."""
    text = str(request.query_params.get("page", "1"))
    return min(max(int(text), 1), 1_000_000) if text.isdigit() else 1


def last_address(request: Request[Any, Any, Any], shown: Page[Any]) -> str:
    """Return the address of the last page of the list `shown`."""
    address = base_address(request)
    return f"{address}{'&' if '?' in address else '?'}page={shown.pages}"


def base_address(request: Request[Any, Any, Any]) -> str:
    """Return a list's address with its filters but without the page, for the pager's links."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name != "page" and value]
    return request.scope["path"] + (f"?{urlencode(kept)}" if kept else "")
