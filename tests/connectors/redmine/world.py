"""A Redmine as `ConnectorTests` wants to see it: Alice works there, Rita sees what is not private.

`RedmineWorld` is a real one, by its API; `SimulatedWorld` is the same people at the simulator.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import httpx

from syncd.core.model import Fields, Person, RichText, Value
from syncd.sdk.connector import Call, Webhook
from syncd.sdk.testing.clock import START, Clock
from syncd.sdk.testing.world import Deed, Deeds, Shown, Words
from syncd_redmine import Redmine, RedmineConfig
from syncd_redmine.revision import ServerClock
from syncd_redmine.simulator import ADMIN, ALICE, BOB, BOT, OUTSIDER, RITA, RedmineSimulator, seed
from tests.connectors.redmine.description import checked

LINK_FIELD = "Support ticket URL"
Way = Callable[[httpx.AsyncBaseTransport], httpx.AsyncBaseTransport]
ROLES = {"BOT": "Sync bot", "MANAGER": "Manager", "DEVELOPER": "Developer", "REPORTER": "Reporter"}
PEOPLE = {"ADMIN": ADMIN, "BOT": BOT, "MANAGER": ALICE, "DEVELOPER": BOB, "REPORTER": RITA, "OUTSIDER": OUTSIDER}
ATTRIBUTES = {"status": "STATUS", "priority": "PRIORITY", "tracker": "TRACKER"}


class RedmineWorld(Deeds):
    SECOND = 1.1  # until the stamp of a change is past

    words = Words(
        place={"project": "eng", "tracker": "Bug"},
        title="subject",
        description="description",
        choice=("priority", "Low", "High"),
        status=("status", "In Progress"),
        done=("status", "New", "Closed"),
        day="start_date",  # a due date may not lie before it, and it is today at first
        person="assignee",
        internal_files=False,  # all who see an issue see its files
        deeds=frozenset({Deed.ATTACH, Deed.DELETE, Deed.MOVE}),  # what is deleted is gone, and nothing merges
    )

    def __init__(self, env: Mapping[str, str], transport: httpx.AsyncBaseTransport | None = None) -> None:
        self.env = env
        self.transport = transport
        self.calls: list[Call] = []
        self.alice = self.client("MANAGER")
        self.rita = self.client("REPORTER")

    def client(self, who: str) -> httpx.AsyncClient:
        headers = {"x-redmine-api-key": self.env[f"REDMINE_{who}_KEY"]}
        return httpx.AsyncClient(
            base_url=self.env["REDMINE_URL"], headers=headers, timeout=60, transport=self.transport
        )

    def config(self, who: str = "BOT", **more: Any) -> RedmineConfig:
        numbers = {
            LINK_FIELD: int(self.env["REDMINE_CF_SUPPORT_TICKET_URL_ID"]),
            "Severity": int(self.env["REDMINE_CF_SEVERITY_ID"]),
        }
        settings = {
            "connector": "redmine",
            "url": self.env["REDMINE_URL"],
            "api_key": self.env[f"REDMINE_{who}_KEY"],
            "link_field": LINK_FIELD,
            "custom_fields": numbers,
        }
        return RedmineConfig.model_validate({**settings, **more})

    def connector(self, **settings: Any) -> Redmine:
        """A new process's connector."""
        config = self.config(**settings)
        return Redmine(config, connection="redmine", transport=self.transport, observer=self.calls.append)

    async def aclose(self) -> None:
        await self.alice.aclose()
        await self.rita.aclose()

    @property
    def requests(self) -> int:
        return len(self.calls)

    async def open(self, fields: Fields) -> str:
        place = {"project_id": "eng", "tracker_id": self.env["REDMINE_TRACKER_BUG_ID"]}
        made = await self.sent("POST", "/issues.json", {"issue": {**place, **self._own(fields)}})
        return str(made["issue"]["id"])

    async def edit(self, ref: str, fields: Fields) -> None:
        await self.sent("PUT", f"/issues/{ref}.json", {"issue": self._own(fields)})

    async def say(self, ref: str, text: str, *, public: bool) -> None:
        await self.sent("PUT", f"/issues/{ref}.json", {"issue": {"notes": text, "private_notes": not public}})

    async def attach(self, ref: str, name: str, content: bytes, *, public: bool) -> None:
        """All who see an issue see its files; so what Rita must not see goes to an issue that is made private."""
        made = await self.alice.post(
            "/uploads.json",
            params={"filename": name},
            content=content,
            headers={"content-type": "application/octet-stream"},
        )
        uploads = [{"token": made.json()["upload"]["token"], "filename": name}]
        await self.sent("PUT", f"/issues/{ref}.json", {"issue": {"uploads": uploads, "is_private": not public}})

    async def delete(self, ref: str) -> None:
        await self.sent("DELETE", f"/issues/{ref}.json", None)

    async def move(self, ref: str) -> None:
        await self.sent("PUT", f"/issues/{ref}.json", {"issue": {"project_id": await self.elsewhere()}})

    async def elsewhere(self) -> str:
        """Another project of the same people, which an administrator makes."""
        async with self.client("ADMIN") as admin:
            own = {"name": "Tools", "identifier": "tools", "description": "", "is_public": False, "tracker_ids": [1, 2]}
            project = {**own, "enabled_module_names": ["issue_tracking"]}
            (await admin.post("/projects.json", json={"project": project})).raise_for_status()
            roles = {role["name"]: role["id"] for role in (await admin.get("/roles.json")).json()["roles"]}
            for who, role in ROLES.items():
                member = {"user_id": self.env[f"REDMINE_USER_{who}_ID"], "role_ids": [roles[role]]}
                made = await admin.post("/projects/tools/memberships.json", json={"membership": member})
                made.raise_for_status()
        return "tools"

    async def sent(self, method: str, path: str, body: object) -> Any:
        response = await self.alice.request(method, path, json=body)
        response.raise_for_status()
        return response.json() if response.content else None

    async def read(self, ref: str, *, who: httpx.AsyncClient | None = None) -> Any:
        response = await (who or self.alice).get(f"/issues/{ref}.json", params={"include": "journals,attachments"})
        response.raise_for_status()
        return response.json()["issue"]

    async def look(self, ref: str) -> Shown:
        """What Rita sees, who may not see private notes, and no private issue of others at all."""
        if (await self.rita.get(f"/issues/{ref}.json")).status_code == 403:
            return Shown(())
        issue = await self.read(ref, who=self.rita)
        notes = [journal["notes"] or "" for journal in issue["journals"]]
        files = [file["filename"] for file in issue["attachments"]]
        shown = next(field["value"] or "" for field in issue["custom_fields"] if field["name"] == LINK_FIELD)
        links = [shown.partition("#syncd=")[0]] if shown else []
        return Shown((issue["subject"], issue["description"] or "", *notes, *files), tuple(links))

    async def settle(self) -> None:
        """The second that the last stamp shows goes by."""
        await asyncio.sleep(self.SECOND)

    async def webhooks(self) -> Sequence[Webhook]:
        return ()

    def sign(self, body: bytes) -> Webhook:
        raise AssertionError("Redmine has no webhooks")

    def _own(self, fields: Fields) -> dict[str, object]:
        """Fields of a test in Redmine's names and numbers."""
        body: dict[str, object] = {}
        for name, value in fields.items():
            match name:
                case "status" | "priority" | "tracker":
                    body[f"{name}_id"] = self.env[f"REDMINE_{ATTRIBUTES[name]}_{_upper(str(value))}_ID"]
                case "assignee":
                    body["assigned_to_id"] = value.id if isinstance(value, Person) else ""
                case "subject" | "description" | "start_date" | "notes":
                    body[name] = _plain(value)
                case _:
                    custom = {"id": self.env[f"REDMINE_CF_{_upper(name)}_ID"], "value": value}
                    body["custom_fields"] = [custom]
        return body


class SimulatedWorld(RedmineWorld):
    """The simulator, with a clock that only the test moves; all traffic is checked against the description.

    Args:
        who: whose key the connector has. An administrator's finds people by address and may make every transition.
        seeded: as the real server is after its seed: without another project, and with syncd able to reject.
        way: what stands between all requests and the simulator.
    """

    def __init__(self, who: str = "BOT", *, seeded: bool = False, way: Way = checked) -> None:
        self.clock = Clock()
        self.simulator = RedmineSimulator(clock=self.clock)
        self.simulator.url = "https://redmine.example.com"
        self.who = who
        if not seeded:
            self.simulator.add_project("tools", "Tools")
            self.simulator.instance.state.roles[seed.SYNC_BOT].transitions.discard((seed.NEW, seed.REJECTED))
        email, impossible = (BOB.email, None) if who == "ADMIN" else (None, None if seeded else "Rejected")
        self.words = replace(RedmineWorld.words, email=email, impossible=impossible)
        super().__init__(told(self.simulator), way(self.simulator.transport()))

    def connector(self, **settings: Any) -> Redmine:
        """Its clock is two minutes fast, and counts from when this machine was started."""
        clock = ServerClock(
            monotonic=lambda: (self.clock() - START).total_seconds() + 1000,
            wall=lambda: self.clock() + timedelta(minutes=2),
            sleep=self.sleep,
        )
        config = self.config(**{"who": self.who, **settings})
        transport, observer = self.transport, self.calls.append
        return Redmine(config, connection="redmine", transport=transport, observer=observer, clock=clock)

    async def sleep(self, seconds: float) -> None:
        self.clock.advance(seconds)

    async def settle(self) -> None:
        self.clock.advance(self.SECOND)

    async def elsewhere(self) -> str:
        return "tools"


def told(simulator: RedmineSimulator) -> dict[str, str]:
    """What the script of the real server tells of its own seed, in the same words."""
    env = {"REDMINE_URL": simulator.url, "REDMINE_PROJECT_ID": "1"}
    for who, account in PEOPLE.items():
        env |= {f"REDMINE_{who}_KEY": account.token, f"REDMINE_USER_{who}_ID": account.id}
    for kind, words in (("TRACKER", seed.TRACKERS), ("STATUS", seed.STATUSES), ("PRIORITY", seed.PRIORITIES)):
        env |= {f"REDMINE_{kind}_{_upper(word.name)}_ID": str(word.id) for word in words.values()}
    return env | {f"REDMINE_CF_{_upper(each.name)}_ID": str(each.id) for each in seed.CUSTOM_FIELDS.values()}


def _upper(name: str) -> str:
    return name.upper().replace(" ", "_")


def _plain(value: Value) -> object:
    match value:
        case RichText():
            return value.source
        case date():
            return value.isoformat()
        case _:
            return value
