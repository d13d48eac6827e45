"""Which issues sound like a ticket, on a dozen issues and twenty tickets, made up: no real ones can be shown here."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.core.similar import LIKE, Issue, alike
from tests import pace

ISSUES = [
    Issue(label=str(number), url="", title=title, text=text)
    for number, (title, text) in enumerate(
        [
            (
                "Export to CSV fails with a timeout",
                "Since this morning the export of invoices to CSV stops after 30 seconds with a gateway timeout.",
            ),
            (
                "Login page redirects in a loop after SSO",
                "After the single sign-on the browser goes back to the login page again and again, with Azure AD only.",
            ),
            ("Invoice PDF shows the wrong VAT rate", "The PDF of an invoice for Austria shows 19 % instead of 20 %."),
            ("Search does not find umlauts", "Searching for Müller finds nothing, Mueller does."),
            (
                "Mobile app crashes when a photo is attached",
                "On Android 14 the app closes as soon as I attach a photo from the camera to a report.",
            ),
            (
                "Webhook deliveries arrive twice",
                "Our endpoint gets each event twice within a second since the last release.",
            ),
            (
                "Dashboard loads slowly for large accounts",
                "With more than 10,000 orders the dashboard takes a minute to load.",
            ),
            (
                "Password reset mail never arrives",
                "Users ask for a reset of their password and get no mail, also not in spam.",
            ),
            (
                "API returns 500 for orders with discounts",
                "GET /orders answers 500 when an order has a discount of 100 %.",
            ),
            ("Calendar shows events one day late", "All-day events are shown a day later for users in Auckland."),
            (
                "Import of contacts drops the last row",
                "The last line of an imported CSV file with contacts is missing.",
            ),
            (
                "Two-factor code is refused",
                "The six digit code of the authenticator app is said to be wrong although the clock is right.",
            ),
        ]
    )
]
TICKETS = [
    (0, "CSV export times out", "We cannot export our invoices as CSV, there is a timeout after half a minute."),
    (1, "Cannot log in, endless redirect", "With SSO via Azure we are sent back to the login page in an endless loop."),
    (2, "Wrong VAT on invoices", "Our Austrian customers get an invoice PDF with a VAT of 19 % where 20 % is right."),
    (3, "Search for names with umlauts is empty", "When I search Jürgen or Müller the search finds nothing."),
    (4, "App closes when adding a picture", "The Android app crashes each time somebody attaches a photo to a report."),
    (5, "We receive every webhook twice", "Each event arrives two times at our endpoint since your release on Monday."),
    (6, "Dashboard very slow", "Loading the dashboard takes more than a minute, we have about 12,000 orders."),
    (7, "No mail for password reset", "A colleague asked for a new password and the reset mail does not arrive."),
    (8, "500 error from the orders API", "GET /orders fails with a 500 since we gave an order a 100 % discount."),
    (9, "Events are on the wrong day", "All-day events in the calendar appear one day late, we are in New Zealand."),
    (10, "Contact import is missing a row", "I imported a CSV with 200 contacts and the last one is not there."),
    (11, "2FA code wrong", "The code from my authenticator app is refused, the clock of the phone is right."),
    (None, "How do I change my address?", "I moved and want to change the address of our company."),
    (None, "Please cancel our subscription", "We do not need it any more from next month on."),
    (None, "Can you send me last year's invoices?", "Our accountant needs all invoices of last year."),
    (None, "The chart colours are hard to read", "Red and green look the same to me."),
    (None, "Printer is out of paper", "The printer on the second floor needs paper."),
    (None, "Do you offer a training?", "We would like a training for ten new colleagues in March."),
    (None, "Map shows the wrong city", "The map on the contact page shows Hamburg and not Bremen."),
    (None, "Notifications at night", "My phone rings at three in the morning with notifications, can I turn that off?"),
]
"""Which issue is meant, if any; the title and the text of the ticket."""


@pytest.mark.parametrize(("meant", "title", "text"), [one for one in TICKETS if one[0] is not None])
def test_the_issue_that_is_meant_is_the_only_one_named(meant: int, title: str, text: str) -> None:
    assert [one.issue.label for one in alike(title, text, ISSUES, most=3)] == [str(meant)]


@pytest.mark.parametrize(("meant", "title", "text"), [one for one in TICKETS if one[0] is None])
def test_of_what_is_new_none_is_named(meant: None, title: str, text: str) -> None:
    assert alike(title, text, ISSUES, most=3) == ()


def test_as_many_as_asked_for_the_likeliest_first() -> None:
    twice = [*ISSUES, *ISSUES[:1]]
    found = alike("Export to CSV fails", ISSUES[0].text, twice, most=1)
    assert [one.issue.label for one in found] == ["0"]
    found = alike("Export to CSV fails", ISSUES[0].text, twice, most=5)
    assert [one.issue.label for one in found] == ["0", "0"]


def test_a_word_that_every_issue_has_says_nothing() -> None:
    every = [
        Issue(str(n), "", f"Acme shop: {word} broken") for n, word in enumerate(["cart", "search", "login", "map"])
    ]
    assert [one.issue.label for one in alike("Acme shop: login broken", "", every, most=3)][:1] == ["2"]
    assert all(one.likeness < 0.8 for one in alike("Acme shop: printer broken", "", every, most=3))


texts = st.text(max_size=60)


@given(texts, texts, st.lists(st.tuples(texts, texts), max_size=5))
def test_likeness_is_between_the_bound_and_one(title: str, text: str, others: list[tuple[str, str]]) -> None:
    issues = [Issue(str(number), "", one, two) for number, (one, two) in enumerate(others)]
    found = alike(title, text, issues, most=9)
    assert all(LIKE <= one.likeness <= 1 + 1e-9 for one in found)
    assert [one.likeness for one in found] == sorted((one.likeness for one in found), reverse=True)


@given(texts, texts)
def test_the_same_words_are_as_alike_as_can_be(title: str, text: str) -> None:
    found = alike(title, text, [Issue("1", "", title, text)], most=1)
    assert not found or found[0].likeness == pytest.approx(1)


def test_five_hundred_long_issues_take_a_moment() -> None:
    many = [Issue(str(n), "", f"Export {n} fails", f"word{n} " * 1_000) for n in range(500)]
    assert pace.within(2, lambda: alike("Export fails", "word7 " * 1_000, many, most=3))
