"""Runs a notebook through Papermill in a real kernel.

The kernel is reached over sockets in a private folder, not over ports: nobody else can talk to it, and two kernels
never want the same port.
"""

from __future__ import annotations

import contextlib
import time
from typing import IO, TYPE_CHECKING, Any

from nbclient.exceptions import CellExecutionError, DeadKernelError

from reportkit.errors import ReportkitError
from reportkit.workers import absent, failure, outputs, runtime
from reportkit.workers.watch import Watch, end_group

with absent("pyarrow"):
    from papermill.clientwrap import PapermillNotebookClient
    from papermill.engines import Engine

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from reportkit.workers.execution import Execution

#: How long the last outputs of a finished cell may take to arrive.
_OUTPUT_SECONDS = 60
#: Leaves no name behind, and is no cell that counts.
_SEED = "__import__('reportkit.workers.seeding', fromlist=['seed']).seed({!r})"


class KernelEngine(Engine):  # type: ignore[misc]  # papermill has no types
    """Papermill's way to an ordinary kernel over private sockets."""

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: Any, _kernel_name: str, *, execution: Execution, **_: Any
    ) -> None:
        """Run all cells; the notebook is filled in place."""
        execution.notebook, execution.process = nb_man.nb, "kernel"
        with runtime.private_folder() as folder, (folder / "output").open("w+b") as output:
            client = _Client(nb_man, execution, output, km=runtime.manager(folder))
            client.run_all(
                cwd=str(execution.folder), env=runtime.environment(), stdout=output, stderr=output
            )


class _Client(PapermillNotebookClient):  # type: ignore[misc]  # papermill has no types
    """Papermill's client, with our deadlines and our words for what went wrong."""

    def __init__(self, nb_man: Any, execution: Execution, output: IO[bytes], **more: Any) -> None:
        super().__init__(
            nb_man, timeout=None, iopub_timeout=_OUTPUT_SECONDS, record_timing=False, **more
        )
        self._execution, self._output = execution, output
        self._collector = outputs.Collector()
        self._leaving = False

    def run_all(self, **start: Any) -> None:
        """Start the kernel, run every cell, end the kernel."""
        self.reset_execution_trackers()
        process: Any = None
        watch: Watch | None = None
        try:
            self.start_new_kernel(**start)
            process = self.km.provisioner.process
            watch = Watch(process.pid, self._execution.limits)
            try:
                self.start_new_kernel_client()
            except RuntimeError as error:
                raise failure.unstarted(watch.reason, self._last_words()) from error
            self.kc.execute(_SEED.format(self._execution.seed), silent=True, store_history=False)
            places = failure.places(self._execution.name, self.nb.cells)
            for index, place in enumerate(places):
                self._run_cell(index, place, watch, process)
        finally:
            if watch is not None:
                watch.stop()
                self._execution.peak_mb = watch.peak_mb
            if process is not None:
                end_group(process.pid)
                process.wait()
            self._release()

    def _release(self) -> None:
        """Close the sockets; the process is gone already."""
        with contextlib.suppress(RuntimeError):
            if self.kc is not None:
                self.kc.stop_channels()
        if self.km is not None:
            self._cleanup_kernel()

    def _run_cell(self, index: int, place: failure.Place, watch: Watch, process: Any) -> None:
        cell = self.nb.cells[index]
        self._execution.on_cell(place.number, place.total)
        self._place = place
        self._collector.begin([])
        watch.cell_started()
        begun = time.monotonic()
        try:
            self.execute_cell(cell, index)
        except CellExecutionError as error:
            raise failure.raised(error, place) from None
        except DeadKernelError:
            raise self._dead(place, watch, process) from None
        finally:
            watch.cell_ended()
            self._execution.seconds[place.number] = round(time.monotonic() - begun, 3)
            if "outputs" in cell:
                cell.outputs = outputs.joined(cell.outputs)
        if self._leaving:
            raise failure.left(place, "exit()")

    def _dead(self, place: failure.Place, watch: Watch, process: Any) -> ReportkitError:
        if watch.reason:
            return failure.stopped(place, watch.reason, self._execution.limits)
        return failure.died(place, process.wait(), self._last_words())

    def _last_words(self) -> str:
        """Give the last line that the kernel's process printed outside any cell."""
        self._output.seek(0)
        text = self._output.read()[-4000:].decode(errors="replace")
        spoken = [line.strip() for line in text.splitlines() if line.strip()]
        return f" Its last words were: {spoken[-1][:200]}." if spoken else ""

    def process_message(self, msg: Any, cell: NotebookNode, cell_index: int) -> Any:
        """Take one message of the kernel into the notebook."""
        content = msg["content"]
        if msg["msg_type"] == "stream":
            content["text"] = self._collector.cut(content["name"], content["text"])
            if not content["text"]:
                return None
        elif "data" in content and not self._collector.count(content["data"]):
            raise failure.shown_too_much(self._place, outputs.SHOWN_LIMIT)
        return super().process_message(msg, cell, cell_index)

    async def _check_raise_for_error(
        self, cell: NotebookNode, cell_index: int, exec_reply: Any
    ) -> None:
        payload = (exec_reply or {}).get("content", {}).get("payload", ())
        self._leaving = any(part.get("source") == "ask_exit" for part in payload)
        await super()._check_raise_for_error(cell, cell_index, exec_reply)
