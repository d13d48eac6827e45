"""The calls to Gitea that this connector makes, one method each: what is asked, and what a refusal means.

Each is described on https://docs.gitea.com/api/ under the name in its docstring; what the description leaves out was
read in routers/api/v1/repo/ and models/issues/ of go-gitea/gitea. Nothing here was tried on a live server.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar

import httpx

from syncd.sdk.answers import Answers
from syncd.sdk.client import Header, open_client
from syncd.sdk.errors import BadAnswer, ConnectorError, Locked, NotFound, Rejected, Unavailable
from syncd_gitea.wire import CommentJson, IssueJson, RepositoryJson, UserJson

if TYPE_CHECKING:
    from syncd_gitea import Gitea

Answered = TypeVar("Answered", IssueJson, CommentJson)

PAGE: Final = 50
"""Rows that a page is asked for. A server may give fewer (`MAX_RESPONSE_ITEMS`): only the total says when to stop."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of a list of issues.

    Attributes:
        at: what time it was at Gitea when the first page was answered.
        last: all pages were read, and none moved under our hands.
    """

    issues: Sequence[IssueJson]
    at: datetime
    last: bool


def explain(response: httpx.Response) -> ConnectorError | None:
    """What Gitea means by statuses that mean something else elsewhere; None where the status says it."""
    match response.status_code:
        case 412:  # elsewhere: read again. Here, of an edit: open dependencies, which reading again will not close
            return Rejected("gitea: the issue cannot get this status: it depends on open issues", field="status")
        case 423:
            return Locked("gitea: the repository is archived")
    return None


class Api:
    """One token at one repository of one Gitea."""

    def __init__(self, connector: Gitea) -> None:
        self.client = open_client(
            connector,
            f"{connector.config.url.rstrip('/')}/api/v1",
            sign_in=Header(connector.config.token, "token {}"),
            explain=explain,
        )
        self._answers = Answers(connector.connection)
        self._repository = f"/repos/{connector.config.repository}"

    async def me(self) -> tuple[UserJson, datetime]:
        """userGetCurrent, and what time it is at Gitea."""
        response = await self.client.request("GET", "/user")
        answer = self._answers.decoded(response.content, at="/user")
        return self._answers.read(UserJson, answer, at="/user"), self._answers.dated(response.headers)

    async def repository(self) -> RepositoryJson:
        """repoGet"""
        answer = await self.client.json("GET", self._repository)
        return self._answers.read(RepositoryJson, answer, at=self._repository)

    async def issues(self, **asked: str) -> AsyncIterator[Listed]:
        """issueListIssues: the newest first, whenever they changed; `since` includes its very second.

        An issue that goes meanwhile lets those behind it move up, to a page that was read; then all is read again.
        """
        page, seen, total, began = 0, 0, 0, None
        while True:
            page += 1
            rows, count, now = await self._page(page, asked)
            began = began or now
            seen += max(len(rows), 1)
            if count < total:
                page, seen = 0, 0
            total = count
            last = page > 0 and seen >= total
            yield Listed(rows, began, last)
            if last:
                return

    async def _page(self, page: int, asked: Mapping[str, str]) -> tuple[list[IssueJson], int, datetime]:
        """One page, how many issues there are on all of them, and what time it is at Gitea."""
        path = f"{self._repository}/issues"
        params = {"state": "all", "type": "issues", "page": page, "limit": PAGE, **asked}
        response = await self.client.request("GET", path, params=params)
        rows = self._answers.read_rows(IssueJson, self._answers.decoded(response.content, at=path), at=path)
        total = int(response.headers.get("x-total-count", len(rows)))
        return rows, total, self._answers.dated(response.headers)

    async def issue(self, ref: str) -> IssueJson:
        """issueGetIssue, which answers pull requests too."""
        path = self._issue(ref)
        issue = self._answers.read(IssueJson, await self.client.json("GET", path), at=path)
        if issue.pull_request is not None:
            raise NotFound(f"gitea: {ref} is a pull request")
        return issue

    async def make(self, body: Mapping[str, Any]) -> IssueJson:
        """issueCreateIssue; answers the issue as it stands."""
        return await self._write(IssueJson, "POST", f"{self._repository}/issues", body)

    async def edit(self, ref: str, body: Mapping[str, Any]) -> IssueJson:
        """issueEditIssue; answers the issue as it stands. An empty title is ignored without a word."""
        return await self._write(IssueJson, "PATCH", self._issue(ref), body)

    async def comments(self, ref: str) -> list[CommentJson]:
        """issueGetComments: all of them, the oldest first; it knows no pages."""
        path = f"{self._issue(ref)}/comments"
        return self._answers.read_rows(CommentJson, await self.client.json("GET", path), at=path)

    async def say(self, ref: str, body: str) -> CommentJson:
        """issueCreateComment. Of an issue that is not there Gitea answers 500."""
        return await self._write(CommentJson, "POST", f"{self._issue(ref)}/comments", {"body": body})

    async def _write(self, model: type[Answered], method: str, path: str, body: Mapping[str, Any]) -> Answered:
        """What the vendor accepted has happened, even if its answer cannot be read."""
        try:
            return self._answers.read(model, await self.client.json(method, path, json=body), at=path)
        except BadAnswer as error:
            raise Unavailable(f"{error} (after a write)", sent=True) from error

    def _issue(self, ref: str) -> str:
        if not (ref.isascii() and ref.isdigit()):
            raise NotFound("gitea: an issue is called by its number")
        return f"{self._repository}/issues/{ref}"
