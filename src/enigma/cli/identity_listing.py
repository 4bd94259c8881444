"""`enigma id list`: the keystores of a folder, what their accounts hold, and which shared identities they are in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from enigma.chain.connection import Connection
from enigma.chain.deployment import Controllers
from enigma.chain.events import EventReader
from enigma.chain.identities import Right
from enigma.cli.chain_words import ether
from enigma.cli.identity_reading import address, words_of
from enigma.cli.work import consoles, print_json
from enigma.errors import ArgumentProblem, FileProblem
from enigma.keys.account import KEYSTORE_LIMIT

_MEMBERSHIP = ("Created", "Added", "Rotated")  # the events after which an address may be a member


@dataclass(frozen=True, slots=True)
class Known:
    """What the chain says about an account: wei, and its rights by shared identity."""

    balance: int
    identities: Mapping[str, Right]


def run(folder: Path, chain: tuple[Connection, Controllers] | None, *, as_object: bool) -> None:
    """The whole command; without a chain only files and addresses. Raises FileProblem, ChainProblem."""
    found = keystores(folder)
    known = {} if chain is None else _known(*chain, set(found.values()))
    if as_object:
        print_json({"folder": str(folder), "accounts": [_tree(file, found[file], known) for file in found]})
    else:
        _print(folder, found, known)


def keystores(folder: Path) -> dict[str, str]:
    """The keystores of a folder by file name, each with the address that it says is its key's: no password is asked."""
    try:
        files = sorted(file for file in folder.iterdir() if file.is_file())
    except OSError as error:
        raise FileProblem(str(folder), str(error.strerror), hint="name the folder that holds the keystores") from None
    read = {file.name: _address(file) for file in files}
    return {name: address for name, address in read.items() if address is not None}


def _address(file: Path) -> str | None:
    """The address of a keystore; None where the file is none, or cannot be read."""
    try:
        with file.open("rb") as opened:
            content = opened.read(KEYSTORE_LIMIT + 1)
        fields = json.loads(content) if len(content) <= KEYSTORE_LIMIT else None
    except (OSError, ValueError):
        return None
    if not isinstance(fields, dict) or not {"crypto", "Crypto"} & set(fields) or fields.get("version") != 3:
        return None
    try:
        return address("0x" + str(fields.get("address", "")).lower().removeprefix("0x"))
    except ArgumentProblem:
        return None


def _known(connection: Connection, controllers: Controllers, accounts: set[str]) -> dict[str, Known]:
    identities = controllers.identities(connection)
    reader = EventReader(
        connection, identities.address, identities.abi, start=controllers.first_block, names=_MEMBERSHIP
    )
    mentioned: dict[str, set[str]] = {account: set() for account in accounts}
    for event in reader.read():
        joined = [*event.values.get("members", []), event.values.get("member"), event.values.get("new")]
        for account in accounts.intersection(joined):
            mentioned[account].add(str(event.values["identity"]))
    at = connection.head().number
    members = {each: identities.members(each, at=at) for each in sorted(set().union(*mentioned.values()))}
    return {
        account: Known(
            connection.balance(account),
            {each: members[each][account] for each in sorted(named) if account in members[each]},
        )
        for account, named in mentioned.items()
    }


def _tree(file: str, account: str, known: Mapping[str, Known]) -> dict[str, object]:
    tree: dict[str, object] = {"file": file, "address": account}
    if account in known:
        tree["balance_wei"] = str(known[account].balance)
        tree["identities"] = [
            {"identity": identity, "rights": words_of(rights)} for identity, rights in known[account].identities.items()
        ]
    return tree


def _print(folder: Path, found: Mapping[str, str], known: Mapping[str, Known]) -> None:
    from rich.text import Text

    from enigma.cli.tables import titled

    out, notes = consoles()
    if not found:
        notes.print(f"No keystore is in {folder}: enigma id new FILE makes one.", soft_wrap=True, markup=False)
        return
    columns = [("keystore", False), ("address", False)]
    table = titled("", columns if not known else [*columns, ("holds", True)])
    for file, account in found.items():
        table.add_row(Text(file), account, *([ether(known[account].balance)] if account in known else []))
    out.print(table)
    for account, each in known.items():
        for identity, rights in each.identities.items():
            out.print(f"{account} is in {identity}: {', '.join(words_of(rights))}", soft_wrap=True)
