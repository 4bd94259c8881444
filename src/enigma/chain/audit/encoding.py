"""Headers, transactions and receipts of a node's answers as the bytes that a block's hash binds.

Sources: Ethereum yellow paper, section 4; EIP-2718, and the EIPs of each kind of transaction. What does not read is
LyingNode.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from enigma.chain import answers
from enigma.chain.answers import Log, octets, quantity
from enigma.chain.audit.trie import Item, rlp, whole
from enigma.errors import LyingNode

ODD = "a chain whose blocks have another form than Ethereum's cannot be audited so; else take another node"
FILTER = 256  # bytes of the filter of a header or a receipt

# What a header is, in order; from the base fee on, each fork added some. True: a number.
_HEADER = (
    *((name, False) for name in ("parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot")),
    *((name, False) for name in ("receiptsRoot", "logsBloom")),
    *((name, True) for name in ("difficulty", "number", "gasLimit", "gasUsed", "timestamp")),
    *((name, False) for name in ("extraData", "mixHash", "nonce")),
)
_FORKS = (
    ("baseFeePerGas", True),
    ("withdrawalsRoot", False),
    ("blobGasUsed", True),
    ("excessBlobGas", True),
    ("parentBeaconBlockRoot", False),
    ("requestsHash", False),
)
_PRICED = ("nonce", "gasPrice", "gas")
_CAPPED = ("nonce", "maxPriorityFeePerGas", "maxFeePerGas", "gas")
_SIGNED = ("yParity", "r", "s")


def header_bytes(answer: Any) -> bytes:
    """A header, whose Keccak hash is the block's."""
    fields = object_of(answer, "a block")
    later = [(name, numeric) for name, numeric in _FORKS if fields.get(name) is not None]
    return rlp(
        [
            whole(quantity(fields.get(name), f"a block's {name}"))
            if numeric
            else octets(fields.get(name), f"a block's {name}")
            for name, numeric in (*_HEADER, *later)
        ]
    )


def transaction_bytes(answer: Any) -> bytes:
    """A transaction as it was signed and sent, whose Keccak hash is its own."""
    fields = object_of(answer, "a transaction")
    kind = _kind(fields)

    def numbers(*names: str) -> list[Item]:
        return [whole(quantity(fields.get(name), f"a transaction's {name}")) for name in names]

    target = b"" if fields.get("to") is None else octets(fields["to"], "a transaction's receiver", 20)
    middle: list[Item] = [target, *numbers("value"), octets(fields.get("input"), "a transaction's data")]
    if kind == 0:
        return rlp([*numbers(*_PRICED), *middle, *numbers("v", "r", "s")])
    named: Item = [_access(each) for each in list_of(fields.get("accessList"), "an access list")]
    parts: list[Item] = [*numbers("chainId"), *numbers(*(_PRICED if kind == 1 else _CAPPED)), *middle, named]
    if kind == 3:
        blobs = list_of(fields.get("blobVersionedHashes"), "hashes of blobs")
        parts += [*numbers("maxFeePerBlobGas"), [octets(each, "a blob's hash", 32) for each in blobs]]
    if kind == 4:
        parts.append([_authorized(each) for each in list_of(fields.get("authorizationList"), "authorizations")])
    return _typed(kind, rlp([*parts, *numbers(*_SIGNED)]))


def receipt_bytes(answer: Any) -> bytes:
    """A receipt with all its events; its filter is made from them."""
    fields = object_of(answer, "a receipt")
    logs = logs_of(answer)
    events: Item = [
        [bytes.fromhex(log.address[2:]), [bytes.fromhex(topic[2:]) for topic in log.topics], log.data] for log in logs
    ]
    status = whole(quantity(fields.get("status"), "a receipt's status"))
    gas = whole(quantity(fields.get("cumulativeGasUsed"), "a receipt's gas"))
    return _typed(_kind(fields), rlp([status, gas, filter_of(logs), events]))


def logs_of(answer: Any) -> list[Log]:
    """The events of a receipt."""
    return [answers.log(each) for each in list_of(object_of(answer, "a receipt").get("logs"), "a receipt's logs")]


def filter_of(logs: Iterable[Log]) -> bytes:
    """The Bloom filter of some events."""
    filled = 0
    for log in logs:
        for word in (log.address, *log.topics):
            for bit in bits_of(word):
                filled |= 1 << bit
    return filled.to_bytes(FILTER, "big")


def bits_of(word: str) -> tuple[int, ...]:
    """The three bits that an address or a topic, 0x and digits, sets in a filter."""
    from eth_utils.crypto import keccak

    hashed = keccak(bytes.fromhex(word[2:]))
    return tuple(int.from_bytes(hashed[i : i + 2], "big") % (8 * FILTER) for i in (0, 2, 4))


def object_of(answer: Any, what: str) -> Mapping[str, Any]:
    """An answer that is an object. Raises LyingNode."""
    if not isinstance(answer, dict):
        raise LyingNode(f"{what} is no object: {answer!r:.80}")
    return answer


def list_of(answer: Any, what: str) -> Sequence[Any]:
    """An answer that is a list. Raises LyingNode."""
    if not isinstance(answer, list):
        raise LyingNode(f"{what} are no list: {answer!r:.80}")
    return answer


def _access(answer: Any) -> Item:
    fields = object_of(answer, "an entry of an access list")
    keys = [octets(key, "a storage key", 32) for key in list_of(fields.get("storageKeys"), "storage keys")]
    return [octets(fields.get("address"), "an address", 20), keys]


def _authorized(answer: Any) -> Item:
    fields = object_of(answer, "an authorization")
    chain, *rest = [whole(quantity(fields.get(name), "an authorization")) for name in ("chainId", "nonce", *_SIGNED)]
    return [chain, octets(fields.get("address"), "an authorization", 20), *rest]


def _typed(kind: int, encoded: bytes) -> bytes:
    return bytes([kind]) + encoded if kind else encoded


def _kind(fields: Mapping[str, Any]) -> int:
    kind = quantity(fields.get("type", "0x0"), "a transaction's kind")
    if kind > 4:
        raise LyingNode(f"a transaction of the kind {kind}, which Ethereum does not have", hint=ODD)
    return kind
