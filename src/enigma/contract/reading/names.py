"""The words of the language: what is built in, and so belongs to nobody else."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

LEDGERS = frozenset({"L", "DHT", "MPC"})
"""The three dictionaries: indexed and asked, never passed around."""

CALL_VALUES = frozenset({"self", "sender", "senders", "deployer", "now", "this"}) | LEDGERS
"""What a call knows of its surroundings. Helpers see none of it: they are functions of their arguments."""

VALUES = CALL_VALUES | {"everyone"}

TYPES = frozenset({
    "Contract", "address", "bool", "category", "document", "fixed", "int", "list", "map", "private", "public", "set",
    "table", "text", "tuple",
})  # fmt: skip
"""What stands in annotations and tables. `CONVERSIONS` are also functions."""

CONVERSIONS = frozenset({"bool", "int", "list", "map", "set", "text", "tuple"})

DECORATORS = frozenset({"public", "private", "predicate"})

_PYTHON = frozenset({
    "abs", "all", "any", "divmod", "enumerate", "len", "max", "min", "range", "reversed", "round", "sorted",
    "sum", "zip",
})  # fmt: skip
_ARRAYS = frozenset({
    "arange", "argmax", "argmin", "argsort", "as_fixed", "as_int", "average", "broadcast_to", "ceil", "clip",
    "columns", "concat", "count_nonzero", "cumulative_sum", "diff", "divide", "exp", "expand_dims", "eye", "flip",
    "floor", "full",
    "group_count", "group_mean", "group_sum", "isin", "linspace", "log", "matmul", "mean", "median",
    "multiply", "one_hot", "ones", "permute_dims", "pow", "prod", "quantile", "repeat", "reshape", "roll",
    "searchsorted", "sigmoid", "sign", "sort", "sort_by", "sqrt", "square", "squeeze", "stack", "std", "take",
    "tanh", "tensordot", "trunc", "var", "vecdot", "where", "with_range", "zeros",
})  # fmt: skip
_DISCLOSURE = frozenset({"emit", "proven", "require", "reveal"})
_PREDICATES = frozenset({"at_least", "at_most", "members", "only", "only_me", "until"})

FUNCTIONS = CONVERSIONS | _PYTHON | _ARRAYS | _DISCLOSURE | _PREDICATES
"""What can be called without being defined."""

BUILTINS = VALUES | TYPES | DECORATORS | FUNCTIONS
"""Every built-in name. A contract's field or function may carry one that is not in `KEYWORDS`: it is `self.name`."""

KEYWORDS = VALUES | TYPES | DECORATORS | _DISCLOSURE | {"committee", "release"}
"""Names that mean one thing everywhere."""

_ELSEWHERE = {
    "print": 'nothing is printed: emit("Name", value=x) tells everyone',
    "msg": "the address that calls is sender",
    "caller": "the address that calls is sender",
    "block": "the time of the block is now, in seconds",
    "time": "the time of the block is now, in seconds",
    "datetime": "the time of the block is now, in seconds",
    "random": "every machine must compute the same: nothing is drawn by chance",
    "np": "array functions are built in: write mean(x)",
    "numpy": "array functions are built in: write mean(x)",
    "xp": "array functions are built in: write mean(x)",
    "math": "functions are built in: write sqrt(x)",
    "str": "write text(x)",
    "float": "numbers with a point are exact decimals: write x, or as_fixed(x)",
    "Decimal": "numbers with a point are exact decimals: write 0.1",
    "dict": "write {} for an empty map",
    "true": "write True",
    "false": "write False",
    "null": "write None",
    "declassify": "write MPC.declassify(key)",
    "address": "write the address as it is declared, or self.field",
    "astype": "write as_int(x) or as_fixed(x)",
    "filter": "write [x for x in values if ...]",
    "owner": "the address that deployed the contract is deployer",
    "super": "a contract has no other class above it",
}


def suggestion(name: str, known: Iterable[str]) -> str:
    """`did you mean x?`, or nothing where no known name is near."""
    close = difflib.get_close_matches(name[:80], sorted(known), n=1, cutoff=0.6)
    return f"did you mean {close[0]}?" if close else ""


def elsewhere(name: str) -> str:
    """What to write instead of a name of Python or of another language; empty where there is nothing to say."""
    return _ELSEWHERE.get(name, "")
