"""Charts: the right numbers, a title that says what they say, words for those who cannot see, a reason instead of a blank."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from reportkit import charts, restate
from reportkit.charts.plot import Plot
from reportkit.display import Shown
from reportkit.errors import DataError
from reportkit.facts import MIME, Callout
from reportkit.view import View
from tests.unit.workspaces import load, workspace

KNOWN = datetime(2026, 10, 2)
START = {"valid_from": date(2026, 1, 1)}


def view(folder: Path, **tables: list[dict[str, Any]]) -> View:
    ws = workspace(folder / "ws")
    for name, rows in tables.items():
        load(ws, name, rows, KNOWN)
    return ws.at("2026-Q3")


def drawn(plot: Plot | Shown) -> tuple[Plot, list[dict[str, Any]]]:
    """Give a chart and all rows of its data; every chart has a title, words, and nothing to fetch."""
    assert isinstance(plot, Plot)
    spec = plot.spec()
    assert spec["description"] == plot.alt
    assert len(plot.alt) > 40
    assert plot.title
    assert "http" not in json.dumps({k: v for k, v in spec.items() if k != "$schema"})
    return plot, [row for rows in spec["datasets"].values() for row in rows]


@pytest.mark.parametrize(
    "name", ["loss_exceedance", "exposure", "survival", "roll_forward", "backlog", "incidents", "coverage", "spend"]
)  # fmt: skip
def test_without_data_there_is_a_reason_and_no_empty_frame(tmp_path: Path, name: str) -> None:
    shown = getattr(charts, name)(view(tmp_path))
    assert isinstance(shown, Shown)
    assert isinstance(shown.block, Callout)
    assert "not measured" in shown.block.title
    assert "loaded" in shown.block.text


def weak(number: int, **more: Any) -> dict[str, Any]:
    return {"finding_id": f"F{number}", "asset_id": f"A{number}", "severity": "high", "opened": date(2026, 2, 1), "state": "open", **more}  # fmt: skip


def test_roll_forward_stands_on_the_counts(tmp_path: Path) -> None:
    """Three open before, two new, one fixed: four left."""
    rows = [weak(1), weak(2), weak(3, state="fixed", closed=date(2026, 8, 1))]
    rows += [weak(n, opened=date(2026, 8, 1)) for n in (4, 5)]
    plot, data = drawn(charts.roll_forward(view(tmp_path, findings=rows)))
    assert plot.title == "Open weaknesses rose from 3 to 4"
    bars = {row["line"]: (row["low"], row["high"], row["text"]) for row in data if "line" in row}
    assert bars == {
        "Opening": (0, 3, "3"), "Newly found": (3, 5, "+2"), "Fixed": (4, 5, "\N{MINUS SIGN}1"),
        "Decommissioned": (4, 4, "0"), "Closing": (0, 4, "4"),
    }  # fmt: skip
    told = plot._repr_mimebundle_()[MIME]["facts"]
    assert [(f["measure"], f["value"]) for f in told["figures"]] == [("V01", 4.0)]
    assert told["reconciliations"][0]["closing"] == 4


def test_the_same_chart_rolls_audit_findings(tmp_path: Path) -> None:
    audits = [{"finding_id": f"A{n}", "opened": date(2026, 8, n), **START} for n in (1, 2)]
    plot, _ = drawn(charts.roll_forward(view(tmp_path, audits=audits), restate.AUDITS))
    assert plot.title == "Open audit findings rose from 0 to 2"


def test_backlog_counts_each_severity_at_each_quarter_end(tmp_path: Path) -> None:
    rows = [
        weak(1, opened=date(2025, 5, 1), severity="critical"),
        weak(2, opened=date(2025, 5, 1), state="fixed", closed=date(2026, 4, 1)),
        weak(3, opened=date(2026, 5, 1), severity="low"),
    ]
    plot, data = drawn(charts.backlog(view(tmp_path, findings=rows)))
    counts = {
        (r["quarter"], r["severity"]): r["open"] for r in data if "severity" in r and r["open"]
    }
    both = {("Q2 2025", "High"), ("Q3 2025", "High"), ("Q4 2025", "High"), ("Q1 2026", "High")}
    assert {key for key in counts if key[1] == "High"} == both
    assert counts["Q3 2026", "Low"] == counts["Q3 2026", "Critical"] == 1
    assert "from 0 to 1" in plot.title


def test_survival_keeps_open_findings_in(tmp_path: Path) -> None:
    """Ten found on one day, five fixed after 10 days, five still open 61 days later: half after 10, none at 0 %."""
    start = date(2026, 7, 31)
    rows = [weak(n, opened=start, severity="critical") for n in range(5)]
    rows += [
        weak(n, opened=start, severity="critical", state="fixed", closed=start + timedelta(10))
        for n in range(5, 10)
    ]
    plot, data = drawn(charts.survival(view(tmp_path, findings=rows)))
    steps = {row["day"]: row["open"] for row in data if row.get("severity") == "Critical"}
    assert (steps[0], steps[10]) == (100, 50)
    assert min(v for k, v in steps.items() if k < 180) == 50
    assert "critical 10 days" in plot.title
    assert "critical: half fixed after 10 days" in plot.alt


def test_incidents_come_with_exact_intervals(tmp_path: Path) -> None:
    """Five events: the exact Poisson interval is 1.62 to 11.67 (Garwood 1936)."""
    rows = [
        {"incident_id": f"I{n}", "confirmed": "confirmed", "detected": datetime(2026, 8, 1 + n, 9)}
        for n in range(5)
    ] + [{"incident_id": "I9", "confirmed": "confirmed", "detected": datetime(2026, 5, 1, 9)}]
    plot, data = drawn(charts.incidents(view(tmp_path, incidents=rows)))
    now = next(r for r in data if r["quarter"] == "Q3 2026")
    assert now["value"] == 5
    assert (now["low"], now["high"]) == (pytest.approx(1.62, abs=0.01), pytest.approx(11.67, abs=0.01))  # fmt: skip
    assert plot.title == "5 confirmed incidents after 1: the change is within noise"


def test_coverage_shows_each_safeguard_and_all_at_once(tmp_path: Path) -> None:
    end = date(2026, 9, 30)
    assets = [
        {"asset_id": f"A{n}", "criticality": 1, "in_scope": True, "first_seen": date(2025, 1, 1), **START}
        for n in range(10)
    ]  # fmt: skip
    seen = [
        {"asset_id": f"A{n}", "control": control, "observed_at": end, "last_ok": end, "authenticated": True, "rto_met": True,
         "rpo_met": True, "status": "absent" if n == miss else "ok"}
        for miss, control in enumerate(("vuln_scan", "edr", "log", "restore_test")) for n in range(10)
    ]  # fmt: skip
    plot, data = drawn(charts.coverage(view(tmp_path, assets=assets, coverage=seen)))
    assert sorted(row["share"] for row in data if "share" in row) == [60, 90, 90, 90, 90]
    assert plot.title == "Each safeguard covers at least 90\u202f% of critical assets; all four together 60\u202f%"  # fmt: skip


def test_spend_by_category_beside_its_budget(tmp_path: Path) -> None:
    lines = [
        {"line_id": "L1", "period": "2026-Q1", "category": "Staff", "budget": 1e6, "actual": 1.1e6, "currency": "EUR"},
        {"line_id": "L2", "period": "2026-Q3", "category": "Tools", "budget": 1e6, "actual": 1e6, "currency": "EUR"},
        {"line_id": "L3", "period": "2025-Q4", "category": "Tools", "budget": 9e6, "actual": 9e6, "currency": "EUR"},
    ]  # fmt: skip
    plot, data = drawn(charts.spend(view(tmp_path, spend=lines)))
    bars = {r["category"]: (r["actual"], r["budget"]) for r in data if "actual" in r}
    assert bars == {"Staff": (1.1e6, 1e6), "Tools": (1e6, 1e6)}
    assert "5.0\u202f% over plan" in plot.title


def test_loss_exceedance_against_the_closed_form(tmp_path: Path) -> None:
    """One event a year or none, P = 20 %, always between two amounts: the curve starts at 20 % and ends at zero."""
    scenario = {
        "scenario_id": "S1", "state": "current", "title": "Theft", "freq_dist": "bernoulli", "rate": 0.2,
        "sev_dist": "lognormal_ci90", "low": 1e6, "high": 4e6, "currency": "EUR", **START,
    }  # fmt: skip
    points = [[2e6, 0.2], [8e6, 0.05]]
    limit = {"threshold_id": "T", "kind": "loss_appetite", "points": json.dumps(points), **START}
    plot, data = drawn(
        charts.loss_exceedance(view(tmp_path, scenarios=[scenario], thresholds=[limit]))
    )
    curve = sorted((r["loss"], r["chance"]) for r in data if r.get("curve") == "Gross")
    assert curve[0][1] == pytest.approx(20, abs=0.5)
    # The median of the severity is the geometric mean of its 5 % and 95 % points: 2 million.
    near = min(curve, key=lambda point: abs(point[0] - 2e6))
    assert near[1] == pytest.approx(10, abs=1.0)
    assert [c for _, c in curve] == sorted((c for _, c in curve), reverse=True)
    assert "within the 5\u202f% approved" in plot.title


def test_a_chart_without_words_cannot_be_made() -> None:
    with pytest.raises(DataError, match="has no words"):
        Plot(None, "x", "Title", "", " ")
