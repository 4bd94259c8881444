"""Operators on numbers and texts, with the meaning that they have in the language and not in Vyper.

Vyper truncates where the language floors, raises only to constant powers, and has decimals of its own. Sums, products
and differences are checked by the EVM: beyond 256 bits with the sign, the call is refused.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from enigma.contract.values.meter import Exhausted
from enigma.contract.values.numbers import Unfit, binary
from enigma.contract.vyper.body import Body
from enigma.contract.vyper.kinds import BOOL, FIXED, FIXED_UNIT, INT, LEAST, MOST, MOST_FIXED, MOST_TEXT, TEXT, Sort
from enigma.contract.vyper.term import Term, boolean, combined, decimal, whole
from enigma.contract.vyper.term import text as constant_text
from enigma.errors import OutOfFuel, SourceRange, WrongType

DIVIDE = """@internal
@pure
def _0divide(a: int256, b: int256) -> int256:
    # Towards minus infinity; Vyper's own goes towards zero.
    assert b != 0, "division by zero"
    quotient: int256 = a // b
    if (a % b != 0) and ((a < 0) != (b < 0)):
        quotient -= 1
    return quotient
"""

REMAINDER = """@internal
@pure
def _0remainder(a: int256, b: int256) -> int256:
    # Has the sign of b; Vyper's own has that of a.
    assert b != 0, "division by zero"
    rest: int256 = a % b
    if (rest != 0) and ((rest < 0) != (b < 0)):
        rest += b
    return rest
"""

POWER = """@internal
@pure
def _0power(a: int256, b: int256) -> int256:
    assert b >= 0, "a power with a negative exponent is no whole number"
    result: int256 = 1
    square: int256 = a
    left: int256 = b
    for i: uint256 in range(256):
        if left == 0:
            break
        if left % 2 == 1:
            result = result * square
        left = left // 2
        if left > 0 and (square > 1 or square < -1):
            square = square * square
        elif square == -1:
            square = 1
    return result
"""

DECIMAL = f"""@internal
@pure
def _0decimal(a: int256) -> int256:
    # Within 34 digits: there the language computes exactly, too.
    assert (a >= -{MOST_FIXED}) and (a <= {MOST_FIXED}), "a decimal number of more than 34 digits"
    return a
"""

JOINED = f"""@internal
@pure
def _0joined(a: String[{MOST_TEXT}], b: String[{MOST_TEXT}]) -> String[{MOST_TEXT}]:
    assert len(a) + len(b) <= {MOST_TEXT}, "a text of more than {MOST_TEXT} bytes"
    return abi_decode(abi_encode(concat(a, b)), String[{MOST_TEXT}])
"""

SPELLED = f"""@internal
@pure
def _0spelled(a: int256) -> String[{MOST_TEXT}]:
    if a == min_value(int256):
        return "{LEAST}"
    if a < 0:
        return concat("-", uint2str(convert(-a, uint256)))
    return uint2str(convert(a, uint256))
"""

_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip

_ROUNDED = "sums, differences, and products with whole numbers are exact there; or count in the smallest unit"


def constant(b: Body, node: ast.AST, value: object) -> Term:
    """A constant of the language."""
    if isinstance(value, bool):
        return boolean(value)
    if isinstance(value, int):
        if not LEAST <= value <= MOST:
            reason = "a whole number beyond those of the chain"
            raise b.source.problem(SourceRange, node, reason, "there they lie between -2**255 and 2**255 - 1")
        return whole(value)
    if isinstance(value, Decimal):
        made = decimal(value)
        if made is None:
            reason = "a decimal number that the chain does not have"
            hint = "there they have 18 digits after the point, and 34 in all"
            raise b.source.problem(SourceRange, node, reason, hint)
        return made
    if isinstance(value, str):
        if len(value.encode()) > MOST_TEXT:
            raise b.wrong(node, "a text that is too long for the chain", f"there texts have up to {MOST_TEXT} bytes")
        return constant_text(value)
    raise b.wrong(node, "a constant that has no place on the chain", "numbers, texts, booleans and addresses have")


def as_whole(term: Term) -> Term:
    """A boolean as 0 or 1; any other number as it is."""
    if term.kind != BOOL:
        return term
    return whole(int(term.literal)) if isinstance(term.literal, bool) else combined(
        f"convert({term.text}, int256)", INT, term
    )  # fmt: skip


def as_decimal(b: Body, node: ast.AST, term: Term) -> Term:
    """A number as a decimal."""
    term = as_whole(term)
    if term.kind == FIXED:
        return term
    if term.literal is not None:
        assert isinstance(term.literal, int)
        return constant(b, node, Decimal(term.literal))
    b.half.helper("_0decimal", DECIMAL)
    return combined(f"self._0decimal({term.text} * {FIXED_UNIT})", FIXED, term)


def joined(b: Body, node: ast.AST, sign: str, left: Term, right: Term) -> Term:
    """`left sign right`; raises `WrongType` on what the chain does not compute as the language does."""
    if sign in ("&", "|", "^") and left.kind == right.kind == BOOL:
        word = {"&": "and", "|": "or", "^": "!="}[sign]
        if sign != "^":
            right = b.simple(right)  # computed always, unlike a side of Vyper's `and`
        return combined(f"({left.text} {word} {right.text})", BOOL, left, right)
    if sign == "+" and left.kind == right.kind == TEXT:
        b.half.helper("_0joined", JOINED)
        return combined(f"self._0joined({left.text}, {right.text})", TEXT, left, right)
    if not (left.kind.number and right.kind.number) or sign in ("&", "|", "^", "@"):
        b.refuse(node, f"`{sign}` of {left.kind} and {right.kind}, on the chain", "numbers are computed with there")
    if left.literal is not None and right.literal is not None:
        return _folded(b, node, sign, left, right)
    left, right = as_whole(left), as_whole(right)
    if sign == "/":
        b.refuse(node, "`/` rounds to 34 digits, which the chain does not have",
                 "write // on whole numbers, in the smallest unit; or divide in a @private function")  # fmt: skip
    if FIXED in (left.kind, right.kind):
        return _decimals(b, node, sign, left, right)
    if sign in ("+", "-", "*"):
        return combined(f"({left.text} {sign} {right.text})", INT, left, right)
    if sign == "**" and isinstance(right.literal, int) and right.literal < 0:
        b.refuse(node, "a power with a negative exponent is a fraction", "the chain computes with whole numbers")
    name, lines = {"//": ("_0divide", DIVIDE), "%": ("_0remainder", REMAINDER), "**": ("_0power", POWER)}[sign]
    b.half.helper(name, lines)
    return combined(f"self.{name}({left.text}, {right.text})", INT, left, right)


def _folded(b: Body, node: ast.AST, sign: str, left: Term, right: Term) -> Term:
    try:
        return constant(b, node, binary(sign, left.literal, right.literal))
    except Unfit as error:
        raise b.source.problem(WrongType, node, error.reason, error.hint) from None
    except Exhausted as error:
        raise b.source.problem(OutOfFuel, node, error.what, error.hint) from None


def _decimals(b: Body, node: ast.AST, sign: str, left: Term, right: Term) -> Term:
    whole_factor = sign == "*" and INT in (left.kind, right.kind)
    if sign not in ("+", "-") and not whole_factor:
        b.refuse(node, f"`{sign}` of decimal numbers rounds, and the chain would round otherwise", _ROUNDED)
    if not whole_factor:
        left, right = as_decimal(b, node, left), as_decimal(b, node, right)
    b.half.helper("_0decimal", DECIMAL)
    return combined(f"self._0decimal({left.text} {sign} {right.text})", FIXED, left, right)


def negated(b: Body, node: ast.AST, value: Term) -> Term:
    """`-value`."""
    return joined(b, node, "-", whole(0), value)


def without_fraction(b: Body, node: ast.AST, value: Term) -> Term:
    """`int(value)`: towards zero, as Vyper divides."""
    if not value.kind.number:
        b.refuse(node, f"int() of {value.kind}", "numbers and booleans become whole numbers")
    if isinstance(value.literal, Decimal):
        return constant(b, node, int(value.literal))
    if value.kind == FIXED:
        return combined(f"({value.text} // {FIXED_UNIT})", INT, value)
    return as_whole(value)


def spelled(b: Body, node: ast.AST, value: Term) -> Term:
    """`text(value)`."""
    if value.kind == TEXT:
        return value
    if value.kind != INT:
        b.refuse(
            node, f"a text of {value.kind}, on the chain", "whole numbers are spelled there; emit the value itself"
        )
    b.half.helper("_0spelled", SPELLED)
    return combined(f"self._0spelled({value.text})", TEXT, value)


def compared(b: Body, node: ast.AST, sign: str, left: Term, right: Term) -> Term:
    """`left sign right` for two values; `node` is blamed."""
    if left.kind.number and right.kind.number:
        if FIXED in (left.kind, right.kind):
            left, right = as_decimal(b, node, left), as_decimal(b, node, right)
        elif left.kind != right.kind or sign not in ("==", "!="):
            left, right = as_whole(left), as_whole(right)
        if left.literal is not None and right.literal is not None:
            return boolean(_ORDERS[sign](left.literal, right.literal))
        return combined(f"({left.text} {sign} {right.text})", BOOL, left, right)
    if sign not in ("==", "!="):
        b.refuse(node, f"`{sign}` of {left.kind} and {right.kind}, on the chain", "numbers are ordered there")
    if Sort.NOTHING in (left.kind.sort, right.kind.sort) and (left.kind.sequence or right.kind.sequence):
        items = left if left.kind.sequence else right
        return combined(f"(len({items.text}) {sign} 0)", BOOL, items)
    if left.kind != right.kind:
        b.refuse(node, f"{left.kind} is never equal to {right.kind}", "compare values of one kind")
    if left.kind.sort is Sort.LIST:
        left, right = b.kept(left), b.kept(right)
        written = f"(keccak256(abi_encode({left.text})) {sign} keccak256(abi_encode({right.text})))"
        return combined(written, BOOL, left, right)
    if not left.kind.scalar:
        b.refuse(node, f"{left.kind} is compared, on the chain", "compare its length, or its items one by one")
    return combined(f"({left.text} {sign} {right.text})", BOOL, left, right)


def truth(b: Body, node: ast.AST, value: Term) -> Term:
    """Whether a value counts as true."""
    if value.kind == BOOL:
        return value
    if value.kind.number:
        return combined(f"({value.text} != 0)", BOOL, value)
    if value.kind.sort is Sort.NOTHING and not value.variable:
        return boolean(value=False)
    if value.kind.sort in (Sort.TEXT, Sort.LIST, Sort.SET, Sort.MAP, Sort.NOTHING):
        return combined(f"(len({value.text}) != 0)", BOOL, value)
    raise b.wrong(node, f"{value.kind} is neither true nor false", "compare it with something")
