"""The pages behind signed links, each whole in one answer: nothing is loaded, framed, kept, indexed or told to others.

Style and script stand in the page, allowed by their digests alone (Content Security Policy 3, section 6.7.2.2), so that
no path of this daemon has to be open to strangers for them.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from jinja2 import DictLoader, Environment
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from syncd.core.wording import ProgressPolicy
from syncd.engine.site import Site

PAGES = ("sheet.html", "moment.html", "message.html", "progress.html", "deed.html", "rating.html")
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Vary": "Accept-Language",
}
MANY = 20  # languages of a browser that are looked at


def sheet(page: str, language: str, status: int = 200, **values: object) -> Response:
    """One page; every value is escaped."""
    text = _pages().get_template(page).render(language=language, **values)
    return HTMLResponse(text, status, {**HEADERS, "Content-Security-Policy": _policy()})


def message(heading: str, *lines: str, status: int = 200, language: str = "en") -> Response:
    return sheet("message.html", language, status, heading=heading, lines=lines)


def gone(request: Request) -> Response:
    """The one answer to a link that is unknown, wrong, expired or revoked: nobody learns which."""
    language, words = policy(request.app.state.site).spoken(wanted(request))
    return message(words.gone, words.gone_why, status=404, language=language)


def policy(site: Site) -> ProgressPolicy:
    """The words of the pages: there is one file for all mappings, so any of them has them."""
    return next((rules.escalation.progress for rules in site.mappings.values() if rules.escalation), ProgressPolicy())


def wanted(request: Request) -> Sequence[str]:
    """The languages that a browser asks for, the dearest first (RFC 9110, 12.5.4)."""
    asked: list[tuple[float, str]] = []
    for part in request.headers.get("accept-language", "").split(",")[:MANY]:
        tag, _, weight = part.strip().partition(";")
        try:
            asked.append((float(weight.strip().removeprefix("q=") or 1), tag.strip()))
        except ValueError:
            continue
    return [tag for weight, tag in sorted(asked, key=lambda one: -one[0]) if weight > 0]


@cache
def _pages() -> Environment:
    texts = {name: _file(name) for name in PAGES}
    made = Environment(loader=DictLoader(texts), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    made.globals.update(style=Markup(_file("signed.css")), script=Markup(_file("signed.js")))  # noqa: S704  our own files
    return made


@cache
def _policy() -> str:
    style, script = (_digest(_file(name)) for name in ("signed.css", "signed.js"))
    return (
        f"default-src 'none'; style-src '{style}'; script-src '{script}'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    )


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _file(name: str) -> str:
    return (files("syncd.web") / "templates" / name).read_text("utf-8")
