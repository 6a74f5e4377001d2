"""The written yearly report of a security officer: the six contents of 23 NYCRR 500.4(b), each answered from measures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportkit import display, locale, sql
from reportkit.display import Shown
from reportkit.facts import Cell, Column, Facts
from reportkit.locale import plural
from reportkit.sections.words import money

if TYPE_CHECKING:
    from collections.abc import Callable

    from reportkit.measures import Measure
    from reportkit.view import View


def yearly(view: View, *, quarters: int = 4) -> Shown:
    """Give the six contents that a yearly report to the board must hold, over the last four quarters, with the place of the detail.

    Source: 23 NYCRR 500.4(b), items 1 to 6.
    """
    measures: list[Measure] = []

    def say(id_: str) -> str:
        item = view.measure(id_)
        measures.append(item)
        words = item.definition
        value = display.write(item.value.value, words.unit, digits=words.digits, currency=view.currency) if item.value.value is not None else "not measured"  # fmt: skip
        limit = f" (limit {display.limit(item)})" if item.target is not None and item.value.value is not None else ""  # fmt: skip
        return f"{words.name}: {value}{limit}"

    first = view.trailing(quarters)[0]
    contents: tuple[tuple[str, str, Callable[[], list[str]], str], ...] = (
        ("1", "Confidentiality of nonpublic information, integrity and security of systems", lambda: [say("K07"), say("K04"), say("V03")], "Security posture: protection goals, coverage, weaknesses"),
        ("2", "Policies and procedures", lambda: [say("P01"), say("C04")], "Policies and exceptions"),
        ("3", "Material risks", lambda: [say("R01"), say("Q02"), say("R04")], "Risk report: appetite, scenarios, acceptances"),
        ("4", "Overall effectiveness of the programme", lambda: [say("C01"), say("C02"), say("A02")], "Frameworks and controls"),
        ("5", "Material events in the period", lambda: [*_events(first, view), say("N06")], "Incidents: losses, clocks"),
        ("6", "Plans to remediate material inadequacies", lambda: [say("R03"), *_plans(view)], "Ageing and repeats; risk report: treatments"),
    )  # fmt: skip
    rows = [
        (Cell(text=f"({number})", kind="muted"), Cell(text=what, kind="strong"), ". ".join(told()) + ".", Cell(text=where, kind="muted"))
        for number, what, told, where in contents
    ]  # fmt: skip
    columns = (Column(label="No.", width=0.4), Column(label="Content", width=1.7), Column(label="What is reported", width=3.4), Column(label="Detail", width=1.5))  # fmt: skip
    unknown = sum(m.value.value is None for m in measures)
    title = (
        "Written yearly report: each of the six contents can be stated"
        if not unknown
        else f"Written yearly report: {plural(unknown, 'statement')} of {len(measures)} cannot be made yet"
    )
    return display.table(
        "yearly", title, columns, rows,
        note=f"Contents after 23 NYCRR 500.4(b). Events: {first.period.label} to {view.period.label}; measures: as of {locale.here().day(view.as_of)}.",
        facts=Facts(figures=tuple(m.figure() for m in measures)),
    )  # fmt: skip


def _events(first: View, view: View) -> list[str]:
    if not view.loads["incidents"]:
        return ["Material incidents: not measured"]
    row = view.sql(
        "SELECT COUNT(*) AS n, SUM(CASE WHEN material = 'yes' THEN 1 ELSE 0 END) AS material, SUM(CASE WHEN material = 'pending' THEN 1 ELSE 0 END) AS pending, "
        "SUM(COALESCE(loss_primary, 0) + COALESCE(loss_secondary, 0)) AS loss "
        f"FROM incidents WHERE confirmed = 'confirmed' AND detected > {sql.instant(first.begin)}"
    ).iloc[0]
    n, material, pending = (int(row[k] or 0) for k in ("n", "material", "pending"))
    among = plural(n, "confirmed one")
    if material:
        told = f"{plural(material, 'material incident')} of {among} in the year"
    else:
        told = (
            f"No material incident among {among} in the year"
            if n
            else "No confirmed incident in the year"
        )
    told += f", losses {money(row['loss'], view.currency)}" if n else ""
    return [told, *([f"{pending} still to be determined"] if pending else [])]


def _plans(view: View) -> list[str]:
    if not view.loads["actions"]:
        return ["Plans: not measured"]
    row = view.sql(
        f"SELECT COUNT(*) AS n, SUM(CASE WHEN due_original < {sql.day(view.as_of)} THEN 1 ELSE 0 END) AS late, SUM(COALESCE(cost_build, 0)) AS cost FROM actions "
        "WHERE parent_type IN ('risk', 'audit', 'control') AND done_at IS NULL AND COALESCE(status, 'open') = 'open'"
    ).iloc[0]
    n, late = int(row["n"]), int(row["late"] or 0)
    cost = f", {money(row['cost'], view.currency)} to build" if row["cost"] else ""
    return [f"{plural(n, 'remediation')} under way, {late} of them past the first date{cost}"]
