"""Mappings that come along, each on a file in the shape its product documents; written here, as the products name things."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from reportkit.errors import DataError
from reportkit.sources import inspect, mapping, read
from reportkit.sources.grid import gather
from reportkit.tables import TABLES
from tests.conftest import Ended

#: By mapping: table, file, and some cells of its first row.
SMALL: dict[str, tuple[str, str, dict[str, Any]]] = {
    "rapid7-insightvm": (
        "findings",
        ("Asset IP Address,Asset Names,Service Port,Vulnerability Test Result Code,Vulnerability ID,Vulnerability CVE IDs,Vulnerability Severity Level,Vulnerability Title,Vulnerable Since\n"
        "10.0.0.7,web1,443,ve,tls-old,CVE-2014-3566,8,Old TLS,2026-08-01\n10.0.0.7,web1,22,nv,ssh-x,,4,SSH,2026-08-01\n"),
        {"asset_id": "web1", "severity": "critical", "cve_ids": "CVE-2014-3566", "location": "443", "opened": date(2026, 8, 1)},
    ),
    "defender-vulnerabilities": (
        "findings",
        ("id,deviceId,deviceName,cveId,vulnerabilitySeverityLevel,cvssScore,softwareVendor,softwareName,softwareVersion,firstSeenTimestamp,lastSeenTimestamp\n"
        "1,d1,pc7,CVE-2026-1,High,8.1,adobe,reader,11.0,2026-08-01 10:00:00,2026-09-29 10:00:00\n"),
        {"asset_id": "pc7", "vuln_id": "CVE-2026-1", "severity": "high", "component": "adobe reader 11.0", "opened": date(2026, 8, 1), "last_seen": date(2026, 9, 29)},
    ),
    "servicenow-vulnerable-items": (
        "findings",
        ("number,vulnerability,cmdb_ci,risk_rating,state,substate,first_found,last_found,ttr_target_date,closed_at\n"
        "VIT1,CVE-2026-1,srv1,1 - Critical,Closed,Fixed,2026-05-01 08:00:00,2026-06-01 08:00:00,2026-05-15 08:00:00,2026-06-02 08:00:00\n"
        "VIT2,CVE-2026-2,srv1,3 - Medium,Closed,False Positive,2026-05-01 08:00:00,,,\n"),
        {"finding_id": "snow-VIT1", "severity": "critical", "state": "fixed", "opened": date(2026, 5, 1), "due_original": date(2026, 5, 15), "closed": date(2026, 6, 2)},
    ),
    "servicenow-incidents": (
        "incidents",
        "number,short_description,opened_at,severity,state,category,resolved_at,closed_at\nSIR1,Phishing,2026-08-03 09:15:00,1 - High,Closed,Phishing,2026-08-04 10:00:00,2026-08-05 10:00:00\n",
        {"incident_id": "SIR1", "severity": 1, "confirmed": "confirmed", "detected": datetime(2026, 8, 3, 9, 15), "restored": datetime(2026, 8, 4, 10)},
    ),
    "servicenow-audit-issues": (
        "audits",
        "number,short_description,priority,due_date,item,assigned_to,opened_at,closed_at\nISS1,Leavers keep access,2 - High,2026-09-30,AC-2,Head of IT,2026-03-01,\n",
        {"finding_id": "ISS1", "rating": "high", "control_id": "AC-2", "due_original": date(2026, 9, 30), "closed_by_owner": None},
    ),
    "jira-incidents": (
        "incidents",
        "Issue key,Issue Type,Summary,Status,Priority,Resolution,Created,Resolved\nSEC-1,Incident,Phishing,Done,High,Done,03/Aug/26 9:15 AM,04/Aug/26 1:00 PM\nSEC-2,Task,Buy tape,Done,Low,Done,03/Aug/26 9:15 AM,\n",
        {"incident_id": "SEC-1", "severity": 2, "detected": datetime(2026, 8, 3, 9, 15), "closed": datetime(2026, 8, 4, 13)},
    ),
    "jira-audit-findings": (
        "audits",
        "Issue key,Issue Type,Summary,Status,Priority,Assignee,Created,Due date,Resolved,Custom field (Original due date)\nAUD-1,Audit Finding,Leavers keep access,Open,Highest,Head of IT,03/Mar/26 9:15 AM,31/Dec/26,,30/Sep/26\n",
        {"finding_id": "AUD-1", "rating": "critical", "opened": date(2026, 3, 3), "due_original": date(2026, 9, 30), "due_current": date(2026, 12, 31)},
    ),
    "simplerisk-risks": (
        "risks",
        "ID,Status,Subject,Category,Owner,Inherent Risk,Residual Risk,Planning Strategy,Submission Date\n1001,Mgmt Reviewed,Ransomware,Cyber,CRO,8.0,4.5,Mitigate,2026-02-01\n",
        {"risk_id": "1001", "residual": 4.5, "measured_in": "score", "response": "mitigate", "status": "open", "opened": date(2026, 2, 1)},
    ),
    "lms-training": (
        "people_measures",
        "Department,Period,Course,Assigned,Completed\nRetail,2026-Q3,Security basics,120,111\n",
        {"unit_id": "Retail", "measure": "training", "num": 111, "den": 120, "n": 120},
    ),
    "risk-register-excel": (
        "risks",
        "Risk register;;;;;;\nRisk ID;Risk;Category;Likelihood;Impact;Residual exposure;Response\nR1;Ransomware;cyber;20;5000000;1000000;Treat\nTotal;;;;;1000000;\n",
        {"risk_id": "R1", "residual": 1_000_000, "measured_in": "money", "response": "mitigate", "likelihood": 20},
    ),
    "budget-excel": (
        "spend",
        "Line,Quarter,Category,Run/change,Budget,Actual,Currency\nSIEM,2026-Q3,tools,RTB,100000,95000.50,EUR\nIdentity,2026-Q3,tools,CTB,50000,n/a,EUR\nTotal,,,,150000,95000.50,\n",
        {"line_id": "SIEM", "run_change": "run", "budget": Decimal("100000.00"), "actual": Decimal("95000.50")},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(SMALL))
def test_a_ready_mapping_reads_its_product(tmp_path: Path, name: str) -> None:
    table, text, wanted = SMALL[name]
    path = tmp_path / "export.csv"
    path.write_text(text, encoding="utf-8")
    one = mapping.shipped()[name]
    # Where it can be told by its columns, nobody has to name it.
    found = read(path, table, mapping=None if one.source.match else Path(name))
    assert found.mapping_sha256 == one.sha256
    assert found.rejected == 0, found.problems
    row = found.rows.to_pylist()[0]
    assert {key: row[key] for key in wanted} == wanted


def test_rows_that_are_none_of_it_are_left_out(tmp_path: Path) -> None:
    counts = {}
    for name in ("rapid7-insightvm", "jira-incidents", "budget-excel"):
        path = tmp_path / f"{name}.csv"
        path.write_text(SMALL[name][1], encoding="utf-8")
        counts[name] = read(path, SMALL[name][0]).rows.num_rows
    assert counts == {"rapid7-insightvm": 1, "jira-incidents": 1, "budget-excel": 2}


@pytest.mark.parametrize("name", sorted(mapping.shipped()))
def test_every_mapping_says_on_what_it_was_tried(name: str) -> None:
    from reportkit import resources

    one = mapping.shipped()[name]
    head = (resources.templates() / "mappings" / f"{name}.toml").read_text(encoding="utf-8").split("[source]")[0]  # fmt: skip
    assert "Tried on" in head or "Not tried on" in head
    assert set(one.columns) <= set(TABLES[one.source.table].names)


GOPHISH = """id,status,ip,latitude,longitude,send_date,reported,modified_date,email,first_name,last_name,position
a,Email Sent,,0,0,2026-08-03T09:00:00Z,false,2026-08-03T09:00:00Z,anna@x.example,Anna,B,
b,Clicked Link,1.1.1.1,0,0,2026-08-03T09:00:00Z,false,2026-08-03T10:00:00Z,bo@x.example,Bo,L,
c,Submitted Data,1.1.1.1,0,0,2026-08-03T09:00:00Z,true,2026-08-03T10:00:00Z,cy@x.example,Cy,M,
d,Email Opened,1.1.1.1,0,0,2026-08-03T09:00:00Z,true,2026-08-03T10:00:00Z,di@x.example,Di,N,
e,Error,,0,0,2026-08-03T09:00:00Z,false,2026-08-03T09:00:00Z,ed@x.example,Ed,O,
f,Email Sent,,0,0,2026-10-02T09:00:00Z,false,2026-10-02T09:00:00Z,fy@x.example,Fy,P,
"""


def test_a_phishing_exercise_is_counted_and_nobody_is_named(
    tmp_path: Path, typed: Callable[..., Ended]
) -> None:
    path = tmp_path / "results.csv"
    path.write_text(GOPHISH, encoding="utf-8")
    rows = read(path, "people_measures", unit="Retail").rows.to_pylist()
    counts = {(r["period"], r["measure"]): (r["n"], r["num"], r["den"]) for r in rows}
    assert counts == {
        ("2026-Q3", "phishing"): (5, 2, 4), ("2026-Q3", "phishing_clicks"): (5, 2, 4), ("2026-Q3", "phishing_submissions"): (5, 1, 4),
        ("2026-Q4", "phishing"): (1, 0, 1), ("2026-Q4", "phishing_clicks"): (1, 0, 1), ("2026-Q4", "phishing_submissions"): (1, 0, 1),
    }  # fmt: skip
    with pytest.raises(DataError, match="names no business unit"):
        read(path, "people_measures")
    (tmp_path / "w").mkdir()
    (tmp_path / "w/reportkit.toml").touch()
    assert (
        typed("load", "people_measures", path, "--unit", "Retail", "-w", tmp_path / "w").code == 0
    )
    kept = b"".join(file.read_bytes() for file in (tmp_path / "w").rglob("*") if file.is_file())
    assert b"anna" not in kept


@pytest.mark.parametrize(
    ("last", "dropped"),
    [
        (["Total", "", "", "12.50"], True),
        (["Grand total:", "", "", "12.50"], True),
        (["Gesamt", "", "", "12,50"], True),
        (["Count: 2", "", "", ""], True),
        (["2 records", "", "", ""], True),
        (["End of report", "", "", ""], True),
        (["Generated on 2026-09-30", "", "", ""], True),
        (["", "", "Total", "12.50"], True),
        (["Total Energies", "", "", "1.00"], False),
        (["Total", "open", "x", "1.00"], False),
        (["Sum Corp", "", "", "1.00"], False),
        (["Account", "", "", "1.00"], False),
        (["", "", "", "12.50"], False),
    ],
)
def test_lines_below_the_table_are_left_out_and_told(last: list[str], dropped: bool) -> None:  # noqa: FBT001 - a case
    rows = [
        ["id", "state", "owner", "cost"],
        ["a", "open", "x", "10"],
        ["b", "open", "y", "2.50"],
        last,
    ]
    grid = gather(rows, 0)
    assert grid.numbers == ([2, 3] if dropped else [2, 3, 4])
    told = [problem for problem in grid.problems if "below the table" in problem.message]
    assert len(told) == dropped
    assert all(problem.row == 4 for problem in told)


def test_a_total_within_the_table_is_a_row_like_any_other() -> None:
    grid = gather([["id", "cost", "x"], ["Total", "1", ""], ["b", "2", ""]], 0)
    assert grid.columns["id"] == ["Total", "b"]


def test_headings_merged_over_two_rows_are_joined() -> None:
    grid = gather(
        [
            ["Risk", "Exposure", "", "Owner"],
            ["", "Inherent", "Residual", ""],
            ["R1", "5", "1", "CRO"],
        ],
        0,
    )
    assert list(grid.columns) == ["Risk", "Exposure Inherent", "Exposure Residual", "Owner"]
    assert (grid.columns["Exposure Residual"], grid.numbers) == (["1"], [3])


@pytest.mark.parametrize(
    "rows",
    [
        [["Risk", "", "Owner"], ["R1", "x", "CRO"]],
        [["Risk", "Cost", ""], ["", "7", "8"]],
        [["", "Cost", "Owner"], ["x", "", ""]],
    ],
    ids=["a row of data", "numbers", "no group"],
)  # fmt: skip
def test_a_row_of_data_is_no_second_heading(rows: list[list[str]]) -> None:
    assert gather(rows, 0).numbers == [2]


def test_several_files_and_patterns_all_or_none(
    tmp_path: Path, typed: Callable[..., Ended]
) -> None:
    (tmp_path / "reportkit.toml").touch()
    for number in (1, 2):
        (tmp_path / f"scan{number}.csv").write_text(
            f"finding_id,severity,state,opened\nf{number},high,open,2026-08-0{number}\n"
        )
    ended = typed("load", "findings", tmp_path / "scan*.csv", "-w", tmp_path, "--json")
    assert ended.code == 0, ended.err
    assert [inspect(tmp_path / f"scan{n}.csv").findings for n in (1, 2)] == [1, 1]
    assert ended.out.count('"rows": 1') == 2
    (tmp_path / "scan3.csv").write_text("finding_id,severity,state\nf3,odd,open\n")
    (tmp_path / "other.csv").write_text("finding_id,severity,state\nf4,high,open\n")
    ended = typed(
        "load", "findings", tmp_path / "other.csv", tmp_path / "scan3.csv", "-w", tmp_path
    )
    assert (ended.code, "scan3.csv" in ended.err) == (3, True)
    logged = typed("log", "-w", tmp_path).out
    assert ("scan1" in logged, "other" in logged) == (True, False)
    ended = typed("load", "findings", tmp_path / "none*.csv", "-w", tmp_path)
    assert (ended.code, "No file fits" in ended.err) == (3, True)
    ended = typed("inspect", tmp_path / "scan1.csv", tmp_path / "scan2.csv", "--json")
    assert ended.out.count('"findings": 1') == 2
