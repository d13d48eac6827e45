"""What the oracle looks at: records at both vendors, links and lists out of the store, all as plain values.

Nothing here decides anything, and nothing of syncd's own decisions comes in: a vendor tells its records, a test reads
the store's tables with SQL of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from syncd.core.model import Life, Person, RichText, Side, Visibility
from syncd.sdk.testing.journal import Entry
from syncd.sdk.testing.vendor import MemoryVendor

CANARY = re.compile(r"kite-\d{5}")


def canary(number: int) -> str:
    """A word that stands in one text and nowhere else, so that its way can be followed."""
    return f"kite-{number:05d}"


def canaries(text: str) -> list[str]:
    return CANARY.findall(text)


@dataclass(frozen=True, slots=True)
class Said:
    """A comment as it stands at a vendor. `ours`: our account wrote it."""

    id: str
    text: str
    public: bool
    ours: bool
    key: str | None = None
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Record:
    """A ticket as it stands at a vendor. `key`: we made it, with this key."""

    ref: str
    fields: Mapping[str, object]
    comments: tuple[Said, ...] = ()
    files: tuple[str, ...] = ()
    key: str | None = None
    open: bool = True  # neither deleted nor merged into another


@dataclass(frozen=True, slots=True)
class VendorSeen:
    """One vendor at the end: its records and its journal. `account` is the one that syncd uses."""

    name: str
    records: Mapping[str, Record]
    journal: Sequence[Entry]
    account: str = "syncd"

    @property
    def own_writes(self) -> list[Entry]:
        """What syncd's own requests did, late and doubled ones too."""
        return [entry for entry in self.journal if self.is_own(entry) and entry.write and entry.applied]

    @property
    def foreign_changes(self) -> list[Entry]:
        return [entry for entry in self.journal if not self.is_own(entry) and (entry.before or entry.after)]

    def is_own(self, entry: Entry) -> bool:
        return entry.request and entry.actor == self.account


@dataclass(frozen=True, slots=True)
class FieldTable:
    """A field of the mapping, written out by hand for the oracle.

    Attributes:
        support: the field's name there; `engineering` its name on the other side.
        words: the meaning of each word, per side; None where a value means itself.
        loss: what both sides are brought to before they are compared: the loss that the mapping declares.
        aggregated: several tickets may hang on one issue, so a single ticket may differ.
    """

    name: str
    support: str
    engineering: str
    words: tuple[Mapping[str, str], Mapping[str, str]] | None = None
    loss: Callable[[object], object] = lambda value: value
    aggregated: bool = False

    def at(self, side: Side) -> str:
        return self.support if side is Side.SUPPORT else self.engineering

    def means(self, side: Side, value: object) -> object:
        """What a value means, or an `Unknown` that equals nothing else."""
        value = plain(value)
        if self.words is None or value is None:
            return self.loss(value)
        table = self.words[0 if side is Side.SUPPORT else 1]
        return self.loss(table[value]) if isinstance(value, str) and value in table else Unknown(side, value)


@dataclass(frozen=True, slots=True)
class Unknown:
    """A word without a meaning in the table."""

    side: Side
    value: object


@dataclass(frozen=True, slots=True)
class Linked:
    """Two refs that the store calls linked. `resting`: a tombstone, or stopped for a reason that is shown."""

    support: str
    engineering: str
    resting: bool = False

    def ref(self, side: Side) -> str:
        return self.support if side is Side.SUPPORT else self.engineering


@dataclass(frozen=True, slots=True)
class Listed:
    """Something that a person can see to be open: a park, a conflict, a link that waits. No item: the whole ticket."""

    ref: str
    item: str = ""  # a field's name in the mapping, or a comment's id
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """A value that a conflict row keeps."""

    ref: str
    field: str  # its name at the vendor
    value: object


@dataclass(frozen=True, slots=True)
class Audited:
    """An audit row of a write: announced, then with its outcome."""

    vendor: str
    ref: str
    operation: str
    announced: datetime
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that the oracle judges one history by."""

    support: VendorSeen
    engineering: VendorSeen
    fields: tuple[FieldTable, ...] = ()
    links: tuple[Linked, ...] = ()
    listed: tuple[Listed, ...] = ()
    kept: tuple[Kept, ...] = ()
    audited: tuple[Audited, ...] = ()
    crashes: int = 0
    customer_fields: Mapping[Side, frozenset[str]] = field(default_factory=dict)  # those that strangers can read

    def vendor(self, side: Side) -> VendorSeen:
        return self.support if side is Side.SUPPORT else self.engineering

    def is_listed(self, refs: Iterable[str], item: str = "") -> bool:
        """Whether a person can see that something about these tickets, or this item of them, is open."""
        wanted = set(refs)
        return any(line.ref in wanted and line.item in ("", item) for line in self.listed)


def plain(value: object) -> object:
    """A value without what only vendors care about: a text is its words, nobody and nothing are None."""
    match value:
        case RichText(markdown=text) | str(text):
            return " ".join(text.split()) or None
        case Person(id=id, email=email):
            return (email or id).lower()
        case frozenset():
            return value or None
        case _:
            return value


def seen(vendor: MemoryVendor, *, account: str = "syncd") -> VendorSeen:
    """A vendor in memory as evidence."""

    def record(ref: str) -> Record:
        ticket = vendor.ticket(ref)
        comments = tuple(
            Said(
                id=comment.id,
                text=comment.body.text,
                public=comment.visibility is Visibility.PUBLIC,
                ours=comment.author.id == account,
                key=comment.key if comment.author.id == account else None,
                files=tuple(file.name for file in comment.attachments),
            )
            for comment in ticket.comments
        )
        alive = ticket.life is not Life.DELETED and ticket.merged_into is None
        return Record(ref, dict(ticket.fields), comments, tuple(file.name for file in ticket.files), ticket.key, alive)

    return VendorSeen(vendor.name, {ref: record(ref) for ref in vendor.tickets}, tuple(vendor.journal), account)
