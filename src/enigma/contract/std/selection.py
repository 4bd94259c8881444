"""Which of k secret numbers is the smallest, for many rows at once: a tournament of pairs.

One batched comparison for each level, and one batched choice of the winners' numbers before the next; then the bits of
a row's path are multiplied into its one-hot row. Where three are left, each meets each of the others at once: one
comparison more and one choice less, about as many bytes, and seven rounds fewer than two further levels. Equal numbers:
the first wins, as in NumPy.
"""


def first_smallest(numbers, spread):
    """For `numbers` of shape (k, rows), booleans of the same shape: true at the first smallest of each column.

    `spread` bounds the difference of any two numbers of one row, which the caller has proven; it sets the width of the
    comparisons. k - 1 comparisons, k - 2 choices and k - 2 conjunctions for each row; where halving k, rounded up,
    comes to 3, one comparison and one conjunction more and one choice less.
    """
    left, right = numbers[0::2], numbers[1::2]
    return first_smallest_of_pairs(left, right - left[: right.shape[0]], spread)


def first_smallest_of_pairs(left, difference, spread):
    """The same for numbers given as pairs: `left` are the 1st, the 3rd and so on, `difference` the 2nd less the 1st ...

    `left` may end with a number that has no partner. Of a single pair, only the difference counts.
    """
    pairs, rows = difference.shape
    entrants = left.shape[0] + pairs
    if entrants == 1:
        return ones((1, rows)) == 1
    lo, hi = left.range
    alone = left[pairs:]
    # Lists made anew, not grown in place: what changes a list is no round of a loop of a program.
    answers = []
    levels = []
    while pairs + alone.shape[0] > 1 and not (pairs == 1 and alone.shape[0] == 1):
        # Only a strictly smaller right one wins.
        right_wins = proven(difference, -spread, spread) < 0
        answers += [right_wins]
        levels += [entrants]
        entrants = (entrants + 1) // 2
        # One of the two, and so within the range of all.
        winners = proven(left[:pairs] + right_wins * proven(difference, -spread, spread), lo, hi)
        right = winners[1::2]
        if pairs % 2 == 1 and alone.shape[0] == 1:
            right, alone = concat([right, alone]) if pairs > 1 else alone, alone[:0]
        elif pairs % 2 == 1:
            alone = winners[pairs - 1 :]
        pairs = right.shape[0]
        left = winners[: 2 * pairs : 2]
        difference = right - left
    if alone.shape[0] == 1:
        marks = first_of_three(difference, alone - left[:1], spread)
    else:
        right_wins = proven(difference, -spread, spread) < 0
        marks = concat([~right_wins, right_wins])
    return along_paths(answers, levels, marks)


def first_of_three(second, third, spread):
    """The marks of three numbers, of which the second and the third are given less the first, (1, rows) each."""
    second, third = proven(second, -spread, spread), proven(third, -spread, spread)
    wins = concat([second, third, proven(third - second, -spread, spread)]) < 0
    first_loses, third_wins = wins[:1], wins[1:]
    both = concat([~first_loses, first_loses]) & ~third_wins
    return concat([both, ~(both[:1] ^ both[1:])])


def along_paths(answers, levels, marks):
    """From the final's `marks` down to the first level: a row's mark goes to the side that won.

    `answers` are the comparisons of each level, `levels` how many entered it.
    """
    for right_wins, entrants in zip(reversed(answers), reversed(levels)):
        pairs, rows = right_wins.shape
        right = marks[:pairs] & right_wins
        left = marks[:pairs] ^ right
        both = reshape(stack([left, right], axis=1), (2 * pairs, rows))
        marks = both if 2 * pairs == entrants else concat([both, marks[pairs:]])
    return marks
