"""Papermill's engine ``reportkit``: the cells run in a fresh process with IPython inside, without a kernel's sockets.

The process is forked from one that has everything loaded, where this one is a worker of the fork server; else it is
started afresh. It is watched from here, so that nothing a cell does can keep a run from ending with the right words.
"""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

# Papermill loads this module by its entry point while its own is still being loaded: nothing else of it may be asked for
# here, and whoever wants this module imports papermill.engines first.
from papermill.engines import Engine

from reportkit.errors import ReportkitError
from reportkit.workers import failure, forking, outputs, runtime, wire
from reportkit.workers.watch import Watch, end_group

if TYPE_CHECKING:
    import socket

    from reportkit.workers.execution import Execution

_PIPE = 1 << 16
_PARTS = 32
_LAST_WORDS = 4000
_FAULT = b"Fatal Python error"


class WarmEngine(Engine):  # type: ignore[misc]  # papermill has no types
    """Papermill's way to a fresh process that has everything loaded."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: Any,
        _kernel_name: str,
        *,
        execution: Execution | None = None,
        execution_timeout: float | None = None,
        **_: Any,
    ) -> None:
        """Run all cells; the notebook is filled in place."""
        if execution is not None:
            from reportkit.workers.execution import Done

            _Run(nb_man, execution).all()
            raise Done(nb_man.nb)
        plain = _plain(nb_man.nb, execution_timeout)
        run = _Run(nb_man, plain)
        try:
            run.all()
        except ReportkitError as error:
            # Papermill itself asks the notebook what went wrong, saves it and raises.
            run.mark(error)


def _plain(notebook: Any, cell_seconds: float | None) -> Execution:
    """Give what an execution needs where Papermill itself is at the helm: this folder's limits, the notebook's name."""
    from reportkit import config
    from reportkit.workers.execution import Execution

    here = Path.cwd()
    limits = config.read(here).limits if (here / config.FILE).is_file() else config.Limits()
    if cell_seconds:
        limits = limits.model_copy(update={"cell_seconds": cell_seconds})
    name = Path(notebook.metadata.get("papermill", {}).get("input_path") or "notebook.ipynb").name
    return Execution(name=name, folder=here, limits=limits)


@dataclass
class _Process:
    """The process of the cells, and the ends of it that are held here."""

    pid: int
    channel: socket.socket
    pipes: dict[int, str]
    popen: subprocess.Popen[bytes] | None = None

    def wait(self) -> int:
        """Wait for the end of the process and give its exit code, negative for a signal."""
        if self.popen is not None:
            return self.popen.wait()
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def close(self) -> None:
        """Let go of it."""
        self.channel.close()
        for pipe in self.pipes:
            os.close(pipe)


@contextlib.contextmanager
def _started() -> Iterator[_Process]:
    ours, theirs = wire.pair()
    (out, out_end), (err, err_end) = os.pipe(), os.pipe()
    try:
        if forking.possible():
            pid, popen = forking.cells(theirs, out_end, err_end), None
        else:
            popen = subprocess.Popen(
                [sys.executable, "-P", "-m", "reportkit.workers.cells", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=out_end,
                stderr=err_end,
                env=runtime.environment(),
                start_new_session=True,
            )
            pid = popen.pid
    finally:
        theirs.close()
        os.close(out_end)
        os.close(err_end)
    for pipe in (out, err):
        os.set_blocking(pipe, False)
    process = _Process(pid, ours, {out: "stdout", err: "stderr"}, popen)
    try:
        yield process
    finally:
        process.close()


@dataclass
class _Run:
    """All cells of one notebook in one process."""

    nb_man: Any
    execution: Execution
    collector: outputs.Collector = field(default_factory=outputs.Collector)
    raw: dict[str, bytearray] = field(default_factory=lambda: {"stdout": bytearray(), "stderr": bytearray()})  # fmt: skip
    index: int = 0

    def all(self) -> None:
        """Start the process, run every cell, end the process."""
        self.execution.notebook = nb = self.nb_man.nb
        for cell in nb.cells:
            if cell.cell_type == "code":
                cell.execution_count, cell.outputs = None, []
        self.places = failure.places(self.execution.name, nb.cells)
        with _started() as process:
            self.execution.process = "forked" if process.popen is None else "fresh"
            watch = Watch(process.pid, self.execution.limits)
            ended = False
            try:
                asked = {
                    "cells": [_asked(cell) for cell in nb.cells],
                    "folder": str(self.execution.folder),
                    "seed": self.execution.seed,
                    "room": outputs.STREAM_LIMIT + 1,
                }
                with contextlib.suppress(OSError):
                    wire.send(process.channel, asked)
                ended = self._follow(process, watch)
            finally:
                watch.stop()
                self.execution.peak_mb = watch.peak_mb
                end_group(process.pid)
                code = process.wait()
            if not ended:
                raise self._dead(watch, code)

    def _follow(self, process: _Process, watch: Watch) -> bool:
        """Take what the process tells until it is done; False when it ended without saying so."""
        poll = select.poll()
        for file in (process.channel.fileno(), *process.pipes):
            poll.register(file, select.POLLIN)
        life = _life(process.pid)
        if life is not None:
            poll.register(life, select.POLLIN)
        try:
            return self._take(process, watch, poll, life)
        finally:
            if life is not None:
                os.close(life)

    def _take(self, process: _Process, watch: Watch, poll: Any, life: int | None) -> bool:
        begun = time.monotonic()
        channel = process.channel.fileno()
        while True:
            ready = {file for file, _ in poll.poll()}
            if channel not in ready and ready & process.pipes.keys():
                # What a cell writes past Python comes after the word that it begins: that word is heard first.
                ready |= {file for file, _ in poll.poll(0) if file == channel}
            # A process may leave children behind that keep its end of the channel open: its own end counts.
            gone = life in ready and channel not in ready
            if channel not in ready and not gone:
                for pipe in ready & process.pipes.keys():
                    if not self._drain(pipe, process.pipes[pipe], most=1):
                        poll.unregister(pipe)
                continue
            try:
                message = None if gone else wire.receive(process.channel)
            except ValueError:
                raise failure.garbled(self.places[self.index]) from None
            if message is None:
                for pipe, name in process.pipes.items():
                    self._drain(pipe, name)
                return False
            kind = message[0]
            if kind == "begin":
                begun = time.monotonic()
                self._begin(message[1])
                watch.cell_started()
            elif kind == "done":
                watch.cell_ended()
                self._done(message[2:], time.monotonic() - begun)
            elif kind == "end":
                return True
            else:
                self._shown(message)

    def _begin(self, index: int) -> None:
        self.index = index
        cell, place = self.nb_man.nb.cells[index], self.places[index]
        self.execution.on_cell(place.number, place.total)
        self.nb_man.cell_start(cell, cell_index=index)
        self.collector.begin(cell.get("outputs", []))

    def _done(self, told: list[Any], took: float) -> None:
        count, error, leaving, processor = told
        self.execution.cpu_seconds += processor
        place = self._settle(took)
        cell = self.nb_man.nb.cells[self.index]
        if cell.cell_type == "code":
            cell.execution_count = count
        allowed = "raises-exception" in cell.metadata.get("tags", ())
        if error and not allowed:
            name, value, trace = error
            found = SimpleNamespace(ename=name, evalue=value, traceback=trace)
            raise failure.raised(found, place)
        self.nb_man.cell_complete(cell, cell_index=self.index)
        if leaving:
            raise failure.left(place, "exit()")

    def _settle(self, took: float) -> failure.Place:
        """Put what the cell has shown into its last form."""
        cell, place = self.nb_man.nb.cells[self.index], self.places[self.index]
        self.execution.seconds[place.number] = round(took, 3)
        if "outputs" in cell:
            for name, raw in self.raw.items():
                self.collector.print(name, raw.decode("utf-8", "replace"))
                raw.clear()
            cell.outputs = outputs.joined(cell.outputs)
        return place

    def _shown(self, message: list[Any]) -> None:
        if message[0] in {"display", "result", "update"} and not self.collector.count(message[1]):
            raise failure.shown_too_much(self.places[self.index], outputs.SHOWN_LIMIT)
        self.collector.take(message)

    def _drain(self, pipe: int, name: str, *, most: int = _PARTS) -> bool:
        """Take what was written past Python, by compiled code and other processes; False at its end."""
        # A program that writes without end must not keep the cells from being heard.
        for _ in range(most):
            try:
                part = os.read(pipe, _PIPE)
            except BlockingIOError:
                return True
            if not part:
                return False
            room = outputs.STREAM_LIMIT + 1 - len(self.raw[name])
            self.raw[name] += part[: max(room, 0)]
        return True

    def _dead(self, watch: Watch, code: int) -> ReportkitError:
        words = bytes(self.raw["stderr"] or self.raw["stdout"])
        # Where compiled code broke, a list of all its modules follows.
        fault = words.rfind(_FAULT)
        words = words[fault:] if fault >= 0 else words[-_LAST_WORDS:]
        spoken = [line.strip() for line in words.decode(errors="replace").splitlines() if line.strip()]  # fmt: skip
        telling = spoken[0 if fault >= 0 else -1] if spoken else ""
        last = f" Its last words were: {telling[:200]}." if telling else ""
        if not self.execution.seconds and not self.places:
            return failure.unstarted(watch.reason, last)
        place = self._settle(0.0)
        if watch.reason:
            return failure.stopped(place, watch.reason, self.execution.limits)
        return failure.died(place, code, last)

    def mark(self, error: ReportkitError) -> None:
        """Let the notebook say how it failed, where nothing in it says so yet."""
        cell = self.nb_man.nb.cells[self.index]
        if not any(output.output_type == "error" for output in cell.get("outputs", ())):
            said = outputs.Collector()
            said.begin(cell.setdefault("outputs", []))
            said.take(["error", type(error).__name__, error.message, [error.message]])
        self.nb_man.cell_exception(cell, cell_index=self.index, exception=error)


def _life(pid: int) -> int | None:
    """Give a file that can be read when a process has ended; None where the system has none."""
    return os.pidfd_open(pid) if hasattr(os, "pidfd_open") else None


def _asked(cell: Any) -> tuple[str | None, list[str]]:
    tags = cell.metadata.get("tags", [])
    runs = cell.cell_type == "code" and cell.source.strip() and "skip-execution" not in tags
    return (cell.source if runs else None), tags
