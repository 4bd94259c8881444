"""What a seat makes of a declared type is what sharing the values makes of them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enigma.contract.call import HeldRows
from enigma.contract.calling.held import held_of, held_rows
from enigma.contract.calling.private_arguments import checked
from enigma.contract.dictionaries.held import Held
from enigma.contract.types import ArrayType, BoolType, CategoryType, ElementType, FixedType, IntType, TableType
from enigma.errors import ArgumentProblem
from enigma.local.arguments import share
from enigma.local.plain import PlainCommittee

ELEMENTS: list[tuple[ElementType, Any]] = [
    (IntType(0, 120), 7),
    (IntType(-5, -5), -5),
    (IntType(-(2**62), 2**62), 2**40),
    (BoolType(), True),
    (CategoryType(3), 2),
    (CategoryType(2, ("a", "b")), "b"),
    (CategoryType(1), 0),
    (FixedType(Decimal(-1), Decimal(1)), 0.25),
    (FixedType(Decimal("-0.1"), Decimal("0.3"), 0), 0.2),
    (FixedType(Decimal("0.1"), Decimal("1e3"), 33), 0.5),
    (FixedType(Decimal("1e-20"), Decimal("0.5"), 1), 0.5),
]
"""With a value of each."""


def shared(value: Any, type_: ElementType | ArrayType | TableType) -> Held | HeldRows:
    return share(PlainCommittee(), checked(value, type_, "it"))


@pytest.mark.parametrize(("element", "value"), ELEMENTS, ids=[str(element) for element, _ in ELEMENTS])
def test_every_element_type(element: ElementType, value: Any) -> None:
    assert held_of(element, 0, ()) == shared(value, element)
    for shape in ((0,), (1,), (3,), (2, 3), (2, 0)):
        declared = ArrayType(element, tuple(None for _ in shape))
        values: Any = value
        for extent in reversed(shape):
            values = [values] * extent
        if shape != (2, 0):
            assert held_of(ArrayType(element, shape), 0, shape) == held_of(declared, 0, shape)
        if 0 not in shape[:-1]:
            assert held_of(declared, 0, shape) == shared(values, declared)


@given(st.decimals(-100, 100, places=6), st.decimals(0, 50, places=7), st.integers(0, 40))
def test_bounds_are_rounded_alike(lo: Decimal, width: Decimal, scale: int) -> None:
    element = FixedType(lo, lo + width, scale)
    assert held_of(element, 0, ()) == shared(lo, element)


@pytest.mark.parametrize("count", [0, 1, 5])
def test_tables(count: int) -> None:
    table = TableType("Row", tuple((f"c{i}", element) for i, (element, _) in enumerate(ELEMENTS)))
    rows = shared({f"c{i}": [value] * count for i, (_, value) in enumerate(ELEMENTS)}, table)
    found = held_rows(table, {f"c{i}": i for i in reversed(range(len(ELEMENTS)))}, count)
    assert isinstance(rows, HeldRows)
    assert found.count == rows.count == count
    # In the order of the declaration too: the first column names the contribution.
    assert list(found.columns.items()) == list(rows.columns.items())


def test_what_does_not_fit_is_refused() -> None:
    array = ArrayType(IntType(0, 9), (3, None))
    for shape in ((), (3,), (2, 5), (3, -1), (3, 1, 1)):
        with pytest.raises(ArgumentProblem, match="pieces of the shape"):
            held_of(array, 0, shape)
    with pytest.raises(ArgumentProblem, match="pieces of the shape"):
        held_of(IntType(0, 9), 0, (1,))
    table = TableType("Row", (("a", IntType(0, 9)), ("b", BoolType())))
    for indices in ({"a": 1}, {"a": 1, "b": 2, "c": 3}, {"a": 1, "c": 2}):
        with pytest.raises(ArgumentProblem, match="other columns"):
            held_rows(table, indices, 4)
    with pytest.raises(ArgumentProblem, match="pieces of the shape"):
        held_rows(table, {"a": 1, "b": 2}, -1)
