"""The private-contract language: Python syntax, parsed and checked, never executed as Python."""
