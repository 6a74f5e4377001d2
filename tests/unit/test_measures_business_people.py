"""Measures of people, and that nobody can be found in them; every expected value is counted by hand."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest

from reportkit.export import write
from reportkit.measures import definitions
from reportkit.measures.model import Value
from reportkit.measures.small import withheld
from reportkit.view import View
from tests.conftest import Ended
from tests.unit.business import KNOWN, parts, people, split, value_of, view
from tests.unit.workspaces import load, workspace

FEW = "withheld: fewer than five people"
GIVES_AWAY = "withheld: it would give away a group of fewer than five people"

# ---- W ---------------------------------------------------------------------------------------------------------------


def test_training_completed_of_training_due(tmp_path: Path) -> None:
    rows = [
        people("A", "training", 45, 50), people("B", "training", 5, 10), people("C", "training", 7, None),
        people("A", "training", 1, 40, period="2026-Q2"), people("D", "training", 0, 0),
    ]  # fmt: skip
    at = view(tmp_path / "a", people_measures=rows)
    value = at.measure("W01").value
    # Half a share is none: C says nothing of whom.
    assert (value.numerator, value.denominator) == (50, 60)
    assert value.note == "units without both numbers, left out: 1"
    none = value_of(tmp_path / "b", "W01", people_measures=[people("A", "phishing", 1, 40)])
    assert (none.value, none.reason) == (None, "no training of this quarter was loaded")


def test_more_trained_than_due_is_refused(tmp_path: Path) -> None:
    value = value_of(tmp_path, "W01", people_measures=[people("A", "training", 60, 50)])
    assert value.value is None
    assert "60 out of 50 is not a share" in (value.reason or "")


def test_phishing_click_rate(tmp_path: Path) -> None:
    """Clicks fall from 10 % to 4 % of those who were sent an easy template after a hard one; 500 of the thousand were filtered.

    Reports are counted of what was delivered, and neither rate is compared across templates.
    """
    rows = [
        people("A", "phishing", 100, 500, n=1000, difficulty="easy", minutes=30.0),
        people("A", "phishing_clicks", 20, 500, n=1000, difficulty="easy"),
        people("B", "phishing", 50, 100, difficulty="hard", minutes=90.0),
        people("B", "phishing_clicks", 10, 100, difficulty="hard"),
        people("C", "phishing", 10, 100),
    ]
    value = value_of(tmp_path / "a", "W02", people_measures=rows)
    assert (value.numerator, value.denominator) == (160, 700)
    assert parts(value) == {
        "Hours to the first report, median of units": 1,
        "Reported, easy template": 20, "Reported, hard template": 50, "Reported, unknown template": 10,
        "Clicked, easy template": 4, "Clicked, hard template": 10,
    }  # fmt: skip
    none = value_of(tmp_path / "b", "W02", people_measures=rows[1:2])
    assert (none.value, none.reason) == (None, "no phishing exercise of this quarter was loaded")


def test_near_misses_carry_the_exact_interval(tmp_path: Path) -> None:
    """Four in four hundred staff: one for each hundred, exact interval (1.090, 10.242) / 4; 19 of 20 agree: (76.39, 99.11)."""
    rows = [
        people("A", "near_misses", 3, 300), people("B", "near_misses", 1, 100),
        people("A", "champions", 6, 300), people("A", "survey", 19, 20, n=300, survey_n=20),
    ]  # fmt: skip
    value = value_of(tmp_path / "a", "W03", people_measures=rows)
    assert value.value == 1
    assert value.low == pytest.approx(1.0899 / 4, abs=5e-5)
    assert value.high == pytest.approx(10.2416 / 4, abs=5e-5)
    assert list(parts(value).values()) == [2, 95, pytest.approx(76.39, abs=0.01), pytest.approx(99.11, abs=0.01), 20]  # fmt: skip
    none = value_of(tmp_path / "b", "W03", people_measures=rows[2:])
    assert (none.value, none.reason) == (None, "no near misses of this quarter were loaded")


# ---- U ---------------------------------------------------------------------------------------------------------------


def test_hours_of_friction_for_each_hundred_staff_and_month(tmp_path: Path) -> None:
    rows = [
        people("A", "mfa_prompts", 9, 9000, n=100, minutes=1200.0), people("A", "lockouts", 5, 90, n=90, minutes=300.0),
        people("B", "access_waits", 3, 50, minutes=300.0), people("B", "blocked", 3, 50), people("C", "blocked", 3, None, minutes=60.0),
    ]  # fmt: skip
    value = value_of(tmp_path / "a", "U01", people_measures=rows)
    # 30 hours of 100 + 50 staff in three months: 100 x 30 / 150 / 3.
    assert [value.value, value.numerator, value.denominator] == pytest.approx([20 / 3, 30, 150])
    assert value.note == "counts without minutes or staff, left out: 2"
    assert parts(value) == {
        "MFA prompts": pytest.approx(40 / 9), "Lockouts": pytest.approx(10 / 9), "Access waits": pytest.approx(10 / 9),
    }  # fmt: skip
    none = value_of(tmp_path / "b", "U01", people_measures=[people("A", "training", 1, 40, minutes=1.0)])  # fmt: skip
    assert (none.value, none.reason) == (None, "no friction of this quarter was loaded")


def outage(name: str, day: datetime, **more: Any) -> dict[str, Any]:
    return {"incident_id": name, "confirmed": "confirmed", "detected": day, "control_caused": True, "unit_id": "A", **more}  # fmt: skip


def test_service_hours_lost_to_security_itself(tmp_path: Path) -> None:
    august = datetime(2026, 8, 1)
    rows = [
        outage("1", datetime(2026, 7, 1), service_minutes=90), outage("2", datetime(2026, 9, 30, 23, 59), service_minutes=30, unit_id="B"),
        outage("3", august), outage("4", august, control_caused=False, service_minutes=999), outage("5", august, control_caused=None),
        outage("6", august, service_minutes=999, confirmed="false_positive"),
        outage("7", datetime(2026, 6, 30, 23, 59), service_minutes=999), outage("8", datetime(2026, 10, 1), service_minutes=999),
    ]  # fmt: skip
    tickets = [people("A", "tickets", 12, 100), people("B", "tickets", 4, 100), people("C", "tickets", None, 100)]  # fmt: skip
    at = view(tmp_path / "a", incidents=rows, people_measures=tickets)
    value = at.measure("U02").value
    assert value.value == 2
    assert value.note == "1 of these outages have no duration"
    assert list(parts(value).values()) == [3, 1, 80]
    units = split(at, "U02", "unit")
    assert sum(cell.value or 0 for cell in units.values()) == 2
    assert parts(units["A"])["Tickets for each thousand staff"] == 120
    unknown = value_of(tmp_path / "b", "U02", incidents=rows[2:3])
    assert unknown.reason == "1 outage was caused by a control, without a duration"
    none = value_of(tmp_path / "c", "U02", incidents=rows[3:4])
    assert (none.value, parts(none)["Tickets for each thousand staff"]) == (0, None)


def test_customers_questions_answered_in_time(tmp_path: Path) -> None:
    rows = [
        people("A", "questionnaires", 30, 40, minutes=7200.0), people("B", "questionnaires", 6, 8, minutes=14400.0),
        people("A", "deals_delayed", 3, 60), people("A", "churn", 0, 50), people("B", "certified_revenue", 70, 80),
    ]  # fmt: skip
    value = value_of(tmp_path / "a", "U03", people_measures=rows)
    assert (value.value, value.denominator) == (75, 48)
    assert list(parts(value).values()) == [7.5, 5, 0, 87.5]
    none = value_of(tmp_path / "b", "U03", people_measures=rows[2:])
    assert (none.value, none.reason) == (None, "no questionnaire of this quarter was loaded")


# ---- nobody is found -------------------------------------------------------------------------------------------------

#: The firm, with two parts of which each has one of its own.
TREE = [("F", None), ("R", "F"), ("S", "R"), ("H", "F"), ("T", "F"), ("U", "T")]
UNITS: list[dict[str, Any]] = [{"unit_id": unit, "name": unit, "parent_id": above} for unit, above in TREE]  # fmt: skip


def firm(
    folder: Path, sizes: dict[str, int], measure: str = "training", **more: dict[str, Any]
) -> View:
    rows = [people(unit, measure, n // 2, n, **more.get(unit, {})) for unit, n in sizes.items()]
    return view(folder, people_measures=rows, units=UNITS)


def seen(at: View, id_: str = "W01") -> list[tuple[frozenset[str], float]]:
    """Give every sum that anybody is told: the units added up, and how many of them succeeded."""
    inside = {unit: {unit} for unit, _ in TREE}
    for unit, above in reversed(TREE):
        if above:
            inside[above] |= inside[unit]
    told: list[tuple[frozenset[str], float]] = []
    for reader in ("", *inside):
        its = at.workspace.at("2026-Q3", unit=reader)
        whole = its.measure(id_).value
        if whole.value is not None:
            told.append((frozenset(inside[reader or "F"]), float(whole.numerator or 0)))
        for unit, cell in split(its, id_, "unit").items():
            if cell.value is not None:
                told.append((frozenset({unit}), float(cell.numerator or 0)))
        rows = its.table("people_measures").dropna(subset=["num"])
        told += [
            (frozenset({str(unit)}), float(num))
            for unit, num in zip(rows["unit_id"], rows["num"], strict=True)
        ]
    return told


def worked_out(told: list[tuple[frozenset[str], float]], units: list[str]) -> set[str]:
    """Give the units whose number follows from what is told: their own row lies in the span of the sums."""
    sums = np.array([[float(unit in group) for unit in units] for group, _ in told])
    rank = np.linalg.matrix_rank(sums) if len(told) else 0
    return {
        unit
        for place, unit in enumerate(units)
        if len(told) and np.linalg.matrix_rank(np.vstack([sums, np.eye(len(units))[place]])) == rank
    }


@pytest.mark.parametrize(
    "sizes",
    [
        {
            "F": 40,
            "R": 50,
            "S": 3,
            "H": 6,
            "T": 20,
            "U": 30,
        },  # a small part of a part, and its mate elsewhere
        {"F": 40, "R": 6, "S": 3, "H": 60, "T": 20, "U": 30},  # both within one part
        {
            "F": 40,
            "R": 50,
            "S": 1,
            "H": 2,
            "T": 30,
            "U": 1,
        },  # three that together are fewer than five
        {"F": 40, "R": 50, "S": 4, "H": 70, "T": 30, "U": 4},  # two, in two parts
        {"F": 2, "S": 3},
        {"F": 40, "R": 50, "S": 60, "H": 5, "T": 20, "U": 0},
    ],
    ids=["apart", "together", "three", "two", "all-small", "none-small"],
)
def test_a_small_group_cannot_be_worked_out(tmp_path: Path, sizes: dict[str, int]) -> None:
    at = firm(tmp_path, sizes)
    known = worked_out(seen(at), list(sizes))
    small = {unit for unit, n in sizes.items() if 0 < n < 5}
    assert known & small == set()
    # Nor is any sum of hidden cells with fewer than five people told.
    hidden = set(sizes) - known
    for group, _ in seen(at):
        assert not 0 < sum(sizes.get(unit, 0) for unit in group & hidden) < 5
    # The others are told: hiding everything would pass as well.
    assert len(known) >= sum(n >= 5 for n in sizes.values()) - (1 if small else 0)


def test_nor_in_a_measure_that_is_made_of_accounts(tmp_path: Path) -> None:
    """No table of people is masked here: the view alone guards what a measure of one's own, or of accounts, tells."""
    sizes = {"F": 40, "R": 50, "S": 3, "H": 6, "T": 20, "U": 30}
    rows = [
        {
            "account_id": f"{unit}{n}", "unit_id": unit, "type": "admin", "privileged": True, "standing": n % 2 == 0,
            "mfa": "strong", "enforced": n % 2 == 0,
        }
        for unit, size in sizes.items()
        for n in range(size)
    ]  # fmt: skip
    at = view(tmp_path, identities=rows, units=UNITS)
    for id_ in ("K04", "I01"):
        assert at.measure(id_).value.denominator == 149
        assert worked_out(seen(at, id_), list(sizes)) == {"F", "R", "T", "U"}, id_
        part = at.workspace.at("2026-Q3", unit="R")
        assert part.measure(id_).value.reason == GIVES_AWAY
        assert split(at.workspace.at("2026-Q3", unit="H"), id_, "unit")["H"].reason == GIVES_AWAY


def test_the_attack_works_where_nothing_is_hidden() -> None:
    """The test above can fail: the total less all units but one is that one."""
    told = [(frozenset("ABC"), 9.0), (frozenset("A"), 4.0), (frozenset("B"), 3.0)]
    assert worked_out(told, ["A", "B", "C"]) == {"A", "B", "C"}
    assert worked_out(told[:2], ["A", "B", "C"]) == {"A"}


def test_a_part_that_holds_some_of_the_hidden_is_hidden(tmp_path: Path) -> None:
    """S has 3, its mate H has 6; R tells its own 50, so R with S would tell S."""
    at = firm(tmp_path, {"F": 40, "R": 50, "S": 3, "H": 6, "T": 20, "U": 30})
    cells = split(at, "W01", "unit")
    assert {unit: cell.reason for unit, cell in cells.items() if cell.withheld} == {"S": FEW, "H": GIVES_AWAY}  # fmt: skip
    part = at.workspace.at("2026-Q3", unit="R")
    assert part.measure("W01").value.reason == GIVES_AWAY
    assert {unit: cell.withheld for unit, cell in split(part, "W01", "unit").items()} == {"R": False, "S": True}  # fmt: skip
    # T holds none of them, the firm all.
    assert at.workspace.at("2026-Q3", unit="T").measure("W01").value.denominator == 50
    assert at.measure("W01").value.denominator == 149
    # Alone in its view, H has nobody to hide with, and is hidden all the same.
    assert split(at.workspace.at("2026-Q3", unit="H"), "W01", "unit")["H"].withheld


def test_templates_give_no_group_away(tmp_path: Path) -> None:
    """Three people had the hard template; the total less the easy one would be theirs, so neither is told."""
    rows = [
        people("A", "phishing", 1, 3, difficulty="hard"), people("B", "phishing", 9, 30, difficulty="easy"),
        people("C", "phishing", 2, 10, difficulty="easy"), people("D", "phishing", 5, 20, difficulty="medium"),
    ]  # fmt: skip
    at = view(tmp_path, people_measures=rows)
    value = at.measure("W02").value
    assert (value.numerator, value.denominator) == (17, 63)
    said = parts(value)
    assert (said["Reported, hard template"], said["Reported, easy template"]) == (None, None)
    assert said["Reported, medium template"] == 25
    assert {u: c.withheld for u, c in split(at, "W02", "unit").items()} == {"A": True, "B": False, "C": True, "D": False}  # fmt: skip


def test_what_stands_beside_a_value_is_guarded_on_its_own(tmp_path: Path) -> None:
    rows = [
        people("A", "near_misses", 1, 40), people("A", "survey", 2, 3, n=40, survey_n=3), people("A", "champions", 1, 4, n=40),
        people("A", "questionnaires", 9, 10), people("A", "churn", 1, 3), people("A", "tickets", 2, 4),
        people("A", "phishing", 9, 40, minutes=7.0), people("A", "phishing_clicks", 1, 2, difficulty="hard"),
        people("A", "mfa_prompts", 1, 4000, n=40, minutes=60.0), people("A", "lockouts", 1, 2, minutes=30.0),
    ]  # fmt: skip
    at = view(tmp_path, people_measures=rows, incidents=[outage("1", datetime(2026, 8, 1), service_minutes=60)])  # fmt: skip
    assert list(parts(at.measure("W03").value).values()) == [None] * 5
    assert parts(at.measure("U03").value)["Customers gone that name security"] is None
    assert parts(at.measure("U02").value)["Tickets for each thousand staff"] is None
    assert parts(at.measure("W02").value)["Clicked, hard template"] is None
    # The sum of prompts and lock-outs less the prompts would be the lock-outs of two people.
    assert at.measure("U01").value.reason == FEW


def test_the_minutes_of_a_hidden_unit_are_in_no_median(tmp_path: Path) -> None:
    rows = [
        people(unit, "phishing", 1, n, minutes=minutes)
        for unit, n, minutes in (("A", 3, 6000.0), ("B", 6, 600.0), ("C", 40, 60.0))
    ]
    value = value_of(tmp_path, "W02", people_measures=rows)
    assert parts(value)["Hours to the first report, median of units"] == 1


def test_no_frame_of_people_is_handed_on(tmp_path: Path) -> None:
    at = firm(tmp_path, {"F": 40, "S": 3, "H": 6})
    peopled = [id_ for id_, words in definitions().items() if words.people]
    assert {"W01", "W02", "W03", "U01", "U03", "K04", "I01", "I02", "I03"} <= set(peopled)
    for m in (at.measure("W01"), *at.measure("W01", by="unit")):
        assert m.frame is None
    assert all(m.figure().numerator is None for m in at.measure("W01", by="unit") if m.value.withheld)  # fmt: skip


def test_what_is_exported_holds_no_small_group(tmp_path: Path, typed: Callable[..., Ended]) -> None:
    """The whole line of a hidden group is blank but for its names, in CSV, in XLSX and on the command line."""
    at = firm(tmp_path, {"F": 40, "S": 3, "H": 6}, S={"minutes": 77.5, "survey_n": 3})
    numbers = ("n", "num", "den", "minutes", "survey_n")
    for ending in ("csv", "xlsx"):
        write(at.table("people_measures"), tmp_path / f"out.{ending}")
    told = typed("export", "people_measures", tmp_path / "cli.csv", "-w", tmp_path / "ws", "--period", "2026-Q3")  # fmt: skip
    assert told.code == 0, told.err
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx").active
    assert sheet is not None
    head, *lines = [["" if v is None else str(v) for v in row] for row in sheet.iter_rows(values_only=True)]  # fmt: skip
    tables = [[dict(zip(head, row, strict=True)) for row in lines]]
    for name in ("out.csv", "cli.csv"):
        with (tmp_path / name).open(encoding="utf-8-sig", newline="") as file:
            tables.append(list(csv.DictReader(file)))
    for rows in tables:
        shown = {row["unit_id"]: {row[name] for name in numbers} for row in rows}
        assert shown["S"] == shown["H"] == {""}
        assert "40" in {x.removesuffix(".0") for x in shown["F"]}


def test_a_firm_of_few_is_not_told(tmp_path: Path) -> None:
    at = firm(tmp_path, {"F": 2, "S": 2})
    assert at.measure("W01").value.reason == FEW
    assert (at.measure("W01").status, at.measure("W01").confidence) == ("none", "D")


def test_a_count_of_unknown_people_is_a_small_group(tmp_path: Path) -> None:
    """Who says of how many three succeeded with nothing has not said that they are many."""
    ws = workspace(tmp_path / "ws")
    load(ws, "people_measures", [people("A", "training", 3, None), people("B", "training", 4, 9), people("C", "training", 4, 20), people("D", "training", 0, 0)], KNOWN)  # fmt: skip
    shown = ws.at("2026-Q3").table("people_measures").set_index("unit_id")["num"]
    assert shown.isna().to_dict() == {"A": True, "B": True, "C": False, "D": False}


@pytest.mark.parametrize(
    ("sizes", "hidden"),
    [
        ([10, 20, 30], set()),
        ([4, 20, 30], {0, 1}),
        ([1, 1, 2, 30], {0, 1, 2, 3}),  # four people in three cells need a fourth
        ([4, 4, 30], {0, 1}),
        ([0, 4, 6, 9], {1, 2}),  # nobody is no group
        ([3], {0}),
        ([5, 5], set()),
    ],
)
def test_cells_are_withheld_until_five_people_share_the_secret(
    sizes: list[int], hidden: set[int]
) -> None:
    cells = withheld([Value(value=1.0, n=n) for n in sizes])
    assert {place for place, cell in enumerate(cells) if cell.withheld} == hidden
    assert all(cell.value is None for cell in cells if cell.withheld)
