"""A connector that breaks a promise fails the test of that promise: no promise is one that cannot fail."""

from __future__ import annotations

import inspect
from dataclasses import replace
from datetime import timedelta

import pytest
from _pytest.outcomes import Failed

from syncd.sdk.connector import Capability
from syncd.sdk.errors import ConnectorError
from syncd.sdk.testing.character import BLIND, HELPFUL, TRACKER, Character, collapse, trim
from syncd.sdk.testing.conformance import ConnectorTests
from syncd.sdk.testing.memory import MemoryConnector
from syncd.sdk.testing.memory_world import MemoryWorld
from tests.sdk.testing import broken

REWRITES = replace(HELPFUL, text=(trim, collapse))
STRICT = replace(HELPFUL, workflow={"new": frozenset({"open"})})
HANGS = replace(HELPFUL, capabilities=HELPFUL.capabilities | {Capability.TICKET_FILES})
UNGUARDED = replace(HELPFUL, capabilities=HELPFUL.capabilities - {Capability.GUARDED})
DISCREET = replace(HELPFUL, capabilities=HELPFUL.capabilities | {Capability.ONLY_INTERNAL_COMMENTS})
BARE = replace(BLIND, capabilities=frozenset())
ENDING = replace(HELPFUL, hook_life=timedelta(days=30))
SILENT = replace(HELPFUL, workflow=BLIND.workflow, silent=True)

NOTICED: list[tuple[type[MemoryConnector], Character, str]] = [
    (broken.AnswersTheDraft, HELPFUL, "test_a_create_returns_what_a_read_returns"),
    (broken.ForgetsTheKey, HELPFUL, "test_the_same_key_twice_makes_one_ticket"),
    (broken.HasOneKeyForAll, HELPFUL, "test_another_key_makes_another_ticket"),
    (broken.FindsNothing, HELPFUL, "test_a_ticket_is_found_by_its_key_once_the_index_has_it"),
    (broken.FindsTheNewest, HELPFUL, "test_a_ticket_is_found_by_its_key_once_the_index_has_it"),
    (broken.FindsTheNewest, HELPFUL, "test_an_unknown_key_finds_nothing"),
    (broken.FindsOnlyOne, TRACKER, "test_all_tickets_of_a_key_are_found_the_oldest_first"),
    (broken.ClosesNothing, HELPFUL, "test_closing_is_final_and_the_second_time_changes_nothing"),
    (broken.ClosesAgain, HELPFUL, "test_closing_is_final_and_the_second_time_changes_nothing"),
    (broken.AnswersTheOldRevision, HELPFUL, "test_a_write_is_read_back_and_the_answer_says_no_more_than_the_read"),
    (broken.HasOneRevision, UNGUARDED, "test_a_write_makes_another_revision_once_the_clock_moved_on"),
    (broken.WritesWhatItReadBefore, UNGUARDED, "test_only_the_given_fields_are_written"),
    (broken.WritesBlindly, HELPFUL, "test_a_stale_write_is_refused_and_writes_nothing"),
    (broken.AnswersTheOldRevision, HELPFUL, "test_the_answer_to_a_guarded_write_is_good_for_the_next"),
    (broken.VouchesForAll, HELPFUL, "test_a_comment_does_not_vouch_for_what_came_before_it"),
    (broken.VouchesForAll, HELPFUL, "test_a_link_back_does_not_vouch_for_what_came_before_it"),
    (broken.LeavesTheStatus, HELPFUL, "test_a_status_goes_the_vendors_way"),
    (broken.WritesOneFieldOnly, HELPFUL, "test_a_status_and_a_field_in_one_update_both_arrive"),
    (broken.NamesNoField, STRICT, "test_an_impossible_status_is_refused_by_name_or_seen_not_to_be_there"),
    (broken.AnswersTheWish, SILENT, "test_an_impossible_status_is_refused_by_name_or_seen_not_to_be_there"),
    (broken.NamesNoField, HELPFUL, "test_an_unknown_word_is_refused_by_name_or_seen_not_to_be_there"),
    (broken.KnowsLatinOnly, HELPFUL, "test_a_title_keeps_every_script"),
    (broken.KnowsLatinOnly, HELPFUL, "test_a_description_keeps_every_script_and_its_lines"),
    (broken.AnswersTheWish, REWRITES, "test_a_text_that_the_vendor_changes_on_arrival_is_shown_as_it_stands"),
    (broken.AddsABlank, HELPFUL, "test_a_text_that_the_vendor_changes_on_arrival_is_shown_as_it_stands"),
    (broken.NeverEmpties, HELPFUL, "test_labels_are_set_and_emptied"),
    (broken.ShiftsTheDay, HELPFUL, "test_a_day_is_the_same_day_everywhere"),
    (broken.LosesTheZone, HELPFUL, "test_a_moment_keeps_its_zone"),
    (broken.ReadsFieldsTwice, HELPFUL, "test_a_read_of_the_fields_alone_shows_the_same_fields"),
    (broken.HasNoZones, HELPFUL, "test_a_read_says_when_and_who_with_a_zone"),
    (broken.FindsEverything, HELPFUL, "test_an_unknown_ref_is_not_found"),
    (broken.TakesAllForOurs, TRACKER, "test_the_history_tells_a_persons_edit_from_ours"),
    (broken.TellsNobody, HELPFUL, "test_a_public_comment_reaches_the_customer"),
    (broken.TellsEverybody, HELPFUL, "test_an_internal_comment_is_internal_and_no_customer_can_read_it"),
    (broken.TellsNobody, DISCREET, "test_where_nothing_can_be_made_public_a_public_comment_is_refused_unsent"),
    (broken.TellsEverybody, BARE, "test_where_nothing_is_internal_an_internal_comment_is_not_written"),
    (broken.ReadsAllAsPublic, HELPFUL, "test_a_persons_comment_is_read_as_visible_as_it_is"),
    (broken.AnswersAnotherComment, HELPFUL, "test_the_answer_to_a_comment_is_what_a_read_shows"),
    (broken.ShowsNewestFirst, HELPFUL, "test_comments_stay_in_the_order_in_which_they_were_written"),
    (broken.JoinsLines, HELPFUL, "test_a_comment_keeps_every_script_and_its_lines"),
    (broken.MarksEverything, HELPFUL, "test_the_key_is_on_our_comments_and_on_no_others"),
    (broken.EditsNothing, HELPFUL, "test_our_comment_can_be_edited_and_stays_as_visible_as_it_was"),
    (broken.DeletesTheLast, HELPFUL, "test_our_comment_can_be_deleted"),
    (broken.ForgetsFiles, HELPFUL, "test_files_arrive_with_their_comment_byte_for_byte"),
    (broken.LoadsOnePiece, HELPFUL, "test_files_arrive_with_their_comment_byte_for_byte"),
    (broken.ShowsFilesToAll, HELPFUL, "test_a_file_is_never_more_visible_than_its_comment"),
    (broken.DropsFiles, BARE, "test_where_no_file_can_be_sent_the_words_are_written_and_name_it"),
    (broken.RenamesFiles, HANGS, "test_a_file_hangs_on_the_ticket_byte_for_byte"),
    (broken.StartsAtTheBeginning, HELPFUL, "test_a_first_poll_starts_now"),
    (broken.BeginsNow, HELPFUL, "test_a_cursor_in_the_past_tells_what_was_made_since"),
    (broken.PollsTwice, HELPFUL, "test_an_idle_poll_is_one_request"),
    (broken.StepsOverOne, HELPFUL, "test_a_cursor_resumes_without_gaps"),
    (broken.RemembersWhatItTold, HELPFUL, "test_an_old_cursor_tells_it_again"),
    (broken.TellsOnlyEdits, HELPFUL, "test_a_new_ticket_and_a_new_comment_are_told"),
    (broken.NamesTheTicket, HELPFUL, "test_two_changes_never_share_a_name"),
    (broken.ReadsAhead, HELPFUL, "test_a_read_before_a_change_does_not_claim_to_show_it"),
    (broken.IncludesEverything, HELPFUL, "test_a_read_before_a_change_does_not_claim_to_show_it"),
    (broken.ForetellsWrongly, HELPFUL, "test_our_own_write_comes_back_as_foretold"),
    (broken.ForetellsWrongly, HELPFUL, "test_our_own_comment_comes_back_as_foretold"),
    (broken.CallsAllAnEcho, TRACKER, "test_a_persons_change_is_never_taken_for_ours"),
    (broken.ReceivesWithARequest, HELPFUL, "test_a_webhook_names_the_ticket"),
    (broken.HasOtherNamesWhenPolling, HELPFUL, "test_a_change_has_one_name_by_webhook_and_by_poll"),
    (broken.CountsDeliveries, HELPFUL, "test_a_delivery_has_one_id_however_often_it_comes"),
    (broken.BelievesEverything, HELPFUL, "test_a_body_that_was_tampered_with_is_not_believed"),
    (broken.BreaksOnNonsense, HELPFUL, "test_signed_nonsense_is_a_bad_body_or_nobodys_business"),
    (broken.CutsWithoutAWord, HELPFUL, "test_a_long_comment_arrives_whole_or_says_that_it_was_cut"),
    (broken.LoadsAllAtOnce, HELPFUL, "test_a_large_file_arrives_piece_by_piece_or_is_refused"),
    (broken.FindsWithoutHistory, TRACKER, "test_a_ticket_found_by_its_key_tells_what_people_changed_since"),
    (broken.NeverOpensAgain, HELPFUL, "test_a_done_ticket_is_opened_again"),
    (broken.BelievesFilesArePublic, HELPFUL, "test_a_persons_file_is_never_read_as_more_visible_than_it_is"),
    (broken.KnowsNoDeath, HELPFUL, "test_a_deleted_ticket_is_said_to_be_gone"),
    (broken.RemembersTheDead, HELPFUL, "test_a_restored_ticket_is_what_it_was"),
    (broken.NeverMoves, HELPFUL, "test_a_moved_ticket_is_followed"),
    (broken.NamesNoSurvivor, HELPFUL, "test_a_merged_ticket_names_the_one_that_stays"),
    (broken.TellsOnlyEdits, HELPFUL, "test_an_edited_comment_is_told_by_the_next_poll"),
    (broken.ForgetsNothingSaid, HELPFUL, "test_a_deleted_comment_is_read_no_more"),
    (broken.RegistersTwice, HELPFUL, "test_an_address_is_registered_once_and_listed"),
    (broken.RemovesNothing, HELPFUL, "test_a_removed_address_is_not_listed_and_may_be_removed_again"),
    (broken.TakesTheOldestAway, HELPFUL, "test_somebody_elses_webhook_is_listed_and_left_alone"),
    (broken.ListsAllAsAwake, HELPFUL, "test_one_that_was_switched_off_is_listed_as_such_and_woken_by_registering"),
    (broken.WakesNothing, HELPFUL, "test_one_that_was_switched_off_is_listed_as_such_and_woken_by_registering"),
    (broken.RenewsNothing, ENDING, "test_registering_again_moves_the_end"),
    (broken.ListsItsSecret, HELPFUL, "test_registering_and_listing_show_and_log_no_secret"),
    (broken.LogsItsSecret, HELPFUL, "test_registering_and_listing_show_and_log_no_secret"),
    (broken.HasNoName, HELPFUL, "test_an_account_says_who_it_is"),
    (broken.ShowsItsSecret, HELPFUL, "test_no_secret_is_shown"),
    (broken.PretendsToFind, BARE, "test_what_it_cannot_do_it_says"),
    (broken.LoadsNothing, BARE, "test_files_cannot_be_loaded_where_there_are_none"),
    (broken.KnowsSmallLetters, HELPFUL, "test_somebody_is_found_by_address_in_any_case_and_can_be_assigned"),
    (broken.KnowsEverybody, HELPFUL, "test_a_stranger_is_nobody"),
    (broken.LinksAgain, HELPFUL, "test_the_other_half_is_shown_once_however_often_it_is_said"),
    (broken.LinksNothing, HELPFUL, "test_a_ticket_can_be_made_with_its_other_half"),
    (broken.DescribesNoWords, HELPFUL, "test_a_description_knows_the_fields_and_their_words"),
]  # fmt: skip

EXAMPLES = {
    "text": "ends with blanks   ",
    "body": b'{"a": 1}',
    "capability": Capability.FIND,
    "able": None,
    "done_by_people": None,
    "public": False,
}


async def keep(promise: str, kind: type[MemoryConnector], character: Character) -> None:
    """Run one promise as pytest would."""
    world = MemoryWorld(character)
    test = getattr(ConnectorTests(), promise)
    more = {name: value for name, value in EXAMPLES.items() if name in inspect.signature(test).parameters}
    connector = kind(vendor=world.vendor)
    await connector.check()
    await test(connector=connector, world=world, **more)


@pytest.mark.parametrize(
    ("kind", "character", "promise"), NOTICED, ids=[f"{kind.__name__}-{promise[5:]}" for kind, _, promise in NOTICED]
)
async def test_a_broken_connector_is_noticed(kind: type[MemoryConnector], character: Character, promise: str) -> None:
    await keep(promise, MemoryConnector, character)
    with pytest.raises((AssertionError, Failed, ConnectorError, KeyError)):
        await keep(promise, kind, character)


def test_every_promise_is_one_that_can_be_broken() -> None:
    promises = {name for name in dir(ConnectorTests) if name.startswith("test_")}
    assert promises == {promise for _, _, promise in NOTICED}
