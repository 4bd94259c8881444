"""A network in one process: a chain, three nodes, people, and everything that can go wrong; and what must always hold.

`do` is one operation; `finish` makes everything whole again and sees that the network works. What must hold is looked
at after each operation, and whenever a seat signs:

1. No row whose receipt is on the chain is lost: any two seats' disks hold it.
2. No row counts twice: what the rows are follows from the receipts alone, each contribution in at most one of them.
3. No result without a receipt: a seat answers only what the chain has, and what the rows of that moment give.
4. No receipt without agreement: whoever signs knows that all have stored the same, and all have signed what is settled.
5. A seat signs one thing of a request for ever, and what that is, is on its disk before the signature leaves.
6. No wait without a deadline.
7. What is whole again works: each open job with its inputs and time left gets its receipt, and so does the next.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, ClassVar

from tests.node.simulation.chain import BLOCK_SECONDS, Chain, Sent
from tests.node.simulation.contract import CONTRACT, DIGEST, HALF, SOURCE, code, functions
from tests.node.simulation.network import CHAIN, PEOPLE, Network
from tests.node.simulation.oracle import Oracle
from tests.node.simulation.people import People
from tests.node.simulation.process import SEATS, Identity
from tests.node.simulation.remembering import remembering
from tests.node.simulation.rules import Terms
from tests.node.simulation.scheduling import Died, Scheduler
from tests.node.simulation.seat import Rules, Seat

from enigma.chain.jobs import Standing
from enigma.node.holdings import Sources

TERM = 240
QUORUM = 2
LONGEST_WAIT = 60.0
MEMORY = Path("/dev/shm")
OWNERS = 3


class World:
    """One run: what happens in it follows from its operations and its seed."""

    def __init__(self, folder: Path, *, seed: int = 0, confirmations: int = 1, rules: Rules | None = None) -> None:
        chance = random.Random(seed)
        self.chance = chance
        self.scheduler = Scheduler(chance, LONGEST_WAIT)
        names = tuple(Identity.of(number).account.address for number in range(SEATS))
        self.network = Network(self.scheduler, chance, confirmations)
        domain = {"name": "Enigma Jobs", "version": "1", "chainId": 31_337, "verifyingContract": f"0x{5:040x}"}
        terms = Terms(CONTRACT, names, QUORUM, TERM, domain)
        self.chain = Chain(self.scheduler, terms, (HALF, code()), DIGEST)
        self.seats = [
            Seat(number, folder, self.scheduler, self.chain, self.network, rules or Rules(), self._signed)
            for number in range(SEATS)
        ]
        self.network.seats = self.seats
        self.people = People(self.scheduler, self.chain, self.network)
        self.oracle = Oracle(self.chain, self.people, self.seats)
        self.scheduler.task("blocks", self._blocks).start()
        for seat in self.seats:
            seat.start()
        self.scheduler.run(60.0, lambda: all(seat.contracts.seated(CONTRACT) for seat in self.seats))
        for seat in self.seats:
            seat.contracts.take(CONTRACT, Sources("contract.py", SOURCE, {}))

    def close(self) -> None:
        self.scheduler.close()
        for seat in self.seats:
            seat.close()

    def _blocks(self) -> None:
        while True:
            self.scheduler.sleep(BLOCK_SECONDS)
            self.people.expire()
            self.chain.mine()

    def _signed(self, seat: Seat, message: Mapping[str, Any]) -> None:
        self.oracle.signed(seat, message)

    # ------------------------------------------------------------ operations

    def do(self, operation: tuple[Any, ...]) -> None:
        """One operation, (name, arguments ...), and then what must hold."""
        name, *args = operation
        self._OPERATIONS[name](self, *args)
        self.scheduler.run(0.0)
        self.oracle.check()

    def _do_contribute(self, who: int) -> None:
        self.people.contribute(who)

    def _do_ask(self, who: int) -> None:
        self.people.ask(who, functions().total)

    def _do_withdraw(self, who: int) -> None:
        self.people.withdraw(who)

    def _do_pass_time(self, seconds: float) -> None:
        self.scheduler.run(float(seconds))

    def _do_crash(self, seat: int, steps: int) -> None:
        """At once, or so many messages, commits and signatures later."""
        if steps == 0:
            self.seats[seat].die()
        elif self.seats[seat].running:
            self.seats[seat].fuse.left = steps - 1

    def _do_stop(self, seat: int) -> None:
        if self.seats[seat].running:
            self.seats[seat].stop()

    def _do_restart(self, seat: int) -> None:
        self.seats[seat].die()
        self.seats[seat].start()

    def _do_partition(self, seat: int, other: int) -> None:
        """A seat from another one; from itself: from everybody, people and the chain too."""
        others = [other] if other != seat else [each for each in (*range(SEATS), CHAIN, PEOPLE) if each != seat]
        self.network.faults.apart |= {frozenset({seat, each}) for each in others}

    def _do_unchained(self, seat: int) -> None:
        self.network.faults.apart.add(frozenset({seat, CHAIN}))

    def _do_cut(self, seat: int, other: int) -> None:
        self.network.cut(seat, other)

    def _do_heal(self) -> None:
        self.network.faults.met()

    def _do_slow(self, seat: int, seconds: float) -> None:
        self.network.faults.slow[seat] = float(seconds)

    def _do_duplicate(self, count: int) -> None:
        self.network.faults.twice += count

    def _do_reorder(self, count: int) -> None:
        self.network.faults.late += count

    def _do_lose_answers(self, count: int) -> None:
        self.network.faults.lost_answers += count

    def _do_lose_chain_answer(self, seat: int) -> None:
        self.seats[seat].door.swallows += 1

    def _do_replay_call(self, place: int) -> None:
        self.network.again(place)

    def _do_replay_upload(self, place: int, seat: int) -> None:
        self.people.bring_again(place, seat)

    def _do_replay_request(self, place: int) -> None:
        self.people.ask_again(place)

    def _do_skew(self, seat: int, minutes: int) -> None:
        self.seats[seat].skew = 60 * minutes

    def _do_sweep(self, seat: int) -> None:
        """What a node does every ten minutes, now."""
        each = self.seats[seat]
        if each.running and not each.full:
            with suppress(Died):
                each.holdings.sweep(self.chain.now + each.skew)

    def _do_fill_disk(self, seat: int) -> None:
        self.seats[seat].fill(full=True)

    def _do_lose_pending(self, seat: int) -> None:
        """A disk that has lied: what was written of open jobs is gone. No list made by chance has it."""
        each = self.seats[seat]
        each.die()
        for left in each.holdings.all_pending(CONTRACT):
            each.store.delete("signed", left.request)
            each.holdings.drop_pending(CONTRACT, left.job)

    def _do_empty_disk(self, seat: int) -> None:
        self.seats[seat].fill(full=False)

    def _do_reorganise(self, depth: int, order: int) -> None:
        """0: the same transactions, in the same order; 1: the other way round; 2: what people have asked is lost."""

        def ordered(sent: list[Sent]) -> list[Sent]:
            if order == 2:
                return [each for each in sent if each.name != "request"]
            return sent[::-1] if order == 1 else sent

        self.chain.reorganise(depth, self.network.confirmations, ordered)

    _OPERATIONS: ClassVar[Mapping[str, Callable[..., None]]] = {
        "contribute": _do_contribute,
        "ask": _do_ask,
        "withdraw": _do_withdraw,
        "pass_time": _do_pass_time,
        "crash": _do_crash,
        "stop": _do_stop,
        "restart": _do_restart,
        "partition": _do_partition,
        "unchained": _do_unchained,
        "cut": _do_cut,
        "heal": _do_heal,
        "slow": _do_slow,
        "duplicate": _do_duplicate,
        "reorder": _do_reorder,
        "lose_answers": _do_lose_answers,
        "lose_chain_answer": _do_lose_chain_answer,
        "replay_call": _do_replay_call,
        "replay_upload": _do_replay_upload,
        "replay_request": _do_replay_request,
        "skew": _do_skew,
        "sweep": _do_sweep,
        "fill_disk": _do_fill_disk,
        "lose_pending": _do_lose_pending,
        "empty_disk": _do_empty_disk,
        "reorganise": _do_reorganise,
    }

    # ------------------------------------------------------------ the end

    def heal(self) -> None:
        """Nothing is wrong any more, and every node runs."""
        self.network.faults.met()
        for seat in self.seats:
            seat.skew, seat.fuse.left = 0, None
            seat.fill(full=False)
            seat.door.swallows = 0
            if not seat.running:
                seat.start()
        self.scheduler.run(120.0, lambda: all(seat.read_up for seat in self.seats))

    def finish(self) -> None:
        """Everything is made whole; what is open ends, and what is asked then is answered rightly."""
        self.scheduler.run(30.0, lambda: False)  # what is stopping has stopped
        self.heal()
        self.oracle.check()
        due = self.oracle.due(self.chain.now)
        self.scheduler.run(4.0 * TERM, lambda: not self._open())
        assert not self._open(), f"jobs {self._open()} are open long after their deadlines"
        self.oracle.check()
        self.oracle.want_settled(due)
        self.scheduler.run(180.0)  # seats that slept are awake, owners who still try have given up
        self.scheduler.run(2.0 * TERM, lambda: not self._open())
        self._one_more()

    def _open(self) -> list[int]:
        return [job.number for job in self.chain.kept.jobs.values() if job.standing is Standing.OPEN]

    def _one_more(self) -> None:
        """One more row, and the sum of all, to which everybody agrees."""
        self.people.contribute(OWNERS)
        self._until_settled("a row that is brought when everything is whole")
        self.people.grant_all()  # also those count as owners whose rows were added after they had withdrawn
        self.people.ask(OWNERS, functions().total)
        self._until_settled("the sum that is asked when everything is whole")
        self.scheduler.run(30.0)
        self.oracle.check()
        last = max(self.chain.kept.jobs)
        assert all(self.oracle.answered(seat, last) for seat in self.seats), "a seat has no answer to the last question"

    def _until_settled(self, what: str) -> None:
        count = len(self.chain.kept.jobs)
        self.scheduler.run(60.0, lambda: len(self.chain.kept.jobs) > count)
        assert len(self.chain.kept.jobs) == count + 1, f"{what} is not on the chain"
        number = count + 1
        self.scheduler.run(float(TERM), lambda: self.chain.kept.jobs[number].standing is not Standing.OPEN)
        job = self.chain.kept.jobs[number]
        said = [(seat.number, found.state, found.problem, found.reason) for seat in self.seats
                if (found := seat.docket.get(number)) is not None]  # fmt: skip
        assert job.standing is Standing.SETTLED, f"{what} is {job.standing.name}: {said}"
        self.scheduler.run(10.0)


@contextmanager
def world(**options: Any) -> Iterator[World]:
    """A world whose disks are in memory where that is possible, and are gone afterwards."""
    folder = Path(mkdtemp(prefix="enigma-", dir=MEMORY if MEMORY.is_dir() else None))
    made: World | None = None
    try:
        with remembering():
            made = World(folder, **options)
            yield made
    finally:
        if made is not None:
            made.close()
        shutil.rmtree(folder)
