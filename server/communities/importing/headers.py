"""Which column means what: headings recognised by synonyms in any order, or mapped by hand and remembered.

A heading row is found below titles and instructions. A sheet is one of a few kinds, told by the columns it has.
"""

import hashlib
import re
from collections.abc import Sequence
from functools import cache

import msgspec

from server.communities.importing.cells import as_text
from server.communities.importing.problems import column_letter
from server.communities.importing.reading import Cell, Sheet
from server.communities.naming import half_width
from server.lib.i18n import N_

HEADER_WITHIN = 25
"""A heading row lies in the first 25 rows."""

FIELDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "place": (N_("完整房号（如 1栋1单元101）"), ("房屋地址", "房屋全称", "房屋名称", "完整房号", "房产名称", "房产地址", "房屋位置", "住址", "地址", "房屋")),
    "building": (N_("楼栋"), ("楼号", "楼栋号", "楼栋编号", "楼栋", "楼栋名称", "栋号", "栋", "幢号", "幢", "楼宇", "楼宇名称", "座", "座号", "号楼", "楼", "building")),
    "stairwell": (N_("单元"), ("单元", "单元号", "单元编号", "单元名称", "梯号", "门号", "unit")),
    "number": (N_("房号"), ("房号", "房屋编码", "房间号", "房间", "房屋编号", "房屋号", "房间编号", "室号", "室", "门牌号", "门牌", "户号", "房产编号", "铺号", "商铺号", "单元房号", "room", "roomno")),
    "floor": (N_("所在楼层"), ("楼层", "房屋楼层", "所在楼层", "层", "层数", "所在层", "floor")),
    "floors": (N_("总层数"), ("总层数", "总楼层", "楼层总数", "地上层数")),
    "lift": (N_("有无电梯"), ("是否有电梯", "有无电梯", "电梯")),
    "kind": (N_("房屋类型"), ("房屋类型", "业态", "房屋性质", "房产类型", "物业类型", "用途", "房屋用途", "使用性质", "类型")),
    "layout": (N_("户型"), ("房屋户型", "户型", "户型结构")),
    "gross_area": (N_("建筑面积"), ("建筑面积", "建面", "面积", "房屋面积", "产权面积", "收费面积", "计费面积", "房产面积", "建筑平方", "grossarea", "area")),
    "net_area": (N_("套内面积"), ("室内面积", "套内面积", "套内建筑面积", "使用面积", "实用面积", "netarea")),
    "vacancy": (N_("房屋状态"), ("房屋状态", "入住状态", "入住情况", "居住状态", "使用状态", "房产状态", "房态", "状态", "是否入住", "居住情况")),
    "handover_on": (N_("交付日期"), ("交付日期", "交房日期", "收楼日期", "交付时间", "交房时间", "收楼时间", "接房日期", "接房时间")),
    "name": (N_("姓名"), ("业主姓名", "业主名称", "户主", "户主姓名", "业主", "产权人", "产权人姓名", "房主", "房主姓名", "客户名称", "客户姓名", "姓名", "名称", "住户", "住户姓名", "住户名称", "联系人", "owner", "name")),
    "phone": (N_("电话"), ("手机", "手机号", "手机号码", "联系电话", "联系方式", "电话", "电话号码", "移动电话", "业主电话", "业主手机", "业主手机号", "业主联系电话", "户主电话", "联系手机", "住户电话", "phone", "mobile", "tel")),
    "phone_2": (N_("备用电话"), ("备用电话", "其他电话", "电话2", "联系电话2", "手机2", "手机号2", "固定电话", "固话", "座机", "家庭电话")),
    "role": (N_("身份（业主、租客……）"), ("业主类型", "人员类型", "住户类型", "身份", "客户类型", "与业主关系", "与户主关系", "居住身份", "成员类型", "角色")),
    "tenant": (N_("租客姓名"), ("租户", "租客", "租户姓名", "租客姓名", "承租人", "承租人姓名", "使用人", "使用人姓名", "租赁人")),
    "tenant_phone": (N_("租客电话"), ("租户电话", "租客电话", "租户手机", "租客手机", "租户联系电话", "承租人电话", "使用人电话", "租户手机号", "租客手机号")),
    "since": (N_("开始日期"), ("开始日期", "开始时间", "起始日期", "起租日期", "租期开始", "产权日期", "购房日期", "登记日期")),
    "until": (N_("结束日期"), ("结束日期", "结束时间", "截止日期", "到期日期", "到期时间", "租期结束", "退租日期")),
    "moved_in_on": (N_("入住日期"), ("入住日期", "入住时间", "入伙日期", "入伙时间")),
    "email": (N_("邮箱"), ("邮箱", "电子邮箱", "电子邮件", "email", "e-mail")),
    "emergency": (N_("紧急联系人"), ("紧急联系人", "应急联系人", "紧急联系方式")),
    "id_number": (N_("证件号（不保存）"), ("身份证号", "身份证号码", "身份证", "证件号", "证件号码", "idcard")),
    "plates": (N_("车牌"), ("车牌号", "车牌", "车牌号码", "车辆号牌", "号牌", "车号", "plate")),
    "note": (N_("备注"), ("备注", "说明", "备注信息", "remark", "note")),
    "owner_number": (N_("业主编号"), ("业主编号", "业主id", "客户编号", "业主代码", "业主号")),
    "space": (N_("车位号"), ("车位编码", "车位号", "车位编号", "车位", "泊位号")),
    "zone": (N_("停车场"), ("停车场编号", "停车场", "停车场名称", "停车区域", "车位区域", "车场")),
    "zone_kind": (N_("停车场类型（地下、地面）"), ("停车场类型", "车位类型", "车位位置")),
    "tenure": (N_("出租还是出售"), ("出租还是出售", "租售", "租售状态", "车位产权", "车位性质", "产权性质")),
    "make": (N_("车辆品牌"), ("车品牌", "车辆品牌", "品牌", "车型", "品牌型号")),
    "colour": (N_("车辆颜色"), ("颜色", "车辆颜色", "车身颜色")),
    "meter_number": (N_("表号"), ("表号", "表编号", "表具编号", "仪表编号", "水表号", "水表编号", "电表号", "电表编号", "燃气表号", "气表号")),
    "meter_ratio": (N_("倍率"), ("倍率", "变比", "互感器倍率")),
    "last_value": (N_("上期读数"), ("上期度数", "上期读数", "上期表数", "上次读数", "上次度数", "上月读数", "上月度数", "起度", "起码")),
    "last_at": (N_("上期抄表日期"), ("上期读表时间", "上期抄表时间", "上期抄表日期", "上次抄表时间", "上次抄表日期", "上次读表时间")),
    "value": (N_("本期读数"), ("本期度数", "本期读数", "本期表数", "本次读数", "本次度数", "本月读数", "本月度数", "当前读数", "止度", "止码", "读数", "度数")),
    "read_at": (N_("抄表日期"), ("本期读表时间", "本期抄表时间", "本期抄表日期", "本次抄表时间", "本次抄表日期", "抄表时间", "抄表日期", "读表时间", "读表日期")),
    "fee_number": (N_("费用编号"), ("费用编号", "收费项目编号", "费项编号")),
    "fee_name": (N_("收费项目"), ("收费项目", "费用类型", "费项", "费项名称", "计费单价", "收费标准")),
    "refusal": (N_("未导入原因"), ("未导入原因", "原因")),
    "serial": (N_("序号"), ("编号", "序号", "no", "id")),
}  # fmt: skip
"""Every field: what it is called on screen, and the headings it goes by, the surest first."""

READING_FIELDS = (
    "place", "building", "stairwell", "number", "meter_number", "meter_ratio", "last_value", "last_at", "value", "read_at",
)  # fmt: skip

KINDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "households": (
        N_("房屋和业主（一行一户或一人）"),
        ("place", "building", "stairwell", "number", "floor", "floors", "lift", "kind", "gross_area", "net_area", "vacancy",
         "handover_on", "name", "phone", "phone_2", "role", "tenant", "tenant_phone", "since", "until", "moved_in_on", "email",
         "emergency", "plates", "note"),
    ),
    "rooms": (
        N_("房屋（写业主编号）"),
        ("place", "building", "stairwell", "number", "floor", "floors", "lift", "kind", "gross_area", "net_area", "vacancy",
         "handover_on", "owner_number", "note"),
    ),
    "owners": (N_("业主（有业主编号）"), ("owner_number", "name", "phone", "phone_2", "role", "email", "emergency", "note")),
    "stairwells": (N_("楼栋和单元"), ("building", "stairwell", "floors", "lift")),
    "spaces": (
        N_("车位和车辆"),
        ("space", "zone", "zone_kind", "tenure", "owner_number", "name", "phone", "place", "building", "stairwell", "number",
         "plates", "make", "colour", "since", "until"),
    ),
    "water_readings": (N_("水表读数"), READING_FIELDS),
    "hot_water_readings": (N_("热水表读数"), READING_FIELDS),
    "power_readings": (N_("电表读数"), READING_FIELDS),
    "gas_readings": (N_("燃气表读数"), READING_FIELDS),
    "heat_readings": (N_("热量表读数"), READING_FIELDS),
    "skip": (N_("不导入"), ()),
}  # fmt: skip
"""The kinds of sheet, and the fields each can use."""

READINGS = "_readings"
METER_WORDS = (("热水", "hot_water"), ("水", "water"), ("电", "power"), ("气", "gas"), ("热", "heat"), ("暖", "heat"))
"""What a sheet of readings says of its meters, the surest first."""

NEVER_STORED = frozenset({"id_number", "serial", "layout", "fee_number", "fee_name", "refusal"})
"""Recognised so that nobody need map them; kept out of the register (an identity number is not needed to run a site)."""


class Layout(msgspec.Struct):
    """How one sheet is read: its kind, the number of its heading row (0: none), and each field's column (from 0)."""

    kind: str
    header_row: int
    columns: dict[str, int]
    headers: list[str] = []

    def header(self, field: str) -> str:
        """The heading of the column `field` is read from, or "" when the sheet has none."""
        index = self.columns.get(field)
        return self.headers[index] if index is not None and index < len(self.headers) else ""

    def letter(self, field: str) -> str:
        """Excel's letter of the column `field` is read from, or ""."""
        index = self.columns.get(field)
        return "" if index is None else column_letter(index)


def normal(heading: str) -> str:
    """Return a heading without blanks, brackets and their content, units, stars and colons, in small letters."""
    text = re.sub(r"[\(（\[【].*?[\)）\]】]", "", half_width(heading).replace("\n", ""))
    text = re.sub(r"[\s*:：、_]", "", text).lower()
    return re.sub(r"(?<=面积)(㎡|m²|m2|平方米|平米)$", "", text)


@cache
def _synonyms() -> dict[str, tuple[str, int]]:
    """Return each normal heading's field and how sure it is (0 is surest)."""
    known: dict[str, tuple[str, int]] = {}
    for field, (_label, headings) in FIELDS.items():
        for rank, heading in enumerate(headings):
            known.setdefault(normal(heading), (field, rank))
    return known


def match_row(row: Sequence[Cell]) -> dict[str, int]:
    """Return the column of each field whose heading stands in `row`; the surest heading wins, then the leftmost."""
    best: dict[str, tuple[int, int]] = {}
    for index, cell in enumerate(row):
        found = _synonyms().get(normal(cell)) if isinstance(cell, str) else None
        if found and (found[0] not in best or found[1] < best[found[0]][0]):
            best[found[0]] = (found[1], index)
    return {field: index for field, (_rank, index) in best.items()}


def find_header(sheet: Sheet) -> tuple[int, dict[str, int]]:
    """Return the number (from 1) of the row with most known headings and its columns; (0, {}) below two headings."""
    best: tuple[int, dict[str, int]] = (0, {})
    for number, row in enumerate(sheet.rows[:HEADER_WITHIN], start=1):
        columns = match_row(row)
        if len(columns) >= 2 and len(columns) > len(best[1]):
            best = (number, columns)
    return best


def recognise(sheet: Sheet, meters: str | None = None) -> Layout | None:
    """Return how to read `sheet`, or None when its headings do not say: a person then maps them by hand.

    `meters`: whose readings they are, where the sheet itself does not say.
    """
    number, columns = find_header(sheet)
    if not number:
        return None
    headers = [as_text(cell) for cell in sheet.rows[number - 1]]
    if has_readings(columns):
        meters = meters or meters_of(sheet, number)
        return Layout(meters + READINGS, number, columns, headers) if meters else None
    kind = kind_of(columns)
    return None if kind is None else Layout(kind, number, columns, headers)


def has_readings(columns: dict[str, int]) -> bool:
    """Whether these columns make a sheet of meter readings."""
    has = columns.keys()
    return "value" in has and bool(has & {"read_at", "last_value"}) and bool(has & {"place", "number", "meter_number"})


def meters_of(sheet: Sheet, header_row: int) -> str | None:
    """Return whose readings a sheet holds, by its name, its titles and headings; None when it does not say."""
    said = sheet.name + "".join(as_text(cell) for row in sheet.rows[:header_row] for cell in row)
    return next((kind for word, kind in METER_WORDS if word in said), None)


def kind_of(columns: dict[str, int]) -> str | None:
    """Return the kind of sheet these columns make, or None."""
    has = columns.keys()
    located = "place" in has or "number" in has
    if has & {"fee_number", "fee_name"} and not located:
        return "skip"
    if "space" in has and not located and has & {"zone", "tenure", "owner_number", "plates"}:
        return "spaces"
    if located and "name" not in has and "owner_number" in has:
        return "rooms"
    if located and has & {"name", "gross_area", "phone", "building", "floor"}:
        return "households"
    if "name" in has and not located and "building" not in has and has & {"owner_number", "serial"}:
        if "owner_number" not in has:
            columns["owner_number"] = columns["serial"]
        return "owners"
    if "building" in has and has & {"stairwell", "floors", "lift"} and not has & {"name", "gross_area"}:
        return "stairwells"
    return None


def fingerprint(headers: Sequence[str]) -> str:
    """Return what a layout is remembered by: SHA-256 of its headings, whatever the blanks and brackets in them."""
    return hashlib.sha256("\x1f".join(normal(heading) for heading in headers).encode()).hexdigest()


def header_guess(sheet: Sheet) -> int:
    """Return the number of the row most likely to be the headings of a sheet that was not recognised.

    That is the first row with as many filled text cells as any other among the first rows.
    """
    texts = [sum(1 for cell in row if isinstance(cell, str) and cell.strip()) for row in sheet.rows[:HEADER_WITHIN]]
    most = max(texts, default=0)
    return texts.index(most) + 1 if most else 1


def headings_at(sheet: Sheet, number: int) -> list[str]:
    """Return the headings in row `number` (from 1); for 0 as many empty ones as the sheet is wide."""
    if 1 <= number <= len(sheet.rows):
        return [as_text(cell) for cell in sheet.rows[number - 1]]
    width = max((len(row) for row in sheet.rows[:HEADER_WITHIN]), default=0)
    return [""] * width
