"""Charts and sections of quantified risk: what they draw and say, on scenarios whose figures are known."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from reportkit import charts, sections
from reportkit.charts.plot import Plot
from reportkit.display import Shown
from reportkit.facts import Callout, Table
from reportkit.view import View
from tests.unit.workspaces import load, workspace

START = {"valid_from": date(2026, 1, 1)}


def scenario(name: str = "S1", **more: Any) -> dict[str, Any]:
    return {
        "scenario_id": name, "state": "current", "title": f"Case {name}", "freq_dist": "bernoulli", "rate": 0.1,
        "sev_dist": "lognormal_ci90", "low": 1e5, "high": 1e6, "currency": "EUR", "estimator": "Ada",
        "calibrated_at": date(2026, 3, 1), **START, **more,
    }  # fmt: skip


def view(folder: Path, settings: str = "", **tables: list[dict[str, Any]]) -> View:
    ws = workspace(folder / "ws", settings)
    for name, rows in tables.items():
        load(ws, name, rows, datetime(2026, 10, 2))
    return ws.at("2026-Q3")


def appetite(*points: tuple[float, float]) -> dict[str, Any]:
    return {"threshold_id": "L", "kind": "loss_appetite", "points": json.dumps(points), **START}


def spec_rows(plot: Plot | Shown) -> tuple[Plot, list[dict[str, Any]]]:
    assert isinstance(plot, Plot)
    return plot, [row for rows in plot.spec()["datasets"].values() for row in rows]


def cells(shown: Shown) -> list[list[str]]:
    assert isinstance(shown.block, Table)
    return [[f"{c.text}|{c.sub}" if c.sub else c.text for c in row] for row in shown.block.rows]


@pytest.mark.parametrize("name", ["sanity", "appetite_points", "estimates", "loss_changes"])
def test_a_section_without_scenarios_says_so(tmp_path: Path, name: str) -> None:
    shown = getattr(sections, name)(view(tmp_path))
    assert isinstance(shown.block, Callout)
    assert "not measured" in shown.block.title


def test_the_curve_is_drawn_before_and_after_treatment_and_insurance(tmp_path: Path) -> None:
    """The median of one event is 316,228: more than that happens in one year of twenty, after treatment in one of forty."""
    rows = [
        scenario(insured=True, corr_group="g"),
        scenario(insured=True, state="residual", rate=0.05),
        scenario("S2", rate=0.0001, corr_group="g"),
    ]
    cover = {"policy_id": "P", "retention": 4e5, "limit_amount": 1e12, "basis": "event", **START}
    shown = view(tmp_path, scenarios=rows, insurance=[cover], thresholds=[appetite((2e5, 0.08), (6e5, 0.02))])  # fmt: skip
    plot, data = spec_rows(charts.loss_exceedance(shown, after="residual", together=True))
    curves = {name: [(r["loss"], r["chance"]) for r in data if r.get("curve") == name and "low" in r] for name in {r.get("curve") for r in data}}  # fmt: skip

    def near(name: str, loss: float) -> float:
        return float(min(curves[name], key=lambda point: abs(point[0] - loss))[1])

    assert near("Gross", 316_228) == pytest.approx(5, abs=0.4)
    assert near("After treatment, net", 316_228) == pytest.approx(2.5, abs=0.3)
    assert max(loss for loss, _ in curves["Net of insurance"]) < 420_000 < max(loss for loss, _ in curves["Gross"])  # fmt: skip
    assert "Groups move together, net" in curves
    line = [r["loss"] for r in data if r.get("curve") == "Appetite"]
    assert (min(line), max(line)) == (pytest.approx(2e5), pytest.approx(6e5))
    # Beyond the approved points the ground is grey.
    grey = [(r["loss"], r["to"]) for r in data if "to" in r]
    assert grey[0][1] == pytest.approx(2e5)
    assert grey[-1][0] == pytest.approx(6e5)
    for words in ("when treatment is done", "if scenarios of a group move together (correlation 0.5)", "Grey: no loss"):  # fmt: skip
        assert words in plot.note
    dashes = next(x["encoding"]["strokeDash"] for x in plot.spec()["layer"] if "strokeDash" in x["encoding"])  # fmt: skip
    assert len({tuple(dash) for dash in dashes["scale"]["range"]}) == 5


def test_a_curve_above_the_appetite_between_its_points_is_told(tmp_path: Path) -> None:
    """One loss of about 300,000 with 10 %: both points hold, and between them the appetite has fallen below it."""
    rows = [scenario(low=2.9e5, high=3.1e5)]
    shown = view(tmp_path, scenarios=rows, thresholds=[appetite((1e4, 0.2), (1e6, 0.001))])
    plot, _ = spec_rows(charts.loss_exceedance(shown))
    assert "None of the 2 approved points is breached. Between approved points the chance is higher than the appetite from" in plot.alt  # fmt: skip
    assert "Between approved points" in plot.note


def test_scenarios_show_one_event_and_grey_where_the_estimate_is_old(tmp_path: Path) -> None:
    rows = [scenario("S1"), scenario("S2", rate=0.02, calibrated_at=date(2025, 9, 29))]
    plot, data = spec_rows(charts.scenarios(view(tmp_path, scenarios=rows)))
    first, second = (r for r in data if "median" in r)
    assert first["low"] == pytest.approx(1e5, rel=0.02)
    assert first["median"] == pytest.approx(316_228, rel=0.02)
    assert first["high"] == pytest.approx(1e6, rel=0.02)
    assert (first["kind"] == second["kind"], second["kind"]) == (False, "Estimate is stale")
    assert plot.title == "Case S1 leads with €40k a year"
    assert "once in 10 years · €40k a year" in plot.alt
    assert "once in 50 years · €8.1k a year (stale)" in plot.alt
    assert "1 of 2 estimates" in plot.note


def test_who_makes_the_bad_years(tmp_path: Path) -> None:
    """A rare large loss hardly shows in the mean, and rules the worst year in a hundred."""
    rows = [scenario("S1", rate=1, low=4e5, high=5e5), scenario("S2", rate=0.01, low=9e6, high=1e7)]
    plot, data = spec_rows(charts.tail(view(tmp_path, scenarios=rows), p=0.99))
    shares = {(r["title"], r["kind"]): r["share"] for r in data}
    assert shares["Case S2", "Share of the mean year"] == pytest.approx(17.4, abs=0.6)
    assert shares["Case S2", "Share of the worst year in 100"] == pytest.approx(95, abs=1.5)
    assert sum(v for (_, kind), v in shares.items() if kind.startswith("Share of the worst")) == pytest.approx(100)  # fmt: skip
    assert plot.title.startswith("Case S2 makes 9")
    few = spec_rows(charts.tail(view(tmp_path / "more", scenarios=rows), top=1))[1]
    assert {r["title"] for r in few} == {"Case S1", "1 others"} or {r["title"] for r in few} == {"Case S2", "1 others"}  # fmt: skip


def test_the_sanity_panel_knows_the_balance_sheet(tmp_path: Path) -> None:
    shown = view(tmp_path, "[finance]\nbalance_sheet = 300000\n", scenarios=[scenario()])
    said = {row[0]: row[1:] for row in cells(sections.sanity(shown))}
    assert said["Beyond the balance sheet"][1] == "Look"
    assert "one event costs €404k on average, more than the balance sheet of €300k" in said["Beyond the balance sheet"][0]  # fmt: skip
    assert said["Noise of the simulation"][1] == "Plausible"


def test_approved_points_stand_one_by_one(tmp_path: Path) -> None:
    rows = [scenario(corr_group="g"), scenario("S2", corr_group="g")]
    shown = view(tmp_path, scenarios=rows, thresholds=[appetite((100_000, 0.5), (800_000, 0.01))])
    table = sections.appetite_points(shown)
    first, second = cells(table)
    assert first[:2] + first[-1:] == ["More than €100k", "50.0\N{NARROW NO-BREAK SPACE}%", "Within"]
    assert second[-1] == "Above"
    assert isinstance(table.block, Table)
    assert table.block.title == "1 of 2 approved points is breached after insurance"
    # Both at once is likelier when the two move together, so more than 800,000 is too.
    assert float(second[4].rstrip("\u202f%")) > float(second[3].rstrip("\u202f%"))
    bare = sections.appetite_points(view(tmp_path / "none", scenarios=rows))
    assert isinstance(bare.block, Callout)


def test_estimates_carry_who_when_and_why(tmp_path: Path) -> None:
    rows = [
        scenario("S1", rationale="Two peers asked", cap=5e6),
        scenario("S2", calibrated_at=date(2024, 9, 1)),
        scenario("S3", estimator="Bob"),
    ]
    table = sections.estimates(view(tmp_path, scenarios=rows), left=("Bob",))
    first, second, third = cells(table)
    assert first[0] == "Case S1|S1"
    assert first[3:] == ["€5.0m", "Ada|1\N{NO-BREAK SPACE}Mar\N{NO-BREAK SPACE}2026", "Two peers asked", "Fresh"]  # fmt: skip
    assert second[-1].startswith("Stale|the estimate is 24 months old")
    assert third[-1].startswith("Stale|Bob, who estimated it, has left")
    assert isinstance(table.block, Table)
    assert table.block.title == "2 of 3 estimates are stale"


def test_why_the_year_moved_adds_up(tmp_path: Path) -> None:
    ws = workspace(tmp_path / "ws")
    load(ws, "scenarios", [scenario("S1"), scenario("S2")], datetime(2026, 2, 1))
    later = {"valid_from": date(2026, 8, 1)}
    load(ws, "scenarios", [scenario("S1", rate=0.2) | later, scenario("S3", rate=0.05) | later], datetime(2026, 8, 2))  # fmt: skip
    table = sections.loss_changes(ws.at("2026-Q3"))
    rows = cells(table)
    assert [row[:2] for row in rows] == [
        ["Q2 2026", ""],
        ["New scenario", "Case S3: scenario"],
        ["Estimate changed", "Case S1: frequency"],
        ["Q3 2026", ""],
    ]
    # 0.1 and 0.05 times the mean event of 404,001.
    assert rows[1][2] == "+€20k"
    assert rows[2][2] in {"+€40k", "+€41k"}
    still = sections.loss_changes(ws.at("2026-Q2"))
    assert isinstance(still.block, Table)
    assert still.block.title.startswith("Nothing moved the loss year")
    assert len(still.block.rows) == 2


def test_a_scenario_without_the_state_stands_as_it_is(tmp_path: Path) -> None:
    rows = [scenario("S1"), scenario("S1", state="residual", rate=0.05), scenario("S2")]
    shown = view(tmp_path, scenarios=rows)
    only, whole = shown.portfolio("residual"), shown.portfolio("residual", others=True)
    assert only is not None
    assert whole is not None
    assert [s.id for s in only.simulation.scenarios] == ["S1"]
    assert {s.id: s.rate for s in whole.simulation.scenarios} == {"S1": 0.05, "S2": 0.1}
    assert shown.portfolio("planned") is None
    assert replace(only.simulation.scenarios[0], state="current").rate == 0.05
