"""A service project and a software project on one simulated site, with one account: two connections, two webhooks.

Neither webhook has a filter: each brings what happens anywhere on the site.
"""

from collections.abc import Callable, Sequence

from syncd.sdk.connector import Webhook
from syncd.sdk.testing.world import Shown
from tests.connectors.jira.desk import DeskWorld
from tests.connectors.jira.world import STEPS, JiraWorld

DESKS = ("DESK", "HELP")
TRACKERS = ("CORE", "TRIAGE")


class _OneOfTwo(JiraWorld):
    """One of two connections: the other one's webhooks are left to it."""

    async def webhooks(self) -> Sequence[Webhook]:
        outbox = self.simulator.outbox
        mine = [each.event for each in outbox.waiting if each.subscription == self.subscription]
        outbox.waiting = [each for each in outbox.waiting if each.subscription != self.subscription]
        return [self._delivery(event) for event in mine]


class PortalWorld(_OneOfTwo, DeskWorld):
    """The service projects. What customers see is looked for in all of the portal: one leak anywhere is enough."""

    def __init__(self, deployment: str = "cloud") -> None:
        super().__init__(deployment, projects=DESKS)

    async def look(self, ref: str) -> Shown:
        shown: list[str] = []
        for issue in self.simulator.site.issues.values():
            if issue.project.is_desk:
                shown += [str(issue.values.get(name)) for name in ("summary", "description")]
                shown += (await super().look(issue.id)).public
        return Shown(tuple(shown), (await super().look(ref)).backlinks)


class BesideWorld(_OneOfTwo):
    """The software projects of a desk's site."""

    def __init__(self, desk: PortalWorld, projects: Sequence[str]) -> None:
        deployment = "cloud" if desk.simulator.cloud else "data_center"
        super().__init__(deployment, on=desk.simulator, workflow=STEPS, projects=projects)


def one_site(
    deployment: str = "cloud", *, trackers: Sequence[str] = TRACKERS
) -> tuple[Callable[[], PortalWorld], Callable[[], BesideWorld]]:
    """What makes both sides, the desk first."""
    made: list[PortalWorld] = []

    def desk() -> PortalWorld:
        made.append(PortalWorld(deployment))
        return made[-1]

    return desk, lambda: BesideWorld(made[-1], trackers)
