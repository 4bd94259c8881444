"""`enigma id grant` and `revoke`: what an owner lets others do with its data, and that it does no more."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from enigma.chain.answers import Receipt
from enigma.chain.connection import Connection
from enigma.chain.deployment import Controllers
from enigma.chain.identities import EVERY_FUNCTION, EVERYBODY, Use
from enigma.cli import identity_reading as reading
from enigma.cli.chain_words import moment
from enigma.cli.identity_signing import signing, where
from enigma.cli.work import consoles, print_json
from enigma.errors import ArgumentProblem

_MOST_USES = 2**256 - 1


@dataclass(frozen=True, slots=True)
class Asked:
    """What both commands are told: a contract, a function's name or None, an owner or None, as they were typed."""

    contract: str
    owner: str | None
    to: str = ""
    function: str | None = None
    source: Path | None = None


def grant(
    connection: Connection,
    controllers: Controllers,
    keystore: Path,
    asked: Asked,
    until: str,
    uses: int,
    *,
    as_object: bool,
) -> None:
    """`enigma id grant`. Raises InputError before anything is sent, ChainProblem."""
    contract, who, function, owner = _read(connection, controllers, asked)
    last = reading.until(until, connection.head().timestamp)
    if not 1 <= uses <= _MOST_USES:
        raise ArgumentProblem(f"--uses {uses}", hint="grant at least one use")
    with signing(connection, controllers, keystore) as mine:
        use = Use(mine.owner(owner), contract, who, function)
        receipt = mine.identities.grant(use, until=last, uses=uses)
    _report(
        f"{_shown(who)} may use the data of {use.owner} in {_function(function)} of {asked.contract}, "
        f"{uses:,} time{'s' * (uses != 1)}, until {moment(last)}.",
        {**_tree(use), "until": last, "uses": str(uses)},
        receipt,
        as_object=as_object,
    )


def revoke(connection: Connection, controllers: Controllers, keystore: Path, asked: Asked, *, as_object: bool) -> None:
    """`enigma id revoke`. Raises InputError before anything is sent, ChainProblem."""
    contract, who, function, owner = _read(connection, controllers, asked)
    with signing(connection, controllers, keystore) as mine:
        use = Use(mine.owner(owner), contract, who, function)
        if mine.identities.grant_of(use).uses == 0:
            raise ArgumentProblem(
                f"{use.owner} has granted {_shown(who)} nothing of {_function(function)} of {asked.contract}",
                hint="a grant is revoked as it was given: the same --to and --function; nothing was sent",
            )
        receipt = mine.identities.revoke(use)
        left = mine.identities.granted(use)
    said = f"Revoked: {_shown(who)} had a grant of {use.owner} for {_function(function)} of {asked.contract}."
    if left:
        said += " Another grant still allows the same: one to everybody, or for every function."
    _report(said, {**_tree(use), "still_granted": left}, receipt, as_object=as_object)


def _read(connection: Connection, controllers: Controllers, asked: Asked) -> tuple[bytes, str, bytes, str | None]:
    """Contract, grantee, function and owner, all well formed."""
    who = reading.grantee(asked.to)
    owner = None if asked.owner is None else reading.address(asked.owner)
    contract = reading.published(controllers.committees(connection), asked.contract)
    return contract.contract, who, reading.function_id(asked.function, contract, asked.source), owner


def _shown(who: str) -> str:
    return "whoever the contract lets ask" if who == EVERYBODY else who


def _function(function: bytes) -> str:
    return "every function" if function == EVERY_FUNCTION else f"the function 0x{function.hex()}"


def _tree(use: Use) -> dict[str, object]:
    return {
        "owner": use.owner,
        "contract": "0x" + use.contract.hex(),
        "function": None if use.function == EVERY_FUNCTION else "0x" + use.function.hex(),
        "to": None if use.who == EVERYBODY else use.who,
    }


def _report(sentence: str, tree: dict[str, object], receipt: Receipt, *, as_object: bool) -> None:
    if as_object:
        print_json({**tree, **where(receipt)})
    else:
        consoles()[0].print(sentence[:1].upper() + sentence[1:], soft_wrap=True, markup=False)
