"""`enigma doctor`: what is built, what is missing, and how to mend it."""

from __future__ import annotations

import os
import platform
import re
import shutil
import ssl
import sys
import sysconfig
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

# Three seats of the demonstration, with the comparison on pooled plaintext beside them.
_MEMORY_WANTED = 2 << 30

# What our own metadata says, as in: rich>=14   and   matplotlib>=3.10; extra == "demo"
_REQUIREMENT = re.compile(r"""(?P<name>[\w.-]+)[^;]*(;\s*extra\s*==\s*["'](?P<extra>\w+)["'])?""")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: where it is not `ok`, `mend` says what to do. The main job stands on what is `needed`."""

    name: str
    ok: bool
    what: str
    mend: str = ""
    needed: bool = False


def diagnose() -> list[Finding]:
    """Look at everything that Enigma stands on, in the order in which a missing part would be noticed."""
    return [
        _python(),
        _requirements("libraries", "", "numbers, cipher, tables, terminal", needed=True),
        _kernels(),
        _compiler(),
        _openssl(),
        _tls(),
        _cores(),
        _memory(),
        _requirements("extra: demo", "demo", "enigma demo compares with scikit-learn, on GeoNames' places"),
        _requirements("extra: dev", "dev", "make test, make check"),
        *_node(),
    ]


def exit_status(findings: Sequence[Finding]) -> int:
    """Return 0 when the main job works here, else 1."""
    return 0 if all(finding.ok for finding in findings if finding.needed) else 1


def print_report(findings: Sequence[Finding], console: Console) -> None:
    """Print a table of the findings and one sentence of conclusion."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for finding in findings:
        mark = ("ok", "green") if finding.ok else ("missing", "red") if finding.needed else ("absent", "yellow")
        words = Text(finding.what)
        if not finding.ok and finding.mend:
            words.append(f"\n{finding.mend}", style="dim")
        table.add_row(Text(*mark), finding.name, words)
    console.print(table)
    if exit_status(findings):
        lacking = ", ".join(finding.name for finding in findings if finding.needed and not finding.ok)
        console.print(f"The main job cannot run here: {lacking}.", style="red", highlight=False)
    else:
        console.print("The main job can run here.", style="green", highlight=False)


def _python() -> Finding:
    wanted = sys.version_info >= (3, 11)
    what = f"{platform.python_implementation()} {platform.python_version()}, {platform.machine()}, {platform.system()}"
    return Finding("Python", wanted, what, "install Python 3.11 or newer, then make clean and make demo", needed=True)


def _requirements(name: str, extra: str, purpose: str, *, needed: bool = False) -> Finding:
    """Check by name what the package itself declares; versions are the installer's business."""
    mend = f"pip install 'enigma[{extra}]'" if extra else "make clean, then make demo"
    try:
        declared = requires("enigma") or []
    except PackageNotFoundError:
        return Finding(name, False, "the package enigma is not installed", "pip install -e .", needed=needed)

    present, absent = [], []
    for requirement in declared:
        parts = _REQUIREMENT.match(requirement)
        if parts is not None and (parts["extra"] or "") == extra:
            try:
                present.append(f"{parts['name']} {version(parts['name'])}")
            except PackageNotFoundError:
                absent.append(parts["name"])
    if absent:
        return Finding(name, False, f"not installed: {', '.join(absent)} ({purpose})", mend, needed=needed)
    return Finding(name, True, ", ".join(present), needed=needed)


def _kernels() -> Finding:
    from enigma.algebra.kernels import load
    from enigma.algebra.kernels.native import NotBuilt, levels

    try:
        names = levels()
    except NotBuilt as problem:
        return Finding(
            "kernels", False, f"the NumPy twin runs: same results, slower; {problem}", "make clean, then make demo"
        )
    return Finding("kernels", True, f"native, level {load().level()} (this processor has {', '.join(names)})")


def _compiler() -> Finding:
    named = os.environ.get("CC") or (sysconfig.get_config_var("CC") or "cc")
    candidates = [named.split()[0], "cc", "gcc", "clang"]
    found = next((path for name in candidates if (path := shutil.which(name))), None)
    mend = "install gcc or clang (Debian, Ubuntu: apt install gcc), then make clean and make demo"
    return Finding("C compiler", found is not None, found or "none found: the kernels cannot be built", mend)


def _openssl() -> Finding:
    mend = "pip install 'cryptography>=50'"
    try:
        from cryptography.hazmat.backends.openssl.backend import backend
    except ImportError as problem:
        return Finding("cryptography", False, str(problem), mend, needed=True)
    return Finding(
        "cryptography",
        int(version("cryptography").split(".")[0]) >= 50,
        f"{version('cryptography')} on {backend.openssl_version_text()}",
        mend,
        needed=True,
    )


def _tls() -> Finding:
    mend = "use a Python that was built with OpenSSL 1.1.1 or newer"
    return Finding("TLS 1.3", ssl.HAS_TLSv1_3, f"Python's ssl on {ssl.OPENSSL_VERSION}", mend, needed=True)


def _cores() -> Finding:
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return Finding(
        "cores", count >= 2, f"{count} for this process", "the seats take turns on one core: it works, slower"
    )


def _memory() -> Finding:
    available = _available_memory()
    if available is None:
        return Finding("memory", True, "this system does not say how much is free")
    what = f"{available / (1 << 30):.1f} GiB available"
    return Finding("memory", available >= _MEMORY_WANTED, what, "the demonstration wants 2 GiB: close something large")


def _available_memory() -> int | None:
    """Return bytes that new work can have, as the kernel estimates it, or all there is where it does not."""
    listing = Path("/proc/meminfo")
    if listing.exists():
        for line in listing.read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    if {"SC_PHYS_PAGES", "SC_PAGE_SIZE"} <= set(os.sysconf_names):
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return None


def _node() -> list[Finding]:
    mend = "install Node 20 or newer with npm; only the local chain and the page in the browser need it"
    return [
        Finding(name, path is not None, path or "not found", mend)
        for name, path in ((name, shutil.which(name)) for name in ("node", "npm"))
    ]
