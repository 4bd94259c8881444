"""`enigma demo`: the main job on real places, with the same on pooled plaintext beside it.

On a network of this machine, or with `--local` on a committee of it: the same contract, asked the same way.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from enigma.apex.footprints import Footprint, europe
from enigma.apex.market import Held, HeldHere, Pooled, analyse, compare, contribute, pooled, public_starts
from enigma.apex.places import Places, europe_places
from enigma.cli.demo_network import Running, network, want_tools
from enigma.cli.demo_results import Demonstration, as_json, show, write
from enigma.cli.demo_settled import Settled, settled, spent_by
from enigma.cli.display import Display
from enigma.cli.work import Spent, consoles, print_json, spent, start
from enigma.errors import ArgumentProblem, FileProblem, ToolMissing

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    Report = Callable[..., None]

OPERATOR = 0
"""The account that deploys and asks; the owners have the next ones."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """What needs no seat: places, owners, where towers start, and the same on pooled plaintext."""

    places: Places
    owners: tuple[Footprint, ...]
    starts: NDArray[np.float64]
    plain: Pooled


def prepare() -> Prepared:
    """All of it, from the places on disk. Raises `InputError`."""
    places = europe_places()
    return prepared_for(places, europe(places=places))


def prepared_for(places: Places, owners: tuple[Footprint, ...]) -> Prepared:
    """The same for other owners."""
    starts = public_starts(places)
    return Prepared(places, owners, starts, pooled(owners, starts))


def folder_for(out: Path) -> Path:
    """The folder for results, which is there now. Raises `FileProblem`."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileProblem(str(out), f"cannot be made a folder: {error.strerror}",
                          hint="name another with --out DIR") from error  # fmt: skip
    return out


def demonstrate(
    held: Held,
    given: Prepared,
    tell: Callable[[str], None],
    taken: Callable[[], Spent],
    agree: Callable[[], None] = lambda: None,
) -> Demonstration:
    """Run the main job, then compare it with plaintext; what the comparison takes is not counted.

    `agree`: the owners agree, once they have contributed. `taken`: what the analysis took.
    """
    tell("three owners contribute")
    order = contribute(held, given.owners)
    agree()
    tell("placing towers, counting the market")
    analysis = analyse(held, given.owners, given.starts)
    spent_on_it = taken()
    tell("comparing with plaintext")
    comparison = compare(held, analysis, given.plain, order)
    towers = tuple(
        given.places.nearest_name(*centre) if shown else "withheld"
        for centre, shown in zip(
            analysis.clusters.centroids.tolist(), analysis.clusters.published.tolist(), strict=True
        )
    )
    return Demonstration(given.owners, analysis, comparison, spent_on_it, towers)


def run(out: Path, *, as_object: bool, here: bool = False, keep: bool = False, folder: Path | None = None) -> None:
    """The whole command. `here`: on a committee, else on the network of `folder`, or on one of its own.

    `keep`: that one stays, and runs until Ctrl-C.
    """
    output, errors = consoles()
    if here and (keep or folder is not None):
        raise ArgumentProblem("--local runs without a network", hint="leave out --keep and --folder, or --local")
    files = folder_for(out)
    with Display(errors) as display:

        def report(found: Demonstration, written: tuple[Path, Path], chain: Settled | None = None) -> None:
            display.end()
            if as_object:
                print_json(as_json(found, chain))
            else:
                show(found, output, written, chain)
            output.file.flush()

        if not here and can_run_a_network(display):
            _on_network(files, display, report, folder, keep=keep)
        else:
            _on_committee(files, display, report)


def can_run_a_network(display: Display) -> bool:
    """Where it cannot, one sentence says why, and what is not shown then."""
    try:
        want_tools()
    except ToolMissing as missing:
        display.warn(
            f"{missing.message}. So three seats of this machine compute without a chain: no accounts, grants, costs, "
            f"receipts or audit are shown. To see them: {missing.hint}"
        )
        return False
    return True


def _on_committee(out: Path, display: Display, report: Report) -> None:
    display.begin("reading places, computing on plaintext")
    given = prepare()
    with start(display) as committee:
        held = HeldHere(committee, [owner.name for owner in given.owners])
        found = demonstrate(held, given, display.begin, lambda: spent(committee))
    display.begin("drawing")
    report(found, write(found, given.places, out))


def _on_network(out: Path, display: Display, report: Report, folder: Path | None, *, keep: bool) -> None:
    # What needs no network is done beside, while its nodes start and its chain makes blocks.
    with ThreadPoolExecutor(1) as aside:
        preparing = aside.submit(prepare)
        with network(folder, keep=keep, say=display.begin, note=display.warn) as running:
            display.begin("reading places, computing on plaintext")
            given = preparing.result()
            found, chain = _asked(running, given, display)
            display.begin("drawing")
            written = write(found, given.places, out)
            stays = keep or running.found
            if stays:
                report(found, written, chain)
                display.console.print(f"Audit the job: {chain.audit}", style="dim", soft_wrap=True, markup=False)
            if keep and not running.found:
                how = f"The network goes on until Ctrl-C; enigma down --folder {running.folder} --remove removes it."
                display.console.print(how, style="dim", soft_wrap=True, markup=False)
                with suppress(KeyboardInterrupt):
                    threading.Event().wait()
    if not stays:
        report(found, written, chain)
        how = f"To audit job {chain.main.job} yourself: enigma demo --keep, and in another terminal enigma audit"
        display.console.print(how, style="dim", soft_wrap=True)


def _asked(running: Running, given: Prepared, display: Display) -> tuple[Demonstration, Settled]:
    from enigma.apex.market_network import HeldOnNetwork

    accounts = {owner.name: running.account(OPERATOR + 1 + i) for i, owner in enumerate(given.owners)}
    with HeldOnNetwork(running.url, running.controllers, running.account(OPERATOR), accounts, display.step) as held:
        display.begin("deploying the contract")
        held.deploy()
        found = demonstrate(held, given, display.begin, lambda: spent_by(held.charged[-1]), held.grant)
        display.begin("auditing the job")
        return found, settled(held, running)
