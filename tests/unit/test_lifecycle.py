"""Exports over time: the same file twice, a complete export, what comes back, and clocks that go on."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from reportkit import lifecycle
from reportkit.errors import UsageError
from reportkit.store import Provenance, Store
from reportkit.tables import TABLES
from reportkit.workspace import Workspace
from tests.unit.workspaces import load, workspace

NOW = datetime(2026, 10, 12)


def weak(number: int, **more: Any) -> dict[str, Any]:
    return {"finding_id": f"F{number}", "asset_id": "A", "severity": "high", "opened": date(2026, 1, 1), "state": "open", **more}  # fmt: skip


def export(ws: Workspace, rows: list[dict[str, Any]], day: date, *, source: str = "scanner", unit: str | None = None) -> int:  # fmt: skip
    """Load a complete export made on a day, and give how many findings it closes by its silence."""
    at = datetime(day.year, day.month, day.day, 12)
    kept = load(ws, "findings", rows, at, source=source)
    store = Store(ws.folder / "store")
    import pyarrow.parquet as pq

    listed = pq.read_table(store.extract_path("findings", kept.extract))
    gone = lifecycle.gone(store, listed, table="findings", source=source, unit=unit, day=day, known_by=at)  # fmt: skip
    if gone.num_rows:
        store.add(TABLES["findings"], gone, Provenance(source=source, recorded_at=at, format=lifecycle.ABSENCE))  # fmt: skip
    return int(gone.num_rows)


def told(ws: Workspace, known_by: datetime = NOW) -> dict[str, tuple[str, date | None]]:
    rows = Workspace(ws.folder, now=NOW).at("2026-Q3", known_by=known_by).sql("SELECT finding_id, state, closed FROM findings")  # fmt: skip
    return {
        row["finding_id"]: (row["state"], None if str(row["closed"]) == "NaT" else row["closed"].date())
        for row in rows.to_dict("records")
    }  # fmt: skip


def test_what_a_complete_export_leaves_out_is_closed_on_its_day(tmp_path: Path) -> None:
    ws = workspace(tmp_path / "ws")
    export(ws, [weak(1), weak(2), weak(3)], date(2026, 7, 1))
    assert export(ws, [weak(1)], date(2026, 8, 1)) == 2
    assert told(ws) == {
        "F1": ("open", None), "F2": ("fixed", date(2026, 8, 1)), "F3": ("fixed", date(2026, 8, 1)),
    }  # fmt: skip
    # Known by July, all three were open.
    assert {state for state, _ in told(ws, datetime(2026, 7, 20)).values()} == {"open"}


def test_the_same_export_again_changes_nothing(tmp_path: Path) -> None:
    ws = workspace(tmp_path / "ws")
    export(ws, [weak(1), weak(2)], date(2026, 7, 1))
    export(ws, [weak(1)], date(2026, 8, 1))
    before = told(ws)
    loads = len(Store(ws.folder / "store").loads())
    assert export(ws, [weak(1)], date(2026, 9, 1)) == 0
    assert told(ws) == before
    assert len(Store(ws.folder / "store").loads()) == loads


def test_what_comes_back_is_open_on_the_same_clock(tmp_path: Path) -> None:
    """A scanner without dates gives each export its own day; the clock still starts with the first."""
    ws = workspace(tmp_path / "ws")
    export(ws, [weak(1, opened=date(2026, 3, 1))], date(2026, 7, 1))
    export(ws, [], date(2026, 8, 1))
    export(ws, [weak(1, opened=date(2026, 9, 1))], date(2026, 9, 1))
    rows = Workspace(ws.folder, now=NOW).at("2026-Q3").sql("SELECT opened, state FROM findings")
    assert rows["state"].tolist() == ["open"]
    assert rows["opened"].iloc[0].date() == date(2026, 3, 1)


def test_silence_closes_nothing_elsewhere(tmp_path: Path) -> None:
    """Another source, another unit, and what is no weakness at all stay as they are; accepted exposure is gone too."""
    ws = workspace(tmp_path / "ws")
    load(ws, "findings", [weak(9)], datetime(2026, 6, 1), source="other")
    first = [weak(1, unit_id="X"), weak(2, unit_id="Y"), weak(3, unit_id="X", state="false_positive"), weak(4, unit_id="X", state="accepted")]  # fmt: skip
    export(ws, first, date(2026, 7, 1))
    assert export(ws, [weak(5, unit_id="X")], date(2026, 8, 1), unit="X") == 2
    assert {k: v[0] for k, v in told(ws).items()} == {
        "F9": "open", "F1": "fixed", "F2": "open", "F3": "false_positive", "F4": "fixed", "F5": "open",
    }  # fmt: skip


def test_only_findings_end_by_silence(tmp_path: Path) -> None:
    ws = workspace(tmp_path / "ws")
    with pytest.raises(UsageError, match="Only findings"):
        lifecycle.gone(Store(ws.folder / "store"), None, table="assets", source="s", unit=None, day=date(2026, 8, 1), known_by=NOW)  # fmt: skip


def test_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    from reportkit.cli import main

    def typed(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["reportkit", *words])
        code = 0
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    monkeypatch.chdir(tmp_path)
    typed("init", ".")
    head = "finding_id,severity,state,opened\n"
    (tmp_path / "one.csv").write_text(f"{head}F1,high,open,2026-01-01\nF2,low,open,2026-01-01\n")
    (tmp_path / "two.csv").write_text(f"{head}F1,high,open,2026-01-01\n")
    (tmp_path / "bad.csv").write_text(f"{head}F1,high,open,2026-01-01\nF3,odd,open,2026-01-01\n")
    load_ = ("load", "findings", "--source", "scanner", "--complete")
    assert typed(*load_, "one.csv", "--recorded-at", "2026-07-01")[0] == 0
    code, out, _ = typed(*load_, "two.csv", "--recorded-at", "2026-08-01", "--json")
    assert (code, json.loads(out)["closed"]) == (0, 1)
    code, _, err = typed(*load_, "bad.csv", "--recorded-at", "2026-09-01")
    assert code == 3
    assert "nothing was closed" in err
