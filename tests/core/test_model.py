"""The words of the core: shown as themselves, and never mistaken for somebody else's text."""

from __future__ import annotations

import pytest

from syncd.core.model import Word
from syncd.sdk.connector import Capability
from syncd.store.records import LinkState

WORDS = [*Word.__subclasses__()]


def test_there_are_words_in_every_layer() -> None:
    assert {Capability, LinkState} <= set(WORDS)


@pytest.mark.parametrize("words", WORDS, ids=lambda words: words.__name__)
def test_a_word_is_shown_as_itself_and_equals_no_text(words: type[Word]) -> None:
    values = {word.value for word in words}
    assert {f"{word}" for word in words} == values
    assert not {*words} & values
