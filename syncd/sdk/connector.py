"""The connector protocol: what syncd asks of a vendor, and the values they exchange.

A connector is one account at one vendor. It speaks the vendor's words and knows nothing of links, mappings or the
other side. Its promises are tests in `syncd.sdk.testing.ConnectorTests`.
"""

from __future__ import annotations

import abc
import enum
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypedDict
from urllib.parse import urlsplit

import httpx
from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from syncd.core.model import Attachment, Body, Comment, Fields, Kind, Person, Snapshot, Word
from syncd.sdk.errors import Unsupported
from syncd.sdk.oauth import MemoryVault, OAuth, Vault

if TYPE_CHECKING:
    from syncd.sdk.budget import Ledger

# --- what a connector says about itself -----------------------------------------------------------------------------


class Capability(Word):
    """What a connector can do beyond the abstract methods."""

    WEBHOOKS = "webhooks"  # receive()
    MANAGE_WEBHOOKS = "manage webhooks"  # hooks(), register_hook(), remove_hook()
    GUARDED = "guarded"  # update() refuses a stale `expect` with Stale, and its answer says what the ticket shows now
    HISTORY = "history"  # fetch(since=) fills Snapshot.history, so that a blind write can be checked afterwards
    REPEATABLE_CREATE = "repeatable create"  # the same key makes one ticket, for `key_lifetime`
    FIND = "find"  # find() finds the tickets that create() made with a key
    CLOSE = "close"  # close()
    INTERNAL_COMMENTS = "internal comments"
    ONLY_INTERNAL_COMMENTS = "only internal comments"  # a limit: comment() refuses a Public body, and sends nothing
    EDIT_COMMENTS = "edit comments"  # edit_comment()
    DELETE_COMMENTS = "delete comments"  # delete_comment()
    FILES = "files"  # comment() takes files and they arrive with it or not at all; download()
    TICKET_FILES = "ticket files"  # attach(): files hang on the ticket, not on a comment
    PEOPLE = "people"  # person()
    LINK_BACK = "link back"  # link_back()
    DESCRIBE = "describe"  # describe()


@dataclass(frozen=True, slots=True)
class FieldInfo:
    """One field of a vendor, as a mapping may name it.

    Attributes:
        name: as the mapping writes it ("priority", "Severity").
        options: the words of a choice; empty where any word goes or the account decides.
        writable: False for what only the vendor sets ("key", "created").
        required: a create without it is refused.
    """

    name: str
    kind: Kind
    options: tuple[str, ...] = ()
    writable: bool = True
    required: bool = False


@dataclass(frozen=True, slots=True)
class Account:
    """Who we act as: first answer of `syncd check --online`."""

    id: str
    name: str
    email: str | None = None
    lacks: tuple[str, ...] = ()  # rights that the connector needs and this account has not
    excess: tuple[str, ...] = ()  # rights that it has and the connector never uses
    expires: datetime | None = None  # when the credential ends, where the vendor tells


@dataclass(frozen=True, slots=True)
class Description:
    """What this account sees at the vendor: fields with their words, and containers with their types."""

    fields: tuple[FieldInfo, ...]
    containers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # "CORE" -> ("Bug", "Task")
    public_containers: frozenset[str] = frozenset()  # those that strangers can read


@dataclass(frozen=True, slots=True)
class Hook:
    """A webhook as the vendor keeps it.

    Attributes:
        url: the address that is called.
        active: whether the vendor calls it now.
        lacks: events that `receive` reads and this one does not bring, in the vendor's words.
        expires: when the vendor drops it, unless it is registered again before.
        apart: it brings what no other one does, as that of a private team; two such are no double.
        secret: what it signs with, where the vendor chooses that and tells it; to be put into `webhook_secret`.
    """

    id: str
    url: str
    active: bool = True
    lacks: tuple[str, ...] = ()
    expires: datetime | None = None
    apart: bool = False
    secret: str = field(default="", repr=False)


class ConnectionConfig(BaseModel):
    """The block of one connection in `config/syncd.yaml`; a connector adds its own keys by inheritance."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
    credentials: ClassVar[tuple[tuple[str, ...], ...]] = ()
    """Ways to sign in, each by its keys, the secret last; a block has all keys of one of them, and no other."""
    part_key: ClassVar[str] = ""
    """The key whose words are the `part` ("projects"); empty where no connection keeps to a part."""

    connector: str = Field(description="Which connector speaks to this account; `syncd connectors` lists them.")
    url: str = Field(description="Where the vendor answers, with https (http only to this machine).")
    webhook_secret: SecretStr | None = Field(default=None, description="Signs the vendor's webhooks.")
    webhook_secret_old: SecretStr | None = Field(default=None, description="Still accepted while a secret is changed.")
    poll: timedelta = Field(default=timedelta(seconds=60), description="How often to ask for changes.")
    timeout: timedelta = Field(
        default=timedelta(seconds=30), description="Longest wait for one request, from first byte to last."
    )

    @model_validator(mode="after")
    def _one_credential(self) -> Self:
        given = {key for way in self.credentials for key in way if getattr(self, key) is not None}
        if self.credentials and given not in [set(way) for way in self.credentials]:
            ways = [" and ".join(f"`{key}`" for key in way) for way in self.credentials]
            raise ValueError(f"give {', or '.join(ways) if any(' ' in way for way in ways) else ' or '.join(ways)}")
        return self

    @property
    def credential(self) -> str:
        """The key of what signs in: "token"; empty for a connector that does not say its `credentials`."""
        return next((way[-1] for way in self.credentials if getattr(self, way[-1]) is not None), "")

    @property
    def part(self) -> tuple[str, ...]:
        """The containers that the connection keeps to, in the words of `Connector.container`; empty: the whole account.

        Two connections with parts of one account may be the two sides of a mapping. So keeping to it is strict: polls
        and webhooks pass over what stands elsewhere (but a webhook about a ticket's leaving), `fetch` raises
        `Elsewhere` for it, `create` makes nothing there. `find` looks everywhere: what was made may be moved at once.
        """
        return tuple(getattr(self, self.part_key)) if self.part_key else ()

    @property
    def expects_webhooks(self) -> bool:
        """Whether there is something to verify webhooks by; without it none is believed, and none is missed."""
        return self.webhook_secret is not None and bool(self.webhook_secret.get_secret_value())


def account_of(config: ConnectionConfig) -> str:
    """What tells two accounts apart before anybody is asked: connector and address."""
    address = urlsplit(config.url)
    return f"{config.connector} at {(address.netloc + address.path).lower().rstrip('/')}"


# --- what goes to and fro ------------------------------------------------------------------------------------------


class Part(enum.Enum):
    """Which half of a ticket a hint speaks of; a connector that cannot tell names both."""

    FIELDS = "fields"
    THREAD = "thread"


ALL_PARTS = frozenset(Part)
ONLY_FIELDS = frozenset({Part.FIELDS})
ONLY_THREAD = frozenset({Part.THREAD})


@dataclass(frozen=True, slots=True)
class Changed:
    """A hint: this ticket may look different now. State is read, never carried here.

    Attributes:
        token: a name of this very change, the same whether a webhook or a poll brings it, and never shared by two
            changes: a transaction id, a comment id, a millisecond stamp, a digest of the content. Empty when there is
            none; such a hint always costs a read.
        echo: empty, unless the vendor says that our own account did it; then the name of what was done ("Set
            Priority"), as `Written.echoes` foretold it. One foretold echo swallows one hint.
        revision: the version the ticket had after this change, where the hint says so.
        at: when it happened, by the vendor's clock; only for delays shown to people.
    """

    ref: str
    token: str = ""
    parts: frozenset[Part] = ALL_PARTS
    echo: str = ""
    revision: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a poll. The cursor is stored in the transaction that stores the hints, never before."""

    changed: tuple[Changed, ...]
    cursor: str


@dataclass(frozen=True, slots=True)
class Webhook:
    """One received delivery, as raw as it came."""

    headers: Mapping[str, str]  # names in lower case
    body: bytes
    received: datetime
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A verified webhook: the vendor's name for the delivery, and the tickets it speaks of (none: not our business)."""

    id: str
    changed: tuple[Changed, ...]


@dataclass(frozen=True, slots=True)
class Backlink:
    """The other half of the link, to be shown on a ticket in the vendor's own primitive."""

    url: str
    title: str  # "CORE-7 Export fails"
    label: str  # "CORE-7"
    done: bool = False  # shown as resolved where the vendor can
    customer: Person | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A ticket to be made. `place` is the mapping's `create` block, in the vendor's words (project, issue_type)."""

    place: Mapping[str, str]
    fields: Fields
    backlink: Backlink | None = None


@dataclass(frozen=True, slots=True)
class File:
    """A file to be sent. `read` starts the bytes anew at each call, so that a refused upload can be repeated."""

    name: str
    media_type: str
    size: int
    read: Callable[[], AsyncIterator[bytes]]


@dataclass(frozen=True, slots=True)
class Message:
    """A comment to be written. Its body's type is its visibility."""

    body: Body
    files: tuple[File, ...] = ()


@dataclass(frozen=True, slots=True)
class Written:
    """What the vendor answered to a write, as far as it says.

    Attributes:
        revision: the version the ticket has now; None when the answer does not say.
        fields: what the vendor's answer proves to stand there now. When a field that was written is missing here, the
            caller reads the ticket again; so a vendor that answers "204" to everything returns nothing here.
        tokens: the exact names (`Changed.token`) under which this write will come back as hints, where the answer
            tells them.
        echoes: where it does not tell them: the names (`Changed.echo`) that will come back, once each.
    """

    revision: str | None = None
    fields: Fields = field(default_factory=dict)
    tokens: frozenset[str] = frozenset()
    echoes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Posted:
    """A comment as the vendor keeps it, and what the ticket is like after it."""

    comment: Comment
    written: Written = Written()


@dataclass(frozen=True, slots=True)
class Call:
    """One request to a vendor, for counters, the audit of a test, and the quota page. Holds no body and no secret."""

    connection: str
    method: str
    path: str
    status: int | None  # None: no answer
    seconds: float


Observer = Callable[[Call], None]


class Wiring(TypedDict, total=False):
    """What a connector gets beside its config; none of it is the vendor's.

    Attributes:
        connection: its name in the config file, for messages and metrics.
        transport: another way to the vendor than the network: a simulator in this process, a recorder.
        observer: told of each request after its end.
        vault: keeps what the vendor gives it, for the next process too; without one it is kept in memory.
        now: the clock by which tokens are renewed.
        ledger: knows what the connections with the same credential have left of its limits.
    """

    connection: str
    transport: httpx.AsyncBaseTransport | None
    observer: Observer | None
    vault: Vault | None
    now: Callable[[], datetime]
    ledger: Ledger | None


class Connector(abc.ABC):
    """One account at one vendor. Speaks the vendor's words; knows nothing of links, mappings or the other side.

    Every method may raise any `ConnectorError`. A write that raises anything but `Unavailable(sent=True)` has not
    happened; after that one it is unknown, and the caller looks (`find`, `fetch`) before it writes again.
    """

    name: ClassVar[str]
    """ "zendesk", also the entry point's name."""
    Config: ClassVar[type[ConnectionConfig]] = ConnectionConfig
    """Its block in the config file."""
    capabilities: ClassVar[frozenset[Capability]] = frozenset()
    fields: ClassVar[tuple[FieldInfo, ...]] = ()
    """The vendor's own fields, known without asking it; custom fields come with `describe`."""
    settle: ClassVar[timedelta] = timedelta(seconds=0)
    """How long, beyond twice the request time-out, an unanswered create may stay invisible to `find`: the index lag."""
    key_lifetime: ClassVar[timedelta] = timedelta(0)
    """How long the vendor remembers a key, for REPEATABLE_CREATE."""
    place_keys: ClassVar[frozenset[str]] = frozenset()
    """What a mapping's `create` block may say ("project", "issue_type")."""
    container: ClassVar[str] = "project"
    """The one of `place_keys` that a create cannot do without ("project", "queue", "team")."""

    def __init__(
        self,
        config: Any,
        *,
        connection: str = "",
        transport: httpx.AsyncBaseTransport | None = None,
        observer: Observer | None = None,
        vault: Vault | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        ledger: Ledger | None = None,
    ) -> None:
        """Make no request yet. The keywords are those of `Wiring`, and a connector passes them on as `**wiring`.

        Args:
            config: an instance of `Config`.
        """
        self.config = config
        self.connection = connection or self.name
        self.transport = transport
        self.observer = observer
        self.vault: Vault = vault or MemoryVault()
        self.now = now
        self.ledger = ledger
        self.renewed: OAuth | None = None  # what renews the tokens of its clients; `open_client` puts it here

    @classmethod
    def capabilities_of(cls, config: Any) -> frozenset[Capability]:
        """What an instance with this config could do, before there is one; `config` is an instance of `Config`."""
        return cls.capabilities

    # -- abstract

    @abc.abstractmethod
    async def check(self) -> Account:
        """Who we act as. Called once before anything else; remembers the own account id for `ours` and echoes."""

    @abc.abstractmethod
    def changes(self, cursor: str | None) -> AsyncIterator[Page]:
        """Pages of hints since `cursor`, oldest first; one request when nothing changed.

        None starts now: it yields one page without hints and a cursor. A cursor resumes without gaps; repeats are
        fine. The look-back that the vendor's clock and index need is inside.
        """

    @abc.abstractmethod
    async def fetch(self, ref: str, *, parts: frozenset[Part] = ALL_PARTS, since: str | None = None) -> Snapshot:
        """Read a ticket as it is now. `parts` without THREAD may spare the request for it; `since` asks for history."""

    @abc.abstractmethod
    async def create(self, draft: Draft, *, key: str) -> Snapshot:
        """Make a ticket that carries `key` where people do not see it.

        With REPEATABLE_CREATE the same key makes one ticket, with FIND `find` finds it. A vendor whose answer does not
        show the ticket is read, with its history since the beginning: somebody may have changed it meanwhile.
        """

    @abc.abstractmethod
    async def update(self, ref: str, fields: Fields, *, expect: str) -> Written:
        """Write these fields and no other, unless the ticket moved on since `expect` (where GUARDED).

        Status goes the vendor's own way. RichText is given in neutral form (`source` is to be ignored).
        """

    @abc.abstractmethod
    async def comment(self, ref: str, message: Message, *, key: str, expect: str) -> Posted:
        """Add a comment that carries `key`, with its files, as visible as its body's type says and never more.

        Files are given whatever is claimed, but for TICKET_FILES. Without FILES the words are written all the same, and
        name the files that stay where they were (`text.compose.naming_files`).

        Where the ticket moved on since `expect`, it is refused as Stale, or written, and then the answer names no
        revision: with one, the next guarded write would run over what nobody has read.

        Rejected, before anything is sent, for a body that this vendor cannot make as visible.
        """

    # -- optional

    async def describe(self) -> Description:
        raise Unsupported(f"{self.name}: {Capability.DESCRIBE}")

    async def find(self, key: str) -> Sequence[Snapshot]:
        """The tickets that `create` made with this key, the oldest first, by the best route; with HISTORY, all of it.

        None at all only if the route surely works; more than one only where two requests were under way at once.
        Asked before each create, not only after a crash: it has to be cheap.
        """
        raise Unsupported(f"{self.name}: {Capability.FIND}")

    async def close(self, ref: str) -> Written:
        """Bring a ticket to a final status in the vendor's own way; one that has such a status stays as it is."""
        raise Unsupported(f"{self.name}: {Capability.CLOSE}")

    async def attach(self, ref: str, file: File) -> Attachment:
        raise Unsupported(f"{self.name}: {Capability.TICKET_FILES}")

    def download(self, attachment: Attachment) -> AsyncIterator[bytes]:
        raise Unsupported(f"{self.name}: {Capability.FILES}")

    async def edit_comment(self, ref: str, comment: Comment, body: Body, *, key: str) -> Comment:
        raise Unsupported(f"{self.name}: {Capability.EDIT_COMMENTS}")

    async def delete_comment(self, ref: str, comment_id: str) -> None:
        raise Unsupported(f"{self.name}: {Capability.DELETE_COMMENTS}")

    async def link_back(self, ref: str, backlink: Backlink, *, expect: str = "") -> Written:
        """Show the other ticket on this one; the same URL again changes nothing.

        `expect` as in `update`, where GUARDED and given; without it the answer names no revision.
        """
        raise Unsupported(f"{self.name}: {Capability.LINK_BACK}")

    async def person(self, email: str) -> Person | None:
        """Somebody who can be assigned, by e-mail address; None where the vendor knows nobody or hides addresses."""
        raise Unsupported(f"{self.name}: {Capability.PEOPLE}")

    async def cursor_at(self, moment: datetime) -> str:
        """A cursor from which `changes` tells every ticket that was made or changed since this moment."""
        raise Unsupported(f"{self.name}: to list what changed in the past")

    def receive(self, webhook: Webhook) -> Delivery:
        """Verify over the raw bytes, then name the tickets. Pure: no request. BadSignature, BadBody."""
        raise Unsupported(f"{self.name}: {Capability.WEBHOOKS}")

    async def hooks(self) -> Sequence[Hook]:
        """The webhooks that this account can see, ours and others."""
        raise Unsupported(f"{self.name}: {Capability.MANAGE_WEBHOOKS}")

    async def register_hook(self, url: str) -> Hook:
        """Make the vendor call this address about all that `receive` reads, signed with the config's `webhook_secret`.

        The same address again makes no second one: it repairs what lacks, switches it on, and renews what expires.
        """
        raise Unsupported(f"{self.name}: {Capability.MANAGE_WEBHOOKS}")

    async def remove_hook(self, hook_id: str) -> None:
        """Take it away; one that is gone already is no error."""
        raise Unsupported(f"{self.name}: {Capability.MANAGE_WEBHOOKS}")

    def hook_steps(self, url: str) -> Sequence[str]:
        """What a person does at the vendor to have this address called, a sentence for each step."""
        return ()

    def includes(self, revision: str, changed: Changed) -> bool:
        """Whether a read that answered `revision` surely shows what `changed` tells, because it is younger."""
        return bool(changed.token) and changed.token == revision

    def expires(self) -> datetime | None:
        """When the sign-in ends unless a person renews it, as the vendor told since `check`; None where it did not."""
        return self.renewed.ends if self.renewed else None

    def quotas(self) -> Sequence[Quota]:
        """What the vendor last said about what is left."""
        return ()

    async def aclose(self) -> None:  # noqa: B027  a connector without a connection pool has nothing to close
        """Close what is open; no request after it."""


@dataclass(frozen=True, slots=True)
class Quota:
    """One limit of a vendor as its last answer gave it."""

    name: str  # "requests a minute"
    limit: int
    remaining: int
    resets: datetime | None = None
