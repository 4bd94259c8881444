"""The account that signs for a command: a keystore, opened with the password that is asked for."""

from __future__ import annotations

import sys
from pathlib import Path

from enigma.errors import ArgumentProblem, KeyProblem
from enigma.keys.account import Account


def unlock(keystore: Path) -> Account:
    """Ask for the password: on the terminal, unseen, or as one line of standard input. Raises InputError."""
    if not keystore.is_file():
        raise KeyProblem(
            f"{keystore}: there is no such file",
            hint="--keystore takes the file in which a wallet keeps a key under a password (version 3)",
        )
    if sys.stdin.isatty():
        from getpass import getpass

        password = getpass(f"Password of {keystore}: ", stream=sys.stderr)
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise ArgumentProblem(
            f"no password for {keystore}", hint="type it when asked, or give it as the first line of standard input"
        )
    try:
        return Account.load(keystore, password)
    except KeyProblem as problem:
        raise KeyProblem(problem.message, hint=problem.hint or "nothing was sent: try again") from None
