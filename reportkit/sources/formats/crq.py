"""Hypotheses of CISO Assistant's quantified risk studies in JSON, as its API lists them.

Its model has at most one event a year. A hypothesis without probability or interval is refused by name.
"""

from __future__ import annotations

from typing import Any

from reportkit.sources import document
from reportkit.sources.document import items, mapping, word
from reportkit.sources.model import Asked, Records
from reportkit.sources.scenarios import Scenarios

_SIGNS = (b'"risk_stage"', b'"quantitative_risk_scenario"')


def sniff(head: bytes, name: str) -> bool:  # noqa: ARG001
    """Say whether a file begins like a list of hypotheses."""
    return document.is_json(head) and all(sign in head for sign in _SIGNS)


def read(asked: Asked) -> Records:
    """Read all hypotheses of the file."""
    whole, problems = document.parse(asked.content)
    found = items(whole) or items(mapping(whole).get("results")) or [mapping(whole)]
    scenarios = Scenarios(problems=problems)
    for number, hypothesis in enumerate(found, start=1):
        row = _row(hypothesis)
        if {"rate", "low", "high"} <= row.keys():
            scenarios.add(number, row)
        else:
            missing = "probability" if "rate" not in row else "impact with lb and ub"
            name = row.get("scenario_id", "")
            scenarios.refuse(number, name, f"has no {missing}; it is not quantified yet")
    return scenarios.records()


def _row(hypothesis: dict[str, Any]) -> dict[str, str]:
    parameters = mapping(hypothesis.get("parameters")) or hypothesis
    impact = mapping(parameters.get("impact"))
    scenario = hypothesis.get("quantitative_risk_scenario")
    named = mapping(scenario)
    row = {
        "scenario_id": word(named.get("id")) or word(scenario if not named else None),
        "state": word(hypothesis.get("risk_stage")),
        "title": word(named.get("str")) or word(hypothesis.get("name")),
        "freq_dist": "bernoulli",
        "rate": word(parameters.get("probability")),
        "sev_dist": "lognormal_ci90",
        "low": word(impact.get("lb")),
        "high": word(impact.get("ub")),
        "rationale": word(hypothesis.get("justification")),
    }
    return {name: value for name, value in row.items() if value}
