"""The queries and mutations of a simulated Linear that syncd or a test may send, over its workspace."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from syncd_linear.simulator.graphql import Resolver
from syncd_linear.simulator.shapes import Said, Shapes
from syncd_linear.simulator.state import Issue, StoredComment
from syncd_linear.simulator.workspace import Trouble, missing

if TYPE_CHECKING:
    from syncd_linear.simulator import LinearSimulator

Given = Mapping[str, Any]


class Operations:
    """For one request."""

    def __init__(self, simulator: LinearSimulator, shapes: Shapes) -> None:
        self.simulator = simulator
        self.workspace = simulator.workspace
        self.shapes = shapes

    def queries(self) -> dict[str, Resolver]:
        space, shapes = self.workspace, self.shapes
        states = [(state, team) for team in space.teams.values() for state in team.states]
        return {
            "viewer": lambda given: shapes.user(space.me),
            "issue": lambda given: shapes.issue(space.issue(given["id"])),
            "issues": self.issues,
            "comment": lambda given: shapes.comment(*space.comment(given["id"])),
            "comments": self.comments,
            "teams": lambda given: shapes.page(list(space.teams.values()), shapes.team, given),
            "workflowStates": lambda given: shapes.page(states, lambda row: shapes.state(*row), given),
            "issueLabels": lambda given: shapes.page(list(space.labels.values()), shapes.label, given),
            "users": self.users,
            "webhooks": lambda given: shapes.page(list(self._admin().hooks.values()), shapes.hook, given),
        }

    def mutations(self) -> dict[str, Resolver]:
        return {
            "issueCreate": self.create,
            "issueUpdate": self.update,
            "commentCreate": self.comment,
            "commentUpdate": self.rewrite,
            "commentDelete": self.unsay,
            "attachmentCreate": self.link,
            "fileUpload": self.upload,
            "issueLabelCreate": self.make_label,
            "webhookCreate": self.make_hook,
            "webhookUpdate": self.mend_hook,
            "webhookDelete": self.remove_hook,
        }

    # -- lists

    def issues(self, given: Given) -> Said:
        tests: dict[str, Callable[[Issue, Any], bool]] = {"updatedAt": lambda issue, by: _moment(issue.updated, by)}
        rows = [row for row in self.workspace.issues.values() if row.archived is None or given.get("includeArchived")]
        rows = [row for row in rows if _fits(row, given.get("filter"), tests)]
        return self.shapes.page(rows, self.shapes.issue, given, by=_ordering(given))

    def comments(self, given: Given) -> Said:
        tests: dict[str, Callable[[tuple[Issue, StoredComment], Any], bool]] = {
            "updatedAt": lambda row, by: _moment(row[1].updated, by),
            "issue": lambda row, by: by == {"null": False},
        }
        rows = [(issue, said) for issue in self.workspace.issues.values() for said in issue.comments]
        owner = {said.id: issue for issue, said in rows}
        found = [row[1] for row in rows if _fits(row, given.get("filter"), tests)]
        order: Callable[[StoredComment], datetime] = _ordering(given)
        return self.shapes.page(found, lambda said: self.shapes.comment(owner[said.id], said), given, by=order)

    def users(self, given: Given) -> Said:
        wanted = ((given.get("filter") or {}).get("email") or {}).get("eqIgnoreCase")
        if wanted is None:
            raise Trouble("this simulator finds users by address alone")
        rows = [user for user in self.workspace.users.values() if user.email.casefold() == wanted.casefold()]
        return self.shapes.page([user for user in rows if user.active], self.shapes.user, given)  # type: ignore[arg-type]

    # -- issues

    def create(self, given: Given) -> Said:
        wanted = dict(given["input"])
        team = self.workspace.team(wanted.pop("teamId"))
        id = wanted.pop("id", "")
        issue = self.workspace.create(team, {"title": None, **self._values(wanted)}, id=id)
        return {"success": True, "issue": self.shapes.issue(issue)}

    def update(self, given: Given) -> Said:
        issue = self.workspace.issue(given["id"])
        wanted = dict(given["input"])
        added, removed = wanted.pop("addedLabelIds", []), wanted.pop("removedLabelIds", [])
        values = self._values(wanted)
        if added or removed:
            known = {label.id: label for label in issue.labels if label.id not in removed}
            values["labels"] = tuple({**known, **{label.id: label for label in map(self._label, added)}}.values())
        if "team" in values and values["team"] is not issue.team:
            values["labels"] = tuple(each for each in values.get("labels", issue.labels) if each.team is None)
        self.workspace.update(issue, values)
        return {"success": True, "issue": self.shapes.issue(issue)}

    def _values(self, given: Given) -> dict[str, Any]:
        """The input's ids as what they stand for."""
        return dict(self._value(name, value) for name, value in given.items())

    def _value(self, name: str, value: Any) -> tuple[str, Any]:
        match name:
            case "title" | "description" | "priority" | "estimate":
                return name, value
            case "dueDate":
                return "due", date.fromisoformat(value) if value else None
            case "stateId":
                return "state", self._state(value)
            case "assigneeId":
                if value is not None and value not in self.workspace.users:
                    raise missing("User")
                return "assignee", self.workspace.users[value] if value else None
            case "teamId":
                return "team", self.workspace.team(value)
            case "labelIds":
                return "labels", tuple(map(self._label, value))
            case _:
                raise Trouble(f'Field "{name}" is not known to this simulator')

    def _state(self, id: str) -> Any:
        for team in self.workspace.teams.values():
            if found := team.state(id):
                return found
        raise missing("WorkflowState")

    def _label(self, id: str) -> Any:
        if id not in self.workspace.labels:
            raise missing("IssueLabel")
        return self.workspace.labels[id]

    # -- comments, links, files

    def comment(self, given: Given) -> Said:
        wanted = given["input"]
        issue = self.workspace.issue(wanted["issueId"])
        said = self.workspace.say(issue, wanted["body"], id=wanted.get("id", ""))
        return {"success": True, "comment": self.shapes.comment(issue, said)}

    def rewrite(self, given: Given) -> Said:
        issue, said = self.workspace.comment(given["id"])
        self.workspace.rewrite(issue, said, given["input"]["body"])
        return {"success": True, "comment": self.shapes.comment(issue, said)}

    def unsay(self, given: Given) -> Said:
        self.workspace.unsay(*self.workspace.comment(given["id"]))
        return {"success": True}

    def link(self, given: Given) -> Said:
        wanted = given["input"]
        issue = self.workspace.issue(wanted["issueId"])
        words = {name: wanted.get(name) or "" for name in ("url", "title", "subtitle")}
        return {"success": True, "attachment": self.shapes.link(self.workspace.link(issue, **words))}

    def upload(self, given: Given) -> Said:
        if given.get("makePublic"):
            raise Trouble("this simulator keeps no public files")
        file = self.workspace.place_file(given["filename"], given["contentType"], given["size"])
        return {"success": True, "uploadFile": self.simulator.upload_place(file)}

    # -- labels and webhooks

    def make_label(self, given: Given) -> Said:
        wanted = given["input"]
        team = self.workspace.team(wanted["teamId"]) if wanted.get("teamId") else None
        return {"success": True, "issueLabel": self.shapes.label(self.workspace.make_label(wanted["name"], team))}

    def make_hook(self, given: Given) -> Said:
        wanted, space = given["input"], self._admin()
        if not wanted.get("allPublicTeams") and not wanted.get("teamId"):
            raise Trouble("A webhook is for a team or for all public teams")
        made = space.hook(wanted["url"], wanted.get("secret") or space.new_id("secret"), wanted["resourceTypes"])
        made.label = wanted.get("label")
        return {"success": True, "webhook": self.shapes.hook(made)}

    def mend_hook(self, given: Given) -> Said:
        wanted, hook = given["input"], self._hook(given["id"])
        hook.url = wanted.get("url", hook.url)
        hook.secret = wanted.get("secret", hook.secret)
        hook.enabled = wanted.get("enabled", hook.enabled)
        hook.resources = tuple(wanted.get("resourceTypes", hook.resources))
        self.workspace.subscribe()
        return {"success": True, "webhook": self.shapes.hook(hook)}

    def remove_hook(self, given: Given) -> Said:
        del self.workspace.hooks[self._hook(given["id"]).id]
        self.workspace.subscribe()
        return {"success": True}

    def _hook(self, id: str) -> Any:
        if id not in self._admin().hooks:
            raise missing("Webhook")
        return self.workspace.hooks[id]

    def _admin(self) -> Any:
        if not self.workspace.me.admin:
            raise Trouble("You need to be an admin to access webhooks", code="FORBIDDEN", type="forbidden")
        return self.workspace


def _fits(row: Any, given: Given | None, tests: Mapping[str, Callable[[Any, Any], bool]]) -> bool:
    for name, comparator in (given or {}).items():
        if name not in tests:
            raise Trouble(f'Field "{name}" is not known to the filter of this simulator')
        if not tests[name](row, comparator):
            return False
    return True


def _moment(moment: datetime, comparator: Given) -> bool:
    tests: dict[str, Callable[[datetime], bool]] = {
        "gte": lambda than: moment >= than,
        "gt": lambda than: moment > than,
    }
    return all(tests[name](datetime.fromisoformat(than)) for name, than in comparator.items())


def _ordering(given: Given) -> Callable[[Any], datetime]:
    if given.get("orderBy") == "updatedAt":
        return lambda row: row.updated
    return lambda row: row.created
