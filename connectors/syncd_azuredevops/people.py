"""People: our own account, somebody by e-mail, and the name by which a field takes a person."""

from __future__ import annotations

from syncd.core.model import Person
from syncd.sdk.errors import Rejected
from syncd.sdk.recent import Recent
from syncd_azuredevops.api import Api
from syncd_azuredevops.wire import AccountJson


class People:
    """A person's id is the vendor's own, which stays when a name or an address changes; fields take the unique name."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.me: AccountJson | None = None
        self._names: Recent[str, str] = Recent(4096)  # id -> unique name

    async def own(self) -> str:
        """The id of our account."""
        if self.me is None:
            self.me, _ = await self.api.me()
        return self.me.id

    async def by_email(self, email: str) -> Person | None:
        """Somebody active with this very address: names are searched as well, and can hold any address."""
        wanted = email.strip().casefold()
        for each in await self.api.people(searchFilter="General", filterValue=email.strip()):
            if wanted in each.addresses and each.active and not each.group:
                self._names[each.id] = each.unique_name
                return each.person()
        return None

    async def unique_name(self, person: Person, *, field: str) -> str:
        """One request for somebody who was not looked up before."""
        name = self._names.get(person.id)
        if name is None:
            found = [each for each in await self.api.people(identityIds=person.id) if each.id == person.id]
            if not found or not found[0].unique_name:
                raise Rejected("azuredevops: the organisation knows no such person", field=field)
            name = self._names[person.id] = found[0].unique_name
        return name
