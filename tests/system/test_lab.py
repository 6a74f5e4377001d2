"""JupyterLab on a workspace, in a real browser: cells run, charts follow the pickers, and nobody else is asked for anything."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from reportkit.cli import lab
from tests import estate
from tests.conftest import ROOT
from tests.system.chromium import available

if TYPE_CHECKING:
    from playwright.sync_api import Download, Locator, Page, Response

pytestmark = pytest.mark.slow

_SECONDS = 60
_EXPORT_SECONDS = 30
_READY = (
    "() => { const session = window.jupyterapp?.shell.currentWidget?.sessionContext;"
    " return session?.isReady && session.session?.kernel?.status === 'idle' }"
)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the address of a JupyterLab on a workspace."""
    place = tmp_path_factory.mktemp("lab")
    ws = estate.make(place / "w", 300)
    lab.explore(ws.folder)
    own = {name: str(place / name) for name in ("JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR", "HOME")}  # fmt: skip
    command = ["-m", "jupyterlab", *lab.arguments(ws.folder, browser=False), "--LabApp.expose_app_in_browser=True"]  # fmt: skip
    environment = lab.environment({**os.environ, **own, "PYTHONPATH": str(ROOT)})
    with subprocess.Popen([sys.executable, *command], env=environment, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as process:  # fmt: skip
        try:
            yield where(Path(environment["JUPYTER_RUNTIME_DIR"]))
        finally:
            process.terminate()
            process.wait(_SECONDS)


def where(runtime: Path) -> str:
    """Give the server's address with its token, from the file that only its owner reads."""
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        for path in runtime.glob("jpserver-*.json"):
            said = json.loads(path.read_text() or "{}")
            if said:
                assert path.stat().st_mode & 0o077 == 0
                assert said["hostname"] == "127.0.0.1"
                assert len(said["token"]) > 30
                return f"{said['url']}lab/tree/{lab.EXPLORE}/findings.ipynb?token={said['token']}"
        time.sleep(0.2)
    raise AssertionError("JupyterLab did not start")


@pytest.fixture(scope="module")
def page(address: str) -> Iterator[tuple[Page, list[str]]]:
    """Give a tab that has opened the notebook, and every address that it or a tab it opened asks for."""
    from playwright.sync_api import sync_playwright

    program = available()
    if program is None:
        pytest.skip("no Chromium")
    asked: list[str] = []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": 1400, "height": 1000})
        context.set_default_timeout(_SECONDS * 1000)
        context.on("request", lambda request: asked.append(request.url))
        tab = context.new_page()
        tab.on("websocket", lambda line: asked.append(line.url))
        tab.goto(address)
        tab.wait_for_function(_READY)
        yield tab, asked
        browser.close()


def picture(chart: Locator) -> bytes:
    """Take a picture of a chart; of the next one where it is replaced meanwhile."""
    from playwright.sync_api import Error

    deadline = time.monotonic() + _SECONDS
    while True:
        try:
            return chart.screenshot()
        except Error:
            if time.monotonic() > deadline:
                raise


def right(tab: Page, chart: Locator) -> bytes:
    """Take a picture of a chart's right half."""
    box = chart.bounding_box()
    assert box is not None
    half = box["width"] / 2
    return tab.screenshot(clip={"x": box["x"] + half, "y": box["y"], "width": half, "height": box["height"]})  # fmt: skip


def until(tab: Page, done: Callable[[], bool], otherwise: str) -> None:
    deadline = time.monotonic() + _SECONDS
    while not done():
        assert time.monotonic() < deadline, otherwise
        tab.wait_for_timeout(100)


def exported(tab: Page, name: str) -> Download:
    """Export by the File menu, and give what the browser saves; a refusal ends the wait."""
    found: list[Download] = []
    refused: list[str] = []

    def keep(made: Download) -> None:
        # The driver keeps notes on what it calls, for which a method of a list has no room.
        found.append(made)

    def look(answer: Response) -> None:
        if f"/nbconvert/{name.lower()}/" in answer.url and not answer.ok:
            refused.append(f"{answer.status} {answer.url}")

    # The new tab is gone as soon as its address is known to be a file, which is then the opener's.
    tab.once("download", keep)
    tab.context.on("response", look)
    tab.get_by_role("menuitem", name="File", exact=True).click()
    tab.get_by_text("Save and Export Notebook As").hover()
    tab.get_by_text(name, exact=True).click()
    deadline = time.monotonic() + _EXPORT_SECONDS
    while not found and not refused and time.monotonic() < deadline:
        tab.wait_for_timeout(50)
    tab.context.remove_listener("response", look)
    assert refused == []
    assert found, f"{name}: nothing saved in {_EXPORT_SECONDS} s"
    return found[0]


def test_an_analyst_runs_a_notebook_picks_a_quarter_and_exports_it(page: tuple[Page, list[str]], tmp_path: Path) -> None:  # fmt: skip
    tab, asked = page
    tab.get_by_role("menuitem", name="Run", exact=True).click()
    tab.get_by_text("Run All Cells", exact=True).click()
    charts = tab.locator(".jp-OutputArea-output .vega-embed svg, .vega-embed canvas")
    charts.first.wait_for()
    tab.wait_for_function(_READY)
    charts.nth(1).wait_for()
    notebook = tab.locator(".jp-Notebook")
    assert "Traceback" not in notebook.inner_text()

    counted = tab.locator(".rk table", has_text="Weaknesses past their due date").first.inner_text()
    # Fonts that the reader's machine has stand in for one that it has not.
    drawn_with = tab.evaluate("getComputedStyle(document.querySelector('.rk')).fontFamily")
    assert drawn_with.endswith("sans-serif")

    # What was picked is asked anew, in the words of the chart and in its drawing.
    last, earlier = (
        tab.locator(f".vega-embed[aria-label*='weaknesses are open at the end of {quarter}']").first
        for quarter in ("Q3 2026", "Q4 2025")
    )
    before = picture(last)

    # A click on a severity counts it alone for each unit, on the other side; a double click counts all again.
    whole = right(tab, last)
    last.click(position={"x": 80, "y": 205})
    until(tab, lambda: right(tab, last) != whole, "the other side does not follow a click")
    last.dblclick(position={"x": 80, "y": 205})
    tab.mouse.move(5, 5)
    until(tab, lambda: right(tab, last) == whole, "a double click does not clear what was picked")

    # A unit has fewer than the firm.
    told = last.get_attribute("aria-label")
    unit = tab.get_by_label("Unit", exact=True)
    unit.select_option("U1")
    until(tab, lambda: last.count() == 1 and last.get_attribute("aria-label") != told, "the chart does not follow the unit")  # fmt: skip
    unit.select_option("the whole firm")
    until(tab, lambda: last.count() == 1 and last.get_attribute("aria-label") == told, "the chart does not go back to the firm")  # fmt: skip

    tab.get_by_label("Period", exact=True).select_option("2025-Q4")
    earlier.wait_for()
    drawn = picture(earlier)
    assert drawn != before
    assert last.count() == 0
    tab.get_by_label("Severity", exact=True).select_option("critical")
    tab.wait_for_function(_READY)
    until(tab, lambda: picture(earlier) != drawn, "the chart is the same for one severity alone")

    files = {}
    numbers = tab.locator(".rk table", has_text="Weaknesses past their due date").first.inner_text()
    assert numbers != counted

    for name in ("Reportkit-html", "Reportkit-pdf", "Reportkit-email", "Reportkit-xlsx"):
        made = exported(tab, name)
        files[name] = tmp_path / made.suggested_filename
        made.save_as(files[name])
    report = files["Reportkit-html"].read_text(encoding="utf-8")
    assert "weaknesses are open at the end of Q4 2025" in report
    assert "rk.Pickers" not in report
    assert files["Reportkit-pdf"].read_bytes().startswith(b"%PDF-1.")
    mail = message_from_bytes(files["Reportkit-email"].read_bytes(), policy=policy.default)
    assert mail["Subject"]
    assert files["Reportkit-xlsx"].read_bytes().startswith(b"PK")

    # The extension manager, and with it the list of extensions, is not there at all.
    assert not tab.evaluate("jupyterapp.hasPlugin('@jupyterlab/extensionmanager-extension:plugin')")
    hosts = {
        urlsplit(url).hostname for url in asked if urlsplit(url).scheme not in {"data", "blob"}
    }
    assert len(asked) > 20
    assert hosts == {"127.0.0.1"}
