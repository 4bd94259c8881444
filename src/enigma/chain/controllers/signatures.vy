# pragma version 0.4.3
"""
@title Typed signatures
@license Apache-2.0
@notice Checks EIP-712 signatures for the controllers that import it. The domain is built at each call from the chain's
        id and the controller's own address: a signature for another chain, another controller, or the other side of a
        fork is a signature for something else.
"""

DOMAIN_TYPE: constant(bytes32) = keccak256(
    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)
VERSION: constant(bytes32) = keccak256("1")
HALF_ORDER: constant(uint256) = 57896044618658097711785492504343953926418782139537452191302581570759080747168


@view
@internal
def domain(name: bytes32) -> bytes32:
    """
    @notice The EIP-712 domain separator of the controller that calls.
    @param name The hash of the domain's name, such as keccak256("Enigma Nodes").
    """
    return keccak256(abi_encode(DOMAIN_TYPE, name, VERSION, chain.id, self))


@view
@internal
def check(name: bytes32, message: bytes32, signer: address, signature: Bytes[65]):
    """
    @notice Goes on only if `signature` is the signer's own, over the struct hash `message` in the domain `name`.
    @dev Of the two signatures that would recover to the same key only the one with the low s is taken, so nobody can
         make a second valid signature out of a first.
    """
    assert len(signature) == 65, "a signature is 65 bytes: r, s, v"
    r: uint256 = extract32(signature, 0, output_type=uint256)
    s: uint256 = extract32(signature, 32, output_type=uint256)
    v: uint256 = convert(slice(signature, 64, 1), uint256)
    assert s <= HALF_ORDER, "the signature is malleable: use the low s"
    assert v == 27 or v == 28, "the last byte of a signature is 27 or 28"
    digest: bytes32 = keccak256(concat(b"\x19\x01", self.domain(name), message))
    found: address = ecrecover(digest, v, r, s)
    assert found != empty(address) and found == signer, "the signature is not the signer's, or for another domain"
