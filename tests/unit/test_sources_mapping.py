"""Mappings: rename, coalesce, join, words, days, decimals, blanks, constants, conditions, filters."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from reportkit.errors import ConfigError, DataError
from reportkit.sources import inspect, mapping, read
from reportkit.tables import TABLES


def put(folder: Path, name: str, content: str) -> Path:
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return path


SPEND = """
[source]
table = "spend"
[read]
delimiter = ";"
blanks = ["--"]
[columns]
line_id = { from = ["Cost centre", "Line"], join = "/" }
period = { value = "2026-Q3" }
title = ["Long name", "Name"]
budget = { from = "Budget", decimal = "," }
actual = { from = "Actual", decimal = "," }
run_change = { from = "Kind", map = { Betrieb = "run", Projekt = "change" } }
"""


def test_a_budget_with_decimal_commas(tmp_path: Path) -> None:
    file = put(
        tmp_path,
        "budget.csv",
        "Cost centre;Line;Name;Long name;Budget;Actual;Kind\nK1;7;a;;1.234.567,50;--;betrieb\nK1;8;b;B;-3,5;0;Projekt\n",
    )
    found = read(file, "spend", mapping=put(tmp_path, "budget.toml", SPEND))
    columns = ["line_id", "period", "title", "budget", "actual", "run_change"]
    assert [tuple(row.values()) for row in found.rows.select(columns).to_pylist()] == [
        ("K1/7", "2026-Q3", "a", Decimal("1234567.50"), None, "run"),
        ("K1/8", "2026-Q3", "B", Decimal("-3.50"), Decimal("0.00"), "change"),
    ]
    assert found.mapping_sha256 is not None
    assert len(found.mapping_sha256) == 64


SCAN = """
[source]
table = "findings"
tool = "Scan"
issue = ["Check"]
[where]
Status = ["FAIL", "MANUAL"]
[unless]
Muted = ["yes"]
[columns]
asset_id = "Host"
vuln_id = "Check"
title = "Check"
severity = { from = "Severity", map = { P1 = "critical" } }
opened = { from = "Seen" }
state = { default = "open", cases = [{ if = { Accepted = ["yes", "x"], Status = "FAIL" }, then = "accepted" }] }
"""


def test_a_pass_is_no_finding_and_days_have_one_order(tmp_path: Path) -> None:
    file = put(
        tmp_path,
        "scan.csv",
        "Host,Check,Severity,Seen,Status,Muted,Accepted\n"
        "a,C1,P1,03/04/2026,FAIL,no,\n"
        "a,C2,low,20/04/2026,PASS,no,\n"
        "a,C2,low,20/04/2026,FAIL,yes,\n"
        "a,C3,low,20/04/2026,FAIL,no,x\n"
        "b,C3,low,20/04/2026,MANUAL,no,x\n",
    )
    found = read(file, "findings", mapping=put(tmp_path, "scan.toml", SCAN))
    columns = ["asset_id", "vuln_id", "severity", "opened", "state", "tool"]
    assert sorted(tuple(row.values()) for row in found.rows.select(columns).to_pylist()) == [
        ("a", "C1", "critical", date(2026, 4, 3), "open", "Scan"),
        ("a", "C3", "low", date(2026, 4, 20), "accepted", "Scan"),
        ("b", "C3", "low", date(2026, 4, 20), "open", "Scan"),
    ]
    assert (found.records, found.rows.num_rows, found.tool_issues) == (5, 3, 2)


def test_an_order_of_days_that_cannot_be_told_is_asked_for_and_never_guessed(
    tmp_path: Path,
) -> None:
    content = "Host,Check,Severity,Seen,Status,Muted,Accepted\na,C1,P1,03/04/2026,FAIL,no,\n"
    file, toml = put(tmp_path, "scan.csv", content), put(tmp_path, "scan.toml", SCAN)
    found = read(file, "findings", mapping=toml)
    assert found.rows["opened"].to_pylist() == [None]
    assert any('order = "dmy" or order = "mdy"' in str(problem) for problem in found.problems)
    toml = put(
        tmp_path, "scan.toml", SCAN.replace('{ from = "Seen" }', '{ from = "Seen", order = "mdy" }')
    )
    assert read(file, "findings", mapping=toml).rows["opened"].to_pylist() == [date(2026, 3, 4)]


def test_days_of_two_orders_in_one_column_are_named_by_row(tmp_path: Path) -> None:
    """11/03/2011 American and 20/10/2011 European in one column."""
    content = "asset_id,first_seen\na,20/10/2011\nb,25/10/2011\nc,10/25/2011\n"
    toml = (
        '[source]\ntable = "assets"\n[columns]\nasset_id = "asset_id"\nfirst_seen = "first_seen"\n'
    )
    found = inspect(put(tmp_path, "a.csv", content), mapping=put(tmp_path, "a.toml", toml))
    assert [str(problem) for problem in found.problems] == [
        "row 4, column first_seen: '10/25/2011' is not a day such as 2026-09-30"
    ]
    assert (found.findings, found.rejected) == (2, 1)


def test_a_renamed_column_in_the_file_is_named_with_its_nearest(tmp_path: Path) -> None:
    file = put(tmp_path, "budget.csv", "Cost centre;Lines;Name;Budget;Actual;Kind\n")
    toml = put(tmp_path, "b.toml", SPEND.replace('["Cost centre", "Line"], join = "/"', '"Line"'))
    with pytest.raises(DataError, match=r"no column 'Line' \(for line_id\); did you mean 'Lines'"):
        inspect(file, mapping=toml)


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ('[source]\ntable = "findigs"\n[columns]\n', "did you mean 'findings'"),
        ('[source]\ntable = "findings"\n[columns]\nseverty = "x"\n', "did you mean 'severity'"),
        (
            '[source]\ntabel = "findings"\n[columns]\n',
            "unknown key source.tabel; did you mean 'table'",
        ),
        (
            '[source]\ntable = "findings"\n[columns]\ntitle = { form = "x" }\n',
            "unknown key columns.title.form; did you mean 'from'",
        ),
        ('[source]\ntable = "findings"\n', "columns is missing"),
        ("[source", "not valid TOML"),
    ],
)
def test_a_mistake_in_a_mapping_is_named(tmp_path: Path, toml: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        mapping.read(put(tmp_path, "a.toml", toml))


def test_mappings_that_ship_are_found_by_name_and_are_sound() -> None:
    assert mapping.read(Path("generic-findings")).source.table == "findings"
    for one in mapping.shipped().values():
        required = {column.name for column in TABLES[one.source.table].columns if column.required}
        assert required - {"finding_id"} <= set(one.columns), one.name
    with pytest.raises(DataError, match="did you mean 'generic-findings'"):
        mapping.read(Path("generic-finding"))


def test_the_plain_csv_of_trackers_is_recognised_by_its_header(tmp_path: Path) -> None:
    file = put(
        tmp_path,
        "a.csv",
        "Date,Title,CweId,Url,Severity,Description,Active,FalsePositive,Duplicate,IsMitigated,MitigatedDate\n"
        "28/02/2026,A,79,https://x/1,High,d,TRUE,FALSE,FALSE,TRUE,28/03/2026\n"
        "28/02/2026,A,79,https://x/2,High,d,TRUE,TRUE,FALSE,FALSE,\n"
        "28/02/2026,B,79,https://x/2,,d,TRUE,FALSE,FALSE,FALSE,\n",
    )
    found = read(file, "findings")
    columns = ["title", "severity", "state", "opened", "closed"]
    listed = found.rows.sort_by([("title", "ascending"), ("location", "ascending")]).select(columns)
    assert [tuple(row.values()) for row in listed.to_pylist()] == [
        ("A", "high", "fixed", date(2026, 2, 28), date(2026, 3, 28)),
        ("A", "high", "false_positive", date(2026, 2, 28), None),
        ("B", "info", "open", date(2026, 2, 28), None),
    ]
    assert found.tool_issues == 2
