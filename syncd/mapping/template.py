"""Templates of messages: compiled in a sandbox, and checked when they are loaded, line by line.

What a template may do is a list of what is allowed, not of what is forbidden: places for known values, conditions,
loops over lists, and a few filters. Nothing can be called, nothing beginning with `_` can be reached, and no loop over
everything can stand in another; so a template costs no more than its own length times that of the ticket. jinja2's
sandbox, with values that are plain texts and lists, is the second fence.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from jinja2 import StrictUndefined, TemplateError, nodes
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment

from syncd.core.packet import Unrenderable
from syncd.mapping.values import LOOP, VALUES, WORD, AnyName, ListOf, Shape
from syncd.mapping.words import listed, meant

MAX_SOURCE = 64 * 1024
MAX_OUTPUT = 500_000
DEEPEST = 20  # conditions in conditions
WIDEST = 100_000  # the largest number that a filter may be given
LONGEST = 200  # characters of a text that it may be given


def quote(text: object) -> str:
    """A text as a quotation, so that none of its headings and lists becomes the packet's."""
    return "\n".join(f"> {line}".rstrip() for line in str(text).splitlines())


FILTERS = ("default", "d", "upper", "lower", "title", "capitalize", "trim", "length", "count", "first", "last", "join")
CUTTING = ("truncate", "wordwrap")
TESTS = ("defined", "undefined", "none")


class _Sandbox(ImmutableSandboxedEnvironment):
    """Values are looked up by key alone: no name reaches a method of the dict that holds them."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, LoopContext) and attribute in LOOP:  # type: ignore[operator]  # it has names
            return super().getattr(obj, attribute)
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        try:
            return obj[argument]
        except (LookupError, TypeError, AttributeError):
            return self.undefined(obj=obj, name=argument)


def _environment() -> _Sandbox:
    made = _Sandbox(undefined=StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True)
    made.globals.clear()
    made.filters = {**{name: made.filters[name] for name in (*FILTERS, *CUTTING)}, "quote": quote}
    made.tests = {name: made.tests[name] for name in TESTS}
    return made


# --- compiling --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """What is wrong with a template, in which of its lines (from 1)."""

    line: int
    problem: str
    expected: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Compiled:
    """A template that was checked. `asks` are the names that it says below `fields`."""

    digest: str
    _pieces: Callable[[Mapping[str, object]], Any] = field(repr=False, compare=False)
    asks: frozenset[str] = frozenset()
    source: str = field(default="", repr=False, compare=False)

    def render(self, values: Mapping[str, object]) -> str:
        """See `core.packet.Template`."""
        made: list[str] = []
        size = 0
        try:
            for piece in self._pieces(values):
                size += len(piece)
                if size > MAX_OUTPUT:
                    raise Unrenderable(f"it makes more than {MAX_OUTPUT:,} characters")
                made.append(piece)
        except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError) as error:
            raise Unrenderable(f"{type(error).__name__}: {error}") from error
        return "".join(made).strip()


def compile_template(source: str, values: Mapping[str, Shape] = VALUES) -> tuple[Compiled | None, list[Fault]]:
    """A template that says some of `values`, or everything that is wrong with it."""
    if len(source) > MAX_SOURCE:
        return None, [Fault(1, "the template is too long", f"at most {MAX_SOURCE:,} characters", "say less")]
    try:
        return _compiled(source, values)
    except TemplateError as error:
        problem = f"this is no template: {(error.message or 'it cannot be read').partition('. ')[0].rstrip('.')}"
        remedy = "compare it with the one in docs/escalation.md"
        return None, [Fault(getattr(error, "lineno", 1), problem, "text, `{{ ... }}` and `{% ... %}`", remedy)]
    except (RecursionError, SyntaxError, MemoryError):  # of jinja2's parser, and of Python's, for which it writes
        return None, [_TOO_DEEP]


def _compiled(source: str, values: Mapping[str, Shape]) -> tuple[Compiled | None, list[Fault]]:
    environment = _environment()
    tree = environment.parse(source)
    check = _Check(values)
    check.body(tree.body, values, loops=0, depth=0)
    if check.faults:
        return None, sorted(set(check.faults))
    name = hashlib.sha256(source.encode()).hexdigest()[:24]
    return Compiled(name, environment.from_string(tree).generate, frozenset(check.asks), source), []


_TOO_DEEP = Fault(1, "it is nested too deep", f"at most {DEEPEST} levels", "unfold it")
_SAYING = {
    nodes.Call: "nothing can be called in a template",
    nodes.Assign: "`set` is not allowed",
    nodes.AssignBlock: "`set` is not allowed",
    nodes.Include: "`include` is not allowed",
    nodes.Import: "`import` is not allowed",
    nodes.FromImport: "`import` is not allowed",
    nodes.Extends: "`extends` is not allowed",
    nodes.Macro: "`macro` is not allowed",
    nodes.CallBlock: "`call` is not allowed",
    nodes.FilterBlock: "`filter` around a text is not allowed",
    nodes.With: "`with` is not allowed",
    nodes.Block: "`block` is not allowed",
}


class _Check:
    """Walks a template, knows the shape of each value, and notes what is not allowed or not there."""

    def __init__(self, values: Mapping[str, Shape]) -> None:
        self._values = values
        self.faults: list[Fault] = []
        self.asks: set[str] = set()

    def body(self, body: list[nodes.Node], scope: Mapping[str, Shape], *, loops: int, depth: int) -> None:
        if depth > DEEPEST:
            self.faults.append(_TOO_DEEP)
            return
        for node in body:
            match node:
                case nodes.Output():
                    self._output(node, scope)
                case nodes.If():
                    self._if(node, scope, loops, depth)
                case nodes.For():
                    self._for(node, scope, loops, depth)
                case _:
                    self._refuse(node)

    def _output(self, node: nodes.Output, scope: Mapping[str, Shape]) -> None:
        for part in node.nodes:
            if not isinstance(part, nodes.TemplateData) and self.shape(part, scope) not in (WORD, None):
                remedy = "loop over it, or name what you mean of it"
                self._fault(part, "a list or a table stands where a text should", "one value", remedy)

    def _if(self, node: nodes.If, scope: Mapping[str, Shape], loops: int, depth: int) -> None:
        self.shape(node.test, scope)
        for body in (node.body, node.else_):
            self.body(body, scope, loops=loops, depth=depth + 1)
        self.body(list(node.elif_), scope, loops=loops, depth=depth + 1)

    def _for(self, node: nodes.For, scope: Mapping[str, Shape], loops: int, depth: int) -> None:
        over = self.shape(node.iter, scope)
        if not isinstance(node.target, nodes.Name) or node.recursive or node.test is not None:
            self._fault(node, "this kind of loop is not allowed", "`for item in evidence`", "write a plain loop")
            return
        if over is None:
            return
        if not isinstance(over, ListOf):
            self._fault(node.iter, "this is no list", f"one of {listed(self._lists())}", "loop over a list")
            return
        if loops and not self._is_of_item(node.iter):
            problem = "a loop over everything stands in another loop"
            self._fault(node, problem, "a list of the item, such as `comment.files`", "write one loop after the other")
        inner = {**scope, node.target.name: over.each, "loop": LOOP}
        self.body(node.body, inner, loops=loops + 1, depth=depth + 1)
        self.body(node.else_, scope, loops=loops, depth=depth + 1)

    def shape(self, node: nodes.Node, scope: Mapping[str, Shape]) -> Shape | None:  # noqa: PLR0912  one branch per kind
        """What an expression gives; None where that is refused."""
        match node:
            case nodes.Const():
                return WORD
            case nodes.Name():
                return self._name(node, scope)
            case nodes.Getattr():
                return self._member(node, node.attr, self.shape(node.node, scope))
            case nodes.Getitem(arg=nodes.Const(value=name)):
                return self._member(node, name, self.shape(node.node, scope))
            case nodes.Filter():
                return self._filter(node, scope)
            case nodes.Test():
                self.shape(node.node, scope)
                if node.name not in TESTS:
                    self._unknown(node, "test", node.name, TESTS)
            case nodes.Compare():
                self.shape(node.expr, scope)
                for operand in node.ops:
                    self.shape(operand.expr, scope)
            case nodes.And() | nodes.Or():
                self.shape(node.left, scope)
                self.shape(node.right, scope)
            case nodes.Not():
                self.shape(node.node, scope)
            case nodes.Concat():
                for part in node.nodes:
                    self.shape(part, scope)
            case nodes.CondExpr():
                self.shape(node.test, scope)
                shapes = [self.shape(one, scope) for one in (node.expr1, node.expr2) if one is not None]
                return shapes[0]
            case _:
                self._refuse(node)
                return None
        return WORD

    def _name(self, node: nodes.Name, scope: Mapping[str, Shape]) -> Shape | None:
        if node.name in scope:
            return scope[node.name]
        self._unknown(node, "value", node.name, scope)
        return None

    def _member(self, node: nodes.Node, name: object, of: Shape | None) -> Shape | None:
        if isinstance(name, str) and name.startswith("_"):
            self._fault(node, f"`{name}` is closed: it begins with `_`", "a value of the ticket", "delete it")
            return None
        match of:
            case None:
                return None
            case AnyName() if isinstance(name, str):
                self.asks.add(name)
                return WORD
            case ListOf(each) if isinstance(name, int):
                return each
            case Mapping() if isinstance(name, str):
                if name not in of:
                    self._unknown(node, "value", name, of)
                return of.get(name)
        self._fault(node, f"`{name}` is asked of what has no parts", "a value as it is", "delete what follows it")
        return None

    def _filter(self, node: nodes.Filter, scope: Mapping[str, Shape]) -> Shape | None:
        of = self.shape(node.node, scope) if node.node is not None else None
        if node.name not in (*FILTERS, *CUTTING, "quote"):
            self._unknown(node, "filter", node.name, (*FILTERS, *CUTTING, "quote"))
            return None
        given = [*node.args, *(pair.value for pair in node.kwargs)]
        if node.dyn_args or node.dyn_kwargs or not all(_is_small(arg) for arg in given):
            self._fault(
                node, f"`{node.name}` is given what it may not be", "a text or a number below 100,000", "write it out"
            )
            return None
        if node.name in ("first", "last") and isinstance(of, ListOf):
            return of.each
        return of if node.name in ("default", "d") else WORD

    def _is_of_item(self, node: nodes.Node) -> bool:
        """Whether a list belongs to one item, and is not one of the ticket's own."""
        while isinstance(node, nodes.Getattr | nodes.Getitem):
            node = node.node
        return isinstance(node, nodes.Name) and node.name not in self._values

    def _lists(self) -> list[str]:
        return [name for name, shape in self._values.items() if isinstance(shape, ListOf)]

    def _unknown(self, node: nodes.Node, sort: str, name: str, known: Any) -> None:
        self._fault(node, f"there is no {sort} `{name}`", f"one of {listed(known)}", meant(name, known) or "delete it")

    def _refuse(self, node: nodes.Node) -> None:
        problem = _SAYING.get(type(node), f"`{type(node).__name__.lower()}` is not allowed in a template")
        self._fault(node, problem, "values, `if`, `for` and filters", "delete it")

    def _fault(self, node: nodes.Node, problem: str, expected: str, remedy: str) -> None:
        self.faults.append(Fault(node.lineno, problem, expected, remedy))


def _is_small(node: nodes.Node) -> bool:
    """A text or a number that stands in the template itself, and makes nothing large."""
    if not isinstance(node, nodes.Const):
        return False
    return len(node.value) <= LONGEST if isinstance(node.value, str) else 0 <= (node.value or 0) <= WIDEST
