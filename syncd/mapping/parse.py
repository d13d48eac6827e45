"""Strict YAML: bytes -> `Document`, or complaints that point at the word.

The tree is built from PyYAML's events rather than by its composer, so that depth and aliases are bounded before
anything recursive or exponential sees them, and so that no tag is ever resolved to a Python object.
Refused: tabs, duplicate keys, tags, merge keys, several documents, other encodings than UTF-8, and bombs
(reliability.md, Y1, Y2, Y8-Y11).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from syncd.errors import Complaint
from syncd.mapping.nodes import Document, Entry, Items, Mark, Node, Scalar, Table

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 40
MAX_ALIASES = 100
MAX_NODES = 50_000  # with every alias written out

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_RESOLVER = yaml.resolver.Resolver()
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_MARKS = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)


class Refused(Exception):
    """The file cannot be read any further; carries what is wrong with it."""

    def __init__(self, *complaints: Complaint) -> None:
        super().__init__("\n".join(map(str, complaints)))
        self.complaints = complaints


def parse(raw: bytes, *, file: str) -> Document:
    """Read one file.

    Raises:
        Refused: with the complaints; several for duplicate keys, else the first thing that stops reading.
    """
    text = _decoded(raw, file)
    _refuse_tabs(text, file)
    tree = _Tree(file)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            tree.take(event)
    except yaml.MarkedYAMLError as error:
        raise Refused(_syntax(error, text, file)) from None
    except yaml.YAMLError:
        raise Refused(_at(file, Mark(1, 1), "this is not YAML", "YAML", "compare it with `mappings/`")) from None
    if tree.complaints:
        raise Refused(*tree.complaints)
    match tree.root:
        case Table():
            return Document(file, tree.root)
        case None:
            found = "the file holds only comments" if text.strip() else "the file is empty"
            raise Refused(_at(file, Mark(1, 1), found, "one mapping of keys to values", _START))
        case Scalar() if tree.root.empty:
            raise Refused(_at(file, tree.root.mark, "the file says nothing", "one mapping of keys to values", _START))
        case _:
            sort = "a list" if isinstance(tree.root, Items) else "a single word"
            raise Refused(_at(file, tree.root.mark, f"the file is {sort}", "one mapping of keys to values", _START))


_START = "begin with `name:` in a mapping, with `version: 1` in the config"


def _at(file: str, mark: Mark, problem: str, expected: str = "", remedy: str = "") -> Complaint:
    return Complaint(file, mark.line, mark.column, "(file)", problem, expected, remedy, mark.length)


def _decoded(raw: bytes, file: str) -> str:
    top = Mark(1, 1)
    if len(raw) > MAX_BYTES:
        found = "the file is larger than 1 MiB"
        raise Refused(_at(file, top, found, f"at most {MAX_BYTES:,} bytes", "split it: one file for each pair"))
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            raise Refused(_at(file, top, f"the file is {encoding}, found at byte 0", "UTF-8", "save it as UTF-8"))
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        column = error.start - raw.rfind(b"\n", 0, error.start)
        found = f"byte {error.start} (0x{raw[error.start]:02x}) is no UTF-8; the file looks like Latin-1"
        raise Refused(_at(file, Mark(line, column), found, "UTF-8", "save it as UTF-8")) from None
    if found_control := _CONTROL.search(text):
        at = found_control.start()
        column = at - text.rfind("\n", 0, at)
        offset = len(text[:at].encode())
        problem = f"a control character (0x{ord(found_control.group()):02x}) at byte {offset}"
        remedy = "save it as UTF-8" if "\x00" in text else "delete it, or write it as \\x.. in double quotes"
        raise Refused(_at(file, Mark(text.count("\n", 0, at) + 1, column), problem, "printable text", remedy))
    return text


def _refuse_tabs(text: str, file: str) -> None:
    complaints = [
        _at(file, Mark(number, line.index("\t") + 1), "a tab in the indentation", "spaces", "use two spaces")
        for number, line in enumerate(text.splitlines(), start=1)
        if "\t" in line[: len(line) - len(line.lstrip())]
    ]
    if complaints:
        raise Refused(*complaints)


_SYNTAX = (
    ("mapping values are not allowed", "a second `:` where none can stand", 'quote the text: "a: b"'),
    ("cannot start any token", "a word cannot begin with this character", "quote it"),
    ("unknown escape character", "an unknown escape after `\\`", "use single quotes, in which `\\` is only itself"),
    ("while scanning a quoted scalar", "a quote is opened and never closed", "close it on the same line"),
    ("while parsing a flow sequence", "a `[` is opened and never closed", "close it with `]`; a comma between words"),
    ("while parsing a flow mapping", "a `{` is opened and never closed", "close it with `}`; a comma between entries"),
    ("could not find expected ':'", "a word without `:` where a key should stand", "write `key: value`"),
    ("incompatible YAML document", "a `%YAML` directive of another version", "delete the line"),
)


def _syntax(error: yaml.MarkedYAMLError, text: str, file: str) -> Complaint:
    said = f"{error.context or ''} {error.problem or ''}"
    problem, remedy = "the lines do not fit together here", "compare the indentation with the lines above"
    at = error.problem_mark or error.context_mark
    for sign, ours, advice in _SYNTAX:
        if sign in said:
            problem, remedy = ours, advice
            if "opened" in ours:
                at = error.context_mark or at
            break
    line, column = (at.line, at.column) if at else (0, 0)
    last = max(len(text.splitlines()) - 1, 0)
    return _at(file, Mark(min(line, last) + 1, column + 1), problem, "YAML", remedy)


@dataclass
class _Open:
    """A table or list whose end has not been seen. `size` counts nodes with aliases written out."""

    mark: Mark
    table: bool
    anchor: str | None
    nodes: list[Node] = field(default_factory=list)
    size: int = 1


class _Tree:
    """Builds nodes from events; recursion-free, so that depth costs nothing before it is refused."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.complaints: list[Complaint] = []
        self.root: Node | None = None
        self._open: list[_Open] = []
        self._anchors: dict[str, tuple[Node, int]] = {}
        self._aliases = 0
        self._documents = 0

    def take(self, event: yaml.Event) -> None:
        match event:
            case yaml.DocumentStartEvent():
                self._documents += 1
                if self._documents > 1:
                    self._refuse(_mark(event), "a second document begins here", "one mapping in a file", "delete `---`")
            case yaml.ScalarEvent():
                self._refuse_tag(event)
                self._add(_scalar(event), 1, event.anchor)
            case yaml.AliasEvent():
                self._alias(event)
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self._refuse_tag(event)
                self._open.append(_Open(_mark(event), isinstance(event, yaml.MappingStartEvent), event.anchor))
                if len(self._open) > MAX_DEPTH:
                    self._refuse(_mark(event), f"nested deeper than {MAX_DEPTH} levels", "a flat file", "unfold it")
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                done = self._open.pop()
                node = self._table(done) if done.table else Items(tuple(done.nodes), done.mark)
                self._add(node, done.size, done.anchor)

    def _add(self, node: Node, size: int, anchor: str | None) -> None:
        if anchor:
            self._anchors[anchor] = (node, size)
        if not self._open:
            self.root = node
            return
        parent = self._open[-1]
        parent.nodes.append(node)
        parent.size += size
        if parent.size > MAX_NODES:
            found = f"more than {MAX_NODES:,} entries, aliases written out"
            self._refuse(node.mark, found, "a file that a person can read", "delete the aliases (`*name`)")

    def _alias(self, event: yaml.AliasEvent) -> None:
        self._aliases += 1
        name = event.anchor or ""
        if self._aliases > MAX_ALIASES:
            self._refuse(_mark(event), f"more than {MAX_ALIASES} aliases", "few or none", "write the values out")
        if any(name == above.anchor for above in self._open):
            self._refuse(_mark(event), f"`*{name}` stands inside of what it repeats", "an end", "write the values out")
        if name not in self._anchors:
            self._refuse(
                _mark(event), f"`*{name}` repeats what was never named", f"`&{name}` above", "quote a word with *"
            )
        node, size = self._anchors[name]
        self._add(node, size, None)

    def _table(self, done: _Open) -> Table:
        entries: dict[str, Entry] = {}
        for key, value in _pairs(done.nodes):
            if not isinstance(key, Scalar):
                self._refuse(key.mark, "a table or list stands as a key", "a word", "write `key: value`")
                continue
            if key.tag == "merge":
                self._refuse(key.mark, "merge keys are not allowed", "a word", "write the entries out")
            if key.text in entries:
                self.complaints.append(self._twice(entries[key.text].key, key))
                continue
            entries[key.text] = Entry(key, value)
        return Table(tuple(entries.values()), done.mark)

    def _twice(self, first: Scalar, second: Scalar) -> Complaint:
        problem = f"`{second.text}` stands twice: in line {first.mark.line} and in line {second.mark.line}"
        return _at(self.file, second.mark, problem, "each key once", "delete one of them")

    def _refuse_tag(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
        if event.tag is not None:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")[:60]
            self._refuse(_mark(event), f"tags are not allowed (`{tag}`)", "plain values", "delete the word with `!`")

    def _refuse(self, mark: Mark, problem: str, expected: str, remedy: str) -> None:
        raise Refused(*self.complaints, _at(self.file, mark, problem, expected, remedy))


def _pairs(nodes: list[Node]) -> Iterator[tuple[Node, Node]]:
    return zip(nodes[::2], nodes[1::2], strict=True)


def _scalar(event: yaml.ScalarEvent) -> Scalar:
    tag = "str"
    if event.implicit[0]:
        resolved = _RESOLVER.resolve(yaml.ScalarNode, event.value, (True, False))  # type: ignore[no-untyped-call]
        tag = str(resolved).rsplit(":", 1)[1]
    return Scalar(event.value, _mark(event), tag, block=event.style in ("|", ">"))


def _mark(event: yaml.Event) -> Mark:
    """Of a word its whole length in its first line; of a table or list its first character."""
    start, end = event.start_mark, event.end_mark
    if start is None or end is None:  # only in events that somebody made by hand
        return Mark(1, 1)
    length = end.column - start.column if end.line == start.line else 1
    return Mark(start.line + 1, start.column + 1, max(length, 1))
