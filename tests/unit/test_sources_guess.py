"""A guessed mapping: what is sure is written, what is not is asked, and nothing loads before it is answered."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reportkit.errors import ConfigError, DataError
from reportkit.sources import read, reading
from reportkit.sources.guess import guess

TRACKER = """Export der Schwachstellen;;;;;
Stand 30.09.2026;;;;;
Server;Vulnerability;Severity;First seen;Due date;Status;Kosten
srv1;Alte Bibliothek;Stufe B;05.07.2026;01.08.2026;offen;1.234,50
srv2;CVE-2026-1;High;25.07.2026;;open;12,00
"""


def guessed(path: Path, table: str = "findings") -> str:
    return guess(reading.ask(path, table=table), table)


@pytest.fixture
def tracker(tmp_path: Path) -> Path:
    path = tmp_path / "tracker.csv"
    path.write_text(TRACKER, encoding="utf-8")
    return path


def test_sure_columns_are_lines_and_others_are_asked(tracker: Path) -> None:
    lines = guessed(tracker).splitlines()
    assert "header in row 3" in lines[0]
    assert 'title = "Vulnerability"' in lines
    assert 'opened = "First seen"' in lines
    assert '# asset_id = "Server"' in lines
    assert 'severity = { from = "Severity", map = { "Stufe B" = "", "High" = "high" } }' in lines
    assert 'due_original = { from = "Due date", order = "dmy or mdy?" }' in lines
    assert "#   Kosten: 1.234,50, 12,00" in lines
    assert 'state = { from = "Status", map = { "offen" = "open", "open" = "open" } }' in lines


def test_it_cannot_be_loaded_before_it_is_answered(tracker: Path, tmp_path: Path) -> None:
    mapping = tmp_path / "m.toml"
    mapping.write_text(guessed(tracker), encoding="utf-8")
    with pytest.raises(ConfigError, match="order"):
        read(tracker, "findings", mapping=mapping)
    dated = mapping.read_text(encoding="utf-8").replace("dmy or mdy?", "dmy")
    mapping.write_text(dated, encoding="utf-8")
    found = read(tracker, "findings", mapping=mapping)
    assert (found.rows.num_rows, found.rejected) == (1, 1)


def test_answered_it_reads_the_file(tracker: Path, tmp_path: Path) -> None:
    mapping = tmp_path / "m.toml"
    text = (
        guessed(tracker)
        .replace("dmy or mdy?", "dmy")
        .replace('"Stufe B" = ""', '"Stufe B" = "high"')
    )
    text = text.replace("# asset_id", "asset_id")
    mapping.write_text(text, encoding="utf-8")
    found = read(tracker, "findings", mapping=mapping)
    assert found.rejected == 0
    rows = sorted(found.rows.to_pylist(), key=lambda row: row["asset_id"])
    assert [(r["asset_id"], r["severity"], str(r["opened"]), str(r["due_original"])) for r in rows] == [
        ("srv1", "high", "2026-07-05", "2026-08-01"),
        ("srv2", "high", "2026-07-25", "None"),
    ]  # fmt: skip


def test_decimal_commas_and_required_columns_are_seen(tmp_path: Path) -> None:
    path = tmp_path / "budget.csv"
    path.write_text("period;category;budget;actual\n2026-Q3;Tools;1.234,50;1.000,00\n")
    lines = guessed(path, "spend").splitlines()
    assert 'budget = { from = "budget", decimal = "," }' in lines
    assert any(line.startswith("# line_id is required") for line in lines)


def test_json_lists_and_files_that_need_none(tmp_path: Path) -> None:
    listed = tmp_path / "list.json"
    listed.write_text(json.dumps([{"Host": "a", "Severity": "low", "Name": "x"}]))
    assert 'asset_id = "Host"' in guessed(listed)
    tool = tmp_path / "semgrep.json"
    tool.write_text('{"results": [], "errors": []}')
    with pytest.raises(DataError, match="is semgrep, which is read without a mapping"):
        guessed(tool)
    other = tmp_path / "page.xml"
    other.write_text("<page/>")
    with pytest.raises(DataError, match="no format known here"):
        guessed(other)
