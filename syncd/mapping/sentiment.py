"""The table `sentiment` of `escalation.yaml` -> the words that count, whatever the mapping."""

from __future__ import annotations

from syncd.core.conditions import split
from syncd.core.sentiment import Lexicon, Phrase
from syncd.mapping.context import Context
from syncd.mapping.draft import PolicyDraft
from syncd.mapping.nodes import Path
from syncd.mapping.schema import SentimentBlock

MOST = 5
"""Points of one word."""
WORDS: Path = ("sentiment", "words")
CHURN: Path = ("sentiment", "churn")


def check(draft: PolicyDraft, context: Context) -> None:
    """Complain of what is wrong whatever the mapping."""
    block = _block(draft)
    for word, points in block.words.items():
        _check_phrase(word, (*WORDS, word), context, key=True)
        if abs(points) > MOST:
            problem = f"`{word}` counts {points}, which is more than any word"
            remedy = f"write `{word}: {'-' if points < 0 else ''}{MOST}`"
            context.complain((*WORDS, word), problem, expected=f"-{MOST} to {MOST} points", remedy=remedy)
    first: dict[Phrase, str] = {}
    for at, phrase in zip(context.positions(CHURN, len(block.churn)), block.churn, strict=True):
        _check_phrase(phrase, (*CHURN, at), context)
        if first.setdefault(split(phrase), phrase) is not phrase:
            problem = f"`{phrase}` is a churn word twice"
            context.complain((*CHURN, at), problem, expected="each once", remedy="delete one")
    if not block.builtin and not block.words and not block.churn and not context.is_broken(("sentiment",)):
        context.complain(
            ("sentiment", "builtin"),
            "no word counts at all",
            expected="words, or syncd's own",
            remedy="write `words: {unacceptable: -3}`, or delete the line",
        )


def lexicon(draft: PolicyDraft) -> Lexicon:
    """syncd's own words, unless they are left out, with the admin's over them."""
    block, own = _block(draft), Lexicon()
    mine = {split(word): points for word, points in block.words.items()}
    points = {**own.points, **mine} if block.builtin else mine
    churn = tuple(split(phrase) for phrase in block.churn)
    return Lexicon(points, tuple(dict.fromkeys((*(own.churn if block.builtin else ()), *churn))))


def _block(draft: PolicyDraft) -> SentimentBlock:
    found: SentimentBlock = draft.parts.get("sentiment", SentimentBlock())
    return found


def _check_phrase(phrase: str, path: Path, context: Context, *, key: bool = False) -> None:
    if not any(word[0].isalnum() for word in split(phrase)):
        problem = f"`{phrase}` has no letters"
        context.complain(path, problem, expected="a word or a phrase", remedy="write its words", key=key)
