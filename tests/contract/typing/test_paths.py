"""Paths that meet: loops, recursion, calls with other kinds, and what is never called."""

from __future__ import annotations

from tests.contract.typing.refusals_types import in_private, with_functions

from enigma.contract.reading.loading import load
from enigma.contract.reading.source import Source
from enigma.contract.typing import problems
from enigma.errors import OutOfFuel, SourceLeak, SourceProblem, WrongType


def found(text: str) -> list[SourceProblem]:
    return problems(load(Source("shop.py", text)))


def places(text: str) -> list[str]:
    return [p.fragment for p in found(text)]


def test_every_statement_once_and_in_order() -> None:
    text = in_private(
        "while x > 3:\n    n = n + 1\n"
        "z = self.stock[x] + self.stock[x]\nfor i in range(n):\n    self.limit = x\nreturn x"
    )
    assert places(text) == ["x > 3", "x", "x", "x"]
    assert [p.line for p in found(text)] == sorted(p.line for p in found(text))


def test_a_variable_that_becomes_private_two_rounds_later() -> None:
    assert places(in_private("a = 0\nb = 0\nfor i in range(n):\n    self.limit = b\n    b = a\n    a = x")) == ["b"]


def test_a_variable_that_is_private_again_before_it_is_read() -> None:
    assert places(in_private("a = x\nfor i in range(n):\n    a = i\n    self.limit = a")) == []


def test_after_break_and_continue() -> None:
    assert places(
        in_private("a = 0\nfor i in range(n):\n    if i > 2:\n        a = x\n        break\nself.limit = a")
    ) == ["a"]
    assert places(
        in_private("a = 0\nfor i in range(n):\n    self.limit = a\n    if i > 2:\n        a = x\n        continue")
    ) == ["a"]


def test_one_path_is_enough() -> None:
    assert places(in_private("a = 0\nif n > 3:\n    a = x\nreturn a")) == ["a"]


def test_other_names_of_a_list() -> None:
    assert places(in_private("a = [1]\nb = a\nb.append(x)\nself.limit = a[0]")) == ["a[0]"]


def test_a_function_that_fills_a_list() -> None:
    text = with_functions(
        "def fill(self, items, x):\n    items.append(x)\n    return 1\n\n"
        "@private\ndef run(self, x: private[int(0, 3)]):\n    a = [1]\n    self.fill(a, x)\n    return a[0]"
    )
    assert places(text) == ["a[0]"]


def test_recursion_is_private_where_one_end_is() -> None:
    text = with_functions(
        "def power(self, x, n):\n    if n == 0:\n        return 1\n    return x * self.power(x, n - 1)\n\n"
        "@private\ndef run(self, x: private[int(0, 3)]):\n    return self.power(x, 3), self.power(2, 3)"
    )
    assert places(text) == ["self.power(x, 3)"]


def test_two_functions_that_call_each_other() -> None:
    text = with_functions(
        "def even(self, x, n):\n    if n == 0:\n        return 0\n    return self.odd(x, n - 1)\n\n"
        "def odd(self, x, n):\n    if n == 0:\n        return x\n    return self.even(x, n - 1)\n\n"
        "@private\ndef run(self, x: private[int(0, 3)]):\n    return self.even(x, 4)"
    )
    assert places(text) == ["self.even(x, 4)"]


def test_what_nothing_calls_is_refused_only_if_it_is_wrong_for_all() -> None:
    text = with_functions("def one(self, x):\n    for i in range(x):\n        pass\n    return reveal(x)")
    assert found(text) == []
    text = with_functions("def one(self, x):\n    return sqrt(x, x, x)")
    (problem,) = found(text)
    assert type(problem) is WrongType
    assert problem.fragment == "x"


def test_a_private_condition_around_a_call_that_only_computes() -> None:
    text = with_functions(
        "def grow(self, x):\n    self.total = self.total + x\n    return x\n\n"
        "@private\ndef run(self, x: private[int(0, 3)]):\n    if x > 2:\n        self.grow(x)"
    )
    assert found(text) == []


def test_only_the_root_is_reported() -> None:
    (problem,) = found(in_private("a = self.stock[x]\nb = a + 1\nself.limit = b\nreturn reveal(b)"))
    assert type(problem) is SourceLeak
    assert problem.fragment == "x"


def test_loops_in_loops_end() -> None:
    depth = 30
    lines = "".join(f"{'    ' * i}for i{i} in range(n):\n" for i in range(depth))
    body = "    " * depth + "a = a + x"
    assert places(in_private("\n".join(["a = 0", *lines.splitlines(), body, "return a"]))) == ["a"]


def test_calls_with_many_combinations_of_kinds_end() -> None:
    names = [f"a{i}" for i in range(12)]
    every, turned = ", ".join(names), ", ".join(names[1:])
    functions = f"def f0(self, {every}):\n    return a0\n\n" + "\n".join(
        f"def f{i}(self, {every}):\n    z = self.f{i - 1}({turned}, a0)\n"
        f"    return z + self.f{i - 1}({turned}, self.total)\n"
        for i in range(1, 20)
    )
    run = f"\n@private\ndef run(self):\n    return reveal(self.f19({', '.join('0' for _ in names)}))"
    (problem,) = found(with_functions(functions + run))
    assert type(problem) is OutOfFuel


def test_chains_of_calls_end() -> None:
    functions = "def f0(self, x):\n    return x\n\n" + "\n".join(
        f"def f{i}(self, x):\n    return self.f{i - 1}(x)\n" for i in range(1, 60)
    )
    (problem,) = found(with_functions(functions + "\n@private\ndef run(self, n: int):\n    return self.f59(n)"))
    assert type(problem) is OutOfFuel


def test_deep_expressions_in_chains_of_calls_end() -> None:
    deep = "(" * 40 + "{}" + " + 1)" * 40
    functions = "def f0(self, x):\n    return x\n\n" + "\n".join(
        f"def f{i}(self, x):\n    return {deep.format(f'self.f{i - 1}(x)')}\n" for i in range(1, 20)
    )
    (problem,) = found(with_functions(functions + "\n@private\ndef run(self, n: int):\n    return self.f19(n)"))
    assert type(problem) is OutOfFuel
