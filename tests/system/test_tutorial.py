"""The docs are true: the tutorial is typed as it stands, the pages name commands, options and files that exist."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer

from reportkit.cli.app import app
from tests.conftest import ROOT, Ended

DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.glob("*.md"), *DOCS.glob("how-to/*.md"), *DOCS.glob("explain/*.md")])
CALL = re.compile(r"`(?:sh\n)?reportkit ((?!-)[^`\n]+)`")


def test_the_tutorial_can_be_typed_as_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: Callable[..., Ended]) -> None:  # fmt: skip
    text = (DOCS / "tutorial.md").read_text(encoding="utf-8")
    (export,) = re.findall(r"```csv\n(.*?)```", text, re.DOTALL)
    lines = [
        line
        for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
        for line in block.splitlines()
    ]
    assert len(lines) == 9
    monkeypatch.chdir(tmp_path)
    said: dict[str, str] = {}
    for line in lines:
        name, *words = shlex.split(line)
        if name == "cd":
            monkeypatch.chdir(tmp_path / words[0])
            Path("data/tracker.csv").write_text(export, encoding="utf-8")
            continue
        ended = typed(*words)
        assert ended.code == 0, (line, ended.err)
        said[words[0]] = ended.out
    assert "5 rows loaded" in said["load"]
    # By hand: open on 30 September are T-101 (due 3 June), T-104 (due 16 September) and T-105 (not due yet).
    assert "2 of 3" in said["measure"]
    assert re.search(r"Longest +119", said["measure"])
    (folder,) = Path("runs/weaknesses/2026-Q3/_all").iterdir()
    assert {"report.html", "report.pdf", "manifest.json"} <= {
        path.name for path in folder.iterdir()
    }
    assert "published" in said["publish"]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(DOCS)))
def test_a_page_names_what_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        if "://" not in target:
            assert (page.parent / target).exists(), target
    for call in CALL.findall(text):
        command: Any = typer.main.get_command(app)
        words = shlex.split(call.replace("...", "").split(">")[0].split("|")[0])
        while words and hasattr(command, "commands") and words[0] in command.commands:
            command = command.commands[words.pop(0)]
        assert command.name != "reportkit", call
        known = {word for one in command.params for word in one.opts}
        assert {word.split("=")[0] for word in words if word.startswith("-")} <= known, call


def test_the_pages_are_found() -> None:
    assert len(PAGES) >= 12
    assert sum(len(CALL.findall(page.read_text(encoding="utf-8"))) for page in PAGES) > 25
