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


def made(folder: Path) -> dict[str, list[dict[str, bytes]]]:
    """Give the files of every run but for its manifest, by unit."""
    found: dict[str, list[dict[str, bytes]]] = {}
    for path in sorted(folder.glob("runs/tiny/2026-Q3/*/*/notebook.ipynb")):
        if ".failed" not in path.parent.name:
            files = {one.name: one.read_bytes() for one in path.parent.iterdir() if one.name != "manifest.json"}  # fmt: skip
            found.setdefault(path.parent.parent.name, []).append(files)
    return found


def run(place: Path, address: str, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "reportkit.cli", "run", "tiny", *ASKED, "--executor", f"dask://{address}", "--json", *words],
        cwd=place, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


ASKED = ("-p", "2026-Q3", "--formats", "html", "--known-by", "2026-10-09")


def test_every_report_is_made_once_by_workers_that_do_not_see_the_folder_although_one_is_lost(
    tmp_path: Path,
    cluster: tuple[str, list[subprocess.Popen[str]]],
    typed: Typed,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    address, workers = cluster
    here, there = tmp_path / "here", tmp_path / "there"
    for place in (here, there):
        place.mkdir()
        made_ = workspace(place)
        rows = [{"unit_id": unit, "valid_from": date(2025, 1, 1), "name": unit} for unit in UNITS]
        load(made_, "units", rows, datetime(2026, 10, 2))
        report(
            place,
            "import time\nopen(f'begun-{unit}', 'w')\ntime.sleep(0.5)",
            "import reportkit as rk\nprint(unit, period, len(rk.open('.').at(period).table('units')))\nassert unit != 'U7'",
        )
    monkeypatch.chdir(here)
    assert typed("run", "tiny", *ASKED, "--units", "all").code == 4

    monkeypatch.chdir(there)
    batch = run(there, f"{address}?share=no", "--units", "all")
    until = time.monotonic() + 120
    # What they are told to do is done in folders of their own.
    while len(list((tmp_path / "cluster").rglob("begun-*"))) < 3:
        assert batch.poll() is None, batch.communicate()
        assert time.monotonic() < until, "no report was begun"
        time.sleep(0.05)
    os.kill(workers[0].pid, signal.SIGKILL)
    out, err = batch.communicate(timeout=200)
    ended = Ended(batch.returncode, out, err)
    assert ended.code == 4, ended
    told = json.loads(ended.out)
    assert [one["state"] for one in told] == ["draft"] * 7 + ["failed"]
    found = made(there)
    assert {unit: len(runs) for unit, runs in found.items()} == dict.fromkeys(UNITS[:7], 1)
    assert found == made(here)
    assert not list(there.glob("begun-*"))
    # The workers were started by others, for whom anybody may read what they write.
    assert not [path for path in (there / "runs").glob("tiny/2026-Q3/*/*/*") if path.stat().st_mode & 0o077]  # fmt: skip

    # What failed is kept where it was asked for, and said with a path of this machine.
    message = told[-1]["error"]["message"]
    kept = there / message.partition("as far as it ran: ")[2]
    assert "AssertionError" in message
    assert kept.name == "notebook.ipynb"
    assert kept.parent.name.endswith(".failed")
    assert str(tmp_path / "cluster") not in kept.read_text()

    # The worker that is left sees the folder, and is asked whether it does.
    shared = run(there, address, "--units", "U1", "--force")
    out, err = shared.communicate(timeout=200)
    assert shared.returncode == 0, err
    assert [path.name for path in there.glob("begun-*")] == ["begun-U1"]
    assert [one["notebook.ipynb"] for one in made(there)["U1"]] == [made(here)["U1"][0]["notebook.ipynb"]] * 2  # fmt: skip
    assert not list((there / "runs").glob(".*.part"))
