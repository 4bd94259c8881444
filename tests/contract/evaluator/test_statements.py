"""Statements on public values, and private `if`s, loops and reveals."""

from __future__ import annotations

from typing import Any

import pytest
from tests.contract.evaluator.checking import deployed, private, private_source, public

from enigma.errors import CallRefused, SourceLeak, SourceProblem, SourceRange, UnknownName, WrongType
from enigma.local.simulation import Simulation
from enigma.program.node import ancestors
from enigma.program.ops import Op
from enigma.program.program import Program

PUBLIC: list[tuple[str, Any]] = [
    ("a, (b, c) = 1, (2, 3)\nreturn [a, b, c]", [1, 2, 3]),
    ("a = [1, 2]\na[0] = 5\na[-1] += 6\nreturn a", [5, 8]),
    ("a = {1: 2}\na[3] = 4\na[1] += 5\ndel a[3]\nreturn a", {1: 7}),
    ("a = [1, 2, 3]\ndel a[0]\ndel a[-1]\nreturn a", [2]),
    (
        (
            "a = 0\nfor i in range(10):\n    if i == 2:\n        continue\n    if i == 5:\n        break\n"
            "    a += i\nreturn a"
        ),
        8,
    ),
    ("a = []\ni = 3\nwhile i:\n    i -= 1\n    a.append(i)\nreturn a", [2, 1, 0]),
    (
        (
            "a = []\nfor i in range(3):\n    for j in range(3):\n        if j > i:\n            break\n"
            "        a.append(i + j)\nreturn a"
        ),
        [0, 1, 2, 2, 3, 4],
    ),
    ("for i in [1, 2, 3]:\n    if i == 2:\n        return i\nreturn 0", 2),
    ("i = 5\na = [i for i in range(3)]\nreturn [i, a]", [5, [0, 1, 2]]),
    ("return [(i, j) for i in range(3) for j in range(i) if i + j != 2]", [(1, 0), (2, 1)]),
    ("a = [1, 2]\nfor i in a:\n    a.append(i)\nreturn a", [1, 2, 1, 2]),
    ("a = {'x': 1, 'y': 2}\nreturn [k + text(v) for k, v in a.items()]", ["x1", "y2"]),
    ("a = {1, 2}\na.add(3)\na.discard(9)\na.remove(1)\nreturn [len(a), 2 in a, 1 in a]", [2, True, False]),
    ("a = {1: 2}\nreturn [a.get(1), a.get(5), a.get(5, 6), a.pop(1), a.pop(1, 9), len(a)]", [2, None, 6, 2, 9, 0]),
    ("a = [3, 1, 2]\nreturn [a.index(1), a.pop(), a.pop(0), a]", [1, 2, 3, [1]]),
    ("a = [1, 2, 3, 4]\nreturn [a[1:], a[::-1], a[-2], a[:2]]", [[2, 3, 4], [4, 3, 2, 1], 3, [1, 2]]),
    ("return 0 and 1 // 0", 0),
    ("return 1 or 1 // 0", 1),
    ("return 5 if True else 1 // 0", 5),
    ("pass\nreturn None", None),
]  # fmt: skip


@pytest.mark.parametrize(("body", "wanted"), PUBLIC)
def test_public_statements(body: str, wanted: Any) -> None:
    assert public(body) == wanted


def test_helpers_have_defaults_names_and_recursion() -> None:
    before = "STEP = 3\n\n\ndef f(a, b=STEP, c=2):\n    return a if b <= 0 else f(a + c, b - 1, c=c)\n"
    assert public("return [f(1), f(1, c=5), f(b=1, a=2)]", before=before) == [7, 16, 4]


# ---------------------------------------------------------------- a private condition


@pytest.mark.parametrize("x", [-100, -1, 0, 1, 3, 4, 100])
def test_private_if(x: int) -> None:
    body = """\
y = 0
z = x
if x > 3:
    y = 1
    t = y + 1
    z = t
elif x > 0:
    y = 2
else:
    z = -x
    if x == 0:
        y = 7
return reveal([y, z])"""
    wanted = [1, 2] if x > 3 else [2, x] if x > 0 else [7 if x == 0 else 0, -x]
    assert private(body, x=x) == wanted


def test_both_branches_see_what_was_before() -> None:
    body = "y = x\nif p:\n    y = y + 1\n    y = y * 2\nelse:\n    y = y - 1\nreturn reveal(y)"
    assert private(body, x=5, p=True) == 12
    assert private(body, x=5, p=False) == 4


def test_a_choice_of_tuples_booleans_and_arrays() -> None:
    body = "y = (x, x > 3, v) if p else (0, p, v + 1)\nreturn reveal(y[0]), reveal(y[1]), reveal(y[2])"
    found = private(body, x=5, p=True, v=[1, 2])
    assert (found[0], found[1], list(found[2])) == (5, True, [1, 2])
    found = private(body, x=5, p=False, v=[1, 2])
    assert (found[0], found[1], list(found[2])) == (0, False, [2, 3])


def test_fields_are_chosen_too() -> None:
    fields = "t: private[int(0, 100)] = 5\nkept: map[text, private[int(0, 100)]]\n"
    body = """\
self.kept["a"] = 1
if x > 3:
    self.t = self.t + 1
    self.kept["a"] = 9
else:
    self.kept["a"] = self.t
return reveal(self.t), reveal(self.kept["a"])"""
    attacked = deployed(private_source(body.replace("self.t + 1", "clip(self.t + 1, 0, 100)"), fields=fields, x=1))
    assert attacked.as_("ann").run(x=4) == (6, 9)
    assert attacked.as_("ann").run(x=1) == (6, 6)


def test_what_only_one_branch_assigns_may_not_be_read() -> None:
    with pytest.raises(UnknownName):
        private("if x > 3:\n    y = 1\nreturn reveal(y)", x=1)


def test_the_declared_range_holds_after_a_choice() -> None:
    with pytest.raises(SourceRange):
        private("y: private[int(0, 10)] = 0\nif x > 3:\n    y = x\nreturn reveal(y)", x=1)
    assert private("y: private[int(0, 10)] = 0\nif x > 3:\n    y = clip(x, 0, 10)\nreturn reveal(y)", x=50) == 10


@pytest.mark.parametrize(
    "inside",
    [
        "return reveal(x)",
        "n = reveal(x, to=everyone)",
        "emit('A')",
        "require(False, 'no')",
        "L['a'] = 1",
        "a.append(1)",
        "a[0] = 1",
    ],
)
def test_nothing_visible_under_a_private_condition(inside: str) -> None:
    with pytest.raises(SourceLeak):
        private(f"a = [0]\nif x > 3:\n    {inside}\nreturn reveal(x)", x=1)
    with pytest.raises(SourceLeak):
        private(f"a = [0]\nif x > 3:\n    pass\nelse:\n    {inside}\nreturn reveal(x)", x=1)


def test_what_a_branch_does_not_finish_is_no_longer_private_after_it() -> None:
    body = (
        "a = []\nif x > 3:\n    y = 1\nelse:\n    y = 2\na.append(y)\nn = reveal(y > 1, to=everyone)\nreturn n, len(a)"
    )
    assert private(body, x=1) == (True, 1)


# ---------------------------------------------------------------- loops


class Watched(Simulation):
    """A simulation that keeps the programs it runs."""

    def __init__(self) -> None:
        super().__init__()
        self.programs: list[Program] = []
        run = self.committee.run

        def watched(program: Program, stored: Any) -> Any:
            self.programs.append(program)
            return run(program, stored)

        self.committee.run = watched  # type: ignore[method-assign]

    def ops(self) -> list[Op]:
        return [node.op for program in self.programs for node in ancestors(program.outputs)]


LOOP = "y: private[int(0, 1000)] = 1\nfor _ in range(n):\n    t = y * 2\n    y = clip(t + x, 0, 1000)\nreturn reveal(y)"


@pytest.mark.parametrize("rounds", [0, 1, 2, 7])
def test_a_loop_of_a_program_is_as_the_rounds_one_by_one(rounds: int) -> None:
    wanted = 1
    for _ in range(rounds):
        wanted = min(max(wanted * 2 + 3, 0), 1000)
    assert private(LOOP, x=3, n=rounds) == wanted
    assert private(LOOP.replace("for _ in", "for i in"), x=3, n=rounds) == wanted


def test_a_loop_of_a_program_does_not_grow_with_its_rounds() -> None:
    sizes = []
    for rounds in (10, 1000):
        world = Watched()
        deployed(private_source(LOOP, x=1, n=1), simulation=world).as_("ann").run(x=3, n=rounds)
        assert Op.LOOP in world.ops()
        sizes.append(len(world.ops()))
    assert sizes[0] == sizes[1]


START = "y: private[int(0, 1000)] = 1\na = [0]\nn = 0\nfor _ in range(3):\n    y = clip(y * 2, 0, 1000)\n"
UNROLLED = [
    START + "    n = n + 1\n    y = clip(y + n, 0, 1000)\nreturn reveal(y), n",
    START + "    a.append(y)\nreturn reveal(y), len(a)",
    START + "    a[0] = y\nreturn reveal(y), reveal(a[0])",
    START + "    n = reveal(y, to=everyone)\nreturn reveal(y), n",
    START + "    b = [y for i in range(2)]\n    y = clip(b[0] + b[1], 0, 1000)\nreturn reveal(y), len(b)",
    START + "    self.n = self.n + 1\nreturn reveal(y), self.n",
    START + "    L['a'] = n\nreturn reveal(y), L['a']",
]
WANTED = [(19, 3), (8, 4), (8, 8), (8, 8), (64, 2), (8, 3), (8, 0)]


@pytest.mark.parametrize(("body", "wanted"), list(zip(UNROLLED, WANTED, strict=True)))
def test_what_does_not_fit_a_loop_of_a_program_is_unrolled(body: str, wanted: Any) -> None:
    assert private(body, fields="n: public[int] = 0\n", x=1) == wanted


def test_a_declared_variable_must_be_proven_in_each_round() -> None:
    with pytest.raises(SourceProblem):
        private("y: private[int(0, 10)] = 1\nfor _ in range(3):\n    y = y * 2\nreturn reveal(y)", x=1)


# ---------------------------------------------------------------- reveals end programs


def test_what_is_alive_is_kept_over_a_reveal_and_not_computed_again() -> None:
    world = Watched()
    body = "y = x * x\nz = y * y\nn = reveal(z > 10, to=everyone)\nif n:\n    return reveal(y + 1)\nreturn reveal(y)"
    found = deployed(private_source(body, x=1), simulation=world).as_("ann").run(x=5)
    assert found == 26
    first, second = world.programs
    assert Op.MUL in {node.op for node in ancestors(first.keeps)}
    assert Op.MUL not in {node.op for node in ancestors(second.outputs)}


@pytest.mark.parametrize(
    "expression",
    [
        "y + reveal(x, to=everyone)",
        "[y, reveal(x, to=everyone)][0] + reveal(x, to=everyone)",
        "f(y, reveal(x, to=everyone))",
        "max(y, reveal(x, to=everyone)) + y",
        "sum([y * reveal(x, to=everyone) for i in range(2)])",
        "(y if y > 3 else -y) + reveal(x, to=everyone)",
    ],
)
def test_what_an_expression_holds_survives_a_reveal_inside_of_it(expression: str) -> None:
    before = "def f(a, b):\n    c = a * 2\n    n = b + 1\n    return c + n\n"
    values = {"x": 3, "y": 9}
    wanted = {
        "y + reveal(x, to=everyone)": 12, "[y, reveal(x, to=everyone)][0] + reveal(x, to=everyone)": 12,
        "f(y, reveal(x, to=everyone))": 22, "max(y, reveal(x, to=everyone)) + y": 18,
        "sum([y * reveal(x, to=everyone) for i in range(2)])": 54, "(y if y > 3 else -y) + reveal(x, to=everyone)": 12,
    }[expression]  # fmt: skip
    assert private(f"y = x * x\nreturn reveal({expression})", before=before, x=values["x"]) == wanted


def test_what_is_alive_in_callers_loops_lists_and_fields() -> None:
    before = "def opened(a):\n    b = a * a\n    n = reveal(b > 10, to=everyone)\n    return b + 1 if n else b\n"
    body = """\
kept = [x * x, (x * 3, {"a": x * x * x})]
self.t = clip(x * x, 0, 100)
total = 0
for i in range(2):
    y = x * (i + 2)
    total = total + opened(y) + y
    if i == 0:
        late = y * y
return reveal([total, late, kept[0], kept[1][0], kept[1][1]["a"], self.t])"""
    fields = "t: private[int(0, 100)] = 0\n"
    assert private(body, before=before, fields=fields, x=3) == [37 + 6 + 82 + 9, 36, 9, 9, 27, 9]


def test_sealed_values_open_only_when_the_call_has_succeeded() -> None:
    body = "a = reveal(x)\nrequire(reveal(x > 3, to=everyone), 'small')\nreturn a"
    sample = deployed(private_source(body, x=1))
    with pytest.raises(CallRefused, match="small"):
        sample.as_("ann").run(x=1)
    assert sample.as_("ann").received == []
    assert sample.as_("ann").run(x=5) == 5


def test_a_sealed_value_is_not_computed_with() -> None:
    with pytest.raises(SourceProblem):
        private("return reveal(x) + 1", x=1)
    with pytest.raises(WrongType):
        private("return reveal(n)", n=1, x=1)
