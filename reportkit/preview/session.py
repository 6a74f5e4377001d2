"""A kernel that stays, and the notebook as far as it has run in it."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reportkit.errors import ReportkitError
from reportkit.facts import INJECTED
from reportkit.workers import absent, failure, runtime
from reportkit.workers.watch import Watch, end_group

if TYPE_CHECKING:
    from nbclient import NotebookClient
    from nbformat import NotebookNode

    from reportkit.config import Limits

#: How long the last outputs of a finished cell may take to arrive.
_OUTPUT_SECONDS = 60


class Session:
    """Runs a notebook again and again in one kernel, from the first cell that is not as it was.

    Args:
        folder: the kernel's working folder.
        limits: time and memory of each run.
        on_cell: called with the cell's number and how many there are, before each cell that is run.
    """

    def __init__(
        self, folder: Path, limits: Limits, on_cell: Callable[[int, int], None] = lambda *_: None
    ) -> None:
        self._folder, self._limits, self._on_cell = folder, limits, on_cell
        self._kernel: ExitStack | None = None
        self._client: NotebookClient | None = None
        self._done: list[tuple[str, NotebookNode]] = []

    def run(
        self, name: str, notebook: NotebookNode, parameters: Mapping[str, Any]
    ) -> tuple[NotebookNode, int]:
        """Run a notebook.

        Args:
            name: its file name, for messages.
            notebook: as it was saved, without outputs; it stays as it is.
            parameters: values for its parameters cell.

        Returns:
            The executed notebook, and how many of its cells with code were run; the others gave what they gave before.

        Raises:
            ReportkitError: a cell failed, took too long, or ended the kernel; the cells before it need not run again.
        """
        with absent("pyarrow"):
            from papermill.parameterize import parameterize_notebook

        # What Papermill itself puts in place when it reads a file.
        executed = copy.deepcopy(notebook)
        executed.metadata["papermill"] = {}
        for cell in executed.cells:
            cell.metadata.setdefault("tags", [])
        if parameters:
            executed = parameterize_notebook(
                executed, dict(parameters), kernel_name="python3", language="python"
            )
        code = [index for index, cell in enumerate(executed.cells) if cell.cell_type == "code"]
        same = self._same([executed.cells[index] for index in code])
        if same <= _head(executed, code):
            # With other parameters or imports nothing is as it was.
            self.close()
            same = 0
        for (_, before), index in zip(self._done[:same], code, strict=False):
            executed.cells[index].outputs = copy.deepcopy(before.outputs)
            executed.cells[index].execution_count = before.execution_count
        del self._done[same:]
        self._run(name, executed, code[same:])
        return executed, len(code) - same

    def _same(self, cells: list[NotebookNode]) -> int:
        """Count the cells from the top that are as they were."""
        for number, (cell, (source, _)) in enumerate(zip(cells, self._done, strict=False)):
            if cell.source != source:
                return number
        return min(len(cells), len(self._done))

    def _run(self, name: str, executed: NotebookNode, code: list[int]) -> None:
        if not code:
            return
        from nbclient.exceptions import CellExecutionError, DeadKernelError

        client = self._started()
        client.nb = executed
        client.reset_execution_trackers()
        process = _process(client)
        watch = Watch(process.pid, self._limits)
        places = failure.places(name, executed.cells)
        try:
            for index in code:
                cell, place = executed.cells[index], places[index]
                self._on_cell(place.number, place.total)
                watch.cell_started()
                try:
                    client.execute_cell(cell, index)
                except CellExecutionError as error:
                    raise failure.raised(error, place) from None
                except DeadKernelError:
                    code = process.wait()
                    self.close()
                    raise self._dead(place, watch, code) from None
                finally:
                    watch.cell_ended()
                self._done.append((cell.source, cell))
        except BaseException as error:
            if not isinstance(error, ReportkitError):
                self.close()
            raise
        finally:
            watch.stop()

    def _dead(self, place: failure.Place, watch: Watch, code: int) -> ReportkitError:
        if watch.reason:
            return failure.stopped(place, watch.reason, self._limits)
        return failure.died(place, code, "")

    def _started(self) -> NotebookClient:
        if self._client is not None:
            return self._client
        from nbclient import NotebookClient
        from nbformat import v4

        with ExitStack() as stack:
            folder = stack.enter_context(runtime.private_folder())
            output = stack.enter_context((folder / "output").open("w+b"))
            client = NotebookClient(
                v4.new_notebook(),
                km=runtime.manager(folder),
                timeout=None,
                iopub_timeout=_OUTPUT_SECONDS,
                record_timing=False,
            )
            client.start_new_kernel(
                cwd=str(self._folder), env=runtime.environment(), stdout=output, stderr=output
            )
            stack.callback(_end, client)
            client.start_new_kernel_client()
            self._kernel, self._client = stack.pop_all(), client
        return client

    def close(self) -> None:
        """End the kernel; the next run begins at the first cell."""
        self._done.clear()
        kernel, self._kernel, self._client = self._kernel, None, None
        if kernel is not None:
            kernel.close()


def _process(client: NotebookClient) -> Any:
    """Give the process of the kernel."""
    provisioner: Any = getattr(client.km, "provisioner", None)
    return provisioner and provisioner.process


def _end(client: NotebookClient) -> None:
    process = _process(client)
    if process is not None:
        end_group(process.pid)
        process.wait()
    with contextlib.suppress(RuntimeError):
        if client.kc is not None:
            client.kc.stop_channels()
    client._cleanup_kernel()  # noqa: SLF001 - nbclient has no other way to let go of a kernel that has ended


def _head(notebook: NotebookNode, code: list[int]) -> int:
    """Count the cells with code up to the last one with parameters or imports."""
    head = 0
    for number, index in enumerate(code, start=1):
        if {"parameters", "setup", INJECTED} & set(notebook.cells[index].metadata.get("tags", ())):
            head = number
    return head
