"""Nothing that somebody writes on one side acts on the other: 200 attempts on every target."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from syncd.core.model import RichText
from syncd_azuredevops import text as azuredevops
from syncd_github import text as github
from syncd_gitlab import text as gitlab
from syncd_jira import text as jira
from syncd_redmine import text as redmine
from syncd_rt import text as rt
from syncd_zammad import text as zammad
from syncd_zendesk import text as zendesk
from tests.sdk.text import hostile


def _rt(markdown: str) -> list[str]:
    content, content_type = rt.write(markdown)
    return hostile.acting_html(content) if content_type == "text/html" else hostile.acting_plain(content)


TARGETS: dict[str, Callable[[str], list[str]]] = {
    "zendesk": lambda markdown: hostile.acting_zendesk(zendesk.write(markdown).source),
    "jira cloud": lambda markdown: hostile.acting_adf(jira.adf(markdown).source),
    "jira data center": lambda markdown: hostile.acting_wiki(jira.wiki(markdown).source),
    "redmine common_mark": lambda markdown: hostile.acting_common_mark(
        redmine.write(markdown, formatting="common_mark").source
    ),
    "redmine textile": lambda markdown: hostile.acting_textile(redmine.write(markdown, formatting="textile").source),
    "rt": _rt,
    "zammad": lambda markdown: hostile.acting_html(zammad.write(markdown).source),
    "gitlab": lambda markdown: hostile.acting_gitlab(gitlab.write(markdown).source),
    "github": lambda markdown: hostile.acting_gfm(github.write(markdown).source),
    "azuredevops": lambda markdown: hostile.acting_html(azuredevops.write(markdown).source),
}

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
@pytest.mark.parametrize("target", TARGETS)
def test_no_attempt_acts(target: str, reader: str) -> None:
    acting = {}
    for attempt in hostile.HOSTILE:
        found = TARGETS[target](READERS[reader](attempt).markdown)
        if found:
            acting[attempt] = found
    assert acting == {}


@pytest.mark.parametrize("target", TARGETS)
def test_the_checker_sees_what_acts(target: str) -> None:
    """The same checkers on texts that nothing neutralised."""
    raw: dict[str, Callable[[str], list[str]]] = {
        "zendesk": hostile.acting_zendesk,
        "jira cloud": lambda text: hostile.acting_adf(
            {"type": "paragraph", "content": [{"type": "text", "text": text}]}
        ),
        "jira data center": hostile.acting_wiki,
        "redmine common_mark": hostile.acting_common_mark,
        "redmine textile": hostile.acting_textile,
        "rt": hostile.acting_plain,
        "zammad": hostile.acting_html,
        "gitlab": hostile.acting_gitlab,
        "github": hostile.acting_gfm,
        "azuredevops": hostile.acting_html,
    }
    for attempt in ("@team", "fixes #1", "/close", "{% if x %}", "a\u202eb"):
        assert raw[target](attempt)
