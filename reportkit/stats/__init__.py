"""Small statistics for durations, shares and counts, each with its uncertainty.

Nothing measured gives ``None``, never 0. NumPy is the only library needed: importing scipy costs a second.
"""

from reportkit.stats.compare import (
    LogRank,
    RateRatio,
    logrank,
    logrank_stratified,
    rate_ratio,
    rmst_difference,
)
from reportkit.stats.competing import Incidence, aalen_johansen, aalen_johansen_counts
from reportkit.stats.durations import Survival, TimeInterval, kaplan_meier, kaplan_meier_counts
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
from reportkit.stats.tails import chi_squared_tail

__all__ = [
    "LEVEL",
    "Incidence",
    "Interval",
    "LogRank",
    "Population",
    "RateRatio",
    "Survival",
    "TimeInterval",
    "aalen_johansen",
    "aalen_johansen_counts",
    "chapman",
    "chi_squared_tail",
    "counts_differ",
    "kaplan_meier",
    "kaplan_meier_counts",
    "logrank",
    "logrank_stratified",
    "median_interval",
    "newcombe",
    "poisson_exact",
    "proportions_differ",
    "rate_ratio",
    "rmst_difference",
    "wilson",
    "wilson_band",
]
