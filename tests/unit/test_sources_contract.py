"""Raw rows against the contract of a table: every problem at once, in a spreadsheet person's words."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Sequence
from decimal import Decimal

import pyarrow as pa
import pytest

from reportkit.sources import contract
from reportkit.tables import TABLES, table

FINDINGS = table("findings")


def findings(**columns: Sequence[str | None]) -> pa.Table:
    size = max(map(len, columns.values()), default=1)
    base: dict[str, Sequence[str | None]] = {
        "finding_id": [f"F-{place}" for place in range(size)],
        "severity": ["high"] * size,
        "state": ["open"] * size,
    }
    return pa.table(
        {name: pa.array(cells, pa.string()) for name, cells in (base | columns).items()}
    )


def words(raw: pa.Table, name: str = "findings") -> list[str]:
    return [str(problem) for problem in contract.conform(table(name), raw)[1]]


@pytest.mark.parametrize("name", TABLES)
def test_rows_have_the_canonical_schema_of_every_table(name: str) -> None:
    spec = table(name)
    rows, problems, refused = contract.conform(spec, pa.table({}))
    assert rows.schema == contract.schema(spec)
    assert (rows.num_rows, problems, refused.num_rows) == (0, (), 0)


def test_a_mistyped_word_is_told_with_row_column_and_the_nearest_word() -> None:
    raw = findings(severity=["high"] * 2738 + ["Hgih"])
    rows, problems, refused = contract.conform(FINDINGS, raw)
    assert [str(problem) for problem in problems] == [
        "row 2740, column severity: 'Hgih' is not one of critical, high, medium, low, info (did you mean 'high'?)"
    ]
    assert (rows.num_rows, refused.num_rows) == (2738, 1)


def test_all_problems_are_told_at_once_and_each_row_is_rejected_once() -> None:
    raw = findings(
        severity=["Hgih", None, "low"],
        opened=["2026-02-30", "2026-01-01", "1900-01-01"],
        cvss=["11", "x", "5"],
    )
    rows, problems, refused = contract.conform(FINDINGS, raw)
    assert refused.num_rows == 3
    assert rows.num_rows == 0
    assert {(problem.row, problem.column) for problem in problems} == {
        (2, "severity"),
        (2, "opened"),
        (2, "cvss"),
        (3, "severity"),
        (3, "cvss"),
        (4, "opened"),
    }


def test_one_wrong_word_in_many_rows_is_told_once_with_its_count() -> None:
    assert words(findings(severity=["x", "high", "x", "x"])) == [
        "row 2, column severity: 'x' is not one of critical, high, medium, low, info (also in 2 more rows)"
    ]


def test_values_become_what_the_column_says() -> None:
    raw = pa.table(
        {
            "incident_id": ["I-1"],
            "confirmed": [" Confirmed "],
            "severity": ["2.0"],
            "control_caused": ["Yes"],
            "detected": ["2026-07-01T23:30:00+02:00"],
            "closed": ["2026-07-02 08:00"],
            "determined_at": ["2026-07-05T00:00:00Z"],
            "loss_primary": ["1234.505"],
            "notices": ['[{"regime": "SEC 8-K"}]'],
            "cause": [""],
        }
    )
    rows, problems, _ = contract.conform(table("incidents"), raw)
    assert problems == ()
    row = rows.to_pylist()[0]
    assert row["confirmed"] == "confirmed"
    assert row["severity"] == 2
    assert row["control_caused"] is True
    assert row["detected"] == dt.datetime.fromisoformat("2026-07-01T21:30")
    assert row["closed"] == dt.datetime.fromisoformat("2026-07-02T08:00")
    assert row["determined_at"] == dt.date(2026, 7, 5)
    # IEEE 754 and accountants round halves to even.
    assert row["loss_primary"] == Decimal("1234.50")
    assert row["cause"] is None


def test_text_that_looks_like_nothing_stays_text() -> None:
    rows, _, _ = contract.conform(FINDINGS, findings(title=["NA", "None", "null", "N/A"]))
    assert rows["title"].to_pylist() == ["NA", "None", "null", "N/A"]


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("epss", "1.5", "is not a number between 0 and 1"),
        ("epss", "1_000", "is not a number between 0 and 1"),
        ("cvss", "nan", "is not a number between 0 and 10"),
        ("opened", "03/04/2026", "is not a day such as 2026-09-30"),
        ("opened", "2026-01-01T99:00", "is not a day such as 2026-09-30"),
        ("opened", "2926-01-01", "is not a plausible day (years 1970 to 2199)"),
        ("kev", "maybe", "is not true or false"),
    ],
)
def test_what_does_not_fit_says_what_would(column: str, value: str, message: str) -> None:
    assert words(findings(**{column: [value]})) == [f"row 2, column {column}: '{value}' {message}"]


def test_a_soft_column_is_left_empty_and_its_row_kept() -> None:
    rows, problems, refused = contract.conform(
        FINDINGS, findings(cvss=["50"], opened=["2026-01-01"]), soft={"cvss"}
    )
    assert (rows.num_rows, refused.num_rows) == (1, 0)
    assert rows["cvss"].to_pylist() == [None]
    assert problems[0].severity == "warning"


def test_an_unknown_column_is_named_with_the_nearest_known_one() -> None:
    assert words(findings(opend=["2026-01-01"])) == [
        "column opend: is not a column of findings and was left out; did you mean 'opened'?"
    ]


def test_a_missing_required_column_names_the_one_that_was_meant() -> None:
    raw = findings().rename_columns(["finding_id", "severty", "state"])
    rows, problems, refused = contract.conform(FINDINGS, raw)
    assert (rows.num_rows, refused.num_rows) == (0, 1)
    assert "column severity: is missing but required; did you mean 'severty'?" in map(str, problems)


def test_closed_before_opened_is_refused() -> None:
    raw = findings(opened=["2026-05-02", "2026-05-01"], closed=["2026-05-01", "2026-05-01"])
    rows, problems, refused = contract.conform(FINDINGS, raw)
    assert (rows.num_rows, refused.num_rows) == (1, 1)
    assert str(problems[0]) == "row 2, column closed: '2026-05-01' is before opened (2026-05-02)"


def test_a_repeated_row_counts_once_and_a_contradicting_one_is_refused() -> None:
    raw = findings(finding_id=["A", "B", "A", "B"], title=["x", "y", "x", "z"])
    rows, problems, refused = contract.conform(FINDINGS, raw)
    assert rows["title"].to_pylist() == ["x", "y"]
    assert refused.num_rows == 1
    assert [str(problem) for problem in problems] == [
        "row 5, column finding_id: 'B' is already in row 3 with other values",
        "row 4: repeats an earlier row in every column and was kept once",
    ]


def test_versions_of_one_thing_are_different_keys() -> None:
    raw = pa.table({"asset_id": ["a", "a"], "valid_from": ["2026-01-01", "2026-04-01"]})
    rows, problems, _ = contract.conform(table("assets"), raw)
    assert (rows.num_rows, problems) == (2, ())


def test_more_wrong_words_than_anyone_reads_are_counted() -> None:
    raw = findings(opened=[f"day {place}" for place in range(1000)])
    _, problems, refused = contract.conform(FINDINGS, raw)
    assert refused.num_rows == 1000
    assert len(problems) == contract.TOLD + 1
    assert "and 799 more values like it" in str(problems[-1])


def test_typed_columns_pass_as_they_are() -> None:
    day = dt.date(2026, 1, 1)
    raw = findings().append_column("opened", pa.array([day], pa.date32()))
    rows, problems, _ = contract.conform(FINDINGS, raw)
    assert (rows["opened"].to_pylist(), problems) == ([day], ())


def test_twenty_thousand_rows_are_held_against_thirty_columns_in_a_blink() -> None:
    size = 20_000
    columns: dict[str, Sequence[str | None]] = {}
    for column in FINDINGS.columns:
        if column.type == "date":
            columns[column.name] = [f"202{1 + i % 5}-0{1 + i % 9}-1{i % 10}" for i in range(size)]
        elif column.type == "enum":
            columns[column.name] = [column.allowed[i % len(column.allowed)] for i in range(size)]
        elif column.type == "number":
            columns[column.name] = [f"{i / size:.5f}" for i in range(size)]
        elif column.type == "boolean":
            columns[column.name] = ["true" if i % 2 else "false" for i in range(size)]
        else:
            columns[column.name] = [f"{column.name} {i}" for i in range(size)]
    raw = findings(**columns)
    contract.conform(FINDINGS, raw.slice(0, 10))
    began = time.process_time()
    rows, problems, _ = contract.conform(FINDINGS, raw)
    # Five times the 0.3 s it must take, so that a busy machine does not fail it.
    assert time.process_time() - began < 1.5
    assert (rows.num_rows, problems) == (size, ())


def test_bounds_of_an_estimate_stand_in_order() -> None:
    raw = pa.table({
        "scenario_id": ["a", "b"], "state": ["current"] * 2, "valid_from": ["2026-01-01"] * 2,
        "low": ["1", "9"], "mode": ["5", "5"], "high": ["8", "8"],
    })  # fmt: skip
    rows, problems, refused = contract.conform(table("scenarios"), raw)
    assert (rows["scenario_id"].to_pylist(), refused.num_rows) == (["a"], 1)
    assert "column mode: '5.00' is below low (9.00)" in str(problems[0])
