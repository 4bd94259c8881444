"""`enigma report`: one page about one job, for a data-protection officer."""

from __future__ import annotations

from pathlib import Path

from enigma.chain.connection import Connection
from enigma.chain.deployment import Controllers
from enigma.cli.work import consoles, print_json
from enigma.errors import FileProblem

STANDARD_OUTPUT = Path("-")


def run(
    connection: Connection,
    controllers: Controllers,
    number: int,
    source: Path | None,
    headers: Path | None,
    out: Path | None,
    *,
    as_markdown: bool,
    as_object: bool,
) -> bool:
    """The whole command: is nothing wrong? Raises ArgumentProblem, FileProblem, ChainProblem, ProtocolError."""
    import typer

    from enigma.client.report import job_report, markdown, page
    from enigma.client.report.committed import read_headers
    from enigma.client.report.layout import laid_out

    _, notes = consoles()
    given = None if headers is None else read_headers(headers)
    with notes.status("reading the chain, block by block"):
        found = job_report(connection, controllers, number, source=source, headers=given)
    if as_object:
        print_json(found.tree())
        return found.holds
    text = (markdown if as_markdown else page).written(laid_out(found))
    if out == STANDARD_OUTPUT:
        typer.echo(text, nl=False)
        return found.holds
    place = Path(f"job-{number}.{'md' if as_markdown else 'html'}") if out is None else out
    try:
        place.write_text(text, encoding="utf-8")
    except OSError as error:
        raise FileProblem(str(place), str(error.strerror)) from None
    notes.print(f"Job {number} is on one page in {place}.", markup=False, soft_wrap=True)
    if not found.holds:
        notes.print("Something in it does not hold: see its first lines.", style="bold red")
    return found.holds
