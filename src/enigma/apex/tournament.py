"""Which of k secret numbers is the smallest, for many rows at once: a tournament of pairs.

One batched comparison for each of the ceil(log2(k)) levels, and one batched choice of the winners' numbers before the
next; then the bits of a row's path are multiplied into its one-hot row. Equal numbers: the first wins, as in NumPy.
"""

from __future__ import annotations

from enigma import array as xp
from enigma.apex.frame import proven
from enigma.array import Array


def first_smallest(numbers: Array, spread: float) -> Array:
    """For `numbers` of shape (k, rows), booleans of the same shape: true at the first smallest of each column.

    `spread` bounds the difference of any two numbers of one row, which the caller has proven; it sets the width of the
    comparisons. k - 1 comparisons, k - 2 choices and k - 2 conjunctions for each row.
    """
    left, right = numbers[0::2], numbers[1::2]
    return first_smallest_of_pairs(left, right - left[: right.shape[0]], spread)


def first_smallest_of_pairs(left: Array, difference: Array, spread: float) -> Array:
    """The same for numbers given as pairs: `left` holds the 1st, 3rd, ... and `difference` the 2nd - 1st, 4th - 3rd, ...

    `left` may end with a number that has no partner.
    """
    shape = (left.shape[0] + difference.shape[0], *left.shape[1:])
    lo, hi = left.range
    answers: list[Array] = []
    while difference.shape[0]:
        difference = proven(difference, -spread, spread)
        # Only a strictly smaller right one wins.
        right_wins = difference < 0
        answers.append(right_wins)
        pairs, alone = difference.shape[0], left.shape[0] - difference.shape[0]
        if pairs + alone == 1:
            break
        # One of the two, and so within the range of all.
        winners = proven(left[:pairs] + xp.multiply(right_wins, difference), lo, hi)
        numbers = xp.concat([winners, left[pairs:]]) if alone else winners
        left, right = numbers[0::2], numbers[1::2]
        difference = right - left[: right.shape[0]]
    return _paths(answers, shape)


def _paths(answers: list[Array], shape: tuple[int, ...]) -> Array:
    """From the final down to the first level: a row's mark goes to the side that won."""
    count = shape[0]
    entrants = [count]
    for _ in answers[1:]:
        entrants.append((entrants[-1] + 1) // 2)
    if not answers:
        return xp.ones(shape, dtype=xp.bool)
    marks = xp.concat([~answers[-1], answers[-1]])
    for right_wins, there in zip(reversed(answers[:-1]), reversed(entrants[:-1]), strict=True):
        pairs = right_wins.shape[0]
        right = marks[:pairs] & right_wins
        left = marks[:pairs] ^ right
        both = xp.reshape(xp.stack([left, right], axis=1), (2 * pairs, *shape[1:]))
        marks = both if 2 * pairs == there else xp.concat([both, marks[pairs:]])
    return marks


def indicators(marks: Array) -> Array:
    """All but the last row of one-hot `marks` (k, rows) as integers 0 and 1: the last one is what is left over."""
    return xp.astype(marks[:-1], xp.int64)
