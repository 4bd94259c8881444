"""Random expressions of contracts, with an interval for the value of each.

Where an interval grows beyond what a product on 64 bits could need, the value is clipped; so few contracts are refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

MOST = 1 << 18
"""The largest integer that an expression may reach before it is clipped."""
MOST_FIXED = 1 << 10
LENGTH = 4
"""Of the private arrays."""

INPUTS = {
    "a": (-9, 9), "b": (0, 100), "c": (-1000, 1000), "i": (0, LENGTH - 1), "p": (0, 1), "q": (0, 1),
    "v": (-9, 9), "w": (0, 50), "f": (-8, 8), "g": (0, 2), "k": (-3, 3), "n": (0, 4),
}  # fmt: skip
"""Parameters of each contract: private integers, an index, booleans, two arrays, two decimals; public k and n."""

SIGNATURE = (
    f"a: private[int(-9, 9)], b: private[int(0, 100)], c: private[int(-1000, 1000)], i: private[int(0, {LENGTH - 1})], "
    f"p: private[bool], q: private[bool], v: private[int(-9, 9)[{LENGTH}]], w: private[int(0, 50)[{LENGTH}]], "
    "f: private[fixed(-8, 8)], g: private[fixed(0, 2)], k: int, n: int"
)
ARRAYS, BOOLS, FIXED = ("v", "w"), ("p", "q"), ("f", "g")


@dataclass(frozen=True)
class Number:
    """An expression of the integer or the decimal kind: its text, and where its value lies."""

    text: str
    lo: int
    hi: int

    @property
    def size(self) -> int:
        return max(abs(self.lo), abs(self.hi))


class Expressions:
    """Draws expressions over the names that are known so far; each name has an interval."""

    def __init__(self, random: Random, *, depth: int = 3) -> None:
        self.random, self.depth = random, depth
        self.ints = {name: INPUTS[name] for name in ("a", "b", "c", "i")}
        self.public = {name: INPUTS[name] for name in ("k", "n")}
        self.bools = list(BOOLS)
        self.arrays = {name: INPUTS[name] for name in ARRAYS}
        self.fixed = {name: INPUTS[name] for name in FIXED}
        self.declared: dict[str, tuple[int, int]] = {}
        self.open: list[str] = []
        """What was revealed to everyone, or is public for another reason: numbers and booleans of any size."""
        self.helpers: list[tuple[str, int, int]] = []
        self.pairs: list[str] = []

    def _chance(self, share: float) -> bool:
        return self.random.random() < share

    # ------------------------------------------------------------ integers

    def leaf(self) -> Number:
        options = [*self.ints.items(), *self.declared.items(), *self.public.items()]
        if not options or self._chance(0.15):
            value = self.random.choice([0, 1, -1, 2, 3, 7, 10, -5, 100])
            return Number(str(value) if value >= 0 else f"({value})", value, value)
        name, (lo, hi) = self.random.choice(options)
        return Number(name, lo, hi)

    def small(self, number: Number, most: int = MOST) -> Number:
        if number.size <= most:
            return number
        bound = self.random.choice([10, 100, 1000])
        return Number(f"clip({number.text}, -{bound}, {bound})", -bound, bound)

    def integer(self, depth: int) -> Number:
        if depth <= 0:
            return self.leaf()
        forms = [
            self._sum, self._difference, self._product, self._quotient, self._remainder, self._absolute, self._extreme,
            self._clipped, self._choice, self._where, self._counted, self._element, self._reduced, self._helped,
            self._squared, self._negated, self._chosen_of_list, self._placed, self._private_quotient,
        ]  # fmt: skip
        return self.small(self.random.choice(forms)(depth - 1))

    def _sum(self, depth: int) -> Number:
        one, two = self.integer(depth), self.integer(depth)
        return Number(f"({one.text} + {two.text})", one.lo + two.lo, one.hi + two.hi)

    def _difference(self, depth: int) -> Number:
        one, two = self.integer(depth), self.integer(depth)
        return Number(f"({one.text} - {two.text})", one.lo - two.hi, one.hi - two.lo)

    def _product(self, depth: int) -> Number:
        one, two = self.small(self.integer(depth), 4000), self.small(self.integer(depth), 4000)
        ends = [x * y for x in (one.lo, one.hi) for y in (two.lo, two.hi)]
        return Number(f"({one.text} * {two.text})", min(ends), max(ends))

    def _quotient(self, depth: int) -> Number:
        one, by = self.integer(depth), self.random.choice([1, 2, 3, 4, 7, 8, 10])
        return Number(f"({one.text} // {by})", one.lo // by, one.hi // by)

    def _private_quotient(self, depth: int) -> Number:
        one, two = self.small(self.integer(depth), 2000), self.leaf()
        sign = self.random.choice(["//", "%"])
        text = f"({one.text} {sign} clip({two.text}, 1, 9))"
        return Number(text, min(one.lo, 0), max(one.hi, 0)) if sign == "//" else Number(text, 0, 8)

    def _remainder(self, depth: int) -> Number:
        by = self.random.choice([1, 2, 3, 4, 7, 10])
        return Number(f"({self.integer(depth).text} % {by})", 0, by - 1)

    def _absolute(self, depth: int) -> Number:
        one = self.integer(depth)
        return Number(f"abs({one.text})", 0, one.size)

    def _extreme(self, depth: int) -> Number:
        items = [self.integer(depth) for _ in range(self.random.randint(2, 3))]
        name = self.random.choice(["min", "max"])
        inner = ", ".join(each.text for each in items)
        lo, hi = ([getattr(each, end) for each in items] for end in ("lo", "hi"))
        extreme = min if name == "min" else max
        return Number(f"{name}({inner})" if self._chance(0.5) else f"{name}([{inner}])", extreme(lo), extreme(hi))

    def _clipped(self, depth: int) -> Number:
        lo, hi = self.random.choice([(-5, 5), (0, 10), (1, 1), (-100, 0)])
        return Number(f"clip({self.integer(depth).text}, {lo}, {hi})", lo, hi)

    def _choice(self, depth: int) -> Number:
        one, two = self.integer(depth), self.integer(depth)
        condition = self.public_condition() if self._chance(0.2) else self.boolean(depth)
        return Number(f"({one.text} if {condition} else {two.text})", min(one.lo, two.lo), max(one.hi, two.hi))

    def _where(self, depth: int) -> Number:
        one, two = self.integer(depth), self.integer(depth)
        text = f"where({self.boolean(depth)}, {one.text}, {two.text})"
        return Number(text, min(one.lo, two.lo), max(one.hi, two.hi))

    def _counted(self, depth: int) -> Number:
        if self._chance(0.5):
            return Number(f"int({self.boolean(depth)})", 0, 1)
        one = self.integer(depth)
        return Number(f"(({self.boolean(depth)}) + {one.text})", one.lo, one.hi + 1)

    def _element(self, depth: int) -> Number:
        array = self.array(min(depth, 1))
        if self._chance(0.5) or not self.ints:
            return Number(f"{array.text}[{self.random.randint(-LENGTH, LENGTH - 1)}]", array.lo, array.hi)
        place = "i" if "i" in self.ints and self._chance(0.5) else f"({self.integer(depth).text} % {LENGTH})"
        return Number(f"{array.text}[{place}]", array.lo, array.hi)

    def _reduced(self, depth: int) -> Number:
        array = self.array(min(depth, 2))
        form = self.random.randint(0, 8)
        if form < 3:
            text = self.random.choice([f"sum({array.text})", f"{array.text}.sum()", f"sum([m for m in {array.text}])"])
            return Number(text, LENGTH * array.lo, LENGTH * array.hi)
        if form < 6:
            name = self.random.choice(["min", "max"])
            return Number(self.random.choice([f"{name}({array.text})", f"{array.text}.{name}()"]), array.lo, array.hi)
        if form == 6:
            name = self.random.choice(["argmin", "argmax"])
            return Number(f"{name}({array.text})", 0, LENGTH - 1)
        if form == 7:
            return Number(f"count_nonzero({array.text} > {self.leaf().text})", 0, LENGTH)
        return Number(
            f"sum([m * 2 + 1 for m in {array.text}])", LENGTH * (2 * array.lo + 1), LENGTH * (2 * array.hi + 1)
        )

    def _helped(self, depth: int) -> Number:
        if not self.helpers:
            return self._sum(depth)
        name, lo, hi = self.random.choice(self.helpers)
        text = self.random.choice(["{}({}, {})", "{}({}, y={})"]).format(
            name, self.integer(depth).text, self.leaf().text
        )
        return Number(text if self._chance(0.8) else f"{name}({self.leaf().text})", lo, hi)

    def _squared(self, depth: int) -> Number:
        one = self.small(self.integer(depth), 500)
        return Number(f"({one.text}) ** 2", 0, one.size**2)

    def _negated(self, depth: int) -> Number:
        one = self.integer(depth)
        return Number(f"(-{one.text})", -one.hi, -one.lo)

    def _chosen_of_list(self, depth: int) -> Number:
        items = [self.integer(depth) for _ in range(3)]
        inner = ", ".join(each.text for each in items)
        place = f"({self.leaf().text} % 3)"
        return Number(f"[{inner}][{place}]", min(e.lo for e in items), max(e.hi for e in items))

    def _placed(self, depth: int) -> Number:
        array = self.array(min(depth, 1))
        return Number(f"sorted({array.text})[{self.random.randint(0, LENGTH - 1)}]", array.lo, array.hi)

    # ------------------------------------------------------------ booleans

    def boolean(self, depth: int) -> str:
        if depth <= 0:
            if self.bools and self._chance(0.4):
                return self.random.choice(self.bools)
            return f"({self.leaf().text} {self._sign()} {self.leaf().text})"
        form = self.random.randint(0, 10)
        one = self.integer(depth - 1)
        if form == 10 and self.fixed:
            sign = self.random.choice(["<", "<=", ">", ">="])
            other = self.random.choice(["0.25", "-1", "1.5", self.decimal(1).text])
            return f"({self.decimal(depth - 1).text} {sign} {other})"
        if form < 3:
            return f"({one.text} {self._sign()} {self.integer(depth - 1).text})"
        if form == 3:
            return f"({self.leaf().text} <= {one.text} < {self.leaf().text})"
        if form < 6:
            word = self.random.choice(["and", "or"])
            return f"({self.boolean(depth - 1)} {word} {self.boolean(depth - 1)})"
        if form == 6:
            return f"(not {self.boolean(depth - 1)})"
        if form == 7:
            name = self.random.choice(["any", "all"])
            inside = f"{self.array(1).text} {self._sign()} {self.leaf().text}"
            listed = f"[{self.boolean(depth - 1)}, {self.boolean(depth - 1)}]"
            return f"{name}({inside})" if self._chance(0.5) else f"{name}({listed})"
        if form == 8:
            return f"bool({one.text})"
        first, second = self.boolean(depth - 1), self.boolean(depth - 1)
        return f"(({first}) {self.random.choice(['==', '!='])} ({second}))"

    def _sign(self) -> str:
        return self.random.choice(["<", "<=", ">", ">=", "==", "!="])

    def public_condition(self) -> str:
        numbers = list(self.public) or ["1"]
        one, two = self.random.choice(numbers), self.random.choice([*numbers, "0", "2"])
        return f"{one} {self._sign()} {two}"

    # ------------------------------------------------------------ arrays

    def array(self, depth: int) -> Number:
        """An array of LENGTH integers; the interval is that of each."""
        if depth <= 0 or self._chance(0.3):
            if not self.arrays:
                items = [self.leaf() for _ in range(LENGTH)]
                if not any(set(e.text) & set("abcdefghijklmnopqrstuvwxyz") for e in items):
                    items[0] = Number("x", -20, 20) if "x" in self.ints else Number("a", -9, 9)
                inner = ", ".join(each.text for each in items)
                return Number(f"stack([{inner}])", min(e.lo for e in items), max(e.hi for e in items))
            name, (lo, hi) = self.random.choice(list(self.arrays.items()))
            return Number(name, lo, hi)
        one = self.array(depth - 1)
        form = self.random.randint(0, 9)
        if form == 0:
            two = self.array(depth - 1)
            return self._small_array(Number(f"({one.text} + {two.text})", one.lo + two.lo, one.hi + two.hi))
        if form == 1:
            two = self.small(self.leaf(), 1000)
            return self._small_array(Number(f"({one.text} - {two.text})", one.lo - two.hi, one.hi - two.lo))
        if form == 2:
            two = self.small(self.leaf(), 100)
            ends = [x * y for x in (one.lo, one.hi) for y in (two.lo, two.hi)]
            return self._small_array(Number(f"({one.text} * {two.text})", min(ends), max(ends)))
        if form == 3:
            two = self.array(depth - 1)
            text = f"where({one.text} {self._sign()} {self.leaf().text}, {one.text}, {two.text})"
            return Number(text, min(one.lo, two.lo), max(one.hi, two.hi))
        if form == 4:
            return Number(self.random.choice(["sort({})", "sorted({})"]).format(one.text), one.lo, one.hi)
        if form == 5:
            return Number(f"clip({one.text}, -3, 3)", -3, 3)
        if form == 6:
            return Number(f"abs({one.text})", 0, one.size)
        if form == 7:
            return Number(f"{one.text}[::-1]" if self._chance(0.5) else f"flip({one.text})", one.lo, one.hi)
        if form == 8:
            ends = [one.lo * LENGTH, one.hi * LENGTH, one.lo, one.hi]
            return self._small_array(Number(f"cumulative_sum({one.text})", min(ends), max(ends)))
        two = self.array(depth - 1)
        return self._small_array(
            Number(f"({one.text} + [1, 0, -1, {self.random.randint(-9, 9)}])", one.lo - 9, one.hi + 9)
        )

    def _small_array(self, array: Number) -> Number:
        return array if array.size <= MOST else Number(f"clip({array.text}, -50, 50)", -50, 50)

    # ------------------------------------------------------------ decimals

    def decimal(self, depth: int) -> Number:
        if depth <= 0 or not self.fixed:
            if not self.fixed:
                return Number("0.5", 0, 1)
            name, (lo, hi) = self.random.choice(list(self.fixed.items()))
            return Number(name, lo, hi)
        one, two = self.decimal(depth - 1), self.decimal(depth - 1)
        form = self.random.randint(0, 9)
        if form == 0:
            found = Number(f"({one.text} + {two.text})", one.lo + two.lo, one.hi + two.hi)
        elif form == 1:
            found = Number(f"({one.text} - {two.text})", one.lo - two.hi, one.hi - two.lo)
        elif form == 2:
            ends = [x * y for x in (one.lo, one.hi) for y in (two.lo, two.hi)]
            found = Number(f"({one.text} * {two.text})", min(ends) - 1, max(ends) + 1)
        elif form == 3:
            found = Number(f"({one.text} * {self.random.choice(['0.1', '2.5', '-0.75'])})", -3 * one.size, 3 * one.size)
        elif form == 4:
            found = Number(f"max({one.text}, {two.text})", max(one.lo, two.lo), max(one.hi, two.hi))
        elif form == 5:
            found = Number(f"abs({one.text})", 0, one.size)
        elif form == 6:
            found = Number(f"clip({one.text}, -1, 1.5)", -1, 2)
        elif form == 7:
            text = f"({one.text} if {self.boolean(1)} else {two.text})"
            found = Number(text, min(one.lo, two.lo), max(one.hi, two.hi))
        elif form == 8:
            number = self.small(self.integer(1), 100)
            found = Number(f"({one.text} + {number.text})", one.lo + number.lo, one.hi + number.hi)
        else:
            found = Number(f"sum([{one.text}, {two.text}])", one.lo + two.lo, one.hi + two.hi)
        if found.size > MOST_FIXED:
            return Number(f"clip({found.text}, -4, 4)", -4, 4)
        return found
