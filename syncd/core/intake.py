"""What another system (a voice agent, a bot, an alert) tells of a case, as values, and how it is said in the helpdesk.

Everything here came from outside: it is cleaned, redacted and quoted before it stands anywhere, and it is internal.
What a request may hold, and how large, is checked where it comes in (`engine.incoming`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from syncd.core.lens import Meaning
from syncd.core.mapping import FieldRule
from syncd.core.mapping import Mapping as Rules
from syncd.core.model import Fields, Kind, RichText, Value, Word
from syncd.core.redact import Finding, Redaction, counts, redact
from syncd.core.severity import Override, Severity

SHOWN = 20_000
"""Characters of a transcript that stand in the comment; vendors take 30,000 and more of one comment."""
SHOWN_LOG = 4_000
LONGEST_TITLE = 250
TITLES = ("title", "subject", "summary")
TEXTS = ("description", "body")


class Act(Word):
    """What a request does, and what a client may do."""

    OPEN = "open"
    ENRICH = "enrich"


class Hint(Word):
    """What becomes of a severity that a client suggests."""

    OVERRIDE = "override"  # it is written where an agent would say it, and counts as that
    NOTE = "note"  # people read it; the rules alone decide


class Role(Word):
    CUSTOMER = "customer"
    AGENT = "agent"
    BOT = "bot"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `count` requests in `seconds`."""

    count: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Client:
    """A system that may tell of cases, as the config says.

    Attributes:
        place: where its tickets are made, as the `create` block of a mapping, in the helpdesk's words.
        fields: the entries of the mapping that it may set.
    """

    name: str
    mapping: str
    secret: bytes = field(repr=False)
    may: frozenset[Act] = frozenset(Act)
    limit: Rate = Rate(60, 60)
    place: Mapping[str, str] = field(default_factory=dict)
    fields: tuple[str, ...] = ()
    hint: Hint = Hint.OVERRIDE


@dataclass(frozen=True, slots=True)
class Customer:
    email: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """One thing that somebody said."""

    role: Role
    text: str
    who: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Log:
    name: str
    media_type: str
    text: str


@dataclass(frozen=True, slots=True)
class Request:
    """What a client told; `title`, `severity`, `customer` and `fields` only when it opens a case.

    Attributes:
        source_id: the client's own name of it: the call, the alert.
        fields: entry of the mapping -> value, in the mapping's meanings.
    """

    source_id: str
    title: str = ""
    summary: str = ""
    severity: Severity | None = None
    customer: Customer | None = None
    transcript: tuple[Turn, ...] = ()
    log: Log | None = None
    fields: Mapping[str, Meaning] = field(default_factory=dict)


# --- the ticket -------------------------------------------------------------------------------------------------------


def title_rule(rules: Rules) -> FieldRule | None:
    """The entry of the mapping that is a ticket's title."""
    return next((rule for rule in rules.fields if rule.name in TITLES), None)


def ticket_fields(request: Request, rules: Rules, client: Client, *, sets: Collection[str] = ()) -> Fields:
    """The fields of a new ticket in the helpdesk's words, redacted as a packet is.

    Args:
        sets: fields of the helpdesk that hold several words.

    Raises:
        Unsayable: the mapping has no word for a value.
    """
    made: dict[str, Value] = {}
    clean = _Cleaner(redaction(rules))
    if (title := title_rule(rules)) is not None:
        made[title.lenses.support.field] = _line(clean(request.title), LONGEST_TITLE)
    if (body := next((rule for rule in rules.fields if rule.name in TEXTS), None)) is not None:
        text = clean(request.summary or request.title)
        made[body.lenses.support.field] = RichText.of(text) if body.kind is Kind.RICH_TEXT else text
    for rule in rules.fields:
        if rule.name in request.fields and rule.name in client.fields:
            _put(made, rule.lenses.support.field, rule.lenses.support.put(request.fields[rule.name]))
    override = _override(rules, client)
    if request.severity and override and (word := _word(override, request.severity)):
        _put(made, override.field, frozenset({word}) if override.field in sets else word)
    return made


def redaction(rules: Rules) -> Redaction:
    """What is removed: as the packet says, or all that has a published shape."""
    return rules.packet.redaction if rules.packet else Redaction()


def _override(rules: Rules, client: Client) -> Override | None:
    if client.hint is Hint.NOTE or rules.escalation is None:
        return None
    return rules.escalation.severities.override


def _word(override: Override, severity: Severity) -> str:
    return next((word for word, meant in override.values.items() if meant is severity), "")


def _put(made: dict[str, Value], name: str, value: Value) -> None:
    """Two that write words into one field both count."""
    before = made.get(name)
    made[name] = before | value if isinstance(before, frozenset) and isinstance(value, frozenset) else value


# --- the comment ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Whole:
    """A text that is too long for a comment, to be added as a file."""

    name: str
    media_type: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Entry:
    """What is written on the ticket, internally: Markdown, and the files with the whole of what was cut."""

    text: str = field(repr=False)
    files: tuple[Whole, ...] = ()


def entry(
    request: Request, rules: Rules, client: Client, act: Act, *, refused: Mapping[str, str], files: bool
) -> Entry:
    """The comment with everything that a request told beyond the fields of the ticket.

    Args:
        refused: fields that the helpdesk did not take, with its reason.
        files: whether the helpdesk takes files with a comment; else what is cut is lost here, and the text says so.
    """
    clean, whole = _Cleaner(redaction(rules)), list[Whole]()
    verb = "opened this ticket" if act is Act.OPEN else "added to this ticket"
    head = f"**{escaped(client.name)}** {verb} by the intake API ({escaped(_line(request.source_id, 200))})."
    lines = [*_facts(request, rules, client, act), *_refused(refused)]
    parts = [head, "\n".join(lines)]
    if act is Act.ENRICH and request.summary:
        parts.append(_quoted(clean(request.summary)))
    if request.transcript:
        parts.append(_transcript(request.transcript, clean, whole, files=files))
    if request.log is not None:
        parts.append(_log(request.log, clean, whole, files=files))
    if clean.findings:
        parts.append(f"Removed: {_removed(clean.findings)}")
    return Entry("\n\n".join(part for part in parts if part), tuple(whole) if files else ())


@dataclass(slots=True)
class _Cleaner:
    """Redacts and cleans, and remembers what it removed."""

    rules: Redaction
    findings: list[Finding] = field(default_factory=list)

    def __call__(self, text: str) -> str:
        done = redact(cleaned(text), self.rules)
        self.findings.extend(done.findings)
        return done.text


def _facts(request: Request, rules: Rules, client: Client, act: Act) -> Iterator[str]:
    if request.customer is not None:
        who = " ".join(part for part in (request.customer.name, request.customer.email) if part)
        yield f"- Customer: {escaped(_line(who, 400))}"
    override = _override(rules, client)
    if request.severity and act is Act.OPEN and not (override and _word(override, request.severity)):
        yield f"- Severity that it suggests: {request.severity}; the rules decide"


def _refused(refused: Mapping[str, str]) -> Iterator[str]:
    for name, reason in refused.items():
        yield f"- Not written, for the helpdesk refuses it: `{name}` ({escaped(_line(reason, 200))})"


def _transcript(turns: tuple[Turn, ...], clean: _Cleaner, whole: list[Whole], *, files: bool) -> str:
    said = [_turn(turn, clean) for turn in turns]
    shown, used = list[str](), 0
    for text in said:
        if used + len(text) > SHOWN:
            break
        shown.append(text)
        used += len(text)
    left = len(said) - len(shown)
    text = "\n\n".join([f"### Transcript, {len(said)} {'turn' if len(said) == 1 else 'turns'}", *shown])
    if not left:
        return text
    whole.append(Whole("transcript.md", "text/markdown", "\n\n".join(said)))
    where = "the file `transcript.md` has all of it" if files else "this helpdesk takes no file with a comment"
    return f"{text}\n\n*Cut here: {left} more of {len(said)}; {where}.*"


def _turn(turn: Turn, clean: _Cleaner) -> str:
    who = escaped(_line(clean(turn.who), 100))
    at = f", {turn.at.isoformat(sep=' ', timespec='seconds')}" if turn.at else ""
    return f"**{str(turn.role).capitalize()}**{' ' + who if who else ''}{at}\n\n{_quoted(clean(turn.text))}"


def _log(log: Log, clean: _Cleaner, whole: list[Whole], *, files: bool) -> str:
    text, name = clean(log.text), file_name(log.name)
    long = len(text) > SHOWN_LOG
    if files:
        whole.append(Whole(name, log.media_type, text))
    shown = text[-SHOWN_LOG:] if long else text
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", shown)), default=0))
    head = f"### Log `{name}`" + (f", its last {SHOWN_LOG} of {len(text)} characters" if long else "")
    return f"{head}\n\n{fence}\n{shown}\n{fence}"


def _removed(findings: Collection[Finding]) -> str:
    found = counts(findings)
    return ", ".join(f"{number} {sort}" for sort, number in found.items())


# --- text from outside ------------------------------------------------------------------------------------------------

_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
"""Control characters but for tabs and line ends, and what turns the direction of a text around (Trojan Source,
CVE-2021-42574)."""
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~!])")
_ITEM = re.compile(r"^(\s*)([-+=]|\d{1,9}[.)])", re.MULTILINE)


def cleaned(text: str) -> str:
    """Without what cannot be seen; line ends as one sort."""
    return _UNSEEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def escaped(text: str) -> str:
    """Plain text as Markdown: nothing in it formats, lists, links or embeds."""
    lines = (line.strip() for line in _MARKUP.sub(r"\\\1", text).split("\n"))
    return _ITEM.sub(lambda found: found[1] + found[2][:-1] + "\\" + found[2][-1], "\n".join(lines))


def file_name(said: str) -> str:
    """A name without a path, of letters, digits, points and dashes."""
    name = re.sub(r"[^\w.-]+", "-", cleaned(said).replace("\\", "/").rpartition("/")[2]).strip(".-")
    return name[:100] or "log.txt"


def _line(text: str, longest: int) -> str:
    one = " ".join(cleaned(text).split())
    return one if len(one) <= longest else one[: longest - 1].rstrip() + "…"


def _quoted(text: str) -> str:
    """Said by somebody else: a quotation, in which no label counts as evidence and no word as a command."""
    return "\n".join(f"> {line}".rstrip() for line in escaped(text).strip().split("\n"))
