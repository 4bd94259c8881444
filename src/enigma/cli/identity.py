"""`enigma id`: accounts, which are identities on the chain."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from enigma.cli.failing import reporting
from enigma.errors import ArgumentProblem, KeyProblem

group = typer.Typer(help="Accounts: the keys that sign for somebody on the chain.", no_args_is_help=True)


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
