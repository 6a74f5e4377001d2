"""Measures on another engine, held against those of the engine in this process."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from reportkit.measures import Value, definitions
from reportkit.tables import TABLES
from reportkit.view import View
from reportkit.workspace import Workspace
from tests import estate

#: The view here, and the same one there.
Both = tuple[View, View]


def both(folder: Path, findings: int, url: str) -> Both:
    """Give one view of so many findings, computed here and by the engine at an address."""
    here = estate.make(folder, findings)
    return here.at("2026-Q3"), written(folder, url).at("2026-Q3")


def written(folder: Path, url: str) -> Workspace:
    """Give a workspace whose measures are computed at an address."""
    (folder / "reportkit.toml").write_text(f'[engine]\nurl = "{url}"\n', encoding="utf-8")
    return Workspace(folder, now=estate.NOW)


def rows_of(view: View, id_: str, by: str | None) -> pd.DataFrame:
    """Give the rows a measure is finished from, in an order of their own."""
    rows = view._reduced(view.statement(definitions()[id_], by))
    return rows.sort_values(list(rows.columns), ignore_index=True)


def assert_equal(views: Both, id_: str) -> None:
    """Hold a measure's rows, whole and split, and its value: numbers with a fraction may differ by 1e-9 of themselves."""
    for by in (None, *definitions()[id_].dims):
        here, there = (rows_of(view, id_, by) for view in views)
        assert here["grp"].nunique() > (by is not None)
        pd.testing.assert_frame_equal(here, there, check_dtype=False, check_exact=False, rtol=1e-9, atol=0)  # fmt: skip
    mine, theirs = (view.measure(id_).value for view in views)
    assert (mine.n, mine.reason, mine.note) == (theirs.n, theirs.reason, theirs.note)
    assert numbers(mine) == pytest.approx(numbers(theirs), rel=1e-9, abs=0)


def numbers(value: Value) -> dict[str, float]:
    """Give every number of a value, those beside it too."""
    own = ("value", "low", "high", "numerator", "denominator", "target")
    found = {name: getattr(value, name) for name in own} | {p.name: p.value for p in value.parts}
    return {name: number for name, number in found.items() if number is not None}


def number(view: View, id_: str) -> float:
    """Give the value of a measure that has one."""
    value = view.measure(id_).value.value
    assert value is not None
    return value


def assert_something_measured(views: Both, findings: int) -> None:
    """Say that equal results are not those of nothing."""
    here, there = views
    # About a quarter of the findings were open by half-time; all are counted, by both.
    assert findings / 10 < number(here, "V01") == number(there, "V01")
    assert (there.measure("V04").value.denominator or 0) > findings / 1_000
    silent = {id_: there.measure(id_).value.reason for id_ in definitions() if there.measure(id_).value.value is None}  # fmt: skip
    assert silent == {}
    assert len(there.measure("V06", by="severity")) == 5
    assert number(here, "K02") == number(there, "K02") > 0


def assert_same_relation(views: Both, name: str) -> None:
    """Hold the columns, the number of rows, and the first thousand rows of a relation: texts, days, money, all exactly."""
    counts = [view._reduced(f"SELECT COUNT(*) AS n FROM {name}")["n"].tolist() for view in views]
    assert counts[0] == counts[1]
    table = {"open_findings": "findings", "people_cells": "people_measures", "identities_seen": "identities"}.get(name, name)  # fmt: skip
    key = ", ".join(TABLES[table].key)
    here, there = (
        view._reduced(f"SELECT * FROM {name} ORDER BY {key} LIMIT 1000") for view in views
    )
    assert len(here) == min(counts[0][0], 1000)
    pd.testing.assert_frame_equal(here, there, check_exact=True)
