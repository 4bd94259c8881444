"""`L`, `DHT` and `MPC` as a contract sees them."""

from __future__ import annotations

import ast
from typing import Any

from enigma.array import Array
from enigma.contract.dictionaries.addresses import Address
from enigma.contract.dictionaries.admission import Request
from enigma.contract.dictionaries.canonical import decode_value, encode_value
from enigma.contract.dictionaries.interface import Document
from enigma.contract.dictionaries.namespace import Key, key_of
from enigma.contract.dictionaries.predicates import Everyone, OnlyMe, Predicate, asked
from enigma.contract.evaluator.callables import FunctionValue
from enigma.contract.evaluator.choice import NotALoop, want_visible
from enigma.contract.evaluator.machine import Frame, Machine
from enigma.contract.values.conform import constant
from enigma.contract.values.containers import Enclosed, OrderedSet, Sealed
from enigma.contract.values.meter import ARRAY_STEPS, CHARACTERS_AN_ITEM, OCTETS_A_STEP, PART_STEPS
from enigma.contract.values.numbers import Unfit, described


def request_of(m: Machine, asker: Address | None = None) -> Request:
    """Who asks in this call."""
    assert m.context is not None
    assert m.host is not None
    context = m.context
    return Request(
        asker or context.sender,
        context.now,
        m.dictionaries.identities,
        frozenset(context.senders),
        m.host.ask,
        context.this,
    )


def predicate_of(m: Machine, value: Any) -> Predicate:
    """A predicate as it was handed over: one, or a function of the contract that is one."""
    if isinstance(value, Predicate):
        return value
    if isinstance(value, FunctionValue) and value.function.where == "predicate":
        assert m.context is not None
        return asked(m.context.this, value.function.name)
    raise Unfit(
        f"a {described(value)} as a predicate", "everyone, only_me(), only([...]), members(identity), until(time), "
        "at_most(n), or self.name of a @predicate function",
    )  # fmt: skip


def _key(key: Any) -> Key:
    if isinstance(key, Array) or (isinstance(key, tuple) and any(isinstance(part, Array) for part in key)):
        raise Unfit("a private key would become known", "keys are public", leaks=True)
    return key_of(key)


def public_value(m: Machine, value: Any) -> Any:
    """A public value, as nobody changes it later."""
    if isinstance(value, Array) or (isinstance(value, (list, tuple)) and any(isinstance(v, Array) for v in value)):
        raise Unfit("a private value would become known", "MPC[key] = value keeps it private",
                    leaks=True)  # fmt: skip
    if isinstance(value, (Sealed, Document, Enclosed)):
        raise Unfit("a sealed value can only be returned", "store the private value itself with MPC[key] = value")
    value = list(value) if isinstance(value, (OrderedSet, range)) else value
    octets = encode_value(value)
    m.meter.step(PART_STEPS + len(octets) // OCTETS_A_STEP)
    # In lists and maps of its own: the contract may change those that it has.
    return decode_value(octets)


def _counted(m: Machine, value: Any) -> Any:
    """What was read, its items counted."""
    m.meter.step(ARRAY_STEPS)
    m.meter.step(len(value) // CHARACTERS_AN_ITEM if isinstance(value, str) else m.meter.walk(value))
    return value


class LedgerStore:
    """`L`."""

    def get(self, m: Machine, _f: Frame, _node: ast.AST, key: Any) -> Any:
        """`L[key]`."""
        return _counted(m, m.dictionaries.ledger.get(_key(key)))

    def set(self, m: Machine, f: Frame, node: ast.AST, key: Any, value: Any) -> None:
        """`L[key] = value`."""
        assert m.context is not None
        want_visible(m, f, node, "writing to L", "choose in secret, and reveal before writing")
        m.dictionaries.ledger.set(_key(key), public_value(m, value), time=m.context.now, writer=m.context.sender)

    def remove(self, _m: Machine, _f: Frame, _node: ast.AST, _key: Any) -> None:
        """Refused."""
        raise Unfit("L only grows", "write a new value: the history keeps the old one")

    def as_of(self, m: Machine, _f: Frame, _node: ast.AST, key: Any, time: Any) -> Any:
        """`L.get(key, t)`."""
        if not isinstance(time, int):
            raise Unfit(f"a time is whole seconds, not a {described(time)}", "now is the time of this block")
        return _counted(m, m.dictionaries.ledger.get_as_of(_key(key), time))

    def history(self, m: Machine, _f: Frame, _node: ast.AST, key: Any) -> Any:
        """`L.history(key)`: tuples of time and value, oldest first."""
        entries = m.dictionaries.ledger.history(_key(key))
        m.meter.hold(2 * len(entries))
        return [(entry.time, _counted(m, entry.value)) for entry in entries]

    def has(self, m: Machine, key: Any) -> bool:
        """`key in L`."""
        return _key(key) in m.dictionaries.ledger


class DocumentStore:
    """`DHT`."""

    def get(self, m: Machine, _f: Frame, _node: ast.AST, key: Any) -> Any:
        """`DHT[key]`: what is in the clear, or a document that only `reveal` hands on."""
        return _counted(m, m.dictionaries.documents.handle(_key(key)))

    def set(self, m: Machine, f: Frame, node: ast.AST, key: Any, value: Any) -> None:
        """`DHT[key] = value`: for the sender alone."""
        self.store(m, f, node, key, value, OnlyMe())

    def store(self, m: Machine, f: Frame, node: ast.AST, key: Any, value: Any, predicate: Any) -> None:
        """`DHT.set(key, value, predicate)`."""
        assert m.context is not None
        want_visible(m, f, node, "writing to DHT", "choose in secret before")
        rule = predicate_of(m, predicate)
        if isinstance(value, Enclosed):
            if isinstance(rule, Everyone):
                raise Unfit("a sealed document cannot be stored in the clear: nobody here can read it",
                            "declare the parameter as text")  # fmt: skip
            content: Any = value.content
        elif isinstance(rule, Everyone) or not isinstance(value, Array):
            content = public_value(m, value)
        else:
            content = m.keep(value)
        m.dictionaries.documents.set(_key(key), content, owner=m.context.sender, predicate=rule)

    def remove(self, m: Machine, f: Frame, node: ast.AST, key: Any) -> None:
        """`del DHT[key]`."""
        assert m.context is not None
        want_visible(m, f, node, "deleting from DHT", "delete it whatever the condition")
        m.dictionaries.documents.remove(_key(key), by=m.context.sender)

    def has(self, m: Machine, key: Any) -> bool:
        """`key in DHT`."""
        return _key(key) in m.dictionaries.documents


class SecretStore:
    """`MPC`."""

    def get(self, m: Machine, _f: Frame, _node: ast.AST, key: Any) -> Array:
        """`MPC[key]`: a reference to compute with."""
        if m.looping:
            # Each round counts as a use, and a loop of a program would read once.
            raise NotALoop
        place = _key(key)
        held = m.dictionaries.secrets.reference(place, request_of(m))
        return m.held_value(held, f"MPC[{place}]")

    def set(self, m: Machine, f: Frame, node: ast.AST, key: Any, value: Any) -> None:
        """`MPC[key] = value`: for the sender and the members of its shared identity."""
        self.store(m, f, node, key, value, None)

    def store(
        self, m: Machine, f: Frame, node: ast.AST, key: Any, value: Any, predicate: Any = None, *, identity: Any = None
    ) -> None:
        """`MPC.set(key, value, predicate)`; `identity=` stores under a shared identity."""
        assert m.context is not None
        want_visible(m, f, node, "writing to MPC", "choose in secret before: MPC[key] = a if condition else b")
        if identity is not None and not isinstance(identity, Address):
            raise Unfit(f"a {described(identity)} as an identity", "an identity is an address")
        rule = None if predicate is None else predicate_of(m, predicate)
        array = value if isinstance(value, Array) else constant(value)
        m.dictionaries.secrets.set(
            _key(key),
            m.keep(array),
            dealer=m.context.sender,
            predicate=rule,
            identity=identity,
            contract=m.context.this,
        )

    def declassify(self, m: Machine, f: Frame, node: ast.AST, key: Any) -> Sealed:
        """`MPC.declassify(key)`: sealed to its dealer, who must be the sender."""
        assert m.context is not None
        want_visible(m, f, node, "declassifying", "declassify whatever the condition")
        place = _key(key)
        held = m.dictionaries.secrets.declassify(place, by=m.context.sender)
        return Sealed(m.held_value(held, f"MPC[{place}]"), (m.context.sender,))

    def remove(self, m: Machine, f: Frame, node: ast.AST, key: Any) -> None:
        """`del MPC[key]`."""
        assert m.context is not None
        want_visible(m, f, node, "deleting from MPC", "delete it whatever the condition")
        m.dictionaries.secrets.remove(_key(key), by=m.context.sender)

    def has(self, m: Machine, key: Any) -> bool:
        """`key in MPC`."""
        return _key(key) in m.dictionaries.secrets
