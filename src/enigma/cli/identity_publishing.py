"""`enigma id publish`: the key to which others seal what only this account is to read."""

from __future__ import annotations

from pathlib import Path

from enigma.chain.connection import Connection
from enigma.chain.deployment import Controllers
from enigma.chain.ledger import SEALING
from enigma.cli.identity_signing import signing, where
from enigma.cli.work import consoles, print_json


def run(connection: Connection, controllers: Controllers, keystore: Path, *, as_object: bool) -> None:
    """The whole command; where the key stands there already, nothing is sent. Raises InputError, ChainProblem."""
    from enigma.keys.sealing import SealingKey

    with signing(connection, controllers, keystore) as mine:
        key, space = SealingKey.from_account(mine.account).public_bytes, mine.account.address
        ledger = controllers.ledger(connection, mine.sender)
        receipt = None if ledger.get(space, SEALING) == key else ledger.set(space, SEALING, key)
    if as_object:
        tree: dict[str, object] = {"address": space, "sealing_key": "0x" + key.hex(), "sent": receipt is not None}
        print_json(tree if receipt is None else {**tree, **where(receipt)})
        return
    said = "Others seal to" if receipt is not None else "It was published before: others seal to"
    consoles()[0].print(f"{said} 0x{key.hex()} what {space} alone is to read.", soft_wrap=True)
