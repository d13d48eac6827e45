"""Charts as inline SVG: bars and a curve over time. Colours are the page's, by class; numbers are written beside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH = 640
ROW = 34
LABEL = 190
VALUE = 120
CURVE = 220
LEFT, RIGHT, TOP, BOTTOM = 40, 12, 12, 28
LONGEST = 26  # letters of a label


@dataclass(frozen=True, slots=True)
class Bar:
    """One row: a strong bar to `value`, and behind it a light one to `beyond`; `said` is what stands beside them."""

    label: str
    value: float
    said: str
    beyond: float = 0.0


def bars(rows: Sequence[Bar], *, title: str, full: float | None = None) -> str:
    """Horizontal bars on one scale, of which `full` is the end; without it the longest bar is."""
    end = full or max((max(row.value, row.beyond) for row in rows), default=0) or 1
    drawn = "".join(_bar(row, number, end) for number, row in enumerate(rows))
    return _svg(title, len(rows) * ROW, drawn)


def _bar(row: Bar, number: int, end: float) -> str:
    room, top = WIDTH - LABEL - VALUE, number * ROW
    light, strong = (min(size / end, 1) * room for size in (row.beyond, row.value))
    label = row.label if len(row.label) <= LONGEST else row.label[: LONGEST - 1] + "…"
    return (
        f'<text class="label" x="{LABEL - 10}" y="{top + 21}" text-anchor="end">{escape(label)}</text>'
        f'<rect class="room" x="{LABEL}" y="{top + 8}" width="{room}" height="18" rx="3"/>'
        + (f'<rect class="light" x="{LABEL}" y="{top + 8}" width="{light:.1f}" height="18" rx="3"/>' if light else "")
        + (
            f'<rect class="strong" x="{LABEL}" y="{top + 8}" width="{strong:.1f}" height="18" rx="3"/>'
            if strong
            else ""
        )
        + f'<text class="said" x="{WIDTH - VALUE + 10}" y="{top + 21}">{escape(row.said)}</text>'
    )


@dataclass(frozen=True, slots=True)
class Curve:
    """One number at each moment; `name` is a class of the page's style as well."""

    name: str
    values: Sequence[int]


def curves(all_curves: Sequence[Curve], marks: Sequence[str], *, title: str) -> str:
    """Numbers over time as steps, each curve an area; `marks` name the moments, of which some are written below."""
    top = max((value for curve in all_curves for value in curve.values), default=0)
    step = _step(top)
    end = max(step, -(-top // step) * step)
    lines = "".join(_grid(value, end) for value in range(0, end + 1, step))
    drawn = "".join(_area(curve, end) for curve in all_curves)
    return _svg(title, CURVE, lines + drawn + _marks(marks))


def _step(top: int) -> int:
    """A round distance between at most five lines."""
    sizes = [digit * ten for ten in (1, 10, 100, 1_000, 10_000, 100_000) for digit in (1, 2, 5)]
    return next((size for size in sizes if size * 5 >= top), top)


def _grid(value: int, end: int) -> str:
    y = _y(value, end)
    return (
        f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<text class="tick" x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{value}</text>'
    )


def _area(curve: Curve, end: int) -> str:
    count = len(curve.values)
    points = [(_x(at, count), _y(value, end)) for at, value in enumerate(curve.values)]
    if not points:
        return ""
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    floor = f"{points[-1][0]:.1f},{_y(0, end):.1f} {points[0][0]:.1f},{_y(0, end):.1f}"
    name = escape(curve.name, quote=True)
    return f'<polygon class="area {name}" points="{line} {floor}"/><polyline class="line {name}" points="{line}"/>'


def _marks(marks: Sequence[str]) -> str:
    """At most six, the first and the last among them, each below its moment."""
    count = len(marks)
    chosen = sorted({round(part * (count - 1) / 5) for part in range(6)}) if count else []
    return "".join(
        f'<text class="tick" x="{_x(at, count):.1f}" y="{CURVE - 8}" text-anchor="{_anchor(at, count)}">'
        f"{escape(marks[at])}</text>"
        for at in chosen
    )


def _anchor(at: int, count: int) -> str:
    return "start" if at == 0 else "end" if at == count - 1 else "middle"


def _x(at: int, count: int) -> float:
    return LEFT + at * (WIDTH - LEFT - RIGHT) / max(count - 1, 1)


def _y(value: int, end: int) -> float:
    return TOP + (1 - value / end) * (CURVE - TOP - BOTTOM)


def _svg(title: str, height: int, drawn: str) -> str:
    said = escape(title, quote=True)
    return (
        f'<svg viewBox="0 0 {WIDTH} {max(height, 1)}" role="img" aria-label="{said}"><title>{said}</title>{drawn}</svg>'
    )
