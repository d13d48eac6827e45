"""The playbook cut into sections of plain text, the same for every format; each format escapes all of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from syncd.core import inwords
from syncd.core.contract import ClockName
from syncd.core.metrics.path import Path
from syncd.core.packet import OnMissing
from syncd.core.playbook import Asked, Configured, Entry, Letter, Part, Playbook, Row
from syncd.engine.playbooks import happened

Cell: TypeAlias = tuple[Entry, ...]
"""The lines of one cell; one without a name is its text alone."""
NONE = (Entry("", "-"),)
CLOCKS = (ClockName.OWNER, ClockName.ACCEPT, ClockName.RESPOND, ClockName.UPDATE, ClockName.REVIEW, ClockName.FIX)
COLUMNS = ("Severity", "What makes it so", "Who is told", "Owner", "Accept", "Respond", "Update", "Review", "Fix",
           "Where, and who first")  # fmt: skip
NO_POLICY = "No escalation.yaml holds here: no ticket has a severity, and nothing is promised."
PASSES = {OnMissing.HOLD: "without it the ticket stays in support", OnMissing.WARN: "without it the packet says so"}


@dataclass(frozen=True, slots=True)
class Table:
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Items:
    """`words` are what people write, and stand as such."""

    entries: tuple[Entry, ...]
    words: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """One sentence; `strong` is what a reader looks for first."""

    text: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Letters:
    letters: tuple[Letter, ...]


Block: TypeAlias = Table | Items | Said | Letters


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    blocks: tuple[Block, ...]


MATRIX, HAPPENED = "Severities", "What happened"


def title(playbook: Playbook) -> str:
    return f"Escalation playbook, {playbook.until:%Y-%m-%d}"


def heading(part: Part) -> str:
    return f"{part.mapping}: {part.connections.support} → {part.connections.engineering}"


def sections(playbook: Playbook, part: Part) -> Iterator[Section]:
    """What there is to say of one mapping; a section of which the policy says nothing is left out."""
    policy = part.configured
    if policy is None:
        yield Section(MATRIX, (Said(NO_POLICY),))
        return
    yield Section(MATRIX, (_matrix(policy), *_rest(policy)))
    if part.path is not None:
        yield Section(HAPPENED, tuple(_happened(playbook, part.path, policy)))
    yield from _sections(policy)


def _sections(policy: Configured) -> Iterator[Section]:
    brought = Items((*map(_asked, policy.evidence), *policy.packet))
    found: tuple[tuple[str, Block], ...] = (
        ("Triggers", Items((*policy.triggers, *policy.signals))),
        ("What a ticket must bring", brought),
        ("Owners", Items(policy.owners)),
        ("Clocks and pauses", Items(policy.clocks)),
        ("Words in comments", Items(policy.words, words=True)),
    )
    yield from (Section(name, (block,)) for name, block in found if not isinstance(block, Items) or block.entries)
    yield Section("What customers read", (Letters(policy.letters),))


def _rest(policy: Configured) -> Iterator[Said]:
    if policy.override:
        yield Said(f"Override: {policy.override}.")
    yield Said(f"Where no rule holds: {policy.default or 'no severity'}.")


def _happened(playbook: Playbook, path: Path, policy: Configured) -> Iterator[Block]:
    yield from (Said(text) for text in happened.sentences(playbook, path))
    yield Table(happened.STEPS, _rows(happened.steps(path, policy.rows)))
    if stages := _rows(happened.stages(path)):
        yield Said(happened.stalled(path), strong=True)
        yield Table(happened.STAGES, stages)


def _rows(found: Iterator[tuple[tuple[str, ...], ...]]) -> tuple[tuple[Cell, ...], ...]:
    return tuple(tuple(lines(*cell) for cell in row) for row in found)


# --- the matrix -------------------------------------------------------------------------------------------------------


def _matrix(policy: Configured) -> Table:
    return Table(COLUMNS, tuple(_row(row, policy) for row in policy.rows))


def _row(row: Row, policy: Configured) -> tuple[Cell, ...]:
    within = (promise(row.within.get(clock), always=row.always) for clock in CLOCKS)
    default = lines("(no rule holds)") if policy.default is row.severity else ()
    return (
        lines(str(row.severity), *((row.hours,) if row.hours else ())),
        row.rules + default or NONE,
        row.told or NONE,
        *(lines(text) for text in within),
        tuple(_then(row)) or NONE,
    )


def promise(within: timedelta | None, *, always: bool) -> str:
    """How long a step may take; where only some hours count, in hours, for there "1 d" would be taken for a day."""
    if within is None:
        return "-"
    return inwords.span(within) if always else inwords.in_hours(within)


def lines(*texts: str) -> Cell:
    return tuple(Entry("", text) for text in texts)


def _then(row: Row) -> Iterator[Entry]:
    yield from lines(*row.places)
    yield from (Entry("Approval", f"{one.text}, by {inwords.quoted(one.name)}") for one in row.approval)
    yield from (Entry(f"Budget {one.name}", one.text) for one in row.budgets)
    if row.transfer is not None:
        yield Entry("Passed on", f"after {promise(row.transfer, always=row.always)}")
    if row.reviewed:
        yield Entry("Review", "when it is done")


def _asked(one: Asked) -> Entry:
    return Entry(one.name, f"{one.ask} ({one.of}; {one.where}; {PASSES[one.missing]})")
