"""What it costs to read rows in: CSV and Nessus XML from files, rows from PostgreSQL; run by hand.

    python tests/benchmarks/intake.py [ROWS]

Writes a CSV file of that many findings (1,000,000 by default) and a tenth as many as Nessus XML, and reads each in a process
of its own, from file to rows that keep the contract and are sorted, then by ``reportkit load`` into a store; beside it,
plain pandas reads the same CSV and checks nothing. Prints rows and megabytes per CPU second and peak memory.
"""

from __future__ import annotations

import random
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks.measures import alone

READ = """
import sys
from pathlib import Path
import pandas, duckdb
from reportkit.sources import read, reading, tabular, columnar, formats
begun_cpu = time.process_time()
rows = read(Path(sys.argv[1]), "findings").rows.num_rows
found = {"rows": rows, "rows per CPU second": round(rows / (time.process_time() - begun_cpu))}
"""
LOAD = """
import os, sys
from reportkit.cli import main
os.chdir(sys.argv[2])
try:
    sys.argv = ["reportkit", "load", "findings", sys.argv[1], "--json"]
    main()
except SystemExit as ended:
    assert not ended.code, ended.code
found = {}
"""
PANDAS = """
import sys
import pandas as pd
frame = pd.read_csv(sys.argv[1], dtype=str, keep_default_na=False)
for name in ("opened", "closed"):
    frame[name] = pd.to_datetime(frame[name], errors="coerce")
found = {"rows": len(frame)}
"""
POSTGRES = """
import sys
from pathlib import Path
import pandas
from reportkit.connections import Database
from reportkit.sources import database
settings = Database(kind="postgresql", url=sys.argv[1], query="SELECT * FROM made", table="findings")
begun_cpu = time.process_time()
rows = database.rows(settings, Path(".")).num_rows
found = {"rows": rows, "rows per CPU second": round(rows / (time.process_time() - begun_cpu))}
"""


def csv_file(path: Path, rows: int) -> None:
    """Write findings as a scanner's console exports them."""
    chance = random.Random(1)
    levels = ["critical", "high", "medium", "low"]
    with path.open("w") as file:
        file.write("finding_id,asset_id,vuln_id,title,severity,opened,closed,state\n")
        for n in range(rows):
            day = f"2026-0{1 + n % 9}-1{n % 10}"
            file.write(
                f"f{n},a{n % 50_000},CVE-2025-{n % 4_000},Outdated library,{chance.choice(levels)},{day},,open\n"
            )


def nessus_file(path: Path, rows: int) -> None:
    """Write the same as Nessus does, fifty to a host, with words around them."""
    words = {"description": "words " * 120, "solution": "patch " * 40, "plugin_output": "out " * 60}
    said = "".join(f"<{name}>{text}</{name}>" for name, text in words.items())
    with path.open("w") as file:
        file.write('<?xml version="1.0" ?>\n<NessusClientData_v2><Report name="r">')
        for host in range(rows // 50):
            ended = '<tag name="HOST_END">Tue Sep  1 10:00:00 2026</tag>'
            file.write(
                f'<ReportHost name="10.0.{host // 250}.{host % 250}"><HostProperties>{ended}</HostProperties>'
            )
            for n in range(50):
                file.write(
                    f'<ReportItem port="443" svc_name="www" protocol="tcp" severity="{n % 5}" pluginID="{10000 + n}" '
                    f'pluginName="Plugin {n}" pluginFamily="General"><cve>CVE-2025-{1000 + n}</cve>{said}</ReportItem>'
                )
            file.write("</ReportHost>")
        file.write("</Report></NessusClientData_v2>")


def from_postgres(rows: int) -> dict[str, object]:
    """Read rows from a server of its own; none is needed elsewhere."""
    from tests.system import postgres

    programs = postgres.binaries()
    if programs is None:
        return {"error": "PostgreSQL is not installed"}
    import adbc_driver_postgresql.dbapi as driver

    with postgres.server(programs) as url:
        with driver.connect(url, autocommit=True) as connection, connection.cursor() as cursor:
            cursor.execute(
                "CREATE TABLE made AS SELECT 'f' || i AS finding_id, 'a' || (i % 50000) AS asset_id, 'high' AS severity, "
                f"'open' AS state, DATE '2026-01-01' + (i % 200) AS opened FROM generate_series(1, {rows}) AS i"
            )
        return alone(POSTGRES, url)


def main() -> None:
    """Make, measure, print."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        csv_file(folder / "f.csv", rows)
        nessus_file(folder / "f.nessus", rows // 10)
        (folder / "ws").mkdir()
        (folder / "ws" / "reportkit.toml").touch()
        for name, file, body in (
            ("CSV, read and checked", "f.csv", READ),
            ("CSV, loaded", "f.csv", LOAD),
            ("CSV, plain pandas", "f.csv", PANDAS),
            ("Nessus, read and checked", "f.nessus", READ),
        ):
            path = folder / file
            print(
                f"{name:25} {path.stat().st_size / 1e6:7.1f} MB  {alone(body, str(path), str(folder / 'ws'))}"
            )
        print(f"{'PostgreSQL to Arrow':25} {'':10}  {from_postgres(rows)}")


if __name__ == "__main__":
    main()
