"""What a ref names: a ticket or a conversation, by the id that Intercom never changes. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from syncd.sdk.errors import NotFound, Rejected

Kind = Literal["ticket", "conversation"]
TICKET: Final = "ticket"
CONVERSATION: Final = "conversation"

_ID = re.compile(r"[1-9][0-9]{0,17}")


@dataclass(frozen=True, slots=True)
class Ref:
    """`id` is the API's, not the `ticket_id` that people see."""

    kind: Kind
    id: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"

    @classmethod
    def parse(cls, text: str) -> Ref:
        """NotFound where this can be neither: nothing else may stand in an address."""
        kind, _, id = text.partition(":")
        if _ID.fullmatch(id) and kind == TICKET:
            return cls(TICKET, id)
        if _ID.fullmatch(id) and kind == CONVERSATION:
            return cls(CONVERSATION, id)
        raise NotFound("intercom: a ref is `ticket:ID` or `conversation:ID`")


def number(id: str, *, field: str | None = None) -> str:
    """An id that may stand in an address: digits only (reliability.md, T12)."""
    if not _ID.fullmatch(id):
        raise Rejected("intercom: not an id: it must be a number", field=field)
    return id
