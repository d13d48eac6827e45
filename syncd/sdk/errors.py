"""What can go wrong at a vendor, named by what the caller should do about it, not by which status came back."""

from __future__ import annotations


class ConnectorError(Exception):
    """Something a vendor did. Its text is for a person and holds no secret and no body of a ticket."""


class Unavailable(ConnectorError):
    """Come again later: no connection, a time-out, a 5xx.

    `sent` tells whether the request may have reached the vendor: True for a time-out or a broken answer, so that a
    write may have happened; False when it surely did not (the connection was refused, the vendor said 503 to a read).
    """

    def __init__(self, message: str, *, sent: bool = True) -> None:
        super().__init__(message)
        self.sent = sent


class RateLimited(ConnectorError):
    """Come again after `retry_after` seconds; nothing was written."""

    def __init__(self, message: str, *, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unauthorized(ConnectorError):
    """The credential is refused: pause the connection and tell a person. Never retried by itself."""


class Forbidden(ConnectorError):
    """The credential is good, but this container or action is not allowed to it: park that scope only."""


class NotFound(ConnectorError):
    """No such ticket, as far as this account can see. Absence alone is no deletion (reliability.md, I18)."""


class Elsewhere(NotFound):
    """The ticket is there, outside of the part of the account that its connection keeps to (`ConnectionConfig.part`).

    `label` is what people call it now ("CORE-9").
    """

    def __init__(self, message: str, *, label: str) -> None:
        super().__init__(message)
        self.label = label


class Moved(ConnectorError):
    """The ticket is another one now; `ref` names it."""

    def __init__(self, message: str, *, ref: str) -> None:
        super().__init__(message)
        self.ref = ref


class Stale(ConnectorError):
    """The ticket changed since `expect`: read it again and decide anew. Nothing was written."""


class Rejected(ConnectorError):
    """The vendor refuses what was sent, and will again: park it. `field` names the culprit where the vendor says."""

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class Locked(Rejected):
    """The ticket takes no more changes: closed for good, or archived."""


class BadAnswer(ConnectorError):
    """The vendor answered something that its description does not allow; names the path and what was expected.

    What a write did whose answer nobody can read is not known: it is looked for, as after no answer at all.
    """


class BadSignature(ConnectorError):
    """A webhook is not signed, wrongly signed, or too old: answer 401."""


class BadBody(ConnectorError):
    """A webhook is signed but cannot be read: keep it, show it, answer 202."""


class Unsupported(ConnectorError):
    """This vendor has no such thing; `Connector.capabilities` says so beforehand."""
