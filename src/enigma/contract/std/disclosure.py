"""What small groups may say about themselves: nothing. The gates are evaluated in secret, before anything is opened."""


def large_enough(sizes, smallest):
    """Which of the groups have at least `smallest` rows: private booleans of the shape of `sizes`."""
    require(smallest >= 1, "groups have at least one row: a limit of 1 shows every group")
    return sizes >= smallest


def open_sizes(sizes, large, smallest):
    """Which sizes may be opened, as private booleans (groups,): those of large groups, but never all others but one.

    The number of all rows is public: where a single group is small, its size is what the others leave over. Then the
    size of the smallest large group is kept back too (complementary suppression: Willenborg and de Waal, Elements of
    Statistical Disclosure Control, section 6). A group of none, with `smallest` 1, gives nothing away.
    """
    groups = sizes.shape[0]
    if smallest == 1 or groups < 2:
        return large
    lowest, highest = sizes.range
    alone = sum(as_int(~large)) == 1
    # Beyond every size, so that a small group is never taken for the smallest large one.
    candidates = where(large, sizes, highest + 1)
    second = argmin(candidates) == arange(groups)
    return large & ~(alone & second)


def suppress(counts, smallest):
    """Counts (groups,) with 0 for those that may not be opened; which groups are large; and which may be opened.

    With `smallest` 1 every count may be opened, that of an empty group too: it gives nobody away.
    """
    large = counts >= 0 if smallest == 1 else large_enough(counts, smallest)
    opened = open_sizes(counts, large, smallest)
    return withhold(counts, opened), large, opened


def withhold(values, shown):
    """`values` (groups, ...) of the groups that are `shown` (groups,), and 0 for all others: open this, not `values`."""
    groups = shown.shape[0]
    if values.ndim == 2:
        return reshape(shown, (groups, 1)) * values
    return shown * values
