"""Which of k secret numbers is the smallest, for many rows at once: a tournament of pairs.

One batched comparison for each level, and one batched choice of the winners' numbers before the next; then the bits of
a row's path are multiplied into its one-hot row. Where three are left, each meets each of the others at once: one
comparison more and one choice less, about as many bytes, and seven rounds fewer than two further levels. Equal numbers:
the first wins, as in NumPy.
"""

from __future__ import annotations

from enigma import array as xp
from enigma.apex.frame import proven
from enigma.array import Array
from enigma.array.operands import wrap
from enigma.program import build


def first_smallest(numbers: Array, spread: float) -> Array:
    """For `numbers` of shape (k, rows), booleans of the same shape: true at the first smallest of each column.

    `spread` bounds the difference of any two numbers of one row, which the caller has proven; it sets the width of the
    comparisons. k - 1 comparisons, k - 2 choices and k - 2 conjunctions for each row; where halving k, rounded up,
    comes to 3, one comparison and one conjunction more and one choice less.
    """
    left, right = numbers[0::2], numbers[1::2]
    return first_smallest_of_pairs(left, right - left[: right.shape[0]], spread)


def first_smallest_of_pairs(left: Array, difference: Array, spread: float) -> Array:
    """The same for numbers given as pairs: `left` are the 1st, the 3rd and so on, `difference` the 2nd less the 1st ...

    `left` may end with a number that has no partner. Of a single pair, only the difference counts.
    """
    pairs = difference.shape[0]
    shape = (left.shape[0] + pairs, *left.shape[1:])
    if shape[0] == 1:
        return xp.ones(shape, dtype=xp.bool)
    lo, hi = left.range
    alone = left[pairs:]
    answers: list[Array] = []
    while True:
        difference = proven(difference, -spread, spread)
        if pairs == alone.shape[0] == 1:
            return _paths(answers, _first_of_three(difference, alone - left[:1], spread), shape)
        # Only a strictly smaller right one wins.
        right_wins = _negative(difference)
        if pairs + alone.shape[0] == 1:
            return _paths(answers, xp.concat([~right_wins, right_wins]), shape)
        answers.append(right_wins)
        # One of the two, and so within the range of all.
        winners = proven(left[:pairs] + xp.multiply(right_wins, difference), lo, hi)
        right = winners[1::2]
        if pairs % 2 and alone.shape[0]:
            right, alone = (xp.concat([right, alone]) if pairs > 1 else alone), alone[:0]
        elif pairs % 2:
            alone = winners[pairs - 1 :]
        pairs = right.shape[0]
        left = winners[: 2 * pairs : 2]
        difference = right - left


def _negative(x: Array) -> Array:
    return wrap(build.negative(x.node), x)


def _first_of_three(second: Array, third: Array, spread: float) -> Array:
    """The marks of three numbers, of which the second and the third are given less the first, (1, rows) each."""
    third = proven(third, -spread, spread)
    wins = _negative(xp.concat([second, third, proven(third - second, -spread, spread)]))
    first_loses, third_wins = wins[:1], wins[1:]
    both = xp.concat([~first_loses, first_loses]) & ~third_wins
    return xp.concat([both, ~(both[:1] ^ both[1:])])


def _paths(answers: list[Array], marks: Array, shape: tuple[int, ...]) -> Array:
    """From the final's `marks` down to the first level: a row's mark goes to the side that won."""
    entrants: list[int] = []
    for _ in answers:
        entrants.append((entrants[-1] + 1) // 2 if entrants else shape[0])
    for right_wins, there in zip(reversed(answers), reversed(entrants), strict=True):
        pairs = right_wins.shape[0]
        right = marks[:pairs] & right_wins
        left = marks[:pairs] ^ right
        both = xp.reshape(xp.stack([left, right], axis=1), (2 * pairs, *shape[1:]))
        marks = both if 2 * pairs == there else xp.concat([both, marks[pairs:]])
    return marks


def indicators(marks: Array) -> Array:
    """All but the last row of one-hot `marks` (k, rows) as integers 0 and 1: the last one is what is left over."""
    return xp.astype(marks[:-1], xp.int64)
