"""The record of a review as Markdown and as a page of its own."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator

from syncd.core.moments import said_at
from syncd.core.spans import spoken
from syncd.engine.review import Breach, Moment, Review
from syncd.sdk.text.html_writer import to_html
from syncd.sdk.text.markdown import parse

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 54rem; margin: 2rem auto; padding: 0 1rem; color: #1c2430; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2rem; border-bottom: 1px solid #d5dbe3; }
table { border-collapse: collapse; width: 100%; font-size: 0.9rem; }
th, td { text-align: left; padding: 0.3rem 0.7rem 0.3rem 0; border-bottom: 1px solid #e6eaef; vertical-align: top; }
@media (prefers-color-scheme: dark) { body { background: #12161c; color: #dfe5ec; } a { color: #8ab4f8; } }
"""


def markdown(review: Review) -> str:
    """What people said is shown as plain words: nothing of it formats, or hides an address behind another word."""
    ticket, issue = review.ticket, review.issue
    done = said_at(review.done) if review.done else "not done"
    parts = [
        f"# Review of {_plain(ticket.label)}",
        _items(
            [
                ("Ticket", _link(ticket.label, ticket.url)),
                ("Issue", _link(issue.label, issue.url)),
                ("Severity", _plain(f"{review.severity} by rule {review.rule}" if review.severity else "none")),
                ("From", f"{said_at(review.began)} to {done}"),
                ("Owners", _plain(", ".join(review.owners)) or "nobody was named"),
                ("Customers", f"{review.customers}, with {_plain(', '.join(review.tickets))}"),
                ("Came from", _plain(review.cause) or "not classified"),
                ("Root causes", _plain(", ".join(review.tags)) or "none named yet"),
                *((_plain(name), _plain(value)) for name, value in review.records.items()),
            ]
        ),
        "## What was late",
        _breaches(review.breaches),
        "## What came back",
        _returned(review.returned),
        "## What happened",
        _table(("When", "What", "Who", ""), (_row(moment) for moment in review.timeline)),
        "## To fill in",
        review.fill_in.strip(),
    ]
    return "\n\n".join(parts) + "\n"


def page(review: Review) -> str:
    """One file that needs nothing else."""
    title = html.escape(f"Review of {review.ticket.label}")
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>'
    body = to_html(parse(markdown(review)))
    return (
        f"<!doctype html>\n<html lang=en><head>{head}<style>{_STYLE}</style></head>\n<body>\n{body}\n</body></html>\n"
    )


def _breaches(breaches: tuple[Breach, ...]) -> str:
    if not breaches:
        return "Nothing."
    rows = (
        (one.clock, spoken(one.within), spoken(one.late) + ("" if one.over else ", and still is")) for one in breaches
    )
    return _table(("Clock", "Within", "Late by"), rows)


def _returned(returned: tuple[Moment, ...]) -> str:
    if not returned:
        return "Nothing."
    rows = ((said_at(one.at), _plain(one.who), _plain(one.detail) or "no reason") for one in returned)
    return _table(("When", "By", "Why"), rows)


def _row(moment: Moment) -> tuple[str, ...]:
    return said_at(moment.at), _plain(moment.what.replace("_", " ")), _plain(moment.who), _plain(moment.detail)


def _items(items: Iterable[tuple[str, str]]) -> str:
    return "\n".join(f"- {name}: {value}" for name, value in items)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    def lines() -> Iterator[str]:
        yield f"| {' | '.join(head)} |"
        yield "|---" * len(head) + "|"
        yield from (f"| {' | '.join(row)} |" for row in rows)

    return "\n".join(lines())


def _link(label: str, url: str) -> str:
    return (
        f"[{_plain(label)}](<{url}>)" if url.startswith(("https://", "http://")) and ">" not in url else _plain(label)
    )


def _plain(text: str) -> str:
    """Somebody's words in one line, with nothing that formats."""
    line = " ".join(text.split())
    return "".join(f"\\{letter}" if letter in r"\`*_{}[]<>()#+-!|~&:@" else letter for letter in line)
