"""What the front desk's codes are called (pure)."""

from server.lib.i18n import N_

CHANNELS = {"visit": N_("来访"), "call": N_("来电"), "wechat": N_("微信")}
RESULTS = {"ticket": N_("转工单"), "answer": N_("已答复"), "note": N_("已转告"), "complaint": N_("转投诉")}
LETTERS = {"parcel": N_("快递"), "letter": N_("平信"), "registered": N_("挂号信"), "other": N_("其他物品")}
LETTER_STATES = {"waiting": N_("待领"), "handed": N_("已领"), "returned": N_("已退回")}
