"""The simulated Gitea as `ConnectorTests` wants to see it, and Ana, who works there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

from syncd.core.model import Fields, RichText
from syncd.sdk.connector import Webhook
from syncd.sdk.testing.clock import Clock
from syncd.sdk.testing.world import Deed, Deeds, Shown, Words
from syncd_gitea import LOOK_BACK, Gitea, GiteaConfig
from syncd_gitea.simulator import ANA, REPOSITORY, GiteaSimulator, StoredComment, StoredIssue


class GiteaWorld(Deeds):
    """A Gitea with a clock that only the test moves."""

    words = Words(
        place={"repository": REPOSITORY},
        title="title",
        description="description",
        choice=("status", "open", "closed"),
        status=("status", "closed"),
        done=("status", "open", "closed"),
        customers=False,
        deeds=frozenset({Deed.DELETE, Deed.REWORD, Deed.UNSAY}),
    )

    def __init__(self) -> None:
        self.clock = Clock()
        self.simulator = GiteaSimulator(clock=self.clock)

    def connector(self, kind: type[Gitea] = Gitea) -> Gitea:
        config = GiteaConfig.model_validate(self.simulator.connection())
        return kind(config, connection="acme-gitea", transport=self.simulator.transport())

    @property
    def requests(self) -> int:
        return len(self.simulator.requests)

    def issue(self, ref: str) -> StoredIssue:
        return self.simulator.issues[int(ref)]

    async def open(self, fields: Fields) -> str:
        title, body, status = said(fields)
        with self.simulator.acting(ANA):
            made = self.simulator.make(title or "", body or "", closed=status == "closed")
        return str(made.number)

    async def edit(self, ref: str, fields: Fields) -> None:
        title, body, status = said(fields)
        with self.simulator.acting(ANA):
            self.simulator.change(self.issue(ref), title=title or "", body=body, state=status)

    async def say(self, ref: str, text: str, *, public: bool) -> None:
        with self.simulator.acting(ANA):
            self.simulator.add_comment(self.issue(ref), text)

    async def delete(self, ref: str) -> None:
        del self.simulator.issues[int(ref)]

    async def reword(self, ref: str, said: str, text: str) -> None:
        comment = self._comment(ref, said)
        comment.body, comment.updated = text, int(self.clock().timestamp())

    async def unsay(self, ref: str, said: str) -> None:
        self.issue(ref).comments.remove(self._comment(ref, said))

    def _comment(self, ref: str, said: str) -> StoredComment:
        return next(comment for comment in self.issue(ref).comments if said in comment.body)

    async def look(self, ref: str) -> Shown:
        """A stranger sees nothing of a private repository."""
        issue = self.issue(ref)
        texts = (issue.title, issue.body, *(comment.body for comment in issue.comments))
        return Shown(() if self.simulator.private else texts)

    async def settle(self) -> None:
        """Out of the look-back of the poll after the next one."""
        self.clock.advance(2 * LOOK_BACK.total_seconds() + 1)

    async def webhooks(self) -> Sequence[Webhook]:
        return ()

    def sign(self, body: bytes) -> NoReturn:
        raise NotImplementedError("this connector takes no webhooks")


def said(fields: Fields) -> tuple[str | None, str | None, str | None]:
    """Title, body and state as Gitea's page sends them; None for what is not touched."""
    return text_of(fields, "title"), text_of(fields, "description"), text_of(fields, "status")


def text_of(fields: Fields, name: str) -> str | None:
    value = fields.get(name)
    if isinstance(value, RichText):
        return value.markdown
    return None if value is None else str(value)
