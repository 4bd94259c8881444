"""The demonstration's contract on a network: every owner with an account of its own, and an operator who asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from time import monotonic, sleep
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from enigma.apex.disclosure import SMALLEST
from enigma.apex.market import CONTRACT, Rows
from enigma.chain.deployment import Controllers
from enigma.client.network import SEATS, Network
from enigma.client.progress import Step
from enigma.client.signed import in_order, signed_receipt
from enigma.errors import NetworkError
from enigma.keys.account import Account

if TYPE_CHECKING:
    from enigma.client.contract import RemoteContract
    from enigma.client.job import Job

MOST = 10**17
"""Wei that each of the demonstration's jobs may cost; what is not spent stays in the account."""
DEADLINE = 600.0
"""Seconds until an answer is given up."""
BACK = 120.0
"""Seconds until a node that does not answer is given up: one that was killed is started again."""
AGAIN = 0.5
USES = 2
"""Answers that each owner agrees to: the analysis, and its comparison with plaintext."""
UNIT_BYTES = 1024
"""What a receipt counts as one operation: so many bytes that all seats send together."""


@dataclass(frozen=True, slots=True)
class Charged:
    """A job that was settled: its number, function, seconds from question to answer, cost in wei, and its receipt.

    `rounds`, and the bytes that each seat has sent in the mean, as the receipt counts them; `receipt` is its hash.
    """

    job: int
    function: str
    seconds: float
    cost: int
    rounds: int
    bytes_per_seat: int
    receipt: str


class HeldOnNetwork:
    """The contract on a network, deployed by `deploy`. Owners and operator have one account each. A context manager."""

    def __init__(
        self,
        url: str,
        controllers: Controllers,
        operator: Account,
        owners: Mapping[str, Account],
        step: Callable[[Step], None],
    ) -> None:
        self.charged: list[Charged] = []
        self._open: list[Network] = []
        try:
            self.operator = self._network(url, controllers, operator, step)
            self._owners = {name: self._network(url, controllers, each, step) for name, each in owners.items()}
        except BaseException:
            self.close()
            raise
        self._contract: RemoteContract | None = None

    def _network(self, url: str, controllers: Controllers, account: Account, step: Callable[[Step], None]) -> Network:
        # Without a folder: a demonstration that is interrupted does not go on in a later one.
        made = Network(url, controllers, account, progress=step)
        self._open.append(made)
        return made

    def deploy(self) -> tuple[str, ...]:
        """The operator deploys the contract for these owners; the nodes of its committee, by seat."""
        nodes = self.operator.nodes.listed()[:SEATS]
        carriers = [each.account.address for each in self._owners.values()]
        contract = self.operator.deploy(CONTRACT, nodes=nodes, carriers=carriers, smallest=SMALLEST)
        self._contract = contract.using(maximum=MOST)
        return contract.seats

    @property
    def contract(self) -> RemoteContract:
        """The contract as the operator holds it."""
        assert self._contract is not None  # deployed first
        return self._contract

    def contribute(self, tables: Mapping[str, Rows]) -> tuple[str, ...]:
        """See `Held.contribute`. All owners split, seal and send at once; the chain gives their receipts an order."""
        with ThreadPoolExecutor(len(tables)) as together:
            asked = {
                owner: together.submit(_asked, partial(self._held(owner).contribute, rows))
                for owner, rows in tables.items()
            }
            jobs = {owner: each.result() for owner, each in asked.items()}
        by_number = {int(job.number): owner for owner, job in jobs.items()}
        for number in sorted(by_number):
            self._settled("contribute", jobs[by_number[number]])
        return tuple(by_number[number] for number in in_order(self.operator, by_number))

    def grant(self) -> None:
        """Every owner agrees to two answers, to the operator alone."""
        with ThreadPoolExecutor(len(self._owners)) as together:
            given = [
                together.submit(each.grant, self.contract.id, to=self.operator, uses=USES)
                for each in self._owners.values()
            ]
            for each in given:
                each.result()

    def ask(self, function: str, **arguments: Any) -> Any:
        """See `Held.ask`."""
        return self._settled(function, _asked(partial(self.contract.functions[function], **arguments)))

    def _held(self, owner: str) -> RemoteContract:
        return self._owners[owner].contract(self.contract.id, CONTRACT).using(maximum=MOST)

    def _settled(self, function: str, job: Job | Any) -> Any:
        began = monotonic()
        value = job.result(DEADLINE)
        seconds = monotonic() - began
        receipt = signed_receipt(self.operator, job.number)
        sent = receipt.operations * UNIT_BYTES // SEATS
        hashed = receipt.hashed().hex()
        self.charged.append(Charged(job.number, function, seconds, job.cost, receipt.rounds, sent, hashed))
        return value

    def close(self) -> None:
        """Hang up on everybody."""
        for each in self._open:
            each.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def _asked(call: Callable[[], Any]) -> Any:
    """What a call gives. Where a node does not answer, nothing was asked yet: the same call goes on where it was."""
    until = monotonic() + BACK
    while True:
        try:
            return call()
        except NetworkError:
            if monotonic() > until:
                raise
            sleep(AGAIN)
