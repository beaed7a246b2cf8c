"""What kinds of checkpoints there are, and which of the delivered checklists fits each."""

from server.lib.i18n import N_

KINDS = {
    "gate": N_("门岗"),
    "perimeter": N_("周界"),
    "lobby": N_("大堂"),
    "roof": N_("屋面"),
    "garage": N_("车库"),
    "pump": N_("水泵房"),
    "power": N_("配电房"),
    "control": N_("消控室"),
    "lift": N_("电梯"),
    "playground": N_("儿童健身区"),
    "refuse": N_("垃圾点"),
    "fire_lane": N_("消防通道"),
    "other": N_("其他"),
}

USUAL_LIST = {
    "gate": "perimeter_gate",
    "perimeter": "perimeter_gate",
    "lobby": "fire_daily",
    "roof": "roof",
    "garage": "car_park",
    "pump": "water_pump_room",
    "power": "power_room",
    "control": "fire_daily",
    "lift": "lift_daily",
    "playground": "playground",
    "refuse": "garbage_point",
    "fire_lane": "fire_daily",
    "other": "fire_daily",
}

POSTS = {"patrol": N_("安全巡查"), "repair": N_("设备巡检")}
"""Who walks a route."""

ORDERINGS = {"fixed": N_("按顺序"), "free": N_("不限顺序"), "shuffled": N_("每次随机排序")}

GRADES = {"nfc": N_("NFC 到点"), "qr": N_("扫码到点"), "position": N_("定位到点"), "none": N_("未扫码")}
"""How well it is known that somebody stood there, best first."""

HAZARD = {
    "lobby": "gear",
    "garage": "gear",
    "control": "gear",
    "fire_lane": "road",
    "pump": "water",
    "power": "power",
    "lift": "lift",
    "roof": "structure",
    "playground": "playground",
}
"""The category a hazard found at a kind of checkpoint begins with; the office can change it. The others: "other"."""
