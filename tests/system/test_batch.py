"""Many reports at once: what is left alone, what is made again, who makes it, and what is said at the end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path

import nbformat
import pytest
from nbformat import v4

from reportkit.errors import FaultError
from reportkit.run import jobs
from reportkit.run.register import LEASE, Entry, Register
from tests.conftest import Ended
from tests.unit.workspaces import load, workspace

UNITS = ("A", "B", "C")
#: Warm processes that all tests of this process share; the place that is usual starts its own for each command.
SHARED = ("--executor", "py:concurrent.futures:ThreadPoolExecutor")
Typed = Callable[..., Ended]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a workspace with three units and the report ``tiny``, which fails for B while a file is missing."""
    made = workspace(tmp_path)
    rows = [{"unit_id": unit, "valid_from": date(2025, 1, 1), "name": unit} for unit in UNITS]
    load(made, "units", rows, datetime(2026, 10, 2))
    report(tmp_path, "import os\nassert unit != 'B' or os.path.exists('mended'), 'B is broken'")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def report(folder: Path, *cells: str, name: str = "tiny") -> None:
    (folder / "notebooks").mkdir(exist_ok=True)
    head = v4.new_code_cell(
        'period = ""\nunit = ""', id="parameters", metadata={"tags": ["parameters"]}
    )
    body = [v4.new_code_cell(cell, id=f"cell-{number}") for number, cell in enumerate(cells)]
    made = v4.new_notebook(cells=[head, *body])
    nbformat.write(made, folder / f"notebooks/{name}.ipynb")


def asked(*words: str) -> tuple[str, ...]:
    shared = () if "--executor" in words else SHARED
    return ("run", "tiny", "-p", "2026-Q3", "--formats", "", *shared, *words)


def kept(folder: Path) -> dict[str, list[str]]:
    """Give the state of every run by unit."""
    found: dict[str, list[str]] = {}
    for path in sorted(folder.glob("runs/tiny/2026-Q3/*/*/manifest.json")):
        said = json.loads(path.read_text())
        found.setdefault(said["unit"], []).append(said["state"])
    return found


def test_one_failure_does_not_stop_the_others_and_only_it_is_made_again(
    place: Path, typed: Typed
) -> None:
    first = typed(*asked("--units", "all"))
    assert first.code == 4
    assert kept(place) == {"A": ["draft"], "B": ["failed"], "C": ["draft"]}
    assert "tiny    2026-Q3  3 units     2          –     –       1" in first.out
    assert "tiny 2026-Q3 B: Notebook tiny.ipynb, cell 2 of 2 (import os) failed" in first.out
    assert "3 of 3 done, 1 failed" in first.err

    status = json.loads(typed("status", "--json").out)
    assert {(one["unit"], one["state"], one["cause"]) for one in status} == {
        ("A", "draft", ""), ("B", "failed", "CellError"), ("C", "draft", ""),
    }  # fmt: skip

    (place / "mended").touch()
    assert typed("run", "--resume", *SHARED).code == 0
    assert kept(place) == {"A": ["draft"], "B": ["failed", "draft"], "C": ["draft"]}
    again = typed("run", "--resume", *SHARED)
    assert (again.code, again.out) == (0, "Nothing is left to be made.\n")

    same = typed(*asked("--units", "A,B,C", "--json"))
    assert [(one["state"], one["made"]) for one in json.loads(same.out)] == [("draft", False)] * 3
    assert sum(map(len, kept(place).values())) == 4


@pytest.mark.parametrize("what", ["notebook", "data", "settings", "words", "force"])
def test_a_finished_report_is_made_again_only_when_something_changed(
    place: Path, typed: Typed, what: str
) -> None:
    (place / "mended").touch()
    assert typed(*asked("-u", "A")).code == 0
    same = typed(*asked("-u", "A"))
    assert same.code == 0
    assert "Nothing was made: this run is finished" in same.out
    assert kept(place) == {"A": ["draft"]}
    if what == "notebook":
        report(place, "unit")
    elif what == "data":
        rows = [{"unit_id": "D", "valid_from": date(2025, 1, 1), "name": "D"}]
        load(workspace(place), "units", rows, datetime(2026, 10, 3))
    elif what == "settings":
        with (place / "reportkit.toml").open("a") as file:
            file.write('\n[report]\nauthor = "Another"\n')
    elif what == "words":
        (place / "commentary").mkdir()
        (place / "commentary/2026-Q3.md").write_text("All is well.")
    force = ["--force"] if what == "force" else []
    assert typed(*asked("-u", "A", *force)).code == 0
    assert kept(place) == {"A": ["draft", "draft"]}


def test_a_report_per_unit_is_made_for_each_unit_and_others_for_the_firm(
    place: Path, typed: Typed
) -> None:
    (place / "mended").touch()
    report(place, "unit", name="own")
    path = place / "notebooks/own.ipynb"
    content = json.loads(path.read_text())
    content["metadata"]["reportkit"] = {"per": "unit"}
    path.write_text(json.dumps(content))
    ended = typed(
        "run",
        "--reports",
        "tiny,own",
        "--periods",
        "2026-Q2,2026-Q3",
        "--formats",
        "",
        "--json",
        *SHARED,
    )
    made = [(one["report"], one["period"], one["unit"]) for one in json.loads(ended.out)]
    assert made == [
        (name, quarter, unit)
        for quarter in ("2026-Q2", "2026-Q3")
        for name, units in (("tiny", ("",)), ("own", UNITS))
        for unit in units
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--units", "A,X"), "Unit 'X' is not known; allowed: A, B, C."),
        (("--units", ","), "names no unit"),
        (("--executor", "cloud"), "write local:N, spawn:N, dask://HOST:PORT or py:MODULE:FUNCTION"),
        (("--executor", "local:0"), "names no number of processes"),
        (("--executor", "py:nowhere:f"), "No module named 'nowhere'"),
        (("--executor", "dask://127.0.0.1:1"), "No Dask scheduler answers at 127.0.0.1:1"),
        (("--engine", "cold"), "Engine 'cold' is not known; allowed: kernel, warm."),
    ],
)  # fmt: skip
def test_what_is_not_understood_gets_a_sentence(
    place: Path, typed: Typed, words: tuple[str, ...], said: str
) -> None:
    ended = typed(*asked(*words))
    assert ended.code == 2
    assert said in ended.err
    assert not (place / "runs").exists()


@pytest.mark.parametrize(("where", "known"), [("spawn:2", "known_0"), ("local:2", "held")])
def test_other_executors_make_the_same_reports(
    place: Path, typed: Typed, where: str, known: str
) -> None:
    ask = "import reportkit as rk\nview = rk.open('.').at(period, unit=unit)\nview.table('units')"
    report(place, ask, "open(f'known-{unit}', 'w').write(view._moment.known)\nNone")
    assert typed(*asked("--units", "A,C", "--known-by", "2026-10-09")).code == 0
    assert typed(*asked("--units", "A,C", "--known-by", "2026-10-09", "--executor", where, "--force")).code == 0  # fmt: skip
    for unit in ("A", "C"):
        one, other = sorted(place.glob(f"runs/tiny/2026-Q3/{unit}/*/notebook.ipynb"))
        assert one.read_bytes() == other.read_bytes()
        # Where processes are forked, what they ask of was read before.
        assert (place / f"known-{unit}").read_text() == known


def test_show_tells_what_a_run_says_of_itself(place: Path, typed: Typed) -> None:
    (place / "mended").touch()
    typed(*asked("-u", "A"))
    (run,) = (path.parent for path in place.glob("runs/tiny/2026-Q3/A/*/manifest.json"))
    shown = typed("show", run.name[:20])
    assert shown.code == 0
    assert "tiny 2026-Q3, A  draft" in shown.out
    assert f"runs/tiny/2026-Q3/A/{run.name}" in shown.out
    assert json.loads(typed("show", run.name, "--json").out)["run_id"] == run.name
    assert typed("show", "2020").code == 2


# ---- more than one at a time -----------------------------------------------------------------------------------------


@pytest.fixture
def started(place: Path) -> Iterator[subprocess.Popen[str]]:
    """Start a report for A in another process."""
    with subprocess.Popen(
        [sys.executable, "-m", "reportkit.cli", *asked("-u", "A", "--executor", "local:1")],
        cwd=place, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        yield process
        process.kill()


def wait_for(path: Path) -> None:
    until = time.monotonic() + 120
    while not path.exists():
        assert time.monotonic() < until, "the report did not begin"
        time.sleep(0.05)


@pytest.fixture
def waiting(place: Path) -> None:
    """Let the report wait for a file named ``go`` when it is made for the first time."""
    report(
        place,
        "import os, time\nfirst = not os.path.exists('begun')\nopen('begun', 'w')\n"
        "while first and not os.path.exists('go'):\n    time.sleep(0.05)",
    )


def test_two_starts_of_a_report_give_one_run(
    place: Path, typed: Typed, waiting: None, started: subprocess.Popen[str]
) -> None:
    wait_for(place / "begun")
    second = typed(*asked("-u", "A"))
    assert second.code == 75
    assert "is being made by another process" in second.err
    assert json.loads(typed("status", "--json").out)[0]["state"] == "running"
    (place / "go").touch()
    started.communicate(timeout=120)
    assert started.returncode == 0
    assert kept(place) == {"A": ["draft"]}


def test_a_report_whose_process_died_is_taken_over_once(
    place: Path, typed: Typed, waiting: None, started: subprocess.Popen[str]
) -> None:
    wait_for(place / "begun")
    os.kill(started.pid, signal.SIGKILL)
    started.communicate()
    assert json.loads(typed("status", "--json").out)[0]["state"] == "queued"
    assert typed("run", "--resume", *SHARED).code == 0
    assert kept(place) == {"A": ["draft"]}
    (one,) = json.loads(typed("status", "--json").out)
    assert (one["state"], one["attempts"]) == ("draft", 2)


def test_a_lease_is_held_renewed_lost_and_fenced(tmp_path: Path) -> None:
    workspace(tmp_path)
    now = datetime(2026, 11, 2, 8)
    here, there = Register(tmp_path, "here:1"), Register(tmp_path, "there:2")
    here.queue([Entry("k", "tiny", "2026-Q3", "", "queued", now)])
    assert here.claim("k", now)
    assert not there.claim("k", now + LEASE / 2)
    here.beat(now + LEASE / 2)
    assert not there.claim("k", now + LEASE)
    later = now + LEASE * 2
    assert [one.state for one in there.entries(now=later)] == ["queued"]
    assert there.claim("k", later)
    # Who lost the lease says nothing any more.
    assert not here.land("k", "draft", later, run_id="stale")
    assert there.land("k", "held", later, run_id="r", cause="fresh")
    (one,) = here.entries()
    assert (one.state, one.run_id, one.cause, one.attempts) == ("held", "r", "fresh", 2)


def test_a_fault_of_our_own_is_no_reason_to_try_again(capfd: pytest.CaptureFixture[str]) -> None:
    """A job that no release writes: its report is failed with the code of a fault, whoever runs it."""
    answer = jobs.work({"workspace": "/nowhere"})
    with pytest.raises(FaultError, match=r"reportkit itself failed \(KeyError") as caught:
        jobs.outcome(answer)
    assert caught.value.exit_code == 1
    assert "Traceback" in capfd.readouterr().err
