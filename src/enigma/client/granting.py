"""What an owner agrees to: who may ask which function of a contract, and until when."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from enigma.chain.identities import EVERY_FUNCTION, Use
from enigma.client.asking import grantee
from enigma.client.contract import RemoteContract, deployed_of
from enigma.errors import ArgumentProblem

if TYPE_CHECKING:
    from enigma.client.network import Contract, Network

USUAL_TIME = timedelta(days=365)
"""How long a grant holds where nobody says anything else."""


def use_of(network: Network, contract: Contract, to: Any, function: str | None) -> Use:
    """What the chain calls a use of this account's data; `to` and `function` as `Network.grant` takes them."""
    selector = EVERY_FUNCTION
    if function is not None:
        if not isinstance(contract, RemoteContract):
            raise ArgumentProblem(
                "a contract's id does not say what its functions are", hint="give network.contract(id, file)"
            )
        deployed = deployed_of(contract)
        if function not in deployed.half.functions:
            raise ArgumentProblem(f"{deployed.declared.name} has no function {function}")
        selector = deployed.selector(function)
    return Use(network.account.address, network.contract_id(contract), grantee(to), selector)


def last_second(until: datetime | timedelta | int | None, now: int) -> int:
    """The last second of a grant; `now` is the chain's time, both in seconds since 1970. Raises ArgumentProblem."""
    until = USUAL_TIME if until is None else until
    if isinstance(until, datetime) and until.tzinfo is None:
        raise ArgumentProblem("until= has no time zone", hint="datetime(2030, 1, 1, tzinfo=UTC)")
    if isinstance(until, timedelta):
        last = now + int(until.total_seconds())
    else:
        last = int(until.timestamp()) if isinstance(until, datetime) else int(until)
    if last <= now:
        raise ArgumentProblem("until= has passed", hint="give a later time; timedelta(days=30) counts from now")
    return last
