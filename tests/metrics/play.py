"""Plays the scenario through the real engine and a real store, on a stage of two vendors."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from syncd.core.conditions import AnyOf, Condition
from syncd.core.contract import Acceptance, ClockName, Contract, Pause, Target
from syncd.core.facets import Facet, MetricsPolicy
from syncd.core.hours import ALWAYS, Hours, Span
from syncd.core.lens import PlainLens
from syncd.core.mapping import Aggregate, CommentRule, EscalationRule, FieldRule, Mapping
from syncd.core.milestones import Happened, Milestone
from syncd.core.model import Kind, Pair, Side, Visibility
from syncd.core.packet import Evidence, PacketPolicy
from syncd.core.policy import EscalationPolicy
from syncd.core.redact import Redaction
from syncd.core.severity import Override, Severity, SeverityPolicy, SeverityRule
from syncd.engine import clocks, operate
from syncd.engine.site import Site
from syncd.mapping.template import compile_template
from syncd.sdk.testing.clock import Clock
from syncd.store.store import Store
from tests.metrics.expected import CLOCKS, HOLIDAYS
from tests.metrics.generate import FILE
from tests.metrics.stages import InMemory, Names, Stage, link_of

ZONE = ZoneInfo("Europe/Berlin")
H = timedelta(hours=1)
OPEN = (Span(9 * H, 17 * H),)
OFFICE = Hours("office", ZONE, (*(OPEN,) * 5, (), ()), frozenset(date.fromisoformat(day) for day in HOLIDAYS))
RULED = {"urgent": Severity.SEV1, "high": Severity.SEV2, "normal": Severity.SEV3}


def scenario(tickets: int) -> dict[str, Any]:
    """The scenario, or its first tickets."""
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return {**found, "tickets": found["tickets"][:tickets]}


def start_of(scenario: dict[str, Any]) -> datetime:
    day = datetime.fromisoformat(scenario["start"]).replace(tzinfo=ZoneInfo(scenario["zone"]))
    return day.astimezone(UTC)


def rules(names: Names) -> Mapping:
    targets = {
        Severity(severity): tuple(
            Target(ClockName(name), timedelta(minutes=minutes), OFFICE if office else ALWAYS)
            for name, minutes in given.items()
        )
        for severity, (office, given) in CLOCKS.items()
    }
    pause = Pause("waits", (_is("support.status", "pending"),), frozenset({ClockName.ACCEPT, ClockName.FIX}))
    contract = Contract(targets, (pause,), acceptance=Acceptance(owner="assignee", assigned=False))
    severities = SeverityPolicy(
        tuple(SeverityRule(word, severity, (_is("support.priority", word),)) for word, severity in RULED.items()),
        Override(names.labels, {severity.value: severity for severity in Severity}),
        Severity.SEV4,
    )
    template, _ = compile_template("{{ ticket.title }}")
    assert template is not None
    packet = PacketPolicy((Evidence("steps", "Which?", "steps"),), Redaction(), template)
    metrics = MetricsPolicy({facet: facet.value for facet in Facet}, zone=ZONE)
    status = FieldRule(
        "status",
        Kind.CHOICE,
        names.status,
        aggregate=Aggregate.ALL,
        order=("todo", "doing", "done"),
    )
    return Mapping(
        name="desk-tracker",
        connections=Pair("desk", "tracker"),
        fields=(FieldRule("title", Kind.TEXT, names.title.map(lambda name: PlainLens(name, Kind.TEXT))), status),
        escalate=(EscalationRule("wanted", (_is("wanted", "yes"),), names.place),),
        comments=(
            CommentRule("support_public", Side.SUPPORT, Visibility.PUBLIC, Visibility.INTERNAL),
            CommentRule("engineering", Side.ENGINEERING, None, Visibility.INTERNAL),
        ),
        escalation=EscalationPolicy(severities, contract, packet, metrics),
        digest="1",
    )


def _is(field: str, word: str) -> Condition:
    return Condition(field, (AnyOf(frozenset({word})),))


class Player:
    """The scenario on a stage, with the time at which each thing happens."""

    def __init__(self, url: str, scenario: dict[str, Any], make: Callable[[Clock], Stage] = InMemory) -> None:
        self.url = url
        self.scenario = scenario
        self.start = start_of(scenario)
        self.clock = Clock(self.start)
        self.stage = make(self.clock)
        self.refs: dict[int, str] = {}

    @property
    def site(self) -> Site:
        return self.stage.site

    async def begin(self) -> None:
        """Start the daemon; again after a restart, on the same store."""
        store = await Store.open(self.url, now=self.clock)
        await self.stage.begin(store, rules(self.stage.names))
        await clocks.wind_up(self.site)

    async def play(self) -> None:
        """Everything in its order, each thing at its minute; the daemon is stopped and started in between."""
        events = [(at, 1, number, what) for number, ticket in enumerate(self.scenario["tickets"])
                  for at, *what in ticket["events"]]  # fmt: skip
        restarts = [(at, 0, -1, ["restart"]) for at in self.scenario["restarts"]]
        await self.begin()
        for at, _, number, (what, *more) in sorted([*events, *restarts]):
            self.clock.now = self.start + timedelta(minutes=at)
            if what == "restart":
                await self.site.store.aclose()
                await self.begin()
            else:
                await self._do(number, what, more)
            await clocks.ring(self.site)
            await self.stage.sync()
        end = datetime.fromisoformat(self.scenario["start"]) + timedelta(days=self.scenario["days"])
        self.clock.now = end.replace(tzinfo=ZONE).astimezone(UTC)

    async def _issue(self, number: int) -> str:
        return (await link_of(self.site, self.refs[number])).refs.engineering or ""

    async def _do(self, number: int, what: str, more: list[str]) -> None:
        ticket, stage = self.scenario["tickets"][number], self.stage
        if what == "open":
            self.refs[number] = await self._open(ticket, number)
            return
        ref = self.refs[number]
        match what:
            case "ask":
                await stage.edit(ref, wanted="yes")
            case "complete":
                await stage.edit(ref, steps="click")
            case "solve":
                await stage.edit(ref, status="solved")
            case "override":
                await stage.edit(ref, labels=frozenset(more))
            case "tell":
                await stage.say(ref, "News", public=True)
            case "handover":
                await stage.say(ref, "/handover here", public=False)
            case "pause" | "resume":
                await stage.edit(ref, status="pending" if what == "pause" else "open")
            case "own" | "disown":
                await stage.assign(await self._issue(number), more[0] if more else None)
            case "accept" | "return" | "reviewed":
                await stage.talk(await self._issue(number), f"/{what} so")
            case "done" | "reopen":
                await stage.finish(await self._issue(number), done=what == "done")
            case "classify":
                fact = Milestone(Happened.CLASSIFIED, self.clock(), "ben", more[0], f"said:{number}")
                await operate.state(self.site, await link_of(self.site, ref), fact)
            case "merge" | "link":
                await self._join(number, what, ticket.get("with", number))

    async def _join(self, number: int, what: str, other: int) -> None:
        """Only with a ticket that engineering has."""
        if other not in self.refs or other == number or not await self._issue(other):
            return
        if what == "merge":
            await self.stage.merge(self.refs[number], self.refs[other])
        else:
            rule = self.site.mappings["desk-tracker"]
            await operate.link(self.site, rule, self.refs[number], await self._issue(other))

    async def _open(self, ticket: dict[str, Any], number: int) -> str:
        kind = ticket["kind"]
        fields = {
            "priority": ticket["priority"],
            "wanted": "yes" if kind in ("escalated", "held", "dropped") else "",
            "steps": "click" if kind in ("escalated", "later") else "",
            **{facet: ticket[facet] for facet in ("tier", "service", "team", "category")},
        }
        return await self.stage.open(f"Ticket {number}", fields)
