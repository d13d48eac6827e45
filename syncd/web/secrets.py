"""Who a request comes from: a bearer secret (RFC 6750), or a signature by Standard Webhooks 1.0.0 with the same secret.

Every client is compared, in constant time, so that neither a name nor a part of a secret can be guessed by the clock.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from syncd.core.intake import Client

TOLERANCE = 300
"""Seconds that a signature may be old, or ahead (Standard Webhooks, "Verifying webhook authenticity")."""
PREFIX = b"whsec_"


@dataclass(frozen=True, slots=True)
class Signed:
    """The three headers of a signed request, as they came."""

    id: str
    timestamp: str
    signatures: str

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> Signed | None:
        id, at, signatures = (headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))
        return cls(id, at, signatures) if id and at and signatures else None


def known_by_bearer(clients: Iterable[Client], header: str) -> Client | None:
    """The client whose secret an `Authorization` header shows."""
    scheme, _, given = header.partition(" ")
    said = given.strip().encode("utf-8", "surrogatepass")
    found = [client for client in clients if hmac.compare_digest(client.secret, said)]
    return found[0] if found and scheme.lower() == "bearer" else None


def known_by_signature(clients: Iterable[Client], signed: Signed, raw: bytes, now: datetime) -> Client | None:
    """The client that signed this very body a moment ago."""
    if not signed.timestamp.isascii() or not signed.timestamp.isdecimal() or len(signed.timestamp) > 12:
        return None
    if abs(now.timestamp() - int(signed.timestamp)) > TOLERANCE:
        return None
    given = [part[3:].encode("utf-8", "replace") for part in signed.signatures.split(" ") if part.startswith("v1,")]
    found = [client for client in clients if _fits(sign(client.secret, signed.id, signed.timestamp, raw), given[:10])]
    return found[0] if found else None


def _fits(wanted: bytes, given: list[bytes]) -> bool:
    """Whether one of several signatures is it: while a secret is changed there are two. All are compared."""
    return sum(hmac.compare_digest(wanted, one) for one in given) > 0


def sign(secret: bytes, id: str, timestamp: str, raw: bytes) -> bytes:
    """The signature of a request, in base64."""
    text = b".".join([id.encode("utf-8", "replace"), timestamp.encode(), raw])
    return base64.b64encode(hmac.new(_key(secret), text, hashlib.sha256).digest())


def _key(secret: bytes) -> bytes:
    """The bytes behind `whsec_`, which are in base64; of another secret the secret itself."""
    if secret.startswith(PREFIX):
        try:
            return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
        except binascii.Error:
            return secret
    return secret
