"""What else is known of a customer, as a value: which word of a ticket is looked up, and where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeAlias

from syncd.core.model import Fields, Person

ORGANISATION = "organisation"
EMAIL = "requester.email"
DOMAIN = "requester.domain"
PLACES = (ORGANISATION, EMAIL, DOMAIN)
"""What `by` may name beside a field."""
_ORGANISATIONS = ("organisation", "organization", "sd-customerorganization", "company")
"""How helpdesks call the field, as their connectors name it."""


@dataclass(frozen=True, slots=True)
class Csv:
    """A table in a file, with a line of headings; `key` and `value` name two of them."""

    path: str
    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Web:
    """A question to another system.

    Attributes:
        url: with `{key}` where the word goes.
        pointer: where the answer has the value, as a JSON pointer (RFC 6901).
        cache: how long an answer is good.
    """

    url: str = field(repr=False)
    pointer: str
    cache: timedelta
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


Source: TypeAlias = Csv | Web


@dataclass(frozen=True, slots=True)
class Lookup:
    """One computed field.

    Attributes:
        by: one of `PLACES`, or a field of the helpdesk.
        default: what it is where nothing is found; "" for nothing.
        keep: it is looked up for every ticket, though no rule or template asks for it: for the numbers.
    """

    name: str
    by: str
    source: Source
    default: str = ""
    keep: bool = False


def key_of(by: str, fields: Fields, requester: Person | None) -> str:
    """The word that is looked up, in small letters; "" where the ticket does not say it."""
    match by:
        case "requester.email":
            return _small(requester.email if requester else "")
        case "requester.domain":
            return _small(requester.email if requester else "").rpartition("@")[2]
        case "organisation":
            return next((word for name in _ORGANISATIONS if (word := _word(fields.get(name)))), "")
        case _:
            return _word(fields.get(by))


def _word(value: object) -> str:
    match value:
        case None:
            return ""
        case frozenset():
            return _small(min(value, default=""))
        case Person():
            return _small(value.email or value.id)
        case _:
            return _small(str(value))


def _small(text: str | None) -> str:
    return (text or "").strip().casefold()
