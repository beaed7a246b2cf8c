"""What the screens of importing call things."""

from server.communities.importing.parsing import KINDS, VACANCIES
from server.lib.formats import mask_name, mask_phone
from server.lib.i18n import N_, _

STATES = {
    "reading": (N_("正在读取"), "brand"),
    "mapping": (N_("等你指定列"), "warn"),
    "planned": (N_("等你确认"), "warn"),
    "applying": (N_("正在导入"), "brand"),
    "done": (N_("已导入"), "brand"),
    "failed": (N_("没有成功"), "bad"),
    "cancelled": (N_("已放弃"), ""),
}
"""Each state's name and tone."""

FIGURES = {
    "rooms": N_("房屋"),
    "persons": N_("人"),
    "occupancies": N_("居住关系"),
    "spaces": N_("车位"),
    "vehicles": N_("车辆"),
    "meters": N_("表计"),
    "readings": N_("读数"),
}
"""What is counted, in the order it is shown."""

ENTITY_WORDS = {
    "building": N_("楼栋"),
    "stairwell": N_("单元"),
    "room": N_("房屋"),
    "person": N_("人"),
    "occupancy": N_("居住关系"),
    "space": N_("车位"),
    "vehicle": N_("车辆"),
}
FIELD_WORDS = {
    "floors_above": N_("总层数"),
    "has_lift": N_("有无电梯"),
    "kind": N_("房屋类型"),
    "floor": N_("楼层"),
    "gross_area": N_("建筑面积"),
    "net_area": N_("套内面积"),
    "vacancy": N_("房屋状态"),
    "handover_on": N_("交付日期"),
    "note": N_("备注"),
    "phone": N_("电话"),
    "phone_2": N_("备用电话"),
    "email": N_("邮箱"),
    "emergency_contact": N_("紧急联系人"),
    "since": N_("开始日期"),
    "until": N_("结束日期"),
    "moved_in_on": N_("入住日期"),
    "zone": N_("停车场"),
    "ownership": N_("产权"),
    "room_id": N_("所属房屋"),
    "person_id": N_("所属的人"),
    "space_id": N_("停在"),
    "description": N_("车辆说明"),
}
VALUE_WORDS = {
    "home": N_("住宅"),
    "shop": N_("商铺"),
    "storage": N_("储藏室"),
    "office": N_("办公"),
    "occupied": N_("已入住"),
    "let": N_("已出租"),
    "vacant": N_("空置"),
    "developer": N_("开发商持有"),
    "owned": N_("业主所有"),
    "common": N_("全体业主共有"),
    "True": N_("有"),
    "False": N_("无"),
}
assert KINDS.keys() | VACANCIES.keys() <= VALUE_WORDS.keys()


def spoken(field: str, value: str | None) -> str:
    """Return a changed value as the screen shows it: in words, phones masked, ids as what they stand for."""
    if value is None:
        return "—"
    if field in ("phone", "phone_2"):
        return mask_phone(value)
    if field in ("room_id", "person_id", "space_id"):
        return _("另一条登记")
    if field == "emergency_contact":
        return mask_name(value)
    if field == "email":
        return value[:2] + "***"
    return _(VALUE_WORDS[value]) if value in VALUE_WORDS else value
