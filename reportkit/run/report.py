"""Makes one report: from a request to an executed notebook, its artefacts and the evidence."""

from __future__ import annotations

import json
import time
import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reportkit import config, gates, resources, stationery
from reportkit.errors import ReportkitError, TemporaryError
from reportkit.run import (
    cuts,
    formats,
    lastpage,
    parameters,
    plan,
    private,
    surroundings,
    template,
    told,
)
from reportkit.run import manifest as evidence
from reportkit.run.folder import KEPT, NOTEBOOK, Staging, run_id, series, sweep
from reportkit.run.request import Listener, Outcome, Request, State
from reportkit.run.stages import Stages

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from reportkit.config import Settings
    from reportkit.run.parameters import Bound
    from reportkit.workers.execution import Engine, Execution


def run(
    request: Request,
    *,
    now: datetime,
    progress: Listener = lambda _: None,
    engine: Engine | None = None,
    key: str = "",
    ticket: str = "",
    may_land: Callable[[], bool] = lambda: True,
) -> Outcome:
    """Make a report in this process; :func:`reportkit.run.jobs.make` makes it in a warm one.

    Args:
        request: what to make.
        now: naive UTC instant that counts as now.
        progress: told of each stage and each cell.
        engine: ``warm`` or ``kernel``; the usual one of this system when not given.
        key: hash of everything the report depends on; see :mod:`reportkit.run.fingerprint`.
        ticket: names the job that this run is for.
        may_land: asked right before the finished folder is put in its place; a run that was given to another process
            meanwhile leaves nothing.

    Returns:
        The run folder, its manifest, and whether a gate holds the report.

    Raises:
        UsageError: an unknown report or format, a quarter that is not closed, a parameter that does not fit; nothing
            is written then.
        NotebookError: the notebook did not run to its end; notebook and manifest are kept in a ``.failed`` folder.
        LimitError: it was killed, or took too much time or memory; kept as above.
        TemporaryError: the disk is full or the folder cannot be written, or it may not land; nothing is left.
    """
    job = _Job.prepare(request, now, Stages(progress), checked=bool(key))
    job.begun |= {"key": key, "ticket": ticket}
    job.may_land = may_land
    try:
        return job.make(engine)
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
    seed: str = ""
    read: Sequence[bytes] = ()
    clock: Callable[[], float] = time.monotonic
    may_land: Callable[[], bool] = lambda: True
    _execution: Execution | None = None

    @classmethod
    def prepare(
        cls, request: Request, now: datetime, stages: Stages, *, checked: bool = False
    ) -> _Job:
        """Check a request, as far as no batch has done so, and read the notebook's contract."""
        # What was loaded in this very second is known.
        known_now, now = now, now.replace(microsecond=0)
        request = replace(request, workspace=request.workspace.resolve())
        settings = config.read(request.workspace)
        stationery.use(request.workspace, settings)
        plan.admit(request, settings, known_now)
        path = resources.notebook(request.report, request.workspace)
        with stages.stage("Read the notebook"):
            notebook = template.read(path)
            # Of an incident everything counts that is known today.
            told_of = None if request.parameters.get("incident") else told.publication
            published = told_of and told_of(request.workspace, path.stem, request.period.key, request.unit)  # fmt: skip
            known_by = request.known_by or (published.known_by if published else known_now)
            same = published if published and published.known_by == known_by else None
            if not checked:
                plan.refuse_unit(request, known_by)
            bound = parameters.declared(notebook, path.name).bind(
                request.parameters, parameters.of_runner(request, path.stem, known_by)
            )
        asked = json.dumps(
            [
                template.digest(path),
                dict(bound.values),
                evidence.instant(known_by),
                *(same.also if same else ()),
            ],
            default=str,
            sort_keys=True,
        )
        name = run_id(known_now, path.stem, request.period.key, request.unit or "", asked)
        around = surroundings.files(request.workspace, path.stem, request.period.key, request.unit)
        own = surroundings.toml(surroundings.reduced(settings)).encode()
        read = [path.read_bytes(), own, *(one.read_bytes() for one in around.values())]
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
            told=same,
        )
        # As the process of the cells draws them.
        begun["seed"] = zlib.crc32(asked.encode())
        return cls(
            request=request, settings=settings, notebook=notebook, name=path.name, bound=bound, begun=begun,
            started=now, staging=staging, stages=stages, seed=asked, read=read,
        )  # fmt: skip

    def __post_init__(self) -> None:
        self._zero = self.clock()

    def make(self, engine: Engine | None) -> Outcome:
        """Run the notebook, write the formats, judge and publish."""
        from reportkit.render import cutting, model

        files: dict[str, bytes] = {}

        def keep(name: str, content: bytes) -> None:
            files[name] = content
            self.staging.write(name, content)

        executed = self._executed(engine)
        with self.stages.stage("Read the results"):
            executed = self._lasting(executed)
            keep(NOTEBOOK, template.text(executed))
            said = formats.covered(model.everything(executed), self.settings, self.begun)
            document = cutting.whole(said)
            found = gates.Evidence(notebook=executed, bound=self.bound.passed, document=document)
            judged = gates.content(found)
        held = gates.held(judged)
        if held:
            said = said.marked("held")
        said = lastpage.added(said, self.begun, evidence.judged(judged))
        document = cutting.whole(said)
        written = formats.write(
            document,
            self.request.formats,
            self.settings,
            name=f"{self.begun['report']}-{self.request.period.key}.pdf",
            keep=keep,
            stages=self.stages,
            master=self.settings.slides.place(self.request.workspace),
        )
        made = cuts.write(
            said,
            self.request.formats,
            self.settings,
            self.begun,
            keep=keep,
            stages=self.stages,
            names=self.request.editions,
        )
        with self.stages.stage("Check"):
            judged += gates.artefacts(
                replace(
                    found,
                    document=document,
                    pages=written.pages,
                    conformance=written.conformance,
                    warnings=written.warnings,
                    files=files,
                    secrets=private.secrets(self.settings),
                    places=private.places(self.request.workspace),
                )
            )
            judged += tuple(cuts.judged(made, executed))
        state: State = "held" if gates.held(judged) else "draft"
        manifest = self._manifest(
            state,
            gates=evidence.judged(judged),
            artefacts={**self.staging.kept},
            pages=written.sheets,
            **({"editions": {one.name: one.told() for one in made}} if made else {}),
            warnings=[
                f"{name}: {said}"
                for name, warnings in written.warnings.items()
                for said in warnings
            ],
            remarks=self._remarks(),
            facts=evidence.told(document.facts),
        )
        if not self.may_land():
            raise TemporaryError(
                f"Run {self.staging.place.name} was taken over by another process; nothing of it was kept."
            )
        for content in self.read:
            surroundings.keep(self.request.workspace, content)
        private.sign(self.request.workspace, self.staging.place.name, evidence.user())
        return Outcome(self.staging.publish(manifest), manifest, state)

    def _lasting(self, executed: NotebookNode) -> NotebookNode:
        """Give the executed notebook in its lasting form, without anything of this machine."""
        lasting = template.canonical(executed, self.bound.values)
        scrubber = private.Scrubber(self.request.workspace)
        for cell in lasting.cells:
            for output in cell.get("outputs", ()):
                scrubber.all(output)
        return lasting

    def _executed(self, engine: Engine | None) -> NotebookNode:
        with self.stages.stage("Start"):
            from reportkit.workers.execution import USUAL, Execution

            self._execution = Execution(
                name=self.name,
                folder=self.request.workspace,
                limits=self.settings.limits,
                on_cell=self.stages.cell,
                seed=self.seed,
            )
        with self.stages.stage("Run the notebook"):
            return self._execution.run(self.notebook, self.bound.passed, engine=engine or USUAL)

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
            self.staging.write(NOTEBOOK, template.text(self._lasting(executed)))
            reason = {
                "kind": type(error).__name__,
                "exit_code": error.exit_code,
                "message": private.Scrubber(self.request.workspace).text(error.message),
            }
            place = self.staging.fail(self._manifest("failed", error=reason))
        except ReportkitError as second:
            self.staging.discard()
            return second
        kept = place / NOTEBOOK
        with suppress(ValueError):
            kept = kept.relative_to(Path.cwd())
        return type(error)(f"{error.message}{KEPT}{kept}")
