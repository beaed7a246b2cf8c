"""What meters there are, and the words around them."""

from dataclasses import dataclass

from server.lib.i18n import N_


@dataclass(frozen=True)
class MeterKind:
    """A kind of meter: its label, the unit of its figures, how many whole digits its register usually has, its icon."""

    label: str
    unit: str
    digits: int
    icon: str


KINDS = {
    "water": MeterKind(N_("水表"), N_("吨"), 5, "droplets"),
    "hot_water": MeterKind(N_("热水表"), N_("吨"), 5, "thermometer"),
    "power": MeterKind(N_("电表"), N_("度"), 6, "zap"),
    "gas": MeterKind(N_("燃气表"), N_("方"), 5, "flame"),
    "heat": MeterKind(N_("热量表"), N_("千瓦时"), 6, "thermometer"),
}

READING_KINDS = {
    "actual": N_("实抄"),
    "estimated": N_("估抄"),
    "initial": N_("起度"),
    "final": N_("止度"),
    "unread": N_("没抄到"),
}

STATUSES = {
    "ok": N_("正常"),
    "doubtful": N_("待核对"),
    "accepted": N_("核对通过"),
    "rejected": N_("不采用"),
    "superseded": N_("已被替代"),
}
TONES = {"ok": "brand", "doubtful": "bad", "accepted": "brand", "rejected": "", "superseded": ""}
COUNTED = ("ok", "accepted")
"""The statuses whose readings make usage."""

FLAGS = {
    "digits": N_("位数比表盘多"),
    "backwards": N_("比上期小"),
    "rollover": N_("可能走满归零"),
    "jump": N_("用量突增"),
    "zero": N_("有人住，用量为 0"),
    "second": N_("本期重复抄表"),
    "late": N_("抄的是已结束的一期"),
    "removed": N_("这块表已经换下"),
}
"""What can be odd about a reading, in the order of weight."""

REASONS = {
    "locked": N_("门锁着，进不去"),
    "nobody": N_("家里没人"),
    "blocked": N_("表被挡住或看不清"),
    "broken": N_("表坏了"),
    "other": N_("其他"),
}
"""Why a meter could not be read."""

SOURCES = {"phone": N_("手机"), "desk": N_("前台"), "import": N_("导入")}
