"""What a business case hangs on: one input at a time, all of them at once, and where it stops being worth it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from reportkit.quant import finance
from reportkit.quant.estimate import Estimate
from reportkit.quant.uncertain import UncertainRate

if TYPE_CHECKING:
    from reportkit.quant.business_case import Appraisal, BusinessCase, Option

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Swing:
    """What one input does to the mean net present value while the others stay at their median.

    Attributes:
        name: the input.
        low, high: the input at its P10 and P90.
        at_low, at_high: the mean net present value there.
    """

    name: str
    low: float
    high: float
    at_low: float
    at_high: float

    @property
    def width(self) -> float:
        """How far the result moves."""
        return abs(self.at_high - self.at_low)


def tornado(case: BusinessCase, option: Option, *, users: bool = True) -> tuple[Swing, ...]:
    """Move each input that is not known exactly from its P10 to its P90, the others at their median.

    Args:
        case: the decision.
        option: one of its options.
        users: whether the end users' time counts.

    Returns:
        The inputs, the widest swing first.
    """
    middle = _moved(option, dict.fromkeys(_inputs(option), 0.5))
    settled = _at_rate(case)
    swings = []
    for name, estimate in _inputs(option).items():
        ends = (estimate.at(0.1), estimate.at(0.9))
        low, high = (
            mean_npv(settled, _put(middle, name, Estimate.fixed(end)), users=users) for end in ends
        )
        swings.append(Swing(name, *ends, low, high))
    for scenario in case.scenarios:
        touched = option.cover is not None or any(e.scenario == scenario.id for e in option.effects)
        rate = scenario.frequency
        if touched and isinstance(rate, UncertainRate):
            low, high = (
                mean_npv(_at_rate(case, scenario.id, p), middle, users=users) for p in (0.1, 0.9)
            )
            swings.append(
                Swing(f"rate {scenario.id}", rate.given(0.1).mean, rate.given(0.9).mean, low, high)
            )
    return tuple(sorted(swings, key=lambda swing: -swing.width))


def at_medians(case: BusinessCase, option: Option, *, users: bool = True) -> float:
    """Give the mean net present value with every input at its median: where the bars of a tornado meet."""
    middle = _moved(option, dict.fromkeys(_inputs(option), 0.5))
    return mean_npv(_at_rate(case), middle, users=users)


def mean_npv(case: BusinessCase, option: Option, *, users: bool = True) -> float:
    """Give the mean net present value with every input at its mean: in closed form without insurance, else over the worlds."""
    cover = case.cover if option.cover is None else option.cover
    if not (cover or case.cover):
        return case.expected_npv(option, users=users)
    kept = case.drawn.losses(option.effects, cover, delay=option.delay)[1]
    flows = np.concatenate(
        [[-option.once.mean], (case.today - kept).mean(axis=0) - option.yearly.mean]
    )
    if users:
        flows[0] -= option.ledger.once
        flows[1:] -= option.ledger.money
    return float(finance.npv(case.rate, flows))


def ranked(appraisal: Appraisal, *, users: bool = True) -> dict[str, float]:
    """Give the rank correlation of each uncertain input with the net present value over all worlds.

    The loss that the years would bring, where the option acts, stands among them: it is chance, which no better
    estimate removes.

    Returns:
        Spearman's rho by input, the strongest first; ``events`` is the chance of the years.
    """
    worth = _ranks(appraisal.npv_with_users if users else appraisal.npv)
    if np.ptp(worth) == 0:
        return {}
    case = appraisal.case
    acted = {e.scenario for e in appraisal.option.effects} or {s.id for s in case.scenarios}
    lost = case.drawn.only(acted).losses()[0]
    brought = finance.npv(case.rate, np.column_stack([np.zeros(case.worlds), lost]))
    found = {
        name: float(np.corrcoef(_ranks(values), worth)[0, 1])
        for name, values in {"events": brought, **appraisal.inputs}.items()
        if np.ptp(values) > 0
    }
    return dict(sorted(found.items(), key=lambda item: -abs(item[1])))


def break_even(
    case: BusinessCase, option: Option, name: str, *, users: bool = True
) -> float | None:
    """Give the value of an input at which the mean net present value is zero, the others at their mean.

    Args:
        case: the decision.
        option: one of its options.
        name: ``once``, ``yearly``, or ``effects`` for the share of all that its controls stop or avoid: 1 is as
            estimated, 0.5 half of it.
        users: whether the end users' time counts.

    Returns:
        The value; None when none between nothing and ten times the estimate (or all of it stopped) will do.
    """
    top = _reach(option) if name == "effects" else 10.0

    def worth(factor: float) -> float:
        return mean_npv(case, _factored(option, name, factor), users=users)

    found = _root(worth, 0.0, top)
    if found is None or name == "effects":
        return found
    return found * (option.once.mean if name == "once" else option.yearly.mean)


def _at_rate(case: BusinessCase, moved: str = "", p: float = 0.5) -> BusinessCase:
    """Give the case with every uncertain rate at its median, one of them elsewhere."""
    uncertain = [s.id for s in case.scenarios if isinstance(s.frequency, UncertainRate)]
    if not uncertain:
        return case
    scenarios = tuple(
        replace(s, frequency=s.frequency.given(p if s.id == moved else 0.5))
        if isinstance(s.frequency, UncertainRate)
        else s
        for s in case.scenarios
    )
    return replace(case, scenarios=scenarios)


def _inputs(option: Option) -> dict[str, Estimate]:
    found = {"once": option.once, "yearly": option.yearly}
    found |= {" ".join(effect.key): effect.share for effect in option.effects}
    found |= {f"minutes {n}": line.minutes for n, line in enumerate(option.ledger.lines)}
    return {name: estimate for name, estimate in found.items() if not estimate.known}


def _moved(option: Option, at: Mapping[str, float]) -> Option:
    for name, estimate in _inputs(option).items():
        option = _put(option, name, Estimate.fixed(estimate.at(at[name])))
    return option


def _put(option: Option, name: str, value: Estimate) -> Option:
    if name == "once":
        return replace(option, once=value)
    if name == "yearly":
        return replace(option, yearly=value)
    effects = tuple(
        replace(effect, share=value) if " ".join(effect.key) == name else effect
        for effect in option.effects
    )
    lines = tuple(
        replace(line, minutes=value) if f"minutes {n}" == name else line
        for n, line in enumerate(option.ledger.lines)
    )
    return replace(option, effects=effects, ledger=replace(option.ledger, lines=lines))


def _reach(option: Option) -> float:
    largest = max((effect.share.mean for effect in option.effects), default=0.0)
    return 1 / largest if largest else 0.0


def _factored(option: Option, name: str, factor: float) -> Option:
    if name == "effects":
        return replace(
            option,
            effects=tuple(
                replace(e, share=Estimate.fixed(min(e.share.mean * factor, 1.0)))
                for e in option.effects
            ),
        )
    value = Estimate.fixed((option.once if name == "once" else option.yearly).mean * factor)
    return _put(option, name, value)


def _root(worth: Callable[[float], float], low: float, high: float) -> float | None:
    at_low, at_high = worth(low), worth(high)
    if at_low * at_high > 0 or low == high:
        return None
    # Thirty halvings of ten: more than the simulation can tell.
    for _ in range(30):
        middle = (low + high) / 2
        at_middle = worth(middle)
        if at_middle * at_low > 0:
            low, at_low = middle, at_middle
        else:
            high = middle
    return (low + high) / 2


def _ranks(values: FloatArray) -> FloatArray:
    """Give each value's place; equal ones share the mean of theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray((ends - (counts - 1) / 2)[inverse], dtype=np.float64)
