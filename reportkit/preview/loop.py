"""From a saved notebook to the page a browser shows."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reportkit import config, gates, resources, stationery
from reportkit.errors import DataError, ReportkitError, from_os
from reportkit.preview.server import Kind, Shown
from reportkit.preview.session import Session
from reportkit.run import formats, parameters, template, told
from reportkit.run import manifest as evidence

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from reportkit.render.model import Document
    from reportkit.run import Request

_EVERY = 0.2
#: An editor may write a file several times for one save, and a person may save twice; the last one is shown.
_STILL_SECONDS = 0.3
#: An editor that writes in place may be caught in the middle.
_RETRY_SECONDS = 0.5

#: What a report is made of beside its notebook: settings, looks, own measures, words, templates, and what is loaded and told.
_AROUND = (
    config.FILE, "ledger.db", "*.py", "*.toml", "*.svg", "*.png", "fonts/*", "commentary/**/*", "templates/**/*", "store/loads/*",
)  # fmt: skip

Said = Callable[[str, Kind], None]


class Preview:
    """Runs a report whenever what it is made of is saved.

    Args:
        request: what to make; its formats are not looked at.
        shown: what browsers see.
        clock: gives the naive UTC instant that counts as now.
        said: told one line about each run, for a terminal.
    """

    def __init__(
        self, request: Request, shown: Shown, clock: Callable[[], datetime], said: Said
    ) -> None:
        self._request = replace(request, workspace=request.workspace.resolve())
        self._path = resources.notebook(request.report, self._request.workspace)
        self._shown, self._clock, self._said = shown, clock, said
        self._known_by = clock()
        settings = config.read(self._request.workspace)
        self._session = Session(self._request.workspace, settings.limits, self._cell)

    def watch(self) -> None:
        """Run the report, and again after each change, until somebody ends it."""
        seen: tuple[Any, Any] = (None, None)
        try:
            while True:
                found = self._prints()
                if found != seen or self._shown.asked.is_set():
                    found = self._still(found)
                    afresh = found[1] != seen[1] or self._shown.asked.is_set()
                    self._shown.asked.clear()
                    seen = found
                    self.make(afresh=afresh)
                self._shown.asked.wait(_EVERY)
        finally:
            self._session.close()

    def make(self, *, afresh: bool) -> None:
        """Run the report once and show what came of it; what went wrong is shown too.

        Args:
            afresh: begin with a new kernel and today's knowledge.
        """
        begun = time.monotonic()
        self._shown.tell("Running", "busy")
        if afresh:
            self._session.close()
            self._known_by = self._clock()
        try:
            page, notes, ran = self._made()
        except ReportkitError as error:
            self._failed(error)
            return
        except OSError as error:
            self._failed(from_os(error, "The preview"))
            return
        cells = f"{ran} cell{'s' * (ran != 1)} run" if ran else "words only, no cell run"
        text = f"{self._path.stem} {self._request.period.key}: {cells}, {time.monotonic() - begun:.1f} s"
        self._shown.tell(text, "good", notes=notes, page=page)
        self._said(f"{text}" + (f"; {len(notes)} to see to" if notes else ""), "good")

    def _failed(self, error: ReportkitError) -> None:
        self._shown.tell(error.message, "bad")
        self._said(error.message, "bad")

    def _still(self, found: tuple[Any, Any]) -> tuple[Any, Any]:
        """Wait until nothing is written any more, and give what is there then."""
        while True:
            time.sleep(_STILL_SECONDS)
            before, found = found, self._prints()
            if found == before:
                return found

    def _made(self) -> tuple[bytes, tuple[str, ...], int]:
        from reportkit.render import html, model

        settings = config.read(self._request.workspace)
        stationery.use(self._request.workspace, settings)
        notebook = self._read()
        known_by = (
            self._request.known_by
            or told.known_by(
                self._request.workspace, self._path.stem, self._request.period.key, self._request.unit
            )
            or self._known_by
        )  # fmt: skip
        contract = parameters.declared(notebook, self._path.name)
        bound = contract.bind(self._request.parameters, parameters.of_runner(self._request, self._path.stem, known_by))  # fmt: skip
        executed, ran = self._session.run(self._path.name, notebook, bound.passed)
        executed = template.canonical(executed, bound.values)
        said = {
            "period": self._request.period.key,
            "as_of": self._request.period.end.isoformat(),
            "known_by": evidence.instant(known_by),
            "unit": self._request.unit or "",
        }
        document = formats.covered(model.read(executed), settings, said)
        judged = gates.content(
            gates.Evidence(notebook=executed, bound=bound.passed, document=document)
        )
        document = document.marked("held") if gates.held(judged) else document
        page = html.write(document)
        return (
            page.data,
            tuple(_notes(self._path, self._request.workspace, document, judged, page.warnings)),
            ran,
        )

    def _read(self) -> NotebookNode:
        try:
            return template.read(self._path)
        except DataError:
            time.sleep(_RETRY_SECONDS)
            return template.read(self._path)

    def _cell(self, number: int, total: int) -> None:
        self._shown.tell(f"Running cell {number} of {total}", "busy")

    def _prints(self) -> tuple[Any, Any]:
        """Give what changes when the notebook is saved, and what changes when anything around it does."""
        place = self._request.workspace
        around = {path for pattern in _AROUND for path in place.glob(pattern)}
        return _print(self._path), tuple((path, _print(path)) for path in sorted(around))


def _print(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size


def _notes(
    path: Path,
    workspace: Path,
    document: Document,
    judged: tuple[gates.Gate, ...],
    warnings: tuple[str, ...],
) -> Iterator[str]:
    """Say what would hold the report, what was left out, and what 'reportkit check' finds in the file."""
    from reportkit import lint

    yield from (f"holds the report: {gate.name} ({gate.reason})" for gate in gates.held(judged))
    yield from document.left_out
    yield from warnings
    for fault in lint.check(path, workspace):
        # An editor that runs cells itself saves what they gave; that is for the end.
        if fault.rule != "outputs":
            yield (f"cell {fault.cell}: " if fault.cell else "") + f"{fault.rule}: {fault.message}"
