"""Passwords for the commands of `enigma node`: from a file, the terminal, or lines of standard input."""

from __future__ import annotations

import sys
from pathlib import Path

from enigma.errors import ArgumentProblem


def password(of: str, file: Path | None, *, twice: bool = False) -> str:
    """The password of something; on a terminal asked for unseen, `twice` where nobody could correct it later.

    Raises ArgumentProblem, KeyProblem.
    """
    if file is not None:
        from enigma.node.keystore import read_password

        return read_password(file.expanduser())
    if sys.stdin.isatty():
        from getpass import getpass

        given = getpass(f"Password of {of}: ", stream=sys.stderr)
        if twice and given != getpass("The same again: ", stream=sys.stderr):
            raise ArgumentProblem("these were two different passwords", hint="nothing was made: try again")
    else:
        given = _line()
    if not given:
        raise ArgumentProblem(
            f"no password for {of}",
            hint="type it when asked, give it as a line of standard input, or name a file with --password-file",
        )
    return given


def _line() -> str:
    """One line of standard input, and not a byte beyond it: the next password is the next line's."""
    found = bytearray()
    while not found.endswith(b"\n") and (one := sys.stdin.buffer.read(1)):
        found += one
    return found.decode("utf-8", "replace").rstrip("\r\n")
