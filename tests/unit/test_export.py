"""Tables out: what a spreadsheet would run is harmless, numbers stay numbers, and both forms read back the same."""

from __future__ import annotations

import csv
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from reportkit import export
from reportkit.errors import DataError, UsageError

NAMES: list[Any] = ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\tx", "plain", "-5", None]
DAYS: list[Any] = ["2026-01-31"] * 7 + [None]
FRAME = pd.DataFrame({
    "name": NAMES,
    "amount": [1.5, -2.0, 0.0, 3.0, 4.0, 5.0, 6.0, None],
    "day": pd.to_datetime(pd.Series(DAYS)),
    "ok": pd.array([True, False] * 3 + [True, None], dtype="boolean"),
})  # fmt: skip


def read_csv(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.reader(file))


def test_formulas_in_text_are_harmless_and_numbers_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    export.write(FRAME, path)
    head, *rows = read_csv(path)
    assert head == ["name", "amount", "day", "ok"]
    assert [row[0] for row in rows] == [
        "'=cmd|' /C calc'!A0", "'+1+1", "'-2+3", "'@SUM(A1)", "'\tx", "plain", "-5", "",
    ]  # fmt: skip
    assert [row[1] for row in rows] == ["1.5", "-2.0", "0.0", "3.0", "4.0", "5.0", "6.0", ""]
    assert rows[0][2:] == ["2026-01-31", "True"]


def test_a_workbook_holds_text_as_text(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    export.write(FRAME, path)
    rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    assert [row[0] for row in rows[1:6]] == FRAME["name"].tolist()[:5]
    assert [row[1] for row in rows[1:4]] == [1.5, -2.0, 0.0]
    assert rows[1][2] == date(2026, 1, 31)
    assert rows[1][3] is True
    import zipfile

    with zipfile.ZipFile(path) as book:
        assert "<f>" not in book.read("xl/worksheets/sheet1.xml").decode()


@given(st.text())
def test_no_text_begins_like_a_formula(text: str) -> None:
    safe = export.neutral(text)
    assert safe.lstrip("'") == text.lstrip("'")
    if safe[:1] in {"=", "@", "\t", "\r", "\n"}:
        pytest.fail(safe)
    if safe[:1] in {"+", "-"}:
        float(safe)


def test_wrong_endings_and_folders(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"write \.csv or \.xlsx"):
        export.write(FRAME, tmp_path / "t.xls")
    with pytest.raises(DataError, match="check the path"):
        export.write(FRAME, tmp_path / "none/t.csv")
    with pytest.raises(DataError, match="check the path"):
        export.write(FRAME, tmp_path / "none/t.xlsx")
    assert list(tmp_path.iterdir()) == []


def test_a_moment_keeps_its_time(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    export.write(pd.DataFrame({"at": [datetime(2026, 3, 1, 9, 30)]}), path)
    assert read_csv(path)[1] == ["2026-03-01 09:30:00"]
