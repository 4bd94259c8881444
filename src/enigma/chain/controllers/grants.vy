# pragma version 0.4.3
"""
@title Grants
@license Apache-2.0
@notice What owners allow others to do with their data: per contract, per function, until a time, for a number of uses;
        and that they withdraw their data from a contract.
@dev Uses are not counted here. Each later request that a grant matches uses it, unless nothing came of it: whoever reads
     the log of this controller and of Jobs knows how many uses are left.
"""

import membership
import signatures

uses: membership

event Granted:
    owner: indexed(address)
    contract_id: indexed(bytes32)
    who: indexed(address)
    function_id: bytes4
    until: uint256
    uses: uint256
    by: address

event Revoked:
    owner: indexed(address)
    contract_id: indexed(bytes32)
    who: indexed(address)
    function_id: bytes4
    by: address

event Withdrawn:
    owner: indexed(address)
    contract_id: indexed(bytes32)
    by: address

event Skipped:
    signer: indexed(address)
    nonce: uint256

struct Grant:
    until: uint256  # up to and including this time, in seconds
    uses: uint256

NAME: constant(bytes32) = keccak256("Enigma Identities")
GRANT: constant(bytes32) = keccak256(
    "Grant(address owner,bytes32 contractId,bytes4 functionId,address who,uint256 until,uint256 uses,uint256 nonce,uint256 deadline)"
)
REVOKE: constant(bytes32) = keccak256(
    "Revoke(address owner,bytes32 contractId,bytes4 functionId,address who,uint256 nonce,uint256 deadline)"
)
WITHDRAW: constant(bytes32) = keccak256("Withdraw(address owner,bytes32 contractId,uint256 nonce,uint256 deadline)")

nonces: public(HashMap[address, uint256])
grants: HashMap[bytes32, Grant]


# ---------------------------------------------------------------- grants


@external
def grant(owner: address, contract_id: bytes32, function_id: bytes4, who: address, until: uint256, uses: uint256):
    """
    @notice Lets `who` (the zero address: everybody whom the contract itself lets ask) use the owner's data in a function
            of a contract (0x00000000: in all), up to and including the time `until`, `uses` times. Replaces an earlier
            grant of the same; uses count anew.
    """
    self._grant(owner, contract_id, function_id, who, until, uses, msg.sender)


@external
def revoke(owner: address, contract_id: bytes32, function_id: bytes4, who: address):
    """
    @notice Takes a grant back.
    """
    self._revoke(owner, contract_id, function_id, who, msg.sender)


@external
def withdraw(owner: address, contract_id: bytes32):
    """
    @notice Withdraws the owner's data from a contract: nodes stop counting the owner as one whose data are in it, and
            forget them. Grants stand as they are, and mean nothing until the owner contributes again.
    """
    self._withdraw(owner, contract_id, msg.sender)


@external
def grant_signed(
    owner: address,
    contract_id: bytes32,
    function_id: bytes4,
    who: address,
    until: uint256,
    uses: uint256,
    signer: address,
    deadline: uint256,
    signature: Bytes[65],
):
    """
    @notice As `grant`, by the EIP-712 signature of a member with the ADMIN right; anybody may bring it, and pays.
            The nonce in the signature is nonces(signer).
    """
    assert block.timestamp <= deadline, "the signature's deadline has passed"
    nonce: uint256 = self.nonces[signer]
    message: bytes32 = keccak256(
        abi_encode(GRANT, owner, contract_id, function_id, who, until, uses, nonce, deadline)
    )
    signatures.check(NAME, message, signer, signature)
    self.nonces[signer] = nonce + 1
    self._grant(owner, contract_id, function_id, who, until, uses, signer)


@external
def revoke_signed(
    owner: address,
    contract_id: bytes32,
    function_id: bytes4,
    who: address,
    signer: address,
    deadline: uint256,
    signature: Bytes[65],
):
    """
    @notice As `revoke`, by the EIP-712 signature of a member with the ADMIN right; anybody may bring it, and pays.
    """
    assert block.timestamp <= deadline, "the signature's deadline has passed"
    nonce: uint256 = self.nonces[signer]
    message: bytes32 = keccak256(abi_encode(REVOKE, owner, contract_id, function_id, who, nonce, deadline))
    signatures.check(NAME, message, signer, signature)
    self.nonces[signer] = nonce + 1
    self._revoke(owner, contract_id, function_id, who, signer)


@external
def withdraw_signed(owner: address, contract_id: bytes32, signer: address, deadline: uint256, signature: Bytes[65]):
    """
    @notice As `withdraw`, by the EIP-712 signature of a member with the ADMIN right; anybody may bring it, and pays.
    """
    assert block.timestamp <= deadline, "the signature's deadline has passed"
    nonce: uint256 = self.nonces[signer]
    message: bytes32 = keccak256(abi_encode(WITHDRAW, owner, contract_id, nonce, deadline))
    signatures.check(NAME, message, signer, signature)
    self.nonces[signer] = nonce + 1
    self._withdraw(owner, contract_id, signer)


@external
def skip_nonce():
    """
    @notice Makes every signature that the sender has given, and nobody has brought yet, worthless.
    """
    nonce: uint256 = self.nonces[msg.sender]
    self.nonces[msg.sender] = nonce + 1
    log Skipped(signer=msg.sender, nonce=nonce)


@view
@external
def granted(owner: address, contract_id: bytes32, function_id: bytes4, who: address) -> bool:
    """
    @notice Whether some grant lets `who` use the owner's data in this function now, uses aside: its own or everybody's,
            for the function or for all.
    """
    for function: bytes4 in [function_id, empty(bytes4)]:
        for grantee: address in [who, empty(address)]:
            if self._holds(self._key(owner, contract_id, function, grantee)):
                return True
    return False


@view
@external
def grant_of(owner: address, contract_id: bytes32, function_id: bytes4, who: address) -> Grant:
    """
    @notice A grant as it was given: its last time and its uses, of which the log says how many were made. Both are 0
            where there is none.
    """
    return self.grants[self._key(owner, contract_id, function_id, who)]


@view
@external
def domain_separator() -> bytes32:
    """
    @notice The EIP-712 domain separator, on this chain at this moment.
    """
    return signatures.domain(NAME)


# ---------------------------------------------------------------- inside


@pure
@internal
def _key(owner: address, contract_id: bytes32, function_id: bytes4, who: address) -> bytes32:
    return keccak256(abi_encode(owner, contract_id, function_id, who))


@view
@internal
def _holds(key: bytes32) -> bool:
    return self.grants[key].uses > 0 and block.timestamp <= self.grants[key].until


@internal
def _grant(
    owner: address, contract_id: bytes32, function_id: bytes4, who: address, until: uint256, uses: uint256, by: address
):
    membership.check_admin(owner, by)
    assert uses > 0, "grant at least one use"
    assert until >= block.timestamp, "the grant would have ended already"
    self.grants[self._key(owner, contract_id, function_id, who)] = Grant(until=until, uses=uses)
    log Granted(
        owner=owner, contract_id=contract_id, who=who, function_id=function_id, until=until, uses=uses, by=by
    )


@internal
def _revoke(owner: address, contract_id: bytes32, function_id: bytes4, who: address, by: address):
    membership.check_admin(owner, by)
    key: bytes32 = self._key(owner, contract_id, function_id, who)
    assert self.grants[key].uses > 0, "there is no such grant"
    self.grants[key] = empty(Grant)
    log Revoked(owner=owner, contract_id=contract_id, who=who, function_id=function_id, by=by)


@internal
def _withdraw(owner: address, contract_id: bytes32, by: address):
    membership.check_admin(owner, by)
    log Withdrawn(owner=owner, contract_id=contract_id, by=by)
