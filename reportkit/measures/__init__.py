"""Every number reportkit can tell, defined once.

A measure is a :class:`Definition`: words that a reader can question, one portable SELECT that reduces the tables at a
day to few rows, and a function that finishes them into a :class:`Value`. Definitions register themselves with
:func:`measure`; a user's own do the same and are full citizens.
"""

from __future__ import annotations

from reportkit.measures.model import Definition, Measure, Moment, Value
from reportkit.measures.parts import Parts
from reportkit.measures.registry import definition, definitions, earlier, measure

__all__ = [
    "Definition",
    "Measure",
    "Moment",
    "Parts",
    "Value",
    "definition",
    "definitions",
    "earlier",
    "measure",
]
