"""What the supervisor's pages call things."""

from server.lib.i18n import N_

STATES = {
    "open": N_("待处理"),
    "stuck": N_("卡住的"),
    "done": N_("已处理"),
    "discarded": N_("手机上放弃的"),
}

OUTCOMES = {
    "conflict": (N_("冲突"), "warn"),
    "rejected": (N_("没有生效"), "bad"),
    "stuck": (N_("卡住"), "bad"),
    "discarded": (N_("已放弃"), ""),
}

FLAGS = {
    "clock": N_("手机时间不准"),
    "late": N_("很晚才送到"),
}

FIELDS = {
    "answer": N_("答案"),
    "choice": N_("选择"),
    "description": N_("描述"),
    "grade": N_("等级"),
    "measure": N_("措施"),
    "name": N_("名称"),
    "note": N_("备注"),
    "number": N_("编号"),
    "place": N_("位置"),
    "reading": N_("读数"),
    "partner": N_("同行人"),
    "reason": N_("理由"),
    "result": N_("结果"),
    "signed": N_("签名"),
    "state": N_("状态"),
    "summary": N_("摘要"),
    "text": N_("内容"),
    "title": N_("标题"),
    "value": N_("数值"),
}
"""What arguments and fields of documents are called; people are shown those that are here, and no others."""

VALUES = {"ok": "√", "bad": "×", "na": "○", "general": N_("一般"), "major": N_("重大")}
"""What people read instead of a code."""
