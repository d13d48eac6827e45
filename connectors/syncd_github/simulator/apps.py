"""A GitHub App of the simulated site: proofs (JWT) are checked, installation tokens live for an hour."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import jwt

from syncd.sdk.testing.simulator import Account

HOUR = timedelta(hours=1)
LONGEST = 600  # seconds that a proof may live
SKEW = 60


@dataclass(slots=True)
class App:
    """One App with one installation. `public_key` is PEM; `bot` is who its tokens act as."""

    id: int
    slug: str
    installation: int
    public_key: str
    bot: Account
    permissions: dict[str, str] = field(default_factory=lambda: {"issues": "write", "metadata": "read"})
    tokens: dict[str, datetime] = field(default_factory=dict)  # token -> its end

    def proves(self, proof: str, *, now: datetime) -> bool:
        """Whether this JWT is one of the App's: signed with its key, by its id, not too old and not too long."""
        options = {"verify_exp": False, "verify_iat": False, "require": ["iat", "exp", "iss"]}
        try:
            said = jwt.decode(proof, self.public_key, algorithms=["RS256"], options=options)  # type: ignore[arg-type]
            issued, expires = int(said["iat"]), int(said["exp"])
        except (jwt.PyJWTError, ValueError, TypeError):
            return False
        fresh = issued <= now.timestamp() + SKEW and now.timestamp() < expires <= now.timestamp() + LONGEST
        return fresh and str(said["iss"]) == str(self.id)

    def renew(self, *, now: datetime, new_id: Callable[[], int]) -> tuple[str, datetime]:
        token, until = f"ghs_simulated{new_id()}", now.replace(microsecond=0) + HOUR
        self.tokens[token] = until
        return token, until

    def knows(self, token: str, *, now: datetime) -> bool:
        return token in self.tokens and now < self.tokens[token]
