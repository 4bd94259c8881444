# pragma version 0.4.3
# pragma evm-version cancun
"""
@notice Everything that Leases keeps about some accounts, seats, leases and retrievals, in one answer.
"""

struct Lease:
    contract: bytes32
    owner: address
    content: bytes32
    size: uint256
    term: uint256
    most: uint256
    since: uint256
    until: uint256
    closed: bool
    declined: uint256
    nodes: DynArray[address, 16]
    held: DynArray[uint256, 16]

struct Retrieval:
    lease: uint256
    reader: address
    node: address
    price: uint256
    held: uint256
    paid: uint256
    size: uint256
    until: uint256

interface Leases:
    def balances(account: address) -> uint256: view
    def earned(node: address) -> uint256: view
    def leases_count() -> uint256: view
    def lease(lease: uint256) -> Lease: view
    def status(lease: uint256) -> uint8: view
    def retrievals_count() -> uint256: view
    def retrieval(retrieval: uint256) -> Retrieval: view


@view
@external
def look(leases: address, accounts: DynArray[address, 8], nodes: DynArray[address, 8]) -> (
    uint256,
    uint256,
    DynArray[uint256, 8],
    DynArray[uint256, 8],
    DynArray[DynArray[uint256, 16], 16],
    DynArray[uint256[4], 16],
    DynArray[uint256, 16],
):
    """
    @return The time, Leases' ether, balances, earnings, what each lease holds by seat, its status, term's begin, end and
            seats that declined, and what each retrieval holds.
    """
    balances: DynArray[uint256, 8] = []
    earned: DynArray[uint256, 8] = []
    held: DynArray[DynArray[uint256, 16], 16] = []
    found: DynArray[uint256[4], 16] = []
    aside: DynArray[uint256, 16] = []
    for account: address in accounts:
        balances.append(staticcall Leases(leases).balances(account))
    for node: address in nodes:
        earned.append(staticcall Leases(leases).earned(node))
    count: uint256 = staticcall Leases(leases).leases_count()
    for i: uint256 in range(count, bound=16):
        lease: Lease = staticcall Leases(leases).lease(i + 1)
        status: uint8 = staticcall Leases(leases).status(i + 1)
        held.append(lease.held)
        found.append([convert(status, uint256), lease.since, lease.until, lease.declined])
    count = staticcall Leases(leases).retrievals_count()
    for i: uint256 in range(count, bound=16):
        aside.append((staticcall Leases(leases).retrieval(i + 1)).held)
    return block.timestamp, leases.balance, balances, earned, held, found, aside
