"""Articles -> the description and the thread of a ticket. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr

from syncd.core.model import Attachment, Body, Comment, Internal, Person, Public, RichText, Thread, Visibility
from syncd_zammad import text
from syncd_zammad.wire import ArticleJson, FileJson, TicketJson

KEY = "syncd"
"""In `preferences` of a ticket or an article: a table that no screen shows and that only the API writes."""

_SAME_MOMENT = timedelta(seconds=1)
"""A ticket's first article is made in the same request, milliseconds after it."""


@dataclass(frozen=True, slots=True)
class Image:
    """An image in a text whose file Zammad does not list: `insert_urls` in app/models/ticket/article.rb drops it."""

    id: int
    name: str
    size: int
    media_type: str


Images = Mapping[int, Image]


def visibility(article: ArticleJson) -> Visibility:
    """Public is what Zammad calls `internal: false`. Articles of the system are internal all the same: nobody can
    read their bodies (ticket-articles.rst, sender)."""
    public = article.internal is False and article.sender != "System"
    return Visibility.PUBLIC if public else Visibility.INTERNAL


def first_of(articles: Sequence[ArticleJson], ticket: TicketJson) -> ArticleJson | None:
    """The article that the ticket was opened with. Older ones came with a ticket that was merged into this one."""
    opened = datetime.fromisoformat(ticket.created_at) - _SAME_MOMENT
    own = [each for each in articles if datetime.fromisoformat(each.created_at) >= opened]
    return next(iter(own or articles), None)


def missing_images(articles: Iterable[ArticleJson]) -> list[tuple[int, int, int]]:
    """(ticket, article, file) of the images in the texts that no article lists as a file."""
    found = []
    for article in articles:
        listed = {file.id for file in article.attachments}
        images = text.inline_images(article.body, article.content_type)
        found += [each for each in images if each[1] == article.id and each[2] not in listed]
    return found


def description(article: ArticleJson, images: Images) -> RichText:
    return text.read(article.body, article.content_type, _names(article, images))


def thread(articles: Iterable[ArticleJson], first: ArticleJson | None, *, own_id: int, images: Images) -> Thread:
    """All articles but the first, which is the description: of that one the files alone, as the ticket's."""
    comments = tuple(comment(each, own_id=own_id, images=images) for each in articles if each is not first)
    return Thread(comments, _attachments(first, images) if first else ())


def comment(article: ArticleJson, *, own_id: int, images: Images) -> Comment:
    rich = text.read(article.body, article.content_type, _names(article, images))
    return Comment(
        id=str(article.id),
        body=_said(rich.markdown, visibility(article)),
        author=author(article),
        created=datetime.fromisoformat(article.created_at),
        attachments=_attachments(article, images),
        source=rich.source,
        key=key_of(article.preferences) if article.created_by_id == own_id else None,
        lost=rich.lost,
    )


def author(article: ArticleJson) -> Person:
    """Whoever wrote it, or in whose name it was written (`origin_by_id`). The name is the one in the article's From."""
    shown = parseaddr(article.from_ or "")[0] or (article.from_ or "").partition("<")[0].strip()
    name = shown.partition(" via ")[0].removesuffix(" via").strip() or article.created_by or ""
    return Person(str(article.origin_by_id or article.created_by_id), name)


def marked(key: str) -> dict[str, dict[str, str]]:
    """`preferences` that carry our key."""
    return {KEY: {"key": key}}


def key_of(preferences: Mapping[str, object]) -> str | None:
    held = preferences.get(KEY)
    key = held.get("key") if isinstance(held, dict) else None
    return key if isinstance(key, str) else None


def _said(markdown: str, visible: Visibility) -> Body:
    return Public(markdown) if visible is Visibility.PUBLIC else Internal(markdown)


def _names(article: ArticleJson, images: Images) -> dict[int, str]:
    unlisted = {id: image.name for id, image in images.items()}
    return {**unlisted, **{file.id: file.filename for file in article.attachments}}


def _attachments(article: ArticleJson, images: Images) -> tuple[Attachment, ...]:
    """The files that are listed, and the images that stand in the text without being listed."""
    listed = {file.id for file in article.attachments}
    shown = [id for _, _, id in text.inline_images(article.body, article.content_type)]
    unlisted = [images[id] for id in shown if id in images and id not in listed]
    files: list[FileJson | Image] = [*article.attachments, *unlisted]
    return tuple(_attachment(article, each) for each in files)


def _attachment(article: ArticleJson, file: FileJson | Image) -> Attachment:
    return Attachment(
        id=f"{article.ticket_id}/{article.id}/{file.id}",
        name=file.filename if isinstance(file, FileJson) else file.name,
        size=file.size,
        media_type=file.media_type,
        visibility=visibility(article),
        author=author(article),
        created=datetime.fromisoformat(article.created_at),
    )
