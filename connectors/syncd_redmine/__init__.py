"""Redmine 5 over its REST API: a tracker that answers 204 to what it ignores, and stamps in whole seconds.

Everything here was measured on a real 5.0.4. See README.md for rights, settings and what Redmine
does not tell.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar, Unpack

from syncd.core.model import Attachment, Body, Comment, Edit, Fields, Internal, Person, Snapshot, Visibility
from syncd.sdk.connector import (
    ALL_PARTS,
    Account,
    Backlink,
    Capability,
    Changed,
    ConnectionConfig,
    Connector,
    Description,
    Draft,
    FieldInfo,
    Message,
    Page,
    Part,
    Posted,
    Wiring,
    Written,
)
from syncd.sdk.errors import NotFound, Rejected, Unsupported
from syncd_redmine import describe, marker, poll, snapshot, text, values
from syncd_redmine.api import Api
from syncd_redmine.config import FIELDS, RedmineConfig
from syncd_redmine.names import IN_PROJECT, Names, custom_number
from syncd_redmine.revision import Revision, ServerClock, stamp_of, stamped
from syncd_redmine.rights import PRIVATE_NOTES, Rights, rights
from syncd_redmine.wire import Issue, Journal

__all__ = ["Redmine", "RedmineConfig"]

LAST_OF_A_SECOND = 1.05  # seconds after a write until the stamp that it left can hide nothing more
REMEMBERED = 10_000


class Redmine(Connector):
    """One account at one Redmine. A ref is an issue's number; a revision see `revision`.

    Every read of an issue brings its journals and files, so a thread costs no request more.
    """

    name: ClassVar[str] = "redmine"
    Config: ClassVar[type[ConnectionConfig]] = RedmineConfig
    capabilities: ClassVar[frozenset[Capability]] = frozenset(
        {
            Capability.HISTORY,
            Capability.FIND,
            Capability.CLOSE,
            Capability.INTERNAL_COMMENTS,
            Capability.EDIT_COMMENTS,
            Capability.DELETE_COMMENTS,
            Capability.FILES,
            Capability.PEOPLE,
            Capability.LINK_BACK,
            Capability.DESCRIBE,
        }
    )
    fields: ClassVar[tuple[FieldInfo, ...]] = FIELDS
    place_keys: ClassVar[frozenset[str]] = frozenset({"project", "tracker", "issue_type"})
    config: RedmineConfig

    def __init__(self, config: RedmineConfig, *, clock: ServerClock | None = None, **wiring: Unpack[Wiring]) -> None:
        super().__init__(config, **wiring)
        self.api = Api(self, clock=clock)
        self.names = Names(self.api)
        self._me: Person | None = None
        self._rights = Rights(admin=False, projects={})
        self._people: dict[str, Person] = {}  # by id, with mail: an administrator's key only
        self._projects: dict[str, str] = {}  # ref -> project, for the words of its fields
        self._wrote: dict[str, float] = {}  # ref -> when our last write was answered, by the clock's `monotonic`
        if not config.link_field:  # a link needs a place; the class speaks for a whole config
            vars(self).update(capabilities=self.capabilities - {Capability.LINK_BACK})

    async def aclose(self) -> None:
        await self.api.client.aclose()

    # -- who and what

    async def check(self) -> Account:
        me = await self.api.me()
        self._me, self._rights = me.person(), await rights(self.api, me)
        lacks = (*self._rights.lacks, *await self._unknown_fields())
        return Account(id=me.id, name=me.person().name, email=me.mail, lacks=lacks, excess=self._rights.excess)

    async def _unknown_fields(self) -> tuple[str, ...]:
        """The field of the config, when nothing that this account sees tells its number."""
        field = self.config.link_field
        try:
            if field:
                await custom_number(self.api, field)
        except Rejected:
            return (f"a view of the custom field `{field}`: give its number in `custom_fields`",)
        return ()

    async def describe(self) -> Description:
        return await describe.describe(self.api, self.names)

    async def person(self, email: str) -> Person | None:
        """By address, with an administrator's key; Redmine hides mail addresses from everybody else."""
        await self._own()
        if not self._rights.admin:
            return None
        found = [user for user in await self.api.users(email) if (user.mail or "").lower() == email.lower()]
        return found[0].person() if found else None

    async def _own(self) -> Person:
        if self._me is None:
            await self.check()
        assert self._me is not None  # noqa: S101  check() has just set it
        return self._me

    # -- what changed

    async def changes(self, cursor: str | None) -> AsyncIterator[Page]:
        async for page in poll.changes(self.api, cursor):
            yield page

    async def cursor_at(self, moment: datetime) -> str:
        return str(poll.Cursor(stamped(moment)))

    def hook_steps(self, url: str) -> Sequence[str]:
        return ("Nothing: Redmine 5 calls nobody. Every change arrives by polling, one `poll` later.",)

    def includes(self, revision: str, changed: Changed) -> bool:
        return bool(changed.token) and Revision.parse(revision).shows(stamp_of(changed.token))

    # -- reading

    async def fetch(self, ref: str, *, parts: frozenset[Part] = ALL_PARTS, since: str | None = None) -> Snapshot:
        """One request, whatever the parts."""
        own = await self._own()
        issue, sent = await self.api.issue(ref)
        revision = self._dated(issue, sent, own)
        history = await self._history(issue, Revision.parse(since).journal, own) if since else ()
        return await self._snapshot(issue, revision, history)

    async def _snapshot(self, issue: Issue, revision: Revision, history: tuple[Edit, ...] = ()) -> Snapshot:
        own = await self._own()
        people = await self._mails(issue)
        return snapshot.snapshot(
            issue, revision=revision, config=self.config, own=own.id, people=people, history=history
        )

    def _dated(self, issue: Issue, sent: float, own: Person) -> Revision:
        """The revision of a read that was sent then, with what the stamps tell of the server's clock."""
        clock = self.api.clock
        ours = [one.created_on for one in issue.journals if one.user.id == own.id]
        wrote = self._wrote.pop(issue.id, None)
        if wrote is not None and ours:  # our last journal was written before our write was answered
            clock.learn(max(ours), at=wrote)
        young = not clock.over(issue.updated_on, at=sent)
        self._place(issue)
        return snapshot.revision(issue, young=young)

    def _place(self, issue: Issue) -> None:
        while len(self._projects) >= REMEMBERED:
            del self._projects[next(iter(self._projects))]
        self._projects[issue.id] = issue.project.id

    async def _project(self, ref: str) -> str:
        if ref not in self._projects:
            self._place((await self.api.issue(ref))[0])
        return self._projects[ref]

    async def _mails(self, issue: Issue) -> dict[str, Person]:
        """The people of the fields with their addresses, where the key shows them."""
        if self._rights.admin:
            for one in (issue.author, issue.assigned_to):
                if one and one.id not in self._people:
                    self._people[one.id] = (await self.api.user(one.id)).person()
        return self._people

    async def _history(self, issue: Issue, last: int, own: Person) -> tuple[Edit, ...]:
        journals = [journal for journal in issue.journals if journal.id > last]
        words = await describe.words_of(journals, self.names, project=issue.project.id)
        custom = {number: name for name, number in self.api.custom.items()}
        return tuple(
            snapshot.edits(
                journals,
                own=own.id,
                word=lambda field, number: words.get((field, number), number),
                custom=custom,
                formatting=self.config.formatting,
            )
        )

    async def find(self, key: str) -> Sequence[Snapshot]:
        return [await self.fetch(ref, since=poll.BEGINNING) for ref in await self._found(key)]

    async def _found(self, key: str) -> Sequence[str]:
        if self.config.link_field:
            return await self._found_by_link(self.config.link_field, key)
        rows, _ = await self.api.issues({"author_id": "me", "sort": "id:desc"})
        return [str(row["id"]) for row in reversed(rows) if marker.split(row.get("description") or "")[1] == key]

    async def _found_by_link(self, field: str, key: str) -> Sequence[str]:
        number = await self._link_number(field)
        if number is None:
            return []
        wanted = marker.fragment("", key)
        found: list[str] = []
        rows, _ = await self.api.issues({f"cf_{number}": f"~{wanted}", "sort": "id"})
        for row in rows:
            shown = {str(one["id"]): str(one.get("value") or "") for one in row.get("custom_fields", ())}
            if marker.split_fragment(shown.get(number, ""))[1] == key:
                found.append(str(row["id"]))
            elif wanted.lower() not in shown.get(number, "").lower():
                # Redmine ignores a filter that it does not have, and lists everything
                raise Rejected(f"Redmine does not filter by `{field}`: tick `Used as a filter`", field=field)
        return found

    async def _link_number(self, field: str) -> str | None:
        """None where there is no issue that could tell it: then there is none to be found either."""
        try:
            return await custom_number(self.api, field)
        except Rejected:
            if (await self.api.issues({"limit": 1}))[0]:
                raise
            return None

    def download(self, attachment: Attachment) -> AsyncIterator[bytes]:
        return self.api.download(attachment.id)

    # -- writing

    async def create(self, draft: Draft, *, key: str) -> Snapshot:
        """One request; what Redmine left out without a word shows in its answer."""
        await self._own()
        place = draft.place.get("project", "")
        tracker = draft.place.get("tracker") or draft.place.get("issue_type")
        fields = {**draft.fields, **({"tracker": tracker} if tracker else {})}
        keep, link = {}, self.config.link_field
        if link:
            keep[link] = marker.fragment(draft.backlink.url if draft.backlink else "", key)
        body = await self._payload(fields, project=place, keep=keep)
        if not link:
            body["description"] = values.described(draft.fields, key, config=self.config)
        issue = await self.api.make({**body, "project_id": place})
        self._place(issue)
        return await self._snapshot(issue, snapshot.revision(issue, young=True))

    async def update(self, ref: str, fields: Fields, *, expect: str) -> Written:
        """One PUT for all fields, and before it one question where a status is among them. Proves nothing."""
        others = {name: value for name, value in fields.items() if name != "status"}
        status = {"status_id": await self._allowed(ref, str(fields["status"]))} if "status" in fields else {}
        project = await self._project(ref) if IN_PROJECT & fields.keys() else ""
        await self._write(ref, {**status, **await self._payload(others, project=project)})
        return Written()

    async def _payload(self, fields: Fields, *, project: str, keep: dict[str, str] | None = None) -> dict[str, Any]:
        return await values.payload(
            fields, api=self.api, names=self.names, project=project, config=self.config, keep=keep
        )

    async def _allowed(self, ref: str, status: str) -> str:
        """The id of a status. Redmine ignores a forbidden one and says 204; so it is asked first what is allowed."""
        issue, _ = await self.api.issue(ref, include="allowed_statuses")
        self._place(issue)
        allowed = {one.name: one.id for one in (*issue.allowed_statuses, issue.status)}
        if status not in allowed:
            others = ", ".join(name for name in allowed if name != issue.status.name) or "no other status"
            raise Rejected(
                f"the workflow lets this account set {issue.status.name} to {others}, not to {status}", field="status"
            )
        return allowed[status]

    async def close(self, ref: str) -> Written:
        """Set the first closed status that the workflow lets this account set."""
        issue, _ = await self.api.issue(ref, include="allowed_statuses")
        self._place(issue)
        if issue.status.is_closed:
            return Written()
        closed = next((one for one in issue.allowed_statuses if one.is_closed), None)
        if closed is None:
            raise Rejected(f"the workflow lets this account close no issue that is {issue.status.name}", field="status")
        await self._write(ref, {"status_id": closed.id})
        return Written()

    async def _write(self, ref: str, body: dict[str, Any]) -> None:
        """Write, and wait until the second of the write is over: the read that follows is then final."""
        await self.api.write(ref, body)
        self._wrote[ref] = self.api.clock.monotonic()
        await self.api.clock.sleep(LAST_OF_A_SECOND)

    async def comment(self, ref: str, message: Message, *, key: str, expect: str) -> Posted:
        """Write the note and read it back: so it has an id, and is known to be as private as meant."""
        own = await self._own()
        private = isinstance(message.body, Internal)
        if private:
            await self._may_be_private(ref, message)
        body: dict[str, Any] = {"notes": self._marked(message.body, key), "private_notes": private}
        if message.files:
            body["uploads"] = [await self.api.upload(file) for file in message.files]
        await self._write(ref, body)
        issue, sent = await self.api.issue(ref)
        revision = self._dated(issue, sent, own)
        posted = self._posted(issue, key, own)
        await self._check_private(posted, message)
        seen = Revision.parse(expect)
        foreign = [one for one in issue.journals if one.id > seen.journal and not _of(one, posted, own)]
        known = bool(expect) and not foreign and not revision.young
        return Posted(posted, Written(revision=str(revision) if known else None))

    def _marked(self, body: Body, key: str) -> str:
        return marker.marked(text.write(body.text, formatting=self.config.formatting).source, key)

    async def _may_be_private(self, ref: str, message: Message) -> None:
        """Refuse before anything is written: without the right, Redmine makes the note public and says 204."""
        if message.files and not self.config.files_with_private_notes:
            raise Rejected(
                "Redmine shows the files of a private note to everybody who sees the issue; "
                "`files_with_private_notes: true` accepts that",
                field="files",
            )
        if not self._rights.may(PRIVATE_NOTES, await self._project(ref)):
            raise Rejected(f"this account may not write private notes here (right {PRIVATE_NOTES})")

    def _posted(self, issue: Issue, key: str, own: Person) -> Comment:
        thread = snapshot.thread(issue, own=own.id, config=self.config)
        found = [one for one in thread.comments if one.key == key]
        if not found:
            raise Rejected("Redmine answered 204 and kept no note: this account may not add notes here")
        return found[-1]

    async def _check_private(self, posted: Comment, message: Message) -> None:
        """The right may have gone since it was looked up: then take the note back."""
        if isinstance(message.body, Internal) and posted.visibility is not Visibility.INTERNAL:
            await self.api.write_note(posted.id, "")
            raise Rejected("Redmine made a private note public; it was taken back")

    async def edit_comment(self, ref: str, comment: Comment, body: Body, *, key: str) -> Comment:
        if body.visibility is not comment.visibility:
            raise Rejected("a note stays as visible as it was written")
        notes = self._marked(body, key)
        await self.api.write_note(comment.id, notes)
        bare, _ = marker.split(notes)
        read = text.read(bare, formatting=self.config.formatting)
        return replace(
            comment, body=snapshot.said(read.markdown, body.visibility), source=notes, key=key, lost=read.lost
        )

    async def delete_comment(self, ref: str, comment_id: str) -> None:
        """A note without words is none; Redmine keeps its files, and removes the journal where there were none."""
        with suppress(NotFound):
            await self.api.write_note(comment_id, "")

    async def link_back(self, ref: str, backlink: Backlink, *, expect: str = "") -> Written:
        """Show the address in the custom field; read first, because even a write of the same moves `updated_on`."""
        field = self.config.link_field
        if not field:
            raise Unsupported("redmine: name a custom field in `link_field`")
        issue, _ = await self.api.issue(ref)
        self._place(issue)
        shown = next((str(one.value or "") for one in issue.custom_fields if one.name == field), "")
        address, key = marker.split_fragment(shown)
        if address != backlink.url:
            kept = marker.fragment(backlink.url, key) if key else backlink.url
            await self._write(ref, {"custom_fields": [{"id": await custom_number(self.api, field), "value": kept}]})
        return Written()


def _of(journal: Journal, posted: Comment, own: Person) -> bool:
    """Whether a journal is the posted comment, or the one with its files that Redmine splits off."""
    files = {file.id for file in posted.attachments}
    return str(journal.id) == posted.id or (
        journal.user.id == own.id and files.issuperset(journal.files) and bool(files)
    )
