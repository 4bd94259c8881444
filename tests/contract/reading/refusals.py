"""What is refused before anything runs, and why: the rejection table of the syntax."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import indent

from enigma.errors import NotTheLanguage, OutOfFuel, SourceProblem, UnknownName


@dataclass(frozen=True)
class Row:
    """A refused source: its error, what is blamed, words of the message and of the hint, and an accepted twin."""

    source: str
    error: type[SourceProblem]
    fragment: str
    message: str
    hint: str
    accepted: str = ""


def entry(body: str) -> str:
    """A contract with one private function of these lines; `x` is a private number, `k` a public one."""
    declared = "count: public[int] = 0\ntotal: private[int(0, 10)]\nnames: public[map[text, int]]\n"
    head = "@private\ndef run(self, x: private[int(0, 10)], k: int):\n"
    return fields(f"{declared}\n{head}{indent(body, ' ' * 4)}")


def fields(body: str) -> str:
    """A contract with these lines in its class."""
    return f"class Sample(Contract):\n{indent(body, ' ' * 4)}\n"


def function(body: str) -> str:
    """A module with one function of `x` and `y`."""
    return f"def f(x, y):\n{indent(body, ' ' * 4)}\n"


N, U, F = NotTheLanguage, UnknownName, OutOfFuel

TEXT = [
    Row("x = 'a\0b'\n", N, "\0", "U+0000 is not visible", "remove", "x = 'ab'\n"),
    Row("# \u202e evil\n", N, "\u202e", "U+202E is not visible", "remove", "# évil\n"),
    Row("x = 'a\u200bb'\n", N, "\u200b", "U+200B", "remove", "x = 'añb'\n"),
    Row("x = 1\rimport os\n", N, "", "U+000D", "U+000A", "x = 1\r\ny = 2\r\n"),
    Row("\ufeffx = 1\n", N, "\ufeff", "U+FEFF", "remove"),
    Row("# -*- coding: latin-1 -*-\n", N, "l", "written in UTF-8", "remove", "# -*- coding: utf-8 -*-\n"),
    Row(
        "x = 1\n\N{GREEK SMALL LETTER ALPHA} = 2\n",
        N,
        "\N{GREEK SMALL LETTER ALPHA}",
        "U+03B1",
        "a to z",
        "x = 1\na = 2\n",
    ),
    Row(function("return \N{MATHEMATICAL BOLD SMALL X}"), N, "\N{MATHEMATICAL BOLD SMALL X}", "look like", "a to z"),
    Row("x = '\\d'\n", N, "\\d", "differently", "\\\\", "x = '\\\\d'\n"),
    Row("x = '\\N{BULLET}'\n", N, "\\N", "differently", "\\u0041", "x = '\\u2022'\n"),
    Row("x = '\\x1b[2J'\n", N, "'\\x1b[2J'", "U+001B", "leave the character away"),
    Row("x = '\\ud800'\n", N, "'\\ud800'", "U+D800", "leave"),
    Row("x = 'abc\n", N, "'", "no closing quote", "same line", "x = 'abc'\n"),
    Row("x = 1j\n", N, "1j", "complex", "two real", "x = 1\n"),
    Row("x = 0777\n", N, "0777", "begin with 0", "zeros", "x = 0o777\n"),
    Row(function("return 1if x else 2"), N, "1if", "not a number", "space", function("return 1 if x else 2")),
    Row("x = 1" + "0" * 80 + "\n", F, "1" + "0" * 80, "more than 80 digits", "shorter", "x = 1" + "0" * 76 + "\n"),
    Row("x = 0x" + "f" * 65 + "\n", F, "0x" + "f" * 65, "256 bits", "smaller", "x = 0x" + "f" * 64 + "\n"),
    Row("x = 0.1" + "0" * 40 + "1\n", F, "0.1" + "0" * 40 + "1", "more than 34 digits", "shorter", "x = 0.1\n"),
    Row("x = 1e999999999\n", F, "1e999999999", "exponent", "smaller", "x = 1e99\n"),
    Row("x = b'ab'\n", N, "b'", "bytes", "without the b", "x = 'ab'\n"),
    Row("x = u'ab'\n", N, "u'", "Unicode", "leave the u", "x = r'ab'\n"),
    Row(entry("require(k > 0, f'{k}')"), N, "f'", "f-string", "emit", entry("require(k > 0, 'k')")),
    Row("x = 'a'\n" + "#" * 2001, F, "", "more than 2000 characters", "break", "x = 'a'\n" + "#" * 2000),
    Row("x = " + "[" * 101 + "]" * 101, F, "[", "100 brackets", "names", "x = " + "[" * 50 + "]" * 50),
    Row("x = 1" + "\n+ 1" * 3, N, "", "this line does nothing", "assign"),
    Row("x = (1" + "\n+ 1" * 70 + ")", F, "1", "60 deep", "name", "x = (1" + "\n+ 1" * 50 + ")"),
    Row(
        "x = '" + "a" * 1001 + "'", F, "'" + "a" * 1001 + "'", "1000 characters", "outside", "x = '" + "a" * 1000 + "'"
    ),
]

FORMS = [
    Row(function("return (lambda a: a)(x)"), N, "lambda a: a", "must have a name", "def"),
    Row(function("try:\n    return x\nexcept E:\n    return y"), N, "try:", "cannot catch", "require"),
    Row(function("with x:\n    return y"), N, "with x:", "closed", "on its own"),
    Row(function("raise x"), N, "raise x", "require", "require(condition"),
    Row(function("assert x > 0"), N, "assert x > 0", "switched off", "require(", function("require(x > 0, 'no')")),
    Row(function("global z\nz = 1"), N, "global z", "fields", "self.name", function("z = 1\nreturn z")),
    Row(function("def g():\n    nonlocal x"), N, "def g():", "inside of a function", "next to"),
    Row(function("class A:\n    pass"), N, "class A:", "inside of another", "own file"),
    Row("async def f():\n    return 1\n", N, "async def f():", "waits for nobody", "leave", "def f():\n    return 1\n"),
    Row(function("yield x"), N, "yield x", "once", "list", function("return [x]")),
    Row(function("match x:\n    case 1:\n        return 2"), N, "match x:", "no match", "elif"),
    Row(
        function("if (z := x) > 1:\n    return z"),
        N,
        "z := x",
        "overlooked",
        "own",
        function("z = x\nif z > 1:\n    return z"),
    ),
    Row(function("return max(*x)"), N, "*x", "read from the line", "list", function("return max(x)")),
    Row(function("return f(**x)"), N, "x", "read from the line", "name=value", function("return f(x=x, y=y)")),
    Row(function("a, *b = x"), N, "*b", "read from the line", "one by one", function("a, b = x")),
    Row(
        function("return sum(a for a in x)"),
        N,
        "(a for a in x)",
        "generators",
        "[x for",
        function("return sum([a for a in x])"),
    ),
    Row(
        function("return {a for a in x}"),
        N,
        "{a for a in x}",
        "set comprehension",
        "set([",
        function("return set([a for a in x])"),
    ),
    Row(function("return {a: 1 for a in x}"), N, "{a: 1 for a in x}", "map comprehension", "for loop"),
    Row(function("return x is None"), N, "x is None", "differs between machines", "==", function("return x == None")),
    Row(function("return x << 2"), N, "x << 2", "no bits", "2**n", function("return x * 2**2")),
    Row(function("return ..."), N, "...", "axes", "pass", function("return x[..., 0]")),
    Row(function("x == 3"), N, "x == 3", "does nothing", "assign with =", function("x = 3")),
    Row(function("return 3\n'a note'"), N, "'a note'", "nobody reads", "comment", function("'a note'\nreturn 3")),
    Row(function("a = b = x"), N, "b", "one value to one place", "for each", function("a = x\nb = x")),
    Row(function("del x"), N, "x", "entries", "costs nothing", function("del x[0]")),
    Row(function("del x[0], y[0]"), N, "y[0]", "one entry", "each", function("del x[0]\ndel y[0]")),
    Row(function("x.size = 3"), N, "x.size", "only fields", "self.field"),
    Row(function("x[1:2] = y"), N, "1:2", "one entry", "concat", function("x[1] = y")),
    Row(function("[a, b] = x"), N, "[a, b]", "only names", "assign", function("a, b = x")),
    Row(function("for i in x:\n    pass\nelse:\n    pass"), N, "pass", "two ways", "before the loop"),
    Row(function("break"), N, "break", "outside of a loop", "into", function("for i in x:\n    break")),
    Row("return 1\n", N, "return 1", "outside of a function", "into"),
    Row("for i in [1]:\n    x = 1\n", N, "for i in [1]:", "outside of a function", "function"),
    Row("def f(*a):\n    return a\n", N, "a", "read from the line", "list", "def f(a):\n    return a\n"),
    Row("def f(**a):\n    return a\n", N, "a", "read from the line", "list"),
    Row("def f(a, /, b):\n    return a\n", N, "a", "name every", "leave the /", "def f(a, b):\n    return a\n"),
    Row("def f(a, *, b):\n    return a\n", N, "b", "leave the names", "leave the *"),
    Row("def f(a, a):\n    return a\n", U, "a", "two parameters", "a_2"),
    Row(
        "def f(a) -> int:\n    return a\n",
        N,
        "int",
        "follows from its lines",
        "without ->",
        "def f(a):\n    return a\n",
    ),
    Row("def f[T](a: T):\n    return a\n", N, "", "", "", "def f(a):\n    return a\n"),
    Row("type Money = int\n", N, "", "", ""),
    Row(function("return f(x=x, x=y)"), N, "x=y", "twice", "leave"),
    Row(function("return x.__class__"), N, "x.__class__", "Python that runs", "class", function("return x.size")),
    Row(function("return x._secret"), N, "x._secret", "begins with _", "secret"),
    Row(function("return __import__('os')"), N, "__import__", "two underscores", "without"),
    Row(function("x.__class__"), N, "x.__class__", "Python that runs", "class"),
    Row("import os\n", N, "import os", "could read the machine", "from enigma.std"),
    Row("from os import path\n", N, "from os import path", "no Python module os", "sha256_"),
    Row("from enigma import Contract\n", N, "from enigma import Contract", "no Python module", "built in"),
    Row("from . import a\n", N, "from . import a", "no folder", "sha256_"),
    Row("from enigma.std import *\n", N, "*", "where each name", "list the names"),
    Row(
        "if True:\n    def f():\n        return 1\n",
        N,
        "def f():",
        "cannot depend",
        "inside",
        "def f():\n    return 1\n",
    ),
    Row(function("return (x"), N, "(", "cannot be read", "brackets", function("return (x)")),
    Row(function("x: int"), N, "x: int", "no value", "same line"),
]

ROWS = [*TEXT, *FORMS]
