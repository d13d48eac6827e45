"""The simulated site's state as Jira's JSON: for Cloud and for Data Center, with documents and with wiki text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import quote

from syncd.sdk.testing.simulator import Account
from syncd_jira.adf import from_adf
from syncd_jira.adf_writer import to_adf
from syncd_jira.fields import jira_time
from syncd_jira.simulator import scheme
from syncd_jira.simulator.site import Change, Issue, SiteComment, SiteFile
from syncd_jira.wiki import from_wiki
from syncd_jira.wiki_writer import to_wiki

HIDDEN = "hidden e-mail"
"""The scope of an account whose profile does not show its address."""

CUSTOMER = "customer"
"""The scope of an account that has the portal and nothing else."""

ZONE = timezone(timedelta(hours=2))
"""The account's own zone: Jira does not answer in UTC."""

COLOURS = {"new": "blue-gray", "indeterminate": "yellow", "done": "green"}
CATEGORIES = {"new": (2, "To Do"), "indeterminate": (4, "In Progress"), "done": (3, "Done")}


@dataclass(frozen=True, slots=True)
class Shapes:
    """One way to say the site: `cloud` people have account ids, `documents` texts are ADF; webhooks mix the two."""

    url: str
    cloud: bool
    documents: bool
    account: Callable[[str], Account | None]

    @property
    def api(self) -> str:
        return f"{self.url}/rest/api/{3 if self.documents else 2}"

    def time(self, at: datetime) -> str:
        return jira_time(at.astimezone(ZONE))

    def text(self, value: Any) -> Any:
        """A rich text in this way's format, whatever it was written in."""
        if value is None or isinstance(value, dict) is self.documents:
            return value
        return _as_document(value) if self.documents else _as_wiki(value)

    def user(self, account: Account) -> dict[str, Any]:
        shown = {"displayName": account.name, "active": True, "timeZone": "Europe/Berlin"}
        if HIDDEN not in account.scopes and account.email:
            shown["emailAddress"] = account.email
        if self.cloud:
            address = f"{self.api}/user?accountId={quote(account.id)}"
            kind = "customer" if CUSTOMER in account.scopes else "atlassian"
            return {"self": address, "accountId": account.id, "accountType": kind, **shown}
        address = f"{self.api}/user?username={quote(account.id)}"
        return {"self": address, "name": account.id, "key": f"JIRAUSER-{account.id}", **shown}

    # -- issues

    def issue(self, issue: Issue, *, fields: str = "*all", changelog: bool = False) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "id": issue.id,
            "self": f"{self.api}/issue/{issue.id}",
            "key": issue.key,
            "fields": self.fields(issue, fields),
        }
        if self.cloud:
            shown["expand"] = "renderedFields,names,schema,operations,editmeta,changelog,versionedRepresentations"
        if changelog:
            histories = [self.change(each) for each in reversed(issue.log)]
            page = {"startAt": 0, "maxResults": len(histories), "total": len(histories)}
            if self.cloud and len(histories) > 100:
                page["maxResults"], histories = 100, histories[:100]
            shown["changelog"] = {**page, "histories": histories}
        return shown

    def fields(self, issue: Issue, wanted: str) -> dict[str, Any]:
        """Those asked for: `*all`, names, and names with a minus."""
        names = [name.strip() for name in wanted.split(",") if name.strip()]
        without = {name[1:] for name in names if name.startswith("-")}
        everything = not names or bool({"*all", "*navigable"} & set(names))
        chosen = [each for each in scheme.FIELDS if (everything or each.id in names) and each.id not in without]
        return {each.id: self.field(issue, each) for each in chosen} | self._archived(issue, everything)

    def _archived(self, issue: Issue, everything: bool) -> dict[str, Any]:
        return {"archiveddate": self.time(issue.archived)} if issue.archived and everything else {}

    def field(self, issue: Issue, known: scheme.SiteField) -> Any:
        match known.id:
            case "project":
                return self.project(issue.project)
            case "issuetype":
                return self.issue_type(issue.type_id)
            case "status":
                return self.status(issue.status)
            case "created" | "updated":
                return self.time(issue.created if known.id == "created" else issue.updated)
            case "creator":
                return self.user(issue.creator)
            case "comment":
                return self.comments(issue.comments)
            case "customfield_10010":
                return self.request(issue) if issue.request_type else None
            case "customfield_10002":
                return [self.organisation()] if issue.request_type else []
            case "customfield_10060":
                return self.service_level() if issue.project.is_desk else None
            case "attachment":
                return [self.file(each) for each in issue.files]
            case _:
                return self.value(known, issue.values.get(known.id))

    def value(self, known: scheme.SiteField, value: Any) -> Any:
        if known.type == "array" and known.items == "string":
            return value or []
        if known.type == "array" and known.items != "json":
            return [self.option(known, word) for word in value or ()]
        if value is None:
            return None
        if known.type == "user":
            account = self.account(value)
            return self.user(account) if account else None
        if known.rich:
            return self.text(value)
        return self.option(known, value) if known.options else value

    def option(self, known: scheme.SiteField, word: str) -> dict[str, Any]:
        id = scheme.option_id(known, word)
        if known.shape in ("option", "option-with-child"):
            parent, _, child = word.partition("/")
            shown: dict[str, Any] = {"self": f"{self.api}/customFieldOption/{id}", "value": parent, "id": id}
            return {**shown, "child": {"self": shown["self"], "value": child, "id": f"{id}1"}} if child else shown
        return {"self": f"{self.api}/{known.shape}/{id}", "name": word, "id": id}

    def project(self, project: scheme.Project) -> dict[str, Any]:
        shown = {"self": f"{self.api}/project/{project.id}", "id": project.id, "key": project.key, "name": project.name}
        return {**shown, "projectTypeKey": project.kind, "simplified": False} if self.cloud else shown

    def whole_project(self, project: scheme.Project) -> dict[str, Any]:
        return {**self.project(project), "issueTypes": [self.issue_type(id) for id in scheme.ISSUE_TYPES]}

    def service_desk(self, project: scheme.Project) -> dict[str, Any]:
        desk = {"id": project.id, "projectId": project.id, "projectName": project.name, "projectKey": project.key}
        return {**desk, "_links": {"self": f"{self.url}/rest/servicedeskapi/servicedesk/{project.id}"}}

    def request(self, issue: Issue) -> dict[str, Any]:
        """The value of the field for the request type, which links to the portal too."""
        links = {
            "self": f"{self.url}/rest/servicedeskapi/request/{issue.id}",
            "jiraRest": f"{self.api}/issue/{issue.id}",
            "web": f"{self.url}/servicedesk/customer/portal/{issue.project.id}/{issue.key}",
            "agent": f"{self.url}/browse/{issue.key}",
        }
        kind = {"id": "26", "name": issue.request_type, "serviceDeskId": issue.project.id}
        return {"_links": links, "requestType": kind, "currentStatus": {"status": issue.status.name}}

    def organisation(self) -> dict[str, Any]:
        links = {"self": f"{self.url}/rest/servicedeskapi/organization/1"}
        return {"id": "1", "name": scheme.ORGANISATION, "_links": links}

    def service_level(self) -> dict[str, Any]:
        return {"id": "1", "name": "Time to resolution", "_links": {}, "completedCycles": []}

    def issue_type(self, id: str) -> dict[str, Any]:
        shown = {"self": f"{self.api}/issuetype/{id}", "id": id, "name": scheme.ISSUE_TYPES[id], "subtask": False}
        return {**shown, "hierarchyLevel": 0} if self.cloud else shown

    def status(self, status: scheme.Status) -> dict[str, Any]:
        id, name = CATEGORIES[status.category]
        category = {"self": f"{self.api}/statuscategory/{id}", "id": id, "key": status.category, "name": name}
        category["colorName"] = COLOURS[status.category]
        return {
            "self": f"{self.api}/status/{status.id}",
            "id": status.id,
            "name": status.name,
            "statusCategory": category,
        }

    # -- threads and history

    def comments(self, comments: list[SiteComment], *, start: int = 0, size: int = 50, properties: bool = False) -> Any:
        """A page; inside an issue too, where Jira never shows properties."""
        page = comments[start : start + size]
        shown = [self.comment(each, properties=properties) for each in page]
        return {"comments": shown, "startAt": start, "maxResults": size, "total": len(comments)}

    def comment(self, comment: SiteComment, *, properties: bool = False) -> dict[str, Any]:
        author = self.user(comment.author)
        shown: dict[str, Any] = {
            "self": f"{self.api}/comment/{comment.id}",
            "id": comment.id,
            "author": author,
            "updateAuthor": author,
            "body": self.text(comment.body),
            "created": self.time(comment.created),
            "updated": self.time(comment.updated),
        }
        if self.cloud:
            shown["jsdPublic"] = comment.public
        if comment.restricted:
            shown["visibility"] = dict(comment.restricted)
        if properties:
            shown["properties"] = [{"key": key, "value": value} for key, value in comment.properties.items()]
        return shown

    def file(self, file: SiteFile) -> dict[str, Any]:
        where = f"{self.api}/attachment/content/{file.id}"
        return {
            "self": f"{self.api}/attachment/{file.id}",
            "id": file.id,
            "filename": file.name,
            "author": self.user(file.author),
            "created": self.time(file.created),
            "size": len(file.content),
            "mimeType": file.media_type,
            "content": where if self.cloud else f"{self.url}/secure/attachment/{file.id}/{quote(file.name)}",
        }

    def change(self, change: Change) -> dict[str, Any]:
        items = [self._item(item.field, item.before, item.after) for item in change.items]
        return {"id": change.id, "author": self.user(change.author), "created": self.time(change.at), "items": items}

    def _item(self, name: str, before: tuple[str | None, Any], after: tuple[str | None, Any]) -> dict[str, Any]:
        known = scheme.BY_ID.get(name)
        shown: dict[str, Any] = {
            "field": known.name if known and known.custom else name,
            "fieldtype": "custom" if known and known.custom else "jira",
            **({"fieldId": name} if known and self.cloud else {}),
        }
        for word, (id, said) in (("from", before), ("to", after)):
            named = self.account(id) if known and known.type == "user" and id else None
            shown |= _given(word, id)
            shown |= _given("fromString" if word == "from" else "toString", named.name if named else self._words(said))
        return shown

    def _words(self, said: Any) -> Any:
        return _as_wiki(said) if isinstance(said, dict) else said

    # -- screens

    def screen_field(self, known: scheme.SiteField, *, required: bool, create: bool) -> dict[str, Any]:
        """One field of a create screen or of a transition's."""
        shown: dict[str, Any] = {
            "required": required,
            "name": known.name,
            "schema": self.schema(known),
            "hasDefaultValue": known.id == "priority",
            "operations": ["add", "set", "remove"] if known.type == "array" else ["set"],
        }
        if known.options:
            shown["allowedValues"] = [self.option(known, word) for word in known.options]
        if self.cloud:
            shown["key"] = known.id
        return {**shown, "fieldId": known.id} if create or not self.cloud else shown

    def schema(self, known: scheme.SiteField) -> dict[str, Any]:
        shown: dict[str, Any] = {"type": known.type} | ({"items": known.items} if known.items else {})
        if known.custom:
            return {**shown, "custom": known.custom, "customId": int(known.id.removeprefix("customfield_"))}
        return {**shown, "system": known.id}

    def transition(self, transition: scheme.Transition) -> dict[str, Any]:
        screen = {
            id: self.screen_field(scheme.BY_ID[id], required=need, create=False) for id, need in transition.screen
        }
        shown = {"id": transition.id, "name": transition.name, "to": self.status(scheme.status_named(transition.to))}
        if not self.cloud:
            return {**shown, "fields": screen}
        marks = {
            "hasScreen": bool(screen),
            "isGlobal": False,
            "isInitial": False,
            "isAvailable": True,
            "isConditional": False,
        }
        return {**shown, **marks, "looped": False, "fields": screen}

    def catalogue(self, known: scheme.SiteField) -> dict[str, Any]:
        """One entry of GET /field."""
        flags = {"custom": bool(known.custom), "orderable": True, "navigable": True, "searchable": True}
        shown = {"id": known.id, "name": known.name, "clauseNames": [known.id], "schema": self.schema(known), **flags}
        return {**shown, "key": known.id} if self.cloud else shown


def _given(name: str, value: Any) -> Mapping[str, Any]:
    """Jira's own description knows no null in a change log: what is empty is left out."""
    return {} if value is None else {name: value}


def _as_document(words: str) -> dict[str, Any]:
    """Wiki text as API v3 shows it. Jira itself converts, and takes nothing out of a text as our writers do."""
    return to_adf(from_wiki(words).document).source


def _as_wiki(document: Mapping[str, Any]) -> str:
    return to_wiki(from_adf(document).document).source
