"""The page as titled sections of sentences, facts and tables, from which HTML and Markdown are written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from enigma.chain.audit.findings import counted, ether
from enigma.client.report.job_report import JobReport, Moment


@dataclass(frozen=True, slots=True)
class Sentences:
    """Paragraphs, or the points of a list."""

    texts: tuple[str, ...]
    points: bool = False
    loud: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and values; values that are hashes or addresses are set so."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Rows:
    """A table."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Block = Sentences | Facts | Rows


@dataclass(frozen=True, slots=True)
class Section:
    """A title, and what stands under it."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """The whole page. `verdict`: whether the audit found nothing wrong, and in which words."""

    title: str
    subtitle: str
    holds: bool
    verdict: str
    sections: tuple[Section, ...]


def laid_out(report: JobReport) -> Page:
    """The page of a report, in plain words."""
    name = f"{report.source.contract}.{report.function}" if report.source else f"function {report.function}"
    if report.holds:
        verdict = f"Audited: {report.proven} findings hold against the chain, none is wrong."
    else:
        verdict = "This job is not as it should be: " + " ".join(report.wrong)
    sections = (
        Section("Purpose", tuple(_purpose(report))),
        Section("What was computed", tuple(_computed(report))),
        Section("On whose rows", tuple(_rows(report))),
        Section("Who had agreed", tuple(_agreed(report))),
        Section("What became known, and to whom", tuple(_revealed(report))),
        Section("Who held the pieces, and who signed", tuple(_seats(report))),
        Section("What was deleted", tuple(_deleted(report))),
        Section("How to check this page", tuple(_check(report))),
        Section("What this page cannot say", (Sentences(report.open_questions, points=True),)),
    )
    return Page(f"Job {report.job}: {name}", _subtitle(report), report.holds, verdict, sections)


def moment(seconds: int) -> str:
    """A time of the chain, in UTC."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _say(*texts: str) -> Sentences:
    return Sentences(texts)


def _subtitle(report: JobReport) -> str:
    return (
        f"Record of processing, from chain {report.chain_id} as of block {report.block:,} ({moment(report.block_time)})"
    )


def _purpose(report: JobReport) -> Iterator[Block]:
    if report.source is None:
        yield Sentences(
            ("Not known here: the chain holds only the hash of the contract's source. Give the file: --source.",)
        )
        return
    yield Sentences(tuple(report.source.purpose.split("\n\n")) or ("The contract does not say.",))
    yield Sentences((f"In the contract's own words; {report.source.file} is the source that was published.",))


def _computed(report: JobReport) -> Iterator[Block]:
    source = report.source
    pairs = [
        ("Contract", f"{source.contract}, {report.contract}" if source else report.contract),
        ("Published by", f"{report.publisher}, {_when(report.published)}"),
        ("Function", report.function),
    ]
    if source and source.about:
        pairs.append(("Which says of itself", " ".join(source.about.split())))
    if source and source.arguments:
        pairs.append(("Its arguments", "; ".join(source.arguments)))
    pairs += [("Asked by", f"{report.asker}, {_when(report.asked)}"), ("State", report.state)]
    if report.ended is not None:
        pairs.append(("Ended", _when(report.ended)))
    yield Facts(tuple(pairs))
    if source and source.holds:
        yield Sentences(("Private data that the contract holds, and their declared ranges:",))
        yield Sentences(source.holds, points=True)


def _rows(report: JobReport) -> Iterator[Block]:
    if not report.contributions:
        yield Sentences(("Nobody had contributed anything to this contract.",))
        return
    rows = []
    for each in report.contributions:
        if each.rows:
            count = "; ".join(f"{name}: {'one value' if n is None else f'{n:,}'}" for name, n in each.rows.items())
        else:
            count = "not given"
        gone = "" if each.withdrawn is None else f"withdrawn {_when(each.withdrawn)}"
        here = " (this job)" if each.job == report.job else ""
        rows.append((each.owner, f"{each.job}{here}", _when(each.when), count, gone or "until withdrawn"))
    yield Rows(("Owner", "With job", "When", "Rows", "Kept"), tuple(rows))
    if any(not each.rows for each in report.contributions):
        yield _say(
            "The chain holds a commitment to each contribution. How many rows it binds its owner to stands in its "
            "header, which owners and seats have: give their file, --headers, and the numbers are checked "
            "against the commitments."
        )


def _agreed(report: JobReport) -> Iterator[Block]:
    if not report.agreements:
        yield Sentences(("There was no owner of rows but the asker: nobody else had to agree.",))
        return
    if report.empty:
        yield Sentences(("The job has revealed nothing: it needed nobody's agreement. What was in force:",))
    rows = []
    for each in report.agreements:
        if not each.in_force:
            rows.append((each.owner, "no grant in force", "", "", "", ""))
            continue
        given = "" if each.given is None else f"{_when(each.given)}, {each.given.transaction}"
        rows.append(
            (
                each.owner,
                each.function or "any function",
                each.who or "whoever the contract lets ask",
                moment(each.until) if each.until < 1 << 34 else "no end",
                f"{each.uses:,}",
                given,
            )
        )
    yield Rows(("Owner", "For", "Asked by", "Until", "Uses left", "Given (transaction)"), tuple(rows))
    missing = [each.owner for each in report.agreements if not each.in_force]
    if missing and not report.empty:
        yield Sentences((f"Without the agreement of {', '.join(missing)} this was not to be computed.",), loud=True)


def _revealed(report: JobReport) -> Iterator[Block]:
    if report.ended is None:
        yield Sentences(("Nothing yet: the job is open.",))
    elif not report.result:
        yield Sentences(("Nothing: the job ended without a result.",))
    elif report.empty:
        yield Sentences(("Nothing beyond the call itself: the seats signed that the result is empty.",))
    if report.source is None:
        yield Sentences(("What a result of this function tells stands in the source: --source.",))
        return
    yield Sentences(("By the source, as the language's checker derives it:",))
    yield Sentences(report.source.reveals, points=True)
    yield Sentences(("For every function of this contract:",))
    yield Sentences(report.source.rules, points=True)


def _seats(report: JobReport) -> Iterator[Block]:
    yield _say(
        "Each seat holds random pieces, which alone are noise; two seats that pool theirs have everything. "
        f"{report.quorum} signatures make a receipt."
    )
    rows = tuple(
        (str(each.seat), each.node, each.operator, "yes, late" if each.late else "yes" if each.signed else "no")
        for each in report.seats
    )
    yield Rows(("Seat", "Node", "Run by", "Signed"), rows)
    if report.receipt:
        work = (
            ""
            if report.rounds is None
            else f"{counted(report.rounds, 'round')}, {counted(report.operations or 0, 'operation')}, "
        )
        yield Facts((("Receipt", report.receipt), ("Cost", f"{work}{ether(report.cost_wei)}, paid by the asker")))


def _deleted(report: JobReport) -> Iterator[Block]:
    if not report.withdrawals:
        yield Sentences(("No owner has withdrawn rows from this contract.",))
    else:
        rows = tuple(
            (each.owner, _when(each.when), "before this job was asked" if each.before else "after it was asked")
            for each in report.withdrawals
        )
        yield Rows(("Owner who withdrew all its rows", "When", "This job"), rows)
    if report.deletions:
        deleted = tuple(
            (
                each.owner,
                f"{each.seat}, {each.node}",
                f"{each.pieces:,}",
                moment(each.time),
                "holds" if each.holds else "DOES NOT HOLD",
                each.digest,
            )
            for each in report.deletions
        )
        yield Rows(("Owner", "Deleted by seat", "Pieces", "When", "Its signature", "Receipt"), deleted)
    elif report.withdrawals:
        yield Sentences(("No seat's signed word was given that it has deleted what was withdrawn.",))


def _check(report: JobReport) -> Iterator[Block]:
    source = f" --source {report.source.file}" if report.source else ""
    yield _say(
        "This page was computed from a node of the chain alone. Anybody with another node can do the same, or "
        "have every finding listed:"
    )
    yield Facts(
        (
            ("Command", f"enigma audit {report.job} --url URL --deployment controllers.json{source}"),
            ("Block", f"{report.block}, {report.block_hash}"),
            ("Source, SHA-256", report.source_sha256),
            ("Request", report.request),
            ("Arguments, hash", report.arguments),
            ("Result, commitment", report.result or "none"),
            *(
                (f"Commitment of {each.owner}, job {each.job}", commitment)
                for each in report.contributions
                for commitment in each.commitments
            ),
        )
    )


def _when(at: Moment) -> str:
    return f"{moment(at.time)}, block {at.block:,}"
