"""Predicates: who may read or reference what is stored, as plain, canonical data.

A predicate is joined from parts with `&` and `|` and judged from left to right, no further than needed:

- `p & q`: q is judged only where p admits. `p | q`: q is judged only where p does not admit.
- `at_most(n)`: each one that is written keeps its own count. A use is counted once everything admitted, and only for
  those `at_most` whose part was needed: in `only([a]) & at_most(3) | only([b])`, no reading by b counts. Where the call
  fails later, it is rolled back, and its uses with it; but what was used before something was opened stays counted.
- a function that is asked (`asked`) is only asked where what stands before it leaves the answer open; so write
  public conditions first, and a private function after them.

Judging is `enigma.contract.dictionaries.admission`. How a predicate travels: `Predicate.tree` and `read_predicate`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias

from enigma.contract.dictionaries.addresses import ADDRESS_BYTES, Address
from enigma.errors import ArgumentProblem, KindError, WireError
from enigma.wire import Tree

MAX_PARTS = 256
"""The most parts, joined ones included, in one predicate."""
MAX_DEPTH = 16
MAX_LISTED = 1024
MAX_NAME = 64
LAST_TIME = 253_402_300_799
"""The last second of the year 9999."""
MAX_USES = 1 << 32

Name: TypeAlias = Callable[[Address], str]
"""How an address is written in a sentence."""


class Predicate:
    """One of the classes below. Two are equal where they were written the same, up to order and repeats in lists."""

    __slots__ = ()

    def tree(self) -> Tree:
        """The predicate as the chain and the network hold it; `read_predicate` is the way back."""
        raise NotImplementedError

    def __and__(self, other: Predicate) -> Predicate:
        return AllOf(_flat(AllOf, self, other))

    def __or__(self, other: Predicate) -> Predicate:
        return AnyOf(_flat(AnyOf, self, other))

    def __bool__(self) -> bool:
        raise KindError(
            "a predicate is not yes or no by itself", hint="Join predicates with & and |, not with and, or, not."
        )

    def __repr__(self) -> str:
        return sentence(self)


@dataclass(frozen=True, slots=True, repr=False)
class Everyone(Predicate):
    """Admits whoever asks: what is stored so is in the clear."""

    def tree(self) -> Tree:
        """See `Predicate.tree`."""
        return ["everyone"]


@dataclass(frozen=True, slots=True, repr=False)
class OnlyMe(Predicate):
    """Admits who stored it."""

    def tree(self) -> Tree:
        """See `Predicate.tree`."""
        return ["only me"]


@dataclass(frozen=True, slots=True, repr=False)
class Only(Predicate):
    """Admits the listed addresses, which are kept sorted and once each."""

    addresses: tuple[Address, ...]

    def __post_init__(self) -> None:
        for address in self.addresses:
            _address(address)
        object.__setattr__(self, "addresses", tuple(sorted(set(self.addresses))))
        if not 1 <= len(self.addresses) <= MAX_LISTED:
            raise ArgumentProblem(
                f"only([...]) lists {len(self.addresses)} addresses; it takes 1 to {MAX_LISTED}",
                hint="For one person use only_me(); for a changing group, a shared identity and members(identity).",
            )

    def tree(self) -> Tree:
        """See `Predicate.tree`."""
        return ["only", [address.octets for address in self.addresses]]


@dataclass(frozen=True, slots=True, repr=False)
class Members(Predicate):
    """Admits members of an identity whose policy gives the right that is asked for."""

    identity: Address

    def __post_init__(self) -> None:
        _address(self.identity)

    def tree(self) -> Tree:
        """See `Predicate.tree`."""
        return ["members", self.identity.octets]


@dataclass(frozen=True, slots=True, repr=False)
class AtLeast(Predicate):
    """Admits where at least `count` members with the right that is asked for have signed this call."""

    count: int
    identity: Address

    def __post_init__(self) -> None:
        _whole(self.count, 1, MAX_LISTED, "at_least(m, identity): m")
        _address(self.identity)

    def tree(self) -> Tree:
        """See `Predicate.tree`."""
        return ["at least", self.count, self.identity.octets]


@dataclass(frozen=True, slots=True, repr=False)
class Until(Predicate):
    """Admits before a block time, in seconds since 1970; at that time no longer."""

    time: int

    def __post_init__(self) -> None:
        _whole(self.time, 0, LAST_TIME, "until(time): time, in seconds since 1970,")

    def tree(self) -> Tree:
        """See `Predicate.tree`."""
        return ["until", self.time]


@dataclass(frozen=True, slots=True, repr=False)
class AtMost(Predicate):
    """Admits so many times."""

    count: int

    def __post_init__(self) -> None:
        _whole(self.count, 1, MAX_USES, "at_most(n): n")

    def tree(self) -> Tree:
        """See `Predicate.tree`."""
        return ["at most", self.count]


@dataclass(frozen=True, slots=True, repr=False)
class Asked(Predicate):
    """Admits whom a function of a contract admits, public or private; of a private one only the yes or no is opened."""

    contract: Address
    function: str

    def __post_init__(self) -> None:
        _address(self.contract)
        name: object = self.function
        if not isinstance(name, str) or len(name) > MAX_NAME or not (name.isascii() and name.isidentifier()):
            raise ArgumentProblem(
                "a predicate names a function that no contract can have",
                hint="Name one of the contract's own, such as self.may_read, marked @predicate.",
            )

    def tree(self) -> Tree:
        """See `Predicate.tree`."""
        return ["asked", self.contract.octets, self.function]


@dataclass(frozen=True, slots=True, repr=False)
class AllOf(Predicate):
    """Admits where every part does, judged from the left until one does not."""

    parts: tuple[Predicate, ...]

    def __post_init__(self) -> None:
        _joined(self)

    def tree(self) -> Tree:
        """See `Predicate.tree`."""
        return ["all", [part.tree() for part in self.parts]]


@dataclass(frozen=True, slots=True, repr=False)
class AnyOf(Predicate):
    """Admits where one part does, judged from the left until one does."""

    parts: tuple[Predicate, ...]

    def __post_init__(self) -> None:
        _joined(self)

    def tree(self) -> Tree:
        """See `Predicate.tree`."""
        return ["any", [part.tree() for part in self.parts]]


everyone = Everyone()
"""Admits whoever asks, and turns encryption off."""


def only_me() -> Predicate:
    """Who stored it."""
    return OnlyMe()


def only(addresses: Iterable[Address]) -> Predicate:
    """The listed addresses, in any order. The owner too must be listed to be admitted."""
    return Only(tuple(addresses))


def members(identity: Address) -> Predicate:
    """The members of a shared identity who have the right that is asked for: read, or compute."""
    return Members(identity)


def at_least(count: int, identity: Address) -> Predicate:
    """Whoever asks, where so many members of the identity have signed the same call."""
    return AtLeast(count, identity)


def until(time: int) -> Predicate:
    """Anyone before the block time, in seconds since 1970."""
    return Until(time)


def at_most(count: int) -> Predicate:
    """Anyone, so many times in all."""
    return AtMost(count)


def asked(contract: Address, function: str) -> Predicate:
    """Whom the contract's function admits."""
    return Asked(contract, function)


def sentence(predicate: Predicate, name: Name = str) -> str:
    """The predicate in words, such as `only 0x.. and 0x.. until 2030-01-01`. `name` writes an address."""
    match predicate:
        case Everyone():
            return "everyone"
        case OnlyMe():
            return "only its owner"
        case Only(addresses):
            return f"only {_listed([name(address) for address in addresses])}"
        case Members(identity):
            return f"the members of {name(identity)}"
        case AtLeast(count, identity):
            signed = "a member has" if count == 1 else f"at least {count} members have"
            return f"anyone if {signed} signed for {name(identity)}"
        case Until(time):
            moment = datetime.fromtimestamp(time, UTC)
            return f"until {moment:%Y-%m-%d}" if time % 86_400 == 0 else f"until {moment:%Y-%m-%d %H:%M:%S} UTC"
        case AtMost(count):
            return "once" if count == 1 else f"at most {count} times"
        case Asked(contract, function):
            return f"whoever {function} of {name(contract)} admits"
        case AllOf(parts):
            text = _bracketed(parts[0], name)
            for part in parts[1:]:
                text += (" " if isinstance(part, (Until, AtMost)) else " and ") + _bracketed(part, name)
            return text
        case AnyOf(parts):
            return " or ".join(_bracketed(part, name) for part in parts)
    raise TypeError(f"{type(predicate).__name__} is no kind of predicate")


def read_predicate(tree: Tree) -> Predicate:
    """The predicate whose `tree()` this is. Raises WireError on any other tree, also on another spelling of it."""
    try:
        found = _read(tree, 1)
    except ArgumentProblem as error:
        raise WireError(f"a tree is not that of a predicate: {error.message}") from error
    if found.tree() != tree:
        raise WireError("a predicate is not in its one spelling", hint="Lists are sorted, without repeats.")
    return found


def _read(tree: Tree, depth: int) -> Predicate:
    if depth > MAX_DEPTH:
        raise WireError(f"a predicate is nested deeper than {MAX_DEPTH} levels")
    match tree:
        case ["everyone"]:
            return everyone
        case ["only me"]:
            return OnlyMe()
        case ["only", list(addresses)]:
            return Only(tuple(_read_address(address) for address in addresses))
        case ["members", bytes(identity)]:
            return Members(Address(identity))
        case ["at least", int(count), bytes(identity)]:
            return AtLeast(count, Address(identity))
        case ["until", int(time)]:
            return Until(time)
        case ["at most", int(count)]:
            return AtMost(count)
        case ["asked", bytes(contract), str(function)]:
            return Asked(Address(contract), function)
        case ["all", list(parts)] if len(parts) <= MAX_PARTS:
            return AllOf(tuple(_read(part, depth + 1) for part in parts))
        case ["any", list(parts)] if len(parts) <= MAX_PARTS:
            return AnyOf(tuple(_read(part, depth + 1) for part in parts))
    raise WireError("a tree is not that of a predicate")


def _read_address(tree: Tree) -> Address:
    if not isinstance(tree, bytes):
        raise WireError(f"an address in a predicate is not {ADDRESS_BYTES} bytes")
    return Address(tree)


def _flat(kind: type[AllOf | AnyOf], left: Predicate, right: Predicate) -> tuple[Predicate, ...]:
    """The parts of a join; `(p & q) & r` and `p & (q & r)` are one predicate."""
    return tuple(p for side in (left, right) for p in (side.parts if isinstance(side, kind) else (side,)))


def _joined(whole: AllOf | AnyOf) -> None:
    """Check a join: two parts at least, none of the same kind, not too many, not too deep."""
    if any(not isinstance(part, Predicate) for part in whole.parts):
        raise ArgumentProblem("& and | join predicates only", hint="Write, for example, only_me() | only([them]).")
    if len(whole.parts) < 2 or any(isinstance(part, type(whole)) for part in whole.parts):
        raise ArgumentProblem("a joined predicate has two parts or more, none joined in the same way")
    number, depth, level = 1, 1, list(whole.parts)
    while level:
        number, depth = number + len(level), depth + 1
        if number > MAX_PARTS or depth > MAX_DEPTH:
            raise ArgumentProblem(
                f"a predicate has more than {MAX_PARTS} parts, or is nested deeper than {MAX_DEPTH} levels",
                hint="Put the rule into a @predicate function of the contract.",
            )
        level = [inner for part in level if isinstance(part, (AllOf, AnyOf)) for inner in part.parts]


def _address(address: object) -> None:
    if not isinstance(address, Address):
        raise ArgumentProblem(
            f"a predicate names addresses, not a {type(address).__name__}", hint="Read a text with address(text)."
        )


def _whole(number: object, lo: int, hi: int, what: str) -> None:
    if type(number) is not int or not lo <= number <= hi:
        raise ArgumentProblem(f"{what} is a whole number from {lo} to {hi}", hint="Write one in that range.")


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _bracketed(part: Predicate, name: Name) -> str:
    return f"({sentence(part, name)})" if isinstance(part, (AllOf, AnyOf)) else sentence(part, name)
