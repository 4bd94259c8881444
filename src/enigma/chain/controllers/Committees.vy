# pragma version 0.4.3
# pragma evm-version cancun
"""
@title Committees
@license Apache-2.0
@notice The registry of private contracts: which source, whose public half, at what price, and who holds its pieces.
        A committee is `named` (the nodes of a consortium, each of which must accept) or `drawn` (weighted sortition
        among the nodes that were logged in before the epoch of the request, never two seats of one operator).
        It is fixed before anybody contributes, serves every job of its contract, and changes by replacement only.
@dev A draw cannot be moved. The contract's id and the epoch of the weights stand before the seed's block exists; job
     ids take no part; registering, paying in or leaving counts from the next epoch on. Anybody can finish a draw, and
     the drawn are paid for it, so a publisher who dislikes a result cannot keep it from being fixed; where nobody
     finishes in time the fee is lost and the next one is twice as high. What remains, and is said to owners: whoever
     makes the seed's block chooses among the blocks that it can make in time.
"""

import binding
import faces

initializes: binding

exports: (binding.bind, binding.jobs, binding.deployer)

interface IPublicHalf:
    def deployer() -> address: view

event Published:
    contract: indexed(bytes32)
    publisher: indexed(address)
    public_half: indexed(address)
    source: bytes32
    seats: uint256
    quorum: uint256
    terms: faces.Terms

event Named:
    contract: indexed(bytes32)
    nodes: DynArray[address, faces.MOST_SEATS]

event Accepted:
    contract: indexed(bytes32)
    node: indexed(address)

event DrawRequested:
    contract: indexed(bytes32)
    epoch: uint256
    seed_block: uint256
    fee: uint256

event DrawAbandoned:
    contract: indexed(bytes32)
    fee: uint256

event Drawn:
    contract: indexed(bytes32)
    epoch: uint256
    seed: bytes32
    weights: DynArray[uint256, faces.MOST_NODES]

event Seated:
    contract: indexed(bytes32)
    nodes: DynArray[address, faces.MOST_SEATS]

event Replaced:
    contract: indexed(bytes32)
    seat: uint256
    departed: address
    node: address

event Retired:
    contract: indexed(bytes32)

event Collected:
    node: indexed(address)
    operator: indexed(address)
    amount: uint256

struct Contract:
    publisher: address
    source: bytes32
    public_half: address
    size: uint256
    quorum: uint256
    phase: uint256
    drawn: bool
    terms: faces.Terms
    accepted: uint256  # one bit per seat
    seats: DynArray[address, faces.MOST_SEATS]

struct Draw:
    epoch: uint256
    seed_block: uint256
    fee: uint256
    abandoned: uint256

# What a contract is doing.
UNKNOWN: constant(uint256) = 0
PUBLISHED: constant(uint256) = 1
NAMED: constant(uint256) = 2
DRAWING: constant(uint256) = 3
SEATED: constant(uint256) = 4
RETIRED: constant(uint256) = 5

MOST_PRICE: constant(uint256) = 2**96
SHORTEST_TERM: constant(uint256) = 30
LONGEST_TERM: constant(uint256) = 7 * 86400
DELAY: constant(uint256) = 6  # blocks between a request and its seed
REACH: constant(uint256) = 256  # blocks whose hash the EVM still knows
MOST_ABANDONED: constant(uint256) = 32

NODES: immutable(faces.INodes)
DRAW_FEE: immutable(uint256)

pot: public(uint256)  # fees of abandoned draws: the next committee that is drawn has them
earned: public(HashMap[address, uint256])
nonces: public(HashMap[address, uint256])
contract_of: public(HashMap[address, bytes32])
sat: public(HashMap[bytes32, HashMap[address, bool]])
contracts: HashMap[bytes32, Contract]
draws: HashMap[bytes32, Draw]


@deploy
def __init__(nodes: address, draw_fee: uint256):
    """
    @param nodes The controller Nodes.
    @param draw_fee Wei for a contract's first draw; each draw that it abandons doubles the next.
    """
    assert nodes.is_contract, "Nodes must be a deployed contract"
    assert draw_fee > 0 and draw_fee < 2**128, "a draw needs a fee, or it could be repeated for nothing"
    binding.__init__()
    NODES = faces.INodes(nodes)
    DRAW_FEE = draw_fee


@external
def publish(source: bytes32, public_half: address, seats: uint256, quorum: uint256, terms: faces.Terms) -> bytes32:
    """
    @notice Registers a private contract and returns its id.
    @param source SHA-256 of its source.
    @param public_half Where its public half is deployed, by the sender; the sender itself if it has none.
    @param seats How many seats its sharing family has.
    @param quorum How many of them must sign a receipt: more than half, so that no two quorums are disjoint.
    """
    assert seats >= 2 and seats <= faces.MOST_SEATS, "a committee has from 2 to 16 seats"
    assert quorum <= seats and 2 * quorum > seats, "a quorum is more than half of the seats"
    assert max(terms.smallest, max(terms.round, terms.operation)) < MOST_PRICE, "a price is too high"
    assert terms.term >= SHORTEST_TERM and terms.term <= LONGEST_TERM, "a term is from 30 seconds to 7 days"
    assert self.contract_of[public_half] == empty(bytes32), "this public half belongs to a contract already"
    if public_half != msg.sender:
        assert public_half.is_contract, "deploy the public half first"
        deployer: address = staticcall IPublicHalf(public_half).deployer()
        assert deployer == msg.sender, "only the public half's deployer publishes it"

    nonce: uint256 = self.nonces[msg.sender]
    self.nonces[msg.sender] = nonce + 1
    contract: bytes32 = keccak256(abi_encode(chain.id, self, msg.sender, nonce))
    self.contract_of[public_half] = contract
    self.contracts[contract].publisher = msg.sender
    self.contracts[contract].source = source
    self.contracts[contract].public_half = public_half
    self.contracts[contract].size = seats
    self.contracts[contract].quorum = quorum
    self.contracts[contract].phase = PUBLISHED
    self.contracts[contract].terms = terms
    log Published(
        contract=contract,
        publisher=msg.sender,
        public_half=public_half,
        source=source,
        seats=seats,
        quorum=quorum,
        terms=terms,
    )
    return contract


# ---------------------------------------------------------------- a named committee


@external
def name(contract: bytes32, nodes: DynArray[address, faces.MOST_SEATS]):
    """
    @notice Names the committee, in the order of its seats. It holds the contract when each node has accepted.
    """
    self._check_publisher(contract)
    assert self.contracts[contract].phase == PUBLISHED, "this contract has a committee, or draws one"
    assert len(nodes) == self.contracts[contract].size, "name one node for each seat"
    operators: DynArray[address, faces.MOST_SEATS] = []
    for node: address in nodes:
        operator: address = self._active(node)
        assert operator not in operators, "two seats of one operator"
        operators.append(operator)
    self.contracts[contract].seats = nodes
    self.contracts[contract].phase = NAMED
    log Named(contract=contract, nodes=nodes)


@nonreentrant
@external
def accept(contract: bytes32, seat: uint256):
    """
    @notice A named node takes its seat; by its operator or by the node itself. Nobody is bound without this.
    """
    assert self.contracts[contract].phase == NAMED, "this contract names nobody"
    nodes: DynArray[address, faces.MOST_SEATS] = self.contracts[contract].seats
    assert seat < len(nodes), "there is no such seat"
    operator: address = self._active(nodes[seat])
    assert msg.sender == operator or msg.sender == nodes[seat], "only the named node or its operator accepts"
    accepted: uint256 = self.contracts[contract].accepted | 1 << seat
    self.contracts[contract].accepted = accepted
    log Accepted(contract=contract, node=nodes[seat])
    if accepted == (1 << len(nodes)) - 1:
        self._seat(contract, nodes)


# ---------------------------------------------------------------- a drawn committee


@payable
@nonreentrant
@external
def request_draw(contract: bytes32):
    """
    @notice Pays for a draw. Its seed is the hash of the block six blocks later; its weights are those of this epoch,
            which nothing changes any more.
    """
    self._check_publisher(contract)
    phase: uint256 = self.contracts[contract].phase
    if phase == DRAWING:
        assert self._lapsed(contract), "the draw that was requested can still be finished"
        lost: uint256 = self.draws[contract].fee
        self.pot += lost
        self.draws[contract].abandoned += 1
        log DrawAbandoned(contract=contract, fee=lost)
    else:
        assert phase == PUBLISHED, "this contract has a committee"
    fee: uint256 = self._fee_after(self.draws[contract].abandoned)
    assert msg.value == fee, "send exactly the fee of the draw"
    assert staticcall NODES.places() <= faces.MOST_NODES, "the list of nodes is too long to draw on the chain"
    epoch: uint256 = staticcall NODES.epoch()
    assert self._enough_operators(epoch, self.contracts[contract].size), "too few operators to draw from in this epoch"
    self.contracts[contract].phase = DRAWING
    self.draws[contract].epoch = epoch
    self.draws[contract].seed_block = block.number + DELAY
    self.draws[contract].fee = fee
    log DrawRequested(contract=contract, epoch=epoch, seed_block=block.number + DELAY, fee=fee)


@nonreentrant
@external
def finish_draw(contract: bytes32):
    """
    @notice Fixes the committee, by anybody, from the block after the seed's on. The drawn nodes share the fee.
    """
    assert self.contracts[contract].phase == DRAWING, "this contract draws nothing"
    draw: Draw = self.draws[contract]
    assert block.number > draw.seed_block, "the seed is not known yet"
    assert not self._lapsed(contract), "this draw was abandoned: request another"
    seed: bytes32 = keccak256(abi_encode(blockhash(draw.seed_block), contract))
    nodes: DynArray[address, faces.MOST_SEATS] = self._draw(seed, draw.epoch, self.contracts[contract].size)
    self.contracts[contract].seats = nodes
    self.contracts[contract].drawn = True
    amount: uint256 = draw.fee + self.pot
    share: uint256 = amount // len(nodes)
    self.pot = amount - share * len(nodes)
    for node: address in nodes:
        self.earned[node] += share
    log Drawn(
        contract=contract,
        epoch=draw.epoch,
        seed=seed,
        weights=staticcall NODES.weights_in(draw.epoch, 0, faces.MOST_NODES),
    )
    self._seat(contract, nodes)


@nonreentrant
@external
def collect(node: address):
    """
    @notice Pays the node's part of draw fees to its operator.
    """
    assert msg.sender == (staticcall NODES.info(node)).operator, "only the node's operator collects"
    amount: uint256 = self.earned[node]
    assert amount > 0, "there is nothing to collect"
    self.earned[node] = 0
    log Collected(node=node, operator=msg.sender, amount=amount)
    raw_call(msg.sender, b"", value=amount)


# ---------------------------------------------------------------- what only Jobs does


@external
def reseat(contract: bytes32, seat: uint256, node: address):
    """
    @notice Gives a seat to another node. Jobs has checked that a quorum wants it and that the node agrees.
    """
    binding.check_jobs()
    assert self.contracts[contract].phase == SEATED, "this contract has no committee"
    departed: address = self.contracts[contract].seats[seat]
    operator: address = self._active(node)
    for other: address in self.contracts[contract].seats:
        if other != departed:
            assert operator != (staticcall NODES.info(other)).operator, "two seats of one operator"
    self.contracts[contract].seats[seat] = node
    self.sat[contract][node] = True
    log Replaced(contract=contract, seat=seat, departed=departed, node=node)


@external
def retire(contract: bytes32):
    """
    @notice Ends a contract for good. Jobs has checked that it has been idle.
    """
    binding.check_jobs()
    assert self.contracts[contract].phase == SEATED, "this contract has no committee"
    self.contracts[contract].phase = RETIRED
    log Retired(contract=contract)


# ---------------------------------------------------------------- what anybody reads


@view
@external
def working(public_half: address) -> (bytes32, uint256, uint256):
    """
    @notice The contract whose public half this is, the least that its jobs cost (wei) and their term (seconds).
            Reverts unless it has its committee.
    """
    contract: bytes32 = self.contract_of[public_half]
    assert self.contracts[contract].phase == SEATED, "no contract with a committee has this public half"
    return contract, self.contracts[contract].terms.smallest, self.contracts[contract].terms.term


@view
@external
def committee(contract: bytes32) -> faces.Committee:
    """
    @notice Quorum, whether it was drawn, terms and seats. Reverts unless the contract has, or had, its committee.
    """
    assert self.contracts[contract].phase >= SEATED, "this contract has no committee"
    return faces.Committee(
        quorum=self.contracts[contract].quorum,
        drawn=self.contracts[contract].drawn,
        terms=self.contracts[contract].terms,
        seats=self.contracts[contract].seats,
    )


@view
@external
def public_half(contract: bytes32) -> address:
    """
    @notice Where the contract's public half is.
    """
    return self.contracts[contract].public_half


@view
@external
def info(contract: bytes32) -> Contract:
    """
    @notice All that is kept about a contract; phase 0 if there is none of that id.
    """
    return self.contracts[contract]


@view
@external
def draw_of(contract: bytes32) -> Draw:
    """
    @notice The epoch, seed block and fee of a contract's last draw, and how many it abandoned.
    """
    return self.draws[contract]


@view
@external
def draw_fee(contract: bytes32) -> uint256:
    """
    @notice Wei for this contract's next draw; where one runs, for the draw that would follow its being abandoned.
    """
    pending: uint256 = 1 if self.contracts[contract].phase == DRAWING else 0
    return self._fee_after(self.draws[contract].abandoned + pending)


@view
@external
def draw(seed: bytes32, epoch: uint256, seats: uint256) -> DynArray[address, faces.MOST_SEATS]:
    """
    @notice The committee that a seed gives with the weights of an epoch (this or the last), so that anyone can compare.
    """
    assert seats <= faces.MOST_SEATS, "a committee has at most 16 seats"
    return self._draw(seed, epoch, seats)


# ---------------------------------------------------------------- inside


@view
@internal
def _check_publisher(contract: bytes32):
    assert self.contracts[contract].publisher == msg.sender, "only the contract's publisher may do this"


@view
@internal
def _active(node: address) -> address:
    found: faces.Node = staticcall NODES.info(node)
    assert found.status in [faces.LOGGED_OUT, faces.LOGGED_IN], "this node is not registered, or it leaves"
    return found.operator


@internal
def _seat(contract: bytes32, nodes: DynArray[address, faces.MOST_SEATS]):
    self.contracts[contract].phase = SEATED
    for node: address in nodes:
        self.sat[contract][node] = True
    log Seated(contract=contract, nodes=nodes)
    extcall faces.IJobs(binding.jobs).seated(contract, nodes)


@view
@internal
def _fee_after(abandoned: uint256) -> uint256:
    return DRAW_FEE << min(abandoned, MOST_ABANDONED)


@view
@internal
def _lapsed(contract: bytes32) -> bool:
    return (
        block.number > self.draws[contract].seed_block + REACH
        or staticcall NODES.epoch() > self.draws[contract].epoch + 1
    )


@view
@internal
def _enough_operators(epoch: uint256, seats: uint256) -> bool:
    operators: DynArray[address, faces.MOST_SEATS] = []
    place: uint256 = 0
    for weight: uint256 in staticcall NODES.weights_in(epoch, 0, faces.MOST_NODES):
        if weight > 0:
            operator: address = (staticcall NODES.info(staticcall NODES.node_at(place))).operator
            if operator not in operators:
                operators.append(operator)
                if len(operators) == seats:
                    return True
        place += 1
    return False


@view
@internal
def _draw(seed: bytes32, epoch: uint256, seats: uint256) -> DynArray[address, faces.MOST_SEATS]:
    """
    @dev Weighted sampling without replacement. A node whose operator has a seat is put aside when it is met: among the
         others the chances are as if it had never been there.
    """
    weights: DynArray[uint256, faces.MOST_NODES] = staticcall NODES.weights_in(epoch, 0, faces.MOST_NODES)
    total: uint256 = 0
    for weight: uint256 in weights:
        total += weight
    nodes: DynArray[address, faces.MOST_SEATS] = []
    operators: DynArray[address, faces.MOST_SEATS] = []
    for step: uint256 in range(faces.MOST_NODES):
        if len(nodes) == seats:
            break
        assert total > 0, "too few operators to draw from"
        # The total is below 2^72: the remainder is uneven by less than 2^-184.
        ticket: uint256 = convert(keccak256(abi_encode(seed, step)), uint256) % total
        place: uint256 = 0
        for weight: uint256 in weights:
            if ticket < weight:
                break
            ticket -= weight
            place += 1
        total -= weights[place]
        weights[place] = 0
        node: address = staticcall NODES.node_at(place)
        operator: address = (staticcall NODES.info(node)).operator
        if operator not in operators:
            nodes.append(node)
            operators.append(operator)
    assert len(nodes) == seats, "too few operators to draw from"
    return nodes
