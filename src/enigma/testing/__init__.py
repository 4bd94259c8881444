"""A committee in one process, deterministic, with an adversary if one is wanted: for our tests and for users' own."""
