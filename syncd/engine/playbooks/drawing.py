"""The path of the cases as inline SVG: each step a ring, filled as far as it was in time; where they stalled is marked.

One drawing serves wide screens, phones and paper: it is as narrow as a phone, and read downwards.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from html import escape

from syncd.core.metrics.path import Passed, Path, Step
from syncd.core.metrics.stages import Stage
from syncd.core.playbook import Row
from syncd.engine.playbooks.happened import NAMES, NOT_SEEN, promised, spreads
from syncd.engine.reporting.words import NONE, percent

WIDTH = 360
LINE = 64  # where the line of the rings is
TEXT = 90
ROW, MORE = 56, 14  # height of a step, and of each line more of what was promised
RING = 13
PER_LINE = 42  # letters of a promise
HERE: Mapping[Stage, Step] = {
    Stage.WAITING: Step.ACCEPTED,
    Stage.RETURNED: Step.ACCEPTED,
    Stage.CUSTOMER: Step.FIXED,
    Stage.UNTOLD: Step.TOLD,
}
"""At which step a wait is drawn: the one that it is before."""


def drawn(path: Path, rows: Sequence[Row]) -> str:
    """The whole drawing; all words in it are syncd's own, or names of severities."""
    placed, height = [], ROW
    for one in path.steps:
        lines = _promise(one, rows)
        placed.append((one, lines, height))
        height += ROW + MORE * max(len(lines) - 1, 0)
    title = "The path of the cases, step by step"
    ends = (22, *(top + 22 for _, _, top in placed))
    body = "".join((*_lines(path, ends), _start(path), *(_step(path, *one) for one in placed)))
    return (
        f'<svg class="path" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{title}">'
        f"<title>{title}</title>{body}</svg>"
    )


def _promise(one: Passed, rows: Sequence[Row]) -> list[str]:
    if not one.seen:
        return [NOT_SEEN]
    said = promised(one, rows, " · ").replace(" ", "\xa0").replace("\xa0·\xa0", " · ")  # no break inside "30 min"
    return textwrap.wrap(f"promised {said}", PER_LINE) if said else ["nothing promised"]


def _lines(path: Path, ends: Sequence[int]) -> Iterator[str]:
    """From ring to ring, and the way back of what was returned."""
    stalled = path.stalled
    for at, step in enumerate(Step):
        hot = stalled is not None and stalled.stage is not Stage.RETURNED and HERE[stalled.stage] is step
        top, end = ends[at] + RING, ends[at + 1] - RING
        yield f'<line class="way{" hot" if hot else ""}" x1="{LINE}" x2="{LINE}" y1="{top}" y2="{end}"/>'
    if path.returned.part or any(one.stage is Stage.RETURNED and one.count for one in path.stages):
        hot = stalled is not None and stalled.stage is Stage.RETURNED
        yield _back(path, ends[0], ends[2], " hot" if hot else "")


def _back(path: Path, top: int, end: int, hot: str) -> str:
    middle = (top + end) // 2
    left, tip = LINE - RING - 1, f"{LINE - RING - 1},{top}"
    return (
        f'<path class="way back{hot}" d="M{left} {end} C{left - 46} {end} {left - 46} {top} {left - 4} {top}"/>'
        f'<polygon class="tip{hot}" points="{tip} {left - 8},{top - 5} {left - 8},{top + 5}"/>'
        f'<text class="tick" x="2" y="{middle - 4}">{path.returned.part}</text>'
        f'<text class="tick" x="2" y="{middle + 9}">back</text>'
    )


def _start(path: Path) -> str:
    also = f", and {path.earlier} from before" if path.earlier else ""
    return (
        f'<circle class="start" cx="{LINE}" cy="22" r="{RING - 3}"/>'
        f'<text class="name" x="{TEXT}" y="20">escalated</text>'
        f'<text x="{TEXT}" y="36">{path.cases}{also}</text>'
    )


def _step(path: Path, one: Passed, lines: Sequence[str], top: int) -> str:
    median, late = (cells[0] for cells in spreads(one.taken))
    took = f"median {median} · 90 % within {late}" if median != NONE else "not yet"
    said = "".join(
        f'<text class="tick" x="{TEXT}" y="{top + 48 + at * MORE}">{escape(text)}</text>'
        for at, text in enumerate(lines)
    )
    return (
        f"{_ring(one, top + 22)}"
        f'<text class="name" x="{TEXT}" y="{top + 18}">{NAMES[one.step]}{_here(path, one.step)}</text>'
        f'<text x="{TEXT}" y="{top + 34}">{escape(took if one.seen else NONE)}</text>{said}{_now(one, top)}'
    )


def _here(path: Path, step: Step) -> str:
    """The mark of the stage in which most time was waited."""
    stalled = path.stalled
    if stalled is None or HERE[stalled.stage] is not step:
        return ""
    return f'<tspan class="here" dx="6">◂ stalled{": returned" if stalled.stage is Stage.RETURNED else ""}</tspan>'


def _now(one: Passed, top: int) -> str:
    if not one.now or not one.seen:
        return ""
    waits = f"{one.now} {'waits' if one.now == 1 else 'wait'}"
    return f'<text class="now" x="{WIDTH - 2}" y="{top + 18}" text-anchor="end">{waits} now</text>'


def _ring(one: Passed, y: int) -> str:
    """A ring filled as far as the step was in time, with the share in it."""
    around = 2 * math.pi * RING
    rate = one.inside.rate
    arc = (
        ""
        if not rate
        else (
            f'<circle class="arc" cx="{LINE}" cy="{y}" r="{RING}" stroke-dasharray="{rate * around:.1f} {around:.1f}" '
            f'transform="rotate(-90 {LINE} {y})"/>'
        )
    )
    said = "" if rate is None else f"{percent(one.inside).removesuffix('%')}"
    return (
        f'<circle class="ring" cx="{LINE}" cy="{y}" r="{RING}"/>{arc}'
        f'<text class="rate" x="{LINE}" y="{y + 4}" text-anchor="middle">{said}</text>'
    )
