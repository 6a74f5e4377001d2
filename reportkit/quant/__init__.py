"""Risk in money: how often, how much, how bad a year can be, and what is accepted.

Each module answers one question and can be used alone. Money has no currency here: give every amount in the same one.
"""

from reportkit.quant.appetite import Appetite, PointCheck
from reportkit.quant.exact import aggregate
from reportkit.quant.exceedance import Exceedance, LossCurve
from reportkit.quant.frequency import Bernoulli, Frequency, NegativeBinomial, Poisson
from reportkit.quant.insurance import AnnualLayer
from reportkit.quant.portfolio import (
    YEARS,
    Change,
    Part,
    Scenario,
    Simulation,
    annual_losses,
    change,
    loss_curve,
    simulate,
)
from reportkit.quant.severity import LogNormal, Pert, Severity

__all__ = [
    "YEARS",
    "AnnualLayer",
    "Appetite",
    "Bernoulli",
    "Change",
    "Exceedance",
    "Frequency",
    "LogNormal",
    "LossCurve",
    "NegativeBinomial",
    "Part",
    "Pert",
    "PointCheck",
    "Poisson",
    "Scenario",
    "Severity",
    "Simulation",
    "aggregate",
    "annual_losses",
    "change",
    "loss_curve",
    "simulate",
]
