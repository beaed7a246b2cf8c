"""Turns templates into JavaScript, so that the phone's service worker renders the very same pages as the server.

It reads Jinja2's own syntax tree and writes one ES module, which needs no eval. What it does not carry, or what JavaScript would
silently do differently, is refused with file and line (`CannotCompile`): a page that compiles prints the same on both sides.
`tests/field/test_parity.py` proves it on generated documents.

Rules for authors of field templates (`templates/field/`):

- Only plain documents: texts, whole numbers, True, False, None, lists, dicts; no objects with methods, no queries. Beside its documents a
  page knows `me`, `params`, `query`, `path` and `now` (milliseconds). An imported macro knows none of them: hand them over.
- Numbers and moments are printed through filters: `|num`, `|yuan`, `|day`, `|clock`, `|daytime(now)`, `|ago(now)`, `|minutes`. No fractions:
  decimals are texts, compared with `a|cmp_decimal(b)` (-1, 0 or 1). `//` and `%` work as in Python, `/` is refused.
- Write `x["items"]`, not `x.items`: a key named like a method of dicts is found by the first way only. What has an order is a list.
- A text to translate is written out: `_("共 %(n)s 项", n=n)`. Never build it from data; `label|translated` looks up one that data brings.
- After `map`, `select`, `selectattr`, `reject`, `rejectattr`, `unique`, `batch`, `reverse` write `|list` before you count, test or keep the result.
- An undefined name or key raises, as on the server; `|default(…)` and `is defined` are the ways to ask.
- `{{ "x" if y }}` may go without else only where it is printed.
"""

from collections.abc import Iterable, Iterator

from jinja2 import Environment, nodes

from server.field.scopes import CannotCompile, MacroName, ModuleName, Scope, Thunk, Unit
from server.field.statements import Statements
from server.field.vocabulary import FORMATS
from server.field.writer import Addresses

__all__ = ["CannotCompile", "Compiler"]


class Compiler(Statements):
    """Compiles templates of one environment into one module.

    `address` says where a static file is in this release, `build` is the release's name, `beside` the folder of runtime.js.
    """

    def __init__(self, environment: Environment, address: Addresses, build: str, beside: str = ".") -> None:
        super().__init__(address, build)
        self.environment = environment
        self.beside = beside
        self.units: dict[str, Unit] = {}
        self.written: dict[str, str] = {}  #: JavaScript constants by name, in the order they must stand in

    def module(self, names: Iterable[str]) -> str:
        """Return the module that exports `render(name, context, catalogue)` for the templates `names`; raise CannotCompile."""
        pages = {name: self.shown(self.unit(name)) for name in names}
        imports = []
        for file, words in (("formats", self.used & FORMATS), ("runtime", self.used - FORMATS | {"start"})):
            if words:
                imports.append(f'import{{{",".join(sorted(words))}}}from"{self.beside}/{file}.js";\n')
        constants = [f"const {name}={code};\n" for name, code in self.written.items()]
        table = ",".join(f'"{name}":{function}' for name, function in pages.items())
        return (
            "".join([*imports, *constants])
            + f"const pages={{{table}}};\n"
            + "export const render=(name,context,catalogue)=>start(pages[name],context,catalogue);\n"
        )

    # Templates

    def unit(self, name: str) -> Unit:
        """Return the template `name`, read once."""
        if name not in self.units:
            loader = self.environment.loader
            assert loader is not None
            source, filename, _fresh = loader.get_source(self.environment, name)
            tree = self.environment.parse(source, name, filename)
            unit = Unit(name, tree, self.constant_name(name))
            self.units[name] = unit
            self.survey(unit)
        return self.units[name]

    def constant_name(self, name: str) -> str:
        """Return what the constants of the template `name` begin with in JavaScript; no two templates share it."""
        spelt = "".join(sign if sign.isascii() and sign.isalnum() else "_" for sign in name.removesuffix(".html"))
        spelt = f"_{spelt}" if spelt[:1].isdigit() else spelt
        taken = {unit.js for unit in self.units.values()}
        return f"{spelt}_{len(taken)}" if spelt in taken else spelt

    def survey(self, unit: Unit) -> None:
        """Find the parent, the blocks and the macros of `unit`."""
        scope = Scope(unit)
        for block in unit.tree.find_all(nodes.Block):
            if block.scoped or block.required:
                self.fail(scope, block, "a scoped or required block")
            unit.blocks[block.name] = block
        for node in unit.tree.body:
            if isinstance(node, nodes.Extends):
                unit.parent = self.named(node.template, scope, node)
            elif isinstance(node, (nodes.Import, nodes.FromImport)):
                self.bind(node, scope, on_top=True)
            elif isinstance(node, nodes.Macro):
                unit.names[node.name] = MacroName(f"{unit.js}__{node.name}", node, ("c",))

    def named(self, template: nodes.Expr, scope: Scope, node: nodes.Node) -> Unit:
        """Return the template whose name is written out in `node`."""
        if not isinstance(template, nodes.Const) or not isinstance(template.value, str):
            self.fail(scope, node, "the name of the template must be written out")
        return self.unit(template.value)

    def imported(self, template: nodes.Expr, scope: Scope, node: nodes.Node) -> Unit:
        """Return the template that `node` imports: its macros see nothing of the page, what it sets is worked out when it is used."""
        unit = self.named(template, scope, node)
        if f"P_{unit.js}" in self.written:
            self.fail(scope, node, f"templates/{unit.name} is shown elsewhere: keep macros in a file of their own")
        if not unit.imported:
            unit.imported = True
            for one in unit.tree.body:
                if isinstance(one, nodes.Macro):
                    unit.names[one.name] = MacroName(f"{unit.js}__{one.name}", one)
                elif isinstance(one, nodes.Assign) and isinstance(one.target, nodes.Name):
                    unit.names[one.target.name] = Thunk(f"{unit.js}__{one.target.name}")
        return unit

    def bind(self, node: nodes.Import | nodes.FromImport, scope: Scope, *, on_top: bool = False) -> None:
        """Give the names of an import their meaning."""
        if node.with_context:
            self.fail(scope, node, "an import with context: hand over what the macro needs")
        unit = self.imported(node.template, scope, node)
        names = scope.unit.names if on_top or scope.top else scope.names
        if isinstance(node, nodes.Import):
            names[node.target] = ModuleName(unit)
            return
        for word in node.names:
            name, alias = word if isinstance(word, tuple) else (word, word)
            if name not in unit.names:
                self.fail(scope, node, f"templates/{unit.name} has no macro {name!r}")
            names[alias] = unit.names[name]

    # What is written

    def shown(self, unit: Unit) -> str:
        """Write `unit` as a page and return its function."""
        name = f"P_{unit.js}"
        if name not in self.written:
            scope = Scope(unit)
            scope.top = True
            if unit.imported:
                self.fail(scope, unit.tree, "imported elsewhere: keep macros in a file of their own")
            self.written[name] = ""
            blocks = self.block_table(unit)
            if unit.parent is None:
                code = self.function(f"c,B={blocks}", unit.tree.body, scope)
            else:
                parent = self.shown(unit.parent)
                code = f"(c,B={blocks})=>{self.child(unit, scope, parent)}"
            self.write(name, code)
        return name

    def write(self, name: str, code: str) -> None:
        """Keep a constant; it comes after all that were finished before it."""
        self.written.pop(name, None)
        self.written[name] = code

    def child(self, unit: Unit, scope: Scope, parent: str) -> str:
        """Return the body of a page that extends another: what it sets, then the parent with its blocks."""
        body = [node for node in unit.tree.body if not isinstance(node, (nodes.Extends, nodes.Block))]
        for node in body:
            if isinstance(node, nodes.Output) and not self.is_blank(node):
                self.fail(scope, node, "something is printed outside of the blocks")
        kept = [node for node in body if not isinstance(node, nodes.Output)]
        steps = "".join(code if kind == "do" else f"{code};" for kind, code in self.pieces(kept, scope))
        return f'{{let o="";{steps}return {parent}(c,B)}}' if steps else f"{parent}(c,B)"

    def is_blank(self, node: nodes.Output) -> bool:
        """Whether nothing but white space is printed."""
        return all(isinstance(part, nodes.TemplateData) and not part.data.strip() for part in node.nodes)

    def block_table(self, unit: Unit) -> str:
        """Write the blocks of `unit` with those it inherits; return the name of the table."""
        name = f"B_{unit.js}"
        if name not in self.written:
            inherited = f"...{self.block_table(unit.parent)}," if unit.parent else ""
            own = [f"{block}:{self.block_function(unit, block)}" for block in unit.blocks]
            self.write(name, f"{{{inherited}{','.join(own)}}}")
        return name

    def block_function(self, unit: Unit, block: str) -> str:
        """Write the block of `unit` and return its function."""
        name = f"{unit.js}_{block}"
        if name not in self.written:
            self.written[name] = ""
            self.write(name, self.function("c,B", unit.blocks[block].body, Scope(unit)))
        return name

    def block(self, node: nodes.Block, scope: Scope) -> str:
        """Return JavaScript for the HTML of a block, of the page's choice."""
        if not scope.blocks:
            self.fail(scope, node, "a block within a macro")
        return f"B.{node.name}(c,B)"

    def super_block(self, scope: Scope, node: nodes.Node) -> str:
        """Return the HTML of the block that the one around `node` replaces."""
        for name, block in scope.unit.blocks.items():
            if any(one is node for one in block.find_all(nodes.Call)):
                above = scope.unit.parent.find_block(name) if scope.unit.parent else None
                if above is not None and scope.blocks:
                    return f"{self.block_function(above, name)}(c,B)"
        self.fail(scope, node, "super() without a block above")

    def called(self, macro: MacroName, scope: Scope) -> str:
        """Return the function of `macro`, written at its first call."""
        if "__" in macro.js and macro.js not in self.written:
            unit = self.home(macro)
            self.written[macro.js] = ""
            outer = Scope(unit, page=not unit.imported)
            outer.top = True
            for name, one in unit.names.items():
                if isinstance(one, Thunk):
                    self.thunk(unit, name, one)
            self.write(macro.js, self.macro(macro.node, outer, macro.leads))
        if macro.leads and not scope.page:
            self.fail(scope, macro.node, "a macro of a page called from an imported one")
        return macro.js

    def home(self, macro: MacroName) -> Unit:
        """Return the template in which `macro` stands."""
        return next(unit for unit in self.units.values() if any(one is macro.node for one in unit.tree.body))

    def thunk(self, unit: Unit, name: str, one: Thunk) -> None:
        """Write what is set on the top level of an imported template."""
        if one.js not in self.written:
            self.written[one.js] = ""
            for node in unit.tree.body:
                if isinstance(node, nodes.Assign) and isinstance(node.target, nodes.Name) and node.target.name == name:
                    self.write(one.js, f"()=>({self.value(node.node, Scope(unit, page=False))})")

    def include(self, node: nodes.Include, scope: Scope) -> str:
        """Return JavaScript for the HTML of an included template, which sees what can be seen here."""
        if node.ignore_missing or not node.with_context or not scope.page:
            self.fail(scope, node, "include takes one template, with its context, outside of imported macros")
        unit = self.named(node.template, scope, node)
        variables = ",".join(f"{name}:{js}" for name, js in scope.variables().items())
        return f"{self.shown(unit)}({self.use('fork', 'c', *([f'{{{variables}}}'] if variables else []))})"

    def files(self) -> Iterator[str]:
        """Yield the names of all templates that were read."""
        yield from self.units
