"""Scenarios in pyfair's JSON: one model, or a meta model of several.

Its betaPERT becomes Vose's PERT, its normal a lognormal of equal mean and deviation (a loss below zero is none), and
attempts are decided one by one where it has threat capability and control strength.
"""

from __future__ import annotations

import json
from typing import Any

from reportkit.quant import LogNormal
from reportkit.sources import document
from reportkit.sources.document import mapping, word
from reportkit.sources.model import Asked, Records
from reportkit.sources.scenarios import Scenarios

_SIGNS = (b'"Loss Event Frequency"', b'"Threat Event Frequency"', b'"Contact"', b'"Loss Magnitude"')
_MODELS = (b'"FairModel"', b'"FairMetaModel"')
_ENDS = (0.05, 0.95)


class _CannotBe(Exception):
    """A part of a model that has no place in a scenario; the message says why."""


def sniff(head: bytes, name: str) -> bool:  # noqa: ARG001
    """Say whether a file begins like a saved model."""
    return document.is_json(head) and (
        any(sign in head for sign in _MODELS) or sum(sign in head for sign in _SIGNS) >= 2
    )


def read(asked: Asked) -> Records:
    """Read all models of the file."""
    whole, problems = document.parse(asked.content)
    scenarios = Scenarios(problems=problems)
    for number, (name, model) in enumerate(_models(mapping(whole)), start=1):
        try:
            scenarios.add(number, _row(name, model))
        except _CannotBe as error:
            scenarios.refuse(number, name, str(error))
    return scenarios.records()


def _models(whole: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    parts = [(name, mapping(value)) for name, value in whole.items() if isinstance(value, dict)]
    inner = [(name, part) for name, part in parts if part.get("type") == "FairModel"]
    return inner or [(word(whole.get("name")) or "model", whole)]


def _row(name: str, model: dict[str, Any]) -> dict[str, str]:
    row = {"scenario_id": name, "state": "current", "title": name, "freq_dist": "poisson"}
    row |= _frequency(model)
    if "Loss Magnitude" in model:
        return row | _severity(mapping(model["Loss Magnitude"]))
    row |= _severity(mapping(model.get("Primary Loss")))
    if "Secondary Loss" in model:
        raise _CannotBe(
            "has a secondary loss that is a sum for the year; give its frequency and its magnitude, which are on the same event"
        )
    if "Secondary Loss Event Magnitude" in model:
        row |= _secondary(model)
    multi = [key for key in model if key.startswith("multi_")]
    if multi:
        raise _CannotBe(
            f"has several secondary losses ({multi[0]}); give one with the share of events that bring it and its range"
        )
    return row


def _frequency(model: dict[str, Any]) -> dict[str, str]:
    if "Loss Event Frequency" in model:
        return _rate(mapping(model["Loss Event Frequency"]))
    if "Threat Event Frequency" in model:
        found = _rate(mapping(model["Threat Event Frequency"]))
    elif "Contact" in model and "Action" in model:
        found = _rate(mapping(model["Contact"]))
        found["vulnerability"] = f"{_single(mapping(model['Action'])):.12g}"
    else:
        raise _CannotBe("has no loss event frequency, threat event frequency or contact and action")
    if "Vulnerability" in model:
        share = _single(mapping(model["Vulnerability"])) * float(found.get("vulnerability", 1))
        return found | {"vulnerability": f"{share:.12g}"}
    if "vulnerability" in found:
        raise _CannotBe(
            "has contact and action beside threat capability; give threat event frequency in their place"
        )
    capability, strength = (
        _pert(mapping(model.get(part))) for part in ("Threat Capability", "Control Strength")
    )
    if capability is None or strength is None:
        raise _CannotBe("has threat capability or control strength that is no low, mode and high")
    return found | {"capability": json.dumps(capability), "strengths": json.dumps([strength])}


def _pert(given: dict[str, Any]) -> list[float] | None:
    if not {"low", "mode", "high"} <= given.keys():
        return None
    return [float(given[end]) for end in ("low", "mode", "high")] + [float(given.get("gamma", 4))]


def _interval(given: dict[str, Any]) -> tuple[float, float] | None:
    """Give the 90 % interval of the lognormal with a normal's mean and deviation."""
    if not {"mean", "stdev"} <= given.keys():
        return None
    found = LogNormal.from_moments(float(given["mean"]), float(given["stdev"]))
    return found.value_at_risk(_ENDS[0]), found.value_at_risk(_ENDS[1])


def _single(given: dict[str, Any]) -> float:
    """Give the one number that a share comes to: its mean, since attempts succeed one by one."""
    for name in ("constant", "p", "mean"):
        if name in given:
            return float(given[name])
    if estimate := _pert(given):
        low, mode, high, gamma = estimate
        return (low + gamma * mode + high) / (gamma + 2)
    raise _CannotBe("has a share without constant, p, mean or low, mode and high")


def _rate(given: dict[str, Any]) -> dict[str, str]:
    if "constant" in given:
        return {"rate": str(given["constant"])}
    if estimate := _pert(given):
        return dict(zip(("rate_low", "rate_mode", "rate_high", "rate_gamma"), map(str, estimate), strict=True))  # fmt: skip
    if ends := _interval(given):
        return {"rate_low": f"{ends[0]:.12g}", "rate_high": f"{ends[1]:.12g}"}
    raise _CannotBe("has a frequency without constant, low, mode and high, or mean and stdev")


def _severity(given: dict[str, Any]) -> dict[str, str]:
    if "constant" in given:
        return {"sev_dist": "empirical", "losses": str(given["constant"])}
    if estimate := _pert(given):
        return {"sev_dist": "pert"} | dict(
            zip(("low", "mode", "high", "gamma"), map(str, estimate), strict=True)
        )
    if ends := _interval(given):
        return {"sev_dist": "lognormal_ci90", "low": f"{ends[0]:.2f}", "high": f"{ends[1]:.2f}"}
    raise _CannotBe("has a loss without constant, low, mode and high, or mean and stdev")


def _secondary(model: dict[str, Any]) -> dict[str, str]:
    share = _single(mapping(model.get("Secondary Loss Event Frequency")))
    size = _severity(mapping(model["Secondary Loss Event Magnitude"]))
    ends = size.get("losses"), size.get("losses")
    low, high = (size["low"], size["high"]) if "low" in size else ends
    found = {"secondary_p": f"{share:.12g}", "secondary_low": str(low), "secondary_high": str(high)}
    return found | ({"secondary_mode": size["mode"]} if "mode" in size else {})
