"""Texts that try to act on the other side, and a checker that knows nothing of the code under test.

The checker reads what a vendor would be sent the way that vendor reads it: HTML with the parser of the standard
library, documents as JSON, wiki dialects and Markdown as characters. It answers with what would act.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from itertools import product
from typing import Any

_NAMES = ["@team", "@all", "@here", "@channel", "@org/team", "@alice.b", "@jürgen", "@李雷"]
_COMMANDS = ["/close", "/assign me", "/label ~bug", "/merge", "/delete", "/spend 1h", "/customer hello"]
_REFERENCES = ["fixes #1", "closes org/repo#12", "Resolves #3", "close GH-7", "implements #99", "#1", "refs #1, #2"]
_PLACEHOLDERS = [
    "{{ticket.requester.email}}",
    "{% if 1 %}x{% endif %}",
    "{{{triple}}}",
    "{{ current_user.name | upcase }}",
    "{{include(Secret)}}",
    "{{macro_list}}",
    "{%raw%}{{x}}{%endraw%}",
    "{{>toc}}",
]
_FRAMES = ["{}", "hello\n\n{}", "> {}", "- {}", "1. {}", "| a |\n| --- |\n| {} |", "line\\\n{}", "## {}"]
_HTML = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<img src='http://t.example/p.gif' width=1 height=1>",
    "<a href='javascript:alert(1)'>x</a>",
    "<svg onload=alert(1)>",
    "<svg/onload=alert(1)//",
    "<iframe src='https://e.example'></iframe>",
    "<object data='x'></object>",
    "<embed src='x'>",
    "<form action='https://e.example'><input type=submit></form>",
    "<style>*{background:url(http://t.example)}</style>",
    "<link rel=stylesheet href=http://t.example>",
    "<meta http-equiv=refresh content='0;url=http://t.example'>",
    "<base href='http://t.example'>",
    "<b onclick=alert(1)>x</b>",
    "<body onload=alert(1)>",
    "<math><mtext><script>alert(1)</script></mtext></math>",
    "<p style='background:url(http://t.example)'>x</p>",
    "<video src=http://t.example autoplay>",
    "<!--<img src=x onerror=alert(1)>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<details open ontoggle=alert(1)>",
    "</p></div></blockquote><script>x</script>",
    "<textarea><script>x</script>",
    "<pre><code class='x'><script>alert(1)</script></code></pre>",
    "<notextile><script>alert(1)</script></notextile>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
]
_LINKS = [
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](java&#10;script:alert(1))",
    "[x](<java\tscript:alert(1)>)",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:msgbox)",
    "[x](file:///etc/passwd)",
    "<javascript:alert(1)>",
    "[x][1]\n\n[1]: javascript:alert(1)",
    "![x](javascript:alert(1))",
    '"x":javascript:alert(1)',
    "[x|javascript:alert(1)]",
    "[javascript:alert(1)]",
    '[x](https://e.example "onmouseover=alert(1)")',
    '[x](https://e.example/"onmouseover="alert(1))',
]
_IMAGES = [
    "![](http://t.example/p.gif)",
    "![a](https://t.example/p.png)",
    "[![a](https://t.example/p.png)](https://e.example)",
    "!http://t.example/p.gif!",
    "!http://t.example/p.gif|width=1!",
    "!>http://t.example/p.gif(alt)!:http://e.example",
    "![x][i]\n\n[i]: http://t.example/p.gif",
]
_INVISIBLE = [
    "safe\u202egpj.exe",
    "a\u2066b\u2069c",
    "@\u200bteam",
    "/\u200bclose",
    "#\u20601",
    "{\u200b{x}}",
    "pay\u200bpal",
    "\ufeffhello",
    "a\xadb",
    "nul\x00byte",
    "lone\ud800surrogate",
    "esc\x1b[31mred",
    "\U000e0068\U000e0069hidden tags",
    "a\u3164b",
    "bell\x07",
    "c1\x9bcontrol",
    "\u200e\u200fmarks",
    "\u202dforced\u202c",
    "a\u180eb",
    "\ufff9a\ufffab\ufffb",
    "\ufffe",
    "java\u200bscript:alert(1)",
]
_WIKI = [
    "[~alice]",
    "[~accountid:5b10]",
    "{color:red}x{color}",
    "{code}x{code}",
    "{quote}x{quote}",
    "{html}<script>x</script>{html}",
    "{include:Secret}",
    "{noformat}x",
    "{panel:title=x}y{panel}",
    "[^secret.pdf]",
    "[[Secret|x]]",
    "[[project:Secret]]",
    "!secret.png!",
    "h1. fake heading",
    "bq. fake quote",
    "||a||b||",
    "==<b>x</b>==",
    "@@alice@",
    "`@alice`",
    "```\n@alice {{x}}\n```",
    "~~~\n{{x}}\n```\n@alice\n~~~",
    "`a``` @alice ```b`",
    "https://e.example/@alice",
    "[@alice](https://e.example)",
    "**@**alice",
    "@**alice**",
    "{**{x}}**",
    "x **:** @alice",
]

HOSTILE: tuple[str, ...] = (
    *(
        frame.format(text)
        for text, frame in product([*_NAMES[:3], *_COMMANDS[:3], *_REFERENCES[:2], *_PLACEHOLDERS[:2]], _FRAMES)
    ),
    *_NAMES, *_COMMANDS, *_REFERENCES, *_PLACEHOLDERS, *_HTML, *_LINKS, *_IMAGES, *_INVISIBLE, *_WIKI,
)  # fmt: skip


# --- what acts in plain words --------------------------------------------------------------------------------------

_WORDS_THAT_ACT = {
    "mention": re.compile(r"(?:^|[^A-Za-z0-9\w])@[\w.\-]"),
    "reference": re.compile(r"(?:#|\bGH-)\d", re.IGNORECASE),
    "command": re.compile(r"^[ \t\xa0]*/[A-Za-z][\w\-]*(?![\w/\-])", re.MULTILINE),
    "placeholder": re.compile(r"\{\{|\{%"),
}
_INVISIBLE_CHARACTERS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u180e\u200b\u202a-\u202e\u2060-\u206f\u3164\ufeff\ufff9-\ufffb\ufffe\uffff"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
_ADDRESS = re.compile(r"(?:https?|mailto):[^\s<>\"]+")


def acting_words(text: str) -> Iterator[str]:
    """What acts in text that is shown; addresses are no words."""
    shown = _ADDRESS.sub("\ufffc", text)
    for name, pattern in _WORDS_THAT_ACT.items():
        if found := pattern.search(shown):
            yield f"{name} {found[0]!r}"


def invisible(text: str) -> Iterator[str]:
    if found := _INVISIBLE_CHARACTERS.search(text):
        yield f"invisible {found[0]!r}"
    for at, char in enumerate(text):
        if char in "\u200e\u200f\u061c" and not any(
            unicodedata.bidirectional(near) in {"R", "AL"} for near in text[max(at - 1, 0) : at + 2]
        ):
            yield f"direction mark {char!r}"


def unsafe_address(url: str) -> Iterator[str]:
    bare = "".join(char for char in url if char.isprintable() and not char.isspace()).lower()
    if not re.match(r"(?:https?|mailto|tel|ftp):", bare):
        yield f"address {url!r}"


# --- what acts in each format --------------------------------------------------------------------------------------

_SAFE_TAGS = frozenset(
    "p h1 h2 h3 h4 h5 h6 ul ol li blockquote pre code hr br table thead tbody tr th td strong em del a".split()  # noqa: SIM905
)


class _Html(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.words: list[str] = [""]
        self.code = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _SAFE_TAGS:
            self.found.append(f"<{tag}>")
        for name, value in attrs:
            if (tag, name) == ("a", "href"):
                self.found += unsafe_address(value or "")
            elif (tag, name) not in {("code", "class"), ("ol", "start")}:
                self.found.append(f"<{tag} {name}>")
        self.code += tag == "code"
        if tag not in {"code", "strong", "em", "del", "a"}:
            self.words.append("")

    def handle_endtag(self, tag: str) -> None:
        self.code -= tag == "code"

    def handle_data(self, data: str) -> None:
        self.words[-1] += "\ufffc" * len(data) if self.code else data
        self.found += invisible(data)

    def handle_comment(self, data: str) -> None:
        self.found.append(f"<!--{data}-->")

    def handle_decl(self, decl: str) -> None:
        self.found.append(f"<!{decl}>")


def acting_html(html: str) -> list[str]:
    parser = _Html()
    parser.feed(html)
    parser.close()
    return [*parser.found, *(found for words in parser.words for found in acting_words(words))]


def acting_zendesk(html: str) -> list[str]:
    """Liquid is filled in before the HTML is read, so it acts in code and in attributes too."""
    placeholders = [f"placeholder {found}" for found in re.findall(r"\{\{|\{%", html)]
    return [*acting_html(html), *placeholders]


_ADF_NODES = frozenset(
    [
        "doc",
        "paragraph",
        "heading",
        "bulletList",
        "orderedList",
        "listItem",
        "codeBlock",
        "blockquote",
        "rule",
        "table",
        "tableRow",
        "tableHeader",
        "tableCell",
        "text",
        "hardBreak",
    ]
)


def acting_adf(node: dict[str, Any], *, code: bool = False) -> list[str]:
    found = [] if node["type"] in _ADF_NODES else [f"node {node['type']}"]
    words = ""
    for child in node.get("content", []):
        if child["type"] == "text":
            marks = {mark["type"]: mark for mark in child.get("marks", [])}
            found += invisible(child["text"])
            if "link" in marks:
                found += unsafe_address(marks["link"]["attrs"]["href"])
            words += "\ufffc" if code or "code" in marks else child["text"]
        else:
            words += "\n"
            found += acting_adf(child, code=child["type"] == "codeBlock")
    return [*found, *acting_words(words)]


_WIKI_ACTS = {
    "macro": re.compile(r"(?<![\\{])\{(?!code(?::[a-z+#]+)?\}|noformat\}|quote\}|[*_\-]\}|\{)[a-zA-Z]"),
    "mention": re.compile(r"(?<!\\)\[~"),
    "attachment": re.compile(r"(?<!\\)\[\^"),
    "image": re.compile(r"(?<![\\\w])!(?=[^\s!|][^!\n]*!)"),
}


def acting_wiki(wiki: str) -> list[str]:
    found = list(invisible(wiki))
    shown = re.sub(r"\{(code)(?::[^}\n]*)?\}.*?\{\1\}|\{noformat\}.*?\{noformat\}", "\n", wiki, flags=re.DOTALL)
    for link in re.findall(r"(?<!\\)\[((?:\\.|[^\]\\\n])+)\]", shown):
        found += unsafe_address(link.rpartition("|")[2])
    found += [f"{name} in {wiki!r}" for name, pattern in _WIKI_ACTS.items() if pattern.search(shown)]
    shown = re.sub(r"\{\{(?:\\.|[^\n\\])+?\}\}", "\ufffc", shown)
    words = re.sub(r"(?m)^(?:h[1-6]\. |[*#]+ |\|+)", "", shown)
    return [*found, *acting_words(unescape(words.replace("\\", "")))]


def acting_redmine_source(source: str, *, fence: str) -> list[str]:
    """Mentions as Redmine finds them (lib/redmine/acts/mentionable.rb, 5.0): in the source, without its code blocks."""
    shown = re.sub(fence, "", source, flags=re.DOTALL)
    mention = re.compile(r"(?:^|\W)@([A-Za-z0-9_\-@.]+?)(?=[^\w\s][^A-Za-z0-9_/]|,|\.+$|\s|\]|<|$)", re.ASCII)
    found = [f"mention of {name}" for name in mention.findall(shown)]
    return [*found, *invisible(source), *(["wiki link"] if re.search(r"\[\[", re.sub(fence, "", shown)) else [])]


def acting_common_mark(source: str) -> list[str]:
    fenced = r"(~~~|```)(.*?)(~~~|```)"
    return [*acting_redmine_source(source, fence=fenced), *acting_rendered(source)]


def acting_gfm(source: str) -> list[str]:
    """What acts in Markdown where nobody looks into code."""
    return [*invisible(source), *acting_rendered(source)]


def acting_gitlab(source: str) -> list[str]:
    """Mentions are looked for in the rendered text, quick actions in the source, where three ticks keep them."""
    seen = re.sub(r"(?ms)^```.+?\n```$", "", source)
    commands = [f"quick action {found}" for found in re.findall(r"(?m)^/[A-Za-z]\w*(?= |$)", seen)]
    wiki = ["wiki link"] if "[[" in re.sub(r"(?s)(`+)(?!`).+?(?<!`)\1(?!`)", "", source) else []
    return [*invisible(source), *commands, *wiki, *acting_rendered(source)]


def acting_rendered(source: str) -> list[str]:
    """CommonMark as it is shown."""
    found: list[str] = []
    shown = re.sub(r"(?ms)^[ >\-\d.]*(`{3,}).*?^[ >]*\1`*$", "\n", source)
    shown = re.sub(r"(`+)(?!`).+?(?<!`)\1(?!`)", "\ufffc", shown)
    found += [f"image {image}" for image in re.findall(r"(?<!\\)!\[", shown)]
    found += [f"tag {tag}" for tag in re.findall(r"(?<!\\)<(?!https?:|mailto:|br>)[^>]*", shown)]
    for url in re.findall(r"(?<!\\)\]\(<?([^)\s>]*)", shown):
        found += unsafe_address(url)
    words = re.sub(r"(?m)^(?:[ >]|[\-*] |\d+[.)] |#{1,6} |\| )+", "", shown)
    return [*found, *acting_words(unescape(words.replace("\\", "")))]


def acting_textile(source: str) -> list[str]:
    found = acting_redmine_source(source, fence=r"<pre>(.*?)</pre>")
    shown = re.sub(r"<pre>.*?</pre>", "\n", source, flags=re.DOTALL)
    shown = re.sub(r"<code>.*?</code>", "\ufffc", shown, flags=re.DOTALL)
    found += [f"tag {tag}" for tag in re.findall(r"<[/!\w][^>]*", shown)]
    found += [f"image {image}" for image in re.findall(r"(?:^|[\s>])![^\s(!]+?\s?(?:\([^()]*\))?!", shown)]
    for url in re.findall(r'"[^"\n]+":((?:/|[a-zA-Z]+://|www\.|mailto:)\S+)', shown):
        found += unsafe_address(url)
    words = re.sub(r"(?m)^(?:[ >]|[*#]+ |h[1-6]\. |\|(?:_\.)? )+", "", shown)
    return [*found, *acting_words(unescape(words))]


def acting_plain(text: str) -> list[str]:
    return [*invisible(text), *acting_words(text)]
