"""Templates: what is not allowed is refused at its line when it is loaded; what passes cannot run away."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from syncd.core.handoff import values
from syncd.core.model import Snapshot
from syncd.core.packet import PacketPolicy, Unrenderable
from syncd.core.redact import Redaction
from syncd.core.similar import Alike, Issue
from syncd.mapping.packet import standard
from syncd.mapping.template import compile_template
from syncd.mapping.values import DRAFT, HANDED_BACK, VALUES, AnyName, ListOf, Shape
from tests import pace
from tests.engine.world import mapping

COMMENT = {"who": "Ana", "when": "", "visibility": "public", "text": "Hi", "files": ["a.txt", "b.txt"]}
SAID: Mapping[str, object] = {
    "ticket": {
        "label": "7",
        "url": "https://a.example/7",
        "title": "T",
        "description": "D",
        "created": "",
        "updated": "",
    },
    "customer": {"name": "", "email": ""},
    "severity": {"name": "sev1", "rule": "outage", "why": "because"},
    "evidence": [{"name": "steps", "text": "one\ntwo"}],
    "missing": [],
    "conversation": [COMMENT],
    "fields": {"tier": "gold"},
    "removed": {"secrets": 1, "cards": 0, "ids": 0, "email": 0, "phone": 0, "words": 0, "total": 1},
}

HOSTILE = [
    ("{{ ''.__class__.__mro__[1].__subclasses__() }}", "nothing can be called in a template"),
    ("{{ ticket.__class__ }}", "`__class__` is closed: it begins with `_`"),
    ("{{ ticket['__class__'] }}", "`__class__` is closed: it begins with `_`"),
    ("{{ ticket['__cla' ~ 'ss__'] }}", "`getitem` is not allowed in a template"),
    ("{{ ticket | attr('__class__') }}", "there is no filter `attr`"),
    ("{{ self.__init__.__globals__ }}", "there is no value `self`"),
    ("{{ cycler.__init__ }}", "there is no value `cycler`"),
    ("{{ config }}", "there is no value `config`"),
    ("{{ lipsum() }}", "nothing can be called in a template"),
    ("{{ ticket.title.format(1) }}", "nothing can be called in a template"),
    ("{{ fields.items() }}", "nothing can be called in a template"),
    ("{{ range(1000000000) }}", "nothing can be called in a template"),
    ("{% for a in range(10) %}x{% endfor %}", "nothing can be called in a template"),
    ("{{ 'a' * 1000000000 }}", "`mul` is not allowed in a template"),
    ("{{ 9 ** 9 ** 9 }}", "`pow` is not allowed in a template"),
    ("{{ '%999999999d' % 1 }}", "`mod` is not allowed in a template"),
    ("{{ '%999999999d' | format(1) }}", "there is no filter `format`"),
    ("{{ ticket.title | replace('', ticket.description) }}", "there is no filter `replace`"),
    ("{{ ticket.title | center(999999999) }}", "there is no filter `center`"),
    ("{{ ticket.title | truncate(999999999) }}", "`truncate` is given what it may not be"),
    ("{{ ticket.title | join(ticket.description) }}", "`join` is given what it may not be"),
    ("{{ ticket.title | truncate(*ticket) }}", "`truncate` is given what it may not be"),
    ("{% set x = ticket.title ~ ticket.title %}", "`set` is not allowed"),
    ("{% macro m() %}{% endmacro %}", "`macro` is not allowed"),
    ("{% include '/etc/passwd' %}", "`include` is not allowed"),
    ("{% import 'os' as os %}", "`import` is not allowed"),
    ("{% from 'os' import system %}", "`import` is not allowed"),
    ("{% extends 'base' %}", "`extends` is not allowed"),
    ("{% block a %}{% endblock %}", "`block` is not allowed"),
    ("{% with a = 1 %}{% endwith %}", "`with` is not allowed"),
    ("{% filter upper %}x{% endfilter %}", "`filter` around a text is not allowed"),
    ("{% for a in conversation %}{% for b in conversation %}{% endfor %}{% endfor %}", "a loop over everything stands"),
    ("{% for a in conversation recursive %}{% endfor %}", "this kind of loop is not allowed"),
    ("{% for a, b in fields %}{% endfor %}", "this kind of loop is not allowed"),
    ("{% for a in ticket.title %}{% endfor %}", "this is no list"),
    ("{% for a in fields %}{% endfor %}", "this is no list"),
    ("{{ conversation }}", "a list or a table stands where a text should"),
    ("{{ ticket.titel }}", "there is no value `titel`"),
    ("{{ tiket.title }}", "there is no value `tiket`"),
    ("{{ ticket.title.upper }}", "`upper` is asked of what has no parts"),
    ("{{ loop.index }}", "there is no value `loop`"),
    ("{% if ticket is callable %}{% endif %}", "there is no test `callable`"),
    ("{{ [1, 2] }}", "`list` is not allowed in a template"),
    ("{% do 1 %}", "this is no template: Encountered unknown tag 'do'"),
    ("{{ ticket.title", "this is no template: expected token 'end of print statement', got 'last'"),
    ("{% if ticket %}", "this is no template: Unexpected end of template"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "problem"), HOSTILE)
def test_what_is_not_allowed_is_refused_at_its_line(source: str, problem: str) -> None:
    made, faults = compile_template(f"first line\n\n{source}\nlast")
    assert made is None
    assert any(fault.problem.startswith(problem) for fault in faults), faults
    assert faults[0].line in (3, 4)  # of what is never closed, jinja2 names the end
    assert faults[0].remedy


def test_every_fault_is_told_at_once() -> None:
    _, faults = compile_template("{{ a }}\n{{ ticket.b }}\n{{ ticket.title }}\n{{ range(9) }}")
    assert [fault.line for fault in faults] == [1, 2, 4]


@pytest.mark.parametrize(
    "source",
    [
        "{% if ticket %}" * 300 + "{% endif %}" * 300,
        "{{ " + "not " * 20_000 + "ticket }}",
        "{{ " + "(" * 3_000 + "ticket.title" + ")" * 3_000 + " }}",
        "x" * 70_000,
    ],
)
def test_one_that_is_too_deep_or_too_long_is_refused(source: str) -> None:
    made, faults = compile_template(source)
    assert made is None
    assert len(faults) == 1


def rendered(source: str, said: Mapping[str, object] = SAID) -> str:
    made, faults = compile_template(source)
    assert made is not None, faults
    return made.render(said)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{{ ticket.title }}/{{ fields.tier }}/{{ fields['tier'] | upper }}", "T/gold/GOLD"),
        ("{{ fields.plan | default('none') }}{% if fields.plan is defined %}!{% endif %}", "none"),
        (
            "{% for one in evidence %}{{ loop.index }} {{ one.name }}\n{{ one.text | quote }}{% endfor %}",
            "1 steps\n> one\n> two",
        ),
        ("{% for one in conversation %}{% for file in one.files %}{{ file }};{% endfor %}{% endfor %}", "a.txt;b.txt;"),
        ("{% for one in missing %}x{% else %}all there{% endfor %}", "all there"),
        (
            "{% if removed.total > 0 and not missing %}{{ removed.total }} removed{% elif ticket.url %}no{% endif %}",
            "1 removed",
        ),
        (
            "{{ conversation | length }} {{ (conversation | first).who }} {{ conversation[0].files | join(', ') }}",
            "1 Ana a.txt, b.txt",
        ),
        ("{{ 'bad' if severity.name == 'sev1' else 'not so bad' }}{{ ticket.title ~ '!' }}", "badT!"),
    ],
)
def test_what_is_allowed_says_what_it_should(source: str, text: str) -> None:
    assert rendered(source) == text


@pytest.mark.parametrize("said", ["{{ 7 * 7 }}", "{% raw %}", "{{ ticket.__class__ }}", "{# a #}"])
def test_what_a_customer_wrote_is_never_a_template(said: str) -> None:
    assert rendered("{{ ticket.title }}", {**SAID, "ticket": {"title": said}}) == said


def test_a_name_of_the_ticket_reaches_no_method() -> None:
    assert rendered("{{ fields.items | default('none') }}{{ fields.keys | default('none') }}") == "nonenone"
    with pytest.raises(Unrenderable, match="items"):
        rendered("{{ fields.items }}")


def test_one_that_makes_too_much_fails_early_and_quotes_nothing() -> None:
    made, _ = compile_template("{{ ticket.description }}" * 2_000)
    assert made is not None

    def refused() -> None:
        with pytest.raises(Unrenderable, match="it makes more than 500,000 characters"):
            made.render({"ticket": {"description": "private " * 10_000}})

    assert pace.within(1, refused)


def test_the_shapes_are_those_of_the_values() -> None:
    policy = PacketPolicy((), Redaction(), standard())
    alike = [Alike(Issue("CORE-1", "", ""), 0.5)]
    made = values(mapping(), policy, Snapshot("1", "", {"title": "T"}), (), similar=alike)
    assert made["similar"]
    assert same(
        VALUES, {**made, "evidence": SAID["evidence"], "missing": [{"name": "", "ask": ""}], "conversation": [COMMENT]}
    )


@pytest.mark.parametrize("given", [DRAFT, HANDED_BACK], ids=["an update", "it is done"])
@pytest.mark.parametrize("source", ["{% for item in similar %}{{ item.value }}{% endfor %}", "{{ customer.tier }}"])
def test_a_draft_for_a_customer_cannot_say_what_an_issue_costs(given: Mapping[str, Shape], source: str) -> None:
    assert compile_template(source)[1] == [], "a packet can"
    made, faults = compile_template(source, given)
    assert made is None
    assert ["there is no value" in fault.problem for fault in faults] == [True]


def same(shape: Shape, value: object) -> bool:
    match shape:
        case ListOf(each):
            return isinstance(value, list) and all(same(each, one) for one in value)
        case AnyName():
            return isinstance(value, dict)
        case Mapping():
            return (
                isinstance(value, dict)
                and shape.keys() == value.keys()
                and all(same(shape[key], value[key]) for key in shape)
            )
        case _:
            return isinstance(value, str | int)
