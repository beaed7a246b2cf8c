"""What a name in a template stands for, and where; and why a template cannot become JavaScript."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from jinja2 import nodes


class CannotCompile(Exception):
    """A template uses something that JavaScript would do differently, or that we do not carry. Says file and line."""

    def __init__(self, template: str, line: int, why: str) -> None:
        super().__init__(f"templates/{template}:{line}: {why}")


@dataclass(frozen=True)
class Variable:
    """A variable of a JavaScript function."""

    js: str


@dataclass(frozen=True)
class Thunk:
    """Something set on the top level of an imported template: worked out anew at each use, because its texts may be translated."""

    js: str


@dataclass(frozen=True)
class Loop:
    """The `loop` of Jinja2: the names of the index from 0 and of the list of all items."""

    index: str
    items: str


@dataclass(frozen=True)
class MacroName:
    """A macro, known when the template is compiled. `leads` is what its JavaScript takes before its own arguments."""

    js: str
    node: nodes.Macro
    leads: tuple[str, ...] = ()


@dataclass(frozen=True)
class ModuleName:
    """What `import … as` gave a name to."""

    unit: "Unit"


Binding = Variable | Thunk | Loop | MacroName | ModuleName


@dataclass
class Unit:
    """One template: its syntax tree, the template it extends, its blocks, and the names of its top level."""

    name: str
    tree: nodes.Template
    js: str
    parent: "Unit | None" = None
    blocks: dict[str, nodes.Block] = field(default_factory=dict)
    names: dict[str, Binding] = field(default_factory=dict)
    imported: bool = False  #: used by import: only its macros count, and they see nothing of the page

    def find_block(self, name: str) -> "Unit | None":
        """Return the nearest of this template and its ancestors that has the block `name`."""
        if name in self.blocks:
            return self
        return self.parent.find_block(name) if self.parent else None

    def find(self, name: str) -> Binding | None:
        """Return what `name` means on the top level here, or of the templates this one extends."""
        return self.names.get(name) or (self.parent.find(name) if self.parent else None)


class Scope:
    """The names of one JavaScript function and of those around it."""

    def __init__(self, unit: Unit, parent: "Scope | None" = None, *, top: bool = False, page: bool = True) -> None:
        self.unit = unit
        self.parent = parent
        self.top = top  #: the top level of a page: what is set there is set for its blocks, too
        self.page: bool = parent.page if parent else page  #: whether the page's context can be seen
        self.blocks: bool = parent.blocks if parent else page  #: whether blocks can be used
        self.depth: int = parent.depth + 1 if parent else 0
        self.names: dict[str, Binding] = {}

    def inner(self) -> "Scope":
        """Return the scope of a function within this one."""
        return Scope(self.unit, self)

    def find(self, name: str) -> Binding | None:
        """Return what `name` means here; None: it comes with the page's context, if at all."""
        scope: Scope | None = self
        while scope:
            if name in scope.names:
                return scope.names[name]
            scope = scope.parent
        return self.unit.find(name)

    def declare(self, name: str) -> str:
        """Return the JavaScript variable that stands for `name` from now on."""
        js = f"{name}{self.depth}"
        self.names[name] = Variable(js)
        return js

    def variables(self) -> dict[str, str]:
        """Return every variable that can be seen here: {name: its JavaScript}."""
        outer = self.parent.variables() if self.parent else {}
        return outer | {name: one.js for name, one in self.names.items() if isinstance(one, Variable)}


def assigned(body: Iterable[nodes.Node]) -> Iterator[str]:
    """Yield the names that are set in `body` itself; what is set in loops, macros and calls within it stays there."""
    for node in body:
        if isinstance(node, (nodes.Assign, nodes.AssignBlock)):
            yield from targets(node.target)
        elif isinstance(node, nodes.If):
            for branch in (node.body, *(one.body for one in node.elif_), node.else_):
                yield from assigned(branch)


def targets(target: nodes.Node) -> Iterator[str]:
    """Yield the names in the target of a `set` or a `for`."""
    if isinstance(target, nodes.Name):
        yield target.name
    elif isinstance(target, nodes.Tuple):
        for item in target.items:
            yield from targets(item)
