"""What has no meaning on the chain, or another one: refused, with the place and what to write instead."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import indent

import pytest

from enigma.contract.reading.loading import load
from enigma.contract.reading.source import Source
from enigma.contract.vyper import public_half
from enigma.errors import ArgumentProblem, NotTheLanguage, SourceProblem, SourceRange, UnknownName, WrongType


@dataclass(frozen=True)
class Row:
    """A refused source: its error, what is blamed, words of the message and of the hint, and an accepted twin."""

    source: str
    error: type[SourceProblem]
    fragment: str
    message: str
    hint: str
    accepted: str = ""


def body(lines: str, more: str = "") -> str:
    """A contract with one public function of these lines."""
    fields = (
        "count: public[int] = 0\nitems: public[list[int]]\nnames: public[set[text]]\nages: public[map[text, int]]\n"
        "price: public[fixed] = 1\nhidden: map[address, private[int(0, 9)]]\n"
    )
    head = "@public\ndef run(self, n: int, x: fixed, t: text, xs: list[int], who: address):\n"
    return of_fields(f"{fields}\n{more}\n{head}{indent(lines, '    ')}")


def of_fields(lines: str) -> str:
    """A contract with these lines in its class."""
    return f"class Sample(Contract):\n{indent(lines, '    ')}\n"


W, N, R, U = WrongType, NotTheLanguage, SourceRange, UnknownName

ROWS = [
    Row(body("return n / 2"), W, "n / 2", "rounds to 34 digits", "write //", body("return n // 2")),
    Row(body("return x * x"), W, "x * x", "rounds, and the chain", "exact", body("return x * 3")),
    Row(body("return x // 2"), W, "x // 2", "rounds, and the chain", "exact", body("return int(x) // 2")),
    Row(body("return n ** -1"), W, "n ** -1", "is a fraction", "whole numbers", body("return n ** 2")),
    Row(body("return sqrt(n)"), W, "sqrt(n)", "`sqrt` is not computed on the chain", "@private"),
    Row(body("return round(x)"), W, "round(x)", "round of a decimal number", "int(x)", body("return int(x)")),
    Row(body("return 2**255"), R, "2**255", "beyond those of the chain", "2**255 - 1", body("return 2**254")),
    Row(body("return 0.1 ** 30"), R, "0.1 ** 30", "decimal number that the chain", "18 digits",
        body("return 0.1 ** 3")),
    Row(body("return len(t)"), W, "len(t)", "counted in bytes", "number", body("return len(xs)")),
    Row(body("return t < 'b'"), W, "t < 'b'", "`<` of a text", "numbers are ordered", body("return t == 'b'")),
    Row(body("return t[0]"), W, "t[0]", "no elements to index", "lists and maps", body("return xs[0]")),
    Row(body("return 'a' in t"), W, "'a' in t", "`in` a text", "lists, sets", body("return 'a' in self.names")),
    Row(body("return text(x)"), W, "text(x)", "a text of a decimal number", "emit", body("return text(n)")),
    Row(body(f"self.names.add('{'é' * 129}')"), W, f"'{'é' * 129}'", "too long for the chain", "256 bytes"),
    Row(body("return senders"), W, "senders", "only the one who sends", "write sender", body("return sender")),
    Row(body("return L[n]"), W, "L[n]", "what kind of value", "int(L[key])", body("return int(L[n])")),
    Row(body("return L.history(n)"), W, "L.history(n)", "`L.history` on the chain", "L.get", body("return n in L")),
    Row(body("L[n] = xs"), W, "xs", "a list is written to L", "plain values", body("L[n] = len(xs)")),
    Row(body("return self.loop(n)", "def loop(self, n):\n    return 1 if n < 2 else n * self.loop(n - 1)\n"), W,
        "self.loop(n - 1)", "calls itself", "loop"),
    Row(body("ys = self.items\nself.items.append(1)\nreturn len(ys)"), W, "ys", "self.items under another name",
        "list(ys)", body("ys = list(self.items)\nself.items.append(1)\nreturn len(ys)")),
    Row(body("ys = [1]\nzs = ys\nzs.append(2)\nreturn ys"), W, "zs.append(2)", "the same list is seen elsewhere",
        "zs = list(...)", body("ys = [1]\nzs = list(ys)\nzs.append(2)\nreturn ys")),
    Row(body("xs.append(1)"), W, "xs.append(1)", "`xs` changes", "begin with a copy",
        body("ys = list(xs)\nys.append(1)")),
    Row(body("ys = [xs, xs]"), W, "[xs, xs]", "a list of what is a list", "a list for each"),
    Row(body("y = {'a': 1}"), W, "{'a': 1}", "a map that is written out", "field", body("self.ages['a'] = 1")),
    Row(body("y = n\ny = t"), W, "y", "`y` is a text here and a whole number elsewhere", "one kind",
        body("y = n\ny = 2")),
    Row(body("y = []"), W, "y", "an empty list", "append", body("y = []\ny.append(n)")),
    Row(body("if n > 1:\n    y = 1\nreturn y"), U, "y", "may have no value here", "before",
        body("y = 0\nif n > 1:\n    y = 1\nreturn y")),
    Row(body("y = n if n > 1 else x"), W, "n if n > 1 else x", "either a whole number or a decimal number", "one kind",
        body("y = n if n > 1 else int(x)")),
    Row(body("y = t or 'none'"), W, "t or 'none'", "`and` and `or` of other things", "if c else"),
    Row(body("return self.ages.get(t)"), W, "self.ages.get(t)", "without another value", "default",
        body("return self.ages.get(t, 0)")),
    Row(body("emit('Seen', n=n)\nemit('Seen', m=n)"), W, "emit('Seen', m=n)", "has other values elsewhere", "one set",
        body("emit('Seen', n=n)\nemit('Seen', n=2)")),
    Row(body("emit(t, n=n)"), W, "emit(t, n=n)", "name is written out", "emit"),
    Row(body("return sorted(xs, reverse=True)"), W, "sorted(xs, reverse=True)", "arguments by name", "in their order",
        body("return sorted(xs)")),
    Row(body("return [y for y in [(1, 2)]]"), W, "[(1, 2)]", "a list of what is a tuple", "a list for each"),
    Row(of_fields("log: public[int] = 0\n@public\ndef f(self):\n    pass"), W, "log: public[int] = 0",
        "`log` is a word of Vyper", "log_now"),
    Row(of_fields("@public\ndef wei(self):\n    pass"), W, "", "`wei` is a word of Vyper", "wei_now"),
    Row(of_fields("@public\ndef enigma_settle(self):\n    pass"), W, "", "every public half has", "another name"),
    Row(of_fields("a: public[map[text, int]]\n@public\ndef a_keys(self):\n    return 1"), W,
        "a: public[map[text, int]]", "gives out the keys of a", "another name"),
    Row(of_fields("big: public[int(0, 2**255)] = 0\n@public\ndef f(self):\n    pass"), W,
        "big: public[int(0, 2**255)] = 0", "which the chain does not have", "2**255"),
    Row(of_fields("a: public[list[list[int]]]\n@public\ndef f(self):\n    pass"), W, "a: public[list[list[int]]]",
        "which the chain does not have", "plain values"),
    Row(of_fields("@public\ndef f(self, m: map[text, int]):\n    pass"), W, "m: map[text, int]", "no call to the chain",
        "two lists"),
    Row(of_fields("a: public[map[text, list[int]]]\n@private\ndef f(self):\n    self.a['x'] = [1]"), W, "self.a",
        "a map of lists", "plain values"),
    Row(of_fields("a: public[int]\n@public\ndef __init__(self):\n    b = self.a\n    self.a = 1"), W, "self.a",
        "has no value yet", "assign it first"),
    Row(of_fields("@private\ndef f(self):\n    L['a'] = 1"), W, "L['a']", "f writes to L", "public field",
        of_fields("@private\ndef f(self):\n    return L['a'], 'a' in L, L.history('a')")),
    Row(of_fields("@private\ndef f(self):\n    self.g()\ndef g(self):\n    L['a'] += 1"), W, "L['a']", "f writes to L",
        "public field", of_fields("@public\ndef f(self):\n    self.g()\ndef g(self):\n    L['a'] = 1")),
    Row(of_fields("@private\ndef f(self, x: private[bool], n: int):\n    MPC.set(1, x, only_me() | at_least(n, this))"),
        W, "at_least(n, this)", "one account signs", "members(identity)",
        of_fields("@private\ndef f(self, x: private[bool]):\n    MPC.set(1, x, only_me() | at_least(1, this))")),
]  # fmt: skip


def half(source: str) -> str:
    return public_half(load(Source("sample.py", source))).source


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.message[:40])
def test_it_is_refused_and_says_why(row: Row) -> None:
    with pytest.raises(SourceProblem) as caught:
        half(row.source)
    problem = caught.value
    assert type(problem) is row.error
    assert row.message in problem.reason
    assert row.hint in problem.hint
    assert problem.fragment == row.fragment or not row.fragment
    assert "^" in problem.excerpt
    assert problem.file == "sample.py"


@pytest.mark.parametrize("row", [row for row in ROWS if row.accepted], ids=lambda row: row.message[:40])
def test_its_rewrite_is_accepted(vyper: None, row: Row) -> None:
    from tests.contract.vyper.anvil import compiled

    assert compiled(half(row.accepted))[0]


def test_a_module_without_a_contract_has_no_public_half() -> None:
    with pytest.raises(ArgumentProblem, match="declares no contract"):
        half("LIMIT = 3\n")
