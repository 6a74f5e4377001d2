"""The same batch on a Dask cluster: a real scheduler and two real workers on loopback, one of which is lost on the way."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest

from tests.conftest import Ended
from tests.system.test_batch import Typed, report
from tests.unit.workspaces import load, workspace

pytest.importorskip("distributed", reason="the extra 'cluster' is not installed")
UNITS = [f"U{number}" for number in range(8)]


def command(folder: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", *words], cwd=folder, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[str]]]]:
    """Give the address of a scheduler, and its two workers."""
    place = tmp_path / "cluster"
    place.mkdir()
    log = place / "scheduler.log"
    with log.open("w") as file:
        scheduler: subprocess.Popen[str] = subprocess.Popen(
        [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-show"],
        cwd=place, text=True, stdout=subprocess.DEVNULL, stderr=file,
    )  # fmt: skip
    workers: list[subprocess.Popen[str]] = []
    try:
        until = time.monotonic() + 60
        while not (found := re.search(r"tcp://(127\.0\.0\.1:\d+)", log.read_text())):
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.1)
        workers += [
            command(
                place, "distributed.cli.dask_worker", f"tcp://{found[1]}", "--nthreads", "1", "--no-nanny", "--no-dashboard",
                "--name", f"worker-{number}", "--local-directory", str(place),
            )
            for number in range(2)
        ]  # fmt: skip
        yield found[1], workers
    finally:
        # A worker says goodbye to its scheduler, and waits long for one that is gone: the scheduler goes last.
        for group in (workers, [scheduler]):
            for process in group:
                process.terminate()
            for process in group:
                _ended(process)


def _ended(process: subprocess.Popen[str]) -> None:
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(20)


def notebooks(folder: Path) -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = {}
    for path in sorted(folder.glob("runs/tiny/2026-Q3/*/*/notebook.ipynb")):
        if ".failed" not in path.parent.name:
            found.setdefault(path.parent.parent.name, []).append(path.read_bytes())
    return found


def test_every_report_is_made_once_although_a_worker_is_lost(
    tmp_path: Path,
    cluster: tuple[str, list[subprocess.Popen[str]]],
    typed: Typed,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    address, workers = cluster
    here, there = tmp_path / "here", tmp_path / "there"
    for place in (here, there):
        place.mkdir()
        made = workspace(place)
        rows = [{"unit_id": unit, "valid_from": date(2025, 1, 1), "name": unit} for unit in UNITS]
        load(made, "units", rows, datetime(2026, 10, 2))
        report(
            place, "import time\nopen(f'begun-{unit}', 'w')\ntime.sleep(0.5)", "print(unit, period)"
        )
    words = (
        "run",
        "tiny",
        "-p",
        "2026-Q3",
        "--units",
        "all",
        "--formats",
        "html",
        "--known-by",
        "2026-10-09",
    )

    monkeypatch.chdir(here)
    assert typed(*words).code == 0
    monkeypatch.chdir(there)
    batch = subprocess.Popen(
        [sys.executable, "-m", "reportkit.cli", *words, "--executor", f"dask://{address}", "--json"],
        cwd=there, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    until = time.monotonic() + 120
    while len(list(there.glob("begun-*"))) < 3:
        assert batch.poll() is None, batch.communicate()
        assert time.monotonic() < until, "no report was begun"
        time.sleep(0.05)
    os.kill(workers[0].pid, signal.SIGKILL)
    out, err = batch.communicate(timeout=200)
    ended = Ended(batch.returncode, out, err)
    assert ended.code == 0, ended
    assert [one["state"] for one in json.loads(ended.out)] == ["draft"] * len(UNITS)
    assert {unit: len(found) for unit, found in notebooks(there).items()} == dict.fromkeys(UNITS, 1)
    assert notebooks(there) == notebooks(here)
    # The workers were started by others, for whom anybody may read what they write.
    assert not [path for path in (there / "runs").glob("tiny/2026-Q3/*/*/*") if path.stat().st_mode & 0o077]  # fmt: skip
