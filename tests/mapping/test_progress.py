"""The words of `progress` in `escalation.yaml`: ours, but for what the file says instead."""

from __future__ import annotations

from dataclasses import fields

from syncd.core.progress import Step
from syncd.core.wording import ENGLISH, GERMAN, ProgressPolicy, Words
from syncd.mapping.parse import parse
from syncd.mapping.policy import read_policy
from syncd.mapping.progress import progress_policy
from syncd.mapping.schema import StepsBlock, WordsBlock

HEAD = "severities: {sev1: {rules: [{name: outage, when: {title: {words: [outage]}}}]}}\n"


def read(text: str) -> ProgressPolicy:
    draft = read_policy(parse((HEAD + text).encode(), file="escalation.yaml"))
    assert [str(complaint) for complaint in draft.complaints] == []
    return progress_policy(draft)


def test_without_the_table_there_are_english_and_german() -> None:
    assert read("") == ProgressPolicy("en", {"en": ENGLISH, "de": GERMAN})


def test_what_the_file_says_stands_in_the_place_of_ours() -> None:
    found = read("progress: {language: de, languages: {de: {title: Ihr Fall, steps: {fixed: Gelöst}}}}\n")
    assert found.language == "de"
    german = found.languages["de"]
    assert (german.title, german.steps[Step.FIXED]) == ("Ihr Fall", "Gelöst")
    assert (german.send, german.steps[Step.TOLD]) == (GERMAN.send, GERMAN.steps[Step.TOLD])
    assert found.languages["en"] == ENGLISH


def test_a_new_language_says_everything() -> None:
    said = ", ".join(f"{part.name}: f {part.name}" for part in fields(Words) if part.name != "steps")
    steps = ", ".join(f"{step}: f {step}" for step in Step)
    found = read(f"progress: {{languages: {{fr: {{{said}, steps: {{{steps}}}}}}}}}\n")
    french = found.languages["fr"]
    assert french.gone_why == "f gone_why"
    assert french.steps == {step: f"f {step}" for step in Step}
    assert found.spoken(["fr-CA"]) == ("fr", french)


def test_the_table_has_a_key_for_each_word_and_no_other() -> None:
    assert set(WordsBlock.model_fields) == {part.name for part in fields(Words)}
    assert set(StepsBlock.model_fields) == {step.value for step in Step}
