"""Leases against a plain model: no wei is lost or made, and each is where the rules put it."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.chain.machines.bench import Bench
from tests.chain.seated import KEYS, SEATS, World
from tests.chain.standing import ETHER, LISTING, Proxy

from enigma.chain.leases import DAY, MEBIBYTE, Leases, Retrieval, Status, cost, fare
from enigma.keys.account import Account

PEOPLE = (16, 17)  # accounts; the operator of seat i is account i + 1
TERM, GRACE = 8 * DAY, 3 * DAY
MOST_AT_ONCE = 6  # leases, and retrievals
WHO = st.integers(0, len(PEOPLE) - 1)
WHICH = st.integers(0, 2)  # which of the newest
SEAT = st.integers(0, SEATS - 1)
PRICES = st.sampled_from([0, 1, 7, 10**9, 10**15])
SIZES = st.sampled_from([1, MEBIBYTE - 1, MEBIBYTE, 5 * MEBIBYTE + 3])
MOST = st.sampled_from([0, 10**12, ETHER])
AMOUNT = st.one_of(st.sampled_from([0, 1, ETHER]), st.integers(0, ETHER))


@dataclass
class Estate:
    """What a machine is made with."""

    bench: Bench
    world: World
    leases: Leases
    survey: Proxy
    readers: tuple[Account, ...]


@dataclass
class Let:
    """A lease as the model knows it."""

    who: int
    size: int
    most: int
    since: int
    until: int
    held: list[int] = field(default_factory=lambda: [0] * SEATS)
    declined: int = 0
    closed: bool = False

    def status(self, now: int) -> Status:
        if self.closed:
            return Status.CLOSED
        if now < self.until:
            return Status.ACTIVE
        return Status.RESTRICTED if now < self.until + GRACE else Status.DELETABLE


@dataclass
class Aside:
    """A retrieval as the model knows it."""

    who: int
    lease: int
    seat: int
    price: int
    held: int
    until: int
    paid: int = 0
    size: int = 0


class LeasesMachine(RuleBasedStateMachine):
    """Two people who own and read, four seats of one contract."""

    def __init__(self, estate: Estate) -> None:
        super().__init__()
        self.estate, self.bench = estate, estate.bench
        self.people = [estate.bench.people[index] for index in PEOPLE]
        self.operators = [estate.bench.people[seat + 1] for seat in range(SEATS)]

    @initialize(prices=st.lists(PRICES, min_size=SEATS, max_size=SEATS), size=SIZES)
    def begin(self, prices: list[int], size: int) -> None:
        self.now = self.bench.restart()
        self.balances, self.earned = [0] * len(PEOPLE), [0] * SEATS
        self.prices = [LISTING.price] * SEATS
        self.let: list[Let] = []
        self.aside: list[Aside] = []
        for seat, price in enumerate(prices):
            self.ask(seat, price)
        self.top_up(0, 0, ETHER)
        self.open(0, size, ETHER)
        self.top_up(1, 1, ETHER)
        if self.let:
            self.reserve(0, 1, 0, ETHER // 2, DAY)

    # ------------------------------------------------------------ how a step is tried

    def do(self, fails: bool, who: str, function: str, *args: object, value: int = 0) -> bool:
        """Send it where the model says that it goes through, else see that it is refused. Did it go through?

        Both happen a second after `now`: where nothing is sent, an empty block makes that second pass.
        """
        leases = self.estate.leases
        if fails:
            self.pass_time(1)
            assert self.bench.refusal(who, leases, function, *args, value=value), f"{function} ought to be refused"
            return False
        self.bench.send(who, leases, function, *args, value=value)
        self.now += 1
        return True

    def newest(self, which: int) -> tuple[int, Let]:
        """One of the newest leases, and its number."""
        place = len(self.let) - 1 - which % len(self.let)
        return place + 1, self.let[place]

    def asked(self, let: Let) -> list[int]:
        """What a term costs now, by seat."""
        return [0 if let.declined >> seat & 1 else cost(self.prices[seat], let.size, TERM) for seat in range(SEATS)]

    def accrued(self, let: Let, now: int) -> None:
        now = min(now, let.until)
        if now > let.since:
            for seat in range(SEATS):
                amount = let.held[seat] * (now - let.since) // (let.until - let.since)
                let.held[seat] -= amount
                self.earned[seat] += amount
        let.since = now

    def bought(self, let: Let) -> None:
        for seat, amount in enumerate(self.asked(let)):
            let.held[seat] += amount
            self.balances[let.who] -= amount
        let.until += TERM

    # ------------------------------------------------------------ accounts

    @rule(who=WHO, whose=WHO, amount=AMOUNT)
    def top_up(self, who: int, whose: int, amount: int) -> None:
        if self.do(amount == 0, self.people[who], "top_up", self.people[whose], value=amount):
            self.balances[whose] += amount

    @rule(who=WHO, amount=AMOUNT, everything=st.booleans())
    def withdraw(self, who: int, amount: int, everything: bool) -> None:
        amount = self.balances[who] if everything else amount
        if self.do(not 0 < amount <= self.balances[who], self.people[who], "withdraw", amount):
            self.balances[who] -= amount

    @rule(seat=SEAT, thief=st.booleans())
    def collect(self, seat: int, thief: bool) -> None:
        who = self.operators[seat - 1 if thief else seat]
        if self.do(thief or self.earned[seat] == 0, who, "collect", KEYS[seat].address):
            self.earned[seat] = 0

    @rule(seat=SEAT, price=PRICES)
    def ask(self, seat: int, price: int) -> None:
        parts = (LISTING.tls, LISTING.hpke, LISTING.endpoint, LISTING.capacity, price)
        self.bench.send(self.operators[seat], self.estate.world.nodes(), "describe", KEYS[seat].address, *parts)
        self.prices[seat] = price
        self.now += 1

    # ------------------------------------------------------------ leases

    @precondition(lambda self: len(self.let) < MOST_AT_ONCE)
    @rule(who=WHO, size=SIZES, most=MOST)
    def open(self, who: int, size: int, most: int) -> None:
        let = Let(who, size, most, self.now + 1, self.now + 1)
        total = sum(self.asked(let))
        fails = total > min(most, self.balances[who])
        if self.do(fails, self.people[who], "open", self.estate.world.contract, bytes(32), size, TERM, most):
            self.bought(let)
            self.let.append(let)

    @precondition(lambda self: self.let)
    @rule(which=WHICH, who=WHO)
    def renew(self, which: int, who: int) -> None:
        number, let = self.newest(which)
        time = self.now + 1
        early, late = time < let.until - TERM // 4, time >= let.until + GRACE
        dear = sum(self.asked(let)) > min(let.most, self.balances[let.who])
        lost = let.declined == (1 << SEATS) - 1
        if self.do(let.closed or early or late or dear or lost, self.people[who], "renew", number):
            self.accrued(let, time)
            self.bought(let)

    @precondition(lambda self: self.let)
    @rule(which=WHICH, who=WHO)
    def accrue(self, which: int, who: int) -> None:
        number, let = self.newest(which)
        if self.do(let.closed, self.people[who], "accrue", number):
            self.accrued(let, self.now)

    @precondition(lambda self: self.let)
    @rule(which=WHICH, thief=st.booleans())
    def close(self, which: int, thief: bool) -> None:
        number, let = self.newest(which)
        who = self.people[let.who - 1 if thief else let.who]
        if self.do(thief or let.closed, who, "close", number):
            self.accrued(let, self.now)
            self.balances[let.who] += sum(let.held)
            let.held, let.closed = [0] * SEATS, True

    @precondition(lambda self: self.let)
    @rule(which=WHICH, most=MOST, thief=st.booleans())
    def limit(self, which: int, most: int, thief: bool) -> None:
        number, let = self.newest(which)
        who = self.people[let.who - 1 if thief else let.who]
        if self.do(thief or let.closed, who, "limit", number, most):
            let.most = most

    @precondition(lambda self: self.let)
    @rule(which=WHICH, seat=SEAT, thief=st.booleans())
    def decline(self, which: int, seat: int, thief: bool) -> None:
        number, let = self.newest(which)
        who = self.operators[seat - 1 if thief else seat]
        if self.do(thief or let.closed or bool(let.declined >> seat & 1), who, "decline", number, seat):
            self.accrued(let, self.now)
            self.balances[let.who] += let.held[seat]
            let.held[seat] = 0
            let.declined |= 1 << seat

    # ------------------------------------------------------------ retrievals

    @precondition(lambda self: self.let and len(self.aside) < MOST_AT_ONCE)
    @rule(which=WHICH, who=WHO, seat=SEAT, amount=AMOUNT, seconds=st.sampled_from([0, 100, DAY, 100 * DAY]))
    def reserve(self, which: int, who: int, seat: int, amount: int, seconds: int) -> None:
        number, let = self.newest(which)
        until = self.now + 1 + seconds
        shut = let.status(self.now + 1) is not Status.ACTIVE or bool(let.declined >> seat & 1)
        fails = shut or seconds not in {100, DAY} or not 0 < amount <= self.balances[who]
        if self.do(fails, self.people[who], "reserve", number, seat, amount, self.prices[seat], until):
            self.balances[who] -= amount
            self.aside.append(Aside(who, number, seat, self.prices[seat], amount, until))

    @precondition(lambda self: self.aside)
    @rule(which=WHICH, size=SIZES, forged=st.booleans(), who=WHO)
    def redeem(self, which: int, size: int, forged: bool, who: int) -> None:
        place = len(self.aside) - 1 - which % len(self.aside)
        aside, reader = self.aside[place], self.estate.readers[self.aside[place].who - forged]
        node = KEYS[aside.seat].address
        kept = Retrieval(place + 1, aside.lease, reader.address, node, 0, 0, 0, 0, 0)
        signature = self.estate.leases.served(reader, kept, size)
        fails = forged or aside.until == 0 or size <= aside.size
        if self.do(fails, self.people[who], "redeem", place + 1, size, signature):
            amount = min(fare(aside.price, size) - aside.paid, aside.held)
            aside.held, aside.paid, aside.size = aside.held - amount, aside.paid + amount, size
            self.earned[aside.seat] += amount

    @precondition(lambda self: self.aside)
    @rule(which=WHICH, by_node=st.booleans())
    def finish(self, which: int, by_node: bool) -> None:
        place = len(self.aside) - 1 - which % len(self.aside)
        aside = self.aside[place]
        who = self.operators[aside.seat] if by_node else self.people[aside.who]
        early = not by_node and self.now + 1 < aside.until
        if self.do(aside.until == 0 or early, who, "finish", place + 1):
            self.balances[aside.who] += aside.held
            aside.held = aside.until = 0

    @rule(seconds=st.sampled_from([1, 3600, DAY, TERM // 4, 3 * TERM // 4, GRACE, TERM]))
    def pass_time(self, seconds: int) -> None:
        self.bench.pass_time(seconds)
        self.now += seconds

    # ------------------------------------------------------------ what must hold

    @invariant()
    def every_wei_is_where_the_model_has_it(self) -> None:
        survey, seats = self.estate.survey, [key.address for key in KEYS[:SEATS]]
        time, ether, balances, earned, held, found, aside = self.bench.read(
            survey.address, survey.artifact.abi, "look", self.estate.leases.address, self.people, seats
        )
        assert list(balances) == self.balances
        assert list(earned) == self.earned
        assert [list(each) for each in held] == [let.held for let in self.let]
        assert [list(each) for each in found] == [
            [let.status(time), let.since, let.until, let.declined] for let in self.let
        ]
        assert list(aside) == [each.held for each in self.aside]
        kept = sum(sum(let.held) for let in self.let) + sum(each.held for each in self.aside)
        assert ether == sum(self.balances) + sum(self.earned) + kept
        assert time == self.now
