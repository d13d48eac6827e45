"""What every change of a simulated Request Tracker goes through: transactions, mails of the stock scrips, the hook.

Who may do what is here too, because RT decides by it which transactions somebody sees.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from syncd_rt.simulator import parts
from syncd_rt.simulator.state import (
    MAILS,
    NOBODY,
    ROOT,
    SYSTEM,
    Part,
    Queue,
    Ticket,
    Transaction,
    User,
    queues,
)

if TYPE_CHECKING:
    from syncd_rt.simulator import RtSimulator

GROUPS = 4  # a ticket's Owner, Requestor, Cc and AdminCc: each a group with a transaction of its own
FIRST_TRANSACTION, FIRST_PART, FIRST_TICKET, FIRST_USER = 44, 1, 1, 27


class Ledger:
    """Tickets and all that was ever done to them.

    Attributes:
        mails: (to whom, ticket, text) of everything that RT mailed.
    """

    def __init__(self, simulator: RtSimulator) -> None:
        self.simulator = simulator
        self.queues: dict[int, Queue] = queues()
        self.users = {NOBODY: User(6, NOBODY, "Nobody in particular"), SYSTEM: User(1, SYSTEM, "The RT System itself")}
        self.tickets: dict[int, Ticket] = {}
        self.transactions: dict[int, Transaction] = {}
        self.parts: dict[int, Part] = {}
        self.mails: list[tuple[tuple[str, ...], int, str]] = []
        self._ids = {
            kind: itertools.count(first, 2 if kind == "user" else 1)
            for kind, first in (
                ("transaction", FIRST_TRANSACTION),
                ("part", FIRST_PART),
                ("ticket", FIRST_TICKET),
                ("user", FIRST_USER),
                ("message", 1),
            )
        }
        self._batch: list[Transaction] | None = None
        self._by_scrips: list[Transaction] = []
        for account in simulator.accounts:
            self.add_user(account.id, account.name, account.email, privileged="@" not in account.id)

    # -- people and rights

    @property
    def me(self) -> str:
        return self.simulator.actor.id

    def add_user(self, name: str, real_name: str = "", email: str = "", *, privileged: bool = False) -> User:
        id = 14 if name == ROOT else next(self._ids["user"])
        self.users[name] = User(id, name, real_name, email, privileged)
        return self.users[name]

    def user(self, word: str) -> User | None:
        """By name, id or address."""
        word = word.lower()
        known = ((user, (user.name.lower(), str(user.id), user.email.lower())) for user in self.users.values())
        return next((user for user, words in known if word and word in words), None)

    def queue(self, word: object) -> Queue | None:
        return next((queue for queue in self.queues.values() if str(word) in (queue.name, str(queue.id))), None)

    def rights(self, queue: Queue, ticket: Ticket | None = None, *, who: str = "") -> frozenset[str]:
        who = who or self.me
        asked = ticket is not None and who in ticket.watchers["Requestor"]
        return queue.rights.get(who, frozenset()) | queue.everyone | (queue.requestor if asked else frozenset())

    def can(self, right: str, ticket: Ticket, *, who: str = "") -> bool:
        return (who or self.me) == ROOT or right in self.rights(self.queues[ticket.queue], ticket, who=who)

    def may(self, right: str, queue: Queue) -> bool:
        return self.me == ROOT or right in self.rights(queue)

    def sees(self, transaction: Transaction) -> bool:
        """RT::Ticket::CurrentUserCanSee."""
        if not transaction.of_ticket:
            return self.me == ROOT
        ticket, needed = self.tickets[transaction.ticket], {"ShowTicket"}
        needed |= {"ShowTicketComments"} if transaction.type.startswith("Comment") else set()
        needed |= {"ShowOutgoingEmail"} if transaction.type in MAILS else set()
        return all(self.can(right, ticket) for right in needed)

    # -- tickets and their transactions

    def now(self) -> datetime:
        return self.simulator.clock().astimezone(UTC).replace(microsecond=0)

    def ticket(self, id: int | str) -> Ticket | None:
        """The ticket, or the one that it was merged into."""
        found = self.tickets.get(int(id))
        return found if found is None or found.effective == found.id else self.ticket(found.effective)

    def known(self, ref: str) -> Ticket:
        """A ticket that must be there; a person's deeds name no other."""
        found = self.ticket(ref)
        if found is None:
            raise KeyError(ref)
        return found

    def history(self, ticket: Ticket) -> list[Transaction]:
        """All of a ticket and of those merged into it, whoever may see them, oldest first."""
        ids = {one.id for one in self.tickets.values() if one.effective == ticket.id}
        return [one for one in self.transactions.values() if one.of_ticket and one.ticket in ids]

    def etag(self, ticket: Ticket) -> int:
        """The last transaction that who asks may see."""
        return max((one.id for one in self.history(ticket) if self.sees(one)), default=0)

    def group_transactions(self, ticket: Ticket, now: datetime) -> None:
        for _ in range(GROUPS):
            id = next(self._ids["transaction"])
            self.transactions[id] = Transaction(id, ticket.id, "Create", self.me, now, of_ticket=False)

    def record(
        self,
        ticket: Ticket,
        kind: str,
        *,
        field: str = "",
        old: str = "",
        new: str = "",
        by: str = "",
        entities: Sequence[parts.Entity] = (),
    ) -> Transaction:
        """Write down a change, and run the scrips on it; `by` is RT itself where nobody asked for it."""
        id, now, who = next(self._ids["transaction"]), self.now(), by or self.me
        made = Transaction(id, ticket.id, kind, who, now, field, old, new)
        made.parts = list(self._kept(made, entities))
        self.transactions[id] = made
        ticket.updated, ticket.editor = now, self.me
        if kind not in MAILS:
            self._announce(made, own=not by)
        return made

    def _kept(self, made: Transaction, entities: Sequence[parts.Entity]) -> Iterator[Part]:
        parent = 0
        for entity in entities:
            id = next(self._ids["part"])
            kind, filename = entity.content_type, entity.filename
            part = Part(id, made.id, parent, kind, entity.headers, entity.content, filename, made.creator, made.created)
            part.subject, part.message_id = entity.subject, entity.message_id
            self.parts[id] = part
            parent = parent or id
            yield part

    def mail(self, ticket: Ticket, to: Iterable[str], text: str, *, comment: bool = False) -> None:
        """A scrip mails to all but the one who acts, and notes the mail as a transaction with its three parts."""
        people = tuple(dict.fromkeys(one for one in to if one not in (self.me, NOBODY)))
        if not people:
            return
        self.mails.append((people, ticket.id, text))
        bodies = [
            parts.Entity(kind, f"Content-Type: {kind}\nContent-Length: {len(text.encode())}", text.encode())
            for kind in ("text/plain", "text/html")
        ]
        container = parts.Entity("multipart/alternative", "Content-Type: multipart/alternative\nContent-Length: 0")
        self.record(
            ticket, "CommentEmailRecord" if comment else "EmailRecord", by=SYSTEM, entities=(container, *bodies)
        )

    # -- the hook

    @contextlib.contextmanager
    def batch(self) -> Iterator[None]:
        """The life of RT's object of one ticket: its scrips of the stage TransactionBatch run when it ends."""
        self._batch = []
        yield
        self.end_batch()
        told, self._by_scrips = self._by_scrips, []
        for one in told:
            self.simulator.tell(one)

    def end_batch(self) -> None:
        """Tell what came so far. RT runs a batch once: what the same object does later is told to nobody."""
        told, self._batch = self._batch or [], None
        for one in told:
            self.simulator.tell(one)

    def _announce(self, made: Transaction, *, own: bool) -> None:
        """A change by a scrip is on an object of its own, whose batch runs after (measured)."""
        if not own:
            self._by_scrips.append(made)
        elif self._batch is not None:
            self._batch.append(made)
