"""Secret and public arrays under the Python array API standard's names; `x.__array_namespace__()` is this module."""
# ruff: noqa: A004 - the standard's names are Python's own

from enigma.array.array import Array
from enigma.array.committee import Committee
from enigma.array.comparison import (
    equal,
    greater,
    greater_equal,
    less,
    less_equal,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    not_equal,
    where,
)
from enigma.array.control import loop
from enigma.array.creation import arange, asarray, eye, full, full_like, linspace, ones, ones_like, zeros, zeros_like
from enigma.array.division import floor_divide, remainder
from enigma.array.dtypes import DType, finfo, fixed, float64, iinfo, int64, isdtype
from enigma.array.dtypes import bool_ as bool
from enigma.array.elementwise import abs_ as abs
from enigma.array.elementwise import (
    add,
    clip,
    divide,
    exp,
    expm1,
    log,
    log1p,
    maximum,
    minimum,
    multiply,
    negative,
    positive,
    reciprocal,
    sigmoid,
    sign,
    sqrt,
    square,
    subtract,
    tanh,
)
from enigma.array.elementwise import pow_ as pow
from enigma.array.grouping import group_count, group_mean, group_sum
from enigma.array.linear_algebra import matmul, tensordot, vecdot
from enigma.array.lookup import put
from enigma.array.manipulation import (
    broadcast_arrays,
    broadcast_to,
    concat,
    expand_dims,
    flip,
    matrix_transpose,
    moveaxis,
    permute_dims,
    repeat,
    reshape,
    roll,
    squeeze,
    stack,
    take,
    unstack,
)
from enigma.array.ordering import argsort, median, quantile, rank, sort_by
from enigma.array.promotion import can_cast, result_type
from enigma.array.rounding import astype, ceil, floor, trunc, with_range
from enigma.array.rounding import round_ as round
from enigma.array.searching import argmax, argmin, count_nonzero, isin, one_hot, searchsorted
from enigma.array.sorting import sort
from enigma.array.statistical import cumulative_sum, diff, mean, prod, std, var
from enigma.array.statistical import max_ as max
from enigma.array.statistical import min_ as min
from enigma.array.statistical import sum_ as sum
from enigma.array.utility import all_ as all
from enigma.array.utility import any_ as any

bitwise_and, bitwise_or, bitwise_xor, bitwise_invert = logical_and, logical_or, logical_xor, logical_not
newaxis = None
e = 2.718281828459045
pi = 3.141592653589793

__array_api_version__ = "2024.12"

__all__ = [
    "Array",
    "Committee",
    "DType",
    "abs",
    "add",
    "all",
    "any",
    "arange",
    "argmax",
    "argmin",
    "argsort",
    "asarray",
    "astype",
    "bitwise_and",
    "bitwise_invert",
    "bitwise_or",
    "bitwise_xor",
    "bool",
    "broadcast_arrays",
    "broadcast_to",
    "can_cast",
    "ceil",
    "clip",
    "concat",
    "count_nonzero",
    "cumulative_sum",
    "diff",
    "divide",
    "e",
    "equal",
    "exp",
    "expand_dims",
    "expm1",
    "eye",
    "finfo",
    "fixed",
    "flip",
    "float64",
    "floor",
    "floor_divide",
    "full",
    "full_like",
    "greater",
    "greater_equal",
    "group_count",
    "group_mean",
    "group_sum",
    "iinfo",
    "int64",
    "isdtype",
    "isin",
    "less",
    "less_equal",
    "linspace",
    "log",
    "log1p",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "loop",
    "matmul",
    "matrix_transpose",
    "max",
    "maximum",
    "mean",
    "median",
    "min",
    "minimum",
    "moveaxis",
    "multiply",
    "negative",
    "newaxis",
    "not_equal",
    "one_hot",
    "ones",
    "ones_like",
    "permute_dims",
    "pi",
    "positive",
    "pow",
    "prod",
    "put",
    "quantile",
    "rank",
    "reciprocal",
    "remainder",
    "repeat",
    "reshape",
    "result_type",
    "roll",
    "round",
    "searchsorted",
    "sigmoid",
    "sign",
    "sort",
    "sort_by",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "std",
    "subtract",
    "sum",
    "take",
    "tanh",
    "tensordot",
    "trunc",
    "unstack",
    "var",
    "vecdot",
    "where",
    "with_range",
    "zeros",
    "zeros_like",
]
