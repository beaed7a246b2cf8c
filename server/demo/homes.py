"""The buildings and rooms of the demonstration: eight high-rises, four mid-rises, 1,200 homes, 40 shops, 1,100 spaces."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import TypeVar
from uuid import UUID

from server.communities.naming import Place, room_code, room_label, sort_key
from server.lib.ids import uuid7

T = TypeVar("T")

TEMPLATE = "{building}栋{stairwell}单元{room}"
HIGH_RISES = ((18, 2), (18, 3), (18, 4), (24, 3), (26, 2), (30, 2), (33, 2), (20, 4))
"""Floors, and rooms on each floor of a stairwell; two stairwells each: 984 homes."""

MID_RISES = 4  # six floors, three stairwells, three rooms on a floor: 216 homes
SHOPS = 40
SPACES = 1100
SIZES = (
    (Decimal(55), 20, 10),
    (Decimal(76), 19, 35),
    (Decimal(96), 29, 35),
    (Decimal(126), 19, 15),
    (Decimal(146), 74, 5),
)
"""Homes by size: least m², span, how many of a hundred."""

VACANCIES = (("occupied", 65), ("let", 15), ("vacant", 17), ("developer", 3))


@dataclass
class Stock:
    """What is built, as rows for the tables."""

    buildings: list[tuple[object, ...]]
    stairwells: list[tuple[object, ...]]
    rooms: list[dict[str, object]]
    spaces: list[tuple[object, ...]]


def build(community_id: UUID, random: Random) -> Stock:
    """Return the buildings, stairwells, rooms and parking spaces of the community."""
    stock = Stock([], [], [], [])
    plans = [(floors, 2, wide) for floors, wide in HIGH_RISES] + [(6, 3, 3)] * MID_RISES
    for number, (floors, stairwells, wide) in enumerate(plans, start=1):
        building_id = uuid7()
        name, below = f"{number}栋", 2 if floors > 6 else 0
        stock.buildings.append((building_id, community_id, str(number), name, number, floors, below))
        handover = date(2019, 6, 1) + timedelta(days=30 * number)
        for stairwell in range(1, stairwells + 1):
            stairwell_id = uuid7()
            stock.stairwells.append((stairwell_id, community_id, building_id, str(stairwell), stairwell, floors > 6))
            areas = [home_size(random) for _ in range(wide)]
            for floor in range(1, floors + 1):
                for position in range(1, wide + 1):
                    place = Place(str(number), str(stairwell), f"{floor}{position:02d}")
                    stock.rooms.append(
                        a_room(community_id, building_id, stairwell_id, place, areas[position - 1], handover)
                        | {"floor": floor, "kind": "home", "vacancy": pick(VACANCIES, random)}
                    )
    add_shops(stock, community_id, random)
    add_spaces(stock, community_id, random)
    return stock


def a_room(
    community_id: UUID, building_id: object, stairwell_id: object, place: Place, area: Decimal, handover: date
) -> dict[str, object]:
    """Return a room's row, without floor, kind and vacancy."""
    code = room_code(place.building, place.stairwell, place.number)
    return {
        "id": uuid7(),
        "community_id": community_id,
        "building_id": building_id,
        "stairwell_id": stairwell_id,
        "code": code,
        "number": place.number,
        "label": room_label(TEMPLATE, place, shop=not place.stairwell),
        "sort": sort_key(code),
        "gross_area": area,
        "net_area": (area * Decimal("0.79")).quantize(Decimal("0.01")),
        "handover_on": handover,
    }


def home_size(random: Random) -> Decimal:
    """Return the area of all homes above each other: two decimals that end irregularly, as measured ones do."""
    least, span = pick([((least, span), share) for least, span, share in SIZES], random)
    return least + Decimal(random.randrange(span * 100)) / 100


def pick(choices: Sequence[tuple[T, int]], random: Random) -> T:
    """Return one of the choices by their shares of a hundred."""
    return random.choices([choice for choice, _ in choices], [share for _, share in choices])[0]


def add_shops(stock: Stock, community_id: UUID, random: Random) -> None:
    """Put shops on the ground floor along the street, ten to a building, without a stairwell."""
    for number in range(1, SHOPS + 1):
        building = stock.buildings[(number - 1) // 10]
        place = Place(str(building[2]), "", f"S{number:02d}")
        area = Decimal(random.randrange(2800, 12000)) / 100
        stock.rooms.append(
            a_room(community_id, building[0], None, place, area, date(2020, 1, 1))
            | {"floor": 1, "kind": "shop", "vacancy": pick((("let", 70), ("occupied", 20), ("vacant", 10)), random)}
        )


def add_spaces(stock: Stock, community_id: UUID, random: Random) -> None:
    """Number the parking spaces of two basements; some belong to homes, some to the developer, some are common."""
    homes = [room["id"] for room in stock.rooms if room["kind"] == "home"]
    random.shuffle(homes)
    for number in range(1, SPACES + 1):
        zone = "B1" if number <= SPACES // 2 else "B2"
        ownership = pick((("owned", 60), ("developer", 30), ("common", 10)), random)
        room = homes.pop() if ownership == "owned" else None
        stock.spaces.append((uuid7(), community_id, f"{zone}-{number:04d}", f"{zone} 车库", ownership, room))
