"""Can this be trusted: sources, definitions, reconciliation, restatements, how to make it again."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pandas as pd

from reportkit import display, locale, profile, restate, trust
from reportkit.display import Shown
from reportkit.facts import Cell, Column, Facts, Source
from reportkit.ledger import approvals
from reportkit.locale import plural
from reportkit.measures import definition
from reportkit.sections.words import day
from reportkit.store import counted, newest
from reportkit.tables import TABLES

#: Reasons of one table that are printed one by one.
_REASONS = 5

if TYPE_CHECKING:
    from reportkit.view import View


def sources(view: View) -> Shown:
    """Give every loaded table: where from, how many rows, how many rejected, how far it reaches, stated or recorded."""
    found = []
    for name, loads in view.loads.items():
        if not loads:
            continue
        at = newest(loads)
        age = max((view.as_of - view.workspace.calendar.day(at)).days, 0) if at else None
        systems = sorted({load.source for load in loads if load.source})
        found.append(
            Source(
                table=name, source=", ".join(systems), rows=sum(x.rows for x in loads), rejected=sum(x.rejected for x in loads),
                oldest=min((x.first_day for x in loads if x.first_day), default=None), newest=max((x.last_day for x in loads if x.last_day), default=None),
                recorded_at=at, stated=any(x.stated for x in loads), age_days=age, max_age_days=trust.max_age(view, name), loads=len(loads),
            )
        )  # fmt: skip
    rows = [
        (
            Cell(text=s.table.replace("_", " "), kind="strong"), s.source or "–", Cell(text=locale.number(s.rows), kind="number"), Cell(text=locale.number(s.rejected), kind="number"),
            Cell(text=str(s.loads), kind="number"), day(s.newest), f"{locale.here().day(s.recorded_at)}" if s.recorded_at else "–",
            Cell(text="–" if s.age_days is None else f"{s.age_days}{' !' if s.max_age_days is not None and s.age_days > s.max_age_days else ''}", kind="number"),
            "stated" if s.stated else "clock",
        )
        for s in found
    ]  # fmt: skip
    columns = (
        Column(label="Table"), Column(label="Source", width=2), Column(label="Rows", align="right"), Column(label="Rejected", align="right"), Column(label="Loads", align="right"),
        Column(label="Reaches to"), Column(label="Last load"), Column(label="Age, days", align="right"), Column(label="Known by"),
    )  # fmt: skip
    empty = [TABLES[name].spoken for name, loads in view.loads.items() if not loads]
    note = "Known by: stated means that a person stated when the rows were known; clock means that the load's own time counts."
    if empty:
        note += f" Not loaded: {', '.join(empty)}."
    if gaps := _gaps(view):
        note += f" Months in which no finding was opened: {', '.join(gaps)}."
    if aside := _set_aside(view):
        note += f" Not counted, as people stand in them under another key: {', '.join(aside)}."
    return display.table(
        "sources",
        "Where the figures come from",
        columns,
        rows,
        note=note,
        dense=True,
        facts=Facts(sources=tuple(found)),
    )


def rejected(view: View) -> Shown:
    """Give the rows that broke the contract of their table and count nowhere: how many of each table, source and reason.

    Nothing is shown when none was rejected; the sources say so.
    """
    rows = []
    for name, loads in view.loads.items():
        counts: Counter[tuple[str, str]] = Counter()
        for load in loads:
            kept = view.workspace.store.refused(load)
            reasons = kept["why"].to_pylist() if kept is not None else []
            counts.update((load.source, why) for why in reasons)
            if lost := load.rejected - len(reasons):
                counts[load.source, "no longer kept"] += lost
        rows += [
            (Cell(text=name.replace("_", " "), kind="strong"), source or "–", why, display.number(locale.number(count)))
            for (source, why), count in counts.most_common(_REASONS)
        ]  # fmt: skip
        if rest := sum(counts.values()) - sum(n for _, n in counts.most_common(_REASONS)):
            rows.append((Cell(text=name.replace("_", " "), kind="strong"), "–", "other reasons", display.number(locale.number(rest))))  # fmt: skip
    if not rows:
        return Shown()
    columns = (
        Column(label="Table"),
        Column(label="Source", width=1.4),
        Column(label="Why", width=4),
        Column(label="Rows", align="right"),
    )
    return display.table(
        "rejected",
        "Rows that count nowhere",
        columns,
        rows,
        note="'reportkit rejected' lists them, to be mended and loaded again.",
        dense=True,
    )


def _gaps(view: View) -> list[str]:
    """Give the months in which no finding was opened: weaknesses are found every month, or a source was not fed."""
    if not view.loads["findings"]:
        return []
    schema = view.relation("findings", "opened").partition(".")[0]
    found = profile.months(view.workspace.engine, schema, TABLES["findings"], ("opened",))[2]
    names = locale.here().short_months
    said = [f"{names[int(month[5:7]) - 1]} {month[:4]}" for month in found[-6:]]
    return [*said, *([f"and {len(found) - 6} more"] if len(found) > 6 else [])]


def definition_changes(view: View) -> Shown:
    """Give what was changed in the definitions of the measures told here: which version, from when, and what.

    Nothing is shown when all are in their first version; the definitions say so.
    """
    rows = []
    for words in (row.now.definition for row in view.scorecard().rows):
        rows += [
            (
                Cell(text=words.id, kind="strong"),
                words.name,
                display.number(str(version)),
                day(since),
                what,
            )
            for version, since, what in words.changes
        ]
    if not rows:
        return Shown()
    columns = (
        Column(label="Id"),
        Column(label="Measure", width=1.5),
        Column(label="Version", align="right"),
        Column(label="In use from"),
        Column(label="What changed", width=3),
    )
    return display.table(
        "definition-changes",
        "Changes of definitions",
        columns,
        rows,
        dense=True,
    )


def _set_aside(view: View) -> list[str]:
    found = []
    known = view.workspace.store.loads(known_by=view.known_by)
    for name in view.loads:
        aside = counted(TABLES[name], [load for load in known if load.table == name])[1]
        if aside:
            found.append(f"{plural(len(aside), 'earlier load')} of {TABLES[name].spoken}")
    return found


def definitions(view: View, *ids: str) -> Shown:
    """Give the definition of every measure on the scorecard, or of those named: what it counts, with which limits and version."""
    rows = []
    told = [view.measure(id_) for id_ in ids] or [row.now for row in view.scorecard().rows]
    for now in told:
        words = now.definition

        def shown(value: float | None, digits: int = words.digits, unit: str = words.unit) -> str:
            return display.write(value, unit, digits=digits)

        limits = f"{shown(now.green)} / {shown(now.red)}" if now.green is not None else "–"
        rows.append(
            (
                Cell(text=words.id, kind="strong"), Cell(text=words.name, kind="strong", sub=words.source), words.definition,
                Cell(text=limits, kind="number", sub="defaults" if now.default_limits and now.value.target is None else "approved"), Cell(text=str(words.version), kind="number"),
            )
        )  # fmt: skip
    columns = (
        Column(label="Id"),
        Column(label="Measure", width=1.5),
        Column(label="Definition", width=3.6),
        Column(label="Green / red", align="right"),
        Column(label="Version", align="right"),
    )
    notes = []
    if not ids:
        notes.append(
            "Data on the scorecard: A is fresh, complete and recorded by the clock; B was stated afterwards, or a few rows were "
            "rejected; C has more than 2 % of the rows rejected, or a note on the value; D is not measured."
        )
    if not any(now.definition.changes for now in told):
        notes.append("All definitions are in their first version.")
    return display.table(
        "definitions", "What the measures mean", columns, rows, note=" ".join(notes), dense=True
    )


def reconciliation(view: View) -> Shown:
    """Give the roll-forwards: told opening, restatement, movements, closing, and whether they add up."""
    rows: list[tuple[Cell | str, ...]] = []
    facts = Facts()
    for stock in (restate.WEAKNESSES, restate.AUDITS):
        roll = restate.roll_forward(view, stock)
        if roll.reason:
            rows.append(
                (
                    Cell(text=stock.name, kind="strong"),
                    Cell(text=f"Not measured: {roll.reason}", kind="muted"),
                    Cell(text="–", kind="number"),
                    "",
                )
            )
            continue
        own = roll.facts(view.trailing(2)[0].period.key)
        facts = facts.plus(own)
        holds = own.reconciliations[0].holds
        for number, (name, n, kind) in enumerate(roll.lines):
            last = number == len(roll.lines) - 1
            rows.append(
                (
                    Cell(text=stock.name if not number else "", kind="strong"), Cell(text=name, kind="strong" if kind == "stock" else "text"),
                    Cell(text=locale.number(n, sign=kind != "stock"), kind="strong" if kind == "stock" else "number"),
                    display.status_cell("green" if holds else "red", "Adds up" if holds else "Does not add up") if last else "",
                )
            )  # fmt: skip
    columns = (
        Column(label="Stock", width=1.2),
        Column(label="Line", width=2),
        Column(label="Number", align="right"),
        Column(label="Check"),
    )
    return display.table(
        "reconciliation", "Openings, movements, closings", columns, rows, dense=True, facts=facts
    )


def restatements(view: View) -> Shown:
    """Give told figures of the last quarter that today's data says differently: told, today, difference, why."""
    rows = []
    found = restate.restatements(view)
    for (id_, name), part in found.groupby(["measure", "name"], sort=False) if len(found) else ():
        words = definition(str(id_))
        # The classes of one restated figure stand apart among the facts; a reader wants the figure once.
        told = part["told"].iloc[0]
        today = part["today"].iloc[0] if len(part) == 1 else told + (part["today"] - told).sum()
        causes = ", ".join(dict.fromkeys(part["cause"])).capitalize()
        notes = "; ".join(filter(None, part["note"]))

        def shown(value: float | None, unit: str = words.unit, digits: int = words.digits) -> str:
            return display.write(
                None if pd.isna(value) else value,
                unit,
                digits=digits,
                currency=view.currency,
            )

        difference = None if pd.isna(told) or pd.isna(today) else today - told
        change = display.change(difference, words.unit, digits=words.digits, currency=view.currency)
        rows.append(
            (
                Cell(text=str(name), kind="strong", sub=str(id_)), Cell(text=shown(told), kind="number"), Cell(text=shown(today), kind="number"),
                Cell(text=change, kind="strong"), causes, notes[:1].upper() + notes[1:],
            )
        )  # fmt: skip
    columns = (
        Column(label="Figure", width=2), Column(label="Told", align="right"), Column(label="Today", align="right"), Column(label="Difference", align="right"), Column(label="Class"), Column(label="Why", width=1.8),
    )  # fmt: skip
    publication = view.told()[0]
    before = view.workspace.calendar.previous(view.period).label
    empty = (
        f"No figure told for {before} reads differently today."
        if publication
        else f"No report was published for {before}, so nothing can be restated."
    )
    return display.table(
        "restatements",
        f"Figures told for {before} that read differently today",
        columns,
        rows,
        empty=empty,
    )


def _approved(view: View) -> list[tuple[Cell, str]]:
    """Say who approved what was told last: an earlier revision of this quarter, else the quarter before."""
    ledger = view.workspace.ledger
    told = ledger.publication(view.report, view.period.key, view.unit) or view.told()[0]
    last = {one.by: one for one in approvals.of_run(ledger, told.run_id)} if told else {}
    given = [one for one in last.values() if one.action == "approve"]
    if not told or not given:
        return []
    who = ", ".join(
        f"{one.by} on {locale.here().long_day(one.at)} ({one.standing})" for one in given
    )
    label = view.workspace.calendar.parse(told.period).label
    return [(Cell(text="Approved", kind="strong"), f"{label}, revision {told.revision}: {who}")]


def reproducibility(view: View) -> Shown:
    """Give what is needed to make the same report again: day, knowledge, inputs."""
    extracts = sorted({load.extract for loads in view.loads.values() for load in loads})
    import hashlib

    digest = hashlib.sha256("".join(extracts).encode()).hexdigest()
    from reportkit import __version__

    rows = [
        (
            Cell(text="As of", kind="strong"),
            f"{locale.here().long_day(view.as_of)}, end of day in {view.workspace.settings.organisation.timezone}",
        ),
        (
            Cell(text="Known by", kind="strong"),
            f"{locale.here().long_day(view.known_by)} {view.known_by:%H:%M:%S} UTC",
        ),
        (
            Cell(text="Inputs", kind="strong"),
            f"{len(extracts)} extracts, SHA-256 of their list {digest[:16]}…",
        ),
        (
            Cell(text="Made with", kind="strong"),
            f"reportkit {__version__}; every version and hash stands in the run's manifest",
        ),
        *_approved(view),
    ]
    return display.table(
        "reproducibility",
        "How to make this report again",
        (Column(label="What"), Column(label="Value", width=4)),
        rows,
        dense=True,
    )
