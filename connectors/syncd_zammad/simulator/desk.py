"""What happens at a simulated Zammad: tickets made, changed, talked in, tagged, merged and deleted, and who is told."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from syncd.sdk.testing.simulator import Refused
from syncd_zammad.simulator.sanitizer import clean
from syncd_zammad.simulator.shapes import Shapes
from syncd_zammad.simulator.state import (
    ATTRIBUTES,
    GROUPS,
    PENDING_TYPES,
    PRIORITIES,
    SENDERS,
    STATES,
    TYPES,
    Article,
    Event,
    StoredFile,
    Ticket,
    users_of,
)
from syncd_zammad.wire import is_stamp

if TYPE_CHECKING:
    from syncd_zammad.simulator import ZammadSimulator

COLUMNS = ("title", "group_id", "state_id", "priority_id", "owner_id", "customer_id", "pending_time")
MAX_BODY = 1_500_000  # characters
_NAMED = {"group": GROUPS, "priority": PRIORITIES, "state": {id: name for id, (name, _) in STATES.items()}}


class Desk:
    """The tickets of one Zammad. Whoever acts is `simulator.actor`.

    Attributes:
        mails: (ticket, article) of each mail that went to a customer.
        unlisted: files that a list of attachments leaves out, because they stand in the text.
        note_life: how long an agent may delete an own note.
    """

    def __init__(self, simulator: ZammadSimulator) -> None:
        self.simulator = simulator
        self.users = users_of(simulator.accounts)
        self.attributes = list(ATTRIBUTES)
        self.tickets: dict[int, Ticket] = {}
        self.links: list[tuple[str, int, int]] = []  # type, source, target
        self.mails: list[tuple[int, int]] = []
        self.unlisted: set[int] = set()
        self.note_life = timedelta(minutes=10)
        self.shapes = Shapes(self)
        self._last: datetime | None = None

    # -- tickets

    def ticket(self, id: int | str) -> Ticket:
        found = self.tickets.get(int(id))
        if found is None:
            raise refused(404, f"Couldn't find Ticket with 'id'={id}")
        return found

    def create(self, given: Mapping[str, Any]) -> Ticket:
        now, me = self.now(), int(self.simulator.actor.id)
        values = {**dict.fromkeys(COLUMNS), "state_id": 1, "priority_id": 2, "owner_id": 1, "customer_id": me}
        values |= self._columns(given)
        if not values["group_id"]:
            raise refused(422, "Group can't be blank")
        if not given.get("title"):
            raise refused(422, "Title can't be blank")
        self._check_pending(values)
        id = self.simulator.new_id()
        preferences = dict(given.get("preferences") or {})
        ticket = Ticket(id, f"{22000 + id}", values, me, me, now, now, now, preferences)
        self.tickets[id] = ticket
        self._log(ticket, "created")
        for tag in filter(None, map(str.strip, str(given.get("tags") or "").split(","))):
            self._tag(ticket, tag)
        article = self._article(ticket, given["article"]) if given.get("article") else None
        self.simulator.did("create", str(id), after=dict(values))
        self.simulator.tell("create", ticket, article)
        return ticket

    def update(self, ticket: Ticket, given: Mapping[str, Any]) -> None:
        changed = {key: value for key, value in self._columns(given).items() if ticket.values.get(key) != value}
        before = {key: ticket.values.get(key) for key in changed}
        if "state_id" in changed and STATES[changed["state_id"]][1] not in PENDING_TYPES:
            changed["pending_time"] = None
        self._check_pending({**ticket.values, **changed})
        preferences = {**ticket.preferences, **(given.get("preferences") or {})}
        if changed or preferences != ticket.preferences:
            self._changed(ticket, changed)
        ticket.preferences = preferences
        article = self._article(ticket, given["article"]) if given.get("article") else None
        if changed or article:
            self.simulator.did("update", str(ticket.id), before=before, after=changed)
            self.simulator.tell("update", ticket, article)

    def _changed(self, ticket: Ticket, changed: Mapping[str, Any]) -> None:
        at, ticket.editor = self._touch(ticket), int(self.simulator.actor.id)
        for key, value in changed.items():
            if value != ticket.values.get(key):
                self._log(ticket, "updated", at=at, **self._said(key, ticket.values.get(key), value))
        ticket.values |= changed

    def _said(self, key: str, old: Any, new: Any) -> dict[str, Any]:
        """A change as history says it (app/models/concerns/has_history.rb): names, and ids where there are some."""
        if not key.endswith("_id"):
            return {"attribute": key, "value_from": _text(old), "value_to": _text(new)}
        name = key.removesuffix("_id")
        said = {"attribute": name, "value_from": self._name(name, old), "value_to": self._name(name, new)}
        return {**said, "id_from": old, "id_to": new}

    def _name(self, column: str, id: int) -> str:
        return _NAMED[column][id] if column in _NAMED else self.users[id].name

    def _columns(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Columns that are set, names looked up; what is no column is dropped without a word."""
        custom = {each.name for each in self.attributes}
        found = {key: value for key, value in given.items() if key in custom or key in COLUMNS}
        for name, words in _NAMED.items():
            if name in given:
                found[f"{name}_id"] = _lookup(name, given[name], {word: id for id, word in words.items()})
        for name in ("owner", "customer"):
            if name in given:
                people = {key: user.id for user in self.users.values() for key in (user.login, user.email)}
                found[f"{name}_id"] = _lookup(name, given[name], people)
        if "title" in found:
            found["title"] = "".join(" " if letter.isspace() else letter for letter in found["title"])
        for each in self.attributes:
            if each.type == "select" and found.get(each.name) not in (None, "", *(each.options or ())):
                raise refused(422, f"Invalid value '{found[each.name]}' for field '{each.name}'!")
        return found

    def _check_pending(self, values: Mapping[str, Any]) -> None:
        if STATES[values["state_id"]][1] in PENDING_TYPES and not values["pending_time"]:
            raise refused(422, "Missing required value for field 'pending_time'!")

    # -- articles

    def add_article(self, ticket: Ticket, given: Mapping[str, Any]) -> Article:
        article = self._article(ticket, given)
        self.simulator.did("comment", str(ticket.id), body={"internal": article.internal})
        self.simulator.tell("update", ticket, article)
        return article

    def _article(self, ticket: Ticket, given: Mapping[str, Any]) -> Article:
        if not given.get("body"):
            raise refused(422, 'Need at least article: { body: "some text" }')
        if len(given["body"]) > MAX_BODY:
            raise refused(422, f"body of article is too large, only {MAX_BODY} allowed")
        agent = self.users[int(self.simulator.actor.id)].agent
        sender = given.get("sender", "Agent") if agent else "Customer"
        article = Article(
            id=self.simulator.new_id(),
            ticket_id=ticket.id,
            type=_one_of("type", given.get("type", "note"), TYPES),
            sender=_one_of("sender", sender, SENDERS),
            author=int(self.simulator.actor.id),
            body=given["body"],
            content_type=given.get("content_type", "text/plain"),
            internal=bool(given.get("internal", False)) and agent,
            created=self._touch(ticket),
            sent_from=given.get("from") or self._sender(sender, given.get("origin_by_id")),
            subject=given.get("subject"),
            origin_by=given.get("origin_by_id"),
            preferences=dict(given.get("preferences") or {}),
        )
        self._take_files(article, given.get("attachments") or ())
        ticket.articles.append(article)
        self._log(ticket, "created", object="Ticket::Article", o_id=article.id, at=article.created)
        if article.type == "email" and article.sender == "Agent":  # internal or not
            self.mails.append((ticket.id, article.id))
        return article

    def _sender(self, sender: str, origin: int | None) -> str:
        user = self.users[origin or int(self.simulator.actor.id)]
        return user.name if sender == "Agent" else f"{user.name} <{user.email}>"

    def _take_files(self, article: Article, given: Sequence[Mapping[str, str]]) -> None:
        if article.content_type == "text/html":
            kept = clean(article.body)
            article.body = kept.html
            for number, (media_type, content) in enumerate(kept.images):
                name = f"image{number + 1}.{media_type.partition('/')[2]}"
                file = self.store(article, name, content, {"Content-Type": media_type, "Content-Disposition": "inline"})
                article.body = article.body.replace(f"{{image:{number}}}", f"{self.address(article, file)}?view=inline")
        for number, each in enumerate(given):
            if missing := [key for key in ("mime-type", "filename", "data") if not isinstance(each.get(key), str)]:
                raise refused(422, f"Attachment needs '{missing[0]}' param for attachment with index '{number}'")
            try:
                content = base64.b64decode(each["data"], validate=True)
            except binascii.Error:
                raise refused(422, f"Invalid base64 for attachment with index '{number}'") from None
            self.store(article, each["filename"], content, {"Mime-Type": each["mime-type"]})

    def store(self, article: Article, name: str, content: bytes, preferences: dict[str, Any]) -> StoredFile:
        file = StoredFile(self.simulator.new_id(), name, content, preferences)
        article.files.append(file)
        return file

    def address(self, article: Article, file: StoredFile) -> str:
        return f"/api/v1/ticket_attachment/{article.ticket_id}/{article.id}/{file.id}"

    def article(self, id: int) -> tuple[Ticket, Article]:
        for ticket in self.tickets.values():
            for article in ticket.articles:
                if article.id == id:
                    return ticket, article
        raise refused(404, f"Couldn't find Ticket::Article with 'id'={id}")

    def delete_article(self, id: int) -> None:
        """By app/policies/ticket/article_policy.rb."""
        ticket, article = self.article(id)
        if article.author != int(self.simulator.actor.id):
            raise refused(403, "you can only delete your own notes")
        if article.type != "note" and not article.internal:
            raise refused(403, "communication articles cannot be deleted")
        if article.created <= self.simulator.clock() - self.note_life:
            raise refused(403, "note is too old to be deleted")
        ticket.articles.remove(article)
        self._touch(ticket)
        self.simulator.did("delete comment", str(ticket.id))

    def show(self, article_id: int, *, internal: bool) -> None:
        """The only thing that may be changed about an article. The ticket does not move."""
        ticket, article = self.article(article_id)
        article.internal = internal
        self.simulator.did("edit comment", str(ticket.id))

    # -- tags, links, the end

    def add_tag(self, id: int, tag: str) -> None:
        """On whatever has that id: a ticket that is not there is not missed."""
        if (ticket := self.tickets.get(id)) and tag.strip() not in ticket.tags:
            self._tag(ticket, tag.strip())
            self._touch(ticket)
            self.simulator.did("tag", str(id), after={"tag": tag})

    def _tag(self, ticket: Ticket, tag: str) -> None:
        ticket.tags.append(tag)
        self._log(ticket, "added", at=self.now(), attribute="tag", value_to=tag, value_from="")

    def remove_tag(self, id: int, tag: str) -> None:
        if (ticket := self.tickets.get(id)) and tag in ticket.tags:
            ticket.tags.remove(tag)
            self._log(ticket, "removed", at=self.now(), attribute="tag", value_to=tag, value_from="")
            self._touch(ticket)
            self.simulator.did("untag", str(id), before={"tag": tag})

    def link(self, kind: str, source: int, target: int) -> None:
        self.links.append((kind, source, target))
        for id in (source, target):
            self._touch(self.ticket(id))

    def links_of(self, id: int) -> list[tuple[str, int]]:
        """As this ticket sees them (app/models/link.rb): a child's other end is its parent."""
        other = {"normal": "normal", "parent": "child", "child": "parent"}
        seen = [(other[kind], target) for kind, source, target in self.links if source == id]
        return seen + [(kind, source) for kind, source, target in self.links if target == id]

    def merge(self, source: Ticket, into: Ticket) -> None:
        """By app/models/ticket.rb, `merge_to`: the articles move, a note stays, links follow, one is made."""
        if STATES[into.values["state_id"]][0] == "merged":
            raise refused(422, "It is not possible to merge into an already merged ticket.")
        for article in source.articles:
            article.ticket_id = into.id
        into.articles = sorted([*into.articles, *source.articles], key=lambda article: article.id)
        source.articles = []
        self._log(into, "received_merge", at=self._touch(into), id_to=into.id, id_from=source.id)
        self._log(source, "merged_into", at=self._touch(source), id_to=into.id, id_from=source.id)
        self._article(source, {"body": "merged", "type": "note", "internal": False})
        move = {source.id: into.id}
        self.links = [(kind, move.get(one, one), move.get(two, two)) for kind, one, two in self.links]
        self.links.append(("parent", into.id, source.id))
        self._changed(source, {"state_id": 5, "owner_id": 1})
        self.simulator.did("merge", str(source.id), after={"into": into.id})
        self.simulator.tell("update", source, None)

    def delete(self, ticket: Ticket) -> None:
        del self.tickets[ticket.id]
        self.simulator.did("delete", str(ticket.id))

    # -- inside

    def now(self) -> datetime:
        """Time goes on by a millisecond from one change to the next, however fast they come."""
        now = self.simulator.clock()
        self._last = now if self._last is None else max(now, self._last + timedelta(milliseconds=1))
        return self._last

    def _touch(self, ticket: Ticket) -> datetime:
        ticket.updated = self.now()
        return ticket.updated

    def _log(
        self, ticket: Ticket, type: str, *, object: str = "Ticket", o_id: int = 0, at: datetime | None = None,
        **more: Any,
    ) -> None:  # fmt: skip
        id, by = self.simulator.new_id(), int(self.simulator.actor.id)
        ticket.history.append(Event(id, o_id or ticket.id, object, type, by, at or ticket.updated, more))


def refused(status: int, said: str) -> Refused:
    """How Zammad says no (application_controller/handles_errors.rb)."""
    return Refused(status, {"error": said, "error_human": said})


def _lookup(name: str, word: Any, known: Mapping[str, int]) -> int:
    if word not in known:
        raise refused(422, f"No lookup value found for '{name}': \"{word}\"")
    return known[word]


def _one_of(name: str, word: str, known: Mapping[str, int]) -> str:
    _lookup(name, word, known)
    return word


def _text(value: Any) -> str:
    """Ruby's `to_s`: a time without its milliseconds, a list as JSON."""
    if isinstance(value, str) and is_stamp(value):
        return f"{value[:10]} {value[11:19]} UTC"
    if isinstance(value, list):
        return "[" + ", ".join(f'"{each}"' for each in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
