"""Simulated years as single events, so that a control can stop some of them and leave the others as they are."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from reportkit.errors import DataError
from reportkit.quant.draws import Draws
from reportkit.quant.scenario import check_portfolio
from reportkit.quant.streams import MAX_YEARS, Stream, place

if TYPE_CHECKING:
    from reportkit.quant.controls import Effect
    from reportkit.quant.draws import Dependence
    from reportkit.quant.insurance import Layer
    from reportkit.quant.scenario import Scenario

FloatArray = npt.NDArray[np.float64]
#: A share that is the same everywhere, or one for each world.
Shares = Mapping[tuple[str, str, str], float | FloatArray]

#: Most events of one scenario that are held at once.
MOST = 20_000_000


@dataclass(frozen=True, eq=False)
class Events:
    """The events of one scenario, the same ones that its yearly losses are made of.

    Attributes:
        scenario: the scenario.
        year: simulated year of each.
        place: where the luck of each is looked up: its year, and its number in it.
        loss: what it costs when no control is there.
    """

    scenario: Scenario
    year: npt.NDArray[np.intp]
    place: npt.NDArray[np.uint64]
    loss: FloatArray

    @classmethod
    def of(
        cls, scenario: Scenario, years: int, seed: int, dependence: Dependence | None = None
    ) -> Events:
        """Draw the events of a scenario.

        Raises:
            DataError: more events than can be held.
        """
        if scenario.frequency.mean * years > MOST:
            raise DataError(
                f"Scenario {scenario.id!r} would have {scenario.frequency.mean * years:,.0f} events, more than {MOST:,}; "
                "ask for fewer worlds."
            )
        year, loss = Draws(scenario, seed, dependence).events(np.arange(years))
        order = np.argsort(year, kind="stable")
        year, loss = year[order], loss[order]
        number = np.arange(year.size) - np.searchsorted(year, year) + 1
        return cls(scenario, year, place(year) + (number * MAX_YEARS).astype(np.uint64), loss)


@dataclass(frozen=True, eq=False)
class Worlds:
    """Many possible courses of the next years, each with its own events.

    Attributes:
        events: of each scenario, all worlds one after another.
        count: number of worlds.
        span: years of each world.
        seed: the same seed gives the same worlds.
    """

    events: tuple[Events, ...]
    count: int
    span: int
    seed: int

    @classmethod
    def of(
        cls,
        scenarios: Sequence[Scenario],
        count: int,
        span: int,
        seed: int,
        dependence: Dependence | None = None,
    ) -> Worlds:
        """Draw the events of scenarios.

        Raises:
            DataError: no scenario, one twice, or more events than can be held.
        """
        check_portfolio(scenarios)
        if count < 1 or span < 1:
            raise DataError(
                f"{count:,} worlds of {span} years cannot be drawn; give 1 or more of each."
            )
        return cls(
            tuple(Events.of(s, count * span, seed, dependence) for s in scenarios),
            count,
            span,
            seed,
        )

    def only(self, scenarios: Collection[str]) -> Worlds:
        """Give the same worlds with some of the scenarios alone."""
        return replace(self, events=tuple(e for e in self.events if e.scenario.id in scenarios))

    def losses(
        self,
        effects: Sequence[Effect] = (),
        layers: Sequence[Layer] = (),
        shares: Shares | None = None,
        delay: float = 0.0,
    ) -> tuple[FloatArray, FloatArray]:
        """Give the loss of each year of each world with controls in place, before and after insurance.

        A control stops an event when the event's own number for that control is below the control's share; two
        controls decide independently, so an event that both would stop is stopped once.

        Args:
            effects: what the controls do.
            layers: insurance of the insured scenarios.
            shares: other shares than the mean ones, by effect; an array holds one for each world.
            delay: years until the controls work; in a year that is partly over they work in that part.

        Returns:
            Two arrays, worlds by years, in money.
        """
        total, insured = np.zeros((2, self.count * self.span))
        claimed = np.zeros((len(layers), total.size))
        working = np.clip(np.arange(1, self.span + 1) - delay, 0.0, 1.0)
        for one in self.events:
            loss = self._left(one, effects, shares or {}, working)
            summed = np.bincount(one.year, weights=loss, minlength=total.size)
            total += summed
            if not one.scenario.insured:
                continue
            insured += summed
            for number, layer in enumerate(layers):
                counted = layer.of_event(loss) if layer.by_event else loss
                claimed[number] += np.bincount(one.year, weights=counted, minlength=total.size)
        paid = np.zeros_like(total)
        for claim, layer in zip(claimed, layers, strict=True):
            paid += layer.of_year(claim)
        shape = (self.count, self.span)
        return total.reshape(shape), (total - np.minimum(paid, insured)).reshape(shape)

    def _left(
        self, one: Events, effects: Sequence[Effect], shares: Shares, working: FloatArray
    ) -> FloatArray:
        loss = one.loss
        for effect in effects:
            if effect.scenario != one.scenario.id:
                continue
            share = np.asarray(shares.get(effect.key, effect.share.mean), dtype=np.float64)
            here = share if share.ndim == 0 else share[one.year // self.span]
            reached = here * working[one.year % self.span]
            if effect.acts_on == "severity":
                loss = loss * (1 - reached)
            else:
                luck = Stream.named(self.seed, one.scenario.id, "stopped", effect.control)
                loss = np.where(luck.uniform(one.place) < reached, 0.0, loss)
        return loss
