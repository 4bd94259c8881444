"""The page itself: nothing a publisher wrote is markup, nothing comes from elsewhere, nothing is left out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from enigma.client.report import Deletion, JobReport, markdown, page
from enigma.client.report.job_report import Agreed, Contribution, Moment, Seat, Source, Withdrawn
from enigma.client.report.layout import Page, laid_out

OWNER, OTHER, NODE = "0x" + "a1" * 20, "0x" + "b2" * 20, "0x" + "c3" * 20
WHEN = Moment(12, 1_800_000_000, "0x" + "d4" * 32)
EVIL = "<script>alert(1)</script> | `x` & <img src=x onerror=y> [a](javascript:b) \n# title"


def made(**changes: object) -> JobReport:
    report = JobReport(
        job=7, contract="0x" + "e5" * 32, asker=OTHER, function="mean_pay", state="settled", asked=WHEN, ended=WHEN,
        publisher=OTHER, published=WHEN, source_sha256="f6" * 32,
        source=Source(
            "pay.py", "Pay", "What are people paid?\n\nNo firm shows its payroll.", "The mean.", ("k: int",),
            ("Everyone learns the value of `mean(self.staff.pay)` (line 16).",), ("A rule.",), ("staff: pay 0 .. 9",),
        ),
        contributions=(Contribution(OWNER, 3, "contribute", WHEN, ("17" * 32,), {"rows": 1234}, None),),
        agreements=(Agreed(OWNER, "", "", 1 << 40, 2, WHEN, in_force=True),),
        empty=False, result="28" * 32, receipt="39" * 32, request="4a" * 32, arguments="5b" * 32,
        cost_wei=10**12, rounds=1, operations=2, seats=(Seat(0, NODE, OTHER, signed=True, late=False),), quorum=3,
        withdrawals=(), deletions=(), proven=31, wrong=(), open_questions=("Whether this is the chain.",),
        chain_id=1, block=99, block_hash="0x" + "6c" * 32, block_time=1_800_000_100,
    )  # fmt: skip
    return replace(report, **changes)  # type: ignore[arg-type]


class Reader(HTMLParser):
    """Tags that are opened and closed, and text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == []
    return reader


def test_one_file_without_scripts() -> None:
    text = page.written(laid_out(made()))
    reader = read(text)
    assert reader.tags.isdisjoint({"script", "img", "link", "iframe", "object", "form", "a", "svg"})
    assert not any(name.startswith("on") or name in {"src", "href", "style"} for name in reader.attributes)
    assert "url(" not in text
    assert "@import" not in text
    assert "default-src 'none'" in text
    assert "size: A4" in text


@pytest.mark.parametrize("written", [page.written, markdown.written], ids=["html", "markdown"])
def test_everything_is_said(written: Callable[[Page], str]) -> None:
    text = written(laid_out(made()))
    for words in (
        OWNER, OTHER, NODE, "1,234", "What are people paid?", "2027-01-15 08:00:00 UTC", "no end", "17" * 32, "28" * 32,
        "39" * 32, "4a" * 32, "5b" * 32, "f6" * 32, "6c" * 32, WHEN.transaction, "enigma audit 7",
        "1 round, 2 operations",
        "whoever the contract lets ask", "mean(self.staff.pay)", "31 findings hold",
    ):  # fmt: skip
        assert words in text, words


@pytest.mark.parametrize("field", ["purpose", "about", "contract", "file"])
def test_what_a_publisher_wrote_is_text(field: str) -> None:
    source = made().source
    assert source is not None
    written: dict[str, Any] = {field: EVIL}
    reports = laid_out(made(source=replace(source, **written)))
    reader = read(page.written(reports))
    assert reader.tags.isdisjoint({"script", "img"})
    assert "<script>alert(1)</script>" in reader.words
    text = markdown.written(reports)
    assert "<script>" not in text
    assert "[a](" not in text
    assert "\n# title" not in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert {line.replace("\\|", "").count("|") for line in rows} <= {3, 5, 6, 7}


@pytest.mark.parametrize("written", [page.written, markdown.written], ids=["html", "markdown"])
def test_what_does_not_hold_is_loud(written: Callable[[Page], str]) -> None:
    text = written(laid_out(made(wrong=("A signature is nobody's.",))))
    assert "not as it should be: A signature is nobody" in text
    missing = (Agreed(OWNER, "", "", 0, 0, None, in_force=False),)
    assert "was not to be computed" in written(laid_out(made(agreements=missing)))
    assert "was not to be computed" not in written(laid_out(made(agreements=missing, empty=True)))
    assert "was not to be computed" not in written(laid_out(made()))


def test_deletions_and_withdrawals() -> None:
    text = markdown.written(laid_out(made(withdrawals=(Withdrawn(OWNER, WHEN, before=False),))))
    assert "No seat's signed word was given" in text
    receipts = (
        Deletion(OWNER, NODE, 2, 14, 1_800_000_000, "7d" * 32, holds=True),
        Deletion(OWNER, OTHER, 1, 14, 1_800_000_000, "8e" * 32, holds=False),
    )
    text = markdown.written(laid_out(made(withdrawals=(Withdrawn(OWNER, WHEN, before=True),), deletions=receipts)))
    assert "No seat's signed word was given" not in text
    assert "7d" * 32 in text
    assert text.count("DOES NOT HOLD") == 1


def test_without_source_or_end() -> None:
    text = markdown.written(laid_out(made(source=None, ended=None, result="", receipt="", rounds=None, empty=True)))
    assert "Not known here" in text
    assert "the job is open" in text
