"""The mapping of a pair, made of what the promises know of both vendors: every field that both have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from syncd.core.conditions import AnyOf, Condition
from syncd.core.lens import ChoiceLens, Lens, PersonLens, PlainLens, WordsLens
from syncd.core.mapping import CommentRule, EscalationRule, FieldRule, Mapping
from syncd.core.model import Kind, Pair, Person, Side, Visibility
from syncd.sdk.testing.world import Words

NAMES = Pair("desk", "tracker")
DEVELOPER = "dev@shop.example"
FOR_CUSTOMER = "/customer"


def mapping(words: Pair[Words], developer: Pair[Person | None]) -> Mapping:
    """Fields as `_fields` says; all comments cross, and one is public by its first word."""
    choices = words.support.choice and words.engineering.choice
    urgent = Condition("priority", (AnyOf(frozenset({"high"})),))
    titled = Condition("title", (AnyOf(frozenset({"Export fails"})),))
    return Mapping(
        name="pair",
        connections=NAMES,
        escalate=(EscalationRule("urgent", (urgent if choices else titled,), words.engineering.place),),
        fields=tuple(_fields(words, developer)),
        comments=COMMENTS,
        digest="pair",
    )


COMMENTS = (
    CommentRule("support_public", Side.SUPPORT, Visibility.PUBLIC, visibility=Visibility.INTERNAL),
    CommentRule("support_internal", Side.SUPPORT, Visibility.INTERNAL, visibility=Visibility.INTERNAL),
    CommentRule(
        "engineering_for_customer",
        Side.ENGINEERING,
        None,
        visibility=Visibility.PUBLIC,
        starts_with=FOR_CUSTOMER,
        discloses=True,
    ),
    CommentRule("engineering", Side.ENGINEERING, None, visibility=Visibility.INTERNAL),
)


def _fields(words: Pair[Words], developer: Pair[Person | None]) -> Iterator[FieldRule]:
    """The title, and whatever both have: description, a choice of two words, labels, a day, a status, a person."""
    yield from _same("title", Kind.TEXT, words.map(lambda w: w.title))
    yield from _same("description", Kind.RICH_TEXT, words.map(lambda w: w.description))
    yield from _same("day", Kind.DATE, words.map(lambda w: w.day))
    if choices := _both(words.map(lambda w: w.choice)):
        lenses: Pair[Lens] = choices.map(lambda word: ChoiceLens(word[0], {word[2]: "high", word[1]: "low"}))
        yield FieldRule("priority", Kind.CHOICE, lenses, order=("high", "low"))
    if labels := _both(words.map(lambda w: w.labels)):
        yield _rule("labels", Kind.LABELS, labels.map(WordsLens))
    if _both(words.map(lambda w: w.done)):
        yield FieldRule("status", Kind.CHOICE, words.map(_status), order=("todo", "done"))
    if people := _both(developer):
        known = Pair(*(PersonLens(words[side].person or "", ids={DEVELOPER: people[side].id}) for side in Side))
        yield _rule("assignee", Kind.PERSON, known)  # named by id: some vendors hide addresses


def _both(found: Pair[Any]) -> Pair[Any] | None:
    return found if all(each is not None for each in found.both()) else None


def _same(name: str, kind: Kind, fields: Pair[str | None]) -> Iterator[FieldRule]:
    if found := _both(fields):
        yield _rule(name, kind, found.map(lambda field: PlainLens(field, kind)))


def _status(words: Words) -> Lens:
    """Two meanings, and no third: whatever else a vendor's status says cannot be said on the other side."""
    assert words.done
    name, todo, done = words.done
    again = {words.reopened: "todo"} if words.reopened else {}
    return ChoiceLens(name, {todo: "todo", **again, done: "done"})


def _rule(name: str, kind: Kind, lenses: Pair[Any]) -> FieldRule:
    return FieldRule(name, kind, lenses)
