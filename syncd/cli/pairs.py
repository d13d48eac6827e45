"""Pairs that a person decides about: asked for one by one on a terminal, or written to a file and read back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer
from pydantic import BaseModel, ConfigDict, Field

from syncd.cli import session
from syncd.core.moments import said_at
from syncd.errors import Complaint, ConfigError, SyncdError

if TYPE_CHECKING:
    from syncd.engine.backfill import Alike, Half

MOST: Final = 2000
"""Pairs in one file: what the reader of YAML takes, and more than a person reads."""
_UNSEEN = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")


# --- asking ----------------------------------------------------------------------------------------------------------


def ask(pairs: Sequence[Alike]) -> Iterator[tuple[str, str]]:
    """Show each pair and ask; gives the refs of each that got a yes, at once, so that an interruption loses none.

    After `all` only those that match several are still asked for; `quit` ends the asking.
    """
    said: set[str] = set()
    every = False
    for number, pair in enumerate(pairs, start=1):
        if pair.ticket.ref in said:
            continue
        answer = "y" if every and not pair.rivals else _answer(pair, number, len(pairs))
        if answer == "quit":
            return
        every = every or answer == "all"
        if answer == "y" or (answer == "all" and not pair.rivals):
            said.add(pair.ticket.ref)
            yield pair.ticket.ref, pair.issue.ref


def _answer(pair: Alike, number: int, of: int) -> str:
    out = session.console(stderr=True)
    out.print(f"\n{number} of {of}")
    table = session.table("", "ticket", "issue")
    for name, ours, theirs in _beside(pair):
        table.add_row(name, session.safe(ours), session.safe(theirs))
    out.print(table)
    if pair.rivals:
        session.say(out, f"This title matches several: also {', '.join(pair.rivals)}. `all` does not take this pair.")
    words = {"y": "y", "yes": "y", "n": "n", "no": "n", "all": "all", "a": "all", "quit": "quit", "q": "quit"}
    while True:
        try:
            said = typer.prompt("Link these two? y/n/all/quit", default="n", err=True).strip().lower()
        except typer.Abort:
            return "quit"
        if said in words:
            return words[said]


def _beside(pair: Alike) -> Iterator[tuple[str, str, str]]:
    for name in ("label", "title", "made", "people", "place", "url"):
        yield name, _word(pair.ticket, name), _word(pair.issue, name)


def _word(half: Half, name: str) -> str:
    match name:
        case "made":
            return said_at(half.created)
        case "people":
            return ", ".join(half.people)
        case _:
            return str(getattr(half, name))


# --- a file ----------------------------------------------------------------------------------------------------------

_HEAD = """# Written by `syncd backfill --title --plan`: tickets and issues of equal titles. Nothing is linked yet.
# `link: yes` links a pair, `link: no` does not. A pair without `link` waits for a word;
# `syncd backfill --from FILE` links those with yes, and with `--yes` also those that have no `link`.
# A pair that `also` has something to say about matches several, and is written with `link: no`.
"""


class Row(BaseModel):
    """One pair as the file holds it. All but `ticket`, `issue` and `link` is for the person who reads it."""

    model_config = ConfigDict(extra="forbid")

    ticket: str = Field(description="Ref at the helpdesk.")
    ticket_says: str = Field(default="", description="Label, title, time and people of the ticket.")
    issue: str = Field(description="Ref at the tracker.")
    issue_says: str = Field(default="", description="Label, title, time and people of the issue.")
    also: str = Field(default="", description="What else has this title.")
    link: bool | None = Field(default=None, description="Whether to link these two.")


class PlanFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    mapping: str = Field(description="The mapping that links them.")
    pairs: list[Row] = Field(description="The pairs.")


def write(path: Path, mapping: str, pairs: Sequence[Alike]) -> None:
    """Write a file that a person edits; never over one that is there, which may hold somebody's decisions."""
    if len(pairs) > MOST:
        raise SyncdError(f"{len(pairs)} pairs are too many for a file ({MOST}): name fewer tickets, or a shorter span")
    text = [_HEAD, f"mapping: {_quoted(mapping)}\npairs:\n", *map(_entry, pairs)]
    try:
        with path.open("x", encoding="utf-8") as file:
            file.writelines(text)
    except FileExistsError:
        raise SyncdError(f"{path} is there already and may hold decisions: name another file") from None
    except OSError as error:
        raise SyncdError(f"{path} cannot be written: {error.strerror}") from None


def _entry(pair: Alike) -> str:
    lines = [
        f"- ticket: {_quoted(pair.ticket.ref)}",
        f"  ticket_says: {_quoted(_told(pair.ticket))}",
        f"  issue: {_quoted(pair.issue.ref)}",
        f"  issue_says: {_quoted(_told(pair.issue))}",
    ]
    if pair.rivals:
        lines += [f"  also: {_quoted(', '.join(pair.rivals))}", "  link: no"]
    return "\n".join(lines) + "\n"


def _told(half: Half) -> str:
    words = (half.label, half.title, _word(half, "made"), _word(half, "people"), half.place, half.url)
    return " | ".join(word for word in words if word)


def _quoted(text: str) -> str:
    """A word in quotes as YAML reads it back: a title is a stranger's, and must not become a line of the file."""
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))


@dataclass(frozen=True, slots=True)
class Decisions:
    """What a file says.

    Attributes:
        said: ref of a ticket -> ref of the issue that a person said yes to.
        waiting: pairs that nobody has decided about.
    """

    mapping: str
    said: dict[str, str]
    waiting: int


def read(path: Path, *, undecided: bool) -> Decisions:
    """Read what a person decided.

    Args:
        undecided: take a pair without `link` for a yes.

    Raises:
        ConfigError: with every complaint, at its line.
    """
    from syncd.mapping.parse import Refused, parse
    from syncd.mapping.shape import Reader

    try:
        document = parse(path.read_bytes(), file=str(path))
    except OSError as error:
        raise SyncdError(f"{path} cannot be read: {error.strerror}") from None
    except Refused as refused:
        raise ConfigError(refused.complaints) from None
    reader = Reader(document)
    plan = reader.model(PlanFile, document.root)
    if reader.complaints:
        raise ConfigError(reader.complaints)
    said: dict[str, str] = {}
    twice: list[Complaint] = []
    for at, row in enumerate(plan.pairs):
        if row.link or (undecided and row.link is None):
            if row.ticket in said:
                remedy = "write `link: no` for all but one of its pairs"
                twice.append(document.complaint(("pairs", at, "ticket"), "this ticket has two issues", remedy=remedy))
            said[row.ticket] = row.issue
    if twice:
        raise ConfigError(twice)
    return Decisions(plan.mapping, said, 0 if undecided else sum(row.link is None for row in plan.pairs))
