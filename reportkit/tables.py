"""The canonical tables as data: columns, types, units, allowed values, keys.

One row of a table is one version of a thing. Two rules make the two time axes work:

* ``identity`` names the thing, ``effective`` the column from which a version holds. A view at a day shows, for each
  thing, the last version effective on or before that day.
* Rows are never changed. A correction is a new row in a later load; a view known by an instant uses only loads
  recorded by then, and among rows of the same version the last one recorded.

The store adds ``source``, ``recorded_at``, ``extract_id`` and ``unit_id`` to every row.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from reportkit.errors import DataError, nearest

Type = Literal["text", "enum", "date", "instant", "integer", "number", "money", "boolean", "list", "json"]

SEVERITIES = ("critical", "high", "medium", "low", "info")


@dataclass(frozen=True)
class Column:
    """One column of a canonical table.

    Attributes:
        type: ``date`` is a day in the organisation's zone, ``instant`` naive UTC, ``money`` a decimal with two places
            (its currency stands in ``currency``), ``list`` text parts joined by ``|``, ``json`` JSON text.
        allowed: the only values of an ``enum``.
        unit: what a number counts (``days``, ``0-10``, ``minutes``).
        low, high: inclusive bounds of a number.
    """

    name: str
    type: Type = "text"
    doc: str = ""
    required: bool = False
    allowed: tuple[str, ...] = ()
    unit: str = ""
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class TableSpec:
    """One canonical table: what a row is, how it is identified, what it holds."""

    name: str
    row: str
    identity: tuple[str, ...]
    columns: tuple[Column, ...]
    effective: str | None = None
    reference: bool = False
    order: tuple[str, ...] = field(default=())

    def column(self, name: str) -> Column:
        """Give a column by name, or say which one was meant."""
        for column in self.columns:
            if column.name == name:
                return column
        raise DataError(f"Table {self.name} has no column {name!r}; {nearest(name, [c.name for c in self.columns])}")

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in canonical order, without the store's own."""
        return tuple(column.name for column in self.columns)

    @property
    def key(self) -> tuple[str, ...]:
        """Columns that together identify one version."""
        return (*self.identity, self.effective) if self.effective else self.identity


def _id(name: str, doc: str = "") -> Column:
    return Column(name, required=True, doc=doc)


def _enum(name: str, *allowed: str, doc: str = "", required: bool = False) -> Column:
    return Column(name, "enum", doc, required, tuple(allowed))


def _many(type_: Type, *names: str) -> tuple[Column, ...]:
    return tuple(Column(name, type_) for name in names)


UNIT = Column("unit_id", doc="business unit the row belongs to")
VALID_FROM = Column("valid_from", "date", "day from which this version holds")
CURRENCY = Column("currency", doc="ISO 4217 code of the money columns")

ASSETS = TableSpec(
    "assets", "one asset version", ("asset_id",), effective="valid_from", order=("first_seen", "asset_id"),
    columns=(
        _id("asset_id"), UNIT, VALID_FROM, Column("name"),
        _enum("kind", "host", "app", "cloud", "data", "ot", "saas", "network"),
        Column("criticality", "integer", "1 is most critical", low=1, high=4),
        _enum("exposure", "internet", "partner", "internal"), _enum("env", "prod", "nonprod"),
        Column("owner"), Column("service_id"), Column("data_class"),
        *(Column(f"cia_{x}", "integer", unit="0-3", low=0, high=3) for x in "cia"),
        Column("in_scope", "boolean"), *_many("date", "first_seen", "last_seen", "retired_at", "eol_at"),
        Column("seen_by", "list", "inventories that know the asset"),
    ),
)
COVERAGE = TableSpec(
    "coverage", "one observation of a control on an asset", ("asset_id", "control"), effective="observed_at",
    order=("observed_at", "asset_id"),
    columns=(
        _id("asset_id"), UNIT,
        _enum("control", "vuln_scan", "edr", "log", "backup", "restore_test", "encryption", "mdm", required=True),
        Column("observed_at", "date", required=True), _enum("status", "ok", "degraded", "absent", "na", required=True),
        Column("last_ok", "date", "last day the control worked"), Column("authenticated", "boolean"),
        Column("rto_met", "boolean"), Column("rpo_met", "boolean"), Column("na_reason"),
    ),
)
FINDINGS = TableSpec(
    "findings", "one weakness on one asset at one place", ("finding_id",), order=("opened", "finding_id"),
    columns=(
        _id("finding_id"), UNIT, Column("asset_id"), Column("vuln_id", doc="CVE, CWE or rule"), Column("location"),
        Column("title"), _enum("severity", *SEVERITIES, required=True),
        Column("cvss", "number", unit="0-10", low=0, high=10), Column("cvss_version"), Column("cvss_vector"),
        Column("epss", "number", unit="probability", low=0, high=1),
        Column("epss_pct", "number", unit="0-1", low=0, high=1), Column("epss_date", "date"), Column("epss_model"),
        Column("kev", "boolean", "listed as known exploited"), Column("kev_date", "date"), Column("kev_due", "date"),
        Column("ransomware", "boolean"), Column("automatable", "boolean"), _enum("tech_impact", "partial", "total"),
        Column("opened", "date", "first detection on the asset"), Column("due_original", "date"),
        Column("due_current", "date"), Column("policy_id"),
        Column("closed", "date", "day verified absent, or removed from service"),
        _enum("state", "open", "fixed", "accepted", "false_positive", "duplicate", "out_of_scope", "decommissioned",
              "reopened", required=True),
        Column("accepted_at", "date"), Column("accepted_until", "date"), Column("verified_by"),
        Column("last_seen", "date"), Column("fix_available", "boolean"), Column("component"), Column("tool"),
    ),
)
IDENTITIES = TableSpec(
    "identities", "one account version", ("account_id",), effective="valid_from",
    columns=(
        _id("account_id"), UNIT, VALID_FROM, _enum("type", "human", "service", "admin"),
        *_many("boolean", "privileged", "standing"), _enum("mfa", "none", "weak", "strong", "phishing_resistant"),
        Column("enforced", "boolean"), Column("created", "date"),
        *_many("instant", "hr_end", "disabled_at"), *_many("date", "last_used", "review_due", "reviewed_at"),
        _enum("review_result", "kept", "changed", "revoked"),
    ),
)
INCIDENTS = TableSpec(
    "incidents", "one case", ("incident_id",), order=("detected", "incident_id"),
    columns=(
        _id("incident_id"), UNIT, Column("title"),
        _enum("confirmed", "confirmed", "suspected", "near_miss", "false_positive", required=True),
        Column("severity", "integer", "1 is worst", low=1, high=5), Column("cause"),
        Column("control_caused", "boolean", "a security control caused it"), Column("service_id"),
        *_many("instant", "occurred", "detected"), _enum("detected_by", "internal", "external"),
        *_many("instant", "acknowledged", "contained", "eradicated", "restored", "closed"),
        _enum("material", "yes", "no", "pending"), Column("determined_at", "date", "day materiality was determined"),
        *_many("money", "loss_primary", "loss_secondary"), CURRENCY, *_many("integer", "records", "service_minutes"),
        Column("notices", "json", "list of {regime, due, sent}"), Column("lesson", doc="what was changed because of it"),
    ),
)
RISKS = TableSpec(
    "risks", "one version of a register entry", ("risk_id",), effective="valid_from",
    columns=(
        _id("risk_id"), UNIT, VALID_FROM, Column("title"), Column("description"), Column("category"),
        Column("objective_id"), Column("owner"), Column("asset_ids", "list"), Column("cia_tags", "list"),
        *_many("number", "inherent", "residual", "target"), _enum("measured_in", "money", "score"), CURRENCY,
        Column("likelihood", "number", unit="percent a year", low=0, high=100), Column("impact", "money"),
        _enum("response", "accept", "avoid", "transfer", "mitigate", "realize", "share", "enhance"),
        Column("response_cost", "money"), _enum("status", "open", "closed"), Column("opened", "date"),
        *_many("date", "closed", "review_due", "reviewed_at"), Column("accepted_by"), Column("accepted_until", "date"),
        Column("treatment_due", "date"), Column("rationale"), Column("csf_ids", "list"),
    ),
)
SCENARIOS = TableSpec(
    "scenarios", "one quantified loss scenario in one state", ("scenario_id", "state"), effective="valid_from",
    columns=(
        _id("scenario_id"), Column("state", doc="current, residual or an option's name", required=True), UNIT,
        VALID_FROM, Column("title"), Column("risk_ids", "list"), Column("cia_tags", "list"),
        _enum("freq_dist", "poisson", "negbin", "bernoulli"), Column("rate", "number", unit="events a year", low=0),
        *(Column(f"rate_{x}", "number", unit="events a year", low=0) for x in ("low", "mode", "high")),
        Column("dispersion", "number", "k of the negative binomial", low=0),
        _enum("sev_dist", "lognormal_ci90", "pert", "empirical"), *_many("money", "low", "mode", "high", "cap"),
        Column("secondary_p", "number", unit="probability", low=0, high=1),
        *_many("money", "secondary_low", "secondary_high"), Column("ci_level", "number", low=0, high=1), CURRENCY,
        Column("estimator"), Column("calibrated_at", "date"), Column("rationale"), Column("corr_group"),
        Column("insured", "boolean"),
    ),
)
ACTIONS = TableSpec(
    "actions", "one treatment or remediation task", ("action_id",), effective="valid_from",
    columns=(
        _id("action_id"), UNIT, VALID_FROM,
        _enum("parent_type", "risk", "audit", "incident", "supplier", "finding", "control"), Column("parent_id"),
        Column("title"), Column("owner"), *_many("date", "opened", "due_original", "due_current"),
        Column("retargets", "integer", low=0), *_many("date", "done_at", "verified_at"),
        _enum("status", "open", "done", "verified", "cancelled"), *_many("money", "cost_build", "cost_run"), CURRENCY,
    ),
)
AUDITS = TableSpec(
    "audits", "one audit finding", ("finding_id",), effective="valid_from", order=("opened", "finding_id"),
    columns=(
        _id("finding_id"), UNIT, VALID_FROM, _enum("audit_source", "internal", "external", "regulator", "pentest", "cert"),
        _enum("rating", "critical", "high", "medium", "low"), Column("title"), Column("control_id"), Column("owner"),
        Column("opened", "date", "report issued"), *_many("date", "due_original", "due_current"),
        Column("retargets", "integer", low=0), Column("closed_by_owner", "date"),
        Column("verified_closed", "date", "independently verified"), Column("accepted_at", "date"), Column("repeat_of"),
        _enum("state", "open", "closed", "accepted", "false_positive", "duplicate"),
    ),
)
CONTROLS = TableSpec(
    "controls", "one assessment of a control", ("control_id",), effective="assessed_at",
    columns=(
        _id("control_id"), UNIT, Column("assessed_at", "date"), Column("title"), Column("framework"),
        Column("requirement_ids", "list"), Column("csf_id"),
        _enum("state", "implemented", "partial", "planned", "na"),
        _enum("result", "effective", "ineffective", "not_tested"), _enum("method", "test", "examine", "interview", "assert"),
        Column("assessor"), *_many("date", "evidence_at", "next_due"), Column("score", "number"), Column("na_reason"),
    ),
)
SUPPLIERS = TableSpec(
    "suppliers", "one third party", ("supplier_id",), effective="valid_from",
    columns=(
        _id("supplier_id"), UNIT, VALID_FROM, Column("name"), Column("tier", "integer", "1 is most critical", low=1, high=4),
        Column("services", "list"), Column("critical_function", "boolean"), Column("data_class"),
        *_many("date", "last_assessed", "next_due"), _enum("result", "pass", "conditional", "fail"),
        Column("rating", "number"), Column("rating_source"), *_many("date", "contract_end", "exit_tested_at"),
        Column("country"),
    ),
)
GOVERNANCE = TableSpec(
    "governance_items", "one policy, standard, exception or obligation", ("item_id",), effective="valid_from",
    columns=(
        _id("item_id"), UNIT, VALID_FROM, _enum("kind", "policy", "standard", "exception", "obligation", required=True),
        Column("title"), Column("owner"), *_many("date", "approved_at", "review_due", "expiry"), Column("approver"),
        _enum("status", "draft", "active", "expired", "retired", "met", "due", "missed"),
        *_many("integer", "scope_n", "attested_n"), Column("regime"),
    ),
)
PEOPLE = TableSpec(
    "people_measures", "one measure of a unit's people in a period", ("unit_id", "period", "measure"),
    columns=(
        _id("unit_id"), _id("period", "2026-Q3"), _id("measure", "training, phishing, mfa_prompts, lockouts, ..."),
        *_many("integer", "n", "num", "den"), Column("minutes", "number"), _enum("difficulty", "easy", "medium", "hard"),
        Column("survey_n", "integer"), Column("source_note"),
    ),
)
SPEND = TableSpec(
    "spend", "one budget line in a period", ("line_id", "period"),
    columns=(
        _id("line_id"), _id("period", "2026-Q3"), UNIT, Column("title"), Column("category"),
        _enum("run_change", "run", "change"), _enum("opex_capex", "opex", "capex"),
        *_many("money", "budget", "actual", "committed", "forecast"), CURRENCY,
        *_many("number", "headcount_plan", "headcount_actual"), *_many("money", "it_spend", "revenue"),
        Column("staff", "integer"),
    ),
)
INITIATIVES = TableSpec(
    "initiatives", "one version of a project or business case", ("initiative_id",), effective="valid_from",
    columns=(
        _id("initiative_id"), UNIT, VALID_FROM, Column("title"), Column("objective_id"), Column("owner"),
        Column("scenario_ids", "list"), Column("options", "json"), Column("cash_flows", "json"),
        *_many("date", "baseline_start", "baseline_end", "forecast_end", "ended_at"),
        Column("milestones", "json", "list of {title, baseline, done}"), Column("budget", "money"),
        Column("actual", "money"), CURRENCY, Column("benefits", "json"), Column("user_impact", "json"),
        Column("security_review_at", "date"), Column("go_live", "date"), Column("decision"), Column("decided_at", "date"),
        _enum("health", "on_track", "at_risk", "late", "done", "stopped"),
    ),
)
THRESHOLDS = TableSpec(
    "thresholds", "one version of a target, an appetite or a service level", ("threshold_id",), effective="valid_from",
    columns=(
        _id("threshold_id"), Column("valid_from", "date", required=True),
        _enum("kind", "measure", "risk_appetite", "loss_appetite", "sla", required=True), Column("measure_id"),
        Column("category"), Column("scope", doc="empty for the whole firm, else a unit or a severity"),
        *_many("number", "green", "red", "hysteresis"), Column("points", "json", "list of [loss, probability]"),
        Column("currency"), Column("days", "integer", "days to fix", low=0), Column("approved_by"),
        Column("approved_at", "date"), Column("minute_ref"), Column("override_status"), Column("override_reason"),
    ),
)

REFERENCE = (
    TableSpec("units", "one business unit", ("unit_id",), effective="valid_from", reference=True, columns=(
        _id("unit_id"), VALID_FROM, Column("name"), Column("parent_id"), Column("head"), Column("addresses", "list"),
        Column("staff", "integer"))),
    TableSpec("objectives", "one strategic objective", ("objective_id",), effective="valid_from", reference=True, columns=(
        _id("objective_id"), VALID_FROM, Column("title"), Column("owner"))),
    TableSpec("services", "one business service", ("service_id",), effective="valid_from", reference=True, columns=(
        _id("service_id"), UNIT, VALID_FROM, Column("name"), Column("criticality", "integer", low=1, high=4),
        Column("owner"), *_many("number", "rto_hours", "rpo_hours"), Column("supplier_ids", "list"))),
    TableSpec("decisions", "one decision asked of a board or committee", ("decision_id",), effective="valid_from",
              reference=True, columns=(
        _id("decision_id"), VALID_FROM, UNIT, Column("period", doc="quarter whose report asks for it"), Column("title"),
        Column("ask"), Column("options", "json", "list of {name, cost, risk_change, user_impact, recommended}"),
        Column("owner"), Column("by_when", "date"), Column("reversibility"), Column("for_decision", "boolean"),
        Column("initiative_id"), Column("decided_at", "date"), Column("outcome"))),
    TableSpec("threats", "one threat worth a director's time", ("threat_id",), effective="valid_from", reference=True, columns=(
        _id("threat_id"), VALID_FROM, Column("period"), Column("title"), Column("relevance"),
        Column("vuln_ids", "list", "weaknesses it uses"), Column("exposed_kind"), Column("action"), Column("owner"))),
    TableSpec("fx_rates", "one exchange rate", ("currency", "to_currency"), effective="valid_from", reference=True, columns=(
        _id("currency"), _id("to_currency"), VALID_FROM, Column("rate", "number", low=0))),
    TableSpec("insurance", "one layer of cyber insurance", ("policy_id",), effective="valid_from", reference=True, columns=(
        _id("policy_id"), VALID_FROM, Column("valid_to", "date"), *_many("money", "retention", "limit_amount"), CURRENCY,
        Column("insurer"), _enum("basis", "annual", "event"))),
    TableSpec("kev", "one catalogue entry of a known exploited vulnerability", ("vuln_id",), reference=True, columns=(
        _id("vuln_id"), Column("vendor"), Column("product"), Column("name"), Column("date_added", "date", required=True),
        Column("due_date", "date"), Column("ransomware", "boolean"), Column("action"), Column("cwes", "list"))),
    TableSpec("epss", "one exploit prediction", ("vuln_id",), effective="score_date", reference=True, columns=(
        _id("vuln_id"), Column("score_date", "date"), Column("epss", "number", low=0, high=1),
        Column("percentile", "number", low=0, high=1), Column("model"))),
    TableSpec("frameworks", "one requirement of a framework", ("framework", "requirement_id"), reference=True, columns=(
        _id("framework"), _id("requirement_id"), Column("title"), Column("parent_id"), Column("applicable", "boolean"))),
)

TABLES: dict[str, TableSpec] = {
    spec.name: spec
    for spec in (
        ASSETS, COVERAGE, FINDINGS, IDENTITIES, INCIDENTS, RISKS, SCENARIOS, ACTIONS, AUDITS, CONTROLS, SUPPLIERS,
        GOVERNANCE, PEOPLE, SPEND, INITIATIVES, THRESHOLDS, *REFERENCE,
    )
}


def table(name: str) -> TableSpec:
    """Give a canonical table by name.

    Raises:
        DataError: unknown name; the message holds the nearest known one.
    """
    if name not in TABLES:
        raise DataError(f"Table {name!r} is not known; {nearest(name, TABLES)}")
    return TABLES[name]
