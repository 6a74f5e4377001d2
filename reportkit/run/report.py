"""Makes one report: from a request to an executed notebook, its artefacts and the evidence."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reportkit import config, gates, resources
from reportkit.errors import ReportkitError, UsageError, nearest
from reportkit.period import DAY
from reportkit.run import formats, parameters, template, told
from reportkit.run import manifest as evidence
from reportkit.run.folder import NOTEBOOK, Staging, run_id, series, sweep
from reportkit.run.request import FORMATS, Listener, Outcome, Request, State
from reportkit.run.stages import Stages

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from reportkit.config import Settings
    from reportkit.run.parameters import Bound
    from reportkit.workers.kernel import Execution


def run(request: Request, *, now: datetime, progress: Listener = lambda _: None) -> Outcome:
    """Make a report.

    Args:
        request: what to make.
        now: naive UTC instant that counts as now.
        progress: told of each stage and each cell.

    Returns:
        The run folder, its manifest, and whether a gate holds the report.

    Raises:
        UsageError: an unknown report or format, a quarter that is not closed, a parameter that does not fit; nothing
            is written then.
        NotebookError: the notebook did not run to its end; notebook and manifest are kept in a ``.failed`` folder.
        LimitError: it was killed, or took too much time or memory; kept as above.
        TemporaryError: the disk is full or the folder cannot be written; nothing is left.
    """
    job = _Job.prepare(request, now, Stages(progress))
    try:
        return job.make()
    except ReportkitError as error:
        raise job.failed(error) from error
    except BaseException:
        job.staging.discard()
        raise


@dataclass(kw_only=True)
class _Job:
    """One run in the making; :meth:`prepare` refuses what cannot be run before anything is written."""

    request: Request
    settings: Settings
    notebook: NotebookNode
    name: str
    bound: Bound
    begun: dict[str, Any]
    started: datetime
    staging: Staging
    stages: Stages
    clock: Callable[[], float] = time.monotonic
    _execution: Execution | None = None

    @classmethod
    def prepare(cls, request: Request, now: datetime, stages: Stages) -> _Job:
        """Check a request and read the notebook's contract."""
        # What was loaded in this very second is known.
        known_now, now = now, now.replace(microsecond=0)
        request = replace(request, workspace=request.workspace.resolve())
        settings = config.read(request.workspace)
        _refuse(request, settings, now)
        path = resources.notebook(request.report, request.workspace)
        with stages.stage("Read the notebook"):
            notebook = template.read(path)
            known_by = _known_by(request, path.stem) or known_now
            _refuse_unit(request, known_by)
            bound = parameters.declared(notebook, path.name).bind(
                request.parameters, _runner(request, path.stem, known_by)
            )
        asked = json.dumps(
            [template.digest(path), dict(bound.values), evidence.instant(known_by)],
            default=str,
            sort_keys=True,
        )
        name = run_id(now, path.stem, request.period.key, request.unit or "", asked)
        place = series(request.workspace, path.stem, request.period.key, request.unit)
        sweep(place)
        staging = Staging(place / name)
        begun = evidence.opening(
            request,
            path=path,
            run_id=staging.place.name,
            known_by=known_by,
            started=now,
            bound=bound,
        )
        return cls(
            request=request, settings=settings, notebook=notebook, name=path.name, bound=bound, begun=begun,
            started=now, staging=staging, stages=stages,
        )  # fmt: skip

    def __post_init__(self) -> None:
        self._zero = self.clock()

    def make(self) -> Outcome:
        """Run the notebook, write the formats, judge and publish."""
        from reportkit.render import model

        executed = self._executed()
        with self.stages.stage("Read the results"):
            executed = template.canonical(executed, self.bound.values)
            self.staging.write(NOTEBOOK, template.text(executed))
            document = formats.covered(model.read(executed), self.settings, self.begun)
            found = gates.Evidence(notebook=executed, bound=self.bound.passed, document=document)
            judged = gates.content(found)
        held = gates.held(judged)
        if held:
            document = document.marked("held")
        written = formats.write(
            document,
            self.request.formats,
            self.settings,
            name=f"{self.begun['report']}-{self.request.period.key}.pdf",
            keep=self.staging.write,
            stages=self.stages,
        )
        with self.stages.stage("Check"):
            judged += gates.artefacts(
                replace(
                    found,
                    document=document,
                    pages=written.pages,
                    conformance=written.conformance,
                    warnings=written.warnings,
                )
            )
        state: State = "held" if gates.held(judged) else "draft"
        manifest = self._manifest(
            state,
            gates=evidence.judged(judged),
            artefacts={**self.staging.kept},
            pages=written.sheets,
            warnings=[
                f"{name}: {said}"
                for name, warnings in written.warnings.items()
                for said in warnings
            ],
            remarks=self._remarks(),
            facts=evidence.told(document.facts),
        )
        return Outcome(self.staging.publish(manifest), manifest, state)

    def _executed(self) -> NotebookNode:
        with self.stages.stage("Start"):
            from reportkit.workers.kernel import Execution

            self._execution = Execution(
                name=self.name,
                folder=self.request.workspace,
                limits=self.settings.limits,
                on_cell=self.stages.cell,
            )
        with self.stages.stage("Run the notebook"):
            return self._execution.run(self.notebook, self.bound.passed)

    def _remarks(self) -> list[str]:
        if "period" in self.bound.values:
            return []
        return [
            f"{self.name} declares no parameter 'period', so the report does not follow the quarter asked for"
        ]

    def _manifest(self, state: str, **more: Any) -> dict[str, Any]:
        elapsed = timedelta(seconds=self.clock() - self._zero)
        return evidence.finished(
            self.begun,
            state=state,
            at=self.started + elapsed,
            stages=self.stages.seconds,
            execution=self._execution,
            **more,
        )

    def failed(self, error: ReportkitError) -> ReportkitError:
        """Keep what explains a failure, and give the error with the place where it is kept."""
        executed = self._execution.notebook if self._execution else None
        if error.exit_code == 75 or executed is None:
            self.staging.discard()
            return error
        try:
            lasting = template.canonical(executed, self.bound.values)
            self.staging.write(NOTEBOOK, template.text(lasting))
            reason = {
                "kind": type(error).__name__,
                "exit_code": error.exit_code,
                "message": error.message,
            }
            place = self.staging.fail(self._manifest("failed", error=reason))
        except ReportkitError as second:
            self.staging.discard()
            return second
        kept = place / NOTEBOOK
        with suppress(ValueError):
            kept = kept.relative_to(Path.cwd())
        return type(error)(f"{error.message} The notebook as far as it ran: {kept}")


def _refuse(request: Request, settings: Settings, now: datetime) -> None:
    unknown = [name for name in request.formats if name not in FORMATS]
    if unknown:
        raise UsageError(f"Format {unknown[0]!r} is not known; {nearest(unknown[0], FORMATS)}")
    calendar = settings.calendar
    today = calendar.day(now)
    # What happens now is reported on before its quarter ends.
    first_day = (
        request.period.start if request.parameters.get("incident") else request.period.end + DAY
    )
    if first_day > today:
        raise UsageError(
            f"Period {request.period.key} ends on {request.period.end:%d %B %Y} and is not closed yet; "
            f"the latest closed one is {calendar.latest_closed(today).key}."
        )
    if request.known_by is not None and request.known_by > now:
        raise UsageError(
            f"Nothing can be known by {request.known_by:%Y-%m-%d %H:%M} UTC yet; give an instant that has passed."
        )


def _refuse_unit(request: Request, known_by: datetime) -> None:
    """Refuse a unit that nobody knows before a kernel is started for it."""
    if not request.unit:
        return
    from reportkit import sql, store
    from reportkit.tables import TABLES

    place = store.of(request.workspace)
    spec = TABLES["units"]
    known = sql.versions(spec, place.loads(spec.name, known_by=known_by), place)
    names = sorted(set(known["unit_id"].to_pylist()))
    if names and request.unit not in names:
        raise UsageError(f"Unit {request.unit!r} is not known; {nearest(request.unit, names)}")


def _runner(request: Request, report: str, known_by: datetime) -> dict[str, object]:
    """Give the runner's parameters; the kernel works in the workspace, so that its name is the same everywhere."""
    return {
        "workspace": ".",
        "period": request.period.key,
        "unit": request.unit,
        "known_by": known_by.isoformat(),
        "report": report,
    }


def _known_by(request: Request, report: str) -> datetime | None:
    if request.parameters.get("incident"):
        return request.known_by  # of an incident everything counts that is known today
    return request.known_by or told.known_by(
        request.workspace, report, request.period.key, request.unit
    )
