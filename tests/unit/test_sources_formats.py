"""Formats in their smallest form: what is read, what is nothing, and what is refused in one sentence."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import zipfile
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reportkit.errors import DataError
from reportkit.sources import inspect, read

BURP = """<?xml version="1.0"?>
<!DOCTYPE issues [
<!ELEMENT issues (issue*)>
<!ATTLIST issues burpVersion CDATA "">
{more}]>
<issues burpVersion="2026.1" exportTime="Wed Sep 30 22:39:44 CEST 2026">{issues}</issues>
"""
ISSUE = """<issue><serialNumber>1</serialNumber><type>1049088</type><name>SQL injection</name>
<host ip="10.0.0.1">https://shop</host><path>/login</path><location>/login [user]</location>
<severity>High</severity><confidence>Firm</confidence>{text}</issue>"""


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_burp_states_its_own_elements_and_is_read(tmp_path: Path) -> None:
    path = written(tmp_path / "burp.xml", BURP.format(more="", issues=ISSUE.format(text="")))
    (row,) = read(path, "findings").rows.to_pylist()
    assert (row["asset_id"], row["location"], row["severity"], row["opened"]) == (
        "https://shop", "/login [user]", "high", date(2026, 9, 30),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ('<!ENTITY bomb "boom">', "&bomb;"),
        ('<!ENTITY file SYSTEM "file:///etc/passwd">', "&file;"),
        ('<!ENTITY % outside SYSTEM "http://127.0.0.1:9/x.dtd"> %outside;', ""),
        ('<!ENTITY % inner "<!ELEMENT x ANY>"> %inner;', ""),
    ],
    ids=["entity", "file", "outside parameter", "inner parameter"],
)
def test_burp_with_an_entity_is_refused(tmp_path: Path, more: str, text: str) -> None:
    path = written(tmp_path / "burp.xml", BURP.format(more=more, issues=ISSUE.format(text=text)))
    with pytest.raises(DataError, match=r"burp\.xml .*(document type|no format known|is XML)"):
        inspect(path, format="burp")


def test_burp_with_a_document_type_from_elsewhere_is_refused(tmp_path: Path) -> None:
    text = BURP.format(more="", issues="").replace(
        "issues [", 'issues SYSTEM "http://127.0.0.1:9/x.dtd" ['
    )
    with pytest.raises(DataError, match="document type"):
        inspect(written(tmp_path / "burp.xml", text), format="burp")


NEXPOSE = """<NexposeReport version="1.0"><scans><scan id="1" startTime="20260930T050242739"/></scans>
<nodes><node address="10.0.0.7"><tests><test id="tcp-x" status="vulnerable-exploited"/><test id="y" status="not-vulnerable"/></tests>
<endpoints><endpoint protocol="tcp" port="443"><services><service name="HTTPS"><tests>
<test id="TLS-OLD" status="vulnerable-version" vulnerable-since="20260801T000000000"/></tests></service></services></endpoint></endpoints></node></nodes>
<VulnerabilityDefinitions><vulnerability id="tls-old" title="Old TLS" severity="7" cvssScore="9.1" cvssVector="(AV:N/AC:L/Au:N/C:C/I:C/A:N)">
<references><reference source="CVE">CVE-2014-3566</reference></references></vulnerability>
<vulnerability id="tcp-x" title="TCP thing" severity="2"/></VulnerabilityDefinitions></NexposeReport>"""


def test_nexpose_joins_tests_with_their_definitions(tmp_path: Path) -> None:
    rows = read(written(tmp_path / "n.xml", NEXPOSE), "findings").rows.to_pylist()
    shown = {
        (r["vuln_id"], r["location"] or "", r["severity"], r["opened"].isoformat()) for r in rows
    }
    assert shown == {("CVE-2014-3566", "443/tcp", "critical", "2026-08-01"), ("nexpose:tcp-x", "", "medium", "2026-09-30")}  # fmt: skip


CSAF = {
    "document": {"csaf_version": "2.0", "tracking": {"id": "A-1", "initial_release_date": "2026-07-29T00:00:00Z", "current_release_date": "2026-08-01T00:00:00Z"}},
    "product_tree": {"branches": [{"branches": [{"product": {"product_id": "P1", "name": "App 1.0"}}, {"product": {"product_id": "P2", "name": "App 1.1"}}]}]},
    "vulnerabilities": [
        {"cve": "CVE-2026-1", "title": "Crash", "product_status": {"known_affected": ["P1"], "fixed": ["P2"]},
         "scores": [{"products": ["P1"], "cvss_v3": {"version": "3.1", "vectorString": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H", "baseScore": 7.5}}],
         "remediations": [{"category": "vendor_fix", "product_ids": ["P1"]}]}
    ],
}  # fmt: skip


def test_an_advisory_names_affected_products_only(tmp_path: Path) -> None:
    path = written(tmp_path / "a.json", json.dumps(CSAF))
    found = inspect(path)
    (row,) = read(path, "findings").rows.to_pylist()
    assert (found.format, found.records, found.findings) == ("csaf", 2, 1)
    assert (row["component"], row["severity"], row["cvss"], row["fix_available"], row["asset_id"]) == ("App 1.0", "high", 7.5, True, None)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text", "format_"),
    [
        ("burp.xml", BURP.format(more="", issues=""), "burp"),
        ("n.xml", '<NexposeReport version="1.0"><nodes/></NexposeReport>', "nexpose"),
        ("a.json", json.dumps({**CSAF, "vulnerabilities": []}), "csaf"),
        ("g.json", '{"version": "15.0", "vulnerabilities": [], "scan": {"scanner": {"name": "x"}}}', "gitlab"),
        ("c.json", '{"catalog": {"uuid": "u", "metadata": {"title": "T"}, "groups": []}}', "oscal"),
        ("p.yaml", "plan-of-action-and-milestones:\n  uuid: u\n  risks: []\n", "oscal"),
        ("e.csv", "#model_version:v2025.03.14,score_date:2026-09-30T00:00:00Z\ncve,epss,percentile\n", "epss"),
        ("t.json", '{"_metadata": {"object_type": "attack-pattern"}, "attack_patterns": []}', "attack"),
    ],
)  # fmt: skip
def test_nothing_in_it_is_no_fault(tmp_path: Path, name: str, text: str, format_: str) -> None:
    found = inspect(written(tmp_path / name, text))
    assert (found.format, found.records, found.findings, found.rejected) == (format_, 0, 0, 0)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("burp.xml", BURP.format(more="", issues="<issue>"), "not well-formed XML"),
        ("n.xml", "<NexposeReport><nodes>", "not well-formed XML"),
        ("a.json", '{"document": {"csaf_version": "2.0"', "not valid JSON"),
        ("p.yaml", "plan-of-action-and-milestones:\n  risks: [\n", "not valid YAML"),
        ("l.yaml", "urn: x\nobjects:\n  framework:\n    ref_id: X\n", "a library without a framework"),
        ("bomb.yaml", "catalog:\n  a: &a [x]\n" + "".join(f"  b{n}: [*a, *a]\n" for n in range(80)), "too many aliases"),
        ("v.json", '{"security_incident": "Confirmed", "victim": {}, "actor": {', "not valid JSON"),
    ],
)  # fmt: skip
def test_what_is_broken_is_said_with_its_name(
    tmp_path: Path, name: str, text: str, words: str
) -> None:
    with pytest.raises(DataError) as said:
        inspect(written(tmp_path / name, text))
    assert words in said.value.message
    assert name in said.value.message


VERIS = {
    "incident_id": "i1", "security_incident": "Confirmed", "actor": {"external": {}}, "victim": {"country": ["US"]}, "action": {"hacking": {"variety": ["SQLi"]}},
    "timeline": {"incident": {"year": 2026, "month": 8, "day": 3, "time": "09:15"}, "discovery": {"unit": "Days", "value": 2}, "containment": {"unit": "Hours", "value": 5}},
    "discovery_method": "Ext - customer", "impact": {"overall_rating": "Damaging", "overall_amount": 1200.5, "iso_currency_code": "USD"},
}  # fmt: skip


def test_veris_clocks_run_from_the_incident(tmp_path: Path) -> None:
    (row,) = read(written(tmp_path / "i.json", json.dumps(VERIS)), "incidents").rows.to_pylist()
    assert row["occurred"] == datetime(2026, 8, 3, 9, 15)
    assert row["detected"] == datetime(2026, 8, 5, 9, 15)
    assert row["contained"] == datetime(2026, 8, 5, 14, 15)
    assert (row["detected_by"], row["severity"], row["loss_primary"], row["currency"]) == ("external", 2, Decimal("1200.50"), "USD")  # fmt: skip


@pytest.mark.parametrize("unit", ["Months", "Years", "Unknown", "NA"])
def test_veris_time_without_an_exact_unit_is_no_time(tmp_path: Path, unit: str) -> None:
    record = {**VERIS, "timeline": {"incident": {"year": 2026, "month": 8, "day": 3}, "discovery": {"unit": unit, "value": 2}}}  # fmt: skip
    (row,) = read(written(tmp_path / "i.json", json.dumps(record)), "incidents").rows.to_pylist()
    assert (row["occurred"], row["detected"]) == (datetime(2026, 8, 3), None)


def test_veris_in_an_archive_and_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "cases"
    folder.mkdir()
    for number in (1, 2, 3):
        written(folder / f"{number}.json", json.dumps({**VERIS, "incident_id": f"i{number}"}))
    with zipfile.ZipFile(tmp_path / "cases.zip", "w") as archive:
        for path in folder.iterdir():
            archive.write(path, path.name)
    for place in (folder, tmp_path / "cases.zip"):
        rows = read(place, "incidents").rows
        assert sorted(rows["incident_id"].to_pylist()) == ["i1", "i2", "i3"]
    written(folder / "notes.txt", "hello")
    with pytest.raises(DataError, match="together no format known"):
        inspect(folder)


def test_a_register_in_the_shape_of_nist_ir_8286(tmp_path: Path) -> None:
    register = [
        {"riskId": "R1", "riskDescription": "Ransomware stops the plants", "riskCategory": "cyber", "riskLikelihood": 20, "riskImpact": 5_000_000,
         "exposureRating": 1_000_000, "riskResponseType": "Mitigate", "riskResponseCost": 250_000, "riskOwnerPointOfContact": "CRO", "status": "Active"},
    ]  # fmt: skip
    (row,) = read(
        written(tmp_path / "register.json", json.dumps(register)), "risks"
    ).rows.to_pylist()
    assert (row["risk_id"], row["residual"], row["likelihood"], row["response"], row["status"], row["owner"]) == (
        "R1", 1_000_000, 20, "mitigate", "open", "CRO",
    )  # fmt: skip


CSV = "finding_id,severity,state,opened\na,high,open,2026-08-01\nb,low,open,2026-08-02\n"


@pytest.mark.parametrize("packing", ["gz", "bz2", "xz", "zst", "zip"])
def test_every_packing_gives_what_is_in_it(tmp_path: Path, packing: str) -> None:
    path, plain = tmp_path / f"scan.csv.{packing}", CSV.encode()
    if packing == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("scan.csv", plain)
    elif packing == "zst":
        with pa.CompressedOutputStream(str(path), "zstd") as stream:
            stream.write(plain)
    else:
        packed = {
            "gz": gzip.compress(plain),
            "bz2": bz2.compress(plain),
            "xz": lzma.compress(plain),
        }
        path.write_bytes(packed[packing])
    assert read(path, "findings").rows["finding_id"].to_pylist() == ["a", "b"]
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(DataError, match=r"scan\.csv"):
        read(path, "findings")


def test_parquet_keeps_its_types(tmp_path: Path) -> None:
    table = pa.table({
        "Finding_ID": ["a", "b"], "severity": pa.array(["high", "low"]).dictionary_encode(), "state": ["open", "open"],
        "opened": [date(2026, 8, 1), None], "cvss": [7.5, None], "title": ["NA", "None"],
    })  # fmt: skip
    pq.write_table(table, tmp_path / "scan.parquet")
    rows = read(tmp_path / "scan.parquet", "findings").rows.to_pylist()
    assert [(r["finding_id"], r["severity"], r["opened"], r["cvss"], r["title"]) for r in rows] == [
        ("a", "high", date(2026, 8, 1), 7.5, "NA"), ("b", "low", None, None, "None"),
    ]  # fmt: skip
    assert inspect(tmp_path / "scan.parquet").findings == 2


def test_parquet_by_a_mapping_and_broken(tmp_path: Path) -> None:
    pq.write_table(
        pa.table({"key": [1, 2], "what": ["x", "y"], "eur": [Decimal("1.10"), Decimal("2.20")]}),
        tmp_path / "r.parquet",
    )
    mapping = written(
        tmp_path / "m.toml",
        '[source]\ntable = "risks"\n[columns]\nrisk_id = "key"\ntitle = "what"\nresidual = "eur"\n',
    )
    rows = read(tmp_path / "r.parquet", "risks", mapping=mapping).rows.to_pylist()
    assert [(r["risk_id"], r["residual"]) for r in rows] == [("1", 1.1), ("2", 2.2)]
    (tmp_path / "b.parquet").write_bytes(b"PAR1 and nothing more")
    with pytest.raises(DataError, match=r"b\.parquet is not readable Parquet"):
        inspect(tmp_path / "b.parquet")
