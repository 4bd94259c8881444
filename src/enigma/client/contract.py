"""A contract on a network, as its users hold it: functions are methods, public fields attributes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from enigma.chain.answers import Receipt as Mined
from enigma.client import asking
from enigma.client.deployed import Deployed, near
from enigma.client.job import Job
from enigma.contract.reading.declarations import Function

if TYPE_CHECKING:
    from enigma.chain.committees import Fees


class RemoteContract:
    """`contract.cluster(k=5)` asks: a `Job`. `contract.admit(who)`, a public function, is a transaction: its receipt.

    A table is given as a path, a frame, or with `enigma.table(...)`. The contract's own names go first: where it has a
    function or a field called `events`, that is what `contract.events` is.
    """

    def __init__(self, deployed: Deployed) -> None:
        self._deployed = deployed

    def __getattribute__(self, name: str) -> Any:
        if not name.startswith("_"):
            deployed: Deployed = object.__getattribute__(self, "_deployed")
            if name in deployed.half.functions:
                return _method(deployed, deployed.declared.functions[name])
            if name in deployed.declared.fields:
                return deployed.field(name)
        return object.__getattribute__(self, name)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        contract = self._deployed.declared
        if name in contract.functions:
            raise AttributeError(f"{name} is internal to {contract.name}: only the contract itself calls it")
        hint = near(name, [*self._deployed.half.functions, *contract.fields])
        raise AttributeError(f"{contract.name} has no function or public field {name}: {hint}")

    @property
    def id(self) -> bytes:
        """Its 32 bytes, by which everybody names it."""
        return self._deployed.id

    @property
    def address(self) -> str:
        """Where its public half is."""
        return self._deployed.address

    @property
    def seats(self) -> tuple[str, ...]:
        """The nodes of its committee, by seat, as the chain says now."""
        return self._deployed.seats

    @property
    def fees(self) -> Fees:
        """What its jobs cost."""
        return self._deployed.fees

    @property
    def owners(self) -> tuple[str, ...]:
        """The accounts whose data it holds now."""
        return self._deployed.owners

    @property
    def functions(self) -> Mapping[str, Callable[..., Job | Mined]]:
        """Its functions by name, each as the method of that name."""
        deployed = self._deployed
        return {name: _method(deployed, deployed.declared.functions[name]) for name in deployed.half.functions}

    def using(self, *, maximum: int | None = None, check_consent: bool = True) -> RemoteContract:
        """The same contract with other settings.

        `maximum`: wei for each job, instead of four times the estimate. `check_consent`: False asks although an owner
        has not agreed; the seats then refuse it themselves.
        """
        return RemoteContract(self._deployed.using(maximum, check_consent=check_consent))

    def field(self, name: str) -> Any:
        """The value of a public field, as it stands on the chain now. Raises `ArgumentProblem`."""
        return self._deployed.field(name)

    def events(self, name: str | None = None) -> list[tuple[str, dict[str, Any]]]:
        """What its public half has emitted, in order: names and values. `name`: only these."""
        return self._deployed.events(name)

    def asked(self) -> list[Job]:
        """This account's questions to it, the oldest first: also those of an earlier program."""
        return [Job(self._deployed.network, self, request, block) for request, block in self._deployed.asked()]

    def introduce(self) -> None:
        """Give every seat the source again."""
        self._deployed.introduce()

    def __dir__(self) -> list[str]:
        deployed = self._deployed
        return [*super().__dir__(), *deployed.half.functions, *deployed.declared.fields]

    def __repr__(self) -> str:
        deployed = self._deployed
        listed = "\n".join(f"  {line}" for line in deployed.signatures())
        chain = deployed.network.connection.chain_id
        return f"<{deployed.declared.name} 0x{deployed.id.hex()} on chain {chain}\n{listed}>"


def deployed_of(contract: RemoteContract | Deployed) -> Deployed:
    """What stands behind a contract, whatever its own names are."""
    if isinstance(contract, Deployed):
        return contract
    found: Deployed = object.__getattribute__(contract, "_deployed")
    return found


def _method(deployed: Deployed, function: Function) -> Callable[..., Job | Mined]:
    def method(*args: Any, **options: Any) -> Job | Mined:
        try:
            return asking.ask(deployed, function, args, options)
        finally:
            deployed.network.rest()

    method.__name__, method.__doc__ = function.name, function.doc
    return method
