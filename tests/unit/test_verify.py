"""What was kept stays what was kept: damage is named, killed writers leave nothing torn, many may write at once."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reportkit import verify
from reportkit.store import Provenance, Store
from reportkit.tables import table
from reportkit.workspace import Workspace
from tests.unit.workspaces import load, publish, workspace

AT = datetime(2026, 10, 2)
FINDINGS = table("findings")
WRITER = """
import sys
from datetime import datetime, timedelta
from pathlib import Path
import pyarrow as pa
from reportkit.store import Provenance, Store
from reportkit.tables import table
store, start = Store(Path(sys.argv[1])), int(sys.argv[2])
print("ready", flush=True)
for number in range(start, start + 10_000):
    ids = [f"{number}-{k}" for k in range(2_000)]
    rows = pa.table({"finding_id": ids, "severity": ["high"] * 2_000, "state": ["open"] * 2_000})
    kept = store.add(table("findings"), rows, Provenance(source=f"s{number}", recorded_at=datetime(2026, 1, 1) + timedelta(seconds=number)))
    print(kept.name, flush=True)
"""


def told(folder: Path) -> Workspace:
    """Give a workspace with one load and one publication."""
    ws = workspace(folder)
    load(ws, "findings", [{"finding_id": "F", "severity": "high", "state": "open"}], AT)
    publish(Workspace(ws.folder, now=datetime(2026, 10, 8)).at("2026-Q3"), ["V01"], AT)
    return ws


def test_a_whole_workspace_has_no_fault(tmp_path: Path) -> None:
    ws = told(tmp_path / "ws")
    assert verify.workspace(ws.folder) == verify.Checked(1, 1, 1, ())
    assert verify.workspace(workspace(tmp_path / "empty").folder) == verify.Checked(0, 0, 0, ())


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda p: p.write_bytes(p.read_bytes()[:-1]), "is not what was written"),
        (lambda p: p.write_bytes(b"\0" + p.read_bytes()[1:]), "is not what was written"),
        (Path.unlink, "is missing"),
    ],
    ids=["cut", "changed", "gone"],
)
def test_damage_is_named_with_what_rests_on_it(tmp_path: Path, damage: object, said: str) -> None:
    ws = told(tmp_path / "ws")
    (path,) = (ws.folder / "store/extracts").rglob("*.parquet")
    assert callable(damage)
    damage(path)
    faults = verify.workspace(ws.folder).faults
    assert str(path) in faults[0]
    assert said in faults[0]
    assert "which the load" in faults[0]
    assert len(faults) == (2 if said == "is missing" else 1)


def test_a_torn_record_is_named(tmp_path: Path) -> None:
    ws = told(tmp_path / "ws")
    (path,) = (ws.folder / "store/loads").rglob("*.json")
    path.write_text(path.read_text()[:40])
    assert str(path) in verify.workspace(ws.folder).faults[0]


def test_from_the_command_line(tmp_path: Path) -> None:
    ws = told(tmp_path / "ws")

    def typed(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-m", "reportkit.cli", *words], cwd=ws.folder, capture_output=True, text=True, check=False)  # fmt: skip

    assert "Everything is as it was written." in typed("verify").stdout
    (logged,) = json.loads(typed("log", "--json").stdout)
    assert (logged["table"], logged["rows"]) == ("findings", 1)
    (path,) = (ws.folder / "store/extracts").rglob("*.parquet")
    path.write_bytes(b"torn")
    ended = typed("verify")
    assert ended.returncode == 3
    assert "is not what was written" in ended.stderr
    assert typed("verify", "store").returncode == 2


def killed(folder: Path, trials: int, seed: int) -> None:
    """Kill writers at random moments; what they said was kept is there, and nothing is torn."""
    chance = random.Random(seed)
    said: list[str] = []
    for trial in range(trials):
        process = subprocess.Popen([sys.executable, "-c", WRITER, str(folder), str(trial * 10_000)], stdout=subprocess.PIPE, text=True)  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(chance.uniform(0, 0.06))
        process.send_signal(signal.SIGKILL)
        rest, _ = process.communicate(timeout=30)
        said += [line for line in rest.splitlines(keepends=True) if line.endswith("\n")]
    store = Store(folder)
    kept = {entry.name: entry for entry in store.loads()}
    assert {line.strip() for line in said} <= kept.keys()
    for entry in kept.values():
        assert pq.read_metadata(store.extract_path("findings", entry.extract)).num_rows == 2_000
    (folder.parent / "reportkit.toml").write_text("")
    assert verify.workspace(folder.parent).faults == ()


def test_killed_writers_lose_and_tear_nothing(tmp_path: Path) -> None:
    killed(tmp_path / "store", 8, seed=20261125)


@pytest.mark.soak
def test_two_hundred_killed_writers_lose_and_tear_nothing(tmp_path: Path) -> None:
    killed(tmp_path / "store", 200, seed=1)


def _write(place: Path, writer: int) -> int:
    store = Store(place)
    for number in range(25):
        ids = pa.array([f"{writer}-{number}"])
        rows = pa.table({"finding_id": ids, "severity": ["low"], "state": ["open"]})
        at = AT + timedelta(seconds=number)
        store.add(FINDINGS, rows, Provenance(source=f"writer {writer}", recorded_at=at))
    return os.getpid()


def test_eight_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(8) as pool:
        assert len(set(pool.starmap(_write, [(tmp_path / "store", n) for n in range(8)]))) > 1
    assert len(Store(tmp_path / "store").loads()) == 8 * 25
    (tmp_path / "reportkit.toml").touch()
    checked = verify.workspace(tmp_path)
    assert (checked.loads, checked.extracts, checked.faults) == (200, 200, ())
