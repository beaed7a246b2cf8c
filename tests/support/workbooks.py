"""Makes spreadsheets for tests: small ones cell by cell, and a community of any size."""

import io
import random
from collections.abc import Mapping, Sequence
from typing import Any

import xlsxwriter

HEADER = (
    "楼号",
    "单元",
    "房间",
    "楼层",
    "总层数",
    "房屋类型",
    "建筑面积",
    "房屋状态",
    "业主名称",
    "手机号",
    "业主类型",
)
SURNAMES, GIVEN = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗", "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚"


def workbook(sheets: Mapping[str, Sequence[Any]], merges: Sequence[tuple[str, int, int, int, Any]] = ()) -> bytes:
    """Return an .xlsx of `sheets`; `merges` are (sheet, first row, last row, column, value), counted from 0."""
    output = io.BytesIO()
    with xlsxwriter.Workbook(output, {"in_memory": True}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
            for _name, first, last, column, value in (merge for merge in merges if merge[0] == name):
                sheet.merge_range(first, column, last, column, value)
    return output.getvalue()


def large_community(rooms: int, seed: int = 1) -> bytes:
    """Return a flat sheet of about `rooms` rooms: 100 a stairwell, co-owners in a tenth, tenants in an eighth of them."""
    chance, rows = random.Random(seed), [HEADER]
    for number in range(rooms):
        building, rest = divmod(number, 200)
        stairwell, place = divmod(rest, 100)
        floor = place // 4 + 1
        home = (
            building + 1,
            stairwell + 1,
            f"{floor}{place % 4 + 1:02}",
            floor,
            25,
            "住宅",
            chance.randrange(5500, 22000) / 100,
        )
        names, phones = [_name(chance)], [_phone(number)]
        if number % 10 == 0:
            names, phones = [*names, _name(chance)], [*phones, _phone(number + 500_000)]
        state = "已出租" if number % 8 == 0 else "已入住"
        phone = "18999999999" if number % 20 == 1 else ",".join(phones)
        rows.append((*home, state, ",".join(names), phone, "业主"))
        if number % 8 == 0:
            rows.append((*home, state, _name(chance), _phone(number + 600_000), "租客"))
    return workbook({"资产信息": rows})


def _name(chance: random.Random) -> str:
    return chance.choice(SURNAMES) + chance.choice(GIVEN) + chance.choice(["", *GIVEN])


def _phone(number: int) -> str:
    return f"1990{number:07d}"
