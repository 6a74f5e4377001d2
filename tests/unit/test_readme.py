"""README tells the truth: its commands and options exist, its table of exit codes is the one in force."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from reportkit.errors import EXIT_CODES
from tests.examples import root

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CODE = [
    line.split("#")[0]
    for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    for line in block.splitlines()
] + re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", README, flags=re.DOTALL))
CALLS = sorted({
    call.strip()
    for text in CODE
    for call in re.findall(r"(?:^|[/\s])reportkit ((?:[^&|;]|$)*)", text)
    if not call.startswith("-")
})  # fmt: skip


@pytest.mark.parametrize("call", CALLS)
def test_every_command_exists_with_its_options(call: str) -> None:
    name, *rest = call.split()
    group = root()
    assert name in group.commands, f"README calls 'reportkit {name}'"
    known = {word for param in group.commands[name].params for word in param.opts}
    assert {word.split("=")[0] for word in rest if word.startswith("-")} <= known


def test_options_named_alone_exist_somewhere() -> None:
    group = root()
    known = {w for c in group.commands.values() for param in c.params for w in param.opts}
    named = {text.split()[0] for text in CODE if text.startswith("--")}
    assert named
    assert {word for word in named if not word.startswith("--to")} <= known


def test_the_calls_are_found() -> None:
    assert {"demo", "init", "load", "run", "publish", "inspect"} <= {c.split()[0] for c in CALLS}


def test_the_table_of_exit_codes() -> None:
    rows = re.findall(r"^\| (\d+) \| (.+) \|$", README, re.MULTILINE)
    assert {int(code): words for code, words in rows} == EXIT_CODES


def test_the_first_screen() -> None:
    first = README.split("## ")[0]
    assert len(re.findall(r"```sh\n[^\n]+\n```", first)) == 2
    assert "reportkit demo" in first
    assert "python -m pytest" in first
    (picture,) = re.findall(r"!\[[^\]]{40,}\]\(([^)]+)\)", first)
    assert (ROOT / picture).is_file()
