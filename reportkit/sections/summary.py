"""The front of a report: cover, the answer first, what changed, what is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportkit import display, locale
from reportkit.display import Shown
from reportkit.facts import (
    Callout,
    Cell,
    Column,
    Cover,
    Headline,
    Tile,
    Tiles,
)
from reportkit.locale import plural
from reportkit.scorecard import USUAL
from reportkit.sections.lenses import shown
from reportkit.sections.messages import worst
from reportkit.sql import quote

if TYPE_CHECKING:
    from reportkit.measures import Measure
    from reportkit.scorecard import Scorecard
    from reportkit.view import View


def cover(view: View, title: str, subtitle: str, *, audience: str = "Board of Directors") -> Shown:
    """Give the cover: who reports to whom, about which quarter, as of when and known by when."""
    settings = view.workspace.settings
    unit = view.unit
    if unit:
        names = view.sql(f"SELECT name FROM units WHERE unit_id = {quote(unit)}")["name"]
        unit = str(names.iloc[0]) if len(names) else unit
    told = view.told(view.period)[0]
    if told is not None and told.revision > 1 and view.knowledge is not None:
        subtitle = f"{subtitle}. Revision {told.revision}, which corrects what was told before"
    return Shown(
        Cover(
            title=title,
            subtitle=subtitle,
            organisation=settings.organisation.name,
            period=view.period.label,
            as_of=view.as_of,
            known_by=view.known_by.replace(microsecond=0),
            # A run is a draft, also that of a published quarter; only publishing writes a final edition.
            status="draft",
            classification=settings.report.classification,
            author=settings.report.author,
            audience=audience,
            unit=unit,
            currency=view.currency,
            language=settings.report.language,
            locale=settings.report.locale,
        )
    )


def headline(view: View, *, card: str = "") -> Shown:
    """Give the answer first: the author's words, else what the measures of a scorecard say by themselves."""
    scorecard = view.scorecard(card)
    # Words that were written for no report in particular answer the board's questions.
    words = view.commentary(shared=scorecard.name == USUAL)
    if words.statement:
        said = Headline(statement=words.statement, messages=words.messages[:3])
    else:
        said = Headline(statement=_statement(scorecard, view), messages=worst(scorecard.rows))
    return shown(view, said, words.facts)


def _statement(card: Scorecard, view: View) -> str:
    if all(row.now.value.value is None for row in card.rows):
        return f"What is loaded tells none of the {len(card.rows)} measures yet.{_exposure(view)}"
    limited = [r for r in card.rows if r.now.value.value is not None and r.now.target is not None]
    good = [r for r in limited if r.now.status == "green"]
    bad = [r for r in card.rows if r.now.status == "red"]
    unknown = [r for r in card.rows if r.now.value.value is None]
    measured = len(card.rows) - len(unknown)
    acts = "None" if not bad else str(len(bad))
    need, meets = "need" if len(bad) > 1 else "needs", "meets" if len(good) == 1 else "meet"
    first = (
        f"{acts} of {plural(measured, 'measured figure')} {need} action, {len(good)} {meets} the limit"
        if len(limited) == measured
        else f"{acts} of {plural(len(limited), 'figure')} with a limit {need} action, {len(good)} {meets} it"
    )
    return (
        f"{first}; {len(unknown)} of {len(card.rows)} are not measured." if unknown else f"{first}."
    )


def _exposure(view: View) -> str:
    count = view.measure("V01").value.value
    if count is None:
        return ""
    serious = sum(
        m.value.value or 0
        for m in view.measure("V01", by="severity")
        if m.scope.split("=")[1] in {"critical", "high"}
    )
    return (
        f" {plural(int(count), 'weakness is', 'weaknesses are')} open, "
        f"{locale.number(int(serious))} of them critical or high."
    )


#: The few big numbers of a scorecard; of others the first six.
_TILES = {
    "board": ("Q02", "V03", "N03", "A02", "K07", "B01"),
    "risk": ("Q02", "R01", "Q04", "R03", "R04", "R05"),
    "posture": ("V03", "V04", "V06", "K07", "K04", "K06"),
    "audit": ("A01", "A02", "C01", "C02", "C03", "C04"),
    "programme": ("J01", "B01", "B03", "W01", "U01", "G01"),
    "incidents": ("N01", "N02", "N03", "N04", "N05", "N06"),
}


def tiles(view: View, ids: tuple[str, ...] = (), *, card: str = "") -> Shown:
    """Give the few big numbers of a scorecard, each with its change like for like and its limit."""
    scorecard = view.scorecard(card)
    items = []
    for id_ in ids or _TILES.get(scorecard.name, tuple(r.now.definition.id for r in scorecard.rows[:6])):  # fmt: skip
        row = scorecard[id_]
        now, before = row.now, row.before.value.value
        words, value = now.definition, now.value.value
        trend = display.trend(value, before, words.direction)
        noise = row.differs is False and trend in {"better", "worse"}
        delta = ""
        if value is not None and before is not None:
            delta = display.change(
                value - before, words.unit, digits=words.digits, currency=now.currency
            )
        limit = f"limit {display.limit(now)}" if now.target is not None else "no limit set"
        items.append(
            Tile(
                label=words.name,
                value=display.write(value, words.unit, digits=words.digits, currency=now.currency)
                if value is not None
                else "Not measured",
                delta="no change"
                if trend == "same" or _alike(value, before, now)
                else f"{delta}, within noise"
                if noise
                else delta,
                trend="none" if noise or _alike(value, before, now) else trend,
                note=limit if value is not None else (now.value.reason or ""),
                tone=display.TONES[now.status],
            )
        )
    return Shown(Tiles(items=tuple(items)))


def _alike(value: float | None, before: float | None, measure: Measure) -> bool:
    """Whether two values are written alike, so that their difference says nothing beside them."""
    return value is not None and before is not None and _said(value, measure) == _said(before, measure)  # fmt: skip


def changes(view: View, *, card: str = "") -> Shown:
    """Give what changed since the last report: measures whose status moved, restated figures, facts after the cut-off."""
    publication, told = view.told()
    rows = []
    for row in view.scorecard(card).rows:
        words, figure = row.now.definition, told.get((row.now.definition.id, ""))
        if figure is None or figure.status == row.now.status:
            continue
        rows.append(
            (
                Cell(text=words.name, kind="strong"),
                display.status_cell(figure.status),
                display.status_cell(row.now.status),
                f"{_said(figure.value, row.now)} told, {_said(row.now.value.value, row.now)} now",
            )
        )
    if publication is None:
        return Shown(
            Callout(
                title="Nothing was told before",
                text=f"No report was published for {view.workspace.calendar.previous(view.period).label}, so this one opens the record.",
                tone="neutral",
            )
        )
    columns = (
        Column(label="Measure", width=2),
        Column(label="Last report"),
        Column(label="This report"),
        Column(label="Figure", width=1.6),
    )
    return display.table(
        "changes",
        "What changed since the last report",
        columns,
        rows,
        empty="No measure changed its status since the last report.",
    )


def _said(value: float | None, measure: Measure) -> str:
    words = measure.definition
    if value is None:
        return "not measured"
    return display.write(value, words.unit, digits=words.digits, currency=measure.currency)
