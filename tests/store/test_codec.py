"""What is stored comes back exactly."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.core.model import Base, Life, Pair, Person, RichText, Value
from syncd.store import codec
from syncd.store.types import micros

anything = st.text(st.characters(codec=None), max_size=20)  # NUL, lone surrogates and every script
zones = st.builds(timezone, st.timedeltas(timedelta(hours=-23), timedelta(hours=23)))
values: st.SearchStrategy[Value] = st.one_of(
    st.none(),
    st.booleans(),
    anything,
    st.decimals(allow_nan=False),
    st.dates(),
    st.datetimes(timezones=zones),
    st.builds(RichText, anything, anything, st.lists(anything, max_size=3).map(tuple)),
    st.builds(Person, anything, anything, st.none() | anything),
    st.frozensets(anything, max_size=4),
)
field_maps = st.dictionaries(anything, values, max_size=5)
bases = st.builds(
    Base,
    ref=anything,
    revision=anything,
    fields=field_maps,
    thread_revision=anything,
    label=anything,
    url=anything,
    container=anything,
    life=st.sampled_from(Life),
    requester=st.none() | st.builds(Person, anything, anything, st.none() | anything),
)


def shape(value: object) -> object:
    """A value with all that `==` overlooks: its type, the exponent of a number, the parts a class does not compare."""
    match value:
        case Decimal():
            return ("number", str(value))
        case datetime():
            return ("instant", value.isoformat())
        case RichText() | Person():
            return (type(value), *(getattr(value, field.name) for field in fields(value)))
        case _:
            return (type(value), value)


@settings(deadline=None)  # a busy machine is no failure
@given(values)
def test_a_value_comes_back_as_it_was(value: Value) -> None:
    assert shape(codec.from_json(json.loads(codec.dump(codec.to_json(value))))) == shape(value)


@settings(deadline=None)  # a busy machine is no failure
@given(field_maps)
def test_fields_come_back_as_they_were(found: dict[str, Value]) -> None:
    back = codec.load_fields(codec.dump_fields(found))
    assert {name: shape(value) for name, value in back.items()} == {name: shape(v) for name, v in found.items()}


@settings(deadline=None)  # a busy machine is no failure
@given(bases)
def test_a_base_comes_back_with_every_part(base: Base) -> None:
    text = codec.dump_base(base)
    back = codec.load_base(text)
    assert back == base
    assert text is not None
    assert text.isascii()  # so that both databases take it


@settings(deadline=None)  # a busy machine is no failure
@given(st.dictionaries(anything, st.builds(Pair, values, values), max_size=3))
def test_held_values_come_back(held: dict[str, Pair[Value]]) -> None:
    assert codec.load_held(codec.dump_held(held)) == held


@settings(deadline=None)  # a busy machine is no failure
@given(field_maps)
def test_equal_fields_have_equal_text(found: dict[str, Value]) -> None:
    """Digests and comparisons of stored text rely on it, whatever order a vendor answered in."""
    assert codec.dump_fields(found) == codec.dump_fields(dict(reversed(found.items())))


@pytest.mark.parametrize("special", ["NaN", "-NaN", "Infinity", "-0", "0E-10", "1E+1000"])
def test_unusual_numbers_come_back(special: str) -> None:
    assert str(codec.from_json(codec.to_json(Decimal(special)))) == special


def test_a_time_without_zone_is_refused() -> None:
    naive = datetime(2026, 1, 1)  # noqa: DTZ001 # that is the point
    with pytest.raises(ValueError, match="no time zone"):
        codec.to_json(naive)
    with pytest.raises(ValueError, match="no time zone"):
        micros(naive)


def test_a_base_that_an_older_program_stored_is_read() -> None:
    text = codec.dump_base(Base("1", "r", {"day": date(2026, 1, 2)}))
    assert text is not None
    data = json.loads(text)
    del data["thread_revision"], data["container"]
    assert codec.load_base(json.dumps(data)) == Base("1", "r", {"day": date(2026, 1, 2)})


@settings(deadline=None)  # a busy machine is no failure
@given(st.datetimes(timezones=st.just(UTC)))
def test_instants_are_exact_to_the_microsecond(instant: datetime) -> None:
    assert datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros(instant)) == instant
