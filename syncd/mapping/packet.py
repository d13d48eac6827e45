"""The table `packet` of `escalation.yaml` -> the policy of the handoff packet, in the words of one mapping."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from syncd.core.conditions import Condition, IsSet
from syncd.core.packet import Evidence, PacketPolicy
from syncd.core.redact import Redaction
from syncd.errors import Complaint
from syncd.mapping.context import Context
from syncd.mapping.draft import PolicyDraft
from syncd.mapping.nodes import Document, Path
from syncd.mapping.schema import EvidenceBlock, FieldBlock, PacketBlock, RedactBlock
from syncd.mapping.template import Compiled
from syncd.mapping.templates import given, shipped
from syncd.mapping.when import check_field, conditions

TEMPLATE: Path = ("packet", "template")
_ALLOWED = re.compile(r"(?:[^@\s]+@)?[^\W_](?:[\w-]*\w)?(?:\.[^\W_](?:[\w-]*\w)?)+")


def check(draft: PolicyDraft, context: Context) -> None:
    """Complain of what is wrong whatever the mapping."""
    block: PacketBlock | None = draft.parts.get("packet")
    if block is None:
        return
    entries = _entries(block, context)
    context.named_once([(path, one.name) for path, one in entries], "evidence")
    _check_headings(entries, context)
    for path, one in entries:
        _check_entry(path, one, context)
    _checkredaction(block.redact, context)
    context.complaints.extend(template(block, draft.document)[1])


def packet_policy(draft: PolicyDraft, fields: Mapping[str, FieldBlock], context: Context) -> PacketPolicy | None:
    """The policy; None without the table, or where its template is refused."""
    block: PacketBlock | None = draft.parts.get("packet")
    made = template(block, draft.document)[0] if block is not None else None
    if block is None or made is None:
        return None
    evidence = tuple(_evidence(path, one, fields, context) for path, one in _entries(block, context))
    return PacketPolicy(evidence, redaction(block.redact), made, block.conversation, block.similar)


def _entries(block: PacketBlock, context: Context) -> list[tuple[Path, EvidenceBlock]]:
    path: Path = ("packet", "evidence")
    return [
        ((*path, at), one) for at, one in zip(context.positions(path, len(block.evidence)), block.evidence, strict=True)
    ]


# --- evidence ---------------------------------------------------------------------------------------------------------


def _evidence(path: Path, one: EvidenceBlock, fields: Mapping[str, FieldBlock], context: Context) -> Evidence:
    if one.field:
        check_field(Condition(one.field, (IsSet(True),)), (*path, "field"), fields, context)
    when: tuple[Condition, ...] = ()
    if one.when is not None:
        all_of_them = "it would be asked of every ticket"
        when = conditions(one.when, (*path, "when"), fields, replace(context, graded=True), all_of_them=all_of_them)
    return Evidence(
        name=one.name,
        ask=one.ask,
        field=one.field or "",
        headings=_headings(one),
        severities=frozenset(one.severities or ()),
        when=when,
        missing=one.missing,
    )


def _headings(one: EvidenceBlock) -> tuple[str, ...]:
    return (one.heading,) if isinstance(one.heading, str) else tuple(one.heading or ())


def _check_entry(path: Path, one: EvidenceBlock, context: Context) -> None:
    unread = any(context.is_broken((*path, key)) for key in ("field", "heading"))
    if not one.field and not _headings(one) and not unread:
        context.complain(
            path,
            f"nobody could ever bring `{one.name}`",
            expected="a `field`, a `heading`, or both",
            remedy=f"write `heading: {one.name.capitalize()}`",
        )
    if one.severities is not None and not one.severities and not context.is_broken((*path, "severities")):
        remedy = "delete the line, and it is asked of all"
        context.complain((*path, "severities"), f"`{one.name}` is for no severity", expected="`[sev1]`", remedy=remedy)
    for key, text in (("name", one.name), ("ask", one.ask)):
        if not text.strip():
            remedy = "write what the agent shall read"
            context.complain((*path, key), f"the `{key}` of evidence is empty", expected="a text", remedy=remedy)


def _check_headings(entries: Sequence[tuple[Path, EvidenceBlock]], context: Context) -> None:
    """The same heading for two things would give both the same text."""
    known: dict[str, str] = {}
    for path, one in entries:
        for heading in _headings(one):
            name = known.setdefault(heading.casefold().strip(" :#*"), one.name)
            if not heading.strip(" :#*"):
                problem = f"a heading of `{one.name}` has no letters"
                context.complain((*path, "heading"), problem, expected="`Steps to reproduce`", remedy="write its words")
            elif name != one.name:
                problem = f"the heading `{heading}` is that of `{name}` already"
                remedy = "give each its own"
                context.complain((*path, "heading"), problem, expected="each heading once", remedy=remedy, key=True)


# --- redaction --------------------------------------------------------------------------------------------------------


def redaction(block: RedactBlock) -> Redaction:
    return Redaction(
        secrets=block.secrets,
        cards=block.cards,
        ids=block.ids,
        email=block.email,
        phone=block.phone,
        allow=frozenset(one.casefold().removeprefix("@") for one in block.allow),
        words=tuple(block.words),
    )


def _checkredaction(block: RedactBlock, context: Context) -> None:
    path: Path = ("packet", "redact")
    for at, one in enumerate(block.allow):
        if not _ALLOWED.fullmatch(one.removeprefix("@")):
            problem, remedy = f"`{one}` is neither a domain nor an address", "write such as `acme.example`"
            context.complain((*path, "allow", at), problem, expected="what stays as it is", remedy=remedy)
    for at, word in enumerate(block.words):
        if sum(char.isalnum() for char in word) < 2:
            problem, remedy = f"`{word}` is too short to be removed everywhere", "write a whole word"
            context.complain((*path, "words", at), problem, expected="two letters or more", remedy=remedy)


# --- the template -----------------------------------------------------------------------------------------------------


def standard() -> Compiled:
    """The template that a file without one means."""
    return shipped("packet")


def template(block: PacketBlock, document: Document) -> tuple[Compiled | None, list[Complaint]]:
    """The template, or what is wrong with it, each at its line."""
    return (standard(), []) if block.template is None else given(block.template, TEMPLATE, document)
