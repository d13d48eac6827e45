"""Which issues sound like a ticket: term weights and the cosine of their vectors.

The weights are `tf-idf` with a logarithmic term frequency and the vectors have length one ("ltc" in the notation of
Salton and Buckley, *Term-weighting approaches in automatic text retrieval*, 1988): a word that stands in every issue
says nothing, a rare one much. No language is assumed.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from syncd.core.impact import Impact

LIKE = 0.33
"""The cosine from which two texts are shown to a person as alike; 1 is the same words. tests/core/test_similar.py says
how often that is right."""
TITLE = 3
"""How many times a word counts that stands in the title."""
LONGEST = 2_000
"""Characters of a description that are compared: what a case is about stands at its beginning."""
_WORD = re.compile(r"[^\W\d_][\w-]+")


@dataclass(frozen=True, slots=True)
class Issue:
    """One that tickets hang on already.

    Attributes:
        impact: what hangs on it, for an issue that is named; to compare issues nobody asks for it.
        same_customer: whether one of its customers is who asks now.
    """

    label: str
    url: str
    title: str
    text: str = ""
    ref: str = ""
    impact: Impact = field(default_factory=Impact)
    same_customer: bool = False


@dataclass(frozen=True, slots=True)
class Alike:
    """An issue that sounds like the ticket, and how much: a cosine from `LIKE` to 1."""

    issue: Issue
    likeness: float


def alike(title: str, text: str, issues: Sequence[Issue], *, most: int) -> tuple[Alike, ...]:
    """The issues that sound most like a ticket, the likeliest first, as many as `most`."""
    mine, theirs = _terms(title, text), [_terms(issue.title, issue.text) for issue in issues]
    rarity = _rarity(theirs)
    weights = _unit(mine, rarity)
    scored = (Alike(issue, _dot(weights, _unit(terms, rarity))) for issue, terms in zip(issues, theirs, strict=True))
    found = [one for one in scored if one.likeness >= LIKE]
    return tuple(sorted(found, key=lambda one: -one.likeness)[:most])


def _terms(title: str, text: str) -> Counter[str]:
    counted = Counter(_words(text[:LONGEST]))
    for word in _words(title):
        counted[word] += TITLE
    return counted


def _words(text: str) -> Iterable[str]:
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def _rarity(documents: Sequence[Mapping[str, int]]) -> Mapping[str, float]:
    """The inverse document frequency of each word, smoothed so that one in every issue still counts a little."""
    seen = Counter(word for terms in documents for word in terms)
    return {word: math.log((1 + len(documents)) / (1 + count)) + 1 for word, count in seen.items()}


def _unit(terms: Mapping[str, int], rarity: Mapping[str, float]) -> Mapping[str, float]:
    """The weights of a text's words, as a vector of length one; a word that no issue has is as rare as can be."""
    rarest = max(rarity.values(), default=1.0)
    weights = {word: (1 + math.log(count)) * rarity.get(word, rarest) for word, count in terms.items()}
    length = math.sqrt(sum(weight * weight for weight in weights.values()))
    return {word: weight / length for word, weight in weights.items()} if length else {}


def _dot(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    return sum(weight * other[word] for word, weight in one.items() if word in other)
