"""The state of one evaluation: frames, fuel, which private values are alive, and the programs run so far."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from math import prod
from typing import Any, NoReturn

from enigma.array import Array
from enigma.array.literals import Raw
from enigma.contract.dictionaries.held import Held
from enigma.contract.dictionaries.interface import Dictionaries
from enigma.contract.evaluator.fields import Fields
from enigma.contract.evaluator.release import Release
from enigma.contract.host import Context, Host, Recipients, Segment
from enigma.contract.reading.constants import Constants, constants_of
from enigma.contract.reading.declarations import Function, Module
from enigma.contract.reading.source import Source
from enigma.contract.types import CategoryType
from enigma.contract.values.containers import OrderedSet, Rows, Sealed
from enigma.contract.values.meter import ITEMS_A_STEP, PROGRAM_STEPS, Exhausted, Limits, Meter
from enigma.contract.values.numbers import Beyond, Unfit
from enigma.errors import (
    EnigmaError,
    LeakError,
    OutOfFuel,
    RangeError,
    SourceLeak,
    SourceProblem,
    SourceRange,
    WrongType,
)
from enigma.program import build
from enigma.program.node import Node
from enigma.program.ops import LOCAL, Op
from enigma.program.program import trace


class Frame:
    """One function being evaluated."""

    __slots__ = ("declared", "function", "held", "locals", "loop", "module", "oblivious", "source", "statement")

    def __init__(self, function: Function, module: Module) -> None:
        self.function, self.module, self.source = function, module, function.source
        self.locals: dict[str, Any] = {}
        self.declared: dict[str, Callable[[Any], Any]] = {}
        self.held: list[Any] = []
        self.statement: ast.stmt | None = None
        self.loop: ast.stmt | None = None
        self.oblivious = 0

    def live(self) -> Iterator[Any]:
        """The values that may be read again: those of names that are loaded further down, or again in a loop."""
        yield from self.held
        place = self.loop or self.statement
        start = (place.lineno, place.col_offset) if place else (0, 0)
        later = {
            node.id for node in ast.walk(self.function.node)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and (node.lineno, node.col_offset) >= start
        }  # fmt: skip
        yield from (value for name, value in self.locals.items() if name in later)


class Machine:
    """Everything one evaluation has; the functions of this package take it first."""

    def __init__(
        self,
        module: Module,
        fields: Fields,
        context: Context | None,
        host: Host | None,
        limits: Limits,
        release: Release | None = None,
    ) -> None:
        self.module, self.fields, self.context, self.host = module, fields, context, host
        self.meter = Meter(limits)
        self.release = release
        self.frames: list[Frame] = []
        self.oblivious: list[ast.AST] = []
        self.looping = 0
        self.on_chain = False
        """Whether a @public function runs: it has no committee to compute on private values."""
        self.segments: list[Segment] = []
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.kept: list[Array] = []
        """Values written to MPC and DHT in this call: their stand-ins are numbered -1, -2, ... until it ends."""
        self.count_uses: Callable[[], None] = lambda: None
        """Called before something is opened: what was used so far stays used."""
        self._constants: dict[int, Constants] = {}
        self._labels_of: dict[int, tuple[Node, tuple[str, ...]]] = {}
        self._inputs: list[Held] = []
        self._numbers: dict[int, int] = {}
        self._labels: list[str] = []
        self._nodes: list[Node] = []

    # ------------------------------------------------------------ refusals

    def refuse(self, frame: Frame, node: ast.AST, kind: type[SourceProblem], reason: str, hint: str) -> NoReturn:
        """Raise a refusal of this fragment."""
        frame.source.refuse(kind, node, reason, hint)

    def place(self) -> str:
        """`file:line` of the statement that is being evaluated."""
        if not self.frames:
            return self.module.source.name
        frame = self.frames[-1]
        return frame.source.where(frame.statement or frame.function.node)

    def blamed(self, source: Source, node: ast.AST, error: Exception) -> SourceProblem:
        """The refusal of this fragment for what an operation in it raised."""
        if isinstance(error, Beyond):
            return source.problem(SourceRange, node, error.reason, error.hint)
        if isinstance(error, Unfit):
            return source.problem(SourceLeak if error.leaks else WrongType, node, error.reason, error.hint)
        if isinstance(error, Exhausted):
            return source.problem(OutOfFuel, node, error.what, error.hint)
        assert isinstance(error, EnigmaError)
        return source.problem(_kind_of(error), node, error.message.removeprefix(f"{self.place()}: "), error.hint)

    # ------------------------------------------------------------ stored secrets

    def input(self, held: Held, label: str) -> Array:
        """A stored secret as an operand of the programs of this call: one node for each, numbered as first used."""
        if self.on_chain:
            raise Unfit("a private value in a @public function, which runs on the chain", "make it a @private function")
        known = self._numbers.get(held.index)
        if known is not None:
            return Array(self._nodes[known])
        self._numbers[held.index] = len(self._inputs)
        node = build.input_(len(self._inputs), held.shape, held.type)
        self._inputs.append(held)
        self._labels.append(label)
        self._nodes.append(node)
        return Array(node)

    def keep(self, array: Array) -> Held:
        """A stand-in for a value that the committee will keep when this call ends."""
        lifted = Array(build.lift(array.node))
        self.kept.append(lifted)
        return Held(-len(self.kept), lifted.shape, lifted.node.type)

    def held_value(self, held: Held, label: str) -> Array:
        """What stands behind `held`: what this call is about to keep, or an operand that is stored already."""
        if held.index < 0:
            return self.kept[-held.index - 1]
        self.fields.reads_what(held)
        return self.input(held, label)

    @property
    def dictionaries(self) -> Dictionaries:
        """L, DHT, MPC and the identities."""
        if self.context is None:
            raise Unfit("L, DHT and MPC outside of a contract's call", "hand their values over as arguments")
        return self.context.dictionaries

    def constant(self, module: Module, expression: ast.expr) -> Any:
        """The value of a constant expression of a module; containers in it are new each time."""
        if id(module) not in self._constants:
            self._constants[id(module)] = constants_of(module)
        value = self._constants[id(module)].value(expression)
        self.meter.hold(self.meter.walk(value))
        return deepcopy(value)

    def labelled(self, array: Array, element: object) -> Array:
        """`array`, whose elements are places of labels where it was declared so: remembered for comparisons."""
        if isinstance(element, CategoryType) and element.labels:
            self._labels_of[id(array.node)] = (array.node, element.labels)
        return array

    def labels_of(self, array: Array) -> tuple[str, ...]:
        """The labels of a category as it was read; none for what was computed."""
        return self._labels_of.get(id(array.node), (array.node, ()))[1]

    # ------------------------------------------------------------ programs

    def open(self, arrays: list[Array]) -> list[Raw]:
        """The raw values of `arrays`, opened to everyone: one program ends here. What is alive stays in pieces."""
        if self.host is None:
            raise Unfit("nothing is revealed outside of a contract's call")
        roots = [*(value for frame in self.frames for value in frame.live()), *self.fields.live(), *self.kept]
        alive = [array for array in _arrays(roots) if array.node.secret and _costs(array.node)]
        self.meter.step(PROGRAM_STEPS)
        values, nodes = self._run(arrays, [None] * len(arrays), [array.node for array in alive])
        for array in alive:
            array.node = nodes[id(array.node)]
        return [value for value in values if value is not None]

    def finish(self, sealed: list[tuple[Array, Recipients]], kept: list[Array]) -> dict[int, Held]:
        """The last program: opens the sealed outputs to their recipients, and keeps what the contract remembers.

        What is kept, by the identity of its node.
        """
        self.on_chain = False
        already = {id(node): held for node, held in zip(self._nodes, self._inputs, strict=True)}
        computed = [array.node for array in kept if id(array.node) not in already]
        if self.host is not None and (sealed or computed):
            _, nodes = self._run([array for array, _ in sealed], [to for _, to in sealed], computed)
            numbers = {id(node): self._inputs[new.attrs["index"]] for new, node in
                       ((nodes[id(node)], node) for node in computed)}  # fmt: skip
            already.update(numbers)
        return already

    def _run(
        self, reveals: list[Array], to: list[Recipients], keeps: list[Node]
    ) -> tuple[list[Raw | None], dict[int, Node]]:
        assert self.host is not None
        if reveals and self.release is not None:
            self.release.before_opening()
        if reveals:
            self.count_uses()
        kept = list({id(node): node for node in keeps}.values())
        program = trace([array.node for array in reveals], [build.lift(node) for node in kept])
        used = [node.attrs["index"] for node in program.inputs]
        segment = Segment(
            program, tuple(self._inputs[i].index for i in used), tuple(self._labels[i] for i in used), tuple(to)
        )
        opened = self.host.run(segment)
        self.segments.append(segment)
        replaced = {}
        for place, (node, index) in enumerate(zip(kept, opened.kept, strict=True)):
            held = Held(index, node.shape, node.type, frozenset(self.fields.read))
            array = self.input(held, f"program {len(self.segments)}, kept {place}")
            replaced[id(node)] = array.node
        return list(opened.values), replaced

    def fold(self, array: Array) -> Raw:
        """The raw value of a public array."""
        if array.node.op is Op.CONST:
            value: Raw = array.node.attrs["value"]
            return value
        if self.host is None:
            raise Unfit("this public array was computed from others, and its values are asked for while tracing",
                        "compute public numbers with lists and numbers")  # fmt: skip
        self.meter.step(_elements(array.node) // ITEMS_A_STEP)
        return self.host.fold(array.node)


def _elements(node: Node) -> int:
    """How many elements are computed on the way to a node, its own included."""
    stack, seen, count = [node], {id(node)}, 0
    while stack:
        each = stack.pop()
        count += prod(each.shape)
        for parent in each.inputs:
            if id(parent) not in seen:
                seen.add(id(parent))
                stack.append(parent)
    return count


def _kind_of(error: Exception) -> type[SourceProblem]:
    if isinstance(error, LeakError):
        return SourceLeak
    return SourceRange if isinstance(error, RangeError) else WrongType


def _arrays(roots: Iterable[Any]) -> list[Array]:
    """Every array in these values, in their order, each object once."""
    found: dict[int, Array] = {}
    stack = list(roots)[::-1]
    seen: set[int] = set()
    while stack:
        value = stack.pop()
        if isinstance(value, Array):
            found.setdefault(id(value), value)
        elif id(value) in seen:
            continue
        elif isinstance(value, (list, tuple, OrderedSet)):
            seen.add(id(value))
            stack.extend(list(value)[::-1])
        elif isinstance(value, dict):
            seen.add(id(value))
            stack.extend(list(value.values())[::-1])
        elif isinstance(value, Rows):
            stack.extend(list(value.columns.values())[::-1])
        elif isinstance(value, Sealed):
            stack.append(value.value)
    return list(found.values())


def _costs(node: Node) -> bool:
    """Whether computing it anew would take rounds."""
    stack, seen = [node], {id(node)}
    while stack:
        each = stack.pop()
        if each.op not in LOCAL and each.op not in (Op.INPUT, Op.CONST) and each.secret:
            return True
        for parent in each.inputs:
            if id(parent) not in seen:
                seen.add(id(parent))
                stack.append(parent)
    return False
