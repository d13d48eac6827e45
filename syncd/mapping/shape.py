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
from typing import Annotated, Any, Final, Literal, Union

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo

from syncd.errors import Complaint
from syncd.mapping import words
from syncd.mapping.nodes import Document, Entry, Items, Node, Path, Scalar, Table
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


class Convert:
    """Marks an annotation whose words have their own converter: `Annotated[int, Convert(words.size)]`."""

    def __init__(self, convert: Callable[[Scalar], Any]) -> None:
        self.convert = convert


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
            value = self.read(_annotation(known[word]), entry.value, (*path, word))
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
        annotation, convert = _unwrapped(annotation)
        origin = typing.get_origin(annotation)
        if origin in (Union, types.UnionType):
            return self._one_of(annotation, node, path)
        match node:
            case Table() if _is_table(annotation):
                if isinstance(annotation, type) and issubclass(annotation, BaseModel):
                    return self.model(annotation, node, path)
                return self._entries(typing.get_args(annotation)[1], node, path)
            case Items() if _is_list(annotation):
                member = typing.get_args(annotation)[0]
                read = [self.read(member, item, (*path, at)) for at, item in enumerate(node.items)]
                return tuple(value for value in read if value is not BAD)
            case Scalar() if not _is_table(annotation) and not _is_list(annotation):
                return self._word(annotation, convert, node, path)
            case _:
                return self._wrong(path, _mismatch(node, annotation))

    def _one_of(self, annotation: Any, node: Node, path: Path) -> Any:
        members = [member for member in typing.get_args(annotation) if member is not type(None)]
        for member in members:
            bare, _ = _unwrapped(member)
            sort = Table if _is_table(bare) else Items if _is_list(bare) else Scalar
            if isinstance(node, sort) and not (isinstance(node, Scalar) and node.empty):
                return self.read(member, node, path)
        if len(members) == 1:
            return self.read(members[0], node, path)
        expected = " or ".join(_sort_wanted(_unwrapped(member)[0]) for member in members)
        remedy = "write a word"
        if isinstance(node, Items) and len(node.items) == 1 and isinstance(node.items[0], Scalar):
            remedy = f"write `{node.items[0].text}` without brackets"
        return self._wrong(path, Wrong(f"{_sort(node)} stands here", expected=expected, remedy=remedy))

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
            choices = _choices(annotation)
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
        remedy = "write\n" + "\n".join(f"  {line}" for line in _example(self.document.dotted(path), word, known))
        expected = (known[word].description or "a value").rstrip(".")
        self.complain((*path, word), f"`{word}` is missing", expected=expected, remedy=remedy, key=True)
        self._bad((*path, word))

    def _invalid(self, model: type[BaseModel], path: Path, detail: Any) -> None:
        where = (*path, *detail["loc"])
        info = keys(model).get(str(detail["loc"][0])) if detail["loc"] else None
        node = self.document.node(where)
        secret = info is not None and is_secret(_annotation(info))
        shown = node.text if isinstance(node, Scalar) and not secret else "***" if secret else "this"
        wrong = _pydantic_in_our_words(shown, str(where[-1]) if where else "", detail)
        expected = (info.description or "") if info else ""
        self.complain(where, wrong.problem, expected=expected.rstrip("."), remedy=wrong.remedy)


def keys(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """What may stand in the file, by its name there."""
    return {info.alias or name: info for name, info in model.model_fields.items()}


def is_secret(annotation: Any) -> bool:
    return annotation is SecretStr or SecretStr in typing.get_args(annotation)


def _annotation(info: FieldInfo) -> Any:
    """With the metadata that pydantic took off it."""
    own = [mark for mark in info.metadata if isinstance(mark, Convert)]
    return Annotated[info.annotation, own[0]] if own else info.annotation


def _unwrapped(annotation: Any) -> tuple[Any, Convert | None]:
    if typing.get_origin(annotation) is not Annotated:
        return annotation, None
    bare, *marks = typing.get_args(annotation)
    return bare, next((mark for mark in marks if isinstance(mark, Convert)), None)


def _is_table(annotation: Any) -> bool:
    if typing.get_origin(annotation) in (dict, Mapping):
        return True
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _is_list(annotation: Any) -> bool:
    return typing.get_origin(annotation) in (list, tuple, set, frozenset)


def _choices(annotation: Any) -> dict[str, Any]:
    if typing.get_origin(annotation) is Literal:
        return {str(choice): choice for choice in typing.get_args(annotation)}
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return {str(member.value): member for member in annotation}
    return {}


def _choice(word: Scalar, choices: Mapping[str, Any]) -> Any:
    if word.text in choices:
        return choices[word.text]
    found = f"`{word.text}` is not known here" if word.text else "nothing stands here"
    remedy = words.meant(word.text, choices) or f"write `{next(iter(choices))}`"
    raise Wrong(found, expected=f"one of {words.listed(choices)}", remedy=remedy)


def _sort(node: Node) -> str:
    match node:
        case Table():
            return "a table"
        case Items():
            return "a list"
        case Scalar():
            return "nothing" if node.empty else f"the single word `{node.text[:40]}`"


def _sort_wanted(annotation: Any) -> str:
    return "a table" if _is_table(annotation) else "a list" if _is_list(annotation) else "a word"


def _mismatch(node: Node, annotation: Any) -> Wrong:
    remedy = "write a word"
    if _is_table(annotation):
        remedy = "write its keys below it, two spaces further in"
    elif _is_list(annotation):
        remedy = f"write `[{node.text}]`" if isinstance(node, Scalar) and not node.empty else "write `[a, b]`"
    return Wrong(f"{_sort(node)} stands here", expected=_sort_wanted(annotation), remedy=remedy)


def _example(parent: str, word: str, known: Mapping[str, FieldInfo]) -> list[str]:
    """Two lines that show where the key goes."""
    line = f"{word}: {example(word, known[word])}"
    if parent:
        return [f"{parent.rsplit('.', 1)[-1]}:", f"  {line}"]
    required = [key for key, info in known.items() if info.is_required()]
    at = max(required.index(word), 1)
    return [f"{key}: {example(key, known[key])}" for key in required[at - 1 : at + 1]]


def example(word: str, info: FieldInfo) -> str:
    """A value as it may stand for this key."""
    if info.examples:
        return str(info.examples[0])
    if is_secret(info.annotation):
        return f"${{{word.upper()}}}"
    return {"url": "https://...", "connector": "zendesk"}.get(word, "...")


_LIMITS = {
    "greater_than_equal": ("is too small", "ge"),
    "greater_than": ("is too small", "gt"),
    "less_than_equal": ("is too large", "le"),
    "less_than": ("is too large", "lt"),
}


def _pydantic_in_our_words(shown: str, key: str, detail: Any) -> Wrong:
    """A validator's complaint: a limit, or what the author of a model says; anything else without pydantic's words."""
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "value_error" and str(context.get("error", "")):
        return Wrong(str(context["error"]), remedy="change what the sentence names")
    if kind in _LIMITS:
        sentence, limit = _LIMITS[kind]
        number = context.get(limit)
        return Wrong(f"`{shown}` {sentence} for `{key}` (the limit is {number})", remedy=f"write `{number}`")
    return Wrong(f"`{shown}` does not fit `{key}`", remedy="`syncd schema` says what does")
