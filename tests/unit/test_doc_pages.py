"""The docs are true: the pages name commands, options and files that exist."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.examples import root

DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.glob("*.md"), *DOCS.glob("how-to/*.md"), *DOCS.glob("explain/*.md")])
CALL = re.compile(r"`(?:sh\n)?reportkit ((?!-)[^`\n]+)`")


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(DOCS)))
def test_a_page_names_what_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        if "://" not in target:
            assert (page.parent / target).exists(), target
    for call in CALL.findall(text):
        command = root()
        words = shlex.split(call.replace("...", "").split(">")[0].split("|")[0])
        while words and hasattr(command, "commands") and words[0] in command.commands:
            command = command.commands[words.pop(0)]
        assert command.name != "reportkit", call
        known = {word for one in command.params for word in one.opts}
        assert {word.split("=")[0] for word in words if word.startswith("-")} <= known, call


def test_the_pages_are_found() -> None:
    assert len(PAGES) >= 12
    assert sum(len(CALL.findall(page.read_text(encoding="utf-8"))) for page in PAGES) > 25
