"""Charts of many values: sums of money by category and unit, shares beside their limits, one small chart a unit."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from reportkit import charts, sections
from reportkit.display import Shown
from reportkit.facts import Table
from reportkit.render.charts import svg
from reportkit.render.model import Chart
from tests.unit.test_charts import START, drawn, view


def risk(number: int, category: str, unit: str | None, residual: float, **more: Any) -> dict[str, Any]:  # fmt: skip
    return {"risk_id": f"R{number}", "title": f"Risk {number}", "category": category, "unit_id": unit, "residual": residual, "status": "open", **START, **more}  # fmt: skip


def unit(name: str, words: str) -> dict[str, Any]:
    return {"unit_id": name, "name": words, **START}


LIMIT = {"threshold_id": "A", "kind": "risk_appetite", "category": "fraud", "red": 5e6, **START}


def test_a_heat_map_adds_money_by_category_and_unit(tmp_path: Path) -> None:
    """Fraud: 1m + 500k in Payments, 300k of nobody's; cyber: 2m in Retail. 2m of 3.8m is 53 %."""
    rows = [
        risk(1, "fraud", "PAY", 1e6),
        risk(2, "fraud", "PAY", 5e5),
        risk(3, "fraud", None, 3e5),
        risk(4, "cyber", "RET", 2e6),
    ]
    rows += [
        risk(5, "cyber", "RET", 9e6, status="closed"),
        risk(6, "cyber", "RET", 20, measured_in="score"),
    ]
    made = charts.heat_map(view(tmp_path, risks=rows, thresholds=[LIMIT], units=[unit("PAY", "Payments"), unit("RET", "Retail")]))  # fmt: skip
    plot, data = drawn(made)
    cells = {(row["name"], row["unit"]): (row["text"], row["risks"]) for row in data}
    assert cells == {
        ("Fraud", "Payments"): ("€1.5m", 2), ("Fraud", "Whole firm"): ("€300k", 1), ("Cyber", "Retail"): ("€2.0m", 1),
    }  # fmt: skip
    assert plot.title == "Cyber in Retail is the largest exposure: €2.0m a year, 53\u202f% of all"
    assert "Fraud, Payments: €1.5m" in plot.alt


def test_long_names_of_units_stand_above_the_cells(tmp_path: Path) -> None:
    """In the drawing: the last line of each name ends above the highest cell, and names of one line and of more end together."""
    names = {
        "HQ": "Group Head Office of the North",
        "RET": "Retail",
        "PAY": "Brekka Retail Systems",
    }
    rows = [risk(n, "fraud", id_, 1e6 * n) for n, id_ in enumerate(names, 1)]
    plot, _ = drawn(charts.heat_map(view(tmp_path, risks=rows, thresholds=[LIMIT], units=[unit(*one) for one in names.items()])))  # fmt: skip
    made = ET.fromstring(svg(Chart(id="map", spec=plot.spec(), alt=plot.alt)))
    texts: list[tuple[str, float]] = []

    def walk(node: ET.Element, up: float) -> None:
        moved = re.search(r"translate\([^,]+,([^)]+)\)", node.get("transform", ""))
        up += float(moved[1]) if moved else 0.0
        if node.tag.endswith("text"):
            lines = [part.text or "" for part in node] or [node.text or ""]
            below = sum(float(part.get("dy", 0)) for part in node)
            texts.append((" ".join(lines).strip(), up + below))
        for child in node:
            walk(child, up)

    walk(made, 0.0)
    lowest = {said: at for said, at in texts if said in names.values()}
    assert set(lowest) == set(names.values())
    assert max(lowest.values()) - min(lowest.values()) < 0.5
    cell = next(at for said, at in texts if said == "€1.0m")
    # Cells are 30 px and more high, and their amount stands in the middle.
    assert max(lowest.values()) < cell - 15


def test_two_hundred_units_are_not_squeezed_into_one_map(tmp_path: Path) -> None:
    rows = [risk(n, "fraud", f"U{n:03d}", 1000.0 * n) for n in range(1, 201)]
    plot, data = drawn(charts.heat_map(view(tmp_path, risks=rows, thresholds=[LIMIT])))
    assert len({row["unit"] for row in data}) == 12
    assert plot.note == "188 smaller units are not drawn."
    assert "U200" in plot.title


def found(number: int, name: str, *, late: bool) -> dict[str, Any]:
    due = date(2026, 8, 20)
    return {
        "finding_id": f"F{number}", "asset_id": f"A{number}", "unit_id": name, "severity": "critical", "opened": date(2026, 7, 1), "due_original": due,
        "state": "fixed", "closed": due + timedelta(10 if late else -1),
    }  # fmt: skip


FINDINGS = [found(n, "PAY", late=n == 0) for n in range(4)] + [found(n + 10, "RET", late=False) for n in range(4)]  # fmt: skip


def test_a_bullet_is_short_where_the_measure_is(tmp_path: Path) -> None:
    """Seven of eight in time is 87.5 %, short of the 90 % that holds by default."""
    plot, data = drawn(charts.bullets(view(tmp_path, findings=FINDINGS), "V04", "V01"))
    (row,) = {tuple(sorted(row.items())) for row in data}
    told = dict(row)
    assert (told["value"], told["green"], told["short"]) == (87.5, 90.0, True)
    assert "is short of the limit" in plot.title
    assert plot.note.startswith("Not drawn: ")


def test_small_charts_stand_on_one_scale_worst_first(tmp_path: Path) -> None:
    made = charts.multiples(view(tmp_path, findings=FINDINGS, units=[unit("PAY", "Payments"), unit("RET", "Retail")]), "V04")  # fmt: skip
    plot, data = drawn(made)
    last = {row["name"]: row["value"] for row in data if row["end"]}
    assert last == {"Payments": 75.0, "Retail": 100.0}
    assert "Payments is furthest from the target at 75" in plot.title
    spec = plot.spec()
    assert spec["facet"]["sort"] == ["Payments", "Retail"]
    assert "resolve" not in spec or "scale" not in spec["resolve"]


@pytest.mark.parametrize("call", ["heat_map", "bullets", "multiples"])
def test_without_data_a_reason_stands_in_its_place(tmp_path: Path, call: str) -> None:
    given = {"heat_map": (), "bullets": ("K02",), "multiples": ("V04",)}[call]
    assert isinstance(getattr(charts, call)(view(tmp_path), *given), Shown)


def test_what_is_drawn_and_listed_stands_in_one_order_whatever_the_engine_gives(
    tmp_path: Path,
) -> None:
    """Ten categories by eight units, loaded backwards; of two risks that end on the same day, the one that comes first by name."""
    places = [(f"c{c}", f"U{u}") for c in range(10) for u in range(8)]
    rows = [risk(n, category, unit_, 1e5, response="accept", accepted_until=date(2026, 12, 1), title=None) for n, (category, unit_) in enumerate(reversed(places), start=100)]  # fmt: skip
    seen = view(tmp_path, risks=rows, thresholds=[LIMIT])
    _, data = drawn(charts.heat_map(seen))
    assert [(row["category"], row["unit"]) for row in data] == sorted(places)
    shown = sections.acceptances(seen, limit=99).block
    assert isinstance(shown, Table)
    assert [row[0].sub for row in shown.rows] == sorted(str(row["risk_id"]) for row in rows)
    # One that nobody gave a title is named where it lies near its limit.
    near = sections.above_appetite(view(tmp_path / "near", risks=[risk(1, "fraud", None, 4.9e6, title=None)], thresholds=[LIMIT]))  # fmt: skip
    assert isinstance(near.block, Table)
    assert "within a tenth of the appetite: R1." in near.block.note
