"""What the core measures cost on many findings, beside plain pandas on the same columns; run by hand.

    python tests/benchmarks/measures.py 1000000 [FOLDER]

Makes a workspace of that size once (kept in FOLDER if given), then computes eight measures in a process of its own, decodes
the columns they use once, and does the same counting in plain pandas. Prints CPU seconds, wall seconds and peak memory.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

MEASURES = ("V01", "V03", "V04", "V06", "V09", "K02", "K03", "K07")
PERIOD = "2026-Q3"

OURS = """
import sys
from pathlib import Path
from tests.estate import NOW
from reportkit.workspace import Workspace
view = Workspace(Path(sys.argv[1]), now=NOW).at(sys.argv[2])
found = {id_: view.measure(id_).value.value for id_ in sys.argv[3].split(",")}
"""
#: One pass over the columns that the measures of findings use, and nothing else.
DECODE = """
import sys, duckdb
from pathlib import Path
(path,) = Path(sys.argv[1], "store/extracts/findings").glob("*.parquet")
columns = ("severity", "state", "opened", "closed", "accepted_at", "asset_id", "vuln_id")
connection = duckdb.connect()
connection.execute("SET enable_progress_bar=false")
connection.execute(f"SELECT {', '.join(f'COUNT(DISTINCT hash({c}) % 2)' for c in columns)} FROM read_parquet('{path}')").fetchall()
found = {}
"""
PANDAS = """
import sys
from pathlib import Path
import pandas as pd
def load(name, columns):
    (path,) = Path(sys.argv[1], "store/extracts", name).glob("*.parquet")
    return pd.read_parquet(path, columns=columns)
t, start = pd.Timestamp("2026-09-30"), pd.Timestamp("2026-07-01")
f = load("findings", ["severity", "state", "opened", "closed", "accepted_at", "asset_id", "vuln_id"])
for name in ("opened", "closed", "accepted_at"):
    f[name] = pd.to_datetime(f[name])
k = load("kev", ["vuln_id", "date_added", "due_date"])
f = f[f["opened"] <= t]
counted = f[~f["state"].isin(["false_positive", "duplicate", "out_of_scope"])]
ended = counted["closed"] <= t
still = counted[~ended]
k["due_date"], k["date_added"] = pd.to_datetime(k["due_date"]), pd.to_datetime(k["date_added"])
listed = still.merge(k[k["date_added"] <= t], on="vuln_id")
days = {"critical": 14, "high": 30}
due = counted[counted["severity"].isin(days)]
old = {"critical": 7, "high": 30}
limit = due["severity"].map(days).where(due["opened"] >= pd.Timestamp("2025-01-01"), due["severity"].map(old))
when = due["opened"] + pd.to_timedelta(limit, unit="D")
cohort = due[(when >= start) & (when <= t)]
when = when[cohort.index]
met = (cohort["state"] == "fixed") & (cohort["closed"] <= when)
recent = counted[counted["opened"] >= t - pd.Timedelta(days=730)]
end = recent["closed"].where(recent["closed"] <= t).fillna(recent["accepted_at"].where(recent["accepted_at"] <= t)).fillna(t)
spans = (end - recent["opened"]).dt.days
survival = recent.assign(d=spans, e=(recent["state"] == "fixed") & (recent["closed"] <= t)).groupby("d")["e"].agg(["sum", "count"])
found = {"V01": len(still), "V03": int((listed["due_date"] < t).sum()), "V04": 100 * met.mean(),
         "V09": int((counted["opened"] >= start).sum() - (ended & (counted["closed"] >= start)).sum())}
"""
MEASURED = """
import json, resource, time
begun = time.perf_counter()
{body}
used = resource.getrusage(resource.RUSAGE_SELF)
# What getrusage calls the peak is the parent's, where that was larger.
peak = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(json.dumps({{"cpu": round(used.ru_utime + used.ru_stime, 2), "wall": round(time.perf_counter() - begun, 2), "mb": peak // 1024, "found": found}}))
"""


def alone(body: str, *words: str) -> dict[str, object]:
    """Run a piece in a process of its own, and give what it cost."""
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", MEASURED.format(body=body), *words], capture_output=True, text=True, check=False, cwd=root)  # fmt: skip
    if done.returncode:
        return {"error": done.stderr.strip().splitlines()[-1] if done.stderr else f"ended by {done.returncode}"}  # fmt: skip
    return dict(json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    """Make, measure, print."""
    from tests import estate

    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(sys.argv[2] if len(sys.argv) > 2 else scratch) / str(count)
        if not (folder / "store").exists():
            estate.make(folder, count)
        idle = alone("import duckdb, pandas\nfound = {}")
        for name, body in (("imports alone", None), ("one decode", DECODE), ("eight measures", OURS), ("plain pandas", PANDAS)):  # fmt: skip
            cost = idle if body is None else alone(body, str(folder), PERIOD, ",".join(MEASURES))
            print(f"{count:>11,}  {name:15} {json.dumps(cost)}")


if __name__ == "__main__":
    main()
