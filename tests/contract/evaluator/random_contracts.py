"""Random contracts: what they compute can be computed by CPython too, from the same lines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from textwrap import indent

from tests.contract.evaluator.random_expressions import (
    ARRAYS,
    BOOLS,
    FIXED,
    INPUTS,
    LENGTH,
    SIGNATURE,
    Expressions,
    Number,
)


@dataclass(frozen=True)
class Program:
    """A contract, and its function's lines for CPython."""

    source: str
    plain: str


class Writer(Expressions):
    """Draws one contract."""

    def __init__(self, random: Random, *, steps: int = 6, depth: int = 3) -> None:
        super().__init__(random, depth=depth)
        self.steps, self.count = steps, 0
        self.lines: list[str] = []
        self.level = 1

    # ------------------------------------------------------------ the whole

    def program(self) -> Program:
        helpers = "\n\n".join(self._helper(number) for number in range(self.random.randint(0, 2)))
        for _ in range(self.random.randint(1, self.steps)):
            self._statement()
        # What is drawn may be public by chance, and is not with something private beside it.
        revealed = [f"reveal({name} + a)" for name in (*self.ints, *self.arrays) if name not in INPUTS]
        revealed += [f"reveal({name} != p)" for name in self.bools if name not in INPUTS]
        revealed += [f"reveal({name})" for name in (*self.declared, *self.arrays, *self.fixed)]
        revealed.append(f"reveal({self.integer(self.depth).text} - a)")
        revealed.append(f"reveal({self.boolean(self.depth)} == q)")
        if self._chance(0.5):
            revealed.append(f"reveal({self.decimal(2).text} + f)")
        self._line(f"return [{', '.join([*revealed, *self.open])}]")
        body = "\n".join(self.lines)
        contract = f"class Drawn(Contract):\n    release = always\n\n    @private\n    def run(self, {SIGNATURE}):\n"
        source = f"{helpers}\n\n{contract}{indent(body, '    ')}\n"
        plain = f"{helpers}\n\ndef run({', '.join(INPUTS)}):\n{body}\n"
        return Program(source, plain)

    def _helper(self, number: int) -> str:
        inner = Writer(self.random, depth=2)
        inner.ints, inner.public, inner.bools, inner.arrays, inner.fixed = (
            {"x": (-20, 20), "y": (-20, 20)},
            {},
            [],
            {},
            {},
        )
        lines = ["    x = clip(x, -20, 20)", "    y = clip(y, -20, 20)"]
        first, second = inner.integer(2), inner.integer(2)
        name = f"h{number}"
        if self._chance(0.4):
            lines += [
                f"    if {inner.boolean(1)}:",
                f"        r = {first.text}",
                "    else:",
                f"        r = {second.text}",
            ]
            lines.append("    return r")
            found = (name, min(first.lo, second.lo), max(first.hi, second.hi))
        elif self._chance(0.3):
            lines.append(f"    return clip({first.text}, -30, 30), clip({second.text}, -30, 30)")
            self.pairs.append(name)
            return f"def {name}(x, y=2):\n" + "\n".join(lines) + "\n"
        else:
            lines.append(f"    return {first.text} + {second.text}")
            found = (name, first.lo + second.lo, first.hi + second.hi)
        self.helpers.append(found)
        return f"def {name}(x, y=2):\n" + "\n".join(lines) + "\n"

    # ------------------------------------------------------------ statements

    def _line(self, text: str) -> None:
        self.lines.append("    " * self.level + text)

    def _new(self, letter: str) -> str:
        self.count += 1
        return f"{letter}{self.count}"

    def _statement(self) -> None:
        forms: list[Callable[[], None]] = [
            self._fresh, self._fresh, self._fresh_bool, self._fresh_array, self._fresh_fixed, self._declare,
            self._private_if, self._private_if, self._public_if, self._loop, self._loop, self._program_loop,
            self._while, self._unpack, self._open, self._collect,
        ]  # fmt: skip
        self.random.choice(forms)()

    def _fresh(self) -> None:
        number = self.integer(self.depth)
        name = self._new("x")
        self._line(f"{name} = {number.text}")
        self.ints[name] = number.lo, number.hi

    def _fresh_bool(self) -> None:
        text = self.boolean(self.depth)
        name = self._new("t")
        self._line(f"{name} = {text}")
        self.bools.append(name)

    def _fresh_array(self) -> None:
        array = self.array(2)
        name = self._new("u")
        self._line(f"{name} = {array.text}")
        self.arrays[name] = array.lo, array.hi

    def _fresh_fixed(self) -> None:
        number = self.decimal(self.depth)
        name = self._new("d")
        self._line(f"{name} = {number.text}")
        self.fixed[name] = number.lo, number.hi

    def _declare(self) -> None:
        hi = self.random.choice([1, 10, 1000])
        lo = self.random.choice([0, -hi])
        name = self._new("y")
        self._line(f"{name}: private[int({lo}, {hi})] = clip({self.integer(2).text}, {lo}, {hi})")
        self.declared[name] = lo, hi

    def _assign_declared(self) -> None:
        name = self.random.choice(list(self.declared))
        lo, hi = self.declared[name]
        if self._chance(0.2) and lo < 0:
            self._line(f"{name} = -{name} if {self.boolean(1)} else {name}")
        else:
            self._line(f"{name} = clip({self.integer(2).text}, {lo}, {hi})")

    def _private_if(self) -> None:
        if not self.declared:
            self._declare()
        fresh = self._new("x") if self._chance(0.4) else None
        ends: list[Number] = []
        branches = ["if", *["elif"] * self.random.randint(0, 2), "else"]
        if fresh is None and self._chance(0.5):
            branches.pop()
        for word in branches:
            self._line("else:" if word == "else" else f"{word} {self.boolean(2)}:")
            self.level += 1
            ints = dict(self.ints)
            for _ in range(self.random.randint(1, 2)):
                self._assign_declared()
            if fresh is not None:
                number = self.integer(2)
                ends.append(number)
                self._line(f"{fresh} = {number.text}")
            elif self._chance(0.25) and self.level < 4:
                self._private_if()
            self.ints = ints
            self.level -= 1
        if fresh is not None:
            self.ints[fresh] = min(e.lo for e in ends), max(e.hi for e in ends)

    def _public_if(self) -> None:
        if not self.declared:
            self._declare()
        self._line(f"if {self.public_condition()}:")
        self.level += 1
        self._assign_declared()
        self.level -= 1
        self._line("else:")
        self.level += 1
        self._assign_declared()
        self.level -= 1

    def _body(self) -> None:
        """Lines of a loop: variables made in it belong to it."""
        ints, bools, arrays, fixed = dict(self.ints), list(self.bools), dict(self.arrays), dict(self.fixed)
        declared, public, revealed = dict(self.declared), dict(self.public), list(self.open)
        self.level += 1
        forms = [
            self._assign_declared,
            self._assign_declared,
            self._fresh,
            self._private_if,
            self._unpack,
            self._collect,
        ]
        for _ in range(self.random.randint(1, 3)):
            self.random.choice(forms)()
        if self._chance(0.15):
            self._open()
        self._assign_declared()
        self.level -= 1
        self.ints, self.bools, self.arrays, self.fixed = ints, bools, arrays, fixed
        self.declared, self.public, self.open = declared, public, revealed

    def _loop(self) -> None:
        if not self.declared:
            self._declare()
        name = self._new("j")
        kind = self.random.randint(0, 4)
        if kind == 0:
            self._line(f"for {name} in range({self.random.randint(0, 3)}):")
            self.public[name] = (0, 3)
        elif kind == 1:
            self._line(f"for {name} in range(n):")
            self.public[name] = (0, 4)
        elif kind == 2:
            self._line(f"for {name} in {self.array(1).text}:")
            array = self.array(0)
            self.lines[-1] = "    " * self.level + f"for {name} in {array.text}:"
            self.ints[name] = array.lo, array.hi
        elif kind == 3:
            other = self._new("j")
            array = self.array(0)
            self._line(f"for {other}, {name} in enumerate({array.text}):")
            self.public[other] = (0, LENGTH - 1)
            self.ints[name] = array.lo, array.hi
        else:
            self._line(f"for {name} in [2, -1, k]:")
            self.public[name] = (-3, 3)
        public, ints = dict(self.public), dict(self.ints)
        if name in self.public and self._chance(0.3):
            self._line(f"    if {name} > {self.random.randint(0, 2)}:")
            self._line(f"        {self.random.choice(['break', 'continue'])}")
        self._body()
        self.public = {key: value for key, value in public.items() if not key.startswith("j")}
        self.ints = {key: value for key, value in ints.items() if not key.startswith("j")}

    def _program_loop(self) -> None:
        if not self.declared:
            self._declare()
        self._line(f"for _ in range({self.random.choice(['n', '2', '3', '5'])}):")
        self._body()

    def _while(self) -> None:
        if not self.declared:
            self._declare()
        name = self._new("z")
        self._line(f"{name} = {self.random.randint(0, 2)}")
        self._line(f"while {name} < {self.random.choice(['3', 'n', 'len(v)'])}:")
        self._body()
        self._line(f"    {name} += 1")
        self.open.append(name)

    def _unpack(self) -> None:
        if self.pairs and self._chance(0.7):
            first, second = self._new("x"), self._new("x")
            self._line(f"{first}, {second} = {self.random.choice(self.pairs)}({self.leaf().text}, {self.leaf().text})")
            self.ints[first] = self.ints[second] = (-30, 30)
            return
        one, two = self.integer(2), self.integer(2)
        first, second = self._new("x"), self._new("x")
        self._line(f"{first}, {second} = {one.text}, {two.text}")
        self.ints[first], self.ints[second] = (one.lo, one.hi), (two.lo, two.hi)

    def _open(self) -> None:
        """A value becomes known to everyone, and decides how the call goes on."""
        name = self._new("o")
        if self._chance(0.6):
            self._line(f"{name} = reveal({self.boolean(2)} == p, to=everyone)")
            self.open.append(name)
            if not self.declared:
                self._declare()
            self._line(f"if {name}:")
            self.level += 1
            self._assign_declared()
            self.level -= 1
        else:
            number = self.integer(1)
            self._line(f"{name} = reveal({number.text} + a, to=everyone)")
            self.public[name] = number.lo - 9, number.hi + 9
            self.open.append(name)

    def _collect(self) -> None:
        """A public list of private values."""
        name = self._new("s")
        items = [self.integer(1) for _ in range(self.random.randint(1, 3))]
        self._line(f"{name} = [{items[0].text}]")
        for each in items[1:]:
            self._line(f"{name}.append({each.text})")
        total = self._new("x")
        self._line(f"{total} = sum([{name}[m] for m in range(len({name}))])")
        self.ints[total] = sum(e.lo for e in items), sum(e.hi for e in items)


def arguments(random: Random, kind: int) -> dict[str, object]:
    """Arguments of a run: 0 all zeros, 1 and 2 the extremes, 3 equal small ones, then drawn with 0, 1 and -1 often."""

    def one(lo: int, hi: int) -> int:
        if kind == 0:
            return min(max(0, lo), hi)
        if kind in (1, 2):
            return lo if kind == 1 else hi
        if kind == 3:
            return min(max(1, lo), hi)
        often = [x for x in (-1, 0, 1, lo, hi) if lo <= x <= hi]
        return random.choice(often) if random.random() < 0.5 else random.randint(lo, hi)

    values: dict[str, object] = {name: one(*bounds) for name, bounds in INPUTS.items()}
    for name in BOOLS:
        values[name] = bool(values[name])
    for name in ARRAYS:
        values[name] = [one(*INPUTS[name]) for _ in range(LENGTH)]
    for name in FIXED:
        lo, hi = (bound << 20 for bound in INPUTS[name])
        values[name] = one(lo, hi) / (1 << 20) if kind > 3 else float(one(*INPUTS[name]))
    return values


def drawn(random: Random, *, steps: int = 6, depth: int = 3) -> Program:
    """One random contract."""
    return Writer(random, steps=steps, depth=depth).program()
