# pragma version 0.4.3
"""
@title Weights
@license Apache-2.0
@notice What each place of the list of nodes weighs in draws, settled per epoch: a change counts from the next epoch on.
@dev Weights below 2^64, so that four numbers share one storage slot and a draw reads one slot per place.
"""

MOST_WEIGHTS: constant(uint256) = 256
WORD: constant(uint256) = 2**64 - 1

EPOCH: immutable(uint256)

# place -> epoch of the last change | weight in the epoch before it | weight in it | weight after it, 64 bits each
kept: HashMap[uint256, uint256]


@deploy
def __init__(epoch: uint256):
    assert epoch > 0, "an epoch lasts at least a second"
    EPOCH = epoch


@view
@external
def epoch() -> uint256:
    """
    @notice The number of the present epoch.
    """
    return block.timestamp // EPOCH


@internal
def record(place: uint256, weight: uint256):
    """
    @dev From the next epoch on the place weighs this. The first changes of an epoch move the older weights along.
    """
    now: uint256 = block.timestamp // EPOCH
    before: uint256 = self.settled(place, now - 1)
    during: uint256 = self.settled(place, now)
    self.kept[place] = now << 192 | before << 128 | during << 64 | weight


@view
@internal
def settled(place: uint256, epoch: uint256) -> uint256:
    """
    @dev The weight in this epoch or the last; the epoch that is kept is never later than this one.
    """
    kept: uint256 = self.kept[place]
    changed: uint256 = kept >> 192
    if epoch > changed:
        return kept & WORD
    if epoch == changed:
        return kept >> 64 & WORD
    return kept >> 128 & WORD


@view
@internal
def page(epoch: uint256, first: uint256, count: uint256, places: uint256) -> DynArray[uint256, MOST_WEIGHTS]:
    """
    @dev The weights of the places first, first + 1, ... below `places`: at most 256 of them.
    """
    found: DynArray[uint256, MOST_WEIGHTS] = []
    for i: uint256 in range(min(count, MOST_WEIGHTS), bound=MOST_WEIGHTS):
        if first >= places or i >= places - first:
            break
        found.append(self.settled(first + i, epoch))
    return found


@view
@internal
def check(epoch: uint256):
    """
    @dev Goes on only for this epoch and the last.
    """
    now: uint256 = block.timestamp // EPOCH
    assert epoch <= now, "the weights of that epoch are not settled yet"
    assert epoch + 1 >= now, "weights are kept for this epoch and the last"
