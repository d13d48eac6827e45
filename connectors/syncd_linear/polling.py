"""Where polling stands, and what one poll asks for: issues and comments by their stamps, in one request.

Whether a comment moves its issue's stamp is not documented, so both are asked for. Rows come newest first
(linear.app/developers/pagination), so a poll is read to its end before its cursor moves.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from syncd.sdk.connector import ALL_PARTS, ONLY_THREAD, Changed, Page
from syncd.sdk.errors import BadAnswer, Rejected
from syncd_linear.api import Api
from syncd_linear.reading import comment_token
from syncd_linear.wire import ChangedCommentJson, Connection, StampJson, milliseconds, read

MOST_PAGES = 1000
PAGE = 500  # hints that are stored together


async def changes(api: Api, cursor: str | None, *, overlap: timedelta) -> AsyncIterator[Page]:
    """Hints since a cursor, which is a time by Linear's clock in milliseconds."""
    if cursor is None:
        _, now = await api.viewer()
        yield Page((), str(milliseconds(now)))
        return
    if not cursor.isdecimal():
        raise Rejected("linear: the stored cursor cannot be read")
    start = datetime.fromtimestamp(int(cursor) / 1000, UTC) - overlap
    hints, now = await _all(api, start)
    hints.sort(key=lambda hint: hint.at or start)
    reached = max([int(cursor), milliseconds(now), *(milliseconds(hint.at) for hint in hints if hint.at)])
    for place in range(0, len(hints) - PAGE, PAGE):
        yield Page(tuple(hints[place : place + PAGE]), cursor)
    yield Page(tuple(hints[(len(hints) - 1) // PAGE * PAGE :] if hints else ()), str(reached))


async def _all(api: Api, start: datetime) -> tuple[list[Changed], datetime]:
    """Every hint since `start`, and Linear's time before the first of them was read."""
    since = {"gte": start.isoformat(timespec="milliseconds").replace("+00:00", "Z")}
    variables: dict[str, Any] = {
        "issues": {"updatedAt": since},
        "comments": {"updatedAt": since, "issue": {"null": False}},
    }
    issues, comments, began = Cursor(), Cursor(), None
    found: dict[tuple[str, str], Changed] = {}
    for _ in range(MOST_PAGES):
        asked = {**variables, **issues.asking("issues"), **comments.asking("comments")}
        data, now = await api.changes(asked)
        began = began or now
        found.update({(hint.ref, hint.token): hint for hint in _hints(data, issues, comments)})
        if not (issues.more or comments.more):
            return list(found.values()), began
    raise BadAnswer("linear: the list of changes has no end")


class Cursor:
    """Where one of two lists stands that are read side by side."""

    def __init__(self) -> None:
        self.more, self.after = True, ""

    def asking(self, name: str) -> dict[str, Any]:
        return {f"more{name.capitalize()}": self.more, f"{name}After": self.after or None}

    def read_on(self, rest: str | None) -> None:
        if rest is not None and rest == self.after:
            raise BadAnswer("linear: a page of changes leads to itself")
        self.more, self.after = rest is not None, rest or ""


def _hints(data: Mapping[str, Any], issues: Cursor, comments: Cursor) -> Iterator[Changed]:
    if issues.more:
        page = read(Connection[StampJson], data.get("issues"), where="issues")
        issues.read_on(page.rest)
        yield from (of_issue(each) for each in page.nodes)
    if comments.more:
        said = read(Connection[ChangedCommentJson], data.get("comments"), where="comments")
        comments.read_on(said.rest)
        yield from (of_comment(each, each.issue.id) for each in said.nodes if each.issue is not None)


def of_issue(issue: StampJson) -> Changed:
    stamp = str(milliseconds(issue.updated_at))
    return Changed(issue.id, token=stamp, parts=ALL_PARTS, revision=stamp, at=issue.updated_at)


def of_comment(comment: StampJson, issue: str) -> Changed:
    return Changed(issue, token=comment_token(comment), parts=ONLY_THREAD, at=comment.updated_at)
