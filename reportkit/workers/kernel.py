"""Runs a notebook through Papermill in a real kernel.

The kernel is reached over sockets in a private folder, not over ports: nobody else can talk to it, and two kernels
never want the same port.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from nbclient.exceptions import CellExecutionError, DeadKernelError

from reportkit.errors import ReportkitError
from reportkit.workers import absent, failure, runtime
from reportkit.workers.watch import Watch, end_group

# Papermill loads Arrow for the file systems it could write to: a third of its import, for nothing that is used here.
with absent("pyarrow"):
    from papermill import execute_notebook
    from papermill.clientwrap import PapermillNotebookClient
    from papermill.engines import Engine, papermill_engines
    from papermill.exceptions import PapermillExecutionError
    from papermill.execute import remove_error_markers

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from reportkit.config import Limits

ENGINE = "reportkit-kernel"
#: Printed text beyond this many characters of one cell is cut: a loop that prints must not fill the disk.
STREAM_LIMIT = 1_000_000
#: How long the last outputs of a finished cell may take to arrive.
_OUTPUT_SECONDS = 60

CellListener = Callable[[int, int], None]


@dataclass(kw_only=True)
class Execution:
    """One notebook on its way through a kernel.

    Attributes:
        name: the notebook's file name, for messages.
        folder: the kernel's working folder.
        limits: time and memory.
        on_cell: called with the cell's number and how many there are, before each cell.
        notebook: the notebook as far as it has run; also there after a failure.
        peak_mb: the most memory the kernel was seen to use.
        seconds: how long each cell took, by its number as its author counts.
    """

    name: str
    folder: Path
    limits: Limits
    on_cell: CellListener
    notebook: NotebookNode | None = None
    peak_mb: float = 0.0
    seconds: dict[int, float] = field(default_factory=dict)

    def run(self, template: NotebookNode, parameters: Mapping[str, Any]) -> NotebookNode:
        """Run a notebook from its first cell to its last.

        Args:
            template: the notebook, without outputs.
            parameters: values for its parameters cell.

        Raises:
            CellError: a cell raised an error.
            EarlyExit: a cell ended the notebook or the kernel on purpose.
            KernelDied: the kernel was killed.
            RunTimeout: a cell or the run took longer than allowed.
            LimitError: the kernel used more memory than allowed.
        """
        papermill_engines.register(ENGINE, KernelEngine)
        try:
            executed: NotebookNode = execute_notebook(
                template,
                None,
                parameters=dict(parameters),
                engine_name=ENGINE,
                kernel_name="python3",
                language="python",
                progress_bar=False,
                request_save_on_cell_execute=False,
                execution=self,
            )
        except PapermillExecutionError:
            # The engine has judged every cell already; Papermill raises again for errors that a cell's tag allows.
            executed = remove_error_markers(self.notebook)
        self.notebook = executed
        return executed


class KernelEngine(Engine):  # type: ignore[misc]  # papermill has no types
    """Papermill's way to an ordinary kernel over private sockets."""

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: Any, _kernel_name: str, *, execution: Execution, **_: Any
    ) -> None:
        """Run all cells; the notebook is filled in place."""
        execution.notebook = nb_man.nb
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
        self._printed: dict[tuple[int, str], int] = {}
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
                cell.outputs = _joined(cell.outputs)
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
        if msg["msg_type"] == "stream" and self._too_much(msg["content"], cell_index):
            return None
        return super().process_message(msg, cell, cell_index)

    def _too_much(self, content: Any, cell_index: int) -> bool:
        key, text = (cell_index, content["name"]), content["text"]
        before = self._printed.get(key, 0)
        self._printed[key] = before + len(text)
        if before > STREAM_LIMIT:
            return True
        if before + len(text) > STREAM_LIMIT:
            note = f"\n[cut: more than {STREAM_LIMIT:,} characters printed]\n"
            content["text"] = text[: STREAM_LIMIT - before] + note
        return False

    async def _check_raise_for_error(
        self, cell: NotebookNode, cell_index: int, exec_reply: Any
    ) -> None:
        payload = (exec_reply or {}).get("content", {}).get("payload", ())
        self._leaving = any(part.get("source") == "ask_exit" for part in payload)
        await super()._check_raise_for_error(cell, cell_index, exec_reply)


def _joined(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Join printed text that arrived in pieces: how it was cut, and which stream came first, is chance."""
    joined: list[NotebookNode] = []
    streams: dict[str, NotebookNode] = {}
    for output in outputs:
        if output.output_type != "stream":
            joined += [streams.pop(name) for name in sorted(streams, reverse=True)]
            joined.append(output)
        elif output.name in streams:
            streams[output.name].text += output.text
        else:
            streams[output.name] = output
    return joined + [streams.pop(name) for name in sorted(streams, reverse=True)]
