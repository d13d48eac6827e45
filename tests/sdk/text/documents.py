"""Documents for the laws: random trees of every shape, with the characters that break converters."""

from __future__ import annotations

from hypothesis import strategies as st

from syncd.sdk.text.tree import (
    Block,
    Break,
    Code,
    CodeBlock,
    Document,
    Emphasis,
    Heading,
    Image,
    Inline,
    Link,
    List,
    Paragraph,
    Quote,
    Rule,
    Strike,
    Strong,
    Table,
    Text,
)

ALPHABET = "ab1 .:*_~`[]()<>#+-=|!\\&;@/{}\"'^?%,\xa0\u3000éß中文日本한글עבריתعربीหा👍🏽👨\u200d👩🇩🇪\u0301\t"
FRAGMENTS = [
    "**", "__", "~~", "```", "---", "===", "1.", "1)", "# ", "- ", "+ ", "* ", "> ", "&amp;", "&#35;", "<b>", "<br>",
    "![", "](x)", "[a]: b", "https://example.com/a_b?c=d&e=(f)", "www.example.com", "a@example.com", "snake_case_word",
    "C:\\temp\\new", "| a | b |", "{{x}}", "{code}", "h1. ", "bq. ", "!a.png!", '"a":http://b', "@x@", "||", "\\\\",
    "foo*bar*baz", "  ", "(x)", ":)", "--", "{color:red}", "[~bob]", "==", "<pre>", "&nbsp;",
]  # fmt: skip
words = st.lists(
    st.one_of(st.text(ALPHABET, min_size=1, max_size=8), st.sampled_from(FRAGMENTS)), min_size=1, max_size=4
)
texts = words.map("".join)
urls = st.sampled_from(
    [
        "https://example.com/",
        "http://example.com/a_b*c(d)?e=1&copy=2#f",
        "mailto:a@example.com",
        "https://例え.jp/パス",
        "/relative",
    ]
)
languages = st.sampled_from(["", "python", "java", "c++", "sh"])
codes = st.text(ALPHABET + "\n\n", max_size=30)


def inlines(*, depth: int = 2) -> st.SearchStrategy[tuple[Inline, ...]]:
    leaf: st.SearchStrategy[Inline] = st.one_of(
        texts.map(Text), texts.map(Text), texts.map(Code), st.just(Break()), st.builds(Image, texts, urls)
    )
    if depth:
        inner = inlines(depth=depth - 1)
        leaf = st.one_of(
            leaf,
            inner.map(Strong),
            inner.map(Emphasis),
            inner.map(Strike),
            st.builds(Link, inner, urls),
        )
    return st.lists(leaf, min_size=1, max_size=4).map(tuple)


def blocks(*, depth: int = 2) -> st.SearchStrategy[Block]:
    line = inlines()
    leaf: st.SearchStrategy[Block] = st.one_of(
        line.map(Paragraph),
        st.builds(Heading, st.integers(1, 6), line),
        st.builds(CodeBlock, codes, languages),
        tables(),
        st.just(Rule()),
    )
    if depth:
        inner = st.lists(blocks(depth=depth - 1), max_size=3).map(tuple)
        items = st.lists(inner, min_size=1, max_size=3).map(tuple)
        leaf = st.one_of(
            leaf, inner.map(Quote), st.builds(List, items, st.one_of(st.none(), st.integers(0, 12), st.just(1)))
        )
    return leaf


def tables() -> st.SearchStrategy[Table]:
    row = st.lists(inlines(depth=1), min_size=1, max_size=3).map(tuple)
    return st.builds(Table, row, st.lists(row, max_size=2).map(tuple))


def documents() -> st.SearchStrategy[Document]:
    return st.lists(blocks(), max_size=4).map(lambda found: Document(tuple(found)))


markdowns = st.lists(
    st.one_of(st.text(ALPHABET + "\n", max_size=10), st.sampled_from([*FRAGMENTS, "\n", "\n\n"])), max_size=15
).map("".join)
