"""Columns as the committee computes with them: around 0, in public units, with as few bits as they need.

Where a column's 0 lies and what its 1 is follows from its declared range alone, and so is public.
"""

SCALE = 24


def common_frame(parts):
    """Middles and units of columns, in their own units: one unit for all, so that distances keep their meaning."""
    unit = common_unit([half_range(x) for x in parts])
    return [middle(x) for x in parts], [unit for x in parts]


def common_unit(halves):
    """The least power of two above the distance from the middle of any row, by half the ranges of its columns."""
    norm = sqrt(sum([half**2 for half in halves]))
    unit = 1
    while unit <= norm:
        unit *= 2
    while norm > 0 and unit > 2 * norm:
        unit /= 2
    return unit


def separate_frame(parts):
    """Middles and units of columns, in their own units: half of its range is the unit of each."""
    return [middle(x) for x in parts], [half_range(x) if half_range(x) > 0 else 1 for x in parts]


def moved_in(parts, middles, units):
    """The columns as coordinates of 24 fractional bits: a list of arrays (rows,), about -1 .. 1."""
    return [divide(parts[i] - middles[i], units[i], scale=SCALE) for i in range(len(parts))]


def moved_out(points, middles, units):
    """Coordinates (points, columns) in the columns' own units."""
    return stack([points[:, i] * units[i] + middles[i] for i in range(len(units))], axis=1)


def middle(x):
    """The middle of an array's range."""
    lo, hi = x.range
    return (lo + hi) / 2


def half_range(x):
    """Half the width of an array's range."""
    lo, hi = x.range
    return (hi - lo) / 2


def reach(x):
    """The largest absolute value in an array's range."""
    lo, hi = x.range
    return max(-lo, hi)
