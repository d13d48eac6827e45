"""Clocks, pauses, reminders and acceptance of `escalation.yaml` -> the contract, in the words of one mapping."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from syncd.core.contract import Acceptance, ClockName, Contract, Pause, Target
from syncd.core.escalation import SEVERITY
from syncd.core.hours import Hours
from syncd.core.model import Kind, Pair, Side
from syncd.core.observe import STATUS
from syncd.mapping import meanings
from syncd.mapping.context import Context
from syncd.mapping.draft import PolicyDraft
from syncd.mapping.hours import all_hours
from syncd.mapping.nodes import Path
from syncd.mapping.schema import (
    REMINDERS,
    AcceptanceBlock,
    FeedbackBlock,
    FieldBlock,
    OwnersBlock,
    PauseBlock,
    SeverityBlock,
)
from syncd.mapping.when import conditions, has_values
from syncd.mapping.words import listed, meant

WORDS = ("accept", "return_", "resubmit", "reviewed", "approve", "refuse", "route")


def check(draft: PolicyDraft, context: Context) -> None:
    """Complain of what is wrong whatever the mapping."""
    hours = all_hours(draft.parts.get("hours", {}), context)
    for severity, block in draft.severities():
        if block.hours not in hours and not context.is_broken(("hours",)):
            context.complain(
                ("severities", severity.value, "hours"),
                f"no hours are called `{block.hours}`",
                expected=f"one of {listed(hours)}",
                remedy=meant(block.hours, hours) or f"write\nhours:\n  {block.hours}: {{zone: ..., days: ...}}",
            )
    _check_words(draft, context)
    pauses: Sequence[PauseBlock] = draft.parts.get("pauses", ())
    places = context.positions(("pauses",), len(pauses))
    context.named_once([(("pauses", at), block.name) for at, block in zip(places, pauses, strict=True)], "a pause")


def contract(draft: PolicyDraft, mapping: str, fields: Mapping[str, FieldBlock], context: Context) -> Contract:
    """The contract of one mapping; without clocks where no severity has one.

    What the whole file has wrong is told by `check`, once for all mappings.
    """
    silent = Context(document=draft.document, vendors=Pair(None, None), broken=draft.broken)
    hours = all_hours(draft.parts.get("hours", {}), silent)
    feedback: FeedbackBlock | None = draft.parts.get("feedback")
    call = feedback.survey.within if feedback and feedback.survey else None
    targets = {severity: found for severity, block in draft.severities() if (found := _targets(block, hours, call))}
    acceptance = _acceptance(draft, mapping, fields, context)
    _check_clocks(draft, acceptance, mapping, fields, context)
    return Contract(
        targets=targets,
        pauses=tuple(_pauses(draft, fields, context)),
        reminders=tuple(draft.parts.get("reminders", REMINDERS)),
        acceptance=acceptance,
    )


def _targets(block: SeverityBlock, hours: Mapping[str, Hours], call: timedelta | None) -> tuple[Target, ...]:
    """The clocks of a severity.

    Args:
        call: how soon a customer who was not content is answered, whatever the severity.
    """
    given: dict[ClockName, timedelta | None] = {
        clock: call if clock is ClockName.FOLLOW_UP else getattr(block.clocks, clock.value) for clock in ClockName
    }
    counting = hours.get(block.hours)
    if counting is None:
        return ()
    return tuple(Target(clock, within, counting) for clock, within in given.items() if within is not None)


# --- words and pauses -------------------------------------------------------------------------------------------------


def _check_words(draft: PolicyDraft, context: Context) -> None:
    """Words that comments begin with must be told apart, and not begin an ordinary sentence."""
    block: AcceptanceBlock = draft.parts.get("acceptance", AcceptanceBlock())
    spoken = {"return" if key == "return_" else key: getattr(block, key) for key in WORDS}
    first: dict[str, str] = {}
    for key, word in spoken.items():
        place = ("acceptance", key)
        if context.is_broken(place):
            continue
        if not re.fullmatch(r"[/!#]\S+", word):
            problem = f"a comment may begin with `{word}` and mean nothing by it"
            context.complain(place, problem, expected="one word after a sign", remedy=f"write `/{key}`")
        other = first.setdefault(word, key)
        if other != key:
            problem = f"`{word}` is what `{other}` says already"
            context.complain(place, problem, expected="a word of its own", remedy=f"write `/{key}`")


def _pauses(draft: PolicyDraft, fields: Mapping[str, FieldBlock], context: Context) -> Iterator[Pause]:
    blocks: Sequence[PauseBlock] = draft.parts.get("pauses", ())
    for at, block in zip(context.positions(("pauses",), len(blocks)), blocks, strict=True):
        when = conditions(block.when, ("pauses", at, "when"), fields, context, all_of_them="no clock would ever run")
        yield Pause(block.name, when, frozenset(block.clocks or ClockName))


# --- acceptance ------------------------------------------------------------------------------------------------------


def _acceptance(draft: PolicyDraft, mapping: str, fields: Mapping[str, FieldBlock], context: Context) -> Acceptance:
    block: AcceptanceBlock = draft.parts.get("acceptance", AcceptanceBlock())
    owners: OwnersBlock | None = draft.parts.get("owners")
    if block.owner is not None:
        _check_owner(block.owner, context)
    for at, meaning in enumerate(block.statuses):
        _check_status(meaning, ("acceptance", "statuses", at), mapping, fields, context)
    return Acceptance(
        accept=block.accept,
        give_back=block.return_,
        resubmit=block.resubmit,
        reviewed=block.reviewed,
        approve=block.approve,
        refuse=block.refuse,
        route=block.route,
        owner=block.owner or (owners.internal.field if owners else ""),
        assigned=block.assigned,
        statuses=frozenset(block.statuses),
        links=block.links,
    )


def _check_owner(name: str, context: Context) -> None:
    place = ("acceptance", "owner")
    known = context.known(Side.ENGINEERING, name)
    vendor = context.vendor(Side.ENGINEERING)
    if known is not None and known.kind is not Kind.PERSON:
        problem = f"`{name}` of {vendor} is a {known.kind.value.replace('_', ' ')}, no person"
        context.complain(place, problem, expected="a field that is a person", remedy="name another one")
    elif known is None and (close := context.misspelt(Side.ENGINEERING, name)):
        problem = f"{vendor} has no field `{name}`"
        context.complain(place, problem, expected="a field that is a person", remedy=f"did you mean `{close}`?")


def _check_status(meaning: str, place: Path, mapping: str, fields: Mapping[str, FieldBlock], context: Context) -> None:
    block = fields.get(STATUS)
    if block is None:
        problem = f"mapping `{mapping}` has no entry `{STATUS}` in `fields`"
        context.complain(place, problem, expected="a meaning of `status`", remedy="add the entry, or delete the line")
    elif has_values(block) and meaning not in (can_say := meanings.said(block, Side.ENGINEERING)):
        problem = f"`{STATUS}` of mapping `{mapping}` never means `{meaning}` at engineering"
        expected = f"one of {listed(sorted(can_say))}"
        context.complain(place, problem, expected=expected, remedy=meant(meaning, can_say) or "delete it")


def _check_clocks(
    draft: PolicyDraft, acceptance: Acceptance, mapping: str, fields: Mapping[str, FieldBlock], context: Context
) -> None:
    """A clock that nothing could ever end."""
    for severity, block in draft.severities():
        place: Path = ("severities", severity.value, "clocks")
        if SEVERITY in fields:
            continue  # complained about already
        if block.clocks.owner is not None and not acceptance.owner:
            context.complain(
                (*place, "owner"),
                "nothing says where somebody is named",
                expected="`acceptance: {owner: ...}`",
                remedy="write `acceptance: {owner: assignee}`, the tracker's field for it",
                key=True,
            )
        if block.clocks.fix is not None and STATUS not in fields:
            problem = f"mapping `{mapping}` has no entry `{STATUS}`, so nothing is ever done there"
            context.complain((*place, "fix"), problem, expected="no such clock", remedy="add the entry", key=True)
