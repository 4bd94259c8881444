# pragma version 0.4.3
"""
@title Faces
@license Apache-2.0
@notice What Committees and Jobs know of each other and of Nodes. No state and no code of its own.
"""

MOST_SEATS: constant(uint256) = 16
MOST_NODES: constant(uint256) = 256
MOST_NAMED: constant(uint256) = 32  # nodes that one call to Nodes can name

# The status of a node, as Nodes keeps it.
LOGGED_OUT: constant(uint8) = 1
LOGGED_IN: constant(uint8) = 2
LEAVING: constant(uint8) = 3

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

struct Terms:
    smallest: uint256  # wei, the least that a job costs
    round: uint256  # wei per round
    operation: uint256  # wei per operation
    term: uint256  # seconds from a request to its deadline

struct Committee:
    quorum: uint256
    drawn: bool
    terms: Terms
    seats: DynArray[address, MOST_SEATS]

interface INodes:
    def info(node: address) -> Node: view
    def node_at(place: uint256) -> address: view
    def places() -> uint256: view
    def epoch() -> uint256: view
    def weights_in(epoch: uint256, first: uint256, count: uint256) -> DynArray[uint256, MOST_NODES]: view
    def lock(nodes: DynArray[address, MOST_NAMED]): nonpayable
    def unlock(nodes: DynArray[address, MOST_NAMED]): nonpayable
    def credit_reputation(nodes: DynArray[address, MOST_NAMED]): nonpayable
    def suspend(node: address, until: uint256): nonpayable
    def forfeit(node: address, amount: uint256, to: DynArray[address, MOST_NAMED]): nonpayable

interface ICommittees:
    def working(public_half: address) -> (bytes32, uint256, uint256): view
    def committee(contract: bytes32) -> Committee: view
    def public_half(contract: bytes32) -> address: view
    def sat(contract: bytes32, node: address) -> bool: view
    def reseat(contract: bytes32, seat: uint256, node: address): nonpayable
    def retire(contract: bytes32): nonpayable

interface IJobs:
    def seated(contract: bytes32, nodes: DynArray[address, MOST_SEATS]): nonpayable
