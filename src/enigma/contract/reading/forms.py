"""The forms of Python that contracts do not have, each with its reason and its rewrite; and the plain ones."""

from __future__ import annotations

import ast

_TRY = (
    "a call either succeeds or changes nothing: a contract cannot catch a refusal",
    'ask first what could go wrong: require(divisor != 0, "nothing to divide by")',
)
ASYNC = ("a contract waits for nobody: every call runs from its first line to its last", "leave the word away")
_YIELD = ("a function gives back one value, once", "collect the values in a list, and return the list")
GENERIC = ("a function takes values of any type already", "leave the part in square brackets away")

REFUSED: dict[type[ast.AST], tuple[str, str]] = {
    getattr(ast, name): why
    for name, why in {
        "Lambda": ("what runs must have a name that a reader can check", "write it with def, and call it by its name"),
        "Try": _TRY,
        "TryStar": _TRY,
        "With": ("a contract opens nothing that must be closed", "write the body of the with on its own"),
        "Raise": ("a contract refuses a call with require", 'write require(condition, "why the call is refused")'),
        "Assert": (
            "an assert can be switched off, a contract's conditions cannot",
            'write require(condition, "why not")',
        ),
        "Global": (
            "nothing outside of a contract's fields remembers",
            "declare a field in the class, and assign self.name",
        ),
        "Nonlocal": ("there are no functions inside of functions", "return the value, and assign it where it is used"),
        "AsyncFunctionDef": ASYNC,
        "AsyncFor": ASYNC,
        "AsyncWith": ASYNC,
        "Await": ASYNC,
        "Yield": _YIELD,
        "YieldFrom": _YIELD,
        "Match": ("a contract has no match", "write if, elif and else"),
        "NamedExpr": ("an assignment inside of an expression is easily overlooked", "assign on a line of its own"),
        "Starred": (
            "how many values there are must be read from the line",
            "write the values one by one, or pass the list",
        ),
        "JoinedStr": ("a contract has no f-string", "write the text as it is"),
        "TemplateStr": ("a contract has no t-string", "write the text as it is"),
        "GeneratorExp": ("a contract has no generators", "put square brackets around it: [x for x in values]"),
        "SetComp": ("a contract has no set comprehension", "write set([x for x in values])"),
        "DictComp": (
            "a contract has no map comprehension",
            "make the map empty, {}, and assign its entries in a for loop",
        ),
        "Import": (
            "a contract sees no Python module: it could read the machine that runs it",
            "write from enigma.std import name, or from sha256_<digest> import name",
        ),
        "TypeAlias": ("a contract has no type aliases", "write the type where it is used"),
        "TypeVar": GENERIC,
        "ParamSpec": GENERIC,
        "TypeVarTuple": GENERIC,
        "Is": ("which objects are the same differs between machines", "compare values: == instead of is"),
        "IsNot": ("which objects are the same differs between machines", "compare values: != instead of is not"),
        "LShift": ("a private number has no bits to move", "multiply: x * 2**n"),
        "RShift": ("a private number has no bits to move", "divide: x // 2**n"),
    }.items()
    if hasattr(ast, name)
}
"""Nodes that are refused, with why and what to write instead. Some exist only in newer versions of Python."""

PLAIN_MARKS: frozenset[type[ast.AST]] = frozenset({
    ast.Load, ast.Store, ast.Del, ast.And, ast.Or, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow,
    ast.MatMult, ast.BitAnd, ast.BitOr, ast.BitXor, ast.Invert, ast.Not, ast.UAdd, ast.USub, ast.Eq, ast.NotEq, ast.Lt,
    ast.LtE, ast.Gt, ast.GtE, ast.In, ast.NotIn,
})  # fmt: skip
"""Operators, and what a name is used for."""

PLAIN: frozenset[type[ast.AST]] = frozenset({
    ast.Module, ast.Expr, ast.If, ast.Pass, ast.BoolOp, ast.BinOp, ast.UnaryOp, ast.IfExp, ast.List, ast.Tuple, ast.Set,
    ast.Compare, ast.Subscript, ast.Slice, ast.ListComp,
})  # fmt: skip
"""Nodes about which nothing is asked but that their parts are of the language."""
