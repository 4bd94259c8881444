# pragma version 0.4.3
"""
@title Retrievals
@license Apache-2.0
@notice What a reader pays a node for the bytes that it serves. A part of the controller Leases.
@dev The reader puts money aside for one node, for a time, at the node's price of that moment. Then it signs how many bytes
     it was served in all; the node serves on only against a new signature, and brings the last one. So neither can lose
     more than one piece: the reader cannot take the money away from under the node, and the node gets nothing unsigned.
"""

import faces
import purses
import signatures

uses: purses

event Reserved:
    retrieval: indexed(uint256)
    lease: indexed(uint256)
    reader: indexed(address)
    node: address
    price: uint256
    amount: uint256
    until: uint256

event Served:
    retrieval: indexed(uint256)
    node: indexed(address)
    size: uint256
    amount: uint256

event Finished:
    retrieval: indexed(uint256)
    refund: uint256

struct Retrieval:
    lease: uint256
    reader: address
    node: address
    price: uint256  # wei for 2^20 bytes
    held: uint256  # wei put aside and not yet earned
    paid: uint256  # wei earned
    size: uint256  # bytes that the reader has signed for, as far as the chain knows
    until: uint256  # from then on anybody may finish it

NAME: constant(bytes32) = keccak256("Enigma Leases")
SERVED: constant(bytes32) = keccak256("Served(uint256 retrieval,uint256 lease,address node,uint256 size)")
MEBIBYTE: constant(uint256) = 2**20
MOST_SIZE: constant(uint256) = 2**48
LONGEST: constant(uint256) = 90 * 86400

retrievals_count: public(uint256)
retrievals: HashMap[uint256, Retrieval]


@nonreentrant
@external
def redeem(retrieval: uint256, size: uint256, signature: Bytes[65]):
    """
    @notice Gives the node what the reader signed for: `size` bytes in all. By anybody, until the retrieval is finished.
    """
    kept: Retrieval = self.retrievals[retrieval]
    assert kept.until > 0, "there is no such retrieval, or it is finished"
    assert size > kept.size and size <= MOST_SIZE, "bring a signature for more bytes than the last"
    message: bytes32 = keccak256(abi_encode(SERVED, retrieval, kept.lease, kept.node, size))
    signatures.check(NAME, message, kept.reader, signature)
    # Never more than was put aside, whatever was signed.
    amount: uint256 = min((kept.price * size + MEBIBYTE - 1) // MEBIBYTE - kept.paid, kept.held)
    self.retrievals[retrieval].size = size
    self.retrievals[retrieval].held = kept.held - amount
    self.retrievals[retrieval].paid = kept.paid + amount
    purses.earned[kept.node] += amount
    log Served(retrieval=retrieval, node=kept.node, size=size, amount=amount)


@view
@external
def retrieval(retrieval: uint256) -> Retrieval:
    """
    @notice All that is kept about a retrieval; the reader is zero if there is none of that number.
    """
    return self.retrievals[retrieval]


@view
@external
def domain_separator() -> bytes32:
    """
    @notice The EIP-712 domain separator, on this chain at this moment.
    """
    return signatures.domain(NAME)


@internal
def reserve(lease: uint256, node: address, price: uint256, amount: uint256, until: uint256) -> uint256:
    """
    @notice Puts `amount` of the sender's account aside for a node, whom the caller has found to keep the lease.
    """
    assert until > block.timestamp and until <= block.timestamp + LONGEST, "a retrieval lasts at most 90 days"
    assert amount > 0, "put something aside"
    purses.take(msg.sender, amount)
    retrieval: uint256 = self.retrievals_count + 1
    self.retrievals_count = retrieval
    self.retrievals[retrieval] = Retrieval(
        lease=lease, reader=msg.sender, node=node, price=price, held=amount, paid=0, size=0, until=until
    )
    log Reserved(
        retrieval=retrieval, lease=lease, reader=msg.sender, node=node, price=price, amount=amount, until=until
    )
    return retrieval


@internal
def finish(retrieval: uint256, nodes: faces.INodes):
    """
    @notice Gives what was not earned back to the reader: by the node or its operator, and after its time by anybody.
    """
    kept: Retrieval = self.retrievals[retrieval]
    assert kept.until > 0, "there is no such retrieval, or it is finished"
    if block.timestamp < kept.until and msg.sender != kept.node:
        operator: address = (staticcall nodes.info(kept.node)).operator
        assert msg.sender == operator, "until its time has passed only the node finishes a retrieval"
    self.retrievals[retrieval].held = 0
    self.retrievals[retrieval].until = 0
    purses.balances[kept.reader] += kept.held
    log Finished(retrieval=retrieval, refund=kept.held)
