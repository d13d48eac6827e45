"""Who we act as, and whom an address belongs to."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx

from syncd.core.model import Person
from syncd.sdk.connector import Account
from syncd.sdk.errors import Rejected
from syncd_github.api import Api
from syncd_github.auth import AppSignIn
from syncd_github.repositories import Repositories

EXPIRES = "github-authentication-token-expiration"


class People:
    def __init__(self, api: Api, repositories: Repositories) -> None:
        self._api = api
        self._repositories = repositories

    async def own(self) -> tuple[Account, str]:
        """Who we act as, and the login. An App writes as its bot, `slug[bot]`."""
        if isinstance(self._api.sign_in, AppSignIn):
            app = await self._api.app()
            bot = await self._api.user(f"{app.slug}[bot]")
            return Account(str(bot.id), app.name), bot.login
        me, answer = await self._api.me()
        return Account(str(me.id), me.name or me.login, me.email, expires=expiry(answer)), me.login

    async def by_email(self, email: str) -> Person | None:
        """Somebody whose profile shows this address and who can be assigned; a hidden one is never guessed."""
        if not _searchable(email):
            return None
        try:
            found = await self._api.users(f"{email} in:email")
        except Rejected:  # GitHub refuses what it cannot read as a search
            return None
        for candidate in found:
            user = await self._api.user(candidate.login)
            if (user.email or "").casefold() == email.casefold() and await self._assignable(user.login):
                return user.person()
        return None

    async def _assignable(self, login: str) -> bool:
        for repository in await self._repositories.all():
            if await self._api.assignable(repository.name, login):
                return True
        return False


def _searchable(email: str) -> bool:
    """Nothing in it that the search would take for a qualifier."""
    return "@" in email and not any(char.isspace() or char in '":' for char in email)


def expiry(response: httpx.Response) -> datetime | None:
    """When the token ends, as a header tells of fine-grained ones: "2026-12-01 00:00:00 UTC"."""
    said = response.headers.get(EXPIRES, "").removesuffix(" UTC")
    try:
        found = datetime.fromisoformat(said)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
