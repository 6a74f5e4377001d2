"""How much of the estate can be seen, protected, logged and restored."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from reportkit import stats
from reportkit.measures.finishing import percent, share
from reportkit.measures.model import Moment, Part, Value
from reportkit.measures.registry import measure

_ASSETS = (
    "FROM assets AS a LEFT JOIN (SELECT asset_id, control, status, last_ok, authenticated, rto_met, rpo_met, observed_at "
    "FROM coverage) AS c ON c.asset_id = a.asset_id "
    "WHERE a.retired_at IS NULL AND COALESCE(a.in_scope, TRUE)"
)
#: When a control counts as working on an asset, by control.
WORKS = {
    "vuln_scan": "c.control = 'vuln_scan' AND c.status IN ('ok', 'degraded') AND c.authenticated AND c.last_ok >= {as_of} - INTERVAL '30' DAY",
    "edr": "c.control = 'edr' AND c.status = 'ok' AND c.last_ok >= {as_of} - INTERVAL '7' DAY",
    "log": "c.control = 'log' AND c.status = 'ok' AND c.last_ok >= {as_of} - INTERVAL '1' DAY",
    "restore_test": "c.control = 'restore_test' AND c.status = 'ok' AND c.rto_met AND c.rpo_met AND c.last_ok >= {as_of} - INTERVAL '365' DAY",
}
NAMES = {"vuln_scan": "Scanned", "edr": "Protected", "log": "Logged", "restore_test": "Restorable"}
#: A control without any observation in this many days before the day was not measured.
OBSERVED_DAYS = 45


def _observed(control: str) -> str:
    return f"SUM(CASE WHEN c.control = '{control}' AND c.observed_at >= {{as_of}} - INTERVAL '{OBSERVED_DAYS}' DAY THEN 1 ELSE 0 END)"


def _one(control: str, where: str = "") -> str:
    return (
        f"SELECT {{group}} AS grp, COUNT(DISTINCT CASE WHEN NOT (c.control = '{control}' AND c.status = 'na') THEN a.asset_id END) AS assets, "
        f"COUNT(DISTINCT CASE WHEN {WORKS[control]} THEN a.asset_id END) AS covered, {_observed(control)} AS observed "
        f"{_ASSETS} AND COALESCE(c.control, '{control}') = '{control}'{where} GROUP BY {{group}}"
    )


def _coverage(rows: pd.DataFrame, at: Moment, what: str) -> Value:
    if not rows["observed"].sum():
        return Value(
            reason=f"no {what} was observed in the {OBSERVED_DAYS} days before the quarter's end"
        )
    return share(int(rows["covered"].sum()), int(rows["assets"].sum()), "no asset is in scope")


_DIMS = {"unit": "a.unit_id", "kind": "a.kind"}


@measure(
    id="K01", name="Assets known, of all there are",
    definition="Assets that the two largest inventories know between them, of the number there are in all. That number is estimated from their overlap "
    "by capture and recapture (Chapman), which takes the inventories for independent; where they share a blind spot there are more.",
    why="Nobody protects what no list holds.", use="Below target: a third source, and a hunt for what only one list knows.",
    source="Chapman 1951; reportkit", unit="percent", direction="up", needs=("assets",), fields=("assets.seen_by",),
    reduce="SELECT {group} AS grp, a.seen_by AS seen_by, COUNT(*) AS n FROM assets AS a "
    "WHERE a.retired_at IS NULL AND COALESCE(a.in_scope, TRUE) AND a.seen_by IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2",
    dims=_DIMS, noise="interval", digits=1, kind="implementation",
)  # fmt: skip
def visible(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the share of the estimated estate that two inventories know."""
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
    )


@measure(
    id="K02", name="Assets scanned with credentials",
    definition="In-scope assets with an authenticated scan in the last 30 days, of all in-scope assets in service on the day.",
    why="What is not scanned is an unknown risk.", use="Every count of weaknesses is read beside it.",
    source="reportkit", unit="percent", direction="up", needs=("assets", "coverage"), reduce=_one("vuln_scan"),
    dims=_DIMS, green=95, red=90, noise="proportion", digits=1,
)  # fmt: skip
def scanned(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the share of assets scanned with credentials."""
    return _coverage(rows, at, "scan")


@measure(
    id="K03", name="Assets with healthy endpoint protection",
    definition="Assets whose endpoint agent was healthy and reported in the last 7 days, of eligible in-scope assets; not eligible ones are left out.",
    why="Installed is not healthy.", use="Gaps go to the owner of the asset.",
    source="reportkit", unit="percent", direction="up", needs=("assets", "coverage"), reduce=_one("edr"),
    dims=_DIMS, green=98, red=95, noise="proportion", digits=1,
)  # fmt: skip
def protected(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the share of eligible assets with healthy protection."""
    return _coverage(rows, at, "endpoint protection")


@measure(
    id="K05", name="Critical assets that send logs",
    definition="Critical assets (criticality 1) with log events in the last 24 hours, of all critical assets in scope.",
    why="A silent source looks like a quiet one.", use="Gaps blind detection.",
    source="reportkit", unit="percent", direction="up", needs=("assets", "coverage"), reduce=_one("log", " AND a.criticality = 1"),
    dims=_DIMS, green=95, red=90, noise="proportion", digits=1,
)  # fmt: skip
def logged(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the share of critical assets that send logs."""
    return _coverage(rows, at, "log source")


#: Critical assets whose backup ran; a backup that ran is not yet a restore that works.
_BACKED = (
    "(SELECT COUNT(DISTINCT b.asset_id) FROM coverage AS b JOIN assets AS d ON d.asset_id = b.asset_id WHERE b.control = 'backup' "
    "AND b.status = 'ok' AND b.last_ok >= {as_of} - INTERVAL '7' DAY AND d.criticality = 1 AND d.retired_at IS NULL AND COALESCE(d.in_scope, TRUE))"
)


@measure(
    id="K06", name="Critical assets proven restorable",
    definition="Critical assets (criticality 1) with a restore test in the last 12 months that met recovery time and recovery point, of all critical assets in scope.",
    why="A backup that ran is not a restore that works.", use="Untested systems are planned first.",
    source="reportkit", unit="percent", direction="up", needs=("assets", "coverage"),
    reduce=_one("restore_test", " AND a.criticality = 1").replace(" FROM assets", f", {_BACKED} AS backed FROM assets", 1),
    dims=_DIMS, green=90, red=75, noise="proportion", digits=1,
    clock="A test counts for 12 months from its day.",
)  # fmt: skip
def restorable(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the share of critical assets with a passed restore test."""
    found = _coverage(rows, at, "restore test")
    if found.value is None or set(rows["grp"]) != {""}:
        return found
    backed, assets = int(rows["backed"].iloc[0]), int(rows["assets"].sum())
    return replace(
        found, parts=(Part("Backed up in the last 7 days", percent(backed, assets), "percent"),)
    )


def _flag(control: str) -> str:
    ok = f"MAX(CASE WHEN ({WORKS[control]}) OR (c.control = '{control}' AND c.status = 'na') THEN 1 ELSE 0 END)"
    return f"{ok} AS {control}, {_observed(control)} AS {control}_observed"


@measure(
    id="K07", name="Critical assets with all four safeguards",
    definition="Critical assets (criticality 1) that are at once scanned with credentials (30 days), protected (7 days), logged (24 hours) "
    "and proven restorable (12 months), of all critical assets in scope. Not applicable counts as met and is listed.",
    why="Four averages of 95 % can hide that one host in five lacks something.", use="The gap list by control and owner.",
    source="reportkit", unit="percent", direction="up", needs=("assets", "coverage"),
    reduce=f"SELECT {{group}} AS grp, a.asset_id, {', '.join(map(_flag, WORKS))} {_ASSETS} AND a.criticality = 1 GROUP BY {{group}}, a.asset_id",
    dims=_DIMS, green=90, red=75, noise="proportion", digits=1,
)  # fmt: skip
def joint(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the share of critical assets with all four safeguards."""
    for control, name in NAMES.items():
        if len(rows) and not rows[f"{control}_observed"].sum():
            what = {
                "vuln_scan": "scan",
                "edr": "endpoint protection",
                "log": "log source",
                "restore_test": "restore test",
            }[control]
            return Value(
                reason=f"no {what} was observed in the {OBSERVED_DAYS} days before the quarter's end",
                note=name,
            )
    return share(
        int(rows[list(WORKS)].all(axis=1).sum()), len(rows), "no critical asset is in scope"
    )


_ENFORCED = "enforced AND mfa IN ('weak', 'strong', 'phishing_resistant')"


@measure(
    id="K04", name="Privileged accounts with strong sign-in enforced",
    definition="Privileged accounts of people in use on the day for which multi-factor sign-in is enforced, of all such accounts. "
    "Registered is not enforced; service accounts are left out.",
    why="One privileged account without it is enough for an attacker.", use="Anything below 100 % is a list of names.",
    source="reportkit", unit="percent", direction="up", needs=("identities",), fields=("identities.enforced",),
    reduce="SELECT {group} AS grp, SUM(CASE WHEN privileged THEN 1 ELSE 0 END) AS n, "
    f"SUM(CASE WHEN privileged AND {_ENFORCED} THEN 1 ELSE 0 END) AS ok, "
    "SUM(CASE WHEN privileged AND enforced AND mfa = 'phishing_resistant' THEN 1 ELSE 0 END) AS resistant, "
    f"COUNT(*) AS people, SUM(CASE WHEN {_ENFORCED} THEN 1 ELSE 0 END) AS people_ok "
    "FROM identities WHERE type IN ('human', 'admin') AND disabled_at IS NULL GROUP BY {group}",
    dims={"unit": "unit_id"}, green=100, red=95, noise="proportion", digits=1, kind="implementation", people=True,
)  # fmt: skip
def privileged_mfa(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the share of privileged accounts with multi-factor sign-in enforced."""
    n, ok, resistant, people, people_ok = (
        int(rows[name].sum()) for name in ("n", "ok", "resistant", "people", "people_ok")
    )
    parts = (
        Part("Privileged, resistant to phishing", percent(resistant, n), "percent"),
        Part("All accounts of people", percent(people_ok, people), "percent"),
    )  # fmt: skip
    return share(ok, n, "no privileged account is known", parts)
