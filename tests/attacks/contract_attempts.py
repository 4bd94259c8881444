"""Attempts to get out of the contract language, to exhaust who evaluates it, or to make a private value known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from textwrap import indent
from typing import Any

from enigma.errors import (
    ArgumentProblem,
    CallRefused,
    EnigmaError,
    NotTheLanguage,
    OutOfFuel,
    SourceLeak,
    SourceProblem,
    UnknownName,
    WrongType,
)


@dataclass(frozen=True)
class Attempt:
    """A source, one call of its function `run`, and how it is refused: error class, and words of the message."""

    name: str
    source: str
    error: type[EnigmaError] | tuple[type[EnigmaError], ...]
    words: str = ""
    call: Mapping[str, Any] = field(default_factory=dict)


FIELDS = """\
n: public[int] = 0
ns: public[list[int]]
nested: public[list[list[int]]]
names: public[map[text, int]]
who: public[set[address]]
t: private[int(0, 100)] = 1
rows: private[Row]
kept: map[address, private[int(0, 100)]]
"""

HEAD = "@private\ndef run(self, x: private[int(0, 10)], xs: private[int(0, 10)[4]], k: int):\n"


def entry(body: str, *, before: str = "", more: str = "") -> str:
    """A contract whose private function `run` has these lines; `before` stands at the module, `more` in the class."""
    inside = f"{FIELDS}\n{more}\n{HEAD}{indent(body, '    ')}\n"
    return f"Row = table(a=int(0, 10))\n\n{before}\n\nclass Attack(Contract):\n{indent(inside, '    ')}"


def attempt(
    name: str,
    body: str,
    error: type[EnigmaError] | tuple[type[EnigmaError], ...],
    words: str = "",
    *,
    before: str = "",
    more: str = "",
    call: Mapping[str, Any] | None = None,
) -> Attempt:
    """An attempt of these lines in `run`."""
    return Attempt(name, entry(body, before=before, more=more), error, words, call or {})


L, U, W, F, K = NotTheLanguage, UnknownName, WrongType, OutOfFuel, SourceLeak
ANY = SourceProblem

DUNDERS = [
    attempt(f"dunder: {body}", f"return {body}", (L, U))
    for body in (
        "x.__class__", "self.__class__", "().__class__.__bases__[0].__subclasses__()", "run.__globals__", "x.__dict__",
        "self.run.__func__.__globals__", "len.__self__", "__import__('os')", "__builtins__", "'a'.__len__()",
        "x.__array_interface__", "self.__init__", "Contract.__mro__",
    )
]  # fmt: skip

ATTRIBUTES = [
    attempt(f"attribute: {body}", f"return {body}", (L, U, W))
    for body in (
        "x.node", "x.node.inputs", "xs.secret", "x._committee", "'{0.__class__}'.format(x)", "'a'.join(['b'])", "k.real",
        "(0.5).as_tuple()", "self.state", "self.fields", "[].__class__", "[].sort()", "{}.update({1: 2})", "sender.octets",
        "self.rows.columns", "self.rows._name", "L._entries", "MPC.dictionaries", "only_me().tree()", "self.kept.name",
        "len.call", "everyone.tree", "Row.columns", "self.run.function", "now.bit_length()", "xs.range.__class__",
    )
]  # fmt: skip

FORMS = [
    attempt("f-string", "return f'{x}'", L, "f-string"),
    attempt("format with %", "return '%s' % x", ANY),
    attempt("text of a private value", "return text(x)", K),
    attempt("text of a list of private values", "return text([x])", ANY),
    attempt("lambda", "return (lambda: 1)()", L),
    attempt("nested def", "def f():\n    return 1\nreturn f()", L),
    attempt("class inside", "class A:\n    pass", L),
    attempt("exec", "exec('1')", U),
    attempt("eval", "return eval('1')", U),
    attempt("open", "return open('/etc/passwd')", U),
    attempt("getattr", "return getattr(self, 'n')", U),
    attempt("globals", "return globals()", U),
    attempt("vars", "return vars(self)", U),
    attempt("type", "return type(x)", U),
    attempt("print", "print(x)", U),
    attempt("id", "return id(x)", U),
    attempt("hash", "return hash('a')", U),
    attempt("import inside", "import os", L),
    attempt("import at the top", "return 1", L, before="import os"),
    attempt("import from os", "return 1", L, before="from os import system"),
    attempt("import from enigma", "return 1", L, before="from enigma.engine import plain"),
    attempt("import of everything", "return 1", (L, U), before="from enigma.std import *"),
    attempt("relative import", "return 1", L, before="from . import reading"),
    attempt("import by a path", "return 1", (L, U), before="from enigma.std.contract.std import x"),
    attempt("import by a digest that nobody has", "return 1", U, before=f"from sha256_{'0' * 64} import f"),
    attempt("walrus", "return (y := k)", L),
    attempt("star arguments", "return max(*[1, 2])", L),
    attempt("star target", "a, *b = [1, 2, 3]", L),
    attempt("double star", "return emit('a', **{'b': 1})", L),
    attempt("try", "try:\n    return 1\nexcept Exception:\n    return 2", L),
    attempt("with", "with self:\n    pass", L),
    attempt("assert", "assert k", L),
    attempt("raise", "raise k", L),
    attempt("yield", "yield k", L),
    attempt("global", "global k", L),
    attempt("is", "return k is 4", L),
    attempt("bytes", "return b'a'", L),
    attempt("complex", "return 1j", L),
    attempt("generator", "return sum(i for i in range(3))", L),
    attempt("shift", "return 1 << k", L),
    attempt("decorator", "return 1", (L, U), more="@staticmethod\ndef f():\n    return 1\n"),
    attempt("decorator with a call", "return 1", (L, U), more="@public(1)\ndef f(self):\n    return 1\n"),
    attempt("metaclass", "return 1", L, before="class A(metaclass=type):\n    pass\n"),
    attempt("second contract", "return 1", (L, U), before="class A(Contract):\n    pass\n"),
    attempt("slots", "return 1", (L, U, W), more="__slots__ = 1\n"),
    attempt("match", "match k:\n    case 1:\n        return 1", L),
]

LOOKALIKES = [
    attempt("Cyrillic name", "s\u0435nder = 1\nreturn 1", L, "U+0435"),
    attempt("full-width name", "return \uff52eveal(x)", L, "U+FF52"),
    attempt("ligature", "return \ufb01xed", L, "U+FB01"),
    attempt("NFKC of a dunder", "return x.\uff3f\uff3fclass\uff3f\uff3f", L),
    attempt("long s", "\u017felf = 1\nreturn 1", L),
    attempt("direction mark in a comment", "return 1  # \u202e)x(laever", L, "U+202E"),
    attempt("direction mark in a text", "require(k > 0, '\u2066no')\nreturn 1", L, "U+2066"),
    attempt("zero-width joiner", "return 'a\u200db'", L, "U+200D"),
    attempt("soft hyphen", "return 'a\u00adb'", L, "U+00AD"),
    attempt("no-break space", "return\u00a01", L),
    attempt("form feed", "return 1\x0c", L, "U+000C"),
    attempt("null", "return 1 # \0", L, "U+0000"),
    attempt("surrogate", "return '\\ud800'", L),
    attempt("another encoding", "return 1", L, before=""),
    attempt("superscript", "return k\u00b2", L),
    attempt("Arabic digits", "return \u0661", L),
]
LOOKALIKES = [a for a in LOOKALIKES if a.name != "another encoding"] + [
    Attempt("another encoding", "# coding: utf-7\n" + entry("return 1"), L, "UTF-8"),
]

COLLISIONS = [
    attempt("sender as a local", "sender = deployer\nreturn 1", U),
    attempt("reveal as a local", "reveal = 1\nreturn 1", U),
    attempt("reveal as a function", "return 1", U, before="def reveal(x):\n    return x\n"),
    attempt("require as a parameter", "return 1", U, before="def f(require):\n    return require\n"),
    attempt("self as a local", "self = 1\nreturn 1", U),
    attempt("self as a parameter of a helper", "return f(1)", (L, U), before="def f(self):\n    return self.n\n"),
    attempt("private as a table", "return 1", U, before="private = table(a=int(0, 1))"),
    attempt("everyone as a loop variable", "for everyone in [1]:\n    pass", U),
    attempt("a field twice", "return 1", U, more="n: public[int] = 1\n"),
    attempt("a field and a function", "return 1", U, more="def n(self):\n    return 1\n"),
    attempt("two functions of one name", "return 1", U, more="@public\ndef run(self):\n    return 1\n"),
    attempt("a helper as a constant", "return 1", U, before="f = 1\n\n\ndef f(x):\n    return x\n"),
    attempt("L as a local", "L = {}\nreturn 1", U),
    attempt("Contract as a constant", "return 1", U, before="Contract = 1"),
    attempt("module named os", "return os.getcwd()", U, before="os = 1\n"[:0]),
    attempt("a constant of itself", "return A", ANY, before="A = A + 1"),
    attempt("a constant of a later one", "return A", ANY, before="A = B\nB = A"),
    attempt("a parameter twice", "return 1", (L, U), before="def f(a, a):\n    return a\n"),
    attempt("an argument twice", "return f(1, a=2)", ANY, before="def f(a):\n    return a\n"),
    attempt("a number as a key of texts", "self.names[1] = 1\nreturn 1", W),
    attempt("True as a number of a field", "self.n = True\nreturn 1", W),
]

FUEL = [
    attempt("endless while", "while True:\n    pass", F),
    attempt("endless while with a list", "a = []\nwhile True:\n    a.append(1)", F),
    attempt("huge range", "n = 0\nfor i in range(10**18):\n    n += 1", F),
    attempt("endless range", "for i in range(10**30):\n    pass", ANY),
    attempt("a decimal in a huge range", "return 0.5 in range(10**15) or range(10**15)[10**20]", W),
    attempt("list of a huge range", "return list(range(10**12))", F),
    attempt("sum of a huge range", "return sum(range(10**12))", F),
    attempt("nested loops", "for a in range(10**4):\n    for b in range(10**4):\n        for c in range(10**4):\n            pass", F),
    attempt("nested comprehension", "return len([1 for a in range(10**4) for b in range(10**4)])", F),
    attempt("direct recursion", "return f(1)", F, before="def f(a):\n    return f(a + 1)\n"),
    attempt("mutual recursion", "return f(1)", F, before="def f(a):\n    return g(a)\n\n\ndef g(a):\n    return f(a)\n"),
    attempt("recursion in a comprehension", "return f(1)", F,
            before="def f(a):\n    return [[f(a + c) for b in [1] for c in [1]] for d in [1] for e in [1]]\n"),
    attempt("recursion of a method", "return self.f(1)", F, more="def f(self, a):\n    return self.f(a)\n"),
    attempt("recursion under private conditions", "return reveal(f(x))", (F, K),
            before="def f(a):\n    b = a\n    if a > 3:\n        if a > 4:\n            b = f(b)\n    return b\n"),
    attempt("recursion through a condition", "return f(1)", F,
            before="def f(a):\n    return (1 if (f(a + 1) if a > 0 else 0) > 0 else 2) if a > 0 else 3\n"),
    attempt("recursion through arguments", "return f(1)", F,
            before="def f(a):\n    return max([[[[min(1, f(a + 1))]]]][0][0][0][0], 1)\n"),
    attempt("fanned recursion", "return f(30)", F,
            before="def f(a):\n    return 1 if a < 2 else f(a - 1) + f(a - 2)\n"),
    attempt("deep brackets", "return " + "(" * 150 + "1" + ")" * 150, F),
    attempt("deep sum", "return " + "1 + " * 900 + "1", F),
    attempt("deep not", "return " + "not " * 300 + "True", F),
    attempt("deep minus", "return " + "-" * 1500 + "1", F),
    attempt("deep subscripts", "return ns" + "[0]" * 300, (F, U)),
    attempt("deep if", "".join("    " * i + "if k > 0:\n" for i in range(60)) + "    " * 60 + "return 1", F),
    attempt("deep elif", "if k == 0:\n    return 0\n" + "".join(f"elif k == {i + 5}:\n    return {i}\n" for i in range(900)) + "return 1", F),
    attempt("a long line", "return [" + "1, " * 5000 + "]", F),
    attempt("a long number", "return 1" + "0" * 5000, F),
    attempt("a long exponent", "return 1e99999", F),
    attempt("a huge power", "return 10 ** 10 ** 10", F),
    attempt("a huge power by squaring", "a = 3\nfor i in range(100):\n    a = a * a\nreturn a", F),
    attempt("a power tower", "return 9 ** 9 ** 9 ** 9", F),
    attempt("a factorial", "a = 1\nfor i in range(1, 10**6):\n    a *= i\nreturn a", F),
    attempt("a decimal power", "return 10.0 ** 10 ** 9", ANY),
    attempt("a decimal power near one", "return 1.0000000000000000000000000000001 ** 10 ** 70", ANY),
    attempt("a huge decimal made whole", "return int(1e100 * 1e90)", F),
    attempt("exp of a huge number", "return exp(10 ** 70)", ANY),
    attempt("round to many digits", "return round(0.5, 10 ** 9)", ANY),
    attempt("text doubling", "a = 'aaaaaaaaaaaaaaaa'\nfor i in range(60):\n    a = a + a\nreturn 1", F),
    attempt("text times a number", "return 'a' * 10 ** 9", ANY),
    attempt("many long texts", "a = 'a'\nwhile len(a) < 8000:\n    a = a + a\nb = []\nwhile True:\n    b.append(a + 'b')", F),
    attempt("many parts of a text", "a = 'a'\nwhile len(a) < 8000:\n    a = a + a\nb = []\nwhile True:\n    b.append(a[1:])", F),
    attempt("list doubling", "a = [1]\nfor i in range(60):\n    a = a + a\nreturn 1", F),
    attempt("list times a number", "return [0] * 10 ** 9", F),
    attempt("tuple times a number", "return (0,) * 10 ** 9", F),
    attempt("list times a negative number, then a huge one", "a = [0] * -5\nreturn ([1] * 10 ** 18)[0]", F),
    attempt("many copies by slices", "a = list(range(10 ** 6))\nb = []\nwhile True:\n    b.append(a[:])", F),
    attempt("copies in augmented assignment", "a = [1]\nwhile True:\n    a += a", F),
    attempt("looking for what is not there", "a = list(range(10 ** 6))\nwhile True:\n    b = -1 in a", F),
    attempt("asking for the place again and again", "a = list(range(10 ** 6))\nwhile True:\n    b = a.index(999999)", F),
    attempt("comparing long lists", "a = list(range(10 ** 6))\nb = list(range(10 ** 6))\nwhile a == b:\n    pass", F),
    attempt("a list beside a private value", "a = list(range(10 ** 6))\nwhile True:\n    b = x + a", F),
    attempt("deep list", "a = [1]\nfor i in range(10 ** 4):\n    a = [a]\nreturn a", F),
    attempt("deep tuple as a key", "a = (1,)\nfor i in range(10 ** 4):\n    a = (a,)\nreturn {a: 1}", F),
    attempt("deep list compared", "a = [1]\nb = [1]\nfor i in range(10 ** 4):\n    a = [a]\n    b = [b]\nreturn a == b", F),
    attempt("deep list from below", "a = []\nb = a\nfor i in range(10 ** 4):\n    c = []\n    b.append(c)\n    b = c\nreturn a", F),
    attempt("doubled by reference", "a = [1, 1]\nfor i in range(60):\n    a = [a, a]\nreturn a", F),
    attempt("doubled wide", "a = [0] * 2000\nb = [a] * 2000\nself.nested = b\nreturn 1", F),
    attempt("doubled wide in an argument", "a = [0] * 2000\nreturn reveal(x + [a] * 2000)", F),
    attempt("list inside of itself", "a = []\na.append(a)\nreturn a", F),
    attempt("list inside of itself by a place", "a = [0]\na[0] = a\nreturn a == [1]", F),
    attempt("two lists inside of each other", "a = []\nb = [a]\na.append(b)\nself.nested = a\nreturn 1", ANY),
    attempt("map inside of itself", "a = {1: 1}\na[2] = a\nreturn a", F),
    attempt("list inside of itself as an array", "a = [0]\na[0] = a\nreturn reveal(x + a)", F),
    attempt("list inside of itself as a shape", "a = [0]\na[0] = a\nreturn zeros(a)", F),
    attempt("list inside of itself as an event", "a = [0]\na[0] = a\nemit('A', a=a)\nreturn 1", ANY),
    attempt("list inside of itself on the ledger", "a = [0]\na[0] = a\nL['a'] = a\nreturn 1", ANY),
    attempt("list inside of itself, looked for", "a = [0]\na[0] = a\nreturn [1] in a", F),
    attempt("growing what is iterated over", "a = [1]\nfor i in a:\n    a.append(i)\nwhile True:\n    pass", F),
    attempt("growing a map that is iterated over", "a = {1: 1}\nfor i in a:\n    a[i + 1] = 1\nwhile len(a) > 1:\n    pass", F),
    attempt("a mountain of events", "while True:\n    emit('A', a=[1, 2, 3])", F),
    attempt("a mountain of ledger entries", "a = [1] * 20000\nfor i in range(10 ** 4):\n    L[i] = a", F),
    attempt("reading the ledger again and again", "L['a'] = [1] * 20000\nwhile True:\n    a = L['a']", F),
    attempt("revealing without end", "while True:\n    a = reveal(x, to=everyone)", F),
]  # fmt: skip

SHAPES = [
    attempt("giant ones", "return reveal(x + sum(ones((10**9,))))", F),
    attempt("giant ones of two axes", "return reveal(x + sum(ones((10**5, 10**5))))", F),
    attempt("many large ones", "a = []\nwhile True:\n    a.append(ones((10**6,)))", F),
    attempt("many sequences", "a = []\nwhile True:\n    a.append(arange(10**6))", F),
    attempt("giant identity", "return reveal(x + sum(eye(10**5)))", F),
    attempt("giant classes", "return reveal(sum(one_hot(x, 10**9)))", F),
    attempt("giant groups", "return reveal(sum(group_sum(xs, xs, 10**9)))", F),
    attempt("giant broadcast", "return reveal(sum(broadcast_to(x, (10**9,))))", F),
    attempt("giant broadcast of many axes", "return reveal(sum(broadcast_to(x, (99,) * 30)))", (F, W)),
    attempt("too many axes", "return reveal(sum(broadcast_to(x, (1,) * 100)))", (F, W)),
    attempt("giant repeat", "return reveal(sum(repeat(xs, 10**9)))", F),
    attempt("giant full", "return reveal(sum(full((10**9,), x)))", F),
    attempt("negative shape", "return reveal(x + sum(ones((-5,))))", (F, W)),
    attempt("giant sequence", "return reveal(x + sum(arange(10**12)))", F),
    attempt("giant line", "return reveal(x + sum(linspace(0, 1, 10**12)))", F),
    attempt("doubling an array", "a = xs\nfor i in range(60):\n    a = concat([a, a])\nreturn reveal(sum(a))", (F, W)),
    attempt("doubling by outer products", "a = xs\nfor i in range(60):\n    a = reshape(expand_dims(clip(a, 0, 1), 1) * expand_dims(clip(a, 0, 1), 0), (-1,))\nreturn reveal(sum(a))", (F, W)),
    attempt("giant reshape", "return reveal(reshape(xs, (10**9,)))", (F, W)),
    attempt("giant stack", "return reveal(sum(stack([x] * 10**6)))", (F, W)),
    attempt("giant roll", "return reveal(roll(xs, 10**30))", (F, W)),
    attempt("giant index", "return reveal(xs[10**30])", (F, W)),
    attempt("giant slice", "return reveal(xs[:10**30][::10**40][1])", (F, W)),
    attempt("giant axis", "return reveal(sum(xs, axis=10**30))", (F, W)),
    attempt("many private operations", "a = x\nwhile True:\n    a = clip(a + 1, 0, 10)", F),
    attempt("folding again and again", "a = ones((1000,))\nwhile sum(a) > 0:\n    a = a + 1", F),
]  # fmt: skip

FLOWS = [
    attempt("while on a private value", "while x > 3:\n    pass", K),
    attempt("range of a private value", "for i in range(x):\n    pass", K),
    attempt("index of a list of texts", "return ['a', 'b'][x]", ANY),
    attempt("index of a text", "return 'abcdefghijk'[x]", K),
    attempt("private key of a map", "return {1: 2}[x]", K),
    attempt("private key of get", "return {1: 2}.get(x, 3)", K),
    attempt("private key of a field", "self.kept[x] = 1\nreturn 1", ANY),
    attempt("private item of a set", "a = {1}\na.add(x)\nreturn len(a)", K),
    attempt("set of private values", "return len({x, xs[0]})", K),
    attempt("set() of private values", "return len(set([x, xs[0]]))", K),
    attempt("map() of private values", "return len(map([(x, 1)]))", K),
    attempt("private value in a list", "return x in [1, 2]", ANY),
    attempt("public value in private ones", "return 1 in [x]", ANY),
    attempt("public value in a private array", "return 1 in xs", ANY),
    attempt("place of a private value", "return [x].index(1)", ANY),
    attempt("removing a private value", "a = [1, 2]\na.remove(x)\nreturn a", ANY),
    attempt("popping at a private place", "a = [1, 2]\nreturn a.pop(x)", K),
    attempt("private count in a comprehension", "return len([1 for i in range(x)])", K),
    attempt("private condition in a comprehension", "return len([i for i in xs if i > 3])", K),
    attempt("private shape", "return zeros((x,))", K),
    attempt("private axis", "return reveal(sum(xs, axis=x))", ANY),
    attempt("private scale", "return reveal(as_fixed(x, x))", ANY),
    attempt("private repeat", "return reveal(repeat(xs, x))", K),
    attempt("private classes", "return reveal(one_hot(x, x))", K),
    attempt("private roll", "return reveal(roll(xs, x))", ANY),
    attempt("private slice", "return reveal(xs[:x])", K),
    attempt("private exponent", "return reveal(2 ** x)", ANY),
    attempt("choosing texts", "return 'a' if x > 3 else 'b'", K),
    attempt("choosing texts with where", "return where(x > 3, 'a', 'b')", ANY),
    attempt("choosing lists", "a = [1] if x > 3 else [1, 2]\nreturn len(a)", K),
    attempt("choosing lengths of tuples", "a = (1,) if x > 3 else (1, 2)\nreturn len(a)", K),
    attempt("return under a private condition", "if x > 3:\n    return 1\nreturn 2", K),
    attempt("break under a private condition", "for i in range(3):\n    if x > i:\n        break\nreturn i", K),
    attempt("continue under a private condition", "for i in range(3):\n    if x > i:\n        continue\nreturn 1", K),
    attempt("append under a private condition", "a = []\nif x > 3:\n    a.append(1)\nreturn len(a)", K),
    attempt("public field under a private condition", "if x > 3:\n    self.n = 1\nreturn self.n", K),
    attempt("event under a private condition", "if x > 3:\n    emit('A')\nreturn 1", K),
    attempt("require under a private condition", "if x > 3:\n    require(False, 'no')\nreturn 1", K),
    attempt("ledger under a private condition", "if x > 3:\n    L['a'] = 1\nreturn 1", K),
    attempt("reveal under a private condition", "if x > 3:\n    a = reveal(x, to=everyone)\nreturn 1", K),
    attempt("reveal in a private choice", "return reveal(x, to=everyone) if x > 3 else 0", K),
    attempt("MPC under a private condition", "if x > 3:\n    MPC['a'] = x\nreturn 1", K),
    attempt("delete under a private condition", "a = [1]\nif x > 3:\n    del a[0]\nreturn len(a)", K),
    attempt("place of a list under a private condition", "a = [1]\nif x > 3:\n    a[0] = 2\nreturn a", K),
    attempt("withdraw under a private condition", "if x > 3:\n    self.rows.withdraw()\nreturn 1", K),
    attempt("new key under a private condition", "if x > 3:\n    self.kept[sender] = 1\nreturn len(self.kept)", K),
    attempt("a helper that returns under a private condition", "return reveal(f(x))", K,
            before="def f(a):\n    if a > 3:\n        return 1\n    return 2\n"),
    attempt("a helper that appends under a private condition", "a = []\nif x > 3:\n    b = f(a)\nreturn len(a)", K,
            before="def f(a):\n    a.append(1)\n    return 1\n"),
    attempt("a method that emits under a private condition", "y = self.f() if x > 3 else 0\nreturn y", K,
            more="def f(self):\n    emit('A')\n    return 1\n"),
    attempt("private condition of require", "require(x > 3, 'no')\nreturn 1", K),
    attempt("private condition of require, all", "require(all(xs > 3), 'no')\nreturn 1", K),
    attempt("private condition of require, any of a list", "require(any([x > 3]), 'no')\nreturn 1", K),
    attempt("private value as a message", "require(k > 9, x)\nreturn 1", ANY),
    attempt("private value in an event", "emit('A', a=x)\nreturn 1", K),
    attempt("private value in a list in an event", "emit('A', a=[1, (2, x)])\nreturn 1", ANY),
    attempt("private value as the name of an event", "emit(x)\nreturn 1", ANY),
    attempt("private value on the ledger", "L['a'] = x\nreturn 1", K),
    attempt("private value deep on the ledger", "L['a'] = [[[x]]]\nreturn 1", ANY),
    attempt("private value in a map on the ledger", "L['a'] = {1: x}\nreturn 1", ANY),
    attempt("private key of the ledger", "L[x] = 1\nreturn 1", K),
    attempt("private key of DHT", "DHT[(1, x)] = 1\nreturn 1", ANY),
    attempt("private time of the ledger", "L['a'] = 1\nreturn L.get('a', x)", ANY),
    attempt("private value in the clear", "DHT.set('a', x, everyone)\nreturn 1", ANY),
    attempt("private value in a public field", "self.n = x\nreturn 1", K),
    attempt("private value in a public list", "self.ns.append(x)\nreturn 1", ANY),
    attempt("private value in a public map", "self.names['a'] = x\nreturn 1", ANY),
    attempt("returning a private value", "return x", K),
    attempt("returning a list of private values", "return [1, [x]]", K),
    attempt("returning a map of private values", "return {1: x}", K),
    attempt("sealed value in a condition", "a = reveal(x)\nif a > 3:\n    return 1\nreturn 2", ANY),
    attempt("sealed value in a text", "return text(reveal(x))", ANY),
    attempt("sealed value compared", "return reveal(x) == 3", ANY),
    attempt("sealed value as an index", "return [1, 2][reveal(x)]", ANY),
    attempt("sealed value in arithmetic", "return reveal(x) + 1", ANY),
    attempt("sealed value in a list that is looked through", "return 3 in [reveal(x)]", ANY),
    attempt("sealed value in lists that are compared", "return [reveal(x)] == [3]", ANY),
    attempt("sealed value on the ledger", "L['a'] = reveal(x)\nreturn 1", ANY),
    attempt("sealed value in a list on the ledger", "L['a'] = [reveal(x)]\nreturn 1", ANY),
    attempt("sealed value revealed again", "return reveal(reveal(x), to=everyone)", ANY),
    attempt("sealed value in an event", "emit('A', a=reveal(x))\nreturn 1", ANY),
    attempt("sealed value in a public field", "self.n = reveal(x)\nreturn 1", ANY),
    attempt("sealed value in a private field", "self.t = reveal(x)\nreturn 1", ANY),
    attempt("sealed value sorted", "return sorted([reveal(x), reveal(xs[0])])", ANY),
    attempt("sealed value as a key", "return {reveal(x): 1}", ANY),
    attempt("comparing lists of private values", "return [x] == [3]", ANY),
    attempt("comparing tuples of private values", "a = (x, 1)\nif a == (3, 1):\n    return 1\nreturn 2", ANY),
    attempt("comparing maps of private values", "return {1: x} == {1: 3}", ANY),
    attempt("truth of a list of a private comparison", "return 1 if [x > 3] == [True] else 2", ANY),
    attempt("minimum of a list that mixes texts", "return min(['a', x])", ANY),
    attempt("iterating over a table", "for row in self.rows:\n    pass", ANY),
    attempt("proven", "return reveal(proven(x, 0, 1))", W),
    attempt("calling a value", "return x(1)", ANY),
    attempt("calling a table", "return Row(1)", ANY),
    attempt("wrong arguments of a function", "return len(1, 2, 3)", ANY),
    attempt("wrong arguments of a method", "return [].append(1, 2)", ANY),
    attempt("a wrong name of an argument of a method", "return {}.get(kee=1)", ANY),
    attempt("wrong arguments of an array's method", "return reveal(xs.sum(1, 2, 3, 4))", ANY),
    attempt("wrong arguments of a dictionary", "return L.history(1, 2, 3)", ANY),
    attempt("the evaluator's own argument", "return reveal(max(xs, m=1))", ANY),
    attempt("the evaluator's own argument of a method", "return [].append(m=1)", ANY),
    attempt("unpacking a number", "a, b = 5\nreturn a", ANY),
    attempt("unpacking a private number", "a, b = x\nreturn 1", ANY),
    attempt("deleting what is not there", "a = {1: 2}\ndel a[3]\nreturn 1", W),
    attempt("deleting a place of a tuple", "a = (1, 2)\ndel a[0]\nreturn 1", ANY),
    attempt("changing a text", "a = 'ab'\na[0] = 'c'\nreturn 1", ANY),
    attempt("a list as a key", "return {[1]: 2}", ANY),
    attempt("a list in a set", "return [1] in {1, 2}", ANY),
    attempt("ordering a list", "return [1] < [2]", ANY),
    attempt("ordering a text and a number", "return 'a' < 1", ANY),
    attempt("sorting lists", "return sorted([[1], [2]])", ANY),
    attempt("maximum of functions", "return max(len, len)", ANY),
    attempt("adding a function", "return len + 1", ANY),
    attempt("negative of a text", "return -'a'", ANY),
    attempt("truth of a function", "return 1 if len else 2", ANY),
    attempt("truth of a predicate", "return 1 if only_me() else 2", ANY),
    attempt("division by zero", "return k // (k - 4)", ANY),
    attempt("remainder by zero", "return 1.5 % (k - 4)", ANY),
    attempt("zero to a negative power", "return 0 ** -1", ANY),
    attempt("root of a negative number", "return sqrt(-1)", ANY),
    attempt("power of a negative decimal", "return (-1.5) ** 0.5", ANY),
    attempt("logarithm of zero", "return log(0)", ANY),
    attempt("a function as a value", "a = [len]\nreturn a", ANY),
    attempt("returning a predicate", "return only_me()", ANY),
    attempt("returning a dictionary of the network", "return L", ANY),
    attempt("returning self", "return self", ANY),
    attempt("returning a table", "return self.rows", ANY),
    attempt("returning the field of a map", "return self.kept", ANY),
    attempt("a predicate in a public field", "self.n = only_me()\nreturn 1", ANY),
    attempt("a predicate on the ledger", "L['a'] = only_me()\nreturn 1", ANY),
    attempt("a predicate of too many parts", "a = only_me()\nfor i in range(10**4):\n    a = a | until(i)\nreturn 1", ANY),
    attempt("a dictionary of the network as a value", "a = MPC\nreturn 1", ANY),
    attempt("emit twice the name", "emit('A', 'B')\nreturn 1", ANY),
]  # fmt: skip

ARGUMENTS = [
    attempt("a huge public argument", "return k", ArgumentProblem, call={"k": 10**1000}),
    attempt("a text as a number", "return k", ArgumentProblem, call={"k": "4"}),
    attempt("a bool as a number", "return k", ArgumentProblem, call={"k": True}),
    attempt("a fraction as a number", "return k", ArgumentProblem, call={"k": 1.5}),
    attempt("no number", "return k", ArgumentProblem, call={"k": float("nan")}),
    attempt("infinity", "return k", ArgumentProblem, call={"k": float("inf")}),
    attempt("a list as a number", "return k", ArgumentProblem, call={"k": [[[[1]]]]}),
    attempt("None as a number", "return k", ArgumentProblem, call={"k": None}),
    attempt("an object as a number", "return k", ArgumentProblem, call={"k": object()}),
    attempt("a private value out of range", "return k", ArgumentProblem, call={"x": 11}),
    attempt("a private value below the range", "return k", ArgumentProblem, call={"x": -1}),
    attempt("a private fraction", "return k", ArgumentProblem, call={"x": 0.5}),
    attempt("a private text", "return k", ArgumentProblem, call={"x": "3"}),
    attempt("a private value that is no number", "return k", ArgumentProblem, call={"x": float("nan")}),
    attempt("a private value of another shape", "return k", ArgumentProblem, call={"x": [1, 2]}),
    attempt("a private array of another shape", "return k", ArgumentProblem, call={"xs": [[1, 2], [3, 4]]}),
    attempt("a ragged private array", "return k", ArgumentProblem, call={"xs": [[1], [2, 3]]}),
    attempt("a private object", "return k", ArgumentProblem, call={"xs": object()}),
    attempt("a huge private value", "return k", ArgumentProblem, call={"x": 2**70}),
    attempt("an argument that is not taken", "return k", ArgumentProblem, call={"y": 1}),
    attempt("the sender as an argument", "return k", ArgumentProblem, call={"self": 1}),
]

REFUSED_CALLS = [
    attempt("require", "require(k > 9, 'too small')\nreturn 1", CallRefused, "too small"),
    attempt("reading what is not there", "return L['nothing']", CallRefused, "nothing is stored"),
    attempt("computing with what is not there", "return reveal(MPC['nothing'])", CallRefused, "nothing is stored"),
    attempt("handing on what is not there", "return reveal(DHT['nothing'])", CallRefused, "nothing is stored"),
]

ATTEMPTS = [
    *DUNDERS, *ATTRIBUTES, *FORMS, *LOOKALIKES, *COLLISIONS, *FUEL, *SHAPES, *FLOWS, *ARGUMENTS, *REFUSED_CALLS,
]  # fmt: skip
