"""What a simulation says of itself in plain words, so that a reader who cannot check the model can doubt it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reportkit import locale
from reportkit.quant.severity import LogNormal
from reportkit.quant.shapes import Capped, Scaled

if TYPE_CHECKING:
    from reportkit.quant.portfolio import Simulation
    from reportkit.quant.scenario import Scenario
    from reportkit.quant.severity import Severity

Money = Callable[[float], str]

#: Share of the mean loss in one scenario, share of it above the caps, and standard error, beyond which a word is due.
ONE_SCENARIO, ABOVE_CAP, NOISE = 0.5, 0.1, 0.02
#: Mean over median of one event beyond which an interval says hardly anything.
WIDE = 10


@dataclass(frozen=True)
class Remark:
    """One sentence about a simulation.

    Attributes:
        about: what it concerns, in a few words.
        text: the sentence.
        watch: whether somebody should look at the estimates before the figures are used.
    """

    about: str
    text: str
    watch: bool = False


def panel(
    simulation: Simulation, money: Money, balance_sheet: float | None = None
) -> tuple[Remark, ...]:
    """Give the sanity panel of a simulation.

    Args:
        simulation: simulated years, before insurance.
        money: writes an amount.
        balance_sheet: what the firm could lose at most, if it is known.
    """
    return (
        _one_in_twenty(simulation, money),
        _mean_and_median(simulation, money),
        _above_cap(simulation),
        _one_scenario(simulation),
        _noise(simulation),
        *warnings(simulation.scenarios, money, balance_sheet),
    )


def warnings(
    scenarios: Sequence[Scenario], money: Money, balance_sheet: float | None = None
) -> tuple[Remark, ...]:
    """Give what is implausible about single estimates: means beyond the balance sheet, intervals that say nothing."""
    found = []
    for scenario in scenarios:
        for part, severity in _severities(scenario):
            mean, median = severity.mean, severity.value_at_risk(0.5)
            if balance_sheet is not None and mean > balance_sheet:
                found.append(
                    Remark(
                        "Beyond the balance sheet",
                        f"Scenario {scenario.id}{part}: the estimate implies that one event costs {money(mean)} on average, more than the balance sheet of "
                        f"{money(balance_sheet)}; give a cap, or narrow the interval.",
                        True,
                    )
                )
            elif not _stated(severity) and median > 0 and mean / median > WIDE:
                found.append(
                    Remark(
                        "Very wide estimate",
                        f"Scenario {scenario.id}{part}: the interval is so wide that the mean event ({money(mean)}) is {locale.number(mean / median)} times the usual one "
                        f"({money(median)}), and no cap is stated; most of the mean comes from losses nobody has seen.",
                        True,
                    )
                )
    return tuple(found)


def _one_in_twenty(simulation: Simulation, money: Money) -> Remark:
    curve = simulation.curve
    bad = curve.value_at_risk(0.95) if simulation.years >= 20 else 0.0
    if bad > 0:
        text = f"In one year of twenty more than {money(bad)} is lost."
    else:
        quiet = 1 - curve.probability_above(0)
        mean = float(simulation.total[simulation.total > 0].mean()) if quiet < 1 else 0.0
        text = f"In {locale.percent(100 * quiet, 1)} of years nothing is lost, so the one year in twenty shows no loss; a year with a loss costs {money(mean)} on average."
    return Remark("One year in twenty", text)


def _mean_and_median(simulation: Simulation, money: Money) -> Remark:
    curve = simulation.curve
    median, mean = curve.value_at_risk(0.5) if simulation.years > 1 else 0.0, curve.ale
    if median > 0:
        text = f"The mean year ({money(mean)}) is {locale.number(mean / median, 1)} times the middle one ({money(median)}): "
        text += (
            "a few bad years carry it." if mean > 1.5 * median else "bad years weigh little in it."
        )
    else:
        text = f"In half of all years or more nothing is lost; the mean year of {money(mean)} is the average of quiet years and bad ones, and hardly ever happens."
    return Remark("Mean and middle year", text)


def _above_cap(simulation: Simulation) -> Remark:
    capped = [s for s in simulation.scenarios if any(_stated(x) for _, x in _severities(s))]
    if not capped:
        tailed = [s for s in simulation.scenarios if any(_open(x) for _, x in _severities(s))]
        if tailed:
            text = f"{len(tailed)} of {len(simulation.scenarios)} scenarios have no upper end and none states a cap, so one event may cost any amount."
        else:
            text = "Every loss ends at the most its estimator gave: nothing worse can come out."
        return Remark("Losses above the cap", text, bool(tailed))
    whole = sum(s.rate * _uncapped_loss(s) for s in simulation.scenarios)
    cut = {s.id: s.rate * (_uncapped_loss(s) - s.event_loss) for s in capped}
    share = sum(cut.values()) / whole if whole else 0.0
    most = max(cut, key=lambda name: cut[name])
    text = f"{locale.percent(100 * share, 1)} of the mean year would lie above the stated caps of {len(capped)} of {len(simulation.scenarios)} scenarios and is cut off"
    text += f", most of it from {most}." if share >= 0.001 else "."
    return Remark("Losses above the cap", text, share > ABOVE_CAP)


def _one_scenario(simulation: Simulation) -> Remark:
    whole = sum(s.ale for s in simulation.scenarios)
    top = max(simulation.scenarios, key=lambda s: s.ale)
    share = top.ale / whole if whole else 0.0
    name = f"{top.id} ({top.name})" if top.name and top.name != top.id else top.id
    return Remark(
        "Share of one scenario",
        f"{locale.percent(100 * share)} of the mean year comes from one scenario, {name}.",
        share > ONE_SCENARIO and len(simulation.scenarios) > 1,
    )


def _noise(simulation: Simulation) -> Remark:
    error = simulation.relative_error
    return Remark(
        "Noise of the simulation",
        f"{locale.number(simulation.years)} simulated years give the mean year to ± {locale.percent(100 * (1.96 * error), 1)} (95 %).",
        error > NOISE,
    )


def _severities(scenario: Scenario) -> list[tuple[str, Severity]]:
    found = [("", scenario.severity)]
    if scenario.secondary is not None:
        found.append((", secondary loss", scenario.secondary.severity))
    return found


def _inner(severity: Severity) -> Severity:
    while isinstance(severity, Capped | Scaled):
        severity = severity.inner
    return severity


def _stated(severity: Severity) -> bool:
    """Say whether a cap is stated."""
    if isinstance(severity, Scaled):
        return _stated(severity.inner)
    return isinstance(severity, Capped) or (
        isinstance(severity, LogNormal) and not math.isinf(severity.cap)
    )


def _open(severity: Severity) -> bool:
    """Say whether a loss has no upper end."""
    return isinstance(_inner(severity), LogNormal) and not _stated(severity)


def _uncapped(severity: Severity) -> float:
    if isinstance(severity, LogNormal):
        return replace(severity, cap=math.inf).mean
    if isinstance(severity, Capped):
        return _uncapped(severity.inner)
    if isinstance(severity, Scaled):
        return severity.factor * _uncapped(severity.inner)
    return severity.mean


def _uncapped_loss(scenario: Scenario) -> float:
    more = scenario.secondary
    second = more.probability * _uncapped(more.severity) if more else 0.0
    return _uncapped(scenario.severity) + second
