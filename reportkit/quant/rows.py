"""Scenarios from rows of table ``scenarios``: which columns say what, and what is missing."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from reportkit.errors import DataError
from reportkit.quant.contest import Contest
from reportkit.quant.frequency import Bernoulli, Frequency, NegativeBinomial, Poisson
from reportkit.quant.scenario import Scenario, Secondary
from reportkit.quant.severity import LogNormal, Pert, Severity
from reportkit.quant.shapes import Capped, Empirical
from reportkit.quant.uncertain import UncertainRate

if TYPE_CHECKING:
    from reportkit.quant.contest import Rule

_LEVEL = 0.9
_SHAPES = "lognormal_ci90, pert or empirical"


def scenario_of(row: Mapping[str, Any]) -> Scenario:
    """Read one row of table ``scenarios``; blank cells may be None, NaN or missing.

    Raises:
        DataError: it has no rate or no loss, or one that cannot be; the message names the scenario.
    """
    cells = _Cells(row)
    try:
        return Scenario(
            id=cells.id,
            frequency=_frequency(cells),
            severity=_severity(cells),
            name=cells.text("title") or cells.id,
            state=cells.text("state") or "current",
            insured=row.get("insured") in (True, "true"),
            secondary=_secondary(cells),
            vulnerability=_vulnerability(cells),
            group=cells.text("corr_group"),
        )
    except DataError as error:
        if cells.id in error.message:
            raise
        raise DataError(f"Scenario {cells.id}: {error.message}") from None


class _Cells:
    """Cells of a row, whichever way blank is written."""

    def __init__(self, row: Mapping[str, Any]) -> None:
        self._row = row
        self.id = self.text("scenario_id")

    def text(self, name: str) -> str:
        value = self._row.get(name)
        blank = value is None or value != value
        return "" if blank else str(value).strip()

    def number(self, name: str) -> float | None:
        text = self.text(name)
        if not text or text == "nan":
            return None
        try:
            return float(text)
        except ValueError:
            raise DataError(f"{name} is {text!r}; give a number.") from None

    def amount(self, name: str) -> float:
        value = self.number(name)
        if value is None:
            raise DataError(f"{name} is missing; a loss needs it.")
        return value

    def json(self, name: str) -> Any:
        value = self._row.get(name)
        if isinstance(value, str):
            try:
                return json.loads(value) if value.strip() else None
            except (ValueError, RecursionError):
                raise DataError(f"{name} is not JSON: {value[:40]!r}.") from None
        return value if isinstance(value, list) else None


def _frequency(cells: _Cells) -> Frequency:
    kind = cells.text("freq_dist") or "poisson"
    rate, dispersion = cells.number("rate"), cells.number("dispersion")
    if kind == "negbin" and dispersion is None:
        raise DataError("dispersion is missing; a negative binomial frequency needs it.")
    if rate is not None:
        if kind == "bernoulli":
            return Bernoulli(rate)
        if kind == "negbin":
            return NegativeBinomial(rate, dispersion or 0.0)
        return Poisson(rate)
    low, mode, high = (cells.number(f"rate_{end}") for end in ("low", "mode", "high"))
    if low is None or high is None:
        raise DataError(
            f"Scenario {cells.id} has no rate; give rate, or rate_low and rate_high (with rate_mode or without)."
        )
    if low == high:
        return Poisson(low)
    estimate: Severity = (
        LogNormal.from_interval(low, high, cells.number("ci_level") or _LEVEL)
        if mode is None
        else Pert(low, mode, high, cells.number("rate_gamma") or 4.0)
    )
    if kind == "bernoulli":
        return Bernoulli(min(estimate.mean, 1.0))
    return UncertainRate(estimate, dispersion if kind == "negbin" else None)


def _severity(cells: _Cells) -> Severity:
    kind = cells.text("sev_dist") or "lognormal_ci90"
    cap = cells.number("cap")
    if kind == "lognormal_ci90":
        return LogNormal.from_interval(
            cells.amount("low"),
            cells.amount("high"),
            cells.number("ci_level") or _LEVEL,
            cap=cap,
        )
    if kind == "pert":
        found: Severity = Pert(
            cells.amount("low"),
            cells.amount("mode"),
            cells.amount("high"),
            cells.number("gamma") or 4.0,
        )
    elif kind == "empirical":
        found = Empirical(tuple(float(part) for part in cells.text("losses").split("|") if part))
    else:
        raise DataError(f"Scenario {cells.id} has severity {kind!r}; use {_SHAPES}.")
    return found if cap is None or math.isinf(cap) else Capped(found, cap)


def _secondary(cells: _Cells) -> Secondary | None:
    share = cells.number("secondary_p") or 0.0
    if share == 0:
        return None
    low, high = cells.amount("secondary_low"), cells.amount("secondary_high")
    cap, mode = cells.number("cap"), cells.number("secondary_mode")
    level = cells.number("ci_level") or _LEVEL
    if low == high:
        found: Severity = Empirical((low,))
    elif mode is not None:
        found = Pert(low, mode, high)
    else:
        return Secondary(share, LogNormal.from_interval(low, high, level, cap=cap))
    return Secondary(share, found if cap is None or math.isinf(cap) else Capped(found, cap))


def _vulnerability(cells: _Cells) -> float | Contest:
    strengths = cells.json("strengths")
    if not strengths:
        share = cells.number("vulnerability")
        return 1.0 if share is None else share
    rule: Rule = {"weakest": "weakest", "strongest": "strongest"}.get(  # type: ignore[assignment]  # checked by the table
        cells.text("strength_rule"), "mean"
    )
    return Contest(
        _estimate("capability", cells.json("capability")),
        tuple(_estimate("strengths", one) for one in strengths),
        rule,
    )


def _estimate(name: str, given: Any) -> Pert:
    if not isinstance(given, list) or len(given) not in (3, 4):
        raise DataError(
            f"{name} is {given!r}; give [low, mode, high] or [low, mode, high, weight of the mode]."
        )
    return Pert(*(float(part) for part in given))
