"""What somebody brings to a step of anything that has steps: words, photos, what they saw, and when it was done."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Carried:
    """The photos that come with a step: stored already, or promised by the phone that still sends them."""

    stored: tuple[UUID, ...] = ()
    waiting: tuple[UUID, ...] = ()

    @property
    def ids(self) -> list[UUID]:
        """All of them, in order."""
        return [*self.stored, *self.waiting]


NO_PHOTOS = Carried()


@dataclass(frozen=True, kw_only=True)
class Act:
    """What comes with a step, whatever the step is.

    `base`: the version the actor saw (None: not asked). `id`: made by the phone or form, so that the same one twice is one.
    `at`: when it was done, if not just now. `device_at`: what the phone's clock said, for the audit.
    """

    note: str | None = None
    photos: Carried = NO_PHOTOS
    base: int | None = None
    id: UUID | None = None
    at: dt.datetime | None = None
    device_at: dt.datetime | None = None
