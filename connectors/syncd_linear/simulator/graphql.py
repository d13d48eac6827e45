"""GraphQL as far as the simulator needs it: read a document, choose what it selects, count what it costs.

It knows no schema: an object is a mapping, a field with arguments a function of them, and a field that an object does
not have is an error. The tests check what goes in and out against the vendor's schema.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

_TOKEN = re.compile(r'\s+|,|#[^\n]*|(\.\.\.|[!$():=@\[\]{}|]|[_A-Za-z]\w*|-?\d+(?:\.\d+)?|"(?:[^"\\\n]|\\.)*")')
DEFAULT_PAGE = 50

Resolver: TypeAlias = Callable[[Mapping[str, Any]], Any]


class GraphqlError(Exception):
    """A document that cannot be carried out."""


@dataclass(frozen=True, slots=True)
class Variable:
    name: str


@dataclass(frozen=True, slots=True)
class Selected:
    """One field of a selection."""

    name: str
    alias: str
    arguments: Mapping[str, Any]
    include: Any  # a boolean or a variable
    selection: tuple[Selected | Spread, ...] | None


@dataclass(frozen=True, slots=True)
class Spread:
    fragment: str


@dataclass(slots=True)
class Document:
    kind: str = ""
    name: str = ""
    selection: tuple[Selected | Spread, ...] = ()
    declared: set[str] = field(default_factory=set)
    fragments: dict[str, tuple[Selected | Spread, ...]] = field(default_factory=dict)


def parse(text: str) -> Document:
    return _Parser(text).document()


class _Parser:
    """Reads tokens from the front."""

    def __init__(self, text: str) -> None:
        self._tokens: list[str] = []
        at = 0
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None:
                raise GraphqlError(f"Syntax Error: Unexpected character at {at}")
            if found[1]:
                self._tokens.append(found[1])
            at = found.end()
        self._at = 0

    def document(self) -> Document:
        document = Document()
        while self._peek():
            if self._take() == "fragment":
                name = self._take()
                self._take()  # on
                self._take()  # its type
                document.fragments[name] = self._selection()
            else:
                self._operation(document, self._tokens[self._at - 1])
        return document

    def _operation(self, document: Document, kind: str) -> None:
        if kind not in ("query", "mutation") or document.kind:
            raise GraphqlError(f'Syntax Error: Unexpected "{kind}"')
        document.kind, document.name = kind, self._take()
        if self._peek() == "(":
            while self._peek() != "{":
                if self._take() == "$":
                    document.declared.add(self._peek())
        document.selection = self._selection()

    def _selection(self) -> tuple[Selected | Spread, ...]:
        self._expect("{")
        found: list[Selected | Spread] = []
        while self._peek() != "}":
            if self._peek() == "...":
                self._take()
                found.append(Spread(self._take()))
            else:
                found.append(self._field())
        self._take()
        return tuple(found)

    def _field(self) -> Selected:
        name = alias = self._take()
        if self._peek() == ":":
            self._take()
            name = self._take()
        arguments = self._arguments()
        include: Any = True
        if self._peek() == "@":
            self._take()
            self._expect("include")
            include = self._arguments()["if"]
        selection = self._selection() if self._peek() == "{" else None
        return Selected(name, alias, arguments, include, selection)

    def _arguments(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if self._peek() != "(":
            return found
        self._take()
        while self._peek() != ")":
            name = self._take()
            self._expect(":")
            found[name] = self._value()
        self._take()
        return found

    def _value(self) -> Any:
        token = self._take()
        if token == "$":  # noqa: S105  the sign of a variable
            return Variable(self._take())
        if token in ("true", "false", "null") or token[0] in '"-0123456789':
            return json.loads(token)
        return token  # a word of an enum

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self) -> str:
        if not self._peek():
            raise GraphqlError("Syntax Error: Unexpected <EOF>")
        self._at += 1
        return self._tokens[self._at - 1]

    def _expect(self, token: str) -> None:
        if (found := self._take()) != token:
            raise GraphqlError(f'Syntax Error: Expected "{token}", found "{found}"')


@dataclass(frozen=True, slots=True)
class Execution:
    """One document with its variables."""

    document: Document
    variables: Mapping[str, Any]

    def data(self, root: Mapping[str, Resolver]) -> dict[str, Any]:
        """What the document selects; the fields of a mutation one after the other."""
        if unknown := self.variables.keys() - self.document.declared:
            raise GraphqlError(f'Variable "${sorted(unknown)[0]}" is not defined by operation')
        return self._object(root, self.document.selection)

    def complexity(self) -> float:
        """0.1 a property, 1 an object, times the page of a connection (linear.app/developers/rate-limiting)."""
        return self._cost(self.document.selection)

    def _object(self, value: Mapping[str, Any], selection: Sequence[Selected | Spread]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for each in self._fields(selection):
            if each.name not in value:
                raise GraphqlError(f'Cannot query field "{each.name}"')
            child = value[each.name]
            if callable(child):
                child = child({name: self._given(given) for name, given in each.arguments.items()})
            elif each.arguments:
                raise GraphqlError(f'Unknown argument "{next(iter(each.arguments))}" on field "{each.name}"')
            found[each.alias] = self._complete(child, each)
        return found

    def _complete(self, value: Any, selected: Selected) -> Any:
        if isinstance(value, list):
            return [self._complete(each, selected) for each in value]
        if selected.selection is None and isinstance(value, Mapping):
            raise GraphqlError(f'Field "{selected.name}" must have a selection of subfields')
        if value is None or selected.selection is None:
            return value
        return self._object(value, selected.selection)

    def _fields(self, selection: Sequence[Selected | Spread]) -> list[Selected]:
        found: list[Selected] = []
        for each in selection:
            if isinstance(each, Spread):
                if each.fragment not in self.document.fragments:
                    raise GraphqlError(f'Unknown fragment "{each.fragment}"')
                found += self._fields(self.document.fragments[each.fragment])
            elif self._given(each.include):
                found.append(each)
        return found

    def _given(self, value: Any) -> Any:
        return self.variables.get(value.name) if isinstance(value, Variable) else value

    def _cost(self, selection: Sequence[Selected | Spread]) -> float:
        total = 0.0
        for each in self._fields(selection):
            if each.selection is None:
                total += 0.1
                continue
            names = {child.name for child in self._fields(each.selection)}
            page = self._given(each.arguments.get("first", DEFAULT_PAGE)) if "nodes" in names else 1
            total += (1 + self._cost(each.selection)) * page
        return total
