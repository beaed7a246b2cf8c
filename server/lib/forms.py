"""Reads a form into a Struct, and says of every field at once what is wrong with it.

msgspec alone stops at the first error, answers in English, and lets NaN and NUL through.
"""

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import Enum
from functools import cache
from types import UnionType
from typing import Annotated, Any, Generic, Literal, TypeVar, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec
from litestar import Request
from litestar.datastructures import FormMultiDict, UploadFile

from server.lib.formats import CHINA
from server.lib.i18n import N_, _

T = TypeVar("T", bound=msgspec.Struct)

REQUIRED = N_("请填写这一项")
UNREADABLE = object()
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


@dataclass
class Form(Generic[T]):
    """What was typed (`values`), what is wrong (`errors`, by field), and the Struct when nothing is (`data`)."""

    values: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    struct: T | None = None
    files: dict[str, list[UploadFile]] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.errors and self.struct is not None

    @property
    def data(self) -> T:
        """The Struct; raise ValueError when the form is not ok."""
        if self.struct is None:
            raise ValueError("the form has errors")
        return self.struct

    def fail(self, name: str, message: str) -> None:
        """Put `message` beside the field `name`; the first message of a field stays."""
        self.errors.setdefault(name, message)

    def value(self, name: str) -> Any:
        """Return what was typed into `name`, or ''."""
        return self.values.get(name, "")


def blank(**values: Any) -> Form[Any]:
    """Return an untouched form that shows `values`."""
    return Form(values={name: value for name, value in values.items() if value is not None})


async def read_form(request: Request[Any, Any, Any], kind: type[T]) -> Form[T]:
    """Read the request's form as a `kind`. Files are kept apart in `form.files`."""
    return bind(kind, await request.form())


def bind(kind: type[T], sent: FormMultiDict | dict[str, Any]) -> Form[T]:
    """Read `sent` (a form, or a plain dict) as a `kind`; every field's error is in the form's `errors`."""
    form: Form[T] = Form()
    many = sent.multi_items() if isinstance(sent, FormMultiDict) else _pairs(sent)
    for name, value in many:
        if isinstance(value, UploadFile):
            if value.filename:
                form.files.setdefault(name, []).append(value)
        else:
            form.values.setdefault(name, []).append(str(value))
    raw, arguments = form.values, {}
    form.values = {name: values if len(values) > 1 else values[0] for name, values in raw.items()}
    for info, hint in _plan(kind):
        value = _read(form, info, hint, raw.get(info.name, []))
        if value is not UNREADABLE:
            arguments[info.name] = value
    if not form.errors:
        form.struct = kind(**arguments)
    return form


@cache
def _plan(kind: type[msgspec.Struct]) -> list[tuple[msgspec.structs.FieldInfo, Any]]:
    """Return the fields of `kind` with their annotations, looked up once."""
    hints = get_type_hints(kind, include_extras=True)
    return [(info, hints[info.name]) for info in msgspec.structs.fields(kind)]


def _pairs(sent: dict[str, Any]) -> list[tuple[str, Any]]:
    """Return a dict's items, those of lists one by one."""
    return [(name, one) for name, value in sent.items() for one in (value if isinstance(value, list) else [value])]


def _read(form: Form[Any], info: msgspec.structs.FieldInfo, hint: Any, raw: list[str]) -> Any:
    """Return one field's value, or UNREADABLE after noting the error (or leaving the default)."""
    hint, meta, optional = _unwrap(hint)
    has_default = info.default is not msgspec.NODEFAULT or info.default_factory is not msgspec.NODEFAULT
    if hint is bool:
        return bool(raw) and raw[-1].strip().lower() not in {"", "0", "false", "off", "no"}
    if get_origin(hint) is list:
        return _read_list(form, info.name, get_args(hint)[0], raw)
    text = CONTROL.sub("", raw[-1]).replace("\r\n", "\n").strip() if raw else ""
    if not text:
        if optional:
            return None
        if has_default:
            return UNREADABLE
        form.fail(info.name, _(REQUIRED))
        return UNREADABLE
    try:
        value = _convert(hint, text)
        _check(value, meta)
    except ValueError as error:
        form.fail(info.name, str(error))
        return UNREADABLE
    return value


def _read_list(form: Form[Any], name: str, item: Any, raw: list[str]) -> Any:
    """Return the values of a repeated field, without blanks."""
    hint, meta, _optional = _unwrap(item)
    values = []
    for text in raw:
        if not text.strip():
            continue
        try:
            value = _convert(hint, CONTROL.sub("", text).strip())
            _check(value, meta)
        except ValueError as error:
            form.fail(name, str(error))
            return UNREADABLE
        values.append(value)
    return values


def _unwrap(hint: Any) -> tuple[Any, list[msgspec.Meta], bool]:
    """Return the plain type, its limits, and whether None is allowed."""
    meta: list[msgspec.Meta] = []
    optional = False
    while True:
        if get_origin(hint) is Annotated:
            hint, *extras = get_args(hint)
            meta += [extra for extra in extras if isinstance(extra, msgspec.Meta)]
        elif get_origin(hint) in (Union, UnionType) and type(None) in get_args(hint):
            optional = True
            hint = next(one for one in get_args(hint) if one is not type(None))
        else:
            return hint, meta, optional


def _convert(hint: Any, text: str) -> Any:
    """Return `text` as `hint`; raise ValueError with a message for the user."""
    if hint is str:
        return text
    if get_origin(hint) is Literal:
        if text not in get_args(hint):
            raise ValueError(_("请从列表中选择"))
        return text
    if isinstance(hint, type) and issubclass(hint, Enum):
        try:
            return hint(text)
        except ValueError:
            raise ValueError(_("请从列表中选择")) from None
    return CONVERTERS[hint](text)


def _whole(text: str) -> int:
    if not re.fullmatch(r"[+-]?[0-9]{1,18}", text.replace(",", "")):
        raise ValueError(_("请填写整数"))
    return int(text.replace(",", ""))


def _decimal(text: str) -> Decimal:
    if not re.fullmatch(r"[+-]?[0-9]{1,15}(\.[0-9]{1,10})?", text.replace(",", "")):
        raise ValueError(_("请填写数字，例如 89.37"))
    try:
        return Decimal(text.replace(",", ""))
    except InvalidOperation:
        raise ValueError(_("请填写数字，例如 89.37")) from None


def _date(text: str) -> date:
    try:
        year, month, day_ = (int(part) for part in re.split(r"[-/.年月]", text.rstrip("日")))
        if not 1900 <= year <= 2200:
            raise ValueError
        return date(year, month, day_)
    except ValueError:
        raise ValueError(_("请填写日期，例如 2026-11-23")) from None


def _moment(text: str) -> datetime:
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(_("请填写日期和时间")) from None
    return value if value.tzinfo else value.replace(tzinfo=CHINA)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise ValueError(_("请从列表中选择")) from None


CONVERTERS: dict[Any, Any] = {int: _whole, Decimal: _decimal, date: _date, datetime: _moment, UUID: _uuid}


def _check(value: Any, meta: list[msgspec.Meta]) -> None:
    """Raise ValueError, with a message for the user, when a limit is broken."""
    for limit in meta:
        if limit.max_length is not None and len(value) > limit.max_length:
            raise ValueError(_("最多 %(n)s 个字", n=limit.max_length))
        if limit.min_length is not None and len(value) < limit.min_length:
            raise ValueError(_("至少 %(n)s 个字", n=limit.min_length))
        if limit.ge is not None and value < limit.ge:
            raise ValueError(_("不能小于 %(n)s", n=limit.ge))
        if limit.gt is not None and value <= limit.gt:
            raise ValueError(_("要大于 %(n)s", n=limit.gt))
        if limit.le is not None and value > limit.le:
            raise ValueError(_("不能大于 %(n)s", n=limit.le))
        if limit.pattern is not None and not re.search(limit.pattern, value):
            raise ValueError(_("格式不对"))
