"""Tables of business cases: the options of a decision, what they do to scenarios, what they ask of users."""

from __future__ import annotations

from reportkit.tables.spec import CURRENCY, VALID_FROM, Column, TableSpec, choice, key, several

_DECISION = key("decision_id", "decision that the option belongs to")
_OPTION = key("option_id", "stable name of the option within its decision")

CASES = (
    TableSpec(
        "options",
        "one option of a decision, in money",
        ("decision_id", "option_id"),
        effective="valid_from",
        reference=True,
        ordered=(
            ("once_low", "once_mode"),
            ("once_mode", "once_high"),
            ("yearly_low", "yearly_mode"),
            ("yearly_mode", "yearly_high"),
        ),
        columns=(
            _DECISION,
            _OPTION,
            VALID_FROM,
            Column("place", "integer", "order in which options are shown; doing nothing first"),
            Column("name"),
            *several("money", "once_low", "once_mode", "once_high"),
            *several("money", "yearly_low", "yearly_mode", "yearly_high"),
            CURRENCY,
            Column("delay_years", "number", "until its controls work", low=0),
            Column("retention", "money", "of the insurance it brings in place of the present one"),
            Column("limit_amount", "money", "most that the insurance it brings pays in a year"),
            Column("recommended", "boolean"),
            Column("objective_ids", "list", "objectives it serves"),
            Column("trade_off", doc="what has to be given up for it"),
            Column("reversibility"),
        ),
    ),
    TableSpec(
        "option_effects",
        "one effect of an option's control on a scenario",
        ("decision_id", "option_id", "scenario_id", "control", "acts_on"),
        effective="valid_from",
        reference=True,
        ordered=(("low", "mode"), ("mode", "high")),
        columns=(
            _DECISION,
            _OPTION,
            key("scenario_id"),
            key("control", "the same control in two options works once"),
            choice("acts_on", "frequency", "severity", required=True),
            VALID_FROM,
            *(
                Column(
                    x,
                    "number",
                    unit="share of events stopped or of the loss avoided",
                    low=0,
                    high=1,
                )
                for x in ("low", "mode", "high")
            ),
            Column("estimator"),
            Column("rationale"),
        ),
    ),
    TableSpec(
        "option_impacts",
        "one line of an option's end-user ledger; above zero is a burden, below zero a relief",
        ("decision_id", "option_id", "population", "item"),
        effective="valid_from",
        reference=True,
        ordered=(("minutes_low", "minutes_mode"), ("minutes_mode", "minutes_high")),
        columns=(
            _DECISION,
            _OPTION,
            key("population", "whose time it is"),
            key("item", "sign-in, lockout, ticket, customer step, standstill, ..."),
            VALID_FROM,
            Column("people", "integer", low=0),
            Column("times", "number", "for each person in a month; once in all when once is true"),
            *(Column(f"minutes_{x}", "number", "each time") for x in ("low", "mode", "high")),
            Column("hourly_cost", "money", "loaded; empty where the time is not the firm's money"),
            Column("fee", "money", "each time, such as a ticket"),
            CURRENCY,
            Column("once", "boolean", "it happens when the control comes, not month after month"),
            Column("rationale"),
        ),
    ),
)
