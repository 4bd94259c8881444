"""What a node's attempts are made with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from enigma.chain.jobs import Jobs
from enigma.keys.account import Account
from enigma.keys.node import NodeKey
from enigma.net.gate import Gate
from enigma.node.cancelling import Cancellations
from enigma.node.contracts import Contracts
from enigma.node.docket import Docket
from enigma.node.facts import ChainFacts
from enigma.node.holdings import Holdings
from enigma.node.inputs import Inbox
from enigma.node.job.assignment import Peer, Which
from enigma.node.surroundings import Surroundings
from enigma.node.transcripts import Transcripts
from enigma.node.withdrawing import Ask
from enigma.wire import Tree

Call = Callable[[str, str, Tree], Any]
"""A call of another node: (its address on the chain, method, tree) -> answer. Raises `NetworkError`."""


@dataclass(frozen=True, slots=True)
class Work:
    """How a node works: jobs at once, seconds for each wait, bytes of memory for a job (0: no limit), kernels.

    `spares`: processes that are kept ready for the next jobs.
    """

    family: str
    at_once: int
    patience: int
    memory: int
    kernels: Which
    spares: int = 1


@dataclass(frozen=True, slots=True)
class Means:
    """What attempts are made with. `peer(node)` says where another node is, `call` calls it; `consent` asks grants.

    `facts` says what is on the chain beside requests and public fields.
    """

    key: NodeKey
    account: Account
    gate: Gate
    docket: Docket
    contracts: Contracts
    holdings: Holdings
    inbox: Inbox
    jobs: Jobs
    consent: Ask
    cancellations: Cancellations
    peer: Callable[[str], Peer]
    call: Call
    transcripts: Transcripts
    facts: ChainFacts
    around: Surroundings = field(default_factory=Surroundings)
