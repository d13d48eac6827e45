"""What was said on a HubSpot ticket: who may read which mail, notes made once, and their files."""

import json

import pytest

from syncd.core.model import Internal, Public, Visibility
from syncd.sdk.connector import Message
from syncd.sdk.errors import Forbidden, NotFound, Rejected, Unavailable
from syncd.sdk.testing.faults import LostAfter, LostBefore, Status
from syncd.sdk.testing.page import Upload
from syncd_hubspot import Hubspot
from syncd_hubspot.simulator import ANA, BEN, CAROL, KEY, OTHER_ADDRESS
from tests.connectors.hubspot.steps import NOTES, TICKETS, bodies, comments, file, said
from tests.connectors.hubspot.world import HubspotWorld

ADDRESSES = {"ana": ANA.email, "carol": CAROL.email, "other": OTHER_ADDRESS, "stranger": "x@else.example", "": ""}


def headers(sender: str, to: str = "", cc: str = "", bcc: str = "") -> str:
    lists = {"to": to, "cc": cc, "bcc": bcc}
    told = {name: [{"email": ADDRESSES[who].upper()}] if who else [] for name, who in lists.items()}
    return json.dumps({"from": {"email": ADDRESSES[sender]}, **told})


# -- who may read


@pytest.mark.parametrize(
    ("direction", "status", "addresses", "public"),
    [
        ("INCOMING_EMAIL", "", headers("carol", "ana"), True),
        ("INCOMING_EMAIL", "", headers("other", "ana"), True),
        ("EMAIL", "SENT", headers("ana", "carol"), True),
        ("EMAIL", "SENT", headers("ana", "stranger", cc="other"), True),
        ("INCOMING_EMAIL", "", headers("stranger", "carol"), False),
        ("INCOMING_EMAIL", "", headers("ana", "carol"), False),
        ("EMAIL", "SENT", headers("ana", "stranger"), False),
        ("EMAIL", "SENT", headers("carol", "ana"), False),
        ("EMAIL", "SENT", headers("ana", bcc="carol"), False),
        ("EMAIL", "", headers("ana", "carol"), False),
        *(
            ("EMAIL", status, headers("ana", "carol"), False)
            for status in ("BOUNCED", "FAILED", "SCHEDULED", "SENDING")
        ),
        ("FORWARDED_EMAIL", "SENT", headers("carol", "ana"), False),
        ("", "SENT", headers("ana", "carol"), False),
        ("EMAIL", "SENT", "", False),
        ("EMAIL", "SENT", "no json", False),
        ("EMAIL", "SENT", "[]", False),
        ("EMAIL", "SENT", '{"to": "carol@customer.example"}', False),
        ("EMAIL", "SENT", '{"to": [{"email": null}, 1]}', False),
        ("INCOMING_EMAIL", "", '{"from": {"email": ""}}', False),
    ],
)
async def test_a_mail_is_public_where_the_customer_surely_has_it(
    hubspot: Hubspot, world: HubspotWorld, direction: str, status: str, addresses: str, public: bool
) -> None:
    ref = world.simulator.make("x")
    upload = Upload("a.txt", "text/plain", b"x")
    told = {"hs_email_status": status, "hs_email_headers": addresses}
    mail = world.simulator.mail(ref, "hello", files=[upload], hs_email_direction=direction)
    with world.simulator.acting(ANA):
        world.simulator.crm.update(mail, told)
    [comment] = await comments(hubspot, ref)
    assert comment.body == (Public("hello") if public else Internal("hello"))
    assert [each.visibility for each in comment.attachments] == [Visibility.PUBLIC if public else Visibility.INTERNAL]


async def test_an_address_that_was_taken_from_the_contact_is_not_believed_any_more(
    hubspot: Hubspot, world: HubspotWorld
) -> None:
    ref = world.simulator.make("x")
    world.simulator.mail(ref, "hello", hs_email_headers=headers("ana", "other"))
    assert [comment.visibility for comment in await comments(hubspot, ref)] == [Visibility.PUBLIC]
    with world.simulator.acting(ANA):
        world.simulator.crm.update(world.simulator.carol, {"hs_additional_emails": ""})
    assert [comment.visibility for comment in await comments(hubspot, ref)] == [Visibility.INTERNAL]


async def test_authors_are_the_contact_the_user_and_ourselves(hubspot: Hubspot, world: HubspotWorld) -> None:
    ref = world.simulator.make("x")
    world.simulator.mail(ref, "one", by=CAROL)
    world.simulator.mail(ref, "two", by=ANA)
    world.simulator.note(ref, "three", by=BEN)
    world.simulator.note(ref, "four", by=BEN, hubspot_owner_id="")
    await said(hubspot, ref, "five")
    authors = [(each.author.id, each.author.name) for each in await comments(hubspot, ref)]
    carol = (str(world.simulator.carol.id), "Carol Customer")
    users = [("77001", "Ana Agent"), ("77002", "Ben Agent"), ("77002", "Ben Agent")]
    assert authors == [carol, *users, ("app:98765", "syncd")]
    snapshot = await hubspot.fetch(ref)
    assert snapshot.requester
    assert (snapshot.requester.id, snapshot.requester.email) == (carol[0], CAROL.email)


async def test_a_plain_mail_is_read_literally(hubspot: Hubspot, world: HubspotWorld) -> None:
    ref = world.simulator.make("x")
    world.simulator.mail(ref, "", hs_email_html="", hs_email_text="*a* <b>")
    assert [comment.body for comment in await comments(hubspot, ref)] == [Public("\\*a\\* \\<b>")]


# -- notes of ours


async def test_a_key_is_believed_where_our_app_made_the_note(hubspot: Hubspot, world: HubspotWorld) -> None:
    ref = world.simulator.make("x")
    world.simulator.note(ref, "a person's", by=BEN, syncd_key="key-9")
    other = type(ANA)("55555", "Other app", scopes=frozenset({"app"}))
    world.simulator.note(ref, "another app's", by=other, syncd_key="key-8")
    await said(hubspot, ref, "ours")
    assert [comment.key for comment in await comments(hubspot, ref)] == [None, None, "key-1"]


async def test_the_key_is_in_no_text(hubspot: Hubspot, world: HubspotWorld) -> None:
    ref = world.simulator.make("x")
    await said(hubspot, ref, "ours", key="kestrel-4711")
    [sent] = bodies(world, f"POST {NOTES}")
    assert sent["properties"]["hs_note_body"] == "<p>ours</p>"
    assert sent["properties"][KEY] == "kestrel-4711"


@pytest.mark.parametrize("lost", ["POST /crm/v3/objects/notes", "PUT /crm/v4/objects/notes/*"])
@pytest.mark.parametrize("fault", [LostAfter(), LostBefore()], ids=["done", "not done"])
@pytest.mark.shows("unanswered comment found")
async def test_a_comment_that_broke_off_is_there_once_when_it_is_said_again(
    hubspot: Hubspot, world: HubspotWorld, lost: str, fault: LostAfter | LostBefore
) -> None:
    ref = world.simulator.make("x")
    world.simulator.faults.on(lost, fault)
    message = Message(Internal("see the log"), (file("log.txt", b"hello"),))
    with pytest.raises(Unavailable) as broken:
        await hubspot.comment(ref, message, key="key-1", expect="")
    assert broken.value.sent
    posted = await hubspot.comment(ref, message, key="key-1", expect="")
    assert await comments(hubspot, ref) == (posted.comment,)
    assert [each.name for each in posted.comment.attachments] == ["log.txt"]
    named = {each.id for each in posted.comment.attachments}
    if not isinstance(fault, LostBefore) or lost.startswith("PUT"):
        assert {str(id) for id in world.simulator.crm.files} == named, "no file is left over"


async def test_a_note_that_cannot_hang_on_its_ticket_is_taken_back(hubspot: Hubspot, world: HubspotWorld) -> None:
    with pytest.raises(NotFound):
        await said(hubspot, "999999", "lost")
    [note] = world.simulator.crm.records["notes"].values()
    assert note.archived_at


async def test_a_refused_note_leaves_no_file(hubspot: Hubspot, world: HubspotWorld) -> None:
    ref = world.simulator.make("x")
    world.simulator.faults.on(f"POST {NOTES}", Status(400))
    with pytest.raises(Rejected):
        await said(hubspot, ref, "x", file("a.txt", b"a"))
    assert world.simulator.crm.files == {}
    assert await comments(hubspot, ref) == ()


async def test_an_answer_that_does_not_show_the_note_is_not_believed_but_read(
    hubspot: Hubspot, world: HubspotWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = world.simulator.make("x")
    monkeypatch.setattr("syncd_hubspot.simulator.routes.MADE", ())
    posted = await said(hubspot, ref, "hello")
    assert posted.key == "key-1"
    assert await comments(hubspot, ref) == (posted,)


async def test_only_notes_of_our_own_on_this_ticket_are_changed(hubspot: Hubspot, world: HubspotWorld) -> None:
    ref, other = world.simulator.make("x"), world.simulator.make("y")
    theirs = f"note:{world.simulator.note(ref, 'theirs').id}"
    mail = f"mail:{world.simulator.mail(ref, 'mail').id}"
    ours = await said(hubspot, ref, "ours")
    for comment_id in (theirs, mail):
        with pytest.raises(Rejected):
            await hubspot.delete_comment(ref, comment_id)
        with pytest.raises(Rejected):
            await hubspot.edit_comment(
                ref, type(ours)(comment_id, ours.body, ours.author, ours.created), ours.body, key="k"
            )
    with pytest.raises(NotFound):
        await hubspot.edit_comment(other, ours, Internal("z"), key="k")
    await hubspot.delete_comment(other, ours.id)
    assert len(await comments(hubspot, ref)) == 3


async def test_an_edit_to_a_public_text_is_refused_unsent(hubspot: Hubspot, world: HubspotWorld) -> None:
    ref = world.simulator.make("x")
    ours = await said(hubspot, ref, "ours")
    before = world.requests
    with pytest.raises(Rejected, match="customer"):
        await hubspot.edit_comment(ref, ours, Public("for all"), key="key-2")
    assert world.requests == before


async def test_an_edit_keeps_files_and_a_deleted_note_is_gone_for_good(hubspot: Hubspot, world: HubspotWorld) -> None:
    ref = world.simulator.make("x")
    ours = await said(hubspot, ref, "one", file("a.txt", b"a"))
    edited = await hubspot.edit_comment(ref, ours, Internal("two"), key="key-2")
    assert await comments(hubspot, ref) == (edited,)
    assert (edited.key, [each.name for each in edited.attachments]) == ("key-2", ["a.txt"])
    await hubspot.delete_comment(ref, ours.id)
    await hubspot.delete_comment(ref, ours.id)
    assert await comments(hubspot, ref) == ()


async def test_a_long_text_is_cut_with_a_link_to_the_ticket(hubspot: Hubspot, world: HubspotWorld) -> None:
    ref = world.simulator.make("x")
    comment = await said(hubspot, ref, "日本 " * 40_000)
    assert comment.source.endswith(
        f'<a href="https://app.hubspot.com/contacts/12345678/ticket/{ref}">the whole text</a>]</p>'
    )


# -- many


async def test_a_long_thread_is_read_in_hundreds(hubspot: Hubspot, world: HubspotWorld) -> None:
    ref = world.simulator.make("x")
    for number in range(230):
        world.simulator.note(ref, f"number {number}")
    world.simulator.associations_a_page = 150
    before = world.requests
    assert [comment.body.text for comment in await comments(hubspot, ref)] == [f"number {n}" for n in range(230)]
    listed = f"GET /crm/v4/objects/tickets/{ref}/associations/notes"
    batch = f"POST {NOTES}/batch/read"
    assert [call for call in world.calls(before) if "notes" in call] == [*[listed] * 2, *[batch] * 3]


async def test_a_note_that_vanishes_meanwhile_is_left_out(hubspot: Hubspot, world: HubspotWorld) -> None:
    ref = world.simulator.make("x")
    world.simulator.note(ref, "stays")
    gone = world.simulator.note(ref, "goes")
    gone.archived_at = world.clock()
    assert [comment.body.text for comment in await comments(hubspot, ref)] == ["stays"]


async def test_a_contact_that_cannot_be_read_stays_an_id(hubspot: Hubspot, world: HubspotWorld) -> None:
    ref = world.simulator.make("x")
    world.simulator.carol.archived_at = world.clock()
    requester = (await hubspot.fetch(ref)).requester
    assert requester
    assert (requester.id, requester.email) == (str(world.simulator.carol.id), None)


# -- files


async def test_files_are_private(hubspot: Hubspot, world: HubspotWorld) -> None:
    ref = world.simulator.make("x")
    await said(hubspot, ref, "x", file("a.txt", b"a"), file("no ending", b"b"))
    assert [(each.name, each.access) for each in world.simulator.crm.files.values()] == [
        ("a.txt", "PRIVATE"),
        ("no ending", "PRIVATE"),
    ]


async def test_an_upload_that_broke_off_is_no_comment(hubspot: Hubspot, world: HubspotWorld) -> None:
    ref = world.simulator.make("x")
    world.simulator.faults.on("POST /files/v3/files", LostAfter(), skip=1)
    with pytest.raises(Unavailable) as broken:
        await said(hubspot, ref, "x", file("a.txt", b"a"), file("b.txt", b"b"))
    assert not broken.value.sent
    assert [each.name for each in world.simulator.crm.files.values()] == ["b.txt"], "what surely arrived is taken back"
    assert bodies(world, f"POST {NOTES}") == []


async def test_too_many_files_are_refused_unsent(hubspot: Hubspot, world: HubspotWorld) -> None:
    ref = world.simulator.make("x")
    before = world.requests
    with pytest.raises(Rejected) as refused:
        await said(hubspot, ref, "x", *[file(f"{number}.txt", b"a") for number in range(21)])
    assert (refused.value.field, world.requests) == ("attachments", before)


async def test_a_file_is_fetched_elsewhere_without_credentials(world: HubspotWorld) -> None:
    world.simulator.files_url = "https://files.hubspot.example"
    hubspot = world.connector(download_hosts={"files.hubspot.example"})
    await hubspot.check()
    ref = world.simulator.make("x")
    comment = await said(hubspot, ref, "x", file("a.txt", b"hello"))
    assert b"".join([chunk async for chunk in hubspot.download(comment.attachments[0])]) == b"hello"


async def test_a_file_that_was_deleted_leaves_its_note(hubspot: Hubspot, world: HubspotWorld) -> None:
    ref = world.simulator.make("x")
    world.simulator.note(ref, "see", files=[Upload("a.txt", "text/plain", b"a")])
    world.simulator.crm.files.clear()
    [comment] = await comments(hubspot, ref)
    assert (comment.body, comment.attachments) == (Internal("see"), ())
    assert f"GET {TICKETS}/{ref}" in world.calls()


async def test_a_file_that_we_may_not_see_is_named_by_its_id(hubspot: Hubspot, world: HubspotWorld) -> None:
    """Hidden files need a scope of their own."""
    ref = world.simulator.make("x")
    world.simulator.mail(ref, "see", files=[Upload("a.txt", "text/plain", b"a")])
    [id] = world.simulator.crm.files
    world.simulator.faults.on(f"GET /files/v3/files/{id}*", Status(403), times=9)
    [comment] = await comments(hubspot, ref)
    assert [(each.id, each.name, each.size) for each in comment.attachments] == [(str(id), str(id), 0)]
    with pytest.raises(Forbidden):
        await hubspot.download(comment.attachments[0]).__anext__()


async def test_the_order_is_that_of_time_and_of_numbers_not_of_their_digits(
    hubspot: Hubspot, world: HubspotWorld
) -> None:
    ref = world.simulator.make("x")
    world.simulator._next_id = 9_997
    for number in range(2):
        world.simulator.note(ref, f"note {number}")
        world.simulator.mail(ref, f"mail {number}")
    together = world.clock()
    for kind in ("notes", "emails"):
        for record in world.simulator.crm.records[kind].values():
            record.created = together
    texts = [comment.body.text for comment in await comments(hubspot, ref)]
    assert texts == ["note 0", "mail 0", "note 1", "mail 1"]
