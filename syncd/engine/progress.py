"""How far a ticket is, as its customer may see it: what the store knows, put through `core.progress`."""

from __future__ import annotations

from sqlalchemy import Connection

from syncd.core.decision import Resting
from syncd.core.progress import Progress, progress
from syncd.core.severity import severity_called
from syncd.engine.run import resting_of
from syncd.engine.site import Site
from syncd.store import links, milestones
from syncd.store.records import LinkState

UNKNOWN = frozenset({Resting.UNLINKED, Resting.DELETED})
"""Where a link rests for such a reason, nobody notes any more how far its ticket is."""


async def progress_of(site: Site, link_id: int) -> Progress | None:
    """None where nothing is noted of the ticket any more, so that nothing that was true once is shown as true now."""

    def read(c: Connection) -> Progress | None:
        link = links.get(c, link_id)
        mapping = site.mappings.get(link.mapping)
        if mapping is None or (link.state is LinkState.RESTING and resting_of(link) in UNKNOWN):
            return None
        return progress(milestones.of(c, link.id), mapping.contract, severity_called(link.severity), site.now())

    return await site.store.read(read)
