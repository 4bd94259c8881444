"""How stored secrets are numbered: a number says which job brought or computed a secret, and which of the two it was.

A job has the numbers (job << 20) + 0, 1, 2, ... for what its asker contributed, and those from (job << 20) + (1 << 19)
on for what was computed in it and kept. So all seats say the same about a secret, and need nothing beside its number.
"""

from __future__ import annotations

BITS = 20
MOST_CONTRIBUTED = MOST_COMPUTED = 1 << 19
"""Secrets that one job may bring, and that it may compute and keep."""


def first_contributed(job: int) -> int:
    """The number of the first column that a job brings."""
    return job << BITS


def first_computed(job: int) -> int:
    """The number of the first secret that a job computes."""
    return (job << BITS) + MOST_CONTRIBUTED


def job_of(index: int) -> int:
    """The job that brought or computed a secret."""
    return index >> BITS


def was_contributed(index: int) -> bool:
    """Whether a secret is as its owner contributed it."""
    return index & ((1 << BITS) - 1) < MOST_CONTRIBUTED
