"""Risk in money: how often, how much, how bad a year can be, and what is accepted.

Each module answers one question and can be used alone. Money has no currency here: give every amount in the same one.

- A scenario has a frequency (:class:`Poisson`, :class:`NegativeBinomial`, :class:`Bernoulli`, :class:`UncertainRate`),
  a severity (:class:`LogNormal`, :class:`Pert`, :class:`Empirical`, :class:`Capped`, :class:`Scaled`), perhaps a
  :class:`Secondary` loss and a vulnerability (a share, or a :class:`Contest`).
- :func:`simulate` counts events and sums their losses; :func:`simulate_until` stops on the standard error;
  :func:`aggregate` is exact. ``simulate(...).curve`` is a :class:`LossCurve`: ALE, VaR, TVaR, exceedance.
- Two states of one scenario meet the same luck. ``scenario.thinned(0.4)`` keeps a subset of the same events,
  ``scenario.scaled(0.5)`` halves their cost, so :func:`change` and ``before.total - after.total`` hold no noise of two runs.
- :class:`GroupCopula`, :class:`GaussianCopula`, :class:`SharedCause` make bad years meet; each scenario alone stays as it is.
- ``simulation.net(EventLayer(...), AnnualLayer(...))`` is what stays after insurance, year by year.
- :func:`tail_contributions` splits the TVaR, :func:`attribute` splits a change between two quarters; both add up.
- :class:`Appetite` says where a curve goes beyond the approved points.
- :class:`BusinessCase` holds an :class:`Option` against doing nothing, with and without users' time; see also
  :mod:`reportkit.quant.sensitivity`, :mod:`reportkit.quant.frontier` and :mod:`reportkit.quant.finance`.
"""

from reportkit.quant.appetite import Appetite, PointCheck
from reportkit.quant.appraisal import Appraisal
from reportkit.quant.attribution import Attribution, Book, Step, attribute
from reportkit.quant.business_case import BusinessCase
from reportkit.quant.contest import Contest
from reportkit.quant.contributions import Contribution, tail_contributions
from reportkit.quant.controls import Effect
from reportkit.quant.dependence import GaussianCopula, GroupCopula, SharedCause, SharedCauses
from reportkit.quant.estimate import Estimate
from reportkit.quant.exact import aggregate
from reportkit.quant.exceedance import Exceedance, LossCurve
from reportkit.quant.frequency import Bernoulli, Frequency, NegativeBinomial, Poisson
from reportkit.quant.friction import Impact, Ledger
from reportkit.quant.insurance import AnnualLayer, EventLayer, Layer
from reportkit.quant.options import Option
from reportkit.quant.portfolio import (
    YEARS,
    Change,
    Part,
    Simulation,
    annual_losses,
    change,
    loss_curve,
    simulate,
    simulate_until,
)
from reportkit.quant.scenario import Scenario, Secondary
from reportkit.quant.severity import LogNormal, Pert, Severity
from reportkit.quant.shapes import Capped, Empirical, Scaled
from reportkit.quant.uncertain import UncertainRate

__all__ = [
    "YEARS",
    "AnnualLayer",
    "Appetite",
    "Appraisal",
    "Attribution",
    "Bernoulli",
    "Book",
    "BusinessCase",
    "Capped",
    "Change",
    "Contest",
    "Contribution",
    "Effect",
    "Empirical",
    "Estimate",
    "EventLayer",
    "Exceedance",
    "Frequency",
    "GaussianCopula",
    "GroupCopula",
    "Impact",
    "Layer",
    "Ledger",
    "LogNormal",
    "LossCurve",
    "NegativeBinomial",
    "Option",
    "Part",
    "Pert",
    "PointCheck",
    "Poisson",
    "Scaled",
    "Scenario",
    "Secondary",
    "Severity",
    "SharedCause",
    "SharedCauses",
    "Simulation",
    "Step",
    "UncertainRate",
    "aggregate",
    "annual_losses",
    "attribute",
    "change",
    "loss_curve",
    "simulate",
    "simulate_until",
    "tail_contributions",
]
