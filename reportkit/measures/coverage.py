"""How much of the estate can be seen, protected, logged and restored."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from reportkit import stats
from reportkit.measures.finishing import left_out, percent, share
from reportkit.measures.model import Moment, Part, Value
from reportkit.measures.registry import measure

#: Every asset in service and in scope, with what was observed on it; an asset on which nothing was observed stays in.
_ASSETS = (
    "FROM assets AS a LEFT JOIN (SELECT asset_id, control, status, na_reason, last_ok, authenticated, rto_met, rpo_met, observed_at "
    "FROM coverage{control}) AS c ON c.asset_id = a.asset_id "
    "WHERE a.retired_at IS NULL AND COALESCE(a.in_scope, TRUE)"
)
_SERVICE = "retired_at IS NULL AND COALESCE(in_scope, TRUE)"
_ON_ASSETS = f"asset_id IN (SELECT asset_id FROM {{at}}.assets WHERE {_SERVICE})"
_ON_CRITICAL = _ON_ASSETS[:-1] + " AND criticality = 1)"
#: When a control counts as working on an asset, by control.
WORKS = {
    "vuln_scan": "c.control = 'vuln_scan' AND c.status IN ('ok', 'degraded') AND c.authenticated AND c.last_ok >= {as_of} - INTERVAL '30' DAY",
    "edr": "c.control = 'edr' AND c.status = 'ok' AND c.last_ok >= {as_of} - INTERVAL '7' DAY",
    "log": "c.control = 'log' AND c.status = 'ok' AND c.last_ok >= {as_of} - INTERVAL '1' DAY",
    "restore_test": "c.control = 'restore_test' AND c.status = 'ok' AND c.rto_met AND c.rpo_met AND c.last_ok >= {as_of} - INTERVAL '365' DAY",
}
#: A control does not apply to an asset where somebody says so and why; without a reason the asset is simply not covered.
EXEMPT = "(c.status = 'na' AND c.na_reason IS NOT NULL)"
NAMES = {"vuln_scan": "Scanned", "edr": "Protected", "log": "Logged", "restore_test": "Restorable"}
SPOKEN = {
    "vuln_scan": "scan", "edr": "endpoint protection", "log": "log source", "restore_test": "restore test",
}  # fmt: skip
#: A control without any observation in this many days before the day was not measured; a restore is tested once a year.
OBSERVED_DAYS = {"vuln_scan": 45, "edr": 45, "log": 45, "restore_test": 365}


def _observed(control: str) -> str:
    # Of the whole view: where others are observed, a unit on whose assets nothing was seen has none and is no gap in the data.
    return f"(SELECT COUNT(*) FROM coverage AS o WHERE o.control = '{control}' AND o.observed_at >= {{as_of}} - INTERVAL '{OBSERVED_DAYS[control]}' DAY)"


def _works(control: str) -> str:
    return f"({WORKS[control]} AND c.last_ok <= {{as_of}})"


def _one(control: str, where: str = "") -> str:
    assets = _ASSETS.format(control=f" WHERE control = '{control}'")
    return (
        # An asset stands here once: a day knows one version of it, and of each control on it.
        f"SELECT {{group}} AS grp, SUM(CASE WHEN COALESCE({EXEMPT}, FALSE) THEN 0 ELSE 1 END) AS assets, "
        f"SUM(CASE WHEN {EXEMPT} THEN 1 ELSE 0 END) AS exempt, "
        "SUM(CASE WHEN c.status = 'na' AND c.na_reason IS NULL THEN 1 ELSE 0 END) AS unsaid, "
        f"SUM(CASE WHEN {_works(control)} THEN 1 ELSE 0 END) AS covered, {_observed(control)} AS observed, "
        f"SUM(CASE WHEN c.last_ok > {{as_of}} THEN 1 ELSE 0 END) AS ahead {assets}{where} GROUP BY {{group}}"
    )


def _unseen(control: str) -> str:
    return f"no {SPOKEN[control]} was observed in the {OBSERVED_DAYS[control]} days before the quarter's end"


def _coverage(rows: pd.DataFrame, control: str, what: str = "asset") -> Value:
    none = f"no {what} is in scope"
    if rows.empty:
        return Value(reason=none, n=0)
    if not rows["observed"].sum():
        return Value(reason=_unseen(control))
    return share(
        int(rows["covered"].sum()),
        int(rows["assets"].sum()),
        none,
        (Part("Not applicable", int(rows["exempt"].sum()), "count"),),
        left_out(
            (
                int(rows["ahead"].sum()),
                "controls worked on a later day, so they do not count",
                "control worked on a later day, so it does not count",
            ),
            (
                int(rows["unsaid"].sum()),
                "are called not applicable without a reason and count as not covered",
                "is called not applicable without a reason and counts as not covered",
            ),
        ),
    )


_DIMS = {"unit": "a.unit_id", "kind": "a.kind"}


@measure(
    id="K01", name="Assets known, of all there are",
    definition="Assets that the two largest inventories know between them, of the number there are in all. That number is estimated from their overlap "
    "by capture and recapture (Chapman), which takes the inventories for independent; where they share a blind spot there are more.",
    why="Nobody protects what no list holds.", use="Below target: a third source, and a hunt for what only one list knows.",
    source="Chapman 1951; reportkit", unit="percent", direction="up", needs=("assets",), fields=("assets.seen_by",),
    reduce="SELECT {group} AS grp, a.seen_by AS seen_by, COUNT(*) AS n FROM assets AS a "
    "WHERE a.retired_at IS NULL AND COALESCE(a.in_scope, TRUE) GROUP BY 1, 2 ORDER BY 1, 2",
    dims=_DIMS, noise="interval", digits=1, kind="implementation",
    counted={"assets": _SERVICE},
)  # fmt: skip
def visible(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the share of the estimated estate that two inventories know."""
    unlisted = int(rows.loc[rows["seen_by"].isna(), "n"].sum())
    rows = rows.dropna(subset=["seen_by"])
    listed: dict[str, int] = {}
    for seen, n in zip(rows["seen_by"], rows["n"], strict=True):
        for name in set(seen.split("|")):
            listed[name] = listed.get(name, 0) + int(n)
    names = sorted(listed, key=lambda name: (-listed[name], name))[:2]
    if len(names) < 2:
        return Value(reason="assets are known to one inventory only; two are compared")
    first, second = names
    both = sum(
        int(n)
        for seen, n in zip(rows["seen_by"], rows["n"], strict=True)
        if {first, second} <= set(seen.split("|"))
    )
    estate = stats.chapman(listed[first], listed[second], both)
    if estate is None or not both:
        return Value(reason=f"no asset is in both {first} and {second}")
    known = listed[first] + listed[second] - both
    parts = (
        Part(f"In {first}", listed[first], "count"), Part(f"In {second}", listed[second], "count"), Part("In both", both, "count"),
        Part("Estimated in all", estate.total, "count"),
    )  # fmt: skip
    return Value(
        value=100 * known / estate.total,
        low=100 * known / estate.high,
        high=100 * known / max(estate.low, known),
        numerator=known,
        denominator=round(estate.total),
        n=known,
        parts=parts,
        note=left_out(
            (
                unlisted,
                "assets name no inventory and are left out",
                "asset names no inventory and is left out",
            )
        ),
    )


@measure(
    id="K02", name="Assets scanned with credentials",
    definition="In-scope assets with an authenticated scan in the last 30 days, of all in-scope assets in service on the day. "
    "Those that cannot be scanned, with the reason given, are left out, counted beside it and listed in the annex by reason; without a reason they count as not scanned.",
    why="What is not scanned is an unknown risk.", use="Every count of weaknesses is read beside it.",
    source="reportkit", unit="percent", direction="up", needs=("assets", "coverage"), reduce=_one("vuln_scan"),
    dims=_DIMS, green=95, red=90, noise="proportion", digits=1,
    counted={"assets": _SERVICE, "coverage": "control = 'vuln_scan' AND " + _ON_ASSETS},
)  # fmt: skip
def scanned(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the share of assets scanned with credentials."""
    return _coverage(rows, "vuln_scan")


@measure(
    id="K03", name="Assets with healthy endpoint protection",
    definition="Assets whose endpoint agent was healthy and reported in the last 7 days, of eligible in-scope assets; those that are not eligible, with the reason given, "
    "are left out, counted beside it and listed in the annex by reason.",
    why="Installed is not healthy.", use="Gaps go to the owner of the asset.",
    source="reportkit", unit="percent", direction="up", needs=("assets", "coverage"), reduce=_one("edr"),
    dims=_DIMS, green=98, red=95, noise="proportion", digits=1,
    counted={"assets": _SERVICE, "coverage": "control = 'edr' AND " + _ON_ASSETS},
)  # fmt: skip
def protected(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the share of eligible assets with healthy protection."""
    return _coverage(rows, "edr")


@measure(
    id="K05", name="Critical assets that send logs",
    definition="Critical assets (criticality 1) with log events in the last 24 hours, of all critical assets in scope; those to which it does not apply, with the "
    "reason given, are left out, counted beside it and listed in the annex by reason. The last day with events is known and not the hour, so the day itself "
    "and the one before it count.",
    why="A silent source looks like a quiet one.", use="Gaps blind detection.",
    source="reportkit", unit="percent", direction="up", needs=("assets", "coverage"), fields=("assets.criticality",),
    reduce=_one("log", " AND a.criticality = 1"),
    dims=_DIMS, green=95, red=90, noise="proportion", digits=1,
    counted={"assets": _SERVICE + " AND criticality = 1", "coverage": "control = 'log' AND " + _ON_CRITICAL},
)  # fmt: skip
def logged(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the share of critical assets that send logs."""
    return _coverage(rows, "log", "critical asset")


#: Critical assets whose backup ran, in percent, or nothing when no backup was observed; a backup that ran is not yet a restore that works.
_BACKED = (
    f"(SELECT CASE WHEN SUM(CASE WHEN b.observed_at >= {{as_of}} - INTERVAL '{OBSERVED_DAYS['vuln_scan']}' DAY THEN 1 ELSE 0 END) > 0 THEN "
    "100 * CAST(COUNT(DISTINCT CASE WHEN b.status = 'ok' AND b.last_ok >= {as_of} - INTERVAL '7' DAY AND b.last_ok <= {as_of} THEN d.asset_id END) AS DOUBLE) "
    "/ NULLIF(COUNT(DISTINCT CASE WHEN NOT COALESCE(b.status = 'na' AND b.na_reason IS NOT NULL, FALSE) THEN d.asset_id END), 0) END FROM assets AS d "
    "LEFT JOIN (SELECT asset_id, status, na_reason, last_ok, observed_at FROM coverage WHERE control = 'backup') AS b ON b.asset_id = d.asset_id "
    "WHERE d.criticality = 1 AND d.retired_at IS NULL AND COALESCE(d.in_scope, TRUE))"
)


@measure(
    id="K06", name="Critical assets proven restorable",
    definition="Critical assets (criticality 1) with a restore test in the last 12 months that met recovery time and recovery point, of all critical assets in scope; "
    "those to which it does not apply, with the reason given, are left out, counted beside it and listed in the annex by reason.",
    why="A backup that ran is not a restore that works.", use="Untested systems are planned first.",
    source="reportkit", unit="percent", direction="up", needs=("assets", "coverage"), fields=("assets.criticality",),
    reduce=_one("restore_test", " AND a.criticality = 1").replace(" FROM assets", f", {_BACKED} AS backed FROM assets", 1),
    dims=_DIMS, green=90, red=75, noise="proportion", digits=1,
    clock="A test counts for 12 months from its day.",
    counted={"assets": _SERVICE + " AND criticality = 1", "coverage": "control = 'restore_test' AND " + _ON_CRITICAL},
)  # fmt: skip
def restorable(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the share of critical assets with a passed restore test."""
    found = _coverage(rows, "restore_test", "critical asset")
    if found.value is None or set(rows["grp"]) != {""}:
        return found
    backed = rows["backed"].iloc[0]
    ran = None if pd.isna(backed) else float(backed)
    return replace(
        found, parts=(*found.parts, Part("Backed up in the last 7 days", ran, "percent"))
    )


def _flag(control: str) -> str:
    return f"MAX(CASE WHEN {_works(control)} OR (c.control = '{control}' AND {EXEMPT}) THEN 1 ELSE 0 END) AS {control}"


_FOUR = f" WHERE control IN ({', '.join(map(repr, WORKS))})"
#: How many critical assets have which of the safeguards: of few combinations, however many assets there are.
_COMBINED = (
    f"SELECT grp, {', '.join(WORKS)}, CASE WHEN exempt > 0 THEN 1 ELSE 0 END AS exempt, COUNT(*) AS n, "
    f"{', '.join(f'{_observed(control)} AS {control}_observed' for control in WORKS)} FROM ("
    f"SELECT {{group}} AS grp, a.asset_id, {', '.join(map(_flag, WORKS))}, SUM(CASE WHEN {EXEMPT} THEN 1 ELSE 0 END) AS exempt "
    f"{_ASSETS.format(control=_FOUR)} AND a.criticality = 1 GROUP BY {{group}}, a.asset_id) AS each_asset GROUP BY 1, 2, 3, 4, 5, 6"
)


@measure(
    id="K07", name="Critical assets with all four safeguards",
    definition="Critical assets (criticality 1) that are at once scanned with credentials (30 days), protected (7 days), logged (24 hours) "
    "and proven restorable (12 months), of all critical assets in scope. Not applicable, with the reason given, counts as met; assets with such a safeguard are counted beside it and listed in the annex by reason.",
    why="Four averages of 95 % can hide that one host in five lacks something.", use="The gap list by control and owner.",
    source="reportkit", unit="percent", direction="up", needs=("assets", "coverage"), fields=("assets.criticality",),
    reduce=_COMBINED,
    dims=_DIMS, green=90, red=75, noise="proportion", digits=1,
    counted={"assets": _SERVICE + " AND criticality = 1", "coverage": "control IN ('vuln_scan', 'edr', 'log', 'restore_test') AND " + _ON_CRITICAL},
)  # fmt: skip
def joint(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the share of critical assets with all four safeguards."""
    for control, name in NAMES.items():
        if len(rows) and not rows[f"{control}_observed"].sum():
            return Value(reason=_unseen(control), note=name)
    return share(
        int(rows.loc[rows[list(WORKS)].all(axis=1), "n"].sum()),
        int(rows["n"].sum()),
        "no critical asset is in scope",
        (Part("With one not applicable", int(rows.loc[rows["exempt"] > 0, "n"].sum()), "count"),),
    )


_ENFORCED = "enforced AND mfa IN ('weak', 'strong', 'phishing_resistant')"


@measure(
    id="K04", name="Privileged accounts with strong sign-in enforced",
    definition="Privileged accounts of people in use on the day for which multi-factor sign-in is enforced, of all such accounts. "
    "Registered is not enforced. Accounts of services are left out and counted beside it; those without a type, and those that do not say whether they are privileged, are named. "
    "An account that says no day from which it is so speaks for the 45 days before it was recorded, and for no earlier day.",
    why="One privileged account without it is enough for an attacker.", use="Anything below 100 % is a list of names.",
    source="reportkit", unit="percent", direction="up", needs=("identities",), fields=("identities.enforced",),
    reduce="SELECT {group} AS grp, SUM(CASE WHEN person = 1 AND privileged THEN 1 ELSE 0 END) AS n, "
    f"SUM(CASE WHEN person = 1 AND privileged AND {_ENFORCED} THEN 1 ELSE 0 END) AS ok, "
    "SUM(CASE WHEN person = 1 AND privileged AND enforced AND mfa = 'phishing_resistant' THEN 1 ELSE 0 END) AS resistant, "
    f"SUM(person) AS people, SUM(CASE WHEN person = 1 AND {_ENFORCED} THEN 1 ELSE 0 END) AS people_ok, "
    "SUM(CASE WHEN type = 'service' THEN 1 ELSE 0 END) AS of_services, SUM(CASE WHEN type IS NULL AND privileged THEN 1 ELSE 0 END) AS untyped, "
    "SUM(CASE WHEN privileged IS NULL THEN 1 ELSE 0 END) AS silent FROM "
    "(SELECT unit_id, type, privileged, enforced, mfa, CASE WHEN type IN ('human', 'admin') THEN 1 ELSE 0 END AS person FROM identities WHERE disabled_at IS NULL) AS used GROUP BY {group}",
    dims={"unit": "unit_id"}, green=100, red=95, noise="proportion", digits=1, kind="implementation", people=True,
    counted={"identities": "disabled_at IS NULL AND privileged AND type IN ('human', 'admin')"},
)  # fmt: skip
def privileged_mfa(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the share of privileged accounts with multi-factor sign-in enforced."""
    n, ok, resistant, people, people_ok, services, untyped, silent = (
        int(rows[name].sum())
        for name in (
            "n",
            "ok",
            "resistant",
            "people",
            "people_ok",
            "of_services",
            "untyped",
            "silent",
        )
    )
    parts = (
        Part("Privileged, resistant to phishing", percent(resistant, n), "percent"),
        Part("All accounts of people", percent(people_ok, people), "percent"),
        Part("Accounts of services, left out", services, "count"),
    )  # fmt: skip
    odd = left_out(
        (
            untyped,
            "privileged accounts have no type and are left out",
            "privileged account has no type and is left out",
        ),
        (
            silent,
            "accounts do not say whether they were privileged on this day",
            "account does not say whether it was privileged on this day",
        ),
    )
    return share(ok, n, "no privileged account of a person is known", parts, odd)
