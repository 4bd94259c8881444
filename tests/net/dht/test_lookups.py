"""Lookups among up to 1,000 nodes: few hops, right results, whatever liars and strangers say."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from math import log2

import pytest
from tests.net.dht.simulation import Simulation

from enigma.errors import NobodyAnswered
from enigma.keys.node import NodeKey
from enigma.net.dht import Kind, NodeId, content, signed
from enigma.net.dht.messages import GET, PUT, Request, answer
from enigma.net.dht.operations import get, join, lookup, put, put_at
from enigma.net.dht.searching import Operation
from enigma.wire.codec import Tree

SIZES = (50, 100, 200, 400, 700, 1000)
LOOKUPS = 100


def nearest(network: Simulation, key: bytes, count: int, *, but: NodeId = b"") -> list[NodeId]:
    ordered = sorted(network.nodes, key=lambda node: int.from_bytes(node, "big") ^ int.from_bytes(key, "big"))
    return [node for node in ordered if node != but][:count]


def slope(points: list[tuple[float, float]]) -> tuple[float, float, float]:
    """The least-squares line through points: its height at 0, its slope, and r squared."""
    size = len(points)
    mean_x, mean_y = sum(x for x, _ in points) / size, sum(y for _, y in points) / size
    xx = sum((x - mean_x) ** 2 for x, _ in points)
    xy = sum((x - mean_x) * (y - mean_y) for x, y in points)
    yy = sum((y - mean_y) ** 2 for _, y in points)
    return mean_y - xy / xx * mean_x, xy / xx, xy * xy / (xx * yy)


def test_lookups_take_logarithmically_many_hops() -> None:
    """Found from any node, exactly, in hops that grow by a constant for each doubling of the network."""
    network = Simulation(seed=11)
    points: list[tuple[float, float]] = []
    sys.stdout.write("\n")
    for size in SIZES:
        network.grow(size - len(network.nodes))
        hops, asked, exact = [], [], 0
        for _ in range(LOOKUPS):
            caller, key = network.some(1)[0], network.random.randbytes(32)
            found = network.run(caller, lookup(network.nodes[caller], key))
            exact += list(found.nodes[:12]) == nearest(network, key, 12, but=caller)
            hops.append(found.hops)
            asked.append(found.asked)
        assert exact >= 0.98 * LOOKUPS
        assert max(hops) <= log2(size)
        assert sum(asked) / LOOKUPS < 2 * network.settings.bucket_size
        points.append((log2(size), sum(hops) / LOOKUPS))
        sys.stdout.write(
            f"n = {size:4}: hops {points[-1][1]:.2f} (at most {max(hops)}), nodes asked {sum(asked) / LOOKUPS:.1f}\n"
        )
    height, per_doubling, r_squared = slope(points)
    sys.stdout.write(f"hops = {height:.2f} + {per_doubling:.2f} log2 n, r^2 = {r_squared:.3f}\n")
    assert r_squared > 0.95
    assert 0 < per_doubling < 0.5
    assert all(len(node.table) <= 20 * 256 for node in network.nodes.values())


@pytest.fixture(scope="module")
def grown() -> Simulation:
    network = Simulation(seed=12)
    network.grow(300)
    return network


@pytest.fixture
def network(grown: Simulation) -> Iterator[Simulation]:
    """300 nodes, all honest at the beginning of each test."""
    yield grown
    grown.liars = {}
    grown.heal()


def test_a_run_repeats_bit_for_bit() -> None:
    def run() -> tuple[float, int, list[list[NodeId]]]:
        network = Simulation(seed=13)
        network.grow(60)
        return network.now, network.calls, [list(node.table) for node in network.nodes.values()]

    assert run() == run()


# ---------------------------------------------------------------- strangers: not registered


def test_strangers_do_not_eclipse_a_key(network: Simulation) -> None:
    """Ids made to lie next to a key, told by every third node and calling everybody themselves: none is ever asked."""
    record = content(b"what an eclipse would hide", expires=int(network.now) + 9999)
    strangers = [record.key[:31] + bytes((last,)) for last in range(200)]

    def told(world: Simulation, _caller: NodeId, request: Request) -> Tree:
        if request.method == PUT:
            return answer()  # takes records, and forgets them
        start = world.random.randrange(150)
        return answer(nodes=strangers[start : start + 20])

    registered = network.some(8)
    for stranger in strangers:
        network.start(stranger)
    joining = [network.begin(stranger, join(network.nodes[stranger], registered)) for stranger in strangers]
    network.until(network.now + 60)
    assert all(isinstance(joined.error, NobodyAnswered) for joined in joining)
    for stranger in strangers:
        network.stop(stranger)
    caller = nearest(network, record.key, 300)[150]
    liars = [node for node in network.nodes if node != caller][::3]
    network.liars = dict.fromkeys(liars, told)
    lies = network.lies
    network.run(caller, put(network.nodes[caller], record))
    found = network.run(caller, lookup(network.nodes[caller], record.key))
    got = network.run(caller, get(network.nodes[caller], record.key))
    network.liars = {}
    assert network.lies > lies  # the lies were told,
    assert found.strangers > 20  # and they arrived
    assert got == record
    assert set(found.nodes) <= set(network.registered)
    assert all(stranger not in node.table for node in network.nodes.values() for stranger in strangers[:5])
    honest = [node for node in nearest(network, record.key, 12, but=caller) if node not in liars]
    assert set(honest) <= set(found.nodes)


def test_who_is_expelled_is_forgotten(network: Simulation) -> None:
    expelled = next(iter(network.registered))
    assert sum(expelled in node.table for node in network.nodes.values()) > 5
    del network.registered[expelled]
    for node in network.nodes.values():
        node.table.prune()
        assert expelled not in node.table
        assert expelled not in node.table.closest(expelled, 20)
    network.registered[expelled] = None


# ---------------------------------------------------------------- liars: registered, and false


def colluding(world: Simulation, _caller: NodeId, request: Request) -> Tree:
    """Tells of liars only, the nearest to the key, and denies every record."""
    if request.method == PUT:
        return answer()
    key = request.fields["key"]
    assert isinstance(key, bytes)
    liars = sorted(world.liars, key=lambda node: int.from_bytes(node, "big") ^ int.from_bytes(key, "big"))
    return answer(nodes=liars[:20])


def found_among_liars(network: Simulation, part: float, paths: int) -> float:
    """The part of records that honest nodes find, when liars hold and route like all others."""
    network.random.seed(99)
    records = [content(network.random.randbytes(40), expires=int(network.now) + 9999) for _ in range(60)]
    for record in records:
        holders = nearest(network, record.key, network.settings.replicas)
        network.run(holders[0], put_at(network.nodes[holders[0]], record, holders))
    network.liars = dict.fromkeys(network.some(int(part * len(network.nodes))), colluding)
    honest = [node for node in network.nodes if node not in network.liars]
    found = 0
    lies = network.lies
    for record in records:
        away = [node for node in honest if network.nodes[node].shelf.find(record.key, network.now) is None]
        node = network.nodes[network.random.choice(away)]
        node.settings = replace(node.settings, paths=paths)
        found += network.run(node.own, get(node, record.key)) == record
        node.settings = network.settings
    assert network.lies > lies
    network.liars = {}
    return found / len(records)


def test_liars_do_not_hide_records(network: Simulation) -> None:
    assert found_among_liars(network, part=0.2, paths=3) == 1.0


def test_disjoint_paths_help_where_many_lie(network: Simulation) -> None:
    one, three, eight = (found_among_liars(network, part=0.6, paths=paths) for paths in (1, 3, 8))
    sys.stdout.write(f"\n60 % liars: {one:.0%} found by one path, {three:.0%} by three, {eight:.0%} by eight\n")
    assert one < 1.0
    assert three >= one
    assert eight > one


def test_a_wrong_record_counts_as_no_answer(network: Simulation) -> None:
    record = content(b"the real one", expires=int(network.now) + 999)
    holders = nearest(network, record.key, 12)
    network.run(holders[0], put_at(network.nodes[holders[0]], record, holders))
    fakes = [content(b"another one", expires=int(network.now) + 999), replace(record, expires=int(network.now) + 10**9)]
    served = 0

    def forging(world: Simulation, caller: NodeId, request: Request) -> Tree:
        nonlocal served
        if request.method != GET:
            return world.nodes[holders[0]].serve(caller, request.method, request.fields)
        served += 1
        return answer(record=fakes[served % 2])

    network.liars = dict.fromkeys(holders[:8], forging)
    caller = nearest(network, record.key, 300)[-1]
    got = network.run(caller, get(network.nodes[caller], record.key))
    network.liars = {}
    assert got == record
    assert served > 0


def test_answers_that_are_none_are_survived(network: Simulation) -> None:
    answers: list[Tree] = [None, 3, {"nodes": b"x"}, {"nodes": b"x" * 32 * 65}, {"surprise": 1}, {"record": {}}, []]

    def babbling(world: Simulation, _caller: NodeId, _request: Request) -> Tree:
        return world.random.choice(answers)

    caller, *others = network.nodes
    network.liars = dict.fromkeys(others[::2], babbling)
    lies = network.lies
    key = network.random.randbytes(32)
    found = network.run(caller, lookup(network.nodes[caller], key))
    honest = [node for node in nearest(network, key, 300, but=caller) if node not in network.liars]
    network.liars = {}
    assert network.lies > lies
    assert list(found.nodes[:8]) == honest[:8]


def test_a_search_without_the_time_to_finish_does_not_say_that_there_is_nothing(network: Simulation) -> None:
    caller = next(iter(network.nodes))
    node = network.nodes[caller]
    key = network.random.randbytes(32)
    assert network.run(caller, get(node, key)) is None
    node.settings = replace(node.settings, operation_deadline=0.3)
    with pytest.raises(NobodyAnswered):
        network.run(caller, get(node, key))
    found = network.run(caller, lookup(node, key))
    assert found.nodes
    assert not found.complete
    node.settings = network.settings


def test_an_answer_that_comes_too_late_is_not_taken_for_a_later_one(network: Simulation) -> None:
    """Searches that follow each other in one operation, each ended by its deadline with calls in flight."""
    caller, other, *_ = network.nodes
    node = network.nodes[caller]
    node.settings = replace(node.settings, operation_deadline=0.01)
    keys = [network.random.randbytes(32) for _ in range(20)]
    owner = NodeKey.from_private_bytes(bytes(range(32)))
    share = signed(owner, Kind.SHARE, b"", b"noise", sequence=1, expires=int(network.now) + 99)

    def several() -> Operation[list[int]]:
        searched = []
        for key in keys:
            found = yield from lookup(node, key)
            searched.append(found.asked)
        stored = yield from put_at(node, share, [other])
        assert stored.nodes == (other,)
        return searched

    asked = network.run(caller, several())
    node.settings = network.settings
    assert max(asked) < 20  # each was cut short


def test_a_lookup_ends_at_its_deadline(network: Simulation) -> None:
    """Nodes that never answer cost each path one deadline after another, and no operation more than its own."""
    caller = next(iter(network.nodes))
    network.cut([caller])
    before = network.now
    with pytest.raises(NobodyAnswered):
        network.run(caller, get(network.nodes[caller], network.random.randbytes(32)))
    network.heal()
    settings = network.settings
    assert network.now - before <= settings.operation_deadline + settings.call_deadline
