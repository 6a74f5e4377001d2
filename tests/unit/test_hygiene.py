"""What must not be in the repository, whoever wrote it."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CEILING = 400

#: Written in pieces, so that this file does not find itself.
FORBIDDEN = (
    "/wo" + "rk/",
    "sub" + "agent",
    "clau" + "de",
    "anthro" + "pic",
    "issues" + " show",
    "py" + "pi.org",
    "python" + "hosted",
    "npm" + "js.org",
    "--index" + "-url",
    "--extra-index" + "-url",
    "--trusted" + "-host",
)
TEXT = {
    ".py", ".toml", ".md", ".txt", ".yml", ".yaml", ".ipynb", ".typ", ".css", ".js", ".html", ".j2", ".json", ".csv",
    "",
}  # fmt: skip


def tracked() -> list[Path]:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    out = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    return [ROOT / name for name in out.split("\0") if name and (ROOT / name).is_file()]


def texts() -> dict[str, str]:
    return {
        str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
        for path in tracked()
        if path.suffix in TEXT
    }


def test_the_project_speaks_only_of_itself() -> None:
    found = [
        f"{name}: {word}"
        for name, text in texts().items()
        for word in FORBIDDEN
        if word in text.lower()
    ]
    assert found == []


def test_requirements_hold_hashes_and_no_address() -> None:
    text = (ROOT / ".ci/requirements.txt").read_text()
    pins = re.findall(r"^[a-z0-9].*?==", text, re.MULTILINE)
    assert len(pins) > 100
    assert "://" not in text
    for block in re.split(r"\n(?=[a-z0-9])", text.strip()):
        if not block.startswith("#"):
            assert "--hash=sha256:" in block, block[:80]


def notebooks() -> list[Path]:
    # Those of others are kept with what they showed, to be rendered.
    others = ROOT / "tests/notebooks/others"
    return [path for path in tracked() if path.suffix == ".ipynb" and path.parent != others]


def test_there_are_notebooks() -> None:
    assert notebooks()


def test_notebooks_hold_no_outputs() -> None:
    for path in notebooks():
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        code = [cell for cell in cells if cell["cell_type"] == "code"]
        assert code, path
        for cell in code:
            assert cell["outputs"] == [], path
            assert cell["execution_count"] is None, path


def test_no_module_is_longer_than_the_ceiling() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for path in (ROOT / "reportkit").rglob("*.py")
        if "_bundled" not in path.parts
    }
    assert {name: length for name, length in lengths.items() if length > CEILING} == {}


def test_nothing_made_by_the_build_is_tracked() -> None:
    out = subprocess.run(
        ["git", "ls-files", "reportkit/_assets", "templates/fonts", "reportkit/_bundled"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    assert out.stdout == b""


def test_version_is_the_same_everywhere() -> None:
    import tomllib

    import reportkit

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert reportkit.__version__ == project["version"]


@pytest.mark.xdist_group("together")
def test_groups_of_tests_stay_together(
    request: pytest.FixtureRequest, pytestconfig: pytest.Config
) -> None:
    """Tests that share a server or a long run are one group; where groups are lost, each worker makes its own."""
    if getattr(pytestconfig.option, "loadgroup", False):
        assert request.node.nodeid.endswith("@together")
