"""Tools' exports, smallest cases: what is no finding, what is closed, hidden or accepted, and what a place is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reportkit.errors import DataError
from reportkit.sources import inspect, read
from reportkit.sources.formats import FORMATS, described


def rows(folder: Path, content: Any, name: str = "export.json") -> list[dict[str, Any]]:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    found: list[dict[str, Any]] = read(path, "findings").rows.to_pylist()
    return sorted(found, key=lambda row: (row["vuln_id"], row["location"] or ""))


def states(found: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(row["vuln_id"], row["state"]) for row in found]


def test_every_format_is_described() -> None:
    told = described()
    assert told.keys() == FORMATS.keys()
    assert all(len(words) > 8 for words in told.values())


def asff(id_: str, **more: Any) -> dict[str, Any]:
    return {
        "SchemaVersion": "2018-10-08", "ProductArn": "arn", "Id": id_, "Title": id_, "Severity": {"Label": "HIGH"},
        "Resources": [{"Id": "i-1"}], "FirstObservedAt": "2026-08-01T00:00:00Z", "LastObservedAt": "2026-09-01T00:00:00Z", **more,
    }  # fmt: skip


def test_security_hub(tmp_path: Path) -> None:
    entries = [
        asff("open"),
        asff("gone", RecordState="ARCHIVED"),
        asff("done", Workflow={"Status": "RESOLVED"}),
        asff("hidden", Workflow={"Status": "SUPPRESSED"}),
        asff("passed", Compliance={"Status": "PASSED"}),
        asff("number", Severity={"Normalized": 90}),
    ]
    found = rows(tmp_path, {"Findings": entries})
    assert states(found) == [
        ("done", "fixed"), ("gone", "fixed"), ("hidden", "out_of_scope"), ("number", "open"), ("open", "open"),
    ]  # fmt: skip
    assert str(found[0]["closed"]) == "2026-09-01"
    assert [row["vuln_id"] for row in found if row["severity"] == "critical"] == ["number"]
    summary = inspect(tmp_path / "export.json")
    assert (summary.records, summary.findings, summary.tool_issues) == (6, 5, 6)


def ocsf(code: str, verdict: str, **more: Any) -> dict[str, Any]:
    return {
        "class_uid": 2004, "category_uid": 2, "metadata": {"event_code": code, "product": {"name": "Prowler"}}, "severity": "Low",
        "status_code": verdict, "finding_info": {"title": code}, "resources": [{"uid": "r"}], "time": 1_780_000_000, **more,
    }  # fmt: skip


def test_ocsf_as_list_and_as_lines(tmp_path: Path) -> None:
    events = [ocsf("a", "FAIL"), ocsf("b", "PASS"), ocsf("c", "MANUAL"), ocsf("d", "FAIL", status="Suppressed")]  # fmt: skip
    whole = rows(tmp_path, events)
    assert states(whole) == [("a", "open"), ("d", "out_of_scope")]
    # 1,780,000,000 seconds after 1970 is 28 May 2026, 20:26:40 UTC.
    assert str(whole[0]["opened"]) == "2026-05-28"
    lines = rows(tmp_path, "\n".join(json.dumps(e) for e in events), "lines.ocsf.json")
    assert lines == whole


def test_dependency_track_analysis(tmp_path: Path) -> None:
    def finding(id_: str, **analysis: Any) -> dict[str, Any]:
        return {"component": {"name": "x", "version": "1"}, "vulnerability": {"vulnId": id_, "severity": "UNASSIGNED"}, "analysis": analysis}  # fmt: skip

    export = {
        "meta": {"application": "Dependency-Track"}, "project": {"name": "shop", "version": "2"},
        "findings": [
            finding("V-1", state="NOT_SET", isSuppressed=False), finding("V-2", state="NOT_AFFECTED", isSuppressed=True),
            finding("V-3", state="IN_TRIAGE", isSuppressed=True), finding("V-4", state="RESOLVED"),
        ],
    }  # fmt: skip
    found = rows(tmp_path, export)
    assert states(found) == [("V-1", "open"), ("V-2", "false_positive"), ("V-3", "accepted"), ("V-4", "fixed")]  # fmt: skip
    assert {row["severity"] for row in found} == {"info"}
    assert {row["asset_id"] for row in found} == {"shop 2"}


def test_snyk_counts_each_way_to_a_package(tmp_path: Path) -> None:
    entry = {"id": "SNYK-1", "packageName": "p", "version": "1", "severity": "low", "semver": {}}
    ways = [{**entry, "from": ["app", "a", "p@1"]}, {**entry, "from": ["app", "b", "p@1"]}]
    found = rows(tmp_path, {"vulnerabilities": [*ways, ways[0]], "packageManager": "npm", "projectName": "app"})  # fmt: skip
    assert sorted(row["location"] for row in found) == ["app > a > p@1", "app > b > p@1"]


def test_semgrep_keeps_a_rule_at_a_line_once(tmp_path: Path) -> None:
    hit = {"check_id": "r", "path": "a.py", "start": {"line": 3}, "extra": {"severity": "ERROR", "message": "m"}}  # fmt: skip
    found = rows(tmp_path, {"results": [hit, hit, {**hit, "start": {"line": 4}}], "errors": []})
    assert [(row["location"], row["severity"]) for row in found] == [("a.py:3", "high"), ("a.py:4", "high")]  # fmt: skip


def test_zap_places_and_false_positives(tmp_path: Path) -> None:
    def alert(number: int, confidence: int, *uris: str) -> str:
        places = "".join(f"<instance><uri>{u}</uri><method>GET</method></instance>" for u in uris)
        return f"<alertitem><pluginid>{number}</pluginid><alert>A</alert><riskcode>3</riskcode><confidence>{confidence}</confidence><instances>{places}</instances></alertitem>"

    text = f'<OWASPZAPReport><site name="s"><alerts>{alert(1, 2, "u1", "u2")}{alert(2, 0, "u1")}</alerts></site></OWASPZAPReport>'
    found = rows(tmp_path, text, "zap.xml")
    assert [(r["location"], r["state"]) for r in found] == [("u1", "open"), ("u2", "open"), ("u1", "false_positive")]  # fmt: skip
    assert inspect(tmp_path / "zap.xml").tool_issues == 2


def test_a_rule_that_passed_is_no_finding(tmp_path: Path) -> None:
    results = "".join(
        f'<rule-result idref="r{n}" severity="medium"><result>{word}</result></rule-result>'
        for n, word in enumerate(("pass", "fail", "notapplicable", "notchecked"))
    )
    text = f'<TestResult xmlns="http://checklists.nist.gov/xccdf/1.2"><target>host</target>{results}</TestResult>'
    assert [(r["vuln_id"], r["asset_id"]) for r in rows(tmp_path, text, "x.xml")] == [
        ("r1", "host")
    ]


def test_checkov_and_inspector_by_their_shapes(tmp_path: Path) -> None:
    check = {"check_id": "CKV_1", "check_name": "n", "file_path": "/a.tf", "file_line_range": [7, 9], "resource": "aws.x", "severity": "HIGH"}  # fmt: skip
    report = {"check_type": "terraform", "results": {"passed_checks": [check], "failed_checks": [check]}}  # fmt: skip
    for export in (report, [report]):
        assert [r["location"] for r in rows(tmp_path, export)] == ["/a.tf:7"]
    finding = {"findingArn": "f", "awsAccountId": "1", "title": "t", "severity": "UNTRIAGED", "status": "CLOSED", "updatedAt": "2026-09-03T00:00:00Z",
               "resources": [{"id": "i"}], "firstObservedAt": "2026-08-01 10:00:00+02:00"}  # fmt: skip
    (row,) = rows(tmp_path, {"findings": [finding]})
    assert (row["severity"], row["state"], str(row["closed"]), str(row["opened"])) == ("info", "fixed", "2026-09-03", "2026-08-01")  # fmt: skip


def test_a_score_becomes_a_severity_by_its_band(tmp_path: Path) -> None:
    head = "OrcaScore,Title,Category,Source,Status,CreatedAt,LastSeen\n"
    lines = [f"{score},T{score},c,s,open,2026-08-01,2026-08-02" for score in (0, 0.1, 3.9, 4, 7, 9)]
    found = rows(tmp_path, head + "\n".join(lines), "orca.csv")
    assert [r["severity"] for r in found] == ["info", "low", "low", "medium", "high", "critical"]


def test_another_tool_s_columns_are_not_taken_for_a_table(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("Asset Id,Colour,Weight,Taste,Shape\n1,red,2,sweet,round\n")
    with pytest.raises(DataError, match="not those of any table"):
        inspect(path)


@pytest.mark.parametrize(
    "text",
    ['{"Findings": [{"SchemaVersion": "1", "ProductArn": "a"', '{"results": [{"check_id": 1}, {"errors"', '[{"class_uid": 1, "category_uid": 2}'],
)  # fmt: skip
def test_a_torn_export_is_refused_with_its_place(tmp_path: Path, text: str) -> None:
    path = tmp_path / "torn.json"
    path.write_text(text)
    with pytest.raises(DataError, match=r"torn\.json is not valid JSON: .* at line 1, column"):
        inspect(path)
