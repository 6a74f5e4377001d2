"""One notebook on its way through an engine."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from reportkit.workers import absent

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from reportkit.config import Limits

Engine = Literal["warm", "kernel"]
ENGINES: tuple[Engine, ...] = ("warm", "kernel")
#: A fork server needs Linux; elsewhere a report has an ordinary kernel.
USUAL: Engine = "warm" if sys.platform == "linux" else "kernel"

CellListener = Callable[[int, int], None]


class Done(Exception):
    """All cells have run; Papermill would now judge them, and write the notebook out, to nowhere."""

    def __init__(self, notebook: NotebookNode) -> None:
        self.notebook = notebook


@dataclass(kw_only=True)
class Execution:
    """One notebook on its way through an engine.

    Attributes:
        name: the notebook's file name, for messages.
        folder: the working folder of the cells.
        limits: time and memory.
        on_cell: called with the cell's number and how many there are, before each cell.
        seed: what random numbers are drawn from where a notebook sets no seed of its own.
        notebook: the notebook as far as it has run; also there after a failure.
        peak_mb: the most memory the cells' process was seen to use.
        process: what ran the cells: ``forked``, ``fresh`` or ``kernel``.
        cpu_seconds: what the cells' own code took, where the engine can tell.
        seconds: how long each cell took, by its number as its author counts.
    """

    name: str
    folder: Path
    limits: Limits
    on_cell: CellListener = lambda _number, _total: None
    seed: str = ""
    notebook: NotebookNode | None = None
    peak_mb: float = 0.0
    process: str = ""
    cpu_seconds: float = 0.0
    seconds: dict[int, float] = field(default_factory=dict)

    def run(
        self, template: NotebookNode, parameters: Mapping[str, Any], *, engine: Engine = USUAL
    ) -> NotebookNode:
        """Run a notebook from its first cell to its last.

        Args:
            template: the notebook, without outputs.
            parameters: values for its parameters cell.
            engine: ``warm``: a fresh process, forked where that is possible; ``kernel``: an ordinary kernel.

        Raises:
            CellError: a cell raised an error.
            EarlyExit: a cell ended the notebook or the kernel on purpose.
            KernelDied: the kernel was killed.
            RunTimeout: a cell or the run took longer than allowed.
            LimitError: the kernel used more memory than allowed, or a cell showed far too much.
        """
        # Papermill loads Arrow for the file systems it could write to: a third of its import, for nothing that is used.
        with absent("pyarrow"):
            from papermill import execute_notebook
            from papermill.engines import papermill_engines
            from papermill.exceptions import PapermillExecutionError
            from papermill.execute import remove_error_markers

        name = f"reportkit-{engine}"
        papermill_engines.register(name, _class(engine))
        try:
            executed: NotebookNode = execute_notebook(
                template,
                None,
                parameters=dict(parameters),
                engine_name=name,
                kernel_name="python3",
                language="python",
                progress_bar=False,
                request_save_on_cell_execute=False,
                execution=self,
            )
        except Done as done:
            executed = done.notebook
        except PapermillExecutionError:
            # The engine has judged every cell already; Papermill raises again for errors that a cell's tag allows.
            executed = remove_error_markers(self.notebook)
        self.notebook = executed
        return executed


def _class(engine: Engine) -> Any:
    if engine == "kernel":
        from reportkit.workers.kernel import KernelEngine

        return KernelEngine
    # Papermill loads the engine by its entry point, and must not find it half-loaded.
    import papermill.engines  # noqa: F401

    from reportkit.workers.engine import WarmEngine

    return WarmEngine
