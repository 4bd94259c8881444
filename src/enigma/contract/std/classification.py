"""Gaussian naive Bayes over several owners' rows (Chan, Golub, LeVeque 1979 for the two-pass variance), under MPC.

Labels, class means, variances and the class given to a row stay secret. Row x is given the class c with the smallest

    sum over columns of ((x - mean) g)^2  -  log(rows of c)  +  1/2 sum over columns of log(2 variance),

where g = 1 / sqrt(2 variance), which orders classes as the joint log-likelihood does. The difference is squared as it
is, not as a polynomial in x: for a narrow class, the polynomial's terms are huge and cancel.
"""

from enigma.std.scaling import SCALE, moved_in, reach, separate_frame
from enigma.std.selection import first_smallest

DEVIATION_SCALE = 14
PRECISION_SCALE = 20
SCORE_BITS = 61
ROUNDING = 1 / 2**20


def naive_bayes(training, labels, classes, narrowest=None):
    """A secret model of the classes 0 .. classes - 1 of rows: hand it to `classify`.

    `training` is a private table, of which all columns that hold numbers are taken in their order, or a list of private
    arrays with an element for each row; `labels` are private classes, one for each row. Variances are sample variances
    (divided by n - 1), and never below the square of `narrowest`: the least standard deviation, as a fraction of half a
    column's range; by default `least_deviation`. A class of one row has the least variance, one of none lies in the
    middle of all ranges. The model is a tuple of means, precisions (classes, columns) and offsets (classes,), all
    secret, and of the public middles and units of the columns. Nothing is revealed.
    """
    parts = columns(training)
    require(len(parts) > 0, "there is no column of numbers to learn from")
    require(classes >= 2, "there are at least two classes to tell apart")
    least = least_deviation(len(parts))
    if narrowest == None:
        narrowest = least
    require(least <= narrowest and narrowest <= 1, "narrowest lies between least_deviation(columns) and 1")
    numbers = as_int(labels)
    lowest, highest = numbers.range
    require(0 <= lowest and highest < classes, "labels are private[int(0, classes - 1)] or a category")
    middles, units = separate_frame(parts)
    means, precisions, offsets = train(stack(moved_in(parts, middles, units)), numbers, classes, narrowest)
    return means, precisions, offsets, middles, units


def classify(model, observations):
    """The class of each row: secret booleans (classes, rows), one true for each row, and secret counts (classes,).

    `observations` have the columns of the training, in their order. Of equal classes the first is given. The classes as
    numbers are `matmul(arange(classes), as_int(marks))`.
    """
    means, precisions, offsets, middles, units = model
    parts = columns(observations)
    require(len(parts) == len(units), "the rows have other columns than those that were learned from")
    marks = most_likely(stack(moved_in(parts, middles, units)), means, precisions, offsets)
    return marks, counted(marks)


def train(points, labels, classes, narrowest):
    """Means and precisions (classes, columns), offsets (classes,) from points (columns, rows) and labels (rows,).

    All of them secret; points lie around 0, in units of half a column's range, with 24 fractional bits; labels in
    0 .. classes - 1. A precision is 1 / sqrt(2 variance), with variances not below narrowest^2. For each row: an equality
    and a conversion for each class, and two products a column.
    """
    rows = points.shape[1]
    # Means of points lie between them, but for their rounding.
    edge = reach(points) + ROUNDING
    marks = as_int(reshape(labels, (1, rows)) == reshape(arange(classes), (classes, 1)))
    counts = proven(sum(marks, axis=1), 0, rows)
    sums = matmul(marks, points.T, scale=SCALE)
    divisors = reshape(clip(counts, 1, rows), (classes, 1))
    means = proven(divide(sums, divisors, scale=SCALE), -edge, edge)
    # Each row has one class, so that the product picks one mean.
    own_means = proven(matmul(means.T, marks, scale=SCALE), -edge, edge)
    gaps = points - own_means
    # The sum of all squares, each up to 4, stays below 2^60.
    fine = min(40, 57 - bits_of(rows))
    squares = multiply(gaps, gaps, scale=fine)
    scatter = matmul(marks, squares.T, scale=fine)
    freedom = reshape(clip(counts - 1, 1, rows), (classes, 1))
    # Twice what n - 1 squares of at most 2 + rounding give.
    variances = clip(divide(scatter, freedom, scale=fine), narrowest**2, 8)
    doubled = variances + variances
    precisions = clip(divide(1, sqrt(doubled), scale=PRECISION_SCALE), 0, 1 / (narrowest * sqrt(2)))
    offsets = sum(log(doubled), axis=1) / 2 - log(clip(counts, 1, rows))
    return means, precisions, offsets


def most_likely(points, means, precisions, offsets):
    """The class of each of the points (columns, rows): secret booleans (classes, rows), the first of equals.

    For each row and class: one truncated and one whole product a column, then a comparison, a choice and a conjunction.
    """
    classes, features = means.shape
    by_column = reshape(precisions.T, (features, classes, 1))
    shifts = multiply(means, precisions, scale=DEVIATION_SCALE)
    shifts = reshape(shifts.T, (features, classes, 1))
    rows = reshape(points, (features, 1, points.shape[1]))
    deviations = matmul(by_column, rows, scale=DEVIATION_SCALE) - shifts
    # Near a border between classes, a score is right to about 1e-3.
    squares = sum(multiply(deviations, deviations, scale=2 * DEVIATION_SCALE), axis=0)
    scores = squares + reshape(as_fixed(offsets, 2 * DEVIATION_SCALE), (classes, 1))
    lowest, highest = scores.range
    require(highest - lowest < 2 ** (SCORE_BITS + 1 - 2 * DEVIATION_SCALE), "scores leave the headroom: raise narrowest")
    return first_smallest(scores, highest - lowest)


def counted(marks):
    """The number of rows of each class, secret, (classes,), from booleans (classes, rows)."""
    return proven(sum(as_int(marks), axis=1), 0, marks.shape[1])


def least_deviation(features):
    """The least of the least deviations with which the scores of so many columns stay within 61 bits, and differences within 62."""
    octaves = (SCORE_BITS - 2 * DEVIATION_SCALE - bits_of(features - 1) - 2) // 2
    return sqrt(0.5) / 2**octaves


def bits_of(n):
    """How many binary digits a whole number has; 0 has none."""
    bits = 0
    while n > 0:
        n //= 2
        bits += 1
    return bits
