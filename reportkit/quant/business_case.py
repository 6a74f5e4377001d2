"""Whether a security investment is worth its money: options side by side, as distributions, with and without users.

Every option meets the same luck: in each of many possible courses of the next years (worlds) the same events come, and
controls stop some of them. So a difference between options is never noise. What an option saves is what the firm keeps
after insurance. Flows lie at the end of each year; what is paid at the start lies today.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from reportkit.errors import DataError, nearest
from reportkit.quant import controls, finance
from reportkit.quant.appraisal import TAIL, Appraisal, Spread
from reportkit.quant.estimate import Estimate
from reportkit.quant.options import Option, combined
from reportkit.quant.streams import Stream, place
from reportkit.quant.thinning import Worlds

if TYPE_CHECKING:
    from reportkit.quant.draws import Dependence
    from reportkit.quant.insurance import Layer
    from reportkit.quant.scenario import Scenario

__all__ = [
    "TAIL",
    "WORLDS",
    "Appraisal",
    "BusinessCase",
    "Option",
    "Spread",
    "appraise",
    "combined",
]

FloatArray = npt.NDArray[np.float64]

#: Possible courses of the next years unless another number is asked for.
WORLDS = 20_000


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
    return Appraisal(case, option, flows, users, losses, gross, inputs, shares)
