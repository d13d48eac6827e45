"""What only GitHub does: fields, statuses, labels, keys, people, and what each deed costs in requests."""

from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest

from syncd.core.model import Internal, Life, Person, Public, RichText, Value
from syncd.sdk.connector import ONLY_FIELDS, Backlink, Draft, Message
from syncd.sdk.errors import BadAnswer, Forbidden, Locked, Moved, NotFound, Rejected, Stale, Unavailable
from syncd.sdk.testing.faults import LostAfter, Meanwhile, Status
from syncd.sdk.testing.promises.base import file
from syncd_github import GitHub
from syncd_github.simulator import ANA, BEN, STRANGER, SYNCD
from tests.connectors.github.world import GitHubWorld

TITLE = {"title": "Export fails"}
BACKLINK = Backlink("https://acme.zendesk.example/agent/tickets/7", "ZD-7 Kestrel's export fails", "ZD-7")


def drafted(world: GitHubWorld, **fields: Value) -> Draft:
    return Draft(world.words.place, {**TITLE, **fields})


# -- costs


@pytest.mark.shows("several fields in one request")
async def test_what_each_deed_costs(github: GitHub, world: GitHubWorld) -> None:
    """The table of connectors/syncd_github/README.md."""
    ref = await world.open(TITLE)
    await world.say(ref, "hello", public=True)
    costs: dict[str, int] = {}

    async def count(deed: str, doing: object) -> object:
        before = world.requests
        done = await doing  # type: ignore[misc]
        costs[deed] = world.requests - before
        return done

    seen = await github.fetch(ref)
    await count("fields", github.fetch(ref, parts=ONLY_FIELDS))
    await count("thread", github.fetch(ref))
    await count("read back with history", github.fetch(ref, parts=ONLY_FIELDS, since=seen.revision))
    await count("title and status", github.update(ref, {"title": "x", "status": "completed"}, expect=seen.revision))
    seen = await github.fetch(ref)
    await count("description", github.update(ref, {"description": RichText.of("x")}, expect=seen.revision))
    await github.update(ref, {"priority": "low"}, expect="")  # learns the labels of the repository
    seen = await github.fetch(ref)
    await count("another priority", github.update(ref, {"priority": "high"}, expect=seen.revision))
    posted = await count("comment", github.comment(ref, Message(Internal("x")), key="k", expect=""))
    await count("edit comment", github.edit_comment(ref, posted.comment, Internal("y"), key="l"))  # type: ignore[attr-defined]
    await count("delete comment", github.delete_comment(ref, posted.comment.id))  # type: ignore[attr-defined]
    await count("link back", github.link_back(ref, BACKLINK))
    await count("link back again", github.link_back(ref, BACKLINK))
    await count("create", github.create(drafted(world), key="key-1"))
    await github.find("key-1")
    await count("find nothing", github.find("key-2"))
    await count("close", github.close(ref))
    assert costs == {
        "fields": 1,
        "thread": 2,
        "read back with history": 2,
        "title and status": 1,
        "description": 2,
        "another priority": 2,
        "comment": 2,
        "edit comment": 2,
        "delete comment": 1,
        "link back": 3,
        "link back again": 2,
        "create": 2,
        "find nothing": 1,
        "close": 1,  # it is closed already
    }


async def test_an_issue_without_comments_has_no_thread_to_ask_for(github: GitHub, world: GitHubWorld) -> None:
    ref, before = await world.open(TITLE), world.requests
    thread = (await github.fetch(ref)).thread
    assert (thread and thread.comments, world.requests - before) == ((), 1)


# -- refs and places


async def test_a_ref_is_two_numbers_and_its_label_what_people_say(github: GitHub, world: GitHubWorld) -> None:
    ref = await world.open(TITLE)
    seen = await github.fetch(ref)
    assert (seen.ref, seen.label, seen.container) == (f"{world.repository.id}-1", "acme/core#1", "acme/core")
    assert (await github.fetch("ACME/core#1")).ref == ref


@pytest.mark.parametrize("ref", ["", "7", "x-7", "1-0", "../../user", "186853001-1/../2", "acme/core#", "٣-٣"])
async def test_what_is_no_ref_is_never_sent(github: GitHub, world: GitHubWorld, ref: str) -> None:
    before = world.requests
    with pytest.raises((NotFound, Forbidden)):
        await github.fetch(ref)
    assert world.requests == before


async def test_another_repository_is_left_alone(github: GitHub, world: GitHubWorld) -> None:
    with pytest.raises(Forbidden, match="repositories"):
        await github.fetch(f"{world.simulator.open_source.id}-1")
    with pytest.raises(Rejected) as refused:
        await github.create(Draft({"repository": "acme/open"}, TITLE), key="k")
    assert refused.value.field == "repository"


async def test_a_transfer_is_followed(world: GitHubWorld) -> None:
    home, there = world.simulator.home, world.second()
    connector = world.connector(repositories=(home.name, there.name))
    await connector.check()
    ref = await world.open(TITLE)
    with world.simulator.acting(ANA):
        new = world.site.transfer(world.issue(ref), there)
    with pytest.raises(Moved) as moved:
        await connector.fetch(ref)
    assert moved.value.ref == new.ref
    assert (await connector.fetch(new.ref)).container == "acme/tools"
    with pytest.raises(Stale):  # 301 to a write: nothing was written, read it again
        await connector.update(ref, {"title": "x"}, expect="")


async def test_a_transfer_out_of_sight_says_where_to_look(github: GitHub, world: GitHubWorld) -> None:
    ref = await world.open(TITLE)
    with world.simulator.acting(ANA):
        world.site.transfer(world.issue(ref), world.second())
    with pytest.raises(Forbidden, match="`repositories`"):
        await github.fetch(ref)


async def test_a_renamed_repository_is_the_same(github: GitHub, world: GitHubWorld) -> None:
    ref = await world.open(TITLE)
    world.site.rename(world.repository, "acme/engine")
    seen = await github.fetch(ref)
    assert (seen.ref, seen.label) == (ref, "acme/engine#1")
    again = world.connector()  # its config has the old name
    await again.check()
    assert (await again.fetch(ref)).label == "acme/engine#1"
    assert (await again.create(drafted(world), key="k")).container == "acme/engine"


async def test_a_redirect_out_of_the_api_gets_no_credential(github: GitHub, world: GitHubWorld) -> None:
    class Astray(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            assert request.url.host == "api.github.example"
            return httpx.Response(301, headers={"location": "https://elsewhere.example/issues/1"})

    ref = await world.open(TITLE)
    github._api.client._http._transport = Astray()
    with pytest.raises(BadAnswer, match="out of the API"):
        await github.fetch(ref)


async def test_a_deleted_issue_is_deleted_and_a_closed_tracker_is_not(github: GitHub, world: GitHubWorld) -> None:
    ref, other = await world.open(TITLE), await world.open(TITLE)
    with world.simulator.acting(ANA):
        world.site.delete(world.issue(ref))
    assert (await github.fetch(ref)).life is Life.DELETED
    with pytest.raises(NotFound):
        await github.update(ref, {"title": "x"}, expect="")
    world.repository.has_issues = False
    with pytest.raises(Forbidden, match="switched off"):
        await github.fetch(other)


@pytest.mark.shows("locked or archived left alone")
async def test_an_archived_repository_takes_no_change(github: GitHub, world: GitHubWorld) -> None:
    ref = await world.open(TITLE)
    world.repository.archived = True
    with pytest.raises(Locked):
        await github.update(ref, {"title": "x"}, expect="")
    again = world.connector()
    await again.check()
    assert (await again.fetch(ref)).life is Life.LOCKED


async def test_a_locked_conversation_refuses_comments(github: GitHub, world: GitHubWorld) -> None:
    """Only for those who may not push; the refusal is of the comment, not of the issue."""
    ref = await world.open(TITLE)
    with world.simulator.acting(ANA):
        world.site.lock(world.issue(ref), locked=True)
    await github.comment(ref, Message(Internal("with the right to push")), key="k", expect="")
    world.simulator.faults.on("POST */comments", Status(403))
    world.repository.visibility, world.repository.push = "public", {ANA.id}
    world.simulator.faults.calm()
    with pytest.raises(Rejected, match="locked") as refused:
        await github.comment(ref, Message(Public("without")), key="k", expect="")
    assert not isinstance(refused.value, Locked)


async def test_a_pull_request_is_no_issue(github: GitHub, world: GitHubWorld) -> None:
    ref = await world.open(TITLE)
    world.issue(ref).pull_request = True
    with pytest.raises(NotFound, match="pull request"):
        await github.fetch(ref)


# -- status


@pytest.mark.parametrize("word", ["completed", "not_planned", "duplicate"])
async def test_each_reason_is_a_status(github: GitHub, world: GitHubWorld, word: str) -> None:
    ref = await world.open(TITLE)
    assert (await github.fetch(ref)).fields["status"] == "open"
    await github.update(ref, {"status": word}, expect="")
    assert (await github.fetch(ref)).fields["status"] == word
    await github.update(ref, {"status": "open"}, expect="")
    assert (await github.fetch(ref)).fields["status"] == "reopened"


async def test_another_reason_needs_the_issue_open_in_between(github: GitHub, world: GitHubWorld) -> None:
    """GitHub ignores `state_reason` while the state stays; it would answer 200 and do nothing."""
    ref = await world.open(TITLE)
    await github.update(ref, {"status": "completed"}, expect="")
    seen = await github.fetch(ref)
    before = world.requests
    await github.update(ref, {"status": "not_planned"}, expect=seen.revision)
    assert world.calls(before) == ["PATCH /repos/acme/core/issues/1"] * 2
    assert (await github.fetch(ref)).fields["status"] == "not_planned"


async def test_a_failure_between_the_two_steps_is_not_called_undone(github: GitHub, world: GitHubWorld) -> None:
    ref = await world.open(TITLE)
    await github.update(ref, {"status": "completed"}, expect="")
    seen = await github.fetch(ref)
    world.simulator.faults.on("PATCH *", Status(503), skip=1)
    with pytest.raises(Unavailable, match="in part") as failed:
        await github.update(ref, {"status": "not_planned"}, expect=seen.revision)
    assert failed.value.sent


async def test_closed_long_ago_without_a_reason_is_completed(github: GitHub, world: GitHubWorld) -> None:
    ref = await world.open(TITLE)
    world.issue(ref).state, world.issue(ref).state_reason = "closed", None
    assert (await github.fetch(ref)).fields["status"] == "completed"


async def test_a_word_that_is_no_status_is_refused_before_anything_is_sent(github: GitHub, world: GitHubWorld) -> None:
    ref = await world.open(TITLE)
    seen = await github.fetch(ref)
    before = world.requests
    with pytest.raises(Rejected) as refused:
        await github.update(ref, {"status": "wontfix", "title": "x"}, expect=seen.revision)
    assert (refused.value.field, world.requests) == ("status", before)


# -- labels


@pytest.mark.shows("labels of others stay")
async def test_labels_that_others_add_meanwhile_stay(github: GitHub, world: GitHubWorld) -> None:
    ref = await world.open({**TITLE, "labels": frozenset({"bug", "old"})})
    seen = await github.fetch(ref)
    await world.edit(ref, {"labels": frozenset({"bug", "old", "needs-info"})})
    await github.update(ref, {"labels": frozenset({"bug", "new"})}, expect=seen.revision)
    assert set(world.issue(ref).labels) == {"bug", "new", "needs-info"}


async def test_priority_and_severity_are_labels_and_not_among_them(github: GitHub, world: GitHubWorld) -> None:
    words = frozenset({"bug", "Priority: high", "severity: sev2"})
    seen = await github.fetch(await world.open({**TITLE, "labels": words}))
    shown = {name: seen.fields[name] for name in ("priority", "severity", "labels")}
    assert shown == {"priority": "high", "severity": "sev2", "labels": frozenset({"bug"})}
    await github.update(seen.ref, {"priority": None, "labels": frozenset()}, expect=seen.revision)
    assert world.issue(seen.ref).labels == ["severity: sev2"]


async def test_a_mistyped_priority_makes_no_new_label(github: GitHub, world: GitHubWorld) -> None:
    ref = await world.open(TITLE)
    with pytest.raises(Rejected) as refused:
        await github.update(ref, {"priority": "hihg"}, expect="")
    assert refused.value.field == "priority"
    assert not any("hihg" in label for label in world.repository.labels)


async def test_a_label_with_every_character_is_removed(github: GitHub, world: GitHubWorld) -> None:
    words = frozenset({"a/b c?d#e%2F", "größe: 大"})
    ref = await world.open({**TITLE, "labels": words})
    await github.update(ref, {"labels": frozenset()}, expect=(await github.fetch(ref)).revision)
    assert world.issue(ref).labels == []


@pytest.mark.shows("missing rights told")
async def test_without_the_right_to_push_labels_are_dropped_and_check_says_so(world: GitHubWorld) -> None:
    world.repository.visibility, world.repository.push = "public", {ANA.id}
    connector = world.connector(allow_public=True)
    account = await connector.check()
    assert account.lacks == ("push to acme/core, which labels and assignees need",)
    made = await connector.create(drafted(world, labels=frozenset({"bug"}), assignee=Person(BEN.name)), key="k")
    assert (made.fields["labels"], made.fields["assignee"]) == (frozenset(), None)


# -- other fields


async def test_milestone_type_and_assignees(github: GitHub, world: GitHubWorld) -> None:
    ref = await world.open(TITLE)
    people = frozenset({ANA.name, BEN.name})
    await github.update(ref, {"milestone": "V2.0", "type": "Bug", "assignees": people}, expect="")
    seen = (await github.fetch(ref)).fields
    assert (seen["milestone"], seen["type"], seen["assignees"]) == ("v2.0", "Bug", people)
    await github.update(ref, {"milestone": None, "type": None, "assignee": None}, expect="")
    seen = (await github.fetch(ref)).fields
    assert (seen["milestone"], seen["type"], seen["assignee"], seen["assignees"]) == (None, None, None, frozenset())


@pytest.mark.parametrize(
    ("field", "value"), [("milestone", "v9"), ("assignee", Person("nobody")), ("type", "Epic"), ("author", "x")]
)
async def test_what_github_does_not_have_is_refused_by_name(
    github: GitHub, world: GitHubWorld, field: str, value: str | Person
) -> None:
    ref = await world.open(TITLE)
    with pytest.raises(Rejected) as refused:
        await github.update(ref, {field: value}, expect="")
    assert refused.value.field == field


async def test_a_place_may_name_a_type(github: GitHub, world: GitHubWorld) -> None:
    made = await github.create(Draft({"repository": "acme/core", "type": "Bug"}, TITLE), key="k")
    assert made.fields["type"] == "Bug"


# -- the key


async def test_the_key_is_hidden_and_survives_a_new_description(github: GitHub, world: GitHubWorld) -> None:
    made = await github.create(drafted(world, description=RichText.of("It **fails**.")), key="a--b>c")
    body = world.issue(made.ref).body or ""
    assert body.startswith("It **fails**.\n\n<!-- syncd:")
    assert "--" not in body.partition("syncd:")[2].partition(" -->")[0]
    await github.update(made.ref, {"description": RichText.of("It works.")}, expect=made.revision)
    assert [found.ref for found in await github.find("a--b>c")] == [made.ref]
    value = (await github.fetch(made.ref)).fields["description"]
    assert isinstance(value, RichText)
    assert (value.markdown, value.source) == ("It works.", "It works.")


async def test_a_key_that_somebody_else_wrote_is_not_believed(github: GitHub, world: GitHubWorld) -> None:
    made = await github.create(drafted(world), key="key-1")
    forged = await world.open({**TITLE, "description": RichText.of(world.issue(made.ref).body or "")})
    assert [found.ref for found in await github.find("key-1")] == [made.ref]
    posted = await github.comment(made.ref, Message(Internal("ours")), key="key-2", expect="")
    await world.say(forged, posted.comment.source, public=True)
    thread = (await github.fetch(forged)).thread
    assert thread
    assert [comment.key for comment in thread.comments] == [None]
    assert "syncd:" not in thread.comments[0].body.text


@pytest.mark.shows("unanswered comment found")
async def test_a_comment_whose_answer_was_lost_is_known_by_its_key(github: GitHub, world: GitHubWorld) -> None:
    ref = await world.open(TITLE)
    world.simulator.faults.on("POST */comments", LostAfter())
    with pytest.raises(Unavailable) as lost:
        await github.comment(ref, Message(Internal("words")), key="key-1", expect="")
    assert lost.value.sent
    thread = (await github.fetch(ref)).thread
    assert thread
    assert [(comment.key, comment.body) for comment in thread.comments] == [("key-1", Internal("words"))]


async def test_a_list_of_somebody_elses_issues_holds_no_key_of_ours(github: GitHub, world: GitHubWorld) -> None:
    """By the account's number: a login can be renamed, and taken by another."""
    made = await github.create(drafted(world), key="key-1")
    await world.open({**TITLE, "description": RichText.of(world.issue(made.ref).body or "")})
    github._reader.login = ANA.name
    assert await github.find("key-1") == []


async def test_a_new_process_finds_what_the_old_one_made(github: GitHub, world: GitHubWorld) -> None:
    for number in range(3):
        await github.create(drafted(world), key=f"key-{number}")
    await world.settle()
    again = world.connector()
    await again.check()
    assert [found.label for found in await again.find("key-1")] == ["acme/core#2"]
    late = await github.create(drafted(world), key="late")  # after the first search of that process
    assert [found.ref for found in await again.find("late")] == [late.ref]


async def test_words_below_the_block_are_words(github: GitHub, world: GitHubWorld) -> None:
    made = await github.create(replace(drafted(world, description=RichText.of("one")), backlink=BACKLINK), key="k")
    world.issue(made.ref).body = f"{world.issue(made.ref).body}\n\ntwo"
    value = (await github.fetch(made.ref)).fields["description"]
    assert isinstance(value, RichText)
    assert value.markdown == "one\n\ntwo"
    assert (await world.look(made.ref)).backlinks == (BACKLINK.url,)


# -- nothing guards a write


async def test_a_description_that_changed_since_is_not_overwritten(github: GitHub, world: GitHubWorld) -> None:
    ref = await world.open({**TITLE, "description": RichText.of("old")})
    seen = await github.fetch(ref)
    await world.edit(ref, {"description": RichText.of("by a person")})  # within the same second
    with pytest.raises(Stale):
        await github.update(ref, {"description": RichText.of("by syncd")}, expect=seen.revision)
    assert world.issue(ref).body == "by a person"


async def test_a_foreign_edit_that_a_blind_write_ran_over_is_in_the_history(github: GitHub, world: GitHubWorld) -> None:
    ref = await world.open({**TITLE, "priority": "low"})
    await world.settle()
    seen = await github.fetch(ref)
    await world.settle()

    def by_ana() -> None:
        with world.simulator.acting(ANA):
            issue = world.issue(ref)
            world.site.edit(issue, {"title": "By Ana", "labels": ["priority: high"], "assignees": [BEN.name]})
            world.site.edit(issue, {"state": "closed", "state_reason": "not_planned", "milestone": 1, "type": "Bug"})

    world.simulator.faults.on("PATCH *", Meanwhile(by_ana))
    await github.update(ref, {"title": "By syncd"}, expect=seen.revision)
    history = (await github.fetch(ref, since=seen.revision)).history
    told = [(edit.field, edit.old, edit.new, edit.ours) for edit in history]
    assert told[-1] == ("title", "By Ana", "By syncd", True)
    assert set(told[:-1]) == {
        ("title", "Export fails", "By Ana", False),
        ("priority", None, "high", False),
        ("priority", "low", None, False),
        ("assignee", None, Person(BEN.name), False),
        ("assignees", frozenset(), frozenset({BEN.name}), False),
        ("status", "open", "not_planned", False),
        ("milestone", None, "v1.0", False),
        ("type", None, "Bug", False),
    }


async def test_a_long_history_is_read_from_its_end(github: GitHub, world: GitHubWorld) -> None:
    ref = await world.open(TITLE)
    for number in range(250):
        await world.edit(ref, {"title": f"title {number}"})
        world.clock.advance(1)
    await world.settle()
    seen = await github.fetch(ref)
    await world.settle()
    await world.edit(ref, {"title": "last"})
    before = world.requests
    history = (await github.fetch(ref, parts=ONLY_FIELDS, since=seen.revision)).history
    assert [(edit.old, edit.new) for edit in history] == [("title 249", "last")]
    assert world.requests - before == 3  # the issue, the first page that says how many, the last one


# -- people, files, the other half


async def test_a_person_is_found_by_a_public_address_alone(github: GitHub, world: GitHubWorld) -> None:
    assert await github.person(ANA.email) == Person(ANA.name)
    assert await github.person(BEN.email) is None  # hidden
    assert await github.person("ana@engineering.ex") is None  # the search finds what begins so
    before = world.requests
    for bad in ("", "ana", "ana@x.example repo:acme/core", 'ana"@x.example', "in:name@x"):
        assert await github.person(bad) is None
    assert world.requests == before


async def test_a_file_stays_where_it_was_and_its_comment_says_so(github: GitHub, world: GitHubWorld) -> None:
    ref = await world.open(TITLE)
    message = Message(Internal("see the log"), (file("trace [1].log", b"12345"),))
    posted = await github.comment(ref, message, key="k", expect="")
    assert posted.comment.body.text == "see the log\n\n\\[trace \\[1\\].log, 5 bytes, stays where it was\\]"
    assert posted.comment.attachments == ()


async def test_the_ticket_is_one_line_that_is_no_part_of_the_description(github: GitHub, world: GitHubWorld) -> None:
    ref = await world.open({**TITLE, "description": RichText.of("words")})
    await github.link_back(ref, BACKLINK)
    await github.link_back(ref, replace(BACKLINK, url="https://acme.zendesk.example/agent/tickets/8", title="ZD-8 @x"))
    value = (await github.fetch(ref)).fields["description"]
    assert isinstance(value, RichText)
    assert value.markdown == "words"
    assert world.issue(ref).body == (
        "words\n\n<!-- syncd -->\n"
        "- [ZD-7 Kestrel's export fails](https://acme.zendesk.example/agent/tickets/7)\n"
        "- [ZD-8 \\@x](https://acme.zendesk.example/agent/tickets/8)\n<!-- /syncd -->"
    )


async def test_without_link_via_nothing_is_shown(world: GitHubWorld) -> None:
    connector = world.connector(link_via="none")
    made = await connector.create(replace(drafted(world), backlink=BACKLINK), key="k")
    before = world.requests
    await connector.link_back(made.ref, BACKLINK)
    assert ((await world.look(made.ref)).backlinks, world.requests) == ((), before)


# -- the account


@pytest.mark.shows("end of the credential told")
async def test_the_account_says_when_its_token_ends(world: GitHubWorld) -> None:
    account = await world.connector().check()
    assert (account.id, account.expires) == (SYNCD.id, datetime(2026, 12, 31, tzinfo=UTC))
    assert account.lacks == ()


async def test_each_request_names_the_version_of_the_api_and_who_asks(github: GitHub, world: GitHubWorld) -> None:
    await github.fetch(await world.open(TITLE))
    for request in world.simulator.requests:
        assert request.headers["x-github-api-version"] == "2022-11-28"
        assert request.headers["user-agent"] == "syncd"


async def test_a_bad_answer_names_the_place_and_never_the_value(github: GitHub, world: GitHubWorld) -> None:
    class Strange(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            return httpx.Response(200, json={"id": 1, "number": "kestrel"})

    ref = await world.open(TITLE)
    github._api.client._http._transport = Strange()
    with pytest.raises(BadAnswer, match="issue: number") as caught:
        await github.fetch(ref)
    assert "kestrel" not in str(caught.value)


async def test_a_page_of_a_proxy_is_a_bad_answer(github: GitHub, world: GitHubWorld) -> None:
    class Page(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            return httpx.Response(200, html="<html>down for a moment</html>")

    ref = await world.open(TITLE)
    github._api.client._http._transport = Page()
    with pytest.raises(BadAnswer, match="no JSON"):
        await github.fetch(ref)


async def test_a_stranger_writes_as_a_stranger(world: GitHubWorld) -> None:
    """Whose number is not ours has no key, whatever the body says."""
    ref = await world.open(TITLE)
    with world.simulator.acting(STRANGER):
        world.site.say(world.issue(ref), "<!-- syncd:key-1 -->\nlet me in")
    connector = world.connector()
    await connector.check()
    thread = (await connector.fetch(ref)).thread
    assert thread
    assert [(comment.key, comment.body.text) for comment in thread.comments] == [(None, "let me in")]
