"""Ways to decide: what an option costs, what its controls do, what it asks of users, which insurance it brings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reportkit.errors import DataError
from reportkit.quant import controls
from reportkit.quant.estimate import NOTHING, Estimate
from reportkit.quant.friction import Ledger

if TYPE_CHECKING:
    from reportkit.quant.controls import Effect
    from reportkit.quant.insurance import Layer


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
