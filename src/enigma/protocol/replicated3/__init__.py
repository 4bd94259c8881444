"""Replicated sharing among three seats over Z_2^64; one of them may be curious."""
