"""The person behind a request. Every function that changes something takes one as `by=`."""

from datetime import datetime
from typing import Any, cast
from uuid import UUID

import msgspec
from litestar.connection import ASGIConnection

from server.lib.i18n import N_

NO_COMMUNITY = UUID(int=0)
"""The audit chain of what belongs to no community."""


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """A signed-in account at work in one community, with what it may reach and do there."""

    account_id: UUID | None
    name: str
    session_id: UUID | None = None
    session_since: datetime | None = None  #: when it was opened
    device_id: UUID | None = None  #: of the phone that speaks with its own token instead of a session
    person_id: UUID | None = None
    community_id: UUID | None = None
    company_id: UUID | None = None
    is_company_admin: bool = False
    locale: str = "zh-CN"
    posts: frozenset[str] = frozenset()
    capabilities: frozenset[str] = frozenset()
    room_ids: tuple[UUID, ...] = ()
    communities: tuple[tuple[UUID, str], ...] = ()
    unread: int = 0
    must_change_password: bool = False
    has_second_factor: bool = False
    second_factor_at: datetime | None = None
    second_factor_due: datetime | None = None
    csrf_secret: str = ""
    ip: str | None = None
    device_at: datetime | None = None

    def can(self, capability: str) -> bool:
        """Whether one of the posts held in this community has `capability`."""
        return capability in self.capabilities

    @property
    def is_staff(self) -> bool:
        """Whether the actor works for the company (here, or as its administrator)."""
        return bool(self.posts) or self.is_company_admin

    @property
    def is_resident(self) -> bool:
        """Whether the actor owns, rents or lives in a room of this community."""
        return bool(self.room_ids)

    @property
    def community_name(self) -> str:
        """The name of the community the actor works in now, or ''."""
        return next((name for id_, name in self.communities if id_ == self.community_id), "")

    @property
    def here(self) -> UUID:
        """The community the actor works in now; raise LookupError when there is none."""
        if self.community_id is None:
            raise LookupError("the actor is in no community")
        return self.community_id


SYSTEM = Actor(account_id=None, name=N_("系统"))
"""The actor of jobs and commands that nobody in particular asked for."""


def system_in(community_id: UUID, *capabilities: str) -> Actor:
    """Return the system at work in one community, with what it has to reach there."""
    return msgspec.structs.replace(SYSTEM, community_id=community_id, capabilities=frozenset(capabilities))


def pusher_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Actor | None:
    """Return who hands in work: the signed-in person, or the owner of the phone whose own token came along; None for others."""
    return cast("Actor | None", connection.scope.get("pusher")) or actor_of(connection)


def actor_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Actor | None:
    """Return who is behind a request, or None for a visitor."""
    return cast("Actor | None", connection.scope.get("actor"))
