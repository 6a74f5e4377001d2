"""Controls, policies and suppliers: what was tested, what is in date, who depends on whom."""

from __future__ import annotations

import pandas as pd

from reportkit.measures.finishing import left_out, percent, share
from reportkit.measures.model import Moment, Part, Value
from reportkit.measures.registry import measure
from reportkit.relations import FEWEST

#: A control counts as tested when somebody looked; an assertion is not a test.
_TESTED = "result IN ('effective', 'ineffective') AND COALESCE(method, 'test') <> 'assert'"
_IN_DATE = "(next_due IS NULL OR next_due >= {as_of})"
#: 1 for a control in scope, 0 for one declared not applicable, which is shown apart.
_IN_SCOPE = "COALESCE(state, 'implemented') <> 'na'"
_SCOPE = f"CASE WHEN {_IN_SCOPE} THEN 1 ELSE 0 END"
_CONTROLS = {"framework": "framework", "unit": "unit_id"}


@measure(
    id="C01", name="Controls tested and found effective",
    definition="Controls in scope whose last assessment tested them and found them effective, of all whose last assessment tested them. An assertion by the owner is "
    "not a test. Beside it: the share of controls in scope that were tested at all.",
    why="A control that is only asserted may not be there.", use="Read both: a high rate of few tests says little.",
    source="NIST SP 800-53A; reportkit", unit="percent", direction="up", needs=("controls",), fields=("controls.result",),
    reduce=f"SELECT {{group}} AS grp, SUM({_SCOPE}) AS scope, SUM(CASE WHEN {_TESTED} THEN {_SCOPE} ELSE 0 END) AS tested, "
    f"SUM(CASE WHEN {_TESTED} AND result = 'effective' THEN {_SCOPE} ELSE 0 END) AS effective, SUM(CASE WHEN {_TESTED} AND method IS NULL THEN {_SCOPE} ELSE 0 END) AS unsaid, "
    f"COUNT(*) AS entries FROM controls GROUP BY {{group}}",
    dims=_CONTROLS, green=90, red=75, noise="proportion", digits=1,
    counted={"controls": f"{_IN_SCOPE} AND {_TESTED}"},
)  # fmt: skip
def effective(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the share of tested controls that work."""
    scope, tested, works, unsaid, entries = (
        int(rows[name].sum()) for name in ("scope", "tested", "effective", "unsaid", "entries")
    )
    parts = (
        Part("Tested, of controls in scope", percent(tested, scope), "percent"),
        Part("Not tested", scope - tested, "count"),
        Part("Tested by a method that is not named", unsaid, "count"),
        Part("Not applicable", entries - scope, "count"),
    )
    return share(works, tested, "no control was tested", parts)


@measure(
    id="C02", name="Requirements met by a working control",
    definition="Applicable requirements with at least one control that was tested, found effective and is in date, of all applicable requirements. "
    "Requirements that no control answers, and those declared not applicable, are shown apart and never leave the denominator unseen.",
    why="A percentage of compliance rises when what is not assessed is left out.", use="The gap list by requirement, with an owner each.",
    source="NIST Cybersecurity Framework 2.0; reportkit", unit="percent", direction="up", needs=("frameworks", "controls"),
    fields=("controls.requirement_ids|controls.csf_id",),
    reduce="SELECT {group} AS grp, COUNT(*) AS requirements, SUM(CASE WHEN COALESCE(f.applicable, TRUE) THEN 1 ELSE 0 END) AS applicable, "
    "SUM(CASE WHEN COALESCE(f.applicable, TRUE) AND c.met = 1 THEN 1 ELSE 0 END) AS met, "
    "SUM(CASE WHEN COALESCE(f.applicable, TRUE) AND c.tested IS NULL THEN 1 ELSE 0 END) AS unanswered, "
    "SUM(CASE WHEN COALESCE(f.applicable, TRUE) AND c.tested = 0 THEN 1 ELSE 0 END) AS untested FROM frameworks AS f "
    "LEFT JOIN (SELECT framework, parent_id AS requirement_id FROM frameworks WHERE parent_id IS NOT NULL GROUP BY 1, 2) AS p "
    "ON p.framework = f.framework AND p.requirement_id = f.requirement_id "
    "LEFT JOIN (SELECT framework, requirement_id, "
    f"MAX(CASE WHEN {_TESTED} THEN 1 ELSE 0 END) AS tested, MAX(CASE WHEN {_TESTED} AND result = 'effective' AND {_IN_DATE} THEN 1 ELSE 0 END) AS met "
    "FROM (SELECT framework, UNNEST(STRING_SPLIT(requirement_ids, '|')) AS requirement_id, result, method, next_due FROM controls "
    "WHERE requirement_ids IS NOT NULL AND COALESCE(state, 'implemented') <> 'na' "
    "UNION ALL SELECT g.framework, o.csf_id, o.result, o.method, o.next_due FROM controls AS o JOIN (SELECT DISTINCT framework FROM frameworks "
    "WHERE framework LIKE 'NIST CSF%') AS g ON o.csf_id IS NOT NULL AND COALESCE(o.state, 'implemented') <> 'na') AS answers GROUP BY 1, 2) AS c "
    "ON c.framework = f.framework AND c.requirement_id = f.requirement_id WHERE p.requirement_id IS NULL GROUP BY {group}",
    dims={"framework": "f.framework", "part": "SPLIT_PART(f.requirement_id, '.', 1)"}, green=90, red=75, noise="proportion", digits=1,
    counted={"frameworks": "COALESCE(applicable, TRUE)", "controls": f"{_IN_SCOPE} AND {_TESTED} AND (requirement_ids IS NOT NULL OR csf_id IS NOT NULL)"},
)  # fmt: skip
def requirements_met(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the share of applicable requirements that a working control answers."""
    asked, applicable, met, unanswered, untested = (
        int(rows[name].sum())
        for name in ("requirements", "applicable", "met", "unanswered", "untested")
    )
    parts = (
        Part("No control answers", unanswered, "count"), Part("Control not tested", untested, "count"),
        Part("Tested, but not effective or out of date", applicable - met - unanswered - untested, "count"), Part("Not applicable", asked - applicable, "count"),
    )  # fmt: skip
    return share(met, applicable, "no requirement is applicable", parts)


@measure(
    id="C03", name="Controls with fresh evidence",
    definition="Controls in scope whose evidence is not older than their cadence allows: the time from their last assessment to the next one due, or, where no such date is kept, "
    "12 months; of all controls in scope.",
    why="A certification must rest on documents that are still true.", use="Old evidence is collected again before the auditor asks.",
    source="23 NYCRR 500.17(b); reportkit", unit="percent", direction="up", needs=("controls",), fields=("controls.evidence_at",),
    reduce=f"SELECT {{group}} AS grp, SUM({_SCOPE}) AS scope, SUM(CASE WHEN evidence_at <= {{as_of}} AND evidence_at >= CASE WHEN next_due > assessed_at "
    f"THEN {{as_of}} - CAST(DATE_DIFF('day', assessed_at, next_due) AS INTEGER) ELSE {{as_of}} - INTERVAL '12' MONTH END THEN {_SCOPE} ELSE 0 END) AS fresh, "
    f"SUM(CASE WHEN evidence_at IS NULL THEN {_SCOPE} ELSE 0 END) AS absent, SUM(CASE WHEN evidence_at > {{as_of}} THEN {_SCOPE} ELSE 0 END) AS later FROM controls GROUP BY {{group}}",
    dims=_CONTROLS, green=95, red=80, noise="proportion", digits=1, kind="implementation",
    counted={"controls": _IN_SCOPE},
)  # fmt: skip
def evidence(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the share of controls with evidence in date."""
    scope, fresh, absent, later = (
        int(rows[name].sum()) for name in ("scope", "fresh", "absent", "later")
    )
    parts = (
        Part("Without any evidence", absent, "count"),
        Part("Evidence of a later day only", later, "count"),
    )
    return share(fresh, scope, "no control is in scope", parts)


@measure(
    id="C04", name="Exceptions past their expiry",
    definition="Exceptions to policy that are in force on the day although their expiry date has passed; with the number in force and those without an expiry date.",
    why="An exception that never ends is a policy nobody decided.", use="Close, or approve again by name.",
    source="reportkit", unit="count", direction="down", needs=("governance_items",), fields=("governance_items.kind",),
    reduce="SELECT {group} AS grp, COUNT(*) AS n, SUM(CASE WHEN expiry < {as_of} THEN 1 ELSE 0 END) AS expired, "
    "SUM(CASE WHEN expiry IS NULL THEN 1 ELSE 0 END) AS endless FROM governance_items "
    "WHERE kind = 'exception' AND COALESCE(status, 'active') IN ('active', 'expired') AND (approved_at IS NULL OR approved_at <= {as_of}) GROUP BY {group}",
    dims={"owner": "owner", "unit": "unit_id"}, green=0, red=3, kind="implementation",
    counted={"governance_items": "kind = 'exception' AND COALESCE(status, 'active') IN ('active', 'expired')"},
)  # fmt: skip
def exceptions(rows: pd.DataFrame, at: Moment) -> Value:
    """Count exceptions that outlived their expiry."""
    n, expired, endless = (int(rows[name].sum()) for name in ("n", "expired", "endless"))
    parts = (Part("In force", n, "count"), Part("Without an expiry date", endless, "count"))
    return Value(value=expired, numerator=expired, denominator=n, n=n, parts=parts)


@measure(
    id="P01", name="Policies in their review date",
    definition="Policies and standards in force whose review date has not passed, of all in force. Beside it: staff who attested them, of staff in scope; "
    "items with fewer than five people in scope are left out of that.",
    why="A policy nobody reviewed describes another company.", use="Overdue ones go to the owner and approver.",
    source="ISO/IEC 27001 A.5.1; reportkit", unit="percent", direction="up", needs=("governance_items",), fields=("governance_items.review_due",),
    reduce="SELECT {group} AS grp, COUNT(*) AS n, SUM(CASE WHEN review_due >= {as_of} THEN 1 ELSE 0 END) AS current_, "
    "SUM(CASE WHEN review_due IS NULL THEN 1 ELSE 0 END) AS undated, SUM(CASE WHEN scope_n > 0 THEN attested_n END) AS attested, "
    "SUM(CASE WHEN attested_n IS NOT NULL THEN scope_n END) AS staff FROM governance_items "
    "WHERE kind IN ('policy', 'standard') AND COALESCE(status, 'active') = 'active' AND (approved_at IS NULL OR approved_at <= {as_of}) GROUP BY {group}",
    dims={"kind": "kind", "owner": "owner", "unit": "unit_id"}, green=95, red=85, noise="proportion", digits=1, kind="implementation",
    counted={"governance_items": "kind IN ('policy', 'standard') AND COALESCE(status, 'active') = 'active'"},
)  # fmt: skip
def policies(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the share of policies in their review date."""
    n, current, undated = (int(rows[name].sum()) for name in ("n", "current_", "undated"))
    attested, staff = float(rows["attested"].sum()), float(rows["staff"].sum())
    parts = (
        Part(
            "Attested by staff in scope",
            percent(attested, staff) if staff >= FEWEST else None,
            "percent",
        ),
        Part("Without a review date", undated, "count"),
    )
    return share(current, n, "no policy is in force", parts)


#: 1 for a critical supplier.
_CRITICAL = "CASE WHEN tier = 1 OR critical_function THEN 1 ELSE 0 END"


@measure(
    id="T01", name="Critical suppliers assessed",
    definition="Critical suppliers (tier 1, or of a critical function) whose last assessment is not older than 12 months, of all critical suppliers. Beside it: critical ones "
    "whose register entry is complete (country, contract end, exit tested).",
    why="Their failure is ours.", use="Assess, or plan without them.",
    source="Regulation (EU) 2022/2554 Art. 28; reportkit", unit="percent", direction="up", needs=("suppliers",), fields=("suppliers.last_assessed",),
    reduce=f"SELECT {{group}} AS grp, SUM({_CRITICAL}) AS n, SUM(CASE WHEN last_assessed >= {{as_of}} - INTERVAL '12' MONTH AND last_assessed <= {{as_of}} THEN {_CRITICAL} ELSE 0 END) AS assessed, "
    f"SUM(CASE WHEN country IS NOT NULL AND contract_end IS NOT NULL AND exit_tested_at <= {{as_of}} THEN {_CRITICAL} ELSE 0 END) AS complete, "
    f"SUM(CASE WHEN result = 'fail' THEN {_CRITICAL} ELSE 0 END) AS failed, SUM(CASE WHEN last_assessed IS NULL THEN {_CRITICAL} ELSE 0 END) AS never, "
    "SUM(CASE WHEN tier IS NULL AND critical_function IS NULL THEN 1 ELSE 0 END) AS unsaid FROM suppliers GROUP BY {group}",
    dims={"unit": "unit_id"}, green=100, red=90, noise="proportion", digits=1, kind="implementation",
    clock="An assessment counts for 12 months from its day.",
    counted={"suppliers": "tier = 1 OR critical_function"},
)  # fmt: skip
def suppliers_assessed(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the share of critical suppliers assessed within a year."""
    n, assessed, complete, failed, never, unsaid = (
        int(rows[name].sum()) for name in ("n", "assessed", "complete", "failed", "never", "unsaid")
    )
    parts = (
        Part("Register entry complete", percent(complete, n), "percent"),
        Part("Failed their assessment", failed, "count"),
        Part("Never assessed", never, "count"),
        Part("Suppliers of unknown criticality, left out", unsaid, "count"),
    )
    return share(assessed, n, "no critical supplier is known", parts)


@measure(
    id="T02", name="Supplier actions past their date",
    definition="Open actions on suppliers whose original due date has passed. Beside it, for the whole firm: the share of services that rest on the three most used suppliers.",
    why="What suppliers promised counts like our own promises.", use="Late ones are raised with the supplier's executive.",
    source="reportkit", unit="count", direction="down", needs=("suppliers", "actions"), fields=("actions.due_original",),
    reduce="SELECT {group} AS grp, COUNT(*) AS n, SUM(CASE WHEN due_original < {as_of} THEN 1 ELSE 0 END) AS late, "
    "SUM(CASE WHEN due_original IS NULL THEN 1 ELSE 0 END) AS undated, SUM(CASE WHEN status IN ('done', 'verified') THEN 1 ELSE 0 END) AS unsaid FROM actions "
    "WHERE parent_type = 'supplier' AND done_at IS NULL AND COALESCE(status, 'open') <> 'cancelled' GROUP BY {group}",
    dims={"unit": "unit_id", "owner": "owner"}, green=0, red=3, kind="implementation", beside=("services",),
    counted={"actions": "parent_type = 'supplier' AND done_at IS NULL AND COALESCE(status, 'open') <> 'cancelled'"},
)  # fmt: skip
def supplier_actions(rows: pd.DataFrame, at: Moment) -> Value:
    """Count supplier actions past their date."""
    n, late, undated, unsaid = (
        int(rows[name].sum()) for name in ("n", "late", "undated", "unsaid")
    )
    parts = [Part("Without a first date", undated, "count")]
    if set(rows["grp"]) <= {""} and not at.unit:
        parts.append(Part("Services on the three most used suppliers", _on_three(at), "percent"))
    note = left_out(
        (
            unsaid,
            "are called done without a day and count as open",
            "is called done without a day and counts as open",
        )
    )
    return Value(value=late, numerator=late, denominator=n, n=n, parts=tuple(parts), note=note)


def _on_three(at: Moment) -> float | None:
    """Give the share of services on the three most used suppliers; None where no service names any."""
    services = at.sql("SELECT service_id, supplier_ids FROM services ORDER BY 1")
    uses = [set(ids.split("|")) - {""} for ids in services["supplier_ids"].fillna("")]
    counted: dict[str, int] = {}
    for ids in uses:
        for supplier in ids:
            counted[supplier] = counted.get(supplier, 0) + 1
    most = set(sorted(counted, key=lambda name: (-counted[name], name))[:3])
    return percent(sum(bool(ids & most) for ids in uses), len(uses)) if counted else None
