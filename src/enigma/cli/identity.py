"""`enigma id`: accounts and shared identities, and what they let others do with their data."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from enigma.cli.chain import WRITTEN, AsJson, Deployment, Url, opened
from enigma.cli.failing import reporting
from enigma.errors import ArgumentProblem, KeyProblem

group = typer.Typer(
    help="Accounts, shared identities, and what they let others do with their data.", no_args_is_help=True
)

Keystore = Annotated[
    Path, typer.Option(metavar="FILE", help="The account that signs and pays: its keystore.", show_default=False)
]
Contract = Annotated[str, typer.Argument(metavar="CONTRACT", help="The contract's id: 0x...", show_default=False)]
To = Annotated[
    str, typer.Option(metavar="ADDRESS", help="Who may use them; `everybody`: whoever the contract lets ask.",
                      show_default=False)
]  # fmt: skip
Function = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", help="One function: name (with --source), NAME(TYPES), or selector.", show_default="all"
    ),
]
SourceFile = Annotated[
    Path | None, typer.Option("--source", metavar="FILE", help="The contract's file, for the names of its functions.")
]
Owner = Annotated[
    str | None,
    typer.Option(metavar="IDENTITY", help="Whose data: a shared identity.", show_default="the account itself"),
]
Wait = Annotated[
    float, typer.Option(min=0, metavar="SECONDS", help="How long to wait for the nodes' deletion receipts.")
]


@group.command()
@reporting
def new(
    keystore: Annotated[Path, typer.Argument(metavar="FILE", help="The keystore to write.", show_default=False)],
    mnemonic: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Take an account of these words, such as those that `enigma up` keeps."),
    ] = None,
    number: Annotated[int, typer.Option(metavar="N", help="Which of the words' accounts, from 0.")] = 0,
) -> None:
    """Write a new key into a keystore: a file that any Ethereum wallet opens with its password.

    The password is asked for twice on a terminal, else it is the first line of standard input. Nobody can restore it.
    """
    from enigma.keys.account import Account

    if keystore.exists():
        raise KeyProblem(f"{keystore} is there already", hint="choose another name, or move it away")
    if number < 0 or (number and mnemonic is None):
        raise ArgumentProblem(f"--number {number}", hint="it counts the accounts of a mnemonic from 0: --mnemonic FILE")
    account = Account.create() if mnemonic is None else Account.from_mnemonic(_words(mnemonic), number)
    account.save(keystore, _password(keystore))
    typer.echo(f"{account.address} is in {keystore}, under its password. Keep a copy: nobody can restore either.")


@group.command("list")
@reporting
def listing(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where keystores are.")] = Path(),
    url: Annotated[
        str | None, typer.Option(metavar="URL", help="A node of the chain; without it only addresses are shown.")
    ] = None,
    deployment: Deployment = WRITTEN,
    as_json: AsJson = False,
) -> None:
    """Show the accounts of a folder: addresses, and on a chain what they hold and the shared identities they are in.

    No password is asked for: a keystore says which address it is for.
    """
    from enigma.cli.identity_listing import run

    if url is None:
        run(folder, None, as_object=as_json)
        return
    with opened(url, deployment) as chain:
        run(folder, chain, as_object=as_json)


@group.command()
@reporting
def share(
    url: Url,
    keystore: Keystore,
    member: Annotated[
        list[str],
        typer.Option(
            metavar="ADDRESS=RIGHTS",
            help="A member and its rights: store, read, compute, admin, or every; repeatable.",
            show_default=False,
        ),
    ],
    nonce: Annotated[int, typer.Option(metavar="N", help="Tells identities of the same members apart.")] = 0,
    deployment: Deployment = WRITTEN,
    as_json: AsJson = False,
) -> None:
    """Make one identity of several accounts, each with rights of its own; at least one has admin."""
    from enigma.cli.identity_sharing import run

    with opened(url, deployment) as (connection, controllers):
        run(connection, controllers, keystore, member, nonce, as_object=as_json)


@group.command()
@reporting
def grant(
    contract: Contract,
    url: Url,
    keystore: Keystore,
    to: To,
    until: Annotated[
        str,
        typer.Option(
            metavar="TIME", help="The last moment: 2027-12-31, 2027-12-31T12:00Z, 30d, 12h.", show_default=False
        ),
    ],
    uses: Annotated[int, typer.Option(metavar="N", help="How many requests may use them.")] = 1,
    function: Function = None,
    source: SourceFile = None,
    owner: Owner = None,
    deployment: Deployment = WRITTEN,
    as_json: AsJson = False,
) -> None:
    """Let others use your data in a contract, until a time, for a number of requests.

    It replaces an earlier grant of the same.
    """
    from enigma.cli.identity_granting import Asked
    from enigma.cli.identity_granting import grant as run

    with opened(url, deployment) as (connection, controllers):
        asked = Asked(contract, owner, to, function, source)
        run(connection, controllers, keystore, asked, until, uses, as_object=as_json)


@group.command()
@reporting
def revoke(
    contract: Contract,
    url: Url,
    keystore: Keystore,
    to: To,
    function: Function = None,
    source: SourceFile = None,
    owner: Owner = None,
    deployment: Deployment = WRITTEN,
    as_json: AsJson = False,
) -> None:
    """Take a grant back. Requests that were made before may still be answered."""
    from enigma.cli.identity_granting import Asked
    from enigma.cli.identity_granting import revoke as run

    with opened(url, deployment) as (connection, controllers):
        run(connection, controllers, keystore, Asked(contract, owner, to, function, source), as_object=as_json)


@group.command()
@reporting
def withdraw(
    contract: Contract,
    url: Url,
    keystore: Keystore,
    owner: Owner = None,
    deployment: Deployment = WRITTEN,
    wait: Wait = 60.0,
    as_json: AsJson = False,
) -> None:
    """Withdraw your data from a contract. What was computed with them before stays known.

    Each node of the committee deletes its pieces and signs that it has, once no job that was asked before can use them.
    """
    from enigma.cli.identity_withdrawing import withdraw as run

    with opened(url, deployment) as (connection, controllers):
        run(connection, controllers, keystore, contract, owner, wait, as_object=as_json)


@group.command()
@reporting
def withdrawn(
    contract: Contract,
    owner: Annotated[str, typer.Argument(metavar="ADDRESS", help="Whose data were withdrawn.", show_default=False)],
    url: Url,
    deployment: Deployment = WRITTEN,
    wait: Wait = 0.0,
    as_json: AsJson = False,
) -> None:
    """Say which nodes have signed that they deleted what an owner withdrew, and which have not. Anybody may ask."""
    from enigma.cli.identity_withdrawing import withdrawn as run

    with opened(url, deployment) as (connection, controllers):
        run(connection, controllers, contract, owner, wait, as_object=as_json)


@group.command()
@reporting
def publish(url: Url, keystore: Keystore, deployment: Deployment = WRITTEN, as_json: AsJson = False) -> None:
    """Publish the key to which others seal what only this account is to read: answers, and pieces of them.

    It follows from the account's own key, so the keystore is all that has to be kept.
    """
    from enigma.cli.identity_publishing import run

    with opened(url, deployment) as (connection, controllers):
        run(connection, controllers, keystore, as_object=as_json)


def _words(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise KeyProblem(f"{file} cannot be read", hint="it holds the words of `enigma up`: FOLDER/mnemonic") from None


def _password(keystore: Path) -> str:
    if not sys.stdin.isatty():
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        from getpass import getpass

        password = getpass(f"A password for {keystore}: ", stream=sys.stderr)
        if getpass("Again: ", stream=sys.stderr) != password:
            raise ArgumentProblem("the two passwords differ", hint="nothing was written: try again")
    if not password:
        raise ArgumentProblem(f"no password for {keystore}", hint="nothing was written: a keystore needs one")
    return password
