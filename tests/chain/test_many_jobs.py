"""A chain of `enigma up` under load: many askers, contracts and seats at one URL, each job exactly once.

Each contract's jobs are run as nodes run them: one after the other, from the events of the chain, settled by the seats
in turn. What each asker and seat sends goes through a connection of its own.
"""

from __future__ import annotations

import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from tests.chain import seated
from tests.chain.conftest import Chain
from tests.chain.seated import ARGUMENTS, COMMITMENTS, FEES, FUNCTION, KEYS, SEATS, World
from tests.chain.standing import ETHER, attacker

from enigma.chain.connection import Connection
from enigma.chain.events import EventReader
from enigma.chain.jobs import Request, Standing
from enigma.chain.receipts import gathered
from enigma.chain.sending import Sender
from enigma.local.kept_chain import INTERVAL, KeptChain

pytestmark = pytest.mark.processes

ASKERS = (5, 6, 7, 8)  # accounts; the operator of seat i is account i + 1
ROUNDS, OPERATIONS = 100, 10_000
COST = (FEES.round * ROUNDS + FEES.operation * OPERATIONS) // SEATS * SEATS  # what the seats share without a rest


@dataclass
class Office:
    """Several contracts of one committee of four, on a chain with a block a second."""

    world: World
    contracts: dict[bytes, str]  # contract -> its public half
    folder: Path
    nonces: list[int]  # of the askers, before they ask

    @contextmanager
    def sender(self, index: int) -> Iterator[Sender]:
        """A sender with a connection and a journal of its own, as another process would have."""
        account = self.world.chain.accounts[index]
        connection = Connection(self.world.chain.url)
        sender = Sender(connection, account, journal=self.folder / f"{account.address}.jsonl")
        try:
            yield sender
        finally:
            sender.close()
            connection.close()


@contextmanager
def mined(kept: KeptChain, interval: float = INTERVAL) -> Iterator[None]:
    """A block every second, or after another time, while this lasts."""
    ended = threading.Event()
    with ThreadPoolExecutor(1) as one:
        running = one.submit(kept.run, ended, interval=interval)
        try:
            yield
        finally:
            ended.set()
            running.result()


@pytest.fixture
def kept(anvil: Path, tmp_path: Path) -> Iterator[KeptChain]:
    with KeptChain(tmp_path / "chain", accounts=9) as chain:
        yield chain


def opened(kept: KeptChain, contracts: int, folder: Path) -> Office:
    """Nodes, contracts with their committees, and askers who have paid in; made at once, without waiting for blocks."""
    kept.connection.ask("evm_setAutomine", True)
    world = seated.bare(Chain(kept.connection, kept.accounts))
    seated.join(world, SEATS)
    halves: dict[bytes, str] = {}
    for _ in range(contracts):
        one = seated.publish(world)
        seated.seat(one)
        halves[one.contract] = one.half
        for index in ASKERS:
            world.jobs(index).allow(one.contract, seated.MAXIMUM)
    for index in ASKERS:
        world.jobs(index).fund(ETHER)
    kept.connection.ask("evm_setAutomine", False)
    kept.make_block()
    nonces = [kept.connection.nonce(kept.accounts[index].address) for index in ASKERS]
    return Office(world, halves, folder, nonces)


class Committee:
    """Runs each contract's jobs in order, the next when the one before has settled, by the seats in turn."""

    def __init__(self, office: Office, senders: list[Sender], expected: int) -> None:
        self.office, self.senders, self.expected = office, senders, expected
        self.waiting: dict[bytes, deque[Request]] = {contract: deque() for contract in office.contracts}
        self.states = dict.fromkeys(office.contracts, bytes(32))
        self.running: dict[bytes, Future[None]] = {}
        self.requested: list[Request] = []
        self.settled: Counter[int] = Counter()
        self.domain = office.world.domain
        self.blocks: set[int] = set()  # that events were in
        self.ended = threading.Event()

    def run(self) -> None:
        """Until every expected job has settled, or one could not."""
        jobs = self.office.world.jobs()
        reader = EventReader(self.senders[0].connection, jobs.address, jobs.abi, names=["Requested", "Settled"])
        with ThreadPoolExecutor(len(self.waiting)) as pool:
            for batch in reader.follow(self.ended, every=0.1):
                for event in batch:
                    values = event.values
                    self.blocks.add(event.block)
                    if event.name == "Requested":
                        request = Request(**{**values, "commitments": tuple(values["commitments"])})
                        self.requested.append(request)
                        self.waiting[request.contract].append(request)
                    else:
                        self.settled[values["job"]] += 1
                        self.states[values["contract"]] = values["state"]
                        self.running.pop(values["contract"]).add_done_callback(self.look)
                for contract, queue in self.waiting.items():
                    if queue and contract not in self.running:
                        self.running[contract] = pool.submit(self.settle, queue.popleft())
                        self.running[contract].add_done_callback(self.look)
                if self.settled.total() == self.expected:
                    self.ended.set()

    def look(self, done: Future[None]) -> None:
        """End where a job could not be settled: nobody would ever see its event."""
        if done.exception() is not None:
            self.ended.set()

    def settle(self, request: Request) -> None:
        before = self.states[request.contract]
        made = self.office.world.answered(request, before=before, rounds=ROUNDS)
        receipt = replace(made, state_after=request.request)
        signatures = {seat: receipt.sign(self.domain, KEYS[seat]) for seat in range(SEATS)}
        sender, jobs = self.senders[request.job % SEATS], self.office.world.jobs()
        args = (receipt.fields(), *gathered(signatures), b"")
        sender.send(jobs.address, jobs.abi, "settle", *args, once=f"settle {request.job}")


def ask(office: Office, index: int, count: int) -> list[int]:
    """An asker asks the contracts in turn, some questions at once, and holds the receipts; the jobs' numbers."""
    halves, abi = list(office.contracts.values()), attacker("Half").abi
    with office.sender(index) as sender, ThreadPoolExecutor(4) as pool:

        def one(number: int) -> int:
            half, name = halves[(index + number) % len(halves)], f"question {number}"
            asked = sender.send(half, abi, "ask", FUNCTION, ARGUMENTS, list(COMMITMENTS), once=name)
            return office.world.jobs().requests_in(asked)[0].job

        return list(pool.map(one, range(count)))


def work(office: Office, each: int) -> tuple[list[int], int, float]:
    """Every asker asks so many questions; all are run. The numbers of their jobs, and what it took: blocks, seconds."""
    begin = time.monotonic()
    with ExitStack() as held, ThreadPoolExecutor(len(ASKERS) + 1) as pool:
        senders = [held.enter_context(office.sender(seat + 1)) for seat in range(SEATS)]
        committee = Committee(office, senders, each * len(ASKERS))
        running = pool.submit(committee.run)
        asked = [pool.submit(ask, office, index, each) for index in ASKERS]
        numbers = [number for one in asked for number in one.result()]
        running.result()
        for future in committee.running.values():
            future.result()
    assert committee.settled == Counter(numbers)
    return numbers, max(committee.blocks) - min(committee.blocks) + 1, time.monotonic() - begin


def check(office: Office, numbers: list[int], each: int) -> None:
    """Each job once, every receipt settled, and every wei accounted for."""
    world, jobs, count = office.world, office.world.jobs(), each * len(ASKERS)
    assert sorted(numbers) == list(range(1, count + 1))
    assert jobs.count() == count
    found = [jobs.job(number) for number in numbers]
    assert {one.standing for one in found if one is not None} == {Standing.SETTLED}
    healths = [jobs.health(contract) for contract in office.contracts]
    assert [one.open for one in healths] == [0] * len(healths)
    assert sum(one.settled for one in healths) == count
    balances = [jobs.balance(world.chain.accounts[index].address) for index in ASKERS]
    assert balances == [ETHER - each * COST] * len(ASKERS)
    earned = [jobs.earned(KEYS[seat].address) for seat in range(SEATS)]
    assert earned == [count * COST // SEATS] * SEATS
    assert world.held() == sum(balances) + sum(earned)
    sent = [world.chain.connection.nonce(world.chain.accounts[index].address) for index in ASKERS]
    assert sent == [before + each for before in office.nonces]


def test_jobs_of_several_askers_and_contracts_at_one_url(kept: KeptChain, tmp_path: Path) -> None:
    office = opened(kept, 5, tmp_path)
    with mined(kept, 0.25):
        numbers, _, _ = work(office, 10)
    check(office, numbers, 10)


@pytest.mark.long
def test_200_jobs_a_minute(kept: KeptChain, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    office = opened(kept, 10, tmp_path)
    with mined(kept):
        numbers, blocks, seconds = work(office, 100)
    check(office, numbers, 100)
    with capsys.disabled():
        rate = 60 * len(numbers) / seconds
        sys.stdout.write(f"\n{len(numbers)} jobs in {blocks} blocks and {seconds:.1f} s: {rate:.0f} a minute\n")
    assert len(numbers) / blocks >= 200 / 60  # a block is a second of the chain
