"""Built-in functions on arrays: those of `enigma.array`, with public values of the language as operands.

A public number stays public where the function means something for it; sizes are checked before anything is made.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR
from math import prod
from typing import Any

from enigma import array as xp
from enigma.array import Array
from enigma.array.averages import average
from enigma.array.dtypes import DEFAULT_SCALE
from enigma.array.literals import bound_raw
from enigma.array.operands import narrow, wrap
from enigma.contract.evaluator.indexing import whole
from enigma.contract.evaluator.machine import Frame, Machine
from enigma.contract.evaluator.operators import number, operand
from enigma.contract.values.meter import PART_STEPS, Exhausted
from enigma.contract.values.numbers import Unfit, binary, described, is_number, rounded, unary
from enigma.program.types import Kind

Function = Callable[..., Any]

MOST_CONSTANT = 1 << 22
"""Elements of one public array."""


MOST_OPTION_BITS = 62


def charged(m: Machine, result: Any) -> Any:
    """`result`, its arrays counted."""
    for each in result if isinstance(result, (tuple, list)) else (result,):
        if isinstance(each, Array):
            m.meter.array(each.size)
    return result


def public_option(m: Machine, value: Any, what: str) -> Any:
    """A public argument of an array function: numbers, or tuples and lists of whole numbers."""
    if isinstance(value, Array):
        if value.secret:
            raise Unfit(
                f"{what} that is private would become known",
                "it is public: a number that everyone may know",
                leaks=True,
            )
        from enigma.contract.evaluator.expressions import plain_value

        return plain_value(m, value)
    if isinstance(value, (list, tuple)):
        m.meter.walk(value)
        return tuple(public_option(m, each, what) for each in value)
    if isinstance(value, int) and value.bit_length() > MOST_OPTION_BITS:
        raise Unfit(f"{what} of {value.bit_length()} bits", "it is a number of an array's size")
    if value is None or isinstance(value, str) or is_number(value):
        return value
    raise Unfit(f"{what} is a {described(value)}", "it is a number")


def _axes(m: Machine, options: dict[str, Any]) -> dict[str, Any]:
    return {name: public_option(m, value, f"`{name}`") for name, value in options.items()}


def shape_of(m: Machine, value: Any, most: int = MOST_CONSTANT) -> Any:
    """A public shape whose elements fit; raises `Exhausted` before anything is made."""
    shape = public_option(m, value, "a shape")
    extents = tuple(whole(m, n, "an extent") for n in (shape if isinstance(shape, tuple) else (shape,)))
    if any(n < -1 for n in extents):
        raise Unfit("an extent below zero")
    if prod(abs(n) for n in extents) > most:
        raise Exhausted(f"an array of {prod(extents):,} elements", f"arrays have up to {most:,} here")
    if most == MOST_CONSTANT:
        m.meter.hold(prod(abs(n) for n in extents))
    return extents


def _unary(function: Function, public: Callable[[Any], Any] | None = None) -> Function:
    def call(m: Machine, _f: Frame, _node: ast.AST, x: Any) -> Any:
        if public is not None and is_number(x):
            return public(x)
        return charged(m, function(_array(number(x))))

    return call


def _array(x: Any) -> Array:
    return x if isinstance(x, Array) else xp.asarray(x)


def _whole(function: Function, rule: str) -> Function:
    def call(m: Machine, _f: Frame, _node: ast.AST, x: Any) -> Any:
        if is_number(x):
            return rounded(x, rule=rule)
        return charged(m, xp.astype(function(_array(number(x))), xp.int64))

    return call


def _along(function: Function, names: tuple[str, ...], *, booleans: bool = False) -> Function:
    """A function of one array and public options."""

    def call(m: Machine, _f: Frame, _node: ast.AST, x: Any, *args: Any, **options: Any) -> Any:
        given = _named(names, args, options)
        values = operand(x) if booleans else number(x)
        return charged(m, function(_array(values), **_axes(m, given)))

    return call


def _named(names: tuple[str, ...], args: tuple[Any, ...], options: dict[str, Any]) -> dict[str, Any]:
    if len(args) > len(names):
        raise Unfit("too many arguments", f"after the array: {', '.join(names)}")
    given = dict(zip(names, args, strict=False))
    for name, value in options.items():
        if name not in names or name in given:
            raise Unfit(f"an argument `{name}` that is not taken here", f"there is {', '.join(names) or 'none'}")
        given[name] = value
    return given


def _two(function: Function, sign: str | None = None) -> Function:
    def call(m: Machine, _f: Frame, _node: ast.AST, x: Any, y: Any, *, scale: Any = None) -> Any:
        if sign is not None and is_number(x) and is_number(y) and scale is None:
            return binary(sign, x, y)
        options = {} if scale is None else {"scale": whole(m, scale, "a scale")}
        return charged(m, function(_array(number(x)), number(y), **options))

    return call


def _products(function: Function) -> Function:
    def call(m: Machine, _f: Frame, _node: ast.AST, x: Any, y: Any, **options: Any) -> Any:
        return charged(m, function(_array(number(x)), _array(number(y)), **_axes(m, options)))

    return call


def _where(m: Machine, _f: Frame, _node: ast.AST, condition: Any, x: Any, y: Any) -> Any:
    from enigma.contract.evaluator.operators import truth

    if not isinstance(condition, (Array, list, tuple)):
        return x if truth(condition) else y
    x, y = operand(x), operand(y)
    kinds = [each.node.type.is_bool if isinstance(each, Array) else isinstance(each, bool) for each in (x, y)]
    if any(kinds) and not all(kinds):
        x, y = number(x), number(y)
    return charged(m, xp.where(_array(operand(condition)), x, y))


def _clip(m: Machine, _f: Frame, _node: ast.AST, x: Any, lo: Any = None, hi: Any = None) -> Any:
    if all(bound is None or is_number(bound) for bound in (lo, hi)) and is_number(x):
        x = x if lo is None or x >= lo else lo
        return x if hi is None or x <= hi else hi
    bounds = [None if bound is None else number(bound) for bound in (lo, hi)]
    return charged(m, xp.clip(_array(number(x)), *bounds))


def _joined(function: Function) -> Function:
    def call(m: Machine, _f: Frame, _node: ast.AST, arrays: Any, *, axis: Any = 0) -> Any:
        if not isinstance(arrays, (list, tuple)) or not arrays:
            raise Unfit(f"a {described(arrays)} where a list of arrays is asked for", "write [x, y]")
        m.meter.step(PART_STEPS * len(arrays))
        parts = [_array(operand(each)) for each in arrays]
        if len({each.node.type.is_bool for each in parts}) > 1:
            parts = [_array(number(each)) for each in parts]
        return charged(m, function(parts, axis=public_option(m, axis, "`axis`")))

    return call


def _repeat(m: Machine, _f: Frame, _node: ast.AST, x: Any, repeats: Any, *, axis: Any = None) -> Any:
    array, count = _array(operand(x)), whole(m, repeats, "a count")
    shape_of(m, (array.size, max(0, count)), most=m.meter.limits.elements)
    return charged(m, xp.repeat(array, count, axis=public_option(m, axis, "`axis`")))


def _reshape(m: Machine, _f: Frame, _node: ast.AST, x: Any, shape: Any) -> Any:
    return charged(m, xp.reshape(_array(operand(x)), public_option(m, shape, "a shape")))


def _broadcast(m: Machine, _f: Frame, _node: ast.AST, x: Any, shape: Any) -> Any:
    return charged(m, xp.broadcast_to(_array(operand(x)), shape_of(m, shape, m.meter.limits.elements)))


def _take(m: Machine, _f: Frame, _node: ast.AST, x: Any, indices: Any, *, axis: Any = None) -> Any:
    places = indices if isinstance(indices, Array) and indices.secret else public_option(m, indices, "an index")
    return charged(m, xp.take(_array(operand(x)), _array(operand(places)), axis=public_option(m, axis, "`axis`")))


def _filled(value: int) -> Function:
    def call(m: Machine, _f: Frame, _node: ast.AST, shape: Any) -> Any:
        return charged(m, xp.full(shape_of(m, shape), value))

    return call


def _full(m: Machine, _f: Frame, _node: ast.AST, shape: Any, value: Any) -> Any:
    if isinstance(value, Array):
        return charged(m, xp.broadcast_to(value, shape_of(m, shape, m.meter.limits.elements)))
    return charged(m, xp.broadcast_to(_array(operand(value)), shape_of(m, shape)))


def _arange(m: Machine, _f: Frame, _node: ast.AST, start: Any, stop: Any = None, step: Any = 1) -> Any:
    ends = (0, start) if stop is None else (start, stop)
    first, end, by = (whole(m, n, "a number of a sequence") for n in (*ends, step))
    if by == 0:
        raise Unfit("a step of zero never arrives")
    numbers = range(first, end, by)
    shape_of(m, len(numbers))
    return charged(m, xp.arange(numbers.start, numbers.stop, numbers.step))


def _linspace(m: Machine, _f: Frame, _node: ast.AST, start: Any, stop: Any, num: Any) -> Any:
    count = shape_of(m, num)[0]
    ends = [public_option(m, each, "an end") for each in (start, stop)]
    return charged(m, xp.linspace(float(ends[0]), float(ends[1]), count))


def _eye(m: Machine, _f: Frame, _node: ast.AST, rows: Any) -> Any:
    extent = whole(m, rows, "an extent")
    shape_of(m, (extent, extent))
    return charged(m, xp.eye(extent, dtype=xp.int64))


def _classes(function: Function) -> Function:
    """Functions of secret labels and a public number of classes, which comes last."""

    def call(m: Machine, _f: Frame, _node: ast.AST, *given: Any, **options: Any) -> Any:
        *arrays, classes = given
        count = shape_of(m, classes)[0]
        operands = [_array(number(each)) for each in arrays]
        shape_of(m, (count, max(each.size for each in operands)), m.meter.limits.elements)
        return charged(m, function(*operands, count, **_axes(m, options)))

    return call


def _sort_by(m: Machine, _f: Frame, _node: ast.AST, keys: Any, *columns: Any, descending: Any = False) -> Any:
    arrays = [_array(operand(each)) for each in (keys, *columns)]
    return charged(m, xp.sort_by(*arrays, descending=bool(public_option(m, descending, "`descending`"))))


def _as_fixed(m: Machine, _f: Frame, _node: ast.AST, x: Any, scale: Any = 20) -> Any:
    bits = whole(m, scale, "a scale")
    if not 0 <= bits <= 62:
        raise Unfit(f"a scale of {bits} fractional bits", "0 to 62; 20 is usual")
    return charged(m, xp.astype(_array(number(x)), xp.fixed(bits)))


def as_int(m: Machine, _f: Frame, _node: ast.AST, x: Any) -> Any:
    """`as_int(x)` and `int(x)`: a bool as 0 or 1, a number without its fraction."""
    if is_number(x):
        return rounded(x, rule=ROUND_DOWN)
    return charged(m, xp.astype(_array(operand(x)), xp.int64))


def _with_range(m: Machine, _f: Frame, _node: ast.AST, x: Any, lo: Any, hi: Any) -> Any:
    bounds = [public_option(m, bound, "a bound") for bound in (lo, hi)]
    array = _array(number(x))
    inside = bound_raw(bounds[0], array.scale) <= array.node.type.lo and array.node.type.hi <= bound_raw(
        bounds[1], array.scale
    )
    if not inside:
        array = charged(m, xp.clip(array, *bounds))
    return charged(m, xp.with_range(array, *bounds))


def _proven(m: Machine, f: Frame, node: ast.AST, x: Any, lo: Any, hi: Any) -> Any:
    """A narrower range that the author of the standard library has proven; nobody else may say so."""
    _want_trusted(m, f, node, "`proven`")
    array = _array(number(x))
    raw = [bound_raw(public_option(m, bound, "a bound"), array.scale) for bound in (lo, hi)]
    return wrap(narrow(array.node, *raw), array)


def _average(
    m: Machine, f: Frame, node: ast.AST, total: Any, count: Any, otherwise: Any = 0, *, most: Any = None
) -> Any:
    """total / count, and `otherwise` where the count is 0: the mean of a number of terms that is secret.

    `most`, which only the standard library may give, bounds each term: then so is the mean, and it is cheaper.
    """
    totals, counts, other = (_array(number(each)) for each in (total, count, otherwise))
    if counts.node.type.kind is not Kind.INT or counts.node.type.lo < 0:
        raise Unfit("a count is a whole number, at least 0", "clip(count, 0, most)")
    scale = max(totals.scale, DEFAULT_SCALE)
    totals, other = xp.astype(totals, xp.fixed(scale)), xp.astype(other, xp.fixed(scale))
    bound = max(totals.node.type.magnitude, 1)
    if most is not None:
        _want_trusted(m, f, node, "`most` of average()")
        bound = bound_raw(public_option(m, most, "a bound"), scale)
    mean = average(totals.node, counts.node, bound, other.node)
    return charged(m, wrap(mean, totals, counts, other))


def _columns(m: Machine, _f: Frame, _node: ast.AST, items: Any) -> list[Any]:
    """The columns of a table that hold numbers, in declared order; of an array its first axis; a list of arrays."""
    from enigma.contract.evaluator.places import PrivateTable
    from enigma.contract.types import FixedType, IntType
    from enigma.contract.values.containers import Rows

    rows = items.rows() if isinstance(items, PrivateTable) else items
    if isinstance(rows, Rows):
        return [rows.columns[name] for name, type_ in rows.type.columns if isinstance(type_, FixedType | IntType)]
    if isinstance(items, Array) and items.ndim > 1:
        m.meter.hold(items.shape[0])
        return [charged(m, each) for each in items]
    if isinstance(items, (list, tuple)) and all(isinstance(each, Array) for each in items):
        return list(items)
    raise Unfit(f"a {described(items)} has no columns", "a table has, or a list of arrays of one length")


def _want_trusted(m: Machine, f: Frame, node: ast.AST, what: str) -> None:
    if not f.module.trusted:
        from enigma.errors import WrongType

        m.refuse(f, node, WrongType, f"{what} is for the standard library alone: a wrong proof breaks every other",
                 "clip(x, lo, hi) narrows a range, whatever the value")  # fmt: skip


_AXIS = ("axis", "keepdims")

ARRAY_FUNCTIONS: dict[str, Function] = {
    "sqrt": _unary(xp.sqrt, lambda x: unary("sqrt", x)),
    "exp": _unary(xp.exp, lambda x: unary("exp", x)),
    "log": _unary(xp.log, lambda x: unary("log", x)),
    "sigmoid": _unary(xp.sigmoid),
    "tanh": _unary(xp.tanh),
    "sign": _unary(xp.sign, lambda x: (x > 0) - (x < 0)),
    "square": _unary(xp.square, lambda x: binary("*", x, x)),
    "floor": _whole(xp.floor, ROUND_FLOOR),
    "ceil": _whole(xp.ceil, ROUND_CEILING),
    "trunc": _whole(xp.trunc, ROUND_DOWN),
    "pow": lambda m, f, node, x, exponent: _pow(m, x, exponent),
    "multiply": _two(xp.multiply, "*"),
    "divide": _two(xp.divide, "/"),
    "matmul": _products(xp.matmul),
    "vecdot": _products(xp.vecdot),
    "tensordot": _products(xp.tensordot),
    "where": _where,
    "clip": _clip,
    "mean": _along(xp.mean, _AXIS),
    "var": _along(xp.var, ("axis", "correction", "keepdims")),
    "std": _along(xp.std, ("axis", "correction", "keepdims")),
    "prod": _along(xp.prod, _AXIS),
    "argmin": _along(xp.argmin, _AXIS),
    "argmax": _along(xp.argmax, _AXIS),
    "count_nonzero": _along(xp.count_nonzero, _AXIS, booleans=True),
    "sort": _along(xp.sort, ("axis", "descending")),
    "argsort": _along(xp.argsort, ("axis", "descending")),
    "cumulative_sum": _along(xp.cumulative_sum, ("axis",)),
    "diff": _along(xp.diff, ("axis", "n")),
    "median": _along(xp.median, ()),
    "quantile": _along(xp.quantile, ("q",)),
    "sort_by": _sort_by,
    "searchsorted": lambda m, f, node, sorted_, values, **options: charged(
        m, xp.searchsorted(_array(number(sorted_)), _array(number(values)), **_axes(m, options))
    ),
    "isin": lambda m, f, node, x, values: charged(m, xp.isin(_array(number(x)), _array(number(values)))),
    "one_hot": _classes(xp.one_hot),
    "group_sum": _classes(xp.group_sum),
    "group_count": _classes(xp.group_count),
    "group_mean": _classes(xp.group_mean),
    "concat": _joined(xp.concat),
    "stack": _joined(xp.stack),
    "reshape": _reshape,
    "permute_dims": _along(xp.permute_dims, ("axes",), booleans=True),
    "expand_dims": _along(xp.expand_dims, ("axis",), booleans=True),
    "squeeze": _along(xp.squeeze, ("axis",), booleans=True),
    "flip": _along(xp.flip, ("axis",), booleans=True),
    "roll": _along(xp.roll, ("shift", "axis"), booleans=True),
    "broadcast_to": _broadcast,
    "repeat": _repeat,
    "take": _take,
    "zeros": _filled(0),
    "ones": _filled(1),
    "full": _full,
    "arange": _arange,
    "linspace": _linspace,
    "eye": _eye,
    "as_fixed": _as_fixed,
    "as_int": as_int,
    "average": _average,
    "columns": _columns,
    "with_range": _with_range,
    "proven": _proven,
}
"""By name."""


def _pow(m: Machine, x: Any, exponent: Any) -> Any:
    from enigma.contract.evaluator.operators import joined

    return joined(m, "**", x, exponent)
