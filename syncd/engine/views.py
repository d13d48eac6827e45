"""Everything that a page or a command shows of the store, as values; nothing here writes anything (I27).

What needs to ask the vendors is in `planned` (what would be written) and `why`; both are offered here too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from syncd.core.model import Pair, Value
from syncd.engine import countdown, escalations, signals
from syncd.engine import pulse as pulses
from syncd.engine.callers import Told
from syncd.engine.health import Health, examine
from syncd.engine.linkviews import STATES, LinkView, Ticket, link_view, links
from syncd.engine.lookups import LookupView
from syncd.engine.planned import Change, PlannedLink, compare, plan
from syncd.engine.pulse import Delay, Pulse
from syncd.engine.readable import as_json, shown
from syncd.engine.site import Site
from syncd.engine.why import Answer, ClockAnswer, Step, Unknown, find, why
from syncd.sdk.connector import Quota
from syncd.store import conflicts as conflict_rows
from syncd.store import cursors, overview, pauses
from syncd.store import links as link_rows
from syncd.store import parked as parked_rows
from syncd.store.overview import Waiting
from syncd.store.records import Counts, Filter, LinkState, ParkedItem, Pause, PauseScope

__all__ = [
    "STATES",
    "Answer",
    "Change",
    "ClockAnswer",
    "ConflictView",
    "ConnectionView",
    "Health",
    "LinkView",
    "LookupView",
    "ParkedView",
    "PauseView",
    "PlannedLink",
    "Status",
    "Step",
    "Ticket",
    "Unknown",
    "as_json",
    "compare",
    "conflicts",
    "find",
    "link_view",
    "links",
    "parked",
    "plan",
    "shown",
    "status",
    "why",
]

# --- status ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PauseView:
    """Something that is paused, and the command that lets it go on."""

    scope: str
    name: str
    reason: str
    since: datetime
    remedy: str


@dataclass(frozen=True, slots=True)
class ConnectionView:
    """One account: when it was read last, what is left of its limits, what is wrong with it.

    Attributes:
        expires: when its sign-in ends unless a person renews it; None where the vendor does not tell.
        ending: a sentence about that, in its last two weeks; else empty.
        webhooks: what the running daemon found of them; None where it cannot know, or they are not expected.
    """

    name: str
    connector: str
    last_poll: datetime | None
    quotas: tuple[Quota, ...]
    problem: str
    paused: bool
    expires: datetime | None = None
    ending: str = ""
    webhooks: Told | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """How everything stands.

    Attributes:
        works: a daemon runs and nothing keeps it from its work; `sentence` says so, or why not.
        needs_person: something waits that only a person frees.
        daemon: what the last daemon said of itself; `running` tells whether it still does.
        delay: from a hint to its landed write, over the last hour; only the running daemon knows, None where none runs.
        lookups: those that do not work as they should; their tickets go on with the last answer or the default.
        restored: why the store may be older than what it wrote at the vendors; nothing is written meanwhile.
    """

    works: bool
    needs_person: bool
    sentence: str
    at: datetime
    running: bool
    daemon: Pulse | None
    counts: Counts
    waiting: Waiting
    pauses: tuple[PauseView, ...]
    connections: tuple[ConnectionView, ...]
    delay: Delay | None
    health: Health
    restored: str | None
    lookups: tuple[LookupView, ...] = ()


async def status(site: Site, *, pulse: Pulse | None = None) -> Status:
    """How everything stands now.

    Args:
        pulse: what this very process knows of itself, where it is the daemon; else what the store was last told.
    """
    return await site.store.read(lambda c: _status(site, c, pulse))


def _status(site: Site, c: Connection, pulse: Pulse | None) -> Status:
    now = site.now()
    daemon = pulse or pulses.last(c)
    running = daemon is not None and daemon.alive(now)
    counts, waiting = link_rows.counts(c), overview.waiting(c, now)
    paused = tuple(_pause(pause) for pause in pauses.list_pauses(c))
    health = examine(site, c, started=daemon.started if daemon and running else None)
    connections = tuple(_connections(site, c, daemon, paused, running=running))
    silent = [one.name for one in connections if one.webhooks and one.webhooks.problem]
    needs = bool(waiting.parked or waiting.conflicts or paused or counts.held or site.store.restored or silent)
    return Status(
        works=running and health.ok and not paused and not site.store.restored,
        needs_person=needs,
        sentence=sentence(daemon, running=running, counts=counts, waiting=waiting, paused=paused, health=health,
                          restored=site.store.restored, webhooks=silent, now=now),
        at=now,
        running=running,
        daemon=daemon,
        counts=counts,
        waiting=waiting,
        pauses=paused,
        connections=connections,
        delay=daemon.delay if daemon and running else None,
        health=health,
        restored=site.store.restored,
        lookups=tuple(signals.failing(site, c)),
    )  # fmt: skip


def sentence(
    daemon: Pulse | None,
    *,
    running: bool,
    counts: Counts,
    waiting: Waiting,
    paused: Sequence[PauseView],
    health: Health,
    restored: str | None,
    now: datetime,
    webhooks: Sequence[str] = (),
) -> str:
    """One sentence: whether it works; else the one thing that matters most.

    Args:
        webhooks: connections whose webhooks need a look; what they do not bring, polling does.
    """
    if restored:
        return f"Nothing is written: {restored}. `syncd plan` shows what would be; `syncd db accept` goes on."
    if not running:
        heard = f"last heard {age(now - daemon.at)} ago" if daemon else "none has run on this store"
        return f"No daemon runs ({heard}); `syncd run` starts one."
    if paused:
        first = paused[0]
        return f"{first.scope.capitalize()} {first.name} is paused: {first.reason}. `{first.remedy}` lets it go on."
    if not health.ok:
        return f"It does not work: {health.reasons[0]}."
    return " ".join(_working(counts, waiting, now, webhooks))


def _working(counts: Counts, waiting: Waiting, now: datetime, webhooks: Sequence[str]) -> Iterator[str]:
    if counts.linked:
        yield f"It works: {counts.converged} of {counts.linked} pairs agree"
    else:
        yield "It works: no ticket became an issue yet"
    if counts.behind and counts.behind_since:
        yield f"and {counts.behind} are behind, the longest for {age(now - counts.behind_since)}"
    people = sum(waiting.parked.values()) + waiting.conflicts
    if people:
        yield f"and {people} {'thing waits' if people == 1 else 'things wait'} for a person: `syncd parked`"
    if webhooks:
        yield f"and the webhooks of {', '.join(webhooks)} need a look (polling goes on): `syncd status`"


def age(span: timedelta) -> str:
    """A span in its largest sensible unit: 45 s, 3 min, 5 h, 12 d."""
    seconds = max(0, int(span.total_seconds()))
    for size, unit in ((86400 * 2, 86400), (3600 * 2, 3600), (120, 60)):
        if seconds >= size:
            return f"{seconds // unit} {({86400: 'd', 3600: 'h', 60: 'min'})[unit]}"
    return f"{seconds} s"


def _pause(pause: Pause) -> PauseView:
    remedy = f"syncd retry --{pause.scope} {pause.name}"
    return PauseView(pause.scope.value, pause.name, pause.reason, pause.since, remedy)


def _connections(
    site: Site, c: Connection, daemon: Pulse | None, paused: Sequence[PauseView], *, running: bool
) -> Iterator[ConnectionView]:
    stopped = {pause.name for pause in paused if pause.scope == PauseScope.CONNECTION.value}
    for name, connector in site.connectors.items():
        end, now = daemon.expires.get(name) if daemon else None, site.now()
        near = end is not None and end - now <= countdown.SOON
        yield ConnectionView(
            name=name,
            connector=connector.name,
            last_poll=cursors.last_success(c, name),
            quotas=tuple(connector.quotas()) or (tuple(daemon.quotas.get(name, ())) if daemon else ()),
            problem=daemon.problems.get(name, "") if daemon else "",
            paused=name in stopped,
            expires=end,
            ending=countdown.sentence(name, end, now, renew=countdown.place(connector)) if end and near else "",
            webhooks=daemon.hooks.get(name) if daemon and running else None,
        )


# --- what waits for a person -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ParkedView:
    """Something that was taken out of automatic work, or whose work fails.

    Attributes:
        what: "field priority", "comment 17", "the whole link", "write of a comment".
        next_try: when it is tried again by itself; None: only when a person frees it with `remedy`.
    """

    link: LinkView | None
    scope: str
    item: str
    reason: str
    since: datetime | None
    tries: int
    next_try: datetime | None
    remedy: str

    @property
    def what(self) -> str:
        return f"{self.scope} {self.item}".strip()


async def parked(site: Site, *, limit: int = 100, offset: int = 0) -> list[ParkedView]:
    """What waits for a person, oldest first; then what fails and is tried again by itself."""
    found = await site.store.read(lambda c: list(_parked(c, limit + offset)))
    never = datetime.max.replace(tzinfo=site.now().tzinfo)
    found.sort(key=lambda view: (view.next_try is not None, view.since or never))
    return found[offset : offset + limit]


def _parked(c: Connection, limit: int) -> Iterator[ParkedView]:
    for item in parked_rows.list_parked(c, limit=limit):
        yield _parked_item(c, item)
    for link, since in overview.stopped_links(c, limit):
        view, retry = link_view(link), f"syncd retry {link.id}"
        yield ParkedView(view, "link", "", link.reason, since, link.attempts, None, retry)
    for intent in overview.parked_intents(c, limit):
        view = link_view(link_rows.get(c, intent.link_id))
        what, since = f"{intent.kind} on {intent.side}", intent.attempted_at or intent.created_at
        yield ParkedView(view, "write", what, intent.reason, since, 1, None, f"syncd retry {intent.link_id}")
    for link in link_rows.list_links(c, Filter(state=LinkState.HELD), limit):
        yield ParkedView(link_view(link), "held", "", link.reason, None, 0, None, f"syncd apply {link.id}")
    for told in escalations.parked_views(c, limit):
        what = f"{told.source_id} of {told.client}: {told.act} {told.escalation}"
        yield ParkedView(None, "request", what, told.reason, told.received_at, told.tries, None, told.remedy)
    for link in overview.failing(c, limit):
        retry = f"syncd retry {link.id}"
        yield ParkedView(link_view(link), "link", "", link.error, link.dirty_since, link.attempts, link.due, retry)


def _parked_item(c: Connection, item: ParkedItem) -> ParkedView:
    view = link_view(link_rows.get(c, item.link_id)) if item.link_id else None
    return ParkedView(view, item.scope.value, item.item, item.reason, item.since, item.tries, None, item.remedy)


# --- conflicts -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ConflictView:
    """A field that both sides changed and that nobody owns. `base` is what they agreed on last."""

    id: int
    link: LinkView
    field: str
    base: Pair[Value]
    now: Pair[Value]
    at: datetime
    remedy: str


async def conflicts(site: Site, *, limit: int = 100, offset: int = 0) -> list[ConflictView]:
    """Conflicts that wait for a person, oldest first."""

    def read(c: Connection) -> list[ConflictView]:
        return [
            ConflictView(
                id=row.id,
                link=link_view(link_rows.get(c, row.link_id)),
                field=row.field,
                base=row.base,
                now=row.now,
                at=row.at,
                remedy=f"syncd resolve {row.id} support|engineering",
            )
            for row in conflict_rows.list_open(c, limit, offset)
        ]

    return await site.store.read(read)
