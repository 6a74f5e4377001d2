"""Times the stages of a run and says which one has begun."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from reportkit.run.request import Listener, Progress

try:
    import resource
except ImportError:  # pragma: no cover - Windows counts no children
    resource = None  # type: ignore[assignment]


class Stages:
    """The stages of one run, with wall and CPU seconds of each.

    Args:
        listener: told when a stage begins and when a cell begins.
    """

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._stage = ""
        self.seconds: dict[str, dict[str, float]] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time what happens inside; a stage that raises is timed too."""
        self._stage = name
        self._listener(Progress(name))
        wall, processor = time.perf_counter(), cpu_seconds()
        try:
            yield
        finally:
            # A stage that comes again, as for each edition, adds up.
            before = self.seconds.get(name, {"wall": 0.0, "cpu": 0.0})
            self.seconds[name] = {
                "wall": round(before["wall"] + time.perf_counter() - wall, 3),
                "cpu": round(before["cpu"] + cpu_seconds() - processor, 3),
            }

    def cell(self, number: int, total: int) -> None:
        """Say that a cell begins."""
        self._listener(Progress(self._stage, number, total))


def cpu_seconds() -> float:
    """Give the CPU seconds of this process and of its children that have ended."""
    children = 0.0
    if resource is not None:
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        children = usage.ru_utime + usage.ru_stime
    return time.process_time() + children
