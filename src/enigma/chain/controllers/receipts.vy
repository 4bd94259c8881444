# pragma version 0.4.3
"""
@title Receipts
@license Apache-2.0
@notice What seats sign (EIP-712), and who has signed it. A part of the controller Jobs; no state of its own.
"""

import faces
import signatures

struct Receipt:
    contract: bytes32
    job: uint256
    request: bytes32  # hash of all that was asked, by whom and until when
    function: bytes4
    programs: bytes32  # hashes of the programs that ran, chained
    arguments: bytes32
    inputs: bytes32
    state_before: bytes32
    state_after: bytes32
    changes: uint256  # how often the public half had changed when this was computed
    outcome: bytes32  # hash of what the public half is told; zero if nothing
    result: bytes32  # salted commitment
    rounds: uint64
    operations: uint64

NAME: constant(bytes32) = keccak256("Enigma Jobs")
RECEIPT: constant(bytes32) = keccak256(
    "Receipt(bytes32 contract,uint256 job,bytes32 request,bytes4 function,bytes32 programs,bytes32 arguments,bytes32 inputs,bytes32 state_before,bytes32 state_after,uint256 changes,bytes32 outcome,bytes32 result,uint64 rounds,uint64 operations)"
)
REFUSAL: constant(bytes32) = keccak256("Refusal(bytes32 contract,uint256 job,bytes32 request,bytes32 reason)")
MOVE: constant(bytes32) = keccak256("Move(bytes32 contract,uint256 seat,address node,bytes32 pieces,uint256 move)")


@view
@external
def domain_separator() -> bytes32:
    """
    @notice The EIP-712 domain separator, on this chain at this moment.
    """
    return signatures.domain(NAME)


@pure
@internal
def hashed(receipt: Receipt) -> bytes32:
    return keccak256(abi_encode(RECEIPT, receipt))


@view
@internal
def check(message: bytes32, signer: address, signature: Bytes[65]):
    signatures.check(NAME, message, signer, signature)


@view
@internal
def signers(
    message: bytes32,
    nodes: DynArray[address, faces.MOST_SEATS],
    quorum: uint256,
    seats: uint256,
    signed: DynArray[Bytes[65], faces.MOST_SEATS],
) -> DynArray[address, faces.MOST_NAMED]:
    """
    @notice The nodes whose signatures these are: of distinct seats by construction, and at least a quorum.
    @param seats Which seats signed, one bit each; `signed` has their signatures in that order.
    """
    assert seats < 1 << len(nodes), "there is no such seat"
    found: DynArray[address, faces.MOST_NAMED] = []
    seat: uint256 = 0
    for node: address in nodes:
        if seats >> seat & 1 == 1:
            assert len(found) < len(signed), "a signature is missing"
            self.check(message, node, signed[len(found)])
            found.append(node)
        seat += 1
    assert len(found) == len(signed), "a signature is of no seat"
    assert len(found) >= quorum, "fewer seats have signed than the quorum"
    return found
