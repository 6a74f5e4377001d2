"""What a business case means for people and goals: users' time, confidentiality, integrity, availability, objectives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from reportkit import display, locale
from reportkit.display import Shown
from reportkit.facts import Callout, Cell, Column
from reportkit.quant import controls
from reportkit.quant.rows import scenario_of
from reportkit.sections.investment import absent
from reportkit.sections.words import money, text
from reportkit.tables import unpack

if TYPE_CHECKING:
    from reportkit.cases import Case
    from reportkit.facts import Status
    from reportkit.quant.appraisal import Appraisal
    from reportkit.view import View

_GOALS = (("C", "Confidentiality"), ("I", "Integrity"), ("A", "Availability"))


def user_balance(view: View, decision: str = "") -> Shown:
    """Give each option's end-user ledger in hours and money, and its worth with and without it."""
    case = view.business_case(decision)
    if case is None:
        return absent("Users")
    currency = view.currency
    rows = []
    for made in case.appraised:
        if made.option.does_nothing:
            continue
        ledger = made.option.ledger
        with_, without = made.spread_with_users.mean, made.spread.mean
        rows.append(
            (
                Cell(text=made.option.name, kind="strong", sub="asked for" if made.option.id == case.recommended else ""),
                display.number(locale.number(ledger.burden)), display.number(locale.number(ledger.relief)),
                Cell(text=locale.here().money(ledger.money, currency, sign=True), kind="number"),
                Cell(text=money(ledger.once, currency), kind="number", sub=f"{locale.number(ledger.once_hours)} h" if ledger.once_hours else ""),
                Cell(text=locale.here().money(without, currency, sign=True), kind="number"),
                Cell(text=locale.here().money(with_, currency, sign=True), kind="strong"),
                display.status_cell("red" if without > 0 > with_ else "green" if with_ > 0 else "amber", "Flips" if without > 0 > with_ else "Worth it" if with_ > 0 else "Not worth it"),
            )
        )  # fmt: skip
    columns = (
        Column(label="Option", width=2.2), Column(label="Hours asked a year", align="right"), Column(label="Given back", align="right"), Column(label="Money a year", align="right"),
        Column(label="Once", align="right"), Column(label="Worth without users", align="right"), Column(label="Worth with users", align="right"), Column(label="In the mean"),
    )  # fmt: skip
    return display.table(
        "user-balance", "What the options ask of users", columns, rows, dense=True,
        note="Time at its loaded rate, tickets at their fee; what is given back counts with the opposite sign. Time of people who are not paid by the firm counts in hours, not in money. Flips: worth it without users' time, and not with it.",
        empty="Doing nothing is the only option.",
    )  # fmt: skip


def user_limits(view: View, decision: str = "") -> Shown:
    """Give each population's minutes a person and month with the recommended option, beside what may be asked of it."""
    case = view.business_case(decision)
    if case is None:
        return absent("Friction limits")
    ledger = case.chosen.option.ledger
    counts = {line.population: line.people for line in ledger.lines if not line.once}
    rows = []
    for check in sorted(ledger.checks(), key=lambda c: (not c.breached, -c.minutes)):
        status: Status = "none" if check.limit is None else "red" if check.breached else "green"
        word = "No limit" if check.limit is None else "Above" if check.breached else "Within"
        rows.append(
            (
                Cell(text=check.population, kind="strong"), display.number(locale.number(counts[check.population])),
                Cell(text=locale.number(check.minutes, 1, sign=True), kind="strong"), display.number("–" if check.limit is None else f"≤{locale.NARROW}{locale.general(check.limit)}"),
                display.status_cell(status, word),
            )
        )  # fmt: skip
    columns = (
        Column(label="Population", width=2), Column(label="People", align="right"), Column(label="Minutes a person and month", align="right", width=1.5),
        Column(label="Agreed at most", align="right"), Column(label="Status"),
    )  # fmt: skip
    return display.table(
        "user-limits", f"Friction by population: {case.chosen.option.name}", columns, rows, dense=True,
        note="What happens once, when the control comes, is not in it. Limits are those in force on the day.", empty="The option asks nothing of users month by month.",
    )  # fmt: skip


def goals(view: View, decision: str = "") -> Shown:
    """Give what each option moves for confidentiality, integrity and availability: records, events, hours, money."""
    case = view.business_case(decision)
    if case is None:
        return absent("Goals")
    tags, hours, records = _harm(view)
    rows = []
    for made in case.appraised:
        if made.option.does_nothing:
            continue
        fewer = _fewer(case, made)
        cells: list[Cell | str] = [Cell(text=made.option.name, kind="strong")]
        for letter, _ in _GOALS:
            own = [name for name in fewer if letter in tags.get(name, "")]
            saved = sum(
                s.ale * (1 - controls.left(made.option.effects, s.id))
                for s in case.money.scenarios
                if s.id in own
            )
            amount = {
                "C": f"{locale.number(sum(fewer[n] * records.get(n, 0.0) for n in own))} records",
                "I": f"{locale.number(sum(fewer[n] for n in own), 3)} events",
                "A": f"{locale.number(sum(fewer[n] * hours.get(n, 0.0) for n in own), 1)} hours",
            }[letter]
            cells.append(
                Cell(text=amount if own else "–", kind="number", sub=f"{money(saved, view.currency)} less loss" if own else "")
            )  # fmt: skip
        rows.append(cells)
    columns = (Column(label="Option", width=2), *(Column(label=name, align="right", width=1.2) for _, name in _GOALS))  # fmt: skip
    return display.table(
        "goals", "What the options move for confidentiality, integrity and availability", columns, rows, dense=True,
        note="Fewer exposed records, false or tampered events and lost service hours in a mean year, over the scenarios tagged with the goal; a scenario with several goals counts for each, so the columns do not add up. A smaller event counts in money, and not in records or hours.",
        empty="Doing nothing is the only option.",
    )  # fmt: skip


def _harm(view: View) -> tuple[dict[str, str], dict[str, float], dict[str, float]]:
    rows = view.sql(
        "SELECT scenario_id, cia_tags, event_hours, event_records FROM scenarios WHERE state = 'current' ORDER BY scenario_id"
    )
    names = rows["scenario_id"].astype(str)
    tags = dict(zip(names, rows["cia_tags"].fillna("").astype(str), strict=True))
    hours, records = (
        dict(zip(names, rows[column].astype(float).fillna(0.0), strict=True))
        for column in ("event_hours", "event_records")
    )
    return tags, hours, records


def _fewer(case: Case, made: Appraisal) -> dict[str, float]:
    """Give how many events a year fewer there are of each scenario that an option acts on."""
    often = [e for e in made.option.effects if e.acts_on == "frequency"]
    return {
        s.id: s.rate * (1 - controls.left(often, s.id))
        for s in case.money.scenarios
        if any(e.scenario == s.id for e in made.option.effects)
    }


def alignment(view: View, decision: str = "") -> Shown:
    """Give which objectives each option serves, what has to be given up for it, and whether it can be undone."""
    case = view.business_case(decision)
    if case is None:
        return absent("Alignment")
    names = (
        view.sql("SELECT objective_id, title FROM objectives")
        .set_index("objective_id")["title"]
        .to_dict()
    )
    rows = []
    for option in case.money.options:
        row = case.rows[option.id]
        served = [text(names.get(o), o) for o in text(row.get("objective_ids"), "").split("|") if o]
        rows.append(
            (
                Cell(text=option.name, kind="strong", sub="asked for" if option.id == case.recommended else ""),
                "; ".join(served) or "None", text(row.get("trade_off")), text(row.get("reversibility")),
            )
        )  # fmt: skip
    columns = (
        Column(label="Option", width=1.6), Column(label="Objectives it serves", width=2), Column(label="What is given up", width=1.8), Column(label="Can it be undone", width=1.6),
    )  # fmt: skip
    return display.table(
        "alignment",
        "What each option serves, and what is given up for it",
        columns,
        rows,
        dense=True,
    )


def benefits(view: View, *, limit: int = 8) -> Shown:
    """Give what past cases promised and what came of it: indicator by indicator, and loss a year as re-estimated."""
    if not view.loads["initiatives"]:
        return Shown(Callout(title="Benefits realised: not measured", text="No initiatives were loaded.", tone="none"))  # fmt: skip
    known = view.sql("SELECT * FROM initiatives ORDER BY budget DESC NULLS LAST, initiative_id")
    projects = [{str(k): v for k, v in row.items()} for row in known.to_dict("records")]
    shown: list[list[Cell | str]] = []
    for row, (meant, became) in zip(projects, _promised(view, projects), strict=True):
        for benefit in unpack(row["benefits"]):
            stood, wanted, real = (benefit.get(k) for k in ("baseline", "expected", "realised"))
            if stood is None or wanted is None or real is None or wanted == stood:
                continue
            reached = round(100 * (real - stood) / (wanted - stood))
            status: Status = "green" if reached >= 90 else "amber" if reached >= 60 else "red"
            shown.append(
                [
                    Cell(text=text(row["title"]), kind="strong", sub=text(benefit.get("metric"), "")),
                    display.number(locale.general(stood)), display.number(locale.general(wanted)), display.number(locale.general(real)),
                    Cell(text=locale.here().percent(reached, 0), kind="strong"), display.status_cell(status, "Reached" if status == "green" else "Partly" if status == "amber" else "Missed"),
                    Cell(text="–" if became is None else locale.here().money(became, view.currency), kind="number", sub="" if meant is None else f"of {money(meant, view.currency)} promised"),
                ]
            )  # fmt: skip
    shown.sort(key=lambda cells: {"Missed": 0, "Partly": 1}.get(_text(cells[5]), 2))
    columns = (
        Column(label="Case and its indicator", width=3), Column(label="Stood at", align="right"), Column(label="Promised", align="right"), Column(label="Today", align="right"),
        Column(label="Reached", align="right"), Column(label="Status"), Column(label="Loss avoided a year, as re-estimated", align="right", width=1.6),
    )  # fmt: skip
    more = len(shown) - limit
    note = "Promised loss: current less residual estimate when the project began; re-estimated: what the estimate has fallen since, before insurance. Several projects on one scenario share it, so the amounts do not add up."
    return display.table(
        "benefits", "What past cases promised, and what came of it", columns, shown[:limit], dense=True,
        note=note + (f" {more} more indicators reached their promise or came close." if more > 0 else ""),
        empty="No benefit of a past case was measured yet.",
    )  # fmt: skip


def _text(cell: Cell | str) -> str:
    return cell if isinstance(cell, str) else cell.text


def _promised(
    view: View, projects: list[dict[str, Any]]
) -> list[tuple[float | None, float | None]]:
    """Give the loss a year that each project was to take off its scenarios, and what the estimates have fallen since."""
    now = _ales(view)
    quarters = {v.period.key: v for v in view.trailing()}
    seen: dict[str, dict[tuple[str, str], float]] = {}
    found: list[tuple[float | None, float | None]] = []
    for row in projects:
        names = [name for name in text(row["scenario_ids"], "").split("|") if name]
        started = row["baseline_start"]
        known = None if pd.isna(started) else view.workspace.calendar.previous(
            view.workspace.calendar.containing(pd.Timestamp(started).date())
        ).key  # fmt: skip
        if known not in quarters:
            found.append((None, None))
            continue
        if known not in seen:
            seen[known] = _ales(quarters[known])
        then = seen[known]
        names = [
            n
            for n in names
            if {(n, "current"), (n, "residual")} <= then.keys() and (n, "current") in now
        ]
        if not names:
            found.append((None, None))
            continue
        meant = sum(then[n, "current"] - then[n, "residual"] for n in names)
        found.append((meant, sum(then[n, "current"] - now[n, "current"] for n in names)))
    return found


def _ales(view: View) -> dict[tuple[str, str], float]:
    """Give the mean loss a year of each scenario in each state."""
    rows = view.sql("SELECT * FROM scenarios WHERE state IN ('current', 'residual')")
    listed = [{str(k): v for k, v in row.items()} for row in rows.to_dict("records")]
    return {(str(r["scenario_id"]), str(r["state"])): scenario_of(r).ale for r in listed}


def case_inputs(view: View, decision: str = "") -> Shown:
    """Give what the case rests on: each effect and each line of users' time, its range, who estimated it and why."""
    case = view.business_case(decision)
    if case is None:
        return absent("Inputs of the case")
    own = text(case.decision.get("decision_id"), "")
    names = {option.id: option.name for option in case.money.options}
    effects, impacts = (
        rows[rows["decision_id"] == own].to_dict("records")
        for rows in (view.table("option_effects"), view.table("option_impacts"))
    )
    shown = [
        (
            Cell(text=text(e["control"]), kind="strong", sub=names.get(e["option_id"], "")), f"{'Events stopped' if e['acts_on'] == 'frequency' else 'Loss of an event avoided'}: {case.scenario(e['scenario_id'])}",
            display.number(_span(e, "", 100, " %")), Cell(text=text(e["rationale"]), sub=text(e["estimator"], "")),
        )
        for e in effects
    ] + [
        (
            Cell(text=text(i["population"]), kind="strong", sub=names.get(i["option_id"], "")),
            f"{text(i['item'])}, {text(i['people'])} people, {_often(i)}",
            display.number(_span(i, "minutes_", 1, " min")), text(i["rationale"]),
        )
        for i in impacts
    ]  # fmt: skip
    columns = (
        Column(label="Control or population", width=1.8), Column(label="What", width=2.2), Column(label="Low, likely, high", align="right", width=1.2), Column(label="Why", width=2.4),
    )  # fmt: skip
    scenarios = ", ".join(f"{s.id} {s.name}" for s in case.money.scenarios if any(e["scenario_id"] == s.id for e in effects))  # fmt: skip
    return display.table(
        "case-inputs", "What the case rests on", columns, shown, dense=True,
        note=f"Scenarios: {scenarios}. Ranges are PERT. {locale.number(case.money.worlds)} worlds, seed {case.money.seed}; every option meets the same events.",
        empty="The options change no scenario and ask nothing of users.",
    )  # fmt: skip


def _span(row: dict[Any, Any], prefix: str, scale: float, unit: str) -> str:
    values = [row[f"{prefix}{part}"] for part in ("low", "mode", "high")]
    return ", ".join("–" if pd.isna(v) else locale.general(scale * float(v)) for v in values) + unit


def _often(row: dict[Any, Any]) -> str:
    return "once" if row["once"] is True else f"{locale.general(float(row['times']))} a month each"
