"""Who is behind an id: agents from their list, customers one by one, remembered until the catalogue is asked anew."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from syncd.core.model import Person
from syncd.sdk.errors import Forbidden, NotFound
from syncd_freshdesk.api import Api
from syncd_freshdesk.wire import AgentJson, ContactJson, ConversationJson, TicketJson

MOST = 20_000  # people remembered


def named(id: int, contact: ContactJson) -> Person:
    return Person(str(id), contact.name or "", contact.email or None)


@dataclass(slots=True)
class People:
    """What this process knows of people; all of it can be asked for again."""

    api: Api
    known: dict[int, Person] = field(default_factory=dict)
    may_list: bool = True  # this account may see the list of agents

    async def refresh(self) -> None:
        """Begin with all agents and forget the others, whose names may have changed."""
        try:
            agents: list[AgentJson] = await self.api.agents()
            self.may_list = True
        except Forbidden:
            agents, self.may_list = [], False
        self.known = {agent.id: named(agent.id, agent.contact) for agent in agents}

    async def of(self, ticket: TicketJson, said: Iterable[ConversationJson] = ()) -> dict[int, Person]:
        """All that a ticket and its thread speak of; one request for each customer that is not known yet."""
        ids = [ticket.requester_id, ticket.responder_id, *(each.user_id for each in said)]
        wanted = {id for id in ids if id is not None}
        if len(self.known) > MOST:
            await self.refresh()
        found: dict[int, Person] = {}
        for id in sorted(wanted):  # another read may forget everybody meanwhile
            found[id] = self.known.get(id) or await self._contact(id)
        self.known |= found
        return found

    async def _contact(self, id: int) -> Person:
        """Somebody whom this account may not see, or who is gone, stays an id."""
        try:
            return named(id, await self.api.contact(id))
        except (Forbidden, NotFound):
            return Person(str(id))
