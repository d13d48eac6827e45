"""A way through a Jira workflow: which transition leads to a status, directly or in several steps.

Pure; `Jira.update` asks Jira and takes the steps. Jira tells only what may be done from where an issue stands, so the
graph is put together from what was seen.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict

MAX_STEPS = 4


class CategoryIn(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    key: str = ""


class StatusIn(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str
    name: str
    statusCategory: CategoryIn = CategoryIn()  # noqa: N815  Jira's word

    @property
    def final(self) -> bool:
        """Whether Jira counts it as done: the third of its three categories, whatever the status is called."""
        return self.statusCategory.key == "done"


class ScreenField(BaseModel):
    """One field of a transition's screen."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    required: bool = False
    hasDefaultValue: bool = False  # noqa: N815  Jira's word
    name: str = ""


class TransitionIn(BaseModel):
    """One entry of GET /issue/{id}/transitions?expand=transitions.fields."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str
    name: str = ""
    to: StatusIn
    fields: Mapping[str, ScreenField] = {}

    def lacks(self, given: Iterable[str]) -> tuple[str, ...]:
        """Ids of the fields that its screen requires and nobody gives."""
        have = frozenset(given)
        needed = (id for id, each in self.fields.items() if each.required and not each.hasDefaultValue)
        return tuple(id for id in needed if id not in have)

    def leads_to(self, status: str) -> bool:
        """By id or by name; not by the transition's own name, which anybody may choose."""
        return status == self.to.id or status.casefold() == self.to.name.casefold()


def choose(transitions: Iterable[TransitionIn], status: str, given: Iterable[str]) -> TransitionIn | None:
    """The transition to this status that lacks the fewest required fields."""
    have = frozenset(given)
    fitting = [each for each in transitions if each.leads_to(status)]
    return min(fitting, key=lambda each: (len(each.lacks(have)), each.id), default=None)


def choose_final(
    transitions: Iterable[TransitionIn], given: Iterable[str], visited: Collection[str]
) -> TransitionIn | None:
    """A step towards being done: to a final status if one can be reached, else to one where the ticket was not yet."""
    have = frozenset(given)
    fresh = [each for each in transitions if each.to.id not in visited]
    return min(fresh, key=lambda each: (not each.to.final, len(each.lacks(have)), each.id), default=None)


@dataclass(slots=True)
class Workflow:
    """The statuses of one project's issue type and the steps between them, as far as they were seen or configured."""

    steps: dict[str, frozenset[str]] = field(default_factory=dict)  # status -> those that follow, in lower case

    def learn(self, status: str, transitions: Iterable[TransitionIn]) -> None:
        self.steps[status.casefold()] = frozenset(each.to.name.casefold() for each in transitions)

    def first_step(self, status: str, wanted: str) -> str | None:
        """The next status on a shortest known way, at most MAX_STEPS long."""
        start, goal = status.casefold(), wanted.casefold()
        seen, waiting = {start}, deque[tuple[str, ...]]([()])
        while waiting:
            way = waiting.popleft()
            for following in sorted(self.steps.get(way[-1] if way else start, frozenset())):
                if following == goal:
                    return (*way, following)[0]
                if following not in seen and len(way) + 2 <= MAX_STEPS:
                    seen.add(following)
                    waiting.append((*way, following))
        return None

    def unknown(self, status: str) -> tuple[str, ...]:
        """Statuses that can be reached and from which nothing was seen yet, the nearest first."""
        found: list[str] = []
        waiting, seen = deque([(status.casefold(), 0)]), {status.casefold()}
        while waiting:
            here, depth = waiting.popleft()
            if here not in self.steps:
                found.append(here)
            for following in sorted(self.steps.get(here, frozenset()) - seen):
                if depth + 1 < MAX_STEPS:
                    seen.add(following)
                    waiting.append((following, depth + 1))
        return tuple(found)
