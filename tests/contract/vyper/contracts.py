"""Small contracts whose public halves are called at random, beside the simulator: numbers, sets, maps."""

from __future__ import annotations

from tests.contract.vyper.contracts_of_values import CONTROL, FIXED, LEDGER, LISTS, SECRET
from tests.contract.vyper.samples import Sample, digit, edge, people, small, who, word

ARITHMETIC = Sample('''
MOST = 2**200
HALF = MOST // 3


def twice(x):
    return x + x


class Arithmetic(Contract):
    last: public[int] = 0
    small: public[int(-5, 300)] = 7

    @public
    def floored(self, a: int, b: int):
        self.last = a // b
        return a // b, a % b

    @public
    def both(self, a: int, b: int):
        q, r = divmod(a, b)
        require(q * b + r == a, "not so")
        return q, r

    @public
    def sums(self, a: int, b: int):
        self.last = a + b - twice(a) * -1
        return self.last

    @public
    def product(self, a: int, b: int):
        return a * b

    @public
    def power(self, a: int, b: int):
        require(b >= 0, "only whole powers")
        return a ** b

    @public
    def constants(self, a: int):
        return a + HALF - -7 // 2 + -7 % 3 + 2**10, (a > HALF) + (a < 0) + True

    @public
    def signs(self, a: int):
        return -a, +a, abs(a), int(a), min(a, 3, 5), max(a, 3), round(a)

    @public
    def chain(self, a: int, b: int):
        return a < b <= 10 != 7, a == b, not a, bool(b), (a > 0) & (b > 0), (a > 0) | (b > 0), (a > 0) ^ (b > 0)

    @public
    def narrow(self, a: int(-5, 300)):
        self.small = a + 1
        return self.small

    @public
    def rest(self, a: int, b: int):
        self.last += a
        self.last -= b
        self.last *= 2
        self.last //= 3
        self.last %= 1000
''', {
    "floored": (edge, edge), "both": (edge, edge), "sums": (edge, edge), "product": (edge, edge),
    "power": (edge, small), "constants": (edge,), "signs": (edge,), "chain": (small, small),
    "narrow": (edge,), "rest": (edge, edge),
}, rounds=70)  # fmt: skip

SETS = Sample('''
class Sets(Contract):
    members: public[set[address]]
    marks: public[set[int(0, 9)]]
    words: public[set[text]]

    @public
    def __init__(self, who: set[address]):
        self.members = who

    @public
    def add(self, who: address):
        self.members.add(who)
        return len(self.members), who in self.members

    @public
    def drop(self, who: address):
        self.members.discard(who)
        return len(self.members)

    @public
    def remove(self, who: address):
        self.members.remove(who)

    @public
    def all_new(self, who: set[address]):
        require(len(who) > 1, "too few")
        self.members = who

    @public
    def both(self, who: set[address]):
        return list(self.members & who), list(self.members | who), list(self.members - who)

    @public
    def mark(self, n: int):
        self.marks.add(n % 13)

    @public
    def unmark(self, n: int):
        require(n in self.marks or n > 3, "not marked")
        self.marks.discard(n)

    @public
    def spell(self, word: text):
        if word in self.words:
            self.words.remove(word)
        else:
            self.words.add(word)

    @public
    def walk(self, who: address):
        seen = 0
        for each in self.members:
            if each == who:
                self.members.discard(each)
                continue
            if each == sender:
                break
            seen += 1
        return seen, [each for each in self.members if each != sender]

    @public
    def clear(self):
        self.members = set()
        self.marks = {1, 2, 1}

    @public
    def local(self, a: int, b: int):
        found = set()
        found.add(a)
        found.add(b)
        found.add(a)
        found.discard(b - 1)
        return len(found), list(found)
''', {
    "add": (who,), "drop": (who,), "remove": (who,), "all_new": (people,), "both": (people,), "mark": (small,),
    "unmark": (small,), "spell": (word,), "walk": (who,), "clear": (), "local": (small, small),
}, {"who": ["ann", "bob", "ann"]}, 60)  # fmt: skip

MAPS = Sample('''
class Maps(Contract):
    account: public[map[address, int]]
    names: public[map[text, text]]
    lists: public[map[int, list[int(-5, 20)]]]

    @public
    def pay(self, to: address, amount: int):
        require(amount > 0, "nothing to pay")
        if to not in self.account:
            self.account[to] = 0
        self.account[to] += amount
        emit("Paid", who=sender, to=to, amount=amount, total=sum(self.account.values()))

    @public
    def move(self, to: address, amount: int):
        require(self.account.get(sender, 0) >= amount, "not enough")
        self.account[sender] -= amount
        self.account[to] = self.account.get(to, 0) + amount

    @public
    def close(self, who: address):
        del self.account[who]

    @public
    def take(self, who: address):
        return self.account.pop(who, -1), self.account.pop(sender)

    @public
    def of(self, who: address):
        return self.account[who], len(self.account), who in self.account, who not in self.account

    @public
    def rich(self, least: int):
        best = [key for key, value in self.account.items() if value > least]
        emit("Rich", best=best, keys=self.account.keys())
        return best, max([0] + list(self.account.values()))

    @public
    def name(self, a: text, b: text):
        self.names[a] = b + "!" + a
        return self.names[a]

    @public
    def note(self, n: int, value: int):
        if n not in self.lists:
            self.lists[n] = []
        self.lists[n].append(value)
        return len(self.lists[n]), self.lists[n][-1], self.lists[n]

    @public
    def unnote(self, n: int):
        return self.lists[n].pop(0)

    @public
    def forget(self):
        if len(self.account) > 3:
            self.account = {}
''', {
    "pay": (who, small), "move": (who, small), "close": (who,), "take": (who,), "of": (who,), "rich": (small,),
    "name": (word, word), "note": (digit, digit), "unnote": (digit,), "forget": (),
}, rounds=100, often=("pay", "pay", "note", "move"))  # fmt: skip

SAMPLES = {"arithmetic": ARITHMETIC, "sets": SETS, "maps": MAPS, "lists": LISTS, "control": CONTROL, "secret": SECRET,
           "fixed": FIXED, "ledger": LEDGER}  # fmt: skip
