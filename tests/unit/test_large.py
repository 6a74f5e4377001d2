"""Findings too many to copy give the same figures as copied ones."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from reportkit import grouping, sql
from reportkit.measures import definitions
from reportkit.relations import columns
from reportkit.store import Provenance
from reportkit.tables import TABLES
from reportkit.view import View
from reportkit.workspace import Workspace
from tests import engines, estate


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[View, View]:
    """Give one view twice: with copied rows, and with rows looked up as each query needs them."""
    folder = tmp_path_factory.mktemp("large")
    copied = estate.make(folder, 20_000).at("2026-Q3")
    copied.measure("V01")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sql, "LARGE", 100)
        # So few findings are hardly alike; they are grouped all the same, as millions would be.
        patched.setattr(grouping, "_ALIKE", 100)
        looked = Workspace(folder, now=estate.NOW).at("2026-Q3")
        for id_, words in definitions().items():
            for by in (None, *words.dims):
                looked.measure(id_, by=by)
    return copied, looked


@pytest.mark.parametrize("id_", sorted(definitions()))
def test_every_measure_is_the_same(both: tuple[View, View], id_: str) -> None:
    copied, looked = both
    assert copied.measure(id_).value == looked.measure(id_).value
    for by in definitions()[id_].dims:
        mine, theirs = ([(m.scope, m.value) for m in view.measure(id_, by=by)] for view in both)
        assert mine == theirs


@pytest.mark.parametrize("id_", sorted(definitions()))
def test_a_measure_says_which_rows_it_counts(both: tuple[View, View], id_: str) -> None:
    """What stands behind a restated figure is told from these conditions: they can be asked, and leave out nothing it divides by."""
    view, words = both[0], definitions()[id_]
    assert words.counted
    rows = 0
    for name, condition in words.counted.items():
        place = view.relation(name, f"* {condition}")
        met = f" WHERE {view.literal(condition)}" if condition else ""
        rows += int(view.workspace.engine.frame(f"SELECT COUNT(*) AS n FROM {place}{met}")["n"].iloc[0])  # fmt: skip
    value = view.measure(id_).value
    if words.unit == "percent" and not words.amounts and value.denominator and not {"people_measures", "spend"} & words.counted.keys():  # fmt: skip
        assert rows >= value.denominator


def test_the_rows_themselves_are_the_same(both: tuple[View, View]) -> None:
    for query in (
        "SELECT * FROM findings ORDER BY finding_id",
        "SELECT * FROM open_findings ORDER BY finding_id",
        "SELECT unit_id, COUNT(*) AS n FROM open_findings GROUP BY unit_id ORDER BY 1",
        "SELECT severity, MIN(due_original) AS due, COUNT(kev_due) AS listed FROM open_findings GROUP BY severity ORDER BY 1",
    ):
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(sql, "LARGE", 100)
            looked = both[1].sql(query)
        pd.testing.assert_frame_equal(both[0].sql(query), looked)


def test_most_measures_are_asked_of_groups(both: tuple[View, View]) -> None:
    looked = both[1]
    assert looked.workspace._groups == {"known_0": True}
    groups = looked.workspace.engine.frame("SELECT COUNT(*) AS n, SUM(n) AS of_all FROM known_0.finding_groups").iloc[0]  # fmt: skip
    assert groups["of_all"] == 20_000
    assert groups["n"] < 20_000


@pytest.mark.parametrize(("made", "worth"), [(75, True), (76, False)])
def test_groups_are_made_only_where_findings_are_alike(made: int, *, worth: bool) -> None:
    assert grouping.alike(made, 100) is worth


def test_a_query_that_takes_long_writes_no_bar_into_the_output() -> None:
    engine = sql.Local()
    rows = engine.frame("SELECT current_setting('enable_progress_bar') AS bar")
    engine.close()
    assert not rows["bar"].iloc[0]


def test_which_columns_a_query_asks_for() -> None:
    assert columns("SELECT COUNT(*) FROM findings WHERE kev") == frozenset(
        {
            "select",
            "count",
            "from",
            "findings",
            "where",
            "kev",
        }
    )
    assert columns("SELECT f.* FROM findings AS f") is None
    assert columns("SELECT a * 2 FROM t") is None


def test_groups_are_counted_once_for_all_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql, "LARGE", 100)
    monkeypatch.setattr(grouping, "_ALIKE", 100)
    first = estate.make(tmp_path, 6_000)

    def groups(workspace: Workspace) -> tuple[str, float, int]:
        """Give what kind of relation the groups are, a figure made of them, and how many files are kept."""
        figure = engines.number(workspace.at("2026-Q3"), "V01")
        made = workspace.engine.frame("SELECT table_type AS kind FROM information_schema.tables WHERE table_name = 'finding_groups' AND table_schema = 'known_0'")  # fmt: skip
        return made["kind"].iloc[0], figure, len([*(tmp_path / "store/.known").iterdir()])

    kind, figure, files = groups(first)
    assert (kind, files) == ("VIEW", groups(Workspace(tmp_path, now=estate.NOW))[2])
    # Another process reads the very file.
    stamps = {path: path.stat().st_mtime_ns for path in (tmp_path / "store/.known").iterdir()}
    assert groups(Workspace(tmp_path, now=estate.NOW)) == (kind, figure, files)
    assert stamps == {path: path.stat().st_mtime_ns for path in stamps}
    # One more load is other knowledge, and its groups are another file.
    rows = pa.table(
        {
            "finding_id": ["new"],
            "severity": ["high"],
            "state": ["open"],
            "opened": [date(2026, 9, 1)],
        }
    )
    first.store.add(TABLES["findings"], rows, Provenance(source="more", recorded_at=estate.AT))
    later = groups(Workspace(tmp_path, now=estate.NOW))
    assert later[1] == figure + 1
    assert later[2] > files
