# pragma version 0.4.3
# pragma evm-version cancun
"""
@notice Everything that Jobs keeps about some askers and seats, in one answer.
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

interface Jobs:
    def balances(account: address) -> uint256: view
    def earned(node: address) -> uint256: view
    def states(contract: bytes32) -> bytes32: view
    def standing(contract: bytes32) -> (uint256, uint256, uint256, uint256, bool): view
    def jobs_count() -> uint256: view

interface Nodes:
    def info(node: address) -> Node: view
    def balances(operator: address) -> uint256: view


@view
@external
def look(
    jobs: address,
    nodes: address,
    contract: bytes32,
    askers: DynArray[address, 8],
    seats: DynArray[address, 8],
) -> (
    uint256, uint256, DynArray[uint256, 8], DynArray[uint256[3], 8], bytes32, uint256[4]
):
    """
    @return Jobs' ether, Nodes' ether, each asker's balance, each seat's earnings, deposit and award, the contract's state,
            its open and settled jobs and sleeping seats, and how many jobs there are.
    """
    balances: DynArray[uint256, 8] = []
    found: DynArray[uint256[3], 8] = []
    for asker: address in askers:
        balances.append(staticcall Jobs(jobs).balances(asker))
    for seat: address in seats:
        one: Node = staticcall Nodes(nodes).info(seat)
        found.append([
            staticcall Jobs(jobs).earned(seat), one.deposit, staticcall Nodes(nodes).balances(one.operator)
        ])
    open: uint256 = 0
    settled: uint256 = 0
    asleep: uint256 = 0
    last: uint256 = 0
    blocked: bool = False
    open, settled, asleep, last, blocked = staticcall Jobs(jobs).standing(contract)
    return (
        jobs.balance,
        nodes.balance,
        balances,
        found,
        staticcall Jobs(jobs).states(contract),
        [open, settled, asleep, staticcall Jobs(jobs).jobs_count()],
    )
