"""The demonstration's price list, and who repairs what."""

from datetime import time
from uuid import UUID

from server.db import execute, fetch, transaction
from server.demo.rows import insert_all
from server.lib.ids import uuid7

PRICES = (
    ("labour", None, "上门费", "次", 2000),
    ("labour", "water", "换软管、角阀人工", "处", 3000),
    ("labour", "water", "疏通地漏、马桶", "次", 8000),
    ("labour", "power", "换开关、插座人工", "处", 2000),
    ("labour", "doors", "换锁芯人工", "把", 4000),
    ("labour", "signal", "对讲分机检修", "次", 3000),
    ("material", "water", "DN15 角阀", "个", 2500),
    ("material", "water", "不锈钢软管 60cm", "根", 1800),
    ("material", "water", "马桶进水阀", "套", 4500),
    ("material", "water", "生料带", "卷", 300),
    ("material", "power", "86 型开关", "个", 1500),
    ("material", "power", "LED 声控灯头", "个", 2200),
    ("material", "doors", "C 级锁芯", "个", 12000),
    ("material", "doors", "闭门器", "套", 16000),
    ("material", "signal", "对讲分机", "台", 26000),
    ("material", "leak", "防水涂料", "kg", 3800),
)
"""(kind, category, name, unit, price in 分)"""


async def write_prices(community_id: UUID) -> None:
    """Write the price list and the repairmen's skills and shifts."""
    hands = await fetch(
        "select distinct person_id from post where community_id = $1 and post = 'repair' and until is null order by 1",
        community_id,
    )
    async with transaction() as lent:
        columns = ["id", "community_id", "kind", "category", "name", "unit", "price"]
        await insert_all(lent, "price_item", columns, [(uuid7(), community_id, *line) for line in PRICES])
        skills = [
            (["water", "doors", "leak", "heating", "shared"], time(8), time(18)),
            (["power", "signal", "lift", "fire"], time(14), time(22)),
        ]
        for index, one in enumerate(hands[: len(skills)]):
            await execute(
                "insert into repair_hand (id, community_id, skills, shift_from, shift_until) values ($1, $2, $3, $4, $5)",
                one["person_id"],
                community_id,
                *skills[index],
            )
