"""Zendesk's JSON is read as its own examples show it, and nothing is read as more than it says."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.core.model import Internal, Kind, Life, Person, Public, RichText, Visibility
from syncd.sdk.answers import Answers
from syncd.sdk.errors import Rejected
from syncd.sdk.text.markdown import parse
from syncd.sdk.text.plain import to_plain
from syncd_zendesk import fields, wire
from syncd_zendesk.fields import Catalogue, CustomField
from syncd_zendesk.wire import AuditJson, CommentJson, TicketFieldJson, TicketJson, UserJson
from tests.specs import spec

ANSWERS = Answers("acme")
AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
KNOWN = Catalogue(
    custom={
        1: CustomField(1, "Severity", "tagger", ("sev1", "sev2")),
        2: CustomField(2, "Users", "integer"),
        3: CustomField(3, "Began", "date"),
        4: CustomField(4, "Platforms", "multiselect", ("web", "ios")),
        5: CustomField(5, "VIP", "checkbox"),
        6: CustomField(6, "Note", "textarea"),
    },
    groups={7: "Support"},
)


def example(name: str) -> Any:
    """An example of the vendor's description."""
    document = json.loads(spec("zendesk/support.openapi.json").read_text())
    return document["components"]["examples"][name]["value"]


def comment(**more: Any) -> CommentJson:
    return CommentJson.model_validate({"id": 1, "author_id": 2, "html_body": "<p>Hi</p>", **more})


# --- the vendor's examples -------------------------------------------------------------------------------------------


def test_the_example_of_a_ticket_is_read() -> None:
    ticket = ANSWERS.read(TicketJson, example("TicketResponseExample")["ticket"], at="ticket")
    read = fields.snapshot(ticket, users={}, catalogue=Catalogue(), site="https://acme.zendesk.com")
    assert (read.ref, read.label, read.revision) == ("35436", "#35436", "2011-05-05T10:38:52Z")
    assert read.fields["subject"] == "Help, my printer is on fire!"
    assert read.fields["tags"] == frozenset({"enterprise", "other_tag"})
    assert read.fields["assignee"] == Person("235323")
    assert read.url == "https://acme.zendesk.com/agent/tickets/35436"
    assert read.life is Life.ACTIVE


def test_an_answer_that_shows_few_fields_proves_few() -> None:
    ticket = ANSWERS.read(TicketJson, example("TicketUpdateResponseExample")["ticket"], at="ticket")
    assert fields.fields_of(ticket, {}, Catalogue()) == {
        "subject": "My printer is on fire!",
        "status": "open",
        "requester": Person("123453"),
    }


def test_the_example_of_comments_is_read() -> None:
    [read] = ANSWERS.read_rows(CommentJson, example("TicketCommentsResponseExample"), "comments", at="comments")
    made = wire.comment(read, users={}, key=None, at=None)
    assert isinstance(made.body, Public)
    assert to_plain(parse(made.body.text)) == "Thanks for your help!"
    assert [(file.name, file.size, file.visibility) for file in made.attachments] == [
        ("crash.log", 2532, Visibility.PUBLIC)
    ]


def test_the_example_of_audits_is_read() -> None:
    [audit] = ANSWERS.read_rows(AuditJson, example("TicketAuditsForTicketResponseExample"), "audits", at="audits")
    event = ANSWERS.read(CommentJson, audit.events[0], at="audit.events")
    assert wire.comment(event, users={}, key="k", at=audit.created_at).body == Internal("This is a new private comment")


# --- visibility ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("said", [None, False, "true", "yes", 1, "public", [True]])
def test_what_is_not_said_to_be_public_is_internal(said: Any) -> None:
    made = wire.comment(comment(public=said, attachments=[{"id": 9}]), users={}, key=None, at=AT)
    assert made.visibility is Visibility.INTERNAL
    assert [file.visibility for file in made.attachments] == [Visibility.INTERNAL]


def test_visibility_that_is_missing_is_internal() -> None:
    assert wire.comment(comment(), users={}, key=None, at=AT).visibility is Visibility.INTERNAL


def test_the_first_comment_is_the_description_and_its_files_are_the_tickets() -> None:
    first = comment(public=True, attachments=[{"id": 9, "file_name": "log.txt"}], created_at=AT.isoformat())
    second = comment(id=2, public=False, created_at=AT.isoformat())
    thread = wire.thread([first, second], users={}, keys={2: "key-1"}, at=AT)
    assert [(each.id, each.key) for each in thread.comments] == [("2", "key-1")]
    assert [(file.name, file.visibility) for file in thread.attachments] == [("log.txt", Visibility.PUBLIC)]


def test_a_file_with_malware_has_no_address() -> None:
    files = [
        {"id": 1, "content_url": "https://x/1", "malware_scan_result": "malware_found"},
        {"id": 2, "content_url": "https://x/2", "malware_scan_result": "malware_not_found"},
        {
            "id": 3,
            "content_url": "https://x/3",
            "malware_scan_result": "malware_found",
            "malware_access_override": True,
        },
    ]
    made = wire.comment(comment(attachments=files), users={}, key=None, at=AT)
    assert [file.url for file in made.attachments] == ["", "https://x/2", "https://x/3"]


# --- schema drift ----------------------------------------------------------------------------------------------------


def test_one_field_of_an_unexpected_shape_does_not_stop_the_ticket() -> None:
    ticket = TicketJson.model_validate(
        {"id": 1, "custom_fields": [{"id": 2, "value": "many"}, {"id": 3, "value": "soon"}, {"id": 1, "value": "sev1"}]}
    )
    read = fields.fields_of(ticket, {}, KNOWN)
    assert (read["Users"], read["Began"], read["Severity"]) == ("many", "soon", "sev1")


# --- fields ----------------------------------------------------------------------------------------------------------


def values(type: str) -> st.SearchStrategy[Any]:
    """Values of a custom field, in our words."""
    return {
        "tagger": st.sampled_from(["sev1", "sev2"]),
        "integer": st.integers(-(10**9), 10**9).map(Decimal),
        "date": st.dates(date(1971, 1, 1), date(2099, 12, 31)),
        "multiselect": st.sets(st.sampled_from(["web", "ios"]), min_size=1).map(frozenset),
        "checkbox": st.sampled_from(["true", "false"]),
        "textarea": st.text(min_size=1),
    }[type]


@given(st.data())
def test_a_custom_field_reads_back_what_was_written(data: st.DataObject) -> None:
    known = data.draw(st.sampled_from(list(KNOWN.custom.values())))
    value = data.draw(st.none() | values(known.type)) if known.type != "checkbox" else data.draw(values("checkbox"))
    [sent] = fields.to_json({known.name: value}, KNOWN)["custom_fields"]
    assert sent["id"] == known.id
    assert fields.custom_value(known, json.loads(json.dumps(sent["value"]))) == value


def test_both_names_of_a_custom_field_can_be_written() -> None:
    assert fields.to_json({"Severity": "sev1"}, KNOWN) == fields.to_json({"custom:1": "sev1"}, KNOWN)


def test_titles_that_two_fields_share_give_way_to_ids() -> None:
    found = [
        TicketFieldJson(id=1, title="Severity", type="tagger"),
        TicketFieldJson(id=2, title="Severity", type="text"),
        TicketFieldJson(id=3, title="status", type="text"),
        TicketFieldJson(id=4, title="Team", type="text"),
        TicketFieldJson(id=5, title="Priority", type="priority"),
    ]
    named = {id: each.name for id, each in fields.custom_fields(found, by_title=True).items()}
    assert named == {1: "custom:1", 2: "custom:2", 3: "custom:3", 4: "Team"}
    assert fields.custom_fields(found, by_title=False)[4].name == "custom:4"


def test_our_own_tags_are_no_labels_and_survive_a_rewriting() -> None:
    ticket = TicketJson.model_validate({"id": 1, "tags": ["vip", "syncd-core-7"]})
    assert fields.fields_of(ticket, {}, KNOWN)["tags"] == frozenset({"vip"})
    sent = fields.to_json({"tags": frozenset({"new"})}, KNOWN, kept_tags=frozenset({"syncd-core-7"}))
    assert sent == {"tags": ["new", "syncd-core-7"]}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("description", RichText.of("x")),
        ("subject", "  "),
        ("priority", "highest"),
        ("status", "waiting"),
        ("group", "Unknown"),
        ("assignee", Person("../users")),
        ("no such field", "x"),
    ],
)
def test_what_zendesk_cannot_take_is_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(Rejected) as caught:
        fields.to_json({name: value}, KNOWN)
    assert caught.value.field == name


@pytest.mark.parametrize("id", ["", "0", "-1", "1/..", "../1", "1%2e", "1\r\n", "1 ", "٣", "1" * 19])
def test_only_a_number_goes_into_an_address(id: str) -> None:
    with pytest.raises(Rejected):
        wire.number(id)


def test_a_custom_status_is_said_by_its_label_and_closed_by_its_category() -> None:
    known = Catalogue(statuses={11: "Open", 12: "With engineering"})
    ticket = TicketJson.model_validate({"id": 1, "status": "open", "custom_status_id": 12})
    assert fields.status_of(ticket, known) == "With engineering"
    assert fields.status_of(ticket.model_copy(update={"status": "closed"}), known) == "closed"
    assert fields.to_json({"status": "With engineering"}, known) == {"custom_status_id": 12}
    assert fields.to_json({"status": "closed"}, known) == {"status": "closed"}


def test_every_kind_of_custom_field_has_a_kind_of_ours() -> None:
    assert {each.name: each.info.kind for each in KNOWN.custom.values()} == {
        "Severity": Kind.CHOICE,
        "Users": Kind.NUMBER,
        "Began": Kind.DATE,
        "Platforms": Kind.MULTI_CHOICE,
        "VIP": Kind.CHOICE,
        "Note": Kind.TEXT,
    }


# --- a description is plain text -------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["2 * 3 * 4", "<b>no</b>", "# no heading", "a\nb\n\nc", "1. x", "a_b_c"])
def test_a_description_is_read_literally(words: str) -> None:
    read = wire.plain(words)
    assert read.source == words
    assert to_plain(parse(read.markdown)) == words


# --- merges ----------------------------------------------------------------------------------------------------------

STAFF, CUSTOMER = UserJson(id=2, role="agent"), UserJson(id=3, role="end-user")
MERGED = TicketJson.model_validate({"id": 5, "status": "closed", "tags": ["closed_by_merge"]})
SAID = 'This request was closed and merged into request #7 "Export fails".'


def target(ticket: TicketJson, **last: Any) -> str | None:
    return wire.merged_into(ticket, [comment(body="Hello"), comment(**last)], {2: STAFF, 3: CUSTOMER})


def test_the_closing_comment_names_the_ticket_that_is_left() -> None:
    assert target(MERGED, body=SAID) == "7"


def test_a_customers_words_move_no_link() -> None:
    assert target(MERGED, body=SAID, author_id=3) is None


def test_a_ticket_that_was_not_merged_was_merged_into_nothing() -> None:
    assert target(MERGED.model_copy(update={"status": "open"}), body=SAID) is None
    assert target(MERGED.model_copy(update={"tags": []}), body=SAID) is None
    assert target(MERGED, body="Closing this: see request #7 for more") is None
