"""The simulated organisation's JSON, in the shapes of the vendor's description and its http-examples. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from syncd.sdk.testing.simulator import Account
from syncd_azuredevops.simulator.scheme import FIELDS, FieldType, ItemType, StoredProject
from syncd_azuredevops.simulator.stored import Revision, StoredComment, StoredItem, StoredRelation, StoredUpload

FAR = "9999-01-01T00:00:00Z"


def stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def mention(account: Account | None) -> str:
    return f"{account.name} <{account.email}>" if account else ""


def listed(rows: Iterable[Any]) -> dict[str, Any]:
    value = list(rows)
    return {"count": len(value), "value": value}


class Shapes:
    """`site` is the address of the organisation."""

    def __init__(self, site: str) -> None:
        self.site = site

    # -- people

    def person(self, account: Account) -> dict[str, Any]:
        return {
            "displayName": account.name,
            "url": f"{self.site}/_apis/Identities/{account.id}",
            "_links": {"avatar": {"href": f"{self.site}/_apis/GraphProfile/MemberAvatars/aad.{account.id}"}},
            "id": account.id,
            "uniqueName": account.email,
            "imageUrl": f"{self.site}/_api/_common/identityImage?id={account.id}",
            "descriptor": f"aad.{account.id}",
        }

    def identity(self, account: Account) -> dict[str, Any]:
        text = "System.String"
        return {
            "id": account.id,
            "providerDisplayName": account.name,
            "isActive": "inactive" not in account.scopes,
            "isContainer": "group" in account.scopes,
            "subjectDescriptor": f"aad.{account.id}",
            "properties": {
                "Account": {"$type": text, "$value": account.email},
                "Mail": {"$type": text, "$value": account.email},
            },
        }

    def sign_in(self, account: Account) -> dict[str, Any]:
        return {"authenticatedUser": self.identity(account), "instanceId": "f844ec47-a9db-4511-8281-8b63f4eaf94e"}

    # -- the organisation

    def project(self, project: StoredProject) -> dict[str, Any]:
        about = {"state": "wellFormed", "revision": 11, "visibility": project.visibility}
        return {"id": project.id, "name": project.name, "url": f"{self.site}/_apis/projects/{project.id}", **about}

    def definition(self, known: FieldType) -> dict[str, Any]:
        return {
            "name": known.name,
            "referenceName": known.ref,
            "type": known.type,
            "usage": "workItem",
            "readOnly": known.read_only,
            "isIdentity": known.identity,
            "isPicklist": bool(known.words) and known.ref.startswith("Custom."),
            "url": f"{self.site}/_apis/wit/fields/{known.ref}",
        }

    def type(self, kind: ItemType) -> dict[str, Any]:
        names = [name for name, _ in kind.states]
        return {
            "name": kind.name,
            "referenceName": f"Microsoft.VSTS.WorkItemTypes.{kind.name.replace(' ', '')}",
            "isDisabled": False,
            "fields": [self._instance(FIELDS[ref]) for ref in sorted(kind.fields)],
            "states": [{"name": name, "color": "b2b2b2", "category": category} for name, category in kind.states],
            "transitions": {name: [{"to": to} for to in names if to != name and kind.may(name, to)] for name in names},
        }

    def words(self, kind: ItemType) -> list[dict[str, Any]]:
        """Fields of a type; states are no allowed values of theirs."""
        return [
            {**self._instance(FIELDS[ref]), "allowedValues": list(FIELDS[ref].words)} for ref in sorted(kind.fields)
        ]

    def _instance(self, known: FieldType) -> dict[str, Any]:
        required = known.ref in ("System.Title", "System.State")
        address = f"{self.site}/_apis/wit/fields/{known.ref}"
        return {"name": known.name, "referenceName": known.ref, "alwaysRequired": required, "url": address}

    # -- work items

    def item(self, item: StoredItem, *, relations: bool = True, names_comment: bool = True) -> dict[str, Any]:
        made: dict[str, Any] = {"id": item.id, "rev": item.rev, "fields": self.fields(item)}
        if relations and item.relations:
            made["relations"] = [self.relation(each) for each in item.relations]
        if item.commented and names_comment:
            made["commentVersionRef"] = self._version(item, item.commented)
        return {**made, **self._addresses(f"{self.site}/_apis/wit/workItems/{item.id}")}

    def fields(self, item: StoredItem, *, texts: bool = False) -> dict[str, Any]:
        """People are objects, but texts in answers about deleted work items and in webhooks."""
        every = {
            **item.fields,
            "System.TeamProject": item.project.name,
            "System.WorkItemType": item.type.name,
            "System.CreatedDate": stamp(item.created),
            "System.CreatedBy": item.author,
            "System.ChangedDate": stamp(item.changed or item.created),
            "System.ChangedBy": item.changed_by or item.author,
            "System.CommentCount": len(item.shown),
        }
        shown = {name: self._value(value, texts=texts) for name, value in sorted(every.items())}
        if item.commented and not item.commented.deleted and item.commented.version == 1:
            shown["System.History"] = item.commented.text
        return shown

    def _value(self, value: Any, *, texts: bool) -> Any:
        if isinstance(value, Account):
            return mention(value) if texts else self.person(value)
        return value

    def relation(self, relation: StoredRelation) -> dict[str, Any]:
        at = stamp(relation.at)
        told: dict[str, Any] = {"authorizedDate": at, "id": relation.id, "resourceCreatedDate": at}
        told |= {"resourceModifiedDate": at, "revisedDate": FAR}
        if relation.comment:
            told["comment"] = relation.comment
        if relation.upload:
            told |= {"resourceSize": len(relation.upload.content), "name": relation.upload.name}
        return {"rel": relation.rel, "url": relation.url, "attributes": told}

    def upload(self, upload: StoredUpload) -> dict[str, Any]:
        url = f"{self.site}/_apis/wit/attachments/{upload.id}?fileName={quote(upload.name)}"
        return {"id": upload.id, "url": url}

    def deleted(self, item: StoredItem) -> dict[str, Any]:
        at = (item.deleted or item.created).astimezone(UTC)
        half = f"{at.month}/{at.day}/{at.year} {at.hour % 12 or 12}:{at:%M:%S} {'AM' if at.hour < 12 else 'PM'}"
        address = f"{self.site}/_apis/wit/recyclebin/{item.id}"
        resource = {"id": item.id, "rev": item.rev, "fields": self.fields(item, texts=True), **self._addresses(address)}
        about = {"type": item.type.name, "name": item.fields["System.Title"], "project": item.project.name}
        gone = {"deletedDate": half, "deletedBy": mention(item.deleted_by), "code": 200}
        return {"id": item.id, **about, **gone, "url": address, "resource": resource}

    def revision(self, revision: Revision, fields: Iterable[str]) -> dict[str, Any]:
        every = {
            "System.Id": revision.item.id,
            "System.Rev": revision.rev,
            "System.TeamProject": revision.project,
            "System.ChangedDate": stamp(revision.at),
            "System.IsDeleted": revision.deleted,
        }
        return {
            "id": revision.item.id,
            "rev": revision.rev,
            "fields": {name: every[name] for name in fields if name in every},
        }

    def _addresses(self, address: str) -> dict[str, Any]:
        return {"_links": {"self": {"href": address}}, "url": address}

    # -- comments

    def comment(self, item: StoredItem, comment: StoredComment) -> dict[str, Any]:
        return {
            "workItemId": item.id,
            "id": comment.id,
            "version": comment.version,
            "text": comment.text,
            "format": comment.format,
            "createdBy": self.person(comment.author),
            "createdDate": stamp(comment.created),
            "modifiedBy": self.person(comment.modified_by),
            "modifiedDate": stamp(comment.modified),
            "isDeleted": comment.deleted,
            "url": self._comment_address(item, comment),
        }

    def _version(self, item: StoredItem, comment: StoredComment) -> dict[str, Any]:
        return {"commentId": comment.id, "version": comment.version, "url": self._comment_address(item, comment)}

    def _comment_address(self, item: StoredItem, comment: StoredComment) -> str:
        return f"{self.site}/{item.project.id}/_apis/wit/workItems/{item.id}/comments/{comment.id}"

    # -- webhooks

    def event(self, kind: str, item: StoredItem, *, id: str, at: datetime, before: Mapping[str, Any]) -> dict[str, Any]:
        """As in the samples of service-hooks/events; without messages, where none are asked for."""
        resource = self._updated(item, before) if kind == "updated" else self._told(item)
        return {
            "id": id,
            "eventType": f"workitem.{kind}",
            "publisherId": "tfs",
            "resource": resource,
            "resourceVersion": "1.0",
            "resourceContainers": {"project": {"id": item.project.id}},
            "createdDate": at.astimezone(UTC).isoformat().replace("+00:00", "") + "Z",
        }

    def _told(self, item: StoredItem) -> dict[str, Any]:
        fields = {name: value for name, value in self.fields(item, texts=True).items() if name != "System.CommentCount"}
        return {
            "id": item.id,
            "rev": item.rev,
            "fields": fields,
            **self._addresses(f"{self.site}/_apis/wit/workItems/{item.id}"),
        }

    def _updated(self, item: StoredItem, before: Mapping[str, Any]) -> dict[str, Any]:
        address = f"{self.site}/_apis/wit/workItems/{item.id}/updates/{item.rev}"
        names = [name for name in {**before, **item.fields} if before.get(name) != item.fields.get(name)]
        changed = {name: self._change(before.get(name), item.fields.get(name)) for name in sorted(names)}
        told: dict[str, Any] = {"System.Rev": {"oldValue": item.rev - 1, "newValue": item.rev}}
        told["System.ChangedDate"] = {"newValue": stamp(item.changed or item.created)}
        if item.commented and item.commented.version == 1:
            told["System.History"] = {"newValue": item.commented.text}
        revision = {**self._told(item), "url": f"{self.site}/_apis/wit/workItems/{item.id}/revisions/{item.rev}"}
        return {
            "id": item.rev + 3,  # updates are counted apart: files and links make some without a revision
            "workItemId": item.id,
            "rev": item.rev,
            "revisedBy": self.person(item.changed_by or item.author),
            "revisedDate": FAR,
            "fields": {**told, **changed},
            **self._addresses(address),
            "revision": revision,
        }

    def _change(self, old: Any, new: Any) -> dict[str, Any]:
        both = {"oldValue": old, "newValue": new}
        return {name: self._value(value, texts=True) for name, value in both.items() if value is not None}

    def subscription(self, stored: Mapping[str, Any]) -> dict[str, Any]:
        """The password is not shown."""
        inputs = {**stored["consumerInputs"]}
        if "basicAuthPassword" in inputs:
            inputs["basicAuthPassword"] = "********"
        return {**stored, "consumerInputs": inputs, "url": f"{self.site}/_apis/hooks/subscriptions/{stored['id']}"}
