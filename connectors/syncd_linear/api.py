"""Linear's operations, one method each, and what its refusals and limits mean.

Everything is a POST to one address. Errors come with 200 as well as with 400, and an answer with any error in it is
none, whatever data stands beside it.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from syncd.sdk.budget import DEFAULT_WAIT, LONGEST_WAIT
from syncd.sdk.connector import File, Quota
from syncd.sdk.errors import (
    BadAnswer,
    ConnectorError,
    Forbidden,
    NotFound,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
)
from syncd.sdk.http import Client
from syncd_linear import documents
from syncd_linear.wire import (
    CommentJson,
    Connection,
    EntryJson,
    HistoryJson,
    HookJson,
    IssueJson,
    LabelJson,
    SaidError,
    StampJson,
    StateJson,
    TeamJson,
    ThreadJson,
    UploadJson,
    UserJson,
    ViewerJson,
    WrittenCommentJson,
    read,
)

M = TypeVar("M", bound=BaseModel)

PATH = "/graphql"
SIGNATURE_LIFE = 60  # seconds that a signed address of a file is good for


class Unclear(Unavailable):
    """Linear answered with an error that does not say whether it happened."""


class Api:
    """The workspace behind one credential. Answers are checked where they come in: BadAnswer names the place."""

    def __init__(self, client: Client) -> None:
        self.client = client

    async def send(
        self, document: str, *, name: str, headers: Mapping[str, str] | None = None, **variables: Any
    ) -> tuple[Any, httpx.Headers]:
        """What stands under `name` in the answer's data, and the answer's headers."""
        body = {"query": document, "variables": variables}
        response = await self.client.request("POST", PATH, json=body, headers=headers)
        return _data(response).get(name), response.headers

    async def ask(self, document: str, *, name: str, **variables: Any) -> Any:
        return (await self.send(document, name=name, **variables))[0]

    async def do(self, document: str, *, name: str, **variables: Any) -> dict[str, Any]:
        """A mutation. After it was sent, an answer that cannot be read does not tell whether it happened."""
        try:
            payload = await self.ask(document, name=name, **variables)
        except BadAnswer as error:
            raise Unavailable(f"{error} (after a write)", sent=True) from error
        if not isinstance(payload, dict) or not isinstance(payload.get("success"), bool):
            raise Unavailable(f"linear: {name}: the answer does not say whether it was done", sent=True)
        if not payload["success"]:
            raise Rejected(f"linear: {name} was not done, and Linear does not say why")
        return payload

    # -- who and what

    async def viewer(self) -> tuple[ViewerJson, datetime]:
        """Who we are, and Linear's clock, which its answers tell in whole seconds."""
        found, headers = await self.send(documents.VIEWER, name="viewer")
        return read(ViewerJson, found, where="viewer"), clock(headers)

    async def teams(self) -> list[TeamJson]:
        return await self._all(documents.TEAMS, Connection[TeamJson], name="teams")

    async def states(self) -> list[StateJson]:
        return await self._all(documents.STATES, Connection[StateJson], name="workflowStates")

    async def labels(self) -> list[LabelJson]:
        return await self._all(documents.LABELS, Connection[LabelJson], name="issueLabels")

    async def make_label(self, name: str, *, team: str) -> LabelJson:
        given = {"name": name, "teamId": team}
        made = await self.do(documents.MAKE_LABEL, name="issueLabelCreate", input=given)
        return _written(LabelJson, made, "issueLabel")

    async def users(self, email: str) -> list[UserJson]:
        found = await self.ask(documents.USERS, name="users", filter={"email": {"eqIgnoreCase": email}})
        rows = found.get("nodes") if isinstance(found, dict) else None
        return [read(UserJson, each, where="users.nodes") for each in _list(rows, "users.nodes")]

    # -- issues

    async def issue(self, id: str, *, thread: bool, history: bool) -> IssueJson:
        """An issue by its UUID or its identifier. An id that Linear cannot make sense of is that of no issue."""
        try:
            found = await self.ask(documents.ISSUE, name="issue", id=id, thread=thread, history=history)
        except Rejected as error:
            raise NotFound(f"linear: there is no issue {id} for this account") from error
        return read(IssueJson, found, where="issue")

    async def more_comments(self, id: str, after: str) -> Connection[CommentJson]:
        found = await self.ask(documents.MORE_COMMENTS, name="issue", id=id, after=after)
        return read(ThreadJson, found, where="issue").comments

    async def more_history(self, id: str, after: str) -> Connection[EntryJson]:
        found = await self.ask(documents.MORE_HISTORY, name="issue", id=id, after=after)
        return read(HistoryJson, found, where="issue").history

    async def create(self, given: Mapping[str, Any]) -> IssueJson:
        made = await self.do(documents.CREATE, name="issueCreate", input=given)
        return _written(IssueJson, made, "issue")

    async def update(self, id: str, given: Mapping[str, Any]) -> StampJson:
        made = await self.do(documents.UPDATE, name="issueUpdate", id=id, input=given)
        return _written(StampJson, made, "issue")

    async def link(self, given: Mapping[str, Any]) -> None:
        await self.do(documents.LINK, name="attachmentCreate", input=given)

    # -- comments

    async def one_comment(self, id: str) -> WrittenCommentJson:
        try:
            found = await self.ask(documents.ONE_COMMENT, name="comment", id=id)
        except Rejected as error:
            raise NotFound(f"linear: there is no comment {id} for this account") from error
        return read(WrittenCommentJson, found, where="comment")

    async def comment(self, given: Mapping[str, Any]) -> WrittenCommentJson:
        made = await self.do(documents.COMMENT, name="commentCreate", input=given)
        return _written(WrittenCommentJson, made, "comment")

    async def edit_comment(self, id: str, given: Mapping[str, Any]) -> WrittenCommentJson:
        made = await self.do(documents.EDIT_COMMENT, name="commentUpdate", id=id, input=given)
        return _written(WrittenCommentJson, made, "comment")

    async def delete_comment(self, id: str) -> None:
        await self.do(documents.DELETE_COMMENT, name="commentDelete", id=id)

    # -- files

    async def upload(self, file: File) -> str:
        """The address under which Linear keeps a file. In two steps: it names a place, and the bytes go there."""
        media_type = file.media_type or "application/octet-stream"
        given = {"filename": file.name, "contentType": media_type, "size": file.size}
        made = await self.do(documents.UPLOAD, name="fileUpload", **given)
        place = _written(UploadJson, made, "uploadFile")
        headers = {"content-type": media_type, **{each.key.lower(): each.value for each in place.headers}}
        try:
            await self.client.put(place.upload_url, file.read(), size=file.size, headers=headers)
        except (Unavailable, Forbidden, NotFound) as error:  # an upload that nothing links to is seen by nobody
            raise Unavailable(f"linear: the file was not taken: {error}", sent=False) from error
        return place.asset_url

    async def signed_text(self, *, issue: str = "", comment: str = "") -> str:
        """A description, or a comment's text, in which the addresses of files can be read without our credential."""
        headers = {"public-file-urls-expire-in": str(SIGNATURE_LIFE)}
        if comment:
            found, _ = await self.send(documents.COMMENT_TEXT, name="comment", headers=headers, id=comment)
        else:
            found, _ = await self.send(documents.DESCRIPTION_TEXT, name="issue", headers=headers, id=issue)
        text = found.get("body" if comment else "description") if isinstance(found, dict) else None
        return text if isinstance(text, str) else ""

    # -- polling

    async def changes(self, variables: Mapping[str, Any]) -> tuple[dict[str, Any], datetime]:
        """One page of issues and of comments by their stamps, and Linear's clock."""
        body = {"query": documents.CHANGES, "variables": dict(variables)}
        response = await self.client.request("POST", PATH, json=body)
        return _data(response), clock(response.headers)

    # -- webhooks

    async def hooks(self) -> list[HookJson]:
        return await self._all(documents.HOOKS, Connection[HookJson], name="webhooks")

    async def make_hook(self, given: Mapping[str, Any]) -> HookJson:
        made = await self.do(documents.MAKE_HOOK, name="webhookCreate", input=given)
        return _written(HookJson, made, "webhook")

    async def mend_hook(self, id: str, given: Mapping[str, Any]) -> HookJson:
        made = await self.do(documents.MEND_HOOK, name="webhookUpdate", id=id, input=given)
        return _written(HookJson, made, "webhook")

    async def remove_hook(self, id: str) -> None:
        await self.do(documents.REMOVE_HOOK, name="webhookDelete", id=id)

    # -- inside

    async def _all(self, document: str, page: type[Connection[M]], *, name: str) -> list[M]:
        found: list[M] = []
        after: str | None = None
        while True:
            answer = read(page, await self.ask(document, name=name, after=after), where=name)
            found += answer.nodes
            if answer.rest is None or not answer.nodes:
                return found
            after = answer.rest


def _written(model: type[M], payload: Mapping[str, Any], name: str) -> M:
    """What a mutation made. It happened, so an answer that cannot be read leaves the caller to look."""
    try:
        return read(model, payload.get(name), where=name)
    except BadAnswer as error:
        raise Unavailable(f"{error} (after a write)", sent=True) from error


def _list(found: Any, where: str) -> list[Any]:
    if not isinstance(found, list):
        raise BadAnswer(f"linear: {where}: a list was expected")
    return found


# --- refusals and limits --------------------------------------------------------------------------------------------


def _data(response: httpx.Response) -> dict[str, Any]:
    """The data of an answer without errors."""
    try:
        answer = json.loads(response.content)
    except (ValueError, RecursionError) as error:
        raise BadAnswer("linear: the answer is no JSON") from error
    if isinstance(answer, dict) and (refusal := _refusal(answer, response)):
        raise refusal
    data = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(data, dict):
        raise BadAnswer("linear: data: an object was expected")
    return data


def explain(response: httpx.Response) -> ConnectorError | None:
    """What a refusal means where Linear says more than its status does: the limit is a 400."""
    if response.status_code >= 500:
        return None
    try:
        answer = json.loads(response.content)
    except (ValueError, RecursionError):
        return None
    return _refusal(answer, response) if isinstance(answer, dict) else None


def _refusal(answer: Mapping[str, Any], response: httpx.Response) -> ConnectorError | None:
    errors = answer.get("errors")
    if not isinstance(errors, list) or not errors:
        return None
    said = [_error(each) for each in errors]
    return min((_meaning(each, response) for each in said), key=_gravity)


def _error(given: Any) -> SaidError:
    try:
        return SaidError.model_validate(given)
    except ValidationError:
        return SaidError(message="an error that cannot be read")


def _meaning(error: SaidError, response: httpx.Response) -> ConnectorError:
    """By code or type (linear.app/developers/sdk-errors); one that says neither may have happened halfway."""
    words, text = error.words.casefold().replace("_", " "), f"linear: {error.message[:300]}"
    if "ratelimited" in words.replace(" ", ""):
        return RateLimited("linear: the limit is used up", retry_after=wait(response.headers, datetime.now(UTC)))
    if "authentication" in words:
        return Unauthorized("linear: the credential is refused")
    if "forbidden" in words or "feature not accessible" in words:
        return Forbidden(text)
    if error.message.casefold().startswith("entity not found: issue -") or error.message == "Entity not found: Issue":
        return NotFound(text)
    if any(word in words for word in ("input", "user error", "graphql", "usage limit", "bad request")):
        return Rejected(text)
    return Unclear(text, sent=True)


def _gravity(error: ConnectorError) -> int:
    """Which of several errors the caller must heed: the one that may hide a write first."""
    order = (Unavailable, Unauthorized, RateLimited, Forbidden, NotFound, Rejected)
    return next(place for place, kind in enumerate(order) if isinstance(error, kind))


_BUCKETS = ("requests", "complexity")


def read_quotas(headers: Mapping[str, str], now: datetime) -> tuple[Quota, ...]:
    """Requests and complexity points an hour; their end is told in milliseconds since 1970."""
    return tuple(quota for bucket in _BUCKETS if (quota := _quota(headers, bucket)) is not None)


def _quota(headers: Mapping[str, str], bucket: str) -> Quota | None:
    begin = f"x-ratelimit-{bucket}-"
    try:
        limit, remaining = int(headers[f"{begin}limit"]), int(headers[f"{begin}remaining"])
        resets = datetime.fromtimestamp(int(headers[f"{begin}reset"]) / 1000, UTC)
    except (KeyError, ValueError, OverflowError, OSError):
        return None
    return Quota(bucket, limit, remaining, resets)


def wait(headers: Mapping[str, str], now: datetime) -> float:
    """Seconds until the bucket that is empty is full again; Linear sends no Retry-After."""
    ends = [quota.resets for quota in read_quotas(headers, now) if quota.remaining <= 0 and quota.resets]
    if not ends:
        return DEFAULT_WAIT
    return min(max((max(ends) - now).total_seconds(), 1.0), LONGEST_WAIT)


def clock(headers: Mapping[str, str]) -> datetime:
    """Linear's time, to the second."""
    try:
        return parsedate_to_datetime(headers["date"]).astimezone(UTC)
    except (KeyError, ValueError, TypeError) as error:
        raise BadAnswer("linear: the answer has no readable Date header") from error


async def chunks(client: Client, url: str) -> AsyncIterator[bytes]:
    async with client.stream(url) as pieces:
        async for piece in pieces:
            yield piece
