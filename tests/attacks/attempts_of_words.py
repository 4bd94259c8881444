"""Attempts with forms, names and characters that the language does not have."""

from __future__ import annotations

from tests.attacks.attempts import Attempt, attempt, entry

from enigma.errors import NotTheLanguage, SourceLeak, SourceProblem, UnknownName, WrongType

L, U, W, K, ANY = NotTheLanguage, UnknownName, WrongType, SourceLeak, SourceProblem

DUNDERS = [
    attempt(f"dunder: {body}", f"return {body}", (L, U))
    for body in (
        "x.__class__", "self.__class__", "().__class__.__bases__[0].__subclasses__()", "run.__globals__", "x.__dict__",
        "self.run.__func__.__globals__",
        "len.__self__", "__import__('os')", "__builtins__", "'a'.__len__()",
        "x.__array_interface__", "self.__init__", "Contract.__mro__",
    )
]  # fmt: skip

ATTRIBUTES = [
    attempt(f"attribute: {body}", f"return {body}", (L, U, W))
    for body in (
        "x.node", "x.node.inputs", "xs.secret", "x._committee", "'{0.__class__}'.format(x)", "'a'.join(['b'])",
        "k.real", "(0.5).as_tuple()", "self.state", "self.fields", "[].__class__", "[].sort()", "{}.update({1: 2})",
        "L._entries", "sender.octets",
        "self.rows.columns", "self.rows._name", "MPC.dictionaries", "only_me().tree()", "len.call",
        "self.kept.name", "everyone.tree", "Row.columns", "self.run.function", "now.bit_length()", "xs.range.__class__",
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
    Attempt("another encoding", "# coding: utf-7\n" + entry("return 1"), L, "UTF-8"),
    attempt("superscript", "return k\u00b2", L),
    attempt("Arabic digits", "return \u0661", L),
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
    attempt("a module that was not imported", "return os.getcwd()", U),
    attempt("a constant of itself", "return A", ANY, before="A = A + 1"),
    attempt("a constant of a later one", "return A", ANY, before="A = B\nB = A"),
    attempt("a parameter twice", "return 1", (L, U), before="def f(a, a):\n    return a\n"),
    attempt("an argument twice", "return f(1, a=2)", ANY, before="def f(a):\n    return a\n"),
    attempt("a number as a key of texts", "self.names[1] = 1\nreturn 1", W),
    attempt("True as a number of a field", "self.n = True\nreturn 1", W),
]
