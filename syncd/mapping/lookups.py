"""The table `lookups` of `escalation.yaml` -> what is looked up where; and its CSV files, mistakes with their line."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath
from urllib.parse import urlsplit

from syncd.core.lookup import Csv, Lookup, Source, Web
from syncd.core.mapping import Mapping as Rules
from syncd.core.signals import NAMES
from syncd.errors import Complaint
from syncd.mapping.context import Context
from syncd.mapping.draft import PolicyDraft
from syncd.mapping.nodes import Path
from syncd.mapping.schema import HttpBlock, LookupBlock
from syncd.mapping.words import listed, meant

MAX_BYTES = 16 * 1024 * 1024
KEY = "{key}"
VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_SECRET = re.compile(r"(?i)authorization|cookie|key|token|secret|password")


def check(draft: PolicyDraft, context: Context) -> None:
    """Complain of what is wrong whatever the mapping."""
    for name, block in _blocks(draft).items():
        path: Path = ("lookups", name)
        if not _NAME.fullmatch(name) or name in (*NAMES, "severity"):
            problem = f"no lookup can be called `{name}`"
            if name in NAMES:
                problem = f"`{name}` is a signal of syncd's own"
            remedy = "write a name of its own, in small letters, such as `tier`"
            context.complain(path, problem, expected="a name that rules ask for", remedy=remedy, key=True)
        _check_source(block, path, context)
        if block.http is not None:
            _check_http(block.http, (*path, "http"), context)
        if block.csv is not None and block.key and block.value:
            table = read_table(Csv(_place(draft, block.csv), block.key, block.value))
            context.complaints.extend(_told(draft, path, table))


def lookups(draft: PolicyDraft) -> tuple[Lookup, ...]:
    """The lookups, but for those without a source that can be asked."""
    found = ((name, block, _source(draft, block)) for name, block in _blocks(draft).items())
    return tuple(
        Lookup(name, block.by, source, block.default, block.keep) for name, block, source in found if source is not None
    )


def names(draft: PolicyDraft) -> Mapping[str, frozenset[str]]:
    """Each name with the words that its table can give; nothing beside one whose words nobody knows."""
    return {name: _words(_source(draft, block), block.default) for name, block in _blocks(draft).items()}


def secrets(mapping: Rules) -> Iterator[str]:
    """What no log may show."""
    for one in mapping.signals.lookups if mapping.signals else ():
        if isinstance(one.source, Web):
            yield from (value for value in one.source.headers.values() if len(value) > 3)


def _blocks(draft: PolicyDraft) -> Mapping[str, LookupBlock]:
    found: Mapping[str, LookupBlock] = draft.parts.get("lookups", {})
    return found


def _place(draft: PolicyDraft, name: str) -> str:
    return str(FilePath(draft.document.file).absolute().parent / name)


def _source(draft: PolicyDraft, block: LookupBlock) -> Source | None:
    if block.csv is not None and block.key and block.value:
        return Csv(_place(draft, block.csv), block.key, block.value)
    if block.http is not None:
        headers = {name: _filled(value) for name, value in block.http.headers.items()}
        return Web(_filled(block.http.url), block.http.value, block.http.cache, headers)
    return None


def _words(source: Source | None, default: str) -> frozenset[str]:
    if not isinstance(source, Csv):
        return frozenset()
    found = frozenset(read_table(source).rows.values())
    return found | ({default} if default else frozenset()) if found else found


# --- another system ---------------------------------------------------------------------------------------------------


def _filled(text: str) -> str:
    return VARIABLE.sub(lambda match: os.environ.get(match[1], ""), text)


def _check_source(block: LookupBlock, path: Path, context: Context) -> None:
    if any(context.is_broken((*path, key)) for key in ("csv", "http", "key", "value")):
        return
    if (block.csv is None) == (block.http is None):
        problem = (
            f"nothing says where `{path[-1]}` is looked up" if block.csv is None else f"`{path[-1]}` is in two places"
        )
        remedy = "write `csv: tiers.csv`, with `key` and `value`" if block.csv is None else "delete `csv` or `http`"
        context.complain(path, problem, expected="`csv` or `http`", remedy=remedy, key=True)
    for key, given in (("key", block.key), ("value", block.value)):
        if block.csv is not None and not given:
            problem = f"nothing says which heading of `{block.csv}` is the `{key}`"
            context.complain(path, problem, expected=f"`{key}: HEADING`", remedy=f"write `{key}: ...`", key=True)


def _check_http(block: HttpBlock, path: Path, context: Context) -> None:
    place = urlsplit(block.url)
    if place.scheme not in ("https", "http") or not place.hostname or KEY in place.netloc:
        problem, remedy = f"`{block.url}` is no address", "write `https://...`, with a host of its own"
        context.complain((*path, "url"), problem, expected="https://...", remedy=remedy)
    elif KEY not in block.url:
        problem, remedy = "every ticket would ask the same", f"write `{KEY}` where the word goes"
        context.complain((*path, "url"), problem, expected=f"`{KEY}` in the address", remedy=remedy)
    if not block.value.startswith("/"):
        problem = f"`{block.value}` is no JSON pointer"
        remedy = f"write `/{block.value.replace('.', '/')}`"
        context.complain((*path, "value"), problem, expected="`/` and a name, for each level", remedy=remedy)
    for name, text in block.headers.items():
        if _SECRET.search(name) and not VARIABLE.search(text):
            problem = f"a secret stands in the file itself, as header `{name}` (***)"
            remedy = "write `${NAME}`, and change the secret: it was in a file"
            context.complain((*path, "headers", name), problem, expected="`${NAME}`", remedy=remedy, key=True)
    for key, text in (("url", block.url), *((f"headers.{name}", text) for name, text in block.headers.items())):
        for variable in VARIABLE.findall(text):
            if not os.environ.get(variable):
                where = (*path, *key.split(".", 1))
                problem = f"the lookup needs the environment variable `{variable}`, which is not set"
                remedy = f"set {variable}"
                context.complain(where, problem, expected="a variable that is set", remedy=remedy, key=True)


# --- tables -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with a table, in which of its lines (from 1)."""

    line: int
    problem: str
    expected: str
    remedy: str


@dataclass(frozen=True, slots=True)
class TableRead:
    """Keys in small letters -> values, as far as they are right; `missing` where there is no such file."""

    rows: Mapping[str, str]
    mistakes: tuple[Mistake, ...] = ()
    missing: bool = False


def read_table(source: Csv) -> TableRead:
    """Read a CSV file: comma or semicolon, UTF-8 with or without a mark at its beginning."""
    try:
        with FilePath(source.path).open("rb") as stream:
            text = stream.read(MAX_BYTES + 1).decode("utf-8-sig")
    except OSError:
        return TableRead({}, missing=True)
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        return TableRead({}, (Mistake(line, "this is no UTF-8", "text in UTF-8", "save it as UTF-8"),))
    if len(text) > MAX_BYTES:
        return TableRead({}, (Mistake(1, "the table is too large", f"at most {MAX_BYTES:,} bytes", "ask by `http`"),))
    return _parsed(text, source)


def _parsed(text: str, source: Csv) -> TableRead:
    head = text.partition("\n")[0]
    reader = csv.reader(text.splitlines(), delimiter=";" if head.count(";") > head.count(",") else ",", strict=True)
    rows: dict[str, str] = {}
    mistakes: list[Mistake] = []
    try:
        headings = [heading.strip() for heading in next(reader, [])]
        for wanted in (source.key, source.value):
            if wanted not in headings:
                remedy = meant(wanted, headings) or "correct the heading, or the lookup"
                mistakes.append(Mistake(1, f"there is no heading `{wanted}`", f"one of {listed(headings)}", remedy))
        if mistakes:
            return TableRead({}, tuple(mistakes))
        at = (headings.index(source.key), headings.index(source.value))
        first: dict[str, int] = {}
        for row in reader:
            if any(cell.strip() for cell in row):
                mistakes.extend(_take(row, at, reader.line_num, rows, first))
    except csv.Error as error:
        problem = f"the line cannot be read: {error}"
        mistakes.append(Mistake(max(reader.line_num, 1), problem, "cells between commas", "close its quotes"))
    return TableRead(rows, tuple(mistakes))


def _take(
    row: list[str], at: tuple[int, int], line: int, rows: dict[str, str], first: dict[str, int]
) -> Iterator[Mistake]:
    """Take one line in, or say what is wrong with it."""
    if len(row) <= max(at):
        yield Mistake(line, f"the line has {len(row)} cells", f"at least {max(at) + 1}", "add what is missing")
        return
    key, value = row[at[0]].strip().casefold(), row[at[1]].strip()
    if not key or not value:
        yield Mistake(line, f"the {'value' if key else 'key'} is empty", "a word", "fill it in, or delete the line")
    elif first.setdefault(key, line) != line:
        yield Mistake(line, f"`{key}` stands in line {first[key]} already", "each key once", "delete one of them")
    else:
        rows[key] = value


def _told(draft: PolicyDraft, path: Path, table: TableRead) -> Iterator[Complaint]:
    block = _blocks(draft)[str(path[-1])]
    if table.missing:
        problem, remedy = f"the table `{block.csv}` cannot be read", "create it beside this file"
        yield draft.document.complaint((*path, "csv"), problem, expected="a file", remedy=remedy)
    file = str(FilePath(draft.document.file).parent / str(block.csv))
    for one in table.mistakes:
        yield Complaint(file, one.line, 1, f"lookups.{path[-1]}", one.problem, one.expected, one.remedy)
