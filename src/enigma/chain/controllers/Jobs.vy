# pragma version 0.4.3
# pragma evm-version cancun
"""
@title Jobs
@license Apache-2.0
@notice What private contracts are asked, what came of it, what it cost, and who is made to answer for a lie.
        An asker's account pays for what the asker allowed, and for nothing else. A receipt that a quorum of the seats
        signed moves a contract from one state to the next, once. A deposit falls only on proof that this controller can
        check: two signatures of one node that contradict each other, or no answer in time to a challenge. To be silent
        or in the minority puts a seat to sleep, and costs it nothing else.
@dev Money: accounts, what open jobs reserve, parts kept for late signatures, bonds and what nodes earned add up to this
     contract's ether. Everything is pulled, nothing is pushed.
"""

import accounts
import docket
import faces
import outcomes
import penalties
import receipts
import standings

initializes: accounts
initializes: docket
initializes: penalties[accounts := accounts, docket := docket]
initializes: standings

exports: (
    accounts.fund,
    accounts.withdraw,
    accounts.allow,
    accounts.balances,
    accounts.earned,
    accounts.allowance,
    docket.job,
    docket.jobs_count,
    penalties.challenges,
    penalties.fallen,
    receipts.domain_separator,
    standings.standing,
)

event Requested:
    job: indexed(uint256)
    contract: indexed(bytes32)
    asker: indexed(address)
    function: bytes4
    arguments: bytes32
    commitments: DynArray[bytes32, MOST_COMMITMENTS]
    maximum: uint256
    deadline: uint256
    request: bytes32

event Settled:
    job: indexed(uint256)
    contract: indexed(bytes32)
    receipt: bytes32
    state: bytes32
    result: bytes32
    seats: uint256
    cost: uint256

event SignedLate:
    job: indexed(uint256)
    seat: uint256

event Closed:
    job: indexed(uint256)
    refund: uint256

event Refused:
    job: indexed(uint256)
    reason: bytes32

event Expired:
    job: indexed(uint256)

event Moved:
    contract: indexed(bytes32)
    seat: uint256
    pieces: bytes32

struct Late:
    receipt: bytes32
    signed: uint256  # one bit per seat
    share: uint256  # wei kept for each seat that has not signed
    until: uint256

MOST_COMMITMENTS: constant(uint256) = 16
ONE_GWEI: constant(uint256) = 10**9
# In so many settled jobs of a drawn committee each seat has its turn for a point of reputation, and none in the first,
# which costs more gas than others.
EACH: constant(uint256) = 16
FIRST_TURN: constant(uint256) = 5
NODES: immutable(faces.INodes)
COMMITTEES: immutable(faces.ICommittees)
MINIMUM: immutable(uint256)
PATIENCE: immutable(uint256)
IDLE: immutable(uint256)
BOND: immutable(uint256)
LIE: immutable(uint256)
SILENCE: immutable(uint256)

states: public(HashMap[bytes32, bytes32])
moves: public(HashMap[bytes32, uint256])
late: public(HashMap[uint256, Late])


@deploy
def __init__(
    nodes: address,
    committees: address,
    minimum: uint256,
    patience: uint256,
    idle: uint256,
    bond: uint256,
    lie: uint256,
    silence: uint256,
):
    """
    @param nodes The controller Nodes.
    @param committees The controller Committees.
    @param minimum The balance, in wei, below which an account cannot ask.
    @param patience Seconds for a late signature, and for the answer to a challenge.
    @param idle Seconds without a receipt after which anybody may retire a contract and free its seats.
    @param bond Wei that a challenge costs; they go to the node that answers it.
    @param lie Part of the deposit, in 1/10000, that a contradiction costs.
    @param silence Part of the deposit, in 1/10000, that an unanswered challenge costs.
    """
    assert nodes.is_contract and committees.is_contract, "Nodes and Committees must be deployed contracts"
    assert patience > 0 and patience < 2**32 and idle < 2**32, "a time is too long"
    assert lie <= penalties.PARTS and silence <= lie, "parts are in 1/10000, and silence costs no more than a lie"
    NODES = faces.INodes(nodes)
    COMMITTEES = faces.ICommittees(committees)
    MINIMUM = minimum
    PATIENCE = patience
    IDLE = idle
    BOND = bond
    LIE = lie
    SILENCE = silence


# ---------------------------------------------------------------- a job


@nonreentrant
@external
def request(
    function: bytes4, arguments: bytes32, commitments: DynArray[bytes32, MOST_COMMITMENTS], asker: address
) -> uint256:
    """
    @notice Asks the committee of the contract whose public half is the sender, at the asker's cost. Returns the job.
    @param arguments Hash of the public arguments.
    @param commitments Salted commitments to the private ones.
    """
    contract: bytes32 = empty(bytes32)
    smallest: uint256 = 0
    term: uint256 = 0
    contract, smallest, term = staticcall COMMITTEES.working(msg.sender)
    standings.opened(contract)
    maximum: uint256 = accounts.reserve(asker, contract, smallest, MINIMUM)

    deadline: uint256 = block.timestamp + term
    inputs: bytes32 = keccak256(abi_encode(commitments))
    job: uint256 = 0
    request: bytes32 = empty(bytes32)
    job, request = docket.add(contract, function, arguments, inputs, asker, maximum, deadline)
    log Requested(
        job=job,
        contract=contract,
        asker=asker,
        function=function,
        arguments=arguments,
        commitments=commitments,
        maximum=maximum * ONE_GWEI,
        deadline=deadline,
        request=request,
    )
    return job


@nonreentrant
@external
def settle(
    receipt: receipts.Receipt,
    seats: uint256,
    signed: DynArray[Bytes[65], faces.MOST_SEATS],
    outcome: Bytes[outcomes.MOST_OUTCOME],
):
    """
    @notice Takes a receipt, by anybody: the contract moves to its next state, the seats earn, the asker gets the rest.
    @param seats Which seats signed, one bit each.
    @param signed Their signatures, in the order of the seats.
    @param outcome What the public half is told of it, as signed; empty if nothing. Where the public half does not take
           it (it has changed since), the contract stays in its state; the seats have done their work, and are paid.
    """
    found: docket.Job = docket.running(receipt.job)
    assert found.contract == receipt.contract, "this job is another contract's"
    docket.check_in_time(found)
    assert receipt.request == found.request, "this receipt answers another request"
    assert receipt.request == docket.hashed(
        receipt.contract, receipt.job, receipt.function, receipt.arguments, receipt.inputs, found.fees
    ), "function, arguments or inputs are not those of the request"
    assert receipt.state_before == self.states[receipt.contract], "the contract is in another state"

    committee: faces.Committee = self._committee(receipt.contract)
    message: bytes32 = receipts.hashed(receipt)
    signers: DynArray[address, faces.MOST_NAMED] = receipts.signers(
        message, committee.seats, committee.quorum, seats, signed
    )

    cost: uint256 = convert(receipt.rounds, uint256) * committee.terms.round
    cost += convert(receipt.operations, uint256) * committee.terms.operation
    cost = max(cost, committee.terms.smallest)
    maximum: uint256 = docket.maximum(found)
    assert cost <= maximum, "the cost is above the asker's maximum"
    share: uint256 = cost // len(committee.seats)
    for node: address in signers:
        accounts.earned[node] += share
    status: uint256 = docket.SETTLED
    if len(signers) < len(committee.seats):
        # A seat that was left out, or is slow, has its part kept: nobody gains by leaving it out.
        status = docket.PARTLY
        self.late[receipt.job] = Late(receipt=message, signed=seats, share=share, until=block.timestamp + PATIENCE)
    accounts.balances[docket.asker(found)] += maximum - share * len(committee.seats)
    docket.mark(receipt.job, status)
    state: bytes32 = receipt.state_before
    if outcomes.told(COMMITTEES, receipt, outcome):
        state = receipt.state_after
    if state != receipt.state_before:
        self.states[receipt.contract] = state

    settled: uint256 = standings.settled(receipt.contract)
    log Settled(
        job=receipt.job,
        contract=receipt.contract,
        receipt=message,
        state=state,
        result=receipt.result,
        seats=seats,
        cost=cost,
    )
    # One seat after the other, so that no job pays for all. Only where the committee was drawn: one that its publisher
    # named could validate itself into any reputation.
    turn: uint256 = (settled + EACH - FIRST_TURN) % EACH
    if committee.drawn and turn < len(committee.seats) and seats >> turn & 1 == 1:
        extcall NODES.credit_reputation([committee.seats[turn]])


@nonreentrant
@external
def sign_late(job: uint256, seat: uint256, signature: Bytes[65]):
    """
    @notice A seat that was not among a receipt's signers signs it after all, in time, and earns its part.
    """
    found: docket.Job = self._partly(job)
    late: Late = self.late[job]
    assert block.timestamp <= late.until, "the time for late signatures has passed"
    assert late.signed >> seat & 1 == 0, "this seat has signed"
    committee: faces.Committee = self._committee(found.contract)
    receipts.check(late.receipt, committee.seats[seat], signature)
    self.late[job].signed = late.signed | 1 << seat
    accounts.earned[committee.seats[seat]] += late.share
    log SignedLate(job=job, seat=seat)


@nonreentrant
@external
def close(job: uint256):
    """
    @notice After the time for late signatures: what was kept for seats that never signed goes back to the asker, and
            they are asleep until they say that they are there.
    """
    found: docket.Job = self._partly(job)
    late: Late = self.late[job]
    committee: faces.Committee = self._committee(found.contract)
    missing: uint256 = ((1 << len(committee.seats)) - 1) & ~late.signed
    assert missing == 0 or block.timestamp > late.until, "late signatures are still taken"
    refund: uint256 = late.share * standings.count(missing)
    accounts.balances[docket.asker(found)] += refund
    docket.mark(job, docket.SETTLED)
    self.late[job] = empty(Late)
    log Closed(job=job, refund=refund)
    self._rest(found.contract, missing)


@nonreentrant
@external
def refuse(job: uint256, reason: bytes32, seats: uint256, signed: DynArray[Bytes[65], faces.MOST_SEATS]):
    """
    @notice A quorum says that the job cannot be run (its inputs never came, its cost is above the maximum): the asker
            gets everything back and nobody goes to sleep.
    """
    found: docket.Job = docket.running(job)
    contract: bytes32 = found.contract
    committee: faces.Committee = self._committee(contract)
    message: bytes32 = keccak256(abi_encode(receipts.REFUSAL, contract, job, found.request, reason))
    receipts.signers(message, committee.seats, committee.quorum, seats, signed)
    self._refund(job, found, docket.REFUSED)
    log Refused(job=job, reason=reason)


@nonreentrant
@external
def expire(job: uint256):
    """
    @notice After the deadline: the asker gets everything back, and the seats are asleep until they say that they are
            there. Nobody loses a deposit by silence alone, for who was silent cannot be seen from here.
    """
    found: docket.Job = docket.running(job)
    contract: bytes32 = found.contract
    assert block.timestamp > docket.deadline(found), "the deadline has not passed"
    self._refund(job, found, docket.EXPIRED)
    log Expired(job=job)
    self._rest(contract, (1 << len(self._committee(contract).seats)) - 1)


@external
def wake(contract: bytes32, seat: uint256):
    """
    @notice A seat says that it is there again; by its node or its operator.
    """
    committee: faces.Committee = self._committee(contract)
    penalties.check_speaks(NODES, committee.seats[seat])
    asleep: uint256 = standings.sleepers(contract) & ~(1 << seat)
    standings.set_sleepers(contract, asleep, len(committee.seats), committee.quorum)


# ---------------------------------------------------------------- what nodes earn, and what it costs them to lie


@nonreentrant
@external
def collect(node: address):
    """
    @notice Pays what a node earned to its operator, who sends this.
    """
    assert msg.sender == (staticcall NODES.info(node)).operator, "only the node's operator collects"
    accounts.pay_out(node, msg.sender)


@nonreentrant
@external
def contradiction(
    node: address, a: receipts.Receipt, signature_a: Bytes[65], b: receipts.Receipt, signature_b: Bytes[65]
):
    """
    @notice Proves that a node signed two different receipts for one request in one state: its deposit, or the part that
            was set, goes to the other seats. Once per node and job.
    @dev Receipts bind the request with its asker and deadline, so one signed before a reorganisation of the chain does
         not contradict another job that took its number. Seats keep the receipt that they signed, salt included.
    """
    penalties.contradict(NODES, COMMITTEES, LIE, node, a, signature_a, b, signature_b)


@payable
@nonreentrant
@external
def challenge(job: uint256, seat: uint256, message: bytes32):
    """
    @notice The asker, or a seat, says which message of a running job it waits for. The bond goes to the node if it
            answers in time, and back if it does not.
    @param message What names the message: its step, round and receiver, hashed.
    """
    assert msg.value == BOND, "send exactly the bond"
    penalties.ask(COMMITTEES, PATIENCE, job, seat, message)


@external
def answer(job: uint256, node: address, sealed: Bytes[penalties.MOST_SEALED]):
    """
    @notice The missing message, sealed to its receiver, for everybody to see that it was given; by the node or its
            operator.
    """
    penalties.reply(NODES, BOND, job, node, sealed)


@nonreentrant
@external
def unanswered(job: uint256, node: address):
    """
    @notice After the time for an answer: a part of the node's deposit goes to the other seats, the bond goes back.
    """
    penalties.fall_silent(NODES, COMMITTEES, BOND, SILENCE, job, node)


# ---------------------------------------------------------------- committees


@external
def seated(contract: bytes32, nodes: DynArray[address, faces.MOST_SEATS]):
    """
    @notice Committees says that a committee is complete: its nodes' deposits are held from now on.
    """
    assert msg.sender == COMMITTEES.address, "only Committees may do this"
    standings.begin(contract)
    all: DynArray[address, faces.MOST_NAMED] = []
    for node: address in nodes:
        all.append(node)
    extcall NODES.lock(all)


@nonreentrant
@external
def move(
    contract: bytes32,
    seat: uint256,
    node: address,
    pieces: bytes32,
    consent: Bytes[65],
    seats: uint256,
    signed: DynArray[Bytes[65], faces.MOST_SEATS],
):
    """
    @notice Gives the seat of a node that sleeps, leaves or agrees to another, by the signatures of a quorum and of the
            new node.
    @param pieces Commitment to the pieces after resharing: the new stand here before the old are dropped.
    """
    committee: faces.Committee = self._committee(contract)
    departed: address = committee.seats[seat]
    count: uint256 = self.moves[contract]
    message: bytes32 = keccak256(abi_encode(receipts.MOVE, contract, seat, node, pieces, count))
    receipts.signers(message, committee.seats, committee.quorum, seats, signed)
    asleep: uint256 = standings.sleepers(contract)
    assert (
        asleep >> seat & 1 == 1 or seats >> seat & 1 == 1 or (staticcall NODES.info(departed)).status == faces.LEAVING
    ), "this seat is awake, stays, and does not agree"
    receipts.check(message, node, consent)
    self.moves[contract] = count + 1
    extcall COMMITTEES.reseat(contract, seat, node)
    extcall NODES.lock([node])
    extcall NODES.unlock([departed])
    log Moved(contract=contract, seat=seat, pieces=pieces)
    standings.set_sleepers(contract, asleep & ~(1 << seat), len(committee.seats), committee.quorum)


@nonreentrant
@external
def retire(contract: bytes32):
    """
    @notice Ends a contract that has had no receipt for long and frees its seats, so that nobody is held for ever.
    """
    standings.check_idle(contract, IDLE)
    extcall COMMITTEES.retire(contract)
    committee: faces.Committee = self._committee(contract)
    all: DynArray[address, faces.MOST_NAMED] = []
    for node: address in committee.seats:
        all.append(node)
    extcall NODES.unlock(all)


# ---------------------------------------------------------------- what anybody reads


@view
@external
def terms() -> (uint256, uint256, uint256, uint256, uint256, uint256):
    """
    @notice The constants: minimum balance (wei), patience (seconds), idle (seconds), bond (wei), parts of a deposit
            that a lie and an unanswered challenge cost (1/10000).
    """
    return MINIMUM, PATIENCE, IDLE, BOND, LIE, SILENCE


# ---------------------------------------------------------------- inside


@view
@internal
def _partly(job: uint256) -> docket.Job:
    found: docket.Job = docket.jobs[job]
    assert docket.status(found) == docket.PARTLY, "no part of this job is kept"
    return found


@view
@internal
def _committee(contract: bytes32) -> faces.Committee:
    return staticcall COMMITTEES.committee(contract)


@internal
def _refund(job: uint256, found: docket.Job, status: uint256):
    accounts.balances[docket.asker(found)] += docket.maximum(found)
    docket.mark(job, status)
    standings.dropped(found.contract)


@internal
def _rest(contract: bytes32, seats: uint256):
    committee: faces.Committee = self._committee(contract)
    standings.set_sleepers(contract, standings.sleepers(contract) | seats, len(committee.seats), committee.quorum)
