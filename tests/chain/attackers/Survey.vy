# pragma version 0.4.3
# pragma evm-version cancun
"""
@notice Everything that Nodes keeps about some nodes and operators, in one answer.
"""

struct Node:
    operator: address
    tls: bytes32
    hpke: bytes32
    endpoint: String[128]
    capacity: uint32
    price: uint256
    deposit: uint256
    reputation: uint256
    locks: uint256
    status: uint8
    until: uint256
    place: uint256

interface Nodes:
    def info(node: address) -> Node: view
    def balances(operator: address) -> uint256: view
    def weight(node: address) -> uint256: view
    def weights_in(epoch: uint256, first: uint256, count: uint256) -> DynArray[uint256, 256]: view
    def epoch() -> uint256: view


@view
@external
def look(
    target: address, nodes: DynArray[address, 8], operators: DynArray[address, 8]
) -> (
    uint256,
    uint256,
    DynArray[uint256[7], 8],
    DynArray[uint256, 8],
    DynArray[uint256, 256],
    DynArray[uint256, 256],
):
    """
    @return The time, Nodes' ether, per node (status, deposit, reputation, locks, until, place, weight), awards per
            operator, and the settled weights of this epoch and the last.
    """
    found: DynArray[uint256[7], 8] = []
    awards: DynArray[uint256, 8] = []
    for node: address in nodes:
        one: Node = staticcall Nodes(target).info(node)
        weight: uint256 = staticcall Nodes(target).weight(node)
        found.append([convert(one.status, uint256), one.deposit, one.reputation, one.locks, one.until, one.place, weight])
    for operator: address in operators:
        awards.append(staticcall Nodes(target).balances(operator))
    now: uint256 = staticcall Nodes(target).epoch()
    return (
        block.timestamp,
        target.balance,
        found,
        awards,
        staticcall Nodes(target).weights_in(now, 0, 256),
        staticcall Nodes(target).weights_in(now - 1, 0, 256),
    )
