"""What secrets, e-mail addresses and telephone numbers look like in a skeleton.

The shapes of keys are those that their issuers publish for secret scanning. A secret without a shape (a password in a
sentence) is found only by the word before it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from syncd.core.numbers import AFTER, BEFORE, Span
from syncd.core.skeleton import OPAQUE

# --- secrets ----------------------------------------------------------------------------------------------------------

_KEYS = re.compile(
    r"""
    (?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}                              # AWS access key
    | gh[pousr]_[A-Za-z0-9]{20,255} | github_pat_[A-Za-z0-9_]{20,255}
    | gl[a-z]{2,6}-[A-Za-z0-9_-]{20,300}
    | xox[a-z](?:\.xox[a-z])?-[A-Za-z0-9-]{10,300} | xapp-\d-[A-Za-z0-9-]{10,300}
    | hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9/_-]{10,200}
    | (?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{10,300} | whsec_[A-Za-z0-9+/=]{16,300}
    | AIza[A-Za-z0-9_-]{35} | ya29\.[A-Za-z0-9_-]{20,2000} | GOCSPX-[A-Za-z0-9_-]{20,64}
    | (?<![A-Za-z0-9])sk-(?:[a-z]{2,8}[0-9]{0,2}-)*[A-Za-z0-9_-]{20,300}
    | npm_[A-Za-z0-9]{36} | pypi-[A-Za-z0-9_-]{16,1000} | hf_[A-Za-z0-9]{30,100}
    | do[oprt]_v1_[a-f0-9]{64} | SG\.[A-Za-z0-9_-]{16,64}\.[A-Za-z0-9_-]{16,128}
    | shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32} | AT(?:ATT|CTT|BB)[A-Za-z0-9_=-]{20,400}
    | lin_(?:api|oauth)_[A-Za-z0-9]{20,100}
    | (?<![A-Za-z0-9])key-[0-9a-f]{32} | (?<![A-Za-z0-9])SK[0-9a-f]{32} | \d{8,10}:AA[A-Za-z0-9_-]{33}
    | eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?   # JSON Web Token
    """,
    re.VERBOSE,
)
_KEY_BLOCK = re.compile(
    r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----"
    r"(?:(?:(?!-----BEGIN)[\s\S]){0,20000}?-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----"
    r"|(?:\s*(?:> ?)*[A-Za-z0-9+/=]{16,})*)"
)
_HEADER = re.compile(
    r"(?i)(?:proxy-)?authorization[\"']?\s{0,3}[:=]\s{0,3}[\"']?(?:[a-z]+[ \t]+)?"
    r"(?P<value>[^\s\"',;\ue000]{6,4000}+)(?![ \t]*\ue000)"
    r"|(?<![a-z])bearer[ \t]+(?P<bearer>(?=[^\s]*\d)[a-z0-9._~+/=-]{12,4000})"
    r"|(?<![a-z-])(?:set-)?cookie:[ \t]*(?P<cookie>[^\n\ue000]{4,4000})"
)
_IN_ADDRESS = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]{1,20}://(?P<value>[^\s/?#@\ue000]{0,200}:[^\s/?#@\ue000]{1,200})@")
_NAMES = (
    r"(?:pass(?:word|wd|phrase|code)?|pwd|secret|kennwort|passwort|mot de passe|contraseña|wachtwoord|senha"
    r"|(?:api|access|secret|private|account|auth|signing|encryption)[ _-]?key|client[ _-]?secret|credentials?|signature"
    r"|(?:access|auth|refresh|session|id|api|bearer|csrf|xsrf)?[ _-]?token|session[ _-]?id|jsessionid|phpsessid)"
)
_VALUE = (
    r"(?:\"(?P<double>[^\"\n\ue000]{1,500})|'(?P<single>[^'\n\ue000]{1,500})"
    r"|(?P<bare>[^\s,;&\"'<>()\[\]{}\ue000]{1,2000}))"
)
_ASSIGNED = re.compile(
    rf"(?i){_NAMES}(?P<more>[a-z0-9_.-]{{0,30}})[\"'\])]{{0,2}}[ \t]{{0,5}}"
    rf"(?P<sign>=>|:=|={{1,2}}|:|[ \t](?:is|was|ist|lautet|war|est|es)[ \t:])[ \t]{{0,5}}{_VALUE}"
)
_NO_SECRET = re.compile(
    r"(?i)null|nil|none|true|false|undefined|empty|yes|no|required|missing|invalid|expired|\*+|x{3,}|\.{2,}|-+"
    r"|\$\{?\w*\}?|%\w+%"
)
_PROSE = re.compile(r"[^\W\d_]+[.!?…:]*")


def keys(text: str) -> Iterator[Span]:
    """Keys and tokens by their shape."""
    for pattern in (_KEY_BLOCK, _KEYS):
        for found in pattern.finditer(text):
            yield found.span()


def announced(text: str) -> Iterator[Span]:
    """Secrets without a shape of their own: whatever a word such as `password=` announces."""
    for pattern in (_HEADER, _IN_ADDRESS):
        for found in pattern.finditer(text):
            yield found.span(found.lastgroup or 0)
    yield from _assigned(text)


def _assigned(text: str) -> Iterator[Span]:
    """Each value that follows a name of secrets; the search goes on behind the name, for a value may hold a name."""
    at = 0
    while found := _ASSIGNED.search(text, at):
        group = found.lastgroup if found.lastgroup in ("double", "single", "bare") else "bare"
        if _is_secret(found, group, text):
            yield found.span(group)
        at = found.start("sign") + 1


def _is_secret(found: re.Match[str], group: str, text: str) -> bool:
    """A sentence ("password: is not accepted", "the token is expired") tells no secret."""
    value, sign = found[group], found["sign"].strip()
    if _NO_SECRET.fullmatch(value) or text.startswith("(", found.end()):
        return False
    if sign in ("=", "==", ":=", "=>") or (group != "bare" and sign == ":"):
        return True
    if sign == ":":
        rest = text[found.end() :].partition("\n")[0].strip()
        return not rest or (len(value) >= 4 and not _PROSE.fullmatch(value))
    return len(value) >= 5 and not _PROSE.fullmatch(value)


# --- addresses and telephone numbers ----------------------------------------------------------------------------------

_EMAIL = re.compile(
    r"[\w.+%'=/-]{1,64}@(?P<domain>(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,8}[^\W\d_]{2,24})(?!-?[0-9A-Za-z])"
)
_FILES = frozenset({"png", "jpg", "jpeg", "gif", "svg", "webp", "ico", "js", "mjs", "jsx", "ts", "tsx", "css", "map"})
"""`icon@2x.png` and `run@app.js` are files, not addresses."""

_FORMED = re.compile(
    rf"""
    {BEFORE} (?:
    \d{{4}}-\d{{2}}-\d{{2}} (?: [T ] \d{{2}}:\d{{2}} (?: :\d{{2}} )? (?: [.,]\d+ )? (?: Z | [+-]\d{{2}}:?\d{{2}} )? )?
    | \d{{1,2}} [./-] \d{{1,2}} [./-] \d{{2,4}} (?: ,?\s \d{{1,2}}:\d{{2}} (?: :\d{{2}} )? )?   # dates, and times
    | \d{{1,2}}:\d{{2}} (?: :\d{{2}} )?
    | [0-9a-fA-F]{{8}}-(?:[0-9a-fA-F]{{4}}-){{3}}[0-9a-fA-F]{{12}}            # UUID
    | v?\d+(?:\.\d+){{2,}}(?:[-+][\w.+-]*)?                               # versions, IP addresses
    ) {AFTER}
    """,
    re.VERBOSE,
)
_INTERNATIONAL = re.compile(r"(?<![0-9A-Za-z+])\+[1-9](?:[ ./-]{0,2}\(?\d\)?){6,14}(?!\d)|(?<=tel:)[\d.()+-]{5,20}")
_NATIONAL = re.compile(
    rf"""
    {BEFORE} 00 [ ]? [1-9] (?: [ ./-]{{0,2}} \(? \d \)? ){{6,14}} (?!\d)          # international with its prefix
    | {BEFORE} \(\d{{3}}\) [ -]? \d{{3}} [ .-] \d{{4}} (?!\d)                     # North America
    | {BEFORE} [2-9]\d{{2}} - [2-9]\d{{2}} - \d{{4}} {AFTER}
    | {BEFORE} 0\d (?: [ .]\d{{2}} ){{4}} (?!\d)                                  # after a trunk 0, in pairs
    | {BEFORE} \(? 0\d{{1,4}} \)? [ /-]{{1,3}} \d{{3,8}} (?: [ -]\d{{1,5}} )? (?!\.?[0-9A-Za-z])   # or in pieces
    """,
    re.VERBOSE,
)


def emails(text: str, allow: Collection[str] = ()) -> Iterator[Span]:
    """E-mail addresses, but for those that are allowed, by the whole address or by a domain and what is below it."""
    for found in _EMAIL.finditer(text):
        address, domain = found.group().casefold(), found["domain"].casefold()
        if domain.rpartition(".")[2] in _FILES or (address.startswith("git@") and text[found.end() :][:1] == ":"):
            continue
        if not any(one in (address, domain) or domain.endswith(f".{one}") for one in allow):
            yield found.span()


def phones(text: str) -> Iterator[Span]:
    """Telephone numbers in the international form and in common national ones, seven to fifteen digits.

    Dates, versions and identifiers are covered up first: some of them are formed as numbers of some country are.
    """
    covered = _FORMED.sub(lambda found: OPAQUE * len(found.group()), text)
    for pattern, where in ((_INTERNATIONAL, text), (_NATIONAL, covered)):
        for found in pattern.finditer(where):
            if 7 <= sum(char.isdigit() for char in found.group()) <= 15:
                yield found.span()
