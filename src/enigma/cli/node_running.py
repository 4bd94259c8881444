"""`enigma node start` and `enigma node stop`."""

from __future__ import annotations

from pathlib import Path

from enigma.cli.node_passwords import password
from enigma.errors import NetworkError
from enigma.node import control, program
from enigma.node.config import FILE_NAME, Config, read_config


def config_of(folder: Path) -> Config:
    """The configuration in a node's folder. Raises ConfigProblem."""
    return read_config(folder.expanduser().absolute() / FILE_NAME)


def run(folder: Path, password_file: Path | None, *, with_parent: bool) -> int:
    """Run the node of a folder to its end; its exit status. Raises EnigmaError."""
    config = config_of(folder)
    return program.run(config, password("the node's keys", password_file), with_parent=with_parent)


def end(folder: Path, wait: int) -> None:
    """End the node of a folder. Raises NetworkError where it has not ended in time."""
    from enigma.cli.work import consoles

    out, _ = consoles()
    config = config_of(folder)
    told = control.ask(config.folder)
    if told is None:
        out.print(f"No node runs in {config.folder}.", soft_wrap=True, markup=False)
        return
    patience = float(wait or config.ending + program.CUT_OFF + 5)
    jobs = sum(1 for job in told.get("jobs", []) if job["state"] == "running")
    if jobs:
        out.print(f"{jobs} running job{'' if jobs == 1 else 's'}: it waits up to {config.ending} s for them.")
    if not program.stop(config.folder, told["pid"], patience):
        raise NetworkError(
            f"the node in {config.folder} has not ended within {patience:.0f} s (process {told['pid']})",
            hint="wait for it again; ended with SIGKILL it loses nothing that a crash would not lose",
        )
    out.print(f"The node in {config.folder} has ended.", soft_wrap=True, markup=False)
