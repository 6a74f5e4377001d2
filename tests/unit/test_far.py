"""What is sent to a machine that does not see the workspace, and what comes back: bounded, looked at, whole or not at all."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from reportkit import config
from reportkit.errors import ConfigError, DataError, TemporaryError, UsageError
from reportkit.ledger import of
from reportkit.run import cluster, dispatch, executors, far, jobs, kit, landing
from reportkit.run.code import code
from reportkit.run.request import Request
from tests import runs
from tests.conftest import Ended
from tests.system.test_batch import report
from tests.unit.workspaces import load, workspace

NOW = datetime(2026, 11, 2, 8)


@dataclass
class Far:
    """A workspace, a job for it, and what another machine gave for that."""

    folder: Path
    job: dict[str, Any]
    answer: dict[str, Any]


def made(folder: Path, cell: str, unit: str = "A") -> Far:
    folder.mkdir()
    rows = [{"unit_id": name, "valid_from": date(2025, 1, 1), "name": name} for name in "AB"]
    load(workspace(folder), "units", rows, datetime(2026, 10, 2))
    report(folder, cell)
    packed = kit.pack(folder)
    period = config.read(folder).calendar.parse("2026-Q3")
    request = Request(workspace=folder, report="tiny", period=period, unit=unit, parameters={}, known_by=NOW, formats=("html",))  # fmt: skip
    job = jobs.plain(request, now=NOW, engine=None) | {
        "key": "k" * 8, "ticket": f"t-{unit}", "force": True, "code": code(), "copy": hashlib.sha256(packed).hexdigest(),
        "surroundings": {}, "notebook": None,
    }  # fmt: skip
    return Far(folder, job, far.apart(job, packed))


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Far:
    return made(tmp_path_factory.mktemp("far") / "w", "print(unit)")


def left(folder: Path) -> list[Path]:
    return [path for path in (folder / "runs").rglob("*") if path.is_file()]


def changed(answer: dict[str, Any], change: Callable[[dict[str, bytes]], None]) -> dict[str, Any]:
    """Give the answer with other files in its zip, and a hash that fits them."""
    with zipfile.ZipFile(io.BytesIO(answer["packed"])) as packed:
        files = {name: packed.read(name) for name in packed.namelist()}
    change(files)
    page = io.BytesIO()
    with zipfile.ZipFile(page, "w") as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return {**answer, "packed": page.getvalue(), "sha256": hashlib.sha256(page.getvalue()).hexdigest()}  # fmt: skip


def says(name: str, value: Any) -> Callable[[dict[str, bytes]], None]:
    def change(files: dict[str, bytes]) -> None:
        said = json.loads(files["run/manifest.json"]) | {name: value}
        files["run/manifest.json"] = json.dumps(said).encode()

    return change


def test_a_run_lands_whole_once_and_from_no_folder_of_the_other_machine(done: Far, tmp_path: Path) -> None:  # fmt: skip
    assert "folder" not in done.answer
    job = {**done.job, "workspace": str(tmp_path)}
    found = landing.landed(job, done.answer)
    place = Path(found["folder"])
    assert (found["state"], place.parent) == ("draft", tmp_path / "runs/tiny/2026-Q3/A")
    assert {path.name for path in place.iterdir()} == {"notebook.ipynb", "report.html", "manifest.json"}  # fmt: skip
    with pytest.raises(TemporaryError, match="in the same moment"):
        landing.landed(job, done.answer)
    assert [path.name for path in place.parent.iterdir()] == [place.name]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (says("unit", "B"), "not the run that was asked for"),
        (says("period", "2026-Q2"), "not the run that was asked for"),
        (says("key", "other"), "not the run that was asked for"),
        (says("ticket", "other"), "not the run that was asked for"),
        (says("state", "failed"), "not the run that was asked for"),
        (says("run_id", "../../x"), "not the run that was asked for"),
        (says("artefacts", {}), "not what its manifest lists"),
        (lambda files: files.update({"run/manifest.json": b"["}), "not the run that was asked for"),
        (lambda files: files.update({"run/report.html": b"other"}), r"lists \(report.html\)"),
        (lambda files: files.update({"run/more.html": b"more"}), r"lists \(more.html\)"),
        (lambda files: files.pop("run/report.html"), r"lists \(report.html\)"),
        (lambda files: files.pop("run/notebook.ipynb"), r"lists \(notebook.ipynb\)"),
        (lambda files: files.update({"../x": b"out"}), "leads out of it"),
        (lambda files: files.update({"read/x": b"out"}), r"what it read \(x\)"),
        (lambda files: files.update({"beside/y": b"out"}), r"what it read \(y\)"),
    ],
    ids=["unit", "period", "key", "ticket", "state", "name", "list", "no JSON", "changed", "more", "less", "no notebook", "outside", "not read", "beside"],
)  # fmt: skip
def test_what_is_not_the_run_asked_for_is_refused_and_nothing_is_kept(done: Far, tmp_path: Path, change: Any, said: str) -> None:  # fmt: skip
    with pytest.raises(DataError, match=said) as caught:
        landing.landed({**done.job, "workspace": str(tmp_path)}, changed(done.answer, change))
    assert "\n" not in caught.value.message
    assert not list(tmp_path.rglob("*"))
    assert not (tmp_path.parent / "x").exists()


def test_bytes_that_changed_on_their_way_are_refused(done: Far, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is not what it sent"):
        landing.landed({**done.job, "workspace": str(tmp_path)}, {**done.answer, "packed": done.answer["packed"][:-1]})  # fmt: skip
    assert not left(tmp_path)
    with pytest.raises(DataError, match="is not what it sent"):
        far.apart({**done.job, "copy": "0" * 64}, b"other")


def test_a_run_that_failed_lands_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failed = made(tmp_path / "w", "assert unit == 'B'")
    monkeypatch.chdir(failed.folder)
    found = landing.landed(failed.job, failed.answer)
    message = found["error"]["message"]
    (place,) = (failed.folder / "runs/tiny/2026-Q3/A").iterdir()
    assert place.name.endswith(".failed")
    assert message.endswith(str((place / "notebook.ipynb").relative_to(failed.folder)))
    assert "AssertionError" in message


def test_another_release_makes_nothing(done: Far) -> None:
    for make in (far.shared, lambda job: far.apart(job, b"")):
        with pytest.raises(ConfigError, match="another release of reportkit"):
            make({**done.job, "code": "0" * 64})


def test_a_machine_that_does_not_see_the_folder_says_so(done: Far, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"does not see .*share the folder"):
        far.shared({**done.job, "mark": str(tmp_path / "none")})


def test_the_copy_is_the_same_bytes_again_and_bounded(done: Far) -> None:
    assert kit.pack(done.folder) == kit.pack(done.folder)
    with pytest.raises(UsageError, match=r"at most 0\.00\d+ MiB are sent .*share the folder"):
        kit.pack(done.folder, most=1000)


def test_what_comes_back_is_bounded(done: Far, tmp_path: Path) -> None:
    place = Path(landing.landed({**done.job, "workspace": str(tmp_path)}, done.answer)["folder"])
    with pytest.raises(UsageError, match=r"MiB come back .*share the folder"):
        far.packed(tmp_path, place, most=1000)


def test_runs_recipients_of_what_was_sent_and_secrets_stay(tmp_path: Path) -> None:  # fmt: skip
    firm = tmp_path / "firm"
    runs.published(firm, runs.settings(), kinds=("html", "email"))
    later = runs.NOW + timedelta(hours=3)
    found = dispatch.parcel(firm, "board", runs.PERIOD, None, later)
    dispatch.put(of(firm), dispatch.addressed(firm, found, later))
    dispatch.sender(firm, lambda: later).run()
    (firm / "notebooks").mkdir(exist_ok=True)
    (firm / "notebooks/pass.txt").write_text("hunter2")
    text = (firm / config.FILE).read_text()
    (firm / config.FILE).write_text(f'{text}\n[mail.smtp]\npassword = "file:{firm}/notebooks/pass.txt"\n')  # fmt: skip
    with zipfile.ZipFile(io.BytesIO(kit.pack(firm))) as packed:
        names = packed.namelist()
        ledger = packed.read("ledger.db")
    assert "notebooks/pass.txt" not in names
    assert not [name for name in names if name.startswith(("runs/", "outbox/", "store/raw"))]
    sent = next((firm / "outbox").rglob("*.eml")).read_bytes()
    assert b"anna@example.org" in sent
    assert b"anna@example.org" not in ledger
    assert b"board" in ledger


@pytest.mark.parametrize("text", ["127.0.0.1:1?share=maybe", "127.0.0.1:1?some=yes"])
def test_an_option_of_a_cluster_that_is_not_known_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError, match=r"\?share=yes and \?share=no are"), cluster.opened(text, tmp_path, {}):  # fmt: skip
        pass


def test_the_command_says_which_places_there_are(typed: Callable[..., Ended]) -> None:
    assert "dask://HOST:PORT" in executors.KINDS
    assert "workers that do not see" in " ".join(typed("run", "--help").out.replace("│", " ").split())  # fmt: skip
