"""The commands and their options. What they need is imported where they run, so that `--help` is there at once."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import typer

from enigma import __version__
from enigma.cli import asked, chain, data, identity, node
from enigma.cli.failing import reporting

app = typer.Typer(
    help="Compute on data that nobody may see.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(chain.group, name="chain")
app.add_typer(data.group, name="data")
app.add_typer(identity.group, name="id")
app.add_typer(node.group, name="node")
app.add_typer(asked.group, name="jobs")
app.command()(asked.contribute)


Start = Literal["first", "spread"]
Workload = StrEnum("Workload", ["mul", "compare", "matmul", "kmeans", "logreg", "latency", "sort"])
Files = Annotated[list[Path], typer.Argument(help="One file for each owner: CSV, Parquet or JSON.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object, as the last line.")]
Smallest = Annotated[int, typer.Option(help="Withhold groups of fewer rows than this.")]
Columns = Annotated[
    str | None, typer.Option(metavar="NAME,NAME", help="Numeric columns instead of latitude and longitude.")
]
Ranges = Annotated[
    list[str] | None,
    typer.Option("--range", metavar="NAME=LOW:HIGH", help="A column's public range; once for each column."),
]


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"enigma {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Compute on data that nobody may see."""


@app.command()
@reporting
def demo(
    as_json: AsJson = False,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where towers.geojson and towers.png go.")] = Path(),
    keep: Annotated[bool, typer.Option("--keep", help="Keep the network, and go on running it until Ctrl-C.")] = False,
    folder: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Where the network is kept; the one that runs there is used. ~/.enigma/chain is that of `enigma up`.",
            show_default="one that is removed; ~/.enigma/demo with --keep",
        ),
    ] = None,
    local: Annotated[bool, typer.Option("--local", help="On three seats alone, without chain and nodes.")] = False,
) -> None:
    """Three telcos place towers and count their market, and no customer is shown.

    Real places, three invented owners, a chain and five nodes on this machine, which end with the command; the same is
    computed on pooled plaintext for comparison.
    """
    from enigma.cli.demo import run

    run(out, as_object=as_json, here=local, keep=keep, folder=folder)


@app.command()
@reporting
def cluster(
    files: Files,
    k: Annotated[int, typer.Option("-k", help="How many clusters: 2 to half of all rows.", show_default=False)],
    rounds: Annotated[int, typer.Option(help="Rounds of Lloyd's algorithm.")] = 10,
    init: Annotated[
        Start, typer.Option(help="Start from the first k rows, or from points spread over the rows' secret extent.")
    ] = "spread",
    smallest: Smallest = 10,
    columns: Columns = None,
    ranges: Ranges = None,
    as_json: AsJson = False,
) -> None:
    """Cluster the rows of several owners together (k-means), without showing a row.

    Only the centroids and sizes of clusters that are large enough become known.
    """
    from enigma.cli.clustering import run

    run(files, k, rounds, init, smallest, columns, ranges or [], as_object=as_json)


@app.command()
@reporting
def classify(
    files: Files,
    train: Annotated[
        list[Path], typer.Option("--train", metavar="FILE", help="A training file, with a column class; repeatable.")
    ],
    smallest: Smallest = 10,
    columns: Columns = None,
    ranges: Ranges = None,
    as_json: AsJson = False,
) -> None:
    """Train on several owners' labelled rows together (Gaussian naive Bayes), and count the classes of other rows.

    Only the number of rows of classes that are large enough becomes known.
    """
    from enigma.cli.classifying import run

    run(train, files, smallest, columns, ranges or [], as_object=as_json)


@app.command()
@reporting
def check(
    file: Annotated[Path, typer.Argument(help="The contract's file.", show_default=False)],
    rows: Annotated[int, typer.Option(help="Made-up rows of each private table.")] = 1000,
    args: Annotated[
        list[str] | None,
        typer.Option("--args", metavar="FUNCTION.NAME=VALUE", help="A public argument to try with; repeatable."),
    ] = None,
    fields: Annotated[
        list[str] | None, typer.Option("--set", metavar="FIELD=VALUE", help="A public field's value; repeatable.")
    ] = None,
    data: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Real rows instead: one CSV or Parquet file for each owner; repeatable."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say what a contract reveals and to whom, in which ranges, what it costs and how exact it is.

    Nothing is deployed and no seat is started. Exit status 1 where the contract is refused.
    """
    from enigma.cli.checking import run

    raise typer.Exit(run(file, rows, args or [], fields or [], data or [], as_object=as_json))


@app.command()
@reporting
def new(
    name: Annotated[str, typer.Argument(help="Of the project: letters, digits, - and _.", show_default=False)],
    path: Annotated[Path, typer.Option(metavar="DIR", help="The folder in which it is made.")] = Path(),
) -> None:
    """Begin a private contract: a folder with a contract, its test and a README."""
    from enigma.cli.new import run

    run(name, path)


@app.command()
@reporting
def audit(
    job: Annotated[int, typer.Argument(min=1, help="The job's number: see `enigma jobs`.", show_default=False)],
    url: chain.Url,
    deployment: chain.Deployment = chain.WRITTEN,
    source: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The contract's source, to compare with what was published.")
    ] = None,
    opening: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The result with its salts, to compare with what was signed.")
    ] = None,
    contributions: Annotated[
        bool, typer.Option("--contributions", help="Ask its nodes what it brought: rows, and how many were left out.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Prove from the chain alone what can be proven of a job, and say what cannot.

    Committee, request, signatures, state, costs, penalties and consent are computed again from blocks that are held
    against their hashes. Exit status 1 where anything does not fit.
    """
    from enigma.cli.audit import run

    with chain.opened(url, deployment) as (connection, controllers):
        fine = run(connection, controllers, job, source, opening, contributions=contributions, as_object=as_json)
    if not fine:
        raise typer.Exit(chain.MISMATCH)


@app.command()
@reporting
def report(
    job: Annotated[int, typer.Argument(min=1, help="The job's number: see `enigma jobs`.", show_default=False)],
    url: chain.Url,
    deployment: chain.Deployment = chain.WRITTEN,
    source: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The contract's source: purpose, and who learns what.")
    ] = None,
    headers: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Headers of contributions, for numbers of rows: `enigma look --headers`."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Where the page goes; - is standard output.", show_default="job-JOB.html"),
    ] = None,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Markdown instead of HTML.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write one page about a job for a data-protection officer, from the chain and the contract's source alone.

    Who computed what on whose rows and what for, who had agreed, what became known to whom, who held the pieces and
    signed, what was deleted. All of it is audited first. Exit status 1 where anything does not fit.
    """
    from enigma.cli.report import run

    with chain.opened(url, deployment) as (connection, controllers):
        fine = run(
            connection, controllers, job, source, headers, out, as_markdown=as_markdown, as_object=as_json
        )  # fmt: skip
    if not fine:
        raise typer.Exit(chain.MISMATCH)


@app.command()
@reporting
def look(
    seat: Annotated[
        str,
        typer.Argument(help="A node of `enigma up` by number or address, or a node's folder.", show_default=False),
    ],
    what: Annotated[
        str | None,
        typer.Argument(
            metavar="[JOB | CONTRACT]",
            help="A job's number, or the beginning of a contract's id.",
            show_default="a list of both",
        ),
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where `enigma up` keeps its network.", show_default="~/.enigma/chain"),
    ] = None,
    first: Annotated[
        int, typer.Option("--hex", min=0, max=4096, metavar="N", help="Show N first bytes of each thing.")
    ] = 0,
    headers: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write the headers of all contributions to the contract, for `enigma report`."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show all that a seat on this machine ever saw of a job or a contract, and that it is noise.

    What it stores, what came in messages, whether that can be told from uniform noise, and what it knows in clear.
    Keys and masks are not shown. Exit status 1 where something is not the noise that it should be.
    """
    from enigma.cli.look import run

    if not run(seat, what, folder, first, headers, as_object=as_json):
        raise typer.Exit(chain.MISMATCH)


@app.command()
@reporting
def up(
    folder: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where all of it is kept.", show_default="~/.enigma/chain"),
    ] = None,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Where it answers. 0: where it did before, or anywhere free.")
    ] = 0,
    accounts: Annotated[int, typer.Option(min=1, max=100, help="Accounts with ether.")] = 10,
    nodes: Annotated[int, typer.Option(min=0, max=100, help="Nodes on that chain. 0: the chain alone.")] = 5,
    as_json: AsJson = False,
) -> None:
    """Run a network on this machine, a chain and nodes, until Ctrl-C; the next `enigma up` goes on where it ended.

    It is for trying and testing: its ether is worth nothing, everyone on this machine can reach it, and whoever has all
    its nodes has all pieces of everything.
    """
    from enigma.cli.up import run

    run(folder, port, accounts, nodes, as_object=as_json)


@app.command()
@reporting
def down(
    folder: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where the network is kept.", show_default="~/.enigma/chain"),
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Remove the folder too: chain, nodes, keys.")] = False,
) -> None:
    """End the `enigma up` that runs elsewhere, and what a killed one has left behind. What it kept stays."""
    from enigma.cli.down import run

    run(folder, remove=remove)


@app.command()
def doctor() -> None:
    """Say what is built, what is missing, and how to mend it."""
    from enigma.cli.doctor import diagnose, exit_status, print_report
    from enigma.cli.work import consoles

    findings = diagnose()
    print_report(findings, consoles()[0])
    raise typer.Exit(exit_status(findings))


@app.command()
@reporting
def bench(
    workload: Annotated[
        list[Workload] | None,
        typer.Option(help="What to measure; repeatable. All of them by default.", show_default=False),
    ] = None,
    n: Annotated[int | None, typer.Option("--n", help="The workload's size.", show_default="its own")] = None,
    seats: Annotated[int, typer.Option(help="Seats of the committee.")] = 3,
    repeat: Annotated[int, typer.Option(help="Runs of each workload, of which the median counts.")] = 3,
    as_json: AsJson = False,
) -> None:
    """Measure the engine: seats as processes with TLS, from shares to shares."""
    from enigma.cli.benchmark import run

    run([each.value for each in workload or Workload], n, seats, repeat, as_object=as_json)
