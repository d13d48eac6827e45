"""Words of a file -> values: durations, sizes, numbers, what YAML 1.1 makes of a word, and the nearest known word.

`Wrong` says what is wrong in our own words; `shape` adds the place.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

from syncd.core.contract import Reminder
from syncd.core.owners import Absence
from syncd.mapping.nodes import Scalar

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
BYTES = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}

_DECIMAL = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?")
_AMOUNT = re.compile(r"(-?[\d.]+)\s*(\S*)")
_SEXAGESIMAL = re.compile(r"[-+]?\d+(:[0-5]?\d)+(\.\d*)?")


class Wrong(ValueError):
    """A word that cannot be what is expected in its place."""

    def __init__(self, problem: str, *, expected: str = "", remedy: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.expected = expected
        self.remedy = remedy


def nearest(word: str, known: Iterable[str], *, cutoff: float = 0.7) -> str:
    """The known word that was probably meant, or ""; `cutoff` 1 asks for the same letters."""
    by_letters = {name.casefold().replace("-", "_"): name for name in known}
    close = difflib.get_close_matches(word.casefold().replace("-", "_"), by_letters, n=1, cutoff=cutoff)
    return by_letters[close[0]] if close else ""


def meant(word: str, known: Iterable[str]) -> str:
    """The remedy for an unknown word: the nearest, or ""."""
    close = nearest(word, known)
    return f"did you mean `{close}`?" if close else ""


def listed(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def text(word: Scalar) -> str:
    """A word as it stands in the file, unless YAML 1.1 reads something else than a person does."""
    as_yaml = surprise(word)
    if as_yaml:
        raise Wrong(f"`{word.text}` is {as_yaml}", expected="text", remedy=f'quote it: "{word.text}"')
    if word.empty:
        raise Wrong("nothing stands here", expected="text", remedy="write a value, or delete the key")
    return word.text


def surprise(word: Scalar) -> str:
    """What YAML 1.1 makes of an unquoted word that a person reads otherwise; "" where both read the same."""
    match word.tag:
        case "bool":
            truth = word.text.lower() in ("yes", "true", "on", "y")
            return f"a boolean in YAML ({str(truth).lower()})"
        case "timestamp":
            return "a date in YAML"
        case "int" | "float" if _SEXAGESIMAL.fullmatch(word.text):
            return f"the number {_sexagesimal(word.text)} in YAML (base 60)"
        case "int" if not _DECIMAL.fullmatch(word.text):
            return f"the number {_integer(word.text)} in YAML"
        case "float" if not _DECIMAL.fullmatch(word.text):
            return "a floating-point number in YAML"
        case _:
            return ""


def _sexagesimal(word: str) -> str:
    total = Decimal(0)
    for part in word.lstrip("+-").split(":"):
        total = total * 60 + Decimal(part or 0)
    return f"-{total}" if word.startswith("-") else str(total)


def _integer(word: str) -> int:
    """YAML 1.1 integers: 0b1, 010 (octal), 0x1f, 1_000."""
    digits = word.replace("_", "").lstrip("+")
    bare = digits.lstrip("-")
    octal = len(bare) > 1 and bare[0] == "0" and bare.isdigit()
    value = int(bare, 8) if octal else int(bare, 0)
    return -value if digits.startswith("-") else value


def truth(word: Scalar) -> bool:
    if word.tag != "bool":
        raise Wrong(f"`{word.text}` is neither true nor false", expected="`true` or `false`", remedy="write `true`")
    return word.text.lower() in ("yes", "true", "on", "y")


def number(word: Scalar) -> Decimal:
    as_yaml = surprise(word)
    if as_yaml:
        raise Wrong(f"`{word.text}` is {as_yaml}", expected="a number", remedy="write it in plain digits")
    if not _DECIMAL.fullmatch(word.text):
        raise Wrong(f"`{word.text}` is no number", expected="a number", remedy="write digits, such as `20`")
    return Decimal(word.text)


def whole(word: Scalar) -> int:
    value = number(word)
    if value != value.to_integral_value():
        raise Wrong(f"`{word.text}` is no whole number", expected="a whole number", remedy=f"write `{int(value)}`")
    return int(value)


_DURATION = "a number with `s`, `m`, `h` or `d`, such as `30s` or `5m`"


def duration(word: Scalar) -> timedelta:
    """ "45m", "10s", "2h", "30d"; at least one second."""
    as_yaml = surprise(word)
    if as_yaml:
        raise Wrong(f"`{word.text}` is {as_yaml}, no duration", expected=_DURATION, remedy="write it like `45m`")
    amount, unit = _amount(word, "duration", _DURATION)
    if not unit:
        raise Wrong(f"the duration `{word.text}` has no unit", expected=_DURATION, remedy=f"write `{word.text}s`")
    if unit in ("ms", "us", "ns"):
        raise Wrong(f"`{word.text}` is shorter than a second", expected=_DURATION, remedy="write `1s`")
    if unit not in SECONDS:
        raise Wrong(f"`{unit}` is no unit of time", expected=_DURATION, remedy="write it like `45m`")
    if amount <= 0:
        raise Wrong(f"the duration `{word.text}` is not above zero", expected="at least `1s`", remedy="write `10s`")
    return timedelta(seconds=float(amount * SECONDS[unit]))


def day(word: Scalar) -> date:
    """ "2026-12-25", quoted or not."""
    try:
        return date.fromisoformat(word.text)
    except ValueError:
        raise Wrong(
            f"`{word.text}` is no day", expected="year-month-day", remedy="write it like `2026-12-25`"
        ) from None


def absence(word: Scalar) -> Absence:
    """ "2026-12-24..2027-01-02", both days among them; or one day."""
    first, dots, last = word.text.partition("..")
    try:
        found = Absence(date.fromisoformat(first.strip()), date.fromisoformat((last if dots else first).strip()))
    except ValueError:
        expected = "a day, or the first and the last day"
        remedy = "write it like `2026-12-24..2027-01-02`"
        raise Wrong(f"`{word.text}` is no absence", expected=expected, remedy=remedy) from None
    if found.last < found.first:
        problem = f"the absence `{word.text}` ends before it begins"
        raise Wrong(problem, expected="the first day first", remedy=f"write `{found.last}..{found.first}`")
    return found


_SHARE = re.compile(r"(\d{1,3})%")


def reminder(word: Scalar) -> Reminder:
    """ "75%": when that much of a clock's time is used; "15m": when that is left of it."""
    share = _SHARE.fullmatch(word.text)
    if share is None:
        return Reminder(left=duration(word))
    if not 0 < int(share[1]) < 100:
        raise Wrong(
            f"`{word.text}` is no part of a clock's time", expected="between `1%` and `99%`", remedy="write `75%`"
        )
    return Reminder(share=Decimal(share[1]) / 100)


_SIZE = "a number with `KB`, `MB`, `GB`, `KiB`, `MiB` or `GiB`, such as `25MB`"


def size(word: Scalar) -> int:
    """ "25MB" -> 25,000,000 bytes; "25MiB" -> 26,214,400."""
    amount, unit = _amount(word, "size", _SIZE)
    units = {name.upper(): factor for name, factor in BYTES.items()}
    if not unit:
        raise Wrong(f"the size `{word.text}` has no unit", expected=_SIZE, remedy=f"write `{word.text}MB`")
    if unit.upper() not in units:
        raise Wrong(f"`{unit}` is no unit of size", expected=_SIZE, remedy="write it like `25MB`")
    if amount <= 0:
        raise Wrong(f"the size `{word.text}` is not above zero", expected=_SIZE, remedy="write it like `25MB`")
    return int(amount * units[unit.upper()])


def _amount(word: Scalar, sort: str, expected: str) -> tuple[Decimal, str]:
    found = _AMOUNT.fullmatch(word.text.strip())
    if not found or not _DECIMAL.fullmatch(found[1]):
        raise Wrong(
            f"`{word.text}` is no {sort}",
            expected=expected,
            remedy=f"write it like `{'45m' if sort == 'duration' else '25MB'}`",
        )
    return Decimal(found[1]), found[2]
