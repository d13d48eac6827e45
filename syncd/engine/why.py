"""Why a ticket is as it is: who set a field, by which rule, what was refused, when the next try is."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from syncd.core import sla
from syncd.core.mapping import FieldRule, Mapping
from syncd.core.milestones import Milestone
from syncd.core.model import Pair, Side
from syncd.core.routing import Role, roles_of
from syncd.core.severity import severity_called
from syncd.core.signals import Heard
from syncd.engine.linkviews import LinkView, link_view
from syncd.engine.planned import fresh_run, spoken
from syncd.engine.readable import shown
from syncd.engine.run import heard_before, resting_of
from syncd.engine.signals import heard, listen
from syncd.engine.site import Site
from syncd.errors import SyncdError
from syncd.sdk.connector import ALL_PARTS, ONLY_FIELDS
from syncd.sdk.errors import ConnectorError, NotFound
from syncd.store import audit, codec, conflicts, hints, intents, links, milestones, overview, parked, pauses
from syncd.store.records import AuditRow, Filter, Link, ParkScope, PauseScope

SHORT = 40  # characters of a value inside a sentence
ROWS = 500  # audit rows of a link that are looked through
SET = frozenset({"update.done", "update.adopted", "update.recovered", "create.done", "create.adopted"})


class Unknown(SyncdError):
    """No link or ticket is called so, or several are; the text names candidates."""

    def __init__(self, text: str, candidates: Sequence[str] = ()) -> None:
        super().__init__(text + (f"; did you mean {', '.join(candidates)}?" if candidates else ""))
        self.candidates = tuple(candidates)


@dataclass(frozen=True, slots=True)
class Step:
    """One row of the audit in words."""

    at: datetime
    what: str
    side: Side | None
    rule: str
    detail: str
    actor: str


@dataclass(frozen=True, slots=True)
class FieldAnswer:
    """One field: what each side says as far as we know, and how it came to that.

    Attributes:
        set_by: the last write of ours to it, in words; empty when there was none.
        refused: what was not done, and why; `conflict` is what both sides said when they clashed.
    """

    name: str
    rule: str
    values: Pair[str]
    set_by: str
    at: datetime | None
    refused: str
    conflict: str


@dataclass(frozen=True, slots=True)
class ClockAnswer:
    """A clock of the contract that is not over. `due` is None while it stands still; `used` and `within` as time."""

    name: str
    used: timedelta
    within: timedelta
    due: datetime | None
    paused: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """Everything there is to say about one ticket or link.

    Attributes:
        waits: why nothing happens at the moment, each a sentence; `next_try` is when the next run is due.
        rules: for a ticket without an issue: each escalation rule, whether it holds, and on which condition it failed.
        steps: what was done and decided, newest first.
        clocks: those that run or stand still.
        owner: who works on the issue, in which role and by which rule.
    """

    link: LinkView
    waits: tuple[str, ...]
    next_try: datetime | None
    fields: tuple[FieldAnswer, ...]
    rules: tuple[tuple[str, bool, str], ...]
    steps: tuple[Step, ...]
    clocks: tuple[ClockAnswer, ...] = ()
    owner: Role | None = None


async def why(site: Site, text: str, field: str | None = None) -> list[Answer]:
    """Answers for a link or a ticket, one per link that it is in.

    Args:
        text: a link's id, a ref (`#12`, `desk:12`), a label (`CORE-7`) or the address of a ticket.
        field: only this entry of `fields`, by its name in the mapping or at either vendor.

    Raises:
        Unknown: no such link, ticket or field.
        ConnectorError: the ticket is in no link, and its vendor did not answer.
    """
    found = await site.store.read(lambda c: candidates(site, c, text))
    answers = [await _answer(site, link, field) for link in found]
    return answers or await _stranger(site, text)


async def find(site: Site, text: str) -> Link:
    """The one link that is meant. Raises Unknown where there is none, or more than one."""
    found = await site.store.read(lambda c: candidates(site, c, text))
    if len(found) == 1:
        return found[0]
    if found:
        raise Unknown(f"`{text}` is in {len(found)} links", [_called(link) for link in found])
    raise await site.store.read(lambda c: unknown(c, text))


def candidates(site: Site, c: Connection, text: str) -> list[Link]:
    """The links that a word may mean, by id, ref, label or address."""
    text = text.strip()
    if text.isdecimal():
        try:
            return [links.get(c, int(text))]
        except KeyError:
            return overview.by_ref(c, text)
    if "://" in text:
        return overview.by_url(c, text)
    connection, colon, ref = text.rpartition(":")
    if colon and connection in site.connectors:
        return links.by_ref(c, connection, ref.removeprefix("#"))
    return overview.by_ref(c, text.removeprefix("#")) or overview.by_label(c, text)


def unknown(c: Connection, text: str) -> Unknown:
    """The error for a word that names nothing, with the names that look most like it."""
    near: dict[str, str] = {}
    for link in links.list_links(c, Filter(), limit=2000):
        view = link_view(link)
        for ticket in (view.support, view.engineering):
            if ticket:
                near[ticket.label.casefold()] = ticket.label
    close = difflib.get_close_matches(text.casefold(), near, n=3, cutoff=0.5)
    return Unknown(f"no link and no ticket is called `{text}`", [near[name] for name in close])


def _called(link: Link) -> str:
    view = link_view(link)
    other = f" - {view.engineering.label}" if view.engineering else ""
    return f"{link.id} ({link.mapping}: {view.support.label}{other})"


# --- a link ----------------------------------------------------------------------------------------------------------


async def _answer(site: Site, link: Link, field: str | None) -> Answer:
    mapping = site.mappings.get(link.mapping)
    rules = _asked(mapping, field) if mapping else ()

    def read(c: Connection) -> Answer:
        rows = audit.page(c, link.id, limit=ROWS, newest_first=True)
        return Answer(
            link=link_view(link),
            waits=tuple(_waits(c, link, mapping)),
            next_try=link.due,
            fields=tuple(_field(c, link, rule, rows) for rule in rules) if link.refs.engineering else (),
            rules=(),
            steps=tuple(_steps(rows, rules if field else ())),
            clocks=tuple(_clocks(c, link, mapping, site.now())) if mapping and not field else (),
            owner=_owner(c, link, mapping, site.now()) if mapping and not field else None,
        )

    answer = await site.store.read(read)
    if mapping is None or link.refs.engineering is not None:
        return answer
    known = await site.store.read(lambda c: heard_before(c, mapping, link.id))
    history = await site.store.read(lambda c: milestones.of(c, link.id))
    said = await _verdicts(site, mapping, link.refs.support or "", known, history)
    return Answer(answer.link, answer.waits, answer.next_try, (), said, answer.steps)


def _owner(c: Connection, link: Link, mapping: Mapping, now: datetime) -> Role | None:
    policy = mapping.escalation.owners if mapping.escalation else None
    return roles_of(policy, link.severity, milestones.of(c, link.id), {}, now)[0] if policy else None


def _clocks(c: Connection, link: Link, mapping: Mapping, now: datetime) -> Iterator[ClockAnswer]:
    contract = mapping.contract
    if contract is None:
        return
    for clock in sla.clocks(contract, severity_called(link.severity), milestones.of(c, link.id), now):
        if clock.ended is None:
            yield ClockAnswer(str(clock.name), clock.used, clock.within, clock.due, clock.paused)


def _asked(mapping: Mapping, field: str | None) -> tuple[FieldRule, ...]:
    if field is None:
        return mapping.fields
    names = {rule.name: {rule.name, *rule.lenses.map(lambda lens: lens.field).both()} for rule in mapping.fields}
    found = tuple(rule for rule in mapping.fields if field in names[rule.name])
    if not found:
        close = difflib.get_close_matches(field, names, n=3, cutoff=0.4) or sorted(names)
        raise Unknown(f"no entry of `fields` in mapping {mapping.name} is called `{field}`", close)
    return found


def _waits(c: Connection, link: Link, mapping: Mapping | None) -> Iterator[str]:
    """Why nothing happens with this link, most general first."""
    if mapping is None:
        yield f"its mapping `{link.mapping}` is not in the configuration"
    for pause in pauses.list_pauses(c):
        names = {link.mapping} if pause.scope is PauseScope.MAPPING else set(link.connections.both())
        if pause.name in names:
            remedy = f"syncd retry --{pause.scope} {pause.name}"
            yield f"{pause.scope} {pause.name} is paused: {pause.reason} (`{remedy}`)"
    match link.state.value:
        case "parked":
            yield f"it is parked: {link.reason} (`syncd retry {link.id}`)"
        case "held":
            yield f"it waits for `syncd apply {link.id}`: {link.reason}"
        case "resting":
            why_ = resting_of(link)
            yield f"it rests: {link.reason.partition(':')[2].strip() or why_ or link.reason}"
    if link.attempts:
        yield (
            f"the last {link.attempts} runs failed: {link.error}"
            if link.attempts > 1
            else (f"the last run did not end well: {link.error}")
        )
    for intent in intents.open_of(c, link.id):
        said = f"a {intent.kind} on {intent.side} is {intent.state}"
        yield f"{said}: {intent.reason}" if intent.reason else said
    for item in parked.of(c, link.id):
        yield f"{item.scope} {item.item} is parked: {item.reason} ({item.remedy})"
    if waiting := hints.of(c, link.id):
        yield f"{len(waiting)} changes wait since {waiting[0].received_at:%Y-%m-%d %H:%M:%S} UTC"


def _field(c: Connection, link: Link, rule: FieldRule, rows: Sequence[AuditRow]) -> FieldAnswer:
    names = rule.lenses.map(lambda lens: lens.field)
    values = Pair(*(_value(link, side, names[side]) for side in Side))
    last = next((row for row in rows if row.entry.kind in SET and _writes(row, names)), None)
    held = parked.find(c, link.id, ParkScope.FIELD, rule.name)
    clash = next((row for row in reversed(conflicts.of(c, link.id, open_only=False)) if row.field == rule.name), None)
    return FieldAnswer(
        name=rule.name,
        rule=rule.where,
        values=values,
        set_by=_set_by(last, names) if last else "",
        at=last.at if last else None,
        refused=held.reason if held else "",
        conflict="" if clash is None else (
            f"support said {shown(clash.now.support)}, engineering said {shown(clash.now.engineering)}: "
            f"{f'{clash.winner} won' if clash.winner else 'nobody decided yet' if clash.open else clash.resolution}"
        ),
    )  # fmt: skip


def _value(link: Link, side: Side, name: str) -> str:
    base = link.base[side]
    return shown(base.fields.get(name)) if base else ""


def _writes(row: AuditRow, names: Pair[str]) -> bool:
    side, after = row.entry.side, row.entry.after
    return side is not None and isinstance(after, dict) and names[side] in after


def _set_by(row: AuditRow, names: Pair[str]) -> str:
    entry = row.entry
    side = entry.side or Side.ENGINEERING
    value = shown(codec.from_json(entry.after[names[side]]))
    short = value if len(value) <= SHORT else f"{value[:SHORT]}…"
    return f"syncd set it on {side} to `{short}`, because {side.other} said so ({entry.rule})"


def _about(row: AuditRow, rules: Sequence[FieldRule]) -> bool:
    """Whether an audit row speaks of one of these fields."""
    for rule in rules:
        names = rule.lenses.map(lambda lens: lens.field)
        if row.entry.item == rule.name or rule.where in row.entry.rule.split(", ") or _writes(row, names):
            return True
    return False


def _steps(rows: Sequence[AuditRow], rules: Sequence[FieldRule]) -> Iterator[Step]:
    """The rows in words; an attempt whose outcome is known is not told twice."""
    settled = {row.entry.request for row in rows if row.entry.request and not row.entry.kind.endswith(".attempt")}
    names = {name for rule in rules for name in rule.lenses.map(lambda lens: lens.field).both()}
    for row in rows:
        answered = row.entry.kind.endswith(".attempt") and row.entry.request in settled
        if not answered and (not rules or _about(row, rules)):
            yield _step(row, names)


def _step(row: AuditRow, names: set[str]) -> Step:
    """One row; of its fields only these, where any are named."""
    entry = row.entry
    detail = entry.outcome
    if isinstance(entry.after, dict) and entry.kind.startswith(("update", "create")):
        before = entry.before if isinstance(entry.before, dict) else None
        asked = {name: value for name, value in entry.after.items() if not names or name in names}
        detail = "; ".join(_moved(name, before, value) for name, value in asked.items())
        if entry.kind.endswith("refused"):
            detail = f"{detail}: {entry.outcome}"
    return Step(row.at, entry.kind, entry.side, entry.rule, detail, entry.actor)


def _moved(name: str, before: MappingOf[str, object] | None, after: object) -> str:
    new = _said(after) or "(empty)"
    return f"{name}: {new}" if before is None else f"{name}: {_said(before.get(name)) or '(empty)'} -> {new}"


def _said(value: object) -> str:
    return shown(codec.from_json(value)) if isinstance(value, str | bool | dict) else ""


# --- a ticket without a link -----------------------------------------------------------------------------------------


async def _stranger(site: Site, text: str) -> list[Answer]:
    """A ticket that the store has not seen: what the rules say of it."""
    connection, _, ref = text.rpartition(":")
    answers: list[Answer] = []
    for mapping in site.mappings.values():
        if (connection and connection != mapping.connections.support) or "://" in text:
            continue
        try:
            said = await _verdicts(site, mapping, ref.removeprefix("#"))
        except NotFound:
            continue
        view = link_view(fresh_run(site, mapping, ref.removeprefix("#")).link)
        answers.append(Answer(view, ("it has not changed since syncd watches its connection",), None, (), said, ()))
    if not answers:
        raise await site.store.read(lambda c: unknown(c, text))
    return answers


async def _verdicts(
    site: Site, mapping: Mapping, ref: str, known: Heard | None = None, history: Sequence[Milestone] = ()
) -> tuple[tuple[str, bool, str], ...]:
    try:
        asks = [one for one in (mapping.packet, mapping.signals) if one is not None and one.reads_comments]
        parts = ALL_PARTS if asks else ONLY_FIELDS
        ticket = await site.connectors[mapping.connections.support].fetch(ref, parts=parts)
    except NotFound:
        raise
    except ConnectorError as error:
        return (("(the ticket)", False, f"cannot be read now: {error}"),)
    run = fresh_run(site, mapping, ref)
    run.heard = known or Heard()
    run.seen = run.seen.put(Side.SUPPORT, ticket)
    await listen(run, keep=False)
    return spoken(mapping, heard(run) or ticket, history=history)
