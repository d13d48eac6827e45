"""The two vendors of a drill: in memory, and shaped by the mapping that is rehearsed.

The simulators that ship speak each vendor's real API, but have the projects, fields and people of a made-up company:
an admin's own project would be refused there, and none of the policy's people could be named. These take every field
and place that the mapping names and know everybody of the policy. From the connector that stands in the config they
have what people notice: whether comments can be internal, and whom it can assign.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Unpack

from syncd.core.mapping import Mapping as Rules
from syncd.core.model import Fields, Kind, Person, RichText, Side, Value
from syncd.core.observe import STATUS
from syncd.core.scenario import AGENT, CUSTOMER, ENGINEER
from syncd.registry import Registry
from syncd.sdk.connector import Capability, Connector, Draft, FieldInfo, Wiring
from syncd.sdk.testing.character import HELPFUL, Character
from syncd.sdk.testing.clock import Clock
from syncd.sdk.testing.memory import MemoryConnector, MemoryVendor

NOTICED = frozenset(
    {Capability.INTERNAL_COMMENTS, Capability.ONLY_INTERNAL_COMMENTS, Capability.PEOPLE, Capability.LINK_BACK}
)
"""What people see of a vendor's abilities; the others are about how it is asked."""
KINDS: tuple[tuple[type, Kind], ...] = (
    (RichText, Kind.RICH_TEXT),
    (Person, Kind.PERSON),
    (frozenset, Kind.LABELS),
    (str, Kind.TEXT),
)
FIRM = frozenset({Kind.CHOICE, Kind.MULTI_CHOICE, Kind.LABELS, Kind.DATE, Kind.NUMBER})
NAMES = {CUSTOMER: "Carol Customer", AGENT: "Ana Agent", ENGINEER: "Ben Engineer"}
INBOX = "Support"
SYNCD = "syncd"
"""The account of the connectors."""


class StandIn(MemoryVendor):
    """One vendor; its people act by name, and are at home at a domain that does not exist."""

    def __init__(self, name: str, *, character: Character, clock: Clock) -> None:
        super().__init__(name, character=character, clock=clock, secret=None)
        self.containers = {}
        self.people = {SYNCD: Person(SYNCD, SYNCD)}
        for role, called in NAMES.items():
            self.person(role, name=called, email=f"{role}@{name}.invalid")

    def kind_of(self, name: str) -> Kind:
        """What sort a field is; a text where nobody said."""
        info = self.character.info(name)
        return info.kind if info else Kind.TEXT

    def opened_by(self, who: str, fields: Fields) -> str:
        """A ticket that somebody opens; its ref."""
        self.containers.setdefault(INBOX, ())
        values = {name: self._known(value) for name, value in fields.items()}
        return self._by_person("create", who, "", values, lambda: self.make(who, INBOX, values)).ref

    def set_by(self, who: str, ref: str, fields: Fields) -> None:
        values = {name: self._known(value) for name, value in fields.items()}
        self._by_person("update", who, ref, values, lambda: self.write(ref, values, who))

    def _known(self, value: Value) -> Value:
        """Somebody of whom only the address is known becomes one of this vendor's people."""
        if not isinstance(value, Person) or value.id in self.people:
            return value
        same = (one for one in self.people.values() if one.email and one.email == value.email)
        return next(same, None) or self.person(value.id or value.email or "", name=value.name, email=value.email)


def vendor(
    rules: Rules,
    side: Side,
    connector: type[Connector],
    clock: Clock,
    *,
    able: frozenset[Capability],
    written: Iterable[Fields] = (),
) -> StandIn:
    """The vendor of one side.

    Args:
        connector: the one that the config names; `able` is what it can do with that config.
        written: what people are going to set there.
    """
    character = _character(rules, side, connector, able=able, written=written)
    made = StandIn(rules.connections[side], character=character, clock=clock)
    owners = rules.escalation.owners if rules.escalation else None
    for member in owners.people.values() if owners else ():
        there = rules.people.table.get(member.email.casefold(), "") if side is Side.ENGINEERING else ""
        made.person(there if there and "@" not in there else member.name, name=member.name, email=member.email)
    return made


def _character(
    rules: Rules, side: Side, connector: type[Connector], *, able: frozenset[Capability], written: Iterable[Fields]
) -> Character:
    kinds = {info.name: info.kind for info in connector.fields}
    for fields in written:
        kinds |= {name: _kind(value, kinds.get(name)) for name, value in fields.items() if value is not None}
    kinds |= {rule.lenses[side].field: rule.lenses[side].kind for rule in rules.fields}
    kinds |= dict.fromkeys(_owner_fields(rules, side), Kind.PERSON)
    return replace(
        HELPFUL,
        capabilities=(HELPFUL.capabilities - NOTICED) | (able & NOTICED),
        fields=tuple(FieldInfo(name, kind) for name, kind in kinds.items()),
        defaults=_defaults(rules, side),
    )


def _kind(value: Value, known: Kind | None) -> Kind:
    """A field's sort: as the connector says where that takes the value, else as the value is."""
    if known in FIRM:
        return known
    return next((kind for sort, kind in KINDS if isinstance(value, sort)), Kind.NUMBER)


def _owner_fields(rules: Rules, side: Side) -> Iterator[str]:
    """The fields in which the policy looks for people."""
    policy = rules.escalation
    if policy is None:
        return
    owners = policy.owners
    named = [owners.customer if owners else ""]
    if side is Side.ENGINEERING:
        named = [policy.contract.acceptance.owner, owners.internal if owners else ""]
    yield from (name for name in named if name)


def _defaults(rules: Rules, side: Side) -> Mapping[str, str]:
    """A new ticket has the first status that the mapping lists."""
    rule = rules.rule(STATUS)
    word = next(iter(getattr(rule.lenses[side], "meanings", None) or ()), "") if rule else ""
    return {rule.lenses[side].field: word} if rule and word else {}


def registry_of(vendors: Mapping[str, StandIn], named: Mapping[str, type[Connector]]) -> Registry:
    """The connectors of the config, each replaced by one that reaches its stand-in and nothing else.

    Args:
        vendors: by connection. `named`: the config's own connectors, by the name that it has for them.
    """
    return Registry({name: _replacing(connector, vendors) for name, connector in named.items()})


def _replacing(connector: type[Connector], vendors: Mapping[str, StandIn]) -> type[Connector]:
    class Rehearsed(MemoryConnector):
        """It is not given the block of the config: neither the address nor the credentials of the account."""

        name = connector.name
        place_keys = connector.place_keys
        container = connector.container

        def __init__(self, config: Any = None, **wiring: Unpack[Wiring]) -> None:
            super().__init__(None, vendor=vendors[wiring["connection"]], **wiring)

        async def create(self, draft: Draft, *, key: str) -> Any:
            place = draft.place.get(self.container) or next(iter(draft.place.values()), "Issue")
            self.vendor.containers.setdefault(place, ())
            return await super().create(replace(draft, place={"container": place}), key=key)

    return Rehearsed
