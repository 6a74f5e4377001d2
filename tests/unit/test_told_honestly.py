"""What is printed is what is meant: drafts, money, points, limits of parts, numbers typed by hand, a quarter by its name."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from nbformat import v4

from reportkit import display, gates, locale
from reportkit.errors import UsageError
from reportkit.facts import Binding, Cover, Facts
from reportkit.measures import Value, definition
from reportkit.run.exporters import HTMLExporter
from reportkit.sections import summary
from reportkit.workspace import Workspace
from tests.unit.test_gates import evidence
from tests.unit.test_scorecard import Q3_CUT, at, due, incident, late_shares
from tests.unit.workspaces import load, publish, workspace


def test_a_run_of_a_published_quarter_is_a_draft(tmp_path: Path) -> None:
    ws = workspace(tmp_path / "ws")
    load(ws, "incidents", [incident(1, date(2026, 8, 1))], datetime(2026, 10, 2))
    publish(at(ws), ["N01"], Q3_CUT)
    view = at(ws, datetime(2026, 11, 1))
    assert view.known_by == Q3_CUT
    cover = summary.cover(view, "Report", "").block
    assert isinstance(cover, Cover)
    assert cover.status == "draft"


@pytest.mark.parametrize(
    ("id_", "numerator", "denominator", "text"),
    [
        # A share of many things is no money, and a small budget is.
        ("K02", 120_000, 130_000, "120,000 of 130,000"),
        ("B01", 52_000, 60_000, "€52k of €60k"),
    ],
)
def test_numerator_and_denominator_are_money_where_they_are(
    id_: str, numerator: float, denominator: float, text: str
) -> None:
    value = Value(value=90.0, numerator=numerator, denominator=denominator)
    assert display.ratio(value, definition(id_)) == text


def test_a_difference_of_percentages_is_points() -> None:
    assert display.change(-7.1, "percent", digits=1) == f"{locale.MINUS}7.1 pts"
    assert display.change(1_400_000, "money") == "+€1.4m"
    assert display.change(3, "count") == "+3"
    assert display.change(None, "percent") == "–"


def test_a_part_is_held_against_the_limit_of_the_whole_only_where_that_makes_sense(
    tmp_path: Path,
) -> None:
    view = late_shares(tmp_path / "ws", (8, 10), (9, 10))
    limit = {
        "threshold_id": "v04", "kind": "measure", "measure_id": "V04", "valid_from": date(2024, 1, 1), "green": 80.0, "red": 50.0,
    }  # fmt: skip
    count = limit | {"threshold_id": "v01", "measure_id": "V01", "green": 1.0, "red": 5.0}
    load(view.workspace, "thresholds", [limit, count], datetime(2026, 10, 3))
    view = at(view.workspace)
    (high,) = view.measure("V04", by="severity")
    assert (high.green, high.default_limits, high.status) == (80.0, False, "green")
    (open_,) = view.measure("V01", by="severity")
    assert (open_.green, open_.status) == (None, "none")


def test_a_view_at_another_quarter_takes_its_name(tmp_path: Path) -> None:
    view = late_shares(tmp_path / "ws", (8, 10), (9, 10))
    assert view.at("2026-Q2").period == view.at(view.workspace.period("2026-Q2")).period
    with pytest.raises(UsageError, match="is not closed yet"):
        view.at("2026-Q4")


def test_numbers_in_prose_are_bound_by_part_and_typed_ones_listed(tmp_path: Path) -> None:
    ws = workspace(tmp_path / "ws")
    rows = [due(n, date(2026, 8, 1), fixed=n < 9) for n in range(10)]
    load(ws, "findings", rows, datetime(2026, 10, 2))
    (ws.folder / "commentary").mkdir()
    (ws.folder / "commentary" / "2026-Q3.md").write_text(
        "In 2026-Q3, on 30 September 2026, {{ V04.ratio }} were fixed on time and 99.9 % of 700 things were well.\n"
        "A quarter ago {{ V04.prior }}; the target is {{ V04.target }}.\n",
        encoding="utf-8",
    )
    facts = at(ws).commentary().facts
    assert [(one.part, one.value) for one in facts.bindings] == [
        ("ratio", 9.0), ("prior", None), ("target", at(ws).measure("V04").target),
    ]  # fmt: skip
    assert facts.typed == ("99.9 %", "700")
    gate = gates.typed(evidence(facts=facts))
    assert (gate.result, gate.holds) == ("fail", True)
    assert "99.9 %, 700; write" in gate.reason
    assert gates.bound(evidence(facts=facts)).result == "pass"
    bound = Facts(bindings=(Binding(text="9 of 10", measure="V04", value=8.0, part="ratio"),))
    assert "the text says '9 of 10'" in gates.bound(evidence(facts=bound)).reason
    assert gates.typed(evidence(facts=replace_typed(facts))).result == "pass"


def replace_typed(facts: Facts) -> Facts:
    return facts.model_copy(update={"typed": ()})


def test_another_report_has_been_told_nothing(tmp_path: Path) -> None:
    ws = workspace(tmp_path / "ws")
    load(ws, "incidents", [incident(1, date(2026, 5, 1))], datetime(2026, 7, 2))
    cut = datetime(2026, 7, 8)
    publish(Workspace(ws.folder, now=cut).at("2026-Q2"), ["N01"], cut)
    board, committee = (Workspace(ws.folder, now=Q3_CUT).at("2026-Q3", report=name) for name in ("board", "committee"))  # fmt: skip
    assert board.told()[0] is not None
    assert committee.told()[0] is None


def test_what_a_chart_prints_is_told_to_the_ledger(tmp_path: Path) -> None:
    from reportkit import charts

    ws = workspace(tmp_path / "ws")
    load(ws, "findings", [due(n, date(2026, 8, 1), fixed=n < 9) for n in range(10)], datetime(2026, 10, 2))  # fmt: skip
    load(ws, "incidents", [incident(1, date(2026, 8, 1))], datetime(2026, 10, 2))
    view = at(ws)
    for chart, wanted in (
        (charts.backlog(view), {("V01", ""), ("V01", "severity=high")}),
        (charts.survival(view), {("V06", ""), ("V06", "severity=high")}),
        (charts.incidents(view), {("N01", "")}),
    ):
        assert {(one.measure, one.scope) for one in chart.facts.figures} == wanted


def test_the_other_door_marks_what_a_run_would_hold() -> None:
    ran = v4.new_code_cell("1", execution_count=1)
    idle = v4.new_code_cell("2")
    whole, half = (v4.new_notebook(cells=cells) for cells in ([ran], [ran, idle]))
    exporter: Any = HTMLExporter
    pages = [exporter().from_notebook_node(nb)[0] for nb in (whole, half)]
    assert ['class="state state-held"' in page for page in pages] == [False, True]
