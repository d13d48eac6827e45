"""Jira's rich text <-> Markdown: documents (ADF) in Cloud's API v3, wiki text in Data Center's API v2."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from syncd.core.model import RichText
from syncd.sdk.text.characters import storable
from syncd.sdk.text.compose import compose
from syncd.sdk.text.defuse import Target
from syncd.sdk.text.limit import utf16_length
from syncd.sdk.text.markdown import render
from syncd.sdk.text.tree import Rendered
from syncd_jira.adf import from_adf
from syncd_jira.adf_writer import to_adf
from syncd_jira.wiki import from_wiki
from syncd_jira.wiki_writer import to_wiki

LIMIT: Final = 32_767
"""Characters as Java counts them. What is counted of a document is not said, so its JSON is: never too much."""

TARGET: Final = Target()


def read_adf(source: Mapping[str, Any] | None) -> RichText:
    """A document as the API answered it; an empty field is None."""
    converted = from_adf(source)
    words = _compact(source) if source else ""
    return RichText(markdown=render(converted.document), source=storable(words), lost=converted.lost)


def adf(markdown: str, *, limit_link: str = "") -> Rendered[dict[str, Any]]:
    """A document for the API; a text over the limit ends with `limit_link`."""
    return compose(
        markdown,
        target=TARGET,
        write=to_adf,
        size=lambda document: utf16_length(_compact(document)),
        limit=LIMIT,
        link=limit_link,
    )


def read_wiki(source: str | None) -> RichText:
    """Wiki text as the API answered it, with LF or CRLF."""
    converted = from_wiki(source or "")
    return RichText(markdown=render(converted.document), source=storable(source or ""), lost=converted.lost)


def wiki(markdown: str, *, limit_link: str = "") -> Rendered[str]:
    """Wiki text for the API; a text over the limit ends with `limit_link`."""
    return compose(markdown, target=TARGET, write=to_wiki, size=utf16_length, limit=LIMIT, link=limit_link)


def _compact(document: Mapping[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
