"""`Share` and `Compute` (white paper, protocol 4), bound to contracts: there is one way to bring and use private data.

`Share` verifiably shares a value among peers, and stores a reference to it with q_compute. Here the peers are the seats
of a contract's committee, the sharing is a contribution to one of its private functions, and q_compute is written
twice: in the reference, for everybody to read, and as grants in the contract, which every seat asks before it computes.
`Compute` is a question to another function of the contract, by somebody whom q_compute admits.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from enigma.chain.identities import EVERYBODY, NOBODY, Predicate, Use, reference_of
from enigma.client.asking import grantee
from enigma.client.contract import RemoteContract, deployed_of
from enigma.client.job import Job
from enigma.errors import AccessRefused, ArgumentProblem
from enigma.wire import codec

if TYPE_CHECKING:
    from enigma.client.network import Network

_DOMAIN = b"enigma/data/shared/v1\0"


@dataclass(frozen=True, slots=True)
class Shared:
    """A value in pieces at a contract's seats. `job`: its contribution, which is settled."""

    reference: bytes
    job: Job


def share(
    network: Network, contract: RemoteContract, function: str, values: dict[str, Any], *, compute: Any, uses: int
) -> Shared:
    """See `Network.share`."""
    named = _named(compute)
    methods = contract.functions
    if function not in methods:
        raise ArgumentProblem(f"the contract has no function {function}")
    job = methods[function](**values)
    if not isinstance(job, Job):
        raise ArgumentProblem(f"{function} is public: what it is given is not shared", hint="name a private function")
    job.result()
    owner = network.account.address
    content = _content(deployed_of(contract).id, job)
    reference = reference_of(owner, content)
    predicate = NOBODY if not named else Predicate(everyone=True) if EVERYBODY in named else Predicate(only=named)
    if network.identities.reference(reference) is None:
        network.identities.store(owner, content, NOBODY, predicate)
    for who in named:
        use = Use(owner, deployed_of(contract).id, who)
        if network.identities.grant_of(use).uses == 0:
            network.grant(contract, to="everybody" if who == EVERYBODY else who, uses=uses)
    return Shared(reference, job)


def compute(network: Network, reference: bytes, contract: RemoteContract, function: str, values: dict[str, Any]) -> Job:
    """See `Network.compute`."""
    known, who = network.identities.reference(reference), network.account.address
    if known is None:
        raise ArgumentProblem(f"the chain knows no reference {reference.hex()}", hint="is this the right network?")
    if known.owner.lower() not in {owner.lower() for owner in contract.owners}:
        raise ArgumentProblem(f"the contract holds nothing of {known.owner}, whose reference {reference.hex()} is")
    if not network.identities.may_compute(reference, who):
        raise AccessRefused(f"{who} may not compute on {reference.hex()}: its owner does not let it, or not any more")
    if function not in contract.functions:
        raise ArgumentProblem(f"the contract has no function {function}")
    if known.compute.uses is not None:
        network.identities.count_compute(reference)
    job = contract.functions[function](**values)
    if not isinstance(job, Job):
        raise ArgumentProblem(f"{function} is public: it computes on nothing that is shared")
    return job


def _named(compute: Any) -> tuple[str, ...]:
    if isinstance(compute, str) or not isinstance(compute, Iterable):
        compute = () if compute is None else (compute,)
    return tuple(dict.fromkeys(grantee(each) for each in compute))


def _content(contract: bytes, job: Job) -> bytes:
    """What the reference is of: the commitments of a contribution, which are salted, and nothing else."""
    tree = codec.encode([contract, job.request.request, list(job.request.commitments)])
    return hashlib.sha256(_DOMAIN + tree).digest()
