"""Jobs against a plain model: no wei is lost or made, and nobody gets another's money but by the rules."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.chain.machines.bench import Bench
from tests.chain.seated import (
    ARGUMENTS,
    BOND,
    FEES,
    FUNCTION,
    GWEI,
    KEYS,
    LIE,
    MINIMUM,
    PATIENCE,
    PUBLISHER,
    SEATS,
    SILENCE,
    World,
)
from tests.chain.standing import ETHER, Proxy

from enigma.chain.controller import Controller
from enigma.chain.jobs import Jobs, Request
from enigma.chain.receipts import Receipt, gathered, inputs_of, request_hash, sign_refusal

PARTS = 10_000
QUORUM = 3
ASKERS = (16, 17)  # accounts; the operator of seat i is account i + 1
WHO = st.integers(0, 1)
WHICH = st.integers(0, 3)  # which of the newest jobs
SEAT = st.integers(0, SEATS - 1)
SOME = st.integers(0, 2**SEATS - 1)
MANY = st.sampled_from([0b1111, 0b1111, 0b0111, 0b1101, 0b1110, 0b0011])
AMOUNT = st.one_of(st.sampled_from([0, 1, MINIMUM - 1, MINIMUM, ETHER]), st.integers(0, ETHER))


@dataclass
class Court:
    """What a machine is made with: the publisher stands for the contract's public half."""

    bench: Bench
    world: World
    jobs: Jobs
    nodes: Controller
    survey: Proxy
    domain: dict[str, Any]

    def __post_init__(self) -> None:
        # Sequences begin alike, so that the same receipts come again; a signature in plain Python takes long.
        self.sign = lru_cache(maxsize=20_000)(self._sign)

    def _sign(self, receipt: Receipt, seat: int) -> bytes:
        return receipt.sign(self.domain, KEYS[seat])


@dataclass
class Asked:
    """A job as the model knows it."""

    request: Request
    who: int
    status: str = "open"
    receipt: Receipt | None = None
    signed: int = 0
    share: int = 0
    until: int = 0
    fallen: dict[int, str] = field(default_factory=dict)
    challenges: dict[int, tuple[int, int]] = field(default_factory=dict)  # seat -> until, who


class JobsMachine(RuleBasedStateMachine):
    """Two askers, four seats, one contract."""

    def __init__(self, court: Court) -> None:
        super().__init__()
        self.court, self.bench = court, court.bench
        self.askers = [court.bench.people[index] for index in ASKERS]
        self.operators = [court.bench.people[seat + 1] for seat in range(SEATS)]

    @initialize(maximum=st.sampled_from([5000 * GWEI, 100_000 * GWEI]), signed=st.sampled_from([0, 0b0111, 0b1111]))
    def begin(self, maximum: int, signed: int) -> None:
        self.now = self.bench.restart()
        self.balances, self.maxima, self.left = [0, 0], [0, 0], [0, 0]
        self.earned, self.awards = [0] * SEATS, [0] * SEATS
        self.deposits = [2 * ETHER] * SEATS
        self.asleep, self.settled = 0, 0
        self.state = bytes(32)
        self.asked: list[Asked] = []
        self.fund(0, ETHER)
        self.allow(0, maximum, 5)
        self.ask(0)
        if signed:
            self.settle(0, signed, 70, 1, False)
            self.ask(0)

    # ------------------------------------------------------------ how a step is tried

    def do(
        self, fails: bool, who: str, function: str, *args: Any, value: int = 0, at: Controller | None = None
    ) -> bool:
        """Send it where the model says that it goes through, else see that it is refused. Did it go through?"""
        where = at or self.court.jobs
        if fails:
            assert self.bench.refusal(who, where, function, *args, value=value), f"{function} ought to be refused"
            return False
        self.bench.send(who, where, function, *args, value=value)
        self.now += 1
        return True

    def job(self, which: int) -> Asked:
        return self.asked[-1 - which % len(self.asked)]

    def signatures(self, receipt: Receipt, bits: int) -> tuple[int, list[bytes]]:
        return gathered({seat: self.court.sign(receipt, seat) for seat in range(SEATS) if bits >> seat & 1})

    def fall(self, asked: Asked, seat: int, part: int) -> None:
        """A part of a deposit goes to the other seats: to the honest ones, if there are any."""
        others = [other for other in range(SEATS) if other != seat]
        to = [other for other in others if other not in asked.fallen] or others
        amount = self.deposits[seat] * part // PARTS
        share = amount // len(to)
        self.deposits[seat] -= share * len(to)
        for other in to:
            self.awards[other] += share

    # ------------------------------------------------------------ money

    @rule(who=WHO, amount=AMOUNT)
    def fund(self, who: int, amount: int) -> None:
        if self.do(False, self.askers[who], "fund", value=amount):
            self.balances[who] += amount

    @rule(who=WHO, amount=AMOUNT, everything=st.booleans())
    def withdraw(self, who: int, amount: int, everything: bool) -> None:
        amount = self.balances[who] if everything else amount
        if self.do(not 0 < amount <= self.balances[who], self.askers[who], "withdraw", amount):
            self.balances[who] -= amount

    @rule(who=WHO, maximum=st.sampled_from([0, 999 * GWEI, 5000 * GWEI, ETHER // 2]), jobs=st.integers(0, 3))
    def allow(self, who: int, maximum: int, jobs: int) -> None:
        if self.do(False, self.askers[who], "allow", self.court.world.contract, maximum, jobs):
            self.maxima[who], self.left[who] = maximum, jobs

    @rule(seat=SEAT, thief=st.booleans())
    def collect(self, seat: int, thief: bool) -> None:
        who = self.operators[seat - 1 if thief else seat]
        if self.do(thief or self.earned[seat] == 0, who, "collect", KEYS[seat].address):
            self.earned[seat] = 0

    @rule(seat=SEAT)
    def claim(self, seat: int) -> None:
        if self.do(self.awards[seat] == 0, self.operators[seat], "claim", at=self.court.nodes):
            self.awards[seat] = 0

    # ------------------------------------------------------------ jobs

    @rule(who=WHO)
    def ask(self, who: int) -> None:
        asleep = SEATS - self.asleep.bit_count() < QUORUM
        poor = self.balances[who] < max(MINIMUM, self.maxima[who])
        fails = asleep or poor or self.left[who] == 0 or self.maxima[who] < FEES.smallest
        publisher, contract = self.bench.people[PUBLISHER], self.court.world.contract
        if not self.do(fails, publisher, "request", FUNCTION, ARGUMENTS, [], self.askers[who]):
            return
        number, deadline, maximum = len(self.asked) + 1, self.now + FEES.term, self.maxima[who]
        bound = request_hash(contract, number, FUNCTION, ARGUMENTS, inputs_of([]), self.askers[who], maximum, deadline)
        request = Request(number, contract, self.askers[who], FUNCTION, ARGUMENTS, (), maximum, deadline, bound)
        self.balances[who] -= maximum
        self.left[who] -= 1
        self.asked.append(Asked(request, who))

    @precondition(lambda self: self.asked)
    @rule(
        which=WHICH,
        bits=MANY,
        rounds=st.sampled_from([0, 70, 70, 100, 10**6]),
        mark=st.integers(0, 2),
        stale=st.booleans(),
    )
    def settle(self, which: int, bits: int, rounds: int, mark: int, stale: bool) -> None:
        asked = self.job(which)
        before = bytes([255]) * 32 if stale and mark == 2 else self.state
        receipt = asked.request.receipt(
            programs=bytes(32),
            state_before=before,
            state_after=bytes([mark]) * 32,
            result=bytes([rounds % 256]) * 32,
            rounds=rounds,
            operations=3,
        )
        cost = max(FEES.smallest, rounds * FEES.round + 3 * FEES.operation)
        late = self.now >= asked.request.deadline
        wrong = late or before != self.state or cost > asked.request.maximum or bits.bit_count() < QUORUM
        sent = (receipt.fields(), *self.signatures(receipt, bits), b"")
        if not self.do(wrong or asked.status != "open", self.bench.people[0], "settle", *sent):
            return
        asked.share, asked.receipt, asked.signed = cost // SEATS, receipt, bits
        self.balances[asked.who] += asked.request.maximum - asked.share * SEATS
        for seat in range(SEATS):
            self.earned[seat] += asked.share if bits >> seat & 1 else 0
        asked.status, asked.until = ("settled" if bits == 0b1111 else "partly"), self.now + PATIENCE
        self.state = receipt.state_after
        self.settled += 1

    @precondition(lambda self: any(each.status == "partly" for each in self.asked))
    @rule(seat=SEAT, wrong=st.booleans())
    def sign_late(self, seat: int, wrong: bool) -> None:
        asked = next(each for each in self.asked if each.status == "partly")
        assert asked.receipt is not None
        signature = self.court.sign(asked.receipt, (seat - 1) % SEATS if wrong else seat)
        fails = wrong or bool(asked.signed >> seat & 1) or self.now >= asked.until
        if self.do(fails, self.bench.people[0], "sign_late", asked.request.job, seat, signature):
            asked.signed |= 1 << seat
            self.earned[seat] += asked.share

    @precondition(lambda self: self.asked)
    @rule(which=WHICH)
    def close(self, which: int) -> None:
        asked = self.job(which)
        missing = 0b1111 & ~asked.signed
        fails = asked.status != "partly" or (missing != 0 and self.now <= asked.until)
        if self.do(fails, self.bench.people[0], "close", asked.request.job):
            self.balances[asked.who] += asked.share * missing.bit_count()
            self.asleep |= missing
            asked.status = "settled"

    @precondition(lambda self: self.asked)
    @rule(which=WHICH, bits=SOME)
    def refuse(self, which: int, bits: int) -> None:
        asked, reason = self.job(which), bytes([3]) * 32
        request = asked.request
        said = {
            seat: sign_refusal(self.court.domain, KEYS[seat], request.contract, request.job, request.request, reason)
            for seat in range(SEATS)
            if bits >> seat & 1
        }
        fails = asked.status != "open" or bits.bit_count() < QUORUM
        if self.do(fails, self.bench.people[0], "refuse", request.job, reason, *gathered(said)):
            self.balances[asked.who] += request.maximum
            asked.status = "refused"

    @precondition(lambda self: self.asked)
    @rule(which=WHICH)
    def vanish(self, which: int) -> None:
        asked = self.job(which)
        fails = asked.status != "open" or self.now <= asked.request.deadline
        if self.do(fails, self.bench.people[0], "expire", asked.request.job):
            self.balances[asked.who] += asked.request.maximum
            self.asleep = 0b1111
            asked.status = "expired"

    @rule(seat=SEAT, thief=st.booleans())
    def wake(self, seat: int, thief: bool) -> None:
        who = self.operators[seat - 1 if thief else seat]
        if self.do(thief, who, "wake", self.court.world.contract, seat):
            self.asleep &= ~(1 << seat)

    # ------------------------------------------------------------ lies and silence

    @precondition(lambda self: self.asked)
    @rule(which=WHICH, seat=SEAT, same=st.booleans())
    def lie(self, which: int, seat: int, same: bool) -> None:
        asked = self.job(which)
        one = asked.request.receipt(
            programs=bytes(32),
            state_before=self.state,
            state_after=self.state,
            result=bytes(32),
            rounds=1,
            operations=1,
        )
        other = one if same else replace(one, result=bytes([1]) * 32)
        signed = [part for each in (one, other) for part in (each.fields(), self.court.sign(each, seat))]
        proof = (KEYS[seat].address, *signed)
        if self.do(same or asked.fallen.get(seat) == "lied", self.bench.people[0], "contradiction", *proof):
            asked.fallen[seat] = "lied"
            self.fall(asked, seat, LIE)

    @precondition(lambda self: self.asked)
    @rule(which=WHICH, seat=SEAT, bond=st.sampled_from([BOND, BOND, BOND, 0]))
    def challenge(self, which: int, seat: int, bond: int) -> None:
        asked = self.job(which)
        busy = seat in asked.challenges or seat in asked.fallen
        fails = busy or bond != BOND or asked.status != "open" or self.now >= asked.request.deadline
        who = self.askers[asked.who]
        if self.do(fails, who, "challenge", asked.request.job, seat, bytes([7]) * 32, value=bond):
            asked.challenges[seat] = (self.now + PATIENCE, asked.who)

    @precondition(lambda self: any(each.challenges for each in self.asked))
    @rule()
    def answer(self) -> None:
        asked, seat, until, _ = self.challenged()
        if self.do(self.now >= until, self.operators[seat], "answer", asked.request.job, KEYS[seat].address, b"sealed"):
            del asked.challenges[seat]
            self.earned[seat] += BOND

    @precondition(lambda self: any(each.challenges for each in self.asked))
    @rule()
    def unanswered(self) -> None:
        asked, seat, until, who = self.challenged()
        if self.do(self.now <= until, self.bench.people[0], "unanswered", asked.request.job, KEYS[seat].address):
            del asked.challenges[seat]
            self.balances[who] += BOND
            if seat not in asked.fallen:
                asked.fallen[seat] = "silent"
                self.fall(asked, seat, SILENCE)

    def challenged(self) -> tuple[Asked, int, int, int]:
        asked = next(each for each in self.asked if each.challenges)
        seat, (until, who) = next(iter(asked.challenges.items()))
        return asked, seat, until, who

    @rule(seconds=st.sampled_from([PATIENCE + 1, FEES.term + 1]))
    def pass_time(self, seconds: int) -> None:
        self.bench.pass_time(seconds)
        self.now += seconds

    # ------------------------------------------------------------ what must hold

    @invariant()
    def every_wei_is_where_the_model_has_it(self) -> None:
        world, seats = self.court.world, [key.address for key in KEYS[:SEATS]]
        asked = (world.jobs_at, world.nodes_at, world.contract, self.askers, seats)
        survey = self.court.survey
        in_jobs, in_nodes, balances, kept, state, counts = self.bench.read(
            survey.address, survey.artifact.abi, "look", *asked
        )
        assert list(balances) == self.balances
        assert [tuple(one) for one in kept] == list(zip(self.earned, self.deposits, self.awards, strict=True))
        assert state == self.state
        opened = [each for each in self.asked if each.status == "open"]
        assert list(counts) == [len(opened), self.settled, self.asleep, len(self.asked)]
        reserved = sum(each.request.maximum for each in opened)
        held = sum(each.share * (SEATS - each.signed.bit_count()) for each in self.asked if each.status == "partly")
        bonds = BOND * sum(len(each.challenges) for each in self.asked)
        assert in_jobs == sum(self.balances) + sum(self.earned) + reserved + held + bonds
        # The fifth node of the world has a deposit too, and takes part in nothing.
        assert in_nodes == sum(self.deposits) + sum(self.awards) + 2 * ETHER
