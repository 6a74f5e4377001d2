"""Every example of the documentation that can run does: tutorial and how-to pages are typed as they stand, Python is run."""

from __future__ import annotations

import ast
import doctest
import email
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from reportkit.measures import registry
from tests.conftest import Ended
from tests.examples import EVERY, PAGES, TYPED, Block, blocks, commands, fate
from tests.runs import Post, smtp

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("examples")]


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the workspace of ``reportkit demo``, of whose past only the last quarter is told: the others take a minute."""
    from reportkit.cli import demo, screen
    from reportkit.demo import company
    from reportkit.period import FiscalCalendar

    place = tmp_path_factory.mktemp("examples") / "firm"
    calendar = FiscalCalendar()
    made = company(calendar.parse("2026-Q3"), seed=7, calendar=calendar)
    demo._claim(place, "2026-Q3 seed 7\n")
    demo._lay_out(place)
    demo._fill(place, made, screen.Steps())
    demo._tell(place, made.quarters[-2], None)
    return place


class Desk:
    """Somebody who types what a page says, and saves the files that it shows."""

    def __init__(self, typed: Callable[..., Ended], patch: pytest.MonkeyPatch) -> None:
        self._typed, self._patch = typed, patch
        self.names: dict[str, Any] = {}
        self.said: dict[str, str] = {}
        self.last = ""

    def follow(self, page: Path, other: dict[str, str] | None = None) -> None:
        """Do what a page says from top to bottom, with other words where this machine has others."""
        for block in blocks(page):
            text = block.text
            for word, own in (other or {}).items():
                text = text.replace(word, own)
            if block.mark != "not run":
                self.do(replace(block, text=text))
        assert self.said

    def do(self, block: Block) -> None:
        if block.mark in {"file", "append"}:
            path = Path(block.what)
            path.parent.mkdir(parents=True, exist_ok=True)
            before = path.read_text(encoding="utf-8") + "\n" if block.mark == "append" else ""
            path.write_text(before + block.text, encoding="utf-8")
        elif block.language == "python":
            run(block, self.names)
        elif block.mark == "says":
            found = [" ".join(line.split()) for line in self.last.splitlines()]
            for line in block.text.splitlines():
                wanted = " ".join(line.split())
                assert any(one.startswith(wanted) for one in found), (
                    f"{block.name}: {wanted}\n{self.last}"
                )
        else:
            for line in commands(block.text):
                self.type(line, block.name)

    def type(self, line: str, where: str) -> None:
        name, *words = shlex.split(line, comments=True)
        if name == "cd":
            self._patch.chdir(words[0])
        elif name == "reportkit":
            ended = self._typed(*words)
            wanted = {0, 9} if words[0] in {"close", "due"} else {0}
            assert ended.code in wanted, f"{where}: {line}\n{ended.err}"
            self.said[line] = self.last = ended.out
        else:
            assert name == "sed", f"{where} types {name}"
            subprocess.run([name, *words], check=True)


def run(block: Block, names: dict[str, Any]) -> None:
    """Run a block as Python, each expression shown as a notebook shows it."""
    # Lines of the page, so that a traceback names the place.
    tree = ast.parse("\n" * block.line + block.text, str(block.page))
    for statement in tree.body:
        if isinstance(statement, ast.Expr):
            value = eval(compile(ast.Expression(statement.value), str(block.page), "eval"), names)
            bundle = getattr(value, "_repr_mimebundle_", None)
            assert value is None or repr(value)
            if bundle is not None:
                bundle()
        else:
            exec(compile(ast.Module([statement], []), str(block.page), "exec"), names)


@pytest.fixture
def measures() -> Iterator[None]:
    """Take measures of an example's own out again."""
    known = dict(registry.definitions())
    yield
    registry._definitions.clear()
    registry._definitions.update(known)


@pytest.fixture
def desk(typed: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch, measures: None) -> Desk:
    return Desk(typed, monkeypatch)


@pytest.mark.parametrize(
    "page", [page for page in TYPED if page.parent.name == "how-to"], ids=lambda path: path.stem
)
def test_a_how_to_can_be_typed_as_it_stands(page: Path, firm: Path, tmp_path: Path, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    shutil.copytree(firm, tmp_path / "firm")
    monkeypatch.chdir(tmp_path / "firm")
    desk.follow(page)


@pytest.mark.parametrize(
    "page", [page for page in TYPED if page.parent.name == "explain"], ids=lambda path: path.stem
)
def test_an_explanation_can_be_followed(page: Path, tmp_path: Path, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    desk.follow(page)


def test_the_tutorial_ends_in_the_inbox(tmp_path: Path, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    """As it stands, but for the mail server, which is one on a free port of this machine."""
    monkeypatch.chdir(tmp_path)
    with smtp(Post()) as post:
        desk.follow(TYPED[0], {"8025": str(post.port)})
        # By hand: open on 30 September are T-101 (due 3 June), T-104 (due 16 September) and T-105 (not due yet).
        said = desk.said["reportkit measure V05 --period 2026-Q3"]
        assert "2 of 3" in said
        assert re.search(r"Longest +119", said)
        assert "5 rows loaded" in next(text for line, text in desk.said.items() if " load " in line)
        (written,) = Path("outbox").rglob("*.eml")
        assert post.recipients() == ["chair@example.org"]
        # The page as it was sent: the words of the author, with the number of the measure in them.
        (sent,) = (one.content for one in post.took)
        assert isinstance(sent, bytes)
        for message in (written.read_bytes(), sent):
            read = email.message_from_bytes(message, EmailMessage, policy=policy.default)
            body = read.get_body(("plain",))
            assert body is not None
            words = " ".join(body.get_content().split())
            assert "2 weaknesses are past their due date" in words
            assert [part.get_content_type() for part in read.iter_attachments()][:1] == [
                "application/pdf"
            ]
    for report in ("board", "weaknesses"):
        assert list(Path(f"runs/{report}/2026-Q3/_all").glob("*/report.pdf"))


# ---- Python ----------------------------------------------------------------------------------------------------------

PYTHON = [
    block
    for block in EVERY
    if block.page not in TYPED and fate(block) == "run" and block.language == "python"
]


@pytest.mark.parametrize("block", PYTHON, ids=lambda block: block.name)
def test_python_runs(block: Block, firm: Path, tmp_path: Path, measures: None, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    (tmp_path / "acme").symlink_to(firm)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": "example"}
    run(block, names)
    assert len(names) > 2


@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if any(b.language == "pycon" for b in blocks(page))],
    ids=lambda page: page.stem,
)
def test_numbers_to_follow_come_out(page: Path) -> None:
    reader, runner = doctest.DocTestParser(), doctest.DocTestRunner()
    names: dict[str, Any] = {}
    for block in blocks(page):
        # The text of the block alone: the fence that closes it would be read as what is expected.
        if block.language == "pycon":
            read = reader.get_doctest(block.text, names, page.stem, str(page), block.line)
            runner.run(read, clear_globs=False)
            names = read.globs
    done = runner.summarize(verbose=False)
    assert done.attempted > 3
    assert not done.failed
