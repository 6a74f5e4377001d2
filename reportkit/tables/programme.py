"""Tables of people, money and projects."""

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

PEOPLE = TableSpec(
    "people_measures",
    "one measure of a unit's people in a period",
    ("unit_id", "period", "measure"),
    ordered=(("num", "den"),),
    people=True,
    columns=(
        key("unit_id"),
        key("period", "2026-Q3"),
        key("measure", "training, phishing, mfa_prompts, lockouts, ..."),
        *several("integer", "n", "num", "den"),
        Column("minutes", "number"),
        choice("difficulty", "easy", "medium", "hard"),
        Column("survey_n", "integer"),
        Column("source_note"),
    ),
)


SPEND = TableSpec(
    "spend",
    "one budget line in a period",
    ("line_id", "period"),
    columns=(
        key("line_id"),
        key("period", "2026-Q3"),
        UNIT,
        Column("title"),
        Column("category"),
        choice("run_change", "run", "change"),
        choice("opex_capex", "opex", "capex"),
        *several("money", "budget", "actual", "committed", "forecast"),
        CURRENCY,
        *several("number", "headcount_plan", "headcount_actual"),
        *several("money", "it_spend", "revenue"),
        Column("staff", "integer"),
    ),
)


INITIATIVES = TableSpec(
    "initiatives",
    "one version of a project or business case",
    ("initiative_id",),
    effective="valid_from",
    ordered=(("baseline_start", "baseline_end"),),
    happens=("ended_at", "decided_at"),
    columns=(
        key("initiative_id"),
        UNIT,
        VALID_FROM,
        Column("title"),
        Column("objective_id"),
        Column("owner"),
        Column("scenario_ids", "list"),
        Column("options", "json"),
        Column("cash_flows", "json"),
        *several("date", "baseline_start", "baseline_end", "forecast_end", "ended_at"),
        Column("milestones", "json", "list of {title, baseline, done}"),
        Column("budget", "money"),
        Column("actual", "money"),
        CURRENCY,
        Column("benefits", "json"),
        Column("user_impact", "json"),
        Column("security_review_at", "date"),
        Column("go_live", "date"),
        Column("decision"),
        Column("decided_at", "date"),
        choice("health", "on_track", "at_risk", "late", "done", "stopped"),
    ),
)
