"""`enigma chain verify`: is the code on the chain what the sources say? In plain words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from enigma.chain.compiling import Verification
from enigma.chain.connection import Connection
from enigma.chain.deployment import BOUND, Controllers
from enigma.cli.chain_words import ether, span
from enigma.cli.work import consoles, print_json

if TYPE_CHECKING:
    from rich.console import Console

_WEI = {"MINIMUM", "BOND", "DRAW_FEE"}
_SECONDS = {"UNBONDING", "EPOCH", "PATIENCE", "IDLE", "GRACE"}
_PARTS = {"LIE", "SILENCE"}  # of a deposit, in 1/10000


def run(connection: Connection, controllers: Controllers, *, as_object: bool) -> bool:
    """The whole command: does everything hold? Raises ToolMissing, WrongChain, ChainUnreachable."""
    out, notes = consoles()
    with notes.status("compiling the sources again"):
        found = controllers.verify(connection)
    fine = all(one.holds for one in found)
    if as_object:
        print_json({"holds": fine, "controllers": [_tree(one) for one in found]})
    else:
        _print(found, connection, out)
    return fine


def _tree(one: Verification) -> dict[str, object]:
    constants = {name: str(value) for name, value in one.constants.items()}
    return {**asdict(one), "constants": constants, "holds": one.holds}


def _print(found: Sequence[Verification], connection: Connection, out: Console) -> None:
    from rich.text import Text

    def say(*parts: str | tuple[str, str]) -> None:
        out.print(Text.assemble(*parts), soft_wrap=True)

    for one in found:
        mark = ("holds", "green") if one.holds else ("does not hold", "bold red")
        say((one.name, "bold"), f" at {one.address}: ", mark)
        if not one.holds:
            say(f"  {one.problem}")
        for name, value in one.constants.items():
            say(("  fixed at deployment: ", "dim"), f"{name.rpartition('.')[2]} = {_constant(name, value)}")
    bad = [one.name for one in found if not one.holds]
    say("")
    if bad:
        say((f"Not what the sources say: {', '.join(bad)}.", "bold red"))
        say("Pay nothing to these controllers, and take no word of theirs, before you know why.")
        return
    say(
        (
            f"All {len(found)} controllers are what the sources say, compiled again by Vyper {found[0].compiler}.",
            "green",
        )
    )
    say(f"{', '.join(BOUND)} take the word of this deployment's Jobs only, and of no owner: there is none.")
    unshown = (
        "Judge yourself: the constants above. Not shown by this: that the rules are good ones (read the sources), and "
        f"that {connection.url} tells the truth about the chain (ask another node too)."
    )
    say((unshown, "dim"))


def _constant(name: str, value: int | str) -> str:
    short = name.rpartition(".")[2]
    if isinstance(value, str):
        return value
    if short in _WEI:
        return ether(value)
    if short in _SECONDS:
        return span(value)
    return f"{value / 100:g} % of a deposit" if short in _PARTS else f"{value:,}"
