"""What `ConnectorTests` needs of the vendor behind a connector: to act there as a person, and to look without it.

A simulator or a sandbox account fits by a small class; `memory_world.MemoryWorld` is the example.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from syncd.core.model import Fields
from syncd.sdk.connector import Webhook


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
        labels: a field of free words.
        day: a field of a date; `moment` one of a date and time.
        person: a field that takes a person.
        email: the address of somebody who can be assigned.
    """

    place: Mapping[str, str]
    title: str
    required: Fields = field(default_factory=dict)
    description: str | None = None
    choice: tuple[str, str, str] | None = None
    status: tuple[str, str] | None = None
    impossible: str | None = None
    labels: str | None = None
    day: str | None = None
    moment: str | None = None
    person: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """A ticket as the vendor itself shows it, read past the connector."""

    public: tuple[str, ...]  # every text and file name that a customer may read: title, description, public comments
    backlinks: tuple[str, ...] = ()  # the addresses it links to


class World(Protocol):
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
