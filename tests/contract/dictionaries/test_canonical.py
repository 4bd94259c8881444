"""Public values: one encoding each, kinds kept apart, sizes capped before memory is taken."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enigma.contract.dictionaries.addresses import Address
from enigma.contract.dictionaries.canonical import MAX_NESTING, decode_value, encode_key, encode_value
from enigma.errors import ArgumentProblem, WireError
from enigma.wire import Tree, encode

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
scalars = (
    st.booleans() | st.integers(-(2**256) + 1, 2**256 - 1) | texts | st.binary(min_size=20, max_size=20).map(Address)
)
keys = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3).map(tuple), max_leaves=4)
decimals = st.builds(
    lambda c, e: Decimal(c).scaleb(e), st.integers(-(10**20), 10**20), st.integers(-60, 60)
)  # fits the default context
values = st.recursive(
    st.none() | scalars | decimals,
    lambda inner: (
        st.lists(inner, max_size=4) | st.lists(inner, max_size=4).map(tuple) | st.dictionaries(keys, inner, max_size=4)
    ),
    max_leaves=12,
)


def kinds(value: object) -> object:
    """The value with the class of everything in it: Python's own equality takes True for 1."""
    if isinstance(value, dict):
        return dict, [(kinds(key), kinds(item)) for key, item in value.items()]
    if isinstance(value, (list, tuple)):
        return type(value), [kinds(item) for item in value]
    return type(value), value


@given(values)
def test_what_is_encoded_is_decoded(value: object) -> None:
    found = decode_value(encode_value(value))
    assert kinds(found) == kinds(value)
    assert encode_value(found) == encode_value(value)


@given(values, values)
def test_different_values_have_different_bytes(one: object, other: object) -> None:
    assert (encode_value(one) == encode_value(other)) == (kinds(one) == kinds(other))


def test_kinds_never_run_into_each_other() -> None:
    alike: list[object] = [
        *(
            1,
            "1",
            True,
            Decimal(1),
            Address(bytes(19) + b"\1"),
            "0x" + "0" * 39 + "1",
            [1],
            (1,),
            ("1",),
            {1: 1},
            "True",
        ),
        *(0, "", False, None, Decimal(0), Address(bytes(20)), [], (), {}, ((),), "0", {"": ""}, "None", {False: 0}),
        *({"list": [1]}, {"decimal": [1, 0]}, {"map": []}),
    ]
    assert len({encode_value(value) for value in alike}) == len(alike)


def test_a_decimal_has_one_spelling() -> None:
    assert encode_value(Decimal("1.50")) == encode_value(Decimal("1.5"))
    assert encode_value(Decimal("-0.00")) == encode_value(Decimal(0))
    assert encode_value(Decimal("1E+3")) == encode_value(Decimal(1000))
    assert str(decode_value(encode_value(Decimal("1E+3")))) == "1000"
    assert str(decode_value(encode_value(Decimal("-1E+40")))) == "-1E+40"
    assert decode_value(encode_value(Decimal("1" * 34))) == Decimal("1" * 34)


def loop() -> list[object]:
    endless: list[object] = []
    endless.append(endless)
    return endless


def wide() -> list[object]:
    """A billion values in a few kilobytes."""
    level: list[object] = [1] * 1000
    for _ in range(2):
        level = [level] * 1000
    return level


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (1.5, "float"),
        (1j, "complex"),
        (b"12", "bytes"),
        ({1, 2}, "set"),
        (object(), "object"),
        ([print], "builtin_function_or_method"),
        ({1.5: 1}, "key"),
        ({None: 1}, "key"),
        ({(1, (2.5,)): 1}, "key"),
        ({(1,) * 1500 + (None,): 1}, "key"),
        (2**256, "256 bits"),
        (-(2**300), "256 bits"),
        (Decimal("NaN"), "no number"),
        (Decimal("-Infinity"), "no number"),
        (Decimal("1" * 35), "34 digits"),
        (Decimal((0, (1,), 7000)), "34 digits"),
        ("x" * 70_000, "bytes"),
        (["x" * 10_000] * 10_000, "bytes"),
        (wide(), "bytes"),
        (loop(), "deeper"),
        ("\ud800", "UTF-8"),
        ([{"a": "\udfff"}], "UTF-8"),
    ],
    ids=lambda value: (
        type(value).__name__ if not isinstance(value, str) else value[:12].encode("ascii", "replace").decode()
    ),
)
def test_what_is_no_public_value_is_refused(value: object, problem: str) -> None:
    with pytest.raises(ArgumentProblem, match=problem) as refused:
        encode_value(value)
    assert refused.value.hint


@pytest.mark.parametrize(
    "key", [None, 1.5, Decimal(1), [1], {}, (1, None), b"", "x" * 2000, tuple(range(2000)), 1 << 300]
)
def test_what_is_no_key_is_refused(key: object) -> None:
    with pytest.raises(ArgumentProblem, match="a key"):
        encode_key(key)


def test_a_key_that_refers_to_one_tuple_many_times_is_refused_at_once() -> None:
    key: tuple[object, ...] = (1,)
    for _ in range(60):
        key = (key, key)
    with pytest.raises(ArgumentProblem, match="a key"):
        encode_key(key)


nested: Tree = 1
for _ in range(MAX_NESTING):
    nested = [nested]


@pytest.mark.parametrize(
    "tree",
    [
        b"short",
        bytes(21),
        2**256,
        {},
        {"list": 1},
        {"set": []},
        {"list": [], "map": []},
        {"map": [[1]]},
        {"map": [1]},
        {"map": [[None, 1]]},
        {"map": [[{"list": []}, 1]]},
        {"map": [[1, 2], [1, 3]]},
        {"map": [[1, 2], [True, 3]]},
        {"decimal": []},
        {"decimal": [1]},
        {"decimal": [10, 0]},
        {"decimal": [0, 1]},
        {"decimal": [True, 0]},
        {"decimal": [1, False]},
        {"decimal": [1, "0"]},
        {"decimal": [int("1" * 35), 0]},
        {"decimal": [1, 7000]},
        {"decimal": [1 << 40_000, 0]},
        nested,
    ],
    ids=lambda tree: type(tree).__name__,
)
def test_other_bytes_are_refused(tree: Tree) -> None:
    with pytest.raises(WireError):
        decode_value(encode(tree))


@given(st.binary(max_size=60))
def test_any_bytes_decode_to_one_value_or_are_refused(octets: bytes) -> None:
    try:
        value = decode_value(b"\1" + octets)
    except WireError:
        return
    assert encode_value(value) == b"\1" + octets
