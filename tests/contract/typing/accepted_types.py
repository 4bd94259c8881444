"""Twins of the refused sources, and what stands beside them in real contracts: the checker accepts all of it."""

from __future__ import annotations

from tests.contract.typing.refusals_types import in_private, in_public, with_functions

ACCEPTED = {
    "if-private": in_private("if x > 2:\n    self.total = self.total + x\nelse:\n    self.total = self.total - x"),
    "if-nested": in_private(
        "z = 0\nif yes:\n    for i in range(n):\n        if x > i:\n            z = z + 1\nreturn reveal(z)"
    ),
    "both-sides": in_private("if x > 3:\n    z = 1\nelse:\n    z = 2\nreturn reveal(z)"),
    "own-scratch": in_private("z = 0\nif x > 3:\n    t = x * 2\n    z = t + 1\nreturn reveal(z)"),
    "choice": in_private("return reveal(x if yes else 2 * x)"),
    "if-public": in_private('if n > 3:\n    return reveal(x)\nrequire(n > 1, "small")\nreturn reveal(y)'),
    "if-revealed": in_private('if reveal(x > 3, to=everyone):\n    self.limit = 4\n    emit("Large")\nreturn n'),
    "require-revealed": in_private('require(reveal(x > 3, to=everyone), "small")'),
    "for-private": in_private("z = 0\nfor v in xs:\n    z = z + v * v\nreturn reveal(z)"),
    "for-map": in_private("z = 0\nfor who in self.bids:\n    z = z + self.bids[who]\nreturn reveal(z)"),
    "while-public": in_private(
        "i = 0\nz = x\nwhile i < n:\n    i += 1\n    z = z * x\n    if i == 5:\n        break\nreturn reveal(z)"
    ),
    "length": in_private("return len(xs) + len(self.customers) + len(self.bids)"),
    "logic": in_private("return reveal(not (yes and x > 3 or 1 < x < 5))"),
    "any": in_private("return reveal(any([x == value for value in self.prices]))"),
    "private-index": in_private("return reveal(xs[x] + self.prices[x] + [x, 2][x])"),
    "lists-of-arrays": in_private(
        "either = any([xs > 3, xs < 1])\nmost = max([xs, xs + 1])\nreturn reveal(either[0]), reveal(most[0]), "
        "reveal(sum([xs, xs])[0])"
    ),
    "declared-array": in_private("z: private[fixed(-9, 9)] = 0\nz = xs * 0.5\nreturn reveal(z[0])"),
    "booleans-count": in_private(
        "return reveal(sum([yes, x > 3]) + yes + max(x, yes) + where(yes, x, yes) + (yes < 1))"
    ),
    "conversions": in_private("return reveal(int(y * 3) + int(yes)), reveal(bool(x)), reveal(sorted(xs)[0])"),
    "one-hot-choice": in_private("return reveal(sum([where(x == i, self.prices[i], 0) for i in range(3)]))"),
    "column": in_private('c = self.customers\nreturn reveal(mean(where(c.phone == "ios", c.spend, 0)))'),
    "row-of-column": in_private("return reveal(self.customers.age[0])"),
    "sealed-list": in_private(
        "out = []\nfor who in self.bids:\n    out.append(reveal(self.bids[who], to=who))\nreturn out"
    ),
    "sealed-map": in_private('return {"a": reveal(x), "b": reveal(y, to=self.members)}'),
    "sealed-name": in_private("z = reveal(x)\nreturn z, n"),
    "reveal-opens": in_private("z = reveal(x, to=everyone)\nfor i in range(z):\n    self.limit = self.limit + i"),
    "revealed-for-all": in_private("z = reveal(x, to=everyone)"),
    "declared": in_private("z: private[fixed(-1, 1)] = 0\nfor _ in range(n):\n    z = (z + y) / 2\nreturn reveal(z)"),
    "helper": in_private("return reveal(largest(x, 3)), largest(n, 4)"),
    "helper-public-count": in_private("return rounds(n)"),
    "list-of-private": in_private("a = list(xs)\na[0] = where(yes, a[1], x)\nreturn reveal(sort(stack(a)))"),
    "mpc": in_private('MPC.set("a", x, only([to]))\nz = MPC["a"] * 2\nreturn reveal(z), MPC.declassify("a")'),
    "ledger": in_private('L["a"] = n\nreturn L["a"], L.get("a", now), len(L.history("a"))'),
    "document": in_private('DHT.set("a", n, self.may_read)\nreturn reveal(DHT["a"], to=sender)'),
    "deleting": in_private('del MPC["a"]\ndel DHT["b"]\ndel self.bids[sender]'),
    "withdraw": in_private("return self.customers.withdraw()"),
    "fields": in_private("self.total = x // 2\nself.share = y * y\nself.closed = yes or x > 3\nself.bids[sender] = x"),
    "integer-to-fixed": in_private("self.share = where(yes, 1, 0)"),
    "power": in_private("return reveal(x ** 2)"),
    "public": in_public(
        'require(sender == deployer, "no")\nself.members.add(member)\nself.stock["a"] = n\n'
        "for price in self.prices:\n    self.limit = max(self.limit, price)\n"
        "self.prices.append(n)\nreturn len(self.prices)"
    ),
    "public-keys": in_public("return member in self.bids and len(self.bids) > n"),
    "texts": in_public('emit("Seen", words=self.title + " " + text(n))\nreturn self.title[0]'),
    "call-in-if": in_private("z = 0\nif yes:\n    z = self.charge(2)\nreturn reveal(z)"),
    "predicate": with_functions("@predicate\ndef rich(self, asker: address):\n    return self.bids[asker] > 500"),
    "recursion": with_functions(
        "def power(self, x, n):\n    if n == 0:\n        return 1\n    return x * self.power(x, n - 1)\n\n"
        "@private\ndef run(self, x: private[int(0, 3)]):\n    return reveal(self.power(x, 3))"
    ),
}
