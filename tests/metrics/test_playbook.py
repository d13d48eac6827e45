"""The playbook in its formats: one policy says the same in each, and nothing of its words formats, links or acts."""

from __future__ import annotations

import dataclasses
import json
import re
from datetime import timedelta

import pytest

from syncd.core.approval import Approval
from syncd.core.conditions import AnyOf, Condition
from syncd.core.contract import Acceptance, Contract, Pause
from syncd.core.hours import ALWAYS
from syncd.core.lookup import Lookup, Web
from syncd.core.mapping import EscalationRule, Mapping
from syncd.core.metrics.case import Case, Material, Terms
from syncd.core.metrics.compute import compute
from syncd.core.metrics.path import path
from syncd.core.metrics.values import Spread, Times
from syncd.core.milestones import Happened
from syncd.core.model import Pair
from syncd.core.owners import Budget, Member, OwnersPolicy, RoutingRule, Team
from syncd.core.packet import Evidence, PacketPolicy
from syncd.core.playbook import Part, Playbook
from syncd.core.policy import EscalationPolicy
from syncd.core.promises import configured
from syncd.core.redact import Redaction
from syncd.core.severity import Override, Severity, SeverityPolicy, SeverityRule
from syncd.core.signals import SignalPolicy
from syncd.core.telling import Audience, Telling, TellRule, Through
from syncd.engine.playbooks import markdown, page, text
from syncd.engine.playbooks.happened import spreads
from syncd.engine.readable import as_json
from syncd.mapping.template import compile_template
from syncd.sdk.text.html_writer import to_html
from syncd.sdk.text.markdown import parse
from tests.metrics.test_path import CONTRACT, HOUR, SINCE, UNTIL, case
from tests.metrics.test_reporting import Tags

H = Happened
HOSTILE = (
    "<script>alert(1)</script> | a **b** [c](https://d.example) `e` ![f](g) # h\n| --- |\n"
    "- i www.j.example \x1b[2J ~~k~~ &lt;b&gt; \\| l@m.example"
)


def policy(name: str) -> EscalationPolicy:
    """Every word that an admin may choose is `name`."""
    template, _ = compile_template(f"{{{{ ticket.title }}}} {name}\n```\n</pre>")
    assert template is not None
    when = (Condition("tags", (AnyOf(frozenset({name})),)),)
    tell = TellRule(name, frozenset({H.DONE}), (Through(name),), Audience.CUSTOMER_DRAFT, template, template, when=when)
    contract = Contract(
        CONTRACT.targets,
        (Pause(name, when),),
        acceptance=Acceptance(accept=f"/{name}", owner=name, statuses=frozenset({name})),
    )
    people = {name: Member(name, "a@b.example", ALWAYS)}
    owners = OwnersPolicy(
        people=people,
        teams={name: Team(name, (name,), frozenset({name}), name)},
        internal=name,
        customer=name,
        route=(name,),
        rules=(RoutingRule(name, name, when, place={"project": name}),),
        budgets=(Budget(name, name, 5, ALWAYS.zone, name),),
    )
    return EscalationPolicy(
        SeverityPolicy((SeverityRule(name, Severity.SEV1, when),), Override(name, {name: Severity.SEV2}), None),
        contract,
        PacketPolicy((Evidence(name, name, name, (name,), when=when),), Redaction(), template),
        telling=Telling((tell,)),
        owners=owners,
        approvals=(Approval(name, (name,), when=when),),
    )


def made(name: str = "outage", *cases: Case, contract: bool = True) -> Playbook:
    rule = EscalationRule(name, (Condition("tags", (AnyOf(frozenset({name})),)),), {"project": name})
    rules = Mapping(name, Pair(name, name), escalate=(rule,), escalation=policy(name) if contract else None)
    terms = Terms(SINCE, UNTIL, {name: CONTRACT})
    (group,) = compute(Material(cases=cases), terms)
    found = path(cases, (), group, terms, CONTRACT) if contract else None
    return Playbook(SINCE, UNTIL, "UTC", (Part(name, rules.connections, configured(rules), found),))


CASES = (
    case(1, (H.ESCALATED, 0), (H.OWNED, 1), (H.RETURNED, 2), (H.ACCEPTED, 9), (H.DONE, 11)),
    case(2, (H.ESCALATED, 5), (H.OWNED, 6), (H.ACCEPTED, 7), (H.DONE, 8), (H.TOLD, 9)),
)


def test_the_page_is_one_file_in_which_nothing_acts() -> None:
    tags = Tags()
    tags.feed(written := page.page(made(HOSTILE, *CASES)))
    assert tags.found.isdisjoint({"script", "img", "link", "iframe", "form", "a"})
    assert tags.loads == []
    assert written.count("&lt;script&gt;alert(1)&lt;/script&gt;") > 20
    assert written.count("<pre>") == written.count("</pre>") == 2
    assert "default-src 'none'" in written
    assert "url(" not in written
    assert "@import" not in written


def test_no_word_of_the_policy_formats_in_markdown() -> None:
    plain, hostile = (markdown.markdown(made(name, *CASES)) for name in ("outage", HOSTILE))
    tags, wanted = Tags(), Tags()
    tags.feed(to_html(parse(hostile)))
    wanted.feed(to_html(parse(plain)))
    assert tags.found - {"a"} == wanted.found
    assert tags.found.isdisjoint({"script", "img", "del"})
    links = re.findall(r'<a href="([^"]*)">([^<]*)</a>', to_html(parse(hostile)))
    assert links
    assert all(address == shown for address, shown in links), "only an address that shows itself"
    assert set(re.findall(r"<[^>]*>", outside(hostile))) == {"<br>"}
    assert "\x1b" not in hostile + text.text(made(HOSTILE, *CASES))
    assert [line.count("|") for line in rows(hostile)] == [line.count("|") for line in rows(plain)]


def rows(written: str) -> list[str]:
    """The lines of tables, without signs that a backslash makes harmless."""
    return [re.sub(r"\\.", "", line) for line in outside(written).splitlines() if line.startswith("|")]


def outside(written: str) -> str:
    """Markdown without what stands in a fence."""
    return re.sub(r"(?ms)^(`{3,})text$.*?^\1$", "", written)


def test_business_hours_have_no_days() -> None:
    many, few = Spread(50 * HOUR, 70 * HOUR, 60 * HOUR), Spread(4 * HOUR, 30 * HOUR, 20 * HOUR)
    assert spreads(Times(3, 0, many, few, 3)) == (
        ("2 d 2 h", "4 h of business hours"),
        ("2 d 22 h", "30 h of business hours"),
    )
    assert spreads(Times(3, 0, many, few, 2))[0][1] == "4 h of business hours, 2 of 3"
    assert spreads(Times(3, 0, many, many, 3)) == (("2 d 2 h",), ("2 d 22 h",))
    assert spreads(Times.of(())) == (("-",), ("-",))


@pytest.mark.parametrize("fence", ["```", "````\n```", "~~~"])
def test_a_template_with_a_fence_does_not_leave_its_own(fence: str) -> None:
    written = markdown.fenced(f"a\n{fence}\n# b")
    assert "<h1>" not in to_html(parse(written))


def test_each_format_says_the_same() -> None:
    playbook = made("outage", *CASES)
    as_text = " ".join(text.text(playbook).split())
    as_page = re.sub(r"<[^>]+>", "", page.page(playbook)).replace("\xa0", " ")
    as_markdown = re.sub(r"\\(.)", r"\1", markdown.markdown(playbook))
    for said in (
        "tags is outage", "outage: 5 a day (UTC), then outage", "2 cases were escalated from 2026-03-02",
        "Returned to support: 1 of 2 that are over or came back (50%)", "They stalled most in “done but not told”: 89%",
        "stand still while tags is outage", "so does naming somebody in outage or setting outage",
    ):  # fmt: skip
        for written in (as_text, as_page, as_markdown):
            assert said in written, (said, written)


def test_the_drawing_has_each_step_and_marks_where_they_stalled() -> None:
    written = page.page(made("outage", *CASES))
    svg = written[written.index("<svg") : written.index("</svg>")]
    names = re.findall(r'class="name"[^>]*>([a-z ]+)', svg)
    assert names == ["escalated", "owner named", "accepted", "first answer", "fixed", "customer told"]  # fmt: skip
    assert svg.count("stalled") == 1
    assert svg.index("customer told") < svg.index("stalled")
    assert re.findall(r'class="now"[^>]*>([^<]+)', svg) == ["1 waits now"]
    assert ">1</text>" in svg  # came back
    assert "promised sev1\xa02\xa0h" in svg


def test_a_case_that_came_back_is_drawn_as_the_way_back() -> None:
    back = case(1, (H.ESCALATED, 0), (H.RETURNED, 1), (H.ACCEPTED, 90), (H.DONE, 91), (H.TOLD, 92))
    assert '<path class="way back hot"' in page.page(made("outage", back))
    assert '<path class="way back' not in page.page(made("outage", CASES[1]))


def test_without_cases_the_promises_stand_and_it_says_so() -> None:
    for written in (text.text(made()), markdown.markdown(made()), page.page(made())):
        assert "Nothing was escalated yet" in written
        assert "sev1" in written
        assert "stalled" not in written


def test_without_a_policy_it_says_so() -> None:
    for write in (text.text, markdown.markdown, page.page):
        assert "nothing is promised" in write(made(contract=False))


def test_several_mappings_are_a_block_each() -> None:
    one = made()
    both = dataclasses.replace(one, parts=(*one.parts, *made("storage").parts))
    assert page.page(both).count('<div class="mapping">') == 2
    assert "## storage: storage → storage" in markdown.markdown(both)


def test_json_has_every_number_and_word() -> None:
    found = json.loads(json.dumps(as_json(made("outage", *CASES))))
    (part,) = found["parts"]
    assert part["configured"]["rows"][0]["within"] == {"accept": 7200.0, "fix": 7200.0}
    assert part["path"]["steps"][1]["taken"]["count"] == 2
    assert part["path"]["stalled"]["stage"] == "untold"
    assert part["configured"]["letters"][0]["name"] == "Update"


def test_a_letter_that_is_not_set_up_says_what_is_missing() -> None:
    rules = dataclasses.replace(policy("outage"), telling=None)
    found = configured(Mapping("m", Pair("a", "b"), escalation=rules))
    assert found is not None
    assert [(one.name, bool(one.text)) for one in found.letters] == [
        ("Update", False), ("When it is done", False), ("Progress page", True)]  # fmt: skip
    assert "not set up" in found.letters[0].when


def test_where_a_lookup_asks_and_with_what_is_in_no_format() -> None:
    source = Web("https://crm.example/sesame?{key}", "/tier", timedelta(hours=1), {"Authorization": "sesame"})
    signals = SignalPolicy(frozenset({"tier"}), lookups=(Lookup("tier", "organisation", source, "bronze"),))
    rules = Mapping("m", Pair("a", "b"), escalation=dataclasses.replace(policy("outage"), signals=signals))
    playbook = Playbook(SINCE, UNTIL, "UTC", (Part("m", Pair("a", "b"), configured(rules), None),))
    for written in (text.text(playbook), markdown.markdown(playbook), page.page(playbook), str(as_json(playbook))):
        assert "looked up by organisation in another system; else bronze" in written
        assert "sesame" not in written
        assert "a@b.example" not in written
