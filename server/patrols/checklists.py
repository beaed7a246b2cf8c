"""The checklists that come with the product: eleven lists of a residential community's usual rounds, in Chinese.

Ranges are usual defaults for a manager to confirm: supply voltage 220 V +7 % −10 % (GB/T 12325), power factor not below 0.90, a
ponding test of 24 hours at least, machine rooms of lifts up to 40 ℃. One line is one entry: the text, then for a reading
`| unit | lowest | highest`; `!` in front marks what must not fail (critical), `?` what may be left out.
"""

import msgspec

from server.patrols.entries import Entry

FIRE_DAILY = """
用火、用电有无违章
!安全出口、疏散通道畅通
疏散指示标志、应急照明完好
!消防设施、器材、标志在位完整
!常闭式防火门处于关闭状态
防火卷帘下无堆物
重点部位人员在岗
!消防车通道、登高面无占用
!楼道、门厅无电动车停放充电
楼道、管井无杂物
消防控制室双人值班
其他消防安全情况
"""

FIRE_MONTHLY = """
!火灾隐患整改情况
防范措施落实情况
!疏散通道、指示标志情况
应急照明、安全出口情况
!消防车通道、消防水源情况
灭火器材配置及有效情况
用火用电有无违章
重点工种及员工消防知识
重点部位管理情况
易燃易爆物品防火措施
消控室值班、设施运行记录
防火巡查情况
消防标志完好有效
微型消防站装备
"""

LIFT_DAILY = """
轿厢照明、通风正常
按钮、楼层显示正常
!五方对讲畅通
!开关门正常，防夹有效
运行无异响、抖动
平层准确
使用标志在有效期、张贴醒目
应急救援电话、须知完整
机房门锁闭、机房温度 | ℃ | 5 | 40
底坑无积水
维保记录在15日内
轿厢清洁无破损
"""

WATER_PUMP_ROOM = """
!门锁完好、出入登记
挡鼠板、防虫网完好
室温 | ℃ | 5 | 35
+湿度 | % | | 70
出水压力 | MPa | 0.40 | 0.60
水箱液位 | m | 1.00 | 3.00
水泵无异响、不过热
变频柜无报警、自动位
阀门管道无渗漏、标识清楚
!水箱盖加锁、通气罩完好
消毒设备运行
集水坑排污泵正常
健康证、清洗检测报告在期
"""

POWER_ROOM = """
电压 A 相 | V | 198 | 235
+电压 B 相 | V | 198 | 235
+电压 C 相 | V | 198 | 235
电流 A 相 | A | 0 | 800
+电流 B 相 | A | 0 | 800
+电流 C 相 | A | 0 | 800
变压器温度 | ℃ | | 85
!无异响、异味、放电
开关、指示灯位置正确
功率因数 | | 0.90 | 1.00
室温、通风 | ℃ | | 35
挡鼠板、门窗、电缆沟封堵
绝缘垫、工具在检验期
!灭火器、应急照明有效
!无漏水、无杂物
图纸、操作牌、记录齐全
"""

ROOF = """
!天台门可开启、不上锁封堵
防水层无开裂起鼓
雨水口、天沟畅通
!女儿墙、栏杆牢固
避雷带连接完好
广告牌、太阳能、空调架牢固
无违建、种植、堆物
水箱、排气管口完好
!外墙、檐口无脱落
航空障碍灯正常
"""

CAR_PARK = """
照明、指示标线清晰
道闸、车牌识别正常
坡道防滑、防汛挡板到位
无积水、集水井泵自动
!消火栓、喷淋、卷帘无遮挡
排烟送风机正常
充电桩无破损过热
!无占用消防通道停车
无存放杂物、易燃品
监控、对讲正常
车辆门窗未关提醒
限高、减速设施牢固
"""

DECORATION = """
许可证张贴、在有效期
人员持证、人数相符
!承重结构未拆改
外立面、门窗、空调位未改
?防水闭水试验 | h | 24 |
!燃气、消防、烟道未动
临时用电规范
!灭火器≥2、动火有证
施工时间合规、关门施工
垃圾袋装、指定点、不占公共
公共部位保护无损
!无人留宿、无易燃品
"""

PERIMETER_GATE = """
着装、用语、站姿
访客、施工人员登记
大件物品放行条
门禁、道闸、快递柜正常
!围墙、围栏无翻越破损
!周界报警布防有效
周界照明正常
监控画面、录像正常
对讲机、防爆器材齐全
!可疑人员、异常声响
!消防车出入口畅通
交接班记录签字
"""

PLAYGROUND = """
!螺栓、焊缝牢固
!无尖角、毛刺、锈穿
秋千链、轴承磨损
滑梯无裂纹
缓冲地面完好平整
无积水、玻璃、异物
警示、年龄标识清楚
护栏高度间隙无变形
照明正常
停用器材已封闭
"""

GARBAGE_POINT = """
四分类桶齐、标识清
无满溢、散落
日产日清记录
消杀、除臭完成
洗手、照明设施正常
地面、排水清洁
装修、大件单独堆放
无混投混运
!有害垃圾上锁
!无明火、远离消防设施
"""


class Delivered(msgspec.Struct, frozen=True):
    """A list as it is delivered."""

    key: str
    name: str
    frequency: str
    text: str

    @property
    def entries(self) -> list[Entry]:
        """The list's entries, numbered as on paper; a further reading of the same line is 3b, 3c."""
        found: list[Entry] = []
        number, letter = 0, "a"
        for line in self.text.strip().splitlines():
            number, letter = (number, chr(ord(letter) + 1)) if line[0] == "+" else (number + 1, "a")
            found.append(entry_of(line, f"{number}{letter}" if letter != "a" else str(number)))
        return found


def entry_of(line: str, id_: str) -> Entry:
    """Return one line of a list as an entry."""
    parts = [part.strip() for part in line.lstrip("!?+").split("|")]
    entry = Entry(id=id_, text=parts[0], critical=line[0] == "!", optional=line[0] == "?")
    if len(parts) == 1:
        return entry
    return msgspec.structs.replace(entry, kind="number", unit=parts[1], low=parts[2], high=parts[3])


DELIVERED = (
    Delivered("fire_daily", "每日防火巡查", "每日，重点单位夜间加巡", FIRE_DAILY),
    Delivered("fire_monthly", "每月防火检查", "每月", FIRE_MONTHLY),
    Delivered("lift_daily", "电梯日检", "每日，每台电梯", LIFT_DAILY),
    Delivered("water_pump_room", "生活水泵房", "每日", WATER_PUMP_ROOM),
    Delivered("power_room", "配电房", "每日，高峰期每班", POWER_ROOM),
    Delivered("roof", "屋面天台", "每周，暴雨前加查", ROOF),
    Delivered("car_park", "地下车库", "每班", CAR_PARK),
    Delivered("decoration", "装修巡查", "每日，每个在施工的许可", DECORATION),
    Delivered("perimeter_gate", "周界门岗", "门岗每班，周界每次夜巡", PERIMETER_GATE),
    Delivered("playground", "儿童游乐健身", "每日目测，每月查螺栓", PLAYGROUND),
    Delivered("garbage_point", "垃圾分类点", "每日两次", GARBAGE_POINT),
)
