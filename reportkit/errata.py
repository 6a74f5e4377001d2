"""Putting right what was told: revision n+1 of a published report, from loads that are named, figure by figure.

A restatement needs no erratum: the next report says what the last one would say today. An erratum is for a figure that was
wrong when it was told and must be told again. Only the named loads count beside what was known then; every figure that they
change has its old and new value, its cause, a reason and an approver.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from reportkit import bridge
from reportkit.errors import UsageError, nearest
from reportkit.facts import Figure
from reportkit.knowledge import Knowledge
from reportkit.ledger import Erratum, Publication

if TYPE_CHECKING:
    from reportkit.measures import Measure
    from reportkit.store import Load
    from reportkit.view import View
    from reportkit.workspace import Workspace


@dataclass(frozen=True)
class Revision:
    """A corrected edition of a published report, before or after it was told.

    Attributes:
        publication: the revision it corrects, with the loads that are to count too.
        figures: all figures, the corrected ones and those that stay.
        errata: the corrected ones.
        extracts: SHA-256 of every extract behind it, by table.
    """

    publication: Publication
    figures: tuple[Figure, ...]
    errata: tuple[Erratum, ...]
    extracts: Mapping[str, tuple[str, ...]]

    def publish(self, workspace: Workspace) -> Publication:
        """Tell it: a revision beside the earlier ones, which stay readable.

        Raises:
            UsageError: no told figure is another one, or somebody else told a revision in the meantime.
        """
        if not self.errata:
            raise UsageError(
                "The named loads change no told figure, so there is nothing to put right."
            )
        return workspace.ledger.correct(self.publication, self.figures, self.errata, self.extracts)

    def to_dict(self) -> dict[str, Any]:
        """Give the revision as plain values for JSON."""
        return {
            "report": self.publication.report, "period": self.publication.period, "unit": self.publication.unit,
            "corrects": self.publication.revision, "loads": list(self.publication.also), "errata": [vars(one) for one in self.errata],
        }  # fmt: skip


def prepare(
    workspace: Workspace,
    told: Publication,
    loads: Sequence[str],
    *,
    reason: str,
    approver: str,
    at: datetime,
) -> Revision:
    """Prepare the next revision of a published report; nothing is told yet.

    Args:
        workspace: where the data is.
        told: the last revision.
        loads: names of loads, as ``reportkit log --json`` gives them, or the beginning of one.
        reason: why the figures were wrong.
        approver: who approved that they are put right, by role or name.
        at: naive UTC instant of telling.

    Raises:
        UsageError: a load that is not known, or one that counted already; no reason or approver.
    """
    if not reason.strip() or not approver.strip():
        raise UsageError("An erratum needs a reason and an approver; give --reason and --approver.")
    named = [_load(workspace, name, told) for name in loads]
    also = tuple(sorted({*told.also, *(load.name for load in named)}))
    period = workspace.calendar.parse(told.period)
    view = workspace.at(period, unit=told.unit or None, known_by=told.known_by, report=told.report)
    view = replace(view, knowledge=Knowledge(told.known_by, also=frozenset(also)))
    before = workspace.ledger.figures(told)
    found = {(one.measure, one.scope): one for one in bridge.Told(view, told, before).bridges()}
    errata = tuple(
        Erratum(
            measure=one.measure, scope=one.scope, name=one.name, unit=one.unit, old=one.told, new=one.today,
            cause=", ".join(cause for cause, _ in one.steps) or one.cause, reason=reason.strip(), approver=approver.strip(),
        )
        for one in found.values()
    )  # fmt: skip
    figures = tuple(
        _figure(view, key, figure) if key in found else figure for key, figure in before.items()
    )
    publication = replace(
        told, also=also, run_id=f"{told.run_id}-r{told.revision + 1}", published_at=at
    )
    return Revision(
        publication,
        figures,
        errata,
        {name: tuple(load.extract for load in used) for name, used in view.loads.items() if used},
    )


def _load(workspace: Workspace, name: str, told: Publication) -> Load:
    known = {load.name: load for load in workspace.store.loads()}
    fitting = [full for full in known if full.startswith(name)]
    if len(fitting) != 1:
        said = "is the beginning of several loads" if fitting else "is no load"
        raise UsageError(f"{name!r} {said}; {nearest(name, fitting or known)} See 'reportkit log --json'.")  # fmt: skip
    load = known[fitting[0]]
    if load.recorded_at <= told.known_by or load.name in told.also:
        raise UsageError(
            f"Load {load.name} of {load.table} counted already when {told.report} {told.period} was told; "
            "name one that came later."
        )
    return load


def _figure(view: View, key: tuple[str, str], told: Figure) -> Figure:
    """Give a corrected figure; of a part that is gone only its number is another one."""
    id_, scope = key
    found: list[Measure] = (
        view.measure(id_, by=scope.partition("=")[0]) if scope else [view.measure(id_)]
    )
    for measure in found:
        if measure.scope == scope:
            return measure.figure()
    return told.model_copy(
        update={"value": bridge.value(view, id_, scope), "numerator": None, "denominator": None}
    )
