"""Azure DevOps' HTML and Markdown say the same, and our own comments come apart as they were put together."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.sdk.text.markdown import parse, render
from syncd.sdk.text.tree import Document
from syncd_azuredevops import text
from syncd_azuredevops.simulator.values import cleaned
from tests import pace
from tests.connectors.text_laws import Format, comes_back, comes_back_or_is_named_as_lost
from tests.connectors.text_samples import SAMPLES
from tests.sdk.text.documents import documents

HTML = Format(read=text.read, write=text.write, target=text.TARGET)
KEPT = Format(read=lambda source: text.read(cleaned(source, "html")), write=text.write, target=text.TARGET)
"""With what a careful cleaner leaves."""

MORE = {
    "a signature": "Hi David,\n\nnice, we will ship it.\n\n\\--\\\nGreetings,\\\nEmma Taylor",
    "a number that is no list": "1\\. January 2026 was a Thursday",
    "a heading with code": "## `export` fails",
    "nested quotes": "> > Is it down?\n>\n> Yes.\n\nThank you.",
    "a path of an area": "see Fabrikam\\\\Web\\\\Shop",
}
IMAGE = (
    '<img src="https://dev.azure.com/fabrikam/0d1/_apis/wit/attachments/77fda52e-ee95-4750-ac77-a6229507cfc7'
    '?fileName=image%201.png" alt="x">'
)
ITEM = "https://dev.azure.com/fabrikam/Fabrikam/_workitems/edit/7"


@pytest.mark.parametrize("format", [HTML, KEPT], ids=["as written", "as a cleaner leaves it"])
@pytest.mark.parametrize("name", [*SAMPLES, *MORE])
def test_a_real_text_comes_back(name: str, format: Format) -> None:
    comes_back(format, render(parse({**SAMPLES, **MORE}[name])))


def test_there_are_thirty_hand_picked_texts() -> None:
    assert len({**SAMPLES, **MORE}) >= 30


@pytest.mark.histories
@given(documents())
@settings(deadline=None, max_examples=200)
def test_what_is_kept_comes_back(document: Document) -> None:
    comes_back_or_is_named_as_lost(HTML, document)


@pytest.mark.histories
@given(documents())
@settings(deadline=None, max_examples=200)
def test_what_a_cleaner_leaves_comes_back(document: Document) -> None:
    comes_back_or_is_named_as_lost(KEPT, document)


def test_what_the_editor_writes_is_read() -> None:
    html = "<div>Hi,</div><div><br></div><div>it broke.</div><div><b>Ana</b><br>Acme</div>"
    assert text.read(html).markdown == "Hi,\n\nit broke.\\\n**Ana**\\\nAcme"


def test_a_mention_of_the_editor_is_a_name() -> None:
    html = '<div><a href="#" data-vss-mention="version:2.0,0d1">@Ana Alves</a> look</div>'
    assert text.read(html).markdown == "@Ana Alves look"


def test_what_html_says_and_markdown_cannot_is_named() -> None:
    html = '<p><span style="color: red">a</span> <u>b</u> x<sub>2</sub></p><iframe src="https://e"></iframe>'
    assert text.read(html).lost == ("text colour", "underline", "subscript", "<iframe>")


def test_an_image_becomes_a_link() -> None:
    written = text.write("![chart](https://example.com/c.png)")
    assert written.source == '<p><a href="https://example.com/c.png">chart</a></p>'
    assert written.lost == ("image chart, shown as a link",)


def test_the_source_is_what_the_vendor_said() -> None:
    assert text.read("<p>a\r\nb\x00\ud800</p>").source == "<p>a\nb</p>"
    assert text.read(f"<p>{IMAGE}</p>").source == f"<p>{IMAGE}</p>"


# --- files in a text -------------------------------------------------------------------------------------------------


def test_a_picture_at_azure_devops_becomes_the_name_of_its_file() -> None:
    read = text.read(f"<p>a {IMAGE} b</p>")
    assert read.markdown == "a \\[image 1.png\\] b"
    assert read.lost == ("place of the picture image 1.png, which is a file beside the text",)
    assert text.read('<p><img src="https://e.example/a.png" alt="x"></p>').markdown == "![x](https://e.example/a.png)"


def test_uploads_are_found_in_both_formats_each_once() -> None:
    upload = text.Upload("77fda52e-ee95-4750-ac77-a6229507cfc7", "image 1.png")
    url = IMAGE.partition('"')[2].partition('"')[0]
    assert text.uploads(IMAGE + IMAGE) == [upload]
    assert text.uploads(f'<a class="x" href="{url}&amp;download=true">y</a>') == [upload]
    assert text.uploads(f"![x]({url}) [y](<{url}>)", text.MARKDOWN) == [upload]
    assert text.uploads(url) == [], "an address without a link is none"


@pytest.mark.parametrize(
    "address",
    [
        "https://dev.azure.com/o/_apis/wit/attachments/no-guid",
        "https://dev.azure.com/o/_apis/wit/workItems/77fda52e-ee95-4750-ac77-a6229507cfc7",
        "https://e.example/?x=/_apis/wit/attachments/77fda52e-ee95-4750-ac77-a6229507cfc7",
        "",
    ],
)
def test_another_address_is_no_upload(address: str) -> None:
    assert text.upload_at(address) is None


def test_the_name_of_a_file_is_no_markup() -> None:
    image = IMAGE.replace("image%201.png", "%3Cb%3E**x**%3C/b%3E")
    for read in (
        text.read(image),
        text.read(f"![x]({image.partition(chr(34))[2].partition(chr(34))[0]})", text.MARKDOWN),
    ):
        assert text.write(read.markdown).source == "<p>[&lt;b&gt;**x**&lt;/b&gt;]</p>"


# --- our own comments ------------------------------------------------------------------------------------------------


@given(st.text(min_size=1, max_size=60).filter(str.isprintable), documents())
@settings(deadline=None, max_examples=60)
def test_a_comment_of_ours_comes_apart_as_it_was_put_together(key: str, document: Document) -> None:
    words = text.write(render(document)).source
    whole = text.marked(words, item=ITEM, key=key, files=[("https://e.example/a?b=1&c=2", '"<a>"')])
    assert text.taken_apart(whole) == text.Marked(words, key)
    assert text.taken_apart(cleaned(whole, "html")) == text.Marked(cleaned(words, "html"), key)


def test_a_mark_is_not_seen() -> None:
    whole = text.marked("<p>x</p>", item=ITEM, key="key-1")
    assert text.read(whole).markdown == "x"


@pytest.mark.parametrize(
    "source",
    [
        "<p>x</p>",
        '<p>x</p><a href="#syncd-key-"></a>',
        '<p>x</p><a href="#syncd-key-1"></a>',
        '<p>x</p><a href="https://e#syncd-key-MNSXS">words</a>',
        "#syncd-key-NNSXSLJR",
    ],
)
def test_what_is_no_mark_is_left_in_its_place(source: str) -> None:
    assert text.taken_apart(source) == text.Marked(source, None)


def test_a_mark_that_came_back_in_another_dress_is_one() -> None:
    whole = text.marked("<p>x</p>", item=ITEM, key="key-1").replace("<a href", '<A rel="noopener" HREF')
    assert text.taken_apart(whole).key == "key-1"


# --- size ------------------------------------------------------------------------------------------------------------


@given(st.text(max_size=5), st.sampled_from(["x", "é", "👨‍👩‍👧", "<&>", "日本 "]))
@settings(deadline=None, max_examples=2)
def test_a_long_text_is_cut_with_a_link(start: str, filling: str) -> None:
    link = "https://example.com/tickets/1"
    written = text.write(f"a{start}" + filling * 900_000, limit_link=link)
    assert len(written.source) <= text.LIMIT
    assert written.source.endswith(f'<p>[… <a href="{link}">the whole text</a>]</p>')
    assert "too long" in written.lost[-1]


@pytest.mark.parametrize(
    "source",
    [
        "<a " * 30_000,
        "<img src=" * 20_000,
        '<a href="#syncd-key-A"' * 10_000,
        "![" * 40_000,
        "](" * 40_000,
        '<a href="/_apis/wit/attachments/' * 5_000,
        "<a " + 'href="/_apis/wit/attachments/77fda52e-ee95-4750-ac77-a6229507cfc7" ' * 3_000,
        "<img " + 'src="#syncd-key-A" data-vss-mention=' * 3_000,
    ],
)
def test_a_hostile_text_takes_no_time(source: str) -> None:
    def work() -> None:
        text.taken_apart(source)
        for format in ("html", text.MARKDOWN):
            text.uploads(source, format)
            text.read(source, format)

    assert pace.within(10, work)
