"""The laws of lenses, for every lens: saying nothing new changes nothing, and what is said is what is heard."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from syncd.core.lens import ChoiceLens, Lens, PersonLens, PlainLens, Unsayable, WordsLens
from syncd.core.model import Kind, Person, RichText, Value
from tests.core.strategies import (
    anything,
    choice_lenses,
    lenses,
    number_lenses,
    person_lenses,
    readable,
    sayable,
    strange,
    words_lenses,
)


@given(lenses, st.data())
def test_saying_nothing_new_changes_nothing(lens: Lens, data: st.DataObject) -> None:
    theirs = data.draw(readable(lens))
    assert lens.put(lens.get(theirs), theirs) == theirs


@given(lenses, st.data())
def test_what_is_said_is_what_is_heard_whatever_stood_there(lens: Lens, data: st.DataObject) -> None:
    meaning, theirs = data.draw(sayable(lens)), data.draw(anything(lens))
    assert lens.get(lens.put(meaning, theirs)) == meaning


@given(lenses, st.data())
def test_saying_it_twice_is_saying_it_once(lens: Lens, data: st.DataObject) -> None:
    meaning, theirs = data.draw(sayable(lens)), data.draw(anything(lens))
    once = lens.put(meaning, theirs)
    assert lens.put(meaning, once) == once


@given(choice_lenses | number_lenses | person_lenses, st.data())
def test_a_word_that_the_mapping_does_not_know_is_unsayable_and_named(lens: Lens, data: st.DataObject) -> None:
    theirs = data.draw(strange(lens))
    with pytest.raises(Unsayable) as raised:
        lens.get(theirs)
    assert raised.value.field == lens.field
    assert raised.value.value in (theirs, str(theirs), getattr(theirs, "name", None))


@given(choice_lenses | number_lenses)
def test_a_meaning_without_a_word_is_unsayable(lens: ChoiceLens) -> None:
    with pytest.raises(Unsayable):
        lens.put("no such meaning")


def words(value: Value) -> frozenset[str]:
    return value if isinstance(value, frozenset) else frozenset()


@given(words_lenses, st.data())
def test_labels_that_the_mapping_does_not_know_stay_as_they_are(lens: WordsLens, data: st.DataObject) -> None:
    assume(lens.meanings is not None)
    theirs, meaning = data.draw(readable(lens)), data.draw(sayable(lens))
    written = lens.put(meaning, theirs)
    known = (lens.meanings or {}).keys()
    assert words(written) - known == words(theirs) - known


@given(words_lenses, st.data())
def test_a_label_that_says_it_already_is_kept(lens: WordsLens, data: st.DataObject) -> None:
    assume(lens.meanings)
    theirs, meaning = data.draw(readable(lens)), data.draw(sayable(lens))
    assert isinstance(meaning, frozenset)
    said = {word for word in words(theirs) if (lens.meanings or {}).get(word) in meaning}
    assert said <= words(lens.put(meaning, theirs))


def test_the_first_word_of_the_file_is_the_one_that_is_written() -> None:
    lens = ChoiceLens("priority", {"urgent": "p1", "high": "p1", "low": "p3"})
    assert lens.put("p1") == "urgent"
    assert lens.put("p1", "high") == "high"
    assert lens.put("p1", "low") == "urgent"


def test_an_empty_choice_means_what_the_mapping_says() -> None:
    lens = ChoiceLens("priority", {"low": "p3"}, empty="p4")
    assert lens.get(None) == lens.get("") == "p4"
    assert lens.put("p4", "low") is None


@pytest.mark.parametrize("value", [None, "", RichText("", ""), RichText(" \n", "<p></p>"), frozenset()])
def test_nothing_means_nothing_whatever_it_looks_like(value: Value) -> None:
    assert PlainLens("text", Kind.TEXT).get(value) is None


@given(number_lenses, st.data())
def test_a_number_that_stands_for_a_word_is_written_as_a_number(lens: ChoiceLens, data: st.DataObject) -> None:
    written = lens.put(data.draw(sayable(lens)))
    assert written is None or isinstance(written, Decimal)


def test_formatted_text_is_compared_by_its_words() -> None:
    lens = PlainLens("description", Kind.RICH_TEXT)
    theirs = RichText("one\n", "<p>one</p>")
    assert lens.put("one", theirs) is theirs
    assert lens.put("two", theirs) == RichText.of("two")


def test_people_are_known_by_the_table_before_their_address() -> None:
    lens = PersonLens("assignee", ids={"ana@desk.example": "u1", "ben@desk.example": "ben@core.example"})
    assert lens.get(Person("u1", "Ana", "other@core.example")) == "ana@desk.example"
    assert lens.get(Person("u2", email="Ben@core.example")) == "ben@desk.example"
    assert lens.put("ana@desk.example") == Person("u1")
    written = lens.put("ben@desk.example")
    assert isinstance(written, Person)
    assert (written.id, written.email) == ("", "ben@core.example")


def test_somebody_whose_address_is_hidden_is_named() -> None:
    with pytest.raises(Unsayable, match="the address of Ana is hidden"):
        PersonLens("assignee").get(Person("u1", "Ana"))
