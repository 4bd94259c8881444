"""Arithmetic on public values: exact integers up to 256 bits, decimals of 34 digits, the same on every machine.

Decimals follow the General Decimal Arithmetic Specification (IEEE 754 decimal128: 34 digits, half to even), whose every
operation used here is correctly rounded; binary floats appear nowhere.
"""

from __future__ import annotations

import decimal
import operator
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from enigma.contract.dictionaries.addresses import Address
from enigma.contract.dictionaries.predicates import Predicate
from enigma.contract.values.containers import OrderedSet
from enigma.contract.values.meter import INTEGER_BITS, Exhausted, short_integer, short_text

CONTEXT = decimal.Context(
    prec=34,
    rounding=decimal.ROUND_HALF_EVEN,
    Emin=-200,
    Emax=200,
    traps=[decimal.InvalidOperation, decimal.DivisionByZero, decimal.Overflow],
)

MOST_ROUND_DIGITS = 100


_COMPARED = (str, list, tuple, dict, range, Address, Predicate, OrderedSet)


class Unfit(Exception):
    """Operands that an operation does not take; `leaks` if since a secret would become known.

    The evaluator adds the place; it never leaves the evaluator.
    """

    def __init__(self, reason: str, hint: str = "", *, leaks: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.hint, self.leaks = reason, hint, leaks


class Beyond(Unfit):
    """A value that lies, or may lie, outside the range of its place."""


def is_number(value: object) -> bool:
    """Whether it is a public integer, boolean or decimal."""
    return isinstance(value, (int, Decimal))


def described(value: object) -> str:
    """What kind of public value it is, for messages; never the value."""
    names: list[tuple[Any, str]] = [
        (bool, "bool"), (int, "int"), (Decimal, "fixed"), (str, "text"), (type(None), "None"), (list, "list"),
        (tuple, "tuple"), (dict, "map"), (range, "range"),
    ]  # fmt: skip
    return next((name for kind, name in names if isinstance(value, kind)), type(value).__name__.lower())


def as_decimal(value: int | Decimal) -> Decimal:
    """An integer as a decimal, rounded to 34 digits."""
    return CONTEXT.plus(value) if isinstance(value, Decimal) else CONTEXT.create_decimal(int(value))


def exact_ratio(raw: int, scale: int) -> Decimal:
    """raw / 2**scale as a decimal, rounded to 34 digits."""
    return CONTEXT.divide(Decimal(raw), Decimal(1 << scale))


def _whole(value: int | Decimal, what: str) -> int:
    if isinstance(value, Decimal):
        raise Unfit(f"{what} is a decimal number", "int(x) cuts the fraction off, round(x) rounds")
    return int(value)


def _power(a: int | Decimal, b: int | Decimal) -> int | Decimal:
    exponent = _whole(b, "an exponent") if not isinstance(b, Decimal) else b
    if isinstance(a, Decimal) or isinstance(exponent, Decimal) or exponent < 0:
        return CONTEXT.power(as_decimal(a), as_decimal(exponent))
    if abs(int(a)) > 1 and (abs(int(a)).bit_length() - 1) * exponent > INTEGER_BITS:
        raise Exhausted(f"a power of more than {INTEGER_BITS} bits", "public integers have up to 256 bits")
    return int(int(a) ** exponent)


def _floor_divide(a: int | Decimal, b: int | Decimal) -> int | Decimal:
    if isinstance(a, Decimal) or isinstance(b, Decimal):
        quotient = CONTEXT.divide(as_decimal(a), as_decimal(b))
        return quotient.to_integral_value(rounding=decimal.ROUND_FLOOR, context=CONTEXT)
    return int(a) // int(b)


def _remainder(a: int | Decimal, b: int | Decimal) -> int | Decimal:
    if isinstance(a, Decimal) or isinstance(b, Decimal):
        return CONTEXT.subtract(as_decimal(a), CONTEXT.multiply(as_decimal(b), as_decimal(_floor_divide(a, b))))
    return int(a) % int(b)


def _arithmetic(whole: Callable[[int, int], int], real: Callable[[Decimal, Decimal], Decimal]) -> Callable[..., Any]:
    def compute(a: int | Decimal, b: int | Decimal) -> int | Decimal:
        if isinstance(a, Decimal) or isinstance(b, Decimal):
            return real(as_decimal(a), as_decimal(b))
        return whole(int(a), int(b))

    return compute


_BINARY: dict[str, Callable[..., Any]] = {
    "+": _arithmetic(operator.add, CONTEXT.add),
    "-": _arithmetic(operator.sub, CONTEXT.subtract),
    "*": _arithmetic(operator.mul, CONTEXT.multiply),
    "/": lambda a, b: CONTEXT.divide(as_decimal(a), as_decimal(b)),
    "//": _floor_divide,
    "%": _remainder,
    "**": _power,
}


def binary(sign: str, a: Any, b: Any) -> Any:
    """`a sign b` for two public values; raises `Unfit`, `Exhausted`."""
    if sign in ("&", "|", "^"):
        if isinstance(a, bool) and isinstance(b, bool):
            return {"&": a & b, "|": a | b, "^": a ^ b}[sign]
        raise Unfit(f"`{sign}` of {described(a)} and {described(b)}", "it joins two booleans")
    if sign == "+" and isinstance(a, str) and isinstance(b, str) and type(a) is type(b) is str:
        return short_text(a + b)
    if not (is_number(a) and is_number(b)):
        raise Unfit(f"`{sign}` of {described(a)} and {described(b)}", "both sides are numbers")
    if sign not in _BINARY:
        raise Unfit(f"`{sign}` of two public numbers", "it multiplies arrays")
    try:
        result = _BINARY[sign](a, b)
    except ZeroDivisionError:
        raise Unfit("division by zero", 'say require(divisor != 0, "...") before it') from None
    except decimal.DecimalException as error:
        raise Unfit(f"no number comes out of this `{sign}`", _decimal_hint(error)) from None
    return short_integer(result) if isinstance(result, int) else _finite(result, sign)


def _finite(value: Decimal, what: str) -> Decimal:
    """A power or logarithm of zero is infinite, and raises nothing of its own."""
    if not value.is_finite():
        raise Unfit(f"no number comes out of this {what}", "it is not defined at zero")
    return value


def _decimal_hint(error: decimal.DecimalException) -> str:
    if isinstance(error, decimal.Overflow):
        return "decimal numbers have 34 digits and reach up to 10^200"
    return "it is not defined for these numbers: zero by zero, or a root of a negative number"


def unary(function: str, value: int | Decimal) -> Decimal:
    """`sqrt`, `exp` or `log` of a public number."""
    try:
        result = {"sqrt": CONTEXT.sqrt, "exp": CONTEXT.exp, "log": CONTEXT.ln}[function](as_decimal(value))
    except decimal.DecimalException as error:
        raise Unfit(f"no number comes out of this {function}", _decimal_hint(error)) from None
    return _finite(result, function)


def rounded(value: int | Decimal, digits: int | None = None, *, rule: str = decimal.ROUND_HALF_EVEN) -> int | Decimal:
    """`round(x)`, `round(x, digits)`, or another rule to a whole number."""
    if digits is None:
        return int(value) if not isinstance(value, Decimal) else short_integer(int(value.to_integral_value(rule)))
    if abs(_whole(digits, "the number of digits")) > MOST_ROUND_DIGITS:
        raise Unfit(f"round to {digits} digits", f"up to {MOST_ROUND_DIGITS}")
    if not isinstance(value, Decimal):
        return int(value) if digits >= 0 else int(round(int(value), digits))
    try:
        return value.quantize(Decimal(1).scaleb(-digits, context=CONTEXT), rounding=rule, context=CONTEXT)
    except decimal.DecimalException:
        return value


def comparable(a: object, b: object) -> bool:
    """Whether `<` means something for two public values."""
    return (is_number(a) and is_number(b)) or (type(a) is type(b) is str)


def equal(a: Any, b: Any) -> bool:
    """`a == b` for public values: of different kinds they differ, but numbers compare by value."""
    if is_number(a) and is_number(b):
        return bool(a == b)
    if type(a) is type(b) and isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(equal(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(equal(x, b[key]) for key, x in a.items())
    for each in (a, b):
        if not (each is None or is_number(each) or isinstance(each, _COMPARED)):
            reason = f"a {described(each)} is compared"
            raise Unfit(reason, "public values are; of private ones, compare each by itself", leaks=True)
    return type(a) is type(b) and bool(a == b)
