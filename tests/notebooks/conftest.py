"""Small workspaces with small notebooks, run for real: in warm processes, and in ordinary kernels where a test asks."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import v4

from reportkit.period import FiscalCalendar
from reportkit.run import Outcome, Progress, Request
from reportkit.run.jobs import make, warm
from reportkit.workers.execution import Engine
from reportkit.workers.pool import WarmPool

NOW = datetime(2026, 11, 2, 8)
LOGIN = "q7-login-of-the-runner"
PERIOD = FiscalCalendar().parse("2026-Q3")


class Desk:
    """A workspace and what a test does with it.

    Attributes:
        steps: every progress that the last run told.
        engine: what runs the cells.
    """

    def __init__(self, folder: Path, pool: WarmPool) -> None:
        self.folder, self.pool = folder, pool
        self.engine: Engine = "warm"
        self.steps: list[Progress] = []
        (folder / "notebooks").mkdir(parents=True)
        self.configure("")

    def configure(self, text: str) -> None:
        (self.folder / "reportkit.toml").write_text(text)

    def notebook(
        self, *cells: Any, parameters: str | None = None, name: str = "tiny", **metadata: Any
    ) -> Path:
        """Write a notebook; a text is a code cell, a pair is a code cell with a tag."""
        made = [] if parameters is None else [self.cell(parameters, "parameters")]
        made += [
            self.cell(cell)
            if isinstance(cell, str)
            else self.cell(*cell)
            if isinstance(cell, tuple)
            else cell
            for cell in cells
        ]
        path = self.folder / "notebooks" / f"{name}.ipynb"
        nbformat.write(v4.new_notebook(cells=made, metadata=metadata), path)
        return path

    @staticmethod
    def cell(source: str, *tags: str) -> Any:
        cell = v4.new_code_cell(source)
        cell.metadata["tags"] = list(tags)
        return cell

    def run(self, *cells: Any, now: datetime = NOW, **request: Any) -> Outcome:
        """Run the notebook ``tiny``, written anew when cells are given."""
        if cells:
            self.notebook(*cells)
        self.steps.clear()
        asked: dict[str, Any] = {
            "workspace": self.folder,
            "report": "tiny",
            "period": PERIOD,
            "formats": (),
            **request,
        }
        return make(
            Request(**asked),
            now=now,
            pool=self.pool,
            progress=self.steps.append,
            engine=self.engine,
        )

    def kept(self) -> list[Path]:
        """List run folders and anything half-written beside them."""
        return sorted((self.folder / "runs").glob("*/*/*/*"))

    def printed(self, outcome: Outcome) -> str:
        """Give everything that the notebook printed."""
        notebook = nbformat.read(outcome.folder / "notebook.ipynb", as_version=4)
        return "".join(
            output.text
            for cell in notebook.cells
            for output in cell.get("outputs", ())
            if output.output_type == "stream" and output.name == "stdout"
        )


@pytest.fixture(scope="session")
def pool() -> Iterator[WarmPool]:
    """Give warm processes that all tests share; each report has one of its own."""
    # A kernel that knows to be under test shows nothing that was written past Python.
    testing = os.environ.pop("PYTEST_CURRENT_TEST")
    # Whoever runs reports here has a name that is found again wherever it is written.
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REPORTKIT_USER", LOGIN)
        with warm(1) as found:
            os.environ["PYTEST_CURRENT_TEST"] = testing
            yield found


@pytest.fixture
def desk(tmp_path: Path, pool: WarmPool) -> Desk:
    return Desk(tmp_path / "w", pool)


@pytest.fixture
def asking() -> Callable[[str], str]:
    """Give the source of a cell that prints a Python expression."""
    return "print({})".format
