"""Says how a run failed: which notebook, which cell, what happened, what to do."""

from __future__ import annotations

import contextlib
import re
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reportkit import errors
from reportkit.errors import (
    CellError,
    EarlyExit,
    KernelDied,
    LimitError,
    ReportkitError,
    RunTimeout,
)
from reportkit.facts import INJECTED

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from reportkit.config import Limits
    from reportkit.workers.watch import Reason


#: How much of what an error says is told; the notebook has all of it.
_SAID = 400


@dataclass(frozen=True)
class Place:
    """One cell as its author counts it.

    Attributes:
        notebook: file name.
        number, total: cells count from 1; what a run has added is not counted.
        first_line: the first line of its code.
    """

    notebook: str
    number: int
    total: int
    first_line: str

    def __str__(self) -> str:
        shown = f" ({self.first_line})" if self.first_line else ""
        return f"Notebook {self.notebook}, cell {self.number} of {self.total}{shown}"


def places(notebook: str, cells: list[NotebookNode]) -> list[Place]:
    """Give the place of every cell."""
    added = [INJECTED in cell.metadata.get("tags", ()) for cell in cells]
    total, found = len(cells) - sum(added), []
    for index, cell in enumerate(cells):
        lines = [line.strip() for line in cell.source.splitlines() if line.strip()]
        first = next(
            (line for line in lines if not line.startswith("#")), lines[0] if lines else ""
        )
        shown = "the parameters of this run" if added[index] else first[:80]
        found.append(Place(notebook, max(index + 1 - sum(added[: index + 1]), 1), total, shown))
    return found


def raised(error: Any, place: Place) -> ReportkitError:
    """Explain an error that a cell raised.

    An error of reportkit's own keeps its kind, so that bad data does not look like a broken notebook.
    """
    name, value = str(error.ename), str(error.evalue).strip()
    if name == "SystemExit":
        return left(place, f"sys.exit({value})")
    last = value.split("\n")[-1].strip() or value
    # A cell has no file; the number that stands for one says nothing.
    last = re.sub(r" \(\d+\.py, (line \d+)\)$", r" (\1)", last)
    last = last if len(last) <= _SAID else f"{last[:_SAID]}…"
    kind = getattr(errors, name, None) if "reportkit" in "".join(error.traceback or "") else None
    if (
        isinstance(kind, type)
        and issubclass(kind, ReportkitError)
        and kind.exit_code != ReportkitError.exit_code
    ):
        return kind(
            f"{last.rstrip('.')} (notebook {place.notebook}, cell {place.number} of {place.total})."
        )
    said = f"{place} failed: {name}: {last}".rstrip(": .")
    return CellError(f"{said}. Mend the cell, then run the report again.")


def left(place: Place, how: str) -> EarlyExit:
    """Explain a notebook that ended itself."""
    return EarlyExit(
        f"{place} ended the notebook early with {how}. "
        "A report is complete only when its last cell has run; take the exit out."
    )


def stopped(place: Place, reason: Reason, limits: Limits) -> LimitError:
    """Explain a kernel that was ended because it passed a limit."""
    if reason == "cell":
        return RunTimeout(
            f"{place} took longer than {limits.cell_seconds:g} seconds and was ended. "
            "Make it faster, or raise limits.cell_seconds in reportkit.toml."
        )
    if reason == "run":
        return RunTimeout(
            f"{place}: the run took longer than {limits.run_seconds:g} seconds and was ended here. "
            "Make it faster, or raise limits.run_seconds in reportkit.toml."
        )
    return LimitError(
        f"{place} used more than {limits.memory_mb:,} MB of memory and was ended. "
        "Let it read less at once, or raise limits.memory_mb in reportkit.toml."
    )


def shown_too_much(place: Place, limit: int) -> LimitError:
    """Explain a cell that showed more than a report can hold."""
    return LimitError(
        f"{place} showed more than {limit / 1e6:,.0f} MB of charts, tables or pictures and was ended. "
        "Sum up before showing: a report shows hundreds of rows, not millions."
    )


def died(place: Place, code: int, last_words: str) -> ReportkitError:
    """Explain a kernel that ended without being asked to."""
    if code == 0:
        return left(place, "os._exit(0)")
    ending = f"ended itself with exit code {code}"
    if code < 0:
        ending = f"was ended by signal {-code}"
        with contextlib.suppress(ValueError):
            ending = f"was ended by signal {signal.Signals(-code).name}"
    advice = (
        "The machine may have run out of memory, or somebody ended it; run the report again."
        if code == -signal.SIGKILL
        else "Run the report again; if it happens again, mend the cell."
    )
    return KernelDied(f"{place}: the kernel {ending}.{last_words} {advice}")


def garbled(place: Place) -> LimitError:
    """Explain a channel on which something else was written."""
    return KernelDied(
        f"{place} wrote into a file that it did not open, and cut the run off from what tells its results. "
        "Let it write only to files of its own, then run the report again."
    )


def unstarted(reason: Reason | None, last_words: str) -> LimitError:
    """Explain a kernel that never answered."""
    if reason:
        return RunTimeout(
            "The kernel did not start within the limits of reportkit.toml; raise limits.run_seconds."
        )
    python = Path(sys.executable).name
    return KernelDied(
        f"The kernel did not start.{last_words} Check it with '{python} -m ipykernel --version'."
    )
