"""What one option is worth against doing nothing: value, return, payback, bad years, with and without users."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from reportkit.quant import controls, finance
from reportkit.quant.exceedance import LossCurve

if TYPE_CHECKING:
    from reportkit.quant.business_case import BusinessCase
    from reportkit.quant.options import Option

FloatArray = npt.NDArray[np.float64]

#: The part of years that counts as bad: one in twenty.
TAIL = 0.95


@dataclass(frozen=True)
class Spread:
    """A distribution in five numbers.

    Attributes:
        mean: its mean.
        error: Monte Carlo standard error of the mean.
        p10, p50, p90: one case in ten is below, half, nine in ten.
    """

    mean: float
    error: float
    p10: float
    p50: float
    p90: float

    @classmethod
    def of(cls, values: FloatArray) -> Spread:
        """Describe simulated values."""
        p10, p50, p90 = (float(x) for x in np.quantile(values, [0.1, 0.5, 0.9]))
        error = float(values.std(ddof=1)) / math.sqrt(values.size) if values.size > 1 else math.inf
        return cls(float(values.mean()), error, p10, p50, p90)


@dataclass(frozen=True, eq=False)
class Appraisal:
    """One option held against doing nothing.

    Attributes:
        case: the decision.
        option: the option.
        flows: money by world and year, today first, without the users' time.
        users: what the users' time costs, by world and year.
        losses: loss of a year with the controls at work, after insurance, worlds by years.
        gross: the same before insurance.
        inputs: the drawn value of each input that is not known exactly, one for each world.
        shares: what the controls took off in each world.
    """

    case: BusinessCase
    option: Option
    flows: FloatArray
    users: FloatArray
    losses: FloatArray
    gross: FloatArray
    inputs: Mapping[str, FloatArray]
    shares: Mapping[tuple[str, str, str], FloatArray]

    @cached_property
    def npv(self) -> FloatArray:
        """Net present value of each world, without the users' time."""
        return finance.npv(self.case.rate, self.flows)

    @cached_property
    def npv_with_users(self) -> FloatArray:
        """Net present value of each world when the users' time counts as money."""
        return finance.npv(self.case.rate, self.flows - self.users)

    @property
    def spread(self) -> Spread:
        """The net present value in five numbers."""
        return Spread.of(self.npv)

    @property
    def spread_with_users(self) -> Spread:
        """The net present value in five numbers when the users' time counts."""
        return Spread.of(self.npv_with_users)

    def chance(self, *, users: bool = False) -> float:
        """Chance that the net present value is above zero."""
        return float(((self.npv_with_users if users else self.npv) > 0).mean())

    @property
    def avoided(self) -> float:
        """Mean loss of a year that the firm keeps less of, after insurance, once the controls work."""
        return float((self.case.today - self.losses).mean())

    @property
    def avoided_error(self) -> float:
        """Monte Carlo standard error of the avoided loss, with the common luck removed."""
        gap = self.case.today - self.losses
        return float(gap.std(ddof=1)) / math.sqrt(gap.size)

    @property
    def cost(self) -> float:
        """Mean cost of the horizon without discount: what is paid at the start and each year."""
        return self.option.once.mean + self.case.years * self.option.yearly.mean

    @property
    def present_cost(self) -> float:
        """Mean cost of the horizon in today's money."""
        return (
            self.option.once.mean
            + finance.annuity(self.case.rate, self.case.years) * self.option.yearly.mean
        )

    @property
    def benefit(self) -> float:
        """Mean loss avoided over the horizon without discount, with the delay of the controls."""
        return float((self.flows[:, 1:] + self._yearly[:, None]).sum(axis=1).mean())

    @property
    def _yearly(self) -> FloatArray:
        return self.inputs.get("yearly", np.full(self.case.worlds, self.option.yearly.mean))

    @property
    def rosi(self) -> float | None:
        """Return on security investment over the horizon as a ratio, without discount; None without a cost."""
        return finance.rosi(self.benefit, self.cost) if self.cost > 0 else None

    @property
    def net_benefit(self) -> float:
        """Return on security investment over the horizon in money, without discount: loss avoided minus cost."""
        return finance.net_benefit(self.benefit, self.cost)

    @cached_property
    def payback(self) -> FloatArray:
        """Years to pay back in each world; infinite where the horizon is too short."""
        return finance.payback(self.flows)

    @cached_property
    def discounted_payback(self) -> FloatArray:
        """Years to pay back in today's money in each world."""
        return finance.payback(self.flows, self.case.rate)

    @cached_property
    def irr(self) -> FloatArray:
        """Internal rate of return of each world; not a number where there is none."""
        return finance.irr(self.flows)

    @property
    def mean_flows(self) -> FloatArray:
        """Mean money by year, today first."""
        return np.asarray(self.flows.mean(axis=0))

    @cached_property
    def curve(self) -> LossCurve:
        """Loss curve of a year with the controls at work, after insurance."""
        return LossCurve.from_losses(self.losses)

    @cached_property
    def curve_today(self) -> LossCurve:
        """Loss curve of a year when nothing is done, after insurance."""
        return LossCurve.from_losses(self.case.today)

    def chance_above(self, loss: float) -> tuple[float, float]:
        """Chance that a year costs more than an amount: today, and with the option."""
        return self.curve_today.probability_above(loss), self.curve.probability_above(loss)

    def tail(self, p: float = TAIL) -> tuple[float, float]:
        """Mean loss of the worst years (TVaR): today, and with the option."""
        return self.curve_today.tail_value_at_risk(p), self.curve.tail_value_at_risk(p)

    def credited(self) -> dict[str, float]:
        """Mean loss of a year before insurance by control: shares of what all avoid together, nothing counted twice."""
        return controls.shared(self.case.scenarios, self.option.effects)

    @cached_property
    def touched(self) -> tuple[LossCurve, LossCurve]:
        """Loss curves, before insurance, of the scenarios that the option acts on alone: today, and with it."""
        acted = {effect.scenario for effect in self.option.effects}
        part = self.case.drawn.only(acted or {s.id for s in self.case.scenarios})
        after = part.losses(self.option.effects, shares=self.shares)[0]
        return LossCurve.from_losses(part.losses()[0]), LossCurve.from_losses(after)
