"""Public numbers: exact integers, decimals of 34 digits, the same whatever the interpreter is set to."""

from __future__ import annotations

import decimal
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.contract.evaluator.checking import public

from enigma.contract.values.meter import Exhausted
from enigma.contract.values.numbers import CONTEXT, Unfit, binary, equal, rounded, unary
from enigma.errors import OutOfFuel, WrongType

INTEGERS = st.integers(-(2**100), 2**100) | st.sampled_from([0, 1, -1, 2**255 - 1, -(2**255)])
DECIMALS = st.decimals(-(10**20), 10**20, allow_nan=False, allow_infinity=False)


@given(INTEGERS, INTEGERS, st.sampled_from(["+", "-", "*", "//", "%"]))
def test_integers_are_pythons(a: int, b: int, sign: str) -> None:
    if sign in ("//", "%") and b == 0:
        with pytest.raises(Unfit, match="division by zero"):
            binary(sign, a, b)
        return
    wanted = {"+": lambda: a + b, "-": lambda: a - b, "*": lambda: a * b, "//": lambda: a // b, "%": lambda: a % b}[
        sign
    ]()
    if wanted.bit_length() > 256:
        with pytest.raises(Exhausted):
            binary(sign, a, b)
    else:
        assert binary(sign, a, b) == wanted


@given(DECIMALS, DECIMALS, st.sampled_from(["+", "-", "*", "/"]))
def test_decimals_are_rounded_as_one_context_says(a: Decimal, b: Decimal, sign: str) -> None:
    with decimal.localcontext(prec=3, rounding=decimal.ROUND_UP, Emax=9, Emin=-9):
        if sign == "/" and b == 0:
            with pytest.raises(Unfit):
                binary(sign, a, b)
            return
        found = binary(sign, a, b)
    exact = {"+": CONTEXT.add, "-": CONTEXT.subtract, "*": CONTEXT.multiply, "/": CONTEXT.divide}[sign]
    assert found == exact(CONTEXT.plus(a), CONTEXT.plus(b))


@given(DECIMALS)
def test_rounding_is_pythons(a: Decimal) -> None:
    assert rounded(a) == round(a)
    assert rounded(a, rule=decimal.ROUND_FLOOR) == int(a.to_integral_value(decimal.ROUND_FLOOR))


DIGITS = "1.234567890123456789012345678901234"

TABLE: list[tuple[str, Any]] = [
    ("7 // 2, -7 // 2, 7 % -2, -7 % 2", (3, -4, -1, 1)),
    ("7 / 2, 1 / 4", (3.5, 0.25)),
    ("0.1 + 0.2 == 0.3", True),
    (f"abs(-{DIGITS}) == {DIGITS}", True),
    (f"text(abs(-{DIGITS}))", DIGITS),
    (f"text(-(-{DIGITS}))", DIGITS),
    ("round(2.5), round(3.5), round(-2.5), round(1.25, 1)", (2, 4, -2, 1.2)),
    ("int(-2.9), floor(-2.1), ceil(2.1), trunc(-2.9)", (-2, -3, 3, -2)),
    ("2 ** 10, 2 ** -1, (-2) ** 3, 0 ** 0", (1024, 0.5, -8, 1)),
    ("sqrt(2.25), exp(0), log(1)", (1.5, 1.0, 0.0)),
    ("min(3, 1.5), max([1, 2, True]), sum([1, 2, 0.5])", (1.5, 2, 3.5)),
    ("True + True, 3 * True, True == 1, not 0", (2, 3, True, True)),
    ("1 == 1.0, 1 == True, [1] == [1.0], (1,) == (2,)", (True, True, True, False)),
    ("{1: 2} == {1: 2}, {1, 2} == {2, 1}, None == None", (True, True, True)),
    ("1 < 2 < 3, 1 < 3 < 2, 'a' < 'b'", (True, False, True)),
    ("3 in [1, 3], 3.0 in range(5), 2.5 in range(5), 'b' in 'abc'", (True, True, False, True)),
    ("[1, 2] * 2, (1,) + (2,), [1] + [2]", ([1, 2, 1, 2], (1, 2), [1, 2])),
    ("divmod(-7, 2), sign(-3), square(4)", ((-4, 1), -1, 16)),
    ("'ab' + 'c', text(True), text(1.50), 'abc'[1:]", ("abc", "True", "1.50", "bc")),
    ("clip(5, 0, 3), where(1 > 2, 3, 4), 1 if True else 2", (3, 4, 1)),
    ("sorted([3, 1, 2], reverse=True), reversed([1, 2]), list(range(3))", ([3, 2, 1], [2, 1], [0, 1, 2])),
    ("[a + b for a, b in zip([1, 2], [3, 4])], list(enumerate(['a']))", ([4, 6], [(0, "a")])),
    ("set([2, 1, 2]), {3, 1}, map([(1, 2)])", ([2, 1], [3, 1], {1: 2})),
    ("2 ** 255, -(2 ** 255)", (2**255, -(2**255))),
]


@pytest.mark.parametrize(("expression", "wanted"), TABLE, ids=[row[0][:30] for row in TABLE])
def test_expressions(expression: str, wanted: Any) -> None:
    found = public(f"return {expression}")
    if isinstance(wanted, tuple) and not isinstance(found, tuple):
        wanted = wanted[0]
    found = tuple(list(x) if isinstance(x, set) else x for x in found) if isinstance(found, tuple) else found
    assert found == wanted


@pytest.mark.parametrize(
    ("function", "value"), [("sqrt", Decimal(-1)), ("log", Decimal(0)), ("log", Decimal(-1)), ("exp", Decimal(10**9))]
)
def test_what_has_no_value_is_refused(function: str, value: Decimal) -> None:
    with pytest.raises(Unfit, match="no number comes out"):
        unary(function, value)


@pytest.mark.parametrize("expression", ["0 ** -1", "0.0 ** -2", "1e99 ** 9", "0 / 0", "5 % 0", "(-1.5) ** 0.5"])
def test_infinities_stay_out(expression: str) -> None:
    with pytest.raises(WrongType):
        public(f"return {expression}")


def test_integers_end_at_256_bits() -> None:
    assert public("return 2 ** 255 - 1 + 2 ** 255") == 2**256 - 1
    with pytest.raises(OutOfFuel, match="256 bits"):
        public("return 2 ** 255 + 2 ** 255")


def test_a_decimal_in_a_range_is_not_counted_to() -> None:
    assert public("return 0.5 in range(10**15), 3 in range(10**15), 10**14 * 1.0 in range(10**15)") == (
        False,
        True,
        True,
    )


def test_public_values_are_compared_and_others_are_not() -> None:
    assert equal([1, (2, "a")], [1, (2, "a")])
    assert not equal([1], (1,))
    with pytest.raises(Unfit):
        equal(object(), 3)
    with pytest.raises(Unfit):
        equal([object()], [3])
