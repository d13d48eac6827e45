"""What Zammad does to the HTML of an article on its arrival: tags and attributes by allow-list, links marked, images
that lie in the text itself taken out as files (config/initializers/html_sanitizer.rb, ticket-articles.rst).
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser
from urllib.parse import urlsplit

_TAGS = frozenset(
    """a abbr acronym address area article aside audio b bdi bdo big blockquote br canvas caption center cite code col
    colgroup command datalist dd del details dfn dir div dl dt em figcaption figure footer h1 h2 h3 h4 h5 h6 header hr
    i img ins kbd label legend li map mark menu meter nav ol output optgroup option p pre q s samp section small span
    strike strong sub summary sup text table tbody td tfoot th thead time tr tt u ul var video""".split()  # noqa: SIM905
)
_ATTRIBUTES = {
    "a": {"href", "hreflang", "name", "rel"},
    "blockquote": {"type", "cite"},
    "img": {"align", "alt", "border", "height", "src", "srcset", "width", "style"},
    "li": {"value"},
    "ol": {"reversed", "start", "type"},
    "td": {"abbr", "align", "axis", "colspan", "headers", "rowspan", "valign", "width", "style"},
    "th": {"abbr", "align", "axis", "colspan", "headers", "rowspan", "scope", "sorted", "valign", "width", "style"},
    "span": {"style"},
}
_EVERYWHERE = frozenset({"class", "dir", "lang", "title", "translate", "data-signature", "data-signature-id"})
_VOID = frozenset({"br", "hr", "img", "col", "area"})


@dataclass(slots=True)
class Clean:
    html: str
    images: list[tuple[str, bytes]] = field(default_factory=list)  # media type, content


def clean(html: str) -> Clean:
    """The HTML that is kept. An image that was taken out stands as `{image:0}` for whoever knows its address."""
    parser = _Cleaner()
    parser.feed(html)
    parser.close()
    return Clean("".join(parser.kept), parser.images)


class _Cleaner(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.kept: list[str] = []
        self.images: list[tuple[str, bytes]] = []
        self._dropped = 0  # how deep we are in an element whose words go too

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("style", "script"):
            self._dropped += 1
        elif tag in _TAGS and not self._dropped:
            self.kept.append(f"<{tag}{self._attributes(tag, attrs)}>")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("style", "script"):
            self._dropped = max(0, self._dropped - 1)
        elif tag in _TAGS and tag not in _VOID and not self._dropped:
            self.kept.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if not self._dropped:
            self.kept.append(escape(data, quote=False))

    def _attributes(self, tag: str, given: list[tuple[str, str | None]]) -> str:
        allowed = _EVERYWHERE | _ATTRIBUTES.get(tag, set())
        kept = {name: value or "" for name, value in given if name in allowed}
        if tag == "a":
            kept = self._link(kept)
        if tag == "img" and kept.get("src", "").startswith("data:image/"):
            kept = self._image(kept["src"])
        return "".join(f' {name}="{escape(value)}"' for name, value in kept.items())

    def _link(self, kept: dict[str, str]) -> dict[str, str]:
        if urlsplit(kept.get("href", "")).scheme not in ("http", "https", "mailto", "tel", "ftp"):
            kept.pop("href", None)
            return kept
        return {**kept, "rel": "nofollow noreferrer noopener", "target": "_blank"}

    def _image(self, source: str) -> dict[str, str]:
        head, _, data = source.partition(",")
        try:
            content = base64.b64decode(data, validate=True)
        except binascii.Error:
            return {}
        self.images.append((head.removeprefix("data:").partition(";")[0], content))
        return {"src": f"{{image:{len(self.images) - 1}}}", "style": "max-width:100%;"}
