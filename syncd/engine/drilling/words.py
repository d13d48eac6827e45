"""What both forms of the report say in the same words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from syncd.core.drill import Ran, Report, Sort, Told, Weight
from syncd.core.messages import SAID
from syncd.core.milestones import Happened
from syncd.core.spans import spoken

WEIGHTS = {Weight.MEND: "mend", Weight.LOOK: "look at", Weight.NOTE: "note"}
SORTS = {Sort.DEED: "person", Sort.FACT: "fact", Sort.NOTE: "note", Sort.MESSAGE: "told", Sort.WAIT: "waits"}
GOOD = "Nothing to mend: no clock ran out without a word to anybody."


def title(report: Report) -> str:
    return f"Drill: {report.severity}, mapping {report.mapping}"


def head(report: Report) -> Iterator[str]:
    """What was played, and that nobody noticed."""
    until = f"{report.ended:%H:%M}" if report.ended.date() == report.started.date() else f"{report.ended:%A %H:%M}"
    zone = f"{report.started:%Z}" or "UTC"
    yield f"Played: {report.incident}, from {report.started:%A %Y-%m-%d %H:%M} until {until} ({zone})."
    yield f"Severity: {report.graded}."
    yield "Nothing left this machine: the tickets were in memory, and the channels only kept what they were given."


def ahead(started: datetime, moment: datetime) -> str:
    """How long after the beginning: "+1:05", in hours and minutes."""
    minutes = max(int((moment - started).total_seconds() // 60), 0)
    return f"+{minutes // 60}:{minutes % 60:02}"


def at(started: datetime, moment: datetime | None) -> str:
    """A moment in the zone in which the drill began: "Mon 10:02"."""
    return f"{moment.astimezone(started.tzinfo):%a %H:%M}" if moment else "-"


def outcome(ran: Ran) -> str:
    """What became of a wait."""
    over = ran.used - ran.within
    late = f"{spoken(over)} over" if over > timedelta(0) else ""
    if ran.ended is None:
        return f"still runs, {late}" if late else f"still runs, {spoken(ran.within - ran.used)} left"
    return f"ended late, {late}" if late else f"in time, after {spoken(ran.used)}"


def why(told: Told) -> str:
    """The fact that a message tells of."""
    what = told.fact.partition(":")[0]
    return SAID.get(Happened(what), what)


def when(report: Report, told: Told) -> str:
    if told.sent is None:
        return f"waits until {at(report.started, told.due)}"
    waits = told.sent - told.noted
    return at(report.started, told.sent) + (
        f", {spoken(waits)} after the fact" if waits >= timedelta(minutes=1) else ""
    )


def first(report: Report) -> Iterator[tuple[str, str]]:
    """What people ask first, each with a number."""
    late = sum(ran.breached is not None for ran in report.clocks)
    yield "messages", str(len(report.messages))
    yield "clocks that ran out", f"{late} of {len(report.clocks)}"
    for stage in report.stages:
        yield STAGES.get(stage.stage, stage.stage), spoken(stage.time)


STAGES = {
    "waiting": "waited to be accepted",
    "work": "in work",
    "returned": "back in support",
    "customer": "waited for the customer",
    "untold": "done, customer not told",
}
