"""A contract with every kind of field and entry, and calls of it to be drawn."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

EVERYTHING = '''
Row = table(age=int(0, 120), score=fixed(-1, 1), kind=category("a", "b"), member=bool)


class Everything(Contract):
    """Whatever a contract can remember."""

    count: public[int] = 0
    ratio: public[fixed] = 1.50
    open: public[bool] = False
    note: public[text] = "öre"
    who: public[address]
    phone: public[category("android", "ios")] = 1
    log: public[list[int(-1000, 1000)]]
    decimals: public[list[fixed]]
    texts: public[set[text]]
    friends: public[set[address]]
    by_number: public[map[int, fixed]]
    by_name: public[map[text, list[int]]]
    flags: public[map[bool, address]]
    secret: private[int(0, 1000)] = 7
    vector: private[fixed(-2, 2)[3]]
    numbers: map[address, private[int(0, 100)]]
    named: map[text, private[bool]]
    rows: private[Row]
    more: private[Row]
    release = after(3)

    @public
    def tick(self, n: int):
        self.count += n
        self.ratio = self.ratio * 1.10
        self.decimals.append(round(self.ratio, 2))
        self.open = not self.open
        self.log.append(n)
        return text(self.ratio), [text(each) for each in self.decimals]

    @public
    def meet(self, friend: address, name: text):
        self.who = friend
        self.friends.add(friend)
        self.texts.discard(name)
        self.texts.add(name)
        self.by_name[name] = [len(self.texts)] + self.log
        self.by_number[len(name)] = self.ratio
        self.flags[self.open] = friend
        emit("Met", friend=friend, name=name)
        return [each for each in self.texts], self.by_name.keys(), self.by_number.items()

    @public
    def leave(self, friend: address, name: text):
        self.friends.remove(friend)
        self.by_name.pop(name)
        return [each for each in self.friends]

    @public
    def both_wrong(self):
        self.log.append(5000)
        self.by_name["wrong"] = [1]
        self.decimals.append(1.5)
        self.log.append(-5000)

    @private
    def put(self, number: private[int(0, 100)], name: text):
        self.numbers[sender] = number
        self.named[name] = number > 50

    @private
    def drop(self, name: text):
        del self.numbers[sender]
        del self.named[name]

    @private
    def keys(self):
        return self.numbers.keys(), self.named.keys()

    @private
    def contribute(self, rows: private[Row]):
        self.rows.append(rows)
        return len(self.rows), self.rows.owners

    @private
    def copy_over(self):
        self.more.append(self.rows)

    @private
    def withdraw(self):
        return self.rows.withdraw()

    @private
    def mean_age(self):
        return reveal(mean(self.rows.age), to=everyone)

    @private
    def mean_of_more(self):
        return reveal(mean(self.more.age)), reveal(sum(self.rows.age))

    @private
    def total(self):
        return reveal(sum(self.numbers.values()))

    @private
    def remember(self):
        self.secret = clip(sum(self.numbers.values()) + self.secret, 0, 1000)
        self.vector = stack([self.secret / 1000, 0.5, -1.0])

    @private
    def told(self):
        return reveal(self.secret), reveal(self.vector, to=self.friends)

    @private
    def answered_and_refused(self):
        known = reveal(mean(self.rows.age) > 60, to=everyone)
        require(False, "refused after it was opened " + text(known))

    @private
    def deal(self, number: private[int(0, 100)], n: int):
        MPC["dealt", sender] = number
        MPC.set(("shared", n), number + self.secret, only([sender, self.who]) & at_most(2) | until(n))
        DHT.set(("pieces", n), self.secret + number, only_me() | at_most(1) & only([self.who]))
        DHT.set(("open", n), [n, "text", sender], everyone)
        L["last", sender] = (n, text(self.ratio))

    @private
    def use(self, n: int):
        self.secret = clip(MPC["shared", n], 0, 1000)

    @private
    def read(self, n: int):
        return reveal(DHT["pieces", n]), DHT["open", n]

    @private
    def judged(self, number: private[int(0, 100)]):
        MPC.set("judged", number, self.admitted)
        return reveal(MPC["judged"] * 2)

    @predicate
    def admitted(self, asker: address):
        return self.secret > 5

    @private
    def history(self):
        return L.history(("last", sender)), L["last", sender]

    @private
    def give_up(self, n: int):
        del MPC["dealt", sender]
        del DHT["pieces", n]

    @private
    def mine(self):
        return MPC.declassify(("dealt", sender))
'''

PEOPLE = ("ann", "bob", "cyd")
NAMES = st.sampled_from(["x", "yy", "zzz"])
PERSONS = st.sampled_from(PEOPLE)
SMALL = st.integers(0, 3)
NUMBERS = st.integers(0, 100)


def _rows(count: int, seed: int) -> dict[str, list[Any]]:
    return {
        "age": [(seed * 37 + 11 * i) % 121 for i in range(count)],
        "score": [((seed + i) % 9 - 4) / 4 for i in range(count)],
        "kind": [(seed + i) % 2 for i in range(count)],
        "member": [(seed * i) % 3 == 0 for i in range(count)],
    }


ARGUMENTS: dict[str, st.SearchStrategy[tuple[Any, ...]]] = {
    "tick": st.tuples(st.integers(-3, 3)),
    "meet": st.tuples(PERSONS, NAMES),
    "leave": st.tuples(PERSONS, NAMES),
    "put": st.tuples(NUMBERS, NAMES),
    "drop": st.tuples(NAMES),
    "contribute": st.tuples(st.builds(_rows, st.integers(1, 4), st.integers(0, 50))),
    "deal": st.tuples(NUMBERS, SMALL),
    "use": st.tuples(SMALL),
    "read": st.tuples(SMALL),
    "judged": st.tuples(NUMBERS),
    "give_up": st.tuples(SMALL),
    **{
        name: st.just(())
        for name in (
            "both_wrong", "keys", "copy_over", "withdraw", "mean_age", "mean_of_more", "total", "remember", "told",
            "answered_and_refused", "history", "mine",
        )
    },
}  # fmt: skip

Call = tuple[str, str, tuple[Any, ...]]


@st.composite
def calls(draw: st.DrawFn) -> Call:
    """One call: who, which function, its arguments."""
    name = draw(st.sampled_from(sorted(ARGUMENTS)))
    return draw(PERSONS), name, draw(ARGUMENTS[name])


PREPARED: list[Call] = [
    ("ann", "meet", ("bob", "x")), ("bob", "meet", ("ann", "yy")), ("ann", "tick", (2,)),
    ("ann", "put", (10, "x")), ("bob", "put", (90, "yy")), ("ann", "contribute", (_rows(3, 1),)),
    ("bob", "contribute", (_rows(4, 2),)), ("ann", "mean_age", ()), ("ann", "remember", ()),
    ("bob", "deal", (20, 1)), ("cyd", "judged", (3,)), ("ann", "told", ()),
]  # fmt: skip
"""Calls that fill every field and dictionary."""
