"""What simulating a year of losses costs and how far it is from the exact one, beside other tools' own code; run by hand.

    python tests/benchmarks/quant.py [YEARS] [PYTHON WITH PEERS] [YEARS OF PEERS]

Fifty scenarios with a mean rate of 0.5 a year. Each tool runs in a process of its own on the same inputs, one after the
other; plain NumPy draws the same counts and losses without streams of their own, parts or states. The second Python must
have pyfair, or riskquant, or both; one it lacks is left out. pyfair knows no lognormal and counts no events: it multiplies
a PERT rate with a PERT loss. Peers run a twentieth of the years unless told. Prints CPU seconds, wall seconds and peak
memory, then the distance of the mean, the quantiles and the tail from the exact aggregate, and what two like quarters
differ by.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

INPUTS = """
import json, sys
years = int(sys.argv[1])
inputs = [(f"S{i:02}", 0.05 + 0.9 * i / 49, 10_000 * 1.06**i, 1_000_000 * 1.06**i) for i in range(50)]
"""
OURS = (
    INPUTS
    + """
from reportkit.quant import LogNormal, Poisson, Scenario, simulate
scenarios = [Scenario(name, Poisson(rate), LogNormal.from_interval(low, high)) for name, rate, low, high in inputs]
found = float(simulate(scenarios, years).total.mean())
"""
)
PLAIN = (
    INPUTS
    + """
import math
import numpy as np
rng = np.random.default_rng(1)
total = np.zeros(years)
for name, rate, low, high in inputs:
    counts = rng.poisson(rate, years)
    mu, sigma = math.log(low * high) / 2, math.log(high / low) / 3.289707
    losses = rng.lognormal(mu, sigma, int(counts.sum()))
    total += np.bincount(np.repeat(np.arange(years), counts), weights=losses, minlength=years)
found = float(total.mean())
"""
)
RISKQUANT = (
    INPUTS
    + """
from riskquant.multiloss import MultiLoss
from riskquant.simpleloss import SimpleLoss
losses = [SimpleLoss(name, name, rate, low, high) for name, rate, low, high in inputs]
total = 0
for loss in losses:
    total = total + MultiLoss([loss]).simulate_years(years)
found = float(total.mean())
"""
)
PYFAIR = (
    INPUTS
    + """
from pyfair import FairMetaModel, FairModel
total = 0
for name, rate, low, high in inputs:
    model = FairModel(name=name, n_simulations=years)
    model.input_data("Loss Event Frequency", low=0, mode=rate, high=2 * rate)
    model.input_data("Loss Magnitude", low=low, mode=(low * high) ** 0.5, high=high)
    model.calculate_all()
    total = total + model.export_results()["Risk"].to_numpy()
found = float(total.mean())
"""
)


def run(python: str, code: str, years: int) -> tuple[float, float, float, float] | None:
    """Give CPU seconds, wall seconds, peak memory in MB and the mean year; None when the tool is not there."""
    timed = "import time; begun = time.perf_counter()\n" + code
    timed += "\nimport resource; used = resource.getrusage(resource.RUSAGE_SELF)\n"
    timed += "print(json.dumps([used.ru_utime + used.ru_stime, time.perf_counter() - begun, used.ru_maxrss / 1000, found]))"
    env = os.environ | {"PYTHONPATH": str(ROOT) if code is OURS else "", "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(
        [python, "-c", timed, str(years)], capture_output=True, text=True, check=False, env=env
    )
    if "ModuleNotFoundError" in done.stderr:
        return None
    if done.returncode:
        raise SystemExit(done.stderr)
    cpu, wall, memory, mean = json.loads(done.stdout.splitlines()[-1])
    return cpu, wall, memory, mean


def accuracy(years: int) -> None:
    """Print how far a simulation is from the exact aggregate of the same scenarios."""
    sys.path.insert(0, str(ROOT))
    from reportkit.quant import (
        Book,
        LogNormal,
        Poisson,
        Scenario,
        aggregate,
        attribute,
        simulate,
    )

    inputs = [(f"S{i:02}", 0.05 + 0.9 * i / 49, 1.06**i) for i in range(50)]
    scenarios = tuple(
        Scenario(name, Poisson(rate), LogNormal.from_interval(10_000 * size, 1_000_000 * size))
        for name, rate, size in inputs
    )
    curve, exact = simulate(scenarios, years).curve, aggregate(scenarios)
    closed = sum(s.ale for s in scenarios)
    print(f"\nmean: closed form {closed:,.0f}, exact {exact.ale:,.0f}, simulated {curve.ale:,.0f} ± {curve.standard_error:,.0f}")  # fmt: skip
    for p in (0.5, 0.9, 0.95, 0.99, 0.999):
        value, tail = exact.value_at_risk(p), exact.tail_value_at_risk(p)
        print(
            f"p {p:<6} VaR exact {value:>13,.0f} off by {curve.value_at_risk(p) / value - 1:+.3%}   "
            f"TVaR exact {tail:>13,.0f} off by {curve.tail_value_at_risk(p) / tail - 1:+.3%}"
        )
    same = attribute(Book(scenarios, years=10_000), Book(scenarios[::-1], years=10_000))
    print(f"two quarters without a change differ by {same.closing - same.opening}, in {len(same.steps)} steps")  # fmt: skip


def main() -> None:
    """Run all tools that are there."""
    years = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    peers = sys.argv[2] if len(sys.argv) > 2 else sys.executable
    fewer = int(sys.argv[3]) if len(sys.argv) > 3 else max(years // 20, 1)
    print("50 scenarios, mean rate 0.5 a year")
    for name, python, code, asked in (
        ("reportkit", sys.executable, OURS, years),
        ("plain NumPy", sys.executable, PLAIN, years),
        ("reportkit", sys.executable, OURS, fewer),
        ("riskquant", peers, RISKQUANT, fewer),
        ("pyfair", peers, PYFAIR, fewer),
    ):
        found = run(python, code, asked)
        if found is None:
            print(f"{name:<11} not installed in {python}")
            continue
        cpu, wall, memory, mean = found
        print(f"{name:<11} {asked:>9,} years {cpu:7.2f} CPU s {wall:7.2f} s {memory:7,.0f} MB   mean year {mean:,.0f}")  # fmt: skip
    accuracy(years)


if __name__ == "__main__":
    main()
