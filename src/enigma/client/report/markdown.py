"""The page as Markdown."""

from __future__ import annotations

import re

from enigma.client.report.layout import Block, Facts, Page, Rows, Sentences

_CODE = re.compile(r"`([^`|]+)`")
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~!&$])")


def written(page: Page) -> str:
    """The whole file. Whatever comes from the chain or a source is text in it, never markup."""
    parts = [f"# {_text(page.title)}", _text(page.subtitle), f"**{_text(page.verdict)}**"]
    for section in page.sections:
        parts += [f"## {_text(section.title)}", *map(_block, section.blocks)]
    return "\n\n".join(parts) + "\n"


def _block(block: Block) -> str:
    match block:
        case Sentences(texts, points=True):
            return "\n".join(f"- {_text(each)}" for each in texts)
        case Sentences(texts):
            return "\n\n".join(f"**{_text(each)}**" if block.loud else _text(each) for each in texts)
        case Facts(pairs):
            return _table(("", ""), pairs)
        case Rows(columns, rows):
            return _table(columns, rows)
    raise AssertionError(block)


def _table(columns: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> str:
    lines = [columns, tuple("---" for _ in columns), *rows]
    cells = [[each if line is lines[1] else _text(each) for each in line] for line in lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)


def _text(words: str) -> str:
    parts = _CODE.split(" ".join(words.split()))  # every second one stood in backquotes, and has none in it
    return "".join(f"`{each}`" if place % 2 else _SPECIAL.sub(r"\\\1", each) for place, each in enumerate(parts))
