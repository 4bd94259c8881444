"""`enigma node refresh`, `replace` and `take`: what a running node is told to do."""

from __future__ import annotations

from pathlib import Path

from enigma.cli.node_running import config_of
from enigma.cli.work import consoles
from enigma.node.ordering import give


def refresh(folder: Path, contract: str) -> None:
    """Order a refresh. Raises ConfigProblem, NetworkError, ArgumentProblem."""
    give(config_of(folder).folder, {"order": "refresh", "contract": contract})
    consoles()[0].print("The pieces are made anew as soon as no job has them: enigma node status shows it.")


def replace(folder: Path, contract: str, seat: int, node: str) -> None:
    """Agree that a node takes a seat. Raises as `refresh` does."""
    give(config_of(folder).folder, {"order": "allow", "contract": contract, "seat": seat, "node": node})
    consoles()[0].print(
        f"This node agrees that {node} takes seat {seat}, while that seat sleeps or leaves.",
        soft_wrap=True,
        markup=False,
    )


def take(folder: Path, contract: str, seat: int) -> None:
    """Take a seat. Raises as `refresh` does."""
    give(config_of(folder).folder, {"order": "take", "contract": contract, "seat": seat})
    consoles()[0].print("This node takes the seat as soon as the other seats agree: enigma node status shows it.")
