"""Tables of what happened and what may: incidents, risks, scenarios, the work on them."""

from __future__ import annotations

from reportkit.tables.spec import (
    CURRENCY,
    UNIT,
    VALID_FROM,
    Column,
    TableSpec,
    choice,
    key,
    several,
)

INCIDENTS = TableSpec(
    "incidents",
    "one case",
    ("incident_id",),
    order=("detected", "incident_id"),
    ordered=(("occurred", "detected"), ("detected", "closed"), ("detected", "contained")),
    dated=("detected", "closed"),
    begins="detected",
    happens=("acknowledged", "contained", "eradicated", "restored", "closed", "determined_at"),
    columns=(
        key("incident_id"),
        UNIT,
        Column("title"),
        choice("confirmed", "confirmed", "suspected", "near_miss", "false_positive", required=True),
        Column("severity", "integer", "1 is worst", low=1, high=5),
        Column("cause"),
        Column("control_caused", "boolean", "a security control caused it"),
        Column("service_id"),
        *several("instant", "occurred", "detected"),
        choice("detected_by", "internal", "external"),
        *several("instant", "acknowledged", "contained", "eradicated", "restored", "closed"),
        choice("material", "yes", "no", "pending"),
        Column("determined_at", "date", "day materiality was determined"),
        *several("money", "loss_primary", "loss_secondary"),
        CURRENCY,
        *several("integer", "records", "service_minutes"),
        Column("notices", "json", "list of {regime, due, sent}"),
        Column("lesson", doc="what was changed because of it"),
    ),
)


RISKS = TableSpec(
    "risks",
    "one version of a register entry",
    ("risk_id",),
    effective="valid_from",
    ordered=(("opened", "closed"),),
    begins="opened",
    happens=("closed", "reviewed_at"),
    later=(("status", "closed", ("closed",), "open"),),
    columns=(
        key("risk_id"),
        UNIT,
        VALID_FROM,
        Column("title"),
        Column("description"),
        Column("category"),
        Column("objective_id"),
        Column("owner"),
        Column("asset_ids", "list"),
        Column("cia_tags", "list"),
        *several("number", "inherent", "residual", "target"),
        choice("measured_in", "money", "score"),
        CURRENCY,
        Column("likelihood", "number", unit="percent a year", low=0, high=100),
        Column("impact", "money"),
        choice(
            "response", "accept", "avoid", "transfer", "mitigate", "realize", "share", "enhance"
        ),
        Column("response_cost", "money"),
        choice("status", "open", "closed"),
        Column("opened", "date"),
        *several("date", "closed", "review_due", "reviewed_at"),
        Column("accepted_by"),
        Column("accepted_until", "date"),
        Column("treatment_due", "date"),
        Column("rationale"),
        Column("csf_ids", "list"),
    ),
)


SCENARIOS = TableSpec(
    "scenarios",
    "one quantified loss scenario in one state",
    ("scenario_id", "state"),
    effective="valid_from",
    ordered=(
        ("low", "mode"),
        ("mode", "high"),
        ("low", "high"),
        ("rate_low", "rate_mode"),
        ("rate_mode", "rate_high"),
        ("secondary_low", "secondary_high"),
    ),
    columns=(
        key("scenario_id"),
        Column("state", doc="current, residual or an option's name", required=True),
        UNIT,
        VALID_FROM,
        Column("title"),
        Column("risk_ids", "list"),
        Column("cia_tags", "list"),
        choice("freq_dist", "poisson", "negbin", "bernoulli"),
        Column("rate", "number", unit="events a year", low=0),
        *(
            Column(f"rate_{x}", "number", unit="events a year", low=0)
            for x in ("low", "mode", "high")
        ),
        Column("rate_gamma", "number", "weight of rate_mode in the PERT; 4 when blank", low=0),
        Column("dispersion", "number", "k of the negative binomial", low=0),
        Column(
            "vulnerability", "number", "share of attempts that succeed; 1 when blank", low=0, high=1
        ),
        Column("capability", "json", "[low, mode, high] of the attacker, 0 to 1"),
        Column("strengths", "json", "list of [low, mode, high], one for each control, 0 to 1"),
        choice("strength_rule", "mean", "weakest", "strongest"),
        choice("sev_dist", "lognormal_ci90", "pert", "empirical"),
        *several("money", "low", "mode", "high", "cap"),
        Column("gamma", "number", "weight of mode in the PERT; 4 when blank", low=0),
        Column("losses", "list", "observed losses of an empirical severity"),
        Column("secondary_p", "number", unit="probability", low=0, high=1),
        *several("money", "secondary_low", "secondary_high"),
        Column("secondary_mode", "money", "makes the secondary loss a PERT; lognormal when blank"),
        Column("ci_level", "number", low=0, high=1),
        CURRENCY,
        Column("estimator"),
        Column("calibrated_at", "date"),
        Column("rationale"),
        Column("corr_group"),
        Column("insured", "boolean"),
        Column("event_hours", "number", "service hours lost in one event", low=0),
        Column("event_records", "number", "records exposed in one event", low=0),
    ),
)


ACTIONS = TableSpec(
    "actions",
    "one treatment or remediation task",
    ("action_id",),
    effective="valid_from",
    ordered=(("opened", "done_at"), ("done_at", "verified_at")),
    begins="opened",
    happens=("done_at", "verified_at"),
    later=(
        ("status", "done_at", ("done", "verified"), "open"),
        ("status", "verified_at", ("verified",), "done"),
    ),
    columns=(
        key("action_id"),
        UNIT,
        VALID_FROM,
        choice("parent_type", "risk", "audit", "incident", "supplier", "finding", "control"),
        Column("parent_id"),
        Column("title"),
        Column("owner"),
        *several("date", "opened", "due_original", "due_current"),
        Column("retargets", "integer", low=0),
        *several("date", "done_at", "verified_at"),
        choice("status", "open", "done", "verified", "cancelled"),
        *several("money", "cost_build", "cost_run"),
        CURRENCY,
    ),
)
