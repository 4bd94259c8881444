"""Secrets into pieces and back, without I/O."""
