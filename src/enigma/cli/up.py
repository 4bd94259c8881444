"""`enigma up`: a chain on this machine, for as long as the command runs."""

from __future__ import annotations

import json
import signal
import threading
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from enigma.local.kept_chain import KeptChain


def run(folder: Path | None, port: int, accounts: int, *, as_object: bool) -> None:
    """Run the chain of `folder` until this process is asked to end. Raises ToolMissing, FileProblem, PortTaken."""
    from enigma.cli.work import consoles
    from enigma.local.kept_chain import KeptChain

    out, notes = consoles()
    ended = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the form that handlers have
        ended.set()

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        place = (folder or Path.home() / ".enigma" / "chain").expanduser().absolute()
        with KeptChain(place, port=port, accounts=accounts, say=lambda note: _note(notes, note)) as chain:
            _introduce(chain, out, as_object=as_object)
            chain.run(ended)
            number = chain.make_block()
        if not as_object:
            out.print(f"Ended at block {number:,}. Everything is kept in {place}.", soft_wrap=True)
    finally:
        for which, handler in before.items():
            signal.signal(which, handler)


def _introduce(chain: KeptChain, out: Console, *, as_object: bool) -> None:
    """Say where the chain is, and who has ether on it. Flushed: whoever reads through a pipe waits for it."""
    head = chain.connection.head()
    if as_object:
        typer.echo(
            json.dumps(
                {
                    "url": chain.url,
                    "chain_id": chain.chain_id,
                    "block": head.number,
                    "folder": str(chain.folder),
                    "accounts": [account.address for account in chain.accounts],
                }
            )
        )
    else:
        from rich.table import Table
        from rich.text import Text

        out.print(
            Text.assemble(
                "A chain runs at ", (chain.url, "bold"), f", chain id {chain.chain_id}, block {head.number:,}."
            ),
            soft_wrap=True,
        )
        table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 3, 0, 0))
        table.add_column("Account")
        table.add_column("Ether", justify="right")
        for account in chain.accounts:
            table.add_row(account.address, f"{chain.connection.balance(account.address) / 10**18:,.4f}")
        out.print(table)
        for sentence in (
            f"Kept in {chain.folder}; the words that make these keys are in its file mnemonic.",
            "Its ether is worth nothing: use these accounts on no other chain.",
            "Ctrl-C ends it; the next `enigma up` goes on where it ended.",
        ):
            out.print(sentence, style="dim", soft_wrap=True, markup=False)
    out.file.flush()


def _note(console: Console, sentence: str) -> None:
    from rich.text import Text

    console.print(Text.assemble(("Note: ", "yellow"), sentence), soft_wrap=True)
