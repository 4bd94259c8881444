"""Predicates that are functions of the contract: every seat evaluates them, on what the call itself began with."""

from __future__ import annotations

from dataclasses import replace

from enigma.contract import call
from enigma.contract.dictionaries.addresses import Address
from enigma.contract.host import Context, Host
from enigma.contract.reading.declarations import Module, Where
from enigma.contract.state import State
from enigma.errors import CallRefused


class Judging:
    """Of one call. `state` and the dictionaries of `context` are those from before it: what it changes is not seen."""

    def __init__(self, module: Module, state: State, context: Context, host: Host) -> None:
        self._module, self._state, self._context, self._host = module, state, context, host
        self._asked: list[tuple[str, Address]] = []
        """The predicates that are being judged, from the first to the innermost."""

    def ask(self, contract: Address, function: str, asker: Address) -> bool:
        """Whether a predicate admits an asker. See `enigma.contract.host.Host.ask`."""
        if contract != self._context.this:
            raise CallRefused(
                f"the predicate {function} is of another contract, {contract}", hint="only its own seats can judge it"
            )
        found = call.entry(self._module, function)
        if found.where is not Where.PREDICATE:
            raise CallRefused(f"{function} is no predicate of this contract")
        if (function, asker) in self._asked:
            raise CallRefused(
                f"the predicate {function} of {contract} asks itself whether it admits {asker}",
                hint="what a predicate reads must not be guarded by that predicate",
            )
        self._asked.append((function, asker))
        try:
            taken = {parameter.name: asker for parameter in found.parameters[:1]}
            context = replace(self._context, sender=asker, senders=(asker,))
            outcome = call.run(self._module, function, taken, state=self._state, context=context, host=self._host)
        finally:
            self._asked.pop()
        return outcome.result is True
