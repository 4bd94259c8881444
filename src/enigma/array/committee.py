"""`Committee`: what shares values, computes on them and reveals results, whoever does the work underneath."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Container, Iterable, Sequence
from types import TracebackType
from typing import Any, Self

import numpy.typing as npt

from enigma.array.array import Array
from enigma.array.dtypes import DEFAULT_SCALE, DType
from enigma.array.literals import Bound, Raw, decode, encode
from enigma.errors import ArgumentProblem, RangeError
from enigma.program import build
from enigma.program.cost import Cost
from enigma.program.node import Node, caller
from enigma.program.ops import Op
from enigma.program.program import Program, trace
from enigma.program.types import Type


class Committee(ABC):
    """Shares, computes and reveals. A subclass stores raw values and runs programs over them."""

    def share(
        self,
        values: npt.ArrayLike,
        *,
        lo: Bound | None = None,
        hi: Bound | None = None,
        scale: int = DEFAULT_SCALE,
        dtype: DType | None = None,
    ) -> Array:
        """A secret array of `values`, whose public range is `lo` .. `hi`, both inclusive.

        Floats become fixed point of `scale` fractional bits (rounded half to even), integers and booleans stay exact;
        `dtype` asks for another. The range is required for numbers, since one taken from the values would give them
        away. Raises `ArgumentProblem` for NaN, infinities and values outside the range, and never quotes a value.
        """
        if not 0 <= scale <= 62:
            raise ArgumentProblem(f"{caller()}: {scale} fractional bits", hint="scale is 0 to 62; 20 is the default")
        if isinstance(values, Array):
            raise ArgumentProblem(f"{caller()}: this is an array of a committee already")
        try:
            raw, type_ = encode(values, lo, hi, dtype, scale)
        except RangeError as error:
            raise RangeError(f"{caller()}: {error.message}", hint=error.hint) from None
        return Array(build.input_(self._store(raw, type_), raw.shape, type_), self)

    def reveal(self, *arrays: Array) -> Any:
        """The values of `arrays`, by one program: NumPy arrays of float64, int64 or bool; a tuple of several."""
        nodes = self._nodes(arrays)
        program = trace(nodes)
        values, _ = self.run(program, indices(program))
        revealed = tuple(decode(raw, node.type) for raw, node in zip(values, nodes, strict=True))
        return revealed[0] if len(revealed) == 1 else revealed

    def compute(self, *arrays: Array) -> Any:
        """The same arrays, computed by one program and kept shared, ready as inputs of the next; a tuple of several."""
        nodes = [build.lift(node) for node in self._nodes(arrays)]
        program = trace((), nodes)
        _, new = self.run(program, indices(program))
        kept = tuple(Array(build.input_(i, x.shape, x.type), self) for i, x in zip(new, nodes, strict=True))
        return kept[0] if len(kept) == 1 else kept

    def discard(self, *arrays: Array) -> None:
        """Forgets stored secrets (shared ones, or kept by `compute`); nothing computed from them can run any more."""
        nodes = self._nodes(arrays)
        if any(x.op is not Op.INPUT for x in nodes):
            raise ArgumentProblem(
                f"{caller()}: only stored arrays are forgotten", hint="that is what share() or compute() gave"
            )
        self.forget([x.attrs["index"] for x in nodes])

    def cost(self, *arrays: Array) -> Cost:
        """What revealing `arrays` costs: rounds, and bytes sent by each seat. Nothing runs."""
        return self.cost_of(trace(self._nodes(arrays)))

    def _nodes(self, arrays: tuple[Array, ...]) -> list[Node]:
        if not arrays:
            raise ArgumentProblem(f"{caller()}: no array was given")
        for x in arrays:
            if not isinstance(x, Array):
                raise ArgumentProblem(f"{caller()}: {type(x).__name__} is not an array of this committee")
            if x.committee is not None and x.committee is not self:
                raise ArgumentProblem(f"{caller()}: an array of another committee", hint="ask the one that holds it")
        return [x.node for x in arrays]

    @abstractmethod
    def _store(self, raw: Raw, type_: Type) -> int:
        """Keeps raw int64 or bool values as a stored secret; the index by which programs name it as an INPUT."""

    @abstractmethod
    def run(self, program: Program, stored: Sequence[int]) -> tuple[list[Raw], list[int]]:
        """Run a program whose inputs, in their order, are the secrets stored under the indices `stored`.

        The raw values of its reveals, and the index under which each of its keeps is now stored. For those who hold
        programs, such as a contract's host; arrays are revealed and computed.
        """

    @abstractmethod
    def forget(self, stored: Sequence[int]) -> None:
        """Drop stored secrets by their indices."""

    @abstractmethod
    def cost_of(self, program: Program) -> Cost:
        """The static cost of a program. Nothing runs."""

    @abstractmethod
    def close(self) -> None:
        """Ends the committee and forgets what it stored; afterwards its arrays cannot be revealed. Twice is fine."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def indices(program: Program) -> list[int]:
    """The indices that the inputs of a program name themselves."""
    return [x.attrs["index"] for x in program.inputs]


def want_stored(indices: Iterable[int], stored: Container[int]) -> None:
    """Raises `ArgumentProblem` when a stored secret that is asked for was discarded."""
    if not all(index in stored for index in indices):
        raise ArgumentProblem(
            f"{caller()}: this array was discarded before", hint="compute() what is needed of it before discard()"
        )
