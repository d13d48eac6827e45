"""The digest names what a mapping does, not how its file is written."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.mapping.build_one import good

TOP = {
    "name": "pair",
    "support": "desk",
    "engineering": "tracker",
    "people": "{fallback: leave, match: email}",
    "comments": "{support_public: {to: engineering}, engineering: {visibility: internal, to: support}}",
    "attachments": "{types: [image/*, text/*], max_size: 5MB}",
    "escalate": "[{name: a, when: {tags: vip, due: {set: true}}, create: {project: P}}, "
    "{name: b, when: {subject: {contains: x}}, create: {project: P, issue_type: T}}]",
}
PRIORITY = (
    "{support: {field: priority, values: {urgent: p1, high: p2, normal: p3, low: p3}}, engineering: {field: priority, "
    "values: {A: p1, B: p2, C: p3}}}"
)
FIELDS = {"title": "{support: subject, engineering: summary}", "priority": PRIORITY}


def _file(top: dict[str, str], fields: dict[str, str], comment: str = "") -> str:
    lines = [f"{key}: {value}  # {comment}" for key, value in top.items()]
    return "\n".join([*lines, "fields:", *(f"  {key}: {value}" for key, value in fields.items())]) + "\n"


DIGEST_OF = _file(TOP, FIELDS)


@settings(max_examples=25)
@given(st.permutations(sorted(TOP)), st.permutations(sorted(FIELDS)), st.sampled_from(["", "why", "ü"]))
def test_order_of_keys_and_comments_do_not_count(top: list[str], fields: list[str], comment: str) -> None:
    shuffled = _file({key: TOP[key] for key in top}, {key: FIELDS[key] for key in fields}, comment)
    assert good(shuffled).digest == good(DIGEST_OF).digest


def test_a_default_that_is_spelled_out_does_not_count() -> None:
    assert good(_file({**TOP, "brake": "{links: 1000}"}, FIELDS)).digest == good(DIGEST_OF).digest


def test_order_of_values_counts() -> None:
    swapped = PRIORITY.replace("normal: p3, low: p3", "low: p3, normal: p3")
    assert good(_file(TOP, {**FIELDS, "priority": swapped})).digest != good(DIGEST_OF).digest


def test_order_of_rules_counts() -> None:
    first, second = TOP["escalate"].strip("[]").split("}, {")
    swapped = "[{" + second + ", " + first + "}]"
    assert good(_file({**TOP, "escalate": swapped}, FIELDS)).digest != good(DIGEST_OF).digest


def test_every_word_counts() -> None:
    changed = [
        {**TOP, "name": "other"},
        {**TOP, "people": "{fallback: clear}"},
        {**TOP, "attachments": "{types: [image/*], max_size: 5MB}"},
        {**TOP, "comments": "{support_public: {to: engineering, visibility: internal}}"},
        {**TOP, "lifecycle": "{moved: stop}"},
    ]
    digests = {good(_file(top, FIELDS)).digest for top in changed}
    assert len(digests - {good(DIGEST_OF).digest}) == len(changed)
