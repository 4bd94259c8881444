"""Seats on this machine."""
