"""From bytes to sheets, whatever the file is called."""

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.communities.importing import reading
from server.communities.importing.reading import UnreadableFile, decode, read_sheets, sniff_delimiter
from tests.support.workbooks import workbook

ROWS = [["房号", "业主姓名", "建筑面积"], ["1-1-101", "张三", 89.37], ["1-1-102", "李四", 60.03]]
CSV = "\r\n".join(",".join(str(cell) for cell in row) for row in ROWS)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_a_csv_is_read_in_every_usual_encoding(encoding: str, delimiter: str) -> None:
    (sheet,) = read_sheets(CSV.replace(",", delimiter).encode(encoding))
    assert sheet.rows == [[str(cell) for cell in row] for row in ROWS]


def test_rows_are_numbered_as_excel_numbers_them() -> None:
    (sheet,) = read_sheets(workbook({"表": [[], ["说明"], [], *ROWS]}))
    assert sheet.rows[3] == ROWS[0]
    assert not any(sheet.rows[0])


def test_a_merged_cell_says_the_same_of_each_of_its_rows() -> None:
    rows = [["房号", "姓名"], ["", "张三"], ["", "张小三"], ["102", "李四"]]
    (sheet,) = read_sheets(workbook({"表": rows}, merges=[("表", 1, 2, 0, "101")]))
    assert [row[0] for row in sheet.rows] == ["房号", "101", "101", "102"]


def test_empty_sheets_are_left_out() -> None:
    assert [sheet.name for sheet in read_sheets(workbook({"空": [], "表": ROWS}))] == ["表"]


def archive(names: dict[str, bytes]) -> bytes:
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in names.items():
            made.writestr(name, content)
    return output.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", reading.EMPTY),
        (b" \r\n ,, ", reading.NOTHING_IN_IT),
        (b"%PDF-1.7 ...", reading.NOT_A_TABLE),
        (b"\x89PNG\r\n\x1a\n....", reading.NOT_A_TABLE),
        (b"\xff\xd8\xff\xe0....", reading.NOT_A_TABLE),
        (b"<html><table><tr><td>1</td></tr></table>", reading.A_WEB_PAGE),
        (archive({"word/document.xml": b"<x/>"}), reading.NOT_A_TABLE),
        (archive({"xl/workbook.xml": b"nonsense"}), reading.BROKEN),
        (b"PK\x03\x04 broken", reading.BROKEN),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, reading.BROKEN),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), reading.LOCKED),
        (b"a,b\x00\x01\x02", reading.NOT_A_TABLE),
        (b"\xff\xff\xfd\xfa,\x81", reading.UNKNOWN_TEXT),
        (b"x" * (reading.MOST_BYTES + 1), reading.TOO_LARGE),
    ],
)
def test_what_is_no_table_is_refused_with_the_reason(content: bytes, message: str) -> None:
    with pytest.raises(UnreadableFile, match=message):
        read_sheets(content)


def test_a_bomb_is_not_unpacked() -> None:
    bomb = archive({"xl/workbook.xml": b"0" * (reading.MOST_UNPACKED + 1)})
    assert len(bomb) < reading.MOST_BYTES
    with pytest.raises(UnreadableFile, match=reading.UNPACKS_TOO_LARGE):
        read_sheets(bomb)


def test_a_truncated_workbook_is_refused() -> None:
    whole = workbook({"表": ROWS * 50})
    with pytest.raises(UnreadableFile):
        read_sheets(whole[: len(whole) // 2])


def test_titles_above_the_table_do_not_hide_its_delimiter() -> None:
    assert sniff_delimiter(["某某小区,业主清册", "制表：张三", *["a\tb\tc\td"] * 5]) == "\t"
    assert sniff_delimiter(["房号", "101", "102"]) == ","


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(content: bytes) -> None:
    try:
        sheets = read_sheets(content)
    except UnreadableFile:
        return
    assert sheets


@given(st.text(min_size=1).filter(lambda text: "\x00" not in text))
def test_what_was_written_in_utf8_is_read_back(text: str) -> None:
    try:
        assert decode(("\ufeff" + text).encode("utf-8", "ignore")) == text.encode("utf-8", "ignore").decode()
    except UnreadableFile:
        assert any(ord(character) < 32 for character in text)
