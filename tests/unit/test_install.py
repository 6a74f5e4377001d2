"""Files that make a machine call ``reportkit due``, read by what will read them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft7Validator

from reportkit.errors import UsageError
from reportkit.schedule import install


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze")
@pytest.mark.parametrize("name", ["firm", 'a firm\'s 100% "own" $HOME'])
def test_systemd_takes_the_units(tmp_path: Path, name: str) -> None:
    (workspace := tmp_path / name).mkdir()
    command = tmp_path / "bin dir" / "reportkit"
    command.parent.mkdir()
    command.write_text("#!/bin/sh\n")
    command.chmod(0o755)
    for file, text in install.systemd(workspace, str(command), 3600).items():
        (tmp_path / file).write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", tmp_path / "reportkit-due.service", tmp_path / "reportkit-due.timer"],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    about = [line for line in done.stderr.splitlines() if "reportkit" in line]
    assert (done.returncode, about) == (0, [])


#: Five fields of numbers, steps and stars, as crontab(5) has them.
CRON = re.compile(r"(?:(?:\*|\d+)(?:/\d+)? ){4}(?:\*|\d+) ")


@pytest.mark.parametrize(
    ("span", "when"),
    [("10m", "*/10 * * * *"), ("1h", "7 * * * *"), ("6h", "7 */6 * * *"), ("1d", "7 6 * * *")],
)
def test_a_line_for_cron(span: str, when: str) -> None:
    text = install.cron(Path("/srv/a firm/100%"), "/opt/rk", install.interval(span))["reportkit.cron"]  # fmt: skip
    line = text.splitlines()[1]
    assert CRON.match(line)
    # A bare per cent sign would end the command in a crontab.
    assert line == f"{when} /opt/rk due -w '/srv/a firm/100\\%' >/dev/null"


@pytest.mark.skipif(shutil.which("crontab") is None, reason="no crontab")
@pytest.mark.parametrize("span", ["1m", "10m", "59m", "1h", "90m", "6h", "23h", "1d", "30d"])
def test_crontab_takes_the_line(tmp_path: Path, span: str) -> None:
    """Any span gives a table that cron's own program finds right; a wrong one it does not."""
    path = tmp_path / "reportkit.cron"
    (text,) = install.cron(tmp_path / "a firm", "/opt/rk", install.interval(span)).values()
    path.write_text(text)
    assert subprocess.run(["crontab", "-n", path], capture_output=True, check=False).returncode == 0
    path.write_text(re.sub(r"^\S+ \S+ ", "77 * ", text, flags=re.MULTILINE))
    assert subprocess.run(["crontab", "-n", path], capture_output=True, check=False).returncode == 1


def test_the_schema_of_github_takes_the_workflow() -> None:
    """The schema is that of SchemaStore, as check-jsonschema carries it."""
    (text,) = install.github_actions(7200).values()
    place = files("check_jsonschema") / "builtin_schemas" / "vendor" / "github-workflows.json"
    asked = Draft7Validator(json.loads(place.read_text(encoding="utf-8")))
    # YAML 1.1 reads the key 'on' as true.
    flow = {"on" if key is True else key: value for key, value in yaml.safe_load(text).items()}
    assert list(asked.iter_errors(flow)) == []
    flow["jobs"]["due"]["runs-at"] = flow["jobs"]["due"].pop("runs-on")
    assert list(asked.iter_errors(flow)) != []


def test_a_workflow_for_github() -> None:
    flow = yaml.safe_load(install.github_actions(3600)["reportkit.yml"])
    # YAML 1.1 reads the key 'on' as true.
    assert flow[True]["schedule"] == [{"cron": "7 * * * *"}]
    assert flow["permissions"] == {"contents": "read"}
    assert flow["concurrency"]["cancel-in-progress"] is False
    steps = flow["jobs"]["due"]["steps"]
    assert all(("uses" in step) != ("run" in step) for step in steps)
    assert steps[-1]["run"] == "reportkit due"


@pytest.mark.parametrize("text", ["", "hourly", "0h", "-1h", "1w", "h"])
def test_other_spans(text: str) -> None:
    with pytest.raises(UsageError, match="write for example 30m, 1h or 1d"):
        install.interval(text)
