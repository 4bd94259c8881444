"""What `enigma up` puts onto its chain: the controllers, and nodes that are registered and logged in."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from enigma.chain.connection import Connection
from enigma.chain.deployment import Controllers
from enigma.chain.sending import Sender
from enigma.cli.up_nodes import NodeProcess, until_ready
from enigma.keys.account import Account
from enigma.node.keystore import read_address
from enigma.node.registering import Offer, log_out, register

DEPLOYMENT = "controllers.json"
NODES = "nodes"
PURSE = 10 * 10**18
"""Wei that each node has for its transactions at the start, and that its operator has for deposits."""
FIRST_OPERATOR = 1000
"""Which account of the folder's words operates node 1; no operator has two nodes, as no committee would take both."""
WATCH_EVERY = 0.5

Say = Callable[[str], None]


class LocalNetwork:
    """Nodes on the chain of a folder, whose first account pays for all. A context manager, which ends them.

    `say` hears what goes on, `warn` what a person should know of a node that has died; the same, where it is not given.
    """

    def __init__(self, folder: Path, url: str, count: int, say: Say, warn: Say | None = None) -> None:
        self._folder, self._say, self._warn = folder, say, warn or say
        self._words = (folder / "mnemonic").read_text(encoding="utf-8")
        self._connection = Connection(url)
        self._ended = threading.Event()
        self._watching: threading.Thread | None = None
        self.deployment = folder / DEPLOYMENT
        self.nodes: list[NodeProcess] = []
        try:
            self.controllers = self._deployed()
            for number in range(1, count + 1):
                self.nodes.append(NodeProcess(folder / NODES / str(number), url, self.deployment))
        except BaseException:
            self._connection.close()
            raise

    def start(self) -> None:
        """Start the nodes, register them, and wait until all are ready. Raises NetworkError, ChainProblem."""
        for node in self.nodes:
            node.start()
        self._register()
        self._say("waiting until all nodes are ready")
        until_ready(self.nodes)
        self._watching = threading.Thread(target=self._watch, name="nodes", daemon=True)
        self._watching.start()

    def close(self) -> None:
        """End all nodes, and wait for it. Twice is fine."""
        self._ended.set()
        if self._watching is not None:
            self._watching.join()
        for node in self.nodes:
            node.ask_to_end()
        for node in self.nodes:
            node.wait()
        self._connection.close()

    def _deployed(self) -> Controllers:
        """The controllers of this chain. What was interrupted goes on, what the chain has lost is deployed anew."""
        if self.deployment.exists():
            found = Controllers.load(self.deployment)
            if found.chain_id == self._connection.chain_id and all(
                map(self._connection.code, found.addresses.values())
            ):
                return found
            self._say("the controllers of the deployment file are not on this chain; deploying others")
        self._say("deploying the controllers")
        journal = self._folder / "deploying.journal"
        sender = Sender(self._connection, self._account(0), journal=journal)
        try:
            made = Controllers.deploy(sender, once="deployment")
        finally:
            sender.close()
        made.save(self.deployment)
        for path in (journal, journal.with_name(journal.name + ".lock")):
            path.unlink(missing_ok=True)
        return made

    def _register(self) -> None:
        """All nodes at once: one block takes the transactions of all. Those that do not run now are logged out."""
        self._say("registering the nodes")
        running = {node.folder.name for node in self.nodes}
        others = [
            each for each in (self._folder / NODES).iterdir() if each.name.isdecimal() and each.name not in running
        ]
        payer = Sender(self._connection, self._account(0))
        try:
            with ThreadPoolExecutor(len(self.nodes) + len(others)) as together:
                waiting = [together.submit(self._join, each, payer) for each in self.nodes]
                waiting += [together.submit(self._leave, each) for each in others]
                for each in waiting:
                    each.result()
        finally:
            payer.close()

    def _join(self, node: NodeProcess, payer: Sender) -> None:
        with self._operator(node.folder) as operator:
            register_of = self.controllers.nodes(self._connection, operator)
            offer = Offer(node.config.endpoint, node.config.at_once, fund=PURSE)
            if self._connection.balance(operator.address) < PURSE and register_of.node(node.name) is None:
                payer.transfer(operator.address, PURSE + offer.fund)
            register(register_of, operator, node.keys, offer)

    def _leave(self, folder: Path) -> None:
        with self._operator(folder) as operator:
            register_of, name = self.controllers.nodes(self._connection, operator), read_address(folder)
            if register_of.node(name) is not None:
                log_out(register_of, name, operator.address)

    @contextmanager
    def _operator(self, folder: Path) -> Iterator[Sender]:
        sender = Sender(self._connection, self._account(FIRST_OPERATOR - 1 + int(folder.name)))
        try:
            yield sender
        finally:
            sender.close()

    def _account(self, index: int) -> Account:
        return Account.from_mnemonic(self._words, index)

    def _watch(self) -> None:
        """Start a node again that was killed; one that ended by itself, or was asked to, stays as it is."""
        while not self._ended.wait(WATCH_EVERY):
            for node in self.nodes:
                if node.ended:
                    self._warn(f"the node in {node.folder} has ended with status {node.ended}; starting it again")
                    node.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
