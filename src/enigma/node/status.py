"""How a running node is, in one tree: what `enigma node status` shows."""

from __future__ import annotations

import os
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from enigma.errors import ArgumentProblem
from enigma.node.metrics import store_bytes
from enigma.node.states import ENDED

if TYPE_CHECKING:
    from enigma.node.config import Config
    from enigma.node.docket import Job
    from enigma.node.metrics import MetricsPort
    from enigma.node.ordering import OrderSocket
    from enigma.node.people.serving import PeoplePort
    from enigma.node.service import Node


class Standing:
    """What there is of a node by now. Its parts are set as they come to be; any thread may ask."""

    def __init__(self, config: Config) -> None:
        self._config, self._since = config, time.time()
        self.node: Node | None = None
        self.people: PeoplePort | None = None
        self.metrics: MetricsPort | None = None
        self.orders: OrderSocket | None = None
        self.waits = "opening the keys"
        self.ending = False

    def told(self) -> dict[str, Any]:
        """The tree. Nothing in it is secret; some of it is nobody's business but the operator's."""
        node = self.node
        tree: dict[str, Any] = {
            "pid": os.getpid(),
            "folder": str(self._config.folder),
            "state": self._state(),
            "waits": self.waits,
            "seconds": round(time.time() - self._since, 1),
            "memory_bytes": memory_bytes(),
            "endpoint": str(self._config.endpoint),
            "chain": self._config.chain_url,
        }
        if node is None or self.people is None:
            return tree
        _, peers = node.book.peers()
        jobs = node.docket.all()
        return {
            **tree,
            "node": node.name,
            "block": node.worker.block,
            "peers": len(peers),
            "store_bytes": store_bytes(self._config.folder),
            "dht": asdict(node.data.overlay.numbers),
            "values": sum(entry.whole for entry in node.data.vault.all()),
            "value_bytes": node.data.vault.octets,
            "seats": [
                {
                    "contract": each.published.contract.hex(),
                    "seat": each.seat,
                    "source": node.holdings.sources(each.published.contract) is not None,
                    "settled": node.holdings.standing(each.published.contract).job,
                    "pieces": _pieces(node, each.published.contract),
                }
                for each in node.contracts.all()
            ],
            "jobs": [_job(job) for job in jobs if job.state not in ENDED],
            "withdrawals": node.withdrawals.all(),
            "ended": {str(state): sum(job.state is state for job in jobs) for state in sorted(ENDED)},
        }

    def answered(self, question: dict[str, Any]) -> dict[str, Any]:
        """What the operator asks beyond that: `{"look": ...}`, for `enigma look`. Raises EnigmaError."""
        from enigma.node.look.looking import look

        if self.node is None or set(question) != {"look"} or not isinstance(question["look"], dict):
            raise ArgumentProblem("this node answers no such question, or not yet", hint="enigma node status shows it")
        return look(self.node, question["look"])

    def _state(self) -> str:
        if self.ending:
            return "ending"
        if self.node is None or self.people is None:
            return "starting"
        return "ready" if self.node.ready else "waiting"


def _pieces(node: Node, contract: bytes) -> dict[str, Any]:
    """How old a contract's pieces are here, and what is done about them."""
    shelves, note = node.holdings.shelves, node.convener.renewals.note(contract)
    current = shelves.generations(contract).current
    return {
        "generation": None if current is None else current.number,
        "renewed": shelves.renewed(contract) or None,
        "lost": node.holdings.lost(contract) is not None,
        "doing": note.doing,
        "problem": note.problem,
    }


def memory_bytes() -> int | None:
    """What this process holds in memory now (resident); None where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")


def _job(job: Job) -> dict[str, Any]:
    return {
        "job": job.number,
        "contract": job.request.contract.hex(),
        "seat": job.seat,
        "state": str(job.state),
        "doing": job.waits,
        "done": job.done,
        "total": job.total,
        "attempts": job.attempts,
        "problem": job.problem,
    }
