"""How a moment is said to people."""

from __future__ import annotations

from datetime import UTC, datetime


def said_at(moment: datetime) -> str:
    """ "2025-03-01 14:02 UTC": read anywhere in the world, and years later."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
