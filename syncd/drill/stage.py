"""Builds the engine of a drill: the admin's mapping and policy, and nothing that leads out of this process.

What makes sure of it: the store is a new file in a folder that is removed; the vendors are in memory and are not given
the config's addresses or credentials; the config's channels are never opened, others stand under their names that only
keep what they are given; lookups that ask another system are not asked; marks and links are signed with a secret that
is made for the drill, and links lead to a name that cannot exist (RFC 2606).
"""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from syncd import registry
from syncd.clients import Intake
from syncd.core.lookup import Lookup, Web
from syncd.core.mapping import Mapping as Rules
from syncd.core.model import NO_FIELDS, Fields, Pair, Side
from syncd.core.scenario import Incident
from syncd.core.signals import Signal
from syncd.daemon import Daemon, build
from syncd.drill.channels import Kept, Listening, readers
from syncd.drill.vendors import StandIn, registry_of, vendor
from syncd.engine.lookups import Looked, Lookups
from syncd.references import StoreAddress
from syncd.sdk.connector import Connector
from syncd.sdk.testing.clock import Clock
from syncd.settings import Settings

NOWHERE = "https://drill.invalid"


class Unasking(Lookups):
    """Tables are read; no other system is asked."""

    async def find(self, one: Lookup, key: str, *, keep: bool = True) -> Looked:
        if isinstance(one.source, Web):
            return Looked(Signal(one.default or None, "a drill asks no other system"))
        return await super().find(one, key, keep=keep)


@dataclass(slots=True)
class Stage:
    """Both vendors and the engine between them, at a clock that only the drill moves.

    Attributes:
        kept: what would have been sent, in its order.
        readers: channel -> who reads it.
    """

    rules: Rules
    clock: Clock
    vendors: Pair[StandIn]
    daemon: Daemon
    kept: list[Kept] = field(default_factory=list)
    readers: Mapping[str, str] = field(default_factory=dict)


@asynccontextmanager
async def stage(found: Settings, rules: Rules, incident: Incident, start: datetime) -> AsyncIterator[Stage]:
    """Everything is gone at the end."""
    clock, kept = Clock(start.astimezone(UTC)), list[Kept]()
    classes = connectors_of(found, rules)
    sides = (
        _vendor(side, found, rules=rules, connector=classes[side], incident=incident, clock=clock) for side in Side
    )
    vendors = Pair(*sides)
    reached = {rules.connections[side]: vendors[side] for side in Side}
    named = {found.connections[rules.connections[side]].connector: classes[side] for side in Side}
    connectors = registry_of(reached, named)
    with tempfile.TemporaryDirectory(prefix="syncd-drill-") as home:
        daemon = await build(unplugged(found, rules, home), [rules], connectors=connectors, now=clock)
        try:
            daemon.site.channels = {name: Listening(name, now=clock, kept=kept) for name in found.channels}
            daemon.site.lookups = Unasking(daemon.store, clock)
            told = {name: readers(config) for name, config in found.channels.items()}
            yield Stage(rules, clock, vendors, daemon, kept, told)
        finally:
            await daemon.aclose()


def _vendor(
    side: Side, found: Settings, *, rules: Rules, connector: type[Connector], incident: Incident, clock: Clock
) -> StandIn:
    able = connector.capabilities_of(found.connections[rules.connections[side]])
    return vendor(rules, side, connector, clock, able=able, written=_set(incident, side, rules))


def unplugged(found: Settings, rules: Rules, home: str) -> Settings:
    """The admin's settings without everything that leads out."""
    used = set(rules.connections.both())
    return found.model_copy(
        update={
            "store": StoreAddress(f"sqlite:///{home}/drill.db"),
            "secret": None,
            "channels": {},
            "intake": Intake(),
            "public_url": NOWHERE if found.public_url else None,
            "trusted": (),
            "connections": {name: config for name, config in found.connections.items() if name in used},
        }
    )


def connectors_of(found: Settings, rules: Rules) -> Pair[type[Connector]]:
    """The classes that the config names; they say what people notice of a vendor, and are never made."""
    known = registry.installed()
    return rules.connections.map(lambda name: known.get(found.connections[name].connector))


def _set(incident: Incident, side: Side, rules: Rules) -> tuple[Fields, ...]:
    """What people are going to set on a side and the mapping does not speak of."""
    own: Fields = {
        name: value
        for step in incident.steps
        if step.side is side
        for name, value in step.sets.items()
        if rules.rule(name) is None
    }
    opening = incident.opening
    ticket = {**opening.fields, **opening.lift, **opening.override} if side is Side.SUPPORT else NO_FIELDS
    return ticket, own
