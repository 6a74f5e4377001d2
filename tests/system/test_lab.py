"""JupyterLab on a workspace, in a real browser: cells run, charts are drawn, and nobody else is asked for anything."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from reportkit.cli import lab
from tests.conftest import ROOT
from tests.system.chromium import Browser, available
from tests.unit import workspaces

_SECONDS = 180


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Give the address of a JupyterLab on a small workspace."""
    from datetime import datetime

    ws = workspaces.workspace(tmp_path / "w")
    rows = [
        {"finding_id": f"F{number}", "severity": severity, "state": "open", "opened": datetime(2026, 7, 1), "unit_id": "U1"}
        for number, severity in enumerate(("critical", "high", "high", "low"))
    ]  # fmt: skip
    workspaces.load(ws, "findings", rows, datetime(2026, 10, 2))
    lab.explore(ws.folder)
    told = tmp_path / "told"
    own = {name: str(told / name) for name in ("JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR")}  # fmt: skip
    command = ["-m", "jupyterlab", *lab.arguments(ws.folder, browser=False), "--LabApp.expose_app_in_browser=True"]  # fmt: skip
    import sys

    environment = lab.environment({**os.environ, **own, "PYTHONPATH": str(ROOT)})
    with subprocess.Popen([sys.executable, *command], env=environment, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as process:  # fmt: skip
        try:
            yield where(told / "JUPYTER_RUNTIME_DIR")
        finally:
            process.terminate()
            process.wait(_SECONDS)


def where(runtime: Path) -> str:
    """Give the server's address with its token, from the file that only its owner reads."""
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        for path in runtime.glob("jpserver-*.json"):
            said = json.loads(path.read_text())
            assert path.stat().st_mode & 0o077 == 0
            assert said["hostname"] == "127.0.0.1"
            assert len(said["token"]) > 30
            return f"{said['url']}lab/tree/{lab.EXPLORE}/findings.ipynb?token={said['token']}"
        time.sleep(0.2)
    raise AssertionError("JupyterLab did not start")


@pytest.mark.soak
def test_a_notebook_runs_in_the_browser_and_nothing_leaves_the_machine(address: str) -> None:
    program = available()
    if program is None:
        pytest.skip("no Chromium")
    with Browser(program) as browser:
        browser.visit(address)
        browser.until("window.jupyterapp && document.querySelector('.jp-Notebook')")
        browser.run("jupyterapp.restored.then(() => true)")
        assert browser.until(
            "[...document.querySelectorAll('.jp-Notebook-ExecutionIndicator')].some(e => e.dataset.status === 'idle')"
        )
        browser.run("jupyterapp.commands.execute('notebook:run-all-cells').then(() => true)")
        drawn = browser.until(
            "document.querySelectorAll('.vega-embed svg, .vega-embed canvas').length", 800
        )
        assert drawn >= 1
        page = browser.run("document.querySelector('.jp-Notebook').textContent")
        assert "Traceback" not in page
        # The extension manager, and with it the list of extensions, is not there at all.
        assert not browser.run("jupyterapp.hasPlugin('@jupyterlab/extensionmanager-extension:plugin')")  # fmt: skip
        asked = {urlsplit(url) for url in browser.requests()}
    assert len(asked) > 20
    assert {parts.hostname for parts in asked if parts.scheme not in {"data", "blob"}} == {"127.0.0.1"}  # fmt: skip
