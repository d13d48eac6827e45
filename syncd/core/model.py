"""The nouns: sides, refs, values, texts, comments, files and the snapshot of a ticket.

Everything here is a frozen value. What may be done about them is in `merge`, `comments` and `decide`.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Generic, TypeAlias, TypeVar

T = TypeVar("T")
U = TypeVar("U")


class Word(enum.Enum):
    """One of a few words, shown as itself in logs, tables and messages.

    Not `enum.StrEnum`: there a member equals its word, so a vendor's "public" would pass for `Visibility.PUBLIC`, and
    mypy would no longer refuse to compare the two.
    """

    def __str__(self) -> str:
        return str(self.value)


class Side(Word):
    """Which half of a link: the helpdesk or the issue tracker. Never "source" or "target"."""

    SUPPORT = "support"
    ENGINEERING = "engineering"

    @property
    def other(self) -> Side:
        return Side.ENGINEERING if self is Side.SUPPORT else Side.SUPPORT


@dataclass(frozen=True, slots=True)
class Pair(Generic[T]):
    """One thing for each side."""

    support: T
    engineering: T

    def __getitem__(self, side: Side) -> T:
        return self.support if side is Side.SUPPORT else self.engineering

    def map(self, function: Callable[[T], U]) -> Pair[U]:
        return Pair(function(self.support), function(self.engineering))

    def put(self, side: Side, value: T) -> Pair[T]:
        """A copy with one side exchanged."""
        if side is Side.SUPPORT:
            return replace(self, support=value)
        return replace(self, engineering=value)

    def both(self) -> tuple[T, T]:
        return self.support, self.engineering

    def swapped(self) -> Pair[T]:
        return Pair(self.engineering, self.support)


# --- text and its visibility ---------------------------------------------------------------------------------------


class Visibility(Word):
    """Who may read something: PUBLIC includes the customer, INTERNAL only the people who work on the ticket.

    What a vendor does not say is INTERNAL.
    """

    PUBLIC = "public"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class Public:
    """Markdown that the customer may read.

    Made in three places only, which a test of the architecture checks: by a connector that read it from a public
    comment, by the store that kept it, and by `comments.disclose`, which a rule of the mapping must name.
    """

    text: str

    @property
    def visibility(self) -> Visibility:
        return Visibility.PUBLIC


@dataclass(frozen=True, slots=True)
class Internal:
    """Markdown for the people who work on the ticket; nothing turns it into `Public` but `comments.disclose`."""

    text: str

    @property
    def visibility(self) -> Visibility:
        return Visibility.INTERNAL


Body: TypeAlias = Public | Internal


@dataclass(frozen=True, slots=True)
class RichText:
    """A formatted text: its neutral form and the vendor's own.

    Two are equal when the vendor's own words are equal: a better converter is no edit by a person. A text that is
    still to be written has no vendor's form yet; its `source` is then the Markdown itself.
    """

    markdown: str = field(compare=False)
    source: str
    lost: tuple[str, ...] = field(default=(), compare=False)  # what Markdown could not carry: "colour", "macro {toc}"

    @classmethod
    def of(cls, markdown: str) -> RichText:
        """A text in neutral form that no vendor has seen."""
        return cls(markdown=markdown, source=markdown)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody at one vendor. `id` is the vendor's; `email` is absent where the vendor hides it."""

    id: str
    name: str = field(default="", compare=False)
    email: str | None = field(default=None, compare=False)


Value: TypeAlias = str | bool | Decimal | date | datetime | RichText | Person | frozenset[str] | None
Fields: TypeAlias = Mapping[str, Value]

NO_FIELDS: Fields = MappingProxyType({})


class Kind(Word):
    """What sort of value a field holds; the Python type of each is beside it. None is "empty" for every kind."""

    TEXT = "text"  # str, one line
    RICH_TEXT = "rich_text"  # RichText
    CHOICE = "choice"  # str, one of the vendor's words
    MULTI_CHOICE = "multi_choice"  # frozenset[str], some of the vendor's words
    NUMBER = "number"  # Decimal
    DATE = "date"  # date, or an aware datetime
    PERSON = "person"  # Person
    LABELS = "labels"  # frozenset[str], free words


# --- a ticket as read ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file on a ticket or on one of its comments; the bytes stay at the vendor until they are asked for."""

    id: str
    name: str
    size: int  # bytes
    media_type: str
    visibility: Visibility = Visibility.INTERNAL
    author: Person | None = None
    url: str = ""  # where a connector downloads it; never shown, never logged
    created: datetime | None = None


@dataclass(frozen=True, slots=True)
class Comment:
    """One message in a ticket's thread, in neutral form."""

    id: str
    body: Body
    author: Person
    created: datetime
    attachments: tuple[Attachment, ...] = ()
    source: str = ""  # the body in the vendor's own words: an edit is a change of this
    key: str | None = None  # our marker, where the vendor carries it and our own account wrote the comment
    lost: tuple[str, ...] = ()

    @property
    def visibility(self) -> Visibility:
        return self.body.visibility


@dataclass(frozen=True, slots=True)
class Thread:
    """All comments of a ticket, oldest first as the vendor orders them, and the files that hang on no comment."""

    comments: tuple[Comment, ...] = ()
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class Edit:
    """One entry of a vendor's change history: who changed which field, from what to what."""

    field: str
    old: Value
    new: Value
    ours: bool  # made by the account that syncd uses
    at: datetime
    id: str = ""


class Life(Word):
    """Where a ticket is in its life, as far as it changes what may be done with it."""

    ACTIVE = "active"
    LOCKED = "locked"  # closed for good or archived: can be read, takes no change
    DELETED = "deleted"  # the vendor says so itself; a mere 404 is `NotFound`, which is less


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A ticket as one read showed it, in the vendor's words.

    Attributes:
        ref: the vendor's immutable id; what links are made of.
        revision: the vendor's version mark of the fields; what `expect` of a guarded write takes.
        label: what people call it ("CORE-7"), which a move may change.
        container: the project or queue it stands in.
        thread: comments and files, or None where this read did not ask for them.
        history: edits since the revision that the read asked about; empty where it asked for none.
        tokens: names of changes that this answer shows for certain (see `sdk.connector.Changed.token`).
    """

    ref: str
    revision: str
    fields: Fields
    label: str = ""
    url: str = ""
    container: str = ""
    life: Life = Life.ACTIVE
    merged_into: str | None = None
    requester: Person | None = None
    created: datetime | None = None
    updated: datetime | None = None
    thread: Thread | None = None
    history: tuple[Edit, ...] = ()
    tokens: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Base:
    """What one side looked like after the last sync, in that side's own words, as the vendor answered.

    The thread is not here: which comments were mirrored is known by their twins.

    Attributes:
        revision: what the next guarded write expects; our own writes move it on.
        fields_revision, thread_revision: at which revision each was last *read*, so that a hint about something older
            costs no call. Our own writes do not move these: a foreign edit may lie between.
    """

    ref: str
    revision: str
    fields: Fields
    fields_revision: str = ""
    thread_revision: str = ""
    label: str = ""
    url: str = ""
    container: str = ""
    life: Life = Life.ACTIVE
    requester: Person | None = None

    @classmethod
    def of(cls, snapshot: Snapshot) -> Base:
        """A ticket as read; when its thread was read is for the caller to say."""
        return cls(
            ref=snapshot.ref,
            revision=snapshot.revision,
            fields=snapshot.fields,
            fields_revision=snapshot.revision,
            label=snapshot.label,
            url=snapshot.url,
            container=snapshot.container,
            life=snapshot.life,
            requester=snapshot.requester,
        )
