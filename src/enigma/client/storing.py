"""What a `Network` does for the white paper's protocols 3 and 4: `Store`, `Load`, `Share`, `Compute`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from enigma.chain.answers import Receipt as Mined
from enigma.client import data, sharing
from enigma.client.contract import RemoteContract
from enigma.client.job import Job
from enigma.client.leasing import LeaseTerms
from enigma.client.sharing import Shared
from enigma.errors import ArgumentProblem

if TYPE_CHECKING:
    from enigma.client.network import Network


class Storing:
    """A part of `Network`, and of nothing else."""

    def _network(self) -> Network:
        from enigma.client.network import Network

        assert isinstance(self, Network)
        return self

    def store(
        self,
        name: str,
        value: bytes | str,
        *,
        readers: Any = (),
        public: bool = False,
        identity: str | None = None,
        lease: LeaseTerms | None = None,
        nodes: Sequence[str] = (),
    ) -> bytes:
        """Have nodes keep a value; the reference by which it is loaded. What was interrupted goes on.

        It is encrypted here, for this account and `readers` (accounts, shared identities, or a `Predicate`); `public`:
        for everyone, as it is. Without a `lease` it may have 1 MiB, is kept for 30 days by three nodes that the chain's
        weights name, and stays longer where it is stored again. `nodes`: to which it is brought first.
        """
        return data.store(
            self._network(), name, value, readers=readers, public=public, identity=identity, lease=lease, nodes=nodes
        ).reference

    def load(self, reference: bytes | str, *, nodes: Sequence[str] = ()) -> bytes | str:
        """A value that somebody stored and lets this account read; through any node, or one of `nodes`.

        Raises AccessRefused where the chain does not let it, ProtocolError naming a node that altered it where no other
        has it, NetworkError.
        """
        return data.load(self._network(), _reference(reference), nodes=nodes)

    def restrict(self, reference: bytes | str, *, readers: Any = ()) -> None:
        """Say anew who may read a value. Whoever has read it keeps what it read."""
        data.restrict(self._network(), _reference(reference), readers)

    def erase(self, reference: bytes | str) -> Mined:
        """Withdraw a value: nobody may read it any more, and the nodes delete it."""
        return self._network().identities.erase(_reference(reference))

    def stored(self, identity: str | None = None) -> list[data.Listed]:
        """What this account, or an identity, has stored."""
        return data.listed(self._network(), identity)

    def share(
        self, contract: RemoteContract, function: str, /, *, compute: Any = (), uses: int = 1000, **values: Any
    ) -> Shared:
        """Bring values in pieces to a contract's seats, by one of its private functions, and say who may compute.

        `compute`: accounts, or "everybody", which is whoever the contract lets ask; each `uses` times. Nobody reads
        them. Returns when the contract has them.
        """
        return sharing.share(self._network(), contract, function, values, compute=compute, uses=uses)

    def compute(self, reference: bytes | str, contract: RemoteContract, function: str, /, **values: Any) -> Job:
        """Ask a function of the contract that holds what was shared. Raises AccessRefused, ArgumentProblem."""
        return sharing.compute(self._network(), _reference(reference), contract, function, values)


def _reference(given: bytes | str) -> bytes:
    try:
        octets = bytes.fromhex(given.removeprefix("0x")) if isinstance(given, str) else bytes(given)
    except ValueError:
        octets = b""
    if len(octets) != 32:
        raise ArgumentProblem(f"{given!r:.80} is no reference", hint="a reference has 32 bytes, as store(...) gives it")
    return octets
