"""What a connector can be asked for, and which test shows that one can: the rows of `docs/capabilities.md`."""

from __future__ import annotations

from dataclasses import dataclass

from syncd.sdk.connector import Capability
from syncd.sdk.testing.world import Deed


@dataclass(frozen=True, slots=True)
class Word:
    """An entry of `Words`: the promises about it run where the vendor has one, and the connector what it takes."""

    name: str
    with_: Capability | None = None
    without: Capability | None = None


@dataclass(frozen=True, slots=True)
class Promise:
    """A promise of `ConnectorTests`: it runs where the connector has what it needs, unless its own class leaves it."""

    name: str


class Own:
    """Nothing but a test of the connector's own."""


Proof = Capability | Deed | Word | Promise | Own


@dataclass(frozen=True, slots=True)
class Feature:
    """A row: what can be asked for, and what shows that a connector can do it.

    A test of the connector's own that is marked `shows("...")` with the row's name is proof of every row: for what it
    does with another setting, or in another way than the promises ask for.
    """

    name: str
    proof: Proof


def _own(*names: str) -> list[Feature]:
    return [Feature(name, Own()) for name in names]


GROUPS: dict[str, list[Feature]] = {
    "Hearing of changes": [
        Feature("webhooks", Capability.WEBHOOKS),
        Feature("webhooks registered and removed", Capability.MANAGE_WEBHOOKS),
        Feature("signature over the webhook's body", Word("signed", Capability.WEBHOOKS)),
        Feature("polling, one request when idle", Promise("test_an_idle_poll_is_one_request")),
        *_own("own write costs no second read"),
    ],
    "Writing": [
        Feature("stale write refused", Capability.GUARDED),
        Feature("edit beneath a write noticed", Capability.HISTORY),
        Feature("create repeated safely", Capability.REPEATABLE_CREATE),
        Feature("unanswered create found", Capability.FIND),
        *_own(
            "unanswered comment found",
            "several fields in one request",
            "steps through a workflow",
        ),
        Feature(
            "status with the fields that it requires",
            Promise("test_a_status_and_a_field_in_one_update_both_arrive"),
        ),
    ],
    "Fields": [
        Feature("description written", Word("description")),
        Feature("status", Word("status")),
        Feature("priority", Word("choice")),
        Feature("labels", Word("labels")),
        *_own("labels of others stay"),
        Feature("date", Word("day")),
        Feature("date and time", Word("moment")),
        Feature("people by address", Capability.PEOPLE),
        *_own("custom fields"),
        Feature("fields and their words listed", Capability.DESCRIBE),
    ],
    "Comments": [
        Feature("public comments", Word("customers", without=Capability.ONLY_INTERNAL_COMMENTS)),
        Feature("internal comments", Capability.INTERNAL_COMMENTS),
        Feature("own comment edited", Capability.EDIT_COMMENTS),
        Feature("own comment deleted", Capability.DELETE_COMMENTS),
        Feature("people's edit of a comment noticed", Deed.REWORD),
        Feature("people's deletion of a comment noticed", Deed.UNSAY),
        Feature(
            "long comment whole, or cut and said",
            Promise("test_a_long_comment_arrives_whole_or_says_that_it_was_cut"),
        ),
    ],
    "Files": [
        Feature("files sent", Capability.FILES),
        Feature("file as internal as its comment", Promise("test_a_file_is_never_more_visible_than_its_comment")),
        Feature("people's files fetched", Deed.ATTACH),
        Feature("large files streamed", Promise("test_a_large_file_arrives_piece_by_piece_or_is_refused")),
        *_own("inline images"),
    ],
    "Life": [
        Feature("closed", Capability.CLOSE),
        Feature("opened again", Word("done")),
        Feature("merge followed", Deed.MERGE),
        Feature("move followed", Deed.MOVE),
        Feature("delete noticed", Deed.DELETE),
        Feature("restore noticed", Deed.RESTORE),
        *_own("locked or archived left alone"),
    ],
    "Account": [
        Feature("link to the other side", Capability.LINK_BACK),
        *_own(
            "limit seen before it is hit",
            "limit obeyed when it is hit",
            "missing rights told",
            "end of the credential told",
            "public places noticed",
        ),
    ],
}

FEATURES: tuple[Feature, ...] = tuple(feature for group in GROUPS.values() for feature in group)
