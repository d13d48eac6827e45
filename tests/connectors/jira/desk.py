"""A simulated service project as a helpdesk: Cleo, a customer, asks in the portal, and Ana, an agent, works there."""

from typing import Any

from syncd.core.model import Fields
from syncd.sdk.testing.simulator import Account
from syncd_jira.simulator import ANA, CLEO
from syncd_jira.simulator.scheme import REQUEST_TYPE
from tests.connectors.jira.world import STEPS, JiraWorld


class DeskWorld(JiraWorld):
    """Jira Service Management. What is public, the customer says and attaches; what is internal, the agent."""

    def __init__(self, deployment: str = "cloud", **config: Any) -> None:
        super().__init__(deployment, **{"service_project": True, "workflow": STEPS, **config})

    async def open(self, fields: Fields) -> str:
        """In the first status of the workflow; the portal asks for none."""
        assert fields.get("status", "To Do") == "To Do"
        with self.simulator.acting(CLEO):
            values = self._written({name: value for name, value in fields.items() if name != "status"})
            return self.simulator.site.create(self.project, "10004", values, {}, request_type=REQUEST_TYPE).id

    def _speaker(self, *, public: bool) -> Account:
        return CLEO if public else ANA
