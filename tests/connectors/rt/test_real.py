"""What only the real RT can show: whom it mails, what its pages show, and a list that its rights cut."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import httpx
import pytest

from syncd.core.model import Internal, Public
from syncd.sdk.connector import Message
from syncd.sdk.testing.promises.base import file, poll
from syncd_rt import RequestTracker
from tests.connectors.rt.world import RtWorld

pytestmark = pytest.mark.e2e


async def test_a_customer_gets_the_reply_and_never_the_comment(connector: RequestTracker, world: RtWorld) -> None:
    ref = await world.open({"subject": "Export fails"})
    secret = Message(Internal("kestrel-4711"), (file("kestrel.log", b"kestrel-4711", "text/plain"),))
    await connector.comment(ref, secret, key="key-1", expect="")
    await connector.comment(ref, Message(Public("osprey-0815")), key="key-2", expect="")
    await asyncio.sleep(1)
    mails = [mail.read_text() for mail in Path(world.env["RT_MAIL_DIR"]).glob("*.eml")]
    assert any("osprey-0815" in mail and "carol@customer.test" in mail for mail in mails)
    assert not any("kestrel" in mail for mail in mails)
    assert not any("key-1" in mail or "key-2" in mail for mail in mails)


async def test_nobody_sees_our_key_on_a_page(connector: RequestTracker, world: RtWorld) -> None:
    ref = await world.open({"subject": "Export fails"})
    await connector.comment(ref, Message(Public("plain osprey")), key="key-1", expect="")
    await connector.comment(ref, Message(Internal("*rich* kestrel")), key="key-2", expect="")
    base = world.env["RT_URL"]
    referer = {"referer": f"{base}/"}
    async with httpx.AsyncClient(base_url=base, headers=referer, timeout=60, follow_redirects=True) as browser:
        await browser.post("/NoAuth/Login.html", data={"user": "anna", "pass": world.env["RT_USER_AGENT_PASSWORD"]})
        page = (await browser.get(f"/Ticket/History.html?id={ref}")).text
    assert "osprey" in page
    assert "kestrel" in page
    assert not re.search("key-1|key-2|x-syncd", page)


async def test_more_hidden_changes_than_a_page_hide_no_visible_one(connector: RequestTracker, world: RtWorld) -> None:
    ref = await world.open({"subject": "Export fails"})
    hidden = await world.sent("POST", "/ticket", {"Queue": "General", "Subject": "hidden"}, root=True)
    _, cursor = await poll(connector, None)
    for number in range(105):
        await world.sent("PUT", f"/ticket/{hidden['id']}", {"Priority": str(number % 2 + 1)}, root=True)
    assert (await poll(connector, cursor))[0] == []
    await world.edit(ref, {"subject": "after all that"})
    hints, cursor = await poll(connector, cursor)
    assert [(hint.ref, hint.echo) for hint in hints] == [(ref, "")]
    assert (await poll(connector, cursor))[0] == []
