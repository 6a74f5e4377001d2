"""The command as a user types it: what it prints, what it leaves, how it ends."""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import stat
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import v4

from reportkit import config
from reportkit.cli import main
from reportkit.errors import EXIT_CODES
from reportkit.ledger import Ledger
from reportkit.store import Store

CSV = "finding_id,title,severity,state,opened,closed,asset_id\nF1,One,high,open,2026-02-01,,A\nF2,Two,low,fixed,2026-02-01,2026-08-01,A\n"
COMMAND = [sys.executable, "-m", "reportkit.cli"]


@dataclass
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


Type = Callable[..., Ended]


@pytest.fixture
def type_(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Type:
    """Type a command in a fresh folder."""
    monkeypatch.chdir(tmp_path)

    def typed(*words: object) -> Ended:
        monkeypatch.setattr(sys, "argv", ["reportkit", *map(str, words)])
        code = 0
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        said = capsys.readouterr()
        return Ended(code, said.out, said.err)

    return typed


def tiny(
    folder: Path,
    *cells: str,
    parameters: str = 'workspace = "."\nperiod = ""\nunit = ""\nknown_by = ""\nn = 1',
) -> None:
    """Give a workspace the report ``tiny``."""
    (folder / "notebooks").mkdir(exist_ok=True)
    head = v4.new_code_cell(parameters)
    head.metadata["tags"] = ["parameters"]
    nbformat.write(
        v4.new_notebook(cells=[head, *map(v4.new_code_cell, cells)]),
        folder / "notebooks/tiny.ipynb",
    )


@pytest.fixture
def loaded(type_: Type, tmp_path: Path) -> Path:
    """Give a workspace with findings and a small report, as the current folder."""
    assert type_("init", ".").code == 0
    (tmp_path / "data/scan.csv").write_text(CSV)
    assert type_("load", "findings", "data/scan.csv", "--recorded-at", "2026-10-05").code == 0
    tiny(tmp_path, "print(period, n)")
    return tmp_path


# ---- setting up ------------------------------------------------------------------------------------------------------


def test_init_makes_a_workspace_that_says_its_defaults(type_: Type, tmp_path: Path) -> None:
    ended = type_("init", "w")
    assert ended.code == 0
    assert {path.name for path in (tmp_path / "w").iterdir()} == {
        "reportkit.toml",
        "data",
        "mappings",
        "commentary",
        "explore",
        ".gitignore",
        ".schema",
    }
    text = (tmp_path / "w/reportkit.toml").read_text()
    assert config.read(tmp_path / "w") == config.Settings()
    written = tomllib.loads(text)
    # Sections whose keys the reader names (owners, sources, freshness) have no defaults to say.
    sections = {n: value for n, value in config.Settings() if not isinstance(value, dict | tuple)}
    assert written.keys() == sections.keys()
    for name, section in sections.items():
        # Nor have those that nobody needs to begin with (a mail server, approvers).
        said = {key for key, value in section.model_dump().items() if value is not None}
        assert written[name].keys() == said - {"approvers"}
    assert "# [freshness]" in text
    ignored = (tmp_path / "w/.gitignore").read_text().split()
    assert {"runs/", "store/", "*.db"} <= set(ignored)
    again = type_("init", "w")
    assert again.code == 2
    assert (tmp_path / "w/reportkit.toml").read_text() == text


def test_the_workspace_is_the_nearest_above(
    loaded: Path, type_: Type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(loaded / "data")
    assert "findings" in type_("tables").out
    monkeypatch.chdir("/")
    ended = type_("runs")
    assert ended.code == 7
    assert "reportkit demo" in ended.err


# ---- data ------------------------------------------------------------------------------------------------------------


def test_load_keeps_rows_and_says_so(loaded: Path, type_: Type) -> None:
    (load,) = Store(loaded / "store").loads("findings")
    assert (load.rows, load.rejected, load.stated, load.source) == (2, 0, True, "scan")
    assert f"{load.recorded_at}" == "2026-10-05 23:59:59"
    again = type_("load", "findings", "data/scan.csv")
    assert "nothing was added" in again.out
    assert len(Store(loaded / "store").loads()) == 1
    said = json.loads(type_("tables", "--json").out)
    assert {"table": "findings", "row": said[2]["row"], "rows": 2, "loads": 1} in said


def test_rejected_rows_are_counted_and_shown(loaded: Path, type_: Type) -> None:
    (loaded / "bad.csv").write_text(CSV + "F3,Three,hgih,open,2026-02-01,,A\n")
    ended = type_("load", "findings", "bad.csv", "--source", "scanner")
    assert ended.code == 0
    assert "rejected  1 record" in ended.out
    assert "'hgih'" in ended.out
    assert "did you mean 'high'" in ended.out


def test_inspect_counts_without_loading(type_: Type, tmp_path: Path) -> None:
    (tmp_path / "scan.csv").write_text(CSV)
    said = json.loads(type_("inspect", "scan.csv", "--json").out)
    assert said.keys() >= {
        "format",
        "table",
        "records",
        "findings",
        "rejected",
        "by_severity",
        "first_day",
        "last_day",
        "problems",
    }
    assert (said["format"], said["table"], said["records"], said["findings"]) == (
        "csv",
        "findings",
        2,
        2,
    )
    assert said["by_severity"] == {"critical": 0, "high": 1, "medium": 0, "low": 1, "info": 0}
    assert (said["first_day"], said["last_day"]) == ("2026-02-01", "2026-08-01")
    plain = type_("inspect", "scan.csv").out
    assert "1 high, 1 low" in plain
    assert [path.name for path in tmp_path.iterdir()] == ["scan.csv"]


def test_earlier_knowledge_is_refused_once_a_report_used_the_table(
    loaded: Path, type_: Type
) -> None:
    assert type_("run", "tiny", "--formats", "", "--known-by", "2026-10-09").code == 0
    assert type_("publish", "tiny", "2026-Q3").code == 0
    (loaded / "late.csv").write_text(CSV.replace("F1", "F9"))
    ended = type_("load", "findings", "late.csv", "--recorded-at", "2026-10-07")
    assert ended.code == 2
    assert "2026-10-09 23:59 UTC, by which a published report used findings" in ended.err
    assert type_("load", "findings", "late.csv", "--recorded-at", "2026-10-10").code == 0
    assert len(Store(loaded / "store").loads()) == 2


# ---- reports ---------------------------------------------------------------------------------------------------------


def test_run_publish_and_runs(loaded: Path, type_: Type) -> None:
    ran = type_("run", "tiny", "--param", "n=2")
    assert ran.code == 0, ran.err
    lines = ran.out.splitlines()
    assert lines[0] == "tiny 2026-Q3  draft"
    for name in ("report.html", "report.pdf", "message.eml", "notebook.ipynb", "manifest.json"):
        (path,) = re.findall(rf"\S+/{name}", ran.out)
        assert (loaded / path).is_file()
    assert "passed" in ran.out
    assert "tiny 2026-Q3: Run the notebook, cell 2 of 2" in ran.err
    assert "\x1b" not in ran.out + ran.err
    assert "\r" not in ran.err
    published = type_("publish", "tiny", "2026-Q3")
    assert published.code == 0, published.err
    assert len(Ledger(loaded).publications()) == 1
    (listed,) = json.loads(type_("runs", "--json").out)
    assert (listed["report"], listed["period"], listed["state"]) == ("tiny", "2026-Q3", "published")


SENT = """
[audiences.all]
reports = ["tiny"]
domains = ["example.org"]
tlp = "TLP:AMBER"
members = [{ address = "a@example.org", name = "A" }]

[approval]
required = 1
four_eyes = false

[[approval.approvers]]
name = "Ada"

[editions.auditor]

[mail]
sender = "s@example.org"
"""


def test_all_that_a_report_leaves_behind_is_for_its_owner_only(loaded: Path, type_: Type, tmp_path_factory: pytest.TempPathFactory) -> None:  # fmt: skip
    out = tmp_path_factory.mktemp("out")
    (loaded / "data/scan.csv").chmod(0o600)
    for path in loaded.rglob("tiny.ipynb"):
        path.chmod(0o600)
    (loaded / "reportkit.toml").write_text(SENT)
    loaded.chmod(0o755)
    os.umask(0o022)
    for words in (
        ["run", "tiny", "--formats", "html,email"], ["approve", "tiny", "2026-Q3", "--by", "Ada"], ["publish", "tiny", "2026-Q3"], ["send", "tiny", "2026-Q3"],
    ):  # fmt: skip
        ended = type_(*words)
        assert ended.code == 0, (words, ended.err)
    (run,) = (loaded / "runs/tiny/2026-Q3/_all").iterdir()
    for line in (["bundle", run.name, out / "pack.zip"], ["backup", out / "copy.zip"], ["backup", out / "copy"], ["restore", out / "copy.zip", out / "back"], ["export", "findings", out / "f.xlsx"]):  # fmt: skip
        os.umask(0o022)
        ended = type_(*line)
        assert ended.code == 0, (line, ended.err)
    found = {path: stat.S_IMODE(path.lstat().st_mode) for place in (loaded, out) for path in place.rglob("*")}  # fmt: skip
    wanted = [loaded / name for name in ("ledger.db", "outbox", f"{run}/final/report.html", f"{run}/editions/auditor/report.html")]  # fmt: skip
    wanted += [out / name for name in ("pack.zip", "copy.zip", "copy", "back/ledger.db", "f.xlsx")]
    assert found.keys() >= set(wanted)
    assert {path: oct(mode) for path, mode in found.items() if mode & 0o077} == {}


def test_the_default_period_is_the_latest_closed_one_with_data(loaded: Path, type_: Type) -> None:
    said = json.loads(type_("run", "tiny", "--formats", "", "--json").out)
    assert said["period"] == "2026-Q3"
    assert said["artefacts"].keys() == {"notebook.ipynb"}
    assert said["extracts"]["findings"] == [Store(loaded / "store").loads()[0].extract]


def test_a_held_report_ends_with_its_own_code(loaded: Path, type_: Type) -> None:
    tiny(
        loaded,
        'from IPython.display import display, SVG\ndisplay(SVG(\'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>\'))',
    )
    ended = type_("run", "tiny", "--formats", "html")
    assert ended.code == 5
    assert "held by alt_text" in ended.err
    assert "tiny 2026-Q3  held" in ended.out
    assert type_("publish", "tiny", "2026-Q3").code == 5


BAD = {
    "no such file": (("load", "findings", "nope.csv"), 3, "File nope.csv does not exist"),
    "empty file": (("load", "findings", "empty.csv"), 3, "empty"),
    "a folder": (("load", "findings", "data"), 3, "data"),
    "not a format": (("load", "findings", "noise.bin"), 3, "noise.bin"),
    "document type": (("load", "findings", "evil.nessus"), 3, "DOCTYPE"),
    "unknown table": (("load", "findngs", "scan.csv"), 3, "did you mean 'findings'"),
    "wrong table": (("load", "kev", "data/scan.csv"), 3, ""),
    "unknown format": (("inspect", "data/scan.csv", "--format", "nesus"), 2, "did you mean 'nessus'"),
    "unknown time": (("load", "findings", "data/scan.csv", "--recorded-at", "yesterday"), 2, "'yesterday'"),
    "a time to come": (("load", "findings", "data/scan.csv", "--recorded-at", "2999-01-01"), 2, "has not come yet"),
    "unknown day": (("load", "findings", "data/scan.csv", "--observed", "30.9.2026"), 2, "2026-09-30"),
    "unknown report": (("run", "tinny"), 2, "did you mean 'tiny'"),
    "future period": (("run", "tiny", "--period", "2998-Q1"), 2, "not closed yet"),
    "unknown period": (("run", "tiny", "--period", "Q3/26"), 2, "2026-Q3"),
    "unknown parameter": (("run", "tiny", "--param", "m=1"), 2, "no parameter 'm'"),
    "ill-typed parameter": (("run", "tiny", "--param", "n=x"), 2, "whole number"),
    "no equals sign": (("run", "tiny", "--param", "n"), 2, "name=value"),
    "twice": (("run", "tiny", "-P", "n=1", "-P", "n=2"), 2, "given twice"),
    "nothing to publish": (("publish", "tiny", "2026-Q2"), 2, "reportkit run tiny --period 2026-Q2"),
    "no workspace": (("run", "tiny", "-w", "data"), 7, "data is not a workspace"),
    "unknown option": (("run", "tiny", "--perod", "2026-Q3"), 2, "--period"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_sentence_and_a_documented_code(
    loaded: Path, type_: Type, name: str
) -> None:
    words, code, said = BAD[name]
    (loaded / "empty.csv").write_text("")
    (loaded / "noise.bin").write_bytes(bytes(range(256)) * 4)
    (loaded / "evil.nessus").write_text(
        '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><NessusClientData_v2>&a;</NessusClientData_v2>'
    )
    before = sorted(loaded.rglob("*"))
    ended = type_(*words)
    assert ended.code == code, ended
    assert code in EXIT_CODES
    assert said in ended.err
    assert "Traceback" not in ended.err
    assert ended.out == ""
    assert sorted(loaded.rglob("*")) == before


def test_a_workspace_without_data_says_how_to_load(type_: Type, tmp_path: Path) -> None:
    type_("init", ".")
    tiny(tmp_path, "1")
    ended = type_("run", "tiny")
    assert ended.code == 3
    assert "reportkit load findings FILE" in ended.err
    assert not (tmp_path / "runs").exists()


def test_a_broken_configuration_names_the_nearest_key(loaded: Path, type_: Type) -> None:
    (loaded / "reportkit.toml").write_text('[organisation]\nnmae = "x"\n')
    ended = type_("run", "tiny")
    assert ended.code == 7
    assert "did you mean 'name'" in ended.err


def test_failures_of_the_notebook_have_codes_of_their_own(loaded: Path, type_: Type) -> None:
    codes = {}
    for source in ("1/0", "import sys; sys.exit(0)", "import os; os.kill(os.getpid(), 9)"):
        tiny(loaded, source)
        ended = type_("run", "tiny")
        codes[source] = ended.code
        assert ended.out == ""
        assert len([line for line in ended.err.splitlines() if line.startswith("reportkit:")]) == 1
    assert list(codes.values()) == [4, 4, 6]
    assert not list(loaded.glob("runs/*/*/*/*/report.*"))


# ---- the machine -----------------------------------------------------------------------------------------------------


def command(folder: Path, *words: str, **more: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, *words],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **more,
    )


def test_the_installed_command_answers() -> None:
    script = Path(sys.executable).with_name("reportkit")
    done = subprocess.run([script, "--version"], capture_output=True, text=True, check=True)
    assert re.fullmatch(r"reportkit \d+\.\d+\.\d+\n", done.stdout)
    assert (
        "demo"
        in subprocess.run([script, "--help"], capture_output=True, text=True, check=True).stdout
    )


def test_a_full_disk_leaves_nothing_half_written(loaded: Path) -> None:
    """No file may grow beyond 250 kB, which the page alone does; the error is that of a write that found no room."""
    # Five signs each in the page, one in the notebook; the ledger's empty tables take more than 100 kB.
    tiny(loaded, "print('&' * 80_000)")

    def no_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (250_000, 250_000))

    process = command(loaded, "run", "tiny", preexec_fn=no_room)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 75, err
    assert "Writing the run: failed (file too large); nothing was half-written" in err
    assert not (loaded / "runs").exists()


def test_a_full_disk_keeps_no_half_of_a_load(loaded: Path) -> None:
    rows = [f"F{i},Title {i * 7919},high,open,2026-01-{i % 28 + 1:02},,A{i}" for i in range(4000)]
    (loaded / "large.csv").write_text(CSV.splitlines()[0] + "\n" + "\n".join(rows) + "\n")

    def no_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    process = command(loaded, "load", "findings", "large.csv", preexec_fn=no_room)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 75, err
    assert len(Store(loaded / "store").loads()) == 1
    # Rows, record and copy of the load before.
    assert len([path for path in (loaded / "store").rglob("*") if path.is_file()]) == 3


def test_a_folder_that_cannot_be_written(type_: Type, tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    user = os.geteuid()
    type_("init", "--help")
    config.Settings()
    if user == 0:
        os.seteuid(65534)
    try:
        ended = type_("init", "w")
    finally:
        os.seteuid(user)
        tmp_path.chmod(0o755)
    assert ended.code == 75
    assert "Making the workspace w" in ended.err
    assert list(tmp_path.iterdir()) == []


def test_interrupt_ends_cleanly_and_takes_the_kernel_along(loaded: Path) -> None:
    mark = loaded / "pid"
    tiny(
        loaded, f"import os, time\nopen({str(mark)!r}, 'w').write(str(os.getpid()))\ntime.sleep(60)"
    )
    process = command(loaded, "run", "tiny")
    deadline = time.monotonic() + 120
    while not (mark.exists() and mark.read_text()) and time.monotonic() < deadline:
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert not (loaded / "runs").exists()
    assert ended(int(mark.read_text()))


def test_a_killed_run_takes_its_kernel_along(loaded: Path) -> None:
    mark = loaded / "pid"
    tiny(
        loaded, f"import os, time\nopen({str(mark)!r}, 'w').write(str(os.getpid()))\ntime.sleep(60)"
    )
    process = command(loaded, "run", "tiny")
    deadline = time.monotonic() + 120
    while not (mark.exists() and mark.read_text()) and time.monotonic() < deadline:
        time.sleep(0.1)
    process.kill()
    process.communicate(timeout=30)
    assert ended(int(mark.read_text()))
    assert [path for path in loaded.glob("runs/*/*/*/*") if not path.name.startswith(".")] == []


def ended(pid: int) -> bool:
    """Wait for a process to end; a zombie has ended."""
    for _ in range(50):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        time.sleep(0.1)
    return False


# ---- the demo --------------------------------------------------------------------------------------------------------


def test_demo_refuses_a_folder_that_holds_something_else(type_: Type, tmp_path: Path) -> None:
    (tmp_path / "reportkit-demo").mkdir()
    (tmp_path / "reportkit-demo/mine.txt").write_text("keep")
    ended = type_("demo")
    assert ended.code == 2
    assert "reportkit-demo is not empty" in ended.err
    assert (tmp_path / "reportkit-demo/mine.txt").read_text() == "keep"
    assert type_("demo", "d", "--until", "2998-Q4").code == 2
    assert not (tmp_path / "d").exists()
