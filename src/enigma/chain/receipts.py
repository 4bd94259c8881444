"""What seats sign for the controller Jobs (EIP-712): a job's receipt, a refusal, and the move of a seat.

A seat signs one receipt for a request and a state, keeps it, and gives the same one again when asked: two different
ones are a proof that costs its deposit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from enigma.errors import ArgumentProblem, ProtocolError
from enigma.keys.account import Account, recover_typed
from enigma.keys.typed_data import Types

RECEIPT: Types = {
    "Receipt": [
        {"name": "contract", "type": "bytes32"},
        {"name": "job", "type": "uint256"},
        {"name": "request", "type": "bytes32"},
        {"name": "function", "type": "bytes4"},
        {"name": "programs", "type": "bytes32"},
        {"name": "arguments", "type": "bytes32"},
        {"name": "inputs", "type": "bytes32"},
        {"name": "state_before", "type": "bytes32"},
        {"name": "state_after", "type": "bytes32"},
        {"name": "changes", "type": "uint256"},
        {"name": "outcome", "type": "bytes32"},
        {"name": "result", "type": "bytes32"},
        {"name": "rounds", "type": "uint64"},
        {"name": "operations", "type": "uint64"},
    ]
}
REFUSAL: Types = {
    "Refusal": [
        {"name": "contract", "type": "bytes32"},
        {"name": "job", "type": "uint256"},
        {"name": "request", "type": "bytes32"},
        {"name": "reason", "type": "bytes32"},
    ]
}
MOVE: Types = {
    "Move": [
        {"name": "contract", "type": "bytes32"},
        {"name": "seat", "type": "uint256"},
        {"name": "node", "type": "address"},
        {"name": "pieces", "type": "bytes32"},
        {"name": "move", "type": "uint256"},
    ]
}

Domain = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What one job did, as the seats attest it.

    All byte fields are 32 bytes but `function`, which is 4. `request` is the hash that the chain gave the question;
    `programs` chains the hashes of the programs that ran (see `chained`); `inputs` hashes the commitments to private
    arguments (see `inputs_of`); `result` is a salted commitment; the states are the contract's before and after;
    `outcome` hashes what its public half is told (see `outcome_hash`), whose fields had then changed `changes` times.
    """

    contract: bytes
    job: int
    request: bytes
    function: bytes
    programs: bytes
    arguments: bytes
    inputs: bytes
    state_before: bytes
    state_after: bytes
    changes: int
    outcome: bytes
    result: bytes
    rounds: int
    operations: int

    def fields(self) -> tuple[Any, ...]:
        """The values in the order of the controller's struct."""
        return tuple(asdict(self).values())

    def hashed(self) -> bytes:
        """The EIP-712 struct hash: what events call a receipt."""
        return _struct_hash(RECEIPT, self.fields())

    def sign(self, domain: Domain, seat: Account) -> bytes:
        """A seat's signature in a domain (`Jobs.domain()`): 65 bytes."""
        return seat.sign_typed(domain, RECEIPT, asdict(self))

    def check_signed(self, domain: Domain, node: str, signature: bytes) -> None:
        """Goes on only if the node signed this receipt in this domain. Raises ProtocolError."""
        if recover_typed(domain, RECEIPT, asdict(self), signature) != node:
            raise ProtocolError(f"the signature of the receipt of job {self.job} is not that of {node}")


def refusal_hash(contract: bytes, job: int, request: bytes, reason: bytes) -> bytes:
    """The EIP-712 struct hash of a refusal."""
    return _struct_hash(REFUSAL, (contract, job, request, reason))


def check_refusal(
    domain: Domain, node: str, contract: bytes, job: int, request: bytes, reason: bytes, signature: bytes
) -> None:
    """Goes on only if the node signed this refusal in this domain. Raises ProtocolError."""
    message = {"contract": contract, "job": job, "request": request, "reason": reason}
    if recover_typed(domain, REFUSAL, message, signature) != node:
        raise ProtocolError(f"the signature of the refusal of job {job} is not that of {node}")


def sign_refusal(domain: Domain, seat: Account, contract: bytes, job: int, request: bytes, reason: bytes) -> bytes:
    """A seat's word that a job cannot be run; `reason` is 32 bytes that its asker can look up."""
    message = {"contract": contract, "job": job, "request": request, "reason": reason}
    return seat.sign_typed(domain, REFUSAL, message)


def sign_move(
    domain: Domain, signer: Account, contract: bytes, seat: int, node: str, pieces: bytes, move: int
) -> bytes:
    """A seat's, or the new node's, consent that `node` takes a seat. `move` counts the contract's moves so far."""
    message = {"contract": contract, "seat": seat, "node": node, "pieces": pieces, "move": move}
    return signer.sign_typed(domain, MOVE, message)


def gathered(signatures: Mapping[int, bytes]) -> tuple[int, list[bytes]]:
    """Signatures by seat, as the controller takes them: one bit for each seat, and the signatures in seat order."""
    if any(seat < 0 for seat in signatures):
        raise ArgumentProblem("seats count from 0")
    return sum(1 << seat for seat in signatures), [signatures[seat] for seat in sorted(signatures)]


def seats_in(bits: int) -> tuple[int, ...]:
    """The seats whose bit is set."""
    return tuple(seat for seat in range(bits.bit_length()) if bits >> seat & 1)


def inputs_of(commitments: Sequence[bytes]) -> bytes:
    """The hash of a request's commitments to private arguments, 32 bytes each."""
    from eth_abi.abi import encode
    from eth_utils.crypto import keccak

    return keccak(encode(["bytes32[]"], [list(commitments)]))


def outcome_hash(outcome: bytes) -> bytes:
    """What a receipt says of the bytes that the public half is told: their hash, or 32 zero bytes for none."""
    from eth_utils.crypto import keccak

    return keccak(outcome) if outcome else bytes(32)


def chained(programs: Iterable[bytes]) -> bytes:
    """The chain of a job's program hashes: keccak(keccak(keccak(0 | first) | second) | ...). 32 bytes."""
    from eth_utils.crypto import keccak

    link = bytes(32)
    for program in programs:
        link = keccak(link + program)
    return link


def request_hash(
    contract: bytes, job: int, function: bytes, arguments: bytes, inputs: bytes, asker: str, maximum: int, deadline: int
) -> bytes:
    """The hash that binds a question: what, for whom, at most at what cost (wei), until when (seconds). 32 bytes."""
    from eth_abi.abi import encode
    from eth_utils.crypto import keccak

    fees = int(asker, 16) << 96 | maximum // 10**9 << 48 | deadline << 8
    kinds = ["bytes32", "uint256", "bytes4", "bytes32", "bytes32", "uint256"]
    return keccak(encode(kinds, [contract, job, function, arguments, inputs, fees]))


def _struct_hash(types: Types, values: Sequence[Any]) -> bytes:
    """EIP-712, for structs whose every member is one word."""
    from eth_abi.abi import encode
    from eth_utils.crypto import keccak

    [(name, parts)] = types.items()
    members = ",".join(f"{part['type']} {part['name']}" for part in parts)
    written = f"{name}({members})"
    kinds = ["bytes32", *(part["type"] for part in parts)]
    return keccak(encode(kinds, [keccak(written.encode()), *values]))
