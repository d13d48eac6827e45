"""What an operator does: link, unlink, retry, resolve, apply, resume, sweep. Each writes the store alone and an audit
row that names the operator; the vendors are written by the runs that follow."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from syncd.engine.intake import look
from syncd.engine.site import Site
from syncd.sdk.budget import BACKFILL
from syncd.store import links, meta, overview

OPERATOR = "operator"
SWEPT = "swept_until"


async def sweep(site: Site, *, back: timedelta) -> int:
    """Ask for one more run, at the lowest priority, of each link that was written about `back` ago; how many.

    Each write is followed by one such look, however often the daemon was restarted in between.
    """
    until = site.now() - back

    def mark(c: Connection) -> int:
        said = meta.get(c, SWEPT)
        after = datetime.fromisoformat(said) if said else until - timedelta(hours=2)
        chosen = overview.written_between(c, after, until) if after < until else []
        for link_id in chosen:
            look(site, c, links.get(c, link_id), priority=BACKFILL)
        if after < until:
            meta.put(c, SWEPT, until.isoformat())
        return len(chosen)

    looked = await site.store.write(mark)
    if looked:
        site.queue.wake()
    return looked


# --- pauses ----------------------------------------------------------------------------------------------------------


def ask_account(c: Connection, connection: str, account: str) -> None:
    """Remember an account that a person has to confirm; `resume` of its connection does."""
    meta.put(c, f"asked_account:{connection}", account)
