"""How a span of time is said to people."""

from __future__ import annotations

from datetime import timedelta


def spoken(span: timedelta) -> str:
    """ "1 h 30 min": what people read at a glance."""
    minutes = max(round(span.total_seconds() / 60), 0)
    days, rest = divmod(minutes, 24 * 60)
    parts = [(days, "d"), (rest // 60, "h"), (rest % 60, "min")]
    return " ".join(f"{number} {unit}" for number, unit in parts if number) or "less than a minute"
