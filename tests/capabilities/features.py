"""What a connector can be asked for, and which test shows that one can: the rows of `docs/capabilities.md`."""

from __future__ import annotations

from dataclasses import dataclass

from syncd.sdk.connector import Capability
from syncd.sdk.testing.world import Deed


@dataclass(frozen=True, slots=True)
class Word:
    """An entry of `Words`: the promises about it run where the vendor has one."""

    name: str


@dataclass(frozen=True, slots=True)
class Promise:
    """A promise of `ConnectorTests` that runs everywhere, unless a vendor's own test class leaves it out."""

    name: str


class Own:
    """Tests of the connector's own, marked `shows("...")`."""


Proof = Capability | Deed | Word | Promise | Own


@dataclass(frozen=True, slots=True)
class Feature:
    """A row: what can be asked for, and what shows that a connector can do it."""

    name: str
    proof: Proof


def _own(*names: str) -> list[Feature]:
    return [Feature(name, Own()) for name in names]


GROUPS: dict[str, list[Feature]] = {
    "Hearing of changes": [
        Feature("webhooks", Capability.WEBHOOKS),
        Feature("signature over the webhook's body", Word("signed")),
        Feature("webhooks registered and removed", Capability.MANAGE_WEBHOOKS),
        Feature("polling, one request when idle", Promise("test_an_idle_poll_is_one_request")),
        Feature("a person's change is never an echo", Promise("test_a_persons_change_is_never_taken_for_ours")),
        *_own("our own write comes back without a read"),
    ],
    "Writing": [
        Feature("guard against stale writes", Capability.GUARDED),
        Feature("check of a write in the history", Capability.HISTORY),
        Feature("create that can be repeated", Capability.REPEATABLE_CREATE),
        Feature("create found by its key", Capability.FIND),
        Feature("all fields in one write", Promise("test_only_the_given_fields_are_written")),
        Feature(
            "refused value noticed",
            Promise("test_an_unknown_word_is_refused_by_name_or_seen_not_to_be_there"),
        ),
        *_own("steps through a workflow", "fields that a transition requires"),
    ],
    "Fields": [
        Feature("title", Promise("test_a_title_keeps_every_script")),
        Feature("description, formatted", Word("description")),
        Feature("priority", Word("choice")),
        Feature("status", Word("status")),
        Feature("labels", Word("labels")),
        Feature("date", Word("day")),
        Feature("date and time", Word("moment")),
        Feature("people by address", Capability.PEOPLE),
        *_own("custom fields"),
        Feature("fields and their words asked", Capability.DESCRIBE),
    ],
    "Comments": [
        Feature("public comments", Word("customers")),
        Feature("internal comments", Capability.INTERNAL_COMMENTS),
        Feature("edit a comment", Capability.EDIT_COMMENTS),
        Feature("delete a comment", Capability.DELETE_COMMENTS),
        Feature("our comments known by a hidden key", Promise("test_the_key_is_on_our_comments_and_on_no_others")),
        Feature(
            "long comment whole, or cut and said",
            Promise("test_a_long_comment_arrives_whole_or_says_that_it_was_cut"),
        ),
    ],
    "Files": [
        Feature("files with a comment", Capability.FILES),
        Feature("files on the ticket", Capability.TICKET_FILES),
        Feature("people's files read", Deed.ATTACH),
        Feature("large files streamed", Promise("test_a_large_file_arrives_piece_by_piece_or_is_refused")),
        *_own("inline images"),
    ],
    "Life": [
        Feature("close", Capability.CLOSE),
        Feature("open again", Word("done")),
        Feature("merge followed", Deed.MERGE),
        Feature("move followed", Deed.MOVE),
        Feature("delete noticed", Deed.DELETE),
        Feature("restore noticed", Deed.RESTORE),
        *_own("locked or archived left alone"),
    ],
    "Account": [
        Feature("link to the other side", Capability.LINK_BACK),
        *_own(
            "rate-limit headers read",
            "rate limit obeyed in the vendor's dress",
            "missing rights told",
            "end of the credential told",
            "public places noticed",
        ),
    ],
}

FEATURES: tuple[Feature, ...] = tuple(feature for group in GROUPS.values() for feature in group)
