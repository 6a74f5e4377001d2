"""The estate: weaknesses known to be exploited, recovery by service, confidentiality, integrity and availability, technology past its support, tools in use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from reportkit import display, locale, sql
from reportkit.display import Shown
from reportkit.facts import Cell, Column
from reportkit.locale import plural
from reportkit.measures.coverage import OBSERVED_DAYS, WORKS
from reportkit.sections.words import day, missing, money, text

if TYPE_CHECKING:
    from reportkit.facts import Status
    from reportkit.view import View

_IN_USE = "retired_at IS NULL AND COALESCE(in_scope, TRUE)"
#: From this rating on, confidentiality, integrity or availability of an asset is said to be vital.
_VITAL = 3
#: Days ahead in which an end of support is told.
_AHEAD = 365


def exploited(view: View, *, limit: int = 8) -> Shown:
    """Give the weaknesses known to be exploited that are open here: on how many assets, how many face the internet, since when, due when."""
    gap = missing(view, "findings", "Known-exploited weaknesses")
    if gap:
        return gap
    rows = view.sql(
        "SELECT f.vuln_id, MAX(f.title) AS title, COUNT(*) AS n, COUNT(DISTINCT f.asset_id) AS assets, "
        "COUNT(DISTINCT CASE WHEN a.exposure = 'internet' THEN f.asset_id END) AS outside, MIN(f.opened) AS oldest, MIN(f.kev_due) AS due, BOOL_OR(f.ransomware) AS ransomware, "
        f"SUM(CASE WHEN f.kev_due < {sql.day(view.as_of)} THEN 1 ELSE 0 END) AS late FROM open_findings AS f LEFT JOIN assets AS a ON a.asset_id = f.asset_id "
        "WHERE f.kev GROUP BY f.vuln_id ORDER BY outside DESC, assets DESC, f.vuln_id"
    )
    shown = []
    for row in rows.head(limit).to_dict("records"):
        late, outside = int(row["late"]), int(row["outside"])
        shown.append(
            (
                Cell(text=text(row["title"], text(row["vuln_id"])), kind="strong", sub=text(row["vuln_id"]) + (" · used by ransomware" if row["ransomware"] is True else "")),
                Cell(text=str(int(row["assets"])), kind="strong"), display.number(str(outside) if outside else "–"),
                Cell(text=f"{locale.number((pd.Timestamp(view.as_of) - row['oldest']).days)} d" if pd.notna(row["oldest"]) else "–", kind="number"), day(row["due"]),
                display.status_cell("red", f"{late} late") if late else display.status_cell("amber", "In time") if pd.notna(row["due"]) else display.status_cell("none", "No date"),
            )
        )  # fmt: skip
    columns = (
        Column(label="Weakness", width=3), Column(label="Assets", align="right"), Column(label="Facing the internet", align="right"), Column(label="Oldest", align="right"),
        Column(label="Due by catalogue"), Column(label="State"),
    )  # fmt: skip
    more, late, n = (
        len(rows) - len(shown),
        *(int(rows[key].sum()) if len(rows) else 0 for key in ("late", "n")),
    )
    # Counted as the indicators do: once on each asset.
    kinds = f" ({locale.number(len(rows))} different ones)" if n > len(rows) else ""
    title = (
        f"{plural(n, 'known-exploited weakness is', 'known-exploited weaknesses are')} open{kinds}, {'all' if late == n > 1 else late or 'none'} of them past the date of the catalogue"
        if len(rows)
        else "Known-exploited weaknesses"
    )
    return display.table(
        "exploited", title, columns, shown, dense=True,
        note=f"{plural(more, 'more is', 'more are')} open on fewer assets." if more > 0 else "", empty="No weakness that is known to be exploited is open.",
    )  # fmt: skip


def recovery(view: View, *, limit: int = 8) -> Shown:
    """Give the critical services by proof of recovery: systems restored in a test within a year, whether time and data loss were met."""
    gap = missing(view, "services", "Recovery of services") or missing(view, "coverage", "Recovery of services")  # fmt: skip
    if gap:
        return gap
    rows = view.sql(
        "SELECT s.service_id, s.name, s.criticality, s.owner, s.rto_hours, s.rpo_hours, COUNT(DISTINCT a.asset_id) AS systems, "
        "COUNT(DISTINCT CASE WHEN c.ok THEN a.asset_id END) AS proven, COUNT(DISTINCT CASE WHEN c.slow THEN a.asset_id END) AS slow, "
        "COUNT(DISTINCT CASE WHEN c.lossy THEN a.asset_id END) AS lossy, MAX(c.last_ok) AS tested FROM services AS s JOIN assets AS a ON a.service_id = s.service_id "
        f"LEFT JOIN (SELECT asset_id, last_ok, status = 'na' AS never, {WORKS['restore_test'].replace('c.', '').format(as_of=sql.day(view.as_of))} AS ok, rto_met = FALSE AS slow, rpo_met = FALSE AS lossy "
        f"FROM coverage WHERE control = 'restore_test') AS c ON c.asset_id = a.asset_id WHERE a.{_IN_USE.replace('in_scope', 'a.in_scope')} AND a.criticality <= 2 AND s.criticality <= 2 "
        "AND NOT COALESCE(c.never, FALSE) GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY s.criticality, 1.0 * COUNT(DISTINCT CASE WHEN c.ok THEN a.asset_id END) / COUNT(DISTINCT a.asset_id), s.service_id"
    )
    whole = rows["proven"] == rows["systems"]
    shown = []
    for row in rows[~whole].head(limit).to_dict("records"):
        n, proven, slow, lossy = (int(row[k]) for k in ("systems", "proven", "slow", "lossy"))
        state: Status = "red" if row["criticality"] == 1 or proven < n / 2 else "amber"
        why = [f"{slow} too slow" if slow else "", f"{lossy} lost too much data" if lossy else ""]
        shown.append(
            (
                Cell(text=text(row["name"]), kind="strong", sub=text(row["owner"], "")), display.number(str(int(row["criticality"]))),
                Cell(text=f"{_hours(row['rto_hours'])} / {_hours(row['rpo_hours'])}", kind="number"), Cell(text=f"{proven} of {n}", kind="strong"), day(row["tested"]),
                display.status_cell(state, f"{n - proven} not proven", sub=", ".join(filter(None, why))),
            )
        )  # fmt: skip
    columns = (
        Column(label="Service", width=2.6), Column(label="Criticality", align="right"), Column(label="Back within / data lost at most", align="right", width=1.4),
        Column(label="Systems proven", align="right"), Column(label="Last good test"), Column(label="State", width=1.3),
    )  # fmt: skip
    more = int((~whole).sum()) - len(shown)
    title = (
        f"{len(rows) - int(whole.sum()) or 'None'} of {plural(len(rows), 'critical service')} cannot prove that {'it' if len(rows) - int(whole.sum()) == 1 else 'they'} can be restored in full"
        if len(rows)
        else "Recovery of services"
    )
    return display.table(
        "recovery", title, columns, shown, dense=True,
        note="Services and systems of criticality 1 and 2; a system is proven by a restore test of the last 12 months that met the service's recovery time and data loss."
        + (f" {plural(more, 'more service is', 'more services are')} not proven in full." if more > 0 else ""),
        empty="Every critical service was restored in full in a test of the last 12 months.",
    )  # fmt: skip


def _hours(value: object) -> str:
    if value is None or value != value:
        return "–"
    hours = float(str(value))
    return f"{locale.general(hours)}{locale.NARROW}h" if hours else "none"


_GOALS = (
    ("C", "Confidentiality", "cia_c", "encryption", "encrypted"),
    ("I", "Integrity", "cia_i", "vuln_scan", "scanned with credentials"),
    ("A", "Availability", "cia_a", "restore_test", "proven restorable"),
)


def protection_goals(view: View) -> Shown:
    """Give confidentiality, integrity and availability: vital assets, their weaknesses, their safeguard, loss a year of the scenarios that hurt each."""
    gap = missing(view, "assets", "Confidentiality, integrity, availability")
    if gap:
        return gap
    shown, worst = [], ("", 101.0)
    for letter, name, column, control, word in _GOALS:
        vital = f"{_IN_USE} AND {column} >= {_VITAL}"
        n = int(view.sql(f"SELECT COUNT(*) AS n FROM assets WHERE {vital}")["n"].iloc[0])
        held, of = _safeguard(view, vital, control)
        if of and 100 * held / of < worst[1]:
            worst = (name.lower(), 100 * held / of)
        weak = view.sql(
            f"SELECT COUNT(*) AS n, COUNT(DISTINCT asset_id) AS assets FROM open_findings WHERE severity IN ('critical', 'high') AND asset_id IN (SELECT asset_id FROM assets WHERE {vital})"
        ).iloc[0] if view.loads["findings"] else None  # fmt: skip
        shown.append(
            (
                Cell(text=name, kind="strong"), Cell(text=locale.number(n) if n else "–", kind="number"),
                Cell(text=locale.percent(100 * held / of) if of else "–", kind="strong", sub=f"{locale.number(held)} of {locale.number(of)} {word}" if of else f"not observed: {word}"),
                Cell(text="–" if weak is None else locale.number(int(weak["n"])), kind="number", sub="" if weak is None or not weak["n"] else f"on {plural(int(weak['assets']), 'asset')}"),
                Cell(text=_loss(view, letter), kind="number"), _happened(view, letter),
            )
        )  # fmt: skip
    columns = (
        Column(label="Goal", width=1.3), Column(label="Vital assets", align="right"), Column(label="With its main safeguard", align="right", width=1.5),
        Column(label="Critical and high weaknesses", align="right", width=1.3), Column(label="Expected loss a year", align="right"), Column(label="In the quarter", width=2),
    )  # fmt: skip
    title = (
        f"Of the three goals, {worst[0]} is held least: {locale.percent(worst[1])} of its vital assets have the safeguard"
        if worst[0]
        else "Confidentiality, integrity and availability"
    )
    return display.table(
        "goals-held", title, columns, shown,
        note=f"Vital: rated {_VITAL} for the goal. A scenario that hurts several goals counts for each, so the losses do not add up.",
    )  # fmt: skip


def _safeguard(view: View, vital: str, control: str) -> tuple[int, int]:
    """Count vital assets on which a control works, and those to which it applies; nothing observed is no count."""
    works = WORKS.get(control, f"c.control = '{control}' AND c.status = 'ok'")
    recent = sql.day(view.as_of)
    row = view.sql(
        f"SELECT COUNT(DISTINCT CASE WHEN c.status <> 'na' THEN a.asset_id END) AS n, COUNT(DISTINCT CASE WHEN {works.format(as_of=recent)} THEN a.asset_id END) AS held "
        f"FROM (SELECT asset_id FROM assets WHERE {vital}) AS a LEFT JOIN (SELECT * FROM coverage WHERE control = '{control}' AND observed_at >= {recent} - INTERVAL '{OBSERVED_DAYS.get(control, 365)}' DAY) AS c ON c.asset_id = a.asset_id"
    ).iloc[0]
    return int(row["held"]), int(row["n"])


def _loss(view: View, letter: str) -> str:
    whole = view.portfolio()
    if whole is None:
        return "–"
    tags = view.sql("SELECT scenario_id, cia_tags FROM scenarios WHERE state = 'current'")
    named = set(tags.loc[tags["cia_tags"].fillna("").str.split("|").map(lambda t: letter in t), "scenario_id"])  # fmt: skip
    found = [s.ale for s in whole.simulation.scenarios if s.id in named]
    return money(sum(found), view.currency) if found else "–"


def _happened(view: View, letter: str) -> Cell:
    """Say what the quarter did to a goal: records exposed, failed or unreviewed changes, hours of service lost."""
    if not view.loads["incidents"]:
        return Cell(text="–", kind="muted")
    row = view.sql(
        "SELECT COALESCE(SUM(records), 0) AS records, COALESCE(SUM(service_minutes), 0) / 60.0 AS hours, SUM(CASE WHEN cause IN ('misconfiguration', 'control', 'change') THEN 1 ELSE 0 END) AS changes "
        f"FROM incidents WHERE confirmed = 'confirmed' AND detected > {sql.instant(view.begin)}"
    ).iloc[0]
    said = {
        "C": f"{plural(int(row['records']), 'record') if row['records'] else 'No records'} exposed",
        "I": f"{plural(int(row['changes'] or 0), 'incident') if row['changes'] else 'No incident'} from a change or a setting",
        "A": f"{locale.number(float(row['hours']), 1)} hours of service lost",
    }[letter]
    return Cell(text=said)


def lifecycle(view: View, *, limit: int = 8) -> Shown:
    """Give the assets past the end of support, or within a year of it, by kind, with their serious weaknesses and most critical ones."""
    gap = missing(view, "assets", "Technology past its support")
    if gap:
        return gap
    t, soon = sql.day(view.as_of), sql.day((pd.Timestamp(view.as_of) + pd.Timedelta(days=_AHEAD)).date())  # fmt: skip
    rows = view.sql(
        f"SELECT kind, COUNT(*) AS n, SUM(CASE WHEN eol_at <= {t} THEN 1 ELSE 0 END) AS past, SUM(CASE WHEN eol_at > {t} AND eol_at <= {soon} THEN 1 ELSE 0 END) AS soon, "
        f"SUM(CASE WHEN eol_at <= {t} AND criticality <= 2 THEN 1 ELSE 0 END) AS critical, SUM(CASE WHEN eol_at IS NULL THEN 1 ELSE 0 END) AS unknown FROM assets WHERE {_IN_USE} "
        "GROUP BY kind ORDER BY past DESC, soon DESC, kind"
    )
    total, past, soon_n, unknown = (int(rows[k].sum()) for k in ("n", "past", "soon", "unknown"))
    weak = _weak_by_kind(view)
    shown = [
        (
            Cell(text=_KINDS.get(text(row["kind"], ""), text(row["kind"])), kind="strong"), display.number(locale.number(int(row["n"]))),
            Cell(text=str(int(row["past"])) if row["past"] else "–", kind="strong", sub=locale.percent(100 * row["past"] / row["n"], 1) if row["past"] else ""),
            display.number(str(int(row["critical"])) if row["critical"] else "–"), display.number(str(int(row["soon"])) if row["soon"] else "–"),
            display.number(str(weak.get(text(row["kind"], ""), 0)) if row["past"] else "–"),
        )
        for row in rows[(rows["past"] > 0) | (rows["soon"] > 0)].head(limit).to_dict("records")
    ]  # fmt: skip
    columns = (
        Column(label="Kind of asset", width=1.8), Column(label="In use", align="right"), Column(label="Past support", align="right"), Column(label="of them critical", align="right"),
        Column(label="Ends in 12 months", align="right"), Column(label="Critical and high weaknesses on those past", align="right", width=1.6),
    )  # fmt: skip
    title = (
        f"{plural(past, 'asset')} of {locale.number(total)} ({locale.percent(100 * past / total, 1)}) {'runs' if past == 1 else 'run'} without the maker's support, {soon_n} more within a year"
        if total
        else "Technology past its support"
    )
    return display.table(
        "lifecycle", title, columns, shown,
        note=f"{plural(unknown, 'asset has', 'assets have')} no end of support on record." if unknown else "", empty="No asset is past its support or within a year of its end.",
    )  # fmt: skip


_KINDS = {
    "host": "Computers and servers", "app": "Applications", "cloud": "Cloud resources", "data": "Data stores", "ot": "Controllers and machines", "saas": "Services by subscription", "network": "Network devices",
}  # fmt: skip


def _weak_by_kind(view: View) -> dict[str, int]:
    if not view.loads["findings"]:
        return {}
    rows = view.sql(
        "SELECT a.kind, COUNT(*) AS n FROM open_findings AS f JOIN assets AS a ON a.asset_id = f.asset_id WHERE f.severity IN ('critical', 'high') "
        f"AND a.eol_at <= {sql.day(view.as_of)} AND a.retired_at IS NULL GROUP BY a.kind"
    )
    return {str(k): int(n) for k, n in zip(rows["kind"], rows["n"], strict=True)}


_TOOLS = (
    ("vuln_scan", "Scanner of weaknesses"), ("edr", "Endpoint protection"), ("log", "Central log"), ("backup", "Backup"), ("restore_test", "Restore tests"), ("encryption", "Encryption of storage"), ("mdm", "Management of mobile devices"),
)  # fmt: skip


def tools(view: View) -> Shown:
    """Give each security tool: assets it applies to, where it is deployed, where it works; what is deployed and does not work is paid for in vain."""
    gap = missing(view, "coverage", "Use of security tools")
    if gap:
        return gap
    t = sql.day(view.as_of)
    shown, idle = [], 0
    for control, name in _TOOLS:
        works = WORKS.get(control, f"c.control = '{control}' AND c.status = 'ok'").format(as_of=t)
        row = view.sql(
            f"SELECT COUNT(DISTINCT CASE WHEN COALESCE(c.status, 'absent') <> 'na' THEN a.asset_id END) AS n, COUNT(DISTINCT CASE WHEN c.status IN ('ok', 'degraded') THEN a.asset_id END) AS deployed, "
            f"COUNT(DISTINCT CASE WHEN {works} THEN a.asset_id END) AS works, COUNT(c.asset_id) AS seen FROM (SELECT asset_id FROM assets WHERE {_IN_USE}) AS a "
            f"LEFT JOIN (SELECT * FROM coverage WHERE control = '{control}') AS c ON c.asset_id = a.asset_id"
        ).iloc[0]
        n, deployed, working = (int(row[k]) for k in ("n", "deployed", "works"))
        if not row["seen"] or not n:
            continue
        vain = deployed - working
        idle += vain
        state: Status = "green" if working >= 0.95 * n else "amber" if working >= 0.85 * n else "red"  # fmt: skip
        shown.append(
            (
                Cell(text=name, kind="strong"), display.number(locale.number(n)), display.number(locale.number(deployed)), Cell(text=locale.number(working), kind="strong", sub=locale.percent(100 * working / n)),
                Cell(text=locale.number(vain) if vain else "–", kind="number"), display.number(locale.number(n - deployed) if n > deployed else "–"), display.status_cell(state),
            )
        )  # fmt: skip
    columns = (
        Column(label="Tool", width=1.9), Column(label="Applies to", align="right"), Column(label="Deployed", align="right"), Column(label="Working", align="right", width=1.2),
        Column(label="Deployed in vain", align="right"), Column(label="Missing", align="right"), Column(label="Status"),
    )  # fmt: skip
    title = (
        f"Tools are deployed in vain on {plural(idle, 'asset')}, counted once for each tool"
        if idle
        else "Every tool that is deployed works"
    )
    return display.table(
        "tools", title, columns, shown, dense=True,
        note="Working: scan with credentials in 30 days, endpoint protection seen in 7 days, events in 24 hours, restore test of 12 months within its objectives; others as last observed. On target from 95 %, off target below 85 %.",
        empty="No tool was observed on an asset in use.",
    )  # fmt: skip
