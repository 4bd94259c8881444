"""`enigma look`: all that a seat ever saw of a job or a contract, and that it is noise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from enigma.cli.work import consoles, print_json
from enigma.errors import ArgumentProblem, FileProblem, NetworkError
from enigma.node import control

if TYPE_CHECKING:
    from rich.console import Console

Tree = dict[str, Any]

PATIENCE = 120.0
"""Seconds that a node gets to measure what it has."""
BARS = " ▁▂▃▄▅▆▇█"
GROUPS = 60
"""Lines of messages that a person is shown; --json has all."""


def run(seat: str, what: str | None, folder: Path | None, first: int, headers: Path | None, *, as_object: bool) -> bool:
    """The whole command; whether all is noise that should be. Raises ArgumentProblem, NetworkError."""
    node = folder_of(seat, folder)
    question: Tree = {"hex": first}
    if what is not None:
        question |= {"job": int(what)} if what.isdecimal() and len(what) < 16 else {"contract": what}
    told = control.ask(node, {"look": question}, patience=PATIENCE)
    if told is None:
        raise NetworkError(
            f"no node runs in {node}", hint="its store opens under its keys alone: start it, enigma node start"
        )
    if headers is not None:
        _write(headers, told)
    strange = list(_strange(told))
    told["strange"] = strange
    if as_object:
        print_json(told)
    else:
        _print(told, consoles()[0])
    return not strange


def _write(file: Path, told: Tree) -> None:
    if "headers" not in told:
        raise ArgumentProblem("headers are of one contract", hint="name it, or a job of it: enigma look SEAT JOB")
    try:
        file.write_text(json.dumps(told["headers"]) + "\n", encoding="utf-8")
    except OSError as error:
        raise FileProblem(str(file), str(error.strerror)) from None


def folder_of(seat: str, folder: Path | None) -> Path:
    """The folder of a node: its own, its number among those of `enigma up`, or its address. Raises ArgumentProblem."""
    from enigma.cli.up import USUAL
    from enigma.node.config import FILE_NAME
    from enigma.node.keystore import read_address

    if (Path(seat) / FILE_NAME).exists():
        return Path(seat)
    nodes = (USUAL if folder is None else folder).expanduser() / "nodes"
    there = sorted((each for each in nodes.glob("*") if (each / FILE_NAME).exists()), key=lambda each: each.name)
    for each in there:
        if each.name == seat or (seat.startswith("0x") and read_address(each).lower() == seat.lower()):
            return each
    names = ", ".join(each.name for each in there) or "none"
    raise ArgumentProblem(
        f"{seat} is no node's folder, and no node of {nodes}",
        hint=f"there: {names}; write a number of these, an address, or a folder with {FILE_NAME} in it",
    )


def _strange(told: Tree) -> Any:
    """Whatever should be noise and is not."""
    for each in (*told.get("pieces", ()), *told.get("shares", ())):
        if each["noise"]["noise"] is False:
            yield f"{each['is']}: {each['noise']['says']}"
    for attempt in told.get("transcripts", ()):
        if attempt["together"]["noise"] is False:
            yield f"all masked words of attempt {attempt['attempt']}: {attempt['together']['says']}"
        for each in (*attempt["sums"], *attempt["messages"]):
            if each["noise"] is not None and each["noise"]["noise"] is False:
                yield f"{each['is']} of seat {each['peer']}, {each['phase']}: {each['noise']['says']}"


# ---------------------------------------------------------------- for people


def _print(told: Tree, out: Console) -> None:
    if "contracts" in told:
        _print_list(told, out)
        return
    what = f"job {told['job']}" if told["job"] is not None else "its contract"
    _say(out, f"What seat {told['seat']} ({told['node']}) has of {what}", "bold")
    _say(out, f"contract {told['contract']}", "dim")
    _print_clear(told["clear"], out)
    _print_pieces(told, out)
    for attempt in told["transcripts"]:
        _print_transcript(attempt, out)
    if told["job"] is not None and not told["transcripts"]:
        on = told["transcripts_on"]
        why = "it is too long ago, or the process was killed" if on else "look.transcript_mib is 0 in node.toml"
        _say(out, f"\nWhat came in messages was not written down: {why}.")
    _say(out, "\nNever shown: " + "; ".join(told["not_shown"]) + ".", "dim")
    if told["strange"]:
        for each in told["strange"]:
            _say(out, f"NOT NOISE  {each}", "bold red")
    else:
        _say(out, "Nothing that should be noise is anything else.", "green")


def _print_list(told: Tree, out: Console) -> None:
    from enigma.cli.tables import titled

    if not told["contracts"]:
        _say(out, f"Node {told['node']} has no seat.")
        return
    columns = [("contract", False), ("seat", True), ("pieces", True), ("jobs (* with transcript)", False)]
    table = titled("Contracts", columns)
    for each in told["contracts"]:
        jobs = ", ".join(f"{job['job']}{'*' if job['transcript'] else ''}" for job in each["jobs"])
        table.add_row(each["contract"], str(each["seat"]), str(each["pieces"]), jobs or "none")
    out.print(table)


def _print_clear(clear: list[Tree], out: Console) -> None:
    from rich.table import Table
    from rich.text import Text

    _say(out, "\nWhat this seat knows in clear", "bold")
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    for each in clear:
        size = "" if each["bytes"] is None else f"{each['bytes']:,} bytes"
        table.add_row(Text(each["is"], style="dim"), Text(each["says"] or size))
    out.print(table)


def _print_pieces(told: Tree, out: Console) -> None:
    _say(out, "\nPieces that it stores", "bold")
    for each in (*told["pieces"], *told.get("shares", ())):
        shape = "×".join(map(str, each.get("shape", ()))) or "one value"
        kind = f", {each['type']}" if each.get("type") else ""
        _say(out, f"{each['is']}")
        _say(out, f"  {each['bytes']:,} bytes, {shape}{kind}: ", "dim", end="")
        _say(out, *_verdict(each["noise"]))
        _pictures(each, out)
        if each["hex"]:
            _say(out, f"  {each['hex']}", "dim")
    if not told["pieces"]:
        _say(out, "none", "dim")
    if told["pieces_gone"]:
        _say(out, f"{told['pieces_gone']} more were here and are deleted, or are with a later state.", "dim")
    if told["pieces_left_out"]:
        _say(out, f"{told['pieces_left_out']} more are here and were not measured.", "yellow")


def _pictures(each: Tree, out: Console) -> None:
    if each["noise"]["noise"] is None:
        return
    _say(out, f"  its bytes      {picture(each['noise']['histogram'])}  {_numbers(each['noise'])}", "dim")
    if each.get("plaintext_histogram"):
        _say(out, f"  in the clear   {picture(each['plaintext_histogram'])}  any values of this type, made up", "dim")


def _print_transcript(attempt: Tree, out: Console) -> None:
    from rich.text import Text

    from enigma.cli.tables import titled

    columns = [("phase", False), ("", False), ("messages", True), ("bytes", True), ("what", False), ("", False)]
    out.print()
    table = titled(f"Messages of attempt {attempt['attempt']}", columns)
    for each in attempt["sums"][:GROUPS]:
        way = f"{'from' if each['came'] else 'to'} seat {each['peer']}"
        words, style = ("", "") if each["noise"] is None else _verdict(each["noise"])
        table.add_row(each["phase"], way, f"{each['messages']:,}", f"{each['bytes']:,}", each["is"], Text(words, style))
    out.print(table)
    if len(attempt["sums"]) > GROUPS:
        _say(out, f"and {len(attempt['sums']) - GROUPS} lines more: --json", "dim")
    together = attempt["together"]
    _say(out, f"All that must be noise, together, {together['measured_bytes']:,} bytes: ", "dim", end="")
    _say(out, *_verdict(together))
    _pictures({"noise": together}, out)
    for each in attempt["beyond"]:
        _say(out, f"and {each['came']:,} from seat {each['peer']} of {each['came_bytes']:,} bytes, only counted", "dim")


def picture(counts: list[int]) -> str:
    """A histogram on one line: how often bytes are 0 to 7, 8 to 15, ... , 248 to 255."""
    most = max(counts, default=0) or 1
    return "".join(BARS[-(-(len(BARS) - 1) * count // most)] for count in counts)


def _verdict(noise: Tree) -> tuple[str, str]:
    return noise["says"], {True: "green", False: "bold red", None: "dim"}[noise["noise"]]


def _numbers(noise: Tree) -> str:
    return (
        f"{noise['entropy_bits']:.3f} bits a byte, zlib makes {100 * noise['packed']:.0f} %, "
        f"serial correlation {noise['serial_correlation']:+.4f}"
    )


def _say(out: Console, words: str, style: str = "", end: str = "\n") -> None:
    out.print(words, style=style, end=end, soft_wrap=True, markup=False)
