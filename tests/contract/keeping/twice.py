"""The same calls twice: in a simulation as it is, and in one that keeps nothing between calls but bytes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tests.contract.keeping.contracts import Call

from enigma.contract.keeping import Kept, decode, encode, remembered
from enigma.contract.reading.source import Source
from enigma.errors import EnigmaError
from enigma.local.simulation import SimulatedContract, Simulation


def kept(contract: SimulatedContract) -> Kept:
    """What there is to keep of a contract now."""
    return remembered(contract.address, contract.state, contract.simulation.dictionaries)


def through_bytes(contract: SimulatedContract) -> bytes:
    """All that the contract remembers is forgotten, but for its bytes."""
    octets = encode(kept(contract))
    again = decode(octets)
    deployment, simulation = contract._deployment, contract.simulation
    deployment.state = again.state
    simulation.dictionaries = again.dictionaries(simulation.dictionaries.identities)
    assert encode(kept(contract)) == octets
    return octets


class Twice:
    """One contract in two simulations."""

    def __init__(self, text: str, people: Iterable[str] = (), **arguments: Any) -> None:
        self.people = tuple(people)
        self.plain = Simulation().deploy_source(Source("twice.py", text), **arguments)
        self.bytes = Simulation().deploy_source(Source("twice.py", text), **arguments)
        self.refused = self.done = 0
        through_bytes(self.bytes)

    def pass_time(self, seconds: int) -> None:
        for contract in (self.plain, self.bytes):
            contract.pass_time(seconds)

    def call(self, who: str, name: str, *args: Any, **options: Any) -> Any:
        """The call in both: the same answer or the same refusal, and then the same memory."""
        found = [self._tried(contract, who, name, args, options) for contract in (self.plain, self.bytes)]
        assert found[0] == found[1]
        through_bytes(self.bytes)
        assert encode(kept(self.plain)) == encode(kept(self.bytes))
        one, other = ([(r.function, r.digest, r.events) for r in c.receipts] for c in (self.plain, self.bytes))
        assert one == other
        for person in self.people:
            assert repr(self.plain.as_(person).received) == repr(self.bytes.as_(person).received)
        return found[0]

    def calls(self, several: Iterable[Call]) -> None:
        for who, name, args in several:
            self.call(who, name, *args)

    def _tried(
        self, contract: SimulatedContract, who: str, name: str, args: tuple[Any, ...], options: Mapping[str, Any]
    ) -> str:
        try:
            answer = repr(getattr(contract.as_(who), name)(*args, **options))
        except EnigmaError as error:
            self.refused += 1
            return f"{type(error).__name__}: {error.message} ({error.hint})"
        self.done += 1
        return answer
