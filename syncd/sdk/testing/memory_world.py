"""The vendor in memory as `ConnectorTests` wants to see it; an example for other vendors."""

from __future__ import annotations

from collections.abc import Sequence

from syncd.core.model import Fields, RichText, Visibility
from syncd.sdk.connector import Webhook
from syncd.sdk.testing.character import HELPFUL, STATUSES, Character
from syncd.sdk.testing.vendor import MemoryVendor
from syncd.sdk.testing.world import Deed, Deeds, Shown, Words


class MemoryWorld(Deeds):
    """One `MemoryVendor` of a character, and Ana, who works there."""

    def __init__(self, character: Character = HELPFUL) -> None:
        self.vendor = MemoryVendor(character=character)
        reachable, unreachable = ways_from_new(character)
        self.words = Words(
            place={"container": "CORE"},
            title="title",
            description="description",
            choice=("priority", "low", "urgent"),
            status=("status", reachable[-1]),
            impossible=unreachable[0] if unreachable else None,
            done=None if character.workflow else ("status", "new", "solved"),
            labels="labels",
            day="due",
            moment="due",
            person="assignee",
            email="ben@memory.example",
            deeds=frozenset(Deed),
        )

    @property
    def requests(self) -> int:
        return len(self.vendor.requests)

    async def open(self, fields: Fields) -> str:
        return self.vendor.open(fields, container="CORE")

    async def edit(self, ref: str, fields: Fields) -> None:
        self.vendor.edit(ref, fields)

    async def say(self, ref: str, text: str, *, public: bool) -> None:
        self.vendor.say(ref, text, public=public)

    async def attach(self, ref: str, name: str, content: bytes, *, public: bool) -> None:
        self.vendor.say(ref, "see the file", public=public, files={name: content})

    async def delete(self, ref: str) -> None:
        self.vendor.delete(ref)

    async def restore(self, ref: str) -> None:
        self.vendor.restore(ref)

    async def move(self, ref: str) -> None:
        self.vendor.move(ref, "LATER")

    async def merge(self, ref: str, into: str) -> None:
        self.vendor.merge(ref, into=into)

    async def reword(self, ref: str, said: str, text: str) -> None:
        self.vendor.edit_comment(ref, self._comment(ref, said), text)

    async def unsay(self, ref: str, said: str) -> None:
        self.vendor.delete_comment(ref, self._comment(ref, said))

    async def switch_off(self, address: str) -> None:
        self.vendor.switch_off(address)

    def _comment(self, ref: str, said: str) -> str:
        return next(comment.id for comment in self.vendor.ticket(ref).comments if said in comment.source)

    async def look(self, ref: str) -> Shown:
        ticket = self.vendor.ticket(ref)
        texts = [value.source if isinstance(value, RichText) else str(value) for value in ticket.fields.values()]
        for comment in ticket.comments:
            if comment.visibility is Visibility.PUBLIC:
                texts += [comment.source, *(attachment.name for attachment in comment.attachments)]
        return Shown(tuple(texts), tuple(ticket.backlinks))

    async def settle(self) -> None:
        self.vendor.clock.advance(self.vendor.character.lag.total_seconds() + 3)

    async def webhooks(self) -> Sequence[Webhook]:
        return self.vendor.take_webhooks()

    def sign(self, body: bytes) -> Webhook:
        return self.vendor.sign(body)


def ways_from_new(character: Character) -> tuple[list[str], list[str]]:
    """The statuses that a new ticket can get, and those that it cannot."""
    others = [status for status in STATUSES if status != "new"]
    if not character.workflow:
        return others, []
    steps = 1 if character.silent else len(STATUSES)  # a silent vendor takes one step and no way
    paths = {status: character.path("new", status) for status in others}
    reached = [status for status, path in paths.items() if path and len(path) <= steps]
    return reached, [status for status in others if status not in reached]
