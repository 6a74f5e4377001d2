"""A fictional company: a payments and retail technology group over eight quarters, made from a seed.

It has what real ones have: a quarter in which everything went wrong, units of different fortune, an acquisition whose
weaknesses became known late, a source that fell silent for a quarter, and figures that had to be told again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reportkit.demo.deliveries import Batch
    from reportkit.demo.files import write
    from reportkit.demo.story import Company, Quarter, company

__all__ = ["Batch", "Company", "Quarter", "company", "write"]


def __getattr__(name: str) -> object:
    """Load what needs pandas on first use."""
    import importlib

    homes = {
        "Batch": "deliveries",
        "Company": "story",
        "Quarter": "story",
        "company": "story",
        "write": "files",
    }
    if name not in homes:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{homes[name]}"), name)
