"""A real Request Tracker as `ConnectorTests` wants to see it: Anna works there, Carol is the customer."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

import httpx

from syncd.core.model import Fields, Person
from syncd.sdk.connector import Call, Webhook
from syncd.sdk.testing.world import Deed, Deeds, Shown, Words
from syncd_rt import RtConfig
from syncd_rt.simulator.state import STAFF

SECRET = "conformance-secret"
PRIORITIES = {"Low": 0, "Medium": 50, "High": 100}
QUEUE, OTHER_QUEUE = "Support", "Escalations"


GROUPS = {"field": "Domain", "operator": "=", "value": "UserDefined"}


class Hearing(Protocol):
    """Where RT's webhooks arrive."""

    def taken(self) -> list[Webhook]: ...


class RtWorld(Deeds):
    words = Words(
        place={"queue": QUEUE},
        title="subject",
        choice=("priority", "Low", "High"),
        status=("status", "resolved"),
        impossible="deleted",
        done=("status", "open", "resolved"),
        moment="due",
        person="owner",
        email="anna@support.test",
        deeds=frozenset(Deed) - {Deed.REWORD, Deed.UNSAY, Deed.SWITCH_OFF},  # what was said there stands
    )

    def __init__(
        self, env: Mapping[str, str], listener: Hearing, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self.env = env
        self.listener = listener
        self.transport = transport
        self.calls: list[Call] = []
        self._people: dict[str, httpx.AsyncClient] = {}

    @property
    def anna(self) -> httpx.AsyncClient:
        return self.person("AGENT")

    @property
    def root(self) -> httpx.AsyncClient:
        return self.person("ROOT")

    def person(self, who: str) -> httpx.AsyncClient:
        """Somebody with a token of the seed: ROOT, BOT, AGENT, OUTSIDER; NOBODY has none."""
        if who not in self._people:
            self._people[who] = self._client(who)
        return self._people[who]

    def _client(self, who: str) -> httpx.AsyncClient:
        headers = {"authorization": f"token {self.env[f'RT_{who}_TOKEN']}"} if who != "NOBODY" else {}
        return httpx.AsyncClient(
            base_url=self.env["RT_REST_URL"], headers=headers, timeout=60, transport=self.transport
        )

    def config(self, **more: Any) -> RtConfig:
        settings = {
            "connector": "rt",
            "url": self.env["RT_URL"],
            "token": self.env["RT_BOT_TOKEN"],
            "user": self.env["RT_USER_BOT_NAME"],
            "webhook_secret": SECRET,
            "priorities": PRIORITIES,
        }
        return RtConfig.model_validate({**settings, **more})

    async def aclose(self) -> None:
        for client in self._people.values():
            await client.aclose()

    @property
    def requests(self) -> int:
        return len(self.calls)

    async def open(self, fields: Fields) -> str:
        """Anna takes a call: the ticket is open at once, so that no scrip opens it at the first reply."""
        body = {"Queue": QUEUE, "Requestor": "carol@customer.test", "Status": "open", **_own(fields)}
        body |= {"Content": "It fails since noon.", "ContentType": "text/plain"}
        return str((await self.sent("POST", "/ticket", body))["id"])

    async def edit(self, ref: str, fields: Fields) -> None:
        await self.sent("PUT", f"/ticket/{ref}", _own(fields))

    async def say(self, ref: str, text: str, *, public: bool) -> None:
        way = "correspond" if public else "comment"
        await self.sent("POST", f"/ticket/{ref}/{way}", {"Content": text, "ContentType": "text/plain"})

    # -- what a person does to a ticket as a whole

    async def attach(self, ref: str, name: str, content: bytes, *, public: bool) -> None:
        """A message of nothing but a file."""
        file = {"FileName": name, "FileType": "application/octet-stream"}
        file["FileContent"] = base64.b64encode(content).decode()
        await self.sent("POST", f"/ticket/{ref}/{'correspond' if public else 'comment'}", {"Attachments": [file]})

    async def delete(self, ref: str) -> None:
        """An agent may not."""
        await self.sent("DELETE", f"/ticket/{ref}", None, root=True)

    async def restore(self, ref: str) -> None:
        """RT notes a deletion as a resolution, and to undelete does not take that back."""
        undone = {"Status": "open", "Resolved": "1970-01-01 00:00:00"}
        await self.sent("PUT", f"/ticket/{ref}", undone, root=True)

    async def move(self, ref: str) -> None:
        await self.other_queue()
        await self.sent("PUT", f"/ticket/{ref}", {"Queue": OTHER_QUEUE})

    async def merge(self, ref: str, into: str) -> None:
        await self.sent("PUT", f"/ticket/{ref}", {"MergeInto": int(into)})

    async def other_queue(self) -> None:
        """A second queue for the same people. REST makes queues but gives no rights: RT's own page does."""
        made = await self.sent("POST", "/queue", {"Name": OTHER_QUEUE}, root=True)
        groups = await self.read("/groups", query=json.dumps([GROUPS]))
        rights = {f"SetRights-{group['id']}-RT::Queue-{made['id']}": sorted(STAFF) for group in groups["items"]}
        checked = [f"{group['id']}-RT::Queue-{made['id']}" for group in groups["items"]]
        base = self.env["RT_URL"]
        async with httpx.AsyncClient(base_url=base, headers={"referer": f"{base}/"}, timeout=60) as browser:
            await browser.post("/NoAuth/Login.html", data={"user": "root", "pass": self.env["RT_USER_ROOT_PASSWORD"]})
            page = "/Admin/Queues/GroupRights.html"
            given = await browser.post(page, data={"id": made["id"], "CheckACL": checked, **rights})
            given.raise_for_status()

    async def sent(self, method: str, path: str, body: object, *, root: bool = False) -> Any:
        response = await (self.root if root else self.anna).request(method, path, json=body)
        response.raise_for_status()
        return response.json() if response.content else None

    async def read(self, path: str, **params: str) -> Any:
        response = await self.root.get(path, params={"per_page": 100, **params})
        response.raise_for_status()
        return response.json()

    async def look(self, ref: str) -> Shown:
        """Subject and public messages, as the requestor sees them; and the links out."""
        ticket = await self.read(f"/ticket/{ref}")
        texts = [ticket["Subject"]]
        for row in (await self.read(f"/ticket/{ref}/history", fields="Type"))["items"]:
            if row["Type"] in ("Create", "Correspond"):
                parts = await self.read(f"/transaction/{row['id']}/attachments", fields="Content,Filename")
                texts += [word for part in parts["items"] for word in (part["Content"], part["Filename"]) if word]
        links = [link["_url"] for link in ticket["_hyperlinks"] if link["ref"] == "refers-to"]
        return Shown(tuple(texts), tuple(links))

    async def settle(self) -> None:
        """RT shows everything at once."""

    async def webhooks(self) -> Sequence[Webhook]:
        return self.listener.taken()

    def sign(self, body: bytes) -> Webhook:
        signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        return Webhook({"x-rt-signature": f"sha256={signature}", "x-rt-delivery": "1"}, body, datetime.now(UTC))


def _own(fields: Fields) -> dict[str, Any]:
    """Fields of a test in RT's names."""
    body: dict[str, Any] = {}
    for name, value in fields.items():
        match name:
            case "priority":
                body["Priority"] = PRIORITIES[str(value)]
            case "owner":
                body["Owner"] = value.id if isinstance(value, Person) else "Nobody"
            case "subject" | "status":
                body[name.capitalize()] = value
            case _:
                body.setdefault("CustomFields", {})[name] = value
    return body
