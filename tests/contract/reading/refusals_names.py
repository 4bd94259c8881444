"""The rejection table of names."""

from __future__ import annotations

from tests.contract.reading.refusals import Row, entry, function

from enigma.errors import NotTheLanguage, UnknownName, WrongType

N, U, W = NotTheLanguage, UnknownName, WrongType

ROWS = [
    Row(function("return z"), U, "z", "nothing is called z", "define", function("return y")),
    Row(
        function("return summ(x)"), U, "summ", "nothing is called summ", "did you mean sum?", function("return sum(x)")
    ),
    Row(function("print(x)"), U, "print", "nothing is called print", "emit"),
    Row(function("return eval(x)"), U, "eval", "nothing is called eval", ""),
    Row(function("return np.mean(x)"), U, "np", "nothing is called np", "mean(x)", function("return mean(x)")),
    Row(function("y = z\nz = 1"), U, "z", "read before", "every path", function("z = 1\ny = z")),
    Row(function("n += 1"), U, "n", "read before", "assign n", function("n = 0\nn += 1")),
    Row(function("sum = 1"), U, "sum", "is built in", "the_sum", function("the_sum = 1")),
    Row("def f(max):\n    return max\n", U, "max", "is built in", "the_max", "def f(the_max):\n    return the_max\n"),
    Row("C = 1\ndef f(C):\n    return C\n", U, "C", "a constant of this file", "C_2"),
    Row("C = 1\ndef f():\n    C = 2\n", U, "C", "a constant of this file", "C_2", "C = 1\ndef f():\n    D = 2\n"),
    Row(function("for f in x:\n    pass"), U, "f", "a function of this file", "the_f"),
    Row(function("return [len for len in x]"), U, "len", "is built in", "the_len"),
    Row(function("return f"), W, "f", "passed around", "f(...)", function("return f(x, y)")),
    Row(function("return [max, x]"), W, "max", "passed around", "max(...)"),
    Row(function("return int"), W, "int", "is a type", "int(...)", function("return int(x)")),
    Row(function("return x(y)"), W, "x", "not a function", "without ()"),
    Row(function("return x[0](y)"), N, "x[0]", "only a name", "define"),
    Row(function("return f(x)"), W, "f(x)", "needs y", "f(x, y)", function("return f(x, y)")),
    Row(function("return f(x, y, 3)"), W, "3", "one more", "f(x, y)"),
    Row(function("return f(x, z=3)"), W, "z=3", "no parameter z", "f(x, y)", function("return f(x, y=3)")),
    Row(function("return f(x, y, x=3)"), W, "x=3", "given twice", "f(x, y)"),
    Row(function("return self.x"), U, "self", "no self", "argument"),
    Row(
        function("return sender"), U, "sender", "sees no sender", "argument", entry("require(sender == deployer, 'no')")
    ),
    Row(function("L[x] = y"), U, "L", "sees no L", "argument", entry("L[k] = k")),
    Row(entry("return L"), W, "L", "not a value", "L[key]", entry("return L[k]")),
    Row(entry("return self"), W, "self", "no value", "this", entry("return this")),
    Row(entry("self.totl = x"), U, "self.totl", "no field", "did you mean total?", entry("self.total = x")),
    Row(entry("return total"), U, "total", "nothing is called total", "write self.total"),
    Row(entry("return self.count()"), W, "self.count", "is a field", "without ()", entry("return self.count")),
    Row(entry("return self.run"), W, "self.run", "passed around", "@predicate"),
    Row(entry("self.run = 3"), U, "self.run", "is a function", "field"),
    Row(entry("return Sample"), W, "Sample", "contract itself", "self.name"),
    Row(entry("x = proven(x, 0, 3)"), N, "proven", "nothing checks", "clip", entry("x = clip(x, 0, 3)")),
    Row("A = table(a=bool)\ndef f():\n    return A\n", W, "A", "table's name", "private[A]"),
    Row(entry("senders = 3"), U, "senders", "is built in", "the_senders"),
    Row("from enigma.std import nothing_like_it\n", U, "from enigma.std import nothing_like_it", "has no nothing", ""),
    Row("from enigma.std.nowhere import f\n", U, "from enigma.std.nowhere import f", "no module nowhere", ""),
    Row(f"from sha256_{'0' * 64} import f\n", U, f"from sha256_{'0' * 64} import f", "nobody here has", "library"),
]
