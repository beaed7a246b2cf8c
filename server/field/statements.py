"""Statements of templates as JavaScript: bodies become functions that return HTML.

A body is a list of pieces: ("text", HTML), ("value", JavaScript that gives HTML), ("do", a JavaScript statement). A body without
statements is one expression.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from jinja2 import nodes

from server.field.expressions import Expressions
from server.field.scopes import Loop, MacroName, Scope, Variable, assigned, targets
from server.field.vocabulary import ALIASES, FILTERS
from server.field.writer import joined, string

Pieces = list[tuple[str, str]]


class Statements(Expressions):
    """Turns the statements of a template into JavaScript."""

    def include(self, node: nodes.Include, scope: Scope) -> str:
        """Return JavaScript for the HTML of an included template."""
        raise NotImplementedError

    def bind(self, node: nodes.Import | nodes.FromImport, scope: Scope) -> None:
        """Give the names of an import their meaning."""
        raise NotImplementedError

    def block(self, node: nodes.Block, scope: Scope) -> str:
        """Return JavaScript for the HTML of a block."""
        raise NotImplementedError

    def pieces(self, body: Iterable[nodes.Node], scope: Scope) -> Pieces:
        """Return the pieces of `body`."""
        found: Pieces = []
        for node in body:
            method: Callable[[Any, Scope], Pieces] | None = getattr(self, f"do_{type(node).__name__.lower()}", None)
            if method is None:
                self.fail(scope, node, f"{type(node).__name__} is not carried to JavaScript")
            found += method(node, scope)
        return found

    def function(self, parameters: str, body: Sequence[nodes.Node], scope: Scope, first: str = "") -> str:
        """Return a JavaScript function of `body`; `scope` is its own."""
        hoisted = first + self.declarations(body, scope)
        pieces = self.pieces(body, scope)
        if not hoisted and all(kind != "do" for kind, _code in pieces):
            return f"({parameters})=>{joined(pieces)}"
        return f'({parameters})=>{{let o="";{hoisted}{written(pieces)}return o}}'

    def declarations(self, body: Sequence[nodes.Node], scope: Scope) -> str:
        """Declare what `body` sets. Before it is set, a name means what it means outside."""
        if scope.top:
            return ""
        declared = []
        for name in dict.fromkeys(assigned(body)):
            if name not in scope.names:
                outer = scope.find(name)
                before = (
                    outer.js if isinstance(outer, Variable) else f"c.{name}" if outer is None and scope.page else ""
                )
                if is_set_first(name, body):
                    before = ""
                declared.append(scope.declare(name) + (f"={before}" if before else ""))
        return f"let {','.join(declared)};" if declared else ""

    # Each kind of statement

    def do_output(self, node: nodes.Output, scope: Scope) -> Pieces:
        """`{{ … }}` and the text around it."""
        return [piece for part in node.nodes for piece in self.html(part, scope)]

    def do_if(self, node: nodes.If, scope: Scope) -> Pieces:
        """`{% if %}`, with its elif and else."""
        branches = [node, *node.elif_]
        tests = [self.truth(as_expression(one.test), scope) for one in branches]
        bodies = [self.pieces(one.body, scope) for one in branches]
        otherwise = self.pieces(node.else_, scope)
        if all(kind != "do" for body in (*bodies, otherwise) for kind, _code in body):
            chain = "".join(f"{test}?{joined(body)}:" for test, body in zip(tests, bodies, strict=True))
            return [("value", f"({chain}{joined(otherwise)})")]
        chain = "else ".join(f"if({test}){{{written(body)}}}" for test, body in zip(tests, bodies, strict=True))
        return [("do", f"{chain}else{{{written(otherwise)}}}")]

    def do_for(self, node: nodes.For, scope: Scope) -> Pieces:
        """`{% for %}`, with its if and else."""
        if node.recursive:
            self.fail(scope, node, "a recursive loop")
        words = [self.value(node.iter, scope, lazy=True), self.loop_body(node, scope)]
        words.append(self.function("", node.else_, scope.inner()) if node.else_ else "null")
        if node.test is not None:
            inner = scope.inner()
            words.append(f"({self.target(node.target, inner, 0)})=>{self.truth(as_expression(node.test), inner)}")
        while words[-1] == "null":
            words.pop()
        return [("value", self.use("loop", *words))]

    def loop_body(self, node: nodes.For, scope: Scope) -> str:
        """Return the function of one turn."""
        inner = scope.inner()
        names = [name.name for one in node.body for name in one.find_all(nodes.Name)]
        depth = inner.depth
        if "loop" in names:
            inner.names["loop"] = Loop(f"i{depth}", f"l{depth}")
        return self.function(self.target(node.target, inner, 2 if "loop" in names else 0), node.body, inner)

    def target(self, target: nodes.Node, scope: Scope, more: int) -> str:
        """Return the parameters of a turn: the item (taken apart when there are several names), index and list."""
        names = list(targets(target))
        places = [f"i{scope.depth}", f"l{scope.depth}"]
        if isinstance(target, nodes.Name):
            return ",".join([scope.declare(target.name), *places[:more]])
        if not isinstance(target, nodes.Tuple) or len(names) != len(target.items):
            self.fail(scope, target, "what a loop gives is one name, or names with commas")
        parts = ",".join(scope.declare(name) for name in names)
        item = f"t{scope.depth}"
        return ",".join([item, *places, f"[{parts}]={self.use('unpack', item, str(len(names)))}"])

    def do_assign(self, node: nodes.Assign, scope: Scope) -> Pieces:
        """`{% set x = … %}`."""
        value = self.value(node.node, scope)
        if isinstance(node.target, nodes.NSRef):
            known = scope.find(node.target.name)
            space = known.js if isinstance(known, Variable) else f"c.{node.target.name}"
            return [("do", self.use("put", space, string(node.target.attr), value) + ";")]
        if isinstance(node.target, nodes.Name):
            return [("do", f"{self.place(node.target, scope)}={value};")]
        names = list(targets(node.target))
        places = ",".join(self.place(item, scope) for item in node.target.find_all(nodes.Name))
        return [("do", f"[{places}]={self.use('unpack', value, str(len(names)))};")]

    def place(self, target: nodes.Name, scope: Scope) -> str:
        """Return where the value of `target` is kept."""
        if scope.top:
            if scope.unit.find(target.name) is not None:
                self.fail(scope, target, f"{target.name} is a macro or an import")
            return f"c.{target.name}"
        known = scope.names[target.name]
        if not isinstance(known, Variable):
            self.fail(scope, target, f"{target.name} is a macro, an import or a loop here")
        return known.js

    def do_assignblock(self, node: nodes.AssignBlock, scope: Scope) -> Pieces:
        """`{% set x %}…{% endset %}`: what is between, as HTML."""
        if not isinstance(node.target, nodes.Name):
            self.fail(scope, node, "a block is kept under one name")
        value = self.use("safe", self.inside(node.body, scope))
        return [("do", f"{self.place(node.target, scope)}={self.through(node.filter, value, scope)};")]

    def do_filterblock(self, node: nodes.FilterBlock, scope: Scope) -> Pieces:
        """`{% filter upper %}…{% endfilter %}`."""
        value = self.use("safe", self.inside(node.body, scope))
        return [("value", self.use("out", self.through(node.filter, value, scope)))]

    def through(self, node: nodes.Filter | None, value: str, scope: Scope) -> str:
        """Return `value` through the filters of a block, innermost first."""
        if node is None:
            return value
        inner = self.through(node.node if isinstance(node.node, nodes.Filter) else None, value, scope)
        known = FILTERS.get(ALIASES.get(node.name, node.name))
        if known is None or known.lazy:
            self.fail(scope, node, f"the filter {node.name!r} of a block is not carried to JavaScript")
        return self.apply(node, known, inner, scope)

    def inside(self, body: list[nodes.Node], scope: Scope) -> str:
        """Return the HTML of a body within this one."""
        made = self.function("", body, scope.inner())
        return made.removeprefix("()=>") if not made.startswith("()=>{") else f"({made})()"

    def do_with(self, node: nodes.With, scope: Scope) -> Pieces:
        """`{% with x = … %}`: the values are those of outside."""
        values = [self.value(value, scope) for value in node.values]
        inner = scope.inner()
        names = [inner.declare(name) for target in node.targets for name in targets(target)]
        if len(names) != len(values):
            self.fail(scope, node, "with takes single names")
        return [("value", f"({self.function(','.join(names), node.body, inner)})({','.join(values)})")]

    def do_macro(self, node: nodes.Macro, scope: Scope) -> Pieces:
        """`{% macro %}`: one of the top level is written when somebody calls it, one within a body at its place."""
        if scope.top:
            return []
        name = MacroName(f"{node.name}{scope.depth}", node)
        scope.names[node.name] = name
        return [("do", f"const {name.js}={self.macro(node, scope)};")]

    def macro(self, node: nodes.Macro | nodes.CallBlock, scope: Scope, leads: Sequence[str] = ()) -> str:
        """Return the function of a macro or of what a call block hands to one."""
        inner = scope.inner()
        if scope.top or not scope.page:
            inner.blocks = False
        words, optional = list(leads), len(node.args) - len(node.defaults)
        for place, argument in enumerate(node.args):
            default = "" if place < optional else f"={self.value(node.defaults[place - optional], inner)}"
            words.append(inner.declare(argument.name) + default)
        if isinstance(node, nodes.Macro) and takes_caller(node):
            words.append(inner.declare("caller"))
        return self.function(",".join(words), node.body, inner)

    def do_callblock(self, node: nodes.CallBlock, scope: Scope) -> Pieces:
        """`{% call macro(…) %}…{% endcall %}`."""
        macro = self.macro_of(node.call.node, scope)
        if macro is None or not takes_caller(macro.node):
            self.fail(scope, node, "call takes a macro that uses caller()")
        words = self.arguments(node.call, macro, scope, self.macro(node, scope))
        return [("value", f"{self.called(macro, scope)}({','.join(words)})")]

    def do_include(self, node: nodes.Include, scope: Scope) -> Pieces:
        """`{% include %}`."""
        return [("value", self.include(node, scope))]

    def do_import(self, node: nodes.Import, scope: Scope) -> Pieces:
        """`{% import … as … %}`."""
        self.bind(node, scope)
        return []

    def do_fromimport(self, node: nodes.FromImport, scope: Scope) -> Pieces:
        """`{% from … import … %}`."""
        self.bind(node, scope)
        return []

    def do_block(self, node: nodes.Block, scope: Scope) -> Pieces:
        """`{% block %}`."""
        return [("value", self.block(node, scope))]


def as_expression(node: nodes.Node) -> nodes.Expr:
    """Return `node`, of which Jinja2's own types say too little."""
    assert isinstance(node, nodes.Expr)
    return node


def written(pieces: Pieces) -> str:
    """Return the statements that add `pieces` to `o`."""
    statements, run = [], Pieces()
    for kind, code in pieces:
        if kind == "do":
            statements += [f"o+={joined(run)};"] if run else []
            statements.append(code)
            run = []
        else:
            run.append((kind, code))
    statements += [f"o+={joined(run)};"] if run else []
    return "".join(statements)


def takes_caller(node: nodes.Macro) -> bool:
    """Whether a macro uses caller()."""
    return any(name.name == "caller" for name in node.find_all(nodes.Name))


def is_set_first(name: str, body: Sequence[nodes.Node]) -> bool:
    """Whether `body` surely sets `name` before it looks at it."""
    for node in body:
        if isinstance(node, (nodes.Assign, nodes.AssignBlock)) and name in targets(node.target):
            value = node.node if isinstance(node, nodes.Assign) else node
            return name not in {one.name for one in value.find_all(nodes.Name) if one.ctx == "load"} and not (
                isinstance(value, nodes.Name) and value.name == name
            )
        if any(one.name == name for one in node.find_all(nodes.Name)) or list(node.find_all(nodes.Include)):
            return False
    return False
