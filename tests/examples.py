"""The fenced blocks of the documentation, and what becomes of each: typed, run, read as what it is, or left alone for a reason.

A comment above a block says what to do with it where its language does not: ``file: PATH`` (save it), ``append: PATH`` (put
it at the end), ``says: WHAT`` (the command before prints these lines), ``not run: REASON``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.conftest import ROOT

DOCS = ROOT / "docs"
#: Every page that has examples; the reference is compared with its definitions elsewhere, and read here too.
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])

_FENCE = re.compile(
    r"^(?:<!-- (?P<mark>[a-z ]+): (?P<what>[^\n]*?) -->\n)?^```(?P<language>\w*)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """A fenced block.

    Attributes:
        mark: what the comment above asks for: ``file``, ``append``, ``says``, ``not run``, or nothing.
        what: the path or the reason.
    """

    page: Path
    line: int
    language: str
    text: str
    mark: str
    what: str

    @property
    def name(self) -> str:
        """Say where it stands."""
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks(page: Path) -> list[Block]:
    """Read the blocks of a page, in their order."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(
            page,
            text.count("\n", 0, found.start("language")) + 1,
            found["language"],
            found["text"],
            found["mark"] or "",
            found["what"] or "",
        )
        for found in _FENCE.finditer(text)
    ]


@cache
def root() -> Any:
    """Give the command line's own tree; to build it takes a tenth of a second, and nobody changes it."""
    import typer

    from reportkit.cli.app import app

    return typer.main.get_command(app)


def commands(text: str) -> Iterator[str]:
    """Give the lines that somebody types, with continued ones joined."""
    for line in text.replace("\\\n", " ").splitlines():
        typed = line.removeprefix("$ ").strip()
        if typed and not typed.startswith("#"):
            yield typed


#: Pages whose blocks are typed and run one after the other, in a workspace.
TYPED = [
    DOCS / "tutorial.md",
    DOCS / "explain" / "time-axes.md",
    DOCS / "explain" / "restatement.md",
    *sorted((DOCS / "how-to").glob("*.md")),
]
EVERY = [block for page in PAGES for block in blocks(page)]
#: What becomes of a block of a language on any other page.
KINDS = {
    "python": "run", "pycon": "run", "sh": "parsed", "console": "parsed", "toml": "read", "markdown": "read",
    "yaml": "read", "ini": "read",
}  # fmt: skip


def fate(block: Block) -> str:
    """Say what becomes of a block; nothing is said of one that no test knows."""
    if block.mark == "not run":
        return "left"
    if block.page in TYPED:
        known = block.mark in {"file", "append", "says"} or block.language in {"sh", "python"}
        return "run" if known else ""
    return KINDS.get(block.language, "")
