"""Small contracts whose public halves are called at random, beside the simulator: the others."""

from __future__ import annotations

from decimal import Decimal

from tests.contract.vyper.samples import Sample, digit, edge, flag, numbers, small, word

LISTS = Sample('''
class Lists(Contract):
    items: public[list[int]]
    narrow: public[list[int(0, 5)]] = [1, 2, 3]
    who: public[list[address]]

    @public
    def put(self, n: int):
        self.items.append(n)
        self.who.append(sender)
        return len(self.items), self.who[-1] == sender

    @public
    def at(self, n: int):
        return self.items[n]

    @public
    def put_at(self, n: int, value: int):
        self.items[n] = value
        self.items[n] += 1
        return self.items

    @public
    def drop(self, n: int):
        del self.items[n]
        return self.items.pop()

    @public
    def remove(self, n: int):
        self.items.remove(n)
        return n in self.items, self.items.index(self.items[0])

    @public
    def part(self, a: int, b: int):
        return self.items[a:b], self.items[a:], self.items[:b], self.items[:]

    @public
    def whole(self, new: list[int]):
        require(new != self.items, "nothing new")
        self.items = new + [len(new)] + self.items[:3]

    @public
    def range_of(self, new: list[int(0, 5)]):
        self.narrow = new
        return sum(self.narrow), 3 in new

    @public
    def totals(self, new: list[int]):
        require(len(new) > 0, "nothing there")
        return min(new), max(new), sum(new, 10), any([n > 3 for n in new]), all([n > -3 for n in new]), sorted(new)

    @public
    def pairs(self, new: list[int]):
        total = 0
        for i, n in enumerate(new, 1):
            total += i * n
        for a, b in zip(new, reversed(new)):
            total = total * 2 + a - b
        return total, [a * b for a in new for b in range(a) if b % 2 == 0 if a > 1]

    @public
    def own(self, n: int):
        made = [n, n + 1]
        made.append(n)
        for each in made:
            if len(made) < 6:
                made.append(each * 2)
        made[0] = made[1] - 7
        del made[1]
        copy = list(made)
        copy.append(1)
        made = made + copy
        self.items = made
        made.pop()
        return made, copy, n in made, n in [1, 2, 3], n in (4, 5)

    @public
    def empty(self, n: int):
        found = []
        for i in range(n):
            found.append(i * i)
        if not found:
            found = [n]
        return found, len(found)
''', {
    "put": (edge,), "at": (small,), "put_at": (small, edge), "drop": (digit,), "remove": (digit,),
    "part": (small, small), "whole": (numbers,), "range_of": (numbers,), "totals": (numbers,), "pairs": (numbers,),
    "own": (small,), "empty": (small,),
}, rounds=90, often=("put", "remove", "remove"))  # fmt: skip

CONTROL = Sample('''
LIMIT = 50
LABELS = ["one", "two"]


def collatz(n):
    steps = 0
    while n != 1:
        steps += 1
        if n % 2 == 0:
            n //= 2
        else:
            n = 3 * n + 1
    return steps


def first_above(items, least):
    for item in items:
        if item > least:
            return item
    return least


class Control(Contract):
    owner: public[address]
    count: public[int]
    open: public[bool] = True
    level: public[category("low", "mid", "high")] = "mid"
    title: public[text]
    until: public[int] = 0
    spent: public[int] = 0

    @public
    def __init__(self, title: text, start: int = 3):
        self.title = title
        if start > 5:
            self.count = start
        self.owner = deployer if start < 4 else sender

    @public
    def steps(self, n: int):
        require(0 < n < LIMIT, "out of " + text(LIMIT) + ": " + text(n))
        return collatz(n), first_above([n, 2 * n, 3 * n], 40), LABELS[n % 2]

    @public
    def loops(self, a: int, b: int, c: int):
        total = 0
        for i in range(a, b, c):
            if i == 3:
                continue
            for j in range(i):
                if j > 4:
                    break
                total += i * 10 + j
        return total

    @public
    def counted(self):
        return self.count

    @public
    def set_count(self, n: int):
        self.count = n
        self.open = not self.open
        emit("Counted", by=sender, n=n, open=self.open, level=self.level)
        if n < 0:
            emit("Below")
            return False
        elif n == 0:
            return self.open
        return True

    @public
    def raise_level(self, n: category("low", "mid", "high")):
        self.level = n
        if self.level == 2:
            self.level = "low"

    @public
    def guarded(self):
        self.want_owner("not you")
        self.bump(2)
        self.bump(amount=1)
        return self.spent if self.spent > 3 and self.spend() > 0 or self.open else self.spend() - 1

    @public
    def spend(self):
        self.spent += 1
        return self.spent

    @public
    def order(self, a: int):
        return self.spent + self.spend() * 10 + self.spent, self.spent < self.spend() < a

    def want_owner(self, why):
        require(sender == self.owner, why)

    def bump(self, amount=5):
        self.spent += amount

    @public
    def wait(self, seconds: int):
        require(now >= self.until, "wait until " + text(self.until))
        self.until = now + seconds * 10
        return self.until - now, sender == deployer

    @public
    def rename(self, name: text):
        require(name != self.title, "named so — already")
        self.title = name
        emit("Named", name=name)

    @public
    def choose(self, a: int, b: bool):
        x = 1 if b else a
        if b:
            y = a
        else:
            y, x = x, -a
        return (x, y, b and a > 2, b or 10 // a > 1)
''', {
    "steps": (small,), "loops": (small, small, small), "counted": (), "set_count": (small,), "raise_level": (digit,),
    "guarded": (), "spend": (), "order": (edge,), "wait": (small,), "rename": (word,), "choose": (small, flag),
}, {"title": "t", "start": 3}, 100)  # fmt: skip

SECRET = Sample('''
class Secret(Contract):
    members: public[set[address]]
    total: public[int] = 0
    diary: public[list[address]]
    best: public[map[address, int]]
    values: map[address, private[int(0, 100)]]
    hidden: private[int(0, 10**6)] = 0

    @public
    def join(self):
        require(sender not in self.members, "a member")
        self.members.add(sender)

    @public
    def handed(self):
        return len(self.values), sender in self.values, list(self.values), self.values.keys()

    @private
    def put(self, value: private[int(0, 100)], note: int, more: list[int]):
        """What the sender has."""
        require(sender in self.members, "no member")
        least = max(note, 3)
        require(least < 8, "too much: " + text(least))
        self.want(more)
        self.values[sender] = value
        self.diary.append(sender)

    def want(self, more):
        require(len(more) != 1, "not one")

    @private
    def open(self, note: int):
        require(note > 0, "say more")
        self.spend()
        require(sender in self.values, "put first")
        self.total = reveal(sum(self.values.values()), to=everyone)
        self.best[sender] = self.total + note
        require(self.total > 3, "too little in all")
        return reveal(self.values[sender])

    def spend(self):
        require(sender in self.members, "not yet a member")
        self.total += 1

    @private
    def leave(self):
        require(len(self.values) > 1, "alone")
        del self.values[sender]
        self.members.discard(sender)
        if sender in self.best:
            del self.best[sender]
        self.diary = []
''', {
    "join": (), "handed": (), "put": (lambda r: r.randrange(101), small, numbers), "open": (small,), "leave": (),
}, rounds=70)  # fmt: skip

FIXED = Sample('''
class Prices(Contract):
    price: public[fixed] = 1.5
    share: public[fixed(-10, 10)] = 0.001
    paid: public[map[address, fixed]]

    @public
    def raise_by(self, n: int):
        self.price = self.price + n * 0.25 - 1
        return self.price, self.price > 2, self.price == 1.5, int(self.price), -self.price, abs(self.price)

    @public
    def put(self, x: fixed, n: int):
        self.share = x * n
        self.paid[sender] = x
        return sum([x, self.share, self.price]), max(x, self.price), x < n, x <= 0.5 <= n

    @public
    def whole(self, n: int):
        self.price = n
''', {
    "raise_by": (small,), "put": (lambda r: Decimal(r.choice(["0", "1", "-3", "0.25"])), small), "whole": (small,),
}, rounds=40)  # fmt: skip

LEDGER = Sample(
    """
class Notes(Contract):
    last: public[int] = 0
    who: public[address]
    word: public[text] = ""
    yes: public[bool] = False

    @public
    def put(self, key: int, value: int):
        L[key] = value
        L["table", sender] = self.last
        L["base", "table", (key % 2, sender, "x")] = key > 1
        L["who"] = sender
        L[True] = text(key)

    @public
    def at(self, key: int):
        self.last = L[key]
        return self.last, int(L["table", sender])

    @public
    def asked(self, key: int):
        return key in L, "who" not in L, ("table", sender) in L, False in L, 1 in L

    @public
    def rest(self, key: int):
        self.who = L["who"]
        self.word = L[True]
        self.yes = L["base", "table", (key % 2, sender, "x")]

    @public
    def before(self, key: int, seconds: int):
        self.last = L.get(key, now - seconds * 20)
""",
    {"put": (digit, edge), "at": (digit,), "asked": (digit,), "rest": (digit,), "before": (digit, digit)},
    rounds=60,
)
