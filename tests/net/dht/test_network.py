"""Whole networks over hours: churn, cuts, restarts, shares, providers, floods."""

from __future__ import annotations

import sys

import pytest
from tests.net.dht.simulation import Simulation

from enigma.errors import ArgumentProblem, NetworkError, NobodyAnswered, RecordRefused
from enigma.keys.node import NodeKey
from enigma.net.dht import Candidate, Kind, NodeId, Record, Settings, content, node_id, place, signed
from enigma.net.dht.messages import GET, Request
from enigma.net.dht.operations import get, get_from, join, lookup, maintain, provide, providers, put, put_at, republish

HOUR = 3600
OWNER = NodeKey.from_private_bytes(bytes(range(32)))
SMALL = Settings(bucket_size=8, replicas=6)


def grown(seed: int, size: int, settings: Settings | None = None) -> Simulation:
    network = Simulation(seed, settings=settings)
    network.grow(size)
    return network


def public(network: Simulation, name: bytes, value: bytes, sequence: int) -> Record:
    expires = int(network.now) + 20 * 24 * HOUR
    return signed(OWNER, Kind.PUBLIC, name, value, sequence=sequence, expires=expires)


def held(network: Simulation, record: Record) -> list[NodeId]:
    return [name for name, node in network.nodes.items() if node.shelf.find(record.key, network.now) is not None]


# ---------------------------------------------------------------- churn


def churn(size: int, keys: int, hours: int, seed: int) -> None:
    """Each hour a fifth of the nodes goes for good, with all it held, and as many empty ones come."""
    network = grown(seed, size)
    for node in network.nodes:
        network.maintaining(node, HOUR / 3)
    lasts = int(network.now) + (hours + 2) * HOUR
    records = [content(b"value %d" % number, expires=lasts) for number in range(keys)]
    for record in records:
        (caller,) = network.some(1)
        network.run(caller, put(network.nodes[caller], record))
    first = set(network.nodes)

    def replace_one() -> None:
        (gone,) = network.some(1)
        network.stop(gone)
        new = network.register()
        seeds = network.some(3)
        network.start(new)
        network.begin(new, join(network.nodes[new], seeds))
        network.maintaining(new, HOUR / 3)

    begin = network.now
    for number in range(hours * size // 5):
        network.at(begin + HOUR * (number + network.random.random()) * 5 / size, replace_one)
    sys.stdout.write("\n")
    for hour in range(1, hours + 1):
        calls, timeouts = network.calls, network.timeouts
        network.until(begin + hour * HOUR)
        calls, timeouts = network.calls - calls, network.timeouts - timeouts
        found = 0
        for record in records:
            (caller,) = network.some(1)
            found += network.run(caller, get(network.nodes[caller], record.key)) == record
        copies = [len(held(network, record)) for record in records]
        sys.stdout.write(
            f"hour {hour:2}: {found} of {keys} keys found; {min(copies)} to {max(copies)} copies; "
            f"{calls / size:.0f} calls per node, {timeouts / calls:.0%} of them unanswered\n"
        )
        assert found == keys
        assert max(copies) < 3 * network.settings.replicas  # copies do not pile up
    assert len(first & set(network.nodes)) < size * 0.9**hours  # it was churn
    network.until(lasts + HOUR)
    assert not any(held(network, record) for record in records)


def test_no_key_is_lost_under_churn() -> None:
    churn(size=150, keys=60, hours=3, seed=21)


@pytest.mark.long
def test_no_key_is_lost_among_a_thousand_nodes_in_hours_of_churn() -> None:
    churn(size=1000, keys=500, hours=12, seed=22)


def test_without_republishing_keys_are_lost() -> None:
    """The control: the churn of these tests does destroy what is not republished."""
    network = grown(23, 60)
    record = content(b"left alone", expires=int(network.now) + HOUR)
    caller = next(iter(network.nodes))
    network.run(caller, put(network.nodes[caller], record))
    for node in held(network, record):
        network.stop(node)
    caller = next(iter(network.nodes))
    assert network.run(caller, get(network.nodes[caller], record.key)) is None


# ---------------------------------------------------------------- cuts


def test_the_halves_of_a_cut_network_find_each_other_again() -> None:
    network = grown(31, 120, SMALL)
    for node in network.nodes:
        network.maintaining(node, HOUR / 3)
    shared = public(network, b"shared", b"before", 1)
    (caller,) = network.some(1)
    network.run(caller, put(network.nodes[caller], shared))
    nodes = list(network.nodes)
    left, right = nodes[:60], nodes[60:]
    network.cut(left)
    network.until(network.now + 3 * HOUR)
    written = {}
    for side, sequence in ((left, 2), (right, 3)):
        record = public(network, b"shared", b"sequence %d" % sequence, sequence)
        written[side[0]] = content(b"of %d" % sequence, expires=int(network.now) + 10**6)
        network.run(side[0], put(network.nodes[side[0]], record))
        network.run(side[0], put(network.nodes[side[0]], written[side[0]]))
    assert network.run(left[5], get(network.nodes[left[5]], written[right[0]].key)) is None  # it was a cut
    seen = network.run(left[6], get(network.nodes[left[6]], shared.key))
    assert seen is not None
    assert seen.sequence == 2
    network.heal()
    network.until(network.now + 3 * HOUR)
    for reader in network.some(20):
        for record in written.values():
            assert network.run(reader, get(network.nodes[reader], record.key)) == record
        seen = network.run(reader, get(network.nodes[reader], shared.key))
        assert seen is not None
        assert (seen.sequence, seen.value) == (3, b"sequence 3")
    holders = [network.nodes[node].shelf.find(shared.key, network.now) for node in held(network, shared)]
    assert {record.sequence for record in holders if record} == {3}


def test_a_node_alone_says_that_nobody_answered() -> None:
    network = grown(32, 1)
    (only,) = network.nodes
    with pytest.raises(NobodyAnswered):
        network.run(only, get(network.nodes[only], b"k" * 32))
    with pytest.raises(NobodyAnswered):
        network.run(only, join(network.nodes[only], [network.register()]))
    assert network.run(only, lookup(network.nodes[only], b"k" * 32)).nodes == ()
    kept = network.run(only, put(network.nodes[only], public(network, b"mine", b"v", 1)))
    assert (kept.here, kept.nodes) == (True, ())


# ---------------------------------------------------------------- restarts


def test_a_network_that_restarts_has_all_it_had() -> None:
    network = grown(41, 40, SMALL)
    records = [public(network, b"%d" % number, b"v", 1) for number in range(20)]
    for record in records:
        (caller,) = network.some(1)
        network.run(caller, put(network.nodes[caller], record))
    names = list(network.nodes)
    contacts = {name: set(network.nodes[name].table) for name in names}
    for name in names:
        network.run(name, maintain(network.nodes[name]))
        network.stop(name)
    for name in names:
        network.start(name)
        assert len(network.nodes[name].table) == 0
    for name in names:
        saved = network.nodes[name].saved_contacts()
        assert contacts[name] <= set(saved)
        assert network.run(name, join(network.nodes[name], saved)) > 0
    for record in records:
        (caller,) = network.some(1)
        assert network.run(caller, get(network.nodes[caller], record.key)) == record


# ---------------------------------------------------------------- mutable records


def test_an_older_record_played_back_changes_nothing() -> None:
    network = grown(51, 60, SMALL)
    old, new = (public(network, b"price", b"%d" % sequence, sequence) for sequence in (7, 8))
    attacker, reader = network.some(2)
    for record in (old, new):
        network.run(reader, put(network.nodes[reader], record))
    with pytest.raises(RecordRefused, match="8 is held"):
        network.run(attacker, put(network.nodes[attacker], old))
    holders = held(network, new)
    refusals = [
        network.nodes[holder].serve(attacker, "dht.put", {"record": old.tree()})
        for holder in holders
        if holder != attacker
    ]
    assert all("8 is held" in str(refusal) for refusal in refusals)
    # A holder that plays it back to readers is outvoted by any other.
    network.liars = dict.fromkeys(
        [holder for holder in holders if holder != reader][:-1],
        lambda world, caller, request: (
            {"record": old.tree()}
            if request.method == GET
            else world.nodes[attacker].serve(caller, request.method, request.fields)
        ),
    )
    assert network.run(reader, get(network.nodes[reader], new.key)) == new
    other = next(node for node in network.nodes if node not in holders)
    assert network.run(other, get(network.nodes[other], new.key)) == new
    assert network.lies > 0


@pytest.mark.parametrize("paid", [True, False])
def test_who_missed_a_newer_record_catches_up_or_lets_go(paid: bool) -> None:
    network = grown(53, 30, SMALL)
    old, new = (public(network, b"price", b"%d" % sequence, sequence) for sequence in (1, 2))
    caller, *_ = network.nodes
    network.run(caller, put(network.nodes[caller], old))
    late, *others = [holder for holder in held(network, old) if holder != caller]
    network.run(caller, put_at(network.nodes[caller], new, others))
    assert network.nodes[late].shelf.find(old.key, network.now) == old
    if not paid:
        network.lease = lambda record: None
    assert network.run(late, republish(network.nodes[late], old.key)) == 0
    assert network.nodes[late].shelf.find(old.key, network.now) == (new if paid else None)


def test_a_tampered_record_finds_no_holder() -> None:
    network = grown(52, 30, SMALL)
    record = public(network, b"n", b"true", 1)
    tampered = Record(record.kind, b"false", record.expires, record.owner, record.name, 2, record.signature)
    (caller,) = network.some(1)
    with pytest.raises(RecordRefused, match="signature"):
        network.run(caller, put(network.nodes[caller], tampered))
    near = network.run(caller, lookup(network.nodes[caller], record.key)).nodes[:5]
    with pytest.raises(RecordRefused, match="signature"):
        network.run(caller, put_at(network.nodes[caller], tampered, near))
    assert network.run(caller, get(network.nodes[caller], record.key)) is None


# ---------------------------------------------------------------- shares


def test_shares_lie_where_they_are_placed_and_nowhere_else() -> None:
    """By weight, one to a node, never republished, given only to whom the predicate admits."""
    network = grown(61, 80, SMALL)
    reader, other = network.some(2)
    network.may_read = lambda peer, record: record.kind is not Kind.SHARE or peer == reader
    for name in list(network.nodes):
        network.stop(name)
        network.start(name)
        network.maintaining(name, HOUR / 3)
    for name in network.nodes:
        network.begin(name, join(network.nodes[name], network.some(4)))
    network.until(network.now + 60)
    candidates = [Candidate(name, f"operator {number // 2}", 1 + number) for number, name in enumerate(network.nodes)]
    seats = place(b"s" * 32, candidates, 3)
    expires = int(network.now) + 10 * HOUR
    shares = [signed(OWNER, Kind.SHARE, b"seat %d" % seat, b"noise", sequence=1, expires=expires) for seat in range(3)]
    with pytest.raises(ArgumentProblem, match="put_at"):
        network.run(reader, put(network.nodes[reader], shares[0]))
    for share, holder in zip(shares, seats, strict=True):
        stored = network.run(reader, put_at(network.nodes[reader], share, [holder]))
        assert (*stored.nodes, *([reader] if stored.here else [])) == (holder,)
    network.until(network.now + 5 * HOUR)
    for share, holder in zip(shares, seats, strict=True):
        assert network.run(holder, republish(network.nodes[holder], share.key)) == 0
        assert held(network, share) == [holder]
        assert network.run(reader, get_from(network.nodes[reader], share.key, [holder])) == share
        if holder != other:
            assert network.run(other, get_from(network.nodes[other], share.key, [holder])) is None
    network.stop(seats[0])
    away = next(iter(network.nodes))
    with pytest.raises(NobodyAnswered):
        network.run(away, get_from(network.nodes[away], shares[0].key, [seats[0]]))


# ---------------------------------------------------------------- providers


def test_providers_are_found_and_forgotten_when_they_fall_silent() -> None:
    network = grown(71, 80, SMALL)
    key = network.random.randbytes(32)
    several = network.some(3)
    for name in several:
        assert network.run(name, provide(network.nodes[name], key, int(network.now) + HOUR)) >= 4
    (asker,) = network.some(1)
    assert set(network.run(asker, providers(network.nodes[asker], key))) == set(several)
    network.until(network.now + HOUR + 60)
    assert network.run(asker, providers(network.nodes[asker], key)) == ()
    with pytest.raises(RecordRefused, match="lives"):
        network.run(asker, provide(network.nodes[asker], key, int(network.now) + 10**9))


def test_false_providers_must_at_least_be_admitted() -> None:
    network = grown(72, 40, SMALL)
    stranger = node_id(b"s" * 20, b"h" * 32)

    def naming(world: Simulation, _caller: NodeId, _request: Request) -> dict[str, bytes]:
        return {"providers": stranger + next(iter(world.registered))}

    (asker,) = network.some(1)
    network.liars = dict.fromkeys([name for name in network.nodes if name != asker], naming)
    assert network.run(asker, providers(network.nodes[asker], b"k" * 32)) == (next(iter(network.registered)),)
    assert network.lies > 0


# ---------------------------------------------------------------- floods


def test_a_flood_of_records_stops_at_the_quota() -> None:
    network = grown(81, 30, Settings(bucket_size=8, replicas=6, records_of_peer=20))
    flooder, honest = network.some(2)
    refused = 0
    for number in range(300):
        record = content(b"flood %d" % number, expires=int(network.now) + 10**6)
        try:
            refused += len(network.run(flooder, put(network.nodes[flooder], record)).refused)
        except RecordRefused:
            refused += 6
    assert refused > 500
    assert all(len(node.shelf) <= 20 for name, node in network.nodes.items() if name != flooder)
    record = content(b"of an honest node", expires=int(network.now) + 10**6)
    assert len(network.run(honest, put(network.nodes[honest], record)).nodes) >= 5


def test_a_node_is_no_disk_for_keys_that_are_not_near_it() -> None:
    network = grown(82, 200, SMALL)
    holder, peer = network.some(2)
    far = [content(b"%d" % number, expires=int(network.now) + 100) for number in range(100)]
    taken = [r for r in far if not network.nodes[holder].serve(peer, "dht.put", {"record": r.tree()})]
    assert 0 < len(taken) < 40


def test_republishing_is_not_put_off_by_who_is_not_near() -> None:
    network = grown(83, 200, SMALL)
    record = content(b"kept alive", expires=int(network.now) + 10**6)
    caller = next(iter(network.nodes))
    holders = network.run(caller, put(network.nodes[caller], record)).nodes
    holder, near = holders[0], holders[1]
    far = max(network.nodes, key=lambda node: int.from_bytes(node, "big") ^ int.from_bytes(record.key, "big"))
    put_at_first = network.now
    network.until(network.now + HOUR)
    network.nodes[holder].serve(far, "dht.put", {"record": record.tree()})
    assert record.key in network.nodes[holder].shelf.due(put_at_first + 60)
    network.nodes[holder].serve(near, "dht.put", {"record": record.tree()})
    assert record.key not in network.nodes[holder].shelf.due(put_at_first + 60)
    assert network.run(holder, republish(network.nodes[holder], record.key)) == 1
    assert network.run(holder, republish(network.nodes[holder], b"k" * 32)) == 0


def test_strangers_are_not_served() -> None:
    network = grown(84, 5, SMALL)
    (node,) = network.some(1)
    stranger = node_id(b"s" * 20, b"h" * 32)
    with pytest.raises(NetworkError, match="not admitted"):
        network.nodes[node].serve(stranger, "dht.find", {"key": b"k" * 32})
    assert stranger not in network.nodes[node].table
