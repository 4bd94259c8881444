# pragma version 0.4.3
# pragma evm-version cancun
"""
@notice What Identities permits to whom, in one answer.
"""

interface Identities:
    def permits(identity: address, who: address, right: uint8) -> bool: view
    def members(identity: address) -> (DynArray[address, 32], DynArray[uint8, 32]): view


@view
@external
def look(
    target: address, identities: DynArray[address, 8], people: DynArray[address, 8]
) -> (DynArray[DynArray[uint256, 8], 8], DynArray[uint256, 8], DynArray[bool, 8]):
    """
    @return Per identity and person, the set of the questions 1 to 15 that are answered with yes, as bits; per identity,
            how many members are listed, and whether every one listed has rights of their own.
    """
    yes: DynArray[DynArray[uint256, 8], 8] = []
    counts: DynArray[uint256, 8] = []
    sound: DynArray[bool, 8] = []
    for identity: address in identities:
        row: DynArray[uint256, 8] = []
        for person: address in people:
            bits: uint256 = 0
            for right: uint8 in range(16):
                if staticcall Identities(target).permits(identity, person, right):
                    bits |= 1 << convert(right, uint256)
            row.append(bits)
        yes.append(row)
        listed: DynArray[address, 32] = []
        rights: DynArray[uint8, 32] = []
        listed, rights = staticcall Identities(target).members(identity)
        counts.append(len(listed))
        fine: bool = len(listed) == len(rights)
        for right: uint8 in rights:
            if right == 0:
                fine = False
        sound.append(fine)
    return yes, counts, sound
