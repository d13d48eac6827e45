"""Addresses as people paste them, against the address that a vendor gives the ticket itself."""

from __future__ import annotations

import pytest

from syncd.engine.backfill.addresses import named, shows

JIRA, GITHUB, GITLAB = "https://acme.example", "https://api.hub.example", "https://lab.example"
LINEAR, REDMINE = "https://api.linear.example/graphql", "https://red.example/redmine"


def refs(text: str, home: str, address: str) -> list[str]:
    """The names in a text under which the ticket with this address would be taken."""
    return [one.name for names in named(text, home) for one in names if shows(address, one)]


@pytest.mark.parametrize(
    ("text", "home", "address", "name"),
    [
        ("see https://acme.example/browse/CORE-7.", JIRA, "https://acme.example/browse/CORE-7", "CORE-7"),
        ("https://ACME.example/browse/CORE-7?focusedId=x#c1", JIRA, "https://acme.example/browse/CORE-7", "CORE-7"),
        ("<https://acme.example/browse/A\\_B-7>", JIRA, "https://acme.example/browse/A_B-7", "A_B-7"),
        ("https://acme.example/jira/boards/4?selectedIssue=CORE-7", JIRA, f"{JIRA}/browse/CORE-7", "CORE-7"),
        ("https://acme.example/browse/OLD-1", JIRA, "https://acme.example/browse/NEW-9", "OLD-1"),
        ("(https://hub.example/acme/app/issues/12)", GITHUB, "https://hub.example/acme/app/issues/12", "12"),
        ("https://hub.example/acme/app/issues/12", GITHUB, "https://hub.example/acme/renamed/issues/12", "acme/app#12"),
        ("https://lab.example/a/b/app/-/work_items/3", GITLAB, f"{GITLAB}/a/b/app/-/issues/3", "a/b/app#3"),
        (
            "https://linear.example/acme/issue/ENG-12/it-fails",
            LINEAR,
            "https://linear.example/acme/issue/ENG-12/it",
            "ENG-12",
        ),
        ("[it](https://red.example/redmine/issues/5)", REDMINE, "https://red.example/redmine/issues/5", "5"),
    ],
)
def test_an_address_names_its_ticket(text: str, home: str, address: str, name: str) -> None:
    assert name in refs(text, home, address)


@pytest.mark.parametrize(
    ("text", "home", "address"),
    [
        ("https://other.example/browse/CORE-7", JIRA, "https://acme.example/browse/CORE-7"),
        ("https://acme.example.evil.example/browse/CORE-7", JIRA, "https://acme.example/browse/CORE-7"),
        ("CORE-7 and #12", JIRA, "https://acme.example/browse/CORE-7"),
        ("https://hub.example/others/app/pull/12", GITHUB, "https://hub.example/acme/app/issues/12"),
        ("https://linear.example/other/issue/ENG-12", LINEAR, "https://linear.example/acme/issue/ENG-12/it-fails"),
        ("https://red.example/redmine/projects/5", REDMINE, "https://red.example/redmine/issues/5"),
        ("https://acme.example/browse/CORE-7", JIRA, "https://elsewhere.example/browse/CORE-7"),
        ("https://[", JIRA, "https://acme.example/browse/CORE-7"),
    ],
)
def test_what_is_no_address_of_the_ticket_names_nothing(text: str, home: str, address: str) -> None:
    assert refs(text, home, address) == []


def test_an_address_of_another_host_costs_no_request() -> None:
    assert list(named("https://other.example/browse/CORE-7", JIRA)) == []
