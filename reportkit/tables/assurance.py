"""Tables of assurance: audits, controls, suppliers, policies, limits."""

from __future__ import annotations

from reportkit.tables.spec import UNIT, VALID_FROM, Column, TableSpec, choice, key, several

AUDITS = TableSpec(
    "audits",
    "one audit finding",
    ("finding_id",),
    effective="valid_from",
    order=("opened", "finding_id"),
    ordered=(("opened", "verified_closed"),),
    dated=("opened", "verified_closed", "valid_from"),
    begins="opened",
    happens=("closed_by_owner", "verified_closed", "accepted_at"),
    later=(
        ("state", "verified_closed", ("closed",), "open"),
        ("state", "accepted_at", ("accepted",), "open"),
    ),
    columns=(
        key("finding_id"),
        UNIT,
        VALID_FROM,
        choice("audit_source", "internal", "external", "regulator", "pentest", "cert"),
        choice("rating", "critical", "high", "medium", "low"),
        Column("title"),
        Column("control_id"),
        Column("owner"),
        Column("opened", "date", "report issued"),
        *several("date", "due_original", "due_current"),
        Column("retargets", "integer", low=0),
        Column("closed_by_owner", "date"),
        Column("verified_closed", "date", "independently verified"),
        Column("accepted_at", "date"),
        Column("repeat_of"),
        choice("state", "open", "closed", "accepted", "false_positive", "duplicate"),
    ),
)


CONTROLS = TableSpec(
    "controls",
    "one assessment of a control",
    ("control_id",),
    effective="assessed_at",
    columns=(
        key("control_id"),
        UNIT,
        Column("assessed_at", "date"),
        Column("title"),
        Column("framework"),
        Column("requirement_ids", "list"),
        Column("csf_id"),
        choice("state", "implemented", "partial", "planned", "na"),
        choice("result", "effective", "ineffective", "not_tested"),
        choice("method", "test", "examine", "interview", "assert"),
        Column("assessor"),
        *several("date", "evidence_at", "next_due"),
        Column("score", "number"),
        Column("na_reason"),
    ),
)


SUPPLIERS = TableSpec(
    "suppliers",
    "one third party",
    ("supplier_id",),
    effective="valid_from",
    columns=(
        key("supplier_id"),
        UNIT,
        VALID_FROM,
        Column("name"),
        Column("tier", "integer", "1 is most critical", low=1, high=4),
        Column("services", "list"),
        Column("critical_function", "boolean"),
        Column("data_class"),
        *several("date", "last_assessed", "next_due"),
        choice("result", "pass", "conditional", "fail"),
        Column("rating", "number"),
        Column("rating_source"),
        *several("date", "contract_end", "exit_tested_at"),
        Column("country"),
    ),
)


GOVERNANCE = TableSpec(
    "governance_items",
    "one policy, standard, exception or obligation",
    ("item_id",),
    effective="valid_from",
    ordered=(("attested_n", "scope_n"),),
    cells=("scope_n", "attested_n"),
    columns=(
        key("item_id"),
        UNIT,
        VALID_FROM,
        choice("kind", "policy", "standard", "exception", "obligation", required=True),
        Column("title"),
        Column("owner"),
        *several("date", "approved_at", "review_due", "expiry"),
        Column("approver"),
        choice("status", "draft", "active", "expired", "retired", "met", "due", "missed"),
        *several("integer", "scope_n", "attested_n"),
        Column("regime"),
    ),
)


THRESHOLDS = TableSpec(
    "thresholds",
    "one version of a target, an appetite or a service level",
    ("threshold_id",),
    effective="valid_from",
    columns=(
        key("threshold_id"),
        Column("valid_from", "date", required=True),
        choice(
            "kind", "measure", "risk_appetite", "loss_appetite", "sla", "friction", required=True
        ),
        Column("measure_id"),
        Column("category"),
        Column(
            "scope",
            doc="empty for the whole firm, else a unit, a severity or, for friction, a population",
        ),
        *several("number", "green", "red", "hysteresis"),
        Column("points", "json", "list of [loss, probability]"),
        Column("currency"),
        Column("days", "integer", "days to fix", low=0),
        Column("approved_by"),
        Column("approved_at", "date"),
        Column("minute_ref"),
        Column("override_status"),
        Column("override_reason"),
    ),
)
