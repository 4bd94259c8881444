"""A contract on a network, as its users hold it: functions are methods, public fields attributes."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from enigma.chain.answers import Receipt as Mined
from enigma.chain.coding import Abi
from enigma.client.job import Job
from enigma.contract.calling.arguments import bound, given
from enigma.contract.calling.private_arguments import Checked
from enigma.contract.calling.raw import raw_columns
from enigma.contract.calling.results import in_python
from enigma.contract.reading.declarations import Function, Module, Where
from enigma.contract.vyper import PublicHalf
from enigma.contract.vyper.arguments import calldata, encode_arguments
from enigma.contract.vyper.standing import public_fields
from enigma.engine.families import FAMILIES
from enigma.errors import ArgumentProblem, ChainRefused
from enigma.sharing.contribution import SECRET_BYTES, Contribution
from enigma.sharing.header import Context

if TYPE_CHECKING:
    from enigma.client.network import Network

FAMILY = "replicated3"
USUAL_MAXIMUM = 10**15
"""Wei that an account allows for one job where it has not said anything else."""
AGAIN = 0.5
"""Seconds until a node that does not know a new contract yet is told again."""


class RemoteContract:
    """`contract.cluster(k=5)` asks: a `Job`. `contract.admit(who)`, a public function, is a transaction: its receipt."""

    def __init__(
        self, network: Network, contract: bytes, module: Module, half: PublicHalf, abi: Abi, address: str
    ) -> None:
        self._network, self._module, self._half, self._abi = network, module, half, abi
        self.id, self.address = contract, address
        self.maximum = USUAL_MAXIMUM

    @property
    def seats(self) -> tuple[str, ...]:
        """The nodes of its committee, by seat."""
        return self._network.committees.seating(self.id).seats

    def introduce(self) -> None:
        """Give every seat the source; a seat that has not heard of the contract yet is given a moment."""
        until = time.monotonic() + self._network.patience.hearing
        source = self._module.source
        for node in self.seats:
            while True:
                try:
                    self._network.seat(node).put_source(self.id, source.name, source.text, {})
                    break
                except ArgumentProblem:
                    if time.monotonic() > until:
                        raise
                    time.sleep(AGAIN)

    def field(self, name: str) -> Any:
        """The value of a public field, as it stands on the chain now."""
        assert self._module.contract is not None

        def read(view: str, *args: Any) -> Any:
            try:
                return self._network.connection.read(self.address, self._abi, view, *args)
            except ChainRefused:
                return None

        found = public_fields(self._module.contract, read)
        if name not in found:
            raise ArgumentProblem(f"there is no public field {name} with a value")
        return in_python(found[name])

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        contract = self._module.contract
        assert contract is not None
        if name in contract.fields:
            return self.field(name)
        if name not in self._half.functions:
            raise AttributeError(f"{contract.name} has no function or public field {name}")
        function = contract.functions[name]

        def method(*args: Any, **options: Any) -> Any:
            return self._call(function, args, options)

        method.__name__, method.__doc__ = name, function.doc
        return method

    # ------------------------------------------------------------ a call

    def _call(self, function: Function, args: tuple[Any, ...], options: Mapping[str, Any]) -> Job | Mined:
        from enigma.client.network import party

        taken = given(function, bound(function, args, options), party)
        public = {name: value for name, value in taken.items() if not isinstance(value, Checked)}
        if function.where is Where.PUBLIC:
            return self._send(function, public, {})
        private = {name: value for name, value in taken.items() if isinstance(value, Checked)}
        contributions = {name: self._contribution(function, name, value) for name, value in private.items()}
        octets = encode_arguments(self._module, function.name, public)
        self._deliver(function, octets, contributions)
        self._pay()
        commitments = {name: each.commitment for name, each in contributions.items()}
        mined = self._send(function, public, commitments)
        request = self._network.jobs.requests_in(mined)[0]
        return Job(self._network, self, request, mined.block)

    def _send(self, function: Function, public: Mapping[str, Any], commitments: Mapping[str, bytes]) -> Mined:
        values = calldata(self._module, function.name, public, commitments)
        return self._network.sender.send(self.address, self._abi, function.name, *values.values)

    def _contribution(self, function: Function, name: str, value: Checked) -> Contribution:
        context = Context(
            self._network.connection.chain_id, self.id, self._network.account.address,
            self._selector(function.name), name,
        )  # fmt: skip
        _, family = FAMILIES[FAMILY]
        return Contribution.make(
            raw_columns(value), value.rows, context=context, family=family, secret=os.urandom(SECRET_BYTES)
        )

    def _selector(self, function: str) -> bytes:
        from eth_utils.crypto import keccak

        return keccak(self._half.functions[function].signature.encode())[:4]

    def _deliver(self, function: Function, octets: bytes, contributions: Mapping[str, Contribution]) -> None:
        """Bring every seat its part, all seats at once."""
        nodes = self.seats

        def bring(seat: int) -> None:
            api = self._network.seat(nodes[seat])
            api.put_arguments(self.id, function.name, octets)
            for name, each in contributions.items():
                upload = each.upload(seat, api.node.listing.hpke)
                for _ in api.upload(self.id, function.name, name, each.commitment, self._network.account, upload):
                    pass

        with ThreadPoolExecutor(len(nodes)) as threads:
            for done in [threads.submit(bring, seat) for seat in range(len(nodes))]:
                done.result()

    def _pay(self) -> None:
        """See that the account allows the contract one job more, and covers it."""
        jobs, account = self._network.jobs, self._network.account.address
        maximum, left = jobs.allowance(account, self.id)
        if left == 0:
            jobs.allow(self.id, self.maximum)
            maximum = self.maximum
        wanted = max(maximum, jobs.terms().minimum)
        balance = jobs.balance(account)
        if balance < wanted:
            jobs.fund(wanted - balance)
