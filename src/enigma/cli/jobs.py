"""`enigma jobs`: what private contracts were asked, by whom, what came of it and what it cost."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from enigma.chain.coding import selector_of
from enigma.chain.connection import Connection
from enigma.chain.deployment import Controllers
from enigma.cli.chain_words import ETHER, moment
from enigma.cli.jobs_listing import Listed, Listing
from enigma.cli.work import consoles, print_json
from enigma.errors import ArgumentProblem, ChainBehind, ChainUnreachable, FileProblem

if TYPE_CHECKING:
    from rich.console import Console

EVERY = 0.5  # seconds between two looks for what is new
LIMIT = 1 << 20  # bytes of a contract's source
_WIDTHS = (6, 8, 16, 8, 11, 18, 16)
_NAMES = ("job", "contract", "function", "asker", "state", "cost in ether", "asked (UTC)")
_NUMERIC = {"job", "cost in ether"}
_STYLES = {"open": "yellow", "settled": "green", "part signed": "green", "refused": "red", "expired": "red"}


def run(
    connection: Connection,
    controllers: Controllers,
    contract: str | None,
    asker: str | None,
    source: Path | None,
    *,
    follow: bool,
    as_objects: bool,
) -> None:
    """The whole command; with `follow` until Ctrl-C. Raises ArgumentProblem, FileProblem, ChainProblem."""
    wanted = _wanted(contract, asker)
    names = {} if source is None else _functions(source)
    listing = Listing(connection, controllers)
    found = [job for job in listing.read() if wanted(job)]
    out, _ = consoles()
    if not follow:
        if as_objects:
            print_json({"jobs": [_tree(job, names) for job in found]})
        else:
            _print(found, names, out)
        return
    if not as_objects:
        _say(_line(_NAMES))
    try:
        _follow(listing, wanted, names, found, as_objects=as_objects)
    except KeyboardInterrupt:
        return  # to end a list that goes on is no failure


def _follow(
    listing: Listing,
    wanted: Callable[[Listed], bool],
    names: Mapping[str, Mapping[str, str]],
    found: list[Listed],
    *,
    as_objects: bool,
) -> None:
    """A line for each job, and another each time that something becomes of it."""
    lost = False
    while True:
        for job in found:
            _say(json.dumps(_tree(job, names)) if as_objects else _line(_cells(job, names)))
        try:
            found = [job for job in listing.read() if wanted(job)]
        except (ChainUnreachable, ChainBehind) as error:
            if not lost:
                _note(f"{error.message}; it is asked again until it answers")
            lost, found = True, []
        else:
            lost = False
        if not found:
            time.sleep(EVERY)


def _print(found: list[Listed], names: Mapping[str, Mapping[str, str]], out: Console) -> None:
    from rich.table import Table
    from rich.text import Text

    if not found:
        out.print("No job was asked.")
        return
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False)
    for name in _NAMES:
        justify: Literal["left", "right"] = "right" if name in _NUMERIC else "left"
        table.add_column(name, justify=justify, header_style="dim", no_wrap=name not in {"function", "state"})
    for job in found:
        cells = [Text(cell) for cell in _cells(job, names)]
        cells[4].stylize(_STYLES[job.state])
        table.add_row(*cells)
    out.print(table)
    out.print(f"{len(found):,} job{'s' * (len(found) != 1)}", style="dim")


def _cells(job: Listed, names: Mapping[str, Mapping[str, str]]) -> tuple[str, ...]:
    return (
        str(job.number),
        _short(job.contract),
        _function(job, names),
        _short(job.asker),
        job.state,
        "" if job.cost is None else _ether(job.cost),
        moment(job.time)[:16],
    )


def _tree(job: Listed, names: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """Wei as text: many readers of JSON round what is above 2^53."""
    fields = asdict(job)
    fields["cost"] = None if job.cost is None else str(job.cost)
    fields["maximum"] = str(job.maximum)
    name = names.get(job.source, {}).get(job.function)
    return {**fields, "name": name}


def _function(job: Listed, names: Mapping[str, Mapping[str, str]]) -> str:
    return names.get(job.source, {}).get(job.function, job.function)


def _line(cells: tuple[str, ...]) -> str:
    return "  ".join(
        cell.rjust(width) if name in _NUMERIC else cell.ljust(width)
        for name, cell, width in zip(_NAMES, cells, _WIDTHS, strict=True)
    ).rstrip()


def _ether(wei: int) -> str:
    whole, rest = divmod(wei, ETHER)
    return f"{whole:,}{f'.{rest:018}'.rstrip('0') if rest else ''}"


def _short(name: str) -> str:
    return f"{name[:7]}…"


def _note(sentence: str) -> None:
    from rich.text import Text

    consoles()[1].print(Text.assemble(("Note: ", "yellow"), sentence), soft_wrap=True)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _wanted(contract: str | None, asker: str | None) -> Callable[[Listed], bool]:
    """Which jobs are asked for; an id or address may be cut short, as the table shows it."""
    for text, what, digits in ((contract, "a contract's id", 64), (asker, "an address", 40)):
        if text is not None and not _begins(text, digits):
            raise ArgumentProblem(f"{text} is no beginning of {what}", hint=f"it is 0x and up to {digits} digits")

    def wanted(job: Listed) -> bool:
        return (contract is None or job.contract.startswith(contract.lower())) and (
            asker is None or job.asker.lower().startswith(asker.lower())
        )

    return wanted


def _begins(text: str, digits: int) -> bool:
    rest = text.lower().removeprefix("0x")
    return text[:2] in {"0x", "0X"} and 0 < len(rest) <= digits and set(rest) <= set("0123456789abcdef")


def _functions(file: Path) -> dict[str, dict[str, str]]:
    """The private functions of a source by selector, under the hash by which the chain knows the source."""
    import hashlib

    from enigma.contract.reading.loading import load
    from enigma.contract.reading.source import Source
    from enigma.contract.vyper import public_half

    try:
        with file.open("rb") as opened:
            content = opened.read(LIMIT + 1)
        text = content.decode()
    except OSError as error:
        raise FileProblem(str(file), str(error.strerror)) from None
    except UnicodeDecodeError:
        raise FileProblem(str(file), "this is not UTF-8 text") from None
    half = public_half(load(Source(file.name, text)))
    selectors = {"0x" + selector_of(function.signature).hex(): name for name, function in half.functions.items()}
    return {"0x" + hashlib.sha256(content).hexdigest(): selectors}
