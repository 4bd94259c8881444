"""One function under the checker: its variables, the private conditions around it, and what was found."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from enigma.contract.reading.declarations import Function, Module, Where
from enigma.contract.reading.source import Source
from enigma.contract.typing.kinds import Kind, Value, join
from enigma.errors import SourceLeak, SourceProblem, UnknownName, WrongType

Variables = dict[str, Value]


@dataclass(frozen=True)
class Disclosure:
    """One thing that a call makes known.

    `what` is the source of it, `to` who learns it: "the caller", "everyone", "the dealer", "whoever ... admits", or
    the source of `to=`, and `several` says that this is a set or a list. `when` names the public conditions on which it
    depends. `kind` is "value", "condition" (it decides how the call goes on), "answer" (of a private predicate),
    "event" or "ledger".
    """

    line: int
    what: str
    to: str
    when: str
    kind: str
    several: bool = False
    function: str = ""
    file: str = ""

    @property
    def sentence(self) -> str:
        """The disclosure in plain English."""
        if self.to in ("everyone", "the caller", "the dealer"):
            who = self.to
        elif self.to.startswith("whoever "):
            who = f"whoever `{self.to.removeprefix('whoever ').removesuffix(' admits')}` admits"
        else:
            who = f"each of `{self.to}`" if self.several else f"`{self.to}`"
        what = {
            "value": f"the value of `{self.what}`",
            "condition": f"the value of `{self.what}`, which decides how the call goes on",
            "answer": f"whether `{self.what}` holds, yes or no, and nothing else",
            "event": f"the event {self.what}",
            "ledger": f"`{self.what}`, for good",
        }[self.kind]
        condition = "" if self.when == "always" else f", {self.when}"
        place = f"line {self.line} of {self.file}" if self.file else f"line {self.line}"
        return f"{who[0].upper() + who[1:] if who[0].islower() else who} learns {what}{condition} ({place})."


@dataclass(frozen=True, eq=False)
class Effect:
    """What a function does that cannot be done for show: where both sides of a private `if` are evaluated."""

    what: str
    node: ast.AST
    source: Source


@dataclass
class Found:
    """What was found in a function and in those that it calls."""

    problems: list[SourceProblem] = field(default_factory=list)
    disclosures: list[Disclosure] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    returned: list[tuple[ast.Return, Value]] = field(default_factory=list)

    def mark(self) -> tuple[int, int, int, int]:
        """The place to rewind to."""
        return len(self.problems), len(self.disclosures), len(self.effects), len(self.returned)

    def rewind(self, mark: tuple[int, int, int, int]) -> None:
        """Forget what was found since a mark: a loop is gone through again, with more known."""
        problems, disclosures, effects, returned = mark
        del self.problems[problems:], self.disclosures[disclosures:]
        del self.effects[effects:], self.returned[returned:]


@dataclass
class Loop:
    """A loop around a statement, and the variables where it is left or goes on early."""

    left: list[Variables] = field(default_factory=list)
    again: list[Variables] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class Summary:
    """What a function gives for arguments of certain kinds. `changed` are those arguments that it changes in place."""

    result: Value
    found: Found
    changed: tuple[tuple[str, Value], ...] = ()


@dataclass
class Frame:
    """The state of checking one function.

    `where` is where it runs, which for an internal function is where its caller runs. `variables` is None behind a
    return. `guards` are the sources of the private conditions around, `path` those of the public ones.
    """

    module: Module
    contract_module: Module
    function: Function
    where: Where
    source: Source
    value_of: Callable[[Frame, ast.expr], Value]
    call: Callable[[Frame, ast.Call, Function, Module], Value]
    spend: Callable[[Frame, ast.stmt], None]
    variables: Variables | None = field(default_factory=dict)
    declared: Variables = field(default_factory=dict)
    guards: list[str] = field(default_factory=list)
    path: list[str] = field(default_factory=list)
    loops: list[Loop] = field(default_factory=list)
    found: Found = field(default_factory=Found)
    aliases: dict[str, str] = field(default_factory=dict)
    mutated: Variables = field(default_factory=dict)
    deciding: bool = False

    @property
    def ended(self) -> bool:
        """Whether every path has returned."""
        return self.variables is None

    def text(self, node: ast.AST) -> str:
        """The source of a node."""
        return self.source.fragment(node)

    def when(self, condition: ast.expr, *, holds: bool) -> str:
        """The path on which a public condition holds, or does not, for people: without `not` and `reveal` around it."""
        while True:
            match condition:
                case ast.UnaryOp(op=ast.Not(), operand=inner):
                    condition, holds = inner, not holds
                case ast.Call(func=ast.Name(id="reveal"), args=[inner]):
                    condition = inner
                case _:
                    return f"only if `{self.text(condition)}`" if holds else f"only if not `{self.text(condition)}`"

    def value(self, node: ast.expr) -> Value:
        """The value of an expression, sealed ones included."""
        return self.value_of(self, node)

    def plain(self, node: ast.expr) -> Value:
        """The value of an expression that something is computed from."""
        value = self.value(node)
        if value.sealed:
            raise self.leak(
                node,
                f"`{self.text(node)}` is sealed: only those to whom it is revealed will ever know it",
                f"return it; or compute with the private value, and reveal it last: return reveal({self.text(node)})",
            )
        return value

    def public(self, node: ast.expr, why: str, hint: str) -> Value:
        """The value of an expression where only a public one can stand."""
        value = self.plain(node)
        if value.private:
            raise self.leak(node, f"`{self.text(node)}` is private, and {why}", hint)
        return value

    def hangs_on_refused(self, node: ast.expr) -> bool:
        """Whether an expression reads what an earlier, refused statement should have set."""
        known = self.variables or {}
        names = [n.id for n in ast.walk(node) if isinstance(n, ast.Name) and n.id in known]
        return any(known[n].kind is Kind.REFUSED for n in names)

    def leak(self, node: ast.AST, reason: str, hint: str) -> SourceProblem:
        """The refusal: a private value would become known."""
        return self.source.problem(SourceLeak, node, reason, hint)

    def wrong(self, node: ast.AST, reason: str, hint: str) -> SourceProblem:
        """The refusal: a value of another kind than its place asks for."""
        return self.source.problem(WrongType, node, reason, hint)

    def unknown_name(self, node: ast.AST, reason: str, hint: str) -> SourceProblem:
        """The refusal: a name that nothing defines."""
        return self.source.problem(UnknownName, node, reason, hint)

    def effect(self, node: ast.AST, what: str, hint: str = "") -> None:
        """Something that others see or that stays: refused under a private condition, and in a predicate."""
        if self.where is Where.PREDICATE:
            raise self.wrong(
                node,
                f"a predicate only answers; it cannot do this: it {what}",
                f"do it in a @private or @public function, and let `{self.function.name}` read the result",
            )
        if self.guards:
            condition = self.guards[-1]
            raise self.leak(
                node,
                f"this {what}, inside of a private `if`: whether it happens would tell what `{condition}` is",
                hint
                or f"do it after the `if`, always; or reveal the condition on purpose: "
                f"if reveal({condition}, to=everyone):",
            )
        self.found.effects.append(Effect(what, node, self.source))

    def discloses(self, node: ast.AST, what: str, to: str, kind: str, *, several: bool = False) -> None:
        """Note what becomes known here."""
        when = " and ".join(self.path) or "always"
        found = Disclosure(getattr(node, "lineno", 1), what, to, when, kind, several, self.function.name)
        self.found.disclosures.append(found)

    def set(self, name: str, value: Value) -> None:
        """Bind a local variable; a declared one stays what it was declared."""
        if self.variables is not None:
            place = self.declared.get(name, value)
            if place.ndim is None and value.element:
                place = replace(place, ndim=value.ndim)
            self.variables[name] = place

    def alias(self, name: str, other: str) -> None:
        """Two names of one list, set or map: kept for the whole function, since on some path they may still be one."""
        self.aliases[other] = self.aliases[name] = self.aliases.get(other, other)

    def grow(self, name: str, value: Value) -> None:
        """A local container may hold something else from here on; so do its other names."""
        if self.variables is None or name not in self.variables:
            return
        group = self.aliases.get(name)
        for other in [name] + [n for n, g in self.aliases.items() if g == group and n != name]:
            if other in self.variables:
                grown = value.hidden() if self.guards else value
                self.variables[other] = join(self.variables[other], grown)
                self.mutated[other] = join(self.mutated.get(other, self.variables[other]), self.variables[other])


def merged(a: Variables | None, b: Variables | None) -> Variables | None:
    """The variables where two public paths meet."""
    if a is None or b is None:
        return a if b is None else b
    names = [*a, *(n for n in b if n not in a)]
    return {n: join(a[n], b[n]) if n in a and n in b else a.get(n, b.get(n, Value(Kind.NEVER))) for n in names}


def merged_all(several: Sequence[Variables | None]) -> Variables | None:
    """The variables where several public paths meet."""
    out: Variables | None = None
    for variables in several:
        out = merged(out, variables)
    return out
