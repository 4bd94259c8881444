# pragma version 0.4.3
# pragma evm-version cancun
"""
@title Nodes
@license Apache-2.0
@notice Who computes: nodes, their operators, keys, deposits, reputation and load.
        A node is named by its signing address. Its operator (any address) pays the deposit and gets it back.
        There is no owner and no way to change these rules. The controller `Jobs` is bound once, before anybody can
        deposit, so that an operator can read what it may do to a deposit before paying one.
@dev Weights for drawing committees are settled per epoch: whatever an operator or a job does in one epoch counts from
     the next. A draw whose seed becomes known within an epoch therefore cannot be moved by anybody who has seen the
     seed. Money: the sum of all deposits and balances is this contract's ether; nothing else is ever paid.
"""

import binding
import signatures
import weights

initializes: binding
initializes: weights

exports: (binding.bind, binding.deployer, binding.jobs, weights.epoch)

event Registered:
    node: indexed(address)
    operator: indexed(address)
    deposit: uint256

event Described:
    node: indexed(address)
    tls: bytes32
    hpke: bytes32
    endpoint: String[128]
    capacity: uint32
    price: uint256

event ToppedUp:
    node: indexed(address)
    amount: uint256
    deposit: uint256

event LoggedIn:
    node: indexed(address)

event LoggedOut:
    node: indexed(address)

event Suspended:
    node: indexed(address)
    until: uint256

event Leaving:
    node: indexed(address)
    withdrawable: uint256

event Withdrawn:
    node: indexed(address)
    operator: indexed(address)
    amount: uint256

event Locked:
    node: indexed(address)
    locks: uint256

event Unlocked:
    node: indexed(address)
    locks: uint256

event Credited:
    node: indexed(address)
    reputation: uint256

event Forfeited:
    node: indexed(address)
    amount: uint256
    deposit: uint256

event Awarded:
    operator: indexed(address)
    node: indexed(address)
    amount: uint256

event Claimed:
    operator: indexed(address)
    amount: uint256

# What a node is doing. A name that has left is never used again: old receipts keep one meaning.
UNKNOWN: constant(uint8) = 0
LOGGED_OUT: constant(uint8) = 1
LOGGED_IN: constant(uint8) = 2
LEAVING: constant(uint8) = 3
LEFT: constant(uint8) = 4

struct Node:
    operator: address
    tls: bytes32  # SHA-256 of the certificate's public key
    hpke: bytes32  # X25519 public key to which pieces are sealed
    endpoint: String[128]
    capacity: uint32  # jobs at once
    price: uint256  # wei for one unit of work
    deposit: uint256
    reputation: uint256
    locks: uint256  # committees that count on this node
    status: uint8
    until: uint256  # suspended until; or, leaving, the time from which the deposit may be withdrawn
    place: uint256  # position in the list

ONE_GWEI: constant(uint256) = 10**9
MOST_SEATS: constant(uint256) = 32
NAME: constant(bytes32) = keccak256("Enigma Nodes")
REGISTRATION: constant(bytes32) = keccak256("Registration(address operator,address signing)")
# The largest deposit, 2^48 gwei, and the largest reputation keep every weight below 2^64: four to a storage slot.
MOST_DEPOSIT: constant(uint256) = 2**48 * ONE_GWEI - 1
MOST_REPUTATION: constant(uint256) = 2**16 - 2

MINIMUM: immutable(uint256)
UNBONDING: immutable(uint256)
REPUTATION_CAP: immutable(uint256)

places: public(uint256)
balances: public(HashMap[address, uint256])
nodes: HashMap[address, Node]
named: HashMap[uint256, address]
freed: DynArray[uint256, max_value(uint64)]


@deploy
def __init__(minimum: uint256, unbonding: uint256, epoch: uint256, reputation_cap: uint256):
    """
    @param minimum The smallest deposit, in wei; at least one gwei.
    @param unbonding Seconds between the wish to leave and the withdrawal; at least three epochs, so that a node that
           was drawn can be held to it.
    @param epoch Seconds for which the weights of a draw stand still.
    @param reputation_cap The most that reputation can count: a node weighs at most (1 + cap) times its deposit.
    """
    assert minimum >= ONE_GWEI and minimum <= MOST_DEPOSIT, "the minimum deposit must be from 1 gwei to 2^48 gwei"
    assert unbonding // 3 >= epoch, "unbonding must last at least three epochs"
    assert unbonding <= 10**9, "unbonding must last at most 10^9 seconds"
    assert reputation_cap <= MOST_REPUTATION, "the reputation cap is too high"
    binding.__init__()
    MINIMUM = minimum
    UNBONDING = unbonding
    weights.__init__(epoch)
    REPUTATION_CAP = reputation_cap


# ---------------------------------------------------------------- what an operator does


@payable
@nonreentrant
@external
def register(
    signing: address,
    tls: bytes32,
    hpke: bytes32,
    endpoint: String[128],
    capacity: uint32,
    price: uint256,
    proof: Bytes[65],
):
    """
    @notice Registers the node `signing`, logged out, with the sender as its operator and the value sent as deposit.
    @param proof The signing key's EIP-712 signature of Registration(operator, signing): nobody registers another's key,
           and a proof seen on its way cannot be used by another operator.
    """
    assert binding.jobs != empty(address), "Jobs is not bound yet"
    assert msg.value >= MINIMUM, "deposit is below the minimum"
    assert msg.value <= MOST_DEPOSIT, "deposit is above the maximum"
    assert self.nodes[signing].status == UNKNOWN, "this signing key is registered, or has left"
    message: bytes32 = keccak256(abi_encode(REGISTRATION, msg.sender, signing))
    signatures.check(NAME, message, signing, proof)

    place: uint256 = self.places
    if len(self.freed) > 0:
        place = self.freed.pop()
    else:
        self.places = place + 1
    self.named[place] = signing
    self.nodes[signing].operator = msg.sender
    self.nodes[signing].deposit = msg.value
    self.nodes[signing].status = LOGGED_OUT
    self.nodes[signing].place = place
    log Registered(node=signing, operator=msg.sender, deposit=msg.value)
    self._describe(signing, tls, hpke, endpoint, capacity, price)


@external
def describe(node: address, tls: bytes32, hpke: bytes32, endpoint: String[128], capacity: uint32, price: uint256):
    """
    @notice Replaces what others need to reach the node: its TLS and HPKE keys, endpoint, capacity and price.
    """
    self._check_operator(node)
    self._describe(node, tls, hpke, endpoint, capacity, price)


@payable
@nonreentrant
@external
def top_up(node: address):
    """
    @notice Adds the value sent to the node's deposit.
    """
    self._check_operator(node)
    assert msg.value > 0, "send the amount to add"
    deposit: uint256 = self.nodes[node].deposit + msg.value
    assert deposit <= MOST_DEPOSIT, "deposit is above the maximum"
    self.nodes[node].deposit = deposit
    self._reweigh(node)
    log ToppedUp(node=node, amount=msg.value, deposit=deposit)


@external
def log_in(node: address):
    """
    @notice Offers the node for work. It can be drawn from the next epoch on.
    """
    self._check_operator(node)
    assert self.nodes[node].status == LOGGED_OUT, "the node is logged in already"
    assert self.nodes[node].until <= block.timestamp, "the node is suspended: try again later"
    assert self.nodes[node].deposit >= MINIMUM, "deposit is below the minimum: top it up"
    self.nodes[node].status = LOGGED_IN
    self._reweigh(node)
    log LoggedIn(node=node)


@external
def log_out(node: address):
    """
    @notice Takes the node off the list for draws of later epochs. Its committees still count on it.
    """
    self._check_operator(node)
    assert self.nodes[node].status == LOGGED_IN, "the node is not logged in"
    self.nodes[node].status = LOGGED_OUT
    self._reweigh(node)
    log LoggedOut(node=node)


@external
def begin_exit(node: address):
    """
    @notice Starts the unbonding time, in which faults of the past can still cost the deposit. There is no way back.
    """
    self._check_operator(node)
    withdrawable: uint256 = block.timestamp + UNBONDING
    self.nodes[node].status = LEAVING
    self.nodes[node].until = withdrawable
    self._reweigh(node)
    log Leaving(node=node, withdrawable=withdrawable)


@nonreentrant
@external
def withdraw(node: address):
    """
    @notice Pays the deposit back to the operator, after the unbonding time and when no committee counts on the node.
    """
    assert self.nodes[node].operator == msg.sender, "only the node's operator may do this"
    assert self.nodes[node].status == LEAVING, "call begin_exit first; a deposit is paid back once"
    assert block.timestamp >= self.nodes[node].until, "the unbonding time has not passed"
    assert self.nodes[node].locks == 0, "committees still count on this node: let them move first"
    amount: uint256 = self.nodes[node].deposit
    place: uint256 = self.nodes[node].place
    self.nodes[node].deposit = 0
    self.nodes[node].status = LEFT
    # Unbonding is three epochs at least, so the place has weighed nothing for two: the next node may have it.
    self.named[place] = empty(address)
    self.freed.append(place)
    log Withdrawn(node=node, operator=msg.sender, amount=amount)
    raw_call(msg.sender, b"", value=amount)


@nonreentrant
@external
def claim():
    """
    @notice Pays out what the sender was awarded from forfeited deposits.
    """
    amount: uint256 = self.balances[msg.sender]
    assert amount > 0, "there is nothing to claim"
    self.balances[msg.sender] = 0
    log Claimed(operator=msg.sender, amount=amount)
    raw_call(msg.sender, b"", value=amount)


# ---------------------------------------------------------------- what only Jobs does


@external
def lock(nodes: DynArray[address, MOST_SEATS]):
    """
    @notice A committee begins to count on these nodes. A node that is leaving can still be held to an earlier draw.
    """
    binding.check_jobs()
    for node: address in nodes:
        assert self.nodes[node].status in [LOGGED_OUT, LOGGED_IN, LEAVING], "no such node, or it has left"
        self.nodes[node].locks += 1
        self._reweigh(node)
        log Locked(node=node, locks=self.nodes[node].locks)


@external
def unlock(nodes: DynArray[address, MOST_SEATS]):
    """
    @notice A committee no longer counts on these nodes.
    """
    binding.check_jobs()
    for node: address in nodes:
        assert self.nodes[node].locks > 0, "the node is not locked"
        self.nodes[node].locks -= 1
        self._reweigh(node)
        log Unlocked(node=node, locks=self.nodes[node].locks)


@external
def credit_reputation(nodes: DynArray[address, MOST_SEATS]):
    """
    @notice One point of reputation, up to the cap, for work that was validated on the chain.
    """
    binding.check_jobs()
    for node: address in nodes:
        reputation: uint256 = self.nodes[node].reputation
        if self.nodes[node].status in [LOGGED_OUT, LOGGED_IN] and reputation < REPUTATION_CAP:
            self.nodes[node].reputation = reputation + 1
            self._reweigh(node)
            log Credited(node=node, reputation=reputation + 1)


@external
def suspend(node: address, until: uint256):
    """
    @notice Logs a silent or contradicted node out; it may log in again from the time `until`. Its deposit is untouched.
    """
    binding.check_jobs()
    assert until <= block.timestamp + UNBONDING, "a suspension is at most as long as the unbonding time"
    if self.nodes[node].status in [LOGGED_OUT, LOGGED_IN]:
        self.nodes[node].status = LOGGED_OUT
        self.nodes[node].until = max(self.nodes[node].until, until)
        self._reweigh(node)
        log Suspended(node=node, until=self.nodes[node].until)


@nonreentrant
@external
def forfeit(node: address, amount: uint256, to: DynArray[address, MOST_SEATS]):
    """
    @notice Takes `amount` of a deposit and splits it evenly among the operators of the nodes `to`, who claim it.
            What cannot be split stays in the deposit. The node's reputation is gone.
    @dev The rules that even Jobs cannot break: never more than the deposit, only to registered nodes, and never back to
         the operator who loses it.
    """
    binding.check_jobs()
    deposit: uint256 = self.nodes[node].deposit
    loser: address = self.nodes[node].operator
    assert self.nodes[node].status in [LOGGED_OUT, LOGGED_IN, LEAVING], "no such node, or it has left"
    assert amount <= deposit, "that is more than the deposit"
    assert len(to) > 0, "name the nodes that receive the forfeit"
    share: uint256 = amount // len(to)
    taken: uint256 = share * len(to)
    deposit -= taken
    self.nodes[node].deposit = deposit
    self.nodes[node].reputation = 0
    self._reweigh(node)
    log Forfeited(node=node, amount=taken, deposit=deposit)
    for honest: address in to:
        operator: address = self.nodes[honest].operator
        assert operator != empty(address), "a forfeit goes to registered nodes only"
        assert operator != loser, "a forfeit cannot go back to its operator"
        self.balances[operator] += share
        log Awarded(operator=operator, node=honest, amount=share)


# ---------------------------------------------------------------- what anybody reads


@view
@external
def terms() -> (uint256, uint256, uint256, uint256):
    """
    @notice The constants: minimum deposit (wei), unbonding (seconds), epoch (seconds), reputation cap.
    """
    return MINIMUM, UNBONDING, weights.EPOCH, REPUTATION_CAP


@view
@external
def domain_separator() -> bytes32:
    """
    @notice The EIP-712 domain separator, on this chain at this moment.
    """
    return signatures.domain(NAME)


@view
@external
def node_at(place: uint256) -> address:
    """
    @notice The node at a place of the list, from 0 to places() - 1; zero where a node has left.
    """
    return self.named[place]


@view
@external
def info(node: address) -> Node:
    """
    @notice All that is kept about a node; status 0 if there is none of that name.
    """
    return self.nodes[node]


@view
@external
def weight(node: address) -> uint256:
    """
    @notice What the node will weigh in the next epoch if nothing changes:
            deposit / gwei * (1 + reputation) / (1 + locks), and 0 unless it is logged in with a full deposit.
    """
    return self._weigh(node)


@view
@external
def eligible(node: address, epoch: uint256) -> bool:
    """
    @notice Whether the node could be drawn in this epoch or the last: what happened since the epoch began is ignored.
    """
    weights.check(epoch)
    return self.nodes[node].status != UNKNOWN and self.nodes[node].status != LEFT and weights.settled(
        self.nodes[node].place, epoch
    ) > 0


@view
@external
def weights_in(epoch: uint256, first: uint256, count: uint256) -> DynArray[uint256, weights.MOST_WEIGHTS]:
    """
    @notice The weights, in this epoch or the last, of the places first, first + 1, ... (at most 256, fewer at the end).
    """
    weights.check(epoch)
    return weights.page(epoch, first, count, self.places)


# ---------------------------------------------------------------- inside


@view
@internal
def _check_operator(node: address):
    assert self.nodes[node].operator == msg.sender, "only the node's operator may do this"
    assert self.nodes[node].status in [LOGGED_OUT, LOGGED_IN], "the node is leaving or has left"


@internal
def _describe(node: address, tls: bytes32, hpke: bytes32, endpoint: String[128], capacity: uint32, price: uint256):
    self.nodes[node].tls = tls
    self.nodes[node].hpke = hpke
    self.nodes[node].endpoint = endpoint
    self.nodes[node].capacity = capacity
    self.nodes[node].price = price
    log Described(node=node, tls=tls, hpke=hpke, endpoint=endpoint, capacity=capacity, price=price)


@view
@internal
def _weigh(node: address) -> uint256:
    deposit: uint256 = self.nodes[node].deposit
    if self.nodes[node].status != LOGGED_IN or deposit < MINIMUM:
        return 0
    return deposit // ONE_GWEI * (1 + self.nodes[node].reputation) // (1 + self.nodes[node].locks)


@internal
def _reweigh(node: address):
    weights.record(self.nodes[node].place, self._weigh(node))
