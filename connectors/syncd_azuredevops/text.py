"""Azure DevOps' rich text, HTML, <-> Markdown; and what our own comments carry behind their words.

Comments may be kept as Markdown where a person chose that (`format`). A picture in a text is an upload at Azure DevOps,
whose address means nothing elsewhere: in its place stands the name of the file.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from html import escape, unescape
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

from syncd.core.model import RichText
from syncd.sdk.text.characters import storable
from syncd.sdk.text.compose import compose
from syncd.sdk.text.defuse import Target
from syncd.sdk.text.html import from_html, to_html
from syncd.sdk.text.markdown import parse, render
from syncd.sdk.text.tree import Document, Rendered

MARKDOWN: Final = "markdown"
LIMIT: Final = 900_000
"""Characters of HTML. A long text field takes a million (unconfirmed); the rest is for links to files and our mark."""

TARGET: Final = Target()
"""Nothing acts in HTML that the API takes: a mention needs an attribute that is never written."""

_GUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_ADDRESS = re.compile(rf"/_apis/wit/attachments/({_GUID})(?=[?#/]|\Z)", re.IGNORECASE)
_TAG = re.compile(r"<(?:a|img)\b[^<>]*>", re.IGNORECASE)
_PICTURE = re.compile(r"<img\b[^<>]*>", re.IGNORECASE)
_MENTION = re.compile(r"<a\b[^<>]*\bdata-vss-mention=[^<>]*>", re.IGNORECASE)
_SOURCE = re.compile(r"\b(?:href|src)=\"([^\"<>]*)\"", re.IGNORECASE)
_PICTURE_MARKDOWN = re.compile(r"!\[[^\[\]\n]*\]\(<?([^\s()<>]*)>?[^()\n]*\)")
_LINK_MARKDOWN = re.compile(r"\]\(<?([^\s()<>]+)")
_EMPTY_LINK = re.compile(r"<a\b[^<>]*>\s*</a>", re.IGNORECASE)
_MARK = re.compile(r"#syncd-key-([A-Z2-7]+)\"", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that lies at Azure DevOps, as a link in a text names it, or a picture that it shows.

    We write no pictures, so one was pasted by a person who works there. A link may be a customer's word: with it alone
    no file is fetched.
    """

    id: str
    name: str
    picture: bool = field(default=False, compare=False)


# --- both ways -------------------------------------------------------------------------------------------------------


def read(source: str, format: str = "html") -> RichText:
    """A text as Azure DevOps answered it; pictures that lie there become the names of their files."""
    source = storable(source)
    pictures: list[str] = []

    def named(picture: str, address: str, escaped: Callable[[str], str]) -> str:
        upload = upload_at(address)
        if upload is None:
            return picture
        pictures.append(upload.name)
        return escaped(f"[{upload.name}]")

    if format == MARKDOWN:
        bare = _PICTURE_MARKDOWN.sub(lambda found: named(found[0], found[1], _escaped), source)
        rich = RichText(markdown=render(parse(bare)), source=source)
    else:
        bare = _PICTURE.sub(lambda found: named(found[0], _address(found[0]), escape), source)
        converted = from_html(_MENTION.sub("<a>", bare))
        rich = RichText(markdown=render(converted.document), source=source, lost=converted.lost)
    lost = (f"place of the picture {name}, which is a file beside the text" for name in pictures)
    return replace(rich, lost=tuple(dict.fromkeys([*rich.lost, *lost])))


def write(markdown: str, *, limit_link: str = "") -> Rendered[str]:
    """HTML for the API; a text over the limit ends with `limit_link`."""
    return compose(markdown, target=TARGET, write=_html, size=len, limit=LIMIT, link=limit_link)


def _html(document: Document) -> Rendered[str]:
    return Rendered(to_html(document))


def _escaped(text: str) -> str:
    return re.sub(r"([\\`*_\[\]<>#!&~|])", r"\\\1", text)


# --- files in a text -------------------------------------------------------------------------------------------------


def uploads(source: str, format: str = "html") -> list[Upload]:
    """The files that a text links to or shows, each once."""
    found: dict[str, Upload] = {}
    for address, picture in _addresses(source, format):
        upload = upload_at(address)
        if upload is not None and (picture or upload.id not in found):
            found[upload.id] = replace(upload, picture=picture)
    return list(found.values())


def _addresses(source: str, format: str) -> Iterator[tuple[str, bool]]:
    """Where links lead, and whether each is a picture."""
    if format == MARKDOWN:
        yield from ((found[1], False) for found in _LINK_MARKDOWN.finditer(source))
        yield from ((found[1], True) for found in _PICTURE_MARKDOWN.finditer(source))
    else:
        yield from ((_address(found[0]), found[0][1] in "iI") for found in _TAG.finditer(source))


def _address(tag: str) -> str:
    """Where a link or a picture points."""
    found = _SOURCE.search(tag)
    return unescape(found[1]) if found else ""


def upload_at(address: str) -> Upload | None:
    """The upload at an address of `_apis/wit/attachments`, with the name that the address gives."""
    parts = urlsplit(address)
    found = _ADDRESS.search(parts.path)
    if not found:
        return None
    name = parse_qs(parts.query, keep_blank_values=False).get("fileName", [""])[0]
    return Upload(found[1].lower(), unquote(name) if name else found[1].lower())


# --- our own comments ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Marked:
    """A comment of ours, taken apart: its words, and behind them its key and links to its files."""

    words: str
    key: str | None


def marked(words: str, *, item: str, key: str, files: Iterable[tuple[str, str]] = ()) -> str:
    """Words, our mark, and links to files (address, name).

    The mark is a link without words, which nobody sees: a link is the last thing that a cleaner of HTML would take.
    """
    links = "".join(f'<p><a href="{escape(url)}">{escape(name)}</a></p>' for url, name in files)
    return f'{words}<a href="{escape(item)}#syncd-key-{_encoded(key)}"></a>{links}'


def taken_apart(source: str) -> Marked:
    """For comments that our own account wrote only: anybody can copy a mark."""
    for link in _EMPTY_LINK.finditer(source):
        found = _MARK.search(link[0])
        key = _decoded(found[1].upper()) if found else None
        if key is not None:
            return Marked(source[: link.start()], key)
    return Marked(source, None)


def _encoded(key: str) -> str:
    return base64.b32encode(key.encode()).decode().rstrip("=")


def _decoded(text: str) -> str | None:
    try:
        return base64.b32decode(text + "=" * (-len(text) % 8)).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
