"""What a message says: redacted, the right thing to the right reader, and never nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from syncd.core.contract import ClockName, Contract, Target
from syncd.core.hours import ALWAYS
from syncd.core.messages import LONGEST, SAID, STAGES, Scene, messages
from syncd.core.milestones import Happened, Milestone
from syncd.core.model import Base, Comment, Fields, Internal, Pair, Person, Public, RichText, Snapshot, Thread
from syncd.core.packet import Evidence, PacketPolicy, Template, Unrenderable
from syncd.core.policy import EscalationPolicy
from syncd.core.redact import Redaction
from syncd.core.severity import Severity, SeverityPolicy
from syncd.core.telling import Audience, Message, Telling, TellRule, Through
from syncd.mapping.templates import shipped
from syncd.mapping.values import OF_TEMPLATES
from tests.core.planted import ANNOUNCED, CARDS, EMAILS, GROUPED, IBANS, IDS, PHONES, SECRETS
from tests.core.test_redact import bare
from tests.engine.world import mapping

H = Happened
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
CONTRACT = Contract(
    {Severity.SEV1: tuple(Target(name, timedelta(hours=1), ALWAYS) for name in (ClockName.ACCEPT, ClockName.UPDATE))}
)
IMPACT = Evidence("impact", "Who cannot work?", headings=("Impact",))


class Says:
    """A template that repeats every value; or fails."""

    def __init__(self, fails: str = "") -> None:
        self.digest, self.source, self.fails = "1", "", fails

    def render(self, values: Mapping[str, object]) -> str:
        if self.fails:
            raise Unrenderable(self.fails)
        return "subject\n" + json.dumps(values, ensure_ascii=False)


def rule(
    audience: Audience = Audience.AGENT, template: Template | None = None, what: Happened = H.RETURNED
) -> TellRule:
    standard = shipped(f"tell_{audience}")
    made = TellRule("all", frozenset({what}), (Through("out"),), audience, standard, standard)
    return replace(made, template=template) if template else made


def said_by(who: Person, body: Internal | Public) -> Comment:
    return Comment(id="1", author=who, body=body, created=NOON)


def scene(*rules: TellRule, text: str = "", history: tuple[Milestone, ...] = ()) -> Scene:
    """A ticket that says `text` in every place that it has."""
    packet = PacketPolicy((IMPACT,), Redaction(phone=True), shipped("packet"))
    policy = EscalationPolicy(SeverityPolicy(default=Severity.SEV1), CONTRACT, packet, telling=Telling(rules))
    who = Person("7", text or "Ana")
    fields: Fields = {
        "title": text or "Export fails",
        "description": RichText.of(f"Impact: {text or 'nobody can pay'}"),
        "plan": text,
    }
    thread = Thread((said_by(who, Internal(f"Impact: {text}")),)) if text else None
    ticket = Snapshot("7", "1", fields, text or "#7", "https://desk.example/7", requester=who, thread=thread)
    issue = Base("9", "1", {"title": text or "Export fails"}, label=text or "CORE-9", url="https://tracker.example/9")
    return Scene(mapping(escalation=policy), Pair(Base.of(ticket), issue), history, NOON, "", ticket)


def returned(detail: str = "steps to reproduce", who: str = "Bo") -> Milestone:
    return Milestone(H.RETURNED, NOON, who, detail, "engineering:4")


def told(made: Scene, fact: Milestone) -> Message:
    [message] = messages(replace(made, history=(*made.history, fact)), fact)
    return message


# --- redaction --------------------------------------------------------------------------------------------------------

PLANTS = [
    *((text, text) for text in (*SECRETS, *CARDS, *GROUPED, *IBANS, *IDS, *EMAILS, *PHONES)),
    *((before + secret, secret) for before, secret in ANNOUNCED),
][:46]


def test_there_are_forty_planted_texts_and_more() -> None:
    assert len(PLANTS) >= 40


@pytest.mark.parametrize("audience", list(Audience))
def test_no_planted_text_is_in_any_part_of_a_message(audience: Audience) -> None:
    for plant, gone in PLANTS:
        for template in (None, Says()):
            made = told(scene(rule(audience, template), text=f"x {plant}\ny"), returned(f"it is {plant}", plant))
            shown = json.dumps([made.subject, made.text, made.links, made.event], ensure_ascii=False)
            assert bare(gone) not in bare(shown), (plant, audience)
            assert "removed" in shown


def test_a_secret_is_removed_before_a_value_is_cut_short() -> None:
    """Else half of it would be left, which is no secret by its shape."""
    made = told(scene(rule(template=Says())), returned("x" * 490 + " " + SECRETS[1]))
    assert SECRETS[1][:8] not in made.text


# --- each reader ------------------------------------------------------------------------------------------------------


def test_a_draft_for_the_customer_holds_nothing_that_colleagues_wrote() -> None:
    inside = "zebra"
    fact = returned(f"{inside} is missing", f"Bo {inside}")
    history = (Milestone(H.OWNED, NOON, f"Cy {inside}"),)
    ticket = replace(
        scene(rule(Audience.CUSTOMER_DRAFT, Says()), history=history),
        ticket=replace(
            scene().ticket,  # type: ignore[type-var]
            thread=Thread((said_by(Person("8", "Bo"), Internal(f"Impact: {inside}")),)),
        ),
    )
    made = told(ticket, fact)
    assert inside not in json.dumps([made.subject, made.text, made.links, made.event])
    assert [label for label, _ in made.links] == ["#7"]
    agents = told(replace(ticket, rules=scene(rule(Audience.AGENT, Says())).rules), fact)
    assert agents.text.count(inside) >= 4  # so the test would notice


def test_a_draft_says_what_is_known_what_comes_next_and_when() -> None:
    began = Milestone(H.ESCALATED, NOON - timedelta(minutes=20), source="escalated")
    fact = Milestone(H.ACCEPTED, NOON, "Bo")
    made = told(scene(rule(Audience.CUSTOMER_DRAFT, what=H.ACCEPTED), history=(began,)), fact)
    assert made.subject == "Draft for the customer of #7"
    for part in (
        'you reported "Export fails"',
        "An engineer is working on it.",
        "A solution",
        "by 2026-01-05 12:40 UTC",
    ):
        assert part in made.text
    assert "Nothing was sent to the customer" in made.text


def test_an_executive_reads_impact_owner_clocks_and_the_next_update() -> None:
    history = (Milestone(H.ESCALATED, NOON - timedelta(minutes=20), source="escalated"), Milestone(H.OWNED, NOON, "Bo"))
    made = told(scene(rule(Audience.EXECUTIVE), history=history), returned())
    assert made.subject == "SEV1 #7: engineering returned it"
    for part in (
        "impact: nobody can pay",
        "Bo",
        "update: 40 min left",
        "by 2026-01-05 12:40 UTC",
        "(steps to reproduce)",
    ):
        assert part in made.text, part


@pytest.mark.parametrize(
    ("ago", "said"), [(59, "1 min left"), (60, "accept: its time is up"), (61, "accept: 1 min over its time")]
)
def test_a_clock_that_ran_out_has_nothing_left(ago: int, said: str) -> None:
    history = (Milestone(H.ESCALATED, NOON - timedelta(minutes=ago), source="escalated"),)
    made = told(scene(rule(Audience.EXECUTIVE, what=H.OWNED), history=history), Milestone(H.OWNED, NOON, "Bo"))
    assert said in made.text


@pytest.mark.parametrize("audience", [Audience.AGENT, Audience.ENGINEER])
def test_colleagues_read_what_who_and_why(audience: Audience) -> None:
    made = told(scene(rule(audience)), returned())
    assert made.subject.startswith("SEV1 ")
    for part in ("Export fails", "by Bo", "Said: steps to reproduce"):
        assert part in made.text


@pytest.mark.parametrize("audience", list(Audience))
def test_every_fact_can_be_told_to_everybody_also_where_nothing_else_is_known(audience: Audience) -> None:
    for what in Happened:
        known = replace(scene(rule(audience, what=what)), now=Pair(None, None), ticket=None, severity="sev2")
        made = told(known, Milestone(what, NOON))
        assert made.subject
        assert made.severity == "sev2"


def test_every_fact_has_its_sentence_and_every_stage_is_a_fact() -> None:
    assert set(SAID) == set(Happened)
    assert len(set(SAID.values())) == len(SAID)
    assert all(what in SAID for what in STAGES if what is not None)


def test_a_template_may_say_what_is_there_and_nothing_else() -> None:
    """What `check` allows is what `values` makes."""
    for audience in Audience:
        made = told(scene(rule(audience, Says())), returned())
        assert set(json.loads(made.text)) == set(OF_TEMPLATES[f"tell_{audience}"])


# --- never nothing ----------------------------------------------------------------------------------------------------


def test_where_a_template_fails_the_one_that_ships_stands_in_and_says_so() -> None:
    made = told(scene(rule(template=Says("`tier` is undefined"))), returned())
    assert made.subject == "SEV1 #7: engineering returned it"
    assert made.text.endswith("(The template of rule all cannot be used: `tier` is undefined)")


def test_a_message_is_as_long_as_every_channel_takes() -> None:
    class Long(Says):
        def render(self, values: Mapping[str, object]) -> str:
            return "a" * 1000 + "\n" + "b" * 10_000

    made = told(scene(rule(template=Long())), returned())
    assert (len(made.subject), len(made.text)) == (150, LONGEST)


def test_one_fact_has_one_name() -> None:
    made = scene(rule())
    assert told(made, returned()).fact == "returned:engineering:4"
    unnamed = Milestone(H.RETURNED, NOON)
    assert told(made, unnamed).fact == "returned:2026-01-05T12:00:00+00:00"


def test_public_text_is_told_as_any_other() -> None:
    made = scene(rule(Audience.EXECUTIVE))
    spoken = Thread((said_by(Person("7", "Ana"), Public("Impact: the shop is closed")),))
    assert made.ticket is not None
    seen = replace(made, ticket=replace(made.ticket, thread=spoken))
    assert "impact: the shop is closed" in told(seen, returned()).text
