"""What a mapping file may hold, key by key. `shape` reads files with these models, `syncd schema` prints them."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from syncd.core.contract import Acceptance, ClockName, Reminder
from syncd.core.mapping import (
    Aggregate,
    Direction,
    OnClosed,
    OnDeleted,
    OnMerged,
    OnMoved,
    OnReopened,
    OnRestored,
    Owner,
)
from syncd.core.model import Kind, Side, Visibility
from syncd.core.packet import OnMissing, Told
from syncd.core.severity import Severity
from syncd.mapping import words
from syncd.mapping.annotations import Convert

Size = Annotated[
    int,
    Convert(words.size),
    WithJsonSchema({"type": "string", "pattern": r"^\d+(\.\d+)? ?([KMG]i?)?B$", "examples": ["25MB"]}),
]


Day = Annotated[
    date, Convert(words.day), WithJsonSchema({"type": "string", "format": "date", "examples": ["2026-12-25"]})
]


Remind = Annotated[
    Reminder,
    Convert(words.reminder),
    WithJsonSchema({"type": "string", "pattern": r"^(\d{1,2}%|\d+(\.\d+)?[smhd])$", "examples": ["75%", "15m"]}),
]
REMINDERS = (Reminder(share=Decimal("0.75")),)


class Block(BaseModel):
    """A table of the file: only the keys below, and frozen once read."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_by_alias=True, validate_by_name=True)


class SideBlock(Block):
    """One side of a field in that side's own words."""

    field: str = Field(description="The field's name at this vendor.", examples=["priority"])
    values: dict[str, str] | None = Field(
        default=None,
        description="Their word -> its meaning. The order counts: the first word with a meaning is the one that is "
        "written, and the meanings are ordered from highest (or least advanced) to lowest.",
        examples=["{urgent: p1, normal: p2}"],
    )
    empty: str | None = Field(default=None, description="What it means when the field is empty.")


class FieldBlock(Block):
    """One thing that both sides say, each in its own words."""

    owner: Owner = Field(
        default=Owner.SUPPORT,
        description="Who wins when both sides changed it: one side, the newest edit, or a person who is asked.",
    )
    aggregate: Aggregate | None = Field(
        default=None, description="What the issue says when several tickets hang on it. Labels: union; else newest."
    )
    direction: Direction = Field(default=Direction.BOTH, description="Which way changes go.")
    kind: Kind | None = Field(
        default=None, description="What sort of value it is; needed only for custom fields that are no text."
    )
    support: str | SideBlock = Field(description="The helpdesk's field.", examples=["subject"])
    engineering: str | SideBlock = Field(description="The tracker's field.", examples=["summary"])
    note_on: list[Side] = Field(
        default=[],
        description="Sides whose vendor cannot rewrite this field: a change is told there by an internal comment.",
    )


class TestBlock(Block):
    """Tests on one field; all of them must hold."""

    any: list[str] | None = Field(default=None, description="Is, or has, one of these words.")
    all: list[str] | None = Field(default=None, description="Has each of these words.")
    none: list[str] | None = Field(default=None, description="Neither is nor has any of these words.")
    contains: str | list[str] | None = Field(default=None, description="The text holds one of these, in any case.")
    words: str | list[str] | None = Field(
        default=None, description="One of these words or phrases stands there, whole, in any case, and is not denied."
    )
    at_least: Decimal | None = Field(default=None, description="A number, this or greater.")
    at_most: Decimal | None = Field(default=None, description="A number, this or less.")
    set: bool | None = Field(default=None, description="Whether the field has a value at all.")


class RuleBlock(Block):
    """Tickets for which `when` holds become issues at `create`. The first rule that matches decides."""

    name: str = Field(description="The rule's name, as `plan` and `why` show it.", examples=["outage"])
    when: dict[str, str | list[str] | TestBlock] = Field(
        description="Field -> a word, a list of words (any of them), or tests. A field is an entry of `fields` (then "
        "its meanings are meant) or a field of the helpdesk in the helpdesk's own words.",
        examples=["{priority: p1}"],
    )
    create: dict[str, str] = Field(
        description="Where the issue is made, in the tracker's words.", examples=["{project: CORE, issue_type: Bug}"]
    )


class CommentWhen(Block):
    starts_with: str = Field(
        description="The word that a comment must begin with; it is cut off before the text crosses.",
        examples=['"/customer"'],
    )


class CommentBlock(Block):
    """Comments that cross, and how visible they are on the other side."""

    from_: Side | None = Field(default=None, alias="from", description="Where the comment is written.")
    source: Visibility | None = Field(default=None, description="Only comments that are this visible there.")
    when: CommentWhen | None = Field(default=None, description="Only comments that begin with a word.")
    to: Side | None = Field(default=None, description="Where it goes: the other side.")
    visibility: Visibility | None = Field(
        default=None,
        description="How visible it is there. To engineering: as at its source; to support: internal.",
    )
    allow_private_to_public: str | None = Field(
        default=None,
        description="The reason why internal comments may become public by this rule. Without it none does.",
    )


class AttachmentBlock(Block):
    """Which files cross with their comments."""

    max_size: Size = Field(default=20 * 2**20, description="Larger files stay behind; the comment says so.")
    types: list[str] = Field(default=["*/*"], description="Media types that cross, such as `image/*`.")
    per_comment: int = Field(default=10, ge=1, le=100, description="How many files of one comment cross.")


class PeopleBlock(Block):
    """How an assignee is found on the other side."""

    match: Literal["email"] = Field(default="email", description="People are the same when their addresses are.")
    fallback: Literal["leave", "clear"] = Field(
        default="leave", description="Somebody unknown there: leave who is assigned, or clear it."
    )
    table: dict[str, str] = Field(
        default={}, description="Address at support -> the tracker's id or address, where they differ or are hidden."
    )


class LifecycleBlock(Block):
    """What becomes of a link when a ticket is reopened, merged, moved, deleted, restored or closed for good."""

    reopened: OnReopened = Field(default=OnReopened.REOPEN, description="A ticket that was done is not any more.")
    merged: OnMerged = Field(default=OnMerged.FOLLOW, description="It was merged into another one.")
    moved: OnMoved = Field(default=OnMoved.FOLLOW, description="It went to another project or queue.")
    deleted: OnDeleted = Field(default=OnDeleted.NOTE, description="It was deleted. The other side never is.")
    restored: OnRestored = Field(default=OnRestored.RESUME, description="It came back.")
    closed: OnClosed = Field(default=OnClosed.STOP, description="It takes no more changes.")
    done: list[str] = Field(default=["done"], description="Meanings of the field `status` that count as done.")


class BrakeBlock(Block):
    """When to stop and ask a person: counts per hour."""

    links: int = Field(default=1000, ge=1, description="Links written in one hour.")
    creates: int = Field(default=200, ge=1, description="Issues made in one hour.")
    gone: int = Field(default=5, ge=1, description="Links whose ticket vanished, or 2 % of all if that is more.")
    writes_per_link: int = Field(default=20, ge=1, description="Writes to one link in one hour.")


class MappingFile(Block):
    """One pair of connections and every rule for it."""

    name: str = Field(description="The mapping's name, as commands and the audit show it.", examples=["zendesk-jira"])
    support: str = Field(description="The helpdesk: a connection of the config.", examples=["acme-zendesk"])
    engineering: str = Field(description="The tracker: a connection of the config.", examples=["acme-jira"])
    escalate: list[RuleBlock] = Field(default=[], description="Which tickets become issues; first match decides.")
    fields: dict[str, FieldBlock] = Field(
        description="What is kept equal.", examples=["{title: {support: subject, engineering: summary}}"]
    )
    comments: dict[str, CommentBlock] = Field(
        default={},
        description="What crosses: support_public, support_internal, engineering, engineering_internal, "
        "engineering_for_customer, or any other name with `from`. What is not named stays where it is.",
    )
    attachments: AttachmentBlock = Field(default=AttachmentBlock(), description="Files.")
    people: PeopleBlock = Field(default=PeopleBlock(), description="Assignees.")
    lifecycle: LifecycleBlock = Field(default=LifecycleBlock(), description="The life of a ticket.")
    brake: BrakeBlock = Field(default=BrakeBlock(), description="When to stop and ask.")


class SeverityRuleBlock(Block):
    """Tickets for which `when` holds are at least this bad."""

    name: str = Field(description="The rule's name, as `plan` and `why` show it.", examples=["outage"])
    when: dict[str, str | list[str] | TestBlock] = Field(
        description="Field -> a word, a list of words (any of them), or tests, as under `escalate`.",
        examples=["{title: {words: [outage]}}"],
    )
    mappings: list[str] = Field(default=[], description="Only tickets of these mappings; none named: of all.")


class ClocksBlock(Block):
    """How long each may take. A clock that is not named does not run."""

    owner: timedelta | None = Field(default=None, description="Until somebody is named on the issue.", examples=["15m"])
    accept: timedelta | None = Field(default=None, description="Until engineering takes the issue, or returns it.")
    respond: timedelta | None = Field(default=None, description="Until the customer has a first public answer.")
    update: timedelta | None = Field(default=None, description="From one public answer to the next.")
    review: timedelta | None = Field(default=None, description="From one review to the next.")
    fix: timedelta | None = Field(default=None, description="Until the issue is done.")


class SeverityBlock(Block):
    """One severity."""

    rules: list[SeverityRuleBlock] = Field(default=[], description="What makes a ticket this bad.")
    clocks: ClocksBlock = Field(
        default=ClocksBlock(), description="How long each may take.", examples=["{accept: 30m}"]
    )
    hours: str = Field(default="always", description="When time counts: `always`, or a table of `hours`.")


class SeveritiesBlock(Block):
    """The severities, the worst first: the first rule that holds decides."""

    sev1: SeverityBlock = Field(default=SeverityBlock(), description="The worst.")
    sev2: SeverityBlock = Field(default=SeverityBlock(), description="Bad.")
    sev3: SeverityBlock = Field(default=SeverityBlock(), description="Not good.")
    sev4: SeverityBlock = Field(default=SeverityBlock(), description="The least.")


class OverrideBlock(Block):
    """Where an agent says how bad it is; that wins over every rule."""

    field: str = Field(description="A field of the helpdesk.", examples=["tags"])
    values: dict[str, Severity] = Field(description="Its word -> a severity.", examples=["{sev1: sev1}"])


class HoursBlock(Block):
    """When time counts, in the wall time of one place."""

    zone: str = Field(description="A time zone of the IANA database.", examples=["Europe/Berlin"])
    days: dict[str, str | list[str]] = Field(
        description="Day or days -> from when till when; a list where there is a break.",
        examples=['{mon-fri: "09:00-17:30"}'],
    )
    holidays: list[Day] = Field(default=[], description="Days on which nothing is open.")


class PauseBlock(Block):
    """While `when` holds on the ticket, clocks stand still."""

    name: str = Field(description="The pause's name, as `why` shows it.", examples=["waits for the customer"])
    when: dict[str, str | list[str] | TestBlock] = Field(
        description="Field -> a word, a list of words (any of them), or tests, as under `escalate`.",
        examples=["{status: waiting}"],
    )
    clocks: list[ClockName] = Field(default=list(ClockName), description="Which; none named: all.")


class AcceptanceBlock(Block):
    """How people take a step: by a word with which a comment begins, and by what the issue shows."""

    accept: str = Field(default=Acceptance.accept, description="On the issue: engineering takes it.")
    return_: str = Field(
        default=Acceptance.give_back, alias="return", description="On the issue: support has to add what follows."
    )
    resubmit: str = Field(default=Acceptance.resubmit, description="Internal, on the ticket: it was added.")
    reviewed: str = Field(default=Acceptance.reviewed, description="On either: it was looked at together.")
    owner: str | None = Field(
        default=None, description="The tracker's field that says who works on it.", examples=["assignee"]
    )
    assigned: bool = Field(default=True, description="Whether naming somebody on the issue is accepting it.")
    statuses: list[str] = Field(default=[], description="Meanings of `status` that accept it.")


class EvidenceBlock(Block):
    """One thing that engineering needs to know before an issue is made."""

    name: str = Field(description="What it is called, in notes and in the packet.", examples=["steps to reproduce"])
    ask: str = Field(
        description="The question to the agent where it is missing.", examples=["Which steps lead to it, one by one?"]
    )
    field: str | None = Field(
        default=None, description="An entry of the mapping's `fields`, or a field of the helpdesk, that holds it."
    )
    heading: str | list[str] | None = Field(
        default=None, description="The heading or label above it in the description or in a comment; or several."
    )
    severities: list[Severity] | None = Field(default=None, description="Only tickets this bad; not given: all.")
    when: dict[str, str | list[str] | TestBlock] | None = Field(
        default=None, description="Only tickets for which this holds, as under `escalate`."
    )
    missing: OnMissing = Field(
        default=OnMissing.HOLD,
        description="`hold`: the ticket stays in support until it is there; `warn`: the packet says that it is not.",
    )


class RedactBlock(Block):
    """What is removed from everything that a packet says."""

    secrets: bool = Field(default=True, description="Keys, tokens, passwords that are named as such, private keys.")
    cards: bool = Field(default=True, description="Numbers of payment cards and bank accounts (IBAN).")
    ids: bool = Field(default=True, description="Identity numbers that prove themselves by form or check digits.")
    email: bool = Field(default=True, description="E-mail addresses.")
    phone: bool = Field(default=False, description="Telephone numbers.")
    allow: list[str] = Field(default=[], description="E-mail addresses and domains that stay.")
    words: list[str] = Field(default=[], description="Words and phrases that are removed wherever they stand.")


class TemplateBlock(Block):
    """A template in a file of its own."""

    file: str = Field(description="The file, relative to this one.", examples=["packet.md"])


class PacketBlock(Block):
    """What engineering gets with an issue: the handoff packet."""

    evidence: list[EvidenceBlock] = Field(default=[], description="What must be known.")
    conversation: Told = Field(
        default=Told.ALL, description="Which comments it tells: `all`, or the `public` ones that the customer can read."
    )
    redact: RedactBlock = Field(default=RedactBlock(), description="What is removed.")
    template: str | TemplateBlock | None = Field(
        default=None, description="How it is said, in Markdown with places for values; not given: syncd's own."
    )


class EscalationFile(Block):
    """How bad a ticket is, by rule."""

    severities: SeveritiesBlock = Field(
        description="The rules of each severity.",
        examples=["{sev1: {rules: [{name: outage, when: {title: {words: [outage]}}}]}}"],
    )
    override: OverrideBlock | None = Field(default=None, description="An agent's own word.")
    default: Severity | None = Field(default=None, description="What a ticket is that no rule takes.")
    hours: dict[str, HoursBlock] = Field(default={}, description="When time counts, by name.")
    pauses: list[PauseBlock] = Field(default=[], description="What makes clocks stand still.")
    reminders: list[Remind] = Field(
        default=list(REMINDERS),
        description="When somebody is told before a clock runs out: a share of its time, or what is left of it.",
        examples=["[75%, 15m]"],
    )
    acceptance: AcceptanceBlock = Field(default=AcceptanceBlock(), description="How a step is taken.")
    packet: PacketBlock | None = Field(default=None, description="What engineering gets with an issue.")
