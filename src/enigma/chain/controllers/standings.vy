# pragma version 0.4.3
"""
@title Standings
@license Apache-2.0
@notice How a contract stands: open and settled jobs, sleeping seats, when it was last of use. One storage word for each
        contract, because every job writes it. A part of the controller Jobs.
"""

import faces

event Asleep:
    contract: indexed(bytes32)
    seats: uint256

# blocked << 192 | time of the last receipt << 128 | sleeping seats << 96 | settled << 32 | open
standings: HashMap[bytes32, uint256]


@view
@external
def standing(contract: bytes32) -> (uint256, uint256, uint256, uint256, bool):
    """
    @notice A contract's open jobs, settled jobs, sleeping seats (one bit each), time of its last receipt, and whether
            too many seats are asleep for it to be asked.
    """
    found: uint256 = self.standings[contract]
    return (
        found & (2**32 - 1),
        found >> 32 & (2**64 - 1),
        found >> 96 & (2**32 - 1),
        found >> 128 & (2**64 - 1),
        found >> 192 > 0,
    )


@internal
def begin(contract: bytes32):
    self.standings[contract] = block.timestamp << 128


@internal
def opened(contract: bytes32):
    standing: uint256 = self.standings[contract]
    assert standing >> 192 == 0, "too many seats are asleep: wake or replace them"
    self.standings[contract] = standing + 1


@internal
def dropped(contract: bytes32):
    self.standings[contract] -= 1


@internal
def settled(contract: bytes32) -> uint256:
    """
    @notice One job fewer is open, one more settled. Returns how many are settled.
    """
    standing: uint256 = self.standings[contract] - 1 + (1 << 32)
    self.standings[contract] = (standing & ~((2**64 - 1) << 128)) | block.timestamp << 128
    return standing >> 32 & (2**64 - 1)


@view
@internal
def check_idle(contract: bytes32, idle: uint256):
    standing: uint256 = self.standings[contract]
    assert standing & (2**32 - 1) == 0, "the contract has open jobs: settle or expire them"
    assert block.timestamp > (standing >> 128 & (2**64 - 1)) + idle, "the contract has not been idle long enough"


@view
@internal
def sleepers(contract: bytes32) -> uint256:
    return self.standings[contract] >> 96 & (2**32 - 1)


@internal
def set_sleepers(contract: bytes32, seats: uint256, size: uint256, quorum: uint256):
    kept: uint256 = self.standings[contract] & ((2**64 - 1) << 128 | (2**96 - 1))
    blocked: uint256 = 1 if size - self.count(seats) < quorum else 0
    self.standings[contract] = kept | seats << 96 | blocked << 192
    log Asleep(contract=contract, seats=seats)


@pure
@internal
def count(seats: uint256) -> uint256:
    found: uint256 = 0
    for seat: uint256 in range(faces.MOST_SEATS):
        found += seats >> seat & 1
    return found
