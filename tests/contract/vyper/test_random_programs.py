"""Random functions of the language: the chain computes what the simulator computes, or both refuse."""

from __future__ import annotations

from random import Random

import pytest
from tests.contract.vyper.anvil import Chain
from tests.contract.vyper.samples import edge, numbers, small
from tests.contract.vyper.twins import Twins

from enigma.errors import NotTheLanguage, UnknownName, WrongType

HEAD = """
class Sample(Contract):
    a: public[int] = 1
    b: public[int] = -3
    flag: public[bool] = False
    items: public[list[int]] = [4, -2]
    marks: public[set[int]]
    totals: public[map[int, int]]

    @public
    def bump(self, n: int):
        self.a += n
        if self.a > 100:
            self.a = 0
        return self.a

    @public
    def keep(self, n: int):
        self.marks.add(n % 5)
        self.totals[n % 3] = n
        self.items.append(n)
        return n in self.marks

    @public
    def run(self, x: int, y: int, z: list[int]):
"""


class Writer:
    """Writes one function."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.names = ["x", "y"]

    def pick(self, *choices: str) -> str:
        return self.random.choice(choices)

    def number(self, depth: int) -> str:  # noqa: C901 - a table
        if depth <= 0:
            return self.pick(*self.names, *self.names, "self.a", "self.b", str(self.random.randrange(-4, 12)), "len(z)")
        kind = self.random.randrange(17)

        def n() -> str:
            return self.number(depth - 1)

        def c() -> str:
            return self.condition(depth - 1)

        match kind:
            case 0 | 1 | 2:
                return f"({n()} {self.pick('+', '-', '*')} {n()})"
            case 3 | 4:
                return f"({n()} {self.pick('//', '%')} {n()})"
            case 5:
                return f"({n()} ** {self.pick('2', '3', '(x % 4)')})"
            case 6:
                return f"({n()} if {c()} else {n()})"
            case 7:
                return f"self.bump({n()})"
            case 8:
                return f"abs({n()})"
            case 9:
                return f"{self.pick('min', 'max')}({n()}, {n()})"
            case 10:
                return f"z[{n()} % 3]"
            case 11:
                return f"self.totals.get({n()} % 4, {n()})"
            case 12:
                return f"sum([i * {n()} for i in z if {c()}])"
            case 13:
                return f"-{n()}"
            case 14:
                return f"int({c()})"
            case 15:
                return f"self.items[{n()} % 2]"
            case _:
                return f"len({self.pick('self.marks', 'self.items', 'self.totals', 'z + self.items')})"

    def condition(self, depth: int) -> str:
        if depth <= 0:
            return self.pick("self.flag", "(x > y)", "True", f"({self.number(0)} > 2)")

        def n() -> str:
            return self.number(depth - 1)

        def c() -> str:
            return self.condition(depth - 1)

        match self.random.randrange(8):
            case 0 | 1:
                return f"({c()} {self.pick('and', 'or')} {c()})"
            case 2:
                return f"(not {c()})"
            case 3:
                return f"({n()} {self.pick('<', '<=', '==', '!=')} {n()} {self.pick('<', '>=')} {n()})"
            case 4:
                return f"({n()} {self.pick('in', 'not in')} {self.pick('self.marks', 'self.totals', 'z', '[1, 2, x]')})"
            case 5:
                return f"self.keep({n()})"
            case 6:
                return f"({c()} {self.pick('&', '|', '^', '==')} {c()})"
            case _:
                return f"{self.pick('any', 'all')}([i > {n()} for i in z])"

    def block(self, depth: int, margin: str, *, loop: bool = False) -> list[str]:
        lines: list[str] = []
        for _ in range(self.random.randrange(1, 4)):
            lines += [margin + line for line in self.statement(depth, loop=loop)]
        return lines

    def statement(self, depth: int, *, loop: bool) -> list[str]:
        kind = self.random.randrange(15 if depth > 0 else 8)
        match kind:
            case 0:
                return [f"{self.pick('x', 'y')} = {self.number(2)}"]
            case 1:
                return [f"self.{self.pick('a', 'b')} {self.pick('=', '+=', '-=')} {self.number(2)}"]
            case 2:
                return [f"self.flag = {self.condition(2)}"]
            case 3:
                return [f"self.totals[{self.number(1)} % 3] = {self.number(2)}"]
            case 4:
                return [f"self.{self.pick('marks.add', 'marks.discard', 'items.append')}({self.number(1)} % 7)"]
            case 5:
                return [f'require({self.condition(2)} or x % 3 != 1, "not so " + text({self.number(1)}))']
            case 6:
                return [f"x, y = {self.number(1)}, {self.number(1)}"]
            case 7:
                if loop:
                    return [f"if {self.condition(1)}:", f"    {self.pick('break', 'continue')}"]
                return [f'emit("Seen", n={self.number(1)}, yes={self.condition(1)}, all=list(self.marks))']
            case 8 | 9 | 10:
                lines = [f"if {self.condition(2)}:", *self.block(depth - 1, "    ", loop=loop)]
                return lines + ["else:", *self.block(depth - 1, "    ", loop=loop)] * self.random.randrange(2)
            case 11:
                ranges = ("range(4)", "range(x % 5)", "range(5, y % 3, -2)", "range(y % 4, x % 7)",
                          "range(x % 6, y % 5, x % 3 - 1)")  # fmt: skip
                over = self.pick("z", *ranges, "self.marks", "self.items")
                first = f"for {self.pick('k', 'x', 'y')} in {over}:"
                return [first, f"    x = {self.pick('x + y', 'x - 1', 'y - x')}", *self.block(0, "    ", loop=True)]
            case 12:
                return ["for k, v in self.totals.items():", "    y += k - v", *self.block(0, "    ", loop=True)]
            case 13:
                return ["w = 0", "while w < x % 6:", "    w += 1", *self.block(0, "    ", loop=True)]
            case _:
                return [f"if {self.condition(1)}:", f"    return {self.answer()}"]

    def answer(self) -> str:
        return f"({self.number(2)}, {self.condition(2)}, x, y, list(self.totals.values()))"

    def text(self) -> str:
        body = self.block(2, " " * 8) + self.block(2, " " * 8) + [f"        return {self.answer()}"]
        return HEAD + "\n".join(body) + "\n"


@pytest.mark.usefixtures("numbers_of_the_chain")
@pytest.mark.parametrize("seed", range(5))
def test_random_functions_agree(public_chain: Chain, seed: int) -> None:
    random = Random(31_000 + seed)
    text = Writer(random).text()
    print(text)  # noqa: T201
    try:
        twins = Twins(public_chain, text, ["ann"])
    except (WrongType, UnknownName, NotTheLanguage) as error:
        pytest.fail(f"refused: {error}")
    for _ in range(8):
        twins.call(
            "ann", "run", random.choice([small, small, edge])(random), small(random), [*numbers(random), 2, -1, 5]
        )
