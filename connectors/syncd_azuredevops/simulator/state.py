"""The state of a simulated organisation and what may be done to it; what it takes as a value is in `values`.

What bites at a real one bites here: a patch is taken whole or not at all, rules refuse states and words, `add` only
adds tags, what is empty cannot be removed, HTML comes back cleaned, people are written by their mail.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from datetime import datetime
from typing import Any, Protocol

from syncd.sdk.testing.simulator import Account, Refused
from syncd_azuredevops.simulator.scheme import FIELDS, StoredProject
from syncd_azuredevops.simulator.stored import Revision, StoredComment, StoredItem, StoredRelation, StoredUpload
from syncd_azuredevops.simulator.values import cleaned, refused_rule, said, tags, typed

STALE_TYPES = {412: "WorkItemRevisionMismatchException", 409: "", 400: "TestPatchOperationFailedException"}


class Tell(Protocol):
    def __call__(self, event: str, item: StoredItem, *, before: Mapping[str, Any]) -> None: ...


class Boards:
    """Projects with their work items. `tell` hears what a webhook would say.

    Attributes:
        stale: what a failed `test /rev` answers: 412, as recorded, or what the documents leave open.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], datetime],
        new_id: Callable[[], int],
        actor: Callable[[], Account],
        people: Callable[[], Iterable[Account]],
        projects: dict[str, StoredProject],
        tell: Tell,
    ) -> None:
        self.clock, self.new_id, self.actor, self.people, self.tell = clock, new_id, actor, people, tell
        self.projects = projects
        self.items: dict[int, StoredItem] = {}
        self.uploads: dict[str, StoredUpload] = {}
        self.log: list[Revision] = []
        self.stale = 412

    # -- what is there

    def project(self, name: str) -> StoredProject:
        for project in self.projects.values():
            if name.lower() in (project.name.lower(), project.id):
                return project
        raise Refused(404, said(f"TF200016: The following project does not exist: {name}.", "ProjectDoesNotExist"))

    def item(self, id: str | int) -> StoredItem:
        found = self.items.get(int(id)) if str(id).isdecimal() else None
        if found is None or found.deleted:
            raise Refused(404, said(f"TF401232: Work item {id} does not exist, or you cannot read it.", "Unauthorized"))
        return found

    def in_bin(self, id: str) -> StoredItem:
        found = self.items.get(int(id)) if id.isdecimal() else None
        if found is None or not found.deleted:
            raise Refused(404, said(f"TF401232: Work item {id} is not in the recycle bin.", "NotFound"))
        return found

    def comment(self, item: StoredItem, id: str) -> StoredComment:
        for comment in item.shown:
            if str(comment.id) == id:
                return comment
        raise Refused(404, said(f"VS403306: Comment {id} does not exist.", "CommentNotFound"))

    # -- work items

    def create(self, project: StoredProject, type: str, patch: Sequence[Mapping[str, Any]]) -> StoredItem:
        kind = project.types.get(type)
        if kind is None:
            raise Refused(404, said(f"VS402323: Work item type {type} does not exist.", "WorkItemTypeNotFound"))
        item = StoredItem(self.new_id(), project, kind, self.actor(), self.clock())
        state = kind.states[0][0]
        item.fields = {
            "System.AreaPath": project.name,
            "System.IterationPath": project.name,
            "System.State": state,
            "System.Reason": state,
            "Microsoft.VSTS.Common.Priority": 2,
        }
        self._apply(item, patch)
        if "System.Title" not in item.fields:
            raise refused_rule("System.Title", "Title", "Required, InvalidEmpty")
        self.items[item.id] = item
        self._revised(item)
        self.tell("created", item, before={})
        return item

    def edit(self, item: StoredItem, patch: Sequence[Mapping[str, Any]]) -> None:
        """All of it or nothing; what changes nothing makes no revision."""
        trial = copy(item)
        trial.fields, trial.relations, trial.comments = dict(item.fields), [*item.relations], [*item.comments]
        comment = self._apply(trial, patch)
        if (trial.fields, trial.relations, trial.comments) == (item.fields, item.relations, item.comments):
            return
        before = dict(item.fields)
        item.fields, item.relations, item.comments = trial.fields, trial.relations, trial.comments
        item.commented = comment
        self._revised(item)
        self.tell("updated", item, before=before)
        if comment:
            self.tell("commented", item, before=before)

    def move(self, item: StoredItem, project: StoredProject) -> None:
        """Another project; the number stays."""
        before = dict(item.fields)
        item.project, item.commented = project, None
        item.fields |= {"System.AreaPath": project.name, "System.IterationPath": project.name}
        self._revised(item)
        self.tell("updated", item, before=before)

    def delete(self, item: StoredItem) -> None:
        """Into the recycle bin."""
        item.deleted, item.deleted_by, item.commented = self.clock(), self.actor(), None
        self._revised(item)
        self.tell("deleted", item, before=item.fields)

    def restore(self, item: StoredItem) -> None:
        item.deleted = item.deleted_by = None
        self._revised(item)
        self.tell("restored", item, before=item.fields)

    def destroy(self, item: StoredItem) -> None:
        """For good."""
        del self.items[item.id]

    def _revised(self, item: StoredItem) -> None:
        item.rev += 1
        item.changed, item.changed_by = self.clock(), self.actor()
        place = len(self.log) + 1
        self.log.append(Revision(place, item, item.rev, item.project.name, item.changed, item.deleted is not None))

    # -- comments

    def say(self, item: StoredItem, text: str, *, format: str = "html") -> StoredComment:
        """By the comments API, as the page of the vendor does it."""
        before = dict(item.fields)
        comment = self._comment(item, text, format=format)
        self._revised(item)
        self.tell("updated", item, before=before)
        self.tell("commented", item, before=before)
        return comment

    def edit_comment(self, item: StoredItem, comment: StoredComment, text: str) -> None:
        """Nobody edits what others said."""
        if comment.author.id != self.actor().id:
            raise Refused(403, said("VS403308: You cannot edit this comment.", "AccessDenied"))
        comment.text = cleaned(text, comment.format)
        self._touched(item, comment)

    def delete_comment(self, item: StoredItem, comment: StoredComment) -> None:
        if comment.author.id != self.actor().id:
            raise Refused(403, said("VS403308: You cannot delete this comment.", "AccessDenied"))
        comment.deleted = True
        self._touched(item, comment)

    def _touched(self, item: StoredItem, comment: StoredComment) -> None:
        comment.modified, comment.modified_by = self.clock(), self.actor()
        comment.version += 1
        item.commented = comment
        self._revised(item)
        self.tell("updated", item, before=item.fields)

    def _comment(self, item: StoredItem, text: str, *, format: str = "html") -> StoredComment:
        now, actor = self.clock(), self.actor()
        made = StoredComment(self.new_id(), actor, cleaned(text, format), now, now, actor, format)
        item.comments.append(made)
        item.commented = made
        return made

    # -- files

    def upload(self, name: str, content: bytes) -> StoredUpload:
        """It hangs nowhere yet; a relation or a text may name it."""
        made = StoredUpload(str(uuid.uuid5(uuid.NAMESPACE_URL, f"upload/{self.new_id()}")), name, content)
        self.uploads[made.id] = made
        return made

    # -- patches

    def _apply(self, item: StoredItem, patch: Sequence[Mapping[str, Any]]) -> StoredComment | None:
        """The comment that a patch makes, if it makes one."""
        comment = None
        if not patch:
            raise Refused(
                400, said("VS403437: You must pass a valid patch document in the body.", "VssPropertyValidation")
            )
        for step in patch:
            op, path = str(step.get("op")), str(step.get("path"))
            if op == "test":
                self._test(item, path, step.get("value"))
            elif path == "/fields/System.History":
                comment = self._comment(item, str(step.get("value")))
            elif path.startswith("/fields/"):
                self._set(item, path.removeprefix("/fields/"), op, step.get("value"))
            elif (op, path) == ("add", "/relations/-"):
                self._relate(item, step.get("value") or {})
            else:
                raise Refused(400, said(f"VS403691: {op} {path} is not understood.", "PatchOperationFailedException"))
        return comment

    def _test(self, item: StoredItem, path: str, value: object) -> None:
        if path != "/rev" or value != item.rev:
            kind = STALE_TYPES[self.stale]
            raise Refused(self.stale, said("TF26071: This work item has been changed by someone else.", kind))

    def _set(self, item: StoredItem, ref: str, op: str, value: object) -> None:
        known = FIELDS.get(ref)
        if known is None or ref not in item.type.fields or known.read_only:
            raise refused_rule(ref, ref.rpartition(".")[2], "InvalidPath")
        if op == "remove":
            if ref not in item.fields:
                raise Refused(400, said(f"VS403692: Nothing at {ref}.", "PatchOperationFailedException"))
            if ref == "System.Title":
                raise refused_rule(ref, known.name, "Required, InvalidEmpty")
            del item.fields[ref]
            return
        kept = item.fields.get(ref, "") if op == "add" else ""
        made = self._value(item, ref, value, kept=str(kept))
        if made is None:
            item.fields.pop(ref, None)
        else:
            item.fields[ref] = made

    def _value(self, item: StoredItem, ref: str, value: object, *, kept: str) -> Any:
        known = FIELDS[ref]
        if ref == "System.Tags":
            return tags(f"{kept}; {value}") or None
        if ref == "System.State":
            return self._state(item, str(value))
        if known.identity:
            return self._person(ref, str(value))
        if known.words and value not in known.words:
            raise refused_rule(ref, known.name, "HasValues, LimitedToValues, AllowsOldValue, InvalidListValue")
        return typed(known.type, ref, value)

    def _state(self, item: StoredItem, state: str) -> str:
        if not item.type.may(item.fields["System.State"], state):
            raise refused_rule("System.State", "State", "HasValues, LimitedToValues, InvalidListValue")
        item.fields["System.Reason"] = state
        return state

    def _person(self, ref: str, name: str) -> Account:
        """By unique name, alone or behind the name in angle brackets."""
        mail = name.rpartition("<")[2].rstrip(">").strip().lower()
        for account in self.people():
            if account.email.lower() == mail:
                return account
        raise refused_rule(ref, FIELDS[ref].name, "ValidUser, InvalidIdentity")

    def _relate(self, item: StoredItem, value: Mapping[str, Any]) -> None:
        rel, url = str(value.get("rel")), str(value.get("url"))
        if rel not in ("Hyperlink", "AttachedFile"):
            raise Refused(400, said("VS402624: The relation type is not known.", "RelationTypeNotFound"))
        if any((each.rel, each.url) == (rel, url) for each in item.relations):
            raise Refused(400, said("VS402625: Relation already exists.", "RelationAlreadyExists"))
        upload = self.uploads.get(url.partition("?")[0].rpartition("/")[2])
        if rel == "AttachedFile" and upload is None:
            raise Refused(400, said("TF401262: The attachment does not exist.", "AttachmentNotFound"))
        comment = str((value.get("attributes") or {}).get("comment", ""))
        made = StoredRelation(self.new_id(), rel, url, self.clock(), comment, upload if rel == "AttachedFile" else None)
        item.relations.append(made)
