"""What it costs to say why told figures read differently today, where all findings were exported twice; run by hand.

    python tests/benchmarks/restatements.py 1000000 [FOLDER] [part]

Makes a workspace of that size once (kept in FOLDER if given), publishes eight figures from it, and loads the same findings a
second time: one in a hundred was closed earlier than known, was none, has another severity or is new. With ``part`` the second
load holds only those. Then the bridges of all figures, and the rows behind one, are computed in a process of its own: first
with nothing kept beside the store, then once more. Prints CPU seconds, wall seconds, peak memory, and what was found.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks.measures import PERIOD, alone

FIGURES = ("V01", "V03", "V04", "V06", "V08", "V09", "K02", "K07")
CUT = datetime(2026, 10, 8, 8)
LATE = datetime(2026, 11, 2, 6)
#: Of a thousand findings, which are others in the second load: number of the finding modulo 1,000 below the first of these is
#: closed earlier than known, below the second none, below the third of another severity; below the fourth there is a new one.
CHANGED = """
SELECT * REPLACE (
  CASE WHEN place < 4 AND state = 'open' THEN 'fixed' WHEN place BETWEEN 4 AND 5 THEN 'false_positive' ELSE state END AS state,
  CASE WHEN place < 4 AND state = 'open' THEN LEAST(opened + 20, DATE '2026-09-28') ELSE closed END AS closed,
  CASE WHEN place BETWEEN 6 AND 7 THEN 'critical' ELSE severity END AS severity)
FROM (SELECT *, CAST(substr(finding_id, 2) AS BIGINT) % 1000 AS place FROM read_parquet('{path}'))
UNION ALL
SELECT * REPLACE ('n' || finding_id AS finding_id)
FROM (SELECT *, CAST(substr(finding_id, 2) AS BIGINT) % 1000 AS place FROM read_parquet('{path}')) WHERE place BETWEEN 8 AND 9
"""
BRIDGES = """
import sys
from datetime import datetime
from pathlib import Path
from reportkit import bridge
from reportkit.workspace import Workspace
late = datetime.fromisoformat(sys.argv[3])
view = Workspace(Path(sys.argv[1]), now=late).at(sys.argv[2], known_by=late)
told = bridge.told(view)
found = {one.measure: [one.told, one.today, dict(one.steps)] for one in told.bridges()}
"""
ROWS = BRIDGES + "found = told.rows('V04', 20)['what'].value_counts().to_dict()\n"


def tell_and_load_again(folder: Path, *, part: bool) -> None:
    """Publish figures of a workspace with one load of findings, and load findings once more."""
    import duckdb

    from reportkit.facts import Facts
    from reportkit.ledger import Publication
    from reportkit.store import Provenance
    from reportkit.tables import TABLES
    from reportkit.workspace import Workspace

    view = Workspace(folder, now=CUT).at(PERIOD)
    facts = Facts(figures=tuple(view.measure(id_).figure() for id_ in FIGURES))
    extracts = {name: tuple(load.extract for load in loads) for name, loads in view.loads.items()}
    told = Publication("board", PERIOD, "", 1, "run", view.as_of, CUT, CUT)
    view.workspace.ledger.publish(told, facts, extracts)
    (path,) = (folder / "store" / "extracts" / "findings").glob("*.parquet")
    rows = f"SELECT * EXCLUDE (place) FROM ({CHANGED.format(path=path)})"
    rows += " WHERE place < 10" if part else ""
    found = duckdb.sql(f"{rows} ORDER BY opened, finding_id")
    assert found is not None
    view.workspace.store.add(
        TABLES["findings"],
        found.to_arrow_reader(1 << 18),
        Provenance(source="made", recorded_at=LATE),
    )


def main() -> None:
    """Make, measure, print."""
    from tests import estate

    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    part = "part" in sys.argv[2:]
    places = [word for word in sys.argv[2:] if word != "part"]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(places[0] if places else scratch) / f"{count}{'-part' if part else ''}"
        if not (folder / "store").exists():
            estate.make(folder, count)
            tell_and_load_again(folder, part=part)
        shutil.rmtree(folder / "store" / ".known", ignore_errors=True)
        for name, body in (("bridges, first", BRIDGES), ("bridges, again", BRIDGES), ("with the rows", ROWS)):  # fmt: skip
            cost = alone(body, str(folder), PERIOD, LATE.isoformat())
            print(f"{count:>11,}  {name:15} {json.dumps(cost)}")


if __name__ == "__main__":
    main()
