"""How a customer's words sound: a list of words with points, denied and strengthened as people do it.

The list is syncd's own and small. It was made by hand, for support tickets: words that complain of a service or praise
it, each with -5 to 5 points on the scale of AFINN (F. Å. Nielsen, 2011, doi:10.48550/arXiv.1103.2903), none of whose
entries were taken. A word that means something else in another of the seven languages is left out.
`tests/core/test_sentiment.py` measures it on texts that it was not made with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from syncd.core.conditions import denied, split
from syncd.core.wordlist import CHURN, POINTS

Phrase = tuple[str, ...]
MOST = Decimal(10)
"""One text counts no more than this, either way: a long one is not angrier than a short one."""
LONGEST = 50_000
"""Characters of one text that are looked at."""
LEAST_SHARE = Decimal("0.25")
"""What an old comment still counts."""

_STRENGTH = {
    Decimal("1.5"): "very extremely totally absolutely completely really so utterly "
    "sehr extrem total absolut völlig wirklich äußerst "
    "très extrêmement totalement absolument complètement vraiment "
    "muy extremadamente totalmente absolutamente completamente realmente "
    "molto estremamente assolutamente completamente davvero "
    "zeer erg heel extreem absoluut totaal ontzettend "
    "muito extremamente absolutamente completamente",
    Decimal("0.5"): "slightly somewhat etwas bisschen leicht peu beetje",
}
_TIMES = {word: factor for factor, words in _STRENGTH.items() for word in words.split()}


@dataclass(frozen=True, slots=True)
class Found:
    """A word or phrase that stands in a text, and what it counts there."""

    words: str
    points: Decimal


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Words and phrases as `split` makes them -> points; and those by which a customer threatens to leave."""

    points: Mapping[Phrase, Decimal] = field(default_factory=lambda: dict(POINTS), repr=False)
    churn: tuple[Phrase, ...] = CHURN

    @property
    def longest(self) -> int:
        return max(map(len, self.points), default=0)


def weighed(text: str, lexicon: Lexicon) -> tuple[Found, ...]:
    """The words of a text that count, in the order in which they stand there. A longer phrase goes before its words."""
    words, at, longest = split(_counting(text)), 0, lexicon.longest
    found: list[Found] = []
    while at < len(words):
        length = next((n for n in range(longest, 0, -1) if words[at : at + n] in lexicon.points), 0)
        if length and (counts := _counted(words, at, lexicon.points[words[at : at + length]])):
            found.append(Found(" ".join(words[at : at + length]), counts))
        at += length or 1
    return tuple(found)


def _counted(words: Phrase, at: int, points: Decimal) -> Decimal:
    """Denied praise is a complaint, a denied complaint is nothing; a word before it makes it stronger or weaker."""
    if denied(words, at):
        return -points if points > 0 else Decimal(0)
    return points * _TIMES.get(words[at - 1] if at else "", Decimal(1))


def _counting(text: str) -> str:
    """A text without what it quotes, for that was said elsewhere; of a very long one (a log) the beginning."""
    return "\n".join(line for line in text[:LONGEST].splitlines() if not line.lstrip().startswith(">"))


def churning(text: str, lexicon: Lexicon) -> tuple[str, ...]:
    """The churn words that stand in a text and are not denied there, each once."""
    words = split(_counting(text))
    phrases: dict[str, list[Phrase]] = {}
    for phrase in lexicon.churn:
        phrases.setdefault(phrase[0], []).append(phrase)
    found = (
        " ".join(phrase)
        for at, word in enumerate(words)
        for phrase in phrases.get(word, ())
        if words[at : at + len(phrase)] == phrase and not denied(words, at)
    )
    return tuple(dict.fromkeys(found))


def total(texts: Sequence[Sequence[Found]]) -> Decimal:
    """The points of several texts, the newest first: each counts half of the one after it, but never nothing."""
    sum_, share = Decimal(0), Decimal(1)
    for found in texts:
        sum_ += share * max(-MOST, min(MOST, sum((one.points for one in found), Decimal(0))))
        share = max(LEAST_SHARE, share / 2)
    tenths = sum_.quantize(Decimal("0.1"))
    return tenths.quantize(Decimal(1)) if tenths == tenths.to_integral_value() else tenths
