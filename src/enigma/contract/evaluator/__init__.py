"""Runs one call of a contract: public values at once, private ones as programs; metered, and never as Python."""
