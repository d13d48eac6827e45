"""Sends what is due from the outbox: each channel for itself, so that one that refuses stops no other and no run.

A message is noted as `sending` before its request. What is still so after `LOST` was cut off by a crash: where the
receiver knows it by its id it is sent again, elsewhere it is parked, for a person can look whether it arrived.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

import structlog
from sqlalchemy import Connection

from syncd.channels.port import Channel, Outgoing
from syncd.core.severity import severity_called
from syncd.engine.operate import NOBODY, By
from syncd.engine.site import Site
from syncd.errors import SyncdError
from syncd.sdk.errors import (
    BadAnswer,
    ConnectorError,
    Forbidden,
    NotFound,
    RateLimited,
    Unauthorized,
    Unavailable,
)
from syncd.store import audit, links, messages, parked
from syncd.store.records import AuditEntry, MessageRow, MessageState, ParkScope

log = structlog.get_logger()

FEW = 5
"""So many messages of one rule go to one recipient in a minute; more come together, as one that lists them."""
WINDOW = timedelta(minutes=1)
LISTED = 50  # in a digest; of the rest it says how many
AT_ONCE = 1000  # rows that are looked at for one request
LOST = timedelta(minutes=2)  # longer than any channel's time-out
TURNS = 20  # requests to one channel in one go, so that the next look comes soon
TRIES = 15  # about seven hours
FIRST, LONGEST = timedelta(seconds=15), timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Bundle:
    """What goes out in one request."""

    id: str
    rows: tuple[MessageRow, ...]


async def send_due(site: Site) -> int:
    """Send what is due; how many requests were made."""
    await site.store.write(lambda c: _park_strangers(site, c))
    return sum(await asyncio.gather(*(_serve(site, channel) for channel in site.channels.values())))


async def _serve(site: Site, channel: Channel) -> int:
    if not await site.store.read(lambda c: _has_work(site, c, channel)):
        return 0
    await site.store.write(lambda c: _begin(site, c, channel))
    for turn in range(TURNS):
        bundle = await site.store.write(lambda c: _take(site, c, channel))
        if bundle is None:
            return turn
        if not await _send(site, channel, bundle):
            return turn + 1
    return TURNS


def _has_work(site: Site, c: Connection, channel: Channel) -> bool:
    """Whether something is due, or was being sent, and the channel may be used. Only a read: mostly there is nothing.

    One whose settings changed since it was parked may be used again.
    """
    if not messages.is_due(c, channel.name, site.now()):
        return False
    return not _is_held(c, channel)


def _is_held(c: Connection, channel: Channel) -> bool:
    held = parked.find(c, None, ParkScope.CHANNEL, channel.name)
    return held is not None and held.fingerprint == channel.fingerprint


async def is_held(site: Site, channel: Channel) -> bool:
    """Whether a channel waits for a person, with the settings that it has now."""
    return await site.store.read(lambda c: _is_held(c, channel))


async def hold(site: Site, channel: Channel, reason: str) -> None:
    """Park a channel; what would go through it waits."""
    await site.store.write(lambda c: _park_channel(site, c, channel.name, channel.fingerprint, reason))


# --- what goes out next -----------------------------------------------------------------------------------------------


def _begin(site: Site, c: Connection, channel: Channel) -> None:
    if held := parked.find(c, None, ParkScope.CHANNEL, channel.name):
        parked.release(c, held.id)
    _settle_doubts(site, c, channel)


def _settle_doubts(site: Site, c: Connection, channel: Channel) -> None:
    """What was being sent when a process ended."""
    for bundle, rows in messages.doubtful(c, channel.name, site.now() - LOST).items():
        if channel.knows_repeats:
            messages.later(c, [row.id for row in rows], site.now(), "it may have been sent; sent again with its id")
        else:
            _park(site, c, channel, Bundle(bundle, tuple(rows)), "it may have been sent: syncd ended while it was")


def _take(site: Site, c: Connection, channel: Channel) -> Bundle | None:
    """Note the next request as being made; None where nothing is due now."""
    for rows in _groups(messages.due(c, channel.name, site.now(), AT_ONCE)):
        chosen = _chosen(site, c, rows)
        if chosen:
            identity = chosen[0].bundle or _identity(site, c, chosen)
            taken = messages.take(c, [row.id for row in chosen], identity, site.now())
            if taken:
                return Bundle(identity, tuple(taken))
    return None


def _groups(rows: Sequence[MessageRow]) -> list[list[MessageRow]]:
    """What was tried together before, and else what one rule tells one recipient."""
    found: dict[tuple[str, ...], list[MessageRow]] = {}
    for row in rows:
        key = (row.bundle,) if row.bundle else ("", row.rule, row.recipient)
        found.setdefault(key, []).append(row)
    return list(found.values())


def _chosen(site: Site, c: Connection, rows: Sequence[MessageRow]) -> list[MessageRow]:
    """What of a group goes out in one request now: all of it where it is much, or else the first."""
    first = rows[0]
    if first.bundle:
        return list(rows)
    now = site.now()
    ready = [row for row in rows if not _waits_for_hours(site, c, row, now)]
    room = FEW - messages.recent(c, first.rule, first.recipient, now - WINDOW)
    if room <= 0:
        return []
    return ready if len(ready) > FEW else ready[:1]


def _waits_for_hours(site: Site, c: Connection, row: MessageRow, now: datetime) -> bool:
    """Whether it is quiet again, because the message could not go out in time; then it waits for the next hours."""
    mapping = site.mappings.get(links.get(c, row.link_id).mapping)
    policy = mapping.escalation if mapping else None
    rule = policy.telling.rule(row.rule) if policy and policy.telling else None
    opens = rule.opens(severity_called(row.severity), now) if rule else now
    if opens > now:
        messages.later(c, [row.id], opens)
    return opens > now


def _identity(site: Site, c: Connection, rows: Sequence[MessageRow]) -> str:
    """Made of what is told, so that a store that was rolled back gives the same."""
    parts = [part for row in rows for part in (_ticket(c, row), row.fact, row.rule, row.recipient)]
    return site.key("message", *parts)


def _ticket(c: Connection, row: MessageRow) -> str:
    link = links.get(c, row.link_id)
    return f"{link.mapping}/{link.refs.support}"


# --- one request ------------------------------------------------------------------------------------------------------


async def _send(site: Site, channel: Channel, bundle: Bundle) -> bool:
    """Make the request and note what came of it; False where the channel has enough for now."""
    try:
        said = await channel.send(outgoing(bundle))
    except ConnectorError as error:
        return await site.store.write(lambda c, error=error: _failed(site, c, channel, bundle, error))  # type: ignore[misc]
    except Exception as error:
        bug = uuid4().hex[:8]
        log.error("bug", id=bug, channel=channel.name, exc_info=error)
        await site.store.write(lambda c: _park(site, c, channel, bundle, f"a bug in syncd, {bug}"))
        return True
    await site.store.write(lambda c: _sent(site, c, channel, bundle, said))
    log.info("message.sent", channel=channel.name, messages=len(bundle.rows))
    return True


def outgoing(bundle: Bundle) -> Outgoing:
    """One message as it was written, or a digest of several."""
    first, count = bundle.rows[0], len(bundle.rows)
    if count == 1:
        kind = f"escalation.{first.fact.partition(':')[0]}"
        subject, text, shown = first.subject, first.body, first.links
    else:
        kind, shown = "escalation.digest", ()
        subject, text = f"{count} messages: {first.rule}", "\n".join(_listed(bundle.rows))
    return Outgoing(
        id=bundle.id,
        at=first.created_at,
        subject=subject,
        text=text,
        links=shown,
        to=first.address,
        kind=kind,
        events=tuple(row.event for row in bundle.rows),
    )


def _listed(rows: Sequence[MessageRow]) -> Iterator[str]:
    for row in rows[:LISTED]:
        yield f"{row.created_at:%Y-%m-%d %H:%M} UTC  {row.subject}"
        if row.links:
            yield f"    {row.links[0][1]}"
    if len(rows) > LISTED:
        yield f"and {len(rows) - LISTED} more"


def _sent(site: Site, c: Connection, channel: Channel, bundle: Bundle, said: str) -> None:
    messages.sent(c, bundle.id)
    for row in bundle.rows:
        _tell_audit(site, c, row, "message.sent", said)


def _failed(site: Site, c: Connection, channel: Channel, bundle: Bundle, error: ConnectorError) -> bool:
    """Try again later, or park the message, or park the channel; whether other messages are worth a try."""
    reason, tries = str(error).removeprefix(f"{channel.name}: "), bundle.rows[0].attempts
    match error:
        case Unauthorized() | Forbidden() | NotFound():
            messages.later(c, [row.id for row in bundle.rows], site.now(), reason)
            _park_channel(site, c, channel.name, channel.fingerprint, reason)
            return False
        case RateLimited(retry_after=seconds):
            _try_later(site, c, bundle, timedelta(seconds=seconds), reason)
            return False
        case Unavailable(sent=True) | BadAnswer() if not channel.knows_repeats:
            _park(site, c, channel, bundle, f"it may have been sent: {reason}")
            return True
        case Unavailable() | BadAnswer() if tries < TRIES:
            _try_later(site, c, bundle, _backoff(tries), reason)
            return False
        case Unavailable() | BadAnswer():
            _park(site, c, channel, bundle, f"{reason}, {tries} times")
            return False
    _park(site, c, channel, bundle, reason)
    return True


def _backoff(tries: int) -> timedelta:
    longest: timedelta = min(FIRST * 2 ** (tries - 1), LONGEST)
    return longest * random.uniform(0.5, 1.0)  # noqa: S311  # jitter is no secret


def _try_later(site: Site, c: Connection, bundle: Bundle, wait: timedelta, reason: str) -> None:
    messages.later(c, [row.id for row in bundle.rows], site.now() + wait, reason)
    log.warning("message.later", channel=bundle.rows[0].channel, reason=reason, seconds=round(wait.total_seconds()))


# --- what waits for a person ------------------------------------------------------------------------------------------


def _park(site: Site, c: Connection, channel: Channel, bundle: Bundle, reason: str) -> None:
    """One request with all that is in it."""
    messages.park(c, bundle.id, reason)
    first, count = bundle.rows[0], len(bundle.rows)
    what = first.subject if count == 1 else f"{count} messages of rule {first.rule}"
    parked.park(
        c,
        scope=ParkScope.MESSAGE,
        item=bundle.id,
        reason=f"{channel.name}: {reason}: {what}",
        remedy=f"look whether it is there; `syncd retry --channel {channel.name}` sends it again, "
        f"`syncd tell --forget {channel.name}` does not",
        now=site.now(),
    )
    for row in bundle.rows:
        _tell_audit(site, c, row, "message.parked", reason)


def _park_channel(site: Site, c: Connection, name: str, fingerprint: str, reason: str) -> None:
    parked.park(
        c,
        scope=ParkScope.CHANNEL,
        item=name,
        fingerprint=fingerprint,
        reason=reason,
        remedy=f"mend it in the config or at the receiver, then `syncd retry --channel {name}`; its messages wait",
        now=site.now(),
    )
    entry = AuditEntry(kind="channel.parked", link_id=None, item=name, outcome=reason)
    audit.append(c, entry, site.now())
    log.error("channel.parked", channel=name, reason=reason)


def _park_strangers(site: Site, c: Connection) -> None:
    """Messages for a channel that the config has no more would wait without a word."""
    for name in messages.channels(c, MessageState.WAITING) - site.channels.keys():
        if parked.find(c, None, ParkScope.CHANNEL, name) is None:
            _park_channel(site, c, name, "", "no channel of the config is called so")


def _tell_audit(site: Site, c: Connection, row: MessageRow, kind: str, outcome: str) -> None:
    entry = AuditEntry(
        kind=kind,
        link_id=row.link_id,
        rule=row.rule,
        item=f"{row.channel} {row.fact}",
        request=row.bundle,
        outcome=outcome,
    )
    audit.append(c, entry, site.now())


async def retry(site: Site, name: str, *, by: By = NOBODY) -> int:
    """Let a channel go on, and what is parked of it out again; how many messages."""

    def store(c: Connection) -> int:
        _release(c, name)
        freed = messages.free(c, name, site.now())
        audit.append(c, by.entry("channel.retried", None, name), site.now())
        return freed

    return await site.store.write(store)


async def forget(site: Site, name: str, *, by: By = NOBODY) -> int:
    """Never send what waits for a channel; how many messages."""

    def store(c: Connection) -> int:
        _release(c, name)
        gone = messages.forget(c, name)
        audit.append(c, by.entry("channel.forgotten", None, name), site.now())
        return gone

    return await site.store.write(store)


async def stuck(site: Site) -> list[str]:
    """The channels that are parked, or of which a message is."""

    def read(c: Connection) -> set[str]:
        held = {item.item for item in parked.list_parked(c, scope=ParkScope.CHANNEL, limit=1000)}
        return held | messages.channels(c, MessageState.PARKED)

    return sorted(await site.store.read(read))


def _release(c: Connection, name: str) -> None:
    waiting = [(ParkScope.MESSAGE, bundle) for bundle in messages.bundles(c, name)]
    for scope, item in [(ParkScope.CHANNEL, name), *waiting]:
        if found := parked.find(c, None, scope, item):
            parked.release(c, found.id)


# --- what a person asks -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MessageView:
    """A message that has not gone out."""

    channel: str
    recipient: str
    rule: str
    subject: str
    state: str
    since: datetime
    due: datetime
    tries: int
    reason: str


async def unsent(site: Site, limit: int = 100) -> list[MessageView]:
    """What waits or is parked, the oldest first."""

    return [_view(row) for row in await site.store.read(lambda c: messages.unsent(c, limit))]


def _view(row: MessageRow) -> MessageView:
    return MessageView(
        channel=row.channel,
        recipient=row.recipient,
        rule=row.rule,
        subject=row.subject,
        state=row.state.value,
        since=row.created_at,
        due=row.due,
        tries=row.attempts,
        reason=row.reason,
    )


class NoSuchChannel(SyncdError):
    """The config has no such channel; the text names those it has."""


def trial(site: Site, name: str, to: str = "") -> Outgoing:
    """What `syncd tell --test` sends through a channel.

    Args:
        to: an address, where the channel has addresses.

    Raises:
        NoSuchChannel: the config has none of this name.
    """
    if name not in site.channels:
        there = ", ".join(site.channels) or "none"
        raise NoSuchChannel(f"no channel is called `{name}`; the config has {there}")
    text = "This is a test of syncd. Nothing happened, and nobody has to do anything."
    return Outgoing(id=f"test-{uuid4().hex}", at=site.now(), subject="A test of syncd", text=text, to=to)
