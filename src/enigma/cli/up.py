"""`enigma up`: a chain on this machine, and nodes, for as long as the command runs."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from enigma.cli.up_network import LocalNetwork
    from enigma.local.kept_chain import KeptChain

USUAL = Path("~/.enigma/chain")


def run(folder: Path | None, port: int, accounts: int, nodes: int, *, as_object: bool) -> None:
    """Run the network of `folder` until this process is asked to end.

    Raises ToolMissing, FileProblem, PortTaken, and what keeps a node from starting.
    """
    from enigma.cli.work import consoles
    from enigma.local.kept_chain import KeptChain
    from enigma.node.control import ControlSocket

    out, notes = consoles()
    place = (folder or USUAL).expanduser().absolute()

    def say(note: str) -> None:
        _note(notes, note)

    with _signals() as ended, KeptChain(place, port=port, accounts=accounts, say=say) as chain:
        control = ControlSocket(place, lambda: {"pid": os.getpid(), "url": chain.url})
        try:
            if nodes:
                _with_nodes(place, chain, nodes, ended, out, notes, as_object=as_object)
            else:
                _introduce(chain, None, out, as_object=as_object)
                chain.run(ended)
        finally:
            control.close()
        number = chain.make_block()
    if not as_object:
        out.print(f"Ended at block {number:,}. Everything is kept in {place}.", soft_wrap=True)


def _with_nodes(
    place: Path, chain: KeptChain, nodes: int, ended: threading.Event, out: Console, notes: Console, *, as_object: bool
) -> None:
    from enigma.cli.up_network import LocalNetwork

    def say(note: str) -> None:
        notes.print(note, style="dim", markup=False, soft_wrap=True)

    with mining(chain, ended), LocalNetwork(place, chain.url, nodes, say) as network:
        network.start()
        _introduce(chain, network, out, as_object=as_object)
        ended.wait()
        say("ending the nodes")


@contextmanager
def mining(chain: KeptChain, ended: threading.Event, **pace: Any) -> Iterator[None]:
    """The chain makes blocks on a thread, until the nodes have ended too. What ends it ends everything.

    `pace`: `interval` and `idle_after`, as `KeptChain.run` takes them.
    """
    stop = threading.Event()
    failed: list[Exception] = []

    def mine() -> None:
        try:
            chain.run(stop, **pace)
        except Exception as error:  # noqa: BLE001 - raised again below, on the thread that can report it
            failed.append(error)
            ended.set()

    thread = threading.Thread(target=mine, name="blocks")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
    if failed:
        raise failed[0]


@contextmanager
def _signals() -> Iterator[threading.Event]:
    ended = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the form that handlers have
        if ended.is_set():
            return
        ended.set()

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield ended
    finally:
        for which, handler in before.items():
            signal.signal(which, handler)


def _introduce(chain: KeptChain, network: LocalNetwork | None, out: Console, *, as_object: bool) -> None:
    """Say where everything is, and who has ether. Flushed: whoever reads through a pipe waits for it."""
    head = chain.connection.head()
    if as_object:
        typer.echo(json.dumps(_tree(chain, network, head.number)))
    else:
        _print(chain, network, head.number, out)
    out.file.flush()


def _tree(chain: KeptChain, network: LocalNetwork | None, block: int) -> dict[str, Any]:
    tree: dict[str, Any] = {
        "url": chain.url,
        "chain_id": chain.chain_id,
        "block": block,
        "folder": str(chain.folder),
        "accounts": [account.address for account in chain.accounts],
    }
    if network is not None:
        tree["deployment"] = str(network.deployment)
        tree["nodes"] = [
            {"node": each.name, "folder": str(each.folder), "endpoint": str(each.config.endpoint)}
            for each in network.nodes
        ]
    return tree


def _print(chain: KeptChain, network: LocalNetwork | None, block: int, out: Console) -> None:
    from rich.table import Table
    from rich.text import Text

    out.print(
        Text.assemble("A chain runs at ", (chain.url, "bold"), f", chain id {chain.chain_id}, block {block:,}."),
        soft_wrap=True,
    )
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 3, 0, 0))
    table.add_column("Account")
    table.add_column("Ether", justify="right")
    for account in chain.accounts:
        table.add_row(account.address, f"{chain.connection.balance(account.address) / 10**18:,.4f}")
    out.print(table)
    if network is not None:
        _print_nodes(network, out)
    for sentence in (
        f"Kept in {chain.folder}; the words that make these keys are in its file mnemonic.",
        "Its ether is worth nothing: use these accounts on no other chain.",
        "Ctrl-C ends it; the next `enigma up` goes on where it ended.",
    ):
        out.print(sentence, style="dim", soft_wrap=True, markup=False)


def _print_nodes(network: LocalNetwork, out: Console) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 3, 0, 0))
    for name in ("", "Node", "People reach it at"):
        table.add_column(name, no_wrap=True)
    for each in network.nodes:
        table.add_row(each.folder.name, each.name, each.config.endpoint.people)
    out.print(table)
    count = len(network.nodes)
    out.print(
        f"{count} node{' is' if count == 1 else 's are'} ready, each with a folder in {network.nodes[0].folder.parent} "
        f"and with an operator that the first account paid. The controllers are in {network.deployment}.",
        soft_wrap=True, markup=False,
    )  # fmt: skip


def _note(console: Console, sentence: str) -> None:
    from rich.text import Text

    console.print(Text.assemble(("Note: ", "yellow"), sentence), soft_wrap=True)
