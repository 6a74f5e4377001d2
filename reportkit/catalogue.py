"""What can be measured, in words: each definition as a reader sees it on the screen and in the reference."""

from __future__ import annotations

from typing import Any

from reportkit import display
from reportkit.measures import Definition

#: What the measures of a letter are about.
FAMILIES = {
    "V": "Weaknesses", "K": "Coverage of the estate", "I": "Identities and access", "N": "Incidents", "R": "Risk register",
    "Q": "Risk in money", "A": "Audit findings", "C": "Controls and frameworks", "T": "Third parties", "P": "Policies",
    "W": "Workforce", "B": "Budget and staff", "J": "Projects", "E": "Economics", "U": "What security costs others", "G": "Governance",
}  # fmt: skip


def described(words: Definition) -> dict[str, Any]:
    """Give a definition as plain values: what the command prints and the reference page is made from."""
    better = {
        "down": "lower is better",
        "up": "higher is better",
        "band": "near the plan is better",
    }
    limits = ""
    if words.green is not None:
        shown = [
            display.write(value, words.unit, digits=words.digits)
            for value in (words.green, words.red)
        ]
        limits = f"on target {'from' if words.direction == 'up' else 'up to'} {shown[0]}, off target {'below' if words.direction == 'up' else 'above'} {shown[1]} (defaults)"
    return {
        "id": words.id,
        "name": words.name,
        "definition": words.definition,
        "why": words.why,
        "use": words.use,
        "kind": words.kind,
        "clock": words.clock,
        "unit": words.unit,
        "direction": better[words.direction],
        "limits": limits,
        "needs": ", ".join(words.needs),
        "fields": ", ".join(wish.replace("|", " or ") for wish in words.fields),
        "split by": ", ".join(words.dims),
        "source": words.source,
        "version": words.version,
    }
