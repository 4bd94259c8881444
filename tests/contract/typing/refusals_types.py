"""Sources that the checker refuses for a kind or for a leak: what is blamed, and what is said.

Every row is a whole file. `in_private` puts lines into a @private function of one contract, `in_public` into a @public
one, `with_functions` adds functions to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import indent

from enigma.errors import SourceLeak, SourceProblem, UnknownName, WrongType

HEAD = '''"""A shop."""

Customer = table(age=int(0, 120), phone=category("android", "ios"), spend=fixed(0, 5000))
Order = table(amount=int(0, 100))
MOST = 10


def largest(a, b):
    return where(a > b, a, b)


def next_after(count: int):
    return count + 1


def rounds(count):
    out = 0
    for i in range(count):
        out = out + i
    return out


class Shop(Contract):
    limit: public[int] = 10
    title: public[text] = "shop"
    owner: public[address]
    members: public[set[address]]
    prices: public[list[int]]
    stock: public[map[text, int]]
    customers: private[Customer]
    orders: private[Order]
    total: private[int(0, 1000000)] = 0
    share: private[fixed(0, 1)] = 0
    closed: private[bool] = False
    bids: map[address, private[int(0, 1000)]]

    def raise_limit(self, by):
        self.limit = self.limit + by

    def announce(self, value):
        emit("Value", value=value)

    def charge(self, amount: int):
        return amount + 1

    @predicate
    def may_read(self, asker: address):
        return asker in self.members

'''

PRIVATE = """    @private
    def run(
        self,
        x: private[int(0, 100)],
        y: private[fixed(0, 1)],
        yes: private[bool],
        xs: private[int(0, 9)[:]],
        phone: private[category("android", "ios")],
        rows: private[Customer],
        n: int,
        to: address,
    ):
"""

PUBLIC = """    @public
    def run(self, n: int, member: address):
"""


def in_private(lines: str) -> str:
    """A contract whose @private function `run` has this body."""
    return HEAD + PRIVATE + indent(lines.strip("\n"), " " * 8) + "\n"


def in_public(lines: str) -> str:
    """A contract whose @public function `run` has this body."""
    return HEAD + PUBLIC + indent(lines.strip("\n"), " " * 8) + "\n"


def with_functions(functions: str) -> str:
    """A contract with these functions."""
    return HEAD + indent(functions.strip("\n"), " " * 4) + "\n"


@dataclass(frozen=True)
class Row:
    """One refused source."""

    source: str
    error: type[SourceProblem]
    fragment: str
    message: tuple[str, ...]
    hint: tuple[str, ...]


def _leak(lines: str, fragment: str, message: tuple[str, ...], hint: tuple[str, ...]) -> Row:
    return Row(in_private(lines), SourceLeak, fragment, message, hint)


def _wrong(lines: str, fragment: str, message: tuple[str, ...], hint: tuple[str, ...]) -> Row:
    return Row(in_private(lines), WrongType, fragment, message, hint)


def _unknown(lines: str, fragment: str, message: tuple[str, ...], hint: tuple[str, ...]) -> Row:
    return Row(in_private(lines), UnknownName, fragment, message, hint)


LEAKS = {
    # how the call goes on
    "while": _leak(
        "while x > 3:\n    x = x - 1", "x > 3", ("private", "how often"), ("for i in range(most)", "if x > 3")
    ),
    "while-later": _leak("t = 0\nwhile t < 3:\n    t = t + x", "t < 3", ("`t < 3` is private",), ("range(most)",)),
    "range": _leak("for i in range(x):\n    pass", "x", ("how often a loop runs",), ("if i < x",)),
    "range-end": _leak("for i in range(0, x + 1):\n    pass", "x + 1", ("private",), ("range(most)",)),
    "loop-over-number": _leak("for i in x:\n    pass", "x", ("how often it runs",), ("range(most)", "i < x")),
    "return-in-if": _leak(
        "if x > 2:\n    return 1\nreturn 2", "return 1", ("when the function ends", "`x > 2`"), ("where(x > 2",)
    ),
    "return-in-else": _leak(
        "z = 0\nif x > 2:\n    z = 1\nelse:\n    return 2\nreturn 3", "return 2", ("`x > 2`",), ("return once",)
    ),
    "break": _leak("for i in range(3):\n    if x > i:\n        break", "break", ("how often",), ("run all rounds",)),
    "break-inside": _leak(
        "z = 0\nif yes:\n    for i in range(9):\n        z = z + 1\n        if i > n:\n            break",
        "break",
        ("`yes`",),
        ("run all rounds",),
    ),
    "continue": _leak(
        "for i in range(3):\n    if x > i:\n        continue", "continue", ("`x > i`",), ("where(x > i",)
    ),
    "reveal-in-if": _leak(
        "z = 0\nif yes:\n    z = reveal(x, to=everyone)\nreturn z",
        "reveal(x, to=everyone)",
        ("reveals", "`yes`"),
        ("reveal(where(yes, x, 0), to=everyone)",),
    ),
    "require-in-if": _leak(
        'if yes:\n    require(n > 3, "small")',
        'require(n > 3, "small")',
        ("refuse the call",),
        ("reveal(~(yes) | (n > 3)",),
    ),
    "emit-in-if": _leak(
        'if yes:\n    emit("Seen")', 'emit("Seen")', ("emits an event",), ("reveal(yes, to=everyone)",)
    ),
    "append-in-if": _leak(
        "if x > 3:\n    self.customers.append(rows)",
        "self.customers.append(rows)",
        ("appends rows",),
        ("after the `if`",),
    ),
    "withdraw-in-if": _leak(
        "if yes:\n    self.customers.withdraw()", "self.customers.withdraw()", ("takes rows out",), ()
    ),
    "list-append-in-if": _leak("a = []\nif yes:\n    a.append(x)", "a.append(x)", ("changes `a`",), ("where(yes",)),
    "set-add-in-if": _leak(
        "if yes:\n    self.members.add(to)", "self.members.add(to)", ("`yes`",), ("after the `if`",)
    ),
    "delete-in-if": _leak("if yes:\n    del self.bids[to]", "self.bids[to]", ("takes a key out",), ()),
    "public-field-in-if": _leak("if yes:\n    self.limit = 3", "self.limit", ("public `self.limit`",), ("private",)),
    "public-field-plus-in-if": _leak("if yes:\n    self.limit += 1", "self.limit", ("public",), ()),
    "ledger-in-if": _leak('if yes:\n    L["a"] = 1', 'L["a"]', ("writes `L",), ("reveal(yes, to=everyone)",)),
    "dht-in-if": _leak('if yes:\n    DHT["a"] = 1', 'DHT["a"]', ("writes `DHT",), ("after the `if`",)),
    "mpc-in-if": _leak('if yes:\n    MPC["a"] = x', 'MPC["a"]', ("writes `MPC",), ("after the `if`",)),
    "call-in-if": _leak(
        "if yes:\n    self.raise_limit(2)",
        "self.raise_limit(2)",
        ("calls `raise_limit`", "changes"),
        ("after the `if`",),
    ),
    "emitting-call-in-if": _leak("if yes:\n    self.announce(2)", "self.announce(2)", ("emits an event",), ()),
    "list-write-in-if": _leak(
        "a = [1]\nif yes:\n    a[0] = x", "a[0]", ("changes `a`",), ("a[0] = where(yes, x, a[0])",)
    ),
    "list-in-if": _leak("a = [1]\nif yes:\n    a = [x]\nreturn len(a)", "a = [x]", ("`a` is a list",), ("numbers",)),
    "list-plus-in-if": _leak("a = [1]\nif yes:\n    a += [x]", "a += [x]", ("changes `a`",), ("after the `if`",)),
    "reveal-in-choice": _leak(
        "z = reveal(x, to=everyone) if yes else 0",
        "reveal(x, to=everyone)",
        ("`yes`",),
        ("reveal(where(yes, x, 0), to=everyone)",),
    ),
    "text-in-if": _leak(
        'word = "a"\nif yes:\n    word = "b"\nrequire(n > 1, word)',
        'word = "b"',
        ("`word` is a text", "`yes`"),
        ("numbers and booleans",),
    ),
    "address-in-if": _leak("who = to\nif yes:\n    who = sender\nreturn who", "who = sender", ("an address",), ()),
    "public-becomes-private": _leak(
        "k = 1\nif yes:\n    k = 2\nfor i in range(k):\n    pass", "k", ("`k` is private",), ("i < k",)
    ),
    "choice-of-texts": _leak('z = "a" if yes else "b"\nreturn z', '"a"', ("a text", "`yes`"), ("reveal(yes",)),
    "helper-loops": _leak("z = rounds(x)\nreturn reveal(z)", "count", ("`count` is private",), ("range(most)",)),
    # where it would stand
    "index": _leak("return [self.title, self.title][x]", "x", ("which item of",), ("only numbers are picked",)),
    "text-index": _leak("return self.title[x]", "x", ("which item",), ("reveal(x, to=everyone)",)),
    "map-key": _leak("return self.stock[x]", "x", ("which entry of `self.stock`",), ("reveal(x, to=everyone)",)),
    "map-get": _leak("return self.stock.get(x, 0)", "x", ("private",), ("reveal(x, to=everyone)",)),
    "map-write": _leak("m = map()\nm[x] = 1", "x", ("the keys of `m` are public",), ("reveal(x, to=everyone)",)),
    "map-literal": _leak("m = {x: 1}\nreturn len(m)", "x", ("keys of a map",), ("reveal(x",)),
    "set-literal": _leak("m = {x, 1}\nreturn len(m)", "x", ("equal",), ("reveal(x",)),
    "set-of": _leak("return len(set(xs))", "xs", ("size of a set",), ("any(xs == value)",)),
    "list-write": _leak("a = [1, 2]\na[x] = 3", "x", ("which item of `a` changes",), ("where(x == i, new, a[i])",)),
    "slice": _leak("z = xs[:x]\nreturn reveal(z)", "x", ("length of the slice",), ("where(arange(len(xs)) < x",)),
    "mask": _leak("z = xs[xs > 3]\nreturn reveal(z)", "xs > 3", ("how often it holds",), ("where(xs > 3, xs, 0)",)),
    "in-public": _leak(
        "return x in self.prices", "x", ("whether it is in",), ("any([x == value for value in self.prices])",)
    ),
    "in-private": _leak("return 3 in xs", "xs", ("whether `3` is in it",), ("any(xs == 3)",)),
    "in-list-of-private": _leak("return 3 in [x, x]", "[x, x]", ("holds private values",), ("any([value == 3",)),
    "comprehension": _leak(
        "z = [v for v in xs if v > 3]\nreturn len(z)", "v > 3", ("how many pass",), ("where(v > 3, v, 0)",)
    ),
    "emit": _leak('emit("Seen", value=x)', "x", ("events are seen",), ("value=reveal(x, to=everyone)",)),
    "emit-by-call": _leak("self.announce(x)", "value", ("events",), ("reveal(value, to=everyone)",)),
    "require": _leak(
        'require(x > 3, "small")',
        "x > 3",
        ("whether the call is refused",),
        ('require(reveal(x > 3, to=everyone), "small")',),
    ),
    "require-message": _leak("require(n > 3, text(x))", "x", ("a text is public",), ("reveal(x, to=everyone)",)),
    "text-building": _leak('require(n > 3, "is " + x)', "x", ("a text is public",), ("text(reveal(x, to=everyone))",)),
    "ledger": _leak('L["a"] = x', "x", ("read by all",), ("reveal(x, to=everyone)", 'MPC["a"] = x')),
    "ledger-key": _leak("L[x] = 1", "x", ("keys of L are public",), ("reveal(x, to=everyone)",)),
    "dht-in-the-clear": _leak('DHT.set("a", x, everyone)', "x", ("read by all",), ("MPC",)),
    "mpc-key": _leak("MPC[x] = y", "x", ("keys of MPC",), ("reveal(x",)),
    "public-field": _leak(
        "self.limit = x",
        "x",
        ("`self.limit` is public",),
        ("self.limit = reveal(x, to=everyone)", "declare the field private"),
    ),
    "public-map": _leak('self.stock["a"] = x', "x", ("is public",), ("reveal(x, to=everyone)",)),
    "public-list": _leak("self.prices.append(x)", "x", ("`self.prices` is public",), ("reveal(x, to=everyone)",)),
    "public-list-renamed": _leak("a = self.prices\na.append(x)", "x", ("is public",), ("reveal(x",)),
    "public-list-by-function": Row(
        with_functions(
            "def fill(self, items, x):\n    items.append(x)\n    return 1\n\n"
            "@private\ndef run(self, x: private[int(0, 3)]):\n    self.fill(self.prices, x)"
        ),
        SourceLeak,
        "self.prices",
        ("a private value is put into it",),
        ("reveal(x, to=everyone)",),
    ),
    "public-list-sealed": _leak("self.prices.append(reveal(x))", "reveal(x)", ("sealed",), ("reveal it last",)),
    "list-comprehension-fills": _leak(
        "a = [1]\nb = [a.append(v) for v in xs]\nself.limit = a[0]",
        "a[0]",
        ("is private",),
        ("declare the field private",),
    ),
    "public-argument": _leak("z = self.charge(x)", "x", ("`amount` of `charge` is public",), ("amount: private[",)),
    "helper-argument": _leak("z = next_after(x)", "x", ("`count` of `next_after`",), ("reveal(x, to=everyone)",)),
    "to": _leak("return reveal(x, to=y)", "y", ("who learns",), ("everyone",)),
    "returned": _leak("return x", "x", ("returns goes to its caller",), ("return reveal(x)",)),
    "returned-part": _leak("return n, x + 1", "x + 1", ("is private",), ("reveal(x + 1)",)),
    "returned-local": _leak("z = n\nz = z + x\nreturn z", "z", ("`z` is private",), ("return reveal(z)",)),
    "text": _leak("z = text(x)", "x", ("a text is public",), ("reveal(x",)),
    "power": _leak("z = 2 ** x", "x", ("how often to multiply",), ("exp(x * log(2))",)),
    "shape": _leak("z = zeros(x)", "x", ("shape of an array",), ("reveal(x",)),
    "axis": _leak("z = sum(xs, axis=x)", "x", ("`axis` of sum()",), ("public value",)),
    "sealed-sum": _leak("z = reveal(x)\nreturn z + 1", "z", ("sealed",), ("reveal it last",)),
    "sealed-field": _leak("self.total = reveal(x)", "reveal(x)", ("sealed",), ("reveal it last",)),
    "public-function-reads": Row(
        in_public("return self.limit + self.total"), SourceLeak, "self.total", ("runs on the chain",), ("@private",)
    ),
    "public-function-writes": Row(
        in_public("self.total = 0"), SourceLeak, "self.total", ("on the chain",), ("@private",)
    ),
    "public-function-map": Row(
        in_public("return self.bids[member]"), SourceLeak, "self.bids[member]", ("chain",), ("@private",)
    ),
    "public-function-asks": Row(
        with_functions(
            "@predicate\ndef rich(self, asker: address):\n    return self.total > 3\n\n"
            "@public\ndef run(self):\n    return self.rich(sender)"
        ),
        SourceLeak,
        "self.rich(sender)",
        ("gives a private value",),
        ("make `run` @private",),
    ),
    "public-function-mpc": Row(in_public('z = MPC["a"]'), SourceLeak, 'MPC["a"]', ("chain",), ("@private",)),
}

KINDS = {
    "only-one-side": Row(
        in_private("if x > 3:\n    z = 1\nreturn reveal(z)"),
        UnknownName,
        "z",
        ("one side only", "`if x > 3`"),
        ("before the `if`",),
    ),
    "only-else": Row(
        in_private("if yes:\n    pass\nelse:\n    z = 1\nreturn reveal(z + x)"),
        UnknownName,
        "z",
        ("`if yes`",),
        ("both sides",),
    ),
    "nothing-to-reveal": _wrong("return reveal(n)", "n", ("nothing to reveal",), ("write n alone",)),
    "reveal-twice": _wrong("z = reveal(x)\nreturn reveal(z)", "z", ("revealed already",), ("write z alone",)),
    "reveal-dropped": _wrong("reveal(x)", "reveal(x)", ("nobody receives it",), ("return reveal(x)",)),
    "reveal-unused": _wrong("z = reveal(x)", "reveal(x)", ("`z` is never used",), ("return z",)),
    "reveal-to-number": _wrong("return reveal(x, to=n)", "n", ("a whole number",), ("to=everyone",)),
    "reveal-to-text": _wrong('return reveal(x, to="alice")', '"alice"', ("a text",), ("an address",)),
    "reveal-to-predicate": _wrong("return reveal(x, to=only_me())", "only_me()", ("a predicate",), ("addresses",)),
    "reveal-to-map": _wrong("return reveal(x, to=self.stock)", "self.stock", ("a map",), ("keys()",)),
    "reveal-document": _wrong(
        'return reveal(DHT["a"], to=everyone)',
        'reveal(DHT["a"], to=everyone)',
        ("may be a document",),
        ("DHT.set(key, value, everyone)",),
    ),
    "reveal-table": _wrong(
        "return reveal(self.customers)", "self.customers", ("a whole table",), ("self.customers.age",)
    ),
    "number-condition": _wrong("z = 0\nif x:\n    z = 1", "x", ("is a boolean",), ("x != 0",)),
    "number-and": _wrong("z = yes and x", "x", ("is a boolean",), ("x != 0",)),
    "number-or-bits": _wrong("z = yes | x", "x", ("`|` needs booleans",), ("x != 0",)),
    "any-numbers": _wrong("z = any(xs)", "xs", ("is a boolean",), ("xs != 0",)),
    "bits-of-numbers": _wrong("z = n & 3", "n", ("`&` needs booleans",), ("n != 0",)),
    "require-kind": _wrong('require(to, "n")', "to", ("a condition is a boolean",), ("comparison",)),
    "require-message-missing": _wrong("require(n > 3)", "require(n > 3)", ("and a message",), ("what is wrong",)),
    "array-condition": _wrong(
        "z = 0\nif xs > 3:\n    z = 1", "xs > 3", ("array of conditions",), ("any(xs > 3)", "where(xs > 3")
    ),
    "text-plus-number": _wrong("z = self.title + n", "n", ("a text", "a whole number"), ("text(n)",)),
    "text-percent": _wrong('z = "%s" % n', '"%s" % n', ("no `%`",), ("join texts",)),
    "address-sum": _wrong("z = to + 1", "to", ("an address",), ("compared",)),
    "address-text": _wrong('z = to == "alice"', '"alice"', ("never equal",), ("0x",)),
    "table-sum": _wrong("z = self.customers * 2", "self.customers", ("a table",), ("self.customers.age",)),
    "table-mean": _wrong("z = mean(self.customers)", "self.customers", ("a table",), ("self.customers.age",)),
    "table-loop": _wrong(
        "for row in self.customers:\n    pass", "self.customers", ("row by row",), ("sum(self.customers.age)",)
    ),
    "table-row": _wrong(
        "z = self.customers[0]", "self.customers[0]", ("its rows are not values",), ("self.customers.age[i]",)
    ),
    "column": _unknown(
        "z = mean(self.customers.spent)", "self.customers.spent", ("no column `spent`",), ("did you mean spend",)
    ),
    "label": _wrong('z = phone == "andriod"', '"andriod"', ("not a label",), ("did you mean android",)),
    "other-table": _wrong(
        "self.orders.append(rows)", "rows", ("rows of Customer", "rows of Order"), ("private[Order]",)
    ),
    "append-number": _wrong("self.customers.append(x)", "x", ("takes rows",), ("private[Customer]",)),
    "ledger-delete": _wrong('del L["a"]', 'L["a"]', ("keeps what is written",), ("the same key",)),
    "assign-table": _wrong(
        "self.customers = rows", "self.customers", ("keep their owners",), ("self.customers.append(rows)",)
    ),
    "table-method": _unknown("self.customers.pop()", "self.customers.pop", ("no method `pop`",), ("append",)),
    "array-write": _wrong("xs[0] = 1", "xs[0]", ("arrays do not change",), ("where(arange(len(xs)) == 0, 1, xs)",)),
    "tuple-write": _wrong("a = (1, 2)\na[0] = 3", "a[0]", ("does not change",), ("list(a)",)),
    "method": _unknown("a = [1]\na.add(2)", "a.add", ("no method `add`",), ("append",)),
    "array-method": _unknown("z = xs.sort()", "xs.sort", ("no method `sort`",), ("sort(xs)",)),
    "attribute": _unknown("z = xs.length", "xs.length", ("no attribute `length`",), ("there are",)),
    "method-uncalled": _wrong("z = xs.sum", "xs.sum", ("is a method",), ("xs.sum()",)),
    "subscript-number": _wrong("z = n[0]", "n", ("no parts",), ()),
    "subscript-set": _wrong("z = self.members[0]", "self.members", ("a set",), ("list(self.members)",)),
    "text-index-kind": _wrong('z = self.prices["a"]', '"a"', ("places are whole numbers",), ()),
    "too-many": _wrong("z = sqrt(x, 2)", "2", ("sqrt() takes 1 argument",), ("sqrt(x)",)),
    "too-few": _wrong("z = where(yes, x)", "where(yes, x)", ("needs y",), ("where(condition, x, y)",)),
    "keyword": _wrong("z = sum(xs, axes=0)", "0", ("no argument `axes`",), ("did you mean axis",)),
    "helper-kind": _wrong('z = next_after("a")', '"a"', ("a text", "a whole number"), ("declared int",)),
    "min-mixed": _wrong("z = min(x, to)", "to", ("an address",), ()),
    "where-condition": _wrong("z = where(x, 1, 0)", "x", ("a condition is a boolean",), ("x != 0",)),
    "range-kind": _wrong("for i in range(self.prices):\n    pass", "self.prices", ("a list",), ("len(self.prices)",)),
    "length": _wrong("z = len(n)", "n", ("no length",), ()),
    "unpack": _wrong("a, b = 1, 2, 3", "a, b", ("2 names, but 3 values",), ("as many names",)),
    "fixed-to-int": _wrong("self.total = x / 2", "x / 2", ("a decimal number",), ("floor(x / 2)",)),
    "bool-to-int": _wrong("self.total = yes", "yes", ("a boolean",), ("as_int(yes)",)),
    "int-to-bool": _wrong("self.closed = x", "x", ("`self.closed` is a boolean",), ("x != 0",)),
    "array-to-single": _wrong("self.total = xs", "xs", ("an array",), ("declare the field an array",)),
    "text-to-address": _wrong('self.owner = "alice"', '"alice"', ("a text",), ("0x",)),
    "predicate-kind": _wrong('MPC.set("a", x, to)', "to", ("here belongs a predicate",), ("only([to])",)),
    "declared-kind": _wrong("z: private[bool] = x\nreturn reveal(z)", "x", ("declared private[bool]",), ("x != 0",)),
    "missing-return": _wrong("if n > 3:\n    return 1", "if n > 3:", ("may also end without one",), ("every path",)),
    "public-calls-private": Row(
        with_functions("@private\ndef ask(self):\n    return 1\n\n@public\ndef run(self):\n    return self.ask()"),
        WrongType,
        "self.ask",
        ("cannot call `ask`", "on the chain"),
        ("make `run` @private",),
    ),
    "predicate-writes": Row(
        with_functions("@predicate\ndef may(self, asker: address):\n    self.limit = 3\n    return True"),
        WrongType,
        "self.limit",
        ("a predicate only answers",),
        ("`may` read the result",),
    ),
    "predicate-emits": Row(
        with_functions('@predicate\ndef may(self, asker: address):\n    emit("Asked")\n    return True'),
        WrongType,
        'emit("Asked")',
        ("only answers", "emits"),
        (),
    ),
    "predicate-reveals": Row(
        with_functions("@predicate\ndef may(self, asker: address):\n    return reveal(self.closed, to=everyone)"),
        WrongType,
        "reveal(self.closed, to=everyone)",
        ("only answers",),
        (),
    ),
    "predicate-kind-of-answer": Row(
        with_functions("@predicate\ndef may(self, asker: address):\n    return self.total"),
        WrongType,
        "self.total",
        ("answers yes or no",),
        ("a condition",),
    ),
}

ROWS: dict[str, Row] = LEAKS | KINDS
