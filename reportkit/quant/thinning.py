"""Simulated years as single events, so that a control can stop some of them and leave the others as they are."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from reportkit.errors import DataError
from reportkit.quant.portfolio import check_portfolio
from reportkit.quant.streams import Stream, place

if TYPE_CHECKING:
    from reportkit.quant.controls import Effect
    from reportkit.quant.portfolio import Scenario

FloatArray = npt.NDArray[np.float64]
#: A share that is the same everywhere, or one for each world.
Shares = Mapping[tuple[str, str, str], float | FloatArray]

#: Most events that are held at once.
MOST = 20_000_000


@dataclass(frozen=True, eq=False)
class Events:
    """The events of one scenario.

    Attributes:
        scenario: the scenario.
        year: simulated year of each.
        place: where its chance is looked up.
        loss: what it costs when no control is there.
    """

    scenario: Scenario
    year: npt.NDArray[np.intp]
    place: npt.NDArray[np.uint64]
    loss: FloatArray


def events(scenario: Scenario, years: int, seed: int) -> Events:
    """Give the events of a scenario, the same ones that its yearly losses are made of.

    Raises:
        DataError: more events than can be held.
    """
    if scenario.frequency.mean * years > MOST:
        raise DataError(
            f"Scenario {scenario.id!r} would have {scenario.frequency.mean * years:,.0f} events, more than {MOST:,}; "
            "ask for fewer worlds."
        )
    luck = Stream.named(seed, scenario.id, "count").uniform(place(np.arange(years)))
    needed = scenario.frequency.thresholds()
    hit = np.flatnonzero(luck >= needed[0])
    found, places = [hit], [place(hit, 1)]
    for event, bar in enumerate(needed[1:].tolist(), start=2):
        hit = hit[luck[hit] >= bar]
        if hit.size == 0:
            break
        found.append(hit)
        places.append(place(hit, event))
    where = np.concatenate(places)
    chance = Stream.named(seed, scenario.id, "severity").uniform(where)
    return Events(scenario, np.concatenate(found), where, scenario.severity.quantile(chance))


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
    def of(cls, scenarios: Sequence[Scenario], count: int, span: int, seed: int) -> Worlds:
        """Draw the events of scenarios that happen independently of each other.

        Raises:
            DataError: no scenario, one twice, or more events than can be held.
        """
        check_portfolio(scenarios)
        if count < 1 or span < 1:
            raise DataError(
                f"{count:,} worlds of {span} years cannot be drawn; give 1 or more of each."
            )
        return cls(tuple(events(s, count * span, seed) for s in scenarios), count, span, seed)

    def losses(
        self, effects: Sequence[Effect] = (), shares: Shares | None = None, delay: float = 0.0
    ) -> tuple[FloatArray, FloatArray]:
        """Give the loss of each year of each world with controls in place: of all scenarios, and of the insured ones.

        A control stops an event when the event's own number for that control is below the control's share; two
        controls decide independently, so an event that both would stop is stopped once.

        Args:
            effects: what the controls do.
            shares: other shares than the mean ones, by effect; an array holds one for each world.
            delay: years until the controls work; in a year that is partly over they work in that part.

        Returns:
            Two arrays, worlds by years, in money.
        """
        total, insured = np.zeros((2, self.count * self.span))
        working = np.clip(np.arange(1, self.span + 1) - delay, 0.0, 1.0)
        for one in self.events:
            loss = self._left(one, effects, shares or {}, working)
            summed = np.bincount(one.year, weights=loss, minlength=total.size)
            total += summed
            if one.scenario.insured:
                insured += summed
        shape = (self.count, self.span)
        return total.reshape(shape), insured.reshape(shape)

    def frequency(self, effects: Sequence[Effect]) -> dict[str, float]:
        """Give the events a year that are left of each scenario, with mean shares."""
        return {
            one.scenario.id: one.scenario.frequency.mean
            * math.prod(
                1 - e.share.mean
                for e in effects
                if e.scenario == one.scenario.id and e.acts_on == "frequency"
            )
            for one in self.events
        }

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
