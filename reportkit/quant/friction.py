"""What a control asks of the people who live with it, in hours and in money; what it gives them counts as well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reportkit.errors import DataError
from reportkit.quant.checks import amount
from reportkit.quant.estimate import Estimate

MONTHS = 12


@dataclass(frozen=True)
class Impact:
    """One line of the end-user ledger: above zero is a burden, below zero a relief.

    Args:
        population: whose time it is.
        item: what happens, for example sign-in, lockout, ticket, customer step.
        people: how many.
        times: how often it happens to each of them in a month; once in all when ``once``. Fewer than before is negative.
        minutes: how long it takes each time.
        hourly: what an hour of theirs costs, loaded; 0 where it is not the firm's money.
        fee: what each time costs besides, such as a ticket.
        once: it happens when the control comes, not month after month.
    """

    population: str
    item: str
    people: float
    times: float
    minutes: Estimate
    hourly: float = 0.0
    fee: float = 0.0
    once: bool = False

    def __post_init__(self) -> None:
        amount(f"Number of people in {self.population}", self.people)
        amount(f"Hourly cost of {self.population}", self.hourly)

    @property
    def events(self) -> float:
        """How often it happens to all of them, in a year or once."""
        return self.people * self.times * (1 if self.once else MONTHS)

    def hours(self, minutes: float | None = None) -> float:
        """Hours of all of them, in a year or once."""
        return self.events * (self.minutes.mean if minutes is None else minutes) / 60

    def money(self, minutes: float | None = None) -> float:
        """What that costs, in a year or once."""
        return self.hours(minutes) * self.hourly + self.events * self.fee


@dataclass(frozen=True)
class FrictionCheck:
    """What a population bears beside what it may be asked to.

    Attributes:
        population: whose time it is.
        minutes: minutes a person and month that an option adds.
        limit: the most that is accepted; None where nothing was agreed.
    """

    population: str
    minutes: float
    limit: float | None

    @property
    def breached(self) -> bool:
        """Whether more is asked than was agreed."""
        return self.limit is not None and self.minutes > self.limit


@dataclass(frozen=True)
class Ledger:
    """The signed lines of one option.

    Args:
        lines: burdens and reliefs.
        limits: most minutes a person and month, by population.
    """

    lines: tuple[Impact, ...]
    limits: Mapping[str, float]

    @classmethod
    def of(cls, lines: Sequence[Impact], limits: Mapping[str, float] | None = None) -> Ledger:
        """Give the ledger of lines.

        Raises:
            DataError: one population with two head counts.
        """
        counts: dict[str, float] = {}
        for line in lines:
            if not line.once and counts.setdefault(line.population, line.people) != line.people:
                raise DataError(
                    f"Population {line.population!r} has {counts[line.population]:g} people in one line and {line.people:g} in another; "
                    "give one number, or two populations."
                )
        return cls(tuple(lines), dict(limits or {}))

    @property
    def hours(self) -> float:
        """Hours a year of all people, reliefs taken off."""
        return sum(line.hours() for line in self.lines if not line.once)

    @property
    def burden(self) -> float:
        """Hours a year that are asked."""
        return sum(max(line.hours(), 0.0) for line in self.lines if not line.once)

    @property
    def relief(self) -> float:
        """Hours a year that are given back, as a number above 0."""
        return -sum(min(line.hours(), 0.0) for line in self.lines if not line.once)

    @property
    def money(self) -> float:
        """Money a year; above zero is a cost."""
        return sum(line.money() for line in self.lines if not line.once)

    @property
    def once(self) -> float:
        """Money of what happens once."""
        return sum(line.money() for line in self.lines if line.once)

    @property
    def once_hours(self) -> float:
        """Hours of what happens once."""
        return sum(line.hours() for line in self.lines if line.once)

    def checks(self) -> tuple[FrictionCheck, ...]:
        """Give each population's minutes a person and month beside its limit; what happens once is left out."""
        names = list(dict.fromkeys(line.population for line in self.lines if not line.once))
        return tuple(
            FrictionCheck(
                name,
                sum(
                    x.times * x.minutes.mean
                    for x in self.lines
                    if x.population == name and not x.once
                ),
                self.limits.get(name),
            )
            for name in names
        )
