"""`Store` and `Load` (white paper, protocol 3) for one account: the chain says who may, the nodes keep ciphertext."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from random import SystemRandom
from typing import TYPE_CHECKING, Any, TypeVar

from enigma.chain.events import EventReader
from enigma.chain.identities import EVERYONE, MEMBERS, NOBODY, Predicate, Right, reference_of
from enigma.chain.ledger import SEALING
from enigma.client.asking import grantee
from enigma.client.data_api import DataApi
from enigma.client.leasing import LeaseTerms, leased
from enigma.client.progress import Step
from enigma.client.sealed_values import Label, OwnValue, opened_label, opened_value, sealed_labels, secret_of
from enigma.errors import AccessRefused, ArgumentProblem, EnigmaError, NetworkError, ProtocolError, WireError
from enigma.keys.asking import sign_seals
from enigma.net.dht import Manifest
from enigma.wire import Tree

if TYPE_CHECKING:
    from enigma.client.network import Network

T = TypeVar("T")

ASKED = 8
"""Nodes that are asked, one after the other, where nobody says which."""
LOOK_EVERY = 0.2
NO_SEALS: Tree = [b"", 0, b""]


@dataclass(frozen=True, slots=True)
class Kept:
    """A value that was stored. `here`: nodes that keep it; `coming`: those to which it is on its way."""

    reference: bytes
    here: tuple[str, ...]
    coming: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """A reference of an identity. `name` and `size` (bytes, as nodes keep it) are None where no node shows them."""

    reference: bytes
    name: str | None
    size: int | None
    public: bool | None
    erased: bool


def store(
    network: Network,
    name: str,
    value: bytes | str,
    *,
    readers: Any,
    public: bool,
    identity: str | None,
    lease: LeaseTerms | None,
    nodes: Sequence[str],
) -> Kept:
    """See `Network.store`."""
    owner = network.account.address if identity is None else grantee(identity)
    own = OwnValue(owner, name, value, secret_of(network.sealing), public=public)
    read = _predicate(owner, readers, public=public)
    reference = reference_of(owner, own.manifest.hash)
    keys = {} if public else _keys(network, owner, read)
    known = network.identities.reference(reference)
    if known is None:
        network.identities.store(owner, own.manifest.hash, read, NOBODY)
    elif known.read != read:
        network.identities.restrict(reference, read, known.compute)
    seals = NO_SEALS if public else _seals(network, own.label, reference, keys)
    number, seats = (0, ()) if lease is None else _leased(network, lease, own.manifest)
    problems: list[EnigmaError] = []
    for node in nodes or seats or _nodes(network, ()):
        try:
            here, coming = _bring(network, DataApi(network.seat(node), network.connection.chain_id, network.account,
                                                   reference), own, seals, number)  # fmt: skip
            return Kept(reference, tuple(here), tuple(coming))
        except NetworkError as problem:
            problems.append(problem)
    raise problems[0] if problems else NetworkError("this network has no nodes")


def load(network: Network, reference: bytes, *, nodes: Sequence[str]) -> bytes | str:
    """See `Network.load`."""
    _want_readable(network, reference)
    asked = _Asked(network, reference, nodes)
    manifest, label = asked.label()
    contents = [asked.content(manifest, index) for index in range(len(manifest.contents))]
    return opened_value(label, contents)


def restrict(network: Network, reference: bytes, readers: Any) -> list[str]:
    """See `Network.restrict`."""
    known = network.identities.reference(reference)
    if known is None:
        raise ArgumentProblem(f"the chain knows no reference {reference.hex()}")
    asked = _Asked(network, reference, ())
    manifest, label = asked.label()
    read = _predicate(known.owner, readers, public=manifest.public)
    keys = {} if manifest.public else _keys(network, known.owner, read)
    network.identities.restrict(reference, read, known.compute)
    if manifest.public:
        return []
    seals, taken = _seals(network, label, reference, keys), []
    for node in asked.holders():
        try:
            DataApi(network.seat(node), network.connection.chain_id, network.account, reference).seal(seals)
            taken.append(node)
        except (NetworkError, ArgumentProblem):
            continue  # it learns of them from those that keep it
    if not taken:
        raise NetworkError("no node took the keys for the new readers", hint="call it again")
    return taken


def listed(network: Network, identity: str | None) -> list[Listed]:
    """See `Network.stored`."""
    owner = network.account.address if identity is None else grantee(identity)
    controller = network.identities
    reader = EventReader(
        network.connection, controller.address, controller.abi, start=network.controllers.first_block, names=["Stored"]
    )
    found: dict[bytes, Listed] = {}
    while batch := reader.read():
        for event in batch:
            if str(event.values["identity"]).lower() == owner.lower() and not event.removed:
                reference = bytes(event.values["reference"])
                found[reference] = _listed(network, reference)
    return list(found.values())


class _Asked:
    """One reference, asked of one node after the other: a node that fails or lies is passed over, and named."""

    def __init__(self, network: Network, reference: bytes, nodes: Sequence[str]) -> None:
        self._network, self._reference = network, reference
        chain = network.connection.chain_id
        self._left = [DataApi(network.seat(node), chain, network.account, reference) for node in _nodes(network, nodes)]
        self._problems: list[EnigmaError] = []

    def label(self) -> tuple[Manifest, Label]:
        """Manifest and label, held against the reference."""

        def get(api: DataApi) -> tuple[Manifest, Label]:
            manifest, sealed = api.show()
            if reference_of("0x" + manifest.owner.hex(), manifest.hash) != self._reference:
                raise ProtocolError(f"node {api.name} shows the manifest of something else")
            network = self._network
            address = network.account.address
            return manifest, opened_label(manifest, self._reference, sealed, address, network.sealing)

        return self._get(get)

    def content(self, manifest: Manifest, index: int) -> bytes:
        """A content that fits the manifest."""

        def get(api: DataApi) -> bytes:
            content = api.content(index)
            if not manifest.fits(index, content):
                raise ProtocolError(f"node {api.name} handed out altered bytes of {self._reference.hex()}")
            return content

        self._network.told(Step("loading", index, len(manifest.contents), "MiB"))
        return self._get(get)

    def holders(self) -> list[str]:
        """Who keeps it."""
        return self._get(lambda api: api.holders())

    def _get(self, get: Callable[[DataApi], T]) -> T:
        while self._left:
            try:
                return get(self._left[0])
            except (NetworkError, ProtocolError, WireError, ArgumentProblem, AccessRefused) as problem:
                if isinstance(problem, ProtocolError):
                    self._network.say(problem.message)
                self._problems.append(problem)
                del self._left[0]
        for kind in (ProtocolError, WireError, AccessRefused, ArgumentProblem):
            for each in self._problems:
                if isinstance(each, kind):
                    raise each
        raise self._problems[0] if self._problems else NetworkError("this network has no nodes")


def _leased(network: Network, terms: LeaseTerms, manifest: Manifest) -> tuple[int, Sequence[str]]:
    """A lease's number, and the nodes that keep what it is for."""
    number = leased(network, terms, network.contract_id(terms.contract), manifest.hash, manifest.size)
    found = network.controllers.leases(network.connection).lease(number)
    assert found is not None
    return number, [node for seat, node in enumerate(found.nodes) if seat not in found.declined]


def _listed(network: Network, reference: bytes) -> Listed:
    known = network.identities.reference(reference)
    if known is None or known.read == NOBODY:
        return Listed(reference, None, None, None, erased=True)
    try:
        manifest, label = _Asked(network, reference, ()).label()
    except EnigmaError:
        return Listed(reference, None, None, None, erased=False)
    return Listed(reference, label.name, manifest.size, manifest.public, erased=False)


def _bring(network: Network, api: DataApi, own: OwnValue, seals: Tree, lease: int) -> tuple[list[str], list[str]]:
    """Bring a value to one node, from where an earlier try ended, and have it spread."""
    until = time.monotonic() + network.patience.seating
    while not api.known():
        if time.monotonic() > until:
            raise NetworkError(f"node {api.name} has not read the reference", hint="call it again: it goes on")
        time.sleep(LOOK_EVERY)
    missing = api.begin(own.manifest, seals, lease)
    total = len(own.manifest.contents)
    for done, index in enumerate(missing):
        network.told(Step(f"storing at {api.name}", total - len(missing) + done, total, "MiB"))
        api.put(index, own.content(index))
    return api.finish()


def _want_readable(network: Network, reference: bytes) -> None:
    """Found out before any node is asked; a reading that is limited in number is counted. Raises AccessRefused."""
    known, who = network.identities.reference(reference), network.account.address
    if known is None:
        raise ArgumentProblem(f"the chain knows no reference {reference.hex()}", hint="is this the right network?")
    if not network.identities.load(reference, who):
        raise AccessRefused(f"{who} may not read {reference.hex()}: its owner does not let it, or not any more")
    if known.read.uses is not None:
        network.identities.count_load(reference)


def _predicate(owner: str, readers: Any, *, public: bool) -> Predicate:
    """q_read, from what `store` was told."""
    if isinstance(readers, Predicate):
        if readers.everyone and not public:
            raise ArgumentProblem("what everyone may read is not encrypted", hint="say public=True")
        return readers
    if public:
        if readers not in (None, ()):
            raise ArgumentProblem("what is public is for everyone: say readers= or public=True")
        return EVERYONE
    if isinstance(readers, str) or not isinstance(readers, Iterable):
        readers = () if readers is None else (readers,)
    only = tuple(dict.fromkeys((grantee(owner), *(grantee(each) for each in readers))))
    return MEMBERS if len(only) == 1 else Predicate(only=only)


def _keys(network: Network, owner: str, read: Predicate) -> dict[str, bytes]:
    """The sealing keys of all who may read, and of this account. Raises ArgumentProblem where one has none."""
    found = {network.account.address: network.sealing.public_bytes}
    for identity in dict.fromkeys((owner, *read.only)):
        members = network.identities.members(identity)
        named = [member for member, rights in members.items() if Right.READ in rights] if members else [identity]
        for who in named:
            if who in found:
                continue
            key = network.ledger.get(who, SEALING)
            if key is None or len(key) != 32:
                raise ArgumentProblem(
                    f"{who} has published no key to seal to",
                    hint="it does so once: network.publish_key(), or enigma id publish",
                )
            found[who] = key
    return found


def _seals(network: Network, label: Label, reference: bytes, keys: dict[str, bytes]) -> Tree:
    octets = sealed_labels(label, reference, keys)
    sequence = time.time_ns()
    signature = sign_seals(
        network.account, network.connection.chain_id, reference=reference, sequence=sequence,
        digest=hashlib.sha256(octets).digest(),
    )  # fmt: skip
    return [octets, sequence, signature]


def _nodes(network: Network, nodes: Sequence[str]) -> list[str]:
    if nodes:
        return [grantee(each) for each in nodes]
    found = network.nodes.listed()
    return SystemRandom().sample(found, min(ASKED, len(found)))
