"""The file of `syncd drill --scenario` -> the incident that is rehearsed, or everything that is wrong with the file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path as FilePath
from typing import Literal

from pydantic import Field

from syncd.core.contract import ClockName
from syncd.core.incident import TEXT, TITLE, written
from syncd.core.lens import ChoiceLens, Unsayable
from syncd.core.mapping import Mapping as Rules
from syncd.core.milestones import Happened
from syncd.core.model import Kind, Side
from syncd.core.satisfy import Kinds
from syncd.core.scenario import AGENT, CUSTOMER, ROLES, Incident, Opening, Step, Until, own_value, value_of
from syncd.core.telling import ALARMS
from syncd.errors import ConfigError
from syncd.mapping.load import read
from syncd.mapping.nodes import Document, Path
from syncd.mapping.parse import Refused
from syncd.mapping.schema import Block
from syncd.mapping.shape import Reader
from syncd.mapping.words import listed, meant

TICKET, ISSUE = "ticket", "issue"
ONE_STEP = "write `- {after: 5m, who: engineer, says: /accept}`"


class TicketBlock(Block):
    """The customer's ticket; without it the drill looks for one that a rule of the severity takes."""

    title: str = Field(default=TITLE, description="What it is about, in one line.", examples=["The shop is down"])
    text: str = Field(default=TEXT, description="What the customer writes.")
    fields: dict[str, str] = Field(
        default={}, description="Entries of the mapping and what they mean, or fields of the helpdesk."
    )


class StepBlock(Block):
    """What one person does."""

    who: str = Field(description="`customer`, `agent`, `engineer`, or a name of `people`.", examples=["engineer"])
    after: timedelta | None = Field(default=None, description="How long after the step before, or after `until`.")
    until: str | None = Field(
        default=None, description="Wait for this first: `escalated`, `breached accept`.", examples=["breached accept"]
    )
    on: Literal["ticket", "issue"] | None = Field(
        default=None, description="Where; without it engineers act on the issue, everybody else on the ticket."
    )
    says: str = Field(default="", description="A comment.", examples=["/accept"])
    public: bool = Field(default=False, description="Whether the customer may read it.")
    sets: dict[str, str] = Field(default={}, description="Entries of the mapping and what they mean from now on.")
    takes: bool = Field(default=False, description="They name themselves on the issue.")


class ScenarioFile(Block):
    name: str = Field(description="What the report calls it.", examples=["a night without database"])
    ticket: TicketBlock | None = Field(default=None, description="The customer's ticket.")
    steps: list[StepBlock] = Field(description="What people do, one after the other.", examples=["[{who: engineer}]"])


def load(file: FilePath, rules: Rules, kinds: Kinds) -> Incident:
    """The incident that stands in a file, in the words of one mapping.

    Args:
        kinds: what sort the helpdesk's own fields are.

    Raises:
        ConfigError: with every complaint about the file.
    """
    try:
        document = read(file)
    except Refused as refused:
        raise ConfigError(refused.complaints) from None
    return _Scenario(document, rules, kinds).incident()


class _Scenario:
    def __init__(self, document: Document, rules: Rules, kinds: Kinds) -> None:
        self._reader = Reader(document)
        self._document, self._rules, self._kinds = document, rules, kinds

    def incident(self) -> Incident:
        parts = self._reader.parts(ScenarioFile, self._document.root)
        ticket: TicketBlock | None = parts.get("ticket")
        opening = self._opening(ticket) if ticket else Opening({})
        blocks: tuple[StepBlock, ...] = tuple(parts.get("steps", ()))
        if "steps" in parts and not blocks and not self._reader.complaints:
            self._wrong(("steps",), "nobody does anything", "at least one step", ONE_STEP)
        steps = tuple(self._step(block, ("steps", at)) for at, block in enumerate(blocks))
        if self._reader.complaints:
            raise ConfigError(self._reader.complaints)
        return Incident(parts["name"], opening, steps)

    # -- the ticket

    def _opening(self, ticket: TicketBlock) -> Opening:
        fields = {**written(self._rules, ticket.title, ticket.text)}
        for name, word in ticket.fields.items():
            rule = self._rules.rule(name)
            if self._sayable(name, word, Side.SUPPORT, ("ticket", "fields", name)):
                if rule is None:
                    fields[name] = own_value(name, self._kinds.get(name, Kind.TEXT), word)
                else:
                    fields[rule.lenses.support.field] = value_of(rule, Side.SUPPORT, word)
        return Opening(fields)

    # -- steps

    def _step(self, block: StepBlock, path: Path) -> Step:
        side = self._side(block)
        self._check_who(block, side, path)
        if not (block.says or block.sets or block.takes):
            self._wrong(path, f"{block.who} does nothing", "`says`, `sets` or `takes`", "write `says: /accept`")
        if block.takes and side is Side.SUPPORT:
            remedy = "write `who: engineer`, or delete `takes`"
            self._wrong((*path, "takes"), "nobody takes a ticket of support", "a step on the issue", remedy)
        for name, word in block.sets.items():
            self._sayable(name, word, side, (*path, "sets", name))
        return Step(
            block.who, side, block.after or timedelta(0), self._until(block, path), block.says, block.public,
            dict(block.sets), block.takes,
        )  # fmt: skip

    def _side(self, block: StepBlock) -> Side:
        usual = TICKET if block.who in (CUSTOMER, AGENT) else ISSUE
        return Side.SUPPORT if (block.on or usual) == TICKET else Side.ENGINEERING

    def _check_who(self, block: StepBlock, side: Side, path: Path) -> None:
        known = list(self._people())
        if block.who not in known:
            remedy = meant(block.who, known) or "write `engineer`"
            self._wrong((*path, "who"), f"`{block.who}` is nobody here", f"one of {listed(known)}", remedy)
        if block.who == CUSTOMER and side is Side.ENGINEERING:
            remedy = "write `on: ticket`, or delete it"
            self._wrong((*path, "on"), "a customer does not see the issue", "the ticket", remedy)

    def _people(self) -> Iterator[str]:
        yield from ROLES
        owners = self._rules.escalation.owners if self._rules.escalation else None
        yield from owners.people if owners else ()

    def _until(self, block: StepBlock, path: Path) -> Until | None:
        """ "escalated", "breached accept": a fact, and of a reminder or breach perhaps its clock."""
        if block.until is None:
            return None
        what, _, about = block.until.partition(" ")
        facts, clocks = [str(one) for one in Happened], [str(one) for one in ClockName]
        if what not in facts:
            remedy = meant(what, facts) or "write `escalated`"
            self._wrong((*path, "until"), f"`{what}` never happens", "a fact, such as `escalated`", remedy)
            return None
        if about and (about not in clocks or Happened(what) not in ALARMS):
            known = clocks if Happened(what) in ALARMS else []
            remedy = meant(about, known) or f"write `until: {what}`"
            expected = f"one of {listed(known)}" if known else "nothing behind it"
            self._wrong((*path, "until"), f"`{about}` is no clock here", expected, remedy)
            return None
        return Until(Happened(what), about)

    def _sayable(self, name: str, word: str, side: Side, path: Path) -> bool:
        """Whether that side has a word for what an entry is to mean; complains where not."""
        rule = self._rules.rule(name)
        try:
            if rule is not None:
                value_of(rule, side, word)
            elif side is Side.SUPPORT:
                own_value(name, self._kinds.get(name, Kind.TEXT), word)
        except Unsayable as unsayable:
            lens = rule.lenses[side] if rule else None
            known = list(dict.fromkeys(lens.meanings.values())) if isinstance(lens, ChoiceLens) else []
            remedy = meant(word, known) or (f"write `{known[0]}`" if known else "write another value")
            self._wrong(path, str(unsayable), f"one of {listed(known)}" if known else "another value", remedy)
            return False
        return True

    def _wrong(self, path: Path, problem: str, expected: str, remedy: str) -> None:
        self._reader.complain(path, problem, expected=expected, remedy=remedy)
