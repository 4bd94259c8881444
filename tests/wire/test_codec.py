"""The canonical encoding: one spelling for every tree, and nothing else decodes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enigma.errors import WireError
from enigma.wire import Tree, decode, encode
from enigma.wire.codec import KEPT_APART, MAX_DEPTH, MAX_VALUES, encode_parts

LIMIT = 1 << 20
VECTORS = json.loads((Path(__file__).parents[2] / "docs/spec/vectors/encoding.json").read_text())

scalars = st.none() | st.booleans() | st.integers() | st.text() | st.binary()
trees: st.SearchStrategy[Any] = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=30
)


def exact(tree: Any) -> Any:
    """The tree with its types spelled out: True == 1 in Python, never on the wire."""
    if isinstance(tree, dict):
        return {key: exact(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [exact(value) for value in tree]
    return type(tree).__name__, tree


def from_vector(value: Any) -> Tree:
    """JSON has no bytes and no big integers: {"bytes": hex}, {"int": decimal}, {"dict": {...}} stand for them."""
    match value:
        case {"bytes": str(octets)}:
            return bytes.fromhex(octets)
        case {"int": str(decimal)}:
            return int(decimal)
        case {"dict": dict(items)}:
            return {key: from_vector(item) for key, item in items.items()}
        case list():
            return [from_vector(item) for item in value]
        case _:
            return value  # type: ignore[no-any-return]


@pytest.mark.parametrize("vector", VECTORS["good"], ids=lambda vector: vector["name"])
def test_good_vectors(vector: dict[str, Any]) -> None:
    tree, octets = from_vector(vector["tree"]), bytes.fromhex(vector["encoding"])
    assert encode(tree) == octets
    assert exact(decode(octets, limit=LIMIT)) == exact(tree)


@pytest.mark.parametrize("vector", VECTORS["bad"], ids=lambda vector: vector["name"])
def test_bad_vectors(vector: dict[str, Any]) -> None:
    with pytest.raises(WireError):
        decode(bytes.fromhex(vector["encoding"]), limit=LIMIT)


@given(trees)
def test_round_trip(tree: Any) -> None:
    octets = encode(tree)
    assert exact(decode(octets, limit=len(octets))) == exact(tree)
    assert exact(decode(memoryview(bytearray(octets)), limit=LIMIT)) == exact(tree)
    assert encode(decode(octets, limit=LIMIT, views=True)) == octets
    assert b"".join(encode_parts(tree)) == octets


@given(st.dictionaries(st.text(), scalars), st.randoms(use_true_random=False))
def test_equal_trees_give_equal_bytes(tree: dict[str, Any], random: Any) -> None:
    keys = list(tree)
    random.shuffle(keys)
    assert encode({key: tree[key] for key in keys}) == encode(tree)


@given(st.integers(0, 80), st.integers(-2, 2), st.booleans())
def test_integers_around_every_byte_boundary(width: int, offset: int, negative: bool) -> None:
    number = (1 << 8 * width - 1 if width else 0) + offset
    number = -number if negative else number
    assert decode(encode(number), limit=LIMIT) == number


@given(st.binary(max_size=200))
def test_random_bytes_decode_canonically_or_not_at_all(octets: bytes) -> None:
    check_strict(octets)
    check_strict(b"\x01" + octets)


@given(trees, st.data())
def test_mutated_bytes_decode_canonically_or_not_at_all(tree: Any, data: st.DataObject) -> None:
    octets = bytearray(encode(tree))
    position = data.draw(st.integers(0, len(octets) - 1))
    action = data.draw(st.sampled_from(["change", "insert", "remove", "cut", "extend"]))
    if action == "change":
        octets[position] = data.draw(st.integers(0, 255))
    elif action == "insert":
        octets.insert(position, data.draw(st.integers(0, 255)))
    elif action == "remove":
        del octets[position]
    elif action == "cut":
        del octets[position:]
    else:
        octets += data.draw(st.binary(min_size=1, max_size=8))
    check_strict(bytes(octets))


def check_strict(octets: bytes) -> None:
    try:
        tree = decode(octets, limit=LIMIT)
    except WireError:
        return
    assert encode(tree) == octets


@given(trees)
def test_every_cut_and_every_surplus_is_refused(tree: Any) -> None:
    octets = encode(tree)
    for bad in (octets[:-1], octets + b"\x00", octets[: len(octets) // 2]):
        with pytest.raises(WireError):
            decode(bad, limit=LIMIT)


def test_depth_is_capped_on_both_sides() -> None:
    tree: Tree = None
    for _ in range(MAX_DEPTH - 1):
        tree = [tree]
    octets = encode(tree)
    assert decode(octets, limit=LIMIT) == tree
    with pytest.raises(WireError, match="deeper"):
        encode([tree])
    with pytest.raises(WireError, match="deeper"):
        decode(b"\x01" + b"\x06\x01" * 100_000 + b"\x00", limit=LIMIT)


def test_the_number_of_values_is_capped_on_both_sides() -> None:
    with pytest.raises(WireError, match=str(MAX_VALUES)):
        encode([None] * MAX_VALUES)
    many = b"\x01\x06\x80\x80\x80\x02" + bytes(MAX_VALUES)
    with pytest.raises(WireError, match=str(MAX_VALUES)):
        decode(many, limit=1 << 30)


def test_the_limit_is_checked_first() -> None:
    with pytest.raises(WireError, match="longer than the 9 bytes"):
        decode(bytes(10), limit=9)


@pytest.mark.parametrize(
    ("tree", "fragment"),
    [
        ({"a": [1, 0.5]}, r"\.a\[1\] is a float"),
        ({1: 2}, "key of type int"),
        ({"x": {b"y": 1}}, "key of type bytes"),
        ({1, 2}, "the root is a set"),
        ("\ud800", "lone surrogate"),
        ({"\ud800": 1}, "lone surrogate"),
        (memoryview(bytes(8))[::2], "gaps"),
    ],
)
def test_what_has_no_encoding_is_named(tree: Any, fragment: str) -> None:
    with pytest.raises(WireError, match=fragment):
        encode(tree)


def test_long_byte_strings_are_not_copied() -> None:
    long = bytearray(KEPT_APART)
    parts = encode_parts({"a": 1, "b": long, "c": memoryview(long), "d": b"short"})
    assert sum(memoryview(part).obj is long or part is long for part in parts) == 2
    octets = b"".join(parts)
    tree = decode(octets, limit=LIMIT, views=True)
    assert isinstance(tree, dict)
    view = tree["b"]
    assert isinstance(view, memoryview)
    assert view.obj is octets
    assert view.readonly
    assert tree["d"] == b"short"


def test_views_of_any_item_size_are_their_bytes() -> None:
    view = memoryview(b"\x01\x00\x02\x00").cast("H")
    assert encode(view) == encode(b"\x01\x00\x02\x00")
    assert encode(view[:0]) == encode(b"")
