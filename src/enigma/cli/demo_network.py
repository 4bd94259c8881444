"""The network of `enigma demo`: one of its own, which is gone afterwards, or one that runs already."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import FrameType

from enigma.chain.deployment import Controllers
from enigma.cli.up import mining
from enigma.cli.up_network import DEPLOYMENT, LocalNetwork
from enigma.errors import FileProblem, ToolMissing
from enigma.keys.account import Account
from enigma.local.anvil import find_anvil
from enigma.local.kept_chain import KeptChain, end_left_behind
from enigma.node import control

KEPT = Path("~/.enigma/demo")
"""Where the network is with --keep."""
PASSING = Path("~/.enigma/demos")
"""Below it each demonstration has a folder, which is gone afterwards."""
NODES = 5
INTERVAL = 0.1
"""Seconds between two looks at what waits for a block: nobody else uses this chain."""
IDLE_AFTER = 2
_PACKAGES = ("fastapi", "httpx", "prometheus_client", "uvicorn", "vyper")

Say = Callable[[str], None]


@dataclass(frozen=True)
class Running:
    """A network that runs: its chain's address, its controllers, its folder; `found`: it ran before."""

    url: str
    controllers: Controllers
    folder: Path
    found: bool

    def account(self, number: int) -> Account:
        """One of the accounts with ether that its words make."""
        return Account.from_mnemonic((self.folder / "mnemonic").read_text(encoding="utf-8").strip(), number)

    @property
    def deployment(self) -> Path:
        """The file that names the controllers."""
        return self.folder / DEPLOYMENT


def want_tools() -> None:
    """Go on where a network can run on this machine. Raises ToolMissing."""
    find_anvil()
    missing = [name for name in _PACKAGES if find_spec(name) is None]
    if missing:
        raise ToolMissing(f"{', '.join(missing)} is not installed", hint="pip install 'enigma[network]'")


@contextmanager
def network(folder: Path | None, *, keep: bool, say: Say, note: Say, nodes: int = NODES) -> Iterator[Running]:
    """The network of `folder`; without one, of a folder that is removed at the end unless it is to be kept.

    `say` hears what goes on, `note` what a person should know. The first Ctrl-C or SIGTERM interrupts; from then on,
    and while all is ended, further ones are not heard. Raises ToolMissing, FileProblem, and what keeps a node from
    starting.
    """
    given = (KEPT if keep else None) if folder is None else folder
    place = None if given is None else given.expanduser().absolute()
    told = control.ask(place) if place is not None and place.is_dir() else None
    if place is not None and told is not None:
        yield Running(str(told["url"]), Controllers.load(place / DEPLOYMENT), place, found=True)
        return
    want_tools()
    with ExitStack() as ending, _interrupted_once() as deaf:
        try:
            own = ending.enter_context(passing()) if place is None else place
            yield _started(own, ending, nodes, say, note)
            say("ending the network")
        except BaseException:
            note("ending what was started")
            raise
        finally:
            deaf()
            ending.close()


def _started(folder: Path, ending: ExitStack, count: int, say: Say, note: Say) -> Running:
    say("starting a chain")
    chain = ending.enter_context(KeptChain(folder, say=note))
    answering = control.ControlSocket(folder, lambda: {"pid": os.getpid(), "url": chain.url})
    ending.callback(answering.close)
    ended = threading.Event()
    ending.enter_context(mining(chain, ended, interval=INTERVAL, idle_after=IDLE_AFTER))
    nodes = ending.enter_context(LocalNetwork(folder, chain.url, count, say, note))
    nodes.start()
    return Running(chain.url, nodes.controllers, folder, found=False)


@contextmanager
def _interrupted_once() -> Iterator[Callable[[], None]]:
    """SIGINT and SIGTERM raise KeyboardInterrupt, once; never again after what is given was called."""
    over = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the form that handlers have
        if not over.is_set():
            over.set()
            raise KeyboardInterrupt

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield over.set
    finally:
        for which, handler in before.items():
            signal.signal(which, handler)


@contextmanager
def passing() -> Iterator[Path]:
    """A folder of this process's own, gone at the end; so is what demonstrations that were killed have left there."""
    base = PASSING.expanduser().absolute()
    try:
        with _alone(base):
            _sweep(base)
            folder = Path(tempfile.mkdtemp(dir=base))
            held = _locked(folder)
    except OSError as error:
        raise FileProblem(
            str(base), f"cannot be written: {error.strerror}", hint="name another folder: --folder DIR"
        ) from error
    try:
        yield folder
    finally:
        with _alone(base):
            shutil.rmtree(folder)
            os.close(held)
            if not any(base.iterdir()):
                base.rmdir()


@contextmanager
def _alone(base: Path) -> Iterator[None]:
    """No other demonstration makes or removes folders meanwhile."""
    while True:
        base.mkdir(parents=True, exist_ok=True, mode=0o700)
        held = os.open(base, os.O_RDONLY)
        try:
            fcntl.flock(held, fcntl.LOCK_EX)
            if base.exists() and os.path.samestat(os.fstat(held), base.stat()):
                yield
                return
        finally:
            os.close(held)


def _sweep(base: Path) -> None:
    """End and remove what a killed demonstration has left behind."""
    for each in base.iterdir():
        try:
            held = _locked(each)
        except BlockingIOError:
            continue  # it runs
        end_left_behind(each)
        shutil.rmtree(each)
        os.close(held)


def _locked(folder: Path) -> int:
    """The folder, opened and locked for this process; its descriptor. Raises BlockingIOError: another one has it."""
    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(held)
        raise
    return held
