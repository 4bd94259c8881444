"""`enigma chain status`: a chain, its controllers, and how much is going on."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from enigma.chain.answers import Block
from enigma.chain.connection import Connection
from enigma.chain.deployment import Controllers
from enigma.chain.jobs import Standing
from enigma.chain.nodes import Status
from enigma.cli.chain_words import ether, moment
from enigma.cli.work import consoles, print_json
from enigma.errors import WrongChain

LOOKED_AT = 1000  # jobs whose standing is asked for, one request each


@dataclass(frozen=True, slots=True)
class There:
    """A controller's address, bytes of code there, wei that it holds."""

    address: str
    code: int
    balance: int


@dataclass(frozen=True, slots=True)
class Counts:
    """Nodes by what they do, wei of their deposits; jobs in all, the last of them by what became of them."""

    nodes: Counter[Status]
    deposits: int
    jobs: int
    standings: Counter[Standing]


def run(connection: Connection, controllers: Controllers, *, as_object: bool) -> None:
    """The whole command. Raises WrongChain where a controller is not there, after saying which are."""
    head = connection.head()
    found = {
        name: There(address, len(connection.code(address)), connection.balance(address))
        for name, address in controllers.addresses.items()
    }
    absent = [name for name, there in found.items() if not there.code]
    counts = None if absent else _counts(connection, controllers, head.number)
    if as_object:
        print_json(_tree(connection, head, found, counts))
    else:
        _print(connection, head, found, counts)
    if absent:
        raise WrongChain(
            f"no contract is at the address of {', '.join(absent)}",
            hint="the chain was begun anew, or is another with the same id: give its deployment file, or deploy again",
        )


def _counts(connection: Connection, controllers: Controllers, at: int) -> Counts:
    """All of them as of one block."""
    register, jobs = controllers.nodes(connection), controllers.jobs(connection)
    nodes = [node for name in register.listed(at=at) if (node := register.node(name, at=at)) is not None]
    asked = jobs.count(at=at)
    last = [job for number in range(max(1, asked - LOOKED_AT + 1), asked + 1) if (job := jobs.job(number, at=at))]
    return Counts(
        Counter(node.status for node in nodes),
        sum(node.deposit for node in nodes),
        asked,
        Counter(job.standing for job in last),
    )


def _tree(connection: Connection, head: Block, found: dict[str, There], counts: Counts | None) -> dict[str, object]:
    return {
        "url": connection.url,
        "chain_id": connection.chain_id,
        "block": head.number,
        "time": head.timestamp,
        "controllers": {
            name: {"address": each.address, "code_bytes": each.code, "balance_wei": str(each.balance)}
            for name, each in found.items()
        },
        "nodes": None
        if counts is None
        else {
            "listed": counts.nodes.total(),
            **{status.name.lower(): counts.nodes[status] for status in (Status.LOGGED_IN, Status.LOGGED_OUT)},
            "leaving": counts.nodes[Status.LEAVING],
            "deposits_wei": str(counts.deposits),
        },
        "jobs": None
        if counts is None
        else {
            "asked": counts.jobs,
            "looked_at": counts.standings.total(),
            **{each.name.lower(): counts.standings[each] for each in Standing if each is not Standing.NONE},
        },
    }


_BECAME = {
    Standing.OPEN: "open",
    Standing.SETTLED: "settled",
    Standing.PARTLY: "settled, some seats still to sign",
    Standing.REFUSED: "refused",
    Standing.EXPIRED: "expired",
}


def _print(connection: Connection, head: Block, found: dict[str, There], counts: Counts | None) -> None:
    from enigma.cli.tables import titled

    out, _ = consoles()
    out.print(f"Chain {connection.chain_id} at {connection.url}", soft_wrap=True, markup=False)
    out.print(f"Block {head.number:,}, of {moment(head.timestamp)}", soft_wrap=True)
    columns = [("controller", False), ("address", False), ("code", True), ("holds", True)]
    table = titled("", columns)
    for name, each in found.items():
        table.add_row(name, each.address, f"{each.code:,} bytes" if each.code else "none", ether(each.balance))
    out.print(table)
    if counts is None:
        return
    doing = {"logged in": Status.LOGGED_IN, "logged out": Status.LOGGED_OUT, "leaving": Status.LEAVING}
    parts = [f"{counts.nodes[status]:,} {words}" for words, status in doing.items()]
    out.print(
        f"Nodes: {counts.nodes.total():,} ({', '.join(parts)}), deposits {ether(counts.deposits)}", soft_wrap=True
    )
    became = ", ".join(
        f"{counts.standings[each]:,} {words}" for each, words in _BECAME.items() if counts.standings[each]
    )
    shown = counts.standings.total()
    of_which = "" if shown == counts.jobs else f"of the last {shown:,}: "
    out.print(f"Jobs: {counts.jobs:,}{f' ({of_which}{became})' if became else ''}", soft_wrap=True)
