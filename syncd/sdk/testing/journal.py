"""The journal of a vendor in a test: every request and every edit by a person, in order, never changed afterwards.

It is what the oracle believes; nothing of it comes from syncd.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that somebody did or tried at a vendor.

    Attributes:
        id: counts up within one vendor.
        actor: the account or person.
        operation: "fetch", "changes", "create", "update", "transition", "comment", ...
        ref: the ticket; empty for lists and for a create that made none.
        request: it came through the API; False is a person at the vendor's own page.
        write: it is of a kind that changes something.
        applied: the vendor carried it out, whatever its sender saw.
        body: what was sent: field values, or "text", "visibility", "key", "files" of a comment.
        before: of what changed, the value that stood there; `after` the value that stands there now.
        outcome: what the sender got instead of an answer ("Stale", "no answer"); empty for an answer.
        cause: the entry of the request that is carried out only now.
    """

    id: int
    at: datetime
    actor: str
    operation: str
    ref: str
    request: bool
    write: bool
    applied: bool
    body: Mapping[str, object] = field(default_factory=dict)
    before: Mapping[str, object] = field(default_factory=dict)
    after: Mapping[str, object] = field(default_factory=dict)
    outcome: str = ""
    cause: int | None = None
