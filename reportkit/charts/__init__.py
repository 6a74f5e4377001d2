"""Charts of the report: finished frames in, one message each, words for those who cannot see them."""

from __future__ import annotations

from reportkit.charts.compare import by_part, course
from reportkit.charts.compliance import audit_ages, obligation_calendar, requirements
from reportkit.charts.controls import coverage
from reportkit.charts.estate import ages, funnel
from reportkit.charts.exposure import exposure
from reportkit.charts.incidents import incidents
from reportkit.charts.money import spend
from reportkit.charts.panels import bullets, heat_map, multiples
from reportkit.charts.plot import Plot
from reportkit.charts.register import register_movement, treatment
from reportkit.charts.response import causes, losses, response_times
from reportkit.charts.risk import loss_exceedance
from reportkit.charts.roadmap import friction, roadmap
from reportkit.charts.scenarios import scenarios, tail
from reportkit.charts.tradeoffs import frontier, loss_change, users
from reportkit.charts.weaknesses import backlog, roll_forward, survival
from reportkit.charts.worth import npv_distribution, option_values, tornado

__all__ = [
    "Plot",
    "ages",
    "audit_ages",
    "backlog",
    "bullets",
    "by_part",
    "causes",
    "course",
    "coverage",
    "exposure",
    "friction",
    "frontier",
    "funnel",
    "heat_map",
    "incidents",
    "loss_change",
    "loss_exceedance",
    "losses",
    "multiples",
    "npv_distribution",
    "obligation_calendar",
    "option_values",
    "register_movement",
    "requirements",
    "response_times",
    "roadmap",
    "roll_forward",
    "scenarios",
    "spend",
    "survival",
    "tail",
    "tornado",
    "treatment",
    "users",
]
