"""`enigma node status`: how the node of a folder is."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from enigma.cli.node_running import config_of
from enigma.cli.work import consoles, print_json
from enigma.node import control

if TYPE_CHECKING:
    from rich.console import Console


def run(folder: Path, *, as_object: bool) -> bool:
    """The whole command; whether the node is ready. Raises ConfigProblem, NetworkError."""
    config = config_of(folder)
    told = control.ask(config.folder) or {"state": "not running", "folder": str(config.folder)}
    if as_object:
        print_json(told)
    else:
        _print(told, consoles()[0])
    return bool(told["state"] == "ready")


def _print(told: dict[str, Any], out: Console) -> None:
    from enigma.cli.tables import print_facts, titled

    if "pid" not in told:
        out.print(f"No node runs in {told['folder']}.", soft_wrap=True, markup=False)
        return
    facts = {"state": told["state"]}
    if told["waits"]:
        facts["waits for"] = told["waits"]
    facts["process"] = f"{told['pid']}, for {_span(told['seconds'])}"
    if "node" in told:
        facts |= {"node": told["node"], "next block": f"{told['block']:,}", "peers": f"{told['peers']} reached"}
        dht = told["dht"]
        facts["DHT"] = f"{dht['contacts']} contacts, {dht['records']} records of {_size(dht['octets'])}"
        facts["kept for people"] = f"{told['values']} values of {_size(told['value_bytes'])}"
        facts["store"] = _size(told["store_bytes"])
        signed = sum(each["signature"] is not None for each in told["withdrawals"])
        facts["withdrawals"] = f"{signed:,} deleted and signed, {len(told['withdrawals']) - signed:,} to be deleted"
    facts |= {"memory": _size(told["memory_bytes"]), "endpoint": told["endpoint"], "chain": told["chain"]}
    print_facts(facts, out)
    if told.get("seats"):
        columns = [
            ("contract", False), ("seat", True), ("last job settled", True), ("source", False), ("pieces", False)
        ]  # fmt: skip
        table = titled("Seats", columns)
        for seat in told["seats"]:
            source = "here" if seat["source"] else "still to come"
            table.add_row(
                seat["contract"], str(seat["seat"]), str(seat["settled"] or "none"), source, _pieces(seat["pieces"])
            )
        out.print(table)
        for seat in told["seats"]:
            if seat["pieces"]["problem"]:
                words = f"Pieces of {seat['contract'][:16]}…: {seat['pieces']['problem']}"
                out.print(words, soft_wrap=True, markup=False, style="yellow")
    if told.get("jobs"):
        table = titled(
            "Jobs", [("job", True), ("contract", False), ("phase", False), ("rounds", True), ("tries", True)]
        )
        for job in told["jobs"]:
            rounds = f"{job['done']:,}/{job['total']:,}" if job["total"] else ""
            table.add_row(str(job["job"]), f"{job['contract'][:16]}…", job["doing"], rounds, str(job["attempts"]))
        out.print(table)
        for job in told["jobs"]:
            if job["problem"]:
                out.print(f"Job {job['job']}: {job['problem']}", soft_wrap=True, markup=False, style="yellow")


def _pieces(pieces: dict[str, Any]) -> str:
    if pieces["doing"]:
        return str(pieces["doing"])
    if pieces["lost"]:
        return "lost: rebuilt from the other seats'"
    if pieces["renewed"] is None:
        return "as they came"
    return f"anew {_span(max(0.0, time.time() - pieces['renewed']))} ago"


def _size(octets: int | None) -> str:
    return "not known" if octets is None else f"{octets / 1e6:,.1f} MB"


def _span(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"
