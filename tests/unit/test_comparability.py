"""A change is parted into numerator, denominator and mix, exactly; a denominator that moved far is flagged."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportkit import comparability, sections
from reportkit.comparability import Change
from reportkit.measures import Measure, Value, definition
from reportkit.period import FiscalCalendar
from reportkit.workspace import Workspace
from tests.conftest import Ended
from tests.unit.test_scorecard import Q3_CUT, at, due, incident
from tests.unit.workspaces import load, publish, workspace

Typed = Callable[..., Ended]
CALENDAR = FiscalCalendar(1, "UTC")


def measure(numerator: float, denominator: float) -> Measure:
    value = Value(value=100 * numerator / denominator, numerator=numerator, denominator=denominator)
    return Measure(
        definition=definition("K02"), value=value, period=CALENDAR.parse("2026-Q3"), as_of=date(2026, 9, 30), known_by=datetime(2026, 10, 9),
    )  # fmt: skip


def part(numerator: float, denominator: float) -> Value:
    return Value(value=0.0, numerator=numerator, denominator=denominator)


def test_forty_dead_systems_that_left_are_the_denominator() -> None:
    """Patched 810 of 1,000; forty unpatched ones leave the inventory: 810 of 960 is 84.4 %, and nothing was patched."""
    change = comparability.split(measure(810, 960), measure(810, 1000))
    assert change is not None
    assert change.change == pytest.approx(100 * (810 / 960 - 0.81))
    assert (change.numerator, change.mix) == (0, 0)
    assert change.denominator == pytest.approx(change.change)
    assert change.moved == pytest.approx(-0.04)
    assert not change.flagged
    far = comparability.split(measure(810, 900), measure(810, 1000))
    assert far is not None
    assert far.flagged


def test_the_same_rates_in_another_mix_are_mix() -> None:
    """Two units at 90 % and 50 %; half of the estate moves from the one to the other, and neither works otherwise."""
    before = [part(900, 1000), part(500, 1000)]
    now = [part(450, 500), part(750, 1500)]
    change = comparability.split(measure(1200, 2000), measure(1400, 2000), zip(now, before, strict=True), "unit")  # fmt: skip
    assert change is not None
    assert change.change == pytest.approx(-10)
    # -1/4 of 90 % and +1/4 of 50 %.
    assert change.mix == pytest.approx(25 * (0.5 - 0.9))
    # 37.5 % of the mean weight x -450 of 1,000, and 62.5 % x +250 of 1,000; the denominators undo it.
    assert [change.numerator, change.denominator] == pytest.approx([-1.25, 1.25])
    assert (change.moved, change.by) == (0, "unit")


def test_worked_by_hand() -> None:
    """50 of 100, then 60 of 120 and 10: +10/100, then 60 x (1/120 - 1/100)."""
    change = comparability.split(measure(60, 120), measure(50, 100))
    assert change is not None
    assert [change.numerator, change.denominator] == pytest.approx([10, -10])


COUNTS = st.tuples(st.integers(0, 50), st.integers(1, 60)).map(lambda p: (min(p), max(p)))


@given(
    st.lists(
        st.tuples(st.one_of(st.none(), COUNTS), st.one_of(st.none(), COUNTS)),
        min_size=1,
        max_size=6,
    )
)
def test_they_always_add_up(
    parts: list[tuple[tuple[int, int] | None, tuple[int, int] | None]],
) -> None:
    """Also where a part is new, gone, or empty."""
    pairs = [(part(*(now or (0, 0))), part(*(before or (0, 0)))) for now, before in parts]
    sums = [[sum(getattr(pair[place], name) for pair in pairs) for name in ("numerator", "denominator")] for place in (0, 1)]  # fmt: skip
    if not sums[0][1] or not sums[1][1]:
        return
    change = comparability.split(measure(*sums[0]), measure(*sums[1]), pairs, "unit")
    assert change is not None
    whole = sum(part or 0.0 for part in (change.numerator, change.denominator, change.mix))
    assert whole == pytest.approx(change.change, abs=1e-9)
    assert change.by == "unit"


def test_parts_that_are_not_all_are_not_used() -> None:
    change = comparability.split(
        measure(60, 120), measure(50, 100), [(part(1, 2), part(1, 2))], "unit"
    )
    assert change is not None
    assert (change.by, change.mix) == ("", 0)


def test_a_count_has_no_parts_and_what_is_not_measured_no_change(tmp_path: Path) -> None:
    ws = workspace(tmp_path / "ws")
    load(ws, "incidents", [incident(1, date(2026, 5, 1)), incident(2, date(2026, 8, 1)), incident(3, date(2026, 8, 2))], datetime(2026, 10, 2))  # fmt: skip
    assert comparability.change(at(ws), "N01") == Change(1)
    assert comparability.change(at(ws), "V04") is None


def test_the_scorecard_flags_what_is_hard_to_compare(tmp_path: Path) -> None:
    ws = workspace(tmp_path / "ws")
    rows: list[dict[str, Any]] = [due(n, date(2026, 5, 1), fixed=True) for n in range(10)]
    rows += [due(100 + n, date(2026, 8, 1), fixed=n < 10) for n in range(12)]
    load(ws, "findings", rows, datetime(2026, 10, 2))
    shown = at(ws).scorecard().shown()
    block: Any = shown.block
    assert "V04 +20" in block.note


def test_the_annex_parts_each_share_and_marks_what_is_hard_to_compare(tmp_path: Path, typed: Typed) -> None:  # fmt: skip
    """8 of 10 fixed in time, then 15 of 20: 7/10 more by numerator at the mean weight, 15 (1/20 - 1/10) by denominator."""
    ws = workspace(tmp_path / "ws")
    rows: list[dict[str, Any]] = [due(n, date(2026, 5, 1), fixed=n < 8) for n in range(10)]
    rows += [due(100 + n, date(2026, 8, 1), fixed=n < 15) for n in range(20)]
    load(ws, "findings", rows, datetime(2026, 10, 2))
    view = at(ws)
    block: Any = sections.compared(view).block
    (cells,) = ([cell.text for cell in row] for row in block.rows)
    assert cells == ["Critical and high weaknesses fixed on time", "−5.0 pts", "+70.0 pts", "−75.0 pts", "0.0 pts", "severity", "+100\u202f%"]  # fmt: skip
    assert block.rows[0][-1].sub == "hard to compare"
    said = json.loads(typed("measure", "V04", "--period", "2026-Q3", "--json", "-w", ws.folder).out)
    assert (said["period"], said["before"], said["change"]["flagged"], said["change"]["moved"]) == ("2026-Q3", "2026-Q2", True, 1.0)  # fmt: skip
    assert [said["change"][name] for name in ("change", "numerator", "denominator", "mix")] == pytest.approx([-5, 70, -75, 0])  # fmt: skip
    publish(view.at("2026-Q2"), ["V04"], Q3_CUT)
    (row,) = json.loads(typed("diff", "board", "2026-Q2", "2026-Q3", "--json", "-w", ws.folder).out)
    assert (row["real"], row["split"]["numerator"], row["split"]["by"]) == pytest.approx((-5, 70, "severity"))  # fmt: skip
    assert "the denominator moved by +100 %" in typed("diff", "board", "2026-Q2", "2026-Q3", "-w", ws.folder).out  # fmt: skip


def limits(*values: float, **more: Any) -> list[dict[str, Any]]:
    green, red = values
    return [{"threshold_id": "n", "kind": "measure", "measure_id": "N01", "valid_from": date(2024, 1, 1), "green": green, "red": red, **more}]  # fmt: skip


def quarters(ws: Workspace, counts: dict[str, int]) -> None:
    """Load so many incidents in each quarter."""
    months = {"Q1": 2, "Q2": 5, "Q3": 8, "Q4": 11}
    rows: list[dict[str, Any]] = []
    for quarter, count in counts.items():
        day = date(int(quarter[:4]), months[quarter[5:]], 3)
        rows += [incident(1000 * len(rows) + n, day) for n in range(count)]
    load(ws, "incidents", rows, datetime(2026, 10, 2))


def test_a_status_wavers_from_the_first_quarter_on_where_nothing_was_told(tmp_path: Path) -> None:
    """Limit 10, two to spare: 12 is red at first; 9 is inside what was given to spare, so it stays; 8 has passed it."""
    for last, wanted in ((9, "red"), (8, "green"), (11, "red")):
        ws = workspace(tmp_path / str(last))
        quarters(ws, {"2026-Q1": 13, "2026-Q2": 11, "2026-Q3": last})
        load(ws, "thresholds", limits(10, 10, hysteresis=2.0), datetime(2026, 10, 2))
        assert at(ws).measure("N01").status == wanted, last


def test_what_was_told_counts_before_what_came_about(tmp_path: Path) -> None:
    ws = workspace(tmp_path / "ws")
    quarters(ws, {"2026-Q2": 11, "2026-Q3": 11})
    load(ws, "thresholds", limits(10, 10, hysteresis=2.0), datetime(2026, 7, 2))
    cut = datetime(2026, 10, 3)
    view = Workspace(ws.folder, now=cut).at("2026-Q2")
    figure = view.measure("N01").figure().model_copy(update={"status": "green"})
    from reportkit.facts import Facts
    from reportkit.ledger import Publication

    ws.ledger.publish(Publication("board", "2026-Q2", "", 1, "r", view.as_of, cut, cut), Facts(figures=(figure,)), {})  # fmt: skip
    # Told green, and 11 is within two of the limit: it stays green.
    assert at(ws).measure("N01").status == "green"


def test_a_status_set_by_hand_says_why_and_by_whom(tmp_path: Path) -> None:
    ws = workspace(tmp_path / "ws")
    quarters(ws, {"2026-Q3": 30})
    more = {"override_status": "amber", "override_reason": "One campaign, counted thirty times", "approved_by": "Chair of the risk committee"}  # fmt: skip
    load(ws, "thresholds", limits(10, 10, **more), datetime(2026, 10, 2))
    found = at(ws).measure("N01")
    assert found.status == "amber"
    assert found.override == "One campaign, counted thirty times, by Chair of the risk committee"


def test_publishing_uses_the_status_that_was_shown(tmp_path: Path) -> None:
    ws = workspace(tmp_path / "ws")
    quarters(ws, {"2026-Q2": 13, "2026-Q3": 9})
    load(ws, "thresholds", limits(10, 10, hysteresis=2.0), datetime(2026, 10, 2))
    publish(at(ws), ["N01"], Q3_CUT)
    told = ws.ledger.publication("board", "2026-Q3")
    assert told is not None
    assert ws.ledger.figures(told)["N01", ""].status == "red"
