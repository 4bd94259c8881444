"""The network that a command speaks to, for the account that it is told to speak for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from enigma.errors import ArgumentProblem

if TYPE_CHECKING:
    from enigma.client.network import Network


@contextmanager
def joined(url: str | None, deployment: Path | None, keystore: Path | None, number: int | None) -> Iterator[Network]:
    """The network at `url`, else the one that `enigma up` runs; hung up at the end. Raises InputError, ChainProblem."""
    from enigma.cli.keystores import unlock
    from enigma.client.connecting import connect

    if keystore is not None and number is not None:
        raise ArgumentProblem("--keystore and --account name two accounts", hint="give one of them")
    if keystore is None and url is not None:
        raise ArgumentProblem("nobody is named who signs", hint="--keystore FILE: the account's keystore")
    account = unlock(keystore) if keystore is not None else number
    with connect(url, deployment, account, password=None, local=None, progress=True, say=None) as network:
        yield network
