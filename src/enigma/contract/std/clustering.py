"""K-means over several owners' rows: Lloyd's algorithm (Lloyd 1982, "Least squares quantization in PCM") under MPC.

Points, assignments, sizes and the centroids of every round stay secret; a fixed number of rounds is one loop of one
program.

Of the squared distance |x - c|^2 only |c|^2 - 2 c.x depends on the centroid: one matrix product for all points and
centroids, compared at full precision without a truncation.

Points are secret arrays of shape (columns, rows), centroids of shape (k, columns), both of one scale and around 0.
`reaches` bound the absolute values of points and starts, one public number for each column.
"""

from enigma.std.scaling import common_frame, moved_in, moved_out, reach
from enigma.std.selection import first_smallest_of_pairs

PRIMES = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53]
MOST_ROUNDS = 1000


def kmeans(observations, k, rounds=10, start="spread"):
    """The centroids (k, columns) in the columns' own units and the sizes (k,) of k clusters, all secret.

    `observations` are a private table, of which all columns that hold numbers are taken in their order, or a list of private
    arrays with an element for each row. Distances are measured in one unit for all columns. `start` is "spread" (see
    `spread_starts`; up to 16 columns) or "first": the first k rows. A size is the number of rows of which the centroid
    is the mean. Nothing is revealed: whether clusters are large enough to be shown is the contract's to say.
    """
    parts = columns(observations)
    require(len(parts) > 0, "there is no column of numbers to cluster by")
    rows = parts[0].size
    require(2 <= k and k <= rows // 2, "k lies in 2 .. rows / 2: more centroids would be the rows themselves")
    require(1 <= rounds and rounds <= MOST_ROUNDS, "there are 1 to 1000 rounds")
    require(start == "spread" or start == "first", "a start is spread or first")
    middles, units = common_frame(parts)
    coordinates = moved_in(parts, middles, units)
    reaches = [reach(x) for x in coordinates]
    points = stack(coordinates)
    starts = points[:, :k].T if start == "first" else spread_starts(points, k, reaches)
    centroids, sizes = lloyd(points, starts, rounds, reaches)
    return moved_out(centroids, middles, units), sizes


def lloyd(points, starts, rounds, reaches):
    """The centroids (k, columns) and sizes (k,) after `rounds` rounds; `starts` (k, columns) are secret or public.

    Rows at equal distances go to the first centroid; a cluster without rows keeps its centroid. Sizes count the rows of
    the last assignment, of which the centroids are the means. A round costs, for each row: k - 1 products, the
    comparisons, choices and conjunctions of `first_smallest`, and k - 1 conversions; and for each centroid and column
    an `average`.
    """
    features, rows = points.shape
    k = starts.shape[0]
    edge = furthest(points, reaches)
    by_row = points.T
    total = reshape(sum(points, axis=1), (1, features))
    centroids: private[fixed(-edge, edge, points.scale)] = with_range(starts, -edge, edge)
    sizes: private[int(0, rows)] = zeros((k,))
    for _ in range(rounds):
        near = nearest(points, centroids, reaches)
        counts = with_rest(sum(near, axis=1, keepdims=True), rows, 0, rows)
        sums = with_rest(matmul(near, by_row, scale=points.scale), total, -rows * edge, rows * edge)
        # A mean of points lies between them, but for its rounding.
        centroids = proven(average(sums, counts, centroids, most=edge), -edge, edge)
        sizes = reshape(counts, (k,))
    return centroids, sizes


def assigned(points, centroids, reaches):
    """How many of the points are nearest to each of the centroids: secret, (k,)."""
    rows = points.shape[1]
    return with_rest(sum(nearest(points, centroids, reaches), axis=1), rows, 0, rows)


def nearest(points, centroids, reaches):
    """For all but the last centroid, 1 at the points nearest to it and else 0: (k - 1, rows); the first of equals."""
    whole = 2 * points.scale
    bounds = [bound + slack(points) for bound in reaches]
    # Squared distances in the box, which centroids may leave by their slack, are at most that of its diagonal.
    spread = sum([(2 * bound) ** 2 for bound in bounds])
    # |c|^2 is added, exactly, to the matrix product that is made in the same round.
    squares = sum(multiply(centroids, centroids, scale=whole), axis=1, keepdims=True)
    squares = proven(squares, 0, sum([bound**2 for bound in bounds]))
    # The first round of the tournament needs differences of pairs, which are as cheap here as the numbers themselves.
    left, right = centroids[0::2], centroids[1::2]
    pairs = right.shape[0]
    # Only differences matter, so the first distance is taken from all: it is 0 then, and needs no product.
    towards = concat([right - left[:pairs], left[1:] - left[:1]])
    left_square, right_square = squares[0::2], squares[1::2]
    more = concat([right_square - left_square[:pairs], left_square[1:] - left_square[:1]])
    distances = proven(matmul(-2 * towards, points, scale=whole) + more, -spread, spread)
    relative = concat([broadcast_to(as_fixed(0, whole), (1, points.shape[1])), distances[pairs:]])
    return as_int(first_smallest_of_pairs(relative, distances[:pairs], spread)[:-1])


def spread_starts(points, k, reaches):
    """Secret starts (k, columns): Halton's sequence over the box of the mean and sqrt(3) deviations to either side.

    A uniform distribution over -sqrt(3) .. sqrt(3) has a standard deviation of 1.
    """
    features = points.shape[0]
    require(features <= len(PRIMES), "spread starts are defined for up to 16 columns")
    offsets = [[sqrt(3) * (2 * place - 1) for place in row] for row in halton(k, features)]
    starts = mean(points, axis=1) + multiply(std(points, axis=1), offsets, scale=points.scale)
    return stack([clip(starts[:, i], -reaches[i], reaches[i]) for i in range(features)], axis=1)


def halton(count, features):
    """The first points of Halton's sequence in the unit cube, `count` rows: radical inverses in prime bases.

    (Halton 1960, "On the efficiency of certain quasi-random sequences of points".) The origin is left out.
    """
    return [[radical_inverse(i + 1, PRIMES[j]) for j in range(features)] for i in range(count)]


def radical_inverse(n, base):
    """The digits of n, mirrored at the point."""
    digits = 0
    ends = 1
    while n > 0:
        digits = digits * base + n % base
        ends *= base
        n //= base
    return digits / ends


def slack(points):
    """Far above what a mean of points errs by: 16 units of the last place, and 2^-20 of itself."""
    return 16 / 2**points.scale + reach(points) / 2**20


def furthest(points, reaches):
    """A bound of every coordinate of points and centroids, in whole units of the last place."""
    bound = max(reach(points), max(reaches)) + slack(points)
    return ceil(bound * 2**points.scale) / 2**points.scale


def with_rest(parts, whole, lo, hi):
    """All but the last of the sums over disjoint groups, and the last: what they leave over of the whole."""
    rest = whole - sum(parts, axis=0, keepdims=True)
    return proven(concat([parts, rest]), lo, hi)
