"""What our documents say is there is there, what they show runs, and nothing names the machine it was written on."""

from __future__ import annotations

import io
import re
import runpy
import shutil
import subprocess
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CACHES = {".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis", "__pycache__"}
KEPT_OUT = CACHES | {".git", ".venv", "node_modules", "build", "dist"}
TEXT = {".py", ".pyi", ".c", ".h", ".inc", ".md", ".toml", ".txt", ".in", ".vy", ".ts", ".tsx", ".json", ".yml", ""}


def repository_files() -> list[Path]:
    """List the files that belong to the repository: what git knows or would add, else everything but environments."""
    if (ROOT / ".git").exists() and shutil.which("git"):
        command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
        listing = subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
        names = listing.stdout.decode().split("\0")
        return sorted(ROOT / name for name in names if name and (ROOT / name).is_file())
    everything = (path for path in ROOT.rglob("*") if path.is_file())
    return sorted(path for path in everything if KEPT_OUT.isdisjoint(path.relative_to(ROOT).parts))


FILES = repository_files()
DOCUMENTS = [path for path in FILES if path.suffix == ".md"]


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


# ---------------------------------------------------------------- paths in documents

IN_QUOTES = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)#\s]+)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
SUFFIXES = (*sorted(TEXT - {""}), ".csv", ".png", ".parquet")
WRITTEN_BY_COMMANDS = {"towers.geojson", "towers.png", "node.toml", "controllers.json", "keys/account.json"}


def paths_in(text: str) -> set[str]:
    """Find what reads as a path of ours: links, and quoted words that end in a file's suffix or hold a slash."""
    prose = FENCE.sub("", text)
    links = {link for link in LINK.findall(prose) if "://" not in link and not link.startswith("mailto:")}
    quoted = set()
    for words in IN_QUOTES.findall(prose):
        looks_like_file = re.fullmatch(r"[\w./-]+", words) and words.endswith(SUFFIXES) and not words.startswith(".")
        looks_like_folder = re.fullmatch(r"(?:src|tests|docs|native|tools|examples|requirements)/[\w./-]*", words)
        if looks_like_file or looks_like_folder:
            quoted.add(words)
    return links | quoted - WRITTEN_BY_COMMANDS


def exists(path: str, document: Path) -> bool:
    """A path may be meant from the document, from the root, or from the package."""
    return any((start / path).exists() for start in (document.parent, ROOT, ROOT / "src" / "enigma"))


def test_paths_are_found() -> None:
    text = "See `src/enigma/errors.py`, [the map](docs/map.md#top), `x.y`, `a / b`, <https://x.org/y.py>.\n```\n`no/such.py`\n```\n"
    assert paths_in(text) == {"src/enigma/errors.py", "docs/map.md"}


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_path_in_a_document_exists(document: Path) -> None:
    absent = sorted(path for path in paths_in(document.read_text(encoding="utf-8")) if not exists(path, document))
    assert not absent, f"{named(document)} names what is not there: {', '.join(absent)}"


def packages() -> list[Path]:
    source = ROOT / "src" / "enigma"
    return sorted(
        {path.parent for path in FILES if path.name == "__init__.py" and path.is_relative_to(source)} - {source}
    )


@pytest.mark.parametrize("package", packages(), ids=named)
def test_every_package_says_what_it_is_for(package: Path) -> None:
    assert (package / "README.md").is_file(), f"{named(package)} has no README.md"


# ---------------------------------------------------------------- code in documents

PYTHON_BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


RUN_ELSEWHERE = {"docs/network.md": "tests/client/test_network_page.py"}
"""Pages whose code takes more than an empty folder, and the tests that run it."""


def documents_with_code() -> list[Path]:
    found = [path for path in DOCUMENTS if PYTHON_BLOCK.search(path.read_text(encoding="utf-8"))]
    return [path for path in found if named(path) not in RUN_ELSEWHERE]


@pytest.mark.parametrize(("page", "test"), RUN_ELSEWHERE.items())
def test_code_that_is_run_elsewhere_is_run(page: str, test: str) -> None:
    assert Path(page).name in (ROOT / test).read_text(encoding="utf-8")


def code_of(document: Path) -> str:
    """Join the Python blocks of a document, at the lines where they stand, so that a traceback points into it."""
    text = document.read_text(encoding="utf-8")
    lines = [""] * (text.count("\n") + 1)
    for block in PYTHON_BLOCK.finditer(text):
        first = text.count("\n", 0, block.start(1))
        for number, line in enumerate(block.group(1).splitlines()):
            lines[first + number] = line
    return "\n".join(lines)


def test_code_keeps_its_lines(tmp_path: Path) -> None:
    document = tmp_path / "page.md"
    document.write_text("Words\n```python\na = 1\n```\nmore\n```python\nb = a\n```\n", encoding="utf-8")
    assert code_of(document).splitlines()[2:7] == ["a = 1", "", "", "", "b = a"]


@pytest.mark.processes
@pytest.mark.parametrize("document", documents_with_code(), ids=named)
def test_code_in_documents_runs(document: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All blocks of one document run in order, in one namespace, in an empty folder: an example is complete."""
    monkeypatch.chdir(tmp_path)
    exec(compile(code_of(document), named(document), "exec"), {"__name__": "__main__"})


# ---------------------------------------------------------------- rules for every file


def test_no_file_passes_the_line_limit() -> None:
    assert runpy.run_path(str(ROOT / "tools" / "line_limit.py"))["too_long"]() == []


# One letter of each stands in brackets, so that this file does not hold what it looks for.
FORBIDDEN = [
    r"/[t]mp/",
    r"/[w]ork\b",
    r"/[r]oot/",
    r"/[h]ome/\w",
    r"--(?:extra-)?index[-]url",
    r"--find[-]links",
    r"--trusted[-]host",
    r"pypi[.]org",
    r"pythonhosted[.]org",
    r"registry[.]npmjs",
    r"file:[/]/",
    r"\b[i]ssue #?[0-9]",
]


@pytest.mark.parametrize("file", [path for path in FILES if path.suffix in TEXT], ids=named)
def test_nothing_names_a_machine_or_a_package_host(file: Path) -> None:
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        found = [pattern for pattern in FORBIDDEN if re.search(pattern, line)]
        assert not found, f"{named(file)}, line {number}: {line.strip()[:120]}"


def test_no_unfinished_work_is_left_in_comments() -> None:
    mark = re.compile(r"\b(?:[T]ODO|[F]IXME|[X]XX|[H]ACK)\b")
    left = []
    for path in FILES:
        if path.suffix == ".py":
            tokens = tokenize.generate_tokens(io.StringIO(path.read_text(encoding="utf-8")).readline)
            comments = (token for token in tokens if token.type == tokenize.COMMENT)
            left += [f"{named(path)}:{comment.start[0]}" for comment in comments if mark.search(comment.string)]
    assert left == []
