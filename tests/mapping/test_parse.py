"""Whatever the bytes are, reading gives a document or complaints, quickly, and runs nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.mapping.nodes import Items, Node, Scalar, Table
from syncd.mapping.parse import MAX_BYTES, Refused, parse
from tests import pace

keys = st.text(st.characters(categories=["Ll", "Lu"]), min_size=1, max_size=8)
values = st.recursive(
    st.text(st.characters(categories=["L", "N", "Zs", "P", "S"]), max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)


def _written(value: object) -> str:
    """Flow YAML in which every word is quoted."""
    match value:
        case dict():
            return "{" + ", ".join(f"{_written(key)}: {_written(item)}" for key, item in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(_written, value)) + "]"
        case _:
            return "'" + str(value).replace("'", "''") + "'"


def _read(node: Node) -> object:
    match node:
        case Scalar():
            return node.text
        case Items():
            return [_read(item) for item in node.items]
        case Table():
            return {entry.key.text: _read(entry.value) for entry in node}


@given(st.dictionaries(keys, values, min_size=1, max_size=5))
def test_what_is_written_is_what_is_read(table: dict[str, object]) -> None:
    assert _read(parse(_written(table).encode(), file="a.yaml").root) == table


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_bytes_are_read_or_refused_with_a_place(raw: bytes) -> None:
    try:
        parse(raw, file="a.yaml")
    except Refused as refused:
        for complaint in refused.complaints:
            assert complaint.line >= 1
            assert complaint.column >= 1
            assert complaint.remedy


@given(st.dictionaries(keys, keys, min_size=1, max_size=5))
def test_every_mark_covers_its_word(table: dict[str, str]) -> None:
    text = "".join(f"k{key}:   v{value} # why\n" for key, value in table.items())
    lines = text.splitlines()
    for entry in parse(text.encode(), file="a.yaml").root:
        for word in (entry.key, entry.value):
            assert isinstance(word, Scalar)
            at = word.mark
            assert lines[at.line - 1][at.column - 1 : at.column - 1 + at.length] == word.text


def _bombs() -> dict[str, bytes]:
    levels = "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 11))
    return {
        "laughs": b"a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + levels.encode(),
        "flow depth": b"a: " + b"[" * 200_000,
        "block depth": b"\n".join(b" " * depth + b"a:" for depth in range(700)),
        "size": b"a: " + b"x" * MAX_BYTES,
        "keys": b"".join(b"k%d: v\n" % number for number in range(60_000)),
        "quotes": b'a: "' + b"\\" * 100_001,
        "dashes": b"- " * 200_000,
    }


@pytest.mark.parametrize("name", _bombs())
def test_a_bomb_is_refused_within_a_second(name: str) -> None:
    raw = _bombs()[name]

    def refused() -> None:
        with pytest.raises(Refused):
            parse(raw, file="a.yaml")

    assert pace.within(1, refused)


def test_a_byte_order_mark_is_no_mistake() -> None:
    assert parse(b"\xef\xbb\xbfname: x\n", file="a.yaml").root.get("name") is not None


def test_all_doubled_keys_are_named_at_once() -> None:
    with pytest.raises(Refused) as refused:
        parse(b"a: 1\na: 2\nb: {c: 1, c: 2}\n", file="a.yaml")
    assert [complaint.line for complaint in refused.value.complaints] == [3, 2]


def test_a_tab_after_a_colon_is_no_indentation() -> None:
    assert parse(b"a:\tb\n", file="a.yaml").root.get("a") is not None
