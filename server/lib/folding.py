"""A Jinja2 environment for one language: what never changes in a template is worked out once, when it is compiled.

`_('房号')` and `asset('css/app.css')` become plain text of the page. Asked for at each rendering, the texts of a list of 36
rows alone take longer than everything else a page needs. Values are escaped as ever, but not wrapped one by one in an
object that says so: that wrapping is most of the time a page takes to render.
"""

import re
from typing import Any

from jinja2 import Environment, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.visitor import NodeTransformer
from markupsafe import _escape_inner  # type: ignore[attr-defined]  # the C function behind `escape`: text in, text out

from server.lib.assets import asset_url
from server.lib.i18n import DEFAULT, translations


def escaped(value: Any) -> str:
    """Return `value` as a piece of HTML: like markupsafe's `escape`, but as a plain text."""
    if type(value) is str:
        return _escape_inner(value)
    if hasattr(value, "__html__"):
        markup: str = value.__html__()
        return markup
    return _escape_inner(str(value))


class Writing(CodeGenerator):
    """Writes values into the page by `escaped`."""

    def visit_Template(self, node: nodes.Template, frame: Frame | None = None) -> None:
        """Begin the compiled template."""
        self.writeline("from server.lib.folding import escaped")
        super().visit_Template(node, frame)

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo) -> None:
        """Write what stands before a value; without automatic escaping what Jinja2 writes."""
        if frame.eval_ctx.autoescape and not frame.eval_ctx.volatile and finalize.src is None:
            self.write("escaped(")
        else:
            super()._output_child_pre(node, frame, finalize)


INDENTATION = re.compile(r"^[ \t]+", re.MULTILINE)


class Folding(Environment):
    """Compiles templates for the language `locale`. Give an overlay another `locale` before it loads a template.

    The indentation of HTML is for those who write it; pages go without.
    """

    locale = DEFAULT
    code_generator_class = Writing

    def preprocess(self, source: str, name: str | None = None, filename: str | None = None) -> str:
        """Return the text of a template as it is read."""
        source = super().preprocess(source, name, filename)
        return INDENTATION.sub("", source) if name and name.endswith(".html") else source

    def _generate(self, source: nodes.Template, *arguments: Any, **named: Any) -> str:
        """Compile `source` after folding it; the hook that Jinja2 provides for this."""
        folded = Folder(self.locale).visit(source)
        folded.set_environment(self)
        return super()._generate(folded, *arguments, **named)


class Folder(NodeTransformer):
    """Replaces calls of `_` and `asset` with a literal argument by their results."""

    def __init__(self, locale: str) -> None:
        self.locale = locale

    def visit_Call(self, node: nodes.Call) -> nodes.Node:
        """Return what stands for `node` from now on."""
        self.generic_visit(node)
        text = literal(node)
        if text is None or not isinstance(node.node, nodes.Name):
            return node
        if node.node.name == "asset" and not node.kwargs:
            return nodes.Const(asset_url(text), lineno=node.lineno)
        if node.node.name == "_":
            return self.translated(text, node)
        return node

    def translated(self, text: str, node: nodes.Call) -> nodes.Expr:
        """Return the text in our language, as markup; the values of its placeholders are put in when it is rendered."""
        said = translations(self.locale).gettext(text)
        if not node.kwargs:
            return nodes.TemplateData(said % {}, lineno=node.lineno)
        pairs = [
            nodes.Pair(nodes.Const(word.key, lineno=node.lineno), word.value, lineno=node.lineno)
            for word in node.kwargs
        ]
        template = nodes.TemplateData(said, lineno=node.lineno)
        return nodes.Mod(template, nodes.Dict(pairs, lineno=node.lineno), lineno=node.lineno)


def literal(node: nodes.Call) -> str | None:
    """Return the call's only argument if it is a text written in the template."""
    if len(node.args) != 1 or node.dyn_args is not None or node.dyn_kwargs is not None:
        return None
    argument = node.args[0]
    return argument.value if isinstance(argument, nodes.Const) and isinstance(argument.value, str) else None
