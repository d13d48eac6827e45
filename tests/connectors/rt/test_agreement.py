"""The simulator and a real Request Tracker 5.0.3 answer one and the same script of requests alike.

Recorded answers stand for the real server, unless this runs with `-m e2e`. They are the description: RT publishes none
that a machine reads. The tests of `test_rt` are played on the simulator as well, and compared in the same way.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.connectors.rt.alike import comparable, told
from tests.connectors.rt.simulated import seeded
from tests.connectors.rt.world import RtWorld

TEXT = {"Content": "It fails since noon.", "ContentType": "text/plain"}
TICKET = {"Queue": "Support", "Subject": "Export fails", "Requestor": "carol@customer.test", **TEXT}
HISTORY = {"fields": "Type,Creator,Field,OldValue,NewValue,ObjectId,_hyperlinks", "orderby": "id", "per_page": "100"}
PARTS = {"fields": "ContentType,Filename,TransactionId,Headers,Content,Subject", "orderby": "id", "per_page": "100"}


@dataclass(frozen=True)
class Step:
    """One request by somebody; `query` and `headers` as they are sent."""

    who: str
    method: str
    path: str
    body: Any = None
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    async def at(self, client: httpx.AsyncClient) -> httpx.Response:
        return await client.request(
            self.method, self.path, json=self.body, params=self.query or None, headers=self.headers
        )


def get(path: str, *, who: str = "BOT", **query: str) -> Step:
    return Step(who, "GET", path, query=query)


def put(body: Any, *, who: str = "BOT", path: str = "/ticket/1", **headers: str) -> Step:
    return Step(who, "PUT", path, body, headers=headers)


def post(path: str, body: Any, *, who: str = "BOT", **headers: str) -> Step:
    return Step(who, "POST", path, body, headers=headers)


def look(ref: str) -> list[Step]:
    """All that can be read of a ticket, by who does not see the mails, and what of it by who does."""
    history, parts = f"/ticket/{ref}/history", f"/ticket/{ref}/attachments"
    mine = [get(f"/ticket/{ref}"), get(history, **HISTORY), get(parts, **PARTS)]
    return [*mine, get(f"/ticket/{ref}", who="AGENT"), get(history, who="AGENT", **HISTORY)]


async def compare(witness: RtWorld, script: list[Step]) -> None:
    """Play all of it at both, and then say where they differ, in answers and in what the scrip sent."""
    ours, different = seeded(witness.env["RT_URL"]), []
    for number, step in enumerate(script):
        there = comparable(await step.at(witness.person(step.who)))
        here = comparable(await step.at(ours.person(step.who)))
        different += [f"step {number}, {step}:\n  here  {here}\n  there {there}"] if here != there else []
    await ours.aclose()
    assert not different, "\n".join(different)
    here_sent, there_sent = ([told(one.body) for one in world.listener.taken()] for world in (ours, witness))
    assert here_sent == there_sent


async def test_a_tickets_life(witness: RtWorld) -> None:
    latin = {"FileName": "caf\u00c3\u00a9.txt", "FileType": "text/plain", "FileContent": "Z3L832U="}
    sheet = {"FileName": "a/b.csv", "FileType": "text/csv; charset=utf-16", "FileContent": "//5oAOkA"}
    script = [
        post("/ticket", {**TICKET, "Attachments": [latin]}, who="AGENT"),
        *look("1"),
        post("/ticket/1/correspond", {**TEXT, "Content": "a\r\nb"}),  # opens it, and RT_System did it
        *look("1"),
        post("/ticket/1/comment", {**TEXT, "Attachments": [latin, sheet]}, who="AGENT"),
        post("/ticket/1/comment", {**TEXT, "Status": "resolved", "CustomFields": {"Severity": "Low"}}),
        *look("1"),
        post("/ticket/1/correspond", TEXT, who="AGENT"),
        put({"Owner": "anna"}),
        put({"Owner": "Nobody"}),
        put({"Owner": "Nobody"}, who="AGENT"),
        *look("1"),
        post("/ticket", {**TICKET, "Status": "open", "RefersTo": ["http://a/b"]}),
        put({"MergeInto": 1}, path="/ticket/2", who="AGENT"),
        get("/ticket/2"),
        *look("1"),
        Step("BOT", "DELETE", "/ticket/1"),
        Step("ROOT", "DELETE", "/ticket/1"),
        get("/tickets", query="id = 1"),
        get("/tickets", query="id = 2"),
        get("/ticket/1"),
        Step("ROOT", "DELETE", "/ticket/1"),
        put({"Status": "open"}),
        put({"Resolved": "1970-01-01 00:00:00"}, who="ROOT"),
        put({"Queue": "General"}),
        put({"Queue": "General"}, who="ROOT"),
        get("/ticket/1"),
        get("/ticket/1/history"),
    ]
    await compare(witness, script)


async def test_what_is_changed_and_what_is_refused(witness: RtWorld) -> None:
    bodies: list[dict[str, Any]] = [
        {"Subject": "s" * 230},
        {"Subject": "ü" * 120},
        {"Subject": "a\nb", "Nope": 1},
        {"Subject": ""},
        {"CustomFields": {"Severity": None}},
        {"CustomFields": {"Severity": ""}},
        {"CustomFields": {"Severity": "high"}},
        {"CustomFields": {"Severity": "HIGH", "Engineering issue": "x"}},
        {"CustomFields": {"Engineering issue": ["y"]}},
        {"CustomFields": {"3": "Pro"}},
        {"CustomFields": {"Severity": "Bogus"}},
        {"CustomFields": {"Severity": ""}},
        {"CustomFields": {"Customer tier": None}},
        {"Due": "2026-03-28T19:45:00Z"},
        {"Due": "2026-03-28T19:45:00Z"},
        {"Due": "2026-03-28T19:45:00+05:45", "Starts": "2026-03-01"},
        {"Due": "1970-01-01T00:00:00Z"},
        {"Due": "nonsense"},
        {"TimeEstimated": "30"},
        {"TimeEstimated": "x"},
        {"TimeEstimated": ""},
        {"TimeWorked": 5},
        {"Status": "Open"},
        {"Status": "open"},
        {"Status": "Stalled"},
        {"Status": "bogus"},
        {"Status": "deleted"},
        {"Priority": "urgent"},
        {"Priority": "High"},
        {"Priority": 60},
        {"FinalPriority": "70"},
        {"Queue": "Nope"},
        {"Queue": "Support"},
        {"Queue": 3},
        {"Owner": "nope"},
        {"Owner": "carol@customer.test"},
        {"Owner": "anna"},
        {"Owner": "anna"},
        {"AddRefersTo": "http://a/b"},
        {"AddRefersTo": ["http://a/b", "http://c/d"]},
        {"RefersTo": ["http://e/f", "http://a/b"]},
        {"DeleteRefersTo": "http://e/f"},
        {"DeleteRefersTo": "http://e/f"},
        {"Cc": "dave@customer.test"},
        {"MergeInto": 1},
        {"MergeInto": 99},
    ]
    script = [post("/ticket", {**TICKET, "Status": "open"}, who="AGENT"), *map(put, bodies), *look("1")]
    # the number of somebody new is in the history: RT counts users together with groups
    script += [put({"Cc": ["dave@customer.test", "new@x.test"]}), put({"Cc": "new@x.test"}), get("/ticket/1")]
    await compare(witness, script)


async def test_who_may_not_and_what_is_not_there(witness: RtWorld) -> None:
    stale = {"If-Match": '"1"'}
    nothing: list[dict[str, Any]] = [{}, {"Queue": "General"}, {"Queue": "Nope"}]
    wrong: list[dict[str, Any]] = [
        {"Priority": "High"},
        {"Status": "bogus"},
        {"Status": "deleted"},
        {"Attachments": [{"FileName": "f"}]},
    ]
    file = {"FileName": "f", "FileType": "text/plain", "FileContent": ""}
    script = [
        *(post("/ticket", body) for body in nothing),
        *(post("/ticket", {"Queue": "Support", **body}) for body in wrong),
        post("/ticket", {"Queue": 3, "Owner": "nope", "CustomFields": {"Severity": "Bogus", "No": "x"}}),
        get("/ticket/1"),
        put({"Subject": "x"}, **stale),
        put({"Subject": "x"}, path="/ticket/99"),
        put([1]),
        post("/ticket/1/comment", {"Content": "x"}),
        post("/ticket/1/comment", TEXT, **stale),
        post("/ticket/99/comment", TEXT),
        post("/ticket/1/comment", {**TEXT, "Attachments": [file]}),
        *(get(path) for path in ("/ticket/99", "/ticket/99/history", "/ticket/abc", "/nope", "/user/nobodyknows")),
        get("/ticket/1", who="OUTSIDER"),
        *(get(f"/ticket/1/{what}", who="OUTSIDER", per_page="5") for what in ("history", "attachments")),
        put({"Subject": "x"}, who="OUTSIDER"),
        get("/tickets", who="OUTSIDER", query="id > 0"),
        get("/ticket/1", who="NOBODY"),
        Step("BOT", "GET", "/ticket/1", headers={"If-Unmodified-Since": "Sat, 21 Nov 2026 20:00:51 GMT"}),
        get("/ticket/1/attachments", fields="Parent"),
        post("/ticket/1/comment", TEXT),
        get("/ticket/1/attachments", fields="Parent"),
        *(get(path) for path in ("/queue/3", "/queue/1", "/customfield/2", "/user/anna", "/queues/all")),
        *(get(path, who="ROOT") for path in ("/queue/3", "/customfield/2", "/customfield/4")),
    ]
    await compare(witness, script)


async def test_what_is_searched_and_how_pages_are_cut(witness: RtWorld) -> None:
    queries = (
        "id > 0",
        "Creator = '__CurrentUser__' AND Creator != 'syncbot'",
        "RefersTo = 'syncd:Abc'",
        "RefersTo = 'syncd:abc'",
        "Queue = 'Support' AND (Status = 'new' OR Priority > 50)",
        "Subject = 'EXPORT fails'",
        "LastUpdated > '2026-01-01 00:00:00' AND LastUpdated < '2100-01-01'",
        "'CF.{Severity}' = 'Low'",
        "nonsense = 1",
        "",
    )
    script = [
        post("/ticket", {**TICKET, "RefersTo": "syncd:Abc", "CustomFields": {"Severity": "Low"}}),
        post("/ticket", {**TICKET, "Priority": 100, "Status": "resolved"}, who="AGENT"),
        *(get("/tickets", query=query, fields="Subject,Status,Queue,Priority") for query in queries),
        get("/tickets", query="id > 0", orderby="id", order="DESC", per_page="1"),
        get("/tickets", query="id > 0", orderby="id", per_page="1", page="2"),
        *(get("/ticket/1/history", who=who, per_page="1", page=page) for page in "123" for who in ("BOT", "AGENT")),
        get("/transactions", query="ObjectType = 'RT::Ticket' AND id >= 48", orderby="id", order="DESC"),
        get("/transactions", query="ObjectType = 'RT::Ticket' AND Type != 'Create' AND TicketQueue = 'Support'"),
        get("/transactions", query="Nope = 1"),
        get("/users", query='[{"field": "EmailAddress", "operator": "=", "value": "ANNA@support.test"}]'),
    ]
    await compare(witness, script)
