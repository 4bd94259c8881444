"""The functions of a module, each for the kinds of arguments that it is called with."""

from __future__ import annotations

import ast
from bisect import bisect_right
from dataclasses import replace

from enigma.contract.reading.declarations import Function, Module, Parameter, Where
from enigma.contract.typing.expressions import value_of
from enigma.contract.typing.frame import Disclosure, Effect, Found, Frame, Summary
from enigma.contract.typing.kinds import (
    ADDRESS,
    NEVER,
    NONE,
    REFUSED,
    Kind,
    Secrecy,
    Value,
    declared,
    fits,
    join,
    join_all,
    total_secrecy,
    unknown,
)
from enigma.contract.typing.methods import root_of
from enigma.contract.typing.statements import run
from enigma.errors import OutOfFuel, SourceProblem, WrongType

MOST_ROUNDS = 20
"""Of a recursive function, until its result is stable."""

MOST_DEEP = 24
"""Calls inside of calls. A recursive function counts once for each combination of kinds that it is called with."""

MOST_STATEMENTS = 20_000
"""That are gone through, each time that they are: loops in loops and chains of calls multiply."""

MOST_DISCLOSURES = 500
"""Of one function, through all that it calls: more than anybody reads before agreeing."""

_Key = tuple[Function, Where, tuple[Value, ...]]


class Analysis:
    """Everything known of one module, and of what it calls."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.called: dict[Function, None] = {}
        self._known: dict[_Key, Summary] = {}
        self._running: dict[_Key, Value] = {}
        self._recursive: set[_Key] = set()
        self._statements = 0

    # ------------------------------------------------------------ one function

    def entry(self, function: Function) -> Summary:
        """A function of the contract, for arguments of its declared types."""
        values = tuple(
            _declared(p) or (ADDRESS if function.where is Where.PREDICATE else unknown()) for p in function.parameters
        )
        return self.summary(function, self.module, function.where, values)

    def alone(self, function: Function) -> list[SourceProblem]:
        """The problems of a function that nothing calls, whatever it is given."""
        found: list[list[SourceProblem]] = []
        for secrecy in (Secrecy.PUBLIC, Secrecy.PRIVATE):
            values = tuple(_declared(p) or unknown(secrecy) for p in function.parameters)
            found.append(self.summary(function, self.module, Where.PRIVATE, values).found.problems)
        for_public = {(p.line, p.column, p.reason) for p in found[0]}
        return [p for p in found[1] if (p.line, p.column, p.reason) in for_public]

    def summary(self, function: Function, module: Module, where: Where, values: tuple[Value, ...]) -> Summary:
        """What a function gives and does, for arguments of these kinds; recursion starts from nothing and grows."""
        if len(self._running) >= MOST_DEEP:
            raise function.source.problem(
                OutOfFuel,
                function.node,
                f"functions call functions more than {MOST_DEEP} deep",
                "do in one function what several in a row do, or loop",
            )
        key = (function, where, values)
        if key in self._known:
            return self._known[key]
        if key in self._running:
            self._recursive.add(key)
            return Summary(self._running[key], Found())
        try:
            summary = self._stable(key, module)
        except RecursionError:
            if self._running:
                raise
            raise function.source.problem(
                OutOfFuel,
                function.node,
                "expressions, blocks and calls are nested too deeply to be checked",
                "give parts of it names, or write it as a loop",
            ) from None
        self._known[key] = summary
        return summary

    def _stable(self, key: _Key, module: Module) -> Summary:
        function, where, values = key
        result: Value = NEVER
        rounds = 0
        while True:
            before = len(self._known)
            self._running[key] = result
            try:
                summary = self._once(function, module, where, values)
            finally:
                del self._running[key]
            grown = join(result, summary.result)
            rounds += 1
            if grown == result or key not in self._recursive:
                return summary
            # What was found on the way rests on a result that is known better now.
            for stale in list(self._known)[before:]:
                del self._known[stale]
            result = grown if rounds < MOST_ROUNDS else unknown(total_secrecy(grown))

    def _once(self, function: Function, module: Module, where: Where, values: tuple[Value, ...]) -> Summary:
        names = [p.name for p in function.parameters]
        frame = Frame(module, self.module, function, where, function.source, value_of, self._call, self._spend)
        frame.variables = dict(zip(names, values, strict=True))
        run(frame, function.body)
        returned = frame.found.returned
        gives = [v for _, v in returned if v.kind is not Kind.NONE]
        if not frame.ended and gives and not frame.found.problems:
            line = next(node.lineno for node, v in returned if v.kind is not Kind.NONE)
            frame.found.problems.append(
                function.source.problem(
                    WrongType,
                    function.body[-1],
                    f"`{function.name}` returns a value on line {line}, and may also end without one",
                    "end with a return of that kind, on every path",
                )
            )
        result = join_all([v for _, v in returned] + ([] if frame.ended else [NONE]))
        changed = tuple((n, frame.mutated[n]) for n in names if n in frame.mutated)
        return Summary(result, frame.found, changed)

    def _spend(self, frame: Frame, node: ast.stmt) -> None:
        self._statements += 1
        if self._statements > MOST_STATEMENTS:
            raise frame.source.problem(
                OutOfFuel,
                node,
                f"checking takes more than {MOST_STATEMENTS} steps",
                "put fewer loops into loops, and call fewer functions with different kinds of arguments",
            )

    # ------------------------------------------------------------ calls

    def _call(self, frame: Frame, node: ast.Call, function: Function, module: Module) -> Value:
        values = self._arguments(frame, node, function)
        places = _places(node, function)
        self.called[function] = None
        where = function.where if function.where is Where.PREDICATE else frame.where
        summary = self.summary(function, module, where, values)
        if frame.source is self.module.source and function.source is not frame.source and summary.found.problems:
            problem = summary.found.problems[0]
            raise frame.source.problem(
                type(problem),
                node,
                f"`{function.name}` cannot take this ({problem.file}, line {problem.line}): {problem.reason}",
                problem.hint,
            )
        frame.found.problems += [p for p in summary.found.problems if p not in frame.found.problems]
        # Under a private condition the first is refused; else it is enough to know that there is one.
        for effect in summary.found.effects[:1]:
            self._effect(frame, node, function, effect)
        for disclosure in summary.found.disclosures:
            carried = _carried(frame, disclosure, function)
            if carried not in frame.found.disclosures:
                frame.found.disclosures.append(carried)
        if len(frame.found.disclosures) > MOST_DISCLOSURES:
            raise frame.source.problem(
                OutOfFuel,
                node,
                f"more than {MOST_DISCLOSURES} values become known on different paths",
                "reveal in one place, after the paths have met",
            )
        for name, value in summary.changed:
            if name in places:  # else it is a default: a new object in each call
                changed_through(frame, places[name], value)
        if summary.found.problems:
            return REFUSED
        if frame.where is Where.PUBLIC and summary.result.private:
            raise frame.leak(
                node,
                f"`{function.name}` gives a private value, and a @public function runs on the chain",
                f"make `{frame.function.name}` @private",
            )
        return summary.result

    @staticmethod
    def _effect(frame: Frame, node: ast.Call, function: Function, effect: Effect) -> None:
        place = f"line {getattr(effect.node, 'lineno', 1)} of {effect.source.name}"
        condition = frame.guards[-1] if frame.guards else ""
        frame.effect(
            node,
            f"calls `{function.name}`, which {effect.what} ({place})",
            f"call `{function.name}` after the `if`, always; or reveal the condition on purpose: "
            f"if reveal({condition}, to=everyone):",
        )

    def _arguments(self, frame: Frame, node: ast.Call, function: Function) -> tuple[Value, ...]:
        """The arguments, brought to what the parameters declare."""
        places = _places(node, function)
        out: list[Value] = []
        for parameter in function.parameters:
            place = places.get(parameter.name)
            if place is not None:
                out.append(_brought(frame, place, parameter, function))
            elif parameter.default is not None:
                out.append(_declared(parameter) or frame.value(parameter.default))
        return tuple(out)


def changed_through(frame: Frame, place: ast.expr, value: Value) -> None:
    """A called function has changed a list, set or map that is handed to it."""
    name, field = root_of(place)
    if (field or frame.aliases.get(name, "").startswith("self.")) and value.private:
        text = frame.text(place)
        raise frame.leak(
            place,
            f"`{text}` is public, and here a private value is put into it",
            "reveal the value on purpose before: reveal(x, to=everyone)",
        )
    if isinstance(place, ast.Name):
        frame.grow(name, value)


def _places(node: ast.Call, function: Function) -> dict[str, ast.expr]:
    places = {p.name: argument for p, argument in zip(function.parameters, node.args, strict=False)}
    return places | {k.arg: k.value for k in node.keywords if k.arg is not None}


def _declared(parameter: Parameter) -> Value | None:
    return None if parameter.type is None else declared(parameter.type)


def _brought(frame: Frame, node: ast.expr, parameter: Parameter, function: Function) -> Value:
    """One argument, where its parameter wants it."""
    wanted = _declared(parameter)
    value = frame.value(node)
    if wanted is None:
        return value
    text = frame.text(node)
    if value.sealed:
        frame.plain(node)
    if value.private and not wanted.private:
        raise frame.leak(
            node,
            f"`{text}` is private, and `{parameter.name}` of `{function.name}` is public",
            f"declare it {parameter.name}: private[{parameter.type}], or reveal it on purpose: "
            f"reveal({text}, to=everyone)",
        )
    if not fits(value, wanted):
        raise frame.wrong(
            node,
            f"`{text}` is {value}, and `{parameter.name}` of `{function.name}` is {wanted}",
            f"`{parameter.name}` is declared {parameter.type}",
        )
    return wanted


def _carried(frame: Frame, disclosure: Disclosure, function: Function) -> Disclosure:
    """A disclosure of a called function, as its caller has it."""
    parts = [*frame.path, *([] if disclosure.when == "always" else [disclosure.when])]
    file = disclosure.file or (function.source.name if function.source is not frame.source else "")
    return replace(disclosure, when=" and ".join(parts) or "always", file=file)


def unsent(function: Function) -> list[SourceProblem]:
    """What is sealed to somebody and then never returned."""
    read = {n.id for n in ast.walk(function.node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    out = []
    for node in ast.walk(function.node):
        if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Name):
            continue
        call, name = node.value, node.targets[0].id
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or call.func.id != "reveal":
            continue
        everyone = any(isinstance(k.value, ast.Name) and k.value.id == "everyone" for k in call.keywords)
        if name not in read and not everyone:
            out.append(
                function.source.problem(
                    WrongType, call, f"`{name}` is never used, and nobody receives it", f"return it: return {name}"
                )
            )
    return out


def in_order(module: Module, problems: list[SourceProblem]) -> list[SourceProblem]:
    """In the order of the source, the first for each statement."""
    functions = [*module.functions.values(), *(module.contract.functions.values() if module.contract else ())]
    nodes = [n for f in functions for n in ast.walk(f.node) if isinstance(n, ast.stmt)]
    starts = sorted({n.lineno for n in nodes})
    out: dict[int, SourceProblem] = {}
    for problem in sorted(problems, key=lambda p: (p.line, p.column)):
        out.setdefault(bisect_right(starts, problem.line), problem)
    return list(out.values())
