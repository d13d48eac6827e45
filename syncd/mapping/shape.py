"""A tree of words -> instances of pydantic models, with complaints in our own words and at the word.

The models say what a file may hold (and `syncd schema` prints them); this reader walks them beside the tree, so that
one wrong word costs its own entry only and everything else is still checked. pydantic validates what is left; its
own sentences are never shown.
"""

from __future__ import annotations

import enum
import types
import typing
from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final, Union

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from syncd.errors import Complaint
from syncd.mapping import words
from syncd.mapping.annotations import Convert, annotation_of, choices_of, is_list, is_secret, is_table, keys, unwrapped
from syncd.mapping.nodes import Document, Entry, Items, Node, Path, Scalar, Table
from syncd.mapping.sentences import example_lines, mismatch, refusal, sort_of, sort_wanted
from syncd.mapping.words import Wrong


class _Bad(enum.Enum):
    BAD = "bad"


BAD: Final = _Bad.BAD
"""What reading returns for something that was complained about."""

Converters = Mapping[Any, Callable[[Scalar], Any]]
CONVERTERS: Converters = {
    str: words.text,
    bool: words.truth,
    int: words.whole,
    float: lambda word: float(words.number(word)),
    Decimal: words.number,
    timedelta: words.duration,
}


class Reader:
    """Reads one document. `complaints` grows; `broken` holds the paths of what could not be read."""

    def __init__(self, document: Document, converters: Converters = CONVERTERS) -> None:
        self.document = document
        self.complaints: list[Complaint] = []
        self.broken: set[Path] = set()
        self._converters = converters

    # -- tables with fixed keys

    def parts(self, model: type[BaseModel], table: Table, path: Path = ()) -> dict[str, Any]:
        """The keys of `model` that stand in `table` and are right, by their name in the file."""
        known = keys(model)
        found: dict[str, Any] = {}
        for entry in table:
            word = entry.key.text
            if word not in known:
                self._unknown((*path, word), word, known)
                continue
            value = self.read(annotation_of(known[word]), entry.value, (*path, word))
            if value is not BAD:
                found[word] = value
        for word, info in known.items():
            if info.is_required() and table.get(word) is None and (*path, word) not in self.broken:
                self._missing(path, word, known)
        return found

    def model(self, model: type[BaseModel], table: Table, path: Path = ()) -> Any:
        found = self.parts(model, table, path)
        required = {word for word, info in keys(model).items() if info.is_required()}
        if not required <= found.keys():
            return self._bad(path)
        return self.build(model, found, path)

    def build(self, model: type[BaseModel], found: Mapping[str, Any], path: Path) -> Any:
        """An instance, or BAD with the model's own validators told in our words."""
        try:
            return model.model_validate(dict(found))
        except ValidationError as error:
            for detail in error.errors(include_url=False, include_input=False):
                self._invalid(model, path, detail)
            return self._bad(path)

    # -- values

    def read(self, annotation: Any, node: Node, path: Path) -> Any:
        """One value as `annotation` says, or BAD."""
        annotation, convert = unwrapped(annotation)
        origin = typing.get_origin(annotation)
        if origin in (Union, types.UnionType):
            return self._one_of(annotation, node, path)
        match node:
            case Table() if is_table(annotation):
                if isinstance(annotation, type) and issubclass(annotation, BaseModel):
                    return self.model(annotation, node, path)
                return self._entries(typing.get_args(annotation)[1], node, path)
            case Items() if is_list(annotation):
                member = typing.get_args(annotation)[0]
                read = [self.read(member, item, (*path, at)) for at, item in enumerate(node.items)]
                return tuple(value for value in read if value is not BAD)
            case Scalar() if not is_table(annotation) and not is_list(annotation):
                return self._word(annotation, convert, node, path)
            case _:
                return self._wrong(path, mismatch(node, annotation))

    def _one_of(self, annotation: Any, node: Node, path: Path) -> Any:
        members = [member for member in typing.get_args(annotation) if member is not type(None)]
        for member in members:
            bare, _ = unwrapped(member)
            sort = Table if is_table(bare) else Items if is_list(bare) else Scalar
            if isinstance(node, sort) and not (isinstance(node, Scalar) and node.empty):
                return self.read(member, node, path)
        if len(members) == 1:
            return self.read(members[0], node, path)
        expected = " or ".join(sort_wanted(unwrapped(member)[0]) for member in members)
        remedy = "write a word"
        if isinstance(node, Items) and len(node.items) == 1 and isinstance(node.items[0], Scalar):
            remedy = f"write `{node.items[0].text}` without brackets"
        return self._wrong(path, Wrong(f"{sort_of(node)} stands here", expected=expected, remedy=remedy))

    def _entries(self, annotation: Any, table: Table, path: Path) -> Any:
        found: dict[str, Any] = {}
        for entry in table:
            word = self._key(entry, path)
            value = self.read(annotation, entry.value, (*path, entry.key.text))
            if word is not None and value is not BAD:
                found[word] = value
        return found

    def _key(self, entry: Entry, path: Path) -> str | None:
        try:
            return words.text(entry.key)
        except Wrong as wrong:
            self._wrong((*path, entry.key.text), wrong, key=True)
            return None

    def _word(self, annotation: Any, convert: Convert | None, word: Scalar, path: Path) -> Any:
        try:
            if convert:
                return convert.convert(word)
            choices = choices_of(annotation)
            if choices:
                return _choice(word, choices)
            return self._converters.get(annotation, self._converters[str])(word)
        except Wrong as wrong:
            return self._wrong(path, wrong)

    # -- complaints

    def complain(self, path: Path, problem: str, **more: Any) -> None:
        self.complaints.append(self.document.complaint(path, problem, **more))

    def _bad(self, path: Path) -> _Bad:
        self.broken.add(path)
        return BAD

    def _wrong(self, path: Path, wrong: Wrong, *, key: bool = False) -> _Bad:
        self.complain(path, wrong.problem, expected=wrong.expected, remedy=wrong.remedy, key=key)
        return self._bad(path)

    def _unknown(self, path: Path, word: str, known: Mapping[str, FieldInfo]) -> None:
        close = words.nearest(word, known)
        remedy = f"did you mean `{close}`?" if close else "delete it"
        self.complain(path, f"unknown key `{word}`", expected=f"one of {words.listed(known)}", remedy=remedy, key=True)
        if close:  # what was meant is there, but not read: not to be missed, and nothing that needs it to be checked
            self._bad((*path[:-1], close))

    def _missing(self, path: Path, word: str, known: Mapping[str, FieldInfo]) -> None:
        remedy = "write\n" + "\n".join(f"  {line}" for line in example_lines(self.document.dotted(path), word, known))
        expected = (known[word].description or "a value").rstrip(".")
        self.complain((*path, word), f"`{word}` is missing", expected=expected, remedy=remedy, key=True)
        self._bad((*path, word))

    def _invalid(self, model: type[BaseModel], path: Path, detail: Any) -> None:
        where = (*path, *detail["loc"])
        info = keys(model).get(str(detail["loc"][0])) if detail["loc"] else None
        node = self.document.node(where)
        secret = info is not None and is_secret(annotation_of(info))
        shown = node.text if isinstance(node, Scalar) and not secret else "***" if secret else "this"
        wrong = refusal(shown, str(where[-1]) if where else "", detail)
        expected = (info.description or "") if info else ""
        self.complain(where, wrong.problem, expected=expected.rstrip("."), remedy=wrong.remedy)


def _choice(word: Scalar, choices: Mapping[str, Any]) -> Any:
    if word.text in choices:
        return choices[word.text]
    found = f"`{word.text}` is not known here" if word.text else "nothing stands here"
    remedy = words.meant(word.text, choices) or f"write `{next(iter(choices))}`"
    raise Wrong(found, expected=f"one of {words.listed(choices)}", remedy=remedy)
