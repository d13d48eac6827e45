"""(ticket, policy, what everybody has in hand, now) -> whom the ticket goes to, and why; and who is next in line."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from syncd.core import comments as texts
from syncd.core.decision import Decision, Name, Note, Route, Scope
from syncd.core.escalation import assess, failure
from syncd.core.evidence import said
from syncd.core.hours import after
from syncd.core.mapping import EscalationRule
from syncd.core.mapping import Mapping as Rules
from syncd.core.milestones import Happened, Milestone
from syncd.core.model import Fields, Internal, Person, Side, Value
from syncd.core.owners import NAMING, Budget, Member, Named, OwnersPolicy, RoutingRule, last_named, names, naming
from syncd.core.severity import Severity, severity_called
from syncd.core.spans import spoken
from syncd.core.view import Known, View

NOBODY = "-"
"""What stands in the place of a team where there is none."""


# --- who of a line ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Choice:
    """Whom the work goes to, as a member of which team; `over` is the budget that was used up on the way."""

    member: Member
    team: str
    role: str
    load: int
    over: Budget | None = None


def choose(
    policy: OwnersPolicy,
    route: Route,
    now: datetime,
    *,
    load: Mapping[str, int],
    given: Mapping[str, int],
    unknown: Collection[str] = (),
) -> Choice | None:
    """The best of the line; None where nobody is left.

    Never somebody who is absent, was tried or is unknown to the tracker. Who has the skills goes before who has not,
    who is at work now before who is not, the team before its fallback, then who has least in hand, then the order of
    the team. Only the first team has to have the skills: its fallback are generalists.

    Args:
        load: how many open escalations each has in hand.
        given: how many each team was given today.
    """
    if route.person:
        member = policy.people[route.person]
        team = _home(policy, route.person)
        role = policy.teams[team].role(route.person) if team else "asked for"
        return _unless_away(Choice(member, team or NOBODY, role, load.get(member.name, 0)), now, unknown)
    route = replace(route, tried=route.tried | frozenset(unknown))
    teams, over = _line(policy, route, given)
    ranked = sorted(_ranked(policy, route, teams, now, load), key=lambda one: one[0])
    return replace(ranked[0][1], over=over) if ranked else None


def _unless_away(choice: Choice, now: datetime, unknown: Collection[str]) -> Choice | None:
    return None if choice.member.is_absent(now) or choice.member.name in unknown else choice


def _line(policy: OwnersPolicy, route: Route, given: Mapping[str, int]) -> tuple[list[str], Budget | None]:
    """The teams in the order in which they are asked: the first and its fallbacks, or those of the senior pool.

    A budget counts for what a rule gives; what a person asks for, and what nobody took, goes its way.
    """
    by_rule = route.what is Happened.ASSIGNED and not route.cause
    budget = policy.budget(route.team, route.severity) if by_rule else None
    if budget is not None and given.get(budget.team, 0) >= budget.per_day:
        return _chain(policy, budget.over), budget
    return _chain(policy, route.team), None


def _ranked(
    policy: OwnersPolicy, route: Route, teams: Sequence[str], now: datetime, load: Mapping[str, int]
) -> Iterator[tuple[tuple[bool, bool, int, int, int], Choice]]:
    """Everybody who may be chosen with what puts them in order, the least first."""
    seen = set(route.tried)
    for distance, name in enumerate(teams):
        team = policy.teams[name]
        for place, person in enumerate(team.members):
            member = policy.people[person]
            if person in seen or member.is_absent(now):
                continue
            seen.add(person)
            able = bool(distance) or route.skills <= member.skills | team.skills
            has = load.get(person, 0)
            rank = (not able, not member.is_at_work(now), distance, has, place)
            yield rank, Choice(member, name, team.role(person), has)


def _home(policy: OwnersPolicy, person: str) -> str:
    return next((team.name for team in policy.teams.values() if person in team.members), "")


def fact_of(route: Route, choice: Choice | None, id: str, now: datetime) -> Milestone:
    """What is kept of a choice; of none, that there was nobody."""
    if choice is None:
        return naming(
            route.what, "", now, id="", team=route.team or NOBODY, role="nobody", why=route.why, number=route.number,
            cause=route.cause,
        )  # fmt: skip
    parts = [route.why]
    if route.what is Happened.ASSIGNED:
        parts.append(f"has {choice.load} in hand")
    if choice.over is not None:
        parts.append(f"{choice.over.team} had its {choice.over.per_day} of the day")
    return naming(
        route.what, choice.member.name, now, id=id, team=choice.team, role=choice.role, why=", ".join(parts),
        number=route.number, cause=route.cause,
    )  # fmt: skip


# --- when an issue is made --------------------------------------------------------------------------------------------


def rule_for(rules: Rules, fields: Fields) -> RoutingRule | None:
    """The first rule of the routing that takes a ticket."""
    policy = _policy(rules)
    if policy is None:
        return None
    given = assess(rules, fields)
    for rule in policy.rules:
        bad_enough = not rule.severities or (given is not None and given.severity in rule.severities)
        if bad_enough and not any(failure(rules, condition, fields) for condition in rule.when):
            return rule
    return None


def first_route(view: View) -> Iterator[Route]:
    """Whom the issue that is about to be made goes to, unless that is known."""
    ticket = view.snapshot(Side.SUPPORT)
    rule = rule_for(view.mapping, ticket.fields) if ticket else None
    if rule is None or last_named(view.known.milestones):
        return
    severity = _severity(view)
    yield Route(Happened.ASSIGNED, rule.team, f"rule {rule.name}", 1, severity=severity, skills=rule.skills)


def placed(view: View, rule: EscalationRule) -> EscalationRule:
    """The rule with the place that the routing says."""
    ticket = view.snapshot(Side.SUPPORT)
    routing = rule_for(view.mapping, ticket.fields) if ticket else None
    return replace(rule, place={**rule.place, **routing.place}) if routing and routing.place else rule


def _policy(rules: Rules) -> OwnersPolicy | None:
    policy = rules.escalation.owners if rules.escalation else None
    return policy if policy is not None and policy.internal else None


def _severity(view: View) -> Severity | None:
    ticket = view.snapshot(Side.SUPPORT)
    given = assess(view.mapping, ticket.fields) if ticket else None
    return given.severity if given else severity_called(view.known.severity)


# --- on the way -------------------------------------------------------------------------------------------------------


def go_on(view: View, history: Sequence[Milestone], now: datetime) -> Iterator[Decision]:
    """What a linked pair asks for: a word of a person, who is named but does not stand there, the next in line.

    Args:
        history: everything known, what this run noticed last.
    """
    policy = _policy(view.mapping)
    if policy is None or not view.takes_writes(Side.ENGINEERING):
        return
    if not any(fact.what is Happened.ESCALATED for fact in history):
        return
    decisions = [*_words(view, policy, now)]
    if not any(isinstance(decision, Route) for decision in decisions):
        decisions += _owed(view, policy, history) or _next(view, policy, history, now)
    yield from decisions
    if not any(isinstance(decision, Name) for decision in decisions):
        yield from _told(view)


def _told(view: View) -> Iterator[Note]:
    """What was promised with the fact; see `engine.owners`."""
    for one in names(view.known.milestones):
        for note in notes_of(one):
            if note.item in view.known.owed and view.takes_writes(note.side):
                yield note


def notes_of(one: Named) -> tuple[Note, ...]:
    """What both sides hear of somebody who was named."""
    handed = one.fact.what is Happened.TRANSFERRED
    if not one.who:
        problem = f"{one.why}, and nobody is left in line" if handed else f"Nobody can be named ({one.why})"
        text = f"{problem}. Name somebody on the issue, or write `/route` and a team or a person."
    elif handed:
        text = f"{one.why}. {one.who} is named now: {one.role} of {one.team}."
    else:
        text = f"{one.who} is named for the issue: {one.role} of {one.team} ({one.why})."
    return tuple(Note(side, Internal(text), f"named:{side}:{one.fact.source}") for side in Side)


def _owed(view: View, policy: OwnersPolicy, history: Sequence[Milestone]) -> list[Decision]:
    """Whom syncd named, and who does not stand there yet: nobody else was noticed there since.

    Whom a person named in between stays. Whom the tracker does not take is passed over for who is next.
    """
    known = view.known.milestones
    named, noticed = last_named(known), _last(known, *NAMING, Happened.OWNED, Happened.UNOWNED)
    if named is None or not named.who or noticed is not named.fact:
        return []
    if is_refused(view.known, policy, named.who):
        return [_after(view, policy, history, Happened.ASSIGNED, f"the tracker does not take {named.who}")]
    issue = view.snapshot(Side.ENGINEERING)
    stands: Value = issue.fields.get(policy.internal) if issue else None
    may_go = {"", *(one.id for one in names(known))}
    if named.cause:  # a person asked for it, and so whoever was noticed before gives way
        may_go |= {fact.detail for fact in known if fact.what is Happened.OWNED}
    if _id(stands) == named.id or _id(stands) not in may_go:
        return []
    member = policy.people.get(named.who)
    person = Person(named.id, member.name if member else named.who, member.email if member else None)
    return [Name(named.who, policy.internal, person, stands)]


def _next(view: View, policy: OwnersPolicy, history: Sequence[Milestone], now: datetime) -> list[Decision]:
    """The next in line, where nobody took it in time. Who stands on the issue must have been read for that."""
    severity = _severity(view)
    due = transfer_due(policy, severity, history)
    named = last_named(history)
    if due is None or due > now or named is None or severity is None or view.snapshot(Side.ENGINEERING) is None:
        return []
    why = f"{named.who} did not take it" if named.who else "Nobody took it"
    spent = spoken(policy.transfer[severity].within)
    return [_after(view, policy, history, Happened.TRANSFERRED, f"{why} within {spent}")]


def _after(view: View, policy: OwnersPolicy, history: Sequence[Milestone], what: Happened, why: str) -> Route:
    """Who comes after those who were named since the line began."""
    line: list[Named] = []
    for one in names(history):
        line = [one] if one.fact.what is Happened.ASSIGNED and one.cause else [*line, one]
    ticket = view.snapshot(Side.SUPPORT)
    rule = rule_for(view.mapping, ticket.fields) if ticket else None
    team = line[0].team
    begins = rule.team if rule and team in _chain(policy, rule.team) else team
    return Route(
        what, begins, why, names(history)[-1].number + 1, severity=_severity(view),
        skills=rule.skills if rule and begins == rule.team else frozenset(), tried=frozenset(one.who for one in line),
    )  # fmt: skip


def _chain(policy: OwnersPolicy, team: str) -> list[str]:
    found: list[str] = []
    while team in policy.teams and team not in found:
        found.append(team)
        team = policy.teams[team].fallback
    return found


def transfer_due(policy: OwnersPolicy, severity: Severity | None, history: Sequence[Milestone]) -> datetime | None:
    """When the next in line is named if nobody takes it before; None where nobody waits for anybody."""
    patience = policy.transfer.get(severity) if severity else None
    named = last_named(history)
    if patience is None or named is None or not _waits(history, named):
        return None
    looks = (Happened.OWNED, Happened.UNOWNED)
    if not any(fact.what in looks for fact in history):
        return None  # there is no issue that anybody could take
    since = [named.fact.at, *(fact.at for fact in history if fact.what in (Happened.RESUBMITTED, Happened.REOPENED))]
    written = next((fact for fact in history[history.index(named.fact) :] if fact.what in looks), named.fact)
    since.append(written.at)
    return after(patience.hours, max(since), patience.within)


def _waits(history: Sequence[Milestone], named: Named) -> bool:
    """Whether nobody took it since it was handed over, a person named nobody else, and somebody may be left in line."""
    if named.fact.what is Happened.TRANSFERRED and not named.who:
        return False
    handed = (Happened.ESCALATED, Happened.RESUBMITTED)
    taken = _last(history, *handed, Happened.ACCEPTED, Happened.RETURNED)
    done = _last(history, Happened.DONE, Happened.REOPENED)
    if taken is None or taken.what not in handed or (done is not None and done.what is Happened.DONE):
        return False
    owned = _last(history, *NAMING, Happened.OWNED, Happened.UNOWNED)
    by_people = owned is not None and owned.what is Happened.OWNED and owned.detail != named.id
    return not by_people


def _last(history: Sequence[Milestone], *whats: Happened) -> Milestone | None:
    """The last in the order in which they were noticed."""
    return next((fact for fact in reversed(history) if fact.what in whats), None)


def _id(value: Value) -> str:
    return value.id if isinstance(value, Person) else ""


@dataclass(frozen=True, slots=True)
class Role:
    """Somebody with a part in an escalation; `role` is "primary of payments-core", `why` how it came to that."""

    who: str
    email: str
    role: str
    why: str
    since: datetime | None = None


def roles_of(
    policy: OwnersPolicy, severity: str, history: Sequence[Milestone], load: Mapping[str, int], now: datetime
) -> tuple[Role | None, tuple[Role, ...]]:
    """Who works on the issue, and who would be asked next."""
    return owner_of(policy, history), tuple(_backups(policy, severity, history, load, now))


def owner_of(policy: OwnersPolicy, history: Sequence[Milestone]) -> Role | None:
    """Who works on the issue; without an address where a person named them."""
    named, owned = last_named(history), _last(history, *NAMING, Happened.OWNED, Happened.UNOWNED)
    if owned is None or owned.what is Happened.UNOWNED:
        return None
    if owned.what is Happened.OWNED and (named is None or owned.detail != named.id):
        return Role(owned.who, "", "named by a person", "", owned.at)
    if named is None or not named.who:
        return None
    return Role(named.who, _email(policy, named.who), f"{named.role} of {named.team}", named.why, named.fact.at)


def _backups(
    policy: OwnersPolicy, severity: str, history: Sequence[Milestone], load: Mapping[str, int], now: datetime
) -> Iterator[Role]:
    named = last_named(history)
    if named is None or named.team not in policy.teams:
        return
    tried = frozenset(one.who for one in names(history))
    while choice := choose(
        policy,
        Route(Happened.TRANSFERRED, named.team, "", 0, severity=severity_called(severity), tried=tried),
        now,
        load=load,
        given={},
    ):
        tried |= {choice.member.name}
        yield Role(choice.member.name, choice.member.email, f"{choice.role} of {choice.team}", "")


def _email(policy: OwnersPolicy, who: str) -> str:
    member = policy.people.get(who)
    return member.email if member else ""


# --- a person's word --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Word:
    """A `/route`: where, by whom, to whom, and the name of the comment."""

    side: Side
    author: Person
    wanted: str
    cause: str


def _words(view: View, policy: OwnersPolicy, now: datetime) -> Iterator[Decision]:
    """The first `/route` that nobody followed so far, and an answer to each that nobody will follow."""
    word = view.mapping.escalation.contract.acceptance.route if view.mapping.escalation else ""
    done = {one.cause for one in names(view.known.milestones)}
    for side in Side:
        seen = view.snapshot(side)
        for comment in said(seen, view.known.copies[side]) if seen else ():
            cause = f"{side}:{comment.id}"
            readable = side is Side.ENGINEERING or isinstance(comment.body, Internal)
            if not readable or cause in done or view.known.is_history(comment):
                continue
            if texts.begins(comment.body.text, word):
                rest = comment.body.text.strip()[len(word) :].strip(" :\n").split("\n")[0].strip()
                decision = _answer(view, policy, _Word(side, comment.author, rest, cause), now)
                yield decision
                if isinstance(decision, Route):
                    return


def _answer(view: View, policy: OwnersPolicy, word: _Word, now: datetime) -> Decision:
    by = known_as(policy, view.mapping, word.side, word.author)
    known = {name.casefold(): name for name in (*policy.people, *policy.teams)}
    name = known.get(word.wanted.casefold(), "")
    problem = ""
    if by not in policy.route:
        problem = f"that is for {', '.join(policy.route) or 'nobody, by the policy'}"
    elif not name:
        problem = f"no team or person is called `{word.wanted}`. There are: {', '.join(known.values())}"
    elif name in policy.people and policy.people[name].is_absent(now):
        problem = f"{name} is absent today"
    elif name in policy.people and is_refused(view.known, policy, name):
        problem = f"the tracker does not take {name}"
    if problem:
        return Note(word.side, Internal(f"The route was not changed: {problem}."), f"route:{word.cause}")
    last = last_named(view.known.milestones)
    return Route(
        Happened.ASSIGNED,
        "" if name in policy.people else name,
        f"by {by}'s word",
        last.number + 1 if last else 1,
        person=name if name in policy.people else "",
        severity=_severity(view),
        cause=word.cause,
    )


def known_as(policy: OwnersPolicy, rules: Rules, side: Side, author: Person) -> str:
    """The name in the policy of somebody at a vendor: by address, at the tracker by the mapping's `people` too."""
    for member in policy.people.values():
        address = member.email.casefold()
        if author.email and author.email.casefold() == address:
            return member.name
        there = rules.people.table.get(address, "") if side is Side.ENGINEERING else ""
        if there and there.casefold() in (author.id.casefold(), (author.email or "").casefold()):
            return member.name
    return ""


def parked_as(who: str) -> str:
    """What somebody is called where the tracker does not take them."""
    return f"owner {who}"


def is_refused(known: Known, policy: OwnersPolicy, who: str) -> bool:
    """Whether the tracker did not take this person, by the address that the policy has now."""
    member = policy.people.get(who)
    return member is None or known.parked.get(f"{Scope.LINK}:{parked_as(who)}") == member.email
