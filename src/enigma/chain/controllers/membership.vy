# pragma version 0.4.3
"""
@title Members of shared identities
@license Apache-2.0
@notice White paper, protocols 1 and 2: a shared identity is an address over up to 32 members, each with rights of its
        own. An address that is no shared identity has itself as only member, with every right.
"""

event Created:
    identity: indexed(address)
    members: DynArray[address, 32]
    rights: DynArray[uint8, 32]

event Added:
    identity: indexed(address)
    member: indexed(address)
    rights: uint8
    by: indexed(address)

event Removed:
    identity: indexed(address)
    member: indexed(address)
    by: indexed(address)

event Changed:
    identity: indexed(address)
    member: indexed(address)
    rights: uint8
    by: indexed(address)

event Rotated:
    identity: indexed(address)
    old: indexed(address)
    new: indexed(address)
    by: address

# Rights of a member, added together.
STORE: constant(uint8) = 1
READ: constant(uint8) = 2
COMPUTE: constant(uint8) = 4
ADMIN: constant(uint8) = 8
EVERY: constant(uint8) = 15

MOST_MEMBERS: constant(uint256) = 32

lists: HashMap[address, DynArray[address, 32]]
rights: HashMap[address, HashMap[address, uint8]]
admins: HashMap[address, uint256]


# ---------------------------------------------------------------- protocol 1: shared identities


@external
def create(members: DynArray[address, 32], rights: DynArray[uint8, 32], nonce: uint256) -> address:
    """
    @notice Makes the shared identity of these members, ascending by address, each with its rights.
    @dev Its address is a hash of the chain, this controller and everything given here, so whoever sends this first
         makes the same identity.
    """
    assert len(members) > 0, "an identity has at least one member"
    assert len(members) == len(rights), "give each member its rights"
    identity: address = self._address_of(members, rights, nonce)
    assert len(self.lists[identity]) == 0, "this identity exists already"
    last: address = empty(address)
    for i: uint256 in range(len(members), bound=MOST_MEMBERS):
        assert convert(members[i], uint160) > convert(last, uint160), "members must ascend, each once"
        last = members[i]
        self._set_rights(identity, last, rights[i])
    self.lists[identity] = members
    assert self.admins[identity] > 0, "an identity needs a member with the ADMIN right"
    log Created(identity=identity, members=members, rights=rights)
    return identity


@external
def add(identity: address, member: address, rights: uint8):
    """
    @notice Adds a member.
    """
    assert self.admins[identity] > 0, "an ordinary address has no members: create a shared identity"
    self.check_admin(identity, msg.sender)
    assert member != empty(address), "the zero address cannot be a member"
    assert self.rights[identity][member] == 0, "already a member"
    assert len(self.lists[identity]) < MOST_MEMBERS, "an identity has at most 32 members"
    self._set_rights(identity, member, rights)
    self.lists[identity].append(member)
    log Added(identity=identity, member=member, rights=rights, by=msg.sender)


@external
def remove(identity: address, member: address):
    """
    @notice Removes a member. Members may also remove themselves.
    """
    self._check_member(identity, member)
    if msg.sender != member:
        self.check_admin(identity, msg.sender)
    self._drop_rights(identity, member)
    assert self.admins[identity] > 0, "an identity needs a member with the ADMIN right"
    last: address = self.lists[identity].pop()
    if last != member:
        self.lists[identity][self._position(identity, member)] = last
    log Removed(identity=identity, member=member, by=msg.sender)


@external
def change(identity: address, member: address, rights: uint8):
    """
    @notice Replaces a member's rights.
    """
    self.check_admin(identity, msg.sender)
    self._check_member(identity, member)
    self._drop_rights(identity, member)
    self._set_rights(identity, member, rights)
    assert self.admins[identity] > 0, "an identity needs a member with the ADMIN right"
    log Changed(identity=identity, member=member, rights=rights, by=msg.sender)


@external
def rotate(identity: address, old: address, new: address):
    """
    @notice Puts a new key in a member's place, with the same rights. Members may rotate their own key.
    """
    self._check_member(identity, old)
    if msg.sender != old:
        self.check_admin(identity, msg.sender)
    assert new != empty(address), "the zero address cannot be a member"
    assert self.rights[identity][new] == 0, "the new key is a member already"
    self.lists[identity][self._position(identity, old)] = new
    self.rights[identity][new] = self.rights[identity][old]
    self.rights[identity][old] = 0
    log Rotated(identity=identity, old=old, new=new, by=msg.sender)


# ---------------------------------------------------------------- protocol 2: permission


@view
@external
def permits(identity: address, who: address, right: uint8) -> bool:
    """
    @notice Whether `who` has the right (or all of several, added together) in the identity.
    """
    return self.permitted(identity, who, right)


@view
@external
def address_of(members: DynArray[address, 32], rights: DynArray[uint8, 32], nonce: uint256) -> address:
    """
    @notice The address that `create` would give.
    """
    return self._address_of(members, rights, nonce)


@view
@external
def members(identity: address) -> (DynArray[address, 32], DynArray[uint8, 32]):
    """
    @notice The members and their rights; both empty for an ordinary address.
    """
    rights: DynArray[uint8, 32] = []
    listed: DynArray[address, 32] = self.lists[identity]
    for member: address in listed:
        rights.append(self.rights[identity][member])
    return listed, rights


# ---------------------------------------------------------------- inside


@view
@internal
def permitted(identity: address, who: address, right: uint8) -> bool:
    if right == 0 or right > EVERY or who == empty(address):
        return False
    if self.admins[identity] == 0:
        return who == identity
    return self.rights[identity][who] & right == right


@view
@internal
def check_admin(identity: address, who: address):
    assert self.permitted(identity, who, ADMIN), "this takes the ADMIN right in the identity"


@view
@internal
def _address_of(members: DynArray[address, 32], rights: DynArray[uint8, 32], nonce: uint256) -> address:
    seed: bytes32 = keccak256(abi_encode(chain.id, self, members, rights, nonce))
    return convert(convert(seed, uint256) & convert(max_value(uint160), uint256), address)


@view
@internal
def _check_member(identity: address, member: address):
    assert self.rights[identity][member] != 0, "not a member of this identity"


@internal
def _set_rights(identity: address, member: address, rights: uint8):
    assert rights > 0 and rights <= EVERY, "rights are STORE 1, READ 2, COMPUTE 4, ADMIN 8, added together"
    self.rights[identity][member] = rights
    if rights & ADMIN != 0:
        self.admins[identity] += 1


@internal
def _drop_rights(identity: address, member: address):
    if self.rights[identity][member] & ADMIN != 0:
        self.admins[identity] -= 1
    self.rights[identity][member] = 0


@view
@internal
def _position(identity: address, member: address) -> uint256:
    for i: uint256 in range(len(self.lists[identity]), bound=MOST_MEMBERS):
        if self.lists[identity][i] == member:
            return i
    raise "not a member of this identity"
