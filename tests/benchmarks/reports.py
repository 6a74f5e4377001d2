"""What many reports cost: plain papermill and nbconvert, both in one process, ours one by one, and ours warm.

Run by hand, on a quiet machine, from the top of the checkout::

    python tests/benchmarks/reports.py WORKSPACE [REPORT] [COUNTS]

The workspace is one of ``reportkit demo --units 500``; the report is made for as many of its units as the counts say (by default
unit, for 1, 20 and 100). CPU seconds are those of all processes that were started, kernels and drawing included; memory is
that of the largest process. The peers write HTML only, so ours does too; the last line adds PDF and mail.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

PERIOD = "2026-Q3"
#: One process that executes and converts, as somebody would write it who wants to save the imports.
TOGETHER = """
import sys, papermill, nbformat
from nbconvert import HTMLExporter
source, out, *units = sys.argv[1:]
for unit in units:
    papermill.execute_notebook(source, f"{out}/{unit}.ipynb", parameters={"unit": unit, "period": "2026-Q3"}, cwd=".", progress_bar=False)
    page, _ = HTMLExporter().from_notebook_node(nbformat.read(f"{out}/{unit}.ipynb", 4))
    open(f"{out}/{unit}.html", "w").write(page)
"""


@dataclass
class Cost:
    """CPU and wall seconds of some reports, and the memory of the largest process."""

    reports: int
    cpu: float
    wall: float
    peak_mb: float = 0.0

    def line(self, name: str, note: str = "") -> str:
        each, rate = self.cpu / self.reports, 60 * self.reports / self.wall
        return f"{name:44}{self.reports:5}{each:9.2f} CPU s{rate:9.1f} / min{self.peak_mb:8.0f} MB  {note}"


def cost(reports: int, folder: Path, *commands: list[str]) -> Cost:
    """Run commands one after another and give what they and their children took."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    for command in commands:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(done.stderr[-2000:])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(reports, cpu, time.monotonic() - begun, after.ru_maxrss / 1000)


def units(place: Path) -> list[str]:
    """List the teams of a demo workspace."""
    lines = (place / "data/2024-Q4/units.csv").read_text(encoding="utf-8").splitlines()[1:]
    return [name for line in lines if "-" in (name := line.split(",", 1)[0])]


def cells(place: Path, report: str, names: list[str]) -> float:
    """Give the CPU seconds that the cells' own code took in the last run of each unit, on average."""
    took = []
    for name in names:
        run = max((place / f"runs/{report}/{PERIOD}/{name}").glob("*/manifest.json"))
        took.append(json.loads(run.read_text())["kernel"]["cpu_seconds"])
    return float(sum(took) / len(took))


def ours(report: str, names: list[str], formats: str) -> list[str]:
    return [
        sys.executable, "-m", "reportkit.cli", "run", "--reports", report, "--units", ",".join(names), "-p", PERIOD,
        "--formats", formats, "--force",
    ]  # fmt: skip


def peers(place: Path, report: str, names: list[str], out: str) -> list[list[str]]:
    """Give the two commands for each unit."""
    source = str(place / f"notebooks/{report}.ipynb")
    found = []
    for name in names:
        made = f"{out}/{name}.ipynb"
        found += [
            [sys.executable, "-m", "papermill", source, made, "-p", "unit", name, "-p", "period", PERIOD, "--cwd", ".", "--no-progress-bar"],
            [sys.executable, "-m", "nbconvert", "--to", "html", made],
        ]  # fmt: skip
    return found


def main() -> None:
    place = Path(sys.argv[1]).resolve()
    report = sys.argv[2] if len(sys.argv) > 2 else "unit"
    counts = [int(text) for text in (sys.argv[3] if len(sys.argv) > 3 else "1,20,100").split(",")]
    own = place / f"notebooks/{report}.ipynb"
    if not own.exists():
        own.write_bytes((Path("notebooks") / own.name).read_bytes())
    known = units(place)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    # Every file read once, every module compiled, what is remembered remembered: for both sides.
    cost(1, place, ours(report, known[:1], "html"))
    # The peers start everything anew for each report, so that what they cost grows with their number, and a few tell.
    few = known[: min(3, *counts)]
    with tempfile.TemporaryDirectory() as out:
        plain = cost(len(few), place, *peers(place, report, few, out))
        print(plain.line("papermill, then nbconvert"), flush=True)
        one = [sys.executable, "-c", TOGETHER, str(own), out, *few]
        print(cost(len(few), place, one).line("papermill and nbconvert in one process"), flush=True)
    single = cost(len(few), place, *(ours(report, [name], "html") for name in few))
    print(single.line("reportkit, one command each"), flush=True)
    for count in counts:
        names = known[:count]
        made = cost(count, place, ours(report, names, "html"))
        code = cells(place, report, names)
        each = made.cpu / count
        note = f"{plain.cpu / len(few) / each:.1f} times; {code:.2f} of it cells, {each - code:.2f} above them"
        print(made.line("reportkit, warm", note), flush=True)
    names = known[: counts[-1]]
    made = cost(len(names), place, ours(report, names, "html,pdf,email"))
    print(made.line("reportkit, warm, with PDF and mail"), flush=True)


if __name__ == "__main__":
    main()
