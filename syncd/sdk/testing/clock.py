"""A clock that only a test moves, shared by the vendors of one test and by the engine."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)  # a Monday morning


class Clock:
    """Call it for the time. It stands still until `advance`, so that two edits can share a second."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, by: timedelta | float) -> datetime:
        """Move on by a span, or by seconds; a negative one is a clock that was set back."""
        self.now += by if isinstance(by, timedelta) else timedelta(seconds=by)
        return self.now
