"""Linear's Markdown, as it comes back from a document of Linear's own, and ours say the same."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.core.model import RichText
from syncd.sdk.text.markdown import parse, render
from syncd.sdk.text.plain import from_plain
from syncd.sdk.text.tree import Document, Image, Paragraph, Text
from syncd_linear import text
from syncd_linear.simulator.state import as_linear_writes
from syncd_linear.text import Asset
from tests import pace
from tests.connectors.text_laws import Format, comes_back, comes_back_or_is_named_as_lost
from tests.connectors.text_samples import PLAIN_MAILS, SAMPLES
from tests.sdk.text.documents import documents

FILES = "https://uploads.linear.app"


def read_back(source: str) -> RichText:
    """What we read after Linear wrote the text anew."""
    return text.read(as_linear_writes(source), files_url=FILES).text


LINEAR = Format(read=read_back, write=text.write, target=text.TARGET)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_real_text_comes_back(name: str) -> None:
    comes_back(LINEAR, SAMPLES[name])


@pytest.mark.parametrize("name", PLAIN_MAILS)
def test_a_plain_mail_comes_back_with_its_lines(name: str) -> None:
    markdown = LINEAR.inert(from_plain(PLAIN_MAILS[name]))
    assert read_back(text.write(markdown).source).markdown == markdown


@pytest.mark.histories
@given(documents())
@settings(max_examples=200, deadline=None)
def test_what_is_kept_comes_back(document: Document) -> None:
    comes_back_or_is_named_as_lost(LINEAR, document)


def test_linear_writes_other_words_that_mean_the_same() -> None:
    sent = "- one\n- two\n\n___\n\nAna\\\nAcme\n\n```\n- a\\\n```"
    assert as_linear_writes(sent) == "* one\n* two\n\n***\n\nAna\nAcme\n\n```\n- a\\\n```"
    assert read_back(sent).markdown == sent


def test_a_line_end_within_a_paragraph_is_one() -> None:
    assert text.read("Ana Souza\nAcme Ltd").text.markdown == "Ana Souza\\\nAcme Ltd"


def test_the_source_is_what_linear_said() -> None:
    assert text.read("* a\r\n* b\x00\ud800").text.source == "* a\n* b"


def test_nothing_acts_and_no_image_is_fetched_into_the_workspace() -> None:
    """Linear copies what an image names into its own store (linear.app/developers/how-to-upload-a-file-to-linear)."""
    written = text.write("@ana see ![chart](https://example.com/c.png)")
    assert written.source == "＠ana see [chart](https://example.com/c.png)"
    assert written.lost == ("image chart, shown as a link",)


# --- files -----------------------------------------------------------------------------------------------------------


def test_files_that_stand_alone_are_taken_off_and_others_leave_their_name() -> None:
    source = (
        f"See ![plan.png]({FILES}/w/a/1) and [the log]({FILES}/w/a/2?signature=x).\n\n"
        f"[report.pdf]({FILES}/w/a/3)\n![]({FILES}/w/a/4)\n\n* ![in a list]({FILES}/w/a/5)\n\n"
        f"[elsewhere](https://uploads.linear.app.example/w/a/6) `{FILES}/w/a/7`"
    )
    read = text.read(source, files_url=FILES)
    assert read.text.markdown == (
        f"See plan.png and the log.\n\n[elsewhere](https://uploads.linear.app.example/w/a/6) `{FILES}/w/a/7`"
    )
    assert sorted((each.url.removeprefix(FILES), each.name) for each in read.assets) == [
        ("/w/a/1", "plan.png"),
        ("/w/a/2", "the log"),
        ("/w/a/3", "report.pdf"),
        ("/w/a/4", "4"),
        ("/w/a/5", "in a list"),
    ]


@given(st.text(min_size=1, max_size=20).filter(str.strip))
def test_a_file_of_any_name_comes_back_beside_its_text(name: str) -> None:
    visible = render(parse(render(Document((Paragraph((Image(name, "https://e/x"),)),)))))
    asset = Asset(f"{FILES}/w/a/1", name)
    written = text.write("Two words.", assets=[asset]).source
    read = text.read(as_linear_writes(written), files_url=FILES)
    assert read.text.markdown == "Two words."
    assert [each.url for each in read.assets] == [asset.url]
    assert visible  # any name can be shown
    assert not [each for each in parse(written).blocks if each == Paragraph((Text(name),))]


def test_files_alone_make_a_text() -> None:
    written = text.write("", assets=[Asset(f"{FILES}/w/a/1", "a.log"), Asset(f"{FILES}/w/a/2", "b[1].log")])
    assert written.source == f"[a.log]({FILES}/w/a/1)\n\n[b\\[1\\].log]({FILES}/w/a/2)"
    read = text.read(written.source, files_url=FILES)
    assert (read.text.markdown, [each.name for each in read.assets]) == ("", ["a.log", "b[1].log"])


# --- size ------------------------------------------------------------------------------------------------------------


@pytest.mark.histories
@given(st.text(max_size=5), st.sampled_from(["x", "é", "👨‍👩‍👧", "<&>", "日本 "]))
@settings(deadline=None, max_examples=10)
def test_a_long_text_is_cut_with_a_link(start: str, filling: str) -> None:
    link = "https://example.com/tickets/1"
    written = text.write(f"a{start}" + filling * text.LIMIT, limit_link=link)
    assert len(written.source) <= text.LIMIT
    assert written.source.endswith(f"[… [the whole text]({link})]") or written.source.endswith(
        f"\\[… [the whole text]({link})\\]"
    )
    assert "too long" in written.lost[-1]


def test_a_comment_of_64_kilobytes_takes_no_time() -> None:
    long = ("Some *text* with `code` and [link](https://example.com/).\n\n- item\n- item\n\n" * 900)[:60_000]
    assert pace.within(10, lambda: text.read(text.write(long).source, files_url=FILES))
