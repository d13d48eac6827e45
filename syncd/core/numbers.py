"""Numbers that prove themselves: cards, bank accounts and identity numbers, by length, issuer and check digits.

Sources: ISO/IEC 7812-1 (Luhn, issuer prefixes), ISO 13616 (IBAN: mod 97 and a length for each country), and each
authority's own rule: US SSA (areas never given), Spain's Orden INT/2058/2008 (mod 23), Italy's DM 23/12/1976, France's
INSEE (mod 97), Brazil's Receita Federal (two digits mod 11), the UK's NIM39110 (prefixes never given).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

Span: TypeAlias = tuple[int, int]
BEFORE = r"(?<![0-9A-Za-z])(?<![0-9A-Za-z][.-])"
AFTER = r"(?!-?[0-9A-Za-z])"
"""What may not touch a number: then it is part of a longer one. Letters of other scripts may."""

# --- payment cards ----------------------------------------------------------------------------------------------------

_DIGIT_RUNS = re.compile(r"(?<!\d)\d{1,19}(?:[ \t._/-]{1,3}\d{1,19})*(?!\d)")
_GROUP = re.compile(r"\d+")
_CARD = re.compile(
    r"""
    4(?:\d{12}|\d{15}|\d{18})                                    # Visa
    | (?:5[1-5]\d{2}|222[1-9]|22[3-9]\d|2[3-6]\d{2}|27[01]\d|2720)\d{12}   # Mastercard
    | 3[47]\d{13}                                                # American Express
    | (?:6011|64[4-9]\d|65\d{2})\d{12,15}                        # Discover
    | 35(?:2[89]|[3-8]\d)\d{12,15}                               # JCB
    | 3(?:0[0-5]|[689]\d)\d{11,16}                               # Diners Club
    | 62\d{14,17}                                                # UnionPay
    | (?:5018|5020|5038|5893|6304|6759|676[1-3])\d{8,15}         # Maestro
    | 220[0-4]\d{12,15}                                          # Mir
    """,
    re.VERBOSE,
)
_PRINTED = frozenset(
    {(4, 4, 4, 4), (4, 6, 5), (4, 6, 4), (4, 4, 4, 1), (4, 4, 4, 4, 1), (4, 4, 4, 4, 2), (4, 4, 4, 4, 3)}
    | {(8, 8), (4, 4, 8), (8, 4, 4), (4, 8, 4), (6, 10), (4, 4, 5), (4, 4, 6), (4, 4, 4, 2), (4, 4, 4, 3)}
)
"""In which groups people write a card's digits; other groups are dates, ports, identifiers."""


def cards(text: str) -> Iterator[Span]:
    """Card numbers in one piece or in the usual groups, also among other numbers."""
    for run in _DIGIT_RUNS.finditer(text):
        groups = [(run.start() + g.start(), run.start() + g.end()) for g in _GROUP.finditer(run.group())]
        at = 0
        while at < len(groups):
            taken = next((count for count in range(5, 0, -1) if _is_card(text, groups[at : at + count], count)), 0)
            if taken:
                yield groups[at][0], groups[at + taken - 1][1]
            at += taken or 1


def _is_card(text: str, groups: list[Span], count: int) -> bool:
    if len(groups) != count or (count > 1 and tuple(end - start for start, end in groups) not in _PRINTED):
        return False
    digits = "".join(text[start:end] for start, end in groups)
    return bool(_CARD.fullmatch(digits)) and luhn(digits)


def luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of the others."""
    doubled = (int(digit) * (1 + at % 2) for at, digit in enumerate(reversed(digits)))
    return sum(number - 9 if number > 9 else number for number in doubled) % 10 == 0


# --- bank accounts ----------------------------------------------------------------------------------------------------

_LENGTHS = (
    "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DK18 DO28 EE20 EG29 ES24 FI18 "
    "FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 "
    "LU20 LV21 LY25 MC27 MD24 ME22 MK19 MR27 MT31 MU30 NL18 NO15 PK24 PL28 PS29 PT25 QA29 RO24 RS22 SA24 SC31 SE24 "
    "SI19 SK24 SM27 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20"
)
_IBAN_LENGTH: Mapping[str, int] = {word[:2]: int(word[2:]) for word in _LENGTHS.split()}
_IBAN_START = re.compile(r"(?i)(?<![a-z0-9])([a-z]{2})\d{2}(?=[ .-]?[a-z0-9])")
_ONE_MORE = re.compile(r"[ .-]?([A-Za-z0-9])")


def ibans(text: str) -> Iterator[Span]:
    """International bank account numbers, in one piece or in groups."""
    for start in _IBAN_START.finditer(text):
        length = _IBAN_LENGTH.get(start[1].upper())
        end, said = start.end(), start.group()
        while length and len(said) < length and (more := _ONE_MORE.match(text, end)):
            end, said = more.end(), said + more[1]
        if len(said) == length and _mod97(said.upper()):
            yield start.start(), end


def _mod97(iban: str) -> bool:
    return int("".join(str(int(char, 36)) for char in iban[4:] + iban[:4])) % 97 == 1


# --- identity numbers -------------------------------------------------------------------------------------------------

_DNI = "TRWAGMYFPDXBNJZSQVHLCKE"
_ODD = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)
"""What a letter counts in an odd place of a codice fiscale, A to Z; a digit as the letter of its rank."""


def _spanish(number: str) -> bool:
    bare = re.sub(r"[ .-]", "", number).upper()
    return _DNI[int(str("XYZ".find(bare[0])) + bare[1:-1] if bare[0] in "XYZ" else bare[:-1]) % 23] == bare[-1]


def _italian(code: str) -> bool:
    code = code.upper()
    ranks = [int(char) if char.isdigit() else ord(char) - 65 for char in code[:15]]
    odd, even = sum(_ODD[rank] for rank in ranks[::2]), sum(ranks[1::2])
    return chr(65 + (odd + even) % 26) == code[15]


def _french(number: str) -> bool:
    bare = re.sub(r"[ .-]", "", number).upper().replace("2A", "19").replace("2B", "18")
    return 97 - int(bare[:13]) % 97 == int(bare[13:])


def _brazilian(number: str) -> bool:
    digits = [int(char) for char in number if char.isdigit()]
    return all(
        sum(digit * (at + 1 - place) for place, digit in enumerate(digits[:at])) * 10 % 11 % 10 == digits[at]
        for at in (9, 10)
    )


def _always(number: str) -> bool:
    return True


def _alone(form: str) -> re.Pattern[str]:
    """A number of this form that is no part of a longer one."""
    return re.compile(f"(?x) {BEFORE} (?: {form} ) {AFTER}")


_IDENTITIES: tuple[tuple[re.Pattern[str], Callable[[str], bool]], ...] = (
    # United States, social security: area, group and serial that were never given are none
    (_alone(r"(?!000|666|9\d\d) \d{3} - (?!00) \d{2} - (?!0000) \d{4}"), _always),
    (re.compile(r"(?i)(?<=ssn)\W{1,3}(?!000|666|9\d\d)\d{3} ?(?!00)\d{2} ?(?!0000)\d{4}(?!\d)"), _always),
    # Spain, DNI and NIE
    (_alone(r"(?: \d{8} | \d{2}\.\d{3}\.\d{3} | [XYZ]-?\d{7} ) [ -]? [A-HJ-NP-TV-Z]"), _spanish),
    # Italy, codice fiscale
    (_alone(r"(?i: [A-Z]{6} \d{2} [A-EHLMPRST] \d{2} [A-Z] \d{3} [A-Z] )"), _italian),
    # France, numéro de sécurité sociale
    (
        _alone(
            r"[12] [ ]? \d{2} [ ]? (?: 0[1-9] | 1[0-2] | [2-9]\d ) [ ]? (?: \d{2} | 2[AB] )"
            r"[ ]? \d{3} [ ]? \d{3} [ -]? \d{2}"
        ),
        _french,
    ),
    # Brazil, CPF as it is printed
    (_alone(r"\d{3}\.\d{3}\.\d{3}-\d{2}"), _brazilian),
    # United Kingdom, national insurance
    (
        _alone(
            r"(?!BG|GB|KN|NK|NT|TN|ZZ) [A-CEGHJ-PR-TW-Z] [A-CEGHJ-NPR-TW-Z]"
            r"[ ]? \d{2} [ ]? \d{2} [ ]? \d{2} [ ]? [A-D]"
        ),
        _always,
    ),
)


def identities(text: str) -> Iterator[Span]:
    """Identity numbers whose form or check digits prove them."""
    for pattern, proves in _IDENTITIES:
        for found in pattern.finditer(text):
            if proves(found.group()):
                yield found.span()
