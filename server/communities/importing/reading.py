"""From the bytes of a file to its sheets: Excel (xlsx, xlsm, xlsb, xls, ods) by calamine, and text tables (CSV).

Nothing is believed from the file's name: the first bytes decide.
"""

import csv
import io
import re
import zipfile
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

import msgspec
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError, SheetTypeEnum

from server.lib.i18n import N_

Cell = str | int | float | bool | date | datetime | time | timedelta | None

MOST_BYTES = 20 * 1024 * 1024
"""An upload may be 20 MB: a sheet of 50,000 rooms is about 5."""
MOST_UNPACKED = 600 * 1024 * 1024
MOST_ROWS = 200_000
MOST_COLUMNS = 200
DELIMITERS = (",", "\t", ";", "|")

EMPTY = N_("文件是空的。")
TOO_LARGE = N_("文件超过 20 MB。请分成几个文件，或只留房屋和业主的工作表。")
TOO_MANY_ROWS = N_("一张工作表超过 20 万行。请分成几个文件。")
UNPACKS_TOO_LARGE = N_("文件解压后太大，没有打开。请另存一份干净的表格。")
NOT_A_TABLE = N_("这不是表格文件。请上传 Excel（.xlsx、.xls）或 CSV 文件。")
A_WEB_PAGE = N_("这个文件其实是网页，不是 Excel。请用 Excel 或 WPS 打开后另存为 .xlsx。")
LOCKED = N_("文件有打开密码。请去掉密码后再上传。")
BROKEN = N_("文件打不开，可能已损坏。请用 Excel 或 WPS 打开后另存为 .xlsx。")
UNKNOWN_TEXT = N_("看不懂文件的文字编码。请另存为 UTF-8 或 GBK 的 CSV，或 .xlsx。")
NOTHING_IN_IT = N_("文件里没有内容。")


class UnreadableFile(Exception):
    """The file cannot be read; the message is a msgid for the user."""


class Sheet(msgspec.Struct):
    """One sheet: `rows[0]` is row 1 as Excel shows it. Cells below the first of a vertical merge repeat its value."""

    name: str
    rows: list[list[Cell]]


def read_sheets(content: bytes) -> list[Sheet]:
    """Return the visible sheets of a spreadsheet or text table that have any content; raise UnreadableFile."""
    if not content:
        raise UnreadableFile(EMPTY)
    if len(content) > MOST_BYTES:
        raise UnreadableFile(TOO_LARGE)
    sheets = _read_workbook(content) if _is_workbook(content) else [_read_text(content)]
    sheets = [sheet for sheet in sheets if any(any(_filled(cell) for cell in row) for row in sheet.rows)]
    if not sheets:
        raise UnreadableFile(NOTHING_IN_IT)
    return sheets


def _filled(cell: Cell) -> bool:
    return cell is not None and cell != "" and not (isinstance(cell, str) and not cell.strip())


def _is_workbook(content: bytes) -> bool:
    """Tell a workbook from a text table by its first bytes; raise UnreadableFile for anything else that is known."""
    head = content[:512].lstrip()
    if content.startswith(b"PK\x03\x04"):
        _check_archive(content)
        return True
    if content.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise UnreadableFile(LOCKED)
        return True
    if re.match(rb"(\xef\xbb\xbf)?\s*<(!doctype|html|table|meta|head|style|\?xml)", head, re.IGNORECASE):
        raise UnreadableFile(A_WEB_PAGE)
    if head.startswith(
        (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"BM", b"MZ", b"\x7fELF")
    ):
        raise UnreadableFile(NOT_A_TABLE)
    return False


def _check_archive(content: bytes) -> None:
    """Refuse a zip that is no workbook, or that would unpack to more than we want in memory."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = {entry.filename for entry in archive.infolist()}
            unpacked = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise UnreadableFile(BROKEN) from error
    if not any(name.startswith("xl/workbook") for name in names) and "content.xml" not in names:
        raise UnreadableFile(NOT_A_TABLE)
    if unpacked > MOST_UNPACKED:
        raise UnreadableFile(UNPACKS_TOO_LARGE)


def _read_workbook(content: bytes) -> list[Sheet]:
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
        visible = [meta.name for meta in workbook.sheets_metadata if _is_visible_table(meta)]
        return [_read_sheet(name, workbook.get_sheet_by_name(name)) for name in visible]
    except PasswordError as error:
        raise UnreadableFile(LOCKED) from error
    except (CalamineError, OSError, ValueError, KeyError, IndexError) as error:
        raise UnreadableFile(BROKEN) from error
    except UnreadableFile:
        raise
    except BaseException as error:  # the Rust library's panics are not Exceptions
        if type(error).__name__ != "PanicException":
            raise
        raise UnreadableFile(BROKEN) from error


def _is_visible_table(meta: object) -> bool:
    """Hidden sheets hold lists for drop-downs, chart sheets hold no rows."""
    return getattr(meta, "typ", None) == SheetTypeEnum.WorkSheet and "Visible" in str(
        getattr(meta, "visible", "Visible")
    )


def _read_sheet(name: str, sheet: CalamineSheet) -> Sheet:
    if sheet.total_height > MOST_ROWS:
        raise UnreadableFile(TOO_MANY_ROWS)
    rows: list[list[Cell]] = [list(row[:MOST_COLUMNS]) for row in sheet.to_python(skip_empty_area=False)]
    for (top, left), (bottom, _right) in sheet.merged_cell_ranges or ():
        _repeat_down(rows, top, bottom, left)
    return Sheet(name, rows)


def _repeat_down(rows: list[list[Cell]], top: int, bottom: int, column: int) -> None:
    """A cell merged over several rows (a house and its people) says the same of each of them."""
    if bottom == top or top >= len(rows) or column >= len(rows[top]):
        return
    for row in rows[top + 1 : bottom + 1]:
        if column < len(row) and not _filled(row[column]):
            row[column] = rows[top][column]


def _read_text(content: bytes) -> Sheet:
    text = decode(content)
    lines = text.splitlines()[:60]
    delimiter = sniff_delimiter(lines)
    try:
        rows: list[list[Cell]] = [
            list(row[:MOST_COLUMNS]) for row in csv.reader(io.StringIO(text), delimiter=delimiter)
        ]
    except csv.Error as error:
        raise UnreadableFile(BROKEN) from error
    if len(rows) > MOST_ROWS:
        raise UnreadableFile(TOO_MANY_ROWS)
    return Sheet("CSV", rows)


def decode(content: bytes) -> str:
    """Return the text of a CSV: UTF-16 or UTF-8 by its mark, else UTF-8, else GB18030 (which holds GBK); or raise."""
    for mark, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content.startswith(mark):
            return _strictly(content, encoding)
    if b"\x00" in content[:4096]:
        raise UnreadableFile(NOT_A_TABLE)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = _strictly(content, "gb18030")
    if _looks_binary(text):
        raise UnreadableFile(NOT_A_TABLE)
    return text


def _strictly(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnreadableFile(UNKNOWN_TEXT) from error


def _looks_binary(text: str) -> bool:
    sample = text[:4096]
    strange = sum(1 for character in sample if ord(character) < 32 and character not in "\t\r\n\x0b\x0c")
    return strange > len(sample) // 50


def sniff_delimiter(lines: Sequence[str]) -> str:
    """Return the delimiter that cuts most of `lines` into the same, largest number of fields; a comma if none does."""
    best, best_score = ",", 0.0
    for delimiter in DELIMITERS:
        try:
            widths = Counter(len(row) for row in csv.reader(lines, delimiter=delimiter) if any(row))
        except csv.Error:
            continue
        wide = {width: count for width, count in widths.items() if width > 1}
        score = max((width * count for width, count in wide.items()), default=0) / max(1, sum(widths.values()))
        if score > best_score:
            best, best_score = delimiter, score
    return best
