"""`enigma audit`: everything about one job that the chain proves, everything that does not fit, and what stays open."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from enigma.chain.audit import Audit, Finding, Section, Verdict, audit
from enigma.chain.connection import Connection
from enigma.chain.deployment import Controllers
from enigma.cli.work import consoles, print_json

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

_MARKS = {Verdict.PROVEN: ("✓", "green"), Verdict.WRONG: ("✗", "bold red"), Verdict.UNPROVABLE: ("?", "yellow")}


def run(
    connection: Connection,
    controllers: Controllers,
    number: int,
    source: Path | None,
    opening: Path | None,
    *,
    contributions: bool = False,
    as_object: bool,
) -> bool:
    """The whole command: is nothing wrong? Raises ArgumentProblem, FileProblem, ChainProblem."""
    out, notes = consoles()
    with notes.status("reading the chain, block by block"):
        found = audit(connection, controllers, number, source=source, opening=opening)
    told = _contributions(connection, controllers, number) if contributions else None
    if as_object:
        print_json(found.tree() if told is None else {**found.tree(), "contributions": told})
    else:
        _print(found, connection, out)
        for each in told or ():
            left_out = f", {each['skipped']:,} left out by its owner since they did not fit" if each["skipped"] else ""
            rows = "one value or array" if each["rows"] is None else f"{each['rows']:,} rows"
            out.print(f"{each['parameter']}: {rows}{left_out}; bound by the commitment on the chain", soft_wrap=True)
    return found.holds


def _contributions(connection: Connection, controllers: Controllers, number: int) -> list[dict[str, Any]]:
    """What the seats say that a job brought, checked against the chain. Raises NetworkError where none says it."""
    from enigma.client.brought import brought_by
    from enigma.client.network import Network
    from enigma.keys.account import Account

    # Nothing is signed: any account does.
    with Network(connection.url, controllers, Account.create()) as network:
        found = brought_by(network, number)
    return [
        {"parameter": name, "rows": header.rows, "skipped": header.skipped,
         "columns": [column.name for column in header.columns]}
        for name, header in found.items()
    ]  # fmt: skip


def _print(found: Audit, connection: Connection, out: Console) -> None:
    from rich.text import Text

    def say(*parts: str | tuple[str, str]) -> None:
        out.print(Text.assemble(*parts))

    say((f"Job {found.job}", "bold"), f" is {found.ended}.")
    say(("Contract  ", "dim"), found.contract)
    say(("Asked by  ", "dim"), found.asker, ("  function ", "dim"), found.function)
    say(("Read from ", "dim"), f"{connection.url}, chain {found.chain_id}, up to block {found.block:,}")
    for section in found.sections:
        say("")
        say((section.title, "bold"))
        _print_section(section, out)
    say("")
    counts = "   ".join(f"{_MARKS[each][0]} {found.count(each)} {each.value}" for each in Verdict)
    say((counts, "dim"))
    if found.holds:
        say((f"All that the chain can prove of job {found.job} holds.", "green"))
    else:
        say(
            (f"Job {found.job} is not as it should be.", "bold red"),
            " Either what happened is wrong, or what this node says of it: ask another node too.",
        )


def _print_section(section: Section, out: Console) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False, padding=(0, 1, 0, 0), pad_edge=False, expand=True)
    table.add_column(width=3)
    table.add_column(ratio=1)
    table.add_column(justify="right", style="dim", no_wrap=True)
    for finding in section.findings:
        mark, style = _MARKS[finding.verdict]
        block = finding.evidence.block
        table.add_row(Text(f"  {mark}", style), _told(finding), "" if block is None else f"block {block:,}")
    out.print(table)


def _told(finding: Finding) -> RenderableType:
    """The sentence; of what is wrong also the evidence."""
    from rich.console import Group
    from rich.text import Text

    sentence = Text(finding.sentence, "bold" if finding.verdict is Verdict.WRONG else "")
    if finding.verdict is not Verdict.WRONG:
        return sentence
    evidence = dict(finding.evidence.values)
    if finding.evidence.transaction is not None:
        evidence["transaction"] = finding.evidence.transaction
    return Group(sentence, *(Text.assemble((f"{name}: ", "dim"), value) for name, value in evidence.items()))
