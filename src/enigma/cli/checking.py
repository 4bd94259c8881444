"""`enigma check`: what a contract reveals, to whom, in which ranges, at what cost and how exactly, for people."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

from enigma.cli.tables import titled
from enigma.cli.work import consoles, print_json

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from enigma.contract.report.account import Account, FunctionAccount, Opened, Problem, Spent

FINE, REFUSED = 0, 1


def run(
    file: Path,
    rows: int,
    arguments: Sequence[str],
    fields: Sequence[str],
    data: Sequence[Path],
    *,
    as_object: bool,
) -> int:
    """The whole command; its exit status: 0 where nothing is refused, else 1. Raises `InputError`."""
    from enigma.local.checking import check

    account = check(file, rows=rows, arguments=arguments, fields=fields, data=data)
    if as_object:
        print_json(account.tree())
    else:
        print_account(account, consoles()[0])
    return FINE if account.fine else REFUSED


def print_account(account: Account, console: Console) -> None:
    """The report as people read it, problems last, where they are seen."""
    from rich.text import Text

    console.print(Text.assemble((account.contract or account.file, "bold"), f"  {account.file}" if account.contract
                                else ""), soft_wrap=True)  # fmt: skip
    if account.doc:
        console.print(Text(account.doc.strip().splitlines()[0]))
    console.print(Text(f"SHA-256 {account.digest}", style="dim"))
    if account.functions:
        _print_disclosures(account, console)
    if account.functions and account.fields:
        _print_fields(account, console)
    traced = [each for each in account.functions if each.total is not None and each.where != "public"]
    if traced:
        _print_opened(traced, console)
        _print_costs(traced, console)
        _print_notes(traced, console)
    _print_untraced(account.functions, console)
    if traced:
        _print_basis(account, console)
    _print_problems(account.problems, console)
    _print_verdict(account, console)


def _heading(text: str, console: Console) -> None:
    from rich.text import Text

    console.print()
    console.print(Text(text, style="bold"))


def _bullets(sentences: Iterable[str], console: Console, *, mark: str = "-", indent: int = 2) -> None:
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 1, 0, 0))
    for sentence in sentences:
        grid.add_row(mark, Text(sentence))
    console.print(Padding(grid, (0, 0, 0, indent)))


_RUNS = {
    "private": "runs on the committee",
    "public": "runs on the chain: everything in it is public",
    "predicate": "answers the network, yes or no",
}


def _print_disclosures(account: Account, console: Console) -> None:
    from rich.text import Text

    _heading("Who learns what", console)
    for function in account.functions:
        console.print(Text.assemble("  ", (function.name, "cyan"), (f"  {_RUNS[function.where]}", "dim")))
        _bullets(function.sentences, console, indent=4)
    console.print(Text("  for all of them", style="cyan"))
    _bullets(account.rules, console, indent=4)


def _print_fields(account: Account, console: Console) -> None:
    table = titled("Kept in pieces by the committee", [("field", False), ("declared", False), ("values", False)])
    for field in account.fields:
        table.add_row(field.name, _plain(field.type), _plain(field.range))
    console.print()
    console.print(table)


def _plain(text: str) -> str:
    """Text with square brackets, which Rich would read as styles."""
    from rich.markup import escape

    return escape(text)


def _print_opened(functions: Sequence[FunctionAccount], console: Console) -> None:
    columns = [("function", False), ("line", True), ("to", False), ("what", False), ("proven range", False),
               ("worst error", True), ("of the range", True)]  # fmt: skip
    table = _named("Values that are opened", columns, whole={"function"})
    for function in functions:
        for program in function.programs:
            for opened in program.opened:
                line = "end" if opened.line is None else str(opened.line)
                table.add_row(function.name, line, _whom(opened), _what(opened), _range(opened), *_error(opened))
    console.print()
    if table.row_count:
        console.print(table)
    else:
        console.print("On this sample no value is opened.")


def _named(title: str, columns: Sequence[tuple[str, bool]], *, whole: Container[str]) -> Table:
    """An empty table; the columns `whole` are never broken, and what is too wide elsewhere goes on below."""
    table = titled(title, ())
    for name, numeric in columns:
        table.add_column(
            name, justify="right" if numeric else "left", header_style="dim", no_wrap=name in whole, overflow="fold"
        )
    return table


def _whom(opened: Opened) -> str:
    several = f"{len(opened.to)} addresses"
    return several if len(opened.to) > 2 else _plain(", ".join(opened.to))


def _what(opened: Opened) -> str:
    kind = opened.type.kind.value
    many = bool(opened.shape)
    shape = f"{' x '.join(f'{n:,}' for n in opened.shape)} " if many else ""
    if kind == "bool":
        return f"{shape}times yes or no" if many else "yes or no"
    if not opened.type.scale:
        return f"{shape}whole number{'s' * many}"
    return f"{shape}number{'s' * many}, 2^-{opened.type.scale}"


def _range(opened: Opened) -> str:
    if opened.type.is_bool:
        return ""
    lo, hi = opened.bounds
    return f"{lo:.8g} .. {hi:.8g}" if opened.type.scale else f"{lo:,} .. {hi:,}"


def _error(opened: Opened) -> tuple[str, str]:
    if opened.error is None:
        return ("exact", "") if not opened.differing else (f"{opened.differing:,} of {opened.size:,} differ", "")
    if not isfinite(opened.error):
        return "no number in float64", ""
    return (f"{opened.error:.1e}", f"{opened.relative:.0e}") if opened.error else ("exact", "")


_SURE = {"at most": "at most", "largest": "the largest found"}


def _print_costs(functions: Sequence[FunctionAccount], console: Console) -> None:
    columns = [("function", False), ("", False), ("rounds", True), ("sends", True), ("memory", True),
               ("LAN", True), ("WAN", True)]  # fmt: skip
    title = "What a call costs each seat (memory and times are estimates)"
    table = _named(title, columns, whole={"function", "rounds", "sends", "memory", "LAN", "WAN"})
    for function in functions:
        assert function.total is not None
        table.add_row(function.name, *_cost("in total" if len(function.programs) > 1 else "", function.total))
        if len(function.programs) > 1:
            for number, program in enumerate(function.programs, start=1):
                table.add_row("", *_cost(f"program {number}", program.spent), style="dim")
        if function.most is not None and function.sure != "exact":
            table.add_row("", *_cost(f"{_SURE[function.sure]}, over {function.paths} paths", function.most))
        elif function.most is not None and function.most != function.total:
            table.add_row("", *_cost("at most, with its other booleans", function.most))
    console.print()
    console.print(table)


def _cost(label: str, spent: Spent) -> list[str]:
    if not spent.rounds and not spent.peak_bytes:
        return [label, "0", "0 B", "", "", ""]
    return [
        label, f"{spent.rounds:,}", size(spent.most_bytes), size(spent.peak_bytes),
        duration(spent.lan_seconds), duration(spent.wan_seconds),
    ]  # fmt: skip


def size(count: int) -> str:
    """Bytes for people, in powers of 1000."""
    for unit, step in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= step:
            return f"{count / step:.1f} {unit}"
    return f"{count} B"


def duration(seconds: float) -> str:
    """An estimated time for people."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms" if seconds >= 0.001 else "under 1 ms"
    return f"{seconds:.1f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def _print_notes(functions: Sequence[FunctionAccount], console: Console) -> None:
    _heading("How the calls were tried", console)
    _bullets((_tried(each) for each in functions), console)
    notes = [f"{each.name}: {note}" for each in functions for note in each.notes]
    if notes:
        _bullets(notes, console)


def _tried(function: FunctionAccount) -> str:
    given = ", ".join(f"{name} = {value}" for name, value in function.arguments)
    compared = sum(program.comparisons for program in function.programs)
    differing = sum(program.differing for program in function.programs)
    widest = max((program.widest for program in function.programs), default=0)
    parts = [f"{function.name}{f' with {given}' if given else ''}, called by {function.caller}."]
    if function.sure == "exact":
        parts.append("Its cost is exact: nothing that it reveals decides how it goes on.")
    elif function.sure == "at most":
        parts.append(f"What it reveals decides how it goes on: all {function.paths} ways were tried.")
    else:
        parts.append(f"Numbers that it reveals are used afterwards: {function.paths} ways were tried, with the ends of "
                     "their ranges.")  # fmt: skip
    if compared:
        parts.append(f"{differing:,} of {compared:,} comparisons come out otherwise in float64.")
    if widest > 1:
        parts.append(f"The widest number takes {widest} of 64 bits.")
    return " ".join(parts)


def _print_untraced(functions: Sequence[FunctionAccount], console: Console) -> None:
    lacking = [each for each in functions if each.untraced]
    if not lacking:
        return
    _heading("Not tried: costs, ranges and errors of these are not known", console)
    _bullets((f"{each.name} {each.untraced}{f' ({each.hint})' if each.hint else ''}" for each in lacking), console)


def _print_basis(account: Account, console: Console) -> None:
    from rich.text import Text

    source = f"the rows of {', '.join(account.data)}" if account.data else f"{account.rows:,} made-up rows (--rows)"
    console.print()
    console.print(Text(f"Tried on {source}, three owners, the same values every time.", style="dim")
                  if not account.data else Text(f"Tried on {source}.", style="dim"))  # fmt: skip
    for sentence in account.assumptions:
        console.print(Text(sentence, style="dim"))


def _print_problems(problems: Sequence[Problem], console: Console) -> None:
    from rich.text import Text

    for problem in problems:
        console.print()
        console.print(
            Text.assemble((f"{problem.file}:{problem.line}:{problem.column}: ", "bold"), problem.reason),
            soft_wrap=True,
        )
        console.print(Text(problem.excerpt), soft_wrap=True)
        if problem.hint:
            console.print(Text(f"  {problem.hint}", style="dim"), soft_wrap=True)


def _print_verdict(account: Account, console: Console) -> None:
    console.print()
    if account.problems:
        count = len(account.problems)
        console.print(f"Refused: {count} problem{'s' * (count != 1)}.", style="red")
    elif not account.contract:
        console.print("Nothing is refused. This file declares no contract (class Name(Contract): ...): its functions "
                      "are tried where a contract uses them.", style="green")  # fmt: skip
    elif any(each.untraced for each in account.functions):
        console.print("Nothing is refused; not everything could be tried.", style="yellow")
    else:
        console.print("Nothing is refused.", style="green")
