"""Attempts to exhaust who evaluates a contract: time, memory, depth."""

from __future__ import annotations

from tests.attacks.attempts import attempt

from enigma.errors import NotTheLanguage, OutOfFuel, SourceLeak, SourceProblem, UnknownName, WrongType

L, U, W, F, K, ANY = NotTheLanguage, UnknownName, WrongType, OutOfFuel, SourceLeak, SourceProblem

FUEL = [
    attempt("endless while", "while True:\n    pass", F),
    attempt("endless while with a list", "a = []\nwhile True:\n    a.append(1)", F),
    attempt("huge range", "n = 0\nfor i in range(10**18):\n    n += 1", F),
    attempt("endless range", "for i in range(10**30):\n    pass", ANY),
    attempt("a decimal in a huge range", "return 0.5 in range(10**15) or range(10**15)[10**20]", W),
    attempt("list of a huge range", "return list(range(10**12))", F),
    attempt("sum of a huge range", "return sum(range(10**12))", F),
    attempt(
        "nested loops",
        "for a in range(10**4):\n    for b in range(10**4):\n        for c in range(10**4):\n            pass",
        F,
    ),
    attempt("nested comprehension", "return len([1 for a in range(10**4) for b in range(10**4)])", F),
    attempt("direct recursion", "return f(1)", F, before="def f(a):\n    return f(a + 1)\n"),
    attempt(
        "mutual recursion", "return f(1)", F, before="def f(a):\n    return g(a)\n\n\ndef g(a):\n    return f(a)\n"
    ),
    attempt(
        "recursion in a comprehension",
        "return f(1)",
        F,
        before="def f(a):\n    return [[f(a + c) for b in [1] for c in [1]] for d in [1] for e in [1]]\n",
    ),
    attempt("recursion of a method", "return self.f(1)", F, more="def f(self, a):\n    return self.f(a)\n"),
    attempt(
        "recursion under private conditions",
        "return reveal(f(x))",
        (F, K),
        before="def f(a):\n    b = a\n    if a > 3:\n        if a > 4:\n            b = f(b)\n    return b\n",
    ),
    attempt(
        "recursion through a condition",
        "return f(1)",
        F,
        before="def f(a):\n    return (1 if (f(a + 1) if a > 0 else 0) > 0 else 2) if a > 0 else 3\n",
    ),
    attempt(
        "recursion through arguments",
        "return f(1)",
        F,
        before="def f(a):\n    return max([[[[min(1, f(a + 1))]]]][0][0][0][0], 1)\n",
    ),
    attempt(
        "fanned recursion", "return f(30)", F, before="def f(a):\n    return 1 if a < 2 else f(a - 1) + f(a - 2)\n"
    ),
    attempt("deep brackets", "return " + "(" * 150 + "1" + ")" * 150, F),
    attempt("deep sum", "return " + "1 + " * 900 + "1", F),
    attempt("deep not", "return " + "not " * 300 + "True", F),
    attempt("deep minus", "return " + "-" * 1500 + "1", F),
    attempt("deep subscripts", "return ns" + "[0]" * 300, (F, U)),
    attempt("deep if", "".join("    " * i + "if k > 0:\n" for i in range(60)) + "    " * 60 + "return 1", F),
    attempt(
        "deep elif",
        "if k == 0:\n    return 0\n"
        + "".join(f"elif k == {i + 5}:\n    return {i}\n" for i in range(900))
        + "return 1",
        F,
    ),
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
    attempt(
        "many long texts", "a = 'a'\nwhile len(a) < 8000:\n    a = a + a\nb = []\nwhile True:\n    b.append(a + 'b')", F
    ),
    attempt(
        "many parts of a text",
        "a = 'a'\nwhile len(a) < 8000:\n    a = a + a\nb = []\nwhile True:\n    b.append(a[1:])",
        F,
    ),
    attempt("list doubling", "a = [1]\nfor i in range(60):\n    a = a + a\nreturn 1", F),
    attempt("list times a number", "return [0] * 10 ** 9", F),
    attempt("tuple times a number", "return (0,) * 10 ** 9", F),
    attempt("list times a negative number, then a huge one", "a = [0] * -5\nreturn ([1] * 10 ** 18)[0]", F),
    attempt("many copies by slices", "a = list(range(10 ** 6))\nb = []\nwhile True:\n    b.append(a[:])", F),
    attempt("copies in augmented assignment", "a = [1]\nwhile True:\n    a += a", F),
    attempt("looking for what is not there", "a = list(range(10 ** 6))\nwhile True:\n    b = -1 in a", F),
    attempt(
        "asking for the place again and again", "a = list(range(10 ** 6))\nwhile True:\n    b = a.index(999999)", F
    ),
    attempt("comparing long lists", "a = list(range(10 ** 6))\nb = list(range(10 ** 6))\nwhile a == b:\n    pass", F),
    attempt("a list beside a private value", "a = list(range(10 ** 6))\nwhile True:\n    b = x + a", F),
    attempt("deep list", "a = [1]\nfor i in range(10 ** 4):\n    a = [a]\nreturn a", F),
    attempt("deep tuple as a key", "a = (1,)\nfor i in range(10 ** 4):\n    a = (a,)\nreturn {a: 1}", F),
    attempt(
        "deep list compared", "a = [1]\nb = [1]\nfor i in range(10 ** 4):\n    a = [a]\n    b = [b]\nreturn a == b", F
    ),
    attempt(
        "deep list from below",
        "a = []\nb = a\nfor i in range(10 ** 4):\n    c = []\n    b.append(c)\n    b = c\nreturn a",
        F,
    ),
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
    attempt(
        "growing a map that is iterated over",
        "a = {1: 1}\nfor i in a:\n    a[i + 1] = 1\nwhile len(a) > 1:\n    pass",
        F,
    ),
    attempt("a mountain of events", "while True:\n    emit('A', a=[1, 2, 3])", F),
    attempt("a mountain of ledger entries", "a = [1] * 20000\nfor i in range(10 ** 4):\n    L[i] = a", F),
    attempt("reading the ledger again and again", "L['a'] = [1] * 20000\nwhile True:\n    a = L['a']", F),
    attempt("revealing without end", "while True:\n    a = reveal(x, to=everyone)", F),
]

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
    attempt(
        "doubling by outer products",
        "a = xs\nfor i in range(60):\n    a = clip(a, 0, 1)\n"
        "    a = reshape(expand_dims(a, 1) * expand_dims(a, 0), (-1,))\nreturn reveal(sum(a))",
        (F, W),
    ),
    attempt("giant reshape", "return reveal(reshape(xs, (10**9,)))", (F, W)),
    attempt("giant stack", "return reveal(sum(stack([x] * 10**6)))", (F, W)),
    attempt("giant roll", "return reveal(roll(xs, 10**30))", (F, W)),
    attempt("a sum with a giant number", "return reveal(x + 10**70)", ANY),
    attempt("a product with a giant number", "return reveal(x * 10**70)", ANY),
    attempt("a comparison with a giant number", "return reveal(x > 10**70, to=everyone) and -1", ANY),
    attempt("a quotient by a giant number", "return reveal(x // 10**70)", ANY),
    attempt("a quotient by zero", "return reveal(x // 0)", ANY),
    attempt("a quotient by zero in a list", "return reveal(xs / [1, 0, 1, 1])", ANY),
    attempt("clip to giant bounds", "return reveal(clip(x, -(10**70), 10**70)) + 1", ANY),
    attempt("clip to bounds in the wrong order", "return reveal(clip(x, 5, 3))", ANY),
    attempt("a giant power of a private value", "return reveal(x ** 1000)", ANY),
    attempt("a negative power of a private value", "return reveal(x ** -1)", ANY),
    attempt("a giant scale", "return reveal(as_fixed(x, 10**6))", ANY),
    attempt("a giant sum", "return reveal(multiply(x, 10**18) * 10**18)", ANY),
    attempt("products that grow", "a = x\nfor i in range(100):\n    a = a * a\nreturn reveal(a)", ANY),
    attempt("giant quantile", "return reveal(quantile(xs, 10**30))", ANY),
    attempt("giant difference", "return reveal(diff(xs, n=10**9))", ANY),
    attempt("giant permutation", "return reveal(permute_dims(xs, (10**9,)))", ANY),
    attempt("giant table of declared numbers", "a: private[int(0, 10**40)] = x\nreturn 1", ANY),
    attempt("declared backwards", "a: private[int(5, 3)] = x\nreturn 1", ANY),
    attempt("declared with a giant scale", "a: private[fixed(0, 1, 10**9)] = x\nreturn 1", ANY),
    attempt("giant index", "return reveal(xs[10**30])", (F, W)),
    attempt("giant slice", "return reveal(xs[:10**30][::10**40][1])", (F, W)),
    attempt("giant axis", "return reveal(sum(xs, axis=10**30))", (F, W)),
    attempt("many private operations", "a = x\nwhile True:\n    a = clip(a + 1, 0, 10)", F),
    attempt("folding again and again", "a = ones((1000,))\nwhile sum(a) > 0:\n    a = a + 1", F),
]
