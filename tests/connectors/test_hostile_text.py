"""Nothing that somebody writes on one side acts on the other: 200 attempts on every target."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from syncd.core.model import RichText
from syncd_github import text as github
from syncd_jira import text as jira
from syncd_redmine import text as redmine
from syncd_rt import text as rt
from syncd_zammad import text as zammad
from syncd_zendesk import text as zendesk
from tests.connectors.shipped import TEXTS
from tests.sdk.text import hostile

READERS: dict[str, Callable[[str], RichText]] = {
    "as Markdown": RichText.of,
    "as plain text": lambda text: rt.read(text, "text/plain"),
    "as HTML": zendesk.read,
    "as an article": lambda text: zammad.read(text, zammad.HTML),
    "as wiki text": jira.read_wiki,
    "as an issue of GitHub": github.read,
    "as Textile": lambda text: redmine.read(text, formatting="textile"),
    "as an ADF text": lambda text: jira.read_adf(
        {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [{"type": "text", "text": text}]}]}
    ),
}


def test_there_are_two_hundred_attempts() -> None:
    assert len(set(hostile.HOSTILE)) >= 200


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("target", TEXTS)
def test_no_attempt_acts(target: str, reader: str) -> None:
    acting, sent = {}, TEXTS[target]
    for attempt in hostile.HOSTILE:
        found = sent.acting(sent.write(READERS[reader](attempt).markdown))
        if found:
            acting[attempt] = found
    assert acting == {}


@pytest.mark.parametrize("target", TEXTS)
def test_the_checker_sees_what_acts(target: str) -> None:
    """The same checkers on texts that nothing neutralised."""
    sent = TEXTS[target]
    for attempt in ("@team", "fixes #1", "/close", "{% if x %}", "a\u202eb"):
        assert sent.acting(sent.raw(attempt))
