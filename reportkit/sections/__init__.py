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
from reportkit.sections.honesty import both_bases, caveats, corrections, exemptions, odd_rows
from reportkit.sections.risks import top_risks
from reportkit.sections.summary import changes, cover, decisions, headline, past_decisions, tiles

__all__ = [
    "both_bases",
    "caveats",
    "changes",
    "corrections",
    "cover",
    "decisions",
    "definition_changes",
    "definitions",
    "exemptions",
    "headline",
    "initiatives",
    "notable_incidents",
    "obligations",
    "odd_rows",
    "overdue_audits",
    "past_decisions",
    "people",
    "reconciliation",
    "regulatory_clocks",
    "rejected",
    "reproducibility",
    "restatements",
    "sources",
    "threats",
    "tiles",
    "top_risks",
]
