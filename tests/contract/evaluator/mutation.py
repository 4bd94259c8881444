"""Valid contracts, changed at random in their syntax trees: most are refused, some run, none breaks the evaluator."""

from __future__ import annotations

import ast
import copy
from random import Random

NAMES = (
    "x", "y", "k", "xs", "total", "self", "sender", "now", "reveal", "sum", "max", "len", "range", "everyone", "L",
    "MPC", "DHT", "sorted", "where", "clip", "text", "int", "list", "set", "map", "stack", "argmax", "require", "emit",
    "sort", "zeros", "one_hot", "only_me", "at_most", "this", "abs", "round", "mean", "concat", "reshape", "helper",
)  # fmt: skip
ATTRIBUTES = (
    "append", "pop", "get", "set", "add", "remove", "keys", "values", "items", "history", "sum", "shape", "T", "owners",
    "withdraw", "declassify", "ages", "total", "rows", "names", "index", "max", "mean", "reshape", "size", "height",
)  # fmt: skip
CONSTANTS = (0, 1, -1, 2, 7, 10**9, 2**200, 0.5, -1.5, True, False, None, "a", "")
BINARY = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.MatMult, ast.BitAnd, ast.BitOr)
COMPARE = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq, ast.In, ast.NotIn)


def _expressions(tree: ast.AST) -> list[tuple[ast.AST, str, int | None]]:
    """Every place of an expression: its parent, the field, and the place in it where it is a list."""
    places: list[tuple[ast.AST, str, int | None]] = []
    for node in ast.walk(tree):
        for name, value in ast.iter_fields(node):
            if isinstance(value, ast.expr) and name not in ("annotation", "returns"):
                places.append((node, name, None))
            elif isinstance(value, list):
                places += [(node, name, i) for i, each in enumerate(value) if isinstance(each, ast.expr)]
    return places


def _bodies(tree: ast.AST) -> list[list[ast.stmt]]:
    return [
        getattr(node, name)
        for node in ast.walk(tree)
        for name in ("body", "orelse")
        if isinstance(node, (ast.FunctionDef, ast.If, ast.For, ast.While)) and getattr(node, name, None)
    ]


def _read(place: tuple[ast.AST, str, int | None]) -> ast.expr:
    node, name, index = place
    value = getattr(node, name)
    found: ast.expr = value if index is None else value[index]
    return found


def _write(place: tuple[ast.AST, str, int | None], value: ast.expr) -> None:
    node, name, index = place
    if index is None:
        setattr(node, name, value)
    else:
        getattr(node, name)[index] = value


def _with_context(value: ast.expr, like: ast.expr) -> ast.expr:
    if hasattr(value, "ctx") and hasattr(like, "ctx"):
        value.ctx = like.ctx
    return value


def _new(random: Random, old: ast.expr) -> ast.expr:
    """Another expression, maybe around the old one."""
    load = ast.Load()
    match random.randint(0, 10):
        case 0 | 1:
            return ast.Name(random.choice(NAMES), load)
        case 2 | 3:
            return ast.Constant(random.choice(CONSTANTS))
        case 4:
            return ast.BinOp(old, random.choice(BINARY)(), ast.Constant(random.choice(CONSTANTS)))
        case 5:
            return ast.Compare(old, [random.choice(COMPARE)()], [ast.Name(random.choice(NAMES), load)])
        case 6:
            return ast.Call(ast.Name(random.choice(NAMES), load), [old], [])
        case 7:
            return ast.Subscript(old, ast.Constant(random.choice(CONSTANTS)), load)
        case 8:
            return ast.Attribute(old, random.choice(ATTRIBUTES), load)
        case 9:
            return random.choice([ast.List([old, old], load), ast.Tuple([old], load), ast.Set([old])])
        case _:
            return ast.IfExp(old, ast.Constant(random.choice(CONSTANTS)), old)


def mutated(source: str, random: Random, times: int) -> str:
    """The source with some of its parts swapped, replaced, doubled or left out."""
    tree = ast.parse(source)
    for _ in range(times):
        places, bodies = _expressions(tree), _bodies(tree)
        one, two = random.choice(places), random.choice(places)
        match random.randint(0, 6):
            case 0 | 1:
                a, b = copy.deepcopy(_read(one)), copy.deepcopy(_read(two))
                _write(one, _with_context(b, a))
            case 2 | 3:
                _write(one, _new(random, copy.deepcopy(_read(one))))
            case 4:
                body = random.choice(bodies)
                body.insert(random.randrange(len(body) + 1), copy.deepcopy(random.choice(random.choice(bodies))))
            case 5:
                body = random.choice(bodies)
                if len(body) > 1:
                    del body[random.randrange(len(body))]
            case _:
                operators = [n for n in ast.walk(tree) if isinstance(n, (ast.BinOp, ast.Compare, ast.If))]
                node = random.choice(operators or [tree])
                if isinstance(node, ast.BinOp):
                    node.op = random.choice(BINARY)()
                elif isinstance(node, ast.Compare):
                    node.ops = [random.choice(COMPARE)() for _ in node.ops]
                elif isinstance(node, ast.If):
                    node.body, node.orelse = node.orelse or node.body, node.body
    return ast.unparse(ast.fix_missing_locations(tree))
