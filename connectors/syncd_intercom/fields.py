"""Fields of tickets and conversations in Intercom's words, and how they are written back. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from syncd.core.model import Fields, Kind, Person, RichText, Value
from syncd.sdk.connector import FieldInfo
from syncd.sdk.errors import Rejected
from syncd_intercom import attributes, text
from syncd_intercom.attributes import BOOLEAN, FILES
from syncd_intercom.catalogue import DESCRIPTION, TITLE, Catalogue, TicketType
from syncd_intercom.refs import number
from syncd_intercom.wire import ConversationJson, TicketJson

OPEN, CLOSED, SNOOZED = "open", "closed", "snoozed"
NOBODY = "0"  # as assignee: takes away whoever it was
SUMMARY = 80  # characters

TICKET_FIELDS = (
    FieldInfo("title", Kind.TEXT),
    FieldInfo("description", Kind.RICH_TEXT),
    FieldInfo("status", Kind.CHOICE),  # each type of tickets has states of its own
    FieldInfo("open", Kind.CHOICE, BOOLEAN),
    FieldInfo("assignee", Kind.PERSON),
    FieldInfo("team", Kind.CHOICE, writable=False),
    FieldInfo("type", Kind.CHOICE, writable=False),
    FieldInfo("shared", Kind.CHOICE, BOOLEAN, writable=False),
    FieldInfo("requester", Kind.PERSON, writable=False),
)
CONVERSATION_FIELDS = (
    FieldInfo("title", Kind.TEXT),
    FieldInfo("summary", Kind.TEXT, writable=False),
    FieldInfo("description", Kind.RICH_TEXT, writable=False),
    FieldInfo("status", Kind.CHOICE, (OPEN, CLOSED, SNOOZED)),
    FieldInfo("priority", Kind.CHOICE, ("priority", "not_priority"), writable=False),
    FieldInfo("tags", Kind.LABELS),
    FieldInfo("assignee", Kind.PERSON),
    FieldInfo("team", Kind.CHOICE, writable=False),
    FieldInfo("requester", Kind.PERSON, writable=False),
)
_BOTH = {each.name: each for each in (*CONVERSATION_FIELDS, *TICKET_FIELDS)}
FIELDS = {"tickets": TICKET_FIELDS, "conversations": CONVERSATION_FIELDS, "both": tuple(_BOTH.values())}
"""By what a connection works with. `description` is written at tickets only; a conversation's refuses it by name."""

People = Mapping[str, Person]


# --- reading ---------------------------------------------------------------------------------------------------------


def ticket_fields(ticket: TicketJson, kind: TicketType, *, people: People, known: Catalogue) -> dict[str, Value]:
    given = ticket.ticket_attributes
    custom = {name: each for name, each in known.mapped(kind).items() if each.type != FILES}
    return {
        **{name: attributes.value_of(each, given.get(each.key)) for name, each in custom.items()},
        "title": _line(given.get(TITLE)),
        "description": text.read_plain(_line(given.get(DESCRIPTION)) or ""),
        "status": _state(ticket, kind),
        "open": None if ticket.open is None else BOOLEAN[not ticket.open],
        "assignee": _person(ticket.admin_assignee_id, people),
        "team": _team(ticket.team_assignee_id, known),
        "type": kind.name,
        "shared": BOOLEAN[ticket.is_shared is not True],
        "requester": _person(ticket.contact, people),
    }


def conversation_fields(given: ConversationJson, *, people: People, known: Catalogue) -> dict[str, Value]:
    values = given.custom_attributes
    first = text.read(given.source.body) if given.source else text.read("")
    return {
        **{name: attributes.value_of(each, values.get(each.key)) for name, each in known.conversation.items()},
        "title": given.title or None,
        "summary": _summary(given, first),
        "description": first,
        "status": given.state,
        "priority": given.priority,
        "tags": frozenset(tag.name for tag in given.tags.tags) if given.tags else frozenset(),
        "assignee": _person(given.admin_assignee_id, people),
        "team": _team(given.team_assignee_id, known),
        "requester": _person(given.contact, people),
    }


def _line(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _state(ticket: TicketJson, kind: TicketType) -> str | None:
    if ticket.ticket_state is None:
        return None
    named = {state.id: state.name for state in kind.states}
    return named.get(ticket.ticket_state.id, ticket.ticket_state.internal_label or ticket.ticket_state.id)


def _person(id: str | None, people: People) -> Person | None:
    return None if id is None else people.get(id, Person(id))


def _team(id: str | None, known: Catalogue) -> str | None:
    return None if id is None else known.teams.get(id, id)


def _summary(given: ConversationJson, first: RichText) -> str | None:
    """A title, which most conversations have not; else the subject of a mail; else how the first message begins."""
    subject = text.read(given.source.subject).markdown if given.source else ""
    words = " ".join((given.title or subject or first.markdown).split())
    return f"{words[: SUMMARY - 1]}…" if len(words) > SUMMARY else words or None


# --- writing ---------------------------------------------------------------------------------------------------------


def ticket_json(fields: Fields, kind: TicketType, known: Catalogue) -> dict[str, Any]:
    """The body that sets these fields of a ticket and no other.

    Raises:
        Rejected: a field or value that Intercom does not know; names the field.
    """
    made: dict[str, Any] = {}
    given: dict[str, Any] = {}
    custom = known.mapped(kind)
    for name, value in fields.items():
        match name, value:
            case "title", str() if value.strip():
                given[TITLE] = value
            case "description", RichText():
                given[DESCRIPTION] = text.write_plain(value.markdown).source
            case "status", str():
                made["ticket_state_id"] = kind.state(value).id
            case "open", "true" | "false":
                made["open"] = value == "true"
            case "assignee", None | Person():
                made["assignee_id"] = _assignee(value)
            case _ if name in custom:
                given[custom[name].key] = attributes.to_json(custom[name], value)
            case _:
                raise _unwritable(name)
    return {**made, "ticket_attributes": given} if given else made


@dataclass(frozen=True, slots=True)
class ConversationChange:
    """What writes the fields of a conversation, a request for each part: Intercom takes them apart.

    Attributes:
        body: of the update: title and custom attributes.
        state: open or closed; None leaves it.
        assignee: an admin's id, or NOBODY; None leaves it.
        tags: all that are wanted; None leaves them.
    """

    body: dict[str, Any] = field(default_factory=dict)
    state: str | None = None
    assignee: str | None = None
    tags: frozenset[str] | None = None


def conversation_change(fields: Fields, known: Catalogue) -> ConversationChange:
    """How to set these fields of a conversation; Rejected as in `ticket_json`, before anything is sent."""
    body: dict[str, Any] = {}
    rest: dict[str, Any] = {}
    for name, value in fields.items():
        match name, value:
            case "title", str() if value.strip():
                body["title"] = value
            case "status", "open" | "closed":
                rest["state"] = value
            case "assignee", None | Person():
                rest["assignee"] = _assignee(value)
            case "tags", None | frozenset():
                rest["tags"] = frozenset(map(_tag, value or ()))
            case _ if name in known.conversation:
                attribute = known.conversation[name]
                said = attributes.to_json(attribute, value)
                body.setdefault("custom_attributes", {})[attribute.key] = "" if said is None else said  # no null there
            case _:
                raise _unwritable(name)
    return ConversationChange(body, **rest)


def _assignee(value: Person | None) -> str:
    return number(value.id, field="assignee") if value else NOBODY


def _tag(word: str) -> str:
    if not word.strip():
        raise Rejected("intercom: a tag has a name", field="tags")
    return word


def _unwritable(name: str) -> Rejected:
    return Rejected(f"intercom: `{name}` cannot be written like this", field=name)


def tags_of(conversation: ConversationJson) -> dict[str, str]:
    """Ids of tags by their names in lower case: for Intercom the case of a tag does not count."""
    return {tag.name.casefold(): tag.id for tag in conversation.tags.tags} if conversation.tags else {}
