"""The table `progress` of `escalation.yaml` -> the words of the pages that customers see."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, replace

from syncd.core.progress import Step
from syncd.core.wording import ENGLISH, OURS, ProgressPolicy, Words
from syncd.mapping.context import Context
from syncd.mapping.draft import PolicyDraft
from syncd.mapping.nodes import Path
from syncd.mapping.schema import ProgressBlock, WordsBlock
from syncd.mapping.words import listed, meant

_TAG = re.compile(r"[a-z]{2,3}")
_SAID = tuple(part.name for part in fields(Words) if part.name != "steps")


def check(draft: PolicyDraft, context: Context) -> None:
    """Complain of languages that are none, of words that one lacks, and of empty ones."""
    block: ProgressBlock = draft.parts.get("progress", ProgressBlock())
    for tag, words in block.languages.items():
        place: Path = ("progress", "languages", tag)
        if not _TAG.fullmatch(tag):
            problem, remedy = f"`{tag}` is no language", f"write `{tag[:2].lower()}`"
            context.complain(place, problem, expected="two letters, such as `fr`", remedy=remedy, key=True)
        elif tag not in OURS and (lacks := [".".join(key) for key, text in _all(words) if text is None]):
            problem = f"`{tag}` does not say {listed(lacks[:3])}" + (f" and {len(lacks) - 3} more" if lacks[3:] else "")
            remedy = f"write {_example(lacks[0])}"
            context.complain(place, problem, expected="every word of a new language", remedy=remedy, key=True)
        for key, text in _all(words):
            if text is not None and not text.strip():
                problem = f"`{'.'.join(key)}` of `{tag}` is empty"
                context.complain((*place, *key), problem, expected="what the customer shall read", remedy="delete it")
    _check_language(block, context)


def progress_policy(draft: PolicyDraft) -> ProgressPolicy:
    block: ProgressBlock = draft.parts.get("progress", ProgressBlock())
    languages = {**OURS, **{tag: _words(OURS.get(tag, ENGLISH), words) for tag, words in block.languages.items()}}
    return ProgressPolicy(block.language if block.language in languages else "en", languages)


def _check_language(block: ProgressBlock, context: Context) -> None:
    known = {**OURS, **block.languages}
    if block.language not in known and not context.is_broken(("progress", "languages")):
        problem = f"there are no words in `{block.language}`"
        remedy = meant(block.language, known) or f"write them under `languages: {{{block.language}: ...}}`"
        context.complain(("progress", "language"), problem, expected=f"one of {listed(known)}", remedy=remedy)


def _words(ours: Words, given: WordsBlock) -> Words:
    """Ours with what the file says instead."""
    said = {name: getattr(given, name) for name in _SAID if getattr(given, name) is not None}
    steps = {step: getattr(given.steps, step.value) or ours.steps[step] for step in Step}
    return replace(ours, steps=steps, **said)


def _all(given: WordsBlock) -> Iterator[tuple[tuple[str, ...], str | None]]:
    """Every word of a language by its keys, as the file says it."""
    for step in Step:
        yield ("steps", step.value), getattr(given.steps, step.value)
    for name in _SAID:
        yield (name,), getattr(given, name)


def _example(key: str) -> str:
    name = key.removeprefix("steps.")
    return f"`steps: {{{name}: ...}}`" if name != key else f"`{name}: ...`"
