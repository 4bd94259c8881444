"""The door of `python -m enigma.node.job`."""

from enigma.node.job.process import main

main()
