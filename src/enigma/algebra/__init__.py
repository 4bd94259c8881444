"""Exact, vectorised, local arithmetic: the ring Z_2^64, fixed point, bit planes, the PRG."""
