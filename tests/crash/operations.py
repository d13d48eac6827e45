"""What people did before the daemon died: one operation each, on a pair that was at rest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from syncd.sdk.testing.evidence import canary
from syncd.sdk.testing.faults import LostBefore
from tests.crash.lab import Vendors

TICKET, ISSUE = "desk-1", "tracker-1"


@dataclass(frozen=True, slots=True)
class Operation:
    """`linked`: it starts from a pair that is linked and at rest, not from an empty store."""

    name: str
    act: Callable[[Vendors], object]
    linked: bool = True


def linked(on: Vendors) -> None:
    """The ticket that most operations are about, with something said on it already."""
    on.support.open(title="Export fails", priority="urgent", description="It **breaks**")
    on.support.say(TICKET, f"before {canary(90)}", public=True)


def create(on: Vendors) -> None:
    on.support.open(title="Export fails", priority="urgent", description="It **breaks**", labels=frozenset({"a"}))
    on.support.say(TICKET, f"customer says {canary(1)}", public=True, files={"log.bin": bytes(range(256))})


def conflict(on: Vendors) -> None:
    on.support.edit(TICKET, priority="low", title="Export fails on Mondays")
    on.engineering.edit(ISSUE, priority="high", status="open", estimate=Decimal(3))


def comment(on: Vendors) -> None:
    on.support.say(TICKET, f"first {canary(1)}", public=True)
    on.support.say(TICKET, f"second {canary(2)}", public=True)


def comment_back(on: Vendors) -> None:
    on.engineering.say(ISSUE, f"/customer fixed {canary(1)}")
    on.engineering.say(ISSUE, f"mind the cache {canary(2)}", public=True)


def internal(on: Vendors) -> None:
    on.support.say(TICKET, f"angry {canary(1)}")
    on.engineering.say(ISSUE, f"our fault {canary(2)}")


def edited_comment(on: Vendors) -> None:
    first = on.support.ticket(TICKET).comments[0]
    on.support.edit_comment(TICKET, first.id, f"before {canary(90)}, corrected")


def file(on: Vendors) -> None:
    on.support.say(TICKET, f"see {canary(1)}", public=True, files={"log.bin": bytes(range(256)), "a.txt": b"a"})
    on.engineering.say(ISSUE, f"and {canary(2)}", files={"trace.txt": b"trace"})
    on.engineering.file(ISSUE, "patch.diff", b"patch")


def note(on: Vendors) -> None:
    """A status that the tracker's workflow refuses: parked, and told on the ticket."""
    on.support.edit(TICKET, status="solved", title="Export fails, solved")


def link_back(on: Vendors) -> None:
    """A new label is shown on the other ticket."""
    on.support.move(TICKET, "CORE")
    on.engineering.move(ISSUE, "HELP")


def poll(on: Vendors) -> None:
    """Every webhook is lost."""
    for vendor in (on.support, on.engineering):
        vendor.plan.on("webhook*", LostBefore(), times=100)
    on.support.edit(TICKET, priority="high")
    on.engineering.edit(ISSUE, status="open")


def webhook(on: Vendors) -> None:
    on.support.edit(TICKET, labels=frozenset({"a", "b"}))
    on.engineering.edit(ISSUE, title="Export fails (core)")


def made_twice(on: Vendors) -> None:
    """A request that nobody waited for any more made the issue a second time, and an engineer spoke there."""
    first = on.engineering.ticket(ISSUE)
    second = on.engineering.make("syncd", first.container, {"title": first.fields["title"]}, key=first.key)
    on.engineering.say(second.ref, f"which one is it? {canary(1)}")
    on.clock.advance(timedelta(hours=1).total_seconds())


OPERATIONS = (
    Operation("create", create, linked=False),
    Operation("conflict", conflict),
    Operation("comment", comment),
    Operation("comment back", comment_back),
    Operation("internal comment", internal),
    Operation("edited comment", edited_comment),
    Operation("file", file),
    Operation("note", note),
    Operation("link back", link_back),
    Operation("poll", poll),
    Operation("webhook", webhook),
    Operation("made twice", made_twice),
)
