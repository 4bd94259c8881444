"""What a transaction costs, whether an account can pay it, and why one that was paid did nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from enigma.chain import answers
from enigma.chain.answers import Block, Receipt
from enigma.chain.coding import Abi
from enigma.chain.connection import Connection, refused
from enigma.chain.refusals import Refusal, classify
from enigma.chain.transport import RpcRefusal
from enigma.errors import ChainRefused, NoFunds

GWEI = 10**9
Fees = tuple[int, int]


def fees(connection: Connection, head: Block) -> Fees:
    """Wei per gas (EIP-1559): the most that is paid, which bears twice the base fee of `head`, and of that the tip."""
    try:
        tip = answers.quantity(connection.ask("eth_maxPriorityFeePerGas"), "a tip")
    except RpcRefusal:
        tip = GWEI  # older nodes do not say
    return 2 * head.base_fee + tip, tip


def gas(
    connection: Connection, head: Block, payer: str, call: Mapping[str, str], abi: Abi, value: int, doing: str
) -> int:
    """A quarter more than the node's estimate: what a transaction finds differs from what the estimate found.

    Raises ChainRefused where the call would revert or does not fit a block, NoFunds.
    """
    fields = {**call, "from": payer, "value": hex(value)}
    try:
        estimate = answers.quantity(connection.ask("eth_estimateGas", fields, "pending"), "an estimate of gas")
    except RpcRefusal as refusal:
        if not refusal.encoded and classify(refusal.reason) is Refusal.NO_FUNDS:
            raise no_funds(connection, payer, doing, value) from None
        raise refused(refusal, abi, doing) from None
    if estimate > head.gas_limit:
        raise ChainRefused(f"it needs {estimate:,} gas, and a block has {head.gas_limit:,}", doing=doing)
    return min(estimate + estimate // 4, head.gas_limit)


def no_funds(connection: Connection, payer: str, doing: str, value: int = 0) -> NoFunds:
    """The error that says what an account has, and what to do."""
    held, wanted = _ether(connection.balance(payer)), f" of {_ether(value)}" if value else ""
    return NoFunds(
        f"{doing}: {payer} holds {held}, too little for the transaction{wanted} and its fee",
        hint=f"send ether to {payer} first",
    )


def fields_of(raw: bytes) -> dict[str, Any]:
    """The fields of a signed transaction (EIP-2718), as they are signed: without its signature."""
    from eth_account.typed_transactions.typed_transaction import TypedTransaction
    from hexbytes import HexBytes

    fields = dict(TypedTransaction.from_bytes(HexBytes(raw)).as_dict())
    if not fields.get("to"):
        fields.pop("to", None)  # it makes a contract
    return {name: value for name, value in fields.items() if name not in {"v", "r", "s"}}


def dearer(raw: bytes, now: Fees) -> dict[str, Any]:
    """The fields of what replaces a transaction: an eighth more for each gas, where nodes ask a tenth."""
    fields = fields_of(raw)
    fields["maxFeePerGas"] = max(now[0], fields["maxFeePerGas"] * 9 // 8 + 1)
    fields["maxPriorityFeePerGas"] = max(now[1], fields["maxPriorityFeePerGas"] * 9 // 8 + 1)
    return fields


def reason(connection: Connection, payer: str, raw: bytes, receipt: Receipt, abi: Abi, doing: str) -> ChainRefused:
    """Why a mined transaction reverted: the same call on the block before says it, where nothing came between."""
    fields = fields_of(raw)
    if receipt.gas_used >= int(fields["gas"]):
        return ChainRefused("it ran out of gas", doing=doing, hint="try it again: the estimate was too low")
    call = {"from": payer, "data": "0x" + bytes(fields["data"]).hex(), "value": hex(int(fields["value"]))}
    if "to" in fields:
        call["to"] = "0x" + bytes(fields["to"]).hex()
    try:
        connection.call(call, abi, doing, at=receipt.block - 1)
    except ChainRefused as refusal:
        return refusal
    return ChainRefused("it reverted, after another transaction of the same block", doing=doing)


def _ether(wei: int) -> str:
    return f"{wei / 10**18:.6f} ether" if wei >= 10**12 or wei == 0 else f"{wei} wei"
