"""Link what already belongs together: tickets that name their issue in a field, by key or by address."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from syncd.core.mapping import Mapping
from syncd.core.model import Person, RichText, Side, Snapshot, Value
from syncd.engine import operate
from syncd.engine.operate import NOBODY, By
from syncd.engine.site import Site
from syncd.sdk.budget import BACKFILL, priority
from syncd.sdk.connector import ONLY_FIELDS
from syncd.sdk.errors import ConnectorError, NotFound, RateLimited
from syncd.store import links, overview
from syncd.store.records import LinkState

_URL = re.compile(r"https?://[^\s<>()\[\]\"']+")
_KEY = re.compile(r"#?([A-Za-z][A-Za-z0-9_]*-\d+|\d+)")
PATIENCE = 20  # waits for a vendor's limit before a ticket is given up


@dataclass(frozen=True, slots=True)
class Filled:
    """What became of one ticket: the link that was made (or would be), or why there is none."""

    ticket: str
    issue: str = ""
    link: int | None = None
    why: str = ""


async def backfill(
    site: Site,
    mapping: Mapping,
    *,
    field: str,
    tickets: Sequence[str] | None = None,
    history: bool = False,
    dry_run: bool = False,
    by: By = NOBODY,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> list[Filled]:
    """Link each ticket to the issue that its field names; what is linked already is passed over, so it can be resumed.

    Args:
        field: where the ticket names its issue: an entry of the mapping, or a field of the helpdesk.
        tickets: refs; None for every ticket that is watched and has no issue.
        history: also copy comments and files, at the lowest priority.
    """
    chosen = list(tickets) if tickets is not None else await _watched(site, mapping)
    token, found = priority.set(BACKFILL), list[Filled]()
    try:
        for number, ref in enumerate(chosen):
            progress(number, len(chosen))
            found.append(await _patiently(site, mapping, ref, field=field, history=history, dry_run=dry_run, by=by))
        progress(len(chosen), len(chosen))
    finally:
        priority.reset(token)
    return found


async def _watched(site: Site, mapping: Mapping) -> list[str]:
    ids = await site.store.read(lambda c: overview.ids(c, [LinkState.WATCHED]))
    found = [await site.store.read(lambda c, of=link_id: links.get(c, of)) for link_id in ids]  # type: ignore[misc]
    return [link.refs.support for link in found if link.mapping == mapping.name and link.refs.support]


async def _patiently(
    site: Site, mapping: Mapping, ref: str, *, field: str, history: bool, dry_run: bool, by: By
) -> Filled:
    for _ in range(PATIENCE):
        try:
            return await _one(site, mapping, ref, field=field, history=history, dry_run=dry_run, by=by)
        except RateLimited as error:
            await asyncio.sleep(error.retry_after)
        except (ConnectorError, operate.Refused) as error:
            return Filled(ref, why=str(error))
    return Filled(ref, why="the vendor's limit is used up")


async def _one(site: Site, mapping: Mapping, ref: str, *, field: str, history: bool, dry_run: bool, by: By) -> Filled:
    known = await site.store.read(lambda c: links.by_ref(c, mapping.connections.support, ref))
    linked = next((link for link in known if link.mapping == mapping.name and link.refs.engineering), None)
    if linked is not None:
        return Filled(ref, linked.refs.engineering or "", linked.id, why="is linked already")
    ticket = await site.connectors[mapping.connections.support].fetch(ref, parts=ONLY_FIELDS)
    rule = mapping.rule(field)
    name = rule.lenses.support.field if rule else field
    if name not in ticket.fields:
        return Filled(ref, why=f"has no field `{name}`")
    issue = await _named(site, mapping, ticket.fields[name])
    if issue is None:
        return Filled(ref, why=f"names no issue in `{name}`")
    if dry_run:
        return Filled(ref, issue.label or issue.ref, why="would be linked")
    made = await operate.link(site, mapping, ticket.ref, issue.ref, history=history, by=by)
    return Filled(ref, issue.label or issue.ref, made.id)


async def _named(site: Site, mapping: Mapping, value: Value) -> Snapshot | None:
    """The first issue that a text names and that is there."""
    connector = site.connectors[mapping.connections[Side.ENGINEERING]]
    for name in names_in(value, connector.config.url):
        try:
            return await connector.fetch(name, parts=ONLY_FIELDS)
        except NotFound:
            continue
    return None


def names_in(value: Value, address: str) -> Iterator[str]:
    """Keys and ids of issues in a field: by their addresses at this tracker, else the whole value where it is a key."""
    text = value.markdown if isinstance(value, RichText) else "" if isinstance(value, Person) else str(value or "")
    home = urlsplit(address).netloc.lower()
    for url in _URL.findall(text):
        parts = urlsplit(url.rstrip(".,;"))
        if parts.netloc.lower() == home:
            yield (parse_qs(parts.query).get("id") or [parts.path.rstrip("/").rpartition("/")[2]])[0]
    if whole := _KEY.fullmatch(text.strip()):
        yield whole[1]
