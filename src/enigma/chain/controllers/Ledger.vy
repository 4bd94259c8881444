# pragma version 0.4.3
# pragma evm-version cancun
"""
@title Ledger
@license Apache-2.0
@notice `L`, the public dictionary of the white paper: key -> value, append-only, with its whole history.
        Each address has a space of keys of its own. In the space of a shared identity, its members with the STORE right
        write; in the space of an ordinary address, or of a contract, only itself. Nothing is ever changed or deleted.
"""

interface Identities:
    def permits(identity: address, who: address, right: uint8) -> bool: view

event Set:
    space: indexed(address)
    key: indexed(bytes32)
    writer: indexed(address)
    position: uint256
    value: Bytes[4096]

STORE: constant(uint8) = 1
MOST_BYTES: constant(uint256) = 4096
HALF_WORD: constant(uint256) = 2**48 - 1

IDENTITIES: immutable(Identities)

lengths: HashMap[address, HashMap[bytes32, uint256]]
# space -> key -> position -> time (48 bits) | block (48 bits) | writer (160 bits)
stamps: HashMap[address, HashMap[bytes32, HashMap[uint256, uint256]]]
values: HashMap[address, HashMap[bytes32, HashMap[uint256, Bytes[MOST_BYTES]]]]


@deploy
def __init__(identities: address):
    """
    @param identities The controller that says who may write where.
    """
    assert identities.is_contract, "Identities must be a deployed contract"
    IDENTITIES = Identities(identities)


@external
def set(space: address, key: bytes32, content: Bytes[MOST_BYTES]):
    """
    @notice Appends a value to the key's history.
    """
    allowed: bool = space == msg.sender
    if not allowed:
        allowed = staticcall IDENTITIES.permits(space, msg.sender, STORE)
    assert allowed, "the sender has no right to STORE in this space"
    position: uint256 = self.lengths[space][key]
    self.lengths[space][key] = position + 1
    self.stamps[space][key][position] = block.timestamp << 208 | block.number << 160 | convert(msg.sender, uint256)
    self.values[space][key][position] = content
    log Set(space=space, key=key, writer=msg.sender, position=position, value=content)


@view
@external
def identities() -> address:
    """
    @notice The controller that says who may write where.
    """
    return IDENTITIES.address


@view
@external
def get(space: address, key: bytes32) -> (bool, Bytes[MOST_BYTES]):
    """
    @notice Whether the key has a value, and its latest.
    """
    count: uint256 = self.lengths[space][key]
    if count == 0:
        return False, b""
    return True, self.values[space][key][count - 1]


@view
@external
def get_as_of(space: address, key: bytes32, time: uint256) -> (bool, Bytes[MOST_BYTES]):
    """
    @notice Whether the key had a value at the end of this second, and which.
    @dev The present second is not over: a later transaction of the same block can still change the answer.
    """
    count: uint256 = self._count(space, key, 208, time)
    if count == 0:
        return False, b""
    return True, self.values[space][key][count - 1]


@view
@external
def get_as_of_block(space: address, key: bytes32, number: uint256) -> (bool, Bytes[MOST_BYTES]):
    """
    @notice Whether the key had a value at the end of this block, and which.
    """
    count: uint256 = self._count(space, key, 160, number)
    if count == 0:
        return False, b""
    return True, self.values[space][key][count - 1]


@view
@external
def history_length(space: address, key: bytes32) -> uint256:
    """
    @notice How many values the key has had.
    """
    return self.lengths[space][key]


@view
@external
def entry(space: address, key: bytes32, position: uint256) -> (uint256, uint256, address, Bytes[MOST_BYTES]):
    """
    @notice Time, block, writer and value of one entry; position 0 is the oldest.
    """
    assert position < self.lengths[space][key], "the history is shorter than that"
    stamp: uint256 = self.stamps[space][key][position]
    writer: address = convert(stamp & convert(max_value(uint160), uint256), address)
    return stamp >> 208, stamp >> 160 & HALF_WORD, writer, self.values[space][key][position]


@view
@internal
def _count(space: address, key: bytes32, offset: uint256, most: uint256) -> uint256:
    """
    @dev How many entries have a time (offset 208) or block (offset 160) of at most `most`: binary search, since both
         never fall from one entry to the next.
    """
    low: uint256 = 0
    high: uint256 = self.lengths[space][key]
    for _: uint256 in range(64):
        if low == high:
            break
        middle: uint256 = (low + high) // 2
        if self.stamps[space][key][middle] >> offset & HALF_WORD <= most:
            low = middle + 1
        else:
            high = middle
    return low
