"""Weaknesses: how many are open, how late, how fast they go."""

from __future__ import annotations

import pandas as pd

from reportkit import locale, stats
from reportkit.measures.finishing import between, left_out, percent, quantile, share
from reportkit.measures.model import Moment, Part, Value
from reportkit.measures.registry import measure
from reportkit.sql import among
from reportkit.tables import COUNTED, OPEN

_DIMS = {"severity": "severity", "unit": "unit_id"}
#: Without any of these a finding cannot be told from one that nobody exploits.
_LISTED = (
    "kev.date_added|findings.kev_date|findings.kev",
    "findings.vuln_id|findings.cve_ids|findings.kev_date|findings.kev",
)
#: States of findings that count.
_COUNTED = among(COUNTED)
_UNDATED = ("findings have no day of first detection and are left out", "finding has no day of first detection and is left out")  # fmt: skip
_EARLY = ("were due before they were found", "was due before it was found")


@measure(
    id="V01", name="Open weaknesses",
    definition="Findings open at the end of the day: opened by then and neither fixed nor decommissioned by then. One finding is "
    "one weakness on one asset at one place. False positives, duplicates and out-of-scope findings never count; accepted ones stay open exposure.",
    why="The stock that has to be worked off.", use="Read beside scan coverage: better scanning finds more.",
    source="CIS Security Metrics; NIST SP 800-55", unit="count", direction="down", needs=("findings",),
    reduce="SELECT {group} AS grp, SUM(n) AS n FROM open_finding_groups GROUP BY {group}", dims=_DIMS,
    counted={"findings": "state IN " + among(OPEN)},
)  # fmt: skip
def open_weaknesses(rows: pd.DataFrame, at: Moment) -> Value:
    """Count open findings."""
    n = int(rows["n"].sum())
    return Value(value=n, n=n)


@measure(
    id="V02", name="Known-exploited weaknesses open",
    definition="Open findings whose weakness stood in the catalogue of known exploited vulnerabilities by the day; newly listed are those found "
    "before the catalogue listed them, newly found those found in the quarter on a weakness already listed.",
    why="Attackers use these today.", use="None may face the internet; the rest is worked off first.",
    source="CISA Known Exploited Vulnerabilities catalogue", unit="count", direction="down", needs=("findings",), fields=_LISTED,
    reduce="SELECT {group} AS grp, COUNT(*) AS n, COUNT(DISTINCT asset_id) AS assets, "
    "SUM(CASE WHEN asset_exposure = 'internet' THEN 1 ELSE 0 END) AS internet, SUM(CASE WHEN ransomware THEN 1 ELSE 0 END) AS ransomware, "
    "SUM(CASE WHEN kev_date >= {start} AND opened < kev_date THEN 1 ELSE 0 END) AS listed, "
    "SUM(CASE WHEN opened >= {start} AND opened >= kev_date THEN 1 ELSE 0 END) AS found "
    "FROM open_findings WHERE kev GROUP BY {group}",
    dims={**_DIMS, "exposure": "asset_exposure"},
    counted={"findings": "kev AND state IN " + among(OPEN)},
)  # fmt: skip
def kev_exposure(rows: pd.DataFrame, at: Moment) -> Value:
    """Count open known-exploited findings."""
    n, assets, internet, ransomware, listed, found = (
        int(rows[name].sum())
        for name in ("n", "assets", "internet", "ransomware", "listed", "found")
    )
    return Value(
        value=n,
        n=n,
        parts=(
            Part("Assets", assets, "count"),
            Part("Facing the internet", internet, "count"),
            Part("Used for ransomware", ransomware, "count"),
            Part("Newly listed this quarter", listed, "count"),
            Part("Newly found this quarter", found, "count"),
        ),
    )


@measure(
    id="V03", name="Known-exploited weaknesses overdue",
    definition="Open findings whose weakness stood in the catalogue of known exploited vulnerabilities by the day and whose "
    "due date has passed. The due date is the catalogue's own, unless another rule is switched on in clocks.toml: then it runs from the earlier of listing "
    "and detection, for what was listed or found since that rule holds.",
    why="These are used in real attacks today.", use="Anything above zero needs a name and a date.",
    source="CISA Known Exploited Vulnerabilities catalogue", unit="count", direction="down", needs=("findings",), fields=_LISTED,
    reduce="SELECT {group} AS grp, COUNT(*) AS n, "
    "SUM(CASE WHEN {kev_due} IS NULL THEN 1 ELSE 0 END) AS undated, SUM(CASE WHEN {kev_due} < {as_of} THEN 1 ELSE 0 END) AS late "
    "FROM open_findings WHERE kev GROUP BY {group}",
    dims=_DIMS, green=0, red=5,
    counted={"findings": "kev AND state IN " + among(OPEN)},
)  # fmt: skip
def kev_overdue(rows: pd.DataFrame, at: Moment) -> Value:
    """Count open known-exploited findings past the catalogue's due date."""
    listed, undated = int(rows["n"].sum()), int(rows["undated"].sum())
    note = left_out((undated, "listed findings have no due date", "listed finding has no due date"))
    return Value(
        value=int(rows["late"].sum()),
        denominator=listed,
        numerator=int(rows["late"].sum()),
        n=listed,
        note=note,
    )


@measure(
    id="V04", name="Critical and high weaknesses fixed on time",
    definition="Of critical and high findings whose due date fell in the quarter, the share fixed on or before it. Accepted ones and "
    "those still open count as not met, and those accepted by then are shown apart. What was decommissioned was not fixed either: it stays in the cohort and is shown apart, "
    "for a share that rises because systems vanish says nothing of the work.",
    why="Counts what was promised, so that late items cannot hide by staying open.", use="Below target: more capacity, or fewer promises.",
    source="reportkit; due cohort after DefectDojo's and FedRAMP's service levels", unit="percent", direction="up", needs=("findings",),
    fields=("findings.due_original|thresholds.days",),
    reduce="SELECT {group} AS grp, SUM(n) AS due, "
    "SUM(CASE WHEN state = 'fixed' AND closed <= due_original THEN n ELSE 0 END) AS met, "
    "SUM(CASE WHEN state = 'accepted' AND COALESCE(accepted_at, due_original) <= due_original THEN n ELSE 0 END) AS accepted, "
    "SUM(CASE WHEN state = 'decommissioned' AND closed <= due_original THEN n ELSE 0 END) AS gone, "
    "SUM(CASE WHEN due_original < opened THEN n ELSE 0 END) AS early FROM finding_groups "
    "WHERE severity IN ('critical', 'high') AND due_original >= {start} AND due_original <= {as_of} "
    "AND state IN " + _COUNTED + " GROUP BY {group}",
    dims=_DIMS, green=90, red=80, noise="proportion", digits=1,
    counted={"findings": "severity IN ('critical', 'high') AND due_original >= {start} AND due_original <= {as_of} AND state IN " + _COUNTED},
)  # fmt: skip
def on_time(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the share of due critical and high findings that were fixed in time."""
    due, met, accepted, gone, early = (
        int(rows[name].sum()) for name in ("due", "met", "accepted", "gone", "early")
    )
    late = due - met - accepted - gone
    return share(
        met,
        due,
        "no critical or high finding fell due",
        (
            Part("Accepted instead", accepted, "count"),
            Part("Decommissioned instead", gone, "count"),
            Part("Still open or ended late", late, "count"),
        ),
        left_out((early, *_EARLY)),
    )


@measure(
    id="V05", name="Weaknesses past their due date",
    definition="Open findings whose original due date has passed, accepted ones among them; with the median and the largest number of days late. Those without "
    "a due date cannot be late and are counted beside it.",
    why="What was promised and is still there; it does not vanish when it is closed late elsewhere.",
    use="The oldest ones need a decision: fix, isolate or accept by name.", source="reportkit", unit="count", direction="down",
    needs=("findings",), fields=("findings.due_original|thresholds.days",),
    reduce="SELECT {group} AS grp, CASE WHEN due_original < {as_of} THEN DATE_DIFF('day', due_original, {as_of}) ELSE 0 END AS late, "
    "SUM(n) AS n, SUM(CASE WHEN due_original IS NULL THEN n ELSE 0 END) AS undated, SUM(CASE WHEN due_original < opened THEN n ELSE 0 END) AS early, "
    "SUM(CASE WHEN state = 'accepted' THEN n ELSE 0 END) AS accepted FROM open_finding_groups GROUP BY 1, 2 ORDER BY 1, 2",
    dims=_DIMS,
    clock="Starts with the original due date; a later date agreed since does not help. Accepted findings stay in and are shown apart.",
    counted={"findings": "due_original < {as_of} AND state IN " + among(OPEN)},
)  # fmt: skip
def past_due(rows: pd.DataFrame, at: Moment) -> Value:
    """Count open findings past their original due date."""
    late = rows[rows["late"] > 0]
    n, undated = int(late["n"].sum()), int(rows["undated"].sum())
    dated = int(rows["n"].sum()) - undated
    if undated and not dated:
        return Value(reason="no open finding has a due date", n=0)
    median = quantile(late["late"].to_numpy(), late["n"].to_numpy(), 0.5)
    return Value(
        value=n,
        numerator=n,
        denominator=dated,
        n=dated,
        parts=(
            Part("Median days late", median, "days"),
            Part("Longest", float(late["late"].max()) if n else None, "days"),
            Part("Accepted among them", int(late["accepted"].sum()), "count"),
            Part("Open without a due date", undated, "count"),
        ),
        note=left_out((int(late["early"].sum()), *_EARLY)),
    )


#: An open finding on an asset without a scan in so many days is watched no longer than to that asset's last scan.
UNSEEN_DAYS = 45
_RECENT = "(opened IS NULL OR opened >= {as_of} - INTERVAL '730' DAY)"
#: Rows a survival curve is drawn from, over the findings of 24 months: one per duration, with fixes, other exits, those of the exits
#: that were decommissioned, and those that have no duration: without a first day, or ended before it.
SURVIVAL = (
    "SELECT grp, CASE WHEN ended >= opened THEN DATE_DIFF('day', opened, ended) ELSE 0 END AS duration, "
    "SUM(CASE WHEN ended >= opened AND state = 'fixed' THEN n ELSE 0 END) AS events, "
    "SUM(CASE WHEN ended >= opened AND state <> 'fixed' THEN n ELSE 0 END) AS exits, "
    "SUM(CASE WHEN ended >= opened AND state = 'decommissioned' THEN n ELSE 0 END) AS gone, "
    "SUM(CASE WHEN ended < opened THEN n ELSE 0 END) AS wrong, SUM(CASE WHEN opened IS NULL THEN n ELSE 0 END) AS undated FROM ("
    "SELECT {group} AS grp, state, opened, COALESCE(closed, CASE WHEN state = 'accepted' THEN accepted_at END, {as_of}) AS ended, n FROM finding_groups "
    f"WHERE {_RECENT} AND state IN {_COUNTED} UNION ALL "
    # What is open on an asset that was last seen long ago is taken off the day, and put where it was last seen.
    "SELECT {group} AS grp, state, opened, CASE WHEN n = 1 THEN last_scan ELSE {as_of} END AS ended, n "
    "FROM open_findings JOIN (SELECT asset_id AS scanned_id, MAX(last_ok) AS last_scan FROM coverage WHERE control = 'vuln_scan' "
    f"GROUP BY asset_id HAVING MAX(last_ok) < {{as_of}} - INTERVAL '{UNSEEN_DAYS}' DAY) AS scans ON scanned_id = asset_id "
    "CROSS JOIN (SELECT 1 AS n UNION ALL SELECT -1 AS n) AS moved "
    f"WHERE {_RECENT} AND NOT (state = 'accepted' AND accepted_at IS NOT NULL) AND last_scan >= opened) AS watched GROUP BY 1, 2 HAVING SUM(n) <> 0 ORDER BY 1, 2"
)


#: Days within which nearly everything that is fixed at all has been.
WITHIN = 180


@measure(
    id="V06", name="Median time to fix",
    definition="Kaplan-Meier median from first detection to verified fix, over findings opened in the last 24 months. Open, accepted "
    "and decommissioned findings are censored, so those that stay open count.",
    why="Averages of closed items fall when hard items stay open; this does not.", use="Compare with the service level of the severity.",
    clock="Starts with the first detection on the asset; stops when verified fixed. Open findings are censored on the day, those on an asset not scanned in "
    f"{UNSEEN_DAYS} days at its last scan, accepted ones at acceptance while it lasts, decommissioned ones when they went; false positives and duplicates are removed from the start. On one day, fixes come before censorings.",
    source="Kaplan and Meier 1958", unit="days", direction="down", needs=("findings",), fields=("findings.opened", "findings.closed"),
    reduce=SURVIVAL, dims=_DIMS, noise="interval",
    counted={"findings": "(opened IS NULL OR opened >= {as_of} - INTERVAL '730' DAY) AND state IN " + _COUNTED},
)  # fmt: skip
def time_to_fix(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the median survival of findings."""
    curve = stats.kaplan_meier_counts(
        rows["duration"].to_numpy(), rows["events"].to_numpy(), rows["exits"].to_numpy()
    )
    wrong, undated = int(rows["wrong"].sum()), int(rows["undated"].sum())
    odd = left_out(
        (
            wrong,
            "findings ended before they began and are left out",
            "finding ended before it began and is left out",
        ),
        (undated, *_UNDATED),
    )
    if curve is None:
        return Value(reason="no finding was opened in 24 months", n=0, note=odd)
    # A decommissioned system was not fixed and will not be: its end competes with a fix, and is no censoring of one.
    fixed, gone, exits = (rows[name].to_numpy() for name in ("events", "gone", "exits"))
    ends = stats.aalen_johansen_counts(rows["duration"].to_numpy(), [fixed, gone], exits - gone)
    by = {
        name: ends[cause].at(WITHIN) if ends else None
        for name, cause in (("fixed", 1), ("gone", 2))
    }
    low, high = between(curve, 0.5)
    note = (
        ""
        if curve.median is not None
        else f"half are not fixed within {locale.number(curve.last)} days"
    )
    return Value(
        value=curve.median,
        low=low,
        high=high,
        reason=note or None,
        note=odd,
        n=curve.n,
        numerator=curve.n_events,
        denominator=curve.n,
        parts=(
            Part("Nine in ten fixed within", curve.p90, "days"),
            Part(f"Mean of the first {WITHIN} days open", curve.rmst(WITHIN), "days"),
            Part(
                f"Fixed within {WITHIN} days",
                None if by["fixed"] is None else 100 * by["fixed"],
                "percent",
            ),
            Part(
                f"Decommissioned within {WITHIN} days instead",
                None if by["gone"] is None else 100 * by["gone"],
                "percent",
            ),
            Part("Not fixed yet", 100 * curve.censored, "percent"),
        ),
    )


#: Above this chance of exploitation in 30 days a weakness is worked on first; FIRST publishes no limit of its own.
LIKELY = 0.1

_SCORED = (
    # A sum of decimals is the same in whatever order it is made.
    "SELECT grp, SUM(CAST(score AS DECIMAL(18, 9))) AS expected, COUNT(*) AS cves, COUNT(score) AS scored, COUNT(DISTINCT model) AS models, "
    f"SUM(CASE WHEN score >= {LIKELY} THEN 1 ELSE 0 END) AS likely FROM ("
    "SELECT named.grp AS grp, named.cve AS cve, MAX(COALESCE(e.epss, named.own)) AS score, MAX(COALESCE(e.model, named.own_model)) AS model FROM ("
    "SELECT grp, UNNEST(STRING_SPLIT(cves, '|')) AS cve, own, own_model FROM ("
    "SELECT {group} AS grp, COALESCE(cve_ids, vuln_id) AS cves, "
    # A scanner's score of several CVEs at once is none of any of them.
    "MAX(CASE WHEN COALESCE(cve_ids, vuln_id) NOT LIKE '%|%' THEN epss END) AS own, MAX(epss_model) AS own_model "
    "FROM open_findings WHERE COALESCE(cve_ids, vuln_id) LIKE '%CVE-%' GROUP BY 1, 2) AS several) AS named "
    "LEFT JOIN epss AS e ON e.vuln_id = named.cve WHERE named.cve LIKE 'CVE-%' GROUP BY 1, 2) AS scores GROUP BY grp"
)


@measure(
    id="V07", name="Weaknesses expected to be exploited",
    definition="Sum of the exploit prediction scores of the distinct CVEs open on the day: how many of them are expected to be exploited "
    "somewhere within 30 days. A CVE counts once, whatever the number of assets. The catalogue's newest score by the day counts, else the scanner's.",
    why="A hundred mild weaknesses can matter less than one that is used.",
    use="Work on the likely ones first. A new model version moves the figure for everyone.", source="FIRST EPSS", unit="count",
    direction="down", needs=("findings",), fields=("epss.epss|findings.epss",), reduce=_SCORED, dims=_DIMS, digits=1, kind="impact",
    counted={"findings": "COALESCE(cve_ids, vuln_id) LIKE '%CVE-%' AND state IN " + among(OPEN)},
)  # fmt: skip
def expected_exploited(rows: pd.DataFrame, at: Moment) -> Value:
    """Sum exploit predictions over distinct open CVEs."""
    cves, scored, likely, models = (
        int(rows[name].sum()) for name in ("cves", "scored", "likely", "models")
    )
    if not scored:
        reason = "no open CVE has an exploit prediction score" if cves else "no CVE is open"
        return Value(reason=reason, n=cves)
    return Value(
        value=float(rows["expected"].sum()),
        n=scored,
        numerator=scored,
        denominator=cves,
        parts=(
            Part(
                f"CVEs at {locale.percent(100 * LIKELY)} or more",
                percent(likely, scored),
                "percent",
            ),
        ),
        note=left_out(
            (cves - scored, f"of {cves} open CVEs have no score"),
            (models if models > 1 else 0, "models' scores are mixed"),
        ),
    )


@measure(
    id="V08", name="Age of open weaknesses",
    definition="Median of the days since first detection, over findings open on the day; with the 90th percentile and the oldest. Closed ones are never mixed in.",
    why="Shows what is left lying while new ones are fixed.",
    use="A rising age beside a falling time to fix means that only easy ones are fixed.", source="reportkit", unit="days", direction="down",
    needs=("findings",), fields=("findings.opened",),
    reduce="SELECT {group} AS grp, DATE_DIFF('day', opened, {as_of}) AS age, SUM(n) AS n FROM open_finding_groups GROUP BY 1, 2 ORDER BY 1, 2",
    dims=_DIMS, clock="Starts with the first detection; nothing stops it, since only open findings count.",
    counted={"findings": "state IN " + among(OPEN)},
)  # fmt: skip
def age_of_open(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the median age of open findings."""
    undated = int(rows.loc[rows["age"].isna(), "n"].sum())
    known = rows.dropna(subset=["age"])
    ages, counts = known["age"].to_numpy(), known["n"].to_numpy()
    median = quantile(ages, counts, 0.5)
    odd = left_out((undated, *_UNDATED))
    if median is None:
        return Value(reason="nothing is open" if not undated else odd, n=0)
    return Value(
        value=median,
        n=int(counts.sum()),
        parts=(
            Part("Nine in ten are no older than", quantile(ages, counts, 0.9), "days"),
            Part("Oldest", float(ages.max()), "days"),
        ),
        note=odd,
    )


@measure(
    id="V09", name="Net flow of weaknesses",
    definition="Findings opened in the quarter minus findings fixed or decommissioned in it, reclassified ones left out. Beside it: capacity, those closed "
    "in the quarter for each hundred open at its start, and density, open critical and high findings on 100 assets scanned in the quarter.",
    why="Shows whether work keeps up with arrival.", use="Above zero for two quarters: capacity is missing.", source="reportkit",
    unit="count", direction="down", needs=("findings",), fields=("findings.opened",),
    reduce="SELECT {group} AS grp, SUM(CASE WHEN opened >= {start} THEN n ELSE 0 END) AS opened, "
    "SUM(CASE WHEN closed >= {start} THEN n ELSE 0 END) AS closed, "
    "SUM(CASE WHEN opened < {start} AND (closed IS NULL OR closed >= {start}) THEN n ELSE 0 END) AS at_start, "
    "SUM(CASE WHEN opened IS NULL THEN n ELSE 0 END) AS undated, SUM(CASE WHEN closed < opened AND closed >= {start} THEN n ELSE 0 END) AS wrong, "
    "SUM(CASE WHEN closed IS NULL AND severity IN ('critical', 'high') THEN n ELSE 0 END) AS severe, "
    # A day knows one version of each control on an asset.
    "(SELECT COUNT(*) FROM coverage WHERE control = 'vuln_scan' AND last_ok >= {start}) AS scanned FROM finding_groups "
    "WHERE state IN " + _COUNTED + " GROUP BY {group}",
    dims=_DIMS, green=0,
    counted={"findings": "state IN " + _COUNTED + " AND (opened >= {start} OR closed >= {start})"},
)  # fmt: skip
def net_flow(rows: pd.DataFrame, at: Moment) -> Value:
    """Give opened minus closed in the quarter."""
    opened, closed, at_start, severe = (
        int(rows[name].sum()) for name in ("opened", "closed", "at_start", "severe")
    )
    undated = int(rows["undated"].sum())
    # A part of the findings has no scanned assets of its own to stand beside.
    whole = set(rows["grp"]) == {""} and int(rows["scanned"].iloc[0])
    return Value(
        value=opened - closed,
        numerator=opened,
        denominator=closed,
        n=opened + closed,
        parts=(
            Part("Closed for each hundred open at the start", percent(closed, at_start), "ratio"),
            Part(
                "Open critical and high on 100 scanned assets",
                percent(severe, whole) if whole else None,
                "ratio",
            ),
        ),
        note=left_out(
            (
                undated,
                "findings have no day of first detection, so only their end counts",
                "finding has no day of first detection, so only its end counts",
            ),
            (
                int(rows["wrong"].sum()),
                "were closed before they were found",
                "was closed before it was found",
            ),
        ),
    )
