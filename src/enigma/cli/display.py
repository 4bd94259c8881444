"""What a command says while it works: on standard error, so that results alone stand on standard output."""

from __future__ import annotations

from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

    from enigma.array import Committee
    from enigma.client.progress import Step


class Display:
    """Phases with live progress on a terminal, one line for each finished phase elsewhere; a context manager.

    An instance is what a committee calls with its progress: (phase, rounds done, rounds in all); `step` is what a
    network calls.
    """

    def __init__(self, console: Console) -> None:
        self.console = console
        self._bars: Progress | None = None
        self._task: TaskID | None = None
        self._phase = ""
        self._since = 0.0
        self._rounds = 0
        self._committee: Committee | None = None

    def __enter__(self) -> Self:
        if self.console.is_terminal:
            from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

            self._bars = Progress(
                SpinnerColumn(finished_text="[green]✓[/]"),
                TextColumn("{task.description}"),
                BarColumn(bar_width=28),
                TextColumn("[dim]{task.fields[rounds]}[/]"),
                TimeElapsedColumn(),
                console=self.console,
            )
            self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._finish(whole=kind is None)
        if self._bars is not None:
            self._bars.stop()

    def follow(self, committee: Committee) -> None:
        """Name the phases to this committee, so that its errors say in which one they happened."""
        self._committee = committee

    def begin(self, phase: str) -> None:
        """Begin a phase; the one before it is over."""
        from enigma.local.committee import LocalCommittee

        self._finish(whole=True)
        self._phase, self._since, self._rounds = phase, monotonic(), 0
        if isinstance(self._committee, LocalCommittee):
            self._committee.phase = phase
        if self._bars is not None:
            self._task = self._bars.add_task(phase, total=None, rounds="")

    def __call__(self, phase: str, done: int, total: int) -> None:
        """Show how far the phase is: `done` of `total` rounds."""
        if self._bars is not None and self._task is not None and phase == self._phase:
            self._rounds = total
            self._bars.update(self._task, completed=done, total=max(total, 1), rounds=f"{done}/{total} rounds")

    def step(self, step: Step) -> None:
        """Show what a network tells of the phase, and how far it is."""
        if self._bars is not None and self._task is not None:
            self._bars.update(self._task, completed=step.done, total=step.total or None, rounds=str(step))

    def end(self) -> None:
        """All phases are over: what comes stands below them. What still begins leaves lines, not bars."""
        self._finish(whole=True)
        if self._bars is not None:
            self._bars.stop()
            self._bars = None

    def warn(self, sentence: str) -> None:
        """Say something that the user should know, once."""
        from rich.text import Text

        self.console.print(Text.assemble(("Note: ", "yellow"), sentence))

    def _finish(self, *, whole: bool) -> None:
        if self._bars is not None and self._task is not None:
            if whole:
                # Progress comes now and then: the last word is ours.
                rounds = f"{self._rounds} rounds" if self._rounds else ""
                self._bars.update(self._task, total=1, completed=1, rounds=rounds)
            self._bars.stop_task(self._task)
            self._task = None
        elif self._bars is None and self._phase and whole:
            self.console.print(f"{self._phase}: {monotonic() - self._since:.1f} s", highlight=False, markup=False)
        self._phase = ""
