"""`enigma chain`: put the controllers on a chain, look at them, check them against their sources, read their log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from enigma.cli.failing import reporting

if TYPE_CHECKING:
    from enigma.chain.connection import Connection
    from enigma.chain.deployment import Controllers

group = typer.Typer(
    help="The controllers: deploy them, look at them, check them, read their log.", no_args_is_help=True
)

Url = Annotated[
    str, typer.Option(metavar="URL", help="A node of the chain: http://127.0.0.1:8545.", show_default=False)
]
Deployment = Annotated[
    Path, typer.Option(metavar="FILE", help="Where the controllers are, as `enigma chain deploy` wrote it.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object, as the last line.")]
WRITTEN = Path("controllers.json")
MISMATCH = 1


@group.command()
@reporting
def deploy(
    url: Url,
    keystore: Annotated[
        Path, typer.Option(metavar="FILE", help="The paying account: a wallet's keystore.", show_default=False)
    ],
    save: Annotated[Path, typer.Option(metavar="FILE", help="The deployment file to write.")] = WRITTEN,
    confirmations: Annotated[
        int, typer.Option(min=0, max=10_000, metavar="N", help="Wait until N blocks stand above each transaction.")
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """Put all controllers on a chain, and write down where they are.

    Eight transactions, paid by the account of the keystore, whose password is asked for. Nobody owns the controllers
    afterwards, that account neither. What was interrupted goes on when the same is run again.
    """
    from enigma.cli.chain_deploying import run

    run(url, keystore, save, confirmations=confirmations, as_object=as_json)


@group.command()
@reporting
def status(url: Url, deployment: Deployment = WRITTEN, as_json: AsJson = False) -> None:
    """Say where the chain is, which controllers are there, and how many nodes and jobs they have."""
    from enigma.cli.chain_status import run

    with opened(url, deployment) as (connection, controllers):
        run(connection, controllers, as_object=as_json)


@group.command()
@reporting
def verify(url: Url, deployment: Deployment = WRITTEN, as_json: AsJson = False) -> None:
    """Compile the controllers' sources again, and compare them with the code on the chain.

    Nothing that was compiled before is believed. Exit status 1 where a controller is not what its source says.
    """
    from enigma.cli.chain_verifying import run

    with opened(url, deployment) as (connection, controllers):
        fine = run(connection, controllers, as_object=as_json)
    if not fine:
        raise typer.Exit(MISMATCH)


@group.command()
@reporting
def log(
    url: Url,
    deployment: Deployment = WRITTEN,
    first: Annotated[
        int | None,
        typer.Option("--from", min=0, metavar="BLOCK", help="Begin here.", show_default="the deployment's first block"),
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Go on with what comes, until Ctrl-C.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object for each event.")] = False,
) -> None:
    """Print every event of every controller, in order, one line each: block, time, controller, event, arguments.

    An event that left the chain again, by a reorganisation, is printed once more, marked as removed.
    """
    from enigma.cli.chain_log import run

    with opened(url, deployment) as (connection, controllers):
        run(connection, controllers, first, follow=follow, as_objects=as_json)


@contextmanager
def opened(url: str, deployment: Path) -> Iterator[tuple[Connection, Controllers]]:
    """A chain and the controllers on it. Raises FileProblem, ChainUnreachable, WrongChain."""
    from enigma.chain.connection import Connection
    from enigma.chain.deployment import Controllers
    from enigma.errors import WrongChain

    controllers = Controllers.load(deployment)
    connection = Connection(url)
    try:
        if connection.chain_id != controllers.chain_id:
            raise WrongChain(
                f"{connection.url} serves the chain {connection.chain_id}, and the controllers of {deployment} are on "
                f"{controllers.chain_id}",
                hint="give --url of a node of that chain, or --deployment of this one",
            )
        yield connection, controllers
    finally:
        connection.close()
