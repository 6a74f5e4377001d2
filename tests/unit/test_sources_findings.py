"""What each scanner's export says, from small exports written by hand after each format's own description."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from reportkit.errors import DataError
from reportkit.sources import Extract, inspect, read
from reportkit.sources.cvss import Score, best, grade, score
from reportkit.sources.findings import finding_id

DAY = date(2026, 9, 30)


def load(
    folder: Path, name: str, content: str | dict[str, Any] | list[Any], **told: Any
) -> Extract:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return read(path, "findings", **told)


def rows(found: Extract, *columns: str) -> list[Any]:
    """Give rows in the order of their finding's title and place, one value or a tuple each."""
    table = found.rows.sort_by([("title", "ascending"), ("location", "ascending")])
    if len(columns) == 1:
        listed: list[Any] = table[columns[0]].to_pylist()
        return listed
    return [tuple(row.values()) for row in table.select(list(columns)).to_pylist()]


NESSUS = """<?xml version="1.0" ?>
<NessusClientData_v2><Policy><policyName>p</policyName></Policy><Report name="r">
<ReportHost name="web1"><HostProperties>
 <tag name="HOST_START">Mon Jul  6 11:33:11 2026</tag><tag name="HOST_END">Tue Jul  7 01:40:48 2026</tag>
</HostProperties>
<ReportItem port="443" protocol="tcp" severity="3" pluginID="1" pluginName="A">
 <risk_factor>High</risk_factor><cve>CVE-2026-0001</cve><cvss_base_score>7.5</cvss_base_score>
 <cvss3_base_score>9.8</cvss3_base_score><cvss3_vector>CVSS:3.1/AV:N</cvss3_vector></ReportItem>
<ReportItem port="8443" protocol="tcp" severity="3" pluginID="1" pluginName="A"><cve>CVE-2026-0001</cve></ReportItem>
<ReportItem port="443" protocol="tcp" severity="3" pluginID="1" pluginName="A"><cve>CVE-2026-0001</cve></ReportItem>
<ReportItem port="0" protocol="tcp" severity="0" pluginID="2" pluginName="B"><risk_factor>None</risk_factor>
 <cve>CVE-2026-0002</cve><cve>CVE-2026-0003</cve></ReportItem>
</ReportHost></Report></NessusClientData_v2>"""


def test_a_nessus_finding_is_a_plugin_on_a_host_at_a_port(tmp_path: Path) -> None:
    found = load(tmp_path, "a.nessus", NESSUS)
    assert (found.records, found.rows.num_rows, found.tool_issues, found.rejected) == (4, 3, 2, 0)
    assert rows(found, "asset_id", "vuln_id", "location", "severity") == [
        ("web1", "CVE-2026-0001", "443/tcp", "high"),
        ("web1", "CVE-2026-0001", "8443/tcp", "high"),
        ("web1", "nessus:2", "0/tcp", "info"),
    ]
    assert rows(found, "cve_ids")[2] == "CVE-2026-0002|CVE-2026-0003"
    assert set(rows(found, "opened", "last_seen")) == {(date(2026, 7, 6), date(2026, 7, 7))}
    assert rows(found, "cvss", "cvss_version", "cvss_vector")[0] == (9.8, "3.1", "CVSS:3.1/AV:N")
    assert set(rows(found, "state", "tool")) == {("open", "Nessus")}


CSV = "Plugin ID,CVE,CVSS,Risk,Host,Protocol,Port,Name,Synopsis,Description,Solution,See Also,Plugin Output\n"


def test_nessus_risk_none_is_a_level(tmp_path: Path) -> None:
    """Read as missing, 29 of 30 rows of a real export vanish."""
    found = load(
        tmp_path,
        "a.csv",
        CSV + '"9","","","None","web1","tcp","80","B","","","","",""\n',
        observed=DAY,
    )
    assert rows(found, "severity", "opened") == [("info", DAY)]


def test_rows_of_one_plugin_that_differ_in_cve_are_one_finding_with_the_id_of_the_xml(
    tmp_path: Path,
) -> None:
    lines = "".join(f"1,CVE-2026-000{n},,High,web1,tcp,443,A,,,,,\n" for n in (1, 4))
    found = load(tmp_path, "a.csv", CSV + lines + "\n,,,,\n" * 5)
    assert (found.records, found.rows.num_rows, found.tool_issues) == (2, 1, 1)
    assert rows(found, "cve_ids", "vuln_id") == [("CVE-2026-0001|CVE-2026-0004", "nessus:1")]
    xml = load(tmp_path, "a.nessus", NESSUS)
    assert rows(found, "finding_id") == rows(xml, "finding_id")[:1]


def test_no_detection_date_is_said_once(tmp_path: Path) -> None:
    found = load(tmp_path, "a.csv", CSV + "1,,,High,a,tcp,1,A,,,,,\n2,,,High,a,tcp,1,B,,,,,\n")
    assert rows(found, "opened") == [None, None]
    assert [str(p) for p in found.problems if "no detection date" in p.message] == [
        "no detection date in the file, so 'opened' stays empty; give the day of the export with --observed"
    ]


def test_nessus_cross_references_tell_known_exploitation(tmp_path: Path) -> None:
    xref = "<xref>IAVA:1</xref><xref>CISA-KNOWN-EXPLOITED:2026/07/24</xref>"
    xml = NESSUS.replace("<risk_factor>High</risk_factor>", xref)
    wanted = (True, date(2026, 7, 24))
    assert rows(load(tmp_path, "a.nessus", xml), "kev", "kev_due")[:2] == [wanted, (None, None)]
    content = (
        CSV.replace("Plugin Output", "XREF")
        + "1,,,High,a,tcp,1,A,,,,,CISA-KNOWN-EXPLOITED:2026/07/24;X:1\n"
    )
    assert rows(load(tmp_path, "a.csv", content), "kev", "kev_due") == [wanted]


def test_security_center_days_and_states(tmp_path: Path) -> None:
    found = load(
        tmp_path,
        "a.csv",
        "\ufeffPlugin,Plugin Name,Severity,IP Address,Protocol,Port,First Discovered,Last Observed,Vulnerability State\n"
        '7,A,Medium,10.1.1.1,TCP,443,"Jan 5, 2026 10:24:08 MST","Feb 6, 2026 10:24:08 MST",Active\n'
        "8,B,Low,10.1.1.1,TCP,443,2026-01-05T10:24:08.1Z,2026-02-06T00:00:00Z,Fixed\n",
    )
    assert rows(found, "opened", "last_seen", "state", "closed") == [
        (date(2026, 1, 5), date(2026, 2, 6), "open", None),
        (date(2026, 1, 5), date(2026, 2, 6), "fixed", date(2026, 2, 6)),
    ]


def test_a_word_that_is_no_severity_of_the_tool_is_no_guess(tmp_path: Path) -> None:
    found = load(tmp_path, "a.csv", CSV + "1,,,Hgih,a,tcp,1,A,,,,,\n2,,,Low,a,tcp,1,B,,,,,\n")
    assert (found.rows.num_rows, found.rejected) == (1, 1)
    assert str(found.problems[0]).startswith(
        "row 2, column severity: 'Hgih' is not a severity of Nessus"
    )


QUALYS = """<?xml version="1.0"?>
<!DOCTYPE ASSET_DATA_REPORT SYSTEM "https://example.test/asset_data_report.dtd">
<ASSET_DATA_REPORT><HOST_LIST><HOST><IP>10.0.0.1</IP><VULN_INFO_LIST>
<VULN_INFO><QID id="qid_7">7</QID><TYPE>Vuln</TYPE><PORT>443</PORT><PROTOCOL>tcp</PROTOCOL>
 <FIRST_FOUND>2026-07-01T21:57:48Z</FIRST_FOUND><LAST_FOUND>2026-07-09T21:57:48Z</LAST_FOUND>
 <VULN_STATUS>Re-Opened</VULN_STATUS></VULN_INFO>
<VULN_INFO><QID id="qid_8">8</QID><TYPE>Ig</TYPE><FIRST_FOUND>2026-07-01T21:57:48Z</FIRST_FOUND></VULN_INFO>
</VULN_INFO_LIST></HOST></HOST_LIST><GLOSSARY><VULN_DETAILS_LIST>
<VULN_DETAILS id="qid_7"><QID id="qid_7">7</QID><TITLE>A</TITLE><SEVERITY>5</SEVERITY>
 <CVE_ID_LIST><CVE_ID><ID>CVE-2026-0001</ID></CVE_ID></CVE_ID_LIST></VULN_DETAILS>
<VULN_DETAILS id="qid_8"><QID id="qid_8">8</QID><TITLE>B</TITLE><SEVERITY>1</SEVERITY></VULN_DETAILS>
</VULN_DETAILS_LIST></GLOSSARY></ASSET_DATA_REPORT>"""


def test_qualys_takes_severity_from_the_glossary_and_days_from_the_host(tmp_path: Path) -> None:
    found = load(tmp_path, "a.xml", QUALYS)
    assert rows(found, "vuln_id", "severity", "state", "opened", "last_seen") == [
        ("CVE-2026-0001", "critical", "reopened", date(2026, 7, 1), date(2026, 7, 9)),
        ("qualys:8", "info", "open", date(2026, 7, 1), None),
    ]


def test_a_qualys_finding_has_one_id_in_xml_and_csv(tmp_path: Path) -> None:
    content = (
        "IP,QID,Title,Vuln Status,Severity,Port,Protocol,First Detected,Last Detected,Date Last Fixed,CVE ID\n"
        "10.0.0.1,7,A,Re-Opened,5,443,tcp,07/01/2026 21:57:48,07/09/2026 21:57:48,07/03/2026 00:00:00,CVE-2026-0001\n"
        "10.0.0.1,9,C,Fixed,2,,,07/01/2026 21:57:48,07/09/2026 21:57:48,07/10/2026 00:00:00,\n"
    )
    found = load(tmp_path, "a.csv", content)
    columns = ("finding_id", "vuln_id", "severity", "state", "opened", "last_seen", "closed")
    assert rows(found, *columns)[0] == rows(load(tmp_path, "a.xml", QUALYS), *columns)[0]
    assert rows(found, "state", "closed", "severity")[1] == ("fixed", date(2026, 7, 10), "low")


def test_the_document_type_of_qualys_passes_only_as_qualys_writes_it(tmp_path: Path) -> None:
    bomb = QUALYS.replace('asset_data_report.dtd">', 'asset_data_report.dtd" [<!ENTITY a "b">]>')
    with pytest.raises(DataError, match="document type"):
        load(tmp_path, "a.xml", bomb)
    with pytest.raises(DataError, match="document type"):
        load(
            tmp_path, "a.nessus", "<!DOCTYPE ASSET_DATA_REPORT>" + NESSUS.split("?>", 1)[1].strip()
        )


def sarif(*results: dict[str, Any], rules: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    driver = {"name": "Scan", "rules": list(rules)}
    return {"version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": list(results)}]}


def at(line: int, column: int = 1) -> list[dict[str, Any]]:
    region = {"startLine": line, "startColumn": column}
    return [{"physicalLocation": {"artifactLocation": {"uri": "a.py"}, "region": region}}]


def test_sarif_severity_comes_from_the_score_then_the_result_then_the_rule(tmp_path: Path) -> None:
    rules = (
        {"id": "R1", "defaultConfiguration": {"level": "error"}},
        {"id": "R2", "properties": {"security-severity": "9.1"}},
        {"id": "R3"},
    )
    found = load(
        tmp_path,
        "a.sarif",
        sarif(
            {"ruleId": "R1", "message": {"text": "a"}, "locations": at(1)},
            {"ruleId": "R1", "level": "note", "message": {"text": "b"}, "locations": at(2)},
            {"ruleId": "R2", "level": "note", "message": {"text": "c"}, "locations": at(3)},
            {"ruleId": "R3", "message": {"text": "d"}, "locations": at(4)},
            rules=rules,
        ),
        observed=DAY,
    )
    assert rows(found, "severity", "location") == [
        ("high", "a.py:1"),
        ("info", "a.py:2"),
        ("critical", "a.py:3"),
        ("medium", "a.py:4"),
    ]


def test_a_suppressed_result_is_not_open_and_a_pass_is_no_finding(tmp_path: Path) -> None:
    found = load(
        tmp_path,
        "a.sarif",
        sarif(
            {
                "ruleId": "R",
                "message": {"text": "a"},
                "locations": at(1),
                "suppressions": [{"kind": "external"}],
            },
            {
                "ruleId": "R",
                "message": {"text": "b"},
                "locations": at(2),
                "suppressions": [{"kind": "external", "status": "underReview"}],
            },
            {"ruleId": "R", "message": {"text": "c"}, "locations": at(3), "suppressions": []},
            {"ruleId": "R", "message": {"text": "d"}, "locations": at(4), "kind": "pass"},
        ),
    )
    assert rows(found, "state") == ["out_of_scope", "open", "open"]
    assert (found.records, found.tool_issues) == (4, 3)


def test_two_results_of_one_rule_in_one_line_are_two_when_their_columns_differ(
    tmp_path: Path,
) -> None:
    one = {"ruleId": "R", "message": {"text": "a"}}
    found = load(
        tmp_path,
        "a.sarif",
        sarif(
            {**one, "locations": at(1, 1)},
            {**one, "locations": at(1, 9)},
            {**one, "locations": at(1, 9)},
        ),
    )
    assert (found.rows.num_rows, found.tool_issues) == (2, 3)


def cyclonedx(*weaknesses: dict[str, Any]) -> dict[str, Any]:
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "metadata": {
            "timestamp": "2026-07-01T00:00:00Z",
            "component": {"name": "shop", "version": "2"},
        },
        "components": [
            {
                "bom-ref": "x",
                "name": "lib",
                "version": "1",
                "components": [{"bom-ref": "y", "name": "in"}],
            }
        ],
        "vulnerabilities": list(weaknesses),
    }


def test_cyclonedx_counts_each_affected_component_and_heeds_the_analysis(tmp_path: Path) -> None:
    bill = cyclonedx(
        {
            "id": "CVE-2026-0001",
            "ratings": [{"severity": "high"}],
            "affects": [{"ref": "x"}, {"ref": "y"}],
        },
        {
            "id": "CVE-2026-0002",
            "ratings": [{"score": 9.8, "method": "CVSSv31"}],
            "analysis": {"state": "not_affected"},
            "affects": [{"ref": "x"}],
        },
        {
            "id": "CVE-2026-0003",
            "ratings": [{"severity": "none"}],
            "analysis": {"state": "resolved", "lastUpdated": "2026-08-01T00:00:00Z"},
        },
    )
    found = load(tmp_path, "a.json", bill)
    assert rows(found, "asset_id", "vuln_id", "component", "severity", "state", "closed") == [
        ("shop 2", "CVE-2026-0001", "in", "high", "open", None),
        ("shop 2", "CVE-2026-0001", "lib 1", "high", "open", None),
        ("shop 2", "CVE-2026-0002", "lib 1", "critical", "false_positive", None),
        ("shop 2", "CVE-2026-0003", None, "info", "fixed", date(2026, 8, 1)),
    ]


def test_a_bill_without_vulnerabilities_has_no_findings(tmp_path: Path) -> None:
    bill = cyclonedx()
    del bill["vulnerabilities"]
    assert load(tmp_path, "a.json", bill).rows.num_rows == 0
    xml = '<bom xmlns="http://cyclonedx.org/schema/bom/1.4"><components/></bom>'
    assert load(tmp_path, "a.xml", xml).rows.num_rows == 0


def test_cyclonedx_says_the_same_in_xml(tmp_path: Path) -> None:
    xml = """<bom xmlns="http://cyclonedx.org/schema/bom/1.5"><metadata><timestamp>2026-07-01T00:00:00Z</timestamp>
    <component type="application"><name>shop</name><version>2</version></component></metadata>
    <components><component type="library" bom-ref="x"><name>lib</name><version>1</version></component></components>
    <vulnerabilities><vulnerability><id>CVE-2026-0001</id><ratings><rating><severity>high</severity></rating></ratings>
    <affects><target><ref>x</ref></target></affects></vulnerability></vulnerabilities></bom>"""
    bill = cyclonedx(
        {"id": "CVE-2026-0001", "ratings": [{"severity": "high"}], "affects": [{"ref": "x"}]}
    )
    assert load(tmp_path, "a.xml", xml).rows.equals(load(tmp_path, "a.json", bill).rows)


WEAK = {
    "VulnerabilityID": "CVE-2026-0001",
    "PkgName": "lib",
    "InstalledVersion": "1",
    "Severity": "HIGH",
}


@pytest.mark.parametrize(
    ("whole", "asset"),
    [
        ([{"Target": "img", "Type": "debian", "Vulnerabilities": [WEAK]}], "img"),
        (
            {
                "SchemaVersion": 2,
                "ArtifactName": "a",
                "Results": [{"Target": "t", "Vulnerabilities": [WEAK]}],
            },
            "a",
        ),
        (
            {
                "ClusterName": "",
                "Resources": [
                    {
                        "Namespace": "n",
                        "Kind": "Pod",
                        "Name": "p",
                        "Results": [{"Target": "t", "Vulnerabilities": [WEAK]}],
                    }
                ],
            },
            "n/Pod/p",
        ),
        (
            {
                "ClusterName": "c",
                "Vulnerabilities": [
                    {
                        "Kind": "Pod",
                        "Name": "p",
                        "Results": [{"Target": "t", "Vulnerabilities": [WEAK]}],
                    }
                ],
            },
            "Pod/p",
        ),
    ],
)
def test_trivy_in_its_four_shapes(tmp_path: Path, whole: Any, asset: str) -> None:
    found = load(tmp_path, "a.json", whole)
    assert found.format == "trivy"
    assert rows(found, "asset_id", "vuln_id", "component", "severity", "fix_available") == [
        (asset, "CVE-2026-0001", "lib 1", "high", False)
    ]


def test_trivy_checks_that_pass_are_no_findings_and_null_lists_are_none(tmp_path: Path) -> None:
    checks = [
        {"ID": "K1", "Title": "a", "Severity": "LOW", "Status": "FAIL"},
        {"ID": "K2", "Title": "b", "Severity": "LOW", "Status": "PASS"},
        {"ID": "K3", "Title": "c", "Severity": "UNKNOWN", "Status": "FAIL"},
    ]
    whole = {
        "SchemaVersion": 2,
        "ArtifactName": "a",
        "Results": [{"Target": "t", "Misconfigurations": checks, "Vulnerabilities": None}],
    }
    found = load(tmp_path, "a.json", whole)
    assert rows(found, "vuln_id", "severity") == [("K1", "low"), ("K3", "info")]


def test_grype_words_epss_and_known_exploitation(tmp_path: Path) -> None:
    def match(word: str | None, path: str, **more: Any) -> dict[str, Any]:
        weakness = {"id": "CVE-2026-0001", "severity": word, **more}
        artifact = {"name": "lib", "version": "1", "locations": [{"path": path}]}
        return {"vulnerability": weakness, "artifact": artifact}

    exploited = [
        {"dateAdded": "2026-03-01", "dueDate": "2026-03-22", "knownRansomwareCampaignUse": "Known"}
    ]
    whole = {
        "matches": [
            match(
                "Negligible", "/a", epss=[{"epss": 0.5, "percentile": 0.9, "date": "2026-07-01"}]
            ),
            match("Unknown", "/b", knownExploited=exploited),
            match(None, "/c", cvss=[{"version": "3.1", "metrics": {"baseScore": 9.8}}]),
            match(None, "/d"),
        ],
        "source": {"target": {"userInput": "img:1"}},
        "descriptor": {"name": "grype", "timestamp": "2026-07-01T00:00:00.123456789Z"},
    }
    found = load(tmp_path, "a.json", whole)
    assert rows(found, "severity") == ["info", "info", "critical", "info"]
    assert rows(found, "epss", "epss_pct", "epss_date")[0] == (0.5, 0.9, date(2026, 7, 1))
    assert rows(found, "kev", "kev_date", "kev_due", "ransomware")[1] == (
        True,
        date(2026, 3, 1),
        date(2026, 3, 22),
        True,
    )
    assert [str(p) for p in found.problems] == [
        "row 4, column severity: has no severity and no CVSS score; it counts as info"
    ]


def test_kev_in_json_and_csv_say_the_same(tmp_path: Path) -> None:
    entry = {
        "cveID": "CVE-2026-0001",
        "vendorProject": "Acme",
        "product": "P",
        "vulnerabilityName": "N",
        "dateAdded": "2026-08-25",
        "requiredAction": "Patch.",
        "dueDate": "2026-09-15",
        "knownRansomwareCampaignUse": "Known",
        "cwes": ["CWE-59", "CWE-436"],
    }
    as_json, as_csv = tmp_path / "kev.json", tmp_path / "kev.csv"
    as_json.write_text(json.dumps({"count": 1, "vulnerabilities": [entry]}))
    cells = {**entry, "cwes": '"CWE-59, CWE-436"'}
    as_csv.write_text(",".join(cells) + "\n" + ",".join(map(str, cells.values())) + "\n")
    found = read(as_json, "kev")
    assert found.rows.to_pylist() == [
        {
            "vuln_id": "CVE-2026-0001",
            "vendor": "Acme",
            "product": "P",
            "name": "N",
            "date_added": date(2026, 8, 25),
            "due_date": date(2026, 9, 15),
            "ransomware": True,
            "action": "Patch.",
            "cwes": "CWE-59|CWE-436",
        }
    ]
    assert read(as_csv, "kev").rows.equals(found.rows)
    with pytest.raises(DataError, match="holds kev, not findings"):
        read(as_json, "findings")


def test_an_empty_export_of_every_format_is_no_finding_and_no_error(tmp_path: Path) -> None:
    empty: dict[str, Any] = {
        "a.csv": CSV,
        "a.nessus": "<NessusClientData_v2><Report/></NessusClientData_v2>",
        "a.xml": "<ASSET_DATA_REPORT><HEADER/></ASSET_DATA_REPORT>",
        "a.sarif": sarif(),
        "b.sarif": {
            "version": "2.1.0",
            "runs": [{"tool": {"driver": {"name": "s"}}, "results": None}],
        },
        "trivy.json": {"SchemaVersion": 2, "ArtifactName": "a", "Results": None},
        "grype.json": {"matches": [], "descriptor": {"name": "grype"}},
    }
    for name, content in empty.items():
        found = load(tmp_path, name, content)
        assert (found.rows.num_rows, found.records, found.problems) == (0, 0, ()), name


def test_reading_a_file_twice_gives_the_same_ids_in_whatever_order_it_is_written(
    tmp_path: Path,
) -> None:
    head, *lines = (
        CSV + "".join(f"{n},,,High,h{n % 3},tcp,{n},A,,,,,\n" for n in range(78))
    ).splitlines()
    once = load(tmp_path, "a.csv", "\n".join([head, *lines]), observed=DAY)
    again = load(tmp_path, "b.csv", "\n".join([head, *reversed(lines)]), observed=DAY)
    assert once.rows.num_rows == 78
    assert again.rows.equals(once.rows)


def test_text_from_outside_is_kept_whatever_it_holds(tmp_path: Path) -> None:
    title = "=cmd|' /C calc'!A0 <script>\u202e\U0001f4a9"
    found = load(
        tmp_path, "a.sarif", sarif({"ruleId": "R", "message": {"text": title}, "locations": at(1)})
    )
    assert rows(found, "title") == [title]
    # A lone half of a surrogate pair is legal in JSON and is no text.
    path = tmp_path / "b.sarif"
    path.write_text(
        json.dumps(sarif({"ruleId": "R", "message": {"text": "\ud800!"}, "locations": at(1)}))
    )
    assert rows(read(path, "findings"), "title") == ["\ufffd!"]


def test_the_summary_has_the_agreed_keys(tmp_path: Path) -> None:
    path = tmp_path / "a.nessus"
    path.write_text(NESSUS)
    assert inspect(path).to_dict() == {
        "format": "nessus",
        "table": "findings",
        "records": 4,
        "findings": 3,
        "tool_issues": 2,
        "rejected": 0,
        "by_severity": {"critical": 0, "high": 2, "medium": 0, "low": 0, "info": 1},
        "first_day": "2026-07-06",
        "last_day": "2026-07-07",
        "problems": [],
    }


def test_parts_of_an_id_cannot_run_together() -> None:
    assert finding_id("t", "a", "b", "c") != finding_id("t", "ab", "", "c")
    assert finding_id("t", None, "b", None) == finding_id("T", "", "b", "")


@pytest.mark.parametrize(
    ("one", "word"),
    [
        # FIRST, CVSS v3.1, table 14.
        (Score(0.0, "3.1"), "info"),
        (Score(0.1, "3.1"), "low"),
        (Score(3.9, "3.1"), "low"),
        (Score(4.0, "3.1"), "medium"),
        (Score(6.9, "3.1"), "medium"),
        (Score(7.0, "3.1"), "high"),
        (Score(8.9, "3.1"), "high"),
        (Score(9.0, "3.1"), "critical"),
        (Score(10.0, "4.0"), "critical"),
        (Score(10.0, "2.0"), "high"),
    ],
)
def test_grades_of_a_score(one: Score, word: str) -> None:
    assert grade(one) == word


def test_the_newest_version_of_a_score_counts() -> None:
    found = best(
        [
            score("10", "CVSSv2"),
            score("9.8", "CVSSv31", "CVSS:3.1/AV:N"),
            score("11", "4.0"),
            score("N/A"),
        ]
    )
    assert found == Score(9.8, "3.1", "CVSS:3.1/AV:N")
