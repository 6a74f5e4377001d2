"""What a report shows, one function for each thing shown: a view in, a block out.

Notebooks call these one per cell. Each answers one question of a reader; what cannot be answered says why.
"""

from __future__ import annotations

from reportkit.sections.annex import (
    definition_changes,
    definitions,
    reconciliation,
    rejected,
    reproducibility,
    restatements,
    sources,
)
from reportkit.sections.asked import ask, case_headline, case_tiles
from reportkit.sections.assurance import obligations, overdue_audits
from reportkit.sections.balance import (
    alignment,
    benefits,
    case_inputs,
    goals,
    user_balance,
    user_limits,
)
from reportkit.sections.compliance import (
    audit_sources,
    evidence,
    failing_controls,
    policies,
    repeats,
)
from reportkit.sections.delivery import initiatives, people
from reportkit.sections.events import notable_incidents, regulatory_clocks, threats
from reportkit.sections.focus import incident_course, incident_headline, incident_record
from reportkit.sections.honesty import (
    both_bases,
    caveats,
    compared,
    corrections,
    exemptions,
    odd_rows,
)
from reportkit.sections.investment import (
    break_even,
    control_credits,
    frontier,
    inputs,
    option_money,
    option_risk,
)
from reportkit.sections.measured import measured
from reportkit.sections.posture import exploited, lifecycle, protection_goals, recovery, tools
from reportkit.sections.programme import joint_actions, lessons, objectives
from reportkit.sections.quantified import appetite_points, estimates, loss_changes, sanity
from reportkit.sections.register import (
    above_appetite,
    acceptances,
    concentration,
    register_moves,
    treatments,
)
from reportkit.sections.response import incident_actions, incident_kinds, recurrences
from reportkit.sections.risks import top_risks
from reportkit.sections.scenarios import risk_headline, scenario_losses
from reportkit.sections.summary import changes, cover, decisions, headline, past_decisions, tiles
from reportkit.sections.unit import (
    against_firm,
    overdue,
    own_risks,
    services,
    unit_headline,
    unit_tiles,
)
from reportkit.sections.yearly import yearly

__all__ = [
    "above_appetite",
    "acceptances",
    "against_firm",
    "alignment",
    "appetite_points",
    "ask",
    "audit_sources",
    "benefits",
    "both_bases",
    "break_even",
    "case_headline",
    "case_inputs",
    "case_tiles",
    "caveats",
    "changes",
    "compared",
    "concentration",
    "control_credits",
    "corrections",
    "cover",
    "decisions",
    "definition_changes",
    "definitions",
    "estimates",
    "evidence",
    "exemptions",
    "exploited",
    "failing_controls",
    "frontier",
    "goals",
    "headline",
    "incident_actions",
    "incident_course",
    "incident_headline",
    "incident_kinds",
    "incident_record",
    "initiatives",
    "inputs",
    "joint_actions",
    "lessons",
    "lifecycle",
    "loss_changes",
    "measured",
    "notable_incidents",
    "objectives",
    "obligations",
    "odd_rows",
    "option_money",
    "option_risk",
    "overdue",
    "overdue_audits",
    "own_risks",
    "past_decisions",
    "people",
    "policies",
    "protection_goals",
    "reconciliation",
    "recovery",
    "recurrences",
    "register_moves",
    "regulatory_clocks",
    "rejected",
    "repeats",
    "reproducibility",
    "restatements",
    "risk_headline",
    "sanity",
    "scenario_losses",
    "services",
    "sources",
    "threats",
    "tiles",
    "tools",
    "top_risks",
    "treatments",
    "unit_headline",
    "unit_tiles",
    "user_balance",
    "user_limits",
    "yearly",
]
