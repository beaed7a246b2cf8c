"""Calls of templates as JavaScript: macros, callers, blocks, texts, and the few functions and methods there are."""

from jinja2 import nodes

from server.field.scopes import Loop, MacroName, ModuleName, Scope, Variable
from server.field.vocabulary import METHODS
from server.field.writer import Writer, string


class Calls(Writer):
    """Turns calls into JavaScript."""

    def _call(self, node: nodes.Call, scope: Scope) -> str:
        html = self.printed_call(node, scope)
        if html is not None:
            return self.use("safe", html)
        if node.dyn_args or node.dyn_kwargs:
            self.fail(scope, node, "*args and **kwargs")
        if isinstance(node.node, nodes.Name):
            return self.call_by_name(node, node.node.name, scope)
        if isinstance(node.node, nodes.Getattr):
            return self.call_method(node, node.node, scope)
        self.fail(scope, node, "only names and methods can be called")

    def call_by_name(self, node: nodes.Call, name: str, scope: Scope) -> str:
        """Return the value of a call of one of the functions every template knows."""
        words = [(pair.key, self.value(pair.value, scope)) for pair in node.kwargs]
        if name == "namespace" and not node.args:
            return self.use("namespace", f"{{{','.join(f'{key}:{value}' for key, value in words)}}}")
        if name in ("asset", "build") and not words:
            return string(self.fixed(node, name, scope))
        if name == "range" and 1 <= len(node.args) <= 2 and not words:
            return self.use("range", *(self.value(argument, scope) for argument in node.args))
        self.fail(scope, node, f"{name}() is not known here")

    def fixed(self, node: nodes.Call, name: str, scope: Scope) -> str:
        """Return what asset('…') or build() gives in this release."""
        if name == "build" and not node.args:
            return self.build
        path = node.args[0].value if len(node.args) == 1 and isinstance(node.args[0], nodes.Const) else None
        try:
            return self.address(str(path))
        except KeyError:
            self.fail(scope, node, f"no static file {path!r}; the name must be written out")

    def call_method(self, node: nodes.Call, method: nodes.Getattr, scope: Scope) -> str:
        """Return the value of loop.cycle(…) or of one of the few methods of dicts and texts."""
        owner = scope.find(method.node.name) if isinstance(method.node, nodes.Name) else None
        arguments = [self.value(argument, scope) for argument in node.args]
        if isinstance(owner, Loop) and method.attr == "cycle" and arguments and not node.kwargs:
            return f"[{','.join(arguments)}][{owner.index}%{len(arguments)}]"
        least, most = METHODS.get(method.attr, (1, 0))
        if isinstance(owner, (Loop, ModuleName)) or node.kwargs or not least <= len(arguments) <= most:
            self.fail(scope, node, f".{method.attr}() with these arguments is not carried to JavaScript")
        return self.use("call", string(method.attr), self.value(method.node, scope), *arguments)

    def printed_call(self, node: nodes.Call, scope: Scope) -> str | None:
        """Return JavaScript for the HTML a call gives: of a macro, caller, block or text; None if it gives something else."""
        target = node.node
        macro = self.macro_of(target, scope)
        if macro is not None:
            return f"{self.called(macro, scope)}({','.join(self.arguments(node, macro, scope))})"
        if isinstance(target, nodes.Name):
            if target.name in ("_", "ngettext"):
                return self.translated(node, target.name, scope)
            if target.name == "super" and not node.args:
                return self.super_block(scope, node)
            known = scope.find(target.name)
            if target.name == "caller" and isinstance(known, Variable) and not node.kwargs:
                return f"{known.js}({','.join(self.value(argument, scope) for argument in node.args)})"
        if isinstance(target, nodes.Getattr) and isinstance(target.node, nodes.Name) and target.node.name == "self":
            if not scope.blocks or scope.unit.find_block(target.attr) is None:
                self.fail(scope, node, f"there is no block {target.attr!r} here")
            return f"B.{target.attr}(c,B)"
        return None

    def macro_of(self, target: nodes.Expr, scope: Scope) -> MacroName | None:
        """Return the macro that `target` names, if it names one."""
        if isinstance(target, nodes.Name):
            found = scope.find(target.name)
            return found if isinstance(found, MacroName) else None
        if isinstance(target, nodes.Getattr) and isinstance(target.node, nodes.Name):
            module = scope.find(target.node.name)
            if isinstance(module, ModuleName):
                found = module.unit.names.get(target.attr)
                if not isinstance(found, MacroName):
                    self.fail(scope, target, f"templates/{module.unit.name} has no macro {target.attr!r}")
                return found
        return None

    def arguments(self, node: nodes.Call, macro: MacroName, scope: Scope, caller: str = "") -> list[str]:
        """Return the arguments of a call of `macro` in its own order; a mistake is found here, not on the phone."""
        if node.dyn_args or node.dyn_kwargs:
            self.fail(scope, node, "*args and **kwargs")
        names = [argument.name for argument in macro.node.args]
        optional = set(names[len(names) - len(macro.node.defaults) :])
        given = dict(zip(names, node.args, strict=False)) | {str(pair.key): pair.value for pair in node.kwargs}
        doubled = {pair.key for pair in node.kwargs} & set(names[: len(node.args)])
        if len(node.args) > len(names) or set(given) - set(names) or doubled:
            self.fail(scope, node, f"{macro.node.name} takes ({', '.join(names)})")
        words = [self.handed(given.get(name), name in optional, scope) for name in names]
        words.append(caller or "undefined")
        while words and words[-1] == "undefined":
            words.pop()
        return [*macro.leads, *words]

    def handed(self, node: nodes.Expr | None, optional: bool, scope: Scope) -> str:
        """Return an argument; what is undefined must not be taken for left out."""
        if node is None:
            return "undefined"
        value = self.value(node, scope)
        unsure = isinstance(node, (nodes.Name, nodes.Getattr, nodes.Getitem, nodes.CondExpr, nodes.And, nodes.Or))
        return self.use("sure", value) if optional and unsure else value

    def translated(self, node: nodes.Call, name: str, scope: Scope) -> str:
        """Return the HTML of `_('…', n=…)` or `ngettext('…', '…', n)`."""
        texts = node.args[: 2 if name == "ngettext" else 1]
        for text in texts:
            if not isinstance(text, nodes.Const) or not isinstance(text.value, str):
                self.fail(scope, node, "a text to translate must be written out; use |translated for one from data")
        if len(node.args) != (3 if name == "ngettext" else 1) or node.dyn_args or node.dyn_kwargs:
            self.fail(scope, node, f"{name} with these arguments")
        messages = [text.value for text in texts if isinstance(text, nodes.Const)]
        self.messages.add(messages[0])
        words = [f"{pair.key}:{self.value(pair.value, scope)}" for pair in node.kwargs]
        values = [f"{{{','.join(words)}}}"] if words else []
        if name == "_":
            return self.use("say", string(messages[0]), *values)
        return self.use("count", *map(string, messages), self.value(node.args[2], scope), *values)
