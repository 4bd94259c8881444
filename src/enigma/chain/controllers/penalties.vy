# pragma version 0.4.3
"""
@title Penalties
@license Apache-2.0
@notice The two ways in which a node loses a part of its deposit, each a proof that this code checks: receipts that
        contradict each other, and a challenge without an answer. A part of the controller Jobs.
"""

import accounts
import docket
import faces
import receipts

uses: accounts
uses: docket

event Challenged:
    job: indexed(uint256)
    node: indexed(address)
    message: bytes32
    until: uint256

event Answered:
    job: indexed(uint256)
    node: indexed(address)
    message: bytes32
    sealed: Bytes[MOST_SEALED]

event Unanswered:
    job: indexed(uint256)
    node: indexed(address)
    message: bytes32
    forfeited: uint256

event Contradicted:
    job: indexed(uint256)
    node: indexed(address)
    receipt: bytes32
    other: bytes32
    forfeited: uint256

struct Challenge:
    message: bytes32
    by: address
    until: uint256

MOST_SEALED: constant(uint256) = 4096
PARTS: constant(uint256) = 10000

# Why a node lost a part of its deposit in a job. Silence pays for no lie: the worse may follow.
FELL_SILENT: constant(uint256) = 1
LIED: constant(uint256) = 2

challenges: public(HashMap[uint256, HashMap[address, Challenge]])
fallen: public(HashMap[uint256, HashMap[address, uint256]])  # job -> node -> 0, FELL_SILENT or LIED


@internal
def contradict(
    nodes: faces.INodes,
    committees: faces.ICommittees,
    part: uint256,
    node: address,
    a: receipts.Receipt,
    signature_a: Bytes[65],
    b: receipts.Receipt,
    signature_b: Bytes[65],
):
    assert a.contract == b.contract and a.job == b.job, "these receipts are of two jobs"
    assert docket.jobs[a.job].contract == a.contract and a.contract != empty(bytes32), "there is no such job"
    assert a.request == b.request and a.request == docket.jobs[a.job].request, "these receipts answer another request"
    assert a.state_before == b.state_before and a.changes == b.changes, "these receipts begin in two states"
    message_a: bytes32 = receipts.hashed(a)
    message_b: bytes32 = receipts.hashed(b)
    assert message_a != message_b, "these receipts are one"
    assert staticcall committees.sat(a.contract, node), "this node never had a seat"
    assert self.fallen[a.job][node] != LIED, "this node has paid for its lie in this job"
    receipts.check(message_a, node, signature_a)
    receipts.check(message_b, node, signature_b)
    self.fallen[a.job][node] = LIED
    amount: uint256 = self._forfeit(nodes, committees, a.job, a.contract, node, part)
    log Contradicted(job=a.job, node=node, receipt=message_a, other=message_b, forfeited=amount)


@internal
def ask(committees: faces.ICommittees, patience: uint256, job: uint256, seat: uint256, message: bytes32):
    found: docket.Job = docket.running(job)
    docket.check_in_time(found)
    committee: faces.Committee = staticcall committees.committee(found.contract)
    assert msg.sender == docket.asker(found) or msg.sender in committee.seats, "only the asker or a seat challenges"
    node: address = committee.seats[seat]
    assert self.challenges[job][node].until == 0, "this node answers another challenge first"
    assert self.fallen[job][node] == 0, "this node has paid for its silence in this job"
    until: uint256 = block.timestamp + patience
    self.challenges[job][node] = Challenge(message=message, by=msg.sender, until=until)
    log Challenged(job=job, node=node, message=message, until=until)


@internal
def reply(nodes: faces.INodes, bond: uint256, job: uint256, node: address, sealed: Bytes[MOST_SEALED]):
    self.check_speaks(nodes, node)
    challenge: Challenge = self.challenges[job][node]
    assert challenge.until > 0, "nobody challenged this node"
    assert block.timestamp <= challenge.until, "the time for an answer has passed"
    assert len(sealed) > 0, "an answer is the sealed message itself"
    self.challenges[job][node] = empty(Challenge)
    accounts.earned[node] += bond
    log Answered(job=job, node=node, message=challenge.message, sealed=sealed)


@internal
def fall_silent(
    nodes: faces.INodes, committees: faces.ICommittees, bond: uint256, part: uint256, job: uint256, node: address
):
    challenge: Challenge = self.challenges[job][node]
    assert challenge.until > 0, "nobody challenged this node"
    assert block.timestamp > challenge.until, "the time for an answer has not passed"
    self.challenges[job][node] = empty(Challenge)
    accounts.balances[challenge.by] += bond
    amount: uint256 = 0
    if self.fallen[job][node] == 0:
        self.fallen[job][node] = FELL_SILENT
        amount = self._forfeit(
            nodes, committees, job, docket.jobs[job].contract, node, part
        )
    log Unanswered(job=job, node=node, message=challenge.message, forfeited=amount)


@view
@internal
def check_speaks(nodes: faces.INodes, node: address):
    if msg.sender != node:
        assert msg.sender == (staticcall nodes.info(node)).operator, "only the node or its operator may do this"


@internal
def _forfeit(
    nodes: faces.INodes, committees: faces.ICommittees, job: uint256, contract: bytes32, node: address, part: uint256
) -> uint256:
    """
    @dev To the other seats; not to those who have fallen in this job too, unless all have; never to another node of the
         same operator, which may have come to a seat since. Never reverts, so that no bond is caught.
    """
    loser: faces.Node = staticcall nodes.info(node)
    amount: uint256 = loser.deposit * part // PARTS
    honest: DynArray[address, faces.MOST_NAMED] = []
    others: DynArray[address, faces.MOST_NAMED] = []
    committee: faces.Committee = staticcall committees.committee(contract)
    for other: address in committee.seats:
        if (staticcall nodes.info(other)).operator != loser.operator:
            others.append(other)
            if self.fallen[job][other] == 0:
                honest.append(other)
    if len(honest) == 0:
        honest = others
    if len(honest) == 0 or amount < len(honest):
        amount = 0
    else:
        amount -= amount % len(honest)
        extcall nodes.forfeit(node, amount, honest)
    extcall nodes.suspend(node, block.timestamp)
    return amount
