"""What controls take off scenarios, together and each for itself, without counting one effect twice."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from reportkit.errors import DataError
from reportkit.quant.estimate import Estimate

if TYPE_CHECKING:
    from reportkit.quant.scenario import Scenario

#: Most controls whose shares are worked out over all orders.
MOST = 12


@dataclass(frozen=True)
class Effect:
    """What one control does to one scenario.

    Args:
        scenario: id of the scenario.
        control: name of the control; the same control bought twice works once.
        share: share of events that it stops, or of an event's loss that it avoids, 0 to 1.
        acts_on: how often, or how much.
    """

    scenario: str
    control: str
    share: Estimate
    acts_on: Literal["frequency", "severity"] = "frequency"

    def __post_init__(self) -> None:
        if not (self.share.low >= 0 and self.share.high <= 1):
            raise DataError(
                f"Control {self.control!r} takes {self.share.low:g} to {self.share.high:g} off scenario {self.scenario}; "
                "give a share from 0 to 1."
            )

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes it the same effect elsewhere: scenario, control, and what it acts on."""
        return self.scenario, self.control, self.acts_on


def together(groups: Sequence[Sequence[Effect]]) -> tuple[Effect, ...]:
    """Put the effects of several options together; the same effect counts once.

    Raises:
        DataError: one control is said to do two different things.
    """
    found: dict[tuple[str, str, str], Effect] = {}
    for effect in itertools.chain(*groups):
        held = found.setdefault(effect.key, effect)
        if held.share != effect.share:
            raise DataError(
                f"Control {effect.control!r} takes {held.share.mode:g} off scenario {effect.scenario} in one option and "
                f"{effect.share.mode:g} in another; say one, or give the controls two names."
            )
    return tuple(found.values())


def left(effects: Sequence[Effect], scenario: str) -> float:
    """Give the mean share of a scenario's loss that is left: each control works on what the one before it left."""
    return math.prod(1 - effect.share.mean for effect in effects if effect.scenario == scenario)


def avoided(scenarios: Sequence[Scenario], effects: Sequence[Effect]) -> float:
    """Give the mean loss of a year that effects avoid, in closed form and before insurance."""
    return sum(scenario.ale * (1 - left(effects, scenario.id)) for scenario in scenarios)


def sequential(scenarios: Sequence[Scenario], effects: Sequence[Effect]) -> dict[str, float]:
    """Give the mean loss of a year that each control avoids when they are added in the order given."""
    names = list(dict.fromkeys(effect.control for effect in effects))
    shares, before = {}, 0.0
    for place, name in enumerate(names, start=1):
        with_it = avoided(scenarios, [e for e in effects if e.control in names[:place]])
        shares[name], before = with_it - before, with_it
    return shares


def shapley(names: Sequence[str], worth: Callable[[frozenset[str]], float]) -> dict[str, float]:
    """Share out what several achieve together: the mean of what each adds, over all orders of adding them.

    Args:
        names: at most twelve.
        worth: what a set of them achieves; it is asked once for each set.

    Raises:
        DataError: too many names.

    Source:
        Shapley, A Value for n-Person Games (1953).
    """
    count = len(names)
    if count > MOST:
        raise DataError(
            f"{count} controls cannot be shared out over all orders; give at most {MOST}."
        )
    known = {
        frozenset(part): worth(frozenset(part))
        for size in range(count + 1)
        for part in itertools.combinations(names, size)
    }
    shares = dict.fromkeys(names, 0.0)
    for part, value in known.items():
        weight = (
            math.factorial(len(part)) * math.factorial(count - len(part) - 1)
            if len(part) < count
            else 0
        )
        for name in names:
            if name not in part:
                shares[name] += weight / math.factorial(count) * (known[part | {name}] - value)
    return shares


def shared(scenarios: Sequence[Scenario], effects: Sequence[Effect]) -> dict[str, float]:
    """Give the mean loss of a year that each control may be credited with; together they give what all avoid."""
    names = list(dict.fromkeys(effect.control for effect in effects))
    return shapley(
        names, lambda some: avoided(scenarios, [e for e in effects if e.control in some])
    )
