"""The rejection table of declarations and types."""

from __future__ import annotations

from tests.contract.reading.refusals import Row, entry, fields

from enigma.errors import NotTheLanguage, OutOfFuel, SourceLeak, SourceRange, UnknownName, WrongType

N, U, W, F, R = NotTheLanguage, UnknownName, WrongType, OutOfFuel, SourceRange

DECLARATIONS = [
    Row(
        "class A(Contract):\n    pass\nclass B(Contract):\n    pass\n", N, "class B(Contract):", "second contract",
        "own",
    ),
    Row("class A:\n    pass\n", N, "class A:", "says so", "class A(Contract):", "class A(Contract):\n    pass\n"),
    Row("class A(Base):\n    pass\n", N, "Base", "stands alone", "class A(Contract):"),
    Row("class A(Contract, metaclass=M):\n    pass\n", N, "M", "nor settings", "class A(Contract)"),
    Row("@final\nclass A(Contract):\n    pass\n", N, "final", "decorators", "class A(Contract)"),
    Row("x = 1\nx = 2\n", U, "x", "already defined in line 1", "x_2", "x = 1\ny = 2\n"),
    Row("def f():\n    pass\nf = 1\n", U, "f", "already defined in line 1", "f_2"),
    Row("sum = 1\n", U, "sum", "is built in", "the_sum", "the_sum = 1\n"),
    Row("sender = 1\n", U, "sender", "is built in", "the_sender"),
    Row("x: int = 1\n", N, "x: int = 1", "no declared type", "x = ...", "x = 1\n"),
    Row("a, b = 1, 2\n", N, "a, b", "one constant", "NAME", "a = 1\nb = 2\n"),
    Row("print(1)\n", N, "print(1)", "only declares", "inside"),
    Row("x = f(1)\n", N, "f(1)", "not constant", "numbers", "x = 1 + 1\n"),
    Row("Money = int(0, 5)\n", N, "int(0, 5)", "no second name", "where it is used"),
    Row("x = y\ny = 1\n", U, "y", "before this line", "y = ...", "y = 1\nx = y\n"),
    Row("x = 2 ** 300\n", F, "2 ** 300", "256 bits", "256", "x = 2 ** 200\n"),
    Row("x = 1 / 0\n", W, "1 / 0", "division by zero", "require"),
    Row("x = 'a' * 1000\n", W, "'a' * 1000", "text and int", "numbers", "x = 'a' + 'b'\n"),
    Row("@public\ndef f():\n    pass\n", N, "public", "from outside", "class", "def f():\n    pass\n"),
    Row(fields("count = 3"), N, "count", "neither a field", "public[...]", fields("count: public[int] = 3")),
    Row(
        fields("comittee = drawn(3)"), N, "comittee", "neither", "did you mean committee?",
        fields("committee = drawn(3)"),
    ),
    Row(fields("committee = drawn(2)"), R, "2", "3 to", "drawn(3)", fields("committee = drawn(5)")),
    Row(fields("committee = 3"), W, "3", "not a setting", "drawn(3)"),
    Row(fields("committee = named(['a', 'b', 'c'])"), W, "'a'", "40 hexadecimal", "addresses"),
    Row(
        fields(f"committee = named(['0x{1:040}', '0x{2:040}', '0x{1:040}'])"), W, f"'0x{1:040}'", "one seat",
        "another",
    ),
    Row(fields("release = after(0)"), R, "0", "at least 1", "always", fields("release = always")),
    Row(fields("release = never"), W, "never", "or always", "after(10)"),
    Row(fields("a: public[int]\na: public[int]"), U, "a", "already defined in line 2", "a_2"),
    Row(fields("a: public[int]\ndef a(self):\n    pass"), U, "def a(self):", "already defined", "a_2"),
    Row(
        fields("sender: public[address]"), U, "sender", "one thing", "the_sender",
        fields("members: public[set[address]]"),
    ),
    Row(fields("_a: public[int]"), N, "_a", "begins with _", "write a", fields("a: public[int]")),
    Row(fields("for i in a:\n    pass"), N, "for i in a:", "outside of a function", "function"),
    Row(
        fields("def f(x):\n    return x"), W, "x", "begins with self", "def f(self, x)",
        fields("def f(self, x):\n    return x"),
    ),
    Row(fields("def f(self: int):\n    pass"), W, "self: int", "no type", "self"),
    Row(
        fields("@view\ndef f(self):\n    pass"), N, "view", "change what", "@public",
        fields("@public\ndef f(self):\n    pass"),
    ),
    Row(fields("@privat\ndef f(self):\n    pass"), N, "privat", "change what", "did you mean private?"),
    Row(fields("@public()\ndef f(self):\n    pass"), N, "public()", "change what", "write @public"),
    Row(fields("@public\n@private\ndef f(self):\n    pass"), N, "private", "one place", "not both"),
    Row(
        fields("def __init__(self):\n    pass"), N, "def __init__(self):", "deployed", "@public",
        fields("@public\ndef __init__(self):\n    pass"),
    ),
    Row(fields("@private\ndef __init__(self):\n    pass"), N, "private", "deployed", "@public"),
    Row(fields("def __len__(self):\n    return 1"), N, "def __len__(self):", "two underscores", "without"),
    Row(
        fields("@public\ndef f(self, k):\n    pass"), W, "k", "comes from outside", "k: int",
        fields("@public\ndef f(self, k: int):\n    pass"),
    ),
    Row(
        fields("@public\ndef f(self, k: private[int(0, 3)]):\n    pass"),
        SourceLeak, "private[int(0, 3)]", "on the chain", "@private",
        fields("@private\ndef f(self, k: private[int(0, 3)]):\n    pass"),
    ),
    Row(fields("@public\ndef f(self, k: int(1, 5) = 9):\n    pass"), W, "9", "outside of 1 .. 5", "int(1, 5)"),
    Row(fields("@public\ndef f(self, k: int = g()):\n    pass"), N, "g()", "not constant", "numbers"),
]  # fmt: skip

TYPES = [
    Row(fields("a: int"), W, "int", "who may know", "public[int]", fields("a: public[int]")),
    Row(fields("a: private[int]"), W, "int", "needs its range", "int(0, 10**6)", fields("a: private[int(0, 10**6)]")),
    Row(fields("a: private[fixed]"), W, "fixed", "needs its range", "fixed(-100, 100)"),
    Row(fields("a: private[text]"), W, "text", "cannot be private", "category", fields("a: public[text]")),
    Row(fields("a: public[str]"), U, "str", "no type str", "did you mean text?", fields("a: public[text]")),
    Row(fields("a: public[adress]"), U, "adress", "no type adress", "did you mean address?"),
    Row(fields("a: Custmer\n"), U, "Custmer", "no type", "types are"),
    Row(
        "Customer = table(a=bool)\n" + fields("b: private[Custmer]"), U, "Custmer", "no type",
        "did you mean Customer?",
    ),
    Row("Customer = table(a=bool)\n" + fields("b: Customer"), W, "Customer", "private", "private[Customer]"),
    Row(fields("a: public[private[int(0, 3)]]"), W, "private[int(0, 3)]", "do not stand inside", "map[address"),
    Row(fields("a: private[public[int]]"), W, "public[int]", "once is enough", "int"),
    Row(
        fields("a: private[list[int]]"), W, "list[int]", "how much it holds", "private[T[100]]",
        fields("a: private[int(0, 3)[100]]"),
    ),
    Row(fields("a: public[list[private[int(0, 3)]]]"), W, "private[int(0, 3)]", "inside of public", "map[address"),
    Row(
        fields("a: map[address, int]"), W, "map[address, int]", "who may know", "public[map[address, int]]",
        fields("a: public[map[address, int]]"),
    ),
    Row(
        fields("a: map[list[int], private[bool]]"), W, "list[int]", "looked up", "keys",
        fields("a: map[int, private[bool]]"),
    ),
    Row(fields("a: public[map[int]]"), W, "map[int]", "its keys", "map[address, int]"),
    Row(fields("a: public[list]"), W, "list", "list of what", "list[int]"),
    Row(fields("a: public[list(int)]"), W, "list(int)", "square brackets", "list[int]"),
    Row(fields("a: public[int[3]]"), W, "int[3]", "sequence is a list", "list[int]"),
    Row(fields("a: private[int(5, 1)]"), R, "int(5, 1)", "empty range", "1, 5", fields("a: private[int(1, 5)]")),
    Row(fields("a: private[int(5)]"), W, "int(5)", "two ends", "int(0, 100)"),
    Row(fields("a: private[int(0, 1.5)]"), W, "1.5", "whole number", "fixed", fields("a: private[fixed(0, 1.5)]")),
    Row(
        fields("a: private[int(0, 2**70)]"), R, "int(0, 2**70)", "64-bit ring", "narrow",
        fields("a: public[int(0, 2**70)]"),
    ),
    Row(
        fields("a: private[fixed(0, 2**60)]"), R, "fixed(0, 2**60)", "64-bit ring", "fewer",
        fields("a: private[fixed(0, 2**60, 2)]"),
    ),
    Row(
        fields("a: private[fixed(0, 1, 41)]"), W, "41", "fractional bits", "leave",
        fields("a: private[fixed(0, 1, 40)]"),
    ),
    Row(fields("a: private[fixed(0, 1)[:]]"), W, ":", "length is fixed", "[10]", fields("a: private[fixed(0, 1)[10]]")),
    Row(fields("a: private[bool[0]]"), W, "0", "at least 1", "[10]", fields("a: private[bool[1]]")),
    Row(fields("a: private[bool[2**13, 2**13]]"), R, "bool[2**13, 2**13]", "elements", "less"),
    Row(fields("a: private[category(1)]"), R, "1", "2 to 1000", "category(2)", fields("a: private[category(2)]")),
    Row(fields("a: private[category('x', 'x')]"), W, "'x'", "twice", "leave", fields("a: private[category('x', 'y')]")),
    Row(fields("a: private[category(size=3)]"), W, "size=3", "number or labels", "category("),
    Row(fields("a: public['int']"), W, "'int'", "without quotes", "int"),
    Row(fields("a: public[int | None]"), W, "int | None", "one type", "means nothing"),
    Row(fields("a: public[3]"), W, "3", "not a type", "list[T]"),
    Row(fields("a: public[text(3)]"), W, "text(3)", "no range", "text"),
    Row(fields("a: public[int] = 'x'"), W, "'x'", "another type", "int", fields("a: public[int] = 3")),
    Row(fields("a: private[int(0, 9)] = 10"), W, "10", "outside of 0 .. 9", "int(0, 9)"),
    Row(fields("a: public[address] = '0x12'"), W, "'0x12'", "40 hexadecimal", "address"),
    Row("A = table()\n", W, "table()", "without columns", "table("),
    Row("A = table(int(0, 3))\n", W, "int(0, 3)", "without a name", "table(name=", "A = table(age=int(0, 3))\n"),
    Row("A = table(name=text)\n", W, "text", "cannot be private", "category"),
    Row("A = table(owners=bool)\n", U, "owners=bool", "cannot be a column", "owners_", "A = table(owner=bool)\n"),
    Row(entry("y: int = 3"), W, "int", "only private", "leave", entry("y = 3")),
    Row(entry("y: private[int] = x"), W, "int", "needs its range", "int(0", entry("y: private[int(0, 5)] = x")),
    Row(fields("@private\ndef f(self, k: public[int]):\n    pass"), W, "public[int]", "public unless", "write int"),
]  # fmt: skip

ROWS = [*DECLARATIONS, *TYPES]
