"""One function on its way to Vyper: its lines, its variables, and what it does to the contract."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

from enigma.contract.reading.declarations import Function, Module
from enigma.contract.vyper.kinds import MOST_ROUNDS, Kind, Sort
from enigma.contract.vyper.term import Term, combined
from enigma.contract.vyper.words import local
from enigma.errors import NotTheLanguage, SourceProblem, WrongType

if TYPE_CHECKING:
    from enigma.contract.vyper.half import Half

INDENT = "    "
_EMPTY = "= \0"


class Body:
    """The lines of one function in Vyper.

    Expressions become text where they can; whatever must run before, in the order of the language, becomes lines. All
    variables are declared at the top, since Vyper's end with their block.
    """

    def __init__(self, half: Half, function: Function, module: Module) -> None:
        self.half, self.function, self.module, self.source = half, function, module, function.source
        self.lines: list[str] = []
        self.depth = 1
        self.kinds: dict[str, Kind] = {}
        """Of the variables."""
        self.bound: dict[str, Term] = {}
        """The variables of a comprehension, while it lasts."""
        self.temporaries: dict[str, Kind] = {}
        self.assigned: set[str] = set()
        self.ended = False
        self.result: Kind | None = None
        self.changes: dict[str, None] = {}
        """The fields that it changes, and what else it does to the world."""
        self.grown: dict[str, ast.AST] = {}
        """Local lists and sets that are changed in place."""
        self.shared: dict[str, ast.AST] = {}
        """Local lists and sets that may be seen under another name."""
        self.unavailable: dict[str, str] = {}
        """Names that have no value on the chain, and why."""
        self.parameters: set[str] = set()
        self.lends = False
        """Whether what it returns is a list that somebody else holds."""
        self.unknown: dict[str, ast.AST] = {}
        """Variables that were empty when they began, and where."""

    # ------------------------------------------------------------ refusals

    def wrong(self, node: ast.AST, reason: str, hint: str) -> SourceProblem:
        """The refusal: a value that has no meaning there."""
        return self.source.problem(WrongType, node, reason, hint)

    def refuse(self, node: ast.AST, reason: str, hint: str) -> NoReturn:
        """Raise `WrongType`."""
        raise self.wrong(node, reason, hint)

    def no_form(self, node: ast.AST, reason: str, hint: str) -> NoReturn:
        """Raise `NotTheLanguage`."""
        raise self.source.problem(NotTheLanguage, node, reason, hint)

    # ------------------------------------------------------------ lines

    def add(self, line: str) -> None:
        """One more line."""
        self.lines.append(INDENT * self.depth + line)

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """Lines inside of `if ...:` and the like."""
        self.add(head)
        before = len(self.lines)
        self.depth += 1
        yield
        if len(self.lines) == before:
            self.add("pass")
        self.depth -= 1

    @contextmanager
    def rounds(self, count: str) -> Iterator[str]:
        """Lines that run so often; gives the number of the round, from 0, an uint256."""
        place, end = self.name(), self.name()
        self.add(f"{end}: uint256 = {count}")
        with self.block(f"for {place}: uint256 in range({end}, bound={MOST_ROUNDS}):"):
            yield place

    def want(self, condition: str, message: str) -> None:
        """The call is refused where a condition does not hold."""
        from enigma.contract.vyper.words import quoted

        self.add(f"assert {condition}, {quoted(message)}")

    # ------------------------------------------------------------ variables

    def name(self) -> str:
        """A name that nothing else has."""
        self.half.names += 1
        return f"_{self.half.names}"

    def variable(self, kind: Kind) -> str:
        """A variable of our own."""
        name = self.name()
        self.temporaries[name] = kind
        return name

    def kept(self, term: Term) -> Term:
        """The same value in a variable, computed here and once."""
        if term.parts:
            from enigma.contract.vyper.term import several

            return several([self.kept(part) for part in term.parts])
        if term.kind.sort in (Sort.NONE, Sort.NOTHING) or term.literal is not None:
            return term
        name = self.variable(term.kind)
        self.add(f"{name} = {term.text}")
        return Term(name, term.kind, True)

    def simple(self, term: Term) -> Term:
        """The same value, cheap enough to be written twice."""
        plain = term.steady and term.text.replace(".", "").isidentifier()
        return term if plain or term.literal is not None else self.kept(term)

    def terms(self, nodes: Sequence[ast.expr]) -> list[Term]:
        """Several expressions from left to right: what the later do does not change the earlier."""
        from enigma.contract.vyper.expressions import term

        done: list[Term] = []
        for node in nodes:
            mark = len(self.lines)
            made = term(self, node)
            if len(self.lines) > mark:
                after, self.lines = self.lines[mark:], self.lines[:mark]
                done = [self._held(each, place) for each, place in zip(done, nodes, strict=False)]
                self.lines += after
            done.append(made)
        return done

    def _held(self, term: Term, node: ast.AST) -> Term:
        if term.steady:
            return term
        if term.place is not None and term.kind.sort is Sort.MAP:
            self.refuse(node, "a map beside something that is computed", "compute it before, into a variable")
        return self.kept(term)

    def declarations(self) -> list[str]:
        """The lines that declare all variables."""
        made = [(self.spelled(name), kind) for name, kind in self.kinds.items()]
        made += list(self.temporaries.items())
        return [f"{INDENT}{name}: {kind.vyper} = {kind.empty}" for name, kind in made]

    def finished(self) -> list[str]:
        """The lines, with each empty list of the kind that it turned out to be."""
        for name, node in self.unknown.items():
            if name not in self.kinds:
                self.refuse(node, "an empty list that nothing is put into has no kind on the chain",
                            "leave it away, or append to it in this function")  # fmt: skip
        lines = []
        for line in self.lines:
            head, mark, name = line.partition(_EMPTY)
            lines.append(f"{head}= {self.kinds[name].empty}" if mark else line)
        return lines

    def spelled(self, name: str) -> str:
        """A variable's name in Vyper."""
        return local(name)

    def assign(self, node: ast.AST, name: str, value: Term) -> None:
        """`name = value`."""
        kind = value.kind
        if kind.sort in (Sort.NONE, Sort.TUPLE, Sort.MAP):
            self.refuse(
                node, f"{kind} in a variable, on the chain", "give each part a name of its own: a, b = ..."
                if kind.sort is Sort.TUPLE else "maps are fields of the contract on the chain"
                if kind.sort is Sort.MAP else "give it a value"
            )  # fmt: skip
        if kind.sort is Sort.NOTHING:
            if name not in self.kinds:
                self.unknown.setdefault(name, node)
            # Of what it is empty shows later.
            self.add(f"{self.spelled(name)} {_EMPTY}{name}")
            self.assigned.add(name)
            return
        known = self.kinds.setdefault(name, kind)
        if known != kind:
            self.refuse(node, f"`{name}` is {kind} here and {known} elsewhere", "a variable of the chain has one kind")
        self.add(f"{self.spelled(name)} = {value.text}")
        self.assigned.add(name)

    # ------------------------------------------------------------ what several forms need

    def changed(self, what: str) -> None:
        """Something outside of the function changes."""
        self.changes[what] = None

    def count(self, term: Term) -> Term:
        """`len(x)` of a list, set or map."""
        return combined(f"convert(len({term.text}), int256)", _INT, term)


_INT = Kind(Sort.INT)
