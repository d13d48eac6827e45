"""What every metric has to be, computed from the scenario alone: nothing of syncd is imported here.

Times are whole minutes since the scenario began. What people did is turned into facts in the order of time; then each
number is counted as docs/metrics.md says it in words.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

HOLIDAYS = ("2026-04-03", "2026-04-06")
HOUR = 60
# severity -> whether office hours count, and each clock with its minutes
CLOCKS: dict[str, tuple[bool, dict[str, int]]] = {
    "sev1": (False, {"owner": 2 * HOUR, "accept": 10 * HOUR, "respond": 3 * HOUR, "update": 24 * HOUR,
                     "review": 12 * HOUR, "fix": 60 * HOUR}),
    "sev2": (True, {"owner": 1 * HOUR, "accept": 4 * HOUR, "respond": 2 * HOUR, "update": 8 * HOUR, "fix": 16 * HOUR}),
    "sev3": (True, {"accept": 6 * HOUR, "update": 12 * HOUR, "fix": 20 * HOUR}),
}  # fmt: skip
SEVERITY = {"urgent": "sev1", "high": "sev2", "normal": "sev3", "low": "sev4"}
AVOIDABLE = ("usage", "Knowledge_gap")
STAGES = ("waiting", "work", "returned", "customer", "untold")
BUSINESS = {"time_to_owner": "owner", "time_to_accept": "accept", "first_response": "respond", "resolution": "fix",
            "stage_waiting": "accept", "stage_work": "fix", "stage_returned": "fix", "stage_customer": "fix",
            "stage_untold": "update"}  # fmt: skip


class Expected:
    """The facts of the scenario; `of` counts them."""

    def __init__(self, scenario: dict[str, Any]) -> None:
        self.tickets: list[dict[str, Any]] = scenario["tickets"]
        self.zone = ZoneInfo(scenario["zone"])
        first = datetime.fromisoformat(scenario["start"])
        self.start = first.replace(tzinfo=self.zone).astimezone(UTC)
        end = (first + timedelta(days=scenario["days"])).replace(tzinfo=self.zone).astimezone(UTC)
        self.until = int((end - self.start).total_seconds()) // 60
        self.office = [0]
        for minute in range(self.until + 1):
            self.office.append(self.office[-1] + self._is_office(minute))
        self.facts: dict[int, list[tuple[int, str, str]]] = defaultdict(list)
        self.opened: dict[int, int] = {}
        self.severity: dict[int, str] = {}
        self.closed: set[int] = set()
        self.on_issue: dict[int, list[int]] = defaultdict(list)  # the ticket that made the issue -> all that hang on it
        self.issue: dict[int, int] = {}
        self.carried: list[tuple[int, int]] = []  # the ticket, and when
        for at, number, (what, *more) in sorted(
            (at, number, what) for number, ticket in enumerate(self.tickets) for at, *what in ticket["events"]
        ):
            self._happen(at, number, what, more)

    # -- from what people did to facts

    def _happen(self, at: int, number: int, what: str, more: list[str]) -> None:
        ticket = self.tickets[number]
        if what == "open":
            self.opened[number] = at
            self.severity[number] = SEVERITY[ticket["priority"]]
            if ticket["kind"] == "escalated":
                self._escalate(at, number)
            if ticket["kind"] in ("held", "dropped"):
                self._fact(at, number, "held")
        elif what in ("ask", "complete"):
            self._escalate(at, number)
        elif what == "solve":
            self.closed.add(number)
        elif what == "override":
            if more[0] != SEVERITY[ticket["priority"]]:
                self._fact(at, number, "overruled")
            self.severity[number] = more[0]
        elif what == "link":
            other = ticket.get("with", number)
            if other != number and other in self.issue:
                self.issue[number] = self.issue[other]
                self.on_issue[self.issue[other]].append(number)
        elif what in ("own", "disown"):
            self._own(at, number, what == "own")
        elif what in ("done", "reopen"):
            self._finish(at, number, done=what == "done")
        elif what != "merge":
            self._say(at, number, what, (more or [""])[0])

    def _fact(self, at: int, number: int, what: str, detail: str = "") -> None:
        self.facts[number].append((at, what, detail))

    def _escalate(self, at: int, number: int) -> None:
        self._fact(at, number, "escalated")
        self.issue[number] = number
        self.on_issue[number].append(number)
        self.carried.append((number, at))

    def _own(self, at: int, number: int, owned: bool) -> None:
        named = [what for _, what, _ in self.facts[number] if what in ("owned", "unowned")][-1:] == ["owned"]
        if owned != named:
            self._fact(at, number, "owned" if owned else "unowned")

    def _finish(self, at: int, number: int, *, done: bool) -> None:
        """The issue's status reaches every ticket on it that does not say so already."""
        self._fact(at, number, "done" if done else "reopened")
        for other in self.on_issue[self.issue[number]]:
            if done != (other in self.closed):
                self.carried.append((other, at))
                (self.closed.add if done else self.closed.discard)(other)
                if done and other == number:
                    self._fact(at, number, "closed")

    def _say(self, at: int, number: int, what: str, detail: str) -> None:
        words = {"tell": "told", "handover": "resubmitted", "accept": "accepted", "return": "returned",
                 "reviewed": "reviewed", "pause": "paused", "resume": "resumed", "classify": "classified"}  # fmt: skip
        self._fact(at, number, words[what], detail)
        if what == "tell":
            self.carried.append((number, at))
        if what in ("accept", "return", "reviewed"):  # said on the issue, and copied to each ticket on it
            self.carried += [(other, at) for other in self.on_issue[self.issue[number]]]

    # -- time

    def _is_office(self, minute: int) -> bool:
        local = (self.start + timedelta(minutes=minute)).astimezone(self.zone)
        return local.weekday() < 5 and 9 <= local.hour < 17 and local.date().isoformat() not in HOLIDAYS

    def counted(self, severity: str, clock: str, start: int, end: int) -> int | None:
        """Minutes that count for a clock; None where this severity has none."""
        office, given = CLOCKS.get(severity, (False, {}))
        if clock not in given:
            return None
        return self.office[end] - self.office[start] if office else end - start

    def day(self, minute: int) -> date:
        return (self.start + timedelta(minutes=minute)).astimezone(self.zone).date()

    def week(self, day: date) -> str:
        year, week, _ = day.isocalendar()
        return f"{year}-W{week:02}"

    @cached_property
    def ends(self) -> list[int]:
        """The minute at which each day ends."""
        days = [self.day(at) for at in range(self.until + 1)]
        return [at for at in range(1, self.until + 1) if days[at] != days[at - 1]]

    # -- one case

    def began(self, number: int) -> int:
        return next(at for at, what, _ in self.facts[number] if what == "escalated")

    def history(self, number: int) -> list[tuple[int, str, str]]:
        return sorted(self.facts[number], key=lambda fact: fact[0])

    def done(self, number: int) -> int | None:
        ends = [(at, what) for at, what, _ in self.history(number) if what in ("done", "reopened")]
        return ends[-1][0] if ends and ends[-1][1] == "done" else None

    def waits(self, number: int, clock: str) -> list[tuple[int, bool]]:
        """Of each wait of a clock the minutes that counted, and whether it is over."""
        severity = self.severity[number]
        if clock not in CLOCKS.get(severity, (False, {}))[1]:
            return []
        responds = "respond" in CLOCKS[severity][1]
        found: list[list[Any]] = []  # minutes, over
        running, done, returned, paused, before = False, False, False, False, 0
        for at, what, _ in [*self.history(number), (self.until, "end", "")]:
            still = {
                "owner": done or returned, "accept": done or paused, "respond": False, "update": False,
                "review": done or returned, "fix": done or returned or paused,
            }[clock]  # fmt: skip
            if running and not still:
                found[-1][0] += self.counted(severity, clock, before, at)
            before = at
            done = what == "done" or (done and what != "reopened")
            returned = what == "returned" or (returned and what not in ("resubmitted", "accepted"))
            paused = what == "paused" or (
                paused and what not in ("resumed", "done")
            )  # a ticket that is done waits no more
            ending = {
                "owner": what == "owned", "accept": what in ("accepted", "returned"), "respond": what == "told",
                "update": what == "told", "review": what == "reviewed", "fix": False,
            }[clock]  # fmt: skip
            if running and ending:
                running, found[-1][1] = False, True
            begins = {
                "owner": what in ("escalated", "unowned"), "accept": what in ("escalated", "resubmitted"),
                "respond": what == "escalated",
                "update": what in ("told", "reopened") or (what == "escalated" and not responds),
                "review": what in ("escalated", "reviewed"), "fix": what == "escalated",
            }[clock]  # fmt: skip
            if begins and not running and not done:
                running = True
                found.append([0, False])
        if running and done and clock in ("owner", "accept", "review", "fix"):
            found[-1][1] = True
        return [(minutes, over) for minutes, over in found]

    def kept(self, number: int, clock: str) -> tuple[int, int]:
        within = CLOCKS.get(self.severity[number], (False, {}))[1].get(clock, 0)
        good = sum(over and minutes <= within for minutes, over in self.waits(number, clock))
        bad = sum(minutes > within for minutes, _ in self.waits(number, clock))
        return good, good + bad

    def stages(self, number: int) -> list[tuple[str, int, int | None]]:
        found: list[tuple[str, int, int | None]] = []
        step, done, told, paused, now, since = "", False, False, False, "", 0
        for at, what, _ in self.history(number):
            step = {"escalated": "waiting", "resubmitted": "waiting", "accepted": "work", "returned": "returned"}.get(
                what, step
            )
            done = what == "done" or (done and what != "reopened")
            told = what == "told" or (told and what != "done")
            paused = what == "paused" or (paused and what != "resumed")
            stage = ("" if told else "untold") if done else "customer" if paused and step else step
            if stage != now:
                if now and at > since:
                    found.append((now, since, at))
                now, since = stage, at
        return [*found, *([(now, since, None)] if now else [])]

    # -- every metric of some cases

    def times(self, key: str, number: int) -> tuple[int | None, int | None] | None:
        """Minutes by the wall and in business, None and None while it goes on; None where the case has no such time."""
        began, severity, clock = self.began(number), self.severity[number], BUSINESS.get(key, "")
        if key == "time_to_escalate":
            return began - self.opened[number], None
        if key.startswith("stage_"):
            spans = [(start, end) for stage, start, end in self.stages(number) if f"stage_{stage}" == key]
            if not spans or any(end is None for _, end in spans):
                return (None, None) if spans else None
            business = [self.counted(severity, clock, start, end or 0) for start, end in spans]
            total = None if None in business else sum(minutes or 0 for minutes in business)
            return sum((end or 0) - start for start, end in spans), total
        what = {"time_to_owner": "owned", "time_to_accept": "accepted", "first_response": "told"}.get(key)
        happened = [at for at, fact, _ in self.history(number) if fact == what]
        end = (happened[0] if happened else None) if what else self.done(number)
        return (None, None) if end is None else (end - began, self.counted(severity, clock, began, end))

    def rate(self, key: str, number: int) -> tuple[int, int]:
        whats, done = [what for _, what, _ in self.history(number)], self.done(number) is not None
        if key == "update_miss":
            good, all_of_them = self.kept(number, "update")
            return all_of_them - good, all_of_them
        if key.startswith("inside_"):
            return self.kept(number, key.removeprefix("inside_"))
        causes = [detail for _, what, detail in self.history(number) if what == "classified"]
        over = done or (key == "avoidable" and "closed" in whats)
        bad = {
            "rework": "returned" in whats,
            "mismatch": "overruled" in whats,
            "re_escalation": "reopened" in whats or whats.count("closed") > 1,
            "avoidable": causes[-1:] in [[cause] for cause in AVOIDABLE]
            or (over and "returned" in whats and "accepted" not in whats),
        }[key]
        return int(bad), int(bad or over)

    def of(self, by: str = "") -> dict[str, dict[str, Any]]:
        """Group -> key -> the numbers, as `told` in the test tells those of syncd."""
        cases = [number for number in self.facts if any(what == "escalated" for _, what, _ in self.facts[number])]
        group = {number: self._group(by, number) for number in self.opened}
        of_case = {
            number: self.week(self.day(self.began(number))) if by == "week" else group[number] for number in cases
        }
        held = {
            number: next(at for at, what, _ in self.facts[number] if what == "held")
            for number in self.facts
            if any(what == "held" for _, what, _ in self.facts[number])
        }
        of_held = {number: self.week(self.day(at)) if by == "week" else group[number] for number, at in held.items()}
        days = [self.week(self.day(at - 1)) for at in self.ends] if by == "week" else []
        of_carried = [self.week(self.day(at)) if by == "week" else group[number] for number, at in self.carried]
        names = {*group.values(), *of_case.values(), *of_held.values(), *days, *of_carried}
        return {
            name: self._numbers(
                [number for number in cases if of_case[number] == name],
                [number for number in self.opened if group[number] == name],
                [number for number in held if of_held[number] == name],
                sum(one == name for one in of_carried),
                cases if by == "week" else [number for number in cases if group[number] == name],
                [at for at in self.ends if by != "week" or self.week(self.day(at - 1)) == name],
            )
            for name in names
        }

    def _group(self, by: str, number: int) -> str:
        if by == "week":
            return self.week(self.day(self.opened[number]))
        if by == "severity":
            return self.severity[number]
        return str(self.tickets[number][by]) if by else ""

    def _numbers(
        self, cases: list[int], tickets: list[int], held: list[int], carried: int, queued: list[int], ends: list[int]
    ) -> dict[str, Any]:
        keys = (*BUSINESS, "time_to_escalate")
        times = {key: _times(found for number in cases if (found := self.times(key, number))) for key in keys}
        rates = ("update_miss", "rework", "mismatch", "avoidable", "re_escalation",
                 *(f"inside_{clock}" for clock in CLOCKS["sev1"][1]), "inside_follow_up")  # fmt: skip
        shares = {key: _sum(self.rate(key, number) for number in cases) for key in rates}
        firsts = [number for number in cases if self.issue[number] == number]
        return {
            **times,
            **shares,
            "escalation": _sum((int(self.issue.get(number) == number), 1) for number in tickets),
            "deflection": _sum((int(number in self.closed and number not in self.issue), 1) for number in held),
            "repeat_issue": _sum((int(len(self.on_issue[number]) > 1), 1) for number in firsts),
            "queue_depth": [self._queue(queued, at) for at in ends],
            "hours_saved": (carried * 4 * 60, carried),
        }

    def _queue(self, cases: list[int], moment: int) -> tuple[int, int, int]:
        open_, waiting = 0, 0
        for number in cases:
            before = [what for at, what, _ in self.history(number) if at <= moment]
            steps = [what for what in before if what in ("escalated", "resubmitted", "accepted", "returned")]
            ends = [what for what in before if what in ("done", "reopened")]
            if steps and ends[-1:] != ["done"]:
                open_ += 1
                waiting += steps[-1] in ("escalated", "resubmitted")
        return moment, open_, waiting


def _times(found: Iterable[tuple[int | None, int | None]]) -> tuple[Any, ...]:
    """Cases that came to the end, those that did not, then median, 90th percentile and mean in seconds, twice."""
    taken = list(found)
    walls = sorted(wall * 60 for wall, _ in taken if wall is not None)
    business = sorted(minutes * 60 for wall, minutes in taken if wall is not None and minutes is not None)
    return len(walls), len(taken) - len(walls), _spread(walls), len(business), _spread(business)


def _spread(seconds: list[int]) -> tuple[float, float, float] | None:
    count = len(seconds)
    if not count:
        return None
    middle = seconds[count // 2] if count % 2 else (seconds[count // 2 - 1] + seconds[count // 2]) / 2
    at_least = next(one for place, one in enumerate(seconds, start=1) if place * 10 >= count * 9)
    return middle, at_least, sum(seconds) / count


def _sum(shares: Iterable[tuple[int, int]]) -> tuple[int, int]:
    found = list(shares)
    return sum(part for part, _ in found), sum(whole for _, whole in found)
