"""`enigma down`: ends an `enigma up` that runs elsewhere, and what a killed one has left behind."""

from __future__ import annotations

import shutil
from pathlib import Path

from enigma.cli.up import USUAL
from enigma.cli.up_network import NODES
from enigma.cli.work import consoles
from enigma.errors import FileProblem, NetworkError
from enigma.local.kept_chain import end_left_behind
from enigma.node import control, program

WORDS, SETTINGS = "mnemonic", "chain.json"
"""What every network's folder has."""
PATIENCE = 60.0
"""Seconds for nodes to end their jobs, and for the chain's state to be kept."""


def run(folder: Path | None, *, remove: bool = False) -> None:
    """The whole command; `remove`: the folder too. Raises NetworkError where something does not end, FileProblem."""
    out, _ = consoles()
    place = (folder or USUAL).expanduser().absolute()
    ended = [_ended(place, "network")] if place.is_dir() else []
    if place.is_dir():
        ended += [_ended(each, f"node {each.name}") for each in sorted((place / NODES).glob("*"))]
        if end_left_behind(place):
            ended.append("a chain that was left behind")
    words = ", ".join(each for each in ended if each)
    out.print(f"Ended: {words}." if words else f"Nothing runs in {place}.", soft_wrap=True, markup=False)
    if remove and place.is_dir():
        _remove(place)
        out.print(f"Removed {place}: the chain, the nodes, and all keys.", soft_wrap=True, markup=False)


def _remove(place: Path) -> None:
    """Only what is the folder of a network: a name that was mistyped must not cost somebody's files."""
    if not all((place / name).is_file() for name in (WORDS, SETTINGS)):
        raise FileProblem(str(place), "is not the folder of a network; nothing was removed",
                          hint="name the one that enigma up printed: --folder DIR")  # fmt: skip
    try:
        shutil.rmtree(place)
    except OSError as error:
        raise FileProblem(str(place), f"cannot be removed: {error.strerror}") from error


def _ended(folder: Path, name: str) -> str:
    """The name, where it ran and has ended; empty where it did not run."""
    if not program.is_running(folder):
        return ""
    told = control.ask(folder)  # None: it is ending already, or just beginning
    if not (program.wait_ended(folder, PATIENCE) if told is None else program.stop(folder, told["pid"], PATIENCE)):
        raise NetworkError(
            f"the {name} in {folder} has not ended within {PATIENCE:.0f} s",
            hint="run the same again; ended with SIGKILL it loses nothing that was confirmed",
        )
    return name
