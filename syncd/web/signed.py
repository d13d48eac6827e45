"""What is behind signed links: a GET shows what a link is for, and only the POST of its form does it.

Mail scanners and the previews of chat programs open every link that they see; they press nothing. No cookie signs
anybody in, so a foreign page could only post a link that it has, and then it needs no such trick; it is turned away
all the same where the browser says that the form was not ours.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import parse_qs, urlsplit

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from syncd.core.deeds import SCALE, WITH_REASON, Purpose
from syncd.core.observe import LONGEST
from syncd.engine import deeds, tokens
from syncd.engine.deeds import Offer
from syncd.engine.progress import progress_of
from syncd.engine.site import Site
from syncd.errors import StoreError
from syncd.store.tokens import Token
from syncd.web import progress, said
from syncd.web.limit import Limit
from syncd.web.sheet import gone, message, policy, sheet, wanted

log = structlog.get_logger()

LARGEST = 32 * 1024  # bytes of a form
FORM = "application/x-www-form-urlencoded"

Endpoint = Callable[[Request], Awaitable[Response]]


def limited(endpoint: Endpoint) -> Endpoint:
    """The endpoint for whoever does not ask too often."""

    async def guard(request: Request) -> Response:
        limit: Limit = request.app.state.limit
        if not limit.allows(request.client.host if request.client else ""):
            return _later("Too many requests", 429)
        try:
            return await endpoint(request)
        except StoreError as error:
            log.error("signed.no_store", reason=str(error))
            return _later("This page cannot be shown now", 503)

    return guard


def _later(heading: str, status: int) -> Response:
    answer = message(heading, "Please come again in a minute.", status=status)
    answer.headers["Retry-After"] = "60"
    return answer


async def show(request: Request) -> Response:
    """GET /s/{token}"""
    site: Site = request.app.state.site
    text = request.path_params["token"]
    token = await tokens.check(site, text)
    if token is None:
        return gone(request)
    await tokens.note_opened(site, token)
    if token.purpose is Purpose.PROGRESS:
        found = await progress_of(site, token.link_id)
        return progress.page(found, policy(site), wanted(request)) if found else gone(request)
    return _offered(request, await deeds.offer(site, token), text)


async def press(request: Request) -> Response:
    """POST /s/do, with the link's word in the body."""
    if not _ours(request):
        return message("This form was not ours", "Open the link itself, and press the button there.", status=403)
    site: Site = request.app.state.site
    form = await _form(request)
    text, detail = form.get("token", ""), form.get("detail", "")
    token = await tokens.check(site, text)
    if token is None or token.purpose is Purpose.PROGRESS:
        return gone(request)
    if _lacks(token, detail):
        return _offered(request, await deeds.offer(site, token), text, again=True)
    after = await deeds.do(site, text, detail)
    return gone(request) if after is None else _offered(request, after, text)


def _lacks(token: Token, detail: str) -> bool:
    if token.purpose is Purpose.RATE:
        return detail not in map(str, SCALE)
    return token.purpose in WITH_REASON and not detail.strip()


# --- pages -----------------------------------------------------------------------------------------------------------


def _offered(request: Request, offer: Offer, text: str, *, again: bool = False) -> Response:
    """What a link is for, or why there is nothing left to do."""
    if offer.done is not None:
        return _done(request, offer)
    if offer.purpose is Purpose.RATE:
        return _rating(request, offer, text, status=400 if again else 200)
    if offer.obstacle is not None:
        return message(said.heading(offer), said.OBSTACLES[offer.obstacle])
    return sheet(
        "deed.html",
        "en",
        400 if again else 200,
        heading=said.heading(offer),
        effect=said.EFFECTS[offer.purpose],
        who=f"This link was made for {offer.who}: it will be said in that name." if offer.who else "",
        token=text,
        asks=said.ASKS.get(offer.purpose, ""),
        wrong="Please write something here." if again else "",
        longest=LONGEST,
        button=said.BUTTONS[offer.purpose],
    )


def _rating(request: Request, offer: Offer, text: str, *, status: int) -> Response:
    language, words = policy(request.app.state.site).spoken(wanted(request))
    if offer.obstacle is not None:
        return message(words.gone, words.gone_why, language=language)
    return sheet("rating.html", language, status, words=words, token=text, scale=SCALE)


def _done(request: Request, offer: Offer) -> Response:
    if offer.purpose is Purpose.RATE:
        language, words = policy(request.app.state.site).spoken(wanted(request))
        return message(words.thanks, language=language)
    return message(
        f"{said.DONE[offer.purpose]} {offer.label}".strip(), "It is noted. The tickets say so at their next look."
    )


# --- what comes in ---------------------------------------------------------------------------------------------------


def _ours(request: Request) -> bool:
    """Whether a browser says that our own page sent the form, or nothing.

    `Origin` is "null" in every form of ours, because `Referrer-Policy: no-referrer` makes it so (Fetch, "append a
    request Origin header"); so only another site's name tells something.
    """
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("origin", "null")
    site: Site = request.app.state.site
    return origin == "null" or urlsplit(origin).netloc in (
        request.headers.get("host", ""),
        urlsplit(site.public_url).netloc,
    )


async def _form(request: Request) -> dict[str, str]:
    """The fields of a form; none where it is no form, or a huge one."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        return {}
    body = b""
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > LARGEST:
                return {}
        fields = parse_qs(body.decode("utf-8", "replace"), max_num_fields=10)
    except (ValueError, ClientDisconnect):
        return {}
    return {name: values[0] for name, values in fields.items()}
