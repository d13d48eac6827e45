"""Who takes work, and by which words people take a step: two sections of the playbook, in plain words."""

from __future__ import annotations

from collections.abc import Iterator

from syncd.core import inwords
from syncd.core.hours import ALWAYS
from syncd.core.mapping import Mapping
from syncd.core.model import Side, Visibility
from syncd.core.owners import Absence, Member, OwnersPolicy, RoutingRule, Team
from syncd.core.playbook import Entry
from syncd.core.policy import EscalationPolicy
from syncd.core.severity import WORST_FIRST


def owners(policy: EscalationPolicy) -> Iterator[Entry]:
    """Pools with their rotation, absences, routing, transfer; nothing where the policy names nobody."""
    found = policy.owners
    if found is None:
        if policy.contract.acceptance.owner:
            yield Entry("Internal owner", f"whoever stands in {policy.contract.acceptance.owner} of the issue")
        return
    yield from _roles(found)
    yield from (_team(team, found) for team in found.teams.values())
    yield from (_away(person) for person in found.people.values() if person.absent)
    yield from (_route(rule, policy) for rule in found.rules)
    if found.transfer:
        later = found.transfer
        each = [
            f"{one} after {inwords.within(later[one].within, later[one].hours)}" for one in WORST_FIRST if one in later
        ]
        yield Entry("Transfer", f"nobody took it: the next in line is named; {inwords.listed(each)}")


def _roles(found: OwnersPolicy) -> Iterator[Entry]:
    if found.internal:
        yield Entry("Internal owner", f"{found.internal} of the issue")
    if found.customer:
        yield Entry("Customer-facing owner", f"{found.customer} of the ticket")
    if found.route:
        yield Entry("May change the route", inwords.listed(found.route))


def _team(team: Team, found: OwnersPolicy) -> Entry:
    members = (f"{name} ({team.role(name)}{_where(found.people.get(name))})" for name in team.members)
    skills = f"; knows {inwords.listed(sorted(team.skills))}" if team.skills else ""
    then = f"; then {team.fallback}" if team.fallback else ""
    return Entry(f"Team {team.name}", f"{inwords.listed(members)}{skills}{then}")


def _where(person: Member | None) -> str:
    return f", {person.hours.zone}" if person and person.hours.week != ALWAYS.week else ""


def _away(person: Member) -> Entry:
    return Entry(f"{person.name} is away", inwords.listed(map(_absence, person.absent)))


def _absence(away: Absence) -> str:
    return str(away.first) if away.first == away.last else f"{away.first} to {away.last}"


def _route(rule: RoutingRule, policy: EscalationPolicy) -> Entry:
    asked = policy.signals.asked if policy.signals else frozenset()
    which = inwords.tickets(rule.severities, rule.when, asked) or "every ticket"
    skills = f", who know {inwords.listed(sorted(rule.skills))}" if rule.skills else ""
    return Entry(f"Route {inwords.quoted(rule.name)}", f"{which} → {rule.team}{skills}")


# --- words ------------------------------------------------------------------------------------------------------------


def words(rules: Mapping, policy: EscalationPolicy) -> Iterator[Entry]:
    """With what a comment begins, and what it does; those of tables that are not there are left out."""
    how = policy.contract.acceptance
    yield Entry(how.accept, f"on the issue: engineering takes it{_also(policy)}")
    yield Entry(f"{how.give_back} needs: …", "on the issue: back to support, with what is missing")
    yield Entry(how.resubmit, "internal, on the ticket: it was added, engineering has it again")
    yield Entry(how.reviewed, "on either: it was looked at together")
    if policy.approvals:
        yield Entry(how.approve, "internal, on the ticket, by who may: the issue is made")
        yield Entry(f"{how.refuse} reason", "internal, on the ticket, by who may: none is made")
    if policy.owners and policy.owners.route:
        yield Entry(f"{how.route} TEAM", "internal, on either, by who may: to this team or person")
    for rule in rules.comments:
        if rule.starts_with and rule.side is Side.ENGINEERING and rule.visibility is Visibility.PUBLIC:
            yield Entry(f"{rule.starts_with} …", "on the issue: what follows is a public answer to the customer")


def _also(policy: EscalationPolicy) -> str:
    how = policy.contract.acceptance
    other = [f"naming somebody in {how.owner}"] if how.owner and how.assigned else []
    other += [f"setting {inwords.listed(sorted(how.statuses), last='or')}"] if how.statuses else []
    other += ["a signed link"] if how.links else []
    return f"; so does {inwords.listed(other, last='or')}" if other else ""
