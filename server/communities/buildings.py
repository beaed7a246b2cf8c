"""The buildings at a glance: how many rooms, and how many of them are lived in."""

from decimal import Decimal
from uuid import UUID

import msgspec

from server.db import rows
from server.security.actor import Actor


class Building(msgspec.Struct):
    """A building with its figures."""

    id: UUID
    name: str
    stairwells: list[str]
    rooms: int
    occupied: int
    let: int
    vacant: int
    developer: int
    area: Decimal | None

    @property
    def lived_in(self) -> int:
        """Rooms somebody lives or works in."""
        return self.occupied + self.let

    @property
    def percent(self) -> int:
        """Lived-in rooms in a hundred, rounded down."""
        return self.lived_in * 100 // self.rooms if self.rooms else 0


async def overview(by: Actor) -> list[Building]:
    """Return the community's buildings in their order."""
    return await rows(
        Building,
        """select building.id, building.name,
            array(select code::text from stairwell where building_id = building.id order by sort, code) as stairwells,
            coalesce(figures.rooms, 0) as rooms, coalesce(figures.occupied, 0) as occupied, coalesce(figures.let, 0) as let,
            coalesce(figures.vacant, 0) as vacant, coalesce(figures.developer, 0) as developer, figures.area
        from building left join (
            select building_id, count(*) as rooms, sum(gross_area) as area,
                count(*) filter (where vacancy = 'occupied') as occupied, count(*) filter (where vacancy = 'let') as let,
                count(*) filter (where vacancy = 'vacant') as vacant,
                count(*) filter (where vacancy = 'developer') as developer
            from room where community_id = $1 group by building_id
        ) as figures on figures.building_id = building.id
        where building.community_id = $1 order by building.sort, building.code""",
        by.here,
    )
