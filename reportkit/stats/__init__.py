"""Small statistics for durations, shares and counts, each with its uncertainty.

Nothing measured gives ``None``, never 0. NumPy is the only library needed: importing scipy costs a second.
"""

from reportkit.stats.durations import Survival, kaplan_meier, kaplan_meier_counts
from reportkit.stats.intervals import (
    LEVEL,
    Interval,
    Population,
    chapman,
    counts_differ,
    newcombe,
    poisson_exact,
    proportions_differ,
    wilson,
    wilson_band,
)
from reportkit.stats.ranks import median_interval

__all__ = [
    "LEVEL",
    "Interval",
    "Population",
    "Survival",
    "chapman",
    "counts_differ",
    "kaplan_meier",
    "kaplan_meier_counts",
    "median_interval",
    "newcombe",
    "poisson_exact",
    "proportions_differ",
    "wilson",
    "wilson_band",
]
