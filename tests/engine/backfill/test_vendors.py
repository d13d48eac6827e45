"""The same between the simulators of two real vendors, whose addresses, times and texts are their own."""

from __future__ import annotations

from pathlib import Path

from syncd.core.model import Internal
from syncd.engine.backfill import How, alike, backfill, in_texts
from tests.engine.vendors import vendors


async def test_a_note_and_a_title_between_zendesk_and_jira(url: str, tmp_path: Path) -> None:
    async with vendors(url, tmp_path) as both:
        rules = both.site.mappings["zendesk-jira"]
        issue = await both.jira.open({"summary": "Export fails"})
        address = (await both.connectors["acme-jira"].fetch(issue)).url
        noted = await both.zendesk.open({"subject": "Ours", "priority": "low"})
        await both.zendesk.say(noted, f"told them: {address}?focusedCommentId=3", public=False)
        await both.zendesk.say(noted, "an old public word", public=True)
        titled = await both.zendesk.open({"subject": "[#12] Re: export  fails", "priority": "low"})
        both.clock.advance(86_400)

        (pair,) = await alike(both.site, rules, [titled])
        assert (pair.ticket.ref, pair.issue.ref, pair.rivals) == (titled, issue, ())

        how = How(history=True, dry_run=True)
        (planned,) = await backfill(both.site, rules, find=in_texts(), tickets=[noted], how=how)
        await backfill(both.site, rules, find=in_texts(), tickets=[noted], how=How(history=True))
        await both.settle()
        thread = (await both.connectors["acme-jira"].fetch(issue)).thread
        assert thread is not None
        assert planned.copies == len(thread.comments) == 2
        assert all("on 2026-01-05 09:00 UTC:" in comment.body.text for comment in thread.comments)
        assert all(isinstance(comment.body, Internal) for comment in thread.comments)
        assert await alike(both.site, rules, [titled]) == [], "its issue is linked now"
