# pragma version 0.4.3
"""
@title References
@license Apache-2.0
@notice White paper, protocols 3 and 4: which data an identity has, who may read them, and who may compute on them
        without reading them. The data themselves are never here.
"""

import membership

uses: membership

event Stored:
    identity: indexed(address)
    reference: indexed(bytes32)
    by: indexed(address)
    read: Predicate
    compute: Predicate

event Restricted:
    identity: indexed(address)
    reference: indexed(bytes32)
    by: indexed(address)
    read: Predicate
    compute: Predicate

event Erased:
    identity: indexed(address)
    reference: indexed(bytes32)
    by: indexed(address)

event Loaded:
    reference: indexed(bytes32)
    who: indexed(address)
    count: uint256

event Computed:
    reference: indexed(bytes32)
    who: indexed(address)
    count: uint256

# Kinds of predicate, added together: all that are named must hold. No kind at all admits nobody.
EVERYONE: constant(uint8) = 1
MEMBERS: constant(uint8) = 2  # members of the identity with the right to read, or to compute
ONLY: constant(uint8) = 4  # those listed, and members (with that right) of identities listed
UNTIL: constant(uint8) = 8  # up to and including a time
AT_MOST: constant(uint8) = 16  # a number of counted uses

struct Predicate:
    kinds: uint8
    only: DynArray[address, 16]
    until: uint256
    uses: uint256

struct Reference:
    owner: address
    read: Predicate
    compute: Predicate
    reads: uint256
    computes: uint256

references: HashMap[bytes32, Reference]


# ---------------------------------------------------------------- calls


@external
def store(identity: address, content: bytes32, read: Predicate, compute: Predicate) -> bytes32:
    """
    @notice Says that the identity has data, who may read it, and who may compute on it without reading it.
    @param content A salted hash of the data, or of its commitments; never the data.
    @return The reference, H(identity, content): nobody can take another's.
    """
    assert membership.permitted(identity, msg.sender, membership.STORE), "the sender has no right to STORE in this identity"
    reference: bytes32 = keccak256(abi_encode(identity, content))
    assert self.references[reference].owner == empty(address), "this is stored already"
    self._check_predicate(read)
    self._check_predicate(compute)
    self.references[reference].owner = identity
    self.references[reference].read = read
    self.references[reference].compute = compute
    log Stored(identity=identity, reference=reference, by=msg.sender, read=read, compute=compute)
    return reference


@external
def restrict(reference: bytes32, read: Predicate, compute: Predicate):
    """
    @notice Replaces who may read and compute. Uses counted so far stay counted.
    """
    identity: address = self.references[reference].owner
    membership.check_admin(identity, msg.sender)
    self._check_predicate(read)
    self._check_predicate(compute)
    self.references[reference].read = read
    self.references[reference].compute = compute
    log Restricted(identity=identity, reference=reference, by=msg.sender, read=read, compute=compute)


@external
def erase(reference: bytes32):
    """
    @notice Withdraws a reference: nobody may read or compute from now on.
    """
    identity: address = self.references[reference].owner
    membership.check_admin(identity, msg.sender)
    self.references[reference].read = empty(Predicate)
    self.references[reference].compute = empty(Predicate)
    log Erased(identity=identity, reference=reference, by=msg.sender)


@view
@external
def load(reference: bytes32, who: address) -> bool:
    """
    @notice Whether `who` may read what the reference points to.
    """
    return self._may_load(reference, who)


@view
@external
def may_compute(reference: bytes32, who: address) -> bool:
    """
    @notice Whether `who` may compute on what the reference points to.
    """
    return self._may_compute(reference, who)


@external
def count_load(reference: bytes32):
    """
    @notice The sender reads. Nodes serve a reading that is limited in number against the event of this call.
    """
    assert self._may_load(reference, msg.sender), "the sender may not read this"
    count: uint256 = self.references[reference].reads + 1
    self.references[reference].reads = count
    log Loaded(reference=reference, who=msg.sender, count=count)


@external
def count_compute(reference: bytes32):
    """
    @notice The sender computes. Nodes compute on what is limited in number against the event of this call.
    """
    assert self._may_compute(reference, msg.sender), "the sender may not compute on this"
    count: uint256 = self.references[reference].computes + 1
    self.references[reference].computes = count
    log Computed(reference=reference, who=msg.sender, count=count)


@view
@external
def reference(reference: bytes32) -> Reference:
    """
    @notice All that is kept about a reference; the owner is zero if there is none.
    """
    return self.references[reference]


# ---------------------------------------------------------------- inside


@pure
@internal
def _check_predicate(predicate: Predicate):
    assert predicate.kinds < 32, "kinds are EVERYONE 1, MEMBERS 2, ONLY 4, UNTIL 8, AT_MOST 16, added together"
    assert predicate.kinds == 0 or predicate.kinds & (EVERYONE | MEMBERS | ONLY) != 0, "say whom: EVERYONE, MEMBERS or ONLY"


@view
@internal
def _may_load(reference: bytes32, who: address) -> bool:
    kept: Reference = self.references[reference]
    return self._admits(kept.read, kept.owner, who, membership.READ, kept.reads)


@view
@internal
def _may_compute(reference: bytes32, who: address) -> bool:
    kept: Reference = self.references[reference]
    return self._admits(kept.compute, kept.owner, who, membership.COMPUTE, kept.computes)


@view
@internal
def _admits(predicate: Predicate, owner: address, who: address, right: uint8, used: uint256) -> bool:
    kinds: uint8 = predicate.kinds
    if kinds == 0:
        return False
    if kinds & UNTIL != 0 and block.timestamp > predicate.until:
        return False
    if kinds & AT_MOST != 0 and used >= predicate.uses:
        return False
    if kinds & MEMBERS != 0 and not membership.permitted(owner, who, right):
        return False
    if kinds & ONLY != 0:
        for listed: address in predicate.only:
            if membership.permitted(listed, who, right):
                return True
        return False
    return True
