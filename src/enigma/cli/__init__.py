"""The command `enigma`: a door without logic."""


def main() -> None:
    """Run the command line; ends the process with 0, 1 (an unexpected error), 2 (input) or 3 (network)."""
    from enigma.cli.app import app

    app(prog_name="enigma")
