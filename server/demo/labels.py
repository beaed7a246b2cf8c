"""Labels of places in the demonstration, and what strangers reported by them."""

from datetime import timedelta
from uuid import UUID

from server.demo.repairs import staff
from server.lib.formats import now
from server.lib.ids import uuid7
from server.scanning import labels, voicing

PLACES = {
    "lift": [f"{number}栋1单元 电梯" for number in range(1, 7)],
    "water": ["3栋 水泵房", "5栋 水泵房"],
    "doors": ["东门 人行门", "西门 车行门", "3栋1单元 单元门"],
    "power": ["地下一层 车库照明", "中心花园 路灯"],
}


async def write_labels(community_id: UUID) -> None:
    """Put up the labels; at one somebody reported this morning, and somebody else met with it, too."""
    clerk = await staff("zhou", community_id)
    for category, names in PLACES.items():
        await labels.add(names, category, by=clerk)
    found = next(one for one in (await labels.listed(clerk, "中心花园", off=False)).items)
    label = await labels.scan(found.code, "127.0.0.1")
    nobody, ticket_id = voicing.stranger(community_id, "127.0.0.1"), uuid7()
    await voicing.report_by_label(
        label, ticket_id, by=nobody, category="power", text="中心花园有三盏路灯不亮", phone=None,
        at=now() - timedelta(minutes=40),
    )  # fmt: skip
    await voicing.say_too(ticket_id, by=nobody, label=label, ip="127.0.0.1")
