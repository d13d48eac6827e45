"""(ticket, policy) -> what it says of each thing that engineering needs to know."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

from syncd.core.conditions import plain
from syncd.core.escalation import assess, failure, meaning
from syncd.core.lens import Unsayable
from syncd.core.mapping import Mapping
from syncd.core.model import Comment, Fields, RichText, Side, Snapshot
from syncd.core.packet import Evidence, OnMissing, PacketPolicy

_MARKUP = re.compile(r"\\?[*_`~#]|^\s*(?:[-+•]|\d{1,2}[.)])\s+")
_END_OF_LABEL = re.compile(r"^(?:\\?[*_`~])*\s*")
_EMPTY_ITEM = re.compile(r"^\s*(?:[-+*•]|\d{1,2}[.)])\s*", re.MULTILINE)
_OWN_HEADING = re.compile(r"\s*(?:#{1,6}\s|\*\*[^*]+\*\*:?\s*$|__[^_]+__:?\s*$)")
SHORT_LABEL = 40  # characters of a line that ends with a colon and so begins something else


@dataclass(frozen=True, slots=True)
class Given:
    """One thing that was asked for, and what the ticket says of it; "" where it says nothing."""

    evidence: Evidence
    text: str


def gather(mapping: Mapping, policy: PacketPolicy, ticket: Snapshot, ours: Collection[str]) -> tuple[Given, ...]:
    """What the ticket says of everything that is asked of a ticket such as this one.

    Args:
        ours: ids of comments that syncd wrote; what they say is no evidence.
    """
    texts = [description_of(mapping, ticket.fields), *(comment.body.text for comment in said(ticket, ours))]
    labels = [heading for one in policy.evidence for heading in one.headings]
    return tuple(
        Given(one, _by_field(mapping, one, ticket.fields) or _by_heading(one, texts, labels))
        for one in asked(mapping, policy, ticket.fields)
    )


def missing(given: Sequence[Given], what: OnMissing) -> tuple[Evidence, ...]:
    """What is not there, of that which has this consequence."""
    return tuple(one.evidence for one in given if not one.text and one.evidence.missing is what)


def asked(mapping: Mapping, policy: PacketPolicy, fields: Fields) -> Iterator[Evidence]:
    """What a ticket of this severity and kind must bring."""
    assessed = assess(mapping, fields)
    for one in policy.evidence:
        bad_enough = not one.severities or (assessed is not None and assessed.severity in one.severities)
        if bad_enough and not any(failure(mapping, condition, fields) for condition in one.when):
            yield one


def said(ticket: Snapshot, ours: Collection[str]) -> tuple[Comment, ...]:
    """What people said on a ticket, as far as it was read, oldest first."""
    comments = ticket.thread.comments if ticket.thread else ()
    return tuple(comment for comment in comments if not comment.key and comment.id not in ours)


def description_of(mapping: Mapping, fields: Fields) -> str:
    """What the ticket is about, at length: the entry `description` or `body`, or else the first formatted field."""
    rules = [rule for rule in mapping.fields if rule.name in ("description", "body")]
    value = fields.get(rules[0].lenses[Side.SUPPORT].field) if rules else None
    if value is None:
        value = next((one for one in fields.values() if isinstance(one, RichText)), None)
    return plain(value) if value is not None else ""


def _by_field(mapping: Mapping, one: Evidence, fields: Fields) -> str:
    if not one.field:
        return ""
    try:
        value = meaning(mapping, one.field, fields)
    except Unsayable:
        value = str(fields.get(one.field) or "")
    if value is None:
        return ""
    return (", ".join(sorted(value)) if isinstance(value, frozenset) else plain(value)).strip()


def _by_heading(one: Evidence, texts: Sequence[str], labels: Sequence[str]) -> str:
    """What stands under one of the headings; of several places the last one, for people correct themselves."""
    for text in reversed(texts):
        if found := section(text, one.headings, labels):
            return found
    return ""


def section(text: str, headings: Collection[str], labels: Collection[str] = ()) -> str:
    """What stands under a heading, or behind a label such as "Steps:", up to the next one; "" where nothing does.

    Args:
        labels: other labels, each of which begins something else.
    """
    lines = text.splitlines()  # a label inside a quotation is none: what is quoted was said elsewhere
    for at, line in enumerate(lines):
        if (rest := _labelled(line, headings)) is not None:
            below = takewhile(lambda one: not _begins_else(one, labels), lines[at + 1 :])
            found = "\n".join([rest, *below]).strip()
            if any(char.isalnum() for char in _EMPTY_ITEM.sub("", found)):
                return found
    return ""


def _labelled(line: str, headings: Collection[str]) -> str | None:
    """What stands behind a label in its line; None where the line does not begin with one."""
    label, _, rest = line.replace("：", ":").partition(":")
    if _bare(label).casefold() not in {_bare(heading).strip(": ").casefold() for heading in headings}:
        return None
    return _END_OF_LABEL.sub("", rest)


def _begins_else(line: str, labels: Collection[str]) -> bool:
    bare = _bare(line)
    short = bare.endswith(":") and len(bare) <= SHORT_LABEL
    return bool(_OWN_HEADING.match(line)) or short or _labelled(line, labels) is not None


def _bare(line: str) -> str:
    return _MARKUP.sub("", line).strip()
