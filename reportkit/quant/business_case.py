"""Whether a security investment is worth its money: options side by side, as distributions, with and without users.

Every option meets the same luck: in each of many possible courses of the next years (worlds) the same events come, and
controls stop some of them. So a difference between options is never noise. What an option saves is what the firm keeps
after insurance. Flows lie at the end of each year; what is paid at the start lies today.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from reportkit.errors import DataError, nearest
from reportkit.quant import controls, finance
from reportkit.quant.estimate import NOTHING, Estimate
from reportkit.quant.exceedance import LossCurve
from reportkit.quant.friction import Ledger
from reportkit.quant.streams import Stream, place
from reportkit.quant.thinning import Worlds

if TYPE_CHECKING:
    from reportkit.quant.controls import Effect
    from reportkit.quant.draws import Dependence
    from reportkit.quant.insurance import Layer
    from reportkit.quant.scenario import Scenario

FloatArray = npt.NDArray[np.float64]

#: Possible courses of the next years unless another number is asked for.
WORLDS = 20_000
#: The part of years that counts as bad: one in twenty.
TAIL = 0.95


@dataclass(frozen=True)
class Option:
    """One way to decide.

    Args:
        id: stable name.
        name: what readers call it.
        once: money paid at the start.
        yearly: money paid in each year; a saving is negative.
        effects: what its controls do to scenarios.
        ledger: what it asks of users and gives them.
        cover: layers of insurance that it brings in place of the present ones; their premium, less the present one, is
            in ``yearly``.
        delay: years until its controls work.
    """

    id: str
    name: str
    once: Estimate = NOTHING
    yearly: Estimate = NOTHING
    effects: tuple[Effect, ...] = ()
    ledger: Ledger = field(default_factory=lambda: Ledger((), {}))
    cover: tuple[Layer, ...] | None = None
    delay: float = 0.0

    @property
    def does_nothing(self) -> bool:
        """Whether it costs nothing and changes nothing."""
        free = self.once == NOTHING == self.yearly
        return free and not (self.effects or self.ledger.lines or self.cover)


@dataclass(frozen=True)
class BusinessCase:
    """A decision in money.

    Args:
        scenarios: what can happen today, one state of each.
        options: ways to decide; doing nothing need not be among them, all are held against it.
        years: horizon.
        rate: discount rate a year, as a share, from Finance.
        cover: the layers of insurance in force.
        dependence: what makes scenarios share their luck.
        worlds: possible courses to draw.
        seed: the same seed gives the same worlds.
    """

    scenarios: tuple[Scenario, ...]
    options: tuple[Option, ...]
    years: int = 3
    rate: float = 0.08
    cover: tuple[Layer, ...] = ()
    dependence: Dependence | None = None
    worlds: int = WORLDS
    seed: int = 1

    def __post_init__(self) -> None:
        ids = [option.id for option in self.options]
        if twice := {i for i in ids if ids.count(i) > 1}:
            raise DataError(
                f"Option {min(twice)!r} comes twice; give each option a name of its own."
            )
        known = [scenario.id for scenario in self.scenarios]
        for option in self.options:
            for effect in option.effects:
                if effect.scenario not in known:
                    raise DataError(
                        f"Option {option.id!r} acts on scenario {effect.scenario!r}, which is not quantified; {nearest(effect.scenario, known)}"
                    )
        finance.annuity(self.rate, self.years)

    def option(self, id_: str) -> Option:
        """Give an option by its id."""
        for option in self.options:
            if option.id == id_:
                return option
        raise DataError(
            f"Option {id_!r} is not known; {nearest(id_, [o.id for o in self.options])}"
        )

    @cached_property
    def drawn(self) -> Worlds:
        """The possible courses that every option meets."""
        return Worlds.of(self.scenarios, self.worlds, self.years, self.seed, self.dependence)

    @cached_property
    def today(self) -> FloatArray:
        """Loss of each year of each world when nothing is done, after insurance."""
        return self.drawn.losses(layers=self.cover)[1]

    def values(self, estimate: Estimate, *names: str) -> FloatArray:
        """Give an estimate's value in each world; the same names give the same luck."""
        key = (estimate, names)
        if key not in self._values:
            luck = Stream.named(self.seed, "input", *names).uniform(place(np.arange(self.worlds)))
            self._values[key] = estimate.quantile(luck)
        return self._values[key]

    @cached_property
    def _values(self) -> dict[tuple[Estimate, tuple[str, ...]], FloatArray]:
        return {}

    def appraise(self, option: Option | str) -> Appraisal:
        """Hold one option against doing nothing."""
        chosen = self.option(option) if isinstance(option, str) else option
        if chosen.id not in self._appraised or self._appraised[chosen.id].option != chosen:
            self._appraised[chosen.id] = appraise(self, chosen)
        return self._appraised[chosen.id]

    @cached_property
    def _appraised(self) -> dict[str, Appraisal]:
        return {}

    def appraise_all(self) -> tuple[Appraisal, ...]:
        """Hold every option against doing nothing, in the order given."""
        return tuple(self.appraise(option) for option in self.options)

    # ---- in closed form ----------------------------------------------------------------------------------------------

    def expected_avoided(self, option: Option) -> float:
        """Mean loss of a year that the controls of an option avoid, before insurance, once they work."""
        return controls.avoided(self.scenarios, option.effects)

    def expected_npv(self, option: Option, *, users: bool = False) -> float:
        """Mean net present value in closed form.

        Args:
            option: the option.
            users: whether the end users' time counts.

        Raises:
            DataError: insurance plays a part, which has no closed form.
        """
        if self.cover or option.cover:
            raise DataError("A mean after insurance has no closed form; ask for the simulated one.")
        working = np.clip(np.arange(1, self.years + 1) - option.delay, 0.0, 1.0)
        flows = [-option.once.mean]
        for part in working.tolist():
            scaled = tuple(replace(e, share=_scaled(e.share, part)) for e in option.effects)
            flows.append(controls.avoided(self.scenarios, scaled) - option.yearly.mean)
        if users:
            flows = [flows[0] - option.ledger.once, *(f - option.ledger.money for f in flows[1:])]
        return float(finance.npv(self.rate, flows))


def _scaled(share: Estimate, part: float) -> Estimate:
    return Estimate(share.low * part, share.mode * part, share.high * part)


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
    """

    case: BusinessCase
    option: Option
    flows: FloatArray
    users: FloatArray
    losses: FloatArray
    gross: FloatArray
    inputs: Mapping[str, FloatArray]

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


def appraise(case: BusinessCase, option: Option) -> Appraisal:
    """Hold an option, which need not be one of the case's own, against doing nothing; nothing is kept."""
    inputs: dict[str, FloatArray] = {}

    def drawn(name: str, estimate: Estimate, *luck: str) -> FloatArray:
        values = case.values(estimate, *(luck or (option.id, name)))
        if not estimate.known:
            inputs[name] = values
        return values

    once, yearly = drawn("once", option.once), drawn("yearly", option.yearly)
    # The same control has the same luck in every option: it is one control.
    shares = {e.key: drawn(" ".join(e.key), e.share, *e.key) for e in option.effects}
    cover = case.cover if option.cover is None else option.cover
    gross, losses = case.drawn.losses(option.effects, cover, shares)
    kept = losses
    if option.delay:
        kept = case.drawn.losses(option.effects, cover, shares, option.delay)[1]
    flows = np.column_stack([-once, case.today - kept - yearly[:, None]])
    users = np.zeros_like(flows)
    for place_, line in enumerate(option.ledger.lines):
        minutes = drawn(f"minutes {place_}", line.minutes)
        money = line.events * (minutes / 60 * line.hourly + line.fee)
        if line.once:
            users[:, 0] += money
        else:
            users[:, 1:] += money[:, None]
    return Appraisal(case, option, flows, users, losses, gross, inputs)


def combined(options: Sequence[Option]) -> Option:
    """Put options together into one: costs add up, the same control counts once, one of them may bring insurance.

    Raises:
        DataError: two of them bring insurance, or one control is said to do two different things.
    """
    covers = [option for option in options if option.cover is not None]
    if len(covers) > 1:
        raise DataError(
            f"Options {covers[0].id!r} and {covers[1].id!r} both bring insurance; choose one of them."
        )

    def total(parts: Sequence[Estimate]) -> Estimate:
        return Estimate(
            sum(p.low for p in parts), sum(p.mode for p in parts), sum(p.high for p in parts)
        )

    limits = {k: v for option in options for k, v in option.ledger.limits.items()}
    return Option(
        id=" + ".join(option.id for option in options) or "nothing",
        name=" + ".join(option.name for option in options) or "Do nothing",
        once=total([option.once for option in options]),
        yearly=total([option.yearly for option in options]),
        effects=controls.together([option.effects for option in options]),
        ledger=Ledger(tuple(line for option in options for line in option.ledger.lines), limits),
        cover=covers[0].cover if covers else None,
        delay=max((option.delay for option in options), default=0.0),
    )
