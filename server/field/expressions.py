"""Expressions of templates as JavaScript: their value, their truth, or the HTML they print."""

import json
from collections.abc import Callable
from typing import Any

from jinja2 import nodes

from server.field.calls import Calls
from server.field.filters import Filters
from server.field.scopes import Loop, ModuleName, Scope, Thunk, Variable
from server.field.vocabulary import DICT_METHODS, OPERATORS
from server.field.writer import escaped, joined, string, wrapped

BIGGEST = 2**53 - 1
BOOLEANS = (nodes.Compare, nodes.Test, nodes.Not)
ARITHMETIC = {nodes.Add: "add", nodes.Sub: "sub", nodes.Mul: "mul", nodes.FloorDiv: "floordiv", nodes.Mod: "mod"}


class Expressions(Filters, Calls):
    """Turns expressions into JavaScript."""

    # Values

    def value(self, node: nodes.Node, scope: Scope, *, lazy: bool = False) -> str:
        """Return JavaScript for the value of `node`. `lazy`: whoever takes it may be given an iterator."""
        method: Callable[[Any, Scope], str] | None = getattr(self, f"_{type(node).__name__.lower()}", None)
        if method is None:
            self.fail(scope, node, f"{type(node).__name__} is not carried to JavaScript")
        if not lazy and isinstance(node, nodes.Filter) and self.is_lazy(node):
            self.fail(
                scope, node, f"put |list after |{node.name}: Jinja2 gives an iterator, true even when it is empty"
            )
        return method(node, scope)

    def _const(self, node: nodes.Const, scope: Scope) -> str:
        value = node.value
        if isinstance(value, float):
            self.fail(scope, node, "a fraction: JavaScript writes them differently; use whole numbers or decimal texts")
        if isinstance(value, int) and abs(value) > BIGGEST:
            self.fail(scope, node, "a number too large for JavaScript")
        return json.dumps(value, ensure_ascii=False)

    def _name(self, node: nodes.Name, scope: Scope) -> str:
        known = scope.find(node.name)
        if isinstance(known, Variable):
            return known.js
        if isinstance(known, Thunk):
            return f"{known.js}()"
        if known is not None or node.name in ("loop", "self", "super", "varargs", "kwargs"):
            self.fail(scope, node, f"{node.name} cannot be handed on as a value")
        if not scope.page:
            self.fail(scope, node, f"{node.name} is not seen in an imported template: hand it to the macro")
        if not node.name.isidentifier() or node.name.startswith("__"):
            self.fail(scope, node, f"no name for a variable: {node.name}")
        return f"c.{node.name}"

    def _list(self, node: nodes.List, scope: Scope) -> str:
        return f"[{','.join(self.value(item, scope) for item in node.items)}]"

    def _tuple(self, node: nodes.Tuple, scope: Scope) -> str:
        return f"[{','.join(self.value(item, scope) for item in node.items)}]"

    def _dict(self, node: nodes.Dict, scope: Scope) -> str:
        pairs = []
        for pair in node.items:
            key = pair.key.value if isinstance(pair.key, nodes.Const) else None
            if not isinstance(key, str) or key.isdigit() or key == "__proto__":
                self.fail(scope, pair, "keys of a dict are texts written out, no numbers")
            pairs.append(f"{string(key)}:{self.value(pair.value, scope)}")
        return f"{{{','.join(pairs)}}}"

    def _getattr(self, node: nodes.Getattr, scope: Scope) -> str:
        owner = scope.find(node.node.name) if isinstance(node.node, nodes.Name) else None
        if isinstance(owner, Loop):
            return self.loop_word(node, owner, scope)
        if isinstance(owner, ModuleName):
            found = owner.unit.names.get(node.attr)
            if not isinstance(found, Thunk):
                self.fail(scope, node, f"{node.attr} of an imported template is no value")
            return f"{found.js}()"
        if node.attr in DICT_METHODS:
            self.fail(scope, node, f'.{node.attr} is a method of dicts: write ["{node.attr}"]')
        return self.attribute(node.node, node.attr, scope)

    def attribute(self, owner: nodes.Expr, name: str, scope: Scope) -> str:
        """Return owner.name; a.b.c in one call."""
        value = self.value(owner, scope)
        if value.startswith("attr(") and isinstance(owner, (nodes.Getattr, nodes.Getitem)):
            return f"{value[:-1]},{string(name)})"
        return self.use("attr", value, string(name))

    def loop_word(self, node: nodes.Getattr, loop: Loop, scope: Scope) -> str:
        """Return loop.index and its like."""
        i, items = loop.index, loop.items
        words = {
            "index": f"({i}+1)", "index0": i, "first": f"({i}===0)", "last": f"({i}==={items}.length-1)", "length": f"{items}.length",
            "revindex": f"({items}.length-{i})", "revindex0": f"({items}.length-{i}-1)", "previtem": f"{items}[{i}-1]", "nextitem": f"{items}[{i}+1]",
        }  # fmt: skip
        if node.attr not in words:
            self.fail(scope, node, f"loop.{node.attr} is not carried to JavaScript")
        return words[node.attr]

    def _getitem(self, node: nodes.Getitem, scope: Scope) -> str:
        if isinstance(node.arg, nodes.Slice):
            if node.arg.step is not None:
                self.fail(scope, node, "a slice with steps")
            ends = [self.value(end, scope) if end is not None else "null" for end in (node.arg.start, node.arg.stop)]
            return self.use("slice", self.value(node.node, scope), *ends)
        if isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
            return self.attribute(node.node, node.arg.value, scope)
        return self.use("item", self.value(node.node, scope), self.value(node.arg, scope))

    def _condexpr(self, node: nodes.CondExpr, scope: Scope) -> str:
        if node.expr2 is None:
            self.fail(scope, node, "give this if an else; only what is printed may go without")
        return f"({self.truth(node.test, scope)}?{self.value(node.expr1, scope)}:{self.value(node.expr2, scope)})"

    def _and(self, node: nodes.And, scope: Scope) -> str:
        return self.either("and", node, scope)

    def _or(self, node: nodes.Or, scope: Scope) -> str:
        return self.either("or", node, scope)

    def either(self, word: str, node: nodes.And | nodes.Or, scope: Scope) -> str:
        """Return `a and b` or `a or b`: one of the two, as in Python."""
        if isinstance(node.left, BOOLEANS) and isinstance(node.right, BOOLEANS):
            return self.truth(node, scope)
        return self.use(word, self.value(node.left, scope), f"()=>{wrapped(self.value(node.right, scope))}")

    def _not(self, node: nodes.Not, scope: Scope) -> str:
        return self.truth(node, scope)

    def _compare(self, node: nodes.Compare, scope: Scope) -> str:
        parts, left = [], node.expr
        for operand in node.ops:
            sides = (left, operand.expr)
            if operand.op in ("eq", "ne") and any(isinstance(side, (nodes.Tuple, nodes.List)) for side in sides):
                self.fail(
                    scope, node, "lists and tuples are the same in JavaScript: do not compare with one written out"
                )
            parts.append(self.use_all(OPERATORS[operand.op], *(self.value(side, scope) for side in sides)))
            left = operand.expr
        return parts[0] if len(parts) == 1 else f"({'&&'.join(parts)})"

    def _test(self, node: nodes.Test, scope: Scope) -> str:
        return self.tested(node, self.value(node.node, scope), scope)

    def _concat(self, node: nodes.Concat, scope: Scope) -> str:
        parts = [self.spoken(part, scope) for part in node.nodes]
        return self.use("cat", *parts)

    def spoken(self, node: nodes.Expr, scope: Scope) -> str:
        """Return the value of a part of a text: an `if` without `else` adds nothing."""
        if isinstance(node, nodes.CondExpr) and node.expr2 is None:
            return f'({self.truth(node.test, scope)}?{self.value(node.expr1, scope)}:"")'
        return self.value(node, scope)

    def _add(self, node: nodes.BinExpr, scope: Scope) -> str:
        return self.use(ARITHMETIC[type(node)], self.value(node.left, scope), self.value(node.right, scope))

    _sub = _mul = _floordiv = _mod = _add

    def _neg(self, node: nodes.Neg, scope: Scope) -> str:
        return self.use("sub", "0", self.value(node.node, scope))

    def _div(self, node: nodes.Div, scope: Scope) -> str:
        self.fail(scope, node, "/ makes fractions; use //")

    # Truth and HTML

    def truth(self, node: nodes.Expr, scope: Scope) -> str:
        """Return JavaScript for whether `node` is true in Python's eyes."""
        if isinstance(node, nodes.Not):
            return f"!{self.truth(node.node, scope)}"
        if isinstance(node, (nodes.And, nodes.Or)):
            sign = "&&" if isinstance(node, nodes.And) else "||"
            return f"({self.truth(node.left, scope)}{sign}{self.truth(node.right, scope)})"
        value = self.value(node, scope)
        return value if isinstance(node, (nodes.Compare, nodes.Test)) else self.use("truth", value)

    def html(self, node: nodes.Expr, scope: Scope) -> list[tuple[str, str]]:
        """Return what `node` prints: ("text", HTML) and ("value", JavaScript that gives HTML) in turn."""
        if isinstance(node, nodes.TemplateData):
            return [("text", node.data)]
        if isinstance(node, nodes.Const) and isinstance(node.value, (str, bool, type(None))):
            return [("text", escaped(str(node.value)))]
        if isinstance(node, nodes.Concat):
            return [piece for part in node.nodes for piece in self.html(part, scope)]
        if isinstance(node, nodes.CondExpr):
            sides = [joined(self.html(side, scope)) if side is not None else '""' for side in (node.expr1, node.expr2)]
            return [("value", f"({self.truth(node.test, scope)}?{sides[0]}:{sides[1]})")]
        if isinstance(node, nodes.Call):
            if isinstance(node.node, nodes.Name) and node.node.name in ("asset", "build"):
                return [("text", escaped(self.fixed(node, node.node.name, scope)))]
            html = self.printed_call(node, scope)
            if html is not None:
                return [("value", html)]
        return [("value", self.use("out", self.value(node, scope)))]
