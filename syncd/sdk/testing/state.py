"""What a vendor in memory keeps, and what it does to it: rewriting, refusing, counting versions, listing events.

Who did it, by which way, and what went wrong on the way is in `vendor`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from functools import reduce

from syncd.core.model import (
    Attachment,
    Body,
    Comment,
    Edit,
    Kind,
    Life,
    Person,
    RichText,
    Value,
    Visibility,
)
from syncd.sdk.connector import ALL_PARTS, ONLY_FIELDS, ONLY_THREAD, Backlink, FieldInfo, Part
from syncd.sdk.errors import Locked, NotFound, Rejected, Stale
from syncd.sdk.testing.character import HELPFUL, Character, Hints, Rewrite
from syncd.sdk.testing.clock import Clock


@dataclass(slots=True)
class Ticket:
    """A ticket as the vendor keeps it; the only mutable noun here."""

    ref: str
    label: str
    container: str
    created: datetime
    updated: datetime
    fields: dict[str, Value]
    requester: Person
    version: int = 1
    life: Life = Life.ACTIVE
    merged_into: str | None = None
    key: str | None = None
    comments: list[Comment] = field(default_factory=list)
    files: list[Attachment] = field(default_factory=list)
    backlinks: dict[str, Backlink] = field(default_factory=dict)
    edits: list[tuple[int, str, Edit]] = field(default_factory=list)  # version, actor, what
    events: list[Event] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Event:
    """One change as the vendor's change feed lists it."""

    id: int
    ref: str
    actor: str
    name: str  # "Set priority"
    parts: frozenset[Part]
    version: int
    revision: str
    at: datetime
    listed: datetime  # from when on lists and searches show it

    @property
    def token(self) -> str:
        return f"e{self.id}"


@dataclass(frozen=True, slots=True)
class Effect:
    """What one change did to a ticket: only what differs, before and after."""

    ref: str
    before: Mapping[str, object]
    after: Mapping[str, object]


class State:
    """The tickets of one vendor and the rules they obey."""

    def __init__(self, name: str, *, character: Character = HELPFUL, clock: Clock | None = None) -> None:
        self.name = name
        self.character = character
        self.clock = clock or Clock()
        self.containers = {"HELP": ("Ticket",), "CORE": ("Bug", "Task")}
        self.public_containers: set[str] = set()
        self.people: dict[str, Person] = {}
        self.tickets: dict[str, Ticket] = {}
        self.bytes: dict[str, bytes] = {}
        self.marked: list[Ticket] = []  # those that were made with a key, oldest first
        self.keys: dict[str, tuple[str, datetime, str]] = {}  # key -> ref, when, digest of what was asked
        self.events: list[Event] = []
        self._effects: list[Effect] = []
        self._counts: dict[str, int] = {}

    # -- reading

    def ticket(self, ref: str) -> Ticket:
        """The ticket as it stands, deleted or not. NotFound."""
        if ref not in self.tickets:
            raise NotFound(f"{self.name} knows no ticket {ref}")
        return self.tickets[ref]

    def comment(self, ref: str, comment_id: str) -> Comment:
        for comment in self.ticket(ref).comments:
            if comment.id == comment_id:
                return comment
        raise NotFound(f"{ref} has no comment {comment_id}")

    def revision(self, ticket: Ticket) -> str:
        if self.character.whole_seconds:
            return ticket.updated.replace(microsecond=0).isoformat()
        return str(ticket.version)

    # -- tickets

    def make(
        self,
        actor: str,
        container: str,
        fields: Mapping[str, Value],
        *,
        key: str | None = None,
        backlink: Backlink | None = None,
    ) -> Ticket:
        """A new ticket; Rejected names the field that it cannot have."""
        if container not in self.containers:
            raise Rejected(f"no container {container}", field="container")
        kept = {**self.character.defaults, **self._accepted(fields)}
        for info in self.character.fields:
            if info.required and not kept.get(info.name):
                raise Rejected(f"{info.name} is required", field=info.name)
        number = self._count("ticket")
        now = self._stamp()
        ticket = Ticket(
            ref=f"{self.name}-{number}",
            label=self._label(container),
            container=container,
            created=now,
            updated=now,
            fields={info.name: kept.get(info.name) for info in self.character.fields} | {"number": str(number)},
            requester=self._who(actor),
            version=0,
            key=key,
            backlinks={backlink.url: backlink} if backlink else {},
        )
        self.tickets[ticket.ref] = ticket
        if key:
            self.marked.append(ticket)
        self._touch(ticket, actor, ["Create"], ALL_PARTS)
        filled = {name: value for name, value in ticket.fields.items() if value is not None}
        self._effects.append(Effect(ticket.ref, {}, filled | ({"backlink": backlink} if backlink else {})))
        return ticket

    def _expected(self, ref: str, expect: str | None) -> Ticket:
        """A ticket that may be changed, unless it moved on; None: whatever it is at. Stale."""
        ticket = self.changeable(ref)
        if expect is not None and expect != self.revision(ticket):
            raise Stale(f"{ref} is at {self.revision(ticket)}, not at {expect}")
        return ticket

    def write(
        self, ref: str, fields: Mapping[str, Value], actor: str, *, expect: str | None = None, bound: bool = False
    ) -> list[Event]:
        """Set fields; what stands there already makes no event. `bound` by the workflow is everybody but a person."""
        ticket = self._expected(ref, expect)
        accepted = self._accepted(fields)
        if bound and self.character.workflow and "status" in accepted:
            accepted = self._stepped(ticket, accepted)
        changed = {name: value for name, value in accepted.items() if ticket.fields.get(name) != value}
        if not changed:
            return []
        before = {name: ticket.fields.get(name) for name in changed}
        ticket.fields.update(changed)
        events = self._touch(ticket, actor, [f"Set {name}" for name in changed], ONLY_FIELDS)
        for name, value in changed.items():
            edit = Edit(name, before[name], value, False, ticket.updated, f"{ref}/{ticket.version}/{name}")
            ticket.edits.append((ticket.version, actor, edit))
        self._effects.append(Effect(ref, before, changed))
        return events

    def changeable(self, ref: str) -> Ticket:
        """The ticket, if it takes changes. NotFound, Locked."""
        ticket = self.ticket(ref)
        match ticket.life:
            case Life.DELETED:
                raise NotFound(f"{ref} is deleted")
            case Life.LOCKED:
                raise Locked(f"{ref} takes no more changes")
            case Life.ACTIVE:
                return ticket

    def relive(self, ref: str, life: Life, actor: str, name: str) -> None:
        """Lock, delete or restore."""
        ticket = self.ticket(ref)
        self._effects.append(Effect(ref, {"life": ticket.life}, {"life": life}))
        ticket.life = life
        self._touch(ticket, actor, [name], ONLY_FIELDS)

    def relocate(self, ref: str, container: str, actor: str) -> None:
        """To another container: the label changes, the ref stays."""
        ticket = self.changeable(ref)
        before = {"container": ticket.container, "label": ticket.label}
        ticket.container, ticket.label = container, self._label(container)
        self._touch(ticket, actor, ["Move"], ONLY_FIELDS)
        self._effects.append(Effect(ref, before, {"container": container, "label": ticket.label}))

    def connect_back(self, ref: str, backlink: Backlink, actor: str, *, expect: str | None = None) -> list[Event]:
        """Show another ticket on this one; the same again makes no event."""
        ticket = self._expected(ref, expect)
        old = ticket.backlinks.get(backlink.url)
        if old == backlink:
            return []
        ticket.backlinks[backlink.url] = backlink
        self._effects.append(Effect(ref, {"backlink": old}, {"backlink": backlink}))
        return self._touch(ticket, actor, ["Link"], ONLY_FIELDS)

    # -- comments and files

    def post(
        self, ref: str, body: Body, actor: str, *, files: Iterable[tuple[str, str, bytes]] = (), key: str | None = None
    ) -> tuple[Comment, list[Event]]:
        """A comment with its files (name, media type, bytes)."""
        ticket = self.changeable(ref)
        source = rewritten(body.text, self.character.rich)
        attachments = tuple(
            self._keep_file(name, media_type, data, actor, body.visibility) for name, media_type, data in files
        )
        comment = Comment(
            id=f"{self.name}-c{self._count('comment')}",
            body=replace(body, text=neutral(source)),
            author=self._who(actor),
            created=self._stamp(),
            attachments=attachments,
            source=source,
            key=key,
        )
        ticket.comments.append(comment)
        events = self._touch(ticket, actor, ["Comment"], ONLY_THREAD)
        self._effects.append(Effect(ref, {}, {"comment": comment.id, **described(comment.body, attachments)}))
        return comment, events

    def rewrite_comment(self, ref: str, comment_id: str, body: Body, actor: str, *, key: str | None = None) -> Comment:
        """Another text; the key stays unless a new one is given."""
        ticket = self.changeable(ref)
        old = self.comment(ref, comment_id)
        if body.visibility is not old.visibility:
            raise Rejected("the visibility of a comment cannot be changed")
        source = rewritten(body.text, self.character.rich)
        new = replace(old, body=replace(body, text=neutral(source)), source=source, key=key or old.key)
        if new == old:
            return old
        ticket.comments[ticket.comments.index(old)] = new
        self._touch(ticket, actor, ["Edit comment"], ONLY_THREAD)
        self._effects.append(
            Effect(ref, {"comment": comment_id, **described(old.body)}, {"comment": comment_id, **described(new.body)})
        )
        return new

    def remove_comment(self, ref: str, comment_id: str, actor: str) -> None:
        ticket = self.changeable(ref)
        old = self.comment(ref, comment_id)
        ticket.comments.remove(old)
        self._touch(ticket, actor, ["Delete comment"], ONLY_THREAD)
        gone = {"comment": comment_id, "key": old.key, **described(old.body)}
        self._effects.append(Effect(ref, gone, {}))

    def hang(self, ref: str, name: str, media_type: str, data: bytes, actor: str) -> Attachment:
        """A file on the ticket itself."""
        ticket = self.changeable(ref)
        attachment = self._keep_file(name, media_type, data, actor, Visibility.INTERNAL)
        ticket.files.append(attachment)
        self._touch(ticket, actor, ["Attach"], ONLY_THREAD)
        self._effects.append(Effect(ref, {}, {"files": (name,)}))
        return attachment

    # -- inside

    def _accepted(self, fields: Mapping[str, Value]) -> dict[str, Value]:
        """The fields as they arrive; what is refused raises Rejected, or is left out by a silent vendor."""
        kept: dict[str, Value] = {}
        for name, value in fields.items():
            info = self.character.info(name)
            why = self._objection(info, value)
            if why is None and info is not None:
                kept[name] = self._arrived(info, value)
            elif not self.character.silent:
                raise Rejected(f"{name}: {why}", field=name)
        return kept

    def _objection(self, info: FieldInfo | None, value: Value) -> str | None:
        if info is None:
            return "no such field"
        if not info.writable:
            return "only the vendor sets it"
        if value is None:
            return None if not info.required else "must not be empty"
        match info.kind, value:
            case Kind.CHOICE, str():
                return None if not info.options or value in info.options else f"{value} is no option"
            case Kind.MULTI_CHOICE, frozenset():
                strange = sorted(value - set(info.options)) if info.options else []
                return f"{strange[0]} is no option" if strange else None
            case Kind.PERSON, Person():
                return None if value.id in self.people else "cannot be assigned"
            case (
                (Kind.TEXT, str())
                | (Kind.RICH_TEXT, RichText())
                | (Kind.LABELS, frozenset())
                | (Kind.NUMBER, Decimal())
                | (Kind.DATE, date())
            ):
                return None
            case _:
                return f"a {info.kind} was expected"

    def _arrived(self, info: FieldInfo, value: Value) -> Value:
        match value:
            case str() if info.kind is Kind.TEXT:
                return rewritten(value, self.character.text) or None
            case RichText():
                source = rewritten(value.markdown, self.character.rich)
                return RichText(neutral(source), source) if source else None
            case Person():
                return self.people[value.id]
            case frozenset():
                return value or None
            case _:
                return value

    def _stepped(self, ticket: Ticket, fields: dict[str, Value]) -> dict[str, Value]:
        """One step of the workflow; a step that it does not know is refused, or left out by a silent vendor."""
        old, new = ticket.fields.get("status"), fields["status"]
        if new == old or new in self.character.workflow.get(str(old), frozenset()):
            return fields
        if not self.character.silent:
            raise Rejected(f"status: {new} does not follow {old}", field="status")
        return {name: value for name, value in fields.items() if name != "status"}

    def _touch(self, ticket: Ticket, actor: str, names: Sequence[str], parts: frozenset[Part]) -> list[Event]:
        """A new version, unless only the thread changed and that does not count; and the events that tell of it."""
        if parts != ONLY_THREAD or self.character.touched_by_comments:
            ticket.version += 1
            ticket.updated = self._stamp()
        told = names if self.character.hints is Hints.ECHOES else [" and ".join(names)]
        events = [self._event(ticket, actor, name, parts) for name in told]
        self.events += events
        ticket.events += events
        for event in events:
            self.tell(event)
        return events

    def _event(self, ticket: Ticket, actor: str, name: str, parts: frozenset[Part]) -> Event:
        number = self._count("event")
        lag = self.character.lag * (number % 3) / 2  # none, half, all of it: lists do not keep the order of changes
        now = self.clock()
        return Event(number, ticket.ref, actor, name, parts, ticket.version, self.revision(ticket), now, now + lag)

    def tell(self, event: Event) -> None:
        """Tell the world of a change; a bare state has nobody to tell."""

    def _keep_file(self, name: str, media_type: str, data: bytes, actor: str, visibility: Visibility) -> Attachment:
        attachment = Attachment(
            id=f"{self.name}-f{self._count('file')}",
            name=name,
            size=len(data),
            media_type=media_type,
            visibility=visibility,
            author=self._who(actor),
            created=self._stamp(),
        )
        self.bytes[attachment.id] = data
        return attachment

    def _who(self, actor: str) -> Person:
        return self.people.get(actor) or Person(actor, actor)

    def _stamp(self) -> datetime:
        now = self.clock()
        return now.replace(microsecond=0) if self.character.whole_seconds else now

    def _count(self, what: str) -> int:
        self._counts[what] = self._counts.get(what, 0) + 1
        return self._counts[what]

    def _label(self, container: str) -> str:
        return f"{container}-{self._count(container)}"


def rewritten(text: str, rewrites: Sequence[Rewrite]) -> str:
    return reduce(lambda done, rewrite: rewrite(done), rewrites, text)


def neutral(source: str) -> str:
    """A text of this vendor in our form: its words are Markdown, only its line ends differ."""
    return source.replace("\r\n", "\n")


def described(body: Body, attachments: Iterable[Attachment] = ()) -> dict[str, object]:
    """A comment as the journal writes it."""
    return {
        "text": body.text,
        "visibility": body.visibility.value,
        "files": tuple(attachment.name for attachment in attachments),
    }


def digest(*parts: object) -> str:
    """A short name of what these say, the same in every run."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]
