"""Scenarios of other tools, read and answered: equal where they are right, and a reason where we differ."""

from __future__ import annotations

import csv
import gzip
import json
import math
import re
import shutil
from functools import cache
from pathlib import Path

import numpy as np
import openpyxl
import pytest

from reportkit.errors import DataError
from reportkit.quant import Scenario, aggregate, simulate
from reportkit.quant.rows import scenario_of
from reportkit.sources import read

ROOT = Path(__file__).resolve().parents[2]


@cache
def scenarios(path: Path) -> dict[str, Scenario]:
    return {s.id: s for s in map(scenario_of, read(path, "scenarios").rows.to_pylist())}


def test_riskquants_file_gives_the_mean_its_own_test_asserts(corpus: Path) -> None:
    found = scenarios(corpus / "risk/riskquant/test_csv_to_simpleloss.csv")
    assert found["L1"].ale == pytest.approx(0.4040012826945718, rel=1e-12)
    assert found["L2"].ale == pytest.approx(2 * 0.4040012826945718, rel=1e-12)
    assert [s.name for s in found.values()] == ["loss1", "loss2"]


def test_riskquants_lines_in_a_workbook(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["L1", "loss1", 0.1, 1, 10], ["L2", "loss2", 0.2, 1, 10]):
        book.active.append(row)
    book.save(tmp_path / "losses.xlsx")
    found = scenarios(tmp_path / "losses.xlsx")
    assert [(s.id, round(s.ale, 6)) for s in found.values()] == [("L1", 0.404001), ("L2", 0.808003)]


def test_pyfairs_models(corpus: Path) -> None:
    found = scenarios(corpus / "risk/pyfair/serialized_metamodel.json")
    first, second = found.values()
    assert first.id == "Regular Model 1"
    # The analytic mean risk: (20 + 4·100 + 900) / 6 events of (3 + 4·3.5 + 5) / 6 million.
    assert first.ale == pytest.approx(1320 / 6 * 22e6 / 6)
    assert second.frequency.mean == pytest.approx(0.3, rel=1e-6)
    assert second.ale == pytest.approx(0.3 * (2 + 12 + 5) / 6 * 1e9, rel=1e-6)
    assert second.frequency.variance == pytest.approx(0.3 + 0.1**2, rel=1e-4)


def pyfair(tmp_path: Path, **parts: dict[str, float]) -> Path:
    file = tmp_path / "model.json"
    names = {key.replace("_", " ").title(): value for key, value in parts.items()}
    file.write_text(json.dumps(names | {"name": "M", "type": "FairModel"}), encoding="utf-8")
    return file


def test_pyfairs_vulnerability_is_decided_attempt_by_attempt(tmp_path: Path) -> None:
    alike = {"low": 0.2, "mode": 0.5, "high": 0.8}
    file = pyfair(
        tmp_path, threat_event_frequency={"constant": 6}, threat_capability=alike, control_strength=alike, loss_magnitude={"constant": 100},
    )  # fmt: skip
    found = scenarios(file)["M"]
    assert found.rate == pytest.approx(3, rel=1e-3)
    # pyfair multiplies 3 by 100 in every year; counted events spread.
    assert found.standard_deviation == pytest.approx(100 * math.sqrt(3), rel=1e-3)


def test_pyfairs_secondary_loss_is_on_the_same_event(tmp_path: Path) -> None:
    file = pyfair(
        tmp_path, contact={"constant": 10}, action={"p": 0.5}, vulnerability={"constant": 0.2}, primary_loss={"low": 10, "mode": 20, "high": 30},
        secondary_loss_event_frequency={"constant": 0.3}, secondary_loss_event_magnitude={"constant": 50},
    )  # fmt: skip
    found = scenarios(file)["M"]
    assert found.ale == pytest.approx(1 * (20 + 0.3 * 50))


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"loss_event_frequency": {"constant": 1}, "primary_loss": {"constant": 1}, "secondary_loss": {"constant": 1}}, "sum for the year"),
        ({"threat_event_frequency": {"constant": 1}, "threat_capability": {"mean": 0.5}, "control_strength": {"mean": 1}, "loss_magnitude": {"constant": 1}}, "no low, mode and high"),
        ({"loss_event_frequency": {"low": 1}, "loss_magnitude": {"constant": 1}}, "frequency without"),
    ],
)  # fmt: skip
def test_a_model_that_has_no_place_says_why(tmp_path: Path, parts: dict[str, dict[str, float]], said: str) -> None:  # fmt: skip
    with pytest.raises(DataError, match=said):
        read(pyfair(tmp_path, **parts), "scenarios")


def test_ciso_assistants_hypotheses(tmp_path: Path) -> None:
    stage = {"quantitative_risk_scenario": {"id": "s1", "str": "Ransomware"}, "impact": {"distribution": "LOGNORMAL-CI90", "lb": 100_000, "ub": 1_000_000}}  # fmt: skip
    listed = [
        stage | {"id": "h1", "risk_stage": "current", "probability": 0.1},
        stage | {"id": "h2", "risk_stage": "residual", "probability": 0.005},
        stage | {"id": "h3", "risk_stage": "inherent", "probability": None},
    ]
    file = tmp_path / "crq.json"
    file.write_text(json.dumps({"count": 3, "results": listed}), encoding="utf-8")
    extract = read(file, "scenarios")
    assert (extract.format, extract.rejected) == ("ciso-assistant-crq", 1)
    now, later = map(scenario_of, extract.rows.to_pylist())
    assert (now.id, later.state, now.name) == ("s1", "residual", "Ransomware")
    assert now.ale == pytest.approx(40_400.128269457)
    # Its own expected shortfall is the mean of losses at or above a quantile of zero: 2,020 where 202,001 is right.
    assert aggregate([later]).tail_value_at_risk(0.99) == pytest.approx(202_000.641, abs=1e-3)


def flat(tmp_path: Path) -> Path:
    file = tmp_path / "crq.csv"
    file.write_text("ref_id,name,risk_stage,probability,impact_lb,impact_ub\nS1,Ransomware,current,0.1,100000,1000000\n", encoding="utf-8")  # fmt: skip
    return file


def test_ciso_assistants_hypotheses_in_a_sheet(tmp_path: Path) -> None:
    assert scenarios(flat(tmp_path))["S1"].ale == pytest.approx(40_400.128269457)


def evaluator(corpus: Path) -> Path:
    return corpus / "risk/evaluator"


def summary(corpus: Path) -> list[dict[str, str]]:
    with (evaluator(corpus) / "mc_scenario_summary.csv").open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_evaluators_survey_holds_what_its_tables_hold(corpus: Path, tmp_path: Path) -> None:
    for name in ("survey.xlsx", "qualitative_mappings.csv"):
        shutil.copy(evaluator(corpus) / name, tmp_path)
    tables, survey = scenarios(evaluator(corpus)), scenarios(tmp_path)
    assert len(tables) == 56
    for name, scenario in tables.items():
        assert survey[name].ale == pytest.approx(scenario.ale), name
        assert survey[name].vulnerability == scenario.vulnerability


def test_evaluators_56_scenarios(corpus: Path) -> None:
    """Its 1,000 years agree with our closed forms wherever its rounding of frequencies does not interfere."""
    found = scenarios(evaluator(corpus))
    rows = summary(corpus)
    assert {row["scenario_id"] for row in rows} == found.keys()
    rare = 0
    for row in rows:
        ours, events = found[row["scenario_id"]], float(row["loss_events_mean"])
        if ours.frequency.mean < 1:
            # Its frequency is a PERT of 0, 0.1 and 1 rounded to whole events: 0.064 a year where 0.233 was estimated.
            rare += 1
            assert events < 0.4 * ours.rate + 0.03
            continue
        # A year's count spreads by the PERT's rate and by chance in the contest; 1,000 years, four standard errors.
        spread = math.sqrt(ours.frequency.variance) / math.sqrt(1_000)
        assert events == pytest.approx(ours.rate, abs=4 * spread * math.sqrt(max(ours.succeeding, 0.01)) + 0.05 * ours.rate)  # fmt: skip
    assert rare == 20


PEERS = "docs/peers.md"


def answers(corpus: Path) -> dict[str, str]:
    """Compute what the table of the docs says of us."""
    metamodel = scenarios(corpus / "risk/pyfair/serialized_metamodel.json")["Regular Model 1"]
    whole = scenarios(evaluator(corpus))
    rare = [s for s in whole.values() if s.frequency.mean < 1]
    year = simulate(list(whole.values()), 2_000)
    line = read(corpus / "risk/riskquant/test_csv_to_simpleloss.csv", "scenarios").rows.to_pylist()
    first = scenario_of(line[0])
    pert = scenario_of({"scenario_id": "P", "rate_low": 0.1, "rate_mode": 0.3, "rate_high": 0.7, "rate_gamma": 1, "low": 1, "high": 10})  # fmt: skip
    seldom = scenario_of({"scenario_id": "S", "freq_dist": "bernoulli", "rate": 0.005, "low": 1e5, "high": 1e6})  # fmt: skip
    once = scenario_of({"scenario_id": "O", "rate": 0.1, "sev_dist": "empirical", "losses": "1000000"})  # fmt: skip
    assert year.total.mean() == pytest.approx(sum(s.ale for s in whole.values()), rel=0.02)
    return {
        "riskquant file, L1": f"{first.ale:.7f}",
        "riskquant PERT frequency": f"{pert.ale:.4f}",
        "pyfair model 1, mean": f"{metamodel.ale:,.0f}",
        "pyfair rare event, deviation": f"{once.standard_deviation:,.0f}",
        "evaluator, mean year": f"{sum(s.ale for s in whole.values()):,.0f}",
        "evaluator, without its rare scenarios": f"{sum(s.ale for s in whole.values()) - sum(s.ale for s in rare):,.0f}",
        "CISO Assistant, shortfall 99 %": f"{aggregate([seldom]).tail_value_at_risk(0.99):,.0f}",
    }


def test_the_docs_say_what_we_compute(corpus: Path) -> None:
    text = (ROOT / PEERS).read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if re.match(r"\| [a-zA-Z]", line)]  # fmt: skip
    told = {row[0]: row[2] for row in rows if len(row) == 4 and row[0] != "what"}
    assert told == answers(corpus)


def test_evaluators_frequent_scenarios_give_the_same_mean_year(corpus: Path) -> None:
    """Without the scenarios that it rounds away, its 1,000 years and our closed form are one and the same mean."""
    found = scenarios(evaluator(corpus))
    totals = np.zeros(1_000)
    with gzip.open(evaluator(corpus) / "mc_simulation_results.csv.gz", "rt") as stream:
        for row in csv.DictReader(stream):
            if found[row["scenario_id"]].frequency.mean >= 1:
                totals[int(row["iteration"]) - 1] += float(row["ale"])
    ours = sum(s.ale for s in found.values() if s.frequency.mean >= 1)
    assert totals.mean() == pytest.approx(ours, abs=3 * totals.std() / math.sqrt(1_000))
    assert f"{totals.mean():,.0f}" in (ROOT / PEERS).read_text(encoding="utf-8")
