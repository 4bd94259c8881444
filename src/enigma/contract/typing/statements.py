"""Statements: what they bind, where paths meet, and what a private condition forbids."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import replace

from enigma.contract.reading.annotations import annotations_of
from enigma.contract.reading.declarations import Where
from enigma.contract.typing.assignments import assign, augmented, delete
from enigma.contract.typing.expressions import bind, looped
from enigma.contract.typing.frame import Frame, Loop, Variables, merged, merged_all
from enigma.contract.typing.kinds import NONE, NUMBERS, REFUSED, Kind, Value, declared, fits, join
from enigma.contract.typing.operators import want_bool
from enigma.errors import OutOfFuel, SourceLeak, SourceProblem

MOST_ROUNDS = 40
"""Of a loop, until nothing more becomes private; kinds have fewer steps than that."""


def run(frame: Frame, statements: Sequence[ast.stmt]) -> None:
    """Go through statements in order; a refused one is noted, and the next are checked as if it had been mended."""
    depth = len(frame.path)
    for statement in statements:
        if frame.variables is None:
            break
        _one(frame, statement)
        if isinstance(statement, ast.If) and frame.variables is not None:
            _note_ended_side(frame, statement)
    del frame.path[depth:]


def _one(frame: Frame, statement: ast.stmt) -> None:
    frame.spend(frame, statement)
    try:
        match statement:
            case ast.If():
                _if(frame, statement)
            case ast.For():
                _for(frame, statement)
            case ast.While():
                _while(frame, statement)
            case _:
                _simple(frame, statement)
    except OutOfFuel:
        raise
    except SourceProblem as problem:
        frame.deciding = False
        frame.found.problems.append(problem)
        for name in bound_names([statement]):
            frame.set(name, REFUSED)


def _simple(frame: Frame, node: ast.stmt) -> None:
    match node:
        case ast.Assign(targets, value):
            for target in targets:
                assign(frame, target, value)
        case ast.AugAssign():
            augmented(frame, node)
        case ast.AnnAssign():
            _declared(frame, node)
        case ast.Expr(value):
            _dropped(frame, value, frame.value(value))
        case ast.Return():
            _return(frame, node)
        case ast.Break() | ast.Continue():
            _leave(frame, node)
        case ast.Delete(targets):
            for target in targets:
                delete(frame, target)
        case _:
            return  # pass; the frontend refuses every other form


def _dropped(frame: Frame, node: ast.expr, value: Value) -> None:
    text = frame.text(node)
    if value.sealed:
        raise frame.wrong(node, f"`{text}` is sealed, and nobody receives it", f"return it: return {text}")


def _declared(frame: Frame, node: ast.AnnAssign) -> None:
    annotations = annotations_of(frame.module)
    type_ = annotations.local(node.annotation)
    for bound in annotations.computed(node.annotation):
        value = frame.public(bound, "the range of a variable is seen by all", "write a range that holds whatever it is")
        if not (value.unknown or value.kind in NUMBERS):
            text = frame.text(bound)
            raise frame.wrong(
                bound, f"`{text}` is {value}, and the end of a range is a number", "private[int(0, most)]"
            )
    if not isinstance(node.target, ast.Name):
        return
    name, place = node.target.id, declared(type_)
    if place.ndim == 0:
        place = replace(place, ndim=None)  # the range is declared; the shape is that of the value
    value = place if node.value is None else frame.plain(node.value)
    if node.value is not None and not fits(value, place):
        raise frame.wrong(
            node.value,
            f"`{frame.text(node.value)}` is {value}, and `{name}` is declared {type_}",
            _conversion(frame.text(node.value), value, place),
        )
    frame.declared[name] = place
    frame.set(name, value)


def _conversion(text: str, value: Value, place: Value) -> str:
    if place.kind is Kind.INT and value.kind is Kind.NUMBER:
        return f"write floor({text}) or round({text})"
    if value.kind is Kind.BOOL:
        return f"write as_int({text})"
    return f"write {text} != 0" if place.kind is Kind.BOOL and value.element else "use a value of the declared kind"


def _return(frame: Frame, node: ast.Return) -> None:
    if frame.guards:
        condition = frame.guards[-1]
        raise frame.leak(
            node,
            f"this returns inside of a private `if`: when the function ends would tell what `{condition}` is",
            f"choose the value, and return once: result = where({condition}, a, b)",
        )
    value = NONE if node.value is None else frame.value(node.value)
    place = node.value or node
    entry = frame.function.where
    if entry is Where.PREDICATE:
        if not value.unknown and (value.kind is not Kind.BOOL or value.array):
            raise frame.wrong(
                place, f"`{frame.text(place)}` is {value}, and a predicate answers yes or no", "return a condition"
            )
        if value.private:
            frame.discloses(place, frame.text(place), "everyone", "answer")
    elif entry in (Where.PRIVATE, Where.PUBLIC) and value.private and node.value is not None:
        _refuse_unrevealed(frame, node.value, value)
    frame.found.returned.append((node, value))
    frame.variables = None


def _refuse_unrevealed(frame: Frame, node: ast.expr, value: Value) -> None:
    """Blames the part of a returned value that is private."""
    if isinstance(node, (ast.Tuple, ast.List)):
        for part in node.elts:
            if frame.value(part).private:
                _refuse_unrevealed(frame, part, frame.value(part))
    text = frame.text(node)
    one = value.element or value.unknown
    raise frame.leak(
        node,
        f"`{text}` is private, and what `{frame.function.name}` returns goes to its caller",
        f"reveal it on purpose: return reveal({text})" + ("" if one else ", each value of it"),
    )


def _leave(frame: Frame, node: ast.Break | ast.Continue) -> None:
    if not frame.loops:
        return
    loop = frame.loops[-1]
    if frame.guards:
        condition = frame.guards[-1]
        word = "break" if isinstance(node, ast.Break) else "continue"
        raise frame.leak(
            node,
            f"this {word} is inside of a private `if`: how often the loop runs would tell what `{condition}` is",
            f"run all rounds, and choose in each: x = where({condition}, x, new)",
        )
    kept = dict(frame.variables or {})
    (loop.left if isinstance(node, ast.Break) else loop.again).append(kept)
    frame.variables = None


# ------------------------------------------------------------ conditions


def _condition(frame: Frame, node: ast.expr) -> Value:
    frame.deciding = True
    try:
        value = frame.plain(node)
    finally:
        frame.deciding = False
    if value.private:
        want_bool(frame, node, value, single=True)
    elif value.kind in (Kind.TABLE, Kind.SELF, Kind.ADDRESS, Kind.PREDICATE):
        raise frame.wrong(node, f"`{frame.text(node)}` is {value}, not a condition", "write a comparison")
    elif value.array:
        want_bool(frame, node, value, single=True)
    return value


def _if(frame: Frame, node: ast.If) -> None:
    condition = _condition(frame, node.test)
    text = frame.text(node.test)
    before = dict(frame.variables or {})
    if condition.private:
        frame.guards.append(text)
        then = _side(frame, node.body, before, "")
        other = _side(frame, node.orelse, before, "")
        frame.guards.pop()
        frame.variables = _chosen(frame, node, text, then or before, other or before)
        return
    then = _side(frame, node.body, before, frame.when(node.test, holds=True))
    other = _side(frame, node.orelse, before, frame.when(node.test, holds=False))
    frame.variables = merged(then, other)


def _side(frame: Frame, body: Sequence[ast.stmt], before: Variables, path: str) -> Variables | None:
    frame.variables = dict(before)
    if path:
        frame.path.append(path)
    run(frame, body)
    if path:
        frame.path.pop()
    return frame.variables


def _note_ended_side(frame: Frame, node: ast.If) -> None:
    """Where one side of an `if` returned, all that follows happens only on the other."""
    if _ends(node.body) and not node.orelse:
        frame.path.append(frame.when(node.test, holds=False))


def _ends(body: Sequence[ast.stmt]) -> bool:
    return isinstance(body[-1], (ast.Return, ast.Break, ast.Continue))


def _chosen(frame: Frame, node: ast.If, text: str, then: Variables, other: Variables) -> Variables:
    """The variables behind a private `if`: those that it sets are private, and exist only if both sides set them."""
    places = {**bound_places(node.orelse), **bound_places(node.body)}
    changed = set(places) | {n for n in then if n in other and then[n] != other[n]}
    out: Variables = {}
    for name in [*then, *(n for n in other if n not in then)]:
        if name not in then or name not in other:
            out[name] = Value(Kind.UNSET, name=text)
            continue
        a, b = then[name], other[name]
        if name not in changed or (a == b and name in frame.declared):
            out[name] = a
            continue
        if Kind.UNSET in (a.kind, b.kind):
            out[name] = a if a.kind is Kind.UNSET else b
            continue
        out[name] = join(a, b).hidden()
        if not (a.can_hide() and b.can_hide()):
            odd = b if a.can_hide() else a
            place = places.get(name, node.test)
            out[name] = REFUSED
            frame.found.problems.append(
                frame.source.problem(
                    SourceLeak,
                    place,
                    f"`{name}` is {odd}, which is public: which one it is would tell what `{text}` is",
                    f"only numbers and booleans are chosen in private; or reveal the condition on purpose: "
                    f"if reveal({text}, to=everyone):",
                )
            )
    return out


# ------------------------------------------------------------ loops


def _for(frame: Frame, node: ast.For) -> None:
    text = frame.text(node.iter)
    path = f"once for each `{frame.text(node.target)}` in `{text}`"
    item = looped(frame, node.iter)  # once, before the first round
    _loop(frame, node, path, lambda: bind(frame, node.target, item))


def _while(frame: Frame, node: ast.While) -> None:
    path = f"once for each round of `while {frame.text(node.test)}`"
    _loop(frame, node, path, lambda: _while_condition(frame, node.test))


def _while_condition(frame: Frame, node: ast.expr) -> None:
    frame.deciding = True
    try:
        value = frame.plain(node)
    finally:
        frame.deciding = False
    text = frame.text(node)
    if value.private:
        raise frame.leak(
            node,
            f"`{text}` is private, and how often the loop runs would tell it",
            f"run as often as it can be at most, and choose: for i in range(most): if {text}:",
        )


def _loop(frame: Frame, node: ast.For | ast.While, path: str, head: Callable[[], None]) -> None:
    """Round after round, until no variable becomes more private or of more kinds."""
    always = isinstance(node, ast.While) and isinstance(node.test, ast.Constant) and bool(node.test.value)
    entry: Variables | None = dict(frame.variables or {})
    mark = frame.found.mark()
    frame.path.append(path)
    left: list[Variables] = []
    try:
        for _ in range(MOST_ROUNDS):
            frame.found.rewind(mark)
            loop = Loop()
            left = loop.left
            frame.variables = dict(entry or {})
            frame.loops.append(loop)
            try:
                head()
                run(frame, node.body)
            finally:
                frame.loops.pop()
            again = merged_all([entry, frame.variables, *loop.again])
            if again == entry:
                break
            entry = again
    finally:
        frame.path.pop()
    frame.variables = None if always else entry
    if node.orelse and frame.variables is not None:
        run(frame, node.orelse)
    frame.variables = merged_all([frame.variables, *left])


# ------------------------------------------------------------ names


def bound_names(statements: Sequence[ast.stmt]) -> list[str]:
    """The local names that statements set, in order, each once."""
    return list(bound_places(statements))


def bound_places(statements: Sequence[ast.stmt]) -> dict[str, ast.stmt]:
    """The local names that statements set or change, and the first statement that does."""
    out: dict[str, ast.stmt] = {}
    for statement in statements:
        match statement:
            case ast.Assign(targets):
                places = list(targets)
            case ast.AugAssign(target) | ast.AnnAssign(target) | ast.For(target):
                places = [target]
            case _:
                places = []
        for place in places:
            for name in _names(place):
                out.setdefault(name, statement)
        for inner in ("body", "orelse"):
            for name, first in bound_places(getattr(statement, inner, [])).items():
                out.setdefault(name, first)
    return out


def _names(place: ast.expr) -> list[str]:
    if isinstance(place, (ast.Tuple, ast.List)):
        return [name for part in place.elts for name in _names(part)]
    while isinstance(place, ast.Subscript):
        place = place.value
    return [place.id] if isinstance(place, ast.Name) else []
