"""One drill from the settings to its report."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from syncd.core.conditions import plain
from syncd.core.contract import Contract
from syncd.core.drill import Report, Ticket, Written, ran, spent
from syncd.core.escalation import OVERRIDE
from syncd.core.gaps import Played, findings
from syncd.core.incident import incident, opening
from syncd.core.lookup import Web
from syncd.core.mapping import Mapping as Rules
from syncd.core.milestones import in_order
from syncd.core.model import Side, Value, Visibility
from syncd.core.observe import STATUS
from syncd.core.satisfy import Kinds
from syncd.core.scenario import Incident
from syncd.core.severity import Severity, severity_called
from syncd.drill.play import Play, Say
from syncd.drill.stage import Stage, connectors_of, stage
from syncd.engine.drill import Sent, set_aside, told
from syncd.settings import Settings


def kinds_of(found: Settings, rules: Rules) -> Kinds:
    """What sort the helpdesk's own fields are, as its connector says."""
    return {info.name: info.kind for info in connectors_of(found, rules).support.fields}


def planned(found: Settings, rules: Rules, severity: Severity, start: datetime, given: Incident | None) -> Incident:
    """The incident to play: the one that somebody wrote, with what an agent may have to set, or the policy's own."""
    kinds = kinds_of(found, rules)
    default = incident(rules, severity, start, kinds)
    if given is None:
        return default
    fields = given.opening.fields
    return replace(given, opening=opening(rules, severity, kinds, fields) if fields else default.opening)


async def rehearse(
    found: Settings,
    rules: Rules,
    severity: Severity,
    *,
    start: datetime,
    say: Say,
    speed: float = 0,
    given: Incident | None = None,
) -> Report:
    """Play an incident and say what came of it. Nothing outside of this process is touched.

    Args:
        start: when it begins, by the drill's own clock.
        say: told of each event as it happens.
        speed: how many times as fast as the wall clock; 0 for as fast as it goes.
        given: another incident than the policy's own; one without fields begins with the policy's ticket.
    """
    chosen = planned(found, rules, severity, start, given)
    async with stage(found, rules, chosen, start) as on:
        play = Play(on, chosen, str(severity), say, start.tzinfo or UTC, speed)
        await play.run()
        return await _report(on, play, severity, start)


async def _report(on: Stage, play: Play, severity: Severity, start: datetime) -> Report:
    site, rules, now = on.daemon.site, on.rules, on.clock.now
    sent = {kept.message.id: Sent(kept.at, kept.message.subject, kept.message.text) for kept in on.kept}
    messages = await told(site, rules, play.ticket, sent, on.readers)
    history = in_order(play.now_known.history)
    played = Played(
        rules=rules,
        severity=severity,
        opening=play.incident.opening,
        history=history,
        told=messages,
        lifted=play.lifted,
        overridden=play.overridden,
        unasked=tuple(_unasked(rules)),
        parked=await set_aside(site),
        missed=tuple(play.missed),
    )
    return Report(
        severity=severity,
        mapping=rules.name,
        incident=play.incident.name,
        started=start,
        ended=now.astimezone(start.tzinfo),
        speed=play.speed,
        graded=_graded(play, severity),
        findings=findings(played),
        events=tuple(sorted(play.events, key=lambda event: event.at)),
        clocks=tuple(ran(rules.contract or Contract(), severity_called(play.now_known.severity), history, now)),
        messages=messages,
        tickets=tuple(_tickets(on, play)),
        written=tuple(sorted(_written(on, play), key=lambda one: one.at)),
        stages=spent(history, now),
    )


def _graded(play: Play, severity: Severity) -> str:
    """How the ticket came to its severity."""
    known = play.now_known
    if known.rule == OVERRIDE:
        names = ", ".join(f"`{name}`" for name in play.incident.opening.override)
        return f"an agent set {names}: their own word gave {known.severity}"
    if known.severity != str(severity):
        return f"the policy gives this ticket {known.severity or 'no severity'}, and has no word for {severity}"
    return f"rule `{known.rule}` gave {known.severity} by what the ticket says"


def _unasked(rules: Rules) -> Iterator[str]:
    for one in rules.signals.lookups if rules.signals else ():
        if isinstance(one.source, Web):
            yield one.name


def _refs(play: Play) -> Iterator[tuple[Side, str]]:
    yield Side.SUPPORT, play.ticket
    if play.now_known.issue:
        yield Side.ENGINEERING, play.now_known.issue


def _tickets(on: Stage, play: Play) -> Iterator[Ticket]:
    for side, ref in _refs(play):
        ticket = on.vendors[side].ticket(ref)
        named = {rule.lenses[side].field for rule in on.rules.fields if rule.name in ("title", "priority", STATUS)}
        fields = tuple((name, _said(value)) for name, value in ticket.fields.items() if name in named and value)
        yield Ticket(side, ticket.label, fields)


def _said(value: Value) -> str:
    return ", ".join(sorted(value)) if isinstance(value, frozenset) else "" if value is None else plain(value)


def _written(on: Stage, play: Play) -> Iterator[Written]:
    for side, ref in _refs(play):
        vendor = on.vendors[side]
        for comment in vendor.ticket(ref).comments:
            public = comment.visibility is Visibility.PUBLIC
            yield Written(comment.created, side, comment.author.name or comment.author.id, public, comment.body.text)
