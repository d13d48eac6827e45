"""Makes the scenario of the metrics: `python -m tests.metrics.generate` writes scenario.json anew, always the same.

Thirty days in Berlin with the change to summer time and Easter, 400 tickets, and what people do with each of them, one
thing a minute. What becomes of it is not said here: `expected` computes it, and the engine has to find the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

FILE = Path(__file__).parent / "scenario.json"
DAYS, TICKETS, SEED = 30, 400, 20260316
MINUTES = DAYS * 24 * 60 - 60  # one night has an hour less
TIERS = ("gold", "silver", "bronze", "")
SERVICES = ("shop", "billing", "search")
TEAMS = ("north", "south")
CATEGORIES = ("bug", "question", "outage")
PRIORITIES = ("urgent", "high", "normal", "low")
CAUSES = ("defect", "usage", "Knowledge_gap", "third party")


def scenario() -> dict[str, Any]:
    random = Random(SEED)
    tickets = [_ticket(random, number) for number in range(TICKETS)]
    taken: set[int] = set()
    for ticket in tickets:
        ticket["events"] = list(_apart(ticket["events"], taken))
    restarts = sorted(random.sample(range(MINUTES), 6))
    return {"zone": "Europe/Berlin", "start": "2026-03-16", "days": DAYS, "tickets": tickets, "restarts": restarts}


def _apart(events: list[list[Any]], taken: set[int]) -> Iterator[list[Any]]:
    """Each thing in a minute of its own, later if need be; what does not fit into the thirty days does not happen."""
    at = -1
    for minute, *what in events:
        at = max(minute, at + 1)
        while at in taken:
            at += 1
        if at >= MINUTES - 1:
            return
        taken.add(at)
        yield [at, *what]


def _ticket(random: Random, number: int) -> dict[str, Any]:
    kind = random.choices(["escalated", "later", "held", "dropped", "calm", "merged", "linked"],
                          [60, 8, 8, 6, 8, 4, 6])[0]  # fmt: skip
    ticket: dict[str, Any] = {
        "priority": random.choices(PRIORITIES, [2, 3, 3, 2])[0],
        "tier": random.choice(TIERS),
        "service": random.choice(SERVICES),
        "team": random.choice(TEAMS),
        "category": random.choice(CATEGORIES),
        "kind": kind,
    }
    start = random.randrange(MINUTES - 200)
    if kind in ("linked", "merged") and number:
        ticket["with"] = random.randrange(number)
    return {**ticket, "events": list(_events(random, kind, start))}


def _events(random: Random, kind: str, start: int) -> Iterator[list[Any]]:
    yield [start, "open"]
    at = start + random.randrange(2, 400)
    match kind:
        case "escalated":
            yield from _case(random, start)
        case "later":
            yield [at, "ask"]
            yield from _case(random, at)
        case "held":
            yield [at, "complete"]
            yield from _case(random, at)
        case "dropped" | "calm":
            if random.random() < 0.7:
                yield [at, "solve"]
        case "merged":
            yield [at, "merge"]
        case "linked":
            yield [at + 600, "link"]


def _case(random: Random, at: int) -> Iterator[list[Any]]:
    """What people do once engineering has it; now and then nothing more happens."""

    def later(longest: int) -> int:
        nonlocal at
        at += 1 + int(random.random() ** 2 * longest)
        return at

    if random.random() < 0.15:
        yield [later(300), "override", random.choice(["sev1", "sev2", "sev3", "sev4"])]
    if random.random() < 0.8:
        yield [later(500), "own", random.choice(["ben", "ana"])]
    if random.random() < 0.7:
        yield [later(700), "tell"]
    while random.random() < 0.3:
        yield [later(900), "return"]
        if random.random() < 0.2:
            break
        yield [later(1500), "handover"]
    if random.random() < 0.85:
        yield [later(900), "accept"]
    if random.random() < 0.15:
        yield [later(900), "disown"]
    if random.random() < 0.3:
        yield [later(900), "pause"]
        yield [later(3000), "resume"]
    while random.random() < 0.5:
        yield [later(2500), random.choice(["tell", "reviewed"])]
    if random.random() < 0.4:
        yield [later(300), "classify", random.choice(CAUSES)]
    if random.random() < 0.8:
        yield [later(4000), "done"]
        while random.random() < 0.2:
            yield [later(2000), "reopen"]
            yield [later(2000), "done"]
        if random.random() < 0.7:
            yield [later(1500), "tell"]


if __name__ == "__main__":
    made = scenario()
    rows = ",\n".join(json.dumps(ticket) for ticket in made.pop("tickets"))
    FILE.write_text(f'{json.dumps(made)[:-1]}, "tickets": [\n{rows}\n]}}\n', encoding="utf-8")
