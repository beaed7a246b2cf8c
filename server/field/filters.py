"""Filters and tests of templates as JavaScript."""

import json

from jinja2 import nodes

from server.field.scopes import Scope
from server.field.vocabulary import ALIASES, CHOOSING, FILTERS, REQUIRED, TEST_ALIASES, TESTS, Filter
from server.field.writer import Writer, string


class Filters(Writer):
    """Turns filters and tests into JavaScript."""

    def is_lazy(self, node: nodes.Filter) -> bool:
        """Whether the filter gives an iterator."""
        name = ALIASES.get(node.name, node.name)
        return name == "map" or name in CHOOSING or (name in FILTERS and FILTERS[name].lazy)

    def _filter(self, node: nodes.Filter, scope: Scope) -> str:
        if node.node is None:
            self.fail(scope, node, "a filter of nothing")
        return self.filtered(node, node.node, scope)

    def filtered(self, node: nodes.Filter, subject: nodes.Expr, scope: Scope) -> str:
        """Return `subject` through the filter `node`."""
        name = ALIASES.get(node.name, node.name)
        if node.dyn_args or node.dyn_kwargs:
            self.fail(scope, node, "*args and **kwargs")
        if name == "map":
            return f"{self.listed(subject, scope)}.map({self.mapping(node, scope)})"
        if name in CHOOSING:
            return f"{self.listed(subject, scope)}.filter({self.choice(node, name, scope)})"
        known = FILTERS.get(name)
        if known is None:
            self.fail(scope, node, f"the filter {node.name!r} is not carried to JavaScript")
        value = self.value(subject, scope, lazy=known.takes_lazy)
        return self.apply(node, known, value, scope)

    def listed(self, subject: nodes.Expr, scope: Scope) -> str:
        """Return what a loop runs over, as an array."""
        return self.use("list", self.value(subject, scope, lazy=True))

    def apply(self, node: nodes.Filter, known: Filter, value: str, scope: Scope, skip: int = 0) -> str:
        """Return `value` through `known`, whose arguments are those of `node` after the first `skip`."""
        given: dict[str, nodes.Expr] = dict(zip(known.arguments, node.args[skip:], strict=False))
        given |= {str(pair.key): pair.value for pair in node.kwargs}
        if len(node.args) - skip > len(known.arguments) or set(given) - set(known.arguments):
            self.fail(scope, node, f"the filter {node.name!r} with these arguments is not carried to JavaScript")
        words = []
        for argument, default in known.arguments.items():
            if argument not in given and default is REQUIRED:
                self.fail(scope, node, f"the filter {node.name!r} needs {argument!r}")
            if argument == "attribute" and argument in given:
                words.append(self.reader(given[argument], given.get("default"), scope))
            elif argument in given:
                words.append(self.value(given[argument], scope))
            else:
                words.append(json.dumps(default) if default is not None else "undefined")
        while words and list(known.arguments)[len(words) - 1] not in given:
            words.pop()
        return self.use(known.js, value, *words)

    def reader(self, attribute: nodes.Expr, default: nodes.Expr | None, scope: Scope) -> str:
        """Return a function that reads `attribute` ("a", "a.b", or "a,b" for both) of an item."""
        if not isinstance(attribute, nodes.Const) or not isinstance(attribute.value, str):
            self.fail(scope, attribute, "the attribute must be written out")
        read = []
        for path in attribute.value.split(","):
            parts = path.split(".")
            if any(part.isdigit() or not part for part in parts):
                self.fail(scope, attribute, "the attribute must be a name, or names with dots")
            one = self.use("attr", "x", *(string(part) for part in parts))
            read.append(one if default is None else self.use("orElse", one, self.value(default, scope)))
        return f"x=>{read[0]}" if len(read) == 1 else f"x=>[{','.join(read)}]"

    def mapping(self, node: nodes.Filter, scope: Scope) -> str:
        """Return the function of |map: one attribute of each item, or each item through a filter."""
        words: dict[str, nodes.Expr] = {str(pair.key): pair.value for pair in node.kwargs}
        if not node.args and "attribute" in words and not set(words) - {"attribute", "default"}:
            return self.reader(words["attribute"], words.get("default"), scope)
        name = node.args[0].value if node.args and isinstance(node.args[0], nodes.Const) else None
        known = FILTERS.get(ALIASES.get(str(name), str(name)))
        if known is None or known.lazy:
            self.fail(scope, node, "|map takes attribute='name' or the name of a filter")
        return f"x=>{self.apply(node, known, 'x', scope, skip=1)}"

    def choice(self, node: nodes.Filter, name: str, scope: Scope) -> str:
        """Return the function of |select and its like."""
        value, skip = "x", 0
        if name.endswith("attr"):
            if not node.args:
                self.fail(scope, node, f"|{name} needs the attribute")
            value, skip = self.reader(node.args[0], None, scope).removeprefix("x=>"), 1
        test = node.args[skip] if len(node.args) > skip else None
        if test is None:
            passes = self.use("truth", value)
        elif isinstance(test, nodes.Const) and isinstance(test.value, str):
            passes = self.tested(node, value, scope, skip + 1, test.value)
        else:
            self.fail(scope, node, "the name of the test must be written out")
        return f"x=>{'!' if CHOOSING[name] else ''}{passes}"

    def tested(self, node: nodes.Test | nodes.Filter, value: str, scope: Scope, skip: int = 0, name: str = "") -> str:
        """Return whether `value` passes the test `name`, whose arguments are those of `node` after the first `skip`."""
        name = name or node.name
        if name in ("defined", "undefined"):
            return f"({value}{'!' if name == 'defined' else '='}==undefined)"
        pattern = TESTS.get(TEST_ALIASES.get(name, name))
        arguments = [self.value(argument, scope) for argument in node.args[skip:]]
        if pattern is None or node.kwargs or node.dyn_args or node.dyn_kwargs:
            self.fail(scope, node, f"the test {name!r} is not carried to JavaScript")
        if len(arguments) != ("{1}" in pattern):
            self.fail(scope, node, f"the test {name!r} takes {int('{1}' in pattern)} argument(s)")
        return self.use_all(pattern, value, *arguments)
