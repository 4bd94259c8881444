# pragma version 0.4.3
# pragma evm-version cancun
"""
@title Leases
@license Apache-2.0
@notice Room at nodes, at a market price, for a term. A lease is about some content that the seats of a contract's
        committee keep. Its price is what their nodes ask in Nodes at the moment when a term is bought, and stands still
        until the term's end. It is renewed from its owner's account; where that does not cover the price, access is
        restricted when the term ends, and after a grace time the content may be deleted. No call is needed for that:
        what a lease's status is follows from the time alone.
@dev Money: accounts, what leases hold for their running terms, what readers have put aside, and what nodes earned add up
     to this contract's ether. Everything is pulled, nothing is pushed. Each seat earns its part evenly over the term.
     That a node keeps what it is paid for is not proven here: an owner who finds that it does not ends the lease, and
     loses no more than the time until then.
"""

import faces
import purses
import retrievals

initializes: purses
initializes: retrievals[purses := purses]

exports: (
    purses.top_up,
    purses.withdraw,
    purses.balances,
    purses.earned,
    retrievals.redeem,
    retrievals.retrieval,
    retrievals.retrievals_count,
    retrievals.domain_separator,
)

event Opened:
    lease: indexed(uint256)
    contract: indexed(bytes32)
    owner: indexed(address)
    content: bytes32
    size: uint256
    term: uint256
    most: uint256

event Bought:
    lease: indexed(uint256)
    until: uint256
    total: uint256
    amounts: DynArray[uint256, faces.MOST_SEATS]

event Accrued:
    lease: indexed(uint256)
    time: uint256
    nodes: DynArray[address, faces.MOST_SEATS]
    amounts: DynArray[uint256, faces.MOST_SEATS]

event Limited:
    lease: indexed(uint256)
    most: uint256

event Declined:
    lease: indexed(uint256)
    seat: uint256
    node: indexed(address)
    refund: uint256

event Closed:
    lease: indexed(uint256)
    refund: uint256

struct Lease:
    contract: bytes32
    owner: address
    content: bytes32  # hash of what is kept, as the owner and the nodes know it
    size: uint256  # bytes at each seat
    term: uint256  # seconds
    most: uint256  # wei that the next term may cost
    since: uint256  # what is held is for the time from here
    until: uint256  # to here
    closed: bool
    declined: uint256  # one bit for each seat that keeps nothing for this lease
    nodes: DynArray[address, faces.MOST_SEATS]
    held: DynArray[uint256, faces.MOST_SEATS]  # wei, by seat

# What a lease is, as of a time.
UNKNOWN: constant(uint8) = 0
ACTIVE: constant(uint8) = 1
RESTRICTED: constant(uint8) = 2  # the term has ended unpaid: kept, and given to its owner alone
DELETABLE: constant(uint8) = 3  # so has the grace time: nodes may delete it, and it cannot be renewed
CLOSED: constant(uint8) = 4  # ended by its owner

DAY: constant(uint256) = 86400
SHORTEST_TERM: constant(uint256) = 3600
LONGEST_TERM: constant(uint256) = 366 * DAY
MOST_PRICE: constant(uint256) = 2**96
# Wei that a node asks in Nodes are for 2^20 bytes, kept for a day or served once.
UNIT: constant(uint256) = retrievals.MEBIBYTE * DAY
LAST_PART: constant(uint256) = 4  # a term can be renewed in its last quarter

NODES: immutable(faces.INodes)
COMMITTEES: immutable(faces.ICommittees)
GRACE: immutable(uint256)

leases_count: public(uint256)
leases: HashMap[uint256, Lease]


@deploy
def __init__(nodes: address, committees: address, grace: uint256):
    """
    @param nodes The controller Nodes.
    @param committees The controller Committees.
    @param grace Seconds for which content is kept after an unpaid term's end.
    """
    assert nodes.is_contract and committees.is_contract, "Nodes and Committees must be deployed contracts"
    assert grace > 0 and grace <= LONGEST_TERM, "the grace time is from 1 second to 366 days"
    NODES = faces.INodes(nodes)
    COMMITTEES = faces.ICommittees(committees)
    GRACE = grace


# ---------------------------------------------------------------- an owner


@nonreentrant
@external
def open(contract: bytes32, content: bytes32, size: uint256, term: uint256, most: uint256) -> uint256:
    """
    @notice Buys the first term from the sender's account, and returns the lease's number.
    @param contract Whose committee keeps it.
    @param content A hash of what is kept; zero for whatever the contract itself keeps.
    @param size The most bytes that each seat keeps.
    @param term Seconds of one term.
    @param most Wei that a term may cost, this one and those by which it is renewed; `limit` changes it.
    """
    assert size > 0 and size <= retrievals.MOST_SIZE, "a size is from 1 byte to 2^48"
    assert term >= SHORTEST_TERM and term <= LONGEST_TERM, "a term is from an hour to 366 days"
    lease: uint256 = self.leases_count + 1
    self.leases_count = lease
    self.leases[lease].contract = contract
    self.leases[lease].owner = msg.sender
    self.leases[lease].content = content
    self.leases[lease].size = size
    self.leases[lease].term = term
    self.leases[lease].most = most
    self.leases[lease].since = block.timestamp
    self.leases[lease].until = block.timestamp
    nodes: DynArray[address, faces.MOST_SEATS] = (staticcall COMMITTEES.committee(contract)).seats
    self.leases[lease].nodes = nodes
    for _: address in nodes:
        self.leases[lease].held.append(0)
    log Opened(
        lease=lease, contract=contract, owner=msg.sender, content=content, size=size, term=term, most=most
    )
    self._buy(lease)
    return lease


@external
def limit(lease: uint256, most: uint256):
    """
    @notice Changes what a term may cost from now on; 0 ends the lease with the term that runs, unless it is free.
    """
    self._check_open(lease)
    assert self.leases[lease].owner == msg.sender, "only the lease's owner does this"
    self.leases[lease].most = most
    log Limited(lease=lease, most=most)


@nonreentrant
@external
def close(lease: uint256):
    """
    @notice Ends a lease now: what no seat has earned goes back to the owner's account. There is no way back.
    """
    self._check_open(lease)
    assert self.leases[lease].owner == msg.sender, "only the lease's owner does this"
    self._accrue(lease)
    refund: uint256 = 0
    for seat: uint256 in range(len(self.leases[lease].held), bound=faces.MOST_SEATS):
        refund += self.leases[lease].held[seat]
        self.leases[lease].held[seat] = 0
    self.leases[lease].closed = True
    purses.balances[msg.sender] += refund
    log Closed(lease=lease, refund=refund)


# ---------------------------------------------------------------- anybody


@nonreentrant
@external
def renew(lease: uint256):
    """
    @notice Buys the next term from the owner's account, by anybody: in the last quarter of a term, and after it until the
            grace time has passed. The time since an unpaid term's end is paid too, for the seats kept the content.
    """
    self._check_open(lease)
    until: uint256 = self.leases[lease].until
    assert block.timestamp >= until - self.leases[lease].term // LAST_PART, "a term is renewed in its last quarter"
    assert block.timestamp < until + GRACE, "the grace time has passed: open another lease"
    self._accrue(lease)
    self._buy(lease)


@nonreentrant
@external
def accrue(lease: uint256):
    """
    @notice Gives the seats what they have earned by now, and takes note of who sits there now; by anybody.
    """
    self._check_open(lease)
    self._accrue(lease)


# ---------------------------------------------------------------- nodes and readers


@nonreentrant
@external
def decline(lease: uint256, seat: uint256):
    """
    @notice A node keeps nothing for this lease from now on, and earns nothing; by the node or its operator. Its part of
            the running term goes back to the owner, who sees it and may end the lease.
    """
    self._check_open(lease)
    self._accrue(lease)
    assert seat < len(self.leases[lease].nodes), "there is no such seat"
    assert self.leases[lease].declined >> seat & 1 == 0, "this seat has declined"
    node: address = self.leases[lease].nodes[seat]
    if msg.sender != node:
        assert msg.sender == (staticcall NODES.info(node)).operator, "only the seat's node or its operator declines"
    refund: uint256 = self.leases[lease].held[seat]
    self.leases[lease].held[seat] = 0
    self.leases[lease].declined |= 1 << seat
    purses.balances[self.leases[lease].owner] += refund
    log Declined(lease=lease, seat=seat, node=node, refund=refund)


@nonreentrant
@external
def collect(node: address):
    """
    @notice Pays what a node earned to its operator, who sends this.
    """
    assert msg.sender == (staticcall NODES.info(node)).operator, "only the node's operator collects"
    purses.pay_out(node, msg.sender)


@nonreentrant
@external
def reserve(lease: uint256, seat: uint256, amount: uint256, price: uint256, until: uint256) -> uint256:
    """
    @notice Puts `amount` of the sender's account aside for what a seat's node will serve it of an active lease's content,
            and returns the retrieval's number. Who may read is not decided here.
    @param price The most that the node may ask, in wei for 2^20 bytes; what it asks now stays the price.
    @param until Until when only the node can end it: it serves only while that is far enough away.
    """
    assert self._status(lease) == ACTIVE, "access to this lease is restricted, or it has ended"
    assert seat < len(self.leases[lease].nodes), "there is no such seat"
    assert self.leases[lease].declined >> seat & 1 == 0, "this seat keeps nothing for the lease"
    node: address = self.leases[lease].nodes[seat]
    asked: uint256 = (staticcall NODES.info(node)).price
    assert asked <= price and asked < MOST_PRICE, "the node asks more than that"
    return retrievals.reserve(lease, node, asked, amount, until)


@nonreentrant
@external
def finish(retrieval: uint256):
    """
    @notice Ends a retrieval, and gives what was not earned back to the reader: by the node or its operator; after its
            time by anybody.
    """
    retrievals.finish(retrieval, NODES)


# ---------------------------------------------------------------- what anybody reads


@view
@external
def status(lease: uint256) -> uint8:
    """
    @notice What the lease is now: 1 active, 2 restricted, 3 deletable, 4 closed; 0 if there is none of that number.
    """
    return self._status(lease)


@view
@external
def lease(lease: uint256) -> Lease:
    """
    @notice All that is kept about a lease; the owner is zero if there is none of that number.
    """
    return self.leases[lease]


@view
@external
def quote(contract: bytes32, size: uint256, term: uint256) -> DynArray[uint256, faces.MOST_SEATS]:
    """
    @notice What a term would cost now, in wei for each seat; a node that leaves keeps nothing, and asks nothing.
    """
    assert size <= retrievals.MOST_SIZE and term <= LONGEST_TERM, "beyond the largest size or the longest term"
    return self._prices((staticcall COMMITTEES.committee(contract)).seats, 0, size, term)


@view
@external
def grace() -> uint256:
    """
    @notice Seconds for which content is kept after an unpaid term's end.
    """
    return GRACE


# ---------------------------------------------------------------- inside


@view
@internal
def _status(lease: uint256) -> uint8:
    if self.leases[lease].owner == empty(address):
        return UNKNOWN
    if self.leases[lease].closed:
        return CLOSED
    until: uint256 = self.leases[lease].until
    if block.timestamp < until:
        return ACTIVE
    return RESTRICTED if block.timestamp < until + GRACE else DELETABLE


@view
@internal
def _check_open(lease: uint256):
    assert self.leases[lease].owner != empty(address), "there is no such lease"
    assert not self.leases[lease].closed, "this lease is closed"


@view
@internal
def _prices(
    nodes: DynArray[address, faces.MOST_SEATS], declined: uint256, size: uint256, term: uint256
) -> DynArray[uint256, faces.MOST_SEATS]:
    prices: DynArray[uint256, faces.MOST_SEATS] = []
    keeping: uint256 = 0
    for node: address in nodes:
        price: uint256 = 0
        if declined >> len(prices) & 1 == 0:
            found: faces.Node = staticcall NODES.info(node)
            if found.status in [faces.LOGGED_OUT, faces.LOGGED_IN]:
                assert found.price < MOST_PRICE, "a node asks more than anybody has"
                price = (found.price * size * term + UNIT - 1) // UNIT
                keeping += 1
        prices.append(price)
    assert keeping > 0, "no seat of this contract keeps anything"
    return prices


@internal
def _buy(lease: uint256):
    """
    @dev What is still held of the running term is earned, with what is bought, evenly over all of the time until the new
         end; `_accrue` comes first.
    """
    kept: Lease = self.leases[lease]
    prices: DynArray[uint256, faces.MOST_SEATS] = self._prices(kept.nodes, kept.declined, kept.size, kept.term)
    total: uint256 = 0
    for seat: uint256 in range(len(prices), bound=faces.MOST_SEATS):
        total += prices[seat]
        kept.held[seat] += prices[seat]
    assert total <= kept.most, "the term costs more than the owner allows"
    purses.take(kept.owner, total)
    self.leases[lease].held = kept.held
    self.leases[lease].until = kept.until + kept.term
    log Bought(lease=lease, until=kept.until + kept.term, total=total, amounts=prices)


@internal
def _accrue(lease: uint256):
    """
    @dev A seat that has changed hands: its node of before has earned until now, the one that sits there now earns the rest.
         Where the node of before had declined, the one that sits there now has not.
    """
    kept: Lease = self.leases[lease]
    now: uint256 = min(block.timestamp, kept.until)
    amounts: DynArray[uint256, faces.MOST_SEATS] = []
    for seat: uint256 in range(len(kept.nodes), bound=faces.MOST_SEATS):
        amount: uint256 = 0
        if now > kept.since:
            amount = kept.held[seat] * (now - kept.since) // (kept.until - kept.since)
            purses.earned[kept.nodes[seat]] += amount
            self.leases[lease].held[seat] = kept.held[seat] - amount
        amounts.append(amount)
    self.leases[lease].since = now
    log Accrued(lease=lease, time=now, nodes=kept.nodes, amounts=amounts)
    seats: DynArray[address, faces.MOST_SEATS] = (staticcall COMMITTEES.committee(kept.contract)).seats
    declined: uint256 = kept.declined
    for seat: uint256 in range(len(kept.nodes), bound=faces.MOST_SEATS):
        if seats[seat] != kept.nodes[seat]:
            self.leases[lease].nodes[seat] = seats[seat]
            declined &= ~(1 << seat)
    self.leases[lease].declined = declined
