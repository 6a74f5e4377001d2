"""A peer's period figures from its own seventeen findings: its rule as a query, and ours beside it with the reason."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from reportkit import sql
from reportkit.intake import Origin, keep
from reportkit.sources import inspect, read
from reportkit.workspace import Workspace

#: The peer groups by the day of discovery, whatever the state: duplicates and inactive ones count as opened.
OPENED = """
SELECT STRFTIME(DATE_TRUNC('{grain}', date), '{form}') AS period, LOWER(severity) AS severity, COUNT(*) AS n,
  SUM(CASE WHEN is_mitigated THEN 1 ELSE 0 END) AS closed
FROM read_csv({path}) WHERE {which} GROUP BY 1, 2
"""
#: A week begins on Monday.
GRAINS = {"month": "%Y-%m", "week": "%Y-%m-%d"}


@pytest.fixture
def export(corpus: Path) -> Path:
    return corpus / "metrics" / "dd-metrics-17-findings.csv"


@pytest.fixture
def asserted(corpus: Path) -> dict[str, Any]:
    text = (corpus / "metrics" / "dd-metrics-expected.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


@pytest.mark.parametrize(
    ("table", "grain", "which"),
    [
        ("opened_per_month", "month", "TRUE"),
        ("opened_per_week", "week", "TRUE"),
        ("active_per_month", "month", "active"),
        ("accepted_per_month", "month", "risk_accepted"),
    ],
)
def test_the_peers_rule_gives_the_peers_figures(
    export: Path, asserted: dict[str, Any], table: str, grain: str, which: str
) -> None:
    query = OPENED.format(grain=grain, form=GRAINS[grain], which=which, path=sql.quote(str(export)))
    rows = sql.Local().frame(query)
    for period, counts in asserted[table].items():
        mine = rows[rows["period"] == period]
        by_severity = dict(zip(mine["severity"], mine["n"], strict=True))
        for severity in ("critical", "high", "medium", "low", "info"):
            assert by_severity.get(severity, 0) == counts[severity], (period, severity)
        assert int(mine["n"].sum()) == counts["total"]
        if "closed" in counts:
            assert int(mine["closed"].sum()) == counts["closed"]
    assert set(rows["period"]) <= set(asserted[table])


def test_closed_and_accepted_ones_by_name(export: Path, asserted: dict[str, Any]) -> None:
    start, end = asserted["window"]
    closed = f"SELECT id FROM read_csv({sql.quote(str(export))}) WHERE is_mitigated AND CAST(mitigated AS DATE) BETWEEN '{start}' AND '{end}' ORDER BY id"
    accepted = f"SELECT id FROM read_csv({sql.quote(str(export))}) WHERE risk_accepted ORDER BY id"
    assert sql.Local().frame(closed)["id"].tolist() == asserted["closed_ids"]
    assert sql.Local().frame(accepted)["id"].tolist() == asserted["accepted_ids"]


def test_ours_beside_it(export: Path, tmp_path: Path) -> None:
    assert inspect(export).rejected == 0
    (tmp_path / "reportkit.toml").touch()
    now = datetime(2018, 4, 10)
    keep(read(export, "findings"), tmp_path, Origin(source="dojo", recorded_at=now))
    ws = Workspace(tmp_path, now=now)
    # Thirteen of the seventeen are duplicates, which are no findings: 7, 243, 244 and 248 are left, all found in December.
    assert len(ws.table("findings")) == 17
    flows = {}
    for period in ("2017-Q4", "2018-Q1"):
        value = ws.at(period).measure("V09").value
        flows[period] = (value.numerator, value.denominator, value.value)
    # 248 was mitigated on 28 December. 243 was accepted and then mitigated on 2 January: it counts in the quarter in which
    # it was mitigated, where the peer puts it into the month in which it was found.
    assert flows == {"2017-Q4": (4, 1, 3), "2018-Q1": (0, 1, -1)}
    # 7 and 244 are left; 7 is inactive at the peer, and nobody says that it is gone.
    assert ws.at("2018-Q1").measure("V01").value.value == 2
