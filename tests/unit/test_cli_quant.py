"""A file of scenarios on the command line: the curve, what lies behind it, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Ended

Typed = Callable[..., Ended]

TWO = """scenario_id,state,title,rate,low,high,cap,currency
S1,current,Ransomware,0.1,100000,1000000,,EUR
S2,current,Fraud,3,10000,200000,,EUR
S1,residual,Ransomware,0.05,100000,1000000,,EUR
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    found = tmp_path / "scenarios.csv"
    found.write_text(TWO, encoding="utf-8")
    return found


def test_a_curve_and_a_table_without_a_workspace(typed: Typed, file: Path) -> None:
    done = typed("quant", file, "--appetite", "1m:10%,2m:0.1%", "--years", "50000")
    assert (done.code, done.err) == (0, "")
    for words in (
        "2 scenarios, state current, 50,000 simulated years, seed 1",
        "Chance that a year costs more than",
        "approved",
        "no point approved here",
        "│ marks the approved chance",
        "one year in 20",
        "Ransomware",
        "in state residual",
        "Before you use these figures",
    ):
        assert words in done.out
    assert max(len(line) for line in done.out.splitlines()[1:]) <= 100


def test_json_holds_what_the_closed_forms_say(typed: Typed, file: Path) -> None:
    told = json.loads(typed("quant", file, "--json", "--seed", "7").out)
    assert (told["years"], told["seed"], told["currency"], told["state"]) == (200_000, 7, "EUR", "current")  # fmt: skip
    by_id = {one["id"]: one for one in told["scenarios"]}
    assert by_id["S1"]["ale"] == pytest.approx(40_400.128269457)
    assert told["ale"] == pytest.approx(sum(one["ale"] for one in by_id.values()), abs=3 * told["standard_error"])  # fmt: skip
    tail = next(one["mean_of_worse"] for one in told["bad_years"] if one["one_in"] == 20)
    assert sum(one["in_worst_year_of_20"] for one in by_id.values()) == pytest.approx(tail)
    assert told == json.loads(typed("quant", file, "--json", "--seed", "7").out)


def test_exact_has_no_noise(typed: Typed, file: Path) -> None:
    told = json.loads(typed("quant", file, "--exact", "--json", "--years", "1000").out)
    assert (told["method"], told["standard_error"]) == ("exact", 0.0)
    assert told["ale"] == pytest.approx(sum(one["ale"] for one in told["scenarios"]), rel=1e-6)


def test_another_state_meets_the_same_luck(typed: Typed, file: Path) -> None:
    """Half of the ransomware is 20,200 a year; by common luck it is known to a few per cent of itself."""
    line = next(x for x in typed("quant", file).out.splitlines() if "in state residual" in x)
    assert "€20k ± €" in line
    told = json.loads(typed("quant", file, "--state", "residual", "--json").out)
    assert [one["id"] for one in told["scenarios"]] == ["S1"]


def test_riskquants_own_file(typed: Typed, tmp_path: Path) -> None:
    file = tmp_path / "losses.csv"
    file.write_text("ALPHA,Ransomware,0.1,100000,1000000\n", encoding="utf-8")
    told = json.loads(typed("quant", file, "--json", "--currency", "USD").out)
    assert (told["scenarios"][0]["id"], told["currency"]) == ("ALPHA", "USD")
    assert told["scenarios"][0]["ale"] == pytest.approx(40_400.128269457)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--appetite", "1m"], 2, "write amount:chance, such as 1m:10% or 1m:0.1"),
        (["--appetite", "1m:10%,2m:20%"], 2, "a larger loss cannot be more likely"),
        (["--appetite", "0:10%"], 2, "is not an amount above 0"),
        (["--balance-sheet", "lots"], 2, "--balance-sheet 'lots' is not an amount above 0"),
        (["--years", "0"], 2, "give 1 or more"),
        (["--seed", "-1"], 2, "give 0 or more"),
        (["--state", "resdual"], 2, "did you mean 'residual'"),
        (["--currency", "USD"], 3, "EUR and USD; convert them"),
    ],
)
def test_what_is_not_understood_is_said_in_one_sentence(
    typed: Typed, file: Path, words: list[str], code: int, said: str
) -> None:
    done = typed("quant", file, *words)
    assert (done.code, done.out) == (code, "")
    assert said in done.err
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "scenario_id,state,rate,low,high\nS1,current,0.1,9,3\n",
            "row 2, column high: '3.00' is below low (9.00)",
        ),
        ("scenario_id,state,rate,low,high\nS1,current,-2,1,3\n", "rate"),
        ("scenario_id,state,rate,sev_dist,low,mode,high\nS1,current,1,pert,1,9,3\n", "mode"),
        ("", "is empty"),
        ("a,b\n1,2\n", "columns"),
    ],
)
def test_estimates_that_cannot_be_end_with_three(typed: Typed, tmp_path: Path, text: str, said: str) -> None:  # fmt: skip
    file = tmp_path / "bad.csv"
    file.write_text(text, encoding="utf-8")
    done = typed("quant", file)
    assert (done.code, done.out) == (3, "")
    assert said in done.err


def test_a_refused_row_is_named_and_the_others_count(typed: Typed, tmp_path: Path) -> None:
    file = tmp_path / "some.csv"
    file.write_text(TWO + "S3,current,Wrong way round,1,900,100,,EUR\n", encoding="utf-8")
    done = typed("quant", file)
    assert done.code == 0
    assert "row 5" in done.err
    assert "1 of 4 scenarios were refused" in done.err
    assert "2 scenarios" in done.out
    assert typed("quant", tmp_path / "none.csv").code == 3


def test_an_implausible_estimate_is_named(typed: Typed, file: Path) -> None:
    done = typed("quant", file, "--balance-sheet", "300k")
    assert "Scenario S1: the estimate implies that one event costs €404k on average, more than" in done.out  # fmt: skip
