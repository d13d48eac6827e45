"""A text without what nobody else may read: secrets, cards and accounts, identity numbers, addresses, telephones.

Nothing is guessed by entropy: what is removed has a published shape, proves itself by its check digits, or stands
behind a word such as `password=`. A number that somebody broke over two lines, and an address that is spelt out ("ana
at example dot com"), stay.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from syncd.core import numbers, shapes
from syncd.core.model import Word
from syncd.core.numbers import Span
from syncd.core.skeleton import BREAK, Skeleton, skeleton


class Sort(Word):
    """What was removed; its word is also the key under which a packet counts it."""

    SECRET = "secrets"  # noqa: S105  a word, no secret
    CARD = "cards"  # and bank accounts
    ID = "ids"
    EMAIL = "email"
    PHONE = "phone"
    WORD = "words"


MARKS: Mapping[Sort, str] = {
    Sort.SECRET: "(secret-removed)",
    Sort.CARD: "(account-number-removed)",
    Sort.ID: "(id-number-removed)",
    Sort.EMAIL: "(e-mail-removed)",
    Sort.PHONE: "(phone-removed)",
    Sort.WORD: "(word-removed)",
}
"""What stands in the place of what was removed: nothing in it formats, and an address of a link may hold it."""


@dataclass(frozen=True, slots=True)
class Redaction:
    """What is removed.

    Attributes:
        allow: e-mail addresses and domains that stay, in lower case.
        words: words and phrases that are removed wherever they stand whole, in any case.
    """

    secrets: bool = True
    cards: bool = True
    ids: bool = True
    email: bool = True
    phone: bool = False
    allow: frozenset[str] = frozenset()
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was removed; what it said never shows in a log."""

    sort: Sort
    said: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text without them, and each that was removed, as often as it stood there."""

    text: str
    findings: tuple[Finding, ...] = ()


def redact(text: str, rules: Redaction) -> Redacted:
    """Remove what `rules` name. Redacting again removes nothing more; a text that holds nothing stays as it is."""
    findings: list[Finding] = []
    while found := _found(text, rules):
        text = found.text
        findings.extend(found.findings)
    return Redacted(text, tuple(findings))


def counts(findings: Iterable[Finding]) -> Mapping[Sort, int]:
    """How many different things of each sort; the same one in two places counts once."""
    return Counter(finding.sort for finding in {(one.sort, one.said): one for one in findings}.values())


def _found(text: str, rules: Redaction) -> Redacted | None:
    """One pass; None where nothing is found. What was cut may uncover more, so passes go on until then."""
    bones = skeleton(text)
    spans = _apart([*_announced(bones.text, rules), *_shaped(bones.text, rules)])
    if not spans and bones.markup:
        bones = skeleton(text, markup_as=BREAK)
        spans = _apart(_shaped(bones.text, rules))
    return _cut(text, bones, spans) if spans else None


def _cut(text: str, bones: Skeleton, spans: list[tuple[Span, Sort]]) -> Redacted:
    parts: list[str] = []
    at = 0
    for (start, end), sort in spans:
        left, right = bones.span(start, end)
        parts += [text[at:left], _put(bones, text, (left, right), sort)]
        at = right
    findings = tuple(Finding(sort, _named(bones.text[start:end])) for (start, end), sort in spans)
    return Redacted("".join([*parts, text[at:]]), findings)


def _apart(found: Iterable[tuple[Span, Sort]]) -> list[tuple[Span, Sort]]:
    """What is to be removed, in the order of the text; of two that overlap the one that was found first."""
    taken: list[tuple[Span, Sort]] = []  # in the order of the text, so that a neighbour is found at once
    for (start, end), sort in found:
        at = bisect(taken, start, key=lambda one: one[0][0])
        clear = (at == 0 or taken[at - 1][0][1] <= start) and (at == len(taken) or end <= taken[at][0][0])
        if start < end and clear:
            taken.insert(at, ((start, end), sort))
    return taken


def _announced(text: str, rules: Redaction) -> Iterator[tuple[Span, Sort]]:
    yield from ((span, Sort.WORD) for span in _words(text, rules.words))
    if rules.secrets:
        yield from ((span, Sort.SECRET) for finder in (shapes.keys, shapes.announced) for span in finder(text))


def _shaped(text: str, rules: Redaction) -> Iterator[tuple[Span, Sort]]:
    """What shows by its own form what it is, whatever stands before it."""
    finders: list[tuple[bool, Sort, Iterable[Span]]] = [
        (rules.secrets, Sort.SECRET, shapes.keys(text)),
        (rules.cards, Sort.CARD, numbers.ibans(text)),
        (rules.cards, Sort.CARD, numbers.cards(text)),
        (rules.ids, Sort.ID, numbers.identities(text)),
        (rules.email, Sort.EMAIL, shapes.emails(text, rules.allow)),
        (rules.phone, Sort.PHONE, shapes.phones(text)),
    ]
    for wanted, sort, spans in finders:
        if wanted:
            yield from ((span, sort) for span in spans)


def _words(text: str, words: Iterable[str]) -> Iterator[Span]:
    for word in words:
        said = r"\s+".join(re.escape(part) for part in skeleton(word).text.split())
        yield from (found.span() for found in re.finditer(rf"(?i)(?<!\w){said}(?!\w)", text))


def _named(said: str) -> str:
    """The same number or address, however it was written."""
    return re.sub(r"[\s.\-_/()]", "", said).casefold()


def _put(bones: Skeleton, text: str, place: Span, sort: Sort) -> str:
    """The mark, with whatever formats and begins or ends inside of what is cut: half of a bold text stays bold."""
    left, right = place
    kept: list[str] = []
    for start, end in bones.markup:
        if left <= start and end <= right:
            sign = text[start:end]
            if kept and kept[-1] == sign:
                kept.pop()
            else:
                kept.append(sign)
    opens = [sign for sign in kept if text.startswith(sign, right)]
    return "".join(opens) + MARKS[sort] + "".join(sign for sign in kept if sign not in opens)
