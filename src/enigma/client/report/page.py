"""The page as HTML: one file, without scripts, fonts or pictures from anywhere; it prints on A4."""

from __future__ import annotations

import html
import re

from enigma.client.report.layout import Block, Facts, Page, Rows, Sentences

_STYLE = """
@page { size: A4; margin: 16mm 15mm; }
* { box-sizing: border-box; }
body { font: 10pt/1.45 "Helvetica Neue", Arial, "Liberation Sans", sans-serif; color: #1b1f24; background: #fff;
  max-width: 180mm; margin: 10mm auto; padding: 0 4mm; }
h1 { font-size: 17pt; line-height: 1.2; margin: 0 0 1mm; }
h2 { font-size: 11pt; margin: 6mm 0 1.5mm; padding-bottom: 0.8mm; border-bottom: 0.3mm solid #b8c0c8;
  break-after: avoid; }
p { margin: 0 0 1.5mm; }
.subtitle { color: #57606a; margin-bottom: 3mm; }
.verdict { border-left: 1.2mm solid #1a7f37; background: #eef8f0; padding: 2mm 3mm; font-weight: 600; }
.verdict.wrong, .loud { border-left: 1.2mm solid #b42318; background: #fdf0ee; padding: 2mm 3mm; font-weight: 600; }
ul { margin: 0 0 2mm; padding-left: 5mm; }
table { border-collapse: collapse; width: 100%; margin: 0 0 2mm; font-size: 8.5pt; }
th { text-align: left; color: #57606a; font-weight: 600; border-bottom: 0.3mm solid #b8c0c8; }
th, td { padding: 0.9mm 2mm 0.9mm 0; vertical-align: top; }
tr { break-inside: avoid; }
tbody tr + tr td { border-top: 0.15mm solid #e3e7eb; }
.facts th { width: 42mm; border: 0; font-weight: 400; }
.hash, code { font-family: "DejaVu Sans Mono", Menlo, Consolas, monospace; overflow-wrap: anywhere; }
.hash { font-size: 7.6pt; }
code { font-size: 9pt; }
@media print { body { margin: 0; padding: 0; max-width: none; } }
"""
_CODE = re.compile(r"`([^`]+)`")
_HASH = re.compile(r"(?:0x)?[0-9a-fA-F]{40,64}")


def written(page: Page) -> str:
    """The whole file. Whatever comes from the chain or a source is text in it, never markup."""
    parts = [
        "<!DOCTYPE html>", '<html lang="en">', "<head>", '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        f"<title>{_text(page.title)}</title>", f"<style>{_STYLE}</style>", "</head>", "<body>",
        f"<h1>{_text(page.title)}</h1>", f'<p class="subtitle">{_text(page.subtitle)}</p>',
        f'<p class="verdict{"" if page.holds else " wrong"}">{_text(page.verdict)}</p>',
    ]  # fmt: skip
    for section in page.sections:
        parts += ["<section>", f"<h2>{_text(section.title)}</h2>", *map(_block, section.blocks), "</section>"]
    return "\n".join([*parts, "</body>", "</html>", ""])


def _block(block: Block) -> str:
    match block:
        case Sentences(texts, points=True):
            return f"<ul>{''.join(f'<li>{_marked(each)}</li>' for each in texts)}</ul>"
        case Sentences(texts):
            style = ' class="loud"' if block.loud else ""
            return "".join(f"<p{style}>{_marked(each)}</p>" for each in texts)
        case Facts(pairs):
            rows = "".join(f'<tr><th scope="row">{_text(name)}</th><td>{_marked(v)}</td></tr>' for name, v in pairs)
            return f'<table class="facts"><tbody>{rows}</tbody></table>'
        case Rows(columns, rows):
            head = "".join(f'<th scope="col">{_text(each)}</th>' for each in columns)
            body = "".join(f"<tr>{''.join(f'<td>{_marked(cell)}</td>' for cell in row)}</tr>" for row in rows)
            return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    raise AssertionError(block)


def _text(words: str) -> str:
    return html.escape(" ".join(words.split()), quote=True)


def _marked(words: str) -> str:
    """Text; hashes and addresses are set so that they break anywhere, and what stands in backquotes as code."""
    text = _HASH.sub(lambda found: f'<span class="hash">{found[0]}</span>', _text(words))
    return _CODE.sub(lambda found: f"<code>{found[1]}</code>", text)
