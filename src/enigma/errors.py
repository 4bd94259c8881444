"""Every exception that Enigma raises on purpose.

    EnigmaError
    ├── InputError           the caller's data or arguments                 exit status 2
    │   ├── FileProblem      a file that cannot be read as a table
    │   ├── RowProblem       one cell of a table: file, line, column
    │   ├── TableProblem     rows of a table that do not fit what a contract declares: its report
    │   ├── ArgumentProblem  a value outside what a command or call allows
    │   ├── KeyProblem       a keystore that cannot be opened: wrong password, damaged, open to others
    │   ├── ConfigProblem    a node's configuration: file, line, field, and what to write
    │   └── ToolMissing      a program that this needs is not installed
    ├── ProgramError         what was asked cannot be computed as written   exit status 2
    │   ├── ShapeError       shapes do not fit
    │   ├── KindError        boolean where a number belongs, and the like
    │   ├── RangeError       a result could leave the proven range
    │   ├── LeakError        a secret would become known where none was declared
    │   └── SourceProblem    a contract that is refused: file, line, fragment, reason, rewrite
    │       ├── NotTheLanguage   a form of Python that contracts do not have
    │       ├── UnknownName      a name that nothing defines, or two things do
    │       ├── WrongType        a value of another kind or shape than its place asks for
    │       ├── SourceLeak       a private value would become known (also a LeakError)
    │       ├── SourceRange      a result could leave its proven range (also a RangeError)
    │       └── OutOfFuel        too many steps, too much memory, too deep, too large
    ├── CallRefused          a contract said no, and nothing changed        exit status 2
    │   ├── AccessRefused    a predicate did not admit the sender
    │   └── ReleaseRefused   too little changed since the last answer
    ├── NetworkError         seats, channels, processes                     exit status 3
    │   ├── SeatLost         a seat closed its channel or its process ended
    │   ├── SeatSilent       a named wait passed its deadline
    │   ├── PeerLost         a node closed its connection, or cannot be reached
    │   ├── PeerSilent       a named wait for a node passed its deadline
    │   ├── CertificateProblem   a peer showed another identity than agreed
    │   ├── PortTaken        a listening address is in use
    │   ├── NobodyAnswered   no node near a key of the DHT answered in time
    │   └── RecordRefused    a record of the DHT that is altered, stale, too large, unpaid, or over a quota
    ├── ChainProblem         the chain, or the way to it                    exit status 3
    │   ├── ChainUnreachable no answer, or none that is JSON-RPC
    │   ├── WrongChain       another chain id than expected
    │   ├── ChainRefused     a controller, or the chain's node, said no: its reason
    │   ├── NoFunds          an account cannot pay a transaction
    │   ├── NotMined         no receipt, or not deep enough, before the deadline
    │   └── LyingNode        answers of a chain's node that contradict each other
    │       └── ChainBehind  it shows less of the chain than it once did
    ├── StoreProblem         a node's store on its disk                     exit status 3
    │   ├── StoreDamaged     something in it is cut off, altered or lost: the place
    │   ├── StoreKeyWrong    another key than the one it was sealed with
    │   ├── StoreLocked      another process, or another part of this one, has it open
    │   ├── StoreFull        no room on the disk; nothing was half written
    │   └── StoreChanged     an entry was replaced or deleted while it was being read
    ├── WireError            bytes that do not decode                       exit status 3
    │   └── StreamEnded      the other side closed a stream of messages
    └── ProtocolError        seats disagree: a redundant copy or a check failed   exit status 3

Every error says what happened, to whom or where, and what to do. None ever holds a secret value: `RowProblem` and
`TableProblem` quote cells only to the owner of the file, on the owner's machine.
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


class TableProblem(InputError):
    """Rows of a table that do not fit what a contract declares. `report` counts all; the message names the first."""

    def __init__(self, message: str, report: object, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.report = report


class ArgumentProblem(InputError):
    """A value outside what a command or call allows."""


class KeyProblem(InputError):
    """A keystore that cannot be opened: a wrong password, a damaged file, or one that others may read."""


class ConfigProblem(InputError):
    """A node's configuration cannot be used. `problems`: one sentence for each place, with line and field."""

    def __init__(self, file: str, problems: list[str], *, hint: str = "") -> None:
        super().__init__("\n".join(f"{file}, {problem}" for problem in problems), hint=hint)
        self.file, self.problems = file, problems


class ToolMissing(InputError):
    """A program that this needs is not installed; the hint is the line that installs it."""


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


class SourceProblem(ProgramError):
    """A contract's source is refused.

    `file`, `line` and `column` count from 1; `fragment` is the blamed text; `excerpt` its line with a caret below.
    `reason` is the message without its place.
    """

    excerpt: str = ""  # where another process found it, the text stayed there

    def __init__(
        self, reason: str, *, hint: str, file: str, line: int, column: int, fragment: str, excerpt: str
    ) -> None:
        super().__init__(f"{file}:{line}:{column}: {reason}", hint=hint)
        self.reason, self.file, self.line, self.column = reason, file, line, column
        self.fragment, self.excerpt = fragment, excerpt

    def __str__(self) -> str:
        return "\n".join(part for part in (self.message, self.excerpt, f"  {self.hint}" if self.hint else "") if part)


class NotTheLanguage(SourceProblem):
    """A form of Python, or of nothing, that private contracts do not have."""


class UnknownName(SourceProblem):
    """A name that nothing defines, or that two things define."""


class WrongType(SourceProblem):
    """A value of another kind or shape than its place asks for."""


class SourceLeak(SourceProblem, LeakError):
    """A private value would become known where nothing says that it may."""


class SourceRange(SourceProblem, RangeError):
    """A result could leave the range in which it is exact."""


class OutOfFuel(SourceProblem):
    """Too many steps, too much memory, too deep a nesting, or a value too large."""


class CallRefused(EnigmaError):
    """A contract said no: a `require` did not hold. Nothing changed, nothing was opened but what it revealed to all."""

    exit_status = 2


class AccessRefused(CallRefused):
    """A predicate did not admit the sender."""


class ReleaseRefused(CallRefused):
    """Too little changed since the last answer: the two would subtract to a few rows."""


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


class PeerLost(NetworkError):
    """A node closed its connection during a call, or cannot be reached at all."""

    def __init__(self, peer: str, step: str, *, hint: str = "") -> None:
        super().__init__(f"node {peer} was lost during: {step}", hint=hint)
        self.peer, self.step = peer, step


class PeerSilent(NetworkError):
    """A named wait for a node passed its deadline."""

    def __init__(self, peer: str, step: str, seconds: float, *, hint: str = "") -> None:
        super().__init__(f"waiting for node {peer} since {seconds:.1f} s: {step}", hint=hint)
        self.peer, self.step, self.seconds = peer, step, seconds


class CertificateProblem(NetworkError):
    """A peer showed another identity than the one agreed on."""


class PortTaken(NetworkError):
    """A listening address is in use."""


class NobodyAnswered(NetworkError):
    """No node near a key of the DHT answered in time, or none took a record: nothing is known about the key."""


class RecordRefused(NetworkError):
    """A record of the DHT that is altered, unsigned, stale, expired, too large, unpaid, or over a quota."""


class ChainProblem(EnigmaError):
    """The chain, or the way to it."""

    exit_status = 3


class ChainUnreachable(ChainProblem):
    """The chain's node gave no answer in time, or none that is JSON-RPC."""


class WrongChain(ChainProblem):
    """The node at this address serves another chain than the one expected, or than before."""


class ChainRefused(ChainProblem):
    """A controller reverted, or the chain's node refused a request. `reason` is what it said, and nothing else."""

    def __init__(self, reason: str, *, doing: str = "", hint: str = "") -> None:
        super().__init__(f"{doing}: {reason}" if doing else reason, hint=hint)
        self.reason, self.doing = reason, doing


class NoFunds(ChainProblem):
    """An account cannot pay a transaction's value and fee."""


class NotMined(ChainProblem):
    """A transaction has no receipt, or not one deep enough, before the deadline. It may still be mined."""


class LyingNode(ChainProblem):
    """Answers of one node contradict each other: blocks, receipts or logs that cannot all be true."""


class ChainBehind(LyingNode):
    """A chain's node shows less of the chain than it once did: it may be catching up, or changing its mind."""


class StoreProblem(EnigmaError):
    """A node's store on its disk: it cannot be opened, read or written."""

    exit_status = 3


class StoreDamaged(StoreProblem):
    """Something in a store is cut off, altered or lost. `space` and `key` name the place, where it is known."""

    def __init__(self, problem: str, *, space: str | None = None, key: bytes | None = None, hint: str = "") -> None:
        where = "" if space is None else f"space {space!r}" + ("" if key is None else f", key 0x{key.hex()}") + ": "
        super().__init__(where + problem, hint=hint)
        self.problem, self.space, self.key = problem, space, key


class StoreKeyWrong(StoreProblem):
    """A store was sealed with another key, or nothing is left of it that could tell. Nothing was changed."""


class StoreLocked(StoreProblem):
    """Another process has this store open, or this process has it open already."""


class StoreFull(StoreProblem):
    """There is no room on the disk. Nothing was half written; the store works again when there is room."""


class StoreChanged(StoreProblem):
    """An entry was replaced or deleted while a stream was still reading it."""


class WireError(EnigmaError):
    """Bytes that do not decode: too long, too short, or of an unknown kind."""

    exit_status = 3


class StreamEnded(WireError):
    """The other side closed a stream of messages where the next one could have begun."""


class ProtocolError(EnigmaError):
    """Seats disagree: a redundant copy differs or a check failed."""

    exit_status = 3


def rebuilt(name: str, message: str, hint: str) -> EnigmaError:
    """An error that another process named: of its class where that is one of these, else a `NetworkError`.

    What a class holds besides (a file, a line) stayed there.
    """
    kind = globals().get(name)
    if not (isinstance(kind, type) and issubclass(kind, EnigmaError)):
        kind = NetworkError
    error: EnigmaError = kind.__new__(kind)
    EnigmaError.__init__(error, message, hint=hint)
    return error
