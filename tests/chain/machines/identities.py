"""Identities against a plain model: never one without an administrator, and every permission as the model says."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.chain.machines.bench import Bench
from tests.chain.standing import Proxy

from enigma.chain.identities import Identities, Right

PEOPLE = 5
WHO = st.integers(0, PEOPLE - 1)
WHICH = st.integers(0, 1)
RIGHTS = st.one_of(st.integers(1, 15), st.sampled_from([8, 9, 15, 0, 16]))
NO_ADMIN = "needs a member with the ADMIN right"
NOT_ADMIN = "takes the ADMIN right"
NOT_MEMBER = "not a member"


@dataclass
class Bureau:
    """What a machine is made with."""

    bench: Bench
    identities: Identities
    survey: Proxy


class IdentitiesMachine(RuleBasedStateMachine):
    """Five people and up to two shared identities, whose members come, go, change and rotate."""

    def __init__(self, bureau: Bureau) -> None:
        super().__init__()
        self.bureau, self.bench = bureau, bureau.bench
        self.people = bureau.bench.people[:PEOPLE]

    @initialize(
        first=st.dictionaries(WHO, st.sampled_from([15, 9, 8, 2]), min_size=1), second=st.dictionaries(WHO, RIGHTS)
    )
    def begin(self, first: dict[int, int], second: dict[int, int]) -> None:
        self.bench.restart()
        self.addresses: list[str] = []
        self.rights: list[dict[int, int]] = []
        for chosen in (first, second):
            self.create(chosen)

    def try_it(self, who: int, refusal: str, function: str, *args: object) -> bool:
        person = self.people[who]
        if refusal:
            found = self.bench.refusal(person, self.bureau.identities, function, *args)
            assert refusal in found, f"{function}: {found or 'went through'}, and not {refusal}"
            return False
        self.bench.send(person, self.bureau.identities, function, *args)
        return True

    def create(self, rights: dict[int, int]) -> None:
        order = sorted(rights, key=lambda who: int(self.people[who], 16))
        held, nonce = [rights[who] for who in order], len(self.addresses)
        refusal = "" if any(right & 8 for right in held) else NO_ADMIN
        if not all(0 < right < 16 for right in held):
            refusal = "rights are"
        if not held:
            refusal = "at least one member"
        members = [self.people[who] for who in order]
        if self.try_it(0, refusal, "create", members, held, nonce):
            identities = self.bureau.identities
            self.addresses.append(
                self.bench.read(identities.address, identities.abi, "address_of", members, held, nonce)
            )
            self.rights.append(dict(rights))

    def chosen(self, which: int) -> tuple[str, dict[int, int]]:
        """A shared identity; or the ordinary address of person 0, who has no members at all."""
        if which < len(self.addresses):
            return self.addresses[which], self.rights[which]
        return self.people[0], {}

    def by(self, rights: dict[int, int], who: int, rightly: bool) -> int:
        """Some administrator, or whoever it is."""
        return next((each for each in sorted(rights) if rights[each] & 8), who) if rightly else who

    @rule(which=WHICH, who=WHO, member=WHO, right=RIGHTS, rightly=st.booleans())
    def add(self, which: int, who: int, member: int, right: int, rightly: bool) -> None:
        identity, rights = self.chosen(which)
        who, refusal = self.by(rights, who, rightly), ""
        if not rights:
            refusal = "an ordinary address has no members"
        elif not rights.get(who, 0) & 8:
            refusal = NOT_ADMIN
        elif member in rights:
            refusal = "already a member"
        elif not 0 < right < 16:
            refusal = "rights are"
        if self.try_it(who, refusal, "add", identity, self.people[member], right):
            rights[member] = right

    @rule(which=WHICH, who=WHO, member=WHO, rightly=st.booleans())
    def remove(self, which: int, who: int, member: int, rightly: bool) -> None:
        identity, rights = self.chosen(which)
        who, refusal = self.by(rights, who, rightly), ""
        if member not in rights:
            refusal = NOT_MEMBER
        elif who != member and not rights.get(who, 0) & 8:
            refusal = NOT_ADMIN
        elif not any(right & 8 for each, right in rights.items() if each != member):
            refusal = NO_ADMIN
        if self.try_it(who, refusal, "remove", identity, self.people[member]):
            del rights[member]

    @rule(which=WHICH, who=WHO, member=WHO, right=RIGHTS, rightly=st.booleans())
    def change(self, which: int, who: int, member: int, right: int, rightly: bool) -> None:
        identity, rights = self.chosen(which)
        who, refusal = self.by(rights, who, rightly), ""
        if not rights:
            refusal = NOT_MEMBER if who == 0 else NOT_ADMIN  # person 0 is the ordinary address, and its own master
        elif not rights.get(who, 0) & 8:
            refusal = NOT_ADMIN
        elif member not in rights:
            refusal = NOT_MEMBER
        elif not 0 < right < 16:
            refusal = "rights are"
        elif not any(each & 8 for each in (rights | {member: right}).values()):
            refusal = NO_ADMIN
        if self.try_it(who, refusal, "change", identity, self.people[member], right):
            rights[member] = right

    @rule(which=WHICH, who=WHO, old=WHO, new=WHO, rightly=st.booleans())
    def rotate(self, which: int, who: int, old: int, new: int, rightly: bool) -> None:
        identity, rights = self.chosen(which)
        who, refusal = self.by(rights, who, rightly), ""
        if old not in rights:
            refusal = NOT_MEMBER
        elif who != old and not rights.get(who, 0) & 8:
            refusal = NOT_ADMIN
        elif new in rights:
            refusal = "a member already"
        if self.try_it(who, refusal, "rotate", identity, self.people[old], self.people[new]):
            rights[new] = rights.pop(old)

    @invariant()
    def every_permission_is_as_the_model_says(self) -> None:
        survey, identities = self.bureau.survey, [*self.addresses, self.people[0]]
        yes, counts, sound = self.bench.read(
            survey.address, survey.artifact.abi, "look", self.bureau.identities.address, identities, self.people
        )
        everything = int(Right.EVERY)
        for found, rights in zip(yes, [*self.rights, {0: everything}], strict=True):
            assert found == [
                sum(1 << asked for asked in range(1, 16) if rights.get(who, 0) & asked == asked)
                for who in range(PEOPLE)
            ]
        assert counts == [*(len(rights) for rights in self.rights), 0]
        assert all(sound)
        assert all(any(right & 8 for right in rights.values()) for rights in self.rights)
