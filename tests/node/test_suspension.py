"""Who is let in at a node's peer port, and what becomes of those who are not any more: real nodes, real sockets."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from tests.net.states import until
from tests.node.living import HOST, Living, Place, living, sending_as

from enigma.chain.coding import encode_call, function_entry
from enigma.chain.committees import Fees
from enigma.chain.nodes import Listing, Nodes, Registered, Status
from enigma.errors import NetworkError
from enigma.local.anvil import LocalChain
from enigma.net.door import PEERS, knock
from enigma.net.tls import dialling_context
from enigma.net.tls_stream import TlsStream
from enigma.node.neighbours import is_let_in

PATIENCE = 90.0
ANYBODY = Registered("0x1", "0x2", Listing(b"", b"", "", 1, 1), 1, 0, 0, Status.LOGGED_IN, 0, 0)


@pytest.mark.parametrize(
    ("status", "locks", "fallen", "let_in"),
    [
        (Status.LOGGED_IN, 0, False, True),
        (Status.LOGGED_IN, 2, True, True),
        (Status.LOGGED_OUT, 0, False, False),
        (Status.LOGGED_OUT, 1, False, True),
        (Status.LOGGED_OUT, 1, True, False),
        (Status.LEAVING, 0, False, False),
        (Status.LEAVING, 1, False, True),
        (Status.LEAVING, 1, True, False),
        (Status.LEFT, 0, False, False),
        (Status.UNKNOWN, 0, False, False),
    ],
)
def test_who_is_let_in(status: Status, locks: int, fallen: bool, let_in: bool) -> None:
    assert is_let_in(replace(ANYBODY, status=status, locks=locks), fallen=fallen) is let_in


@pytest.fixture(scope="module")
def network(anvil: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Living]:
    with (
        LocalChain(accounts=9) as chain,
        living(chain.connection, chain.accounts, tmp_path_factory.mktemp("network")) as alive,
    ):
        for place in alive.places:
            for other in alive.places:
                until(partial(answers, place, other), "all know each other")
        yield alive


def answers(caller: Place, called: Place) -> bool:
    """Whether a node gets an answer from another one."""
    if caller is called:
        return True
    node = caller.running
    try:
        return bool(node.neighbours.call(node.client, called.name, "ready", {"job": 1}) is not None)
    except NetworkError:
        return False


def connected(place: Place, to: Place) -> TlsStream:
    """A connection with a node's key to another one's peer port, handshake done."""
    context = dialling_context(place.keys.tls, [to.keys.tls.certificate_pem()])
    stream = TlsStream(knock(HOST, to.ports[0], PEERS, 20.0), context, server_side=False)
    stream.settimeout(PATIENCE)
    stream.do_handshake()
    return stream


def ended(stream: TlsStream) -> bool:
    """Wait for the end of a connection; whether it came without a word."""
    try:
        return stream.recv(1) == b""
    except ssl.SSLError as alert:  # the one thing that TLS 1.3 says: this certificate is none of ours
        return "ALERT" in str(alert)
    except OSError:
        return True
    finally:
        stream.close()


def is_gone(place: Place, other: Place) -> bool:
    """Whether another node neither knows this one nor has a connection of it."""
    peer = place.keys.tls.fingerprint
    return peer not in other.running.book and peer not in other.running.server.connected


def suspend(network: Living, place: Place) -> None:
    """As the controller Jobs does after a proven fault."""
    jobs, nodes = network.controllers.addresses["Jobs"], network.controllers.nodes(network.connection)
    network.connection.ask("anvil_impersonateAccount", jobs)
    network.connection.ask("anvil_setBalance", jobs, hex(10**20))
    now = network.connection.head().timestamp
    data = encode_call(function_entry(nodes.abi, "suspend", 2), (place.name, now))
    sent = network.connection.ask(
        "eth_sendTransaction", {"from": jobs, "to": nodes.address, "data": "0x" + data.hex(), "gas": hex(500_000)}
    )
    until(lambda: network.connection.receipt(sent) is not None, "the chain has taken it")
    receipt = network.connection.receipt(sent)
    assert receipt is not None
    assert receipt.status == 1


def as_operator(network: Living, place: Place) -> Iterator[Nodes]:
    with sending_as(network.connection, place.operator) as sender:
        yield network.controllers.nodes(network.connection, sender)


def is_shut_out(network: Living, place: Place) -> None:
    """Nobody answers it, nobody asks it, and strangers' and its own connections get the same: nothing."""
    others = [each for each in network.places if each is not place]
    for other in others:
        until(partial(is_gone, place, other), "it is taken out, and has no connection")
        assert not answers(place, other)
        assert not answers(other, place)
        assert ended(connected(place, other))
    assert answers(others[0], others[1]), "the others go on"


@pytest.mark.processes
def test_a_suspended_node_is_shut_out_until_it_logs_in_again(network: Living) -> None:
    place, other = network.places[2], network.places[0]
    assert answers(place, other)
    stands = connected(place, other)
    greeting = stands.recv(1)
    assert greeting != b"", "it was greeted as a peer"
    while len(greeting) < 5:
        greeting += stands.recv(5 - len(greeting))
    suspend(network, place)
    assert ended(stands), "a connection that stood has ended"
    is_shut_out(network, place)
    for nodes in as_operator(network, place):
        nodes.log_in(place.name)
    for each in network.places[:2]:
        until(partial(answers, place, each), "it is let in again")
        until(partial(answers, each, place), "it is asked again")


@pytest.mark.processes
def test_a_node_stays_shut_out_across_a_restart_of_the_others(network: Living) -> None:
    place, other = network.places[1], network.places[0]
    suspend(network, place)
    is_shut_out(network, place)
    network.stop(other)
    network.start(other)
    assert other.running.wait_ready(PATIENCE)
    until(lambda: answers(other, network.places[2]), "the chain's word has come")
    is_shut_out(network, place)
    for nodes in as_operator(network, place):
        nodes.log_in(place.name)
    until(lambda: answers(place, other) and answers(place, network.places[2]), "the chain's word has come")


@pytest.mark.processes
def test_who_logs_out_goes_at_once_but_stays_where_a_committee_counts_on_it(network: Living) -> None:
    place, other = network.places[2], network.places[0]
    for nodes in as_operator(network, place):
        nodes.log_out(place.name)
        is_shut_out(network, place)
        nodes.log_in(place.name)
    until(lambda: answers(place, other) and answers(place, network.places[1]), "the chain's word has come")
    person = network.person(0)
    fees = Fees(smallest=1, round=1, operation=1, term=600)
    contract = person.committees.publish(bytes(32), person.account.address, seats=3, quorum=2, fees=fees)
    person.committees.name(contract, network.names)
    until(lambda: all(each.running.contracts.seated(contract) for each in network.places), "the chain's word has come")
    for nodes in as_operator(network, place):
        nodes.log_out(place.name)
    until(lambda: status(other, place) is Status.LOGGED_OUT, "the chain's word has come")
    assert answers(place, other), "its committee counts on it"
    suspend(network, place)
    is_shut_out(network, place)


def status(at: Place, of: Place) -> Status:
    found = at.running.neighbours.registered(of.name)
    assert found is not None
    return found.status
