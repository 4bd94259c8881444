"""A node as a program: one process in the foreground, from its configuration to its end.

    lock the folder -> open the keys -> wait for the chain -> serve -> ready -> a signal -> let jobs end -> stopped

Opening the keys takes about a second of scrypt on purpose; what the node needs is imported meanwhile.
"""

from __future__ import annotations

import fcntl
import importlib
import logging
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import IO, TYPE_CHECKING

from enigma.errors import ArgumentProblem, ChainUnreachable, EnigmaError, FileProblem
from enigma.node.config import Config
from enigma.node.control import ControlSocket
from enigma.node.keystore import load_keys
from enigma.node.logs import configure, event, timed
from enigma.node.status import Standing

if TYPE_CHECKING:
    from enigma.node.service import Keys, Node, Settings

LOCK = "lock"
LOOKS, LOOK_AGAIN = 10, 0.05
LOOK_EVERY = 0.25
AGAIN = 0.5
"""Seconds between two tries to reach a chain that does not answer."""
CUT_OFF = 15.0
"""Seconds that the node gets beyond its jobs' time to close everything."""
CHAIN_LOST = 3
"""Exit status of a node that cannot follow the chain any more: whoever supervises it may start it again."""


def run(config: Config, password: str, *, with_parent: bool = False) -> int:
    """Run the node until SIGTERM or SIGINT; its exit status. `with_parent`: also until standard input ends.

    Raises EnigmaError for what keeps it from starting.
    """
    begun = time.monotonic()
    configure(config.level, config.format)
    ended = threading.Event()
    config.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _alone(config.folder), _signals(ended):
        if with_parent:
            threading.Thread(target=_await_end, args=(ended,), name="parent", daemon=True).start()
        standing = Standing(config)
        control = ControlSocket(config.folder, standing.told, standing.answered)
        try:
            return _run(config, password, standing, ended, begun)
        except EnigmaError as error:
            event("node failed", level=logging.ERROR, problem=error.message)
            raise
        finally:
            control.close()


def _run(config: Config, password: str, standing: Standing, ended: threading.Event, begun: float) -> int:
    keys, settings = _opened(config, password)
    event("node starts", node=keys.account.address, folder=str(config.folder), chain=config.chain_url)
    if not _chain_answers(settings, standing, ended):
        event("node stopped")
        return 0
    node = _started(config, keys, settings, standing)
    try:
        return _live(node, config, standing, ended, begun)
    finally:
        _end(standing, config)


def _opened(config: Config, password: str) -> tuple[Keys, Settings]:
    """Keys and settings. scrypt holds no lock of the interpreter: both threads get on."""
    with ThreadPoolExecutor(1, thread_name_prefix="keys") as beside:
        keys = beside.submit(load_keys, config.folder, password)
        settings = config.settings()
        _import_people()
        return keys.result(), settings


def _import_people() -> None:
    for name in ("uvicorn", "enigma.node.people.app"):
        importlib.import_module(name)


def _chain_answers(settings: Settings, standing: Standing, ended: threading.Event) -> bool:
    """Wait until the chain's node answers; False where this node is to end before. Raises WrongChain."""
    from enigma.chain.connection import Connection

    say = timed(lambda problem: event("waiting for the chain", level=logging.WARNING, problem=problem))
    connection = Connection(settings.chain_url)
    try:
        while not ended.is_set():
            try:
                settings.controllers.nodes(connection)
                return True
            except ChainUnreachable as error:
                standing.waits = f"waiting for the chain: {error.message}"
                say(error.message)
            ended.wait(AGAIN)
    finally:
        connection.close()
    return False


def _started(config: Config, keys: Keys, settings: Settings, standing: Standing) -> Node:
    from enigma.node.ordering import OrderSocket
    from enigma.node.people.serving import PeoplePort
    from enigma.node.service import Node

    node = Node(keys, settings)
    try:
        node.start()
    except BaseException:
        node.store.close()
        raise
    standing.node = node
    standing.orders = OrderSocket(config.folder, node.obey)
    try:
        people = PeoplePort(node, keys.tls, config.people, certificate=config.certificate)
        standing.people = people
        if config.metrics is not None:
            from enigma.node.metrics import MetricsPort

            standing.metrics = MetricsPort(node, config.metrics, people.bytes)
    except BaseException:
        _end(standing, config, patience=0.0)
        raise
    host, port = node.address
    event(
        "node serves", peers=f"{host}:{port}", people=f"{people.address[0]}:{people.address[1]}",
        metrics="" if standing.metrics is None else f"{standing.metrics.address[0]}:{standing.metrics.address[1]}",
    )  # fmt: skip
    return node


def _live(node: Node, config: Config, standing: Standing, ended: threading.Event, begun: float) -> int:
    """From serving to a signal. Its state changes are told once each."""
    standing.waits = "reading the chain"
    say = timed(lambda sentence: event("node waits", waits=sentence))
    first = True
    while not ended.is_set():
        if node.follower.failed is not None:
            return CHAIN_LOST
        if node.ready and first:
            first = False
            took = round(time.monotonic() - begun, 3)
            event(
                "node is ready", node=node.name, block=node.worker.block, seats=len(node.contracts.all()), seconds=took
            )
        standing.waits = _waits(node, config)
        if not first:
            say(standing.waits)
        if first:
            node.wait_ready(LOOK_EVERY)
        else:
            ended.wait(LOOK_EVERY)
    return 0


def _waits(node: Node, config: Config) -> str:
    """What an operator should know that the node waits for; empty where it has all it needs."""
    from enigma.chain.nodes import Status

    if node.follower.problem:
        return node.follower.problem
    if not node.ready:
        return node.problem or "reading the chain"
    listed = node.registered
    if listed is None:
        return "to be registered: enigma node register"
    if (listed.listing.tls, listed.listing.hpke) != (node.keys.tls.fingerprint, node.keys.sealing.public_bytes):
        return "its registration has other keys: enigma node register"
    if listed.listing.endpoint != str(config.endpoint):
        return f"its registration says {listed.listing.endpoint}: enigma node register"
    if listed.status is Status.LOGGED_OUT:
        return "to be logged in, after a log-out or a suspension: enigma node register"
    return ""


def _end(standing: Standing, config: Config, *, patience: float | None = None) -> None:
    """Close everything, jobs last. What does not end in time is cut off: the store loses nothing by it."""
    node = standing.node
    assert node is not None
    patience = float(config.ending) if patience is None else patience
    standing.ending = True
    standing.waits = "its running jobs"
    running = len([job for job in node.docket.all() if job.doing])
    event("node is ending", running=running, patience=patience)
    closing = threading.Thread(target=_close, args=(standing, node, patience), name="closing", daemon=True)
    closing.start()
    closing.join(patience + CUT_OFF)
    if closing.is_alive():
        event("node is cut off", level=logging.WARNING, problem="something did not end in time")
        logging.shutdown()
        os._exit(0)
    event("node stopped")


def _close(standing: Standing, node: Node, patience: float) -> None:
    for each in (standing.orders, standing.metrics, standing.people):
        if each is not None:
            each.close()
    node.stop(patience)


# ---------------------------------------------------------------- this process


@contextmanager
def _alone(folder: Path) -> Iterator[IO[str]]:
    """The folder's lock, which ends with this process. Raises FileProblem where another has it."""
    with (folder / LOCK).open("a", encoding="utf-8") as file:
        looks = 1
        while not _locks(file) and looks < LOOKS:  # whoever looks whether it runs has the lock for an instant
            looks += 1
            time.sleep(LOOK_AGAIN)
        if looks == LOOKS:
            raise FileProblem(
                str(folder), "this node runs already", hint="enigma node status shows it, enigma node stop ends it"
            )
        yield file


def _locks(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_running(folder: Path) -> bool:
    """Whether a process has this node's folder."""
    try:
        with (folder / LOCK).open(encoding="utf-8") as file:
            return not _locks(file)
    except FileNotFoundError:
        return False


@contextmanager
def _signals(ended: threading.Event) -> Iterator[None]:
    """The first signal asks for an end, a second one is the end: nothing is lost by it that a crash would not lose."""

    def end(number: int, _: FrameType | None) -> None:
        if ended.is_set():
            os._exit(128 + number)
        ended.set()

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for which, handler in before.items():
            signal.signal(which, handler)


def _await_end(ended: threading.Event) -> None:
    # Not by sys.stdin, whose lock a process that ends for another reason would wait for.
    while os.read(sys.stdin.fileno(), 1):
        continue
    ended.set()


def stop(folder: Path, pid: int, patience: float, *, pause: Callable[[float], None] = time.sleep) -> bool:
    """Ask the node of a folder to end, and wait until it has; False where it has not after so many seconds."""
    watch = getattr(os, "pidfd_open", None)
    try:
        watched: int | None = None if watch is None else watch(pid)
        os.kill(pid, signal.SIGTERM)
    except ProcessLookupError:
        return True
    except PermissionError:
        raise ArgumentProblem(f"process {pid} is another user's", hint="stop the node as its user") from None
    return wait_ended(folder, patience, pause=pause) and (watched is None or _gone(watched, patience))


def _gone(watched: int, patience: float) -> bool:
    """Wait until a process has ended: its lock is free a moment before."""
    with os.fdopen(watched, "rb", buffering=0) as process:
        return bool(select.select([process], [], [], patience)[0])


def wait_ended(folder: Path, patience: float, *, pause: Callable[[float], None] = time.sleep) -> bool:
    """Wait until no process has this folder; False where one still has after so many seconds."""
    until = time.monotonic() + patience
    while is_running(folder):
        if time.monotonic() > until:
            return False
        pause(0.05)
    return True
