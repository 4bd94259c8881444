"""`enigma.connect`: the network that runs on this machine, or any other, and the account that speaks."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from enigma.chain.deployment import Controllers
from enigma.client.network import Network, Say
from enigma.client.progress import ShownProgress, Told, silent
from enigma.errors import ArgumentProblem, ChainUnreachable, FileProblem, NetworkError
from enigma.keys.account import Account

LOCAL = Path("~/.enigma/chain")
"""Where `enigma up` keeps its network: the chain's words and port, and the controllers' addresses."""
KEPT = Path("~/.enigma/unfinished")
"""What interrupted contributions need to go on."""
DEPLOYMENT = "controllers.json"
MOST_ACCOUNTS = 1 << 31


def connect(
    url: str | None,
    deployment: str | Path | Controllers | None,
    account: Account | int | str | Path | None,
    *,
    password: str | None,
    local: str | Path | None,
    progress: bool | Told,
    say: Say | None,
) -> Network:
    """See `enigma.connect`."""
    folder = Path(local if local is not None else LOCAL).expanduser()
    here = url is None
    where = _running(folder) if url is None else url
    controllers = deployment if isinstance(deployment, Controllers) else _deployed(deployment, folder, here=here)
    who = _account(account, password, folder, here=here)
    shown: Told = ShownProgress() if progress is True else silent if progress is False else progress
    network: Network | None = None
    try:
        network = Network(where, controllers, who, folder=KEPT.expanduser(), progress=shown, say=say or _saying(shown))
        controllers.jobs(network.connection)
    except BaseException as error:
        if network is not None:
            network.close()
        if here and isinstance(error, ChainUnreachable):
            raise ChainUnreachable(error.message, hint="it has ended: start it again with enigma up") from error
        raise
    return network


def _saying(shown: Told) -> Say:
    """Sentences stand above the line of progress, where somebody looks."""

    def say(words: str) -> None:
        if isinstance(shown, ShownProgress):
            shown.line(words)

    return say


def _running(folder: Path) -> str:
    path = folder / "running.json"
    try:
        running: Any = json.loads(path.read_text(encoding="utf-8"))
        port = int(running["port"])
    except FileNotFoundError:
        raise NetworkError(
            "no network runs on this machine",
            hint="enigma up starts one; or say where: enigma.connect(url, deployment)",
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FileProblem(
            str(path), f"is not what enigma up writes: {error!r}", hint="start it again: enigma up"
        ) from None
    return f"http://127.0.0.1:{port}"


def _deployed(given: str | Path | None, folder: Path, *, here: bool) -> Controllers:
    if given is not None:
        return Controllers.load(Path(given).expanduser())
    path = folder / DEPLOYMENT if here else Path(DEPLOYMENT)
    if not path.is_file():
        hint = "enigma up deploys them with its nodes" if here else "enigma.connect(url, deployment=FILE)"
        raise FileProblem(str(path), "is not there: it names the controllers of the network", hint=hint)
    return Controllers.load(path)


def _account(given: Account | int | str | Path | None, password: str | None, folder: Path, *, here: bool) -> Account:
    if isinstance(given, Account):
        return given
    if isinstance(given, (str, Path)):
        path = Path(given).expanduser()
        return Account.load(path, _asked(path) if password is None else password)
    if given is None and not here:
        raise ArgumentProblem("connect(...) needs an account here", hint="account=FILE, a keystore, with password=")
    number = 0 if given is None else given
    if not here:
        raise ArgumentProblem(
            "accounts have numbers on the network of enigma up only", hint="account=FILE, a keystore, with password="
        )
    if isinstance(number, bool) or not 0 <= number < MOST_ACCOUNTS:
        raise ArgumentProblem(f"account={number!r}", hint="the accounts of enigma up count from 0")
    path = folder / "mnemonic"
    try:
        return Account.from_mnemonic(path.read_text(encoding="utf-8").strip(), number)
    except OSError as error:
        raise FileProblem(str(path), error.strerror or "cannot be read", hint="enigma up writes it") from None


def _asked(path: Path) -> str:
    if not sys.stdin.isatty() and "ipykernel" not in sys.modules:
        raise ArgumentProblem(f"{path} has a password", hint="enigma.connect(..., password=...)")
    from getpass import getpass

    return getpass(f"Password of {path}: ")
