"""What `ConnectorTests` needs of the vendor behind a connector: to act there as a person, and to look without it.

A simulator or a sandbox account fits by a small class; `memory_world.MemoryWorld` is the example.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NoReturn, Protocol

from syncd.core.model import Fields, Word
from syncd.sdk.connector import Webhook


class Deed(Word):
    """What a person can do with a ticket at some vendors and not at others."""

    ATTACH = "attach a file"
    DELETE = "delete"
    RESTORE = "restore"
    MOVE = "move"
    MERGE = "merge"
    REWORD = "edit a comment"
    UNSAY = "delete a comment"
    SWITCH_OFF = "switch off a webhook"


@dataclass(frozen=True, slots=True)
class Words:
    """The vendor's names for what the promises speak of. None, or empty, for what it does not have.

    Attributes:
        place: the `create` block of a mapping.
        required: fields beside the title without which no ticket can be made.
        title: a line of text.
        description: a formatted text that can be rewritten.
        choice: a field and two of its words.
        status: its field and a status that a new ticket can get.
        impossible: a status that the vendor has and a new ticket cannot get.
        done: its field, a status of open tickets, and a final one from which the ticket can be opened again.
        reopened: the status that a ticket then has, where it is another than the open one of `done`.
        labels: a field of free words.
        day: a field of a date; `moment` one of a date and time.
        person: a field that takes a person.
        email: the address of somebody who can be assigned.
        customers: whether there is somebody to whom a comment can be public; where there is not, all is internal.
        internal_files: whether a person can give a ticket a file that no customer sees.
        signed: whether a webhook's signature covers its body; else a secret comes along in a header or the address.
        deeds: what a person can do there of the methods of `Deeds`.
    """

    place: Mapping[str, str]
    title: str
    required: Fields = field(default_factory=dict)
    description: str | None = None
    choice: tuple[str, str, str] | None = None
    status: tuple[str, str] | None = None
    impossible: str | None = None
    done: tuple[str, str, str] | None = None
    reopened: str | None = None
    labels: str | None = None
    day: str | None = None
    moment: str | None = None
    person: str | None = None
    email: str | None = None
    customers: bool = True
    internal_files: bool = True
    signed: bool = True
    deeds: frozenset[Deed] = frozenset()


@dataclass(frozen=True, slots=True)
class Shown:
    """A ticket as the vendor itself shows it, read past the connector."""

    public: tuple[str, ...]  # every text and file name that a customer may read: title, description, public comments
    backlinks: tuple[str, ...] = ()  # the addresses it links to


def _cannot(deed: Deed) -> NoReturn:
    raise NotImplementedError(deed)


class Deeds(Protocol):
    """What people do at some vendors only. A world inherits these, and overrides those of its `Words.deeds`."""

    async def attach(self, ref: str, name: str, content: bytes, *, public: bool) -> None:
        """Put a file on a ticket, with a comment or without; public: a customer can see it."""
        _cannot(Deed.ATTACH)

    async def delete(self, ref: str) -> None:
        _cannot(Deed.DELETE)

    async def restore(self, ref: str) -> None:
        """Undo `delete`."""
        _cannot(Deed.RESTORE)

    async def move(self, ref: str) -> None:
        """To another project or queue that the connection can see too."""
        _cannot(Deed.MOVE)

    async def merge(self, ref: str, into: str) -> None:
        _cannot(Deed.MERGE)

    async def reword(self, ref: str, said: str, text: str) -> None:
        """Edit the comment that reads so."""
        _cannot(Deed.REWORD)

    async def unsay(self, ref: str, said: str) -> None:
        """Take away the comment that reads so."""
        _cannot(Deed.UNSAY)

    async def switch_off(self, address: str) -> None:
        """Let the webhooks sleep that call this address, as a person does it, or the vendor after failures."""
        _cannot(Deed.SWITCH_OFF)


class World(Deeds, Protocol):
    """The vendor, and a person who works there with another account than the connector's."""

    @property
    def words(self) -> Words: ...

    @property
    def requests(self) -> int:
        """How many requests the connector has sent so far."""
        ...

    async def open(self, fields: Fields) -> str:
        """Make a ticket at `words.place`; returns its ref."""
        ...

    async def edit(self, ref: str, fields: Fields) -> None: ...

    async def say(self, ref: str, text: str, *, public: bool) -> None: ...

    async def look(self, ref: str) -> Shown: ...

    async def settle(self) -> None:
        """Let pass, by the vendor's clock, what its lists, searches and whole-second stamps need."""
        ...

    async def webhooks(self) -> Sequence[Webhook]:
        """The deliveries since the last call, in the order in which they were sent."""
        ...

    def sign(self, body: bytes) -> Webhook:
        """A delivery of these bytes as the vendor would sign it."""
        ...
