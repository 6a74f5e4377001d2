"""What all tests share: where real exports lie, and what may be skipped."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from reportkit import stationery

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

ROOT = Path(__file__).resolve().parent.parent
#: Set where everything is installed: a skipped test then fails, so that a green run never hides a missing tool.
REQUIRE_ALL = os.environ.get("REPORTKIT_REQUIRE_ALL") == "1"
#: Spark is a large download and needs Java, so its tests are no part of the suite unless they are asked for.
collect_ignore = [] if os.environ.get("REPORTKIT_SPARK") == "1" else ["system/test_spark.py"]


@pytest.fixture(scope="session")
def root() -> Path:
    """Give the top folder of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def corpus() -> Path:
    """Give the folder with real exports, or skip."""
    value = os.environ.get("REPORTKIT_CORPUS", "")
    if not value:
        pytest.skip("REPORTKIT_CORPUS names no folder of real exports")
    path = Path(value).resolve()
    if not path.is_dir():
        pytest.fail(f"REPORTKIT_CORPUS is {value!r}, which is not a folder")
    return path


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip into a failure where everything must run."""
    report = yield
    corpus_missing = "corpus" in getattr(item, "fixturenames", ()) and not os.environ.get(
        "REPORTKIT_CORPUS"
    )
    if REQUIRE_ALL and report.skipped and not hasattr(report, "wasxfail") and not corpus_missing:
        report.outcome = "failed"
        report.longrepr = f"skipped although REPORTKIT_REQUIRE_ALL=1: {reason(report.longrepr)}"
    return report


def reason(longrepr: Any) -> str:
    """Give the words of a skip."""
    return str(longrepr[2]) if isinstance(longrepr, tuple) else str(longrepr)


@pytest.fixture(autouse=True)
def _plain_paper() -> None:
    """No test writes with the locale or the theme of the workspace that another one opened."""
    stationery.plain()


class Ended(NamedTuple):
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def mask() -> Generator[None, None, None]:
    """Take back the mask of files that a command sets for its own process."""
    before = os.umask(0o022)
    os.umask(before)
    yield
    os.umask(before)


@pytest.fixture
def typed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Ended]:
    """Type a command, as in a terminal."""
    from reportkit.cli import main

    def type_(*words: object) -> Ended:
        monkeypatch.setattr("sys.argv", ["reportkit", *map(str, words)])
        code = 0
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        said = capsys.readouterr()
        return Ended(code, said.out, said.err)

    return type_
