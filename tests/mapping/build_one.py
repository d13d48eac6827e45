"""Builds a mapping from text, for the tests of what becomes of it."""

from __future__ import annotations

from syncd import registry
from syncd.core.mapping import Mapping
from syncd.errors import Complaint
from syncd.mapping.build import build
from syncd.mapping.parse import parse
from syncd.mapping.vendor import Vendor
from syncd.sdk.connector import ConnectionConfig

HEAD = "name: pair\nsupport: desk\nengineering: tracker\n"
TITLE = "  title: {support: subject, engineering: summary}\n"


def vendors() -> dict[str, Vendor]:
    found = registry.installed()
    return {
        name: registry.vendor(found.get(name), ConnectionConfig(connector=name, url=f"https://{name}.example"))
        for name in ("desk", "tracker")
    }


def built(text: str, *, known: bool = True) -> tuple[Mapping | None, list[Complaint]]:
    draft = build(parse(text.encode(), file="a.yaml"), vendors() if known else None)
    return draft.mapping, list(draft.complaints)


def good(text: str) -> Mapping:
    """The mapping of a text with which nothing is wrong."""
    mapping, complaints = built(text)
    assert mapping is not None, [str(complaint) for complaint in complaints]
    return mapping


def with_fields(fields: str, rest: str = "") -> str:
    return f"{HEAD}fields:\n{TITLE}{fields}{rest}"
