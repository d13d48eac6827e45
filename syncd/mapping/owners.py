"""People, teams, owners, routing, transfer and budgets of `escalation.yaml` -> who takes work, for one mapping."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from syncd.core.conditions import Condition
from syncd.core.hours import ALWAYS, Hours
from syncd.core.model import Kind, Pair, Side
from syncd.core.owners import Budget, Member, OwnersPolicy, Patience, RoutingRule, Team
from syncd.core.severity import Severity
from syncd.mapping.context import Context
from syncd.mapping.draft import PolicyDraft
from syncd.mapping.hours import all_hours, zone_called
from syncd.mapping.kinds import sides
from syncd.mapping.nodes import Path
from syncd.mapping.schema import (
    AcceptanceBlock,
    BudgetBlock,
    FieldBlock,
    OwnersBlock,
    PersonBlock,
    RoutingBlock,
    TeamBlock,
    TransferBlock,
)
from syncd.mapping.when import conditions
from syncd.mapping.words import listed, meant

_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")
_NAME = re.compile(r"\w[\w.' -]*")


def check(draft: PolicyDraft, context: Context) -> None:
    """Complain of what is wrong whatever the mapping."""
    _check_people(draft, context)
    _check_teams(draft, context)
    _check_owners(draft, context)
    _check_routing(draft, context)
    _check_budgets(draft, context)


def owners_policy(
    draft: PolicyDraft, mapping: str, fields: Mapping[str, FieldBlock], context: Context
) -> OwnersPolicy | None:
    """The policy; None where the file names nobody."""
    people, block = draft.parts.get("people", {}), owners_block(draft)
    if not people and block is None:
        return None
    if block is not None:
        _check_fields(block, mapping, fields, context)
    silent = Context(document=draft.document, vendors=Pair(None, None), broken=draft.broken)
    found = OwnersPolicy(
        people={name: _member(name, one, draft, silent) for name, one in people.items()},
        teams={
            name: Team(name, tuple(one.members), frozenset(one.skills), one.fallback or "")
            for name, one in teams_of(draft).items()
        },
        internal=block.internal.field if block else "",
        customer=block.customer.field if block and block.customer else "",
        rules=tuple(_rules(draft, mapping, fields, context)),
        transfer=_transfer(draft, silent),
        budgets=tuple(_budget(name, one, silent) for name, one in budgets_of(draft).items()),
    )
    return replace(found, route=found.expanded(block.route if block else ()))


def owners_block(draft: PolicyDraft) -> OwnersBlock | None:
    found: OwnersBlock | None = draft.parts.get("owners")
    return found


def people_of(draft: PolicyDraft) -> Mapping[str, PersonBlock]:
    found: Mapping[str, PersonBlock] = draft.parts.get("people", {})
    return found


def teams_of(draft: PolicyDraft) -> Mapping[str, TeamBlock]:
    found: Mapping[str, TeamBlock] = draft.parts.get("teams", {})
    return found


def budgets_of(draft: PolicyDraft) -> Mapping[str, BudgetBlock]:
    found: Mapping[str, BudgetBlock] = draft.parts.get("budget", {})
    return found


def hours_by_severity(draft: PolicyDraft, silent: Context) -> dict[Severity, Hours]:
    """When time counts for each severity."""
    hours = all_hours(draft.parts.get("hours", {}), silent)
    return {severity: hours.get(block.hours, ALWAYS) for severity, block in draft.severities()}


def check_names(draft: PolicyDraft, path: Path, names: Sequence[str], context: Context) -> None:
    """Complain of names in a list that are neither people nor teams."""
    known = [*people_of(draft), *teams_of(draft)]
    if context.is_broken(("people",)) or context.is_broken(("teams",)):
        return
    for at, name in enumerate(names):
        if name not in known:
            problem = f"neither a person nor a team is called `{name}`"
            remedy = meant(name, known) or f"add `{name}` to `people`"
            context.complain((*path, at), problem, expected=f"one of {listed(known)}", remedy=remedy)


# --- people and teams -------------------------------------------------------------------------------------------------


def _member(name: str, block: PersonBlock, draft: PolicyDraft, silent: Context) -> Member:
    hours = all_hours(draft.parts.get("hours", {}), silent).get(block.hours, ALWAYS)
    if block.zone is not None:
        hours = replace(hours, zone=zone_called(block.zone, (), silent))
    return Member(name, block.email.casefold(), hours, frozenset(block.skills), tuple(block.absent))


def _check_people(draft: PolicyDraft, context: Context) -> None:
    hours = all_hours(draft.parts.get("hours", {}), replace(context, complaints=[]))
    first: dict[str, str] = {}
    for name, block in people_of(draft).items():
        path: Path = ("people", name)
        _check_name(name, path, context)
        if not _ADDRESS.fullmatch(block.email):
            problem, remedy = f"`{block.email}` is no address of a person", "write such as `ana@acme.example`"
            context.complain((*path, "email"), problem, expected="an e-mail address", remedy=remedy)
        other = first.setdefault(block.email.casefold(), name)
        if other != name:
            problem = f"the address of `{name}` is that of `{other}`"
            context.complain((*path, "email"), problem, expected="each person once", remedy="delete one of them")
        if block.zone is not None:
            zone_called(block.zone, (*path, "zone"), context)
        if block.hours not in hours and not context.is_broken(("hours",)):
            problem, expected = f"`{name}` works in hours `{block.hours}`, which nobody described", listed(hours)
            remedy = meant(block.hours, hours) or f"add `{block.hours}` to `hours`"
            context.complain((*path, "hours"), problem, expected=f"one of {expected}", remedy=remedy)


def _check_name(name: str, path: Path, context: Context) -> None:
    if not _NAME.fullmatch(name):
        problem, remedy = f"`{name}` cannot be a name: it has other signs than words have", "write `payments-core`"
        context.complain(path, problem, expected="letters, digits, dashes and blanks", remedy=remedy, key=True)


def _check_teams(draft: PolicyDraft, context: Context) -> None:
    people, teams = people_of(draft), teams_of(draft)
    for name, block in teams.items():
        path: Path = ("teams", name)
        _check_name(name, path, context)
        if name.casefold() in map(str.casefold, people):
            problem, remedy = f"`{name}` is a person and a team", "rename the team"
            context.complain(path, problem, expected="names of their own, for `/route`", remedy=remedy, key=True)
        _check_members(name, block, people, context)
        _check_fallback(name, block, teams, context)


def _check_members(name: str, block: TeamBlock, people: Mapping[str, PersonBlock], context: Context) -> None:
    path: Path = ("teams", name, "members")
    if context.is_broken(path) or context.is_broken(("people",)):
        return
    if not block.members:
        context.complain(path, f"nobody is in team `{name}`", expected="names of `people`", remedy="write `[ana, ben]`")
    for at, person in enumerate(block.members):
        if person not in people:
            problem, remedy = f"no person is called `{person}`", meant(person, people) or f"add `{person}` to `people`"
            expected = f"one of {listed(people)}" if people else "a name of `people`"
            context.complain((*path, at), problem, expected=expected, remedy=remedy)
        elif person in block.members[:at]:
            problem = f"`{person}` is in team `{name}` twice"
            context.complain((*path, at), problem, expected="each person once", remedy="delete one")


def _check_fallback(name: str, block: TeamBlock, teams: Mapping[str, TeamBlock], context: Context) -> None:
    path: Path = ("teams", name, "fallback")
    if block.fallback is None:
        return
    if block.fallback not in teams:
        _no_team(block.fallback, path, teams, context)
    elif name in _after(block.fallback, teams):
        problem = f"the fallback of `{name}` leads back to it"
        context.complain(path, problem, expected="a line that ends", remedy="delete the line")


def _no_team(name: str, path: Path, teams: Iterable[str], context: Context) -> None:
    if context.is_broken(("teams",)):
        return
    known = list(teams)
    expected = f"one of {listed(known)}" if known else "a name of `teams`"
    remedy = meant(name, known) or f"add `{name}` to `teams`"
    context.complain(path, f"no team is called `{name}`", expected=expected, remedy=remedy)


def _after(name: str, teams: Mapping[str, TeamBlock]) -> list[str]:
    """This team and its fallbacks."""
    found: list[str] = []
    while name in teams and name not in found:
        found.append(name)
        name = teams[name].fallback or ""
    return found


# --- owners and routing -----------------------------------------------------------------------------------------------


def _check_owners(draft: PolicyDraft, context: Context) -> None:
    block = owners_block(draft)
    if block is None:
        return
    check_names(draft, ("owners", "route"), block.route, context)
    acceptance: AcceptanceBlock = draft.parts.get("acceptance", AcceptanceBlock())
    if acceptance.owner is not None and acceptance.owner != block.internal.field:
        problem = f"the owner is read from `{acceptance.owner}` and written to `{block.internal.field}`"
        remedy = "delete the line: `owners.internal` says it"
        context.complain(("acceptance", "owner"), problem, expected="one field for both", remedy=remedy)


def _routing(draft: PolicyDraft, context: Context) -> Iterator[tuple[Path, RoutingBlock]]:
    blocks: Sequence[RoutingBlock] = draft.parts.get("routing", ())
    for at, block in zip(context.positions(("routing",), len(blocks)), blocks, strict=True):
        yield ("routing", at), block


def _check_routing(draft: PolicyDraft, context: Context) -> None:
    found = list(_routing(draft, context))
    context.named_once([(path, block.name) for path, block in found], "a rule of the routing")
    block: TransferBlock = draft.parts.get("transfer", TransferBlock())
    if found and owners_block(draft) is None and not context.is_broken(("owners",)):
        remedy = "write `owners: {internal: {field: assignee}}`, the tracker's field for it"
        context.complain(
            ("routing",), "nothing says where the routing names somebody", expected="`owners`", remedy=remedy, key=True
        )
    if not found and any(block.model_dump().values()) and not context.is_broken(("routing",)):
        problem, remedy = "nobody is ever named, so nothing can be transferred", "add rules under `routing`"
        context.complain(("transfer",), problem, expected="rules under `routing`", remedy=remedy, key=True)
    everything = ""
    for path, rule in found:
        _check_rule(path, rule, draft, context)
        if everything:
            problem = f"rule `{rule.name}` is never asked: `{everything}` takes every ticket"
            context.complain(path, problem, expected="the rule for all as the last one", remedy="move it up")
        elif not rule.when and not rule.severities and not rule.mappings and not context.is_broken(path):
            everything = rule.name


def _check_rule(path: Path, rule: RoutingBlock, draft: PolicyDraft, context: Context) -> None:
    people, teams = people_of(draft), teams_of(draft)
    if rule.team not in teams:
        _no_team(rule.team, (*path, "team"), teams, context)
        return
    check_severities(rule.severities, path, f"rule `{rule.name}`", context)
    team, needed = teams[rule.team], set(rule.skills)
    if not any(needed <= {*people[name].skills, *team.skills} for name in team.members if name in people):
        problem = f"nobody in `{rule.team}` has {listed(rule.skills)}"
        remedy = f"add it to `skills` of `{rule.team}` or of somebody there"
        context.complain((*path, "skills"), problem, expected="skills of one person", remedy=remedy)


def check_severities(given: Sequence[Severity] | None, path: Path, what: str, context: Context) -> None:
    """Complain of a list of severities with nothing in it."""
    if given is not None and not given and not context.is_broken((*path, "severities")):
        problem, remedy = f"{what} is for no severity", "delete the line, and it holds for all"
        context.complain((*path, "severities"), problem, expected="`[sev1]`", remedy=remedy)


def _rules(
    draft: PolicyDraft, mapping: str, fields: Mapping[str, FieldBlock], context: Context
) -> Iterator[RoutingRule]:
    for path, block in _routing(draft, context):
        if block.mappings and mapping not in block.mappings:
            continue
        _check_place(block, path, context)
        yield RoutingRule(
            name=block.name,
            team=block.team,
            when=when_of(block.when, (*path, "when"), fields, context, all_of_them="it would take every ticket"),
            severities=frozenset(block.severities or ()),
            skills=frozenset(block.skills),
            place=dict(block.place),
        )


def when_of(
    given: Mapping[str, object] | None,
    path: Path,
    fields: Mapping[str, FieldBlock],
    context: Context,
    *,
    all_of_them: str,
) -> tuple[Condition, ...]:
    """Conditions that may be left out altogether."""
    if given is None:
        return ()
    return conditions(given, path, fields, replace(context, graded=True), all_of_them=all_of_them)  # type: ignore[arg-type]


def _check_place(block: RoutingBlock, path: Path, context: Context) -> None:
    vendor = context.vendors.engineering
    if vendor is None or not vendor.place_keys:
        return
    for key in block.place:
        if key not in vendor.place_keys:
            problem = f"{vendor.connector} does not know `{key}` in `place`"
            expected, remedy = f"one of {listed(sorted(vendor.place_keys))}", meant(key, vendor.place_keys)
            context.complain((*path, "place", key), problem, expected=expected, remedy=remedy or "delete it", key=True)
    place = block.place.get(vendor.container, "")
    if place and vendor.part and place.casefold() not in map(str.casefold, vendor.part):
        problem = f"rule `{block.name}` sends tickets to `{place}`, at which the connection does not look"
        remedy = meant(place, vendor.part) or f"add `{place}` to `{vendor.part_key}` of the connection"
        where = (*path, "place", vendor.container)
        context.complain(where, problem, expected=f"one of {listed(vendor.part)}", remedy=remedy)


def _check_fields(block: OwnersBlock, mapping: str, fields: Mapping[str, FieldBlock], context: Context) -> None:
    """The fields must be people, and the routing must be the only one who writes the internal one."""
    _check_person(block.internal.field, Side.ENGINEERING, ("owners", "internal", "field"), context)
    if block.customer is not None:
        _check_person(block.customer.field, Side.SUPPORT, ("owners", "customer", "field"), context)
    known = context.known(Side.ENGINEERING, block.internal.field)
    for name, entry in fields.items():
        if (known is None or known.kind is Kind.PERSON) and sides(entry).engineering.field == block.internal.field:
            problem = f"`{block.internal.field}` is kept equal by entry `{name}` of mapping `{mapping}`, too"
            expected = "a field that only the routing and engineers write"
            remedy = f"delete the entry `{name}` of `fields`: each side has an owner of its own"
            context.complain(("owners", "internal", "field"), problem, expected=expected, remedy=remedy)


def _check_person(name: str, side: Side, path: Path, context: Context) -> None:
    known, vendor = context.known(side, name), context.vendor(side)
    expected = f"a field of {vendor} that is a person"
    if known is not None and known.kind is not Kind.PERSON:
        kind = known.kind.value.replace("_", " ")
        context.complain(
            path, f"nobody can be named in `{name}` of {vendor}, a {kind}", expected=expected, remedy="name another one"
        )
    elif known is None and (close := context.misspelt(side, name)):
        problem = f"nobody can be named in `{name}`: {vendor} has no such field"
        context.complain(path, problem, expected=expected, remedy=f"did you mean `{close}`?")


# --- transfer and budgets ---------------------------------------------------------------------------------------------


def _transfer(draft: PolicyDraft, silent: Context) -> dict[Severity, Patience]:
    block: TransferBlock = draft.parts.get("transfer", TransferBlock())
    hours = hours_by_severity(draft, silent)
    given = {severity: getattr(block, severity.value) for severity in Severity}
    return {severity: Patience(within, hours[severity]) for severity, within in given.items() if within is not None}


def _budget(name: str, block: BudgetBlock, silent: Context) -> Budget:
    where = zone_called(block.zone, (), silent)
    return Budget(name, block.team, block.per_day, where, block.over, frozenset(block.severities or ()))


def _check_budgets(draft: PolicyDraft, context: Context) -> None:
    teams, budgets = teams_of(draft), budgets_of(draft)
    first: dict[str, str] = {}
    for name, block in budgets.items():
        path: Path = ("budget", name)
        zone_called(block.zone, (*path, "zone"), context)
        check_severities(block.severities, path, f"budget `{name}`", context)
        for key, team in (("team", block.team), ("over", block.over)):
            if team not in teams:
                _no_team(team, (*path, key), teams, context)
        if block.over == block.team:
            problem, remedy = f"what is over budget `{name}` would go to the same team", "name the senior pool"
            context.complain((*path, "over"), problem, expected="another team", remedy=remedy)
        other = first.setdefault(block.team, name)
        if other != name and not (block.severities and budgets[other].severities):
            problem = f"team `{block.team}` has the budget `{other}` already"
            remedy = "delete one, or give both `severities`"
            context.complain((*path, "team"), problem, expected="one budget for a team", remedy=remedy)
