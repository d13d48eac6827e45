"""A real Redmine as `ConnectorTests` wants to see it: Alice works there, Rita sees what is not private."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import httpx

from syncd.core.model import Fields, Person, RichText, Value
from syncd.sdk.connector import Call, Webhook
from syncd.sdk.testing.world import Deeds, Shown, Words
from syncd_redmine import RedmineConfig

LINK_FIELD = "Support ticket URL"
ATTRIBUTES = {"status": "STATUS", "priority": "PRIORITY", "tracker": "TRACKER"}


class RedmineWorld(Deeds):
    SECOND = 1.1  # until the stamp of a change is past

    words = Words(
        place={"project": "eng", "tracker": "Bug"},
        title="subject",
        description="description",
        choice=("priority", "Low", "High"),
        status=("status", "In Progress"),
        day="start_date",  # a due date may not lie before it, and it is today at first
        person="assignee",
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

    async def sent(self, method: str, path: str, body: object) -> Any:
        response = await self.alice.request(method, path, json=body)
        response.raise_for_status()
        return response.json() if response.content else None

    async def read(self, ref: str, *, who: httpx.AsyncClient | None = None) -> Any:
        response = await (who or self.alice).get(f"/issues/{ref}.json", params={"include": "journals,attachments"})
        response.raise_for_status()
        return response.json()["issue"]

    async def look(self, ref: str) -> Shown:
        """What Rita sees, who may not see private notes."""
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
                    word = str(value).upper().replace(" ", "_")
                    body[f"{name}_id"] = self.env[f"REDMINE_{ATTRIBUTES[name]}_{word}_ID"]
                case "assignee":
                    body["assigned_to_id"] = value.id if isinstance(value, Person) else ""
                case "subject" | "description" | "start_date" | "notes":
                    body[name] = _plain(value)
                case _:
                    custom = {"id": self.env[f"REDMINE_CF_{name.upper().replace(' ', '_')}_ID"], "value": value}
                    body["custom_fields"] = [custom]
        return body


def _plain(value: Value) -> object:
    match value:
        case RichText():
            return value.source
        case date():
            return value.isoformat()
        case _:
            return value
