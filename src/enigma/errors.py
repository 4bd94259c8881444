"""Every exception that Enigma raises on purpose.

    EnigmaError
    ├── InputError           the caller's data or arguments                 exit status 2
    │   ├── FileProblem      a file that cannot be read as a table
    │   ├── RowProblem       one cell of a table: file, line, column
    │   └── ArgumentProblem  a value outside what a command or call allows
    ├── ProgramError         what was asked cannot be computed as written   exit status 2
    │   ├── ShapeError       shapes do not fit
    │   ├── KindError        boolean where a number belongs, and the like
    │   ├── RangeError       a result could leave the proven range
    │   └── LeakError        a secret would become known where none was declared
    ├── NetworkError         seats, channels, processes                     exit status 3
    │   ├── SeatLost         a seat closed its channel or its process ended
    │   ├── SeatSilent       a named wait passed its deadline
    │   ├── CertificateProblem   a peer showed another identity than agreed
    │   └── PortTaken        a listening address is in use
    ├── WireError            bytes that do not decode                       exit status 3
    │   └── StreamEnded      the other side closed a stream of messages
    └── ProtocolError        seats disagree: a redundant copy or a check failed   exit status 3

Every error says what happened, to whom or where, and what to do. None ever holds a secret value: `RowProblem` quotes a
cell only to the owner of the file, on the owner's machine.
"""

from __future__ import annotations


class EnigmaError(Exception):
    """The root. `hint` says what to do; `exit_status` is what a command ends with."""

    exit_status = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n  {self.hint}" if self.hint else self.message


class InputError(EnigmaError):
    """The caller's data or arguments."""

    exit_status = 2


class FileProblem(InputError):
    """A file that cannot be read as a table at all."""

    def __init__(self, file: str, problem: str, *, hint: str = "") -> None:
        super().__init__(f"{file}: {problem}", hint=hint)
        self.file = file


class RowProblem(InputError):
    """One cell (or one line) of a file. Lines count from 1, as an editor shows them.

    `counted` is "row" for formats without lines, such as Parquet; rows count from 1 too.
    """

    def __init__(
        self, file: str, line: int, column: str, problem: str, *, hint: str = "", counted: str = "line"
    ) -> None:
        super().__init__(f"{file}, {counted} {line}, column {column}: {problem}", hint=hint)
        self.file, self.line, self.column = file, line, column


class ArgumentProblem(InputError):
    """A value outside what a command or call allows."""


class ProgramError(EnigmaError):
    """What was asked cannot be computed as written."""

    exit_status = 2


class ShapeError(ProgramError):
    """Shapes do not fit."""


class KindError(ProgramError, TypeError):
    """A boolean where a number belongs, a public where a secret belongs, and the like."""


class RangeError(ProgramError):
    """A result could leave the range in which it is exact: refused before anything is shared."""


class LeakError(ProgramError, TypeError):
    """A secret would become known where none was declared (`bool(x)`, `float(x)`, `np.asarray(x)`)."""


class NetworkError(EnigmaError):
    """Seats, channels, processes."""

    exit_status = 3


class SeatLost(NetworkError):
    """A seat closed its channel or its process ended."""

    def __init__(self, seat: int | str, step: str, *, hint: str = "") -> None:
        super().__init__(f"seat {seat} was lost during: {step}", hint=hint)
        self.seat, self.step = seat, step


class SeatSilent(NetworkError):
    """A named wait passed its deadline."""

    def __init__(self, seat: int | str, step: str, seconds: float, *, hint: str = "") -> None:
        super().__init__(f"waiting for seat {seat} since {seconds:.1f} s: {step}", hint=hint)
        self.seat, self.step, self.seconds = seat, step, seconds


class CertificateProblem(NetworkError):
    """A peer showed another identity than the one agreed on."""


class PortTaken(NetworkError):
    """A listening address is in use."""


class WireError(EnigmaError):
    """Bytes that do not decode: too long, too short, or of an unknown kind."""

    exit_status = 3


class StreamEnded(WireError):
    """The other side closed a stream of messages where the next one could have begun."""


class ProtocolError(EnigmaError):
    """Seats disagree: a redundant copy differs or a check failed."""

    exit_status = 3
