"""Whether a view can speak: what is missing or stale, and how far a figure can be trusted."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from reportkit import locale, relations
from reportkit.errors import UsageError, nearest
from reportkit.facts import Status
from reportkit.measures import Definition, Measure, Value
from reportkit.measures.status import Limits, status
from reportkit.period import DAY
from reportkit.sql import day
from reportkit.store import newest
from reportkit.tables import TABLES

if TYPE_CHECKING:
    import pandas as pd

    from reportkit.store import Load
    from reportkit.tables import TableSpec
    from reportkit.view import View

#: The newest load of a table may be this many days older than the day it speaks for, unless the workspace says otherwise.
STALE_DAYS = 45


_CALLED: dict[Status, str] = {"green": "on target", "amber": "to watch", "red": "off target", "none": "without a status"}  # fmt: skip


def missing(view: View, words: Definition) -> str:
    """Say why a measure cannot be computed here, or give an empty text."""
    for name in words.needs:
        if not view.loads[name]:
            return f"no {TABLES[name].spoken} were loaded"
        if unready := _stale(view, name) or _later(view, name):
            return unready
    for wish in words.fields:
        options = [part.split(".") for part in wish.split("|")]
        holding = {
            name
            for name, column in options
            if any(column in load.filled for load in view.loads[name])
        }
        if holding and all(_stale(view, name) for name in holding):
            return _stale(view, min(holding))
        if not holding:
            name, column = options[0]
            if not view.loads[name]:
                return f"no {TABLES[name].spoken} were loaded"
            return f"the column '{column}' of {TABLES[name].spoken} is empty"
    return ""


def max_age(view: View, name: str) -> int | None:
    """Give how many days older than this day a table's newest load may be; None when its age does not matter.

    Thresholds and reference data stay in force until others replace them; a workspace may still set a limit.
    """
    lasting = TABLES[name].reference or name == "thresholds"
    return view.workspace.settings.freshness.get(name, None if lasting else STALE_DAYS)


def _stale(view: View, name: str) -> str:
    at, limit = newest(view.loads[name]), max_age(view, name)
    if at is None or limit is None:
        return ""
    if (view.as_of - view.workspace.calendar.day(at)).days <= limit:
        return ""
    return f"{TABLES[name].spoken} were last loaded on {locale.here().long_day(at)}, before this quarter's end"


def _later(view: View, name: str) -> str:
    """Say that the history of a table begins after this day: nothing known is not nothing there."""
    asked: dict[str, str] = vars(view).setdefault("_begun", {})
    if name not in asked:
        asked[name] = _begins_later(view, name)
    return asked[name]


def _begins_later(view: View, name: str) -> str:
    spec, loads = TABLES[name], [load for load in view.loads[name] if load.rows]
    if spec.reference or not loads:
        return ""
    if not spec.effective:
        first = min((load.first_day for load in loads if load.first_day), default=None)
        # The day of an instant may be another one in the organisation's zone; and where a load was made by then, nothing in it
        # is nothing there.
        late = first is not None and first > view.as_of + DAY
        early = late and min(load.recorded_at for load in view.loads[name]) > view.end
        return f"the {spec.spoken} that were loaded begin after this day" if early else ""
    if any(_begun(view, spec, load) for load in loads):
        return ""
    known = view.workspace.known(view.known_by)[0]
    until = f"{spec.effective} IS NULL OR {spec.effective} <= {day(view.as_of)}"
    found = view.workspace.engine.frame(f"SELECT 1 FROM {known}.{name} WHERE {until} LIMIT 1")
    return f"the {spec.spoken} that were loaded begin after this day" if found.empty else ""


def _begun(view: View, spec: TableSpec, load: Load) -> bool:
    """Say whether the record of a load tells already that something of it was there by this day."""
    if spec.effective not in load.filled:
        return True
    dated = spec.spans == (spec.effective,) and spec.column(spec.effective).type == "date"
    held_back = view.knowledge is not None and view.knowledge.holds_back(load)
    return dated and not held_back and load.first_day is not None and load.first_day <= view.as_of


def grade(view: View, words: Definition, value: Value) -> Literal["A", "B", "C", "D"]:
    """Grade how far a figure can be trusted.

    A: fresh, complete sources recorded by the clock. B: knowledge stated afterwards, or a few rejected rows.
    C: more than 2 % of the rows rejected, or a note on the value itself. D: not measured.
    """
    if value.value is None:
        return "D"
    loads = [load for name in rests_on(words) for load in view.loads[name]]
    rows, rejected = sum(load.rows for load in loads), sum(load.rejected for load in loads)
    if rejected > 0.02 * max(rows + rejected, 1) or value.note:
        return "C"
    return "B" if rejected or any(load.stated for load in loads) else "A"


def rests_on(words: Definition) -> tuple[str, ...]:
    """Give the tables a measure is made from: those it needs, those whose columns it asks for, those that are read for it."""
    asked = {option.split(".")[0] for wish in words.fields for option in wish.split("|")}
    read = {name for name in relations.named(words.reduce) if name in TABLES}
    return tuple(name for name in TABLES if name in {*words.needs, *words.beside, *asked, *read})


def inputs(view: View, words: Definition) -> tuple[str, ...]:
    """Give one hash for each table a measure is made from: of the extracts in the order they were recorded."""
    return tuple(
        f"{name}:{hashlib.sha256(''.join(load.extract for load in loads).encode()).hexdigest()[:16]}"
        for name in rests_on(words)
        if (loads := view.loads[name])
    )


def in_force(view: View, words: Definition) -> Limits:
    """Give the limits of a measure in force on this day: the organisation's, else the definition's defaults."""
    found: dict[str, Limits] | None = vars(view).get("_in_force")
    if found is None:
        found = vars(view)["_in_force"] = _limits(view)
    return found.get(words.id) or Limits(words.green, words.red)


def _limits(view: View) -> dict[str, Limits]:
    """Read the limits of all measures; those of the unit stand before those of the firm."""
    import pandas as pd

    rows = view.thresholds
    rows = rows[(rows["kind"] == "measure") & rows["scope"].isin({view.unit, ""})]
    found = {}
    for row in rows.sort_values("scope", kind="stable").to_dict("records"):
        green, red, hysteresis = (
            None if pd.isna(row[name]) else float(row[name])
            for name in ("green", "red", "hysteresis")
        )
        by = row["approved_by"] and f"by {row['approved_by']}"
        found[row["measure_id"]] = Limits(
            green,
            red,
            hysteresis=hysteresis or 0.0,
            default=False,
            override=row["override_status"] or None,
            reason=", ".join(filter(None, (row["override_reason"], by))),
        )
    return found


def standing(
    view: View, words: Definition, value: float | None, scope: str, limits: Limits
) -> Status:
    """Give the status of a value; the quarters before are looked at only where it would waver without them."""
    states: tuple[Status, ...] = ("none", "green", "amber", "red")
    found = {status(value, limits, words.direction, state) for state in states}
    if len(found) == 1:
        return found.pop()
    return status(value, limits, words.direction, carried(view, words, scope, limits))


def carried(view: View, words: Definition, scope: str, limits: Limits) -> Status:
    """Give the status from which this one may not waver: as last told, else as it came about from the first quarter on."""
    told = view.told()[1].get((words.id, scope))
    if told is not None or not limits.hysteresis or scope:
        return told.status if told else "none"
    state: Status = "none"
    for each in view.trailing()[:-1]:
        figure = each.told(each.period)[1].get((words.id, ""))
        value = each.whole(words)[0].value
        state = (
            figure.status
            if figure
            else status(value, in_force(each, words), words.direction, state)
        )
    return state


def judged(
    view: View, words: Definition, value: Value, scope: str, rows: pd.DataFrame | None
) -> Measure:
    """Give a value with what belongs to it: limits, status, confidence, inputs.

    Args:
        view: where it was computed.
        words: its definition.
        value: what it came to.
        scope: empty for the whole, else the part, such as ``severity=critical``.
        rows: what it was finished from; those of people are finer than what is told of them, and are not handed out.
    """
    # A limit of a share or a duration holds for every part; one of a count or an amount is meant for the whole.
    part = bool(scope) and words.unit in ("count", "money")
    limits = Limits(None, None) if part else in_force(view, words)
    red = limits.red
    if value.target is not None:
        limits, red = replace(limits, green=value.target, red=value.target, hysteresis=0.0), value.target  # fmt: skip
    now = standing(view, words, value.value, scope, limits)
    plain = status(value.value, limits, words.direction)
    held = "" if now == plain else f"by the limits alone it would be {_CALLED[plain]}; within {locale.general(limits.hysteresis)} of a limit it stays what it was"  # fmt: skip
    secret = words.people or "people_cells" in words.reduce
    return Measure(
        definition=words,
        value=value,
        period=view.period,
        as_of=view.as_of,
        known_by=view.known_by,
        scope=scope,
        unit_id=view.unit,
        currency=view.currency,
        green=limits.green,
        red=red,
        default_limits=limits.default,
        status=now,
        override=limits.reason if limits.override else "",
        held=held,
        confidence=grade(view, words, value),
        owner=view.workspace.settings.owners.get(words.id, ""),
        inputs=inputs(view, words),
        frame=None if secret else rows,
    )


def check_unit(view: View) -> None:
    """Refuse a view of a unit that nobody knows of.

    Raises:
        UsageError: no unit of that name; the message holds the nearest one.
    """
    known = view.workspace.known(view.knowledge or view.known_by)[0]
    if view.unit not in (names := set(view.workspace.parents(known)["unit_id"])):
        raise UsageError(f"Unit {view.unit!r} is not known; {nearest(view.unit, names)}")


def below(rows: pd.DataFrame, unit: str) -> tuple[str, ...]:
    """Give a unit and all that are below it, from rows of ``unit_id`` and ``parent_id``."""
    units, before = {unit}, 0
    while len(units) > before:
        before = len(units)
        units |= set(rows.loc[rows["parent_id"].isin(units), "unit_id"])
    return tuple(sorted(units))
