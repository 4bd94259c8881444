"""What a random contract's lines mean to CPython, with numbers for private values.

Integers and booleans are CPython's own; a fixed-point number is an exact fraction with a bound of its error (`Near`).
"""

from __future__ import annotations

import builtins
import operator
from collections.abc import Callable, Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Any

ULP = Fraction(1, 1 << 20)


class Undecided(Exception):
    """Two fixed-point numbers are nearer to each other than their errors: which is larger is not defined."""


class Near:
    """A number that a fixed-point computation has within `error`."""

    def __init__(self, value: Fraction, error: Fraction = Fraction(0)) -> None:
        self.value, self.error = value, error

    def __add__(self, other: Any) -> Near:
        other = near(other)
        return Near(self.value + other.value, self.error + other.error)

    __radd__ = __add__

    def __neg__(self) -> Near:
        return Near(-self.value, self.error)

    def __sub__(self, other: Any) -> Near:
        return self + -near(other)

    def __rsub__(self, other: Any) -> Near:
        return near(other) + -self

    def __mul__(self, other: Any) -> Near:
        """One truncation: within an ulp of the product, and half a one more where the definition rounds."""
        other = near(other)
        error = abs(self.value) * other.error + abs(other.value) * self.error + self.error * other.error
        return Near(self.value * other.value, error + 2 * ULP)

    __rmul__ = __mul__

    def __abs__(self) -> Near:
        return Near(abs(self.value), self.error)

    def _beyond(self, other: Any) -> int:
        """-1, 0 or 1: how it compares, where that is certain."""
        apart: Near = self - other
        if apart.error and abs(apart.value) <= apart.error:
            raise Undecided
        return (apart.value > 0) - (apart.value < 0)

    def __lt__(self, other: Any) -> bool:
        return self._beyond(other) < 0

    def __le__(self, other: Any) -> bool:
        return self._beyond(other) <= 0

    def __gt__(self, other: Any) -> bool:
        return self._beyond(other) > 0

    def __ge__(self, other: Any) -> bool:
        return self._beyond(other) >= 0


def near(x: Any) -> Near:
    """A number with its error: a literal is rounded to a scale of at least 20 bits."""
    if isinstance(x, Near):
        return x
    if isinstance(x, (bool, int)):
        return Near(Fraction(int(x)))
    return Near(Fraction(Decimal(repr(x))), ULP)


class Vector(list[Any]):
    """An array: operators work element by element."""

    def sum(self) -> Any:
        return builtins.sum(self)

    def min(self) -> Any:
        return builtins.min(self)

    def max(self) -> Any:
        return builtins.max(self)

    def __getitem__(self, place: Any) -> Any:
        found = super().__getitem__(place)
        return Vector(found) if isinstance(place, slice) else found

    def __neg__(self) -> Vector:
        return Vector(-x for x in self)

    def __abs__(self) -> Vector:
        return Vector(abs(x) for x in self)

    def __hash__(self) -> int:  # type: ignore[override]
        raise TypeError("an array is no key")


def _elementwise(function: Callable[[Any, Any], Any], *, turned: bool = False) -> Callable[[Any, Any], Vector]:
    def apply(self: Vector, other: Any) -> Vector:
        others = other if isinstance(other, list) else [other] * len(self)
        return Vector(function(y, x) if turned else function(x, y) for x, y in zip(self, others, strict=True))

    return apply


for _name in ("add", "sub", "mul", "lt", "le", "gt", "ge", "eq", "ne"):
    setattr(Vector, f"__{_name}__", _elementwise(getattr(operator, _name)))
for _name in ("add", "sub", "mul"):
    setattr(Vector, f"__r{_name}__", _elementwise(getattr(operator, _name), turned=True))


def _clip(x: Any, lo: Any, hi: Any) -> Any:
    if isinstance(x, list):
        return Vector(_clip(each, lo, hi) for each in x)
    if isinstance(x, Near):
        ends = [Fraction(Decimal(repr(end))) for end in (lo, hi)]
        return Near(builtins.min(builtins.max(x.value, ends[0]), ends[1]), x.error + ULP)
    return builtins.min(builtins.max(x, lo), hi)


def _where(condition: Any, x: Any, y: Any) -> Any:
    if not isinstance(condition, list):
        return x if condition else y
    xs, ys = (each if isinstance(each, list) else [each] * len(condition) for each in (x, y))
    return Vector(a if c else b for c, a, b in zip(condition, xs, ys, strict=True))


def _extreme(extreme: Callable[..., Any]) -> Callable[..., Any]:
    def call(*values: Any) -> Any:
        items = list(values[0]) if len(values) == 1 else list(values)
        if not builtins.any(isinstance(each, Near) for each in items):
            return extreme(items)
        numbers = [near(each) for each in items]
        return Near(extreme(x.value for x in numbers), builtins.max(x.error for x in numbers))

    return call


def _sum(items: Iterable[Any]) -> Any:
    return builtins.sum(items)


def _cumulative(items: Iterable[int]) -> Vector:
    total, out = 0, Vector()
    for each in items:
        total += each
        out.append(total)
    return out


SHIMS: dict[str, Any] = {
    "reveal": lambda x, to=None: x,
    "everyone": None,
    "clip": _clip,
    "where": _where,
    "min": _extreme(builtins.min),
    "max": _extreme(builtins.max),
    "sum": _sum,
    "sort": lambda x: Vector(builtins.sorted(x)),
    "sorted": lambda x: Vector(builtins.sorted(x)),
    "flip": lambda x: Vector(x[::-1]),
    "stack": lambda x: Vector(int(each) for each in x),
    "cumulative_sum": _cumulative,
    "argmin": lambda x: list(x).index(builtins.min(x)),
    "argmax": lambda x: list(x).index(builtins.max(x)),
    "count_nonzero": lambda x: builtins.sum(1 for each in x if each),
}
"""What stands for the language's built-in functions."""


def executed(plain: str, given: dict[str, Any]) -> Any:
    """What CPython computes from a contract's lines. Raises `Undecided`."""
    names: dict[str, Any] = dict(SHIMS)
    exec(compile(plain, "drawn.py", "exec"), names)
    values = {name: Vector(value) if isinstance(value, list) else value for name, value in given.items()}
    values |= {name: Near(Fraction(value)) for name, value in values.items() if isinstance(value, float)}
    return names["run"](**values)
