"""How what an analyst holds shows itself as the last line of a cell: tables of what is there, and what to type next."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from reportkit import display
from reportkit.display import number, table
from reportkit.facts import Column
from reportkit.measures import definition
from reportkit.store import newest
from reportkit.tables import TABLES

if TYPE_CHECKING:
    from reportkit.view import View


def view(item: View) -> dict[str, Any]:
    """Show a view as the list of its tables, each with how old it is on the view's day."""
    rows = []
    for name, loads in item.loads.items():
        at = newest(loads)
        if at is not None:
            age = (item.as_of - item.workspace.calendar.day(at)).days
            said = f"{age} days before" if age > 0 else "fresh"
            rows.append((name, TABLES[name].row, number(str(len(loads))), f"{at:%Y-%m-%d}", said))
    columns = (
        Column(label="Table"), Column(label="One row is"), Column(label="Loads", align="right"), Column(label="Last"), Column(label="On this day"),
    )  # fmt: skip
    title: str = display.view(item)["text/plain"]
    note = "Next: view.measures, view.scorecard(), view.tables.findings, view.sql('SELECT ...'), view.trend('V04')"
    empty = "Nothing is loaded yet; type 'reportkit load findings FILE' in a terminal."
    shown = table("view", title, columns, rows, note=note, empty=empty)._repr_mimebundle_()
    # A view in a report is no table of it.
    return {kind: shown[kind] for kind in ("text/html", "text/plain")}


def measures(item: View, names: Iterable[str]) -> dict[str, Any]:
    """Show what can be measured, with the ways to split it."""
    rows = [
        (name, words.name, words.unit, ", ".join(words.dims))
        for name in names
        for words in (definition(name),)
    ]
    columns = tuple(Column(label=label) for label in ("Id", "Measure", "Unit", "Split by"))
    title = f"{len(rows)} measures can be computed, {item.period.label}"
    note = (
        "Next: view.measure('V04', by='severity'), or rk.measures.definition('V04') for its words"
    )
    shown = table("measures", title, columns, rows, note=note)._repr_mimebundle_()
    return {kind: shown[kind] for kind in ("text/html", "text/plain")}
