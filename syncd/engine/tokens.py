"""Signed links: make one for one purpose on one ticket, check one that somebody brings, revoke them.

A link is a random word of 256 bits and a tag over it and over everything that its row says, under a key that is made
of the secret beside the store. So a copy of the store makes no link (it holds digests alone), whoever can write the
store makes none either (rows without a tag of ours open nothing, altered ones neither), and a word that was guessed is
none. Whoever has the link itself can do what it is for: docs/signed-links.md says what that is.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from base64 import b32encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Connection

from syncd.core.deeds import Purpose
from syncd.engine.linkviews import link_view
from syncd.engine.operate import NOBODY, By, Refused
from syncd.engine.site import Site
from syncd.store import audit, links, tokens
from syncd.store.records import AuditEntry, Link
from syncd.store.tokens import Token
from syncd.store.types import micros

PATH = "/s/"
FOR: Mapping[Purpose, timedelta] = MappingProxyType(
    {
        **dict.fromkeys(Purpose, timedelta(days=7)),
        Purpose.PROGRESS: timedelta(days=30),
        Purpose.RATE: timedelta(days=30),
    }
)
"""How long a link works where nobody says otherwise."""
LONGEST = timedelta(days=400)
BITS = 256
WORD, TAG = 52, 26  # letters of base32: 256 and 130 bits; lower case, so that no mail program breaks the link
_SHAPE = re.compile(rf"[a-z2-7]{{{WORD + TAG}}}")
_SELDOM = timedelta(minutes=1)  # between two notes that a link was opened


@dataclass(frozen=True, slots=True)
class Share:
    """One signed link as an operator sees it; its address was shown once, when it was made.

    `state` is `works`, `done` (its deed), `expired` or `revoked`.
    """

    id: int
    link: int
    ticket: str
    purpose: str
    who: str
    state: str
    created: datetime
    expires: datetime
    opened: datetime | None
    done: datetime | None


async def link_for(
    site: Site,
    link: Link,
    purpose: Purpose,
    *,
    who: str = "",
    expires: timedelta | None = None,
    replace: bool = False,
    by: By = NOBODY,
) -> str:
    """The address of a new signed link.

    Args:
        who: whom it is made for; what is done with it counts as said by them.
        expires: how long it works; FOR says how long without.
        replace: those for the same purpose on this ticket end; else they go on working.

    Raises:
        Refused: the config says no `public_url`, nothing notes steps of this mapping, or `expires` is out of bounds.
    """
    return await site.store.write(
        lambda c: mint(site, c, link, purpose, who=who, expires=expires, replace=replace, by=by)
    )


def mint(
    site: Site,
    c: Connection,
    link: Link,
    purpose: Purpose,
    *,
    who: str = "",
    expires: timedelta | None = None,
    replace: bool = False,
    by: By = NOBODY,
) -> str:
    """`link_for` inside a transaction of the caller's."""
    lives = FOR[purpose] if expires is None else expires
    _examine(site, link, lives)
    if replace:
        _revoke(site, c, link, purpose, by)
    word, now = _word(BITS), site.now()
    values = {
        "link_id": link.id,
        "purpose": purpose.value,
        "digest": _digest(word),
        "who": who,
        "created_at": now,
        "expires_at": now + lives,
    }
    made = tokens.add(c, values)  # read back: what is signed is what will be read
    said = f"for {who or 'nobody by name'} until {made.expires_at:%Y-%m-%d %H:%M} UTC"
    audit.append(c, _entry("link.shared", link.id, purpose, said, by), now)
    return f"{site.public_url}{PATH}{word}{_tag(site, made, word)}"


def _examine(site: Site, link: Link, lives: timedelta) -> None:
    if not site.public_url:
        raise Refused(
            "nobody could open a link: the config says no `public_url`; write `public_url: https://syncd.example`, "
            "the address under which people reach `listen`"
        )
    mapping = site.mappings.get(link.mapping)
    if mapping is None or mapping.escalation is None:
        raise Refused(f"no step is noted for mapping {link.mapping}: it has no `escalation.yaml`")
    if not timedelta(0) < lives <= LONGEST:
        raise Refused(f"a link works for a second at least and for {LONGEST.days} days at most")


# --- one that somebody brings ----------------------------------------------------------------------------------------


async def check(site: Site, text: str) -> Token | None:
    """What a link permits; None for one that is unknown, altered, expired or revoked: nobody learns which."""
    return await site.store.read(lambda c: checked(site, c, text))


def checked(site: Site, c: Connection, text: str) -> Token | None:
    """`check` inside a transaction of the caller's. As much is computed for a stranger's word as for a good one."""
    shaped = text if _SHAPE.fullmatch(text) else "a" * (WORD + TAG)
    word, tag = shaped[:WORD], shaped[WORD:]
    found, now = tokens.find(c, _digest(word)), site.now()
    assumed = found or Token(0, 0, Purpose.PROGRESS, "", "", now, now)
    signed = hmac.compare_digest(_tag(site, assumed, word), tag)
    if found is None or not signed or found.revoked_at is not None or found.expires_at <= now:
        return None
    return found


async def note_opened(site: Site, token: Token) -> None:
    """Remember when a link was opened last, once a minute at most."""
    now = site.now()
    if token.opened_at is None or now - token.opened_at >= _SELDOM:
        await site.store.write(lambda c: tokens.opened(c, token.id, now))


# --- what operators do -----------------------------------------------------------------------------------------------


async def revoke(site: Site, link: Link, purpose: Purpose | None = None, *, by: By = NOBODY) -> int:
    """End a ticket's links, or only those for one purpose; how many worked until now."""
    return await site.store.write(lambda c: _revoke(site, c, link, purpose, by))


def _revoke(site: Site, c: Connection, link: Link, purpose: Purpose | None, by: By) -> int:
    ended = tokens.revoke(c, link.id, site.now(), purpose)
    if ended:
        audit.append(c, _entry("link.unshared", link.id, purpose, f"{ended} revoked", by), site.now())
    return ended


async def shares(site: Site, link: Link | None = None) -> list[Share]:
    """The signed links of one ticket, or of all, the newest first; those that ended are kept for a month."""

    def read(c: Connection) -> list[Share]:
        return [_share(c, token, site.now()) for token in tokens.of(c, link.id if link else None)]

    return await site.store.read(read)


def _share(c: Connection, token: Token, now: datetime) -> Share:
    return Share(
        id=token.id,
        link=token.link_id,
        ticket=link_view(links.get(c, token.link_id)).support.label,
        purpose=str(token.purpose),
        who=token.who,
        state=_state(token, now),
        created=token.created_at,
        expires=token.expires_at,
        opened=token.opened_at,
        done=token.done_at,
    )


def _state(token: Token, now: datetime) -> str:
    if token.revoked_at is not None:
        return "revoked"
    if token.done_at is not None:
        return "done"
    return "works" if token.expires_at > now else "expired"


def _entry(kind: str, link_id: int, purpose: Purpose | None, outcome: str, by: By) -> AuditEntry:
    item = str(purpose or "all")
    return AuditEntry(kind=kind, link_id=link_id, item=item, rule=by.reason, outcome=outcome, actor=by.who)


# --- the word and its tag --------------------------------------------------------------------------------------------


def _word(bits: int) -> str:
    return b32encode(secrets.token_bytes(bits // 8))[:WORD].decode().lower()


def _digest(word: str) -> str:
    """What the store keeps: of 256 random bits a plain digest cannot be turned back."""
    return hashlib.sha256(b"syncd signed link\0" + word.encode()).hexdigest()


def _tag(site: Site, token: Token, word: str) -> str:
    """Over everything that counts in the row, so that nobody makes it say more than it was signed for."""
    said = (site.store.id, str(token.link_id), token.who, str(micros(token.expires_at)), word)
    signed = hmac.new(_key(site, token.purpose), "\0".join(said).encode("utf-8", "replace"), hashlib.sha256)
    return b32encode(signed.digest())[:TAG].decode().lower()


def _key(site: Site, purpose: Purpose) -> bytes:
    """A key of each purpose's own (RFC 5869), so that a link for one is none for another."""
    info = b"syncd signed link\0" + purpose.value.encode()
    return HKDF(SHA256(), length=32, salt=None, info=info).derive(site.secret)
