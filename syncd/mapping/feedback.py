"""The table `feedback` of `escalation.yaml` -> the policy of the way back, in the words of one mapping."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from syncd.core.feedback import CauseRule, FeedbackPolicy, Survey
from syncd.core.model import Side
from syncd.core.observe import STATUS
from syncd.errors import Complaint
from syncd.mapping import meanings
from syncd.mapping.context import Context
from syncd.mapping.draft import PolicyDraft
from syncd.mapping.nodes import Document, Path
from syncd.mapping.packet import redaction
from syncd.mapping.schema import FeedbackBlock, FieldBlock, PacketBlock
from syncd.mapping.template import Compiled
from syncd.mapping.templates import given, shipped
from syncd.mapping.values import HANDED_BACK
from syncd.mapping.when import conditions, has_values
from syncd.mapping.words import listed, meant

TEMPLATE = ("feedback", "draft")


def check(draft: PolicyDraft, context: Context) -> None:
    """Complain of what is wrong whatever the mapping."""
    block: FeedbackBlock | None = draft.parts.get("feedback")
    if block is None:
        return
    context.complaints.extend(_template(block, draft.document)[1])
    _check_headings(block, context)
    _check_numbers(block, context)
    _check_survey(block, context)


def feedback_policy(
    draft: PolicyDraft, mapping: str, fields: Mapping[str, FieldBlock], context: Context, *, done: frozenset[str]
) -> FeedbackPolicy | None:
    """The policy; None without the table, or where its template is refused."""
    block: FeedbackBlock | None = draft.parts.get("feedback")
    made = _template(block, draft.document)[0] if block is not None else None
    if block is None or made is None:
        return None
    _check_status(block, mapping, fields, context, done=done)
    if block.done.field:
        _check_tracker_field(block.done.field, ("feedback", "done", "field"), context)
    packet: PacketBlock = draft.parts.get("packet") or PacketBlock()
    return FeedbackPolicy(
        reopened_as=block.reopened_as,
        draft=made,
        redaction=redaction(packet.redact),
        close=block.close,
        done_field=block.done.field or "",
        done_headings=tuple(block.done.heading),
        causes=tuple(_causes(block, fields, context)),
        value=_value(block, mapping, fields, context),
        survey=_survey(block, context),
        tell_at=tuple(sorted(set(block.customers))),
    )


def _check_status(
    block: FeedbackBlock, mapping: str, fields: Mapping[str, FieldBlock], context: Context, *, done: frozenset[str]
) -> None:
    """A ticket must be able to mean what it is handed back as, and that must not be done."""
    place: Path = ("feedback", "reopened_as")
    status = fields.get(STATUS)
    if status is None:
        problem = f"mapping `{mapping}` has no entry `{STATUS}` in `fields`, so nothing ever comes back"
        context.complain(place, problem, expected="a meaning of `status`", remedy="add the entry, or delete `feedback`")
    elif not status.direction.reaches(Side.SUPPORT):
        problem = f"`{STATUS}` of mapping `{mapping}` never goes to support"
        remedy = f"write `direction: both` at `{STATUS}` of the mapping"
        context.complain(place, problem, expected="an entry that does", remedy=remedy)
    elif block.reopened_as in done:
        problem = f"`{block.reopened_as}` counts as done, and the ticket is to be open"
        context.complain(place, problem, expected="a meaning that does not", remedy="name another one")
    elif has_values(status) and block.reopened_as not in (can_say := meanings.said(status, Side.SUPPORT)):
        problem = f"`{STATUS}` of mapping `{mapping}` never means `{block.reopened_as}` at support"
        remedy = meant(block.reopened_as, can_say) or "name one of these"
        context.complain(place, problem, expected=f"one of {listed(sorted(can_say))}", remedy=remedy)


def _causes(block: FeedbackBlock, fields: Mapping[str, FieldBlock], context: Context) -> Iterator[CauseRule]:
    tracker = replace(context, vendors=context.vendors.swapped())  # the same questions, asked of the issue
    places = context.positions(("feedback", "causes"), len(block.causes))
    for at, one in zip(places, block.causes, strict=True):
        place: Path = ("feedback", "causes", at)
        if not one.when and not one.issue and not context.is_broken(place):
            problem, remedy = f"every issue would come from `{one.cause}`", "write `issue: {labels: {any: [...]}}`"
            context.complain(place, problem, expected="`when`, `issue`, or both", remedy=remedy)
        yield CauseRule(
            one.cause,
            conditions(one.when or {}, (*place, "when"), fields, context, all_of_them="") if one.when else (),
            conditions(one.issue or {}, (*place, "issue"), {}, tracker, all_of_them="") if one.issue else (),
        )


def _survey(block: FeedbackBlock, context: Context) -> Survey | None:
    given = block.survey
    if given is None:
        return None
    place: Path = ("feedback", "survey")
    if given.score and (close := context.misspelt(Side.SUPPORT, given.score)):
        problem = f"{context.vendor(Side.SUPPORT)} has no field `{given.score}` for a score"
        context.complain((*place, "score"), problem, expected="a field of support", remedy=f"did you mean `{close}`?")
    return Survey(given.ask, given.score or "", dict(given.values), given.low)


def _value(block: FeedbackBlock, mapping: str, fields: Mapping[str, FieldBlock], context: Context) -> str:
    if block.value is not None and block.value not in fields:
        problem = f"mapping `{mapping}` has no entry `{block.value}` in `fields`"
        remedy = meant(block.value, fields) or "name an entry: only these are kept"
        context.complain(("feedback", "value"), problem, expected="an entry of `fields`", remedy=remedy)
    return block.value or ""


def _check_tracker_field(name: str, place: Path, context: Context) -> None:
    if close := context.misspelt(Side.ENGINEERING, name):
        problem = f"{context.vendor(Side.ENGINEERING)} has no field called `{name}`"
        context.complain(place, problem, expected="a field of the tracker", remedy=f"did you mean `{close}`?")


def _check_headings(block: FeedbackBlock, context: Context) -> None:
    for at, heading in enumerate(block.done.heading):
        if not any(char.isalnum() for char in heading):
            problem, remedy = f"the heading `{heading}` has no letters", "write its words"
            context.complain(("feedback", "done", "heading", at), problem, expected="`Solution`", remedy=remedy)


def _check_numbers(block: FeedbackBlock, context: Context) -> None:
    for at, number in enumerate(block.customers):
        if number < 2:
            problem, remedy = f"an issue with {number} is no news", "write a number from 2 on"
            context.complain(("feedback", "customers", at), problem, expected="2 or more", remedy=remedy)


def _check_survey(block: FeedbackBlock, context: Context) -> None:
    place: Path = ("feedback", "survey")
    if block.survey is None:
        return
    if not block.survey.ask.strip():
        problem, remedy = "the question to the customer is empty", "write `How did we do, from 1 to 5?`"
        context.complain((*place, "ask"), problem, expected="a text", remedy=remedy)
    if block.survey.values and not block.survey.score:
        problem, remedy = "words of a score, and no field that holds it", "write `score: ...`, the helpdesk's field"
        context.complain((*place, "values"), problem, expected="`score` beside it", remedy=remedy, key=True)


def _template(block: FeedbackBlock, document: Document) -> tuple[Compiled | None, list[Complaint]]:
    """The draft's template, or what is wrong with it, each at its line."""
    if block.draft is None:
        return shipped("draft"), []
    return given(block.draft, TEMPLATE, document, HANDED_BACK)
