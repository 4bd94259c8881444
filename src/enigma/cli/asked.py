"""`enigma jobs`, `enigma jobs cancel` and `enigma contribute`: what is asked of contracts on a network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from enigma.cli import chain
from enigma.cli.failing import reporting

group = typer.Typer(invoke_without_command=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object, as the last line.")]
Url = Annotated[
    str | None,
    typer.Option(
        metavar="URL", help="A node of the chain: http://127.0.0.1:8545.", show_default="what `enigma up` runs here"
    ),
]
Deployment = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Where the controllers are.", show_default="controllers.json, or that of `enigma up`"
    ),
]
Keystore = Annotated[Path | None, typer.Option(metavar="FILE", help="The account that signs and pays: its keystore.")]
Number = Annotated[int | None, typer.Option("--account", metavar="N", help="Instead: an account of `enigma up`.")]


@group.callback()
@reporting
def jobs(
    context: typer.Context,
    url: Annotated[str | None, typer.Option(metavar="URL", help="A node of the chain: http://127.0.0.1:8545.")] = None,
    deployment: chain.Deployment = chain.WRITTEN,
    contract: Annotated[
        str | None, typer.Option(metavar="ID", help="Only jobs of this contract, or of ids that begin so.")
    ] = None,
    asker: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Only jobs of this asker.")] = None,
    source: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A contract's source, to name the functions of its jobs.")
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Go on with what comes, until Ctrl-C.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object; with --follow one for each change of a job.")
    ] = False,
) -> None:
    """List what private contracts were asked, by whom, what came of it and what it cost.

    It is what the node tells: `enigma audit` proves a job. `enigma jobs cancel` takes one back.
    """
    if context.invoked_subcommand is not None:
        return
    from enigma.cli.jobs import run
    from enigma.errors import ArgumentProblem

    if url is None:
        raise ArgumentProblem("enigma jobs needs --url", hint="--url http://127.0.0.1:8545: a node of the chain")
    with chain.opened(url, deployment) as (connection, controllers):
        run(connection, controllers, contract, asker, source, follow=follow, as_objects=as_json)


@group.command()
@reporting
def cancel(
    job: Annotated[int, typer.Argument(min=1, metavar="JOB", help="The job's number.", show_default=False)],
    url: Url = None,
    deployment: Deployment = None,
    keystore: Keystore = None,
    account: Number = None,
    wait: Annotated[
        float, typer.Option(min=0, metavar="SECONDS", help="How long to wait until the chain says that it has ended.")
    ] = 120.0,
    as_json: AsJson = False,
) -> None:
    """Take a question back that you asked: its seats stop, and what was reserved for it is yours again.

    Too late once its answer is signed, or something of it may be known: then nothing changes.
    """
    from enigma.cli.joining import joined
    from enigma.cli.work import consoles, print_json
    from enigma.client.cancelling import cancel as run

    with joined(url, deployment, keystore, account) as network:
        run(network, job, wait)
    if as_json:
        print_json({"job": job, "cancelled": True})
    else:
        consoles()[0].print(f"Job {job} is taken back: what was reserved for it is yours again.", soft_wrap=True)


@reporting
def contribute(
    contract: Annotated[str, typer.Argument(metavar="CONTRACT", help="The contract's id.", show_default=False)],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV, Parquet or Arrow.", show_default=False)],
    source: Annotated[
        Path, typer.Option(metavar="FILE", help="The contract's source, as it was published.", show_default=False)
    ],
    function: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Which function takes the table.", show_default="the one that does"),
    ] = None,
    skip_bad: Annotated[
        bool,
        typer.Option("--skip-bad", help="Leave out rows that do not fit; how many is bound and told to everybody."),
    ] = False,
    url: Url = None,
    deployment: Deployment = None,
    keystore: Keystore = None,
    account: Number = None,
    as_json: AsJson = False,
) -> None:
    """Contribute a table to a contract: split here, each part sealed to one node. Nothing is shared while a row is bad.

    What was interrupted goes on when the same is run again; what was asked already is not asked twice.
    """
    from enigma.cli.contributing import run
    from enigma.cli.joining import joined

    with joined(url, deployment, keystore, account) as network:
        run(network, contract, file, source, function, skip_bad=skip_bad, as_object=as_json)
