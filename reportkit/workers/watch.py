"""Watches a kernel from outside and ends it when it takes too long or too much."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from reportkit.config import Limits

Reason = Literal["cell", "run", "memory"]

_EVERY = 0.2
_PROC = Path("/proc")


class Watch:
    """Holds one kernel to its limits.

    A kernel that is deep in compiled code answers no message, so limits are kept from outside and by force.

    Args:
        pid: the kernel's process; it leads a process group of its own.
        limits: seconds for a cell and for the run, megabytes for kernel and children.
    """

    def __init__(self, pid: int, limits: Limits) -> None:
        self.reason: Reason | None = None
        self.peak_mb = 0.0
        self._pid, self._limits = pid, limits
        self._begun = time.monotonic()
        self._cell: float | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True, name="reportkit-watch")
        self._thread.start()

    def cell_started(self) -> None:
        """Say that a cell begins."""
        self._cell = time.monotonic()

    def cell_ended(self) -> None:
        """Say that no cell is running."""
        self._cell = None

    def stop(self) -> None:
        """Stop watching."""
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(_EVERY):
            self.reason = self._passed()
            if self.reason:
                end_group(self._pid)
                return

    def _passed(self) -> Reason | None:
        now, cell = time.monotonic(), self._cell
        if now - self._begun > self._limits.run_seconds:
            return "run"
        if cell is not None and now - cell > self._limits.cell_seconds:
            return "cell"
        used = memory_mb(self._pid)
        self.peak_mb = max(self.peak_mb, used)
        return "memory" if used > self._limits.memory_mb else None


def end_group(pid: int) -> None:
    """End a kernel and everything it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def memory_mb(pid: int) -> float:
    """Give the resident memory of a process and its children, in megabytes; 0 where there is no ``/proc``."""
    total, waiting = 0, [pid]
    while waiting:
        process = _PROC / str(waiting.pop())
        with contextlib.suppress(OSError, IndexError, ValueError):
            total += int((process / "statm").read_text().split()[1])
        for children in process.glob("task/*/children"):
            with contextlib.suppress(OSError):
                waiting += [int(child) for child in children.read_text().split()]
    return total * os.sysconf("SC_PAGE_SIZE") / 1e6
