"""What the chain says of `enigma demo`'s jobs: what was charged, the receipts, and the audit of the main one."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from enigma.apex.market import CONTRACT
from enigma.cli.demo_network import Running
from enigma.cli.work import Spent

if TYPE_CHECKING:
    from enigma.apex.market_network import Charged, HeldOnNetwork

ETHER = 10**18
MAIN = "analyse"


@dataclass(frozen=True)
class Settled:
    """The jobs in their order, the nodes of the committee, what the audit of the main job found, and its command."""

    charged: tuple[Charged, ...]
    seats: tuple[str, ...]
    proven: int
    wrong: int
    unprovable: int
    audit: str

    @property
    def main(self) -> Charged:
        """The main job."""
        return next(each for each in self.charged if each.function == MAIN)

    def facts(self) -> dict[str, str]:
        """In words."""
        main, rest = self.main, [each for each in self.charged if each.function != MAIN]
        others = sum(each.cost for each in rest)
        seats = len(self.seats)
        return {
            "committee": f"{seats} nodes: {', '.join(map(_short, self.seats))}",
            "cost": f"{main.cost / ETHER:.6f} ether for job {main.job}, as its receipt counts rounds and bytes; "
            f"{others / ETHER:.6f} for the {len(rest)} others",
            "receipt": f"{main.receipt[:16]}... of job {main.job}, signed by {seats} of {seats} seats",
            "audit": f"{self.proven} statements proven from the chain alone, {self.wrong} wrong; {self.unprovable} "
            "that no chain proves",
        }

    def tree(self) -> dict[str, Any]:
        """For JSON; wei as text, as everywhere."""
        return {
            "committee": list(self.seats),
            "jobs": [
                {"job": each.job, "function": each.function, "cost": str(each.cost), "receipt": each.receipt}
                for each in self.charged
            ],
            "audit": {"proven": self.proven, "wrong": self.wrong, "unprovable": self.unprovable},
        }


def spent_by(charged: Charged) -> Spent:
    """What the seats took for a job, by its receipt; its seconds are the asker's, from the question to the answer."""
    return Spent(charged.seconds, charged.bytes_per_seat, charged.rounds)


def settled(held: HeldOnNetwork, running: Running) -> Settled:
    """Audit the main job, and gather what was charged for all of them."""
    from enigma.chain.audit import Verdict, audit

    main = next(each for each in held.charged if each.function == MAIN)
    found = audit(held.operator.connection, running.controllers, main.job, source=CONTRACT, opening=None)
    command = (
        f"enigma audit {main.job} --url {running.url} --deployment {shlex.quote(str(running.deployment))} "
        f"--source {shlex.quote(str(CONTRACT))}"
    )
    return Settled(
        tuple(held.charged), held.contract.seats,
        found.count(Verdict.PROVEN), found.count(Verdict.WRONG), found.count(Verdict.UNPROVABLE), command,
    )  # fmt: skip


def _short(address: str) -> str:
    return f"{address[:8]}...{address[-4:]}"
