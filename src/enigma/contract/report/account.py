"""What the report holds: plain values, ready for people and for JSON."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Any, Literal

from enigma.program.types import Type

Sureness = Literal["exact", "at most", "largest"]
"""Of a function's maximum. "exact": nothing revealed decides how a call goes on, so that every call with these
arguments and rows, on public fields like these, costs the same. "at most": revealed booleans, or numbers of a few
values, decide, and every outcome was tried. "largest": other revealed numbers decide, or there were more paths than are
tried: the largest of those that were."""


@dataclass(frozen=True)
class Problem:
    """A refusal: where, what, why, and the rewrite."""

    kind: str
    file: str
    line: int
    column: int
    reason: str
    hint: str
    fragment: str
    excerpt: str

    def tree(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "kind": self.kind, "file": self.file, "line": self.line, "column": self.column, "reason": self.reason,
            "hint": self.hint, "fragment": self.fragment, "excerpt": self.excerpt,
        }  # fmt: skip


@dataclass(frozen=True)
class Spent:
    """Rounds; bytes sent by each seat; about so much memory and time: estimates."""

    rounds: int
    seat_bytes: tuple[int, ...]
    peak_bytes: int
    lan_seconds: float
    wan_seconds: float

    @property
    def most_bytes(self) -> int:
        """Of the seat that sends the most."""
        return max(self.seat_bytes, default=0)

    def __add__(self, other: Spent) -> Spent:
        """One after the other."""
        return Spent(
            self.rounds + other.rounds,
            tuple(a + b for a, b in zip(self.seat_bytes, other.seat_bytes, strict=True)),
            max(self.peak_bytes, other.peak_bytes),
            self.lan_seconds + other.lan_seconds,
            self.wan_seconds + other.wan_seconds,
        )

    def __or__(self, other: Spent) -> Spent:
        """Whichever is more, in each respect."""
        return Spent(
            max(self.rounds, other.rounds),
            tuple(max(a, b) for a, b in zip(self.seat_bytes, other.seat_bytes, strict=True)),
            max(self.peak_bytes, other.peak_bytes),
            max(self.lan_seconds, other.lan_seconds),
            max(self.wan_seconds, other.wan_seconds),
        )

    def tree(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "rounds": self.rounds, "seat_bytes": list(self.seat_bytes), "peak_bytes": self.peak_bytes,
            "lan_seconds": round(self.lan_seconds, 6), "wan_seconds": round(self.wan_seconds, 6),
        }  # fmt: skip


def _finite(value: float | None) -> float | None:
    """A number that JSON has."""
    return value if value is not None and isfinite(value) else None


def nothing(seats: int) -> Spent:
    """What a call without a program costs the seats."""
    return Spent(0, (0,) * seats, 0, 0.0, 0.0)


@dataclass(frozen=True)
class Opened:
    """One value that a program opens: at which line, to whom, its proven range, and how far off it was.

    `line` is None for sealed values, which open when the call has ended. `error` is the largest distance from float64
    in the value's own unit; None for booleans, of which `differing` of `size` came out otherwise.
    """

    line: int | None
    to: tuple[str, ...]
    shape: tuple[int, ...]
    type: Type
    error: float | None
    differing: int

    @property
    def size(self) -> int:
        """Numbers in it."""
        size = 1
        for extent in self.shape:
            size *= extent
        return size

    @property
    def bounds(self) -> tuple[float, float]:
        """The proven range, in its own unit; whole numbers exactly."""
        if not self.type.scale:
            return self.type.lo, self.type.hi
        return self.type.lo / 2**self.type.scale, self.type.hi / 2**self.type.scale

    @property
    def relative(self) -> float | None:
        """The error as a part of the range's width."""
        lo, hi = self.bounds
        return None if self.error is None else self.error / (hi - lo) if hi > lo else 0.0

    def tree(self) -> dict[str, Any]:
        """As JSON."""
        lo, hi = self.bounds
        return {
            "line": self.line, "to": list(self.to), "shape": list(self.shape), "kind": self.type.kind.value, "lo": lo,
            "hi": hi, "fractional_bits": self.type.scale, "error": _finite(self.error),
            "error_of_range": _finite(self.relative),
            "differing": self.differing,
        }  # fmt: skip


@dataclass(frozen=True)
class ProgramAccount:
    """One program of a call. `widest` is the bits of the widest number in it, sign included, of 64.

    `comparisons` counts those in the program outside of its loops, `differing` those that float64 decides otherwise.
    """

    spent: Spent
    opened: tuple[Opened, ...]
    widest: int
    comparisons: int
    differing: int

    def tree(self) -> dict[str, Any]:
        """As JSON."""
        return {
            **self.spent.tree(), "opened": [each.tree() for each in self.opened], "widest_bits": self.widest,
            "comparisons": self.comparisons, "comparisons_differing": self.differing,
        }  # fmt: skip


@dataclass(frozen=True)
class FunctionAccount:
    """One function that runs on the committee, as it was traced; `untraced` says why it was not, `hint` what helps."""

    name: str
    where: str
    sentences: tuple[str, ...]
    arguments: tuple[tuple[str, str], ...] = ()
    caller: str = ""
    programs: tuple[ProgramAccount, ...] = ()
    total: Spent | None = None
    most: Spent | None = None
    sure: Sureness = "exact"
    paths: int = 0
    cut: bool = False
    notes: tuple[str, ...] = ()
    untraced: str = ""
    hint: str = ""

    @property
    def error(self) -> float | None:
        """The worst error of any number that it opens."""
        found = [each.error for program in self.programs for each in program.opened if each.error is not None]
        return max(found) if found else None

    @property
    def relative(self) -> float | None:
        """The worst error as a part of its value's range."""
        found = [each.relative for program in self.programs for each in program.opened if each.relative is not None]
        return max(found) if found else None

    def tree(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "name": self.name, "runs": self.where, "reveals": list(self.sentences), "caller": self.caller,
            "arguments": dict(self.arguments), "programs": [each.tree() for each in self.programs],
            "total": self.total.tree() if self.total else None, "most": self.most.tree() if self.most else None,
            "maximum_is": self.sure, "paths": self.paths, "paths_cut": self.cut, "worst_error": _finite(self.error),
            "worst_error_of_range": _finite(self.relative), "notes": list(self.notes),
            "untraced": self.untraced or None, "hint": self.hint or None,
        }  # fmt: skip


@dataclass(frozen=True)
class FieldAccount:
    """One private field: what it holds, and so in which range it stays."""

    name: str
    type: str
    range: str

    def tree(self) -> dict[str, Any]:
        """As JSON."""
        return {"name": self.name, "type": self.type, "range": self.range}


@dataclass(frozen=True)
class Account:
    """The whole report. `rules` hold for all functions; `assumptions` say how the numbers are to be read."""

    file: str
    contract: str
    doc: str
    digest: str
    problems: tuple[Problem, ...] = ()
    functions: tuple[FunctionAccount, ...] = ()
    fields: tuple[FieldAccount, ...] = ()
    rows: int = 0
    data: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()

    @property
    def fine(self) -> bool:
        """Whether nothing is refused."""
        return not self.problems

    def tree(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "file": self.file, "contract": self.contract or None, "digest": self.digest, "fine": self.fine,
            "problems": [each.tree() for each in self.problems],
            "functions": [each.tree() for each in self.functions],
            "fields": [each.tree() for each in self.fields], "rows": self.rows, "data": list(self.data),
            "rules": list(self.rules), "assumptions": list(self.assumptions),
        }  # fmt: skip
