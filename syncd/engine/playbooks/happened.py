"""What happened, in words: the steps beside what was promised, the waits, and where cases stalled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from syncd.core import inwords
from syncd.core.metrics.definitions import OF_CASE
from syncd.core.metrics.path import Passed, Path, Step
from syncd.core.metrics.stages import Stage
from syncd.core.metrics.values import Times
from syncd.core.playbook import Playbook, Row
from syncd.engine.reporting.words import NONE, percent, span

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
STEPS = ("Step", "Promised", "Median", "90 %", "In time", "Waiting now")
STAGES = ("Where the time went", "All together", "Stretches", "Longest", "Now")
NAMES: Mapping[Step, str] = {
    Step.OWNED: "owner named",
    Step.ACCEPTED: "accepted",
    Step.ANSWERED: "first answer",
    Step.FIXED: "fixed",
    Step.TOLD: "customer told",
}
NOT_SEEN = "no field for an owner is configured"
NOTHING_YET = "Nothing was escalated yet"


def sentences(playbook: Playbook, path: Path) -> Iterator[str]:
    """Of which cases this tells, and how many came back."""
    window = f"from {playbook.since:%Y-%m-%d} until {playbook.until:%Y-%m-%d %H:%M} ({playbook.zone})"
    if not path.cases and not path.earlier:
        yield f"{NOTHING_YET}: no case {window}."
        return
    before = f", and {path.earlier} from before that were still open" if path.earlier else ""
    counting = "Times are counted from the escalation, the last from the fix."
    yield f"{_counted(path.cases)} escalated {window}{before}. {counting}"
    back = next(waits.now for waits in path.stages if waits.stage is Stage.RETURNED)
    now = f"; {back} {_is(back)} there now" if back else ""
    if path.returned.whole:
        of = f"{path.returned.part} of {path.returned.whole} that are over or came back"
        yield f"Returned to support: {of} ({percent(path.returned)}){now}."


def stalled(path: Path) -> str:
    """Where they waited longest, in one sentence."""
    found = path.stalled
    if found is None:
        return "They stalled nowhere: nobody waited."
    share = f"{found.total / path.waited:.0%}"
    now = f", {found.now} of them now" if found.now else ""
    name = OF_CASE[found.stage][0]
    return (
        f"They stalled most in “{name}”: {share} of all waiting, {span(found.total)} in "
        f"{found.count} {'stretch' if found.count == 1 else 'stretches'}{now}; the longest took {span(found.longest)}."
    )


def steps(path: Path, rows: Sequence[Row]) -> Iterator[tuple[tuple[str, ...], ...]]:
    """A row for each step, as `STEPS` heads them."""
    for one in path.steps:
        median, late = spreads(one.taken)
        now = str(one.now) if one.seen else NONE
        name = (NAMES[one.step],) if one.seen else (NAMES[one.step], NOT_SEEN)
        yield name, (promised(one, rows) or NONE,), median, late, (inside(one),), (now,)


def promised(one: Passed, rows: Sequence[Row], join: str = ", ") -> str:
    """ "sev1 30 min, sev2 2 h"; those that count only some hours in hours."""
    always = {row.severity: row.always for row in rows}
    spans = (
        f"{severity} {inwords.span(time) if always[severity] else inwords.in_hours(time)}"
        for severity, time in one.promised.items()
    )
    return join.join(spans)


def spreads(taken: Times) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Median and 90th percentile by the wall, and below them in business hours, where those differ: of the cases with
    such a clock."""
    if taken.wall is None:
        return (NONE,), (NONE,)
    median, late = (span(taken.wall.median),), (span(taken.wall.p90),)
    counted = taken.business
    if counted is None or (counted.median, counted.p90) == (taken.wall.median, taken.wall.p90):
        return median, late
    said = "of business hours" + (f", {taken.timed} of {taken.count}" if taken.timed != taken.count else "")
    return (*median, f"{_business(counted.median)} {said}"), (*late, f"{_business(counted.p90)} {said}")


def _business(time: timedelta) -> str:
    """Without days, as promises in such hours are said."""
    return span(time) if time < DAY else f"{time / HOUR:.0f} h"


def inside(one: Passed) -> str:
    share = one.inside
    return NONE if share.rate is None else f"{percent(share)} of {share.whole}"


def stages(path: Path) -> Iterator[tuple[tuple[str, ...], ...]]:
    """A row for each stage in which any case was."""
    for one in path.stages:
        if one.count:
            cells = OF_CASE[one.stage][0], span(one.total), str(one.count), span(one.longest), str(one.now)
            yield tuple((cell,) for cell in cells)


def _counted(cases: int) -> str:
    return f"{cases} {'case was' if cases == 1 else 'cases were'}"


def _is(number: int) -> str:
    return "is" if number == 1 else "are"
