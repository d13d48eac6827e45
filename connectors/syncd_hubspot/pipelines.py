"""Pipelines and their stages in the words that people see. Pure.

A status is a stage's label within the ticket's own pipeline: ids are opaque, and two pipelines may both have a "New".
Source: [H1], `metadata.ticketState` is OPEN or CLOSED.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from syncd.sdk.errors import Rejected
from syncd_hubspot.wire import PipelineJson, StageJson

STATUS = "status"


@dataclass(frozen=True, slots=True)
class Stage:
    id: str
    word: str
    closed: bool


@dataclass(frozen=True, slots=True)
class Pipeline:
    """One pipeline; `stages` are in the order in which people see them."""

    id: str
    word: str
    stages: tuple[Stage, ...]

    def stage(self, word: str) -> Stage:
        """Rejected: this pipeline has no such stage."""
        for stage in self.stages:
            if stage.word == word:
                return stage
        raise Rejected(f"hubspot: the pipeline `{self.word}` has no such stage", field=STATUS)

    def first(self, *, closed: bool) -> Stage:
        """The first stage that counts as open, or as closed."""
        for stage in self.stages:
            if stage.closed == closed:
                return stage
        wanted = "closed" if closed else "open"
        raise Rejected(f"hubspot: the pipeline `{self.word}` has no stage that counts as {wanted}", field=STATUS)


def pipelines_of(found: Iterable[PipelineJson]) -> Mapping[str, Pipeline]:
    """By id, as people order them; what is archived takes no tickets."""
    alive = sorted((each for each in found if not each.archived), key=lambda each: (each.display_order, each.id))
    words = _words([(each.id, each.label) for each in alive])
    return {each.id: Pipeline(each.id, words[each.id], _stages(each.stages)) for each in alive}


def _stages(found: Iterable[StageJson]) -> tuple[Stage, ...]:
    alive = sorted((each for each in found if not each.archived), key=lambda each: (each.display_order, each.id))
    words = _words([(each.id, each.label) for each in alive])
    return tuple(Stage(each.id, words[each.id], each.metadata.get("ticketState") == "CLOSED") for each in alive)


def _words(labels: list[tuple[str, str]]) -> dict[str, str]:
    """Each id's label; one that two share is told apart by the id."""
    often = Counter(label for _, label in labels)
    return {id: label if often[label] == 1 else f"{label} ({id})" for id, label in labels}
