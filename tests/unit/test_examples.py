"""No example of the documentation is forgotten: each is run, read as what it is, or says why not."""

from __future__ import annotations

import ast
import configparser
import plistlib
import re
import shlex
import tomllib
from collections import Counter
from pathlib import Path

import jsonschema
import pytest
import yaml

from reportkit import config, narrative, schemas, theme
from reportkit.cli import contents
from reportkit.errors import EXIT_CODES
from tests.conftest import ROOT
from tests.examples import EVERY, PAGES, TYPED, Block, blocks, commands, fate, root

OTHERS = [block for block in EVERY if block.page not in TYPED]
#: Programs that examples type beside reportkit itself.
PROGRAMS = {".", "cd", "sed", "bash", "uv", "python3", "pip", "pre-commit", ".venv/bin/pip", ".venv/bin/python", "python", "papermill"}  # fmt: skip


def parse(line: str, where: str) -> None:
    """Read a command as the command line itself does, without running it."""
    words = shlex.split(line.split(" | ", maxsplit=1)[0], comments=True)
    while words and re.fullmatch(r"[A-Z_]+=\S*", words[0]):
        words.pop(0)
    for part in " ".join(map(shlex.quote, words)).split(" '&&' "):
        name, *given = shlex.split(part)
        if Path(name).name != "reportkit":
            assert name in PROGRAMS, f"{where} types {name}"
            continue
        called(given, where)


def called(words: list[str], where: str) -> None:
    """Hold the words of a call against the parser: command, options, and how many arguments."""
    command = root()
    context = None
    while hasattr(command, "commands") and words and words[0] in command.commands:
        command = command.commands[words[0]]
        words = words[1:]
    assert command.name != "reportkit", f"{where}: {words}"
    try:
        context = command.make_context(command.name, [word for word in words if word != "..."])
    except Exception as error:  # noqa: BLE001 - whatever the parser says
        pytest.fail(f"{where}: {' '.join(words)}: {error}")
    finally:
        if context is not None:
            context.close()


@pytest.mark.parametrize(
    "block", [b for b in OTHERS if fate(b) == "parsed"], ids=lambda block: block.name
)
def test_commands_are_understood(block: Block) -> None:
    for line in commands(block.text):
        parse(line, block.name)


def test_the_help_lists_every_command_once_with_an_example() -> None:
    group = root()
    listed = [name for part in contents.CONTENTS.values() for name in part]
    assert sorted(listed) == sorted(group.commands)
    assert all(len(words) <= 60 for part in contents.CONTENTS.values() for words in part.values())
    assert {name.split()[0] for name in contents.EXAMPLES} == set(listed)


@pytest.mark.parametrize(
    "block",
    [b for b in OTHERS if fate(b) == "read" and b.language == "toml"],
    ids=lambda block: block.name,
)
def test_a_file_is_what_it_says(block: Block, tmp_path: Path) -> None:
    if block.what == "theme.toml":
        known = theme.tokens()
        assert set(tomllib.loads(block.text)) <= {*known, "brand", "cover", "font", "page"}
        return
    (tmp_path / config.FILE).write_text(block.text, encoding="utf-8")
    assert config.read(tmp_path).model_fields_set
    validator = jsonschema.Draft202012Validator(schemas.configuration())
    assert [error.message for error in validator.iter_errors(tomllib.loads(block.text))] == []


@pytest.mark.parametrize(
    "block",
    [b for b in OTHERS if fate(b) == "read" and b.language == "markdown"],
    ids=lambda block: block.name,
)
def test_commentary_is_commentary(block: Block) -> None:
    front, words = narrative.front_matter(block.text, block.name)
    statement, messages, _ = narrative._parts(words)
    assert statement
    assert messages
    assert front.status in {"", "final", "draft"}


@pytest.mark.parametrize(
    "block",
    [b for b in OTHERS if fate(b) == "read" and b.language in {"yaml", "ini"}],
    ids=lambda block: block.name,
)
def test_a_scheduler_tries_again_what_may_pass_by_itself(block: Block) -> None:
    """Of the codes of a run, 6 and 75 may; the others never will."""
    if block.language == "yaml":
        assert yaml.safe_load(block.text)
    else:
        configparser.ConfigParser().read_string(f"[Service]\n{block.text}")
    (listed,) = re.findall(r"(?:values: \[|exit_codes: \[|ExitStatus=)([\d, ]+)", block.text)
    codes = {int(code) for code in re.findall(r"\d+", listed)}
    assert codes in ({6, 75}, set(EXIT_CODES) - {0, 6, 75, 8, 9})


@pytest.mark.parametrize(
    "block", [b for b in OTHERS if b.mark == "not run"], ids=lambda block: block.name
)
def test_what_is_not_run_is_read(block: Block) -> None:
    if block.language == "yaml":
        assert yaml.safe_load(block.text)["kind"] == "CronJob"
    elif block.language == "xml":
        assert (
            plistlib.loads(block.text.split("-->")[-1].strip().encode(), fmt=plistlib.FMT_XML)[
                "ProgramArguments"
            ][1]
            == "due"
        )
    elif block.language == "python":
        ast.parse(block.text)
    for words in re.findall(r"reportkit ((?:run|due)[^\"'\]\n]*)", block.text):
        called(shlex.split(words), block.name)


# ---- none is forgotten -----------------------------------------------------------------------------------------------


def test_every_block_is_run_or_read_or_says_why_not() -> None:
    assert [block.name for block in EVERY if not fate(block)] == []
    counts = Counter(map(fate, EVERY))
    assert counts["run"] > 60
    # Those that are left stand for programs that are not there: a new one needs as good a reason.
    assert counts["left"] <= 7
    for block in EVERY:
        if block.mark == "not run":
            assert len(block.what) > 15, f"{block.name} does not say why it is not run"


def test_no_fence_is_overlooked() -> None:
    for page in PAGES:
        fences = re.findall(r"^ *(?:```|~~~)", page.read_text(encoding="utf-8"), re.MULTILINE)
        assert len(fences) == 2 * len(blocks(page)), page


def test_the_pages_that_are_typed_are_there() -> None:
    assert all(page.is_file() for page in TYPED)
    assert len(TYPED) == 7
    assert ROOT / "README.md" in PAGES
