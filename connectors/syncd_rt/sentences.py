"""What RT's sentences prove. A PUT is answered 200 whether or not anything was done; only its English prose tells.

"Ticket 1: Priority changed from 'Low' to 'High'", "Severity High added", "Severity High changed to Low",
"High is no longer a value for custom field Severity" (measured on 5.0.3).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from syncd.core.model import Fields, Person, Value
from syncd_rt.config import ATTRIBUTES, SUBJECT_BYTES, RtConfig, vendor_name

NOTHING = "(no value)"


@dataclass(slots=True)
class Proof:
    """Fields that surely stand as written, and the names under which the changes will come back as hints."""

    fields: dict[str, Value] = field(default_factory=dict)
    echoes: list[str] = field(default_factory=list)


def echo(kind: str, about: str) -> str:
    """The name of a change: "Set Priority", "Status", "CustomField 3", "Comment"."""
    return kind if about in ("", kind) else f"{kind} {about}"


def prove(said: Sequence[str], written: Fields, *, ticket: str, config: RtConfig, custom: Mapping[str, str]) -> Proof:
    """Match each sentence with one written field. `custom`: name -> id of the custom fields."""
    proof = Proof()
    left = list(said)
    # the longest name first: "Severity level" is not a value of "Severity"
    for name in sorted(written, key=len, reverse=True):
        found = _about(name, ticket, left)
        sentence = next(found, None)
        if sentence is None:
            continue
        left.remove(sentence)
        proof.echoes.extend(_echoes(name, custom))
        if not any(_about(name, ticket, left)) and _says(sentence, name, written[name], config):
            proof.fields[name] = written[name]
        for more in tuple(_about(name, ticket, left)):  # several values of one custom field
            left.remove(more)
            proof.echoes.extend(_echoes(name, custom))
    return proof


def _about(name: str, ticket: str, said: Sequence[str]) -> Iterator[str]:
    """The sentences that tell of a change of this field."""
    if name in ATTRIBUTES:
        start = f"Ticket {ticket}: {ATTRIBUTES[name]} changed from "
        return (sentence for sentence in said if sentence.startswith(start))
    theirs = vendor_name(name)
    gone = f" is no longer a value for custom field {theirs}"
    return (
        sentence
        for sentence in said
        if sentence.endswith(gone)
        or (sentence.startswith(f"{theirs} ") and (sentence.endswith(" added") or " changed to " in sentence))
    )


def _says(sentence: str, name: str, value: Value, config: RtConfig) -> bool:
    if name not in ATTRIBUTES:
        return _says_custom(sentence, vendor_name(name), value)
    if value in (None, "") and name != "owner":
        return sentence.endswith(f" to {NOTHING}")
    match name, value:
        case "subject", str() if len(value.encode()) > SUBJECT_BYTES:
            return False  # RT says what it was sent, and keeps less
        case "subject" | "status" | "time_estimated" | "time_left", _:
            return sentence.endswith(f" to '{value}'")
        case "priority", str():
            return _says_priority(sentence, value, config)
        case "owner", Person() | None:
            return sentence.endswith(f" to {value.id if value else 'Nobody'}")
        case _:
            return False  # dates come in words and in the account's time zone: read them back


def _says_priority(sentence: str, word: str, config: RtConfig) -> bool:
    """RT shows the number, or the label that the number has; another number is another priority."""
    shown = sentence.rpartition(" to '")[2].removesuffix("'")
    number = config.number(word)
    return number is not None and (not shown.isdecimal() or shown == number)


def _says_custom(sentence: str, name: str, value: Value) -> bool:
    if value is None:
        return sentence.endswith(f" is no longer a value for custom field {name}")
    if not isinstance(value, str):
        return False
    return sentence == f"{name} {value} added" or sentence.endswith(f" changed to {value}")


def _echoes(name: str, custom: Mapping[str, str]) -> list[str]:
    if name == "owner":
        return [echo("Set", "Owner"), echo("SetWatcher", "Owner")]  # RT writes both down
    if name == "status":
        return [echo("Status", "Status")]
    if name in ATTRIBUTES:
        return [echo("Set", ATTRIBUTES[name])]
    return [echo("CustomField", custom.get(vendor_name(name), ""))]
