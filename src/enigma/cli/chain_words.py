"""Amounts and times of a chain as people read them."""

from __future__ import annotations

from datetime import UTC, datetime

ETHER = 10**18
_LAST = 253_402_300_799  # the last second of the year 9999, with which calendars end


def ether(wei: int) -> str:
    """An amount exactly; in wei where ether would begin with many zeros."""
    if 0 < wei < 10**9:
        return f"{wei:,} wei"
    whole, rest = divmod(wei, ETHER)
    return f"{whole:,}{f'.{rest:018}'.rstrip('0') if rest else ''} ether"


def moment(seconds: int) -> str:
    """Seconds since 1970 as a time (UTC); what no calendar holds is "never"."""
    if seconds > _LAST:
        return "never"
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def span(seconds: int) -> str:
    """A length of time in its largest whole unit."""
    for unit, size in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds >= size and seconds % size == 0:
            count = seconds // size
            return f"{count:,} {unit}{'s' * (count != 1)}"
    return f"{seconds:,} second{'s' * (seconds != 1)}"
