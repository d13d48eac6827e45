"""Redmine's endpoints. Every path ends in .json: without it Redmine sends a page for people, with 200."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from syncd.sdk.answers import Answers
from syncd.sdk.client import open_client
from syncd.sdk.connector import Connector, File
from syncd.sdk.errors import ConnectorError, NotFound, Rejected, Stale
from syncd_redmine.config import LABELS, RedmineConfig, custom_name
from syncd_redmine.revision import ServerClock
from syncd_redmine.wire import Issue, Role, Row, Upload, User

PAGE = 100  # Redmine's maximum; more is cut without a word
BYTES = "application/octet-stream"


class Api:
    """Requests to one Redmine with one key. `clock` learns from every answer."""

    def __init__(self, connector: Connector, *, clock: ServerClock | None = None) -> None:
        config: RedmineConfig = connector.config
        self.connection = connector.connection
        self.answers = Answers(self.connection)
        self.clock = clock or ServerClock()
        self.custom = {name: str(number) for name, number in config.custom_fields.items()}  # name -> id
        self.client = open_client(connector, config.url, sign_in=config.sign_in(), explain=self._explain)

    def _explain(self, response: httpx.Response) -> ConnectorError | None:
        """Redmine refuses in sentences ("Due date is not a valid date"); name the field that one begins with."""
        if response.status_code != 422:
            return None
        try:
            said = [str(sentence) for sentence in json.loads(response.content)["errors"]]
        except (ValueError, TypeError, KeyError):
            return None
        if not said:  # Redmine's optimistic lock: somebody saved the issue in the very same moment (measured)
            return Stale(f"{self.connection}: somebody saved the issue at the same moment")
        labels = {**{custom_name(name): humanised(name) for name in self.custom}, **LABELS}
        found = (name for name, label in labels.items() for one in said if one.lower().startswith(label.lower() + " "))
        return Rejected(f"{self.connection}: Redmine says: {'; '.join(said)[:300]}", field=next(found, None))

    # -- issues

    async def issue(self, ref: str, *, include: str = "journals,attachments") -> tuple[Issue, float]:
        """An issue, and when the request for it was sent, by the clock's `monotonic`."""
        sent = self.clock.monotonic()
        path = f"/issues/{number(ref)}.json"
        response = await self.client.request("GET", path, params={"include": include})
        return self._issue(response, path), sent

    def _issue(self, response: httpx.Response, path: str) -> Issue:
        answer = self.answers.decoded(response.content, at=path)
        issue = self.answers.read(Issue, answer, "issue", at=path)
        self.learn([answer["issue"]])
        return issue

    async def issues(self, params: Mapping[str, str | int]) -> tuple[list[dict[str, Any]], float]:
        """Rows of a list, closed ones too, as they came; and when they were asked for."""
        sent = self.clock.monotonic()
        path = "/issues.json"
        response = await self.client.request("GET", path, params={"status_id": "*", "limit": PAGE, **params})
        rows = self.answers.rows(self.answers.decoded(response.content, at=path), "issues", at=path)
        self.learn(rows)
        self._learn_date(response)
        return rows, sent

    def learn(self, rows: list[dict[str, Any]]) -> None:
        """What issues tell beside themselves: the numbers of custom fields, and that their stamps are past."""
        for row in self.answers.read_rows(Row, rows, at="issues"):
            self.clock.learn(row.updated_on, at=self.clock.monotonic())
            self.custom.update((field.name, field.id) for field in row.custom_fields)

    def _learn_date(self, response: httpx.Response) -> None:
        """A proxy's Date: a second less, because its clock need not be Redmine's."""
        try:
            date = parsedate_to_datetime(response.headers["date"])
        except (KeyError, ValueError):
            return
        self.clock.learn(date - timedelta(seconds=1), at=self.clock.monotonic())

    async def make(self, values: Mapping[str, Any]) -> Issue:
        response = await self.client.request("POST", "/issues.json", json={"issue": values})
        return self._issue(response, "/issues.json")

    async def write(self, ref: str, values: Mapping[str, Any]) -> None:
        """204 whether or not anything was done: what the workflow or the role forbids is left out without a word."""
        await self.client.request("PUT", f"/issues/{number(ref)}.json", json={"issue": values})

    async def write_note(self, journal: str, notes: str) -> None:
        await self.client.request("PUT", f"/journals/{number(journal)}.json", json={"journal": {"notes": notes}})

    async def upload(self, file: File) -> dict[str, str]:
        """Send the bytes; they hang on an issue only once an issue is written with the token."""
        try:
            answer = await self.client.json(
                "POST",
                "/uploads.json",
                params={"filename": file.name},
                content=file.read(),
                headers={"content-type": BYTES, "content-length": str(file.size)},
            )
        except Rejected as error:  # too large, or of a kind that this Redmine does not take
            raise Rejected(str(error), field="files") from error
        upload = self.answers.read(Upload, answer, "upload", at="/uploads.json")
        return {"token": upload.token, "filename": file.name, "content_type": file.media_type}

    async def download(self, attachment: str) -> AsyncIterator[bytes]:
        # `content_url` is made of Redmine's setting, which may name another host
        async with self.client.stream(f"/attachments/download/{number(attachment)}") as chunks:
            async for chunk in chunks:
                yield chunk

    # -- people and rights

    async def me(self) -> User:
        path = "/users/current.json"
        answer = await self.client.json("GET", path, params={"include": "memberships"})
        return self._user(answer, path)

    async def user(self, identity: str) -> User:
        path = f"/users/{number(identity)}.json"
        answer = await self.client.json("GET", path)
        return self._user(answer, path)

    async def users(self, name: str) -> list[User]:
        """Accounts by a piece of name or mail; administrators only."""
        answer = await self.client.json("GET", "/users.json", params={"name": name, "limit": PAGE})
        return self.answers.read_rows(User, answer, "users", at="/users.json")

    def _user(self, answer: object, path: str) -> User:
        return self.answers.read(User, answer, "user", at=path)

    async def role(self, identity: str) -> Role:
        path = f"/roles/{number(identity)}.json"
        answer = await self.client.json("GET", path)
        return self.answers.read(Role, answer, "role", at=path)

    async def listed(self, path: str, key: str, **params: str) -> list[dict[str, Any]]:
        """A short list that comes whole: statuses, priorities, trackers, versions, projects."""
        answer = await self.client.json("GET", path, params={"limit": PAGE, **params})
        return self.answers.rows(answer, key, at=path)


def humanised(name: str) -> str:
    """How Rails begins a sentence about a custom field: "Customer_tier" becomes "Customer tier" (`humanize`)."""
    return name.replace(".", "_").lstrip("_").removesuffix("_id").replace("_", " ").capitalize()


def number(ref: str) -> str:
    """A ref as part of a path; anything but a number is no issue of Redmine."""
    if not (ref.isascii() and ref.isdecimal()):
        raise NotFound("Redmine numbers its issues")
    return ref
