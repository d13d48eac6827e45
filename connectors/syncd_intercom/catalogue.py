"""What a workspace has: ticket types with their attributes and states, and teams. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from syncd.sdk.errors import Rejected
from syncd.sdk.names import CustomNames
from syncd_intercom.attributes import Attribute, attribute_of, declared
from syncd_intercom.config import IntercomConfig
from syncd_intercom.wire import AttributesJson, StateJson, TeamJson, TypeJson

TITLE, DESCRIPTION = "_default_title_", "_default_description_"
RESOLVED = "resolved"
OWN = frozenset(
    "title description status open assignee team type shared requester tags summary priority".split()  # noqa: SIM905  twelve quoted words say less
)
"""Fields of Intercom's own, by their names in mappings."""

NAMES = CustomNames(own=OWN, prefix="attribute:")


@dataclass(frozen=True, slots=True)
class State:
    id: str
    name: str
    category: str


@dataclass(frozen=True, slots=True)
class TicketType:
    """A type with its attributes by their names in mappings, and those of its states that may still be set."""

    id: str
    name: str
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    states: tuple[State, ...] = ()

    def keyed(self, key: str) -> Attribute | None:
        """The attribute that Intercom calls so."""
        return next((each for each in self.attributes.values() if each.key == key), None)

    def state(self, name: str) -> State:
        """Rejected where the type has no such state, though another may."""
        for state in self.states:
            if state.name == name:
                return state
        raise Rejected("intercom: this type of tickets has no such state", field="status")

    def hidden(self, key: str) -> Attribute:
        """An attribute of ours, where Intercom says that contacts do not see it."""
        found = self.keyed(key)
        if found is None or found.type != "string":
            raise Rejected(f"intercom: the ticket type {self.name} has no text attribute `{key}`", field=key)
        if not found.hidden:
            raise Rejected(f"intercom: `{key}` of {self.name}: contacts may see it; switch that off", field=key)
        return found


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What is known of a workspace.

    Attributes:
        types: ticket types by id, archived ones left out.
        ours: keys of the attributes that belong to syncd; mappings neither see nor write them.
        conversation: custom attributes of conversations, by their names in mappings.
    """

    types: Mapping[str, TicketType] = field(default_factory=dict)
    teams: Mapping[str, str] = field(default_factory=dict)
    ours: frozenset[str] = frozenset()
    conversation: Mapping[str, Attribute] = field(default_factory=dict)

    def named(self, word: str) -> TicketType:
        """A type by its name or its id."""
        found = [each for each in self.types.values() if word in (each.name, each.id)]
        if len(found) != 1:
            problem = "there is no such ticket type" if not found else "two ticket types are called so: name it by id"
            raise Rejected(f"intercom: {problem}", field="ticket_type")
        return found[0]

    def mapped(self, kind: TicketType) -> dict[str, Attribute]:
        """The attributes that a mapping may name."""
        shown = {TITLE, DESCRIPTION, *self.ours}
        return {name: each for name, each in kind.attributes.items() if each.key not in shown}


def catalogue(
    types: Iterable[TypeJson], states: Iterable[StateJson], teams: Iterable[TeamJson], config: IntercomConfig
) -> Catalogue:
    """A workspace, read."""
    alive = [state for state in states if not state.archived]
    known = [type_of(each, alive) for each in types if not each.archived]
    ours = frozenset(name for name in (config.key_attribute, config.link_attribute) if name)
    named = {NAMES.shown(key): (key, given) for key, given in config.conversation_attributes.items()}
    return Catalogue(
        types={each.id: each for each in known},
        teams={team.id: team.name for team in teams},
        ours=ours,
        conversation={name: declared(key, given, name=name) for name, (key, given) in named.items() if key not in ours},
    )


def type_of(found: TypeJson, states: Iterable[StateJson] = ()) -> TicketType:
    """A type as it is listed, or as one of its tickets shows it, with the states that say they belong to it."""
    listed = (found.ticket_type_attributes or AttributesJson()).attributes
    attributes = [attribute_of(each, name=NAMES.shown(each.name)) for each in listed if not each.archived]
    return TicketType(
        id=found.id,
        name=found.name or found.id,
        attributes={each.name: each for each in attributes},
        states=_states(state for state in states if _belongs(state, found.id)),
    )


def _belongs(state: StateJson, type_id: str) -> bool:
    return state.ticket_types is not None and any(each.id == type_id for each in state.ticket_types.data)


def _states(found: Iterable[StateJson]) -> tuple[State, ...]:
    """States by the words that teammates see; a word that two of one type share is numbered."""
    states = list(found)
    often = Counter(state.internal_label for state in states)
    return tuple(
        State(
            state.id,
            state.internal_label if often[state.internal_label] == 1 else f"{state.internal_label} ({state.id})",
            state.category or "",
        )
        for state in states
    )
