"""Whether a connection's webhooks reach us at all: what came by webhook, and what only a poll found.

Kept in memory: after a start the counting begins anew, and a start says nothing wrong.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

ENOUGH = 5
"""Changes that a poll found before any webhook came, after which it is no accident any more."""
GRACE = timedelta(minutes=30)
"""How late a webhook may be: Jira's slow flow takes 15 minutes, a retry longer."""
REGULAR = timedelta(minutes=5)
"""Polls further apart than this, and than three intervals, find what nobody could deliver: somebody was away."""


@dataclass(slots=True)
class Heard:
    """What came of one connection since the last webhook that was believed.

    Attributes:
        polled: when polls found the first changes of which no webhook had told.
        refused: when a webhook came last that was not signed with our secret; anybody may send one.
    """

    polled: list[datetime] = field(default_factory=list)
    refused: datetime | None = None

    def deaf(self, now: datetime) -> bool:
        """Whether enough changes were found by polling alone, each of them long enough ago."""
        return len(self.polled) >= ENOUGH and self.polled[-1] <= now - GRACE


class Hearing:
    """`Heard` of every connection."""

    def __init__(self) -> None:
        self._of: defaultdict[str, Heard] = defaultdict(Heard)

    def of(self, connection: str) -> Heard:
        return self._of[connection]

    def delivered(self, connection: str) -> None:
        """A webhook came, and was believed."""
        self._of.pop(connection, None)

    def refused(self, connection: str, now: datetime) -> None:
        self._of[connection].refused = now

    def polled(self, connection: str, changes: int, now: datetime) -> None:
        """A poll found so many changes of which we knew nothing; the first ones are what counts."""
        known = self._of[connection].polled
        known += [now] * min(changes, ENOUGH - len(known))

    def forget(self, connection: str) -> None:
        """Count anew: until now there was no webhook that could have told."""
        self._of.pop(connection, None)


def regular(last: datetime | None, now: datetime, every: timedelta) -> bool:
    """Whether a poll followed the one before at its usual distance, so that webhooks had their chance meanwhile."""
    return last is not None and now - last <= max(REGULAR, every * 3)
