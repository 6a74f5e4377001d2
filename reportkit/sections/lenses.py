"""What an edition's summary says: for other readers other measures of the same run come first, each with the same number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reportkit import narrative
from reportkit.display import Shown
from reportkit.facts import Facts, Headline, Summary
from reportkit.locale import plural
from reportkit.scorecard import pair_of
from reportkit.sections.messages import worst

if TYPE_CHECKING:
    from reportkit.editions import Edition
    from reportkit.scorecard import Row
    from reportkit.view import View


@dataclass(frozen=True)
class Lens:
    """What one kind of reader looks at.

    Attributes:
        subject: what its measures are about, in the middle of a sentence.
        ids: the measures.
    """

    subject: str
    ids: tuple[str, ...]


LENSES = {
    "board": Lens("the figures the board watches", ("Q02", "R01", "R02", "V03", "N03", "A02", "K07", "B01")),
    "executive": Lens("delivery, money and people", ("J01", "B01", "B03", "W01", "U01", "V04", "K05", "N03")),
    "committee": Lens("risk and assurance", ("Q02", "R01", "R02", "R03", "A01", "A02", "C01", "C04")),
    "security": Lens("exposure, coverage and response", ("V03", "V04", "V06", "K02", "K04", "K05", "N02", "N03")),
    "auditor": Lens("findings, controls and evidence", ("A01", "A02", "A03", "A04", "C01", "C02", "C03", "C04")),
}  # fmt: skip


def summaries(view: View) -> tuple[tuple[Summary, ...], Facts]:
    """Give the summaries of the editions that the configuration has of a report, and what they tell.

    The words of a commentary file of the edition come first; without one the measures speak for themselves.
    """
    made, facts = [], Facts()
    for name, edition in view.workspace.settings.cuts(view.report).items():
        found = _summary(view, name, edition)
        if found is not None:
            made.append(found[0])
            facts = facts.plus(found[1])
    return tuple(made), facts


def shown(view: View, block: Headline, facts: Facts | None = None) -> Shown:
    """Give the answer first, with what the editions of the report say instead."""
    other, told = summaries(view)
    return Shown(block.model_copy(update={"editions": other}), (facts or Facts()).plus(told))


def _summary(view: View, name: str, edition: Edition) -> tuple[Summary, Facts] | None:
    words = narrative.commentary(view, shared=False, edition=name)
    if words.statement:
        return Summary(summary=name, statement=words.statement, messages=words.messages[:3]), words.facts  # fmt: skip
    lens = LENSES.get(edition.summary or name)
    if lens is None:
        return None
    rows = [pair_of(view, id_) for id_ in lens.ids]
    told = Facts(figures=tuple(row.now.figure() for row in rows))
    return Summary(summary=edition.summary or name, statement=_statement(lens, rows), messages=worst(rows)), told  # fmt: skip


def _statement(lens: Lens, rows: list[Row]) -> str:
    """Say how many of the lens's measures need action and which, the bad news first."""
    limited = [r for r in rows if r.now.value.value is not None and r.now.target is not None]
    bad = [r for r in limited if r.now.status == "red"]
    unknown = sum(r.now.value.value is None for r in rows)
    gap = f" {unknown} more {'is' if unknown == 1 else 'are'} not measured." if unknown else ""
    if not limited:
        return f"Of {lens.subject}, no figure with a limit is measured.{gap}"
    names = " and ".join(r.now.definition.name[:1].lower() + r.now.definition.name[1:] for r in bad[:2])  # fmt: skip
    more = f" and {plural(len(bad) - 2, 'other')}" if len(bad) > 2 else ""
    if not bad:
        return f"Of {lens.subject}, none of the {plural(len(limited), 'figure')} with a limit needs action.{gap}"
    need = "needs" if len(bad) == 1 else "need"
    return f"Of {lens.subject}, {len(bad)} of {plural(len(limited), 'figure')} with a limit {need} action: {names}{more}.{gap}"
