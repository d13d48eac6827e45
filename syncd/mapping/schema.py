"""What a mapping file may hold, key by key. `shape` reads files with these models, `syncd schema` prints them."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from syncd.core.approval import Otherwise
from syncd.core.contract import Acceptance, ClockName, Reminder
from syncd.core.feedback import Cause, Close
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
from syncd.core.milestones import Happened
from syncd.core.model import Kind, Side, Visibility
from syncd.core.owners import Absence
from syncd.core.packet import OnMissing, Told
from syncd.core.severity import Severity
from syncd.core.telling import Audience, RoleName
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
    when: dict[str, str | list[str] | TestBlock] | None = Field(
        default=None,
        description="Field -> a word, a list of words (any of them), or tests, as under `escalate`.",
        examples=["{title: {words: [outage]}}"],
    )
    mappings: list[str] = Field(default=[], description="Only tickets of these mappings; none named: of all.")
    churn: bool = Field(default=False, description="The customer threatens to leave, by the words of `sentiment`.")


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
    links: bool = Field(default=False, description="Whether a note on the issue has links to accept and return it.")
    approve: str = Field(default=Acceptance.approve, description="Internal, on the ticket: an issue may be made.")
    refuse: str = Field(default=Acceptance.refuse, description="Internal, on the ticket: none is made, and why.")
    route: str = Field(default=Acceptance.route, description="Internal, on either: to this team or person.")


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
    similar: int = Field(
        default=3, ge=0, le=20, description="How many issues that sound like the ticket are named at most; 0 for none."
    )
    template: str | TemplateBlock | None = Field(
        default=None, description="How it is said, in Markdown with places for values; not given: syncd's own."
    )


class WeeklyBlock(Block):
    """Who gets the numbers of the last seven days by e-mail, and when."""

    to: list[str] = Field(description="Addresses.", examples=["[lead@acme.example]"])
    channel: str | None = Field(
        default=None, description="A channel of e-mail in the config; not given: the only one.", examples=["mail"]
    )
    day: Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] = Field(
        default="monday", description="The day of the week."
    )
    hour: int = Field(default=8, ge=0, le=23, description="The hour, in the zone of the numbers.")


class MetricsBlock(Block):
    """What `syncd report` counts by, and with what."""

    service: str | None = Field(
        default=None, description="An entry of `fields`, or a field of the helpdesk: the affected service."
    )
    tier: str | None = Field(default=None, description="The same for the customer's tier.")
    team: str | None = Field(default=None, description="The same for the team in support.")
    category: str | None = Field(default=None, description="The same for what it is about.")
    check_minutes: int = Field(
        default=4, ge=0, description="Minutes in which a person carries one change over and looks whether it arrived."
    )
    avoidable: list[str] = Field(
        default=["usage", "knowledge gap"], description="Causes that support could have dealt with itself."
    )
    customer: list[str] | None = Field(
        default=None, description="The `pauses` in which the customer has to answer; not given: all."
    )
    zone: str | None = Field(
        default=None, description="In whose days and weeks it is counted; not given: the first of `hours`, or UTC."
    )
    weekly: WeeklyBlock | None = Field(default=None, description="A mail with the numbers, once a week.")


class StepsBlock(Block):
    """What each step is called."""

    received: str | None = Field(default=None, description="The ticket is there.")
    with_engineering: str | None = Field(default=None, description="There is an issue.")
    worked_on: str | None = Field(default=None, description="Engineering accepted it.")
    fixed: str | None = Field(default=None, description="The issue is done.")
    told: str | None = Field(default=None, description="They were answered after that.")


class WordsBlock(Block):
    """What the pages for customers say in one language; what is not given is said in syncd's own words."""

    steps: StepsBlock = Field(default=StepsBlock(), description="The steps.")
    title: str | None = Field(default=None, description="The heading.")
    done: str | None = Field(default=None, description="Of a step that is done.")
    next: str | None = Field(default=None, description="Of the step that is next.")
    later: str | None = Field(default=None, description="Of a step after that.")
    update_by: str | None = Field(default=None, description="Before the time until which they hear again.")
    update_late: str | None = Field(default=None, description="The same where it has passed.")
    update_open: str | None = Field(default=None, description="Where there is no such time.")
    answers: str | None = Field(default=None, description="Above the times of our answers.")
    no_answers: str | None = Field(default=None, description="Where there is none.")
    finished: str | None = Field(default=None, description="When all steps are done.")
    as_of: str | None = Field(default=None, description="Before the time of the page itself.")
    rate: str | None = Field(default=None, description="The question how it went.")
    worst: str | None = Field(default=None, description="The low end of its scale.")
    best: str | None = Field(default=None, description="The high end.")
    send: str | None = Field(default=None, description="The button.")
    thanks: str | None = Field(default=None, description="After it.")
    gone: str | None = Field(default=None, description="The heading for a link that does not work.")
    gone_why: str | None = Field(default=None, description="What is said below it.")


class ProgressBlock(Block):
    """The pages that customers see by a signed link."""

    language: str = Field(default="en", description="For a browser that asks for none of the languages.")
    languages: dict[str, WordsBlock] = Field(
        default={},
        description="Language -> words. English (`en`) and German (`de`) are there; any other has to say everything.",
        examples=["{en: {title: Your request at ACME}}"],
    )


class ToBlock(Block):
    """An address, or whoever has a role in the escalation, by e-mail."""

    channel: str | None = Field(
        default=None, description="A channel of e-mail in the config; not given: the only one.", examples=["mail"]
    )
    address: str | None = Field(default=None, description="Who gets it.", examples=["lead@acme.example"])
    role: RoleName | None = Field(
        default=None, description="Who gets it: `owner`, `team` or `customer_owner`.", examples=["owner"]
    )


class TellBlock(Block):
    """Who is told outside of the two tickets, and of what."""

    name: str = Field(description="The rule's name, as the audit shows it.", examples=["sev1 to the leads"])
    happened: list[Happened] = Field(description="Of which facts.", examples=["[escalated, breached, returned]"])
    clocks: list[ClockName] = Field(default=[], description="Of reminders and breaches, only those of these clocks.")
    severities: list[Severity] = Field(default=[], description="Only tickets this bad; not given: all.")
    when: dict[str, str | list[str] | TestBlock] | None = Field(
        default=None, description="Only tickets for which this holds, as under `escalate`."
    )
    mappings: list[str] = Field(default=[], description="Only tickets of these mappings; none named: of all.")
    to: list[str | ToBlock] = Field(
        description="Channels of the config, addresses of e-mail, or roles in the escalation.",
        examples=["[eng-slack, lead@acme.example, {role: owner}]"],
    )
    audience: Audience = Field(default=Audience.AGENT, description="Who reads it.")
    template: str | TemplateBlock | None = Field(
        default=None, description="How it is said: the first line is the subject; not given: syncd's own."
    )
    quiet: str | None = Field(
        default=None, description="A table of `hours`: outside of them a message waits until they begin."
    )
    even_at_night: list[Severity] = Field(default=[], description="Severities for which it waits for nothing.")


Away = Annotated[
    Absence,
    Convert(words.absence),
    WithJsonSchema({"type": "string", "pattern": r"^\d{4}-\d\d-\d\d(\.\.\d{4}-\d\d-\d\d)?$"}),
]


class PersonBlock(Block):
    """Somebody to whom work goes, or who decides about it."""

    email: str = Field(description="By which both vendors know this person.", examples=["ana@acme.example"])
    zone: str | None = Field(default=None, description="Where the person lives; not given: the zone of the hours.")
    hours: str = Field(default="always", description="When the person works: `always`, or a table of `hours`.")
    skills: list[str] = Field(default=[], description="What the person knows.")
    absent: list[Away] = Field(
        default=[], description="Days, or first and last day, on which the person is away, in their zone."
    )


class TeamBlock(Block):
    """People who share work."""

    members: list[str] = Field(description="Names of `people`: primary, secondary and so on.", examples=["[ana, ben]"])
    skills: list[str] = Field(default=[], description="What each of them knows.")
    fallback: str | None = Field(default=None, description="The team that is asked where nobody of this one is there.")


class PersonFieldBlock(Block):
    field: str = Field(description="The vendor's field that is a person.", examples=["assignee"])


class OwnersBlock(Block):
    """Who owns an escalation: where that stands, and who may change it."""

    internal: PersonFieldBlock = Field(
        description="The tracker's field in which the routing names somebody.", examples=["{field: assignee}"]
    )
    customer: PersonFieldBlock | None = Field(
        default=None, description="The helpdesk's field that says who speaks with the customer; only read."
    )
    route: list[str] = Field(default=[], description="People and teams who may write `/route`.")


class RoutingBlock(Block):
    """Tickets that go to a team. The first rule that holds decides."""

    name: str = Field(description="The rule's name, as `why` shows it.", examples=["payments"])
    team: str = Field(description="A name of `teams`.", examples=["payments-core"])
    when: dict[str, str | list[str] | TestBlock] | None = Field(
        default=None, description="Only tickets for which this holds, as under `escalate`."
    )
    severities: list[Severity] | None = Field(default=None, description="Only tickets this bad; not given: all.")
    mappings: list[str] = Field(default=[], description="Only tickets of these mappings; none named: of all.")
    skills: list[str] = Field(default=[], description="What the work needs; the fallback team need not have it.")
    place: dict[str, str] = Field(
        default={}, description="Where the issue is made, in the tracker's words; overrides `create` of the mapping."
    )


class TransferBlock(Block):
    """How long somebody has to take an issue before the next in line is named, in the severity's `hours`."""

    sev1: timedelta | None = Field(default=None, description="For the worst.", examples=["10m"])
    sev2: timedelta | None = Field(default=None, description="For bad ones.")
    sev3: timedelta | None = Field(default=None, description="For those that are not good.")
    sev4: timedelta | None = Field(default=None, description="For the least.")


class BudgetBlock(Block):
    """How many escalations a team is given on one day."""

    team: str = Field(description="A name of `teams`.", examples=["payments-core"])
    per_day: int = Field(ge=1, description="How many.", examples=["5"])
    zone: str = Field(description="The zone whose days count.", examples=["Europe/Berlin"])
    over: str = Field(description="The team that gets the others: the senior pool.", examples=["senior-pool"])
    severities: list[Severity] | None = Field(default=None, description="Only tickets this bad; not given: all.")


class ApprovalBlock(Block):
    """Tickets that stay in support until somebody approves."""

    name: str = Field(description="What it is called, in notes and in `why`.", examples=["not urgent"])
    who: list[str] = Field(description="People and teams, any of whom may.", examples=["[ana]"])
    severities: list[Severity] | None = Field(default=None, description="Only tickets this bad; not given: all.")
    when: dict[str, str | list[str] | TestBlock] | None = Field(
        default=None, description="Only tickets for which this holds, as under `escalate`."
    )
    mappings: list[str] = Field(default=[], description="Only tickets of these mappings; none named: of all.")
    within: timedelta | None = Field(
        default=None, description="How long an answer is waited for, in the severity's `hours`; not given: for ever."
    )
    otherwise: Otherwise | None = Field(
        default=None, description="Without an answer by then: `refuse` (so it is without this key) or `pass`."
    )


class SentimentBlock(Block):
    """How a customer's words sound."""

    builtin: bool = Field(default=True, description="Whether syncd's own words count, in seven languages.")
    words: dict[str, Decimal] = Field(
        default={}, description="A word or phrase -> points, -5 to 5; 0 takes it out.", examples=["{unacceptable: -3}"]
    )
    churn: list[str] = Field(default=[], description="More words and phrases by which a customer threatens to leave.")


class HttpBlock(Block):
    """Another system that is asked."""

    url: str = Field(
        description="Where; `{key}` is the word that is looked up.", examples=["https://crm.example/tier?domain={key}"]
    )
    headers: dict[str, str] = Field(default={}, description="Sent along; secrets as `${NAME}`.")
    value: str = Field(description="Where the JSON answer has it, as a JSON pointer.", examples=["/tier"])
    cache: timedelta = Field(default=timedelta(hours=1), description="How long an answer is good.")


class LookupBlock(Block):
    """A field that the helpdesk does not have, looked up in a table or in another system."""

    by: str = Field(
        description="What is looked up: `organisation`, `requester.email`, `requester.domain`, or a field.",
        examples=["requester.domain"],
    )
    csv: str | None = Field(default=None, description="A table with a line of headings, relative to this file.")
    key: str | None = Field(default=None, description="The heading above what is looked up.")
    value: str | None = Field(default=None, description="The heading above what is found.")
    http: HttpBlock | None = Field(default=None, description="Another system that is asked, instead of a table.")
    default: str = Field(default="", description="What it is where nothing is found.")
    keep: bool = Field(default=False, description="Look it up for every ticket, though no rule asks, for the numbers.")


class RepeatedBlock(Block):
    """Whose tickets `repeated` counts."""

    by: str = Field(default="requester.email", description="As in `lookups`.")
    within: timedelta = Field(default=timedelta(days=30), description="How far back.", examples=["30d"])


class SignalsBlock(Block):
    """How some signals are made."""

    repeated: RepeatedBlock = Field(default=RepeatedBlock(), description="Whose tickets `repeated` counts.")
    sla: str | None = Field(
        default=None, description="The field that says until when the helpdesk's own SLA holds.", examples=["due_at"]
    )


class DoneBlock(Block):
    """Where engineers say what was done."""

    field: str | None = Field(default=None, description="A field of the tracker.", examples=["resolution_notes"])
    heading: list[str] = Field(
        default=["For the customer"], description="Or a heading or label above it in a comment on the issue."
    )


class CauseBlock(Block):
    """One rule that says what an escalation comes from; `when` and `issue` must both hold where both stand here."""

    cause: Cause = Field(description="What it comes from then.", examples=["defect"])
    when: dict[str, str | list[str] | TestBlock] | None = Field(
        default=None, description="Of the ticket, as under `escalate`.", examples=["{labels: {any: [how-to]}}"]
    )
    issue: dict[str, str | list[str] | TestBlock] | None = Field(
        default=None,
        description="Of the issue: the tracker's own fields in its own words.",
        examples=["{labels: {any: [upstream]}}"],
    )


class SurveyBlock(Block):
    """How content the customer was."""

    ask: str = Field(description="The question, in the words of the draft.", examples=["How did we do, from 1 to 5?"])
    score: str | None = Field(
        default=None, description="The helpdesk's field that holds the answer.", examples=["csat"]
    )
    values: dict[str, int] = Field(default={}, description="Its words -> a number, where it holds no numbers.")
    low: int = Field(default=3, description="This score, or less, asks somebody to call the customer.")
    within: timedelta = Field(default=timedelta(hours=48), description="How soon, in the hours of its severity.")


class FeedbackBlock(Block):
    """What follows when an issue is done: its ticket is handed back."""

    reopened_as: str = Field(
        description="The meaning of `status` that the ticket is given when its issue is done.", examples=["doing"]
    )
    close: Close = Field(
        default=Close.AFTER_TOLD,
        description="`after_told`: the ticket is closed after the customer had a public answer; `by_agent`: never.",
    )
    done: DoneBlock = Field(default=DoneBlock(), description="Where engineers say what was done.")
    draft: str | TemplateBlock | None = Field(
        default=None, description="What the agent may say to the customer, in Markdown; not given: syncd's own."
    )
    survey: SurveyBlock | None = Field(default=None, description="One question to the customer at the end.")
    causes: list[CauseBlock] = Field(default=[], description="What it came from; the first that holds decides.")
    value: str | None = Field(default=None, description="The entry of `fields` that says what a ticket is worth.")
    customers: list[int] = Field(
        default=[2, 5, 10, 25, 50], description="Of how many customers on one issue its engineers are told."
    )


class TagsBlock(Block):
    """Where engineers name root causes."""

    field: str = Field(description="A field of the tracker.", examples=["labels"])
    words: list[str] = Field(description="Which of its words are root causes.", examples=["[capacity, config]"])


class ReviewBlock(Block):
    """The review after a bad case."""

    severities: list[Severity] = Field(
        default=[Severity.SEV1, Severity.SEV2], description="Which cases are reviewed when they are done."
    )
    fill_in: str | None = Field(default=None, description="What people complete, in Markdown; not given: syncd's own.")
    records: dict[str, str] = Field(
        default={},
        description="Name -> the tracker's field that holds a problem or change record.",
        examples=["{problem: problem_ref}"],
    )
    tags: TagsBlock | None = Field(default=None, description="Where engineers name root causes.")


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
    metrics: MetricsBlock | None = Field(default=None, description="What `syncd report` counts by.")
    progress: ProgressBlock = Field(default=ProgressBlock(), description="The pages that customers see.")
    tell: list[TellBlock] = Field(default=[], description="Who is told outside of the two tickets.")
    people: dict[str, PersonBlock] = Field(default={}, description="Who there is, by name.")
    teams: dict[str, TeamBlock] = Field(default={}, description="Who shares work, by name.")
    owners: OwnersBlock | None = Field(default=None, description="Who owns an escalation.")
    routing: list[RoutingBlock] = Field(default=[], description="To which team a ticket goes.")
    transfer: TransferBlock = Field(default=TransferBlock(), description="When the next in line is named.")
    budget: dict[str, BudgetBlock] = Field(default={}, description="How much a team is given a day, by name.")
    approval: list[ApprovalBlock] = Field(default=[], description="What a person must approve.")
    sentiment: SentimentBlock = Field(default=SentimentBlock(), description="How a customer's words sound.")
    lookups: dict[str, LookupBlock] = Field(
        default={}, description="Fields that are looked up, by the name under which rules ask for them."
    )
    signals: SignalsBlock = Field(default=SignalsBlock(), description="How some signals are made.")
    feedback: FeedbackBlock | None = Field(default=None, description="What follows when an issue is done.")
    review: ReviewBlock | None = Field(default=None, description="What is looked at again afterwards.")
