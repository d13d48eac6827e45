"""One long life of a Redmine in requests: everything that the connector asks, every silent refusal, every trap.

It goes the same way at a real server and at the simulator; each write has a second of its own.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.connectors.redmine.play import BYTES, Play


async def life(play: Play) -> None:
    await settings(play)
    await creates(play)
    await updates(play)
    await notes(play)
    await files(play)
    await privacy(play)
    await moves(play)
    await lists(play)
    await ends(play)


async def settings(play: Play) -> None:
    for who in ("nobody", "BOT", "REPORTER", "OUTSIDER", "ADMIN"):
        await play(who, "GET /users/current.json?include=memberships")
    await play("BOT", "GET /users/current.json", headers={"x-redmine-switch-user": "alice"})
    await play("ADMIN", "GET /users/current.json", headers={"x-redmine-switch-user": "alice"})
    await play("ADMIN", "GET /users/current.json", headers={"x-redmine-switch-user": "no-such-user"})
    for path in ("users/7", "users/99", "users", "roles/3", "roles/4", "roles/99", "custom_fields", "issue_statuses"):
        await play("BOT", f"GET /{path}.json")
    for path in ("users/7", "users", "users.json?name=bob@eng.test", "users.json?name=BOB", "custom_fields"):
        await play("ADMIN", f"GET /{path if '?' in path else path + '.json'}")
    for who in ("BOT", "OUTSIDER"):
        await play(who, "GET /projects.json?include=trackers&limit=100")
        await play(who, "GET /projects/1.json?include=issue_categories")
        await play(who, "GET /projects/eng.json")
        await play(who, "GET /projects/1/versions.json")
        await play(who, "GET /projects/99.json")
    for path in ("trackers", "enumerations/issue_priorities"):
        await play("OUTSIDER", f"GET /{path}.json?limit=100")
    await play("BOT", "GET /issues")


async def creates(play: Play) -> None:
    await play.make("MANAGER", tracker_id=1, subject="Export fails")
    fields = {"priority_id": "4", "category_id": 1, "fixed_version_id": "1", "assigned_to_id": 7, "done_ratio": 30}
    times = {"start_date": "2026-03-01", "due_date": "2026-03-29", "estimated_hours": "1h30m"}
    custom = [{"id": 1, "value": "http://desk.test/1#syncd=k"}, {"id": "2", "value": "S2"}, {"id": 9, "value": "x"}]
    text = {"subject": "Import fails", "description": "one\n\ntwo\r\nthree\rfour"}
    await play.make(
        "BOT", tracker_id=2, status_id=2, watcher_user_ids=[8], custom_fields=custom, **fields, **times, **text
    )
    await play.read("BOT", 2)
    for wrong in (
        {"subject": ""},
        {"subject": "x" * 256},
        {"subject": None},
        {"priority_id": 99},
        {"priority_id": ""},
        {"due_date": "2026-02-30"},
        {"due_date": "tomorrow"},
        {"start_date": "2026-03-29", "due_date": "2026-03-01"},
        {"estimated_hours": "soon"},
        {"estimated_hours": -1},
        {"done_ratio": 150},
        {"assigned_to_id": 999},
        {"assigned_to_id": 9},
        {"category_id": 99},
        {"fixed_version_id": 99},
        {"custom_fields": [{"id": 2, "value": "S9"}, {"id": 1, "value": "x" * 501}]},
        {"subject": "", "priority_id": 99, "category_id": 99, "custom_fields": [{"id": 2, "value": "S9"}]},
        {"subject": "", "uploads": [{"token": "7.abc"}]},
        {"project_id": "nowhere"},
        {"project_id": None},
        {"subject": "a\0b"},
    ):
        await play.make("BOT", **{"subject": "Refused", **wrong})
    await play.make("OUTSIDER", subject="Refused")
    await play("OUTSIDER", "POST /issues.json", {"issue": {"project_id": "nowhere", "subject": "Refused"}})
    await play.make("REPORTER", subject="  By Rita  ", tracker_id=99, is_private=True, watcher_user_ids=[7])
    await play("nobody", "POST /issues.json", {"issue": {"project_id": "eng", "subject": "Refused"}})
    await play("BOT", "POST /issues.json", content=b"{", headers={"content-type": "application/json"})


async def updates(play: Play) -> None:
    for given in (
        {},
        {"subject": "Export fails"},
        {"subject": "Renamed", "priority_id": 3},
        {"status_id": 2},
        {"status_id": 77, "nope": 1, "custom_fields": [{"id": 44, "value": "x"}]},
        {"status_id": "5", "done_ratio": "50"},
        {"status_id": 1, "done_ratio": ""},
        {"assigned_to_id": 7},
        {"assigned_to_id": None, "status_id": None, "tracker_id": None, "project_id": None},
        {"assigned_to_id": ""},
        {"description": "a\nb"},
        {"description": ""},
        {"estimated_hours": "1:30", "start_date": "", "due_date": "2026-01-01"},
        {"estimated_hours": 2, "start_date": "2026-02-01"},
        {"estimated_hours": "", "due_date": None},
        {"estimated_hours": None},
        {"category_id": "1", "fixed_version_id": 1, "custom_fields": [{"id": 2, "value": "S1"}]},
        {"category_id": "", "fixed_version_id": None, "custom_fields": [{"id": "2", "value": None}, {"id": 1}]},
        {"tracker_id": 2},
        {"tracker_id": 3},
        {"tracker_id": 99},
        {"project_id": "nowhere"},
        {"priority_id": None},
        {"subject": " "},
        {"subject": "   two  blanks\tand a tab "},
        {"custom_fields": [{"id": 2, "value": "S9"}]},
        {"custom_fields": [{"id": 1, "value": "a\0b"}]},
        {"custom_fields": [{"id": 1, "value": True}]},
    ):
        await play.put("BOT", 1, **given)
        await play.read("BOT", 1, include="journals")
    await play.put("DEVELOPER", 1, status_id=6, subject="By Bob")
    await play.read("DEVELOPER", 1, include="allowed_statuses")
    await play.put("REPORTER", 1, subject="By Rita", status_id=5)
    await play.read("REPORTER", 1, include="allowed_statuses")
    await play.read("ADMIN", 1, include="allowed_statuses")
    await play.put("OUTSIDER", 1, subject="Refused")
    await play.put("BOT", 999, subject="Refused")
    await play("BOT", "PUT /issues/1.json", {"other": 1})
    await play.put("MANAGER", 2, status_id=5)
    for who in ("BOT", "DEVELOPER", "REPORTER", "ADMIN"):
        await play.read(who, 2, include="allowed_statuses")


async def notes(play: Play) -> None:
    await play.put("BOT", 3, notes="for all\nto read")
    await play.put("BOT", 3, notes="for us", private_notes=True)
    await play.put("BOT", 3, notes="with a change", private_notes=True, priority_id=4)
    await play.put("BOT", 3, notes="", private_notes=True, priority_id=3)
    await play.put("BOT", 3, notes="  ", private_notes="1")
    await play.put("REPORTER", 3, notes="meant for us", private_notes=True)
    await play.put("BOT", 3, notes="a\0b")
    await play.put("DEVELOPER", 3, notes=None, subject="By Bob, no note")
    for who in ("BOT", "REPORTER", "MANAGER"):
        await play.read(who, 3)
    shown = (await play.read("BOT", 3))["issue"]["journals"]
    public, private, ritas = shown[0]["id"], shown[1]["id"], shown[-2]["id"]
    for who, number, given in (
        ("BOT", public, {"notes": "edited"}),
        ("BOT", ritas, {"notes": "refused"}),
        ("DEVELOPER", public, {"notes": "refused"}),
        ("REPORTER", private, {"notes": "refused"}),
        ("MANAGER", ritas, {"notes": "by Alice", "private_notes": True}),
        ("BOT", private, {"notes": ""}),
        ("BOT", shown[2]["id"], {"notes": ""}),
        ("BOT", 9999, {"notes": "refused"}),
    ):
        await play(who, f"PUT /journals/{number}.json", {"journal": given})
        await play.read("BOT", 3)
    await play("BOT", "POST /issues/3/watchers.json", {"user_id": 7})
    await play("BOT", "DELETE /issues/3/watchers/7.json")
    await play("MANAGER", "DELETE /issues/3/watchers/7.json")
    await play.read("BOT", 3)
    await play.read("REPORTER", 3)


async def files(play: Play) -> None:
    token = await play.upload("BOT", "all bytes.bin", bytes(range(256)))
    await play.read("BOT", 3)
    await play("MANAGER", "GET /attachments/download/1")
    await play("BOT", "GET /attachments/1.json")
    await play.put("BOT", 3, notes="see", uploads=[{"token": token}], priority_id=2)
    await play.put("BOT", 3, notes="again", uploads=[{"token": token, "filename": "b.bin"}])
    text = await play.upload("BOT", "K%C3%B6ln.log", b"log\r\n")
    upload = {"token": text, "filename": "a/b:Köln.log", "content_type": "text/plain", "description": " a log "}
    await play.put("BOT", 3, notes="for us", private_notes=True, uploads=[upload])
    await play.put("BOT", 3, subject="with a wrong token", uploads=[{"token": "1.abc"}])
    await play("BOT", "POST /uploads.json?filename=x", content=b"x", headers={"content-type": "text/plain"})
    await play("OUTSIDER", "POST /uploads.json?filename=x", content=b"x", headers=BYTES)
    await play.upload("BOT", "big.bin", b"x" * (5 * 1024 * 1024 + 1))
    await play("REPORTER", "GET /attachments/download/2")
    await play("REPORTER", "GET /attachments/download/2/wrong.log")
    await play("OUTSIDER", "GET /attachments/download/2")
    await play("BOT", "GET /attachments/download/99")
    await play.read("BOT", 3)
    await play("REPORTER", "DELETE /attachments/2.json")
    await play("BOT", "DELETE /attachments/2.json")
    await play("BOT", "GET /attachments/2.json")
    await play.read("REPORTER", 3)


async def privacy(play: Play) -> None:
    await play.put("DEVELOPER", 2, is_private=True)
    await play.put("BOT", 2, is_private=True)
    for who in ("REPORTER", "DEVELOPER", "MANAGER", "OUTSIDER", "nobody"):  # it is assigned to Bob
        await play.read(who, 2)
        await play.list(who, status_id="*")


async def moves(play: Play) -> None:
    await play.put("MANAGER", 3, category_id=1, fixed_version_id=1, assigned_to_id=1)
    await play.put("MANAGER", 3, project_id="tools")
    await play.read("BOT", 3)
    await play.put("BOT", 3, subject="written after the move", custom_fields=[{"id": 2, "value": "S4"}])
    await play.put("BOT", 3, category_id=1)
    await play.put("MANAGER", 3, project_id=1)
    await play.read("BOT", 3)


async def lists(play: Play) -> None:
    newest = (await play.list("BOT", status_id="*", sort="updated_on:desc"))["issues"][0]["updated_on"]
    for given in (
        {},
        {"status_id": "open"},
        {"status_id": "c"},
        {"status_id": "1|2"},
        {"status_id": "!5"},
        {"status_id": "*", "limit": 500},
        {"status_id": "*", "limit": 0},
        {"status_id": "*", "limit": 1, "offset": 1, "sort": "id"},
        {"status_id": "*", "sort": "updated_on:desc,id"},
        {"status_id": "*", "sort": "created_on,id:desc"},
        {"status_id": "*", "sort": "nonsense"},
        {"status_id": "*", "author_id": "me"},
        {"status_id": "*", "assigned_to_id": "!*"},
        {"status_id": "*", "assigned_to_id": "*"},
        {"status_id": "*", "tracker_id": "2"},
        {"status_id": "*", "issue_id": "1,3"},
        {"status_id": "*", "project_id": "tools"},
        {"project_id": "nowhere"},
        {"status_id": "*", "subject": "~MOVE written"},
        {"status_id": "*", "subject": "!~move"},
        {"status_id": "*", "cf_1": "~#SYNCD=k"},
        {"status_id": "*", "cf_1": "http://desk.test/1#syncd=k"},
        {"status_id": "*", "cf_1": "http://desk.test/1"},
        {"status_id": "*", "cf_2": "S4|S1"},
        {"status_id": "*", "cf_9": "nothing"},
        {"status_id": "*", "no_such_filter": "nothing"},
        {"status_id": "*", "updated_on": "soon"},
        {"status_id": "*", "updated_on": ">=2026-13-01T00:00:00Z"},
        {"status_id": "*", "updated_on": f">={newest}"},
        {"status_id": "*", "updated_on": f">={later(newest, 1)}"},
        {"status_id": "*", "updated_on": f">={later(newest, 2)}"},
        {"status_id": "*", "updated_on": f"<={newest}"},
        {"status_id": "*", "updated_on": f"<={later(newest, 1)}"},
        {"status_id": "*", "updated_on": f"><2000-01-01|{newest}"},
        {"status_id": "*", "updated_on": newest[:10]},
        {"status_id": "*", "created_on": "<=2001-01-01"},
    ):
        await play.list("BOT", **given)
    await play.list("OUTSIDER", status_id="*")
    await play.list("OUTSIDER", project_id="eng")


def later(stamp: str, seconds: int) -> str:
    return f"{datetime.fromisoformat(stamp) + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%SZ}"


async def ends(play: Play) -> None:
    await play("BOT", "DELETE /issues/3.json")
    await play("OUTSIDER", "DELETE /issues/3.json")
    await play("MANAGER", "DELETE /issues/3.json")
    await play("MANAGER", "DELETE /issues/3.json")
    await play.read("BOT", 3)
    await play.put("BOT", 3, notes="too late")
    await play("BOT", "GET /attachments/1.json")
    await play.list("BOT", status_id="*", sort="id")
    await play.make("BOT", subject="Its number is not given again")
