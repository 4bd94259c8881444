"""The door of `python -m enigma.cli`."""

from enigma.cli import main

main()
