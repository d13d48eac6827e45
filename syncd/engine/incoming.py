"""The body of an intake request: JSON from outside -> a `core.intake.Request`, or every complaint about it at once.

No complaint quotes what came in. The models are also what docs/intake.openapi.yaml describes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from syncd.core import intake
from syncd.core.intake import Act, Client, Request, Role
from syncd.core.lens import Meaning, Unsayable
from syncd.core.mapping import FieldRule, Mapping
from syncd.core.model import Kind
from syncd.core.severity import Severity

LARGEST = 1024 * 1024
"""Bytes of a body."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a request; `pointer` is a JSON Pointer (RFC 6901), "" for the whole body."""

    pointer: str
    problem: str
    expected: str = ""
    remedy: str = ""


class Invalid(Exception):
    """A body that nothing can be made of."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(f"{len(problems)} problems")
        self.problems = problems


def _visible(text: str) -> str:
    if not intake.cleaned(text).strip():
        raise ValueError("nothing in it can be seen")
    return text


Text = Annotated[str, AfterValidator(_visible)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)


class CustomerBody(Strict):
    """For whom the case is. It is named in the first internal comment."""

    email: Annotated[str, Field(max_length=254, pattern=r"^[^\s@<>\"]+@[^\s@<>\"]+$")] | None = None
    name: Annotated[Text, Field(max_length=200)] | None = None


class TurnBody(Strict):
    """One thing that somebody said."""

    role: Literal["customer", "agent", "bot", "system"]
    text: Annotated[Text, Field(max_length=20_000)]
    who: Annotated[str, Field(max_length=200)] = ""
    at: AwareDatetime | None = None


class LogBody(Strict):
    """A log or another text that a machine wrote."""

    name: Annotated[Text, Field(max_length=200)]
    media_type: Literal["text/plain", "application/json"] = "text/plain"
    text: Annotated[Text, Field(max_length=900_000)]


class EntryBody(Strict):
    """Something to be added to a case; at least one of `summary`, `transcript` and `log`."""

    source_id: Annotated[Text, Field(max_length=200)]
    summary: Annotated[Text, Field(max_length=20_000)] | None = None
    transcript: Annotated[list[TurnBody], Field(max_length=5_000)] = []
    log: LogBody | None = None


class OpeningBody(EntryBody):
    """A new case. `fields` are entries of the mapping that the client may set, in the mapping's meanings."""

    title: Annotated[Text, Field(max_length=255)]
    severity: Literal["sev1", "sev2", "sev3", "sev4"] | None = None
    customer: CustomerBody | None = None
    fields: Annotated[dict[str, str | bool | int | float | list[str]], Field(max_length=50)] = {}


def read(raw: bytes, act: Act, client: Client, rules: Mapping) -> Request:
    """What a body tells.

    Raises:
        Invalid: with everything that is wrong.
    """
    try:
        match act:
            case Act.OPEN:
                return _opening(OpeningBody.model_validate_json(raw), client, rules)
            case Act.ENRICH:
                return _entry(EntryBody.model_validate_json(raw))
    except ValidationError as error:
        raise Invalid(_listed(error)) from None


def _entry(body: EntryBody) -> Request:
    if not (body.summary or body.transcript or body.log):
        expected = "at least one of `summary`, `transcript` and `log`"
        raise Invalid([Problem("", "there is nothing to add", expected, "send what is new")])
    return Request(
        source_id=body.source_id,
        summary=body.summary or "",
        transcript=tuple(intake.Turn(Role(turn.role), turn.text, turn.who, turn.at) for turn in body.transcript),
        log=intake.Log(body.log.name, body.log.media_type, body.log.text) if body.log else None,
    )


def _opening(body: OpeningBody, client: Client, rules: Mapping) -> Request:
    fields, problems = dict[str, Meaning](), list[Problem]()
    for name, value in body.fields.items():
        try:
            fields[name] = _meaning(name, value, client, rules)
        except _WrongField as wrong:
            problems.append(wrong.problem)
    if problems:
        raise Invalid(problems)
    customer = body.customer
    return Request(
        source_id=body.source_id,
        title=body.title,
        summary=body.summary or "",
        severity=Severity(body.severity) if body.severity else None,
        customer=intake.Customer(customer.email or "", customer.name or "") if customer else None,
        transcript=tuple(intake.Turn(Role(turn.role), turn.text, turn.who, turn.at) for turn in body.transcript),
        log=intake.Log(body.log.name, body.log.media_type, body.log.text) if body.log else None,
        fields=fields,
    )


# --- fields -----------------------------------------------------------------------------------------------------------


class _WrongField(Exception):
    def __init__(self, name: str, problem: str, expected: str, remedy: str) -> None:
        super().__init__(problem)
        self.problem = Problem(f"/fields/{pointed(name)}", problem, expected, remedy)


def _meaning(name: str, value: object, client: Client, rules: Mapping) -> Meaning:
    rule = rules.rule(name) if name in client.fields else None
    if rule is None:
        allowed = ", ".join(f"`{each}`" for each in client.fields)
        expected = f"one of {allowed}" if allowed else "no field: this client may set none"
        raise _WrongField(
            name, "this client may not set it", expected, "leave it out, or ask for `fields` of the client"
        )
    try:
        meaning = _typed(rule, value)
        if isinstance(meaning, str):
            meaning = intake.cleaned(meaning)
        rule.lenses.support.put(meaning)
    except (Unsayable, ValueError, ArithmeticError):
        wanted = f"one of {', '.join(f'`{word}`' for word in rule.order)}" if rule.order else f"a {rule.kind}"
        raise _WrongField(
            name, "the mapping has no word for this value", wanted, "send a meaning of the mapping"
        ) from None
    return meaning


def _typed(rule: FieldRule, value: object) -> Meaning:
    """A JSON value as the kind of the field wants it. Raises ValueError."""
    match rule.kind, value:
        case ((Kind.TEXT | Kind.RICH_TEXT | Kind.CHOICE | Kind.PERSON), str()):
            return value
        case ((Kind.LABELS | Kind.MULTI_CHOICE), list()):
            return frozenset(intake.cleaned(word) for word in value)
        case Kind.NUMBER, int() | float() if not isinstance(value, bool):
            number = Decimal(str(value))
            if not number.is_finite() or abs(number) >= Decimal(10) ** 15:
                raise ValueError("too large")
            return number
        case Kind.DATE, str():
            return date.fromisoformat(value) if len(value) == 10 else _moment(value)
        case _:
            raise ValueError("another kind")


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("without a time zone")
    return moment


# --- what is wrong, in our words --------------------------------------------------------------------------------------

_REMEDIES = {
    "extra_forbidden": ("this key is not known", "a key of the description", "delete it"),
    "missing": ("it is missing", "a value", "add it"),
    "string_too_long": (
        "it is too long",
        "at most {max_length} characters",
        "cut it, or send it as `log` or `transcript`",
    ),
    "too_long": ("there are too many", "at most {max_length}", "send the rest as an entry of the case"),
    "literal_error": ("this word is not known", "{expected}", "send one of them"),
    "string_pattern_mismatch": ("it is no e-mail address", "`name@domain`", "send the address alone, or leave it out"),
    "value_error": ("nothing in it can be seen", "text", "write something, or leave it out"),
    "timezone_aware": ("it has no time zone", "`2026-11-22T10:00:00Z`", "add `Z` or an offset"),
    "json_invalid": ("it is no JSON", "one JSON object in UTF-8", "check how it is written"),
}
_ELSE = ("it is of another sort", "what the description says", "see the description of this key")


def _listed(error: ValidationError) -> list[Problem]:
    """Every complaint once; the members of a union complain of one place several times."""
    return list(dict.fromkeys(_problems(error)))[:100]


def _problems(error: ValidationError) -> Iterator[Problem]:
    for detail in error.errors(include_url=False, include_input=False):
        problem, expected, remedy = _REMEDIES.get(detail["type"], _ELSE)
        known = {name: value for name, value in detail.get("ctx", {}).items() if isinstance(value, str | int)}
        yield Problem(_pointer(detail["loc"]), problem, _filled(expected, known), remedy)


def _filled(text: str, known: dict[str, Any]) -> str:
    return (
        text.format(**known)
        if all(f"{{{name}}}" not in text or name in known for name in ("max_length", "expected"))
        else ""
    )


def _pointer(place: tuple[int | str, ...]) -> str:
    """As RFC 6901; the names of a union's members, which pydantic puts last, are no part of the body."""
    if place[:1] == ("fields",):
        place = place[:2]
    return "".join(f"/{pointed(str(part))}" for part in place)


def pointed(name: str) -> str:
    """One step of a JSON Pointer; a key that a stranger chose is cut and shown without what cannot be seen."""
    return intake.cleaned(name)[:100].replace("~", "~0").replace("/", "~1")
