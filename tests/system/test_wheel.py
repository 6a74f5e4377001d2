"""The wheel, installed elsewhere, makes the report."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from reportkit.ledger import Ledger
from reportkit.store import Store

ROOT = Path(__file__).resolve().parents[2]

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("wheel")]


@dataclass(frozen=True)
class Installed:
    """A wheel unpacked into a folder of its own, away from the checkout."""

    site: Path
    home: Path

    @property
    def command(self) -> Path:
        """Where the installed command lies."""
        return self.site / "bin" / "reportkit"

    def run(self, *command: str) -> str:
        """Run a command, which must go well, and give what it printed."""
        done = self.ended(*command)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def ended(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command that sees the installed package and not the checkout."""
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        return subprocess.run(
            command,
            cwd=self.home,
            env=environment | {"PYTHONPATH": str(self.site), "HOME": str(self.home)},
            capture_output=True,
            text=True,
            check=False,
            timeout=900,
        )


def pip_wheel(source: Path, into: Path) -> Path:
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"),
            *("--wheel-dir", str(into), str(source)),
        ],
        check=True,
    )
    (wheel,) = into.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pip_wheel(ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    site = tmp_path_factory.mktemp("site")
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-compile"),
            *("--target", str(site), str(wheel)),
        ],
        check=True,
    )
    return Installed(site, tmp_path_factory.mktemp("home"))


def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_wheel_holds_notebooks_templates_assets_and_licences(wheel: Path) -> None:
    held = names(wheel)
    wanted = {
        "reportkit/py.typed",
        "reportkit/_assets/vega.js",
        "reportkit/_bundled/notebooks/board.ipynb",
        "reportkit/_bundled/templates/theme.toml",
        "reportkit/_bundled/templates/fonts/Inter-Regular.ttf",
        "reportkit/_bundled/templates/fonts/Inter-Regular.woff2",
        "reportkit/_bundled/templates/fonts/OFL.txt",
        "reportkit/_bundled/templates/licences/vega.txt",
    }
    assert wanted - held == set()
    server = "data/etc/jupyter/jupyter_server_config.d/reportkit.json"
    assert any(name.endswith(f".data/{server}") for name in held)
    assert any(name.endswith("dist-info/licenses/LICENSE") for name in held)
    assert any(name.endswith("dist-info/licenses/templates/licences/vega.txt") for name in held)


def test_wheel_holds_nothing_else(wheel: Path) -> None:
    assert wheel.stat().st_size < 2_000_000
    stray = re.compile(r"^(tests|runs|demo)/|(^|/)(\.[^/]*|__pycache__)(/|$)|\.(pyc|part)$")
    assert [name for name in names(wheel) if stray.search(name)] == []


def test_wheel_of_the_source_archive_is_the_same(wheel: Path, tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    (archive,) = tmp_path.glob("*.tar.gz")
    again = pip_wheel(archive, tmp_path / "again")
    with zipfile.ZipFile(wheel) as one, zipfile.ZipFile(again) as two:
        assert names(wheel) == names(again)
        assert [n for n in one.namelist() if one.read(n) != two.read(n)] == []


def test_installed_package_is_the_one_that_runs(installed: Installed) -> None:
    code = "import reportkit.resources as r; print(r.__file__, r.templates(), r.notebook('board'))"
    for path in installed.run(sys.executable, "-c", code).split():
        assert Path(path).is_relative_to(installed.site)


def test_exporters_are_announced(installed: Installed) -> None:
    code = "from nbconvert.exporters import get_export_names as names; print(*names())"
    found = set(installed.run(sys.executable, "-W", "ignore", "-c", code).split())
    assert {"reportkit-html", "reportkit-pdf", "reportkit-email"} <= found


@dataclass(frozen=True)
class Demo:
    """The fictional company that the installed command made, and what it printed."""

    place: Path
    out: str


@pytest.fixture(scope="module")
def demo(installed: Installed) -> Demo:
    """Give the workspace that a newcomer's first command makes."""
    return Demo(installed.home / "reportkit-demo", installed.run(str(installed.command), "demo"))


def test_demo_leaves_the_report_in_every_format(demo: Demo, installed: Installed) -> None:
    for name in ("report.html", "report.pdf", "message.eml"):
        (path,) = re.findall(rf"\S+/{name}", demo.out)
        assert (installed.home / path).stat().st_size > 10_000
    (manifest,) = demo.place.glob("runs/board/2026-Q3/_all/*/manifest.json")
    run = manifest.parent
    assert (run / "report.pdf").read_bytes().startswith(b"%PDF-")
    assert "<html" in (run / "report.html").read_text(encoding="utf-8")[:1000]
    assert (run / "notebook.ipynb").is_file()
    assert (demo.place / "notebooks/board.ipynb").is_file()


def test_demo_tells_seven_quarters_and_reports_on_the_eighth(demo: Demo) -> None:
    told = Ledger(demo.place).publications()
    assert [item.period for item in told] == [
        "2024-Q4",
        "2025-Q1",
        "2025-Q2",
        "2025-Q3",
        "2025-Q4",
        "2026-Q1",
        "2026-Q2",
    ]
    assert all(load.stated for load in Store(demo.place / "store").loads())


def test_the_board_reads_eight_pages_before_the_annex(demo: Demo, installed: Installed) -> None:
    (printed,) = re.findall(r"\S+/report.pdf", demo.out)
    with pikepdf.open(installed.home / printed) as pdf, pdf.open_outline() as outline:
        places = {
            entry.title: pdf.pages.index(pikepdf.Page(target(entry, pdf))) for entry in outline.root
        }
        body = places["Annex"] - places["The quarter in brief"]
        assert body <= 8
        assert len(pdf.pages) <= 16


def test_a_second_demo_goes_on_where_the_first_is_and_touches_no_other(
    demo: Demo, installed: Installed
) -> None:
    other = installed.ended(str(installed.command), "demo", "--seed", "8")
    assert other.returncode == 2
    assert "seed 7" in other.stderr
    installed.run(str(installed.command), "demo", "--no-run")
    assert len(Ledger(demo.place).publications()) == 7


def target(entry: pikepdf.OutlineItem, pdf: pikepdf.Pdf) -> pikepdf.Object:
    """Give the page that a bookmark leads to."""
    where: Any = entry.destination or (entry.action.D if entry.action is not None else None)
    if isinstance(where, pikepdf.String | str):
        names = pdf.Root.Names.Dests.Names
        where = next(
            v
            for k, v in zip(list(names)[::2], list(names)[1::2], strict=True)
            if str(k) == str(where)
        )
        where = where.D if isinstance(where, pikepdf.Dictionary) else where
    page: pikepdf.Object = where[0]
    return page
