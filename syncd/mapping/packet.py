"""The table `packet` of `escalation.yaml` -> the policy of the handoff packet, in the words of one mapping."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib import resources
from pathlib import Path as FilePath

from syncd.core.conditions import Condition, IsSet
from syncd.core.packet import Evidence, PacketPolicy
from syncd.core.redact import Redaction
from syncd.errors import Complaint
from syncd.mapping.context import Context
from syncd.mapping.draft import PolicyDraft
from syncd.mapping.nodes import Document, Path, Scalar
from syncd.mapping.schema import EvidenceBlock, FieldBlock, PacketBlock, RedactBlock, TemplateBlock
from syncd.mapping.template import MAX_SOURCE, Compiled, Fault, compile_template
from syncd.mapping.when import check_field, conditions
from syncd.mapping.words import nearest

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
    _check_redaction(block.redact, context)
    context.complaints.extend(template(block, draft.document)[1])


def packet_policy(draft: PolicyDraft, fields: Mapping[str, FieldBlock], context: Context) -> PacketPolicy | None:
    """The policy; None without the table, or where its template is refused."""
    block: PacketBlock | None = draft.parts.get("packet")
    made = template(block, draft.document)[0] if block is not None else None
    if block is None or made is None:
        return None
    evidence = tuple(_evidence(path, one, fields, context) for path, one in _entries(block, context))
    return PacketPolicy(evidence, _redaction(block.redact), made, block.conversation)


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


def _redaction(block: RedactBlock) -> Redaction:
    return Redaction(
        secrets=block.secrets,
        cards=block.cards,
        ids=block.ids,
        email=block.email,
        phone=block.phone,
        allow=frozenset(one.casefold().removeprefix("@") for one in block.allow),
        words=tuple(block.words),
    )


def _check_redaction(block: RedactBlock, context: Context) -> None:
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


@cache
def standard() -> Compiled:
    """The template that a file without one means."""
    made, faults = compile_template(resources.files("syncd.mapping").joinpath("packet.jinja").read_text("utf-8"))
    if made is None:
        raise RuntimeError(f"the template that ships is refused: {faults}")
    return made


def template(block: PacketBlock, document: Document) -> tuple[Compiled | None, list[Complaint]]:
    """The template, or what is wrong with it, each at its line."""
    match block.template:
        case None:
            return standard(), []
        case TemplateBlock(file=name):
            return _from_file(name, document)
        case source:
            made, faults = compile_template(source)
            return made, [_in_yaml(fault, document) for fault in faults]


def _in_yaml(fault: Fault, document: Document) -> Complaint:
    """Line 1 of a text below `|` is the one after the `|`; a text on one line is that line."""
    node = document.node(TEMPLATE)
    below = fault.line if isinstance(node, Scalar) and node.block else 0
    found = document.complaint(TEMPLATE, fault.problem, expected=fault.expected, remedy=fault.remedy)
    return replace(found, line=found.line + below, column=1, length=1) if below else found


def _from_file(name: str, document: Document) -> tuple[Compiled | None, list[Complaint]]:
    place = FilePath(document.file).parent / name
    path = (*TEMPLATE, "file")
    try:
        raw = place.read_bytes() if place.is_file() else None
        source = raw.decode("utf-8") if raw is not None and len(raw) <= MAX_SOURCE else None
    except (OSError, UnicodeDecodeError):
        source = None
    if source is None:
        problem = f"the template `{name}` cannot be read"
        expected = f"a file beside this one, in UTF-8, of at most {MAX_SOURCE:,} bytes"
        beside = nearest(name, (file.name for file in place.parent.glob("*"))) if place.parent.is_dir() else ""
        remedy = f"did you mean `{beside}`?" if beside else f"create {place}"
        return None, [document.complaint(path, problem, expected=expected, remedy=remedy)]
    made, faults = compile_template(source)
    return made, list(_in_file(faults, str(place)))


def _in_file(faults: Sequence[Fault], file: str) -> Iterator[Complaint]:
    for fault in faults:
        yield Complaint(file, fault.line, 1, ".".join(map(str, TEMPLATE)), fault.problem, fault.expected, fault.remedy)
