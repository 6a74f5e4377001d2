"""A report as a job of jupyter-scheduler: asked for over its own interface, with parameters, in our formats."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
import warnings
from datetime import datetime
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest

from reportkit.cli import lab
from reportkit.errors import ParameterError
from reportkit.run import template
from tests.conftest import ROOT
from tests.unit import workspaces

_SECONDS = 180


def workspace(folder: Path) -> Path:
    ws = workspaces.workspace(folder)
    rows = [
        {"finding_id": f"F{number}", "severity": severity, "state": "open", "opened": datetime(2026, 7, 1), "unit_id": "U1"}
        for number, severity in enumerate(("critical", "high", "high", "low"))
    ]  # fmt: skip
    workspaces.load(ws, "findings", rows, datetime(2026, 10, 2))
    from nbformat import v4

    cells = [
        v4.new_code_cell('workspace = "."\nperiod: str = ""\ntop: int = 3', metadata={"tags": ["parameters"]}),
        v4.new_code_cell("import reportkit as rk\nview = rk.open(workspace).at(period)", metadata={"tags": ["setup"]}),
        v4.new_markdown_cell("# What is open", metadata={"tags": ["email"]}),
        v4.new_code_cell("print(f'{len(view.table(\"findings\"))} rows at the end of {view.period.key}, top {top + 1}')", metadata={"tags": ["email"]}),
    ]  # fmt: skip
    book = v4.new_notebook(cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}})  # fmt: skip
    (folder / "notebooks").mkdir()
    (folder / "notebooks/open.ipynb").write_bytes(template.text(book))
    return folder


def test_what_is_typed_is_read_as_the_notebook_declares(tmp_path: Path) -> None:
    with warnings.catch_warnings(action="ignore"):
        # The extension uses what SQLAlchemy calls out of date.
        from reportkit.run import jupyter_scheduler
    place = workspace(tmp_path / "w")
    book = template.read(place / "notebooks/open.ipynb")
    read = jupyter_scheduler.bound(
        book, "open.ipynb", {"period": '"2026-Q3"', "top": "7"}, place / "notebooks"
    )
    assert read == {"period": "2026-Q3", "top": 7, "workspace": str(place)}
    assert jupyter_scheduler.bound(book, "open.ipynb", {"period": "2026-Q3"}, tmp_path) == {
        "period": "2026-Q3"
    }
    with pytest.raises(ParameterError, match="did you mean 'period'"):
        jupyter_scheduler.bound(book, "open.ipynb", {"perod": "2026-Q3"}, place)
    with pytest.raises(ParameterError, match="top"):
        jupyter_scheduler.bound(book, "open.ipynb", {"top": "many"}, place)


@pytest.mark.slow
def test_a_job_of_the_extension_writes_the_report(tmp_path: Path) -> None:
    place = workspace(tmp_path / "w")
    own = {name: str(tmp_path / name) for name in ("JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR", "HOME")}  # fmt: skip
    environment = lab.environment({**os.environ, **own, "PYTHONPATH": str(ROOT)})
    command = [sys.executable, "-m", "jupyter_server", *lab.arguments(place, browser=False), "--ServerApp.jpserver_extensions={'jupyter_scheduler': True}"]  # fmt: skip
    (tmp_path / "JUPYTER_DATA_DIR").mkdir()
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            ask = server(Path(environment["JUPYTER_RUNTIME_DIR"]))
            (offered,) = ask("scheduler/runtime_environments")
            formats = {one["name"] for one in offered["output_formats"]}
            assert formats >= {"report.html", "report.pdf", "report.eml"}
            job = ask("scheduler/jobs", {
                "name": "open", "input_uri": "notebooks/open.ipynb", "runtime_environment_name": offered["name"],
                "runtime_environment_parameters": {}, "output_formats": ["ipynb", "report.html", "report.pdf", "report.eml"],
                "parameters": {"period": "2026-Q3", "top": "7"},
            })["job_id"]  # fmt: skip
            deadline = time.monotonic() + _SECONDS
            while (state := ask(f"scheduler/jobs/{job}"))["status"] not in {
                # Until it begins, the extension calls a job stopped.
                "COMPLETED",
                "FAILED",
            }:
                assert time.monotonic() < deadline
                time.sleep(0.5)
            assert state["status"] == "COMPLETED", state["status_message"]
        finally:
            process.terminate()
            process.wait(_SECONDS)
    made = {"".join(path.suffixes[-2:]): path for path in (tmp_path / "JUPYTER_DATA_DIR/scheduler_staging_area" / job).iterdir()}  # fmt: skip
    said = "4 rows at the end of 2026-Q3, top 8"
    assert said in made[".report.html"].read_text(encoding="utf-8")
    assert made[".report.pdf"].read_bytes().startswith(b"%PDF-1.")
    mail = message_from_bytes(made[".report.eml"].read_bytes(), policy=policy.default)
    body = mail.get_body(("plain",))
    assert body is not None
    assert said in body.get_content()
    assert made[".report.pdf"].stat().st_mode & 0o077 == 0


def server(runtime: Path) -> Any:
    """Give a function that asks the server for JSON."""
    deadline = time.monotonic() + _SECONDS
    while (
        not (
            told := [
                json.loads(path.read_text() or "{}") for path in runtime.glob("jpserver-*.json")
            ]
        )
        or not told[0]
    ):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    head = {"Authorization": f"token {told[0]['token']}", "Content-Type": "application/json"}

    def ask(path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        asked = urllib.request.Request(told[0]["url"] + path, data=data, headers=head)
        while True:
            try:
                with urllib.request.urlopen(asked, timeout=_SECONDS) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as error:
                raise AssertionError(error.read()) from error
            except OSError:
                # The file is there a moment before the server listens.
                assert time.monotonic() < deadline
                time.sleep(0.2)

    return ask
