"""What complaints are about, how they come in, why they happen, and how long everything may take."""

import datetime as dt

from server.lib.i18n import N_

KINDS = {"complaint": N_("投诉"), "suggestion": N_("建议"), "praise": N_("表扬")}

CHANNELS = {
    "app": N_("手机"),
    "desk": N_("来访"),
    "phone": N_("来电"),
    "letter": N_("来信"),
    "hotline": N_("12345 热线"),
    "media": N_("媒体、网络"),
}
OFFICE_CHANNELS = tuple(key for key in CHANNELS if key != "app")
"""The ways in which the office itself writes one down."""

CAUSES = {
    "attitude": N_("服务态度"),
    "slow": N_("处理不及时"),
    "quality": N_("维修质量"),
    "charges": N_("收费"),
    "cleaning": N_("环境卫生"),
    "green": N_("绿化"),
    "safety": N_("安全秩序"),
    "parking": N_("停车"),
    "noise": N_("噪声扰民"),
    "facility": N_("设施设备"),
    "neighbour": N_("邻里纠纷"),
    "other": N_("其他"),
}
"""Codes for the analysis: chosen by who answers, when it is known."""

MAJORS = {
    "injury": N_("有人受伤"),
    "group": N_("5 户以上共同反映"),
    "media": N_("媒体关注"),
    "hotline": N_("12345 转办"),
    "other": N_("其他重大情况"),
}
"""What makes a complaint major: the manager hears of it the same day."""

VERDICTS = {"A": N_("满意"), "B": N_("较满意"), "C": N_("不满意")}

REPLY = dt.timedelta(hours=24)
ANSWER = dt.timedelta(days=3)
LATEST = dt.timedelta(days=7)
"""First reply, answer as a rule, written answer at the latest (the trade's service grades)."""


def limits(received_at: dt.datetime, case_due: dt.datetime | None = None) -> dict[str, dt.datetime]:
    """Return reply_by, due_at and last_by of a complaint; a hotline case's own deadline, where it is earlier or later, is the last word."""
    last = case_due or received_at + LATEST
    return {
        "reply_by": min(received_at + REPLY, last), "due_at": min(received_at + ANSWER, last), "last_by": last,
    }  # fmt: skip


def why_major(channel: str, marked: str | None) -> str | None:
    """Return why a complaint is major: as marked, or because of the way it came."""
    return marked or {"hotline": "hotline", "media": "media"}.get(channel)
