"""How a customer's words sound: laws for every text, and how often the sign is right on texts it was not made with."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.core.sentiment import MOST, Lexicon, churning, total, weighed
from tests import pace
from tests.core.heldout import TEXTS

LEXICON = Lexicon()
PHRASES = sorted(phrase for phrase, points in LEXICON.points.items() if points)
RIGHT = 59
"""Of 70, measured when the list was made. A guess of the commonest sign gets 28."""


def score(text: str) -> Decimal:
    return total([weighed(text, LEXICON)])


def denied_phrases() -> list[tuple[str, ...]]:
    """Those that "it is not" does not make another phrase of."""
    return [one for one in PHRASES if ("not", *one) not in LEXICON.points]


@given(st.text())
def test_every_text_has_a_number_within_its_bounds(text: str) -> None:
    assert -MOST <= score(text) <= MOST
    assert set(churning(text, LEXICON)) <= {" ".join(phrase) for phrase in LEXICON.churn}


@given(st.lists(st.sampled_from(PHRASES), max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_sentences_does_not_matter(phrases: list[tuple[str, ...]], chance: random.Random) -> None:
    sentences = [f"It is {' '.join(phrase)}." for phrase in phrases]
    before = score(" ".join(sentences))
    chance.shuffle(sentences)
    assert score(" ".join(sentences)) == before


@given(st.sampled_from(denied_phrases()))
def test_a_denied_complaint_is_none_and_denied_praise_is_a_complaint(phrase: tuple[str, ...]) -> None:
    points = LEXICON.points[phrase]
    assert score(f"It is not {' '.join(phrase)}") == (-points if points > 0 else 0)


@given(st.sampled_from(PHRASES))
def test_a_word_counts_in_any_case_and_more_when_strengthened(phrase: tuple[str, ...]) -> None:
    points, said = LEXICON.points[phrase], " ".join(phrase)
    assert score(said.upper()) == score(said) == points
    assert score(f"It is extremely {said}") == points * Decimal("1.5")
    assert score(f"It is slightly {said}") == points * Decimal("0.5")


def test_the_newest_text_counts_most_and_an_old_one_never_nothing() -> None:
    angry, happy = weighed("furious", LEXICON), weighed("wonderful", LEXICON)
    assert total([angry, happy]) == Decimal("-2.5")
    assert total([happy, angry]) == Decimal(1)
    assert total([(), (), (), (), angry]) == -1


def test_a_log_of_a_million_lines_takes_no_time() -> None:

    def work() -> None:
        weighed("terrible failure\n" * 1_000_000, LEXICON)
        churning("cancel our subscription\n" * 1_000_000, LEXICON)

    assert pace.within(2, work)


def test_quotations_do_not_count() -> None:
    assert score("> This is terrible\n\nThank you") == 1
    assert churning("> we cancel our contract", LEXICON) == ()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("If this goes on we will cancel our subscription", True),
        ("Sonst müssen wir den Vertrag kündigen", True),
        ("Nous allons changer de fournisseur.", True),
        ("Vamos a cambiar de proveedor", True),
        ("Stiamo per cambiare fornitore", True),
        ("Dan gaan we overstappen", True),
        ("Vamos mudar de fornecedor", True),
        ("We would never cancel our subscription", False),
        ("Wir werden den Vertrag nicht kündigen", False),
        ("How do I cancel a print job?", False),
    ],
)
def test_a_threat_to_leave_is_heard_in_every_language(text: str, says: bool) -> None:
    assert bool(churning(text, LEXICON)) is says


def test_the_sign_is_right_on_texts_that_the_list_was_not_made_with() -> None:
    signs = [(score(text), sign) for texts in TEXTS.values() for sign, text in texts]
    assert len(signs) == 70
    assert len(TEXTS) == 7
    assert sum(((found > 0) - (found < 0)) == sign for found, sign in signs) >= RIGHT
    assert not [found for found, sign in signs if found * sign < 0], "a complaint is never praise, and praise never one"
