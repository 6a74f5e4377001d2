"""Each of the sixteen tables as an analyst keeps it: guessed, answered where it asks, loaded, and held cell by cell.

Headings, words and expected rows are written by hand. Nothing is uncommented or rewritten: only empty answers are filled.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter

from reportkit.sources import mapping, read, reading
from reportkit.sources.guess import draft
from reportkit.tables import TABLES

#: What a mapping asks: the column, and the word or the key whose answer is empty.
Asked = dict[tuple[str, str], str]
Row = Sequence[Any]


def day(text: str) -> date:
    return date.fromisoformat(text)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def book(path: Path, sheets: dict[str, Any]) -> Path:
    """Write a workbook as a spreadsheet program would: days as days, numbers as numbers."""
    with xlsxwriter.Workbook(str(path)) as workbook:
        days = workbook.add_format({"num_format": "yyyy-mm-dd"})
        times = workbook.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        share = workbook.add_format({"num_format": "0%"})
        for name, rows in sheets.items():
            sheet = workbook.add_worksheet(name)
            for number, row in enumerate(rows):
                for place, cell in enumerate(row):
                    if isinstance(cell, datetime):
                        sheet.write_datetime(number, place, cell, times)
                    elif isinstance(cell, date):
                        sheet.write_datetime(number, place, cell, days)
                    elif isinstance(cell, float) and 0 < cell < 1:
                        sheet.write_number(number, place, cell, share)
                    else:
                        sheet.write(number, place, cell)
    return path


def written(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_text(text, encoding=encoding)
    return path


def empty(toml: str) -> set[tuple[str, str]]:
    """Give what a mapping asks."""
    found = set()
    for name, rule in tomllib.loads(toml)["columns"].items():
        parts: dict[str, Any] = {"from": rule} if isinstance(rule, str) else rule
        found |= {(name, word) for word, answer in parts.get("map", {}).items() if not answer}
        found |= {(name, key) for key in ("from", "value") if parts.get(key) == ""}
        found |= {
            (name, key)
            for key in ("order", "decimal", "times")
            if str(parts.get(key)).endswith("?")
        }
    return found


def answered(toml: str, answers: Asked) -> str:
    """Fill the empty answers and nothing else."""
    lines = toml.splitlines()
    for (column, what), answer in answers.items():
        old, new = {
            "order": ('"dmy or mdy?"', f'"{answer}"'),
            "decimal": ('". or ,?"', f'"{answer}"'),
            "times": ('"1 or 100?"', answer),
            "value": ('value = ""', f'value = "{answer}"'),
            "from": ('= ""', f'= "{answer}"'),
        }.get(what, (f'"{what}" = ""', f'"{what}" = "{answer}"'))
        own = re.compile(rf"{column}( =|\.)")
        lines = [line.replace(old, new) if own.match(line) else line for line in lines]
    return "\n".join(lines) + "\n"


def loaded(path: Path, table: str, answers: Asked, *, sheet: str | None = None) -> list[Row]:
    """Guess without being told the table, answer, and load; give the rows without columns that nothing fills."""
    found = draft(reading.ask(path), sheet=sheet)
    assert found.table == table, found.toml
    assert draft(reading.ask(path, table=table), table, sheet).table == table
    assert empty(found.toml) == set(answers), found.toml
    toml = path.with_suffix(".toml")
    toml.write_text(answered(found.toml, answers), encoding="utf-8")
    extract = read(path, table, mapping=toml)
    assert extract.rejected == 0, (extract.problems, found.toml)
    chosen = mapping.read(toml)
    rows = extract.rows.select([name for name in TABLES[table].names if name in chosen.columns])
    return [tuple(rows.column_names), *(tuple(row.values()) for row in rows.to_pylist())]


def test_assets(tmp_path: Path) -> None:
    head = ["CI name", "Asset tag", "Type", "Business Criticality", "Internet facing", "Environment", "System owner", "Confidentiality", "Integrity", "Availability", "In scope (ISMS)", "Added on", "Last check-in", "End of support", "Sources", "Cost centre"]  # fmt: skip
    rows = [
        ["Acme Holding, extract of the CMDB"],
        ["As of 30 September 2026"],
        [],
        head,
        ["Payroll", "A-001", "Server", "1 - Critical", "No", "Production", "J. Meyer", "High", "High", "Medium", "x", day("2021-03-01"), day("2026-09-28"), day("2027-10-12"), "CMDB; EDR", "K100"],
        ["Webshop", "A-002", "Web application", "High", "Yes", "Production", "L. Brun", "Low", "Medium", "High", "x", day("2022-05-16"), day("2026-09-29"), "", "CMDB", "K200"],
        ["Test VM 3", "A-003", "Virtual machine", "Low", "No", "Test", "n/a", "Low", "Low", "Low", "", day("2025-01-10"), day("2026-06-01"), "", "EDR; Scanner", ""],
        ["Label printer", "A-004", "Printer", "Tier 3", "No", "Production", "J. Meyer", "Low", "Low", "Low", "x", day("2025-02-01"), day("2026-09-01"), "", "Scanner", ""],
        ["Total", 4],
    ]  # fmt: skip
    path = book(tmp_path / "cmdb.xlsx", {"Asset register": rows})
    assert loaded(path, "assets", {("kind", "Printer"): "host"}) == [
        ("asset_id", "name", "kind", "criticality", "exposure", "env", "owner", "cia_c", "cia_i", "cia_a", "in_scope", "first_seen", "last_seen", "eol_at", "seen_by"),
        ("A-001", "Payroll", "host", 1, "internal", "prod", "J. Meyer", 3, 3, 2, True, day("2021-03-01"), day("2026-09-28"), day("2027-10-12"), "CMDB|EDR"),
        ("A-002", "Webshop", "app", 2, "internet", "prod", "L. Brun", 1, 2, 3, True, day("2022-05-16"), day("2026-09-29"), None, "CMDB"),
        ("A-003", "Test VM 3", "host", 4, "internal", "nonprod", None, 1, 1, 1, None, day("2025-01-10"), day("2026-06-01"), None, "EDR|Scanner"),
        ("A-004", "Label printer", "host", 3, "internal", "prod", "J. Meyer", 1, 1, 1, True, day("2025-02-01"), day("2026-09-01"), None, "Scanner"),
    ]  # fmt: skip


def test_coverage(tmp_path: Path) -> None:
    """Where n/a is a status it stays one, and is no day either."""
    text = """Hostname,Control,Protection status,Last contact,Check date,Exemption reason
srv-01,Endpoint protection,Protected,29/09/2026,30/09/2026,
srv-02,Endpoint protection,Outdated,14/08/2026,30/09/2026,
srv-02,Backup,Failed,01/08/2026,30/09/2026,
ot-07,Endpoint protection,N/A,n/a,30/09/2026,Vendor forbids agents
lap-11,Disk encryption,Not installed,,30/09/2026,
"""
    path = written(tmp_path / "agents.csv", text)
    asked = {("status", "Failed"): "degraded", ("last_ok", "n/a"): ""}
    when = day("2026-09-30")
    assert loaded(path, "coverage", asked) == [
        ("asset_id", "control", "observed_at", "status", "last_ok", "na_reason"),
        ("lap-11", "encryption", when, "absent", None, None),
        ("ot-07", "edr", when, "na", None, "Vendor forbids agents"),
        ("srv-01", "edr", when, "ok", day("2026-09-29"), None),
        ("srv-02", "edr", when, "degraded", day("2026-08-14"), None),
        ("srv-02", "backup", when, "degraded", day("2026-08-01"), None),
    ]


def test_findings(tmp_path: Path) -> None:
    text = """Schwachstellenbericht Werk Süd;;;;;;;;;
Stand 30.09.2026;;;;;;;;;
Befund-Nr.;Hostname;CVE;Schwachstelle;Schweregrad;CVSS;Entdeckt am;Fällig am;Status;Behoben am
B-1;srv1;CVE-2026-1001;Alte Bibliothek;Kritisch;9,8;05.07.2026;19.07.2026;Behoben;15.07.2026
B-2;srv1;CVE-2026-1002;Schwaches TLS;Mittel;5,3;20.07.2026;18.10.2026;In Bearbeitung;
B-3;srv2;;Offener Port;Niedrig;;21.07.2026;;Risiko akzeptiert;
B-4;srv3;CVE-2026-1003;Standardkennwort;Hoch;8,0;22.08.2026;21.09.2026;Nachtest;
Summe;4;;;;;;;;
"""
    path = written(tmp_path / "befunde.csv", text)
    assert loaded(path, "findings", {("state", "Nachtest"): "open"}) == [
        ("finding_id", "asset_id", "vuln_id", "title", "severity", "cvss", "opened", "due_original", "closed", "state"),
        ("B-1", "srv1", "CVE-2026-1001", "Alte Bibliothek", "critical", 9.8, day("2026-07-05"), day("2026-07-19"), day("2026-07-15"), "fixed"),
        ("B-2", "srv1", "CVE-2026-1002", "Schwaches TLS", "medium", 5.3, day("2026-07-20"), day("2026-10-18"), None, "open"),
        ("B-3", "srv2", None, "Offener Port", "low", None, day("2026-07-21"), None, None, "accepted"),
        ("B-4", "srv3", "CVE-2026-1003", "Standardkennwort", "high", 8.0, day("2026-08-22"), day("2026-09-21"), None, "open"),
    ]  # fmt: skip


def test_identities(tmp_path: Path) -> None:
    text = """UserPrincipalName,Account Type,Privileged Access,Department,MFA Method,MFA Enforced,Created On,Leave Date,Account Disabled,Last Sign-in,Recertification
a.berg@acme.example,User,No,Finance,Authenticator app,Yes,1/15/2020,,,9/29/2026,Keep
svc-backup@acme.example,Service account,Yes,IT,None,No,3/2/2019,,,9/30/2026,
adm-kurz@acme.example,Admin,Yes,IT,FIDO2,Yes,6/30/2021,,,9/28/2026,Reduced
c.lang@acme.example,Contractor,No,Sales,SMS,Yes,2/28/2025,8/31/2026,9/2/2026,8/29/2026,Revoked
d.roth@acme.example,Contractor,No,Sales,Grid card,Yes,2/28/2025,,,8/29/2026,Escalated
"""
    path = written(tmp_path / "users.csv", text)
    asked = {
        ("disabled_at", "order"): "mdy",
        ("mfa", "Grid card"): "weak",
        ("review_result", "Escalated"): "changed",
    }
    assert loaded(path, "identities", asked) == [
        ("account_id", "unit_id", "type", "privileged", "mfa", "enforced", "created", "hr_end", "disabled_at", "last_used", "review_result"),
        ("a.berg@acme.example", "Finance", "human", False, "strong", True, day("2020-01-15"), None, None, day("2026-09-29"), "kept"),
        ("svc-backup@acme.example", "IT", "service", True, "none", False, day("2019-03-02"), None, None, day("2026-09-30"), None),
        ("adm-kurz@acme.example", "IT", "admin", True, "phishing_resistant", True, day("2021-06-30"), None, None, day("2026-09-28"), "changed"),
        ("c.lang@acme.example", "Sales", "human", False, "weak", True, day("2025-02-28"), at("2026-08-31T00:00"), at("2026-09-02T00:00"), day("2026-08-29"), "revoked"),
        ("d.roth@acme.example", "Sales", "human", False, "weak", True, day("2025-02-28"), None, None, day("2026-08-29"), "changed"),
    ]  # fmt: skip


def test_incidents(tmp_path: Path) -> None:
    head = ["Incident No.", "Summary", "Classification", "Priority", "Root cause", "Affected service", "Start time", "Detected at", "Acknowledged at", "Contained at", "Closed at", "Detection source", "Downtime (h)", "Direct cost (k€)", "Records affected", "Material?", "Lessons learned"]  # fmt: skip
    rows = [
        ["Security incidents 2026"],
        head,
        ["INC-7", "Invoice fraud", "True positive", "P2", "Phishing", "Payments", at("2026-07-03T08:15"), at("2026-07-03T11:00"), at("2026-07-03T11:20"), at("2026-07-03T18:45"), at("2026-07-10T09:00"), "Customer", 1.5, 12.5, 0, "No", "Call back rule"],
        ["INC-8", "Ransomware in plant", "True positive", "P1", "Exposed service", "Production", at("2026-08-20T22:05"), at("2026-08-21T05:30"), at("2026-08-21T05:40"), at("2026-08-22T12:00"), "", "SOC", 30, 480, 1200, "Yes", "Segments split"],
        ["INC-9", "Odd login", "Benign", "P4", "", "", "", at("2026-09-02T10:00"), "", "", at("2026-09-02T12:00"), "Threat feed", "", "", "", "TBD", ""],
        ["Total", 3],
    ]  # fmt: skip
    path = book(tmp_path / "log.xlsx", {"Incidents": rows})
    asked = {("detected_by", "Threat feed"): "external"}
    assert loaded(path, "incidents", asked) == [
        ("incident_id", "title", "confirmed", "severity", "cause", "service_id", "occurred", "detected", "detected_by", "acknowledged", "contained", "closed", "material", "loss_primary", "currency", "records", "service_minutes", "lesson"),
        ("INC-7", "Invoice fraud", "confirmed", 2, "Phishing", "Payments", at("2026-07-03T08:15"), at("2026-07-03T11:00"), "external", at("2026-07-03T11:20"), at("2026-07-03T18:45"), at("2026-07-10T09:00"), "no", Decimal("12500.00"), "EUR", 0, 90, "Call back rule"),
        ("INC-8", "Ransomware in plant", "confirmed", 1, "Exposed service", "Production", at("2026-08-20T22:05"), at("2026-08-21T05:30"), "internal", at("2026-08-21T05:40"), at("2026-08-22T12:00"), None, "yes", Decimal("480000.00"), "EUR", 1200, 1800, "Segments split"),
        ("INC-9", "Odd login", "false_positive", 4, None, None, None, at("2026-09-02T10:00"), "external", None, None, at("2026-09-02T12:00"), None, None, "EUR", None, None, None),
    ]  # fmt: skip


def test_risks(tmp_path: Path) -> None:
    head = ["Risk ID", "Risk", "Risk description", "Category", "Business unit", "Risk owner", "Affected assets", "Likelihood (%)", "Impact (€)", "Inherent risk (€)", "Residual risk (€)", "Risk treatment", "Status", "Raised on", "Next review", "Accepted by"]  # fmt: skip
    rows = [
        ["Risk register", "", "confidential"],
        [],
        head,
        ["R-01", "Ransomware stops the plant", "Weeks without production", "Availability", "Operations", "COO", "plc-1, mes-2", 0.2, 5_000_000, 2_000_000, 1_000_000, "Treat", "Active", day("2024-02-12"), day("2026-11-30"), ""],
        ["R-02", "Key supplier fails", "No parts", "Supply", "Purchasing", "CPO", "", 0.1, 800_000, 80_000, 80_000, "Tolerate", "Active", day("2024-05-06"), day("2026-12-15"), "CFO"],
        ["R-03", "Old payroll system", "Replaced in June", "Technology", "HR", "CHRO", "hr-1", 0.05, 100_000, 5_000, 0, "Terminate", "Retired", day("2023-01-09"), "", ""],
        ["R-04", "Cloud outage", "Region down", "Availability", "IT", "CIO", "web-1", 0.5, 60_000, 30_000, 30_000, "Watch", "Active", day("2025-03-03"), day("2027-01-31"), ""],
    ]  # fmt: skip
    path = book(tmp_path / "register.xlsx", {"Risk register": rows})
    asked = {("likelihood", "times"): "100", ("response", "Watch"): "accept"}
    assert loaded(path, "risks", asked) == [
        ("risk_id", "unit_id", "title", "description", "category", "owner", "asset_ids", "inherent", "residual", "measured_in", "currency", "likelihood", "impact", "response", "status", "opened", "review_due", "accepted_by"),
        ("R-01", "Operations", "Ransomware stops the plant", "Weeks without production", "Availability", "COO", "plc-1|mes-2", 2_000_000.0, 1_000_000.0, "money", "EUR", 20.0, Decimal("5000000.00"), "mitigate", "open", day("2024-02-12"), day("2026-11-30"), None),
        ("R-02", "Purchasing", "Key supplier fails", "No parts", "Supply", "CPO", None, 80_000.0, 80_000.0, "money", "EUR", 10.0, Decimal("800000.00"), "accept", "open", day("2024-05-06"), day("2026-12-15"), "CFO"),
        ("R-03", "HR", "Old payroll system", "Replaced in June", "Technology", "CHRO", "hr-1", 5_000.0, 0.0, "money", "EUR", 5.0, Decimal("100000.00"), "avoid", "closed", day("2023-01-09"), None, None),
        ("R-04", "IT", "Cloud outage", "Region down", "Availability", "CIO", "web-1", 30_000.0, 30_000.0, "money", "EUR", 50.0, Decimal("60000.00"), "accept", "open", day("2025-03-03"), day("2027-01-31"), None),
    ]  # fmt: skip


def test_scenarios(tmp_path: Path) -> None:
    text = """Scenario ID,Scenario,Version,Linked risks,Annual frequency,Severity distribution,Loss P5,Loss P95,Loss cap,Confidence,Estimated by,Estimated on,Insured
S-1,Ransomware,current,R-01; R-04,20%,Lognormal,"$100,000","$1,000,000","$5,000,000",90%,Dr. Koch,2026-06-30,Yes
S-1,Ransomware,with segmentation,R-01; R-04,8%,Lognormal,"$100,000","$700,000","$5,000,000",90%,Dr. Koch,2026-06-30,Yes
S-2,Invoice fraud,current,R-07,250%,PERT,"$5,000","$90,000",,90%,M. Lind,2026-05-29,No
"""
    path = written(tmp_path / "quantified.csv", text)
    assert loaded(path, "scenarios", {("currency", "value"): "USD"}) == [
        ("scenario_id", "state", "title", "risk_ids", "rate", "sev_dist", "low", "high", "cap", "ci_level", "currency", "estimator", "calibrated_at", "insured"),
        ("S-1", "current", "Ransomware", "R-01|R-04", 0.2, "lognormal_ci90", Decimal("100000.00"), Decimal("1000000.00"), Decimal("5000000.00"), 0.9, "USD", "Dr. Koch", day("2026-06-30"), True),
        ("S-1", "with segmentation", "Ransomware", "R-01|R-04", 0.08, "lognormal_ci90", Decimal("100000.00"), Decimal("700000.00"), Decimal("5000000.00"), 0.9, "USD", "Dr. Koch", day("2026-06-30"), True),
        ("S-2", "current", "Invoice fraud", "R-07", 2.5, "pert", Decimal("5000.00"), Decimal("90000.00"), None, 0.9, "USD", "M. Lind", day("2026-05-29"), False),
    ]  # fmt: skip


def test_actions(tmp_path: Path) -> None:
    """One deadline is the original and the current one."""
    text = """Actieplan informatiebeveiliging;;;;;;;;
;;;;;;;;
Actienummer;Actie;Eigenaar;Aangemaakt op;Streefdatum;Gereed op;Status;Eenmalige kosten;Jaarlijkse kosten
A-1;Netwerk opdelen;J. de Vries;15-01-2026;31-10-2026;;Lopend;€ 125.000,00;€ 8.500,50
A-2;Back-up testen;P. Bos;16-02-2026;30-06-2026;25-06-2026;Afgerond;€ 4.000,00;€ 0,00
A-3;Beleid herzien;P. Bos;17-03-2026;15-12-2026;;Gepland;;
A-4;Oude VPN uit;J. de Vries;20-03-2026;15-09-2026;;Geparkeerd;;
Totaal;;;;;;;;
"""
    path = written(tmp_path / "plan.csv", text)
    assert loaded(path, "actions", {("status", "Geparkeerd"): "open"}) == [
        ("action_id", "title", "owner", "opened", "due_original", "due_current", "done_at", "status", "cost_build", "cost_run", "currency"),
        ("A-1", "Netwerk opdelen", "J. de Vries", day("2026-01-15"), day("2026-10-31"), day("2026-10-31"), None, "open", Decimal("125000.00"), Decimal("8500.50"), "EUR"),
        ("A-2", "Back-up testen", "P. Bos", day("2026-02-16"), day("2026-06-30"), day("2026-06-30"), day("2026-06-25"), "done", Decimal("4000.00"), Decimal("0.00"), "EUR"),
        ("A-3", "Beleid herzien", "P. Bos", day("2026-03-17"), day("2026-12-15"), day("2026-12-15"), None, "open", None, None, "EUR"),
        ("A-4", "Oude VPN uit", "J. de Vries", day("2026-03-20"), day("2026-09-15"), day("2026-09-15"), None, "open", None, None, "EUR"),
    ]  # fmt: skip


def test_audits(tmp_path: Path) -> None:
    head = ["Finding ref", "Audit type", "Risk rating", "Finding", "Control ref", "Owner", "Report date", "Original due date", "Revised due date", "Extensions", "Remediated on", "Verified on", "Status"]  # fmt: skip
    rows = [
        head,
        ["AF-1", "Internal audit", "High", "No restore test", "A.8.13", "CIO", day("2026-01-31"), day("2026-06-30"), day("2026-09-30"), 1, day("2026-09-15"), "", "Implemented"],
        ["AF-2", "ISO 27001", "Low", "Policy not signed", "A.5.1", "CISO", day("2026-02-27"), day("2026-05-31"), day("2026-05-31"), 0, day("2026-05-20"), day("2026-06-02"), "Closed"],
        ["AF-3", "Pen test", "3 - Medium", "Weak admin portal", "A.8.5", "CTO", day("2026-03-31"), day("2026-12-31"), day("2026-12-31"), 0, "", "", "In progress"],
        ["AF-4", "Group audit", "Medium", "Access review late", "A.5.18", "CIO", day("2026-04-30"), day("2026-10-31"), day("2026-10-31"), 0, "", "", "Overdue"],
    ]  # fmt: skip
    path = book(tmp_path / "findings.xlsx", {"Audit findings": rows, "Notes": [["Ask Ms Roth"]]})
    asked = {("audit_source", "Group audit"): "internal", ("state", "Implemented"): "open"}
    assert loaded(path, "audits", asked) == [
        ("finding_id", "audit_source", "rating", "title", "control_id", "owner", "opened", "due_original", "due_current", "retargets", "closed_by_owner", "verified_closed", "state"),
        ("AF-1", "internal", "high", "No restore test", "A.8.13", "CIO", day("2026-01-31"), day("2026-06-30"), day("2026-09-30"), 1, day("2026-09-15"), None, "open"),
        ("AF-2", "cert", "low", "Policy not signed", "A.5.1", "CISO", day("2026-02-27"), day("2026-05-31"), day("2026-05-31"), 0, day("2026-05-20"), day("2026-06-02"), "closed"),
        ("AF-3", "pentest", "medium", "Weak admin portal", "A.8.5", "CTO", day("2026-03-31"), day("2026-12-31"), day("2026-12-31"), 0, None, None, "open"),
        ("AF-4", "internal", "medium", "Access review late", "A.5.18", "CIO", day("2026-04-30"), day("2026-10-31"), day("2026-10-31"), 0, None, None, "open"),
    ]  # fmt: skip


def test_controls(tmp_path: Path) -> None:
    head = ["Control ID", "Control name", "Framework", "Clauses", "Implementation status", "Effectiveness", "Test method", "Tested by", "Tested on", "Evidence date", "Next test", "Maturity", "Reason for exclusion"]  # fmt: skip
    rows = [
        ["Statement of applicability 2026"],
        head,
        ["C-01", "Backup", "ISO 27001", "A.8.13", "Fully implemented", "Effective", "Reperformance", "Audit", day("2026-05-12"), day("2026-05-10"), day("2027-05-12"), 4, ""],
        ["C-02", "Access review", "ISO 27001", "A.5.18, A.8.2", "Partially implemented", "Not effective", "Inspection", "Audit", day("2026-06-18"), day("2026-06-01"), day("2026-12-18"), 2.5, ""],
        ["C-03", "Secure development", "ISO 27001", "A.8.25", "Not applicable", "Not tested", "", "", "n/a", "", "", "", "No own software"],
        ["C-04", "Mail filter", "ISO 27001", "A.8.7", "Fully implemented", "Mostly effective", "Self-assessment", "IT", day("2026-04-02"), "", "", 3, ""],
    ]  # fmt: skip
    path = book(tmp_path / "soa.xlsx", {"SoA": rows})
    asked = {("result", "Mostly effective"): "effective"}
    found = loaded(path, "controls", asked)
    assert found == [
        ("control_id", "assessed_at", "title", "framework", "requirement_ids", "state", "result", "method", "assessor", "evidence_at", "next_due", "score", "na_reason"),
        ("C-01", day("2026-05-12"), "Backup", "ISO 27001", "A.8.13", "implemented", "effective", "test", "Audit", day("2026-05-10"), day("2027-05-12"), 4.0, None),
        ("C-02", day("2026-06-18"), "Access review", "ISO 27001", "A.5.18|A.8.2", "partial", "ineffective", "examine", "Audit", day("2026-06-01"), day("2026-12-18"), 2.5, None),
        ("C-03", None, "Secure development", "ISO 27001", "A.8.25", "na", "not_tested", None, None, None, None, None, "No own software"),
        ("C-04", day("2026-04-02"), "Mail filter", "ISO 27001", "A.8.7", "implemented", "effective", "assert", "IT", None, None, 3.0, None),
    ]  # fmt: skip


def test_suppliers(tmp_path: Path) -> None:
    head = ["Lieferanten-Nr.", "Lieferant", "Kritikalität", "Leistungen", "Kritische Funktion", "Letzte Bewertung", "Nächste Bewertung", "Ergebnis", "Security Score", "Vertragsende", "Land"]  # fmt: skip
    rows = [
        ["Dienstleisterverzeichnis"],
        head,
        ["L-10", "Hostwerk GmbH", "Kritisch", "Hosting; Betrieb", "Ja", day("2026-03-17"), day("2027-03-17"), "Bestanden", 780, day("2028-12-31"), "DE"],
        ["L-11", "Payco SA", "Hoch", "Zahlungen", "Ja", day("2026-02-05"), day("2027-02-05"), "Mit Auflagen", 640, day("2027-06-30"), "LU"],
        ["L-12", "Druckerei Noll", "Stufe 4", "Druck", "Nein", "", "", "Zurückgestellt", "k.A.", day("2026-12-31"), "DE"],
        ["Summe", 3],
    ]  # fmt: skip
    path = book(tmp_path / "verzeichnis.xlsx", {"Lieferanten": rows})
    asked = {("result", "Zurückgestellt"): "fail"}
    assert loaded(path, "suppliers", asked) == [
        ("supplier_id", "name", "tier", "services", "critical_function", "last_assessed", "next_due", "result", "rating", "contract_end", "country"),
        ("L-10", "Hostwerk GmbH", 1, "Hosting|Betrieb", True, day("2026-03-17"), day("2027-03-17"), "pass", 780.0, day("2028-12-31"), "DE"),
        ("L-11", "Payco SA", 2, "Zahlungen", True, day("2026-02-05"), day("2027-02-05"), "conditional", 640.0, day("2027-06-30"), "LU"),
        ("L-12", "Druckerei Noll", 4, "Druck", False, None, None, "fail", None, day("2026-12-31"), "DE"),
    ]  # fmt: skip


def test_governance_items(tmp_path: Path) -> None:
    text = """Registre documentaire de la sécurité;;;;;;;
Réf.;Titre;Type de document;Propriétaire;Approuvé le;Prochaine révision;Date d'expiration;Statut
P-1;Politique de sécurité;Politique;RSSI;14/03/2025;14/03/2027;;En vigueur
P-2;Mots de passe;Procédure;RSSI;20/05/2024;20/05/2026;;En vigueur
D-1;Serveur ancien;Dérogation;DSI;15/01/2026;;31/12/2026;Approuvé
D-2;Accès externe;Dérogation;DSI;30/06/2025;;30/06/2026;Expiré
P-3;Télétravail;Politique;DRH;;;;Brouillon
"""
    path = written(tmp_path / "registre.csv", text, "cp1252")
    assert loaded(path, "governance_items", {("kind", "Procédure"): "standard"}) == [
        ("item_id", "kind", "title", "owner", "approved_at", "review_due", "expiry", "status"),
        ("P-1", "policy", "Politique de sécurité", "RSSI", day("2025-03-14"), day("2027-03-14"), None, "active"),
        ("P-2", "standard", "Mots de passe", "RSSI", day("2024-05-20"), day("2026-05-20"), None, "active"),
        ("D-1", "exception", "Serveur ancien", "DSI", day("2026-01-15"), None, day("2026-12-31"), "active"),
        ("D-2", "exception", "Accès externe", "DSI", day("2025-06-30"), None, day("2026-06-30"), "expired"),
        ("P-3", "policy", "Télétravail", "DRH", None, None, None, "draft"),
    ]  # fmt: skip


def test_people_measures(tmp_path: Path) -> None:
    """A file of one measure does not name it; it is written once."""
    head = ["Department", "Quarter", "Course", "Headcount", "Assigned", "Completed"]
    rows = [
        ["Training completion, all staff"],
        [],
        head,
        ["Finance", "Q2 2026", "Phishing basics", 40, 38, 35],
        ["Finance", "Q3 2026", "Phishing basics", 41, 41, 40],
        ["IT", "Q3 2026", "Phishing basics", 25, 24, 24],
        ["Sales", "Q3 2026", "Phishing basics", 110, 108, 71],
        ["Total", "", "", 216, 211, 170],
    ]
    path = book(tmp_path / "lms.xlsx", {"Sheet1": rows})
    assert loaded(path, "people_measures", {("measure", "value"): "training"}) == [
        ("unit_id", "period", "measure", "n", "num", "den", "source_note"),
        ("Finance", "2026-Q2", "training", 40, 35, 38, "Phishing basics"),
        ("Finance", "2026-Q3", "training", 41, 40, 41, "Phishing basics"),
        ("IT", "2026-Q3", "training", 25, 24, 24, "Phishing basics"),
        ("Sales", "2026-Q3", "training", 110, 71, 108, "Phishing basics"),
    ]


def test_spend(tmp_path: Path) -> None:
    head = ["Line ID", "Line item", "Quarter", "Department", "Category", "Run/Change", "Capex/Opex", "Budget (k€)", "Actual (k€)", "Committed (k€)", "Full-year forecast (k€)", "FTE plan", "FTE"]  # fmt: skip
    rows = [
        ["Security budget 2026", "", "amounts in k€"],
        head,
        ["L1", "SOC service", "Q3 2026", "Security", "Services", "Run", "Opex", 120.5, 118.25, 10, 480, "", ""],
        ["L2", "Segmentation", "Q3 2026", "Security", "Projects", "Change", "Capex", 300, 212.75, 90, 900, 2.5, 2],
        ["L3", "Licences", "Q3 2026", "IT", "Tools", "BAU", "Opex", 45, 45, 0, 180, "", ""],
        ["L4", "Awareness", "Q3 2026", "HR", "People", "Mixed", "Opex", 20, 12, 0, 60, 1, 1],
        ["Total", "", "", "", "", "", "", 485.5, 388, 100, 1620, 3.5, 3],
    ]  # fmt: skip
    path = book(tmp_path / "budget-2026.xlsx", {"Security budget": rows})
    assert loaded(path, "spend", {("run_change", "Mixed"): "run"}) == [
        ("line_id", "period", "unit_id", "title", "category", "run_change", "opex_capex", "budget", "actual", "committed", "forecast", "currency", "headcount_plan", "headcount_actual"),
        ("L1", "2026-Q3", "Security", "SOC service", "Services", "run", "opex", Decimal("120500.00"), Decimal("118250.00"), Decimal("10000.00"), Decimal("480000.00"), "EUR", None, None),
        ("L2", "2026-Q3", "Security", "Segmentation", "Projects", "change", "capex", Decimal("300000.00"), Decimal("212750.00"), Decimal("90000.00"), Decimal("900000.00"), "EUR", 2.5, 2.0),
        ("L3", "2026-Q3", "IT", "Licences", "Tools", "run", "opex", Decimal("45000.00"), Decimal("45000.00"), Decimal("0.00"), Decimal("180000.00"), "EUR", None, None),
        ("L4", "2026-Q3", "HR", "Awareness", "People", "run", "opex", Decimal("20000.00"), Decimal("12000.00"), Decimal("0.00"), Decimal("60000.00"), "EUR", 1.0, 1.0),
    ]  # fmt: skip


def test_initiatives(tmp_path: Path) -> None:
    head = ["Project ID", "Project name", "Department", "Project manager", "Start date", "End date", "Forecast end", "Actual end", "Budget (CHF)", "Spend to date (CHF)", "RAG status", "Go-live", "Security review", "Linked scenarios"]  # fmt: skip
    rows = [
        ["Security programme, portfolio"],
        [],
        head,
        ["P-1", "Network segments", "IT", "A. Frei", day("2026-01-05"), day("2026-10-30"), day("2026-12-18"), "", 900_000, 512_000.5, "Amber", "", day("2026-04-15"), "S-1"],
        ["P-2", "Passkeys", "IT", "B. Sutter", day("2026-02-02"), day("2026-08-31"), day("2026-08-31"), day("2026-08-28"), 150_000, 141_300, "Completed", day("2026-08-24"), day("2026-05-06"), "S-2; S-3"],
        ["P-3", "Backup renewal", "IT", "A. Frei", day("2026-03-02"), day("2026-11-27"), day("2027-02-26"), "", 240_000, 60_000, "Red", "", "", ""],
        ["P-4", "Supplier portal", "Purchasing", "C. Wyss", day("2026-06-01"), day("2026-12-18"), day("2026-12-18"), "", 80_000, 12_000, "Green", "", "", ""],
    ]  # fmt: skip
    path = book(tmp_path / "portfolio.xlsx", {"Projects": rows})
    assert loaded(path, "initiatives", {("health", "Red"): "late"}) == [
        ("initiative_id", "unit_id", "title", "owner", "scenario_ids", "baseline_start", "baseline_end", "forecast_end", "ended_at", "budget", "actual", "currency", "security_review_at", "go_live", "health"),
        ("P-1", "IT", "Network segments", "A. Frei", "S-1", day("2026-01-05"), day("2026-10-30"), day("2026-12-18"), None, Decimal("900000.00"), Decimal("512000.50"), "CHF", day("2026-04-15"), None, "at_risk"),
        ("P-2", "IT", "Passkeys", "B. Sutter", "S-2|S-3", day("2026-02-02"), day("2026-08-31"), day("2026-08-31"), day("2026-08-28"), Decimal("150000.00"), Decimal("141300.00"), "CHF", day("2026-05-06"), day("2026-08-24"), "done"),
        ("P-3", "IT", "Backup renewal", "A. Frei", None, day("2026-03-02"), day("2026-11-27"), day("2027-02-26"), None, Decimal("240000.00"), Decimal("60000.00"), "CHF", None, None, "late"),
        ("P-4", "Purchasing", "Supplier portal", "C. Wyss", None, day("2026-06-01"), day("2026-12-18"), day("2026-12-18"), None, Decimal("80000.00"), Decimal("12000.00"), "CHF", None, None, "on_track"),
    ]  # fmt: skip


def test_thresholds(tmp_path: Path) -> None:
    text = """Target ID,Type,KPI,Applies to,Target value,Limit,Days to fix,Approved by,Approval date,Valid from,Board minute
T-1,KPI,coverage.edr,,≥ 95 %,90 %,,Board,2026-01-22,2026-01-01,2026-01/4
T-2,KPI,people.training,Finance,98 %,"92,5 %",,Board,2026-01-22,2026-01-01,2026-01/4
T-3,SLA,,critical,,,14 days,CISO,2026-01-15,2026-02-01,
T-4,Guideline,,high,,,30 days,CISO,2026-01-15,2026-02-01,
"""
    path = written(tmp_path / "targets.csv", text)
    assert loaded(path, "thresholds", {("kind", "Guideline"): "sla"}) == [
        ("threshold_id", "valid_from", "kind", "measure_id", "scope", "green", "red", "days", "approved_by", "approved_at", "minute_ref"),
        ("T-1", day("2026-01-01"), "measure", "coverage.edr", None, 95.0, 90.0, None, "Board", day("2026-01-22"), "2026-01/4"),
        ("T-2", day("2026-01-01"), "measure", "people.training", "Finance", 98.0, 92.5, None, "Board", day("2026-01-22"), "2026-01/4"),
        ("T-3", day("2026-02-01"), "sla", None, "critical", None, None, 14, "CISO", day("2026-01-15"), None),
        ("T-4", day("2026-02-01"), "sla", None, "high", None, None, 30, "CISO", day("2026-01-15"), None),
    ]  # fmt: skip
