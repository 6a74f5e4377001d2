"""Events of given years: which come, which succeed, what each costs. Everything is looked up, nothing is stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from reportkit.errors import DataError
from reportkit.quant.streams import MAX_YEARS, Stream, bar, place

if TYPE_CHECKING:
    from reportkit.quant.scenario import Scenario

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
PlaceArray = npt.NDArray[np.uint64]

#: Events drawn at once; what a batch needs stays in the processor's cache.
BATCH = 32_768
#: Most events that one scenario may be expected to have in a simulation.
MAX_DRAWS = 2_000_000_000


@dataclass(frozen=True)
class Source:
    """Where events of a scenario come from.

    Attributes:
        bars: what the luck of a year must reach for its first, second, third ... event, rising.
        luck: the luck of years: random bits, or a normal number where lucks are correlated.
        keep: share of the source's events that hit the scenario.
        label: tells the luck of this source's events from those of another source.
    """

    bars: PlaceArray | FloatArray
    luck: Callable[[IntArray], PlaceArray | FloatArray]
    keep: float = 1.0
    label: str = ""


class Dependence(Protocol):
    """Makes scenarios share their luck without changing any of them on its own."""

    def sources(self, scenario: Scenario, seed: int) -> tuple[Source, ...]:
        """Give where the events of a scenario come from."""


def own_source(scenario: Scenario, seed: int) -> Source:
    """Give the events of a scenario that shares its luck with no other."""
    stream = Stream.named(seed, scenario.id, "count")
    return Source(bits_needed(scenario.frequency.thresholds()), looked_up(stream))


def looked_up(stream: Stream) -> Callable[[IntArray], PlaceArray]:
    """Give the luck of years as the bits of a stream."""
    return lambda years: stream.bits(place(years))


def bits_needed(thresholds: FloatArray) -> PlaceArray:
    """Give thresholds of uniform numbers as thresholds of bits."""
    bars = [bar(p) for p in thresholds.tolist()]
    return np.array([b for b in bars if b < 2**64], dtype=np.uint64)


class Draws:
    """The events of one scenario under a seed.

    Args:
        scenario: one state of a scenario.
        seed: whole number of 0 or more.
        dependence: what makes it share luck with others.
    """

    def __init__(self, scenario: Scenario, seed: int, dependence: Dependence | None = None) -> None:
        self.scenario = scenario
        self._seed = seed
        self._streams: dict[tuple[str, str], Stream] = {}
        self._sources = (
            dependence.sources(scenario, seed) if dependence else (own_source(scenario, seed),)
        )

    def events(self, years: IntArray) -> tuple[npt.NDArray[np.intp], FloatArray]:
        """Give the events of some years: for each its position in ``years``, and its loss in money."""
        found = [self._of(source, years) for source in self._sources]
        if len(found) == 1:
            return found[0]
        return np.concatenate([f[0] for f in found]), np.concatenate([f[1] for f in found])

    def yearly(
        self, years: IntArray, of_event: Callable[[FloatArray], FloatArray] | None = None
    ) -> FloatArray:
        """Give the loss of each of some years, each event changed by ``of_event`` first."""
        hit, losses = self.events(years)
        weights = losses if of_event is None else of_event(losses)
        return np.bincount(hit, weights=weights, minlength=years.size).astype(
            np.float64, copy=False
        )

    def blocks(
        self, first: int, last: int, of_event: Callable[[FloatArray], FloatArray] | None = None
    ) -> Iterator[tuple[slice, FloatArray]]:
        """Give the loss of each year from ``first`` to before ``last``, block by block.

        Raises:
            DataError: too many years, or more events than can be counted.
        """
        check_length(self.scenario, last)
        size = int(BATCH / max(self.scenario.frequency.mean, 1.0)) or 1
        for start in range(first, last, size):
            years = np.arange(start, min(start + size, last))
            yield slice(start, start + years.size), self.yearly(years, of_event)

    def _stream(self, name: str, source: Source) -> Stream:
        key = name, source.label
        if key not in self._streams:
            names = (self.scenario.id, name) + ((source.label,) if source.label else ())
            self._streams[key] = Stream.named(self._seed, *names)
        return self._streams[key]

    def _of(self, source: Source, years: IntArray) -> tuple[npt.NDArray[np.intp], FloatArray]:
        hit, places = _counted(source, years)
        if source.keep < 1:
            lucky = self._stream("cause", source).bits(places) < _below(source.keep)
            hit, places = hit[lucky], places[lucky]
        hit, places = self._succeeding(source, hit, places)
        losses = self.scenario.severity.quantile(self._stream("severity", source).uniform(places))
        more = self.scenario.secondary
        if more is not None and more.probability > 0:
            comes = np.flatnonzero(
                self._stream("secondary", source).uniform(places) < more.probability
            )
            luck = self._stream("secondary loss", source).uniform(places[comes])
            losses[comes] += more.severity.quantile(luck)
        return hit, losses

    def _succeeding(
        self, source: Source, hit: npt.NDArray[np.intp], places: PlaceArray
    ) -> tuple[npt.NDArray[np.intp], PlaceArray]:
        share = self.scenario.succeeding
        if share == 1:
            return hit, places
        # Attempts are independent of each other, so that each is decided as a contest drawn anew for it would be; and
        # a stronger control leaves a subset of the same events.
        lucky = self._stream("vulnerability", source).bits(places) < _below(share)
        return hit[lucky], places[lucky]


def check_length(scenario: Scenario, years: int) -> None:
    """Hold that years can be simulated.

    Raises:
        DataError: too few or too many years, or more events than can be counted.
    """
    if not 0 < years <= MAX_YEARS:
        raise DataError(f"{years:,} years cannot be simulated; give 1 to {MAX_YEARS:,}.")
    events = scenario.frequency.mean * years
    if events > MAX_DRAWS:
        raise DataError(
            f"Scenario {scenario.id!r} would have {events:,.0f} events, more than "
            f"{MAX_DRAWS:,}; simulate fewer years or use method='exact'."
        )


def _counted(source: Source, years: IntArray) -> tuple[npt.NDArray[np.intp], PlaceArray]:
    if source.bars.size == 0:
        return np.empty(0, dtype=np.intp), np.empty(0, dtype=np.uint64)
    luck = source.luck(years)
    hit = np.flatnonzero(luck >= source.bars[0])
    chosen, places = [hit], [place(years[hit], 1)]
    luck = luck[hit]
    # One round per event number: every year that is left has at least that many events.
    for event, needed in enumerate(source.bars[1:], start=2):
        again = np.flatnonzero(luck >= needed)
        if again.size == 0:
            break
        hit, luck = hit[again], luck[again]
        chosen.append(hit)
        places.append(place(years[hit], event))
    return np.concatenate(chosen), np.concatenate(places)


def _below(p: float) -> np.uint64:
    return np.uint64(min(bar(p), 2**64 - 1))
