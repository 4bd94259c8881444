"""A host that runs a call's programs on sample values, and takes down what each costs and how exact it is.

What everyone may know of a program can be replaced by other answers: the call then goes on as if these had come out,
which is how the branches that a sample does not take are seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

import numpy as np

from enigma.array.literals import Raw
from enigma.contract.dictionaries.addresses import Address
from enigma.contract.host import Opened, Segment
from enigma.contract.report import networks, reals
from enigma.contract.report.account import Opened as OpenedAccount
from enigma.contract.report.account import ProgramAccount, Spent
from enigma.contract.report.memory import INTERPRETER_BYTES, peak_bytes
from enigma.contract.report.reals import Real
from enigma.program.cost import FamilyCosts, cost
from enigma.program.node import Node, ancestors, caller
from enigma.program.ops import Op
from enigma.program.program import Program
from enigma.program.types import Kind, Type

Answers: TypeAlias = tuple[tuple[Raw, ...], ...]
"""For each program so far, what it revealed to everyone."""

SEED = 20_240_229
"""Of samples and shuffles: the same report every time."""


class Evaluate(Protocol):
    """The definition of programs on plain numbers: outputs from raw inputs by index."""

    def __call__(
        self, outputs: Sequence[Node], inputs: Mapping[int, Raw], random: np.random.Generator | None = None
    ) -> list[Raw]:
        """The raw values of `outputs`."""


@dataclass(frozen=True)
class Engine:
    """What a report needs from outside: plain evaluation, the value of public nodes, and a family's costs.

    `secrecy` says in a sentence against whom the family keeps its secrets.
    """

    evaluate: Evaluate
    fold: Callable[[Node], Raw]
    family: FamilyCosts
    secrecy: str


@dataclass
class Vault:
    """Sample values as if stored by a committee: raw, and as float64 has them."""

    raws: dict[int, Raw] = field(default_factory=dict)
    reals: dict[int, Real] = field(default_factory=dict)

    def store(self, raw: Raw, real: Real) -> int:
        """Keeps a value; its index."""
        index = len(self.raws)
        self.raws[index], self.reals[index] = raw, real
        return index

    def store_sample(self, raw: Raw, type_: Type) -> int:
        """Keeps a value that float64 has as it is."""
        return self.store(raw, reals.real_of(raw, type_))

    def take(self, other: Vault) -> None:
        """All that a copy has stored since."""
        self.raws.update(other.raws)
        self.reals.update(other.reals)

    def copy(self) -> Vault:
        """Another that grows on its own."""
        return Vault(dict(self.raws), dict(self.reals))

    def bytes(self, indices: Iterable[int]) -> int:
        """What a seat holds of these values."""
        raws = (self.raws[index] for index in indices)
        return sum((2 if raw.dtype == np.bool_ else 16) * raw.size for raw in raws)


@dataclass(frozen=True, eq=False)
class Step:
    """One program of a traced call: `shown` is what everyone learned of it, or was told instead."""

    place: str
    account: ProgramAccount
    shown: tuple[Raw, ...]
    types: tuple[Type, ...]


@dataclass(frozen=True, eq=False)
class Ran:
    """What a program gave: its outputs, raw and as float64 has them."""

    raws: tuple[Raw, ...]
    reals: tuple[Real, ...]
    account: ProgramAccount


Known: TypeAlias = dict[tuple[bytes, ...], Ran]
"""Programs that ran already in a replayed call, by all that was shown before them: the same ones run again."""


class TracingHost:
    """See `Host`. One for each path; `answers` are given in the place of what the first programs reveal.

    `held` is what a seat stores in bytes, whatever it computes; without `exact` nothing is compared with float64.
    """

    def __init__(
        self,
        engine: Engine,
        vault: Vault,
        answers: Answers = (),
        known: Known | None = None,
        *,
        held: int = 0,
        exact: bool = True,
        predicate: Callable[[TracingHost, Address, str, Address], bool] | None = None,
        names: Callable[[Address], str] = str,
    ) -> None:
        self._engine, self.vault, self._answers, self._exact = engine, vault, answers, exact
        self._predicate, self._names = predicate, names
        self._held = held
        self.known: Known = {} if known is None else known
        self.steps: list[Step] = []

    def run(self, segment: Segment) -> Opened:
        """See `Host.run`."""
        number, place = len(self.steps), caller()
        so_far = tuple(raw.tobytes() for step in self.steps for raw in step.shown)
        if so_far not in self.known:
            self.known[so_far] = self._ran(segment, place)
        ran, program = self.known[so_far], segment.program
        public = [i for i, to in enumerate(segment.to) if to is None]
        shown = self._answers[number] if number < len(self._answers) else tuple(ran.raws[i] for i in public)
        self.steps.append(Step(place, ran.account, shown, tuple(program.reveals[i].type for i in public)))
        count = len(program.reveals)
        kept = [self.vault.store(*pair) for pair in zip(ran.raws[count:], ran.reals[count:], strict=True)]
        told = dict(zip(public, shown, strict=True))
        return Opened([told.get(i) for i in range(count)], kept)

    def _ran(self, segment: Segment, place: str) -> Ran:
        """The program's outputs on the sample, and its account."""
        program, ends = segment.program, len(segment.program.outputs)
        inputs = dict(zip((x.attrs["index"] for x in program.inputs), segment.stored, strict=True))
        outputs = [*program.outputs, *(_comparisons(program) if self._exact else ())]
        given = {index: self.vault.raws[stored] for index, stored in inputs.items()}
        raws = self._engine.evaluate(outputs, given, np.random.default_rng(SEED))
        exact = [reals.real_of(raw, node.type) for raw, node in zip(raws, outputs, strict=True)]
        if self._exact:
            given = {index: self.vault.reals[stored] for index, stored in inputs.items()}
            with np.errstate(all="ignore"):
                exact = reals.evaluate(outputs, given, np.random.default_rng(SEED))
        opened = tuple(
            self._opened(node, to, raw, real, place)
            for node, to, raw, real in zip(program.reveals, segment.to, raws, exact, strict=False)
        )
        differing = sum(int((a != b).sum()) for a, b in zip(raws[ends:], exact[ends:], strict=True))
        compared = sum(node.size for node in outputs[ends:])
        account = ProgramAccount(self._spent(program), opened, widest(program), compared, differing)
        return Ran(tuple(raws[:ends]), tuple(exact[:ends]), account)

    def fold(self, node: Node) -> Raw:
        """See `Host.fold`."""
        return self._engine.fold(node)

    def ask(self, contract: Address, function: str, asker: Address) -> bool:
        """See `Host.ask`: what the predicate costs is part of the call."""
        return self._predicate is not None and self._predicate(self, contract, function, asker)

    def _spent(self, program: Program) -> Spent:
        family = self._engine.family
        found = cost(program, family)
        times = networks.multiplications(program)
        peak = INTERPRETER_BYTES + self._held + peak_bytes(program, family)
        lan, wan = (networks.seconds(found, times, network) for network in (networks.LAN, networks.WAN))
        return Spent(found.rounds, found.seat_bytes, peak, lan, wan)

    def _opened(self, node: Node, to: tuple[Address, ...] | None, raw: Raw, exact: Real, place: str) -> OpenedAccount:
        whom = ("everyone",) if to is None else tuple(self._names(each) for each in to)
        # Sealed values open when the call has ended: there is no line.
        line = place.rpartition(":")[2] if to is None else ""
        error, differing = None, 0
        if node.type.is_bool:
            differing = int((raw != exact).sum())
        else:
            found = np.abs(reals.real_of(raw, node.type).astype(np.float64) - exact.astype(np.float64))
            # What is no number in float64 (0 / 0) counts as infinitely far away.
            error = float(np.nan_to_num(found, nan=np.inf).max(initial=0.0))
        return OpenedAccount(int(line) if line.isdigit() else None, whom, node.shape, node.type, error, differing)


def _comparisons(program: Program) -> list[Node]:
    """The comparisons of a program outside of its loops."""
    return [x for x in ancestors(program.outputs) if x.op in (Op.NEGATIVE, Op.ZERO) and x.secret]


def widest(program: Program) -> int:
    """The bits of the widest number of a program, its loops included."""
    return _widest(program.outputs)


def _widest(outputs: Sequence[Node]) -> int:
    found = 1
    for node in ancestors(outputs):
        found = max(found, node.type.width if node.type.kind is not Kind.BOOL else 1)
        if node.op is Op.LOOP:
            found = max(found, _widest(node.attrs["body"]))
    return found
