"""Charts of the report: finished frames in, one message each, words for those who cannot see them."""

from __future__ import annotations

from reportkit.charts.controls import coverage
from reportkit.charts.exposure import exposure
from reportkit.charts.incidents import incidents
from reportkit.charts.money import spend
from reportkit.charts.plot import Plot
from reportkit.charts.register import register_movement, treatment
from reportkit.charts.risk import loss_exceedance
from reportkit.charts.scenarios import scenarios, tail
from reportkit.charts.tradeoffs import frontier, loss_change, users
from reportkit.charts.weaknesses import backlog, roll_forward, survival
from reportkit.charts.worth import npv_distribution, option_values, tornado

__all__ = [
    "Plot",
    "backlog",
    "coverage",
    "exposure",
    "frontier",
    "incidents",
    "loss_change",
    "loss_exceedance",
    "npv_distribution",
    "option_values",
    "register_movement",
    "roll_forward",
    "scenarios",
    "spend",
    "survival",
    "tail",
    "tornado",
    "treatment",
    "users",
]
