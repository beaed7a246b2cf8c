"""The filters, tests, methods and names that field templates may use, with what static/js/field/runtime.js calls them."""

from dataclasses import dataclass
from typing import Any

REQUIRED = object()


@dataclass(frozen=True)
class Filter:
    """A filter: its JavaScript function and its arguments after the value, {name: default}, as Jinja2 declares them.

    `lazy`: Jinja2 gives back an iterator, which is true even when it is empty and has no length. `takes_lazy`: it may be given one.
    The argument `attribute` becomes a function that reads it.
    """

    js: str
    arguments: dict[str, Any]
    lazy: bool = False
    takes_lazy: bool = False


def _filter(js: str, *, lazy: bool = False, takes_lazy: bool = False, **arguments: Any) -> Filter:
    return Filter(js, arguments, lazy, takes_lazy)


FILTERS = {
    "default": _filter("orElse", default_value="", boolean=False),
    "length": _filter("length"),
    "join": _filter("join", d="", attribute=None, takes_lazy=True),
    "first": _filter("first", takes_lazy=True),
    "last": _filter("last"),
    "list": _filter("copy", takes_lazy=True),
    "sort": _filter("sort", reverse=False, case_sensitive=False, attribute=None, takes_lazy=True),
    "groupby": _filter("groupby", attribute=REQUIRED, default=None, case_sensitive=False, takes_lazy=True),
    "unique": _filter("unique", case_sensitive=False, attribute=None, takes_lazy=True, lazy=True),
    "min": _filter("min", case_sensitive=False, attribute=None, takes_lazy=True),
    "max": _filter("max", case_sensitive=False, attribute=None, takes_lazy=True),
    "sum": _filter("sum", attribute=None, start=0, takes_lazy=True),
    "batch": _filter("batch", linecount=REQUIRED, fill_with=None, takes_lazy=True, lazy=True),
    "reverse": _filter("reverse", lazy=True),
    "upper": _filter("upper"),
    "lower": _filter("lower"),
    "trim": _filter("trim"),
    "replace": _filter("replace", old=REQUIRED, new=REQUIRED),
    "string": _filter("text"),
    "int": _filter("int", default=0),
    "abs": _filter("abs"),
    "escape": _filter("escaped"),
    "tojson": _filter("tojson"),
    "urlencode": _filter("urlencode"),
    # ours, of server/lib/formats.py and static/js/field/formats.js
    "num": _filter("num"),
    "yuan": _filter("yuan"),
    "day": _filter("day"),
    "clock": _filter("clock"),
    "daytime": _filter("daytime", at=REQUIRED),
    "ago": _filter("ago", at=REQUIRED),
    "minutes": _filter("minutes"),
    "cmp_decimal": _filter("cmpDecimal", other=REQUIRED),
    "translated": _filter("translated"),
}
ALIASES = {"d": "default", "count": "length", "e": "escape"}
CHOOSING = {"select": False, "reject": True, "selectattr": False, "rejectattr": True}
"""Filters that take a test: whether they keep what does not pass it."""

FORMATS = {"num", "yuan", "day", "clock", "daytime", "ago", "minutes", "cmpDecimal"}
"""What comes from formats.js; all else comes from runtime.js."""

TESTS = {
    "none": "isNone({0})",
    "string": "isString({0})",
    "number": "isNumber({0})",
    "boolean": "isBoolean({0})",
    "true": "({0}===true)",
    "false": "({0}===false)",
    "mapping": "isDict({0})",
    "odd": "(mod({0},2)===1)",
    "even": "(mod({0},2)===0)",
    "divisibleby": "(mod({0},{1})===0)",
    "in": "has({1},{0})",
    "eq": "eq({0},{1})",
    "ne": "!eq({0},{1})",
    "lt": "(cmp({0},{1})<0)",
    "le": "(cmp({0},{1})<=0)",
    "gt": "(cmp({0},{1})>0)",
    "ge": "(cmp({0},{1})>=0)",
}
TEST_ALIASES = {
    "equalto": "eq", "==": "eq", "!=": "ne", "<": "lt", "lessthan": "lt", "<=": "le", ">": "gt", "greaterthan": "gt", ">=": "ge",
}  # fmt: skip

OPERATORS = {
    "eq": "eq({0},{1})",
    "ne": "!eq({0},{1})",
    "lt": "(cmp({0},{1})<0)",
    "lteq": "(cmp({0},{1})<=0)",
    "gt": "(cmp({0},{1})>0)",
    "gteq": "(cmp({0},{1})>=0)",
    "in": "has({1},{0})",
    "notin": "!has({1},{0})",
}
"""What stands between the parts of a comparison, by Jinja2's own names."""

METHODS = {"get": (1, 2), "items": (0, 0), "keys": (0, 0), "values": (0, 0), "startswith": (1, 1), "endswith": (1, 1), "split": (1, 1)}  # fmt: skip
"""Methods that may be called, and how many arguments they take, at least and at most."""

DICT_METHODS = frozenset(name for name in dir(dict) if not name.startswith("_"))
"""Names that x.name would find on a dict before its keys."""
