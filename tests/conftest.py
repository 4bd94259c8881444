"""How every test runs: quick tests first, those that start processes last, and no test is failed by a clock.

A test that needs a program which is not installed skips; its reason begins with NEEDS_A_TOOL and says how to get it.
With `--require-tools` such a skip is a failure: a machine that checks every change must not skip in silence.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("enigma", deadline=None, print_blob=True)
settings.load_profile("enigma")

FOLDER = Path(__file__).parent
RECURSION_LIMIT = sys.getrecursionlimit()
NEEDS_A_TOOL = "needs a tool: "


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--require-tools", action="store_true", help="fail where a test would skip for want of a program")


def pytest_configure() -> None:
    # A shell that starts the tests in the background has interrupts ignored, here and in every process started here.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # Of those that start processes the longest come first, whole networks: no worker is left with one at the end.
    def turn(item: pytest.Item) -> tuple[bool, bool]:
        starts = item.get_closest_marker("processes") is not None
        return starts, starts and not {"node", "faults"} & set(item.path.relative_to(FOLDER).parts)

    items.sort(key=turn)


def pytest_collection_finish() -> None:
    sys.setrecursionlimit(RECURSION_LIMIT)


@pytest.fixture(autouse=True)
def usual_recursion_limit() -> Iterator[None]:
    """The Vyper compiler's libraries raise the limit for the whole process; here it is what users have."""
    yield
    if sys.getrecursionlimit() > 10 * RECURSION_LIMIT:
        sys.setrecursionlimit(RECURSION_LIMIT)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and item.config.getoption("--require-tools"):
        reason = str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)
        if NEEDS_A_TOOL in reason:
            report.outcome = "failed"
            report.longrepr = f"{reason}\n(a skip, but for --require-tools)"
    return report


@pytest.fixture(scope="session")
def anvil() -> Path:
    """The program that runs a chain on this machine."""
    from enigma.errors import ToolMissing
    from enigma.local.anvil import find_anvil

    try:
        return find_anvil()
    except ToolMissing as missing:
        pytest.skip(f"{NEEDS_A_TOOL}{missing.message}; {missing.hint}")
