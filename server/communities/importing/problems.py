"""Why a row waits, and what was noticed about rows that went in. Codes are stored, sentences are made when shown."""

import msgspec

from server.lib.i18n import N_, _

REASONS = {
    "area_not_number": N_("面积不是数字"),
    "area_negative": N_("面积是负数"),
    "area_zero": N_("面积不能是 0"),
    "area_too_large": N_("面积太大，请核对"),
    "whole_number": N_("不是整数，或超出范围"),
    "date": N_("看不懂的日期，请写成 2025-01-31"),
    "dates_swapped": N_("结束日期早于开始日期"),
    "too_long": N_("太长，最多 %(most)s 个字"),
    "building_missing": N_("缺楼栋号"),
    "room_missing": N_("缺房号"),
    "room_area_differs": N_("同一房屋在第 %(row)s 行写的面积是 %(other)s"),
    "phone_digits": N_("电话是 %(count)s 位数字；手机号应为 11 位"),
    "phone_letters": N_("电话里有不是数字的内容"),
    "names_phones_differ": N_("%(names)s 个姓名配 %(phones)s 个电话，分不清谁是谁的"),
    "owner_number_missing": N_("缺业主编号"),
    "owner_number_twice": N_("业主编号与第 %(row)s 行重复，人却不同"),
    "owner_number_unknown": N_("业主表里没有编号 %(number)s"),
    "owner_number_refused": N_("业主编号 %(number)s 那一行（第 %(row)s 行）有问题，请一起改好"),
    "role_unknown": N_("看不懂的身份，请写业主、共有人、租客或家属"),
    "name_missing": N_("缺姓名"),
    "space_missing": N_("缺车位号"),
    "space_twice": N_("车位与第 %(row)s 行重复"),
    "plate": N_("看不懂的车牌"),
    "room_unknown": N_("档案里没有这个房号"),
    "reading_missing": N_("缺本期读数"),
    "reading_not_number": N_("读数不是数字，或小数超过三位"),
    "reading_date_missing": N_("缺抄表日期"),
    "reading_future": N_("抄表日期在今天以后"),
    "reading_backwards": N_("比上期的 %(before)s 小；换了表请先办换表，抄错了请改正"),
    "reading_rollover": N_("比上期的 %(before)s 小，可能走满归零，请在表计页面录入并由另一个人批准"),
    "reading_last_differs": N_("上期读数与登记的 %(known)s 不同"),
    "reading_known_differs": N_("这块表 %(period)s 已有读数 %(known)s"),
    "reading_twice": N_("同一块表在第 %(row)s 行已有另一个读数"),
    "reading_older": N_("这块表已有 %(period)s 的读数，不能再补更早的"),
    "meter_unknown": N_("没有这个表号，也没有写房号"),
    "meter_elsewhere": N_("这个表号登记在%(place)s"),
    "meter_several": N_("这套房屋有 %(count)s 块这样的表，请加一列表号"),
    "meter_ratio": N_("倍率与登记的 %(known)s 不同"),
    "owner_differs": N_("登记的业主是%(name)s；换业主请先在房屋档案里办过户"),
}
"""What a refused row is told, by code. `%(…)s` are filled from the problem's details."""

NOTES = {
    "placeholder_phones": N_("%(count)s 处电话是占位号（如 18999999999），当作没有电话，不凭它合并任何人"),
    "shared_phones": N_("号码 %(phone)s 写在 %(count)s 个不同的人名下，当作没有电话"),
    "placeholder_ids": N_("%(count)s 个证件号是占位号，没有保存"),
    "ids_ignored": N_("%(count)s 个证件号没有保存：登记业主不需要它"),
    "same_person": N_("%(count)s 人有多套房屋（姓名和电话都相同，或是同一家公司）"),
    "kind_differs": N_("%(count)s 行的房屋类型与同一房屋的前一行不同，按前一行"),
    "kind_unknown": N_("%(count)s 行的房屋类型看不懂，当作没有写"),
    "vacancy_unknown": N_("%(count)s 行的房屋状态看不懂，当作没有写"),
    "twice_the_same": N_("%(count)s 行与前面的行重复，没有再记一遍"),
    "plate_twice": N_("车牌 %(plate)s 写了两次（第 %(row)s 行），只记在第一个车位上"),
    "let_space": N_("%(count)s 个出租车位：地下的记为开发商所有，其余记为共有，请核对"),
    "sheet_ignored": N_("工作表“%(sheet)s”没有导入：里面没有房屋、业主或车位"),
    "sheet_later": N_("工作表“%(sheet)s”是收费设置，不在这里导入"),
    "not_restored": N_("%(count)s 条居住关系已经结束（过户或迁出），没有恢复"),
    "columns_ignored": N_("这些列没有导入：%(columns)s"),
    "readings_doubtful": N_("%(count)s 个读数存疑（%(why)s），导入后要有人核对才算数"),
    "meters_new": N_("%(count)s 块表是第一次见到，按房号建档；没有表号的用房号编号"),
    "second_phones": N_("%(count)s 人写了多个电话，第二个记为备用电话"),
}
"""What the summary tells of rows that go in all the same."""


class Problem(msgspec.Struct, frozen=True):
    """Why one row waits. `row` as Excel counts; `column` is its letter, `header` its heading, `value` what is there."""

    sheet: str
    row: int
    column: str
    header: str
    value: str
    code: str
    details: dict[str, str] = {}

    @property
    def reason(self) -> str:
        """The sentence, in the language of whoever looks."""
        return _(REASONS[self.code], **self.details)

    @property
    def place(self) -> str:
        """The column as people find it: `I 建筑面积`."""
        return f"{self.column} {self.header}".strip()


class Note(msgspec.Struct, frozen=True):
    """Something noticed about rows that go in."""

    code: str
    details: dict[str, str] = {}

    @property
    def text(self) -> str:
        """The sentence, in the language of whoever looks."""
        return _(NOTES[self.code], **self.details)


def column_letter(index: int) -> str:
    """Return Excel's letter of column `index`, counted from 0: 0 → A, 25 → Z, 26 → AA."""
    letters = ""
    index += 1
    while index > 0:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
