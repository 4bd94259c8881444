"""Enigma lets parties who do not trust each other compute on data that none of them may see."""

__version__ = "0.1.0"
