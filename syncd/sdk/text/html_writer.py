"""Document -> HTML that shows text and does nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from typing import Final

import nh3

from syncd.sdk.text import links
from syncd.sdk.text.normal import normalise
from syncd.sdk.text.tree import (
    Block,
    Break,
    Cell,
    Code,
    CodeBlock,
    Document,
    Emphasis,
    Heading,
    Image,
    Inline,
    Link,
    List,
    Mention,
    Paragraph,
    Quote,
    Rule,
    Strike,
    Strong,
    Table,
    Text,
)

_TAGS: Final = {
    "p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code", "hr", "br", "table",
    "thead", "tbody", "tr", "th", "td", "strong", "em", "del", "a",
}  # fmt: skip
_ATTRIBUTES: Final = {"a": {"href"}, "code": {"class"}, "ol": {"start"}}


def to_html(document: Document) -> str:
    """HTML of `document`: no script, style, event handler or frame, no address but http, https, mailto, tel and ftp.

    Images become links, for an image tells its server who read it and when. What is written here is checked once more
    by an allow-list of tags, attributes and schemes.
    """
    written = "".join(part for block in normalise(document).blocks for part in _block(block))
    return nh3.clean(
        written, tags=_TAGS, attributes=_ATTRIBUTES, url_schemes=set(links.SCHEMES), link_rel=None, strip_comments=True
    )


def _block(block: Block) -> Iterator[str]:
    match block:
        case Paragraph(children):
            yield f"<p>{_line(children)}</p>"
        case Heading(level, children):
            yield f"<h{level}>{_line(children)}</h{level}>"
        case List(items, start):
            tag = "ul" if start is None else "ol"
            yield f'<ol start="{start}">' if start not in {None, 1} else f"<{tag}>"
            for item in items:
                yield f"<li>{''.join(_item(item))}</li>"
            yield f"</{tag}>"
        case CodeBlock(text, language):
            kind = f' class="language-{escape(language)}"' if language else ""
            yield f"<pre><code{kind}>{escape(text, quote=False)}</code></pre>"
        case Quote(children):
            yield "<blockquote>"
            for child in children:
                yield from _block(child)
            yield "</blockquote>"
        case Table():
            yield from _table(block)
        case Rule():
            yield "<hr>"


def _item(item: tuple[Block, ...]) -> Iterator[str]:
    """A first paragraph without a tag of its own, as people write lists, where only lists follow it."""
    match item:
        case (Paragraph(children), *rest) if all(isinstance(part, List) for part in rest):
            yield _line(children)
            for part in rest:
                yield from _block(part)
        case _:
            for part in item:
                yield from _block(part)


def _table(table: Table) -> Iterator[str]:
    yield "<table>"
    if any(table.header) or len(table.header) == 1:  # one column without a heading would look like layout
        yield f"<thead>{_row(table.header, 'th')}</thead>"
    yield f"<tbody>{''.join(_row(row, 'td') for row in table.rows)}</tbody></table>"


def _row(row: Iterable[Cell], tag: str) -> str:
    return f"<tr>{''.join(f'<{tag}>{_line(cell)}</{tag}>' for cell in row)}</tr>"


def _line(children: Iterable[Inline]) -> str:
    return "".join(map(_inline, children))


def _inline(inline: Inline) -> str:
    match inline:
        case Text(text):
            return escape(text, quote=False)
        case Mention(name):
            return escape(f"@{name}", quote=False)
        case Code(text):
            return f"<code>{escape(text, quote=False)}</code>"
        case Strong(children):
            return f"<strong>{_line(children)}</strong>"
        case Emphasis(children):
            return f"<em>{_line(children)}</em>"
        case Strike(children):
            return f"<del>{_line(children)}</del>"
        case Link(children, url):
            return f'<a href="{escape(url)}">{_line(children)}</a>'
        case Image(alt, url):
            return f'<a href="{escape(url)}">{escape(alt or url, quote=False)}</a>'
        case Break():
            return "<br>"
