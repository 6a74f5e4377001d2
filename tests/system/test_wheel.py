"""The wheel, installed elsewhere, makes the report."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("wheel")]


@dataclass(frozen=True)
class Installed:
    """A wheel unpacked into a folder of its own, away from the checkout."""

    site: Path
    home: Path

    def run(self, *command: str) -> str:
        """Run a command that sees the installed package and not the checkout."""
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        done = subprocess.run(
            command,
            cwd=self.home,
            env=environment | {"PYTHONPATH": str(self.site), "HOME": str(self.home)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


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


def test_wheel_makes_the_report(installed: Installed, tmp_path: Path) -> None:
    command = installed.site / "bin" / "reportkit"
    installed.run(str(command), "demo", str(tmp_path / "company"))
    (manifest,) = (tmp_path / "company").glob("runs/board/2026-Q3/_all/*/manifest.json")
    run = manifest.parent
    assert (run / "report.pdf").read_bytes().startswith(b"%PDF-")
    assert "<html" in (run / "report.html").read_text(encoding="utf-8")[:1000]
    assert (run / "message.eml").stat().st_size > 0
    assert (run / "notebook.ipynb").is_file()
