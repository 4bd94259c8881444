"""What built-in functions, attributes and methods take, and what kind of value they give.

A parameter is written as its name; `?` after it: it may be left out; `!`: its value must be public; `*` before it: any
number of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, auto
from functools import cached_property


class Gives(StrEnum):
    """The kind of a result, from those of the arguments."""

    SAME = auto()  # element by element, the kind of the numbers
    NUMBERS = auto()  # element by element, decimal numbers
    WHOLES = auto()  # element by element, whole numbers
    BOOLS = auto()  # element by element, booleans
    CHOICE = auto()  # where
    REDUCED = auto()  # along an axis or all of them: the kind of the numbers
    REDUCED_NUMBER = auto()
    REDUCED_WHOLE = auto()
    REDUCED_BOOL = auto()
    ARRAY = auto()  # another shape of the same elements
    ARRAY_NUMBER = auto()
    ARRAY_WHOLE = auto()
    ARRAY_BOOL = auto()
    LINES = auto()  # the same shape and kind: sort, flip
    WHOLE = auto()  # a single public whole number
    ANY = auto()  # of what the rule of that name says


@dataclass(frozen=True)
class Signature:
    """One built-in function or method."""

    written: str
    gives: Gives

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """Names, in order; the starred one too."""
        return tuple(word.strip("*?!") for word in self.written.split())

    @cached_property
    def starred(self) -> bool:
        """Whether any number of positional arguments may stand."""
        return "*" in self.written

    @cached_property
    def required(self) -> int:
        """How many cannot be left out."""
        return sum(1 for word in self.written.split() if "?" not in word and "*" not in word)

    @cached_property
    def public(self) -> frozenset[str]:
        """The parameters whose values must be public."""
        return frozenset(word.strip("*?!") for word in self.written.split() if "!" in word)


_AXIS = "axis?! keepdims?!"

SIGNATURES: Mapping[str, Signature] = {
    # Python's
    "abs": Signature("x", Gives.SAME),
    "all": Signature(f"x {_AXIS}", Gives.REDUCED_BOOL),
    "any": Signature(f"x {_AXIS}", Gives.REDUCED_BOOL),
    "bool": Signature("x", Gives.ANY),
    "divmod": Signature("x y", Gives.ANY),
    "enumerate": Signature("items start?!", Gives.ANY),
    "int": Signature("x", Gives.ANY),
    "len": Signature("items", Gives.WHOLE),
    "list": Signature("items?", Gives.ANY),
    "map": Signature("items?", Gives.ANY),
    "max": Signature(f"*values {_AXIS}", Gives.ANY),
    "min": Signature(f"*values {_AXIS}", Gives.ANY),
    "pow": Signature("x exponent", Gives.SAME),
    "range": Signature("start! stop?! step?!", Gives.ANY),
    "reversed": Signature("items", Gives.ANY),
    "round": Signature("x digits?!", Gives.WHOLES),
    "set": Signature("items?", Gives.ANY),
    "sorted": Signature("items reverse?!", Gives.ANY),
    "sum": Signature(f"x start? {_AXIS}", Gives.REDUCED),
    "text": Signature("value!", Gives.ANY),
    "tuple": Signature("items?", Gives.ANY),
    "zip": Signature("*items", Gives.ANY),
    # element by element
    "as_fixed": Signature("x scale?!", Gives.NUMBERS),
    "as_int": Signature("x", Gives.WHOLES),
    "average": Signature("total count otherwise? most?!", Gives.NUMBERS),
    "ceil": Signature("x", Gives.WHOLES),
    "clip": Signature("x lo? hi?", Gives.SAME),
    "divide": Signature("x y scale?!", Gives.NUMBERS),
    "exp": Signature("x", Gives.NUMBERS),
    "floor": Signature("x", Gives.WHOLES),
    "log": Signature("x", Gives.NUMBERS),
    "multiply": Signature("x y scale?!", Gives.SAME),
    "proven": Signature("x lo! hi!", Gives.SAME),
    "sigmoid": Signature("x", Gives.NUMBERS),
    "sign": Signature("x", Gives.WHOLES),
    "sqrt": Signature("x", Gives.NUMBERS),
    "square": Signature("x", Gives.SAME),
    "tanh": Signature("x", Gives.NUMBERS),
    "trunc": Signature("x", Gives.WHOLES),
    "where": Signature("condition x y", Gives.CHOICE),
    "with_range": Signature("x lo! hi!", Gives.SAME),
    "isin": Signature("x values", Gives.BOOLS),
    # along axes
    "argmax": Signature(f"x {_AXIS}", Gives.REDUCED_WHOLE),
    "argmin": Signature(f"x {_AXIS}", Gives.REDUCED_WHOLE),
    "count_nonzero": Signature(f"x {_AXIS}", Gives.REDUCED_WHOLE),
    "mean": Signature(f"x {_AXIS}", Gives.REDUCED_NUMBER),
    "median": Signature("x", Gives.REDUCED_NUMBER),
    "prod": Signature(f"x {_AXIS}", Gives.REDUCED),
    "quantile": Signature("x q!", Gives.REDUCED_NUMBER),
    "std": Signature(f"x {_AXIS} correction?!", Gives.REDUCED_NUMBER),
    "var": Signature(f"x {_AXIS} correction?!", Gives.REDUCED_NUMBER),
    # order and groups
    "argsort": Signature("x axis?! descending?!", Gives.ARRAY_WHOLE),
    "group_count": Signature("groups classes!", Gives.ARRAY_WHOLE),
    "group_mean": Signature("values groups classes!", Gives.ARRAY_NUMBER),
    "group_sum": Signature("values groups classes!", Gives.ARRAY),
    "one_hot": Signature("labels classes!", Gives.ARRAY_BOOL),
    "searchsorted": Signature("sorted values side?!", Gives.ARRAY_WHOLE),
    "sort": Signature("x axis?! descending?!", Gives.LINES),
    "sort_by": Signature("keys *columns descending?!", Gives.ANY),
    # shapes
    "broadcast_to": Signature("x shape!", Gives.ARRAY),
    "concat": Signature("arrays axis?!", Gives.ARRAY),
    "cumulative_sum": Signature("x axis?!", Gives.LINES),
    "diff": Signature("x axis?! n?!", Gives.LINES),
    "expand_dims": Signature("x axis?!", Gives.ARRAY),
    "flip": Signature("x axis?!", Gives.LINES),
    "permute_dims": Signature("x axes!", Gives.ARRAY),
    "repeat": Signature("x repeats! axis?!", Gives.ARRAY),
    "reshape": Signature("x shape!", Gives.ARRAY),
    "roll": Signature("x shift! axis?!", Gives.LINES),
    "squeeze": Signature("x axis?!", Gives.ARRAY),
    "stack": Signature("arrays axis?!", Gives.ARRAY),
    "take": Signature("x indices axis?!", Gives.ARRAY),
    # tables
    "columns": Signature("items", Gives.ANY),
    # made of nothing
    "arange": Signature("start! stop?! step?!", Gives.ARRAY_WHOLE),
    "eye": Signature("rows!", Gives.ARRAY_WHOLE),
    "full": Signature("shape! value", Gives.ANY),
    "linspace": Signature("start! stop! num!", Gives.ARRAY_NUMBER),
    "ones": Signature("shape!", Gives.ARRAY_WHOLE),
    "zeros": Signature("shape!", Gives.ARRAY_WHOLE),
    # products
    "matmul": Signature("x y scale?!", Gives.ARRAY),
    "tensordot": Signature("x y axes?!", Gives.ARRAY),
    "vecdot": Signature("x y axis?! scale?!", Gives.ARRAY),
    # what only this language has
    "at_least": Signature("m! identity!", Gives.ANY),
    "at_most": Signature("n!", Gives.ANY),
    "emit": Signature("name!", Gives.ANY),
    "members": Signature("identity!", Gives.ANY),
    "only": Signature("addresses!", Gives.ANY),
    "only_me": Signature("", Gives.ANY),
    "require": Signature("condition message!", Gives.ANY),
    "reveal": Signature("x to?", Gives.ANY),
    "until": Signature("time!", Gives.ANY),
}
"""Every built-in function."""

ARRAY_METHODS: Mapping[str, Signature] = {
    name: Signature(SIGNATURES[name].written.removeprefix("x").strip(), SIGNATURES[name].gives)
    for name in ("sum", "mean", "var", "std", "argmin", "argmax", "any", "all")
} | {
    "min": Signature(_AXIS, Gives.REDUCED),
    "max": Signature(_AXIS, Gives.REDUCED),
    "reshape": Signature("*shape!", Gives.ARRAY),
}
"""Methods of numbers, one or an array."""

ARRAY_ATTRIBUTES = ("shape", "ndim", "size", "range", "scale", "T", "mT")
"""Attributes of an array; all but the last two are public."""

METHODS: Mapping[str, Mapping[str, Signature]] = {
    "list": {
        "append": Signature("value", Gives.ANY),
        "pop": Signature("index?!", Gives.ANY),
        "remove": Signature("value!", Gives.ANY),
        "index": Signature("value!", Gives.ANY),
    },
    "set": {
        "add": Signature("value!", Gives.ANY),
        "remove": Signature("value!", Gives.ANY),
        "discard": Signature("value!", Gives.ANY),
    },
    "map": {
        "get": Signature("key! default?", Gives.ANY),
        "keys": Signature("", Gives.ANY),
        "values": Signature("", Gives.ANY),
        "items": Signature("", Gives.ANY),
        "pop": Signature("key! default?", Gives.ANY),
    },
    "table": {"append": Signature("rows", Gives.ANY), "withdraw": Signature("", Gives.ANY)},
    "L": {"get": Signature("key! time!", Gives.ANY), "history": Signature("key!", Gives.ANY)},
    "DHT": {"get": Signature("key!", Gives.ANY), "set": Signature("key! value predicate", Gives.ANY)},
    "MPC": {
        "get": Signature("key!", Gives.ANY),
        "set": Signature("key! value predicate? identity?!", Gives.ANY),
        "declassify": Signature("key!", Gives.ANY),
    },
}
"""Methods of containers, tables and the three dictionaries."""

CHANGES = frozenset({"append", "pop", "remove", "add", "discard"})
"""Methods that change a list, a set or a map in place."""
