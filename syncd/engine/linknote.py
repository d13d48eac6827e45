"""A note with signed links: they are made as it is sent, so that no plan, audit row or log line ever shows one."""

from __future__ import annotations

from dataclasses import replace

from syncd.core.decision import Note
from syncd.core.deeds import Purpose
from syncd.core.model import Internal
from syncd.engine import talk, tokens
from syncd.engine.operate import By
from syncd.engine.run import Run
from syncd.sdk.connector import Capability

CALLED = {Purpose.ACCEPT: "Accept", Purpose.RETURN: "Return"}
BY_US = By("syncd", "for a note on the issue")


async def tell(run: Run, decision: Note) -> None:
    """Say it with its links; where every comment is public nothing is said, and no link is made.

    The links of an attempt that a crash cut off go on working: the note may have been written.
    """
    if Capability.INTERNAL_COMMENTS not in run.connectors[decision.side].capabilities:
        await talk.tell(run, decision)
        return
    lines = [
        f"- [{CALLED[purpose]}]({await tokens.link_for(run.site, run.link, purpose, by=BY_US)})"
        for purpose in decision.links
    ]
    text = "\n".join([decision.body.text, "", *lines])
    await talk.tell(run, replace(decision, body=Internal(text)))
