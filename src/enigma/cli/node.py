"""`enigma node`: a node on this machine, from its keys to its end."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from enigma.cli.failing import reporting

group = typer.Typer(help="A node: make it, register it, start it, see how it is, stop it.", no_args_is_help=True)

USUAL = Path("~/.enigma/node")
Folder = Annotated[Path, typer.Option(metavar="DIR", help="The node's folder, with node.toml in it.")]
PasswordFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="The password of the node's keys: a file's first line.", show_default="asked for"
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object, as the last line.")]


@group.command()
@reporting
def init(
    host: Annotated[
        str,
        typer.Option(
            metavar="HOST", help="The name or address by which others reach this machine.", show_default=False
        ),
    ],
    folder: Folder = USUAL,
    chain: Annotated[str, typer.Option(metavar="URL", help="A node of the chain.")] = "http://127.0.0.1:8545",
    deployment: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Where the controllers are, to be copied in.", show_default="to be put there"
        ),
    ] = None,
    confirmations: Annotated[
        int, typer.Option(min=0, max=10_000, metavar="N", help="Blocks above what is acted on.")
    ] = 12,
    peers_port: Annotated[int, typer.Option(min=1, max=65535, help="The port for other nodes.")] = 7300,
    people_port: Annotated[int, typer.Option(min=1, max=65535, help="The port for people.")] = 7443,
    password_file: PasswordFile = None,
) -> None:
    """Make a node: a folder with its keys, under one password, and its configuration, with every field explained.

    Nothing is sent anywhere. The password is asked for twice on a terminal, else it is a line of standard input.
    """
    from enigma.cli.node_making import run

    run(folder, host, chain, deployment, confirmations, peers_port, people_port, password_file)


@group.command()
@reporting
def register(
    keystore: Annotated[
        Path, typer.Option(metavar="FILE", help="The operator's account, which pays.", show_default=False)
    ],
    folder: Folder = USUAL,
    deposit: Annotated[str | None, typer.Option(metavar="ETHER", help="The deposit.", show_default="the least")] = None,
    price: Annotated[
        str | None, typer.Option(metavar="GWEI", help="For one unit of work.", show_default="as it is, or 1")
    ] = None,
    fund: Annotated[
        str | None,
        typer.Option(metavar="ETHER", help="Send the node's account, which pays for receipts, what it lacks of this."),
    ] = None,
    log_out: Annotated[bool, typer.Option("--log-out", help="Take it out of the draws of new committees.")] = False,
    password_file: PasswordFile = None,
    operator_password_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The password of --keystore: a file's first line.", show_default="asked for"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Tell the chain about the node, and log it in; the same again says what has changed.

    Two passwords are asked for, first that of the node's keys, then that of the operator's account. From standard input
    each is a line.
    """
    from enigma.cli.node_registering import run

    run(
        folder, keystore, deposit, price, fund, password_file, operator_password_file,
        leave=log_out, as_object=as_json,
    )  # fmt: skip


@group.command()
@reporting
def start(
    folder: Folder = USUAL,
    password_file: PasswordFile = None,
    with_parent: Annotated[
        bool, typer.Option("--with-parent", help="End when standard input ends, too; its first line is the password.")
    ] = False,
) -> None:
    """Run the node, until Ctrl-C or SIGTERM: running jobs then get some time to end, and a second signal cuts them off.

    What it does and waits for is logged to standard error, one line for each event.
    """
    from enigma.cli.node_running import run

    status = run(folder, password_file, with_parent=with_parent)
    if status:
        raise typer.Exit(status)


@group.command()
@reporting
def status(folder: Folder = USUAL, as_json: AsJson = False) -> None:
    """Show how the running node is: what it waits for, block, seats, jobs with their phase, store, memory.

    Exit status 1 where it does not run, or is not ready.
    """
    from enigma.cli.node_status import run

    if not run(folder, as_object=as_json):
        raise typer.Exit(1)


Contract = Annotated[str, typer.Argument(metavar="CONTRACT", help="Its id, as `status` shows it.")]
Seat = Annotated[int, typer.Argument(metavar="SEAT", min=0, help="The seat, counted from 0.")]


@group.command()
@reporting
def refresh(contract: Contract, folder: Folder = USUAL) -> None:
    """Have all pieces of a contract made anew, at every seat: what was copied of a seat before is then worth nothing.

    The running node convenes it as soon as no job has the contract; `status` shows how it goes.
    """
    from enigma.cli.node_ordering import refresh as order

    order(folder, contract)


@group.command()
@reporting
def replace(
    contract: Contract,
    seat: Seat,
    node: Annotated[str, typer.Argument(metavar="NODE", help="The address of the node that may take it.")],
    folder: Folder = USUAL,
) -> None:
    """Agree that another node takes a seat whose own is gone: its pieces are rebuilt there, and all made anew.

    For the operators of the seats that stay, each at its own node. The operator of the other one says `take`.
    """
    from enigma.cli.node_ordering import replace as order

    order(folder, contract, seat, node)


@group.command()
@reporting
def take(contract: Contract, seat: Seat, folder: Folder = USUAL) -> None:
    """Take a seat whose node is gone, once the operators of all others have agreed to it (`replace`)."""
    from enigma.cli.node_ordering import take as order

    order(folder, contract, seat)


@group.command()
@reporting
def stop(
    folder: Folder = USUAL,
    wait: Annotated[
        int, typer.Option(min=0, metavar="SECONDS", help="For its end.", show_default="as long as it may take")
    ] = 0,
) -> None:
    """Ask the running node to end, and wait until it has."""
    from enigma.cli.node_running import end

    end(folder, wait)
