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
from reportkit.sections.assurance import obligations, overdue_audits
from reportkit.sections.delivery import initiatives, people
from reportkit.sections.events import notable_incidents, regulatory_clocks, threats
from reportkit.sections.quantified import appetite_points, estimates, loss_changes, sanity
from reportkit.sections.risks import top_risks
from reportkit.sections.summary import changes, cover, decisions, headline, past_decisions, tiles
from reportkit.sections.unit import (
    against_firm,
    overdue,
    own_risks,
    services,
    unit_headline,
    unit_tiles,
)

__all__ = [
    "against_firm",
    "appetite_points",
    "changes",
    "cover",
    "decisions",
    "definition_changes",
    "definitions",
    "estimates",
    "headline",
    "initiatives",
    "loss_changes",
    "notable_incidents",
    "obligations",
    "overdue",
    "overdue_audits",
    "own_risks",
    "past_decisions",
    "people",
    "reconciliation",
    "regulatory_clocks",
    "rejected",
    "reproducibility",
    "restatements",
    "sanity",
    "services",
    "sources",
    "threats",
    "tiles",
    "top_risks",
    "unit_headline",
    "unit_tiles",
]
