"""People at the two real servers: Anna in Request Tracker, Alice and Bob in Redmine, through the vendors' own APIs."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import httpx


class Desk:
    """Request Tracker as the agent Anna, and as root where only root may look."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self.env = env
        self.anna = self._client("AGENT")
        self.root = self._client("ROOT")

    def close(self) -> None:
        self.anna.close()
        self.root.close()

    def _client(self, who: str) -> httpx.Client:
        headers = {"authorization": f"token {self.env[f'RT_{who}_TOKEN']}"}
        return httpx.Client(base_url=self.env["RT_REST_URL"], headers=headers, timeout=60)

    def create(self, subject: str, *, text: str = "It fails since noon.", **fields: Any) -> int:
        body = {"Queue": "Support", "Requestor": "carol@customer.test", "Status": "open", "Subject": subject}
        body |= {"Content": text, "ContentType": "text/plain", **fields}
        return int(self._ok(self.anna.post("/ticket", json=body)).json()["id"])

    def edit(self, ticket: int, **fields: Any) -> None:
        self._ok(self.anna.put(f"/ticket/{ticket}", json=fields))

    def reply(self, ticket: int, text: str) -> None:
        self._say("correspond", ticket, text, {})

    def comment(self, ticket: int, text: str, files: Mapping[str, bytes] | None = None) -> None:
        self._say("comment", ticket, text, files or {})

    def _say(self, way: str, ticket: int, text: str, files: Mapping[str, bytes]) -> None:
        attached = [
            {"FileName": name, "FileType": _type(name), "FileContent": base64.b64encode(data).decode()}
            for name, data in files.items()
        ]
        body: dict[str, Any] = {"Content": text, "ContentType": "text/plain"}
        self._ok(
            self.anna.post(f"/ticket/{ticket}/{way}", json={**body, **({"Attachments": attached} if files else {})})
        )

    def read(self, ticket: int) -> dict[str, Any]:
        return dict(self._ok(self.anna.get(f"/ticket/{ticket}")).json())

    def custom(self, ticket: int, name: str) -> list[str]:
        fields = {field["name"]: field["values"] for field in self.read(ticket)["CustomFields"]}
        return list(fields[name])

    def history(self, ticket: int) -> list[tuple[str, str, str]]:
        """(type, creator, text) of every message on a ticket."""
        fields = {"fields": "Type,Creator", "per_page": "100"}
        rows = self._ok(self.anna.get(f"/ticket/{ticket}/history", params=fields)).json()["items"]
        messages = [row for row in rows if row["Type"] in ("Create", "Correspond", "Comment")]
        return [(row["Type"], row["Creator"]["id"], self._text(row["id"])) for row in messages]

    def _text(self, transaction: str) -> str:
        fields = {"fields": "Content,ContentType,Filename"}
        items = self._ok(self.anna.get(f"/transaction/{transaction}/attachments", params=fields)).json()["items"]
        return "\n".join(item["Content"] or "" for item in items if item["ContentType"].startswith("text/"))

    def files(self, ticket: int) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        fields = {"fields": "Filename", "per_page": "100"}
        for row in self._ok(self.anna.get(f"/ticket/{ticket}/attachments", params=fields)).json()["items"]:
            if row.get("Filename"):
                one = self._ok(self.anna.get(f"/attachment/{row['id']}")).json()
                found[row["Filename"]] = base64.b64decode(one["Content"])
        return found

    def merge(self, ticket: int, *, into: int) -> None:
        self._ok(self.anna.put(f"/ticket/{ticket}", json={"MergeInto": into}))

    def last_transaction(self) -> int:
        query = {"query": "id > 0", "orderby": "id", "order": "DESC", "per_page": "1"}
        return int(self._ok(self.root.get("/transactions", params=query)).json()["items"][0]["id"])

    def _ok(self, response: httpx.Response) -> httpx.Response:
        assert response.is_success, f"{response.request.method} {response.request.url}: {response.text[:300]}"
        return response


class Tracker:
    """Redmine as somebody: Alice the manager, Bob the developer, or the administrator."""

    def __init__(self, env: Mapping[str, str], who: str = "MANAGER") -> None:
        self.env = env
        headers = {"X-Redmine-API-Key": env[f"REDMINE_{who}_KEY"]}
        self.http = httpx.Client(base_url=env["REDMINE_URL"], headers=headers, timeout=60)

    def close(self) -> None:
        self.http.close()

    def find(self, subject: str) -> int | None:
        """The newest issue with this very subject, of the hundred that were made last."""
        query = {"status_id": "*", "sort": "id:desc", "limit": "100"}
        issues = self._ok(self.http.get("/issues.json", params=query)).json()["issues"]
        return next((int(issue["id"]) for issue in issues if issue["subject"] == subject), None)

    def count(self, **query: Any) -> int:
        return int(self._ok(self.http.get("/issues.json", params={"status_id": "*", **query})).json()["total_count"])

    def read(self, issue: int) -> dict[str, Any]:
        include = {"include": "journals,attachments"}
        return dict(self._ok(self.http.get(f"/issues/{issue}.json", params=include)).json()["issue"])

    def edit(self, issue: int, **fields: Any) -> None:
        """Save; and once more where somebody else, syncd for one, saved in the same moment, as a person would."""
        for _ in range(5):
            answer = self.http.put(f"/issues/{issue}.json", json={"issue": fields})
            if not (answer.status_code == 422 and answer.json() == {"errors": []}):
                self._ok(answer)
                return
        raise AssertionError(f"somebody saved issue {issue} five times in the same moment")

    def note(self, issue: int, text: str, *, private: bool = False, files: Mapping[str, bytes] | None = None) -> None:
        uploads = [self._upload(name, data) for name, data in (files or {}).items()]
        self.edit(issue, notes=text, private_notes=private, **({"uploads": uploads} if uploads else {}))

    def _upload(self, name: str, data: bytes) -> dict[str, str]:
        sent = self.http.post(
            "/uploads.json",
            params={"filename": name},
            content=data,
            headers={"content-type": "application/octet-stream"},
        )
        token = self._ok(sent).json()["upload"]["token"]
        return {"token": token, "filename": name, "content_type": _type(name)}

    def notes(self, issue: int) -> list[tuple[str, bool]]:
        """(text, private) of every note."""
        journals = self.read(issue)["journals"]
        return [(entry["notes"], bool(entry.get("private_notes"))) for entry in journals if entry["notes"]]

    def custom(self, issue: int, name: str) -> str:
        return str(next(field["value"] for field in self.read(issue)["custom_fields"] if field["name"] == name))

    def set_custom(self, issue: int, name: str, value: str) -> None:
        number = self.env[f"REDMINE_CF_{name.upper().replace(' ', '_')}_ID"]
        self.edit(issue, custom_fields=[{"id": int(number), "value": value}])

    def files(self, issue: int) -> dict[str, bytes]:
        return {
            file["filename"]: self._ok(self.http.get(f"/attachments/download/{file['id']}/{file['filename']}")).content
            for file in self.read(issue)["attachments"]
        }

    def status(self, name: str) -> int:
        return int(self.env[f"REDMINE_STATUS_{name.upper().replace(' ', '_')}_ID"])

    def priority(self, name: str) -> int:
        return int(self.env[f"REDMINE_PRIORITY_{name.upper()}_ID"])

    def user(self, who: str) -> int:
        return int(self.env[f"REDMINE_USER_{who}_ID"])

    def _ok(self, response: httpx.Response) -> httpx.Response:
        assert response.is_success, f"{response.request.method} {response.request.url}: {response.text[:300]}"
        return response


def _type(name: str) -> str:
    return "text/plain" if name.endswith(".txt") else "application/octet-stream"
