"""`enigma id share`: several accounts as one identity, each with rights of its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from enigma.chain.connection import Connection
from enigma.chain.deployment import Controllers
from enigma.chain.identities import Right
from enigma.cli.identity_reading import member, words_of
from enigma.cli.identity_signing import signing
from enigma.cli.work import consoles, print_json
from enigma.errors import ArgumentProblem

MOST_MEMBERS = 32
_MOST_NONCE = 2**256 - 1


def run(
    connection: Connection,
    controllers: Controllers,
    keystore: Path,
    members: Sequence[str],
    nonce: int,
    *,
    as_object: bool,
) -> None:
    """The whole command. Raises InputError before anything is sent, ChainProblem."""
    rights = _rights(members)
    if not 0 <= nonce <= _MOST_NONCE:
        raise ArgumentProblem(f"--nonce {nonce}", hint="it is a whole number from 0")
    shared = controllers.identities(connection).address_of(rights, nonce)
    if controllers.identities(connection).members(shared):
        raise ArgumentProblem(
            f"this identity is there already, whoever its members are by now: {shared}",
            hint=f"--nonce {nonce + 1} makes another of the same members and rights; nothing was sent",
        )
    with signing(connection, controllers, keystore) as mine:
        mine.identities.create(rights, nonce)
    if as_object:
        print_json({"identity": shared, "members": {who: words_of(each) for who, each in rights.items()}})
        return
    out = consoles()[0]
    out.print(f"{shared} is an identity of {len(rights)} member{'s' * (len(rights) != 1)}:", soft_wrap=True)
    for who, each in rights.items():
        out.print(f"  {who}: {', '.join(words_of(each))}", soft_wrap=True)


def _rights(members: Sequence[str]) -> dict[str, Right]:
    read = [member(text) for text in members]
    rights = dict(read)
    if not 1 <= len(read) <= MOST_MEMBERS:
        raise ArgumentProblem(f"{len(read)} members", hint=f"an identity has from 1 to {MOST_MEMBERS}: --member")
    if len(rights) < len(read):
        raise ArgumentProblem("a member is named twice", hint="write all of its rights in one --member")
    if not any(Right.ADMIN in each for each in rights.values()):
        raise ArgumentProblem("no member has the right admin", hint="without one nobody could ever change anything")
    return rights
