"""Who is admitted: a predicate judged for one request, as white paper protocol 2 checks permissions.

A judgement is a function of its arguments. How often each `at_most` was used goes in and comes out as a tuple, one
number for each `at_most` of the predicate, in the order in which they are written.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TypeAlias

from enigma.contract.dictionaries.addresses import Address
from enigma.contract.dictionaries.identities import Identities, Right
from enigma.contract.dictionaries.predicates import (
    AllOf,
    AnyOf,
    Asked,
    AtLeast,
    AtMost,
    Everyone,
    Members,
    Only,
    OnlyMe,
    Predicate,
    Until,
    members,
    only_me,
    sentence,
)
from enigma.errors import AccessRefused, CallRefused

Ask: TypeAlias = Callable[[Address, str, Address], bool]
"""`ask(contract, function, asker)`: the yes or no of a user-written predicate; of a private one, nothing else opens."""

Uses: TypeAlias = tuple[int, ...]
"""How often each `at_most` was used, from the left; missing numbers are 0."""


def nobody_answers(contract: Address, function: str, asker: Address) -> bool:
    """The `ask` of a place that runs no contracts: refuses."""
    raise CallRefused(
        f"whether {asker} is admitted is for {function} of {contract} to say, and no contract can be asked here",
        hint="Ask within a call of a contract.",
    )


@dataclass(frozen=True, slots=True)
class Request:
    """Who asks, in which call. `signers`: all who signed it; `asker` counts as one of them. `now`: block time, s.

    `contract`: the one that is called.
    """

    asker: Address
    now: int
    identities: Identities
    signers: Collection[Address] = ()
    ask: Ask = nobody_answers
    contract: Address | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """A request for one thing: which right is asked for, whose thing it is, and how often it was used."""

    request: Request
    right: Right
    owner: Address
    uses: Uses = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """`uses` counts this use where it was admitted; `refused_by` is the part that said no, None where admitted."""

    uses: Uses
    refused_by: Predicate | None

    @property
    def admitted(self) -> bool:
        """Whether the asker is admitted."""
        return self.refused_by is None


def admits(predicate: Predicate, question: Question) -> bool:
    """Whether the asker is admitted; counts no use."""
    return judge(predicate, question).admitted


def judge(predicate: Predicate, question: Question) -> Verdict:
    """Judge a predicate from left to right, no further than needed.

    Passes on what a function that is asked raises: an answer that could not be had is no yes.
    """
    limits = _limits(predicate)
    uses = question.uses[:limits] + (0,) * (limits - len(question.uses))
    spent, refused_by = _judge(predicate, question, uses, 0)
    if refused_by is not None:
        return Verdict(question.uses, refused_by)
    return Verdict(tuple(n + (i in spent) for i, n in enumerate(uses)), None)


def require_admission(predicate: Predicate, question: Question, what: str) -> Uses:
    """The uses after this one. Raises AccessRefused; `what` says what was asked, as in `read "photo"`."""
    verdict = judge(predicate, question)
    if verdict.refused_by is None:
        return verdict.uses
    blamed = verdict.refused_by
    words = f"the predicate is: {sentence(predicate)}"
    if blamed != predicate:
        words += f"; what said no is: {sentence(blamed)}"
    raise AccessRefused(
        f"{question.request.asker} may not {what}: {words}",
        hint=f"Its owner {question.owner} can store it again with a predicate that admits more.",
    )


def dealt_under(identity: Address, dealer: Address, identities: Identities) -> Predicate:
    """The default predicate of a secret that is dealt under a shared identity, or under the dealer's own address.

    The dealer may reference it, and the members of *that* identity whose policy says `compute`; members of other
    identities that the dealer belongs to may not, since anybody can make an identity that names the dealer. Raises
    AccessRefused where the dealer lacks the right `store` under the identity.
    """
    if not identities.permits(identity, dealer, Right.STORE):
        raise AccessRefused(
            f"{dealer} may not store under the identity {identity}",
            hint="Store under your own address, or ask an admin of the identity for the right to store.",
        )
    return only_me() if identity == dealer else only_me() | members(identity)


def may_see(predicate: Predicate, request: Request) -> bool:
    """Whether an identity that the predicate names lets the asker read, whatever else the predicate asks for."""
    if isinstance(predicate, (AllOf, AnyOf)):
        return any(may_see(part, request) for part in predicate.parts)
    if isinstance(predicate, (Members, AtLeast)):
        return request.identities.permits(predicate.identity, request.asker, Right.READ)
    return False


def _judge(predicate: Predicate, question: Question, uses: Uses, first: int) -> tuple[frozenset[int], Predicate | None]:
    """Which `at_most` a yes needs, and who says no. `first`: the number of the first `at_most` in this part."""
    if isinstance(predicate, AtMost):
        return frozenset((first,)), None if uses[first] < predicate.count else predicate
    if isinstance(predicate, AllOf):
        needed: frozenset[int] = frozenset()
        for part in predicate.parts:
            spent, refused_by = _judge(part, question, uses, first)
            if refused_by is not None:
                return frozenset(), refused_by
            needed |= spent
            first += _limits(part)
        return needed, None
    if isinstance(predicate, AnyOf):
        for part in predicate.parts:
            spent, refused_by = _judge(part, question, uses, first)
            if refused_by is None:
                return spent, None
            first += _limits(part)
        return frozenset(), predicate
    return frozenset(), None if _holds(predicate, question) else predicate


def _holds(predicate: Predicate, question: Question) -> bool:
    request = question.request
    match predicate:
        case Everyone():
            return True
        case OnlyMe():
            return request.asker == question.owner
        case Only(addresses):
            return request.asker in addresses
        case Members(identity):
            return request.identities.permits(identity, request.asker, question.right)
        case AtLeast(count, identity):
            signers = {*request.signers, request.asker}
            return sum(request.identities.permits(identity, s, question.right) for s in signers) >= count
        case Until(time):
            return request.now < time
        case Asked(contract, function):
            return request.ask(contract, function, request.asker) is True
    raise TypeError(f"{type(predicate).__name__} is no kind of predicate")


def _limits(predicate: Predicate) -> int:
    """How many `at_most` a predicate has."""
    if isinstance(predicate, (AllOf, AnyOf)):
        return sum(_limits(part) for part in predicate.parts)
    return int(isinstance(predicate, AtMost))
