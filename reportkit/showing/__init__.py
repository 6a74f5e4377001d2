"""What an analyst holds, as blocks: what is there, what it says, and what to type next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from reportkit import display, locale
from reportkit.display import number
from reportkit.exhibit import pairs
from reportkit.facts import Block, Cell, Column, Table
from reportkit.measures import Definition, definition
from reportkit.store import newest
from reportkit.tables import TABLES

if TYPE_CHECKING:
    from reportkit.profile import Profile
    from reportkit.view import View
    from reportkit.workspace import Workspace

NOTHING = "Nothing is loaded yet; type 'reportkit load findings FILE' in a terminal."
_RIGHT = {"Rows", "Rejected", "Loads", "Filled", "Missing", "Different", "Told", "Today", "Difference", "Value", "Counted", "95 % interval", "Mean year", "Share", "Chance in a year", "Approved", "Chance", "Mean value"}  # fmt: skip


def table(title: str, heads: Sequence[str], rows: Sequence[Sequence[Cell | str]], *, note: str = "", empty: str = "None.") -> Table:  # fmt: skip
    """Give a table of things by the names of its columns."""
    columns = tuple(Column(label=one, align="right" if one in _RIGHT else "left") for one in heads)
    cells = tuple(tuple(c if isinstance(c, Cell) else Cell(text=c) for c in row) for row in rows)
    return Table(id="shown", title=title, columns=columns, rows=cells, note=note, empty=empty)


def _day(at: date | datetime | None) -> str:
    return f"{at:%Y-%m-%d}" if at else ""


def workspace(item: Workspace) -> tuple[Block, ...]:
    """Show a workspace as the list of its tables, with the quarters that can be reported on."""
    found = item.store.loads()
    rows = []
    for name in (one for one in TABLES if any(load.table == one for load in found)):
        own = [load for load in found if load.table == name]
        first = min((load.first_day for load in own if load.first_day), default=None)
        last = max((load.last_day for load in own if load.last_day), default=None)
        rows.append(
            (
                name, TABLES[name].row, number(locale.number(sum(x.rows for x in own))), number(locale.number(sum(x.rejected for x in own))),
                number(str(len(own))), _day(first), _day(last), _day(max(load.recorded_at for load in own)),
            )
        )  # fmt: skip
    periods = item.periods()
    settings = item.settings.organisation
    said = f"{periods[0].label} to {periods[-1].label}" if periods else "no closed quarter yet"
    title = f"{settings.name}: {said}, {settings.currency}"
    note = "Next: view = ws.at(), ws.loads(), ws.told(), ws.runs(), ws.describe('findings'), ws.sql('SELECT …')"
    heads = ("Table", "One row is", "Rows", "Rejected", "Loads", "First day", "Last day", "Loaded")
    return (table(title, heads, rows, note=note if rows else "", empty=NOTHING),)


def line(item: View) -> str:
    """Say in one line what a view shows."""
    unit = f", unit {item.unit}" if item.unit else ""
    day = locale.here().long_day
    known = f"known by {day(item.known_by)} {item.known_by:%H:%M} UTC"
    return f"{item.workspace.settings.organisation.name}, {item.period.label}{unit}: as of {day(item.as_of)}, {known}"


def view(item: View) -> tuple[Block, ...]:
    """Show a view as the list of its tables, each with how old it is on the view's day."""
    rows = []
    for name, loads in item.loads.items():
        at = newest(loads)
        if at is not None:
            age = (item.as_of - item.workspace.calendar.day(at)).days
            said = f"{age} days before" if age > 0 else "fresh"
            rows.append((name, TABLES[name].row, number(str(len(loads))), _day(at), said))
    heads = ("Table", "One row is", "Loads", "Last load", "On this day")
    note = (
        "Next: view.measures, view.scorecard(), view.tables.findings, view.sql('SELECT …'), view.trend('V04'), "
        "view.restatements(), view.previous()"
    )
    return (table(line(item), heads, rows, note=note if rows else "", empty=NOTHING),)


def tables(item: View, names: Sequence[str]) -> tuple[Block, ...]:
    """Show the tables of a view with what one row of each is, without reading any."""
    rows = [(name, TABLES[name].row, ", ".join(TABLES[name].identity)) for name in names]
    title = f"{locale.plural(len(rows), 'table holds', 'tables hold')} something, {item.period.label}"  # fmt: skip
    note = "Next: view.tables.findings is a pandas frame; view.describe('findings') says what it holds and reads none of it into memory"
    return (table(title, ("Table", "One row is", "Known by"), rows, note=note if rows else "", empty=NOTHING),)  # fmt: skip


def measures(item: View, names: Sequence[str]) -> tuple[Block, ...]:
    """Show what can be measured, with the ways to split it."""
    rows = [
        (name, words.name, words.unit, ", ".join(words.dims))
        for name in names
        for words in (definition(name),)
    ]
    title = f"{locale.plural(len(rows), 'measure')} can be computed, {item.period.label}"
    note = (
        "Next: view.measure('V04', by='severity'), or rk.measures.definition('V04') for its words"
    )
    empty = "No measure can be computed yet; view.missing(rk.measures.definition('V04')) says why."
    return (table(title, ("Id", "Measure", "Unit", "Split by"), rows, note=note if rows else "", empty=empty),)  # fmt: skip


def words(item: Definition) -> tuple[Block, ...]:
    """Show the definition of a measure, in the words of the catalogue."""
    from reportkit.catalogue import described

    said = described(item)
    title = f"{said.pop('id')} {said.pop('name')}"
    shown = [(name[:1].upper() + name[1:], str(text)) for name, text in said.items()]
    split = f", by={next(iter(item.dims))!r}" if item.dims else ""
    return (pairs(title, shown, f"Next: view.measure({item.id!r}{split})"),)


def profile(item: Profile) -> tuple[Block, ...]:
    """Show a profile as a table of columns, with its days and gaps below."""
    rows = [
        (
            r.column, r.type, number(locale.number(r.filled)), number("–" if r.missing is None else locale.percent(r.missing, 1)),
            number(locale.number(r.different)), r.lowest, r.highest,
        )
        for r in item.columns
        if r.filled
    ]  # fmt: skip
    title = f"{item.table}: {locale.plural(item.rows, 'row')}"
    heads = ("Column", "Type", "Filled", "Missing", "Different", "Lowest", "Highest")
    return (table(title, heads, rows, note=display.profile_note(item), empty="No rows."),)
