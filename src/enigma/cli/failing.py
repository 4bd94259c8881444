"""How a command ends when something is wrong: one error, what to do, and the right exit status."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from enigma.errors import EnigmaError

P = ParamSpec("P")

INTERRUPTED = 130  # 128 and the number of SIGINT, as shells count


def reporting(command: Callable[P, None]) -> Callable[P, None]:
    """A command that reports every deliberate error in a line or two, without a traceback."""

    @wraps(command)
    def reported(*args: P.args, **kwargs: P.kwargs) -> None:
        import typer

        try:
            command(*args, **kwargs)
        except EnigmaError as error:
            _print(error)
            raise typer.Exit(error.exit_status) from None
        except KeyboardInterrupt:
            typer.echo("Interrupted: nothing was opened that is not printed above.", err=True)
            raise typer.Exit(INTERRUPTED) from None

    return reported


def _print(error: EnigmaError) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=True, soft_wrap=True, highlight=False)
    console.print(Text.assemble(("Error: ", "bold red"), error.message))
    if error.hint:
        console.print(Text(error.hint, style="dim"))
