"""Reports through a real kernel: what a run leaves, and what it leaves when it fails."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from datetime import date, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import v4

from reportkit import errata, errors
from reportkit.errors import ParameterError, ReportkitError, TemporaryError, UsageError
from reportkit.ledger import Ledger
from reportkit.period import FiscalCalendar
from reportkit.run import Request
from reportkit.run.folder import Staging
from reportkit.run.publication import publish
from reportkit.run.report import run
from reportkit.run.told import states
from reportkit.workers.execution import ENGINES, Engine
from reportkit.workspace import Workspace
from tests.unit.workspaces import load

NOW = datetime(2026, 11, 2, 8)
PERIOD = FiscalCalendar().parse("2026-Q3")
DECLARED = 'workspace = "."\nperiod = ""\nunit = ""\nknown_by = ""\nowner = "0042"\n'


def bundle(facts: dict[str, Any]) -> str:
    """Give a cell that tells facts, as a report's own cells do."""
    return (
        "from IPython.display import display\nfrom reportkit.facts import MIME, Facts, bundle\n"
        f"display({{MIME: bundle(None, Facts.model_validate({facts!r}))}}, raw=True)"
    )


FIGURE = {
    "measure": "V04", "name": "Overdue", "value": 7.0, "unit": "count", "as_of": "2026-09-30",
    "known_by": "2026-10-09T00:00:00", "direction": "down", "definition_version": 1,
}  # fmt: skip


# ---- a run that succeeds ---------------------------------------------------------------------------------------------


def test_a_run_leaves_a_whole_folder(desk: Any) -> None:
    desk.notebook(
        v4.new_markdown_cell("# Findings"), ("print('hello')", "email"), parameters=DECLARED
    )
    outcome = desk.run(formats=("html", "pdf", "email"))
    said = json.loads((outcome.folder / "manifest.json").read_text())
    assert outcome.state == said["state"] == "draft"
    assert outcome.folder.parent == desk.folder / "runs/tiny/2026-Q3/_all"
    assert desk.kept() == [outcome.folder]
    assert outcome.folder.name.startswith("20261102T080000000Z-")
    assert {path.name for path in outcome.folder.iterdir()} == {
        "notebook.ipynb", "report.html", "report.pdf", "message.eml", "manifest.json",
    }  # fmt: skip
    for name, kept in said["artefacts"].items():
        content = (outcome.folder / name).read_bytes()
        assert kept == {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    assert (
        said["notebook"]["sha256"]
        == hashlib.sha256((desk.folder / "notebooks/tiny.ipynb").read_bytes()).hexdigest()
    )
    assert said["parameters"]["period"] == {"value": "2026-Q3", "origin": "runner"}
    assert said["parameters"]["owner"] == {"value": "0042", "origin": "default"}
    assert said["known_by"] == "2026-11-02T08:00:00Z"
    assert {"python", "reportkit", "papermill", "typst"} <= said["versions"].keys()
    assert {gate["result"] for gate in said["gates"] if gate["holds"]} == {"pass", "not-applicable"}
    assert said["timings"]["Run the notebook"]["cpu"] > 0
    assert [(step.done, step.total) for step in desk.steps if step.total][-1] == (3, 3)
    page = (outcome.folder / "report.html").read_text()
    assert "Q3 2026" in page
    assert "hello" in page
    assert "print(" not in page


def test_the_same_inputs_give_the_same_bytes(desk: Any) -> None:
    desk.notebook(
        v4.new_markdown_cell("# Same"),
        "import sys, os, time\nfor i in range(30): print(i); sys.stderr.write('e'); sys.stdout.flush()",
        "{'b', 'a', 'c', 'd'}",
        parameters=DECLARED,
    )
    asked = {"formats": ("html", "pdf", "email"), "known_by": datetime(2026, 10, 9)}
    first = desk.run(**asked)
    second = desk.run(now=datetime(2026, 11, 3, 9, 30), **asked)
    assert first.folder != second.folder
    for name in first.manifest["artefacts"]:
        assert (first.folder / name).read_bytes() == (second.folder / name).read_bytes(), name


def test_parameters_arrive_as_they_were_given(desk: Any, asking: Any) -> None:
    desk.notebook(asking("[workspace, period, unit, known_by, owner]"), parameters=DECLARED)
    outcome = desk.run(parameters={"owner": "1e5"}, known_by=datetime(2026, 10, 9, 12))
    assert desk.printed(outcome) == "['.', '2026-Q3', '', '2026-10-09T12:00:00', '1e5']\n"
    assert outcome.manifest["parameters"]["owner"] == {"value": "1e5", "origin": "given"}


def test_a_date_arrives_alike_by_value_and_by_text(desk: Any, asking: Any) -> None:
    desk.notebook(asking("repr(asof)"), parameters='asof = "2024-01-01"')
    by_value = desk.run(parameters={"asof": date(2024, 12, 31)})
    by_text = desk.run(parameters={"asof": "2024-12-31"})
    assert desk.printed(by_value) == desk.printed(by_text) == "'2024-12-31'\n"


def test_the_kernel_works_in_the_workspace_over_private_sockets(desk: Any) -> None:
    desk.engine = "kernel"
    outcome = desk.run(
        "import json, os, sys\nfrom ipykernel.connect import get_connection_file\npath = get_connection_file()\n"
        "folder = os.path.dirname(path)\n"
        "said = json.dumps([os.getcwd(), json.load(open(path))['transport'], os.stat(folder).st_mode & 0o777, folder, sys.executable])\n"
        "print(said, file=open('said.json', 'w'))\nprint(os.getcwd())"
    )
    # What it prints itself names no folder of this machine.
    assert desk.printed(outcome) == ".\n"
    here, transport, mode, folder, python = json.loads((desk.folder / "said.json").read_text())
    assert Path(here) == desk.folder
    assert (transport, mode) == ("ipc", 0o700)
    assert not Path(folder).exists()
    assert python == sys.executable


def test_the_slow_grammar_is_not_built_in_the_kernel(desk: Any) -> None:
    outcome = desk.run(
        "import altair, jsonschema, sys\nprint('jsonschema' in sys.modules, sys.modules.get('rfc3987_syntax'))"
    )
    assert desk.printed(outcome) == "True None\n"


def test_old_outputs_and_old_parameters_of_the_template_do_not_count(desk: Any) -> None:
    """A run's own notebook, taken as a template, forgets that run."""
    path = desk.notebook("print(owner)", parameters=DECLARED)
    first = desk.run(parameters={"owner": "secret-quarter"})
    notebook = nbformat.read(first.folder / "notebook.ipynb", as_version=4)
    notebook.cells[-1].outputs = [
        v4.new_output("error", ename="ValueError", evalue="old", traceback=[])
    ]
    nbformat.write(notebook, path)
    second = desk.run()
    assert desk.printed(second) == "0042\n"
    assert second.state == "draft"
    assert "secret-quarter" not in (second.folder / "notebook.ipynb").read_text()


def test_an_allowed_error_is_no_failure(desk: Any) -> None:
    outcome = desk.run(("1/0", "raises-exception"), "print('after')")
    assert desk.printed(outcome) == "after\n"
    assert outcome.state == "draft"


def test_endless_printing_is_cut(desk: Any) -> None:
    outcome = desk.run("for _ in range(400): print('x' * 10_000)")
    text = desk.printed(outcome)
    assert len(text) < 1_100_000
    assert text.endswith("characters printed]\n")


def test_a_notebook_that_ignores_the_period_says_so(desk: Any) -> None:
    assert "declares no parameter 'period'" in desk.run("1").manifest["remarks"][0]


def test_old_notebooks_without_ids_and_kernel_run(desk: Any) -> None:
    path = desk.folder / "notebooks/tiny.ipynb"
    cell: dict[str, Any] = {
        "cell_type": "code",
        "metadata": {},
        "source": ["print(1)"],
        "outputs": [],
        "execution_count": None,
    }
    path.write_text(
        json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 2})
    )
    assert (desk.run().folder / "notebook.ipynb").read_bytes() == (
        desk.run().folder / "notebook.ipynb"
    ).read_bytes()


# ---- what is refused before anything is written ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_", "kind", "words"),
    [
        ({"parameters": {"quater": "x"}}, ParameterError, "did you mean 'quarter'"),
        ({"parameters": {"n": "many"}}, ParameterError, "whole number such as 12, not 'many'"),
        ({"parameters": {"api_token": "SEKRIT123"}}, ParameterError, "looks like a secret"),
        ({"parameters": {"period": "2026-Q1"}}, ParameterError, "--period"),
        ({"report": "tyny"}, UsageError, "did you mean 'tiny'"),
        ({"formats": ("docx",)}, UsageError, "Format 'docx'"),
        ({"period": FiscalCalendar().parse("2026-Q4")}, UsageError, "not closed yet"),
        ({"known_by": datetime(2027, 1, 1)}, UsageError, "known by 2027-01-01"),
    ],
    ids=["unknown", "ill-typed", "secret", "runner's", "report", "format", "period", "future"],
)
def test_nothing_is_written_when_the_request_does_not_fit(
    desk: Any, request_: dict[str, Any], kind: type[ReportkitError], words: str
) -> None:
    desk.notebook("1", parameters='quarter = "2024Q1"\nn = 1\napi_token = "x"')
    with pytest.raises(kind, match=words) as caught:
        desk.run(**request_)
    assert caught.value.exit_code == 2
    assert "SEKRIT123" not in caught.value.message
    assert not (desk.folder / "runs").exists()


def test_parameters_for_a_notebook_without_the_cell_are_refused(desk: Any) -> None:
    desk.notebook("a = 1\nprint(a)")
    with pytest.raises(ParameterError, match=r"tiny\.ipynb has no parameters cell"):
        desk.run(parameters={"a": "2"})


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "not a Jupyter notebook"),
        ("{}", "not a Jupyter notebook"),
        ("\x00\xff", "not a Jupyter notebook"),
        ("[1]", "not a Jupyter"),
    ],
    ids=["empty", "braces", "bytes", "list"],
)
def test_a_file_that_is_no_notebook(desk: Any, content: str, words: str) -> None:
    (desk.folder / "notebooks/tiny.ipynb").write_text(content, encoding="latin-1")
    with pytest.raises(errors.DataError, match=words):
        desk.run()


def test_a_notebook_in_another_language(desk: Any) -> None:
    desk.notebook("1", kernelspec={"name": "ir", "display_name": "R", "language": "R"})
    with pytest.raises(errors.DataError, match="written in r"):
        desk.run()


# ---- runs that fail --------------------------------------------------------------------------------------------------

FAILURES = {
    "error": ("x = 1\n1/0", "CellError", 4, "cell 2 of 3 \\(x = 1\\) failed: ZeroDivisionError: division by zero"),
    "long": ("raise ValueError('m' * 99_999)", "CellError", 4, "failed: ValueError: m{400}…\\. Mend"),
    "magic": ("%undefined-line-magic", "CellError", 4, "Line magic function"),
    "bash": ("%%bash\nexit 3", "CellError", 4, "non-zero exit status 3"),
    "extension": ("%load_ext nope", "CellError", 4, "No module named 'nope'"),
    "input": ("input()", "CellError", 4, "does not support input"),
    "quiet": (
        "get_ipython().set_custom_exc((Exception,), lambda *a, **k: print('dressed up'))\nraise ValueError('inside')",
        "CellError", 4, "failed",
    ),
    "rich": ("from rich import traceback\ntraceback.install()\nraise ValueError('inside')", "CellError", 4, "failed: ValueError: inside"),
    "exit 0": ("import sys\nsys.exit(0)", "EarlyExit", 4, "ended the notebook early with sys.exit\\(0\\)"),
    "exit 3": ("raise SystemExit(3)", "EarlyExit", 4, "sys.exit\\(3\\)"),
    "quit": ("exit()", "EarlyExit", 4, "early with exit\\(\\)"),
    "os exit 0": ("import os\nos._exit(0)", "EarlyExit", 4, "os._exit\\(0\\)"),
    "os exit 3": ("import os\nos._exit(3)", "KernelDied", 6, "ended itself with exit code 3"),
    "killed": ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", "KernelDied", 6, "signal SIGKILL"),
    "cell": ("import time\ntime.sleep(60)", "RunTimeout", 6, "took longer than 2 seconds"),
    "compiled": ("sum(range(10**12))", "RunTimeout", 6, "took longer than 2 seconds"),
    "memory": ("x = bytearray(600_000_000)\nimport time\ntime.sleep(99)", "LimitError", 6, "more than 500 MB"),
    "children": (
        "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'x = bytearray(600_000_000); import time; time.sleep(99)'])",
        "LimitError", 6, "more than 500 MB",
    ),
    "segfault": ("import faulthandler\nfaulthandler._sigsegv()", "KernelDied", 6, "signal SIGSEGV"),
    "stubborn": (
        "import time\nwhile True:\n    try:\n        time.sleep(9)\n    except BaseException:\n        pass",
        "RunTimeout", 6, "took longer than 2 seconds",
    ),
    "orphan": (
        "import os, time\nif os.fork() == 0:\n    time.sleep(60)\nos._exit(7)", "KernelDied", 6, "ended itself with exit code 7",
    ),
    "far too much": (
        "from IPython.display import HTML, display\ndisplay(HTML('x' * 51_000_000))", "LimitError", 6, "more than 50 MB of charts",
    ),
    "formatter": (
        "class Odd:\n    def _repr_html_(self):\n        raise ValueError('no look')\nOdd()", "CellError", 4, "failed",
    ),
    "bad data": (
        "from reportkit.tables import table\ntable('findngs')",
        "DataError", 3, "did you mean 'findings'\\? \\(notebook tiny.ipynb, cell 2 of 3\\)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", FAILURES)
def test_a_failed_run_says_why_and_leaves_nothing_to_send(
    desk: Any, name: str, engine: Engine
) -> None:
    source, kind, code, words = FAILURES[name]
    desk.engine = engine
    # Where time is not what is tried, a busy machine must not run out of it.
    seconds = 2 if kind == "RunTimeout" else 60
    desk.configure(f"[limits]\ncell_seconds = {seconds}\nmemory_mb = 500\n")
    desk.notebook("print('before')", source, "print('after')")
    with pytest.raises(getattr(errors, kind), match=words) as caught:
        desk.run(formats=("html", "pdf", "email"))
    assert type(caught.value).__name__ == kind
    assert caught.value.exit_code == code
    assert "tiny.ipynb" in caught.value.message
    (left,) = desk.kept()
    assert left.name.endswith(".failed")
    assert {path.name for path in left.iterdir()} == {"notebook.ipynb", "manifest.json"}
    assert str(left.name) in caught.value.message
    said = json.loads((left / "manifest.json").read_text())
    assert said["state"] == "failed"
    assert said["error"]["kind"] == kind
    text = (left / "notebook.ipynb").read_text()
    assert "before\\n" in text
    assert '"after\\n"' not in text


def test_the_whole_run_has_a_limit_of_its_own(desk: Any) -> None:
    desk.configure("[limits]\nrun_seconds = 4\n")
    desk.notebook(*["import time\ntime.sleep(1.5)"] * 6)
    with pytest.raises(errors.RunTimeout, match=r"the run took longer than 4 seconds"):
        desk.run()


def test_a_failed_run_is_not_what_publish_takes(desk: Any) -> None:
    desk.notebook("1/0", parameters='period = ""')
    with pytest.raises(errors.CellError):
        desk.run()
    with pytest.raises(UsageError, match="no finished run"):
        publish(desk.folder, "tiny", PERIOD, None, now=NOW)


# ---- gates and publication -------------------------------------------------------------------------------------------


def test_a_chart_without_words_holds_the_report(desk: Any) -> None:
    desk.notebook(
        "from IPython.display import display\n"
        "display({'application/vnd.vegalite.v5+json': {'data': {'values': [{'a': 1}]}, 'mark': 'bar',"
        " 'encoding': {'x': {'field': 'a', 'type': 'quantitative'}}}}, raw=True)",
        parameters='period = ""',
    )
    outcome = desk.run(formats=("html",))
    assert outcome.state == "held"
    assert [
        gate["name"]
        for gate in outcome.manifest["gates"]
        if gate["result"] == "fail" and gate["holds"]
    ] == ["alt_text"]
    assert 'state-held">Held<' in (outcome.folder / "report.html").read_text()
    with pytest.raises(errors.HeldError, match="alt_text"):
        publish(desk.folder, "tiny", PERIOD, None, now=NOW)


def test_a_roll_forward_that_does_not_add_up_holds_the_report(desk: Any) -> None:
    roll = {
        "name": "Findings",
        "opening": 10,
        "movements": [["opened", 1], ["closed", -4]],
        "closing": 8,
    }
    assert desk.run(bundle({"reconciliations": [roll]})).state == "held"
    assert desk.run(bundle({"reconciliations": [{**roll, "closing": 7}]})).state == "draft"


def test_publishing_tells_the_figures_and_fixes_the_knowledge(desk: Any) -> None:
    desk.notebook(bundle({"figures": [FIGURE]}), "print(known_by)", parameters=DECLARED)
    first = desk.run(known_by=datetime(2026, 10, 9))
    told, folder = publish(desk.folder, "tiny", PERIOD, None, now=datetime(2026, 11, 2, 9))
    assert (folder, told.run_id) == (first.folder, first.folder.name)
    figures = Ledger(desk.folder).figures(told)
    assert figures[("V04", "")].value == 7.0
    later = desk.run(now=datetime(2026, 11, 20))
    assert desk.printed(later) == "2026-10-09T00:00:00\n"
    with pytest.raises(UsageError, match="told figures are not overwritten"):
        publish(desk.folder, "tiny", PERIOD, None, now=datetime(2026, 11, 21))


CORRECTED = (
    "import reportkit as rk\nfrom reportkit.facts import Facts\nview = rk.open(workspace).at(period, known_by=known_by, report=report)",
    ('rk.sections.cover(view, "Small report", "Weaknesses")', "cover"),
    ("rk.sections.corrections(view)", "email"),
    "rk.display.Shown(None, Facts(figures=(view.measure('V01').figure(),)))",
)


def test_a_corrected_edition_is_rendered_and_published_and_the_first_stays(desk: Any) -> None:
    """Ten were told, of which two were counted twice: revision 2 tells eight, in every format, through run and publish."""
    desk.notebook(*CORRECTED, parameters=f'{DECLARED}report = ""\n')
    rows = [{"finding_id": f"F{n}", "severity": "high", "opened": date(2026, 2, 1), "state": "open"} for n in range(10)]  # fmt: skip
    place = Workspace(desk.folder, now=datetime(2026, 11, 10))
    load(place, "findings", rows, datetime(2026, 10, 2))
    first = desk.run(formats=("html",))
    publish(desk.folder, "tiny", PERIOD, None, now=datetime(2026, 11, 2, 9))
    told = (first.folder / "final" / "report.html").read_bytes()
    twice = load(place, "findings", [{**row, "state": "duplicate"} for row in rows[:2]], datetime(2026, 11, 5))  # fmt: skip
    before = place.ledger.publication("tiny", PERIOD.key)
    assert before is not None
    revision = errata.prepare(place, before, [twice.name], reason="Counted twice", approver="Head of audit", at=datetime(2026, 11, 10))  # fmt: skip
    second = revision.publish(place)
    with pytest.raises(UsageError, match="is of revision 1; make its edition with 'reportkit run tiny"):  # fmt: skip
        publish(desk.folder, "tiny", PERIOD, None, now=datetime(2026, 11, 10, 9))
    draft = desk.run(now=datetime(2026, 11, 11), formats=("html", "pdf", "email"))
    assert (draft.manifest["revision"], draft.manifest["also"]) == (2, [twice.name])
    assert twice.extract in draft.manifest["extracts"]["findings"]
    kept, folder = publish(desk.folder, "tiny", PERIOD, None, now=datetime(2026, 11, 12))
    assert (kept, folder) == (second, draft.folder)
    page = (folder / "final" / "report.html").read_text(encoding="utf-8")
    for words in ("Revision 2, which corrects what was told before", "Corrections in revision 2", "Counted twice", "Head of audit"):  # fmt: skip
        assert words in page
    assert {"report.pdf", "message.eml"} <= {path.name for path in (folder / "final").iterdir()}
    # What was told first stays readable: its figures in the ledger, its files where they lay.
    assert place.ledger.figures(before)["V01", ""].value == 10
    assert place.ledger.figures(second)["V01", ""].value == 8
    assert (first.folder / "final" / "report.html").read_bytes() == told
    assert states(desk.folder) == {first.folder.name: "superseded", draft.folder.name: "published", second.run_id: "published"}  # fmt: skip
    # Once more changes nothing.
    assert publish(desk.folder, "tiny", PERIOD, None, now=datetime(2026, 11, 13)) == (second, folder)  # fmt: skip


def test_files_changed_after_the_run_are_not_published(desk: Any) -> None:
    desk.notebook("1", parameters='period = ""')
    outcome = desk.run(formats=("html",))
    (outcome.folder / "report.html").write_text("other")
    with pytest.raises(errors.HeldError, match=r"report\.html is not the file"):
        publish(desk.folder, "tiny", PERIOD, None, now=NOW)


def test_the_published_edition_says_final_and_the_same_numbers(desk: Any) -> None:
    desk.notebook(("print('41.7 weaknesses')", "email"), parameters='period = ""')
    draft = desk.run(formats=("html", "pdf", "email"))
    left = draft.folder / "final"
    left.mkdir()
    (left / "report.html").write_text("half of a page, left by a killed publication")
    publish(desk.folder, "tiny", PERIOD, None, now=NOW)
    for name in ("report.html", "message.eml"):
        before = (draft.folder / name).read_text(encoding="utf-8")
        after = (left / name).read_text(encoding="utf-8")
        assert "Draft" in before
        assert "Draft" not in after
        assert "41.7 weaknesses" in before
        assert "41.7 weaknesses" in after
    said = json.loads((left / "manifest.json").read_text())
    assert said["state"] == "final"
    for name, kept in said["artefacts"].items():
        assert hashlib.sha256((left / name).read_bytes()).hexdigest() == kept["sha256"]
    assert not list(draft.folder.glob(".*.part"))


def test_what_a_killed_run_left_is_swept_and_a_living_one_is_not(desk: Any) -> None:
    place = desk.run("1").folder.parent
    dead = place / ".20260101T000000Z-00000000.part"
    dead.mkdir()
    living = Staging(place / "20260102T000000Z-00000000")
    work = place / ".20260102T000000Z-00000000.part"
    for folder in (dead, work):
        os.utime(folder, (0, 0))
    desk.run("1")
    assert not dead.exists()
    assert work.exists()
    living.discard()


def test_runs_of_one_second_stand_in_the_order_in_which_they_began(desk: Any) -> None:
    desk.notebook("1", parameters="top = 3")
    moments = [datetime(2026, 11, 2, 8, 0, 0, milli * 1000) for milli in (7, 80, 900)]
    names = [
        desk.run(now=now, parameters={"top": number}).folder.name
        for number, now in enumerate(moments)
    ]
    assert sorted(names) == names
    assert [name[:19] for name in names] == [
        "20261102T080000007Z",
        "20261102T080000080Z",
        "20261102T080000900Z",
    ]


# ---- folders ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("unit", ["../../evil", "a/b", "..", "Zürich & Co", "x" * 80])
def test_a_unit_never_leaves_its_folder(desk: Any, unit: str) -> None:
    desk.notebook("1", parameters='unit = ""')
    outcome = desk.run(unit=unit)
    assert outcome.folder.parent.parent == desk.folder / "runs/tiny/2026-Q3"
    assert outcome.manifest["unit"] == unit


def test_two_runs_of_one_second_have_two_folders(desk: Any) -> None:
    assert len({desk.run("1").folder, desk.run("1").folder}) == 2


def test_a_folder_that_cannot_be_written_is_said_and_left_clean(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        with pytest.raises(TemporaryError, match=r"Writing the run.*nothing was half-written"):
            Staging(tmp_path / "runs/tiny/2026-Q3/_all/1")
    finally:
        os.seteuid(user)
        tmp_path.chmod(0o755)
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_is_given_up_leaves_no_folder(desk: Any) -> None:
    def give_up(step: Any) -> None:
        if step.total:
            raise KeyboardInterrupt

    desk.notebook("1")
    with pytest.raises(KeyboardInterrupt):
        run(Request(workspace=desk.folder, report="tiny", period=PERIOD), now=NOW, progress=give_up)
    assert not (desk.folder / "runs").exists()


def _one(folder: Path) -> str:
    try:
        return run(
            Request(workspace=folder, report="tiny", period=PERIOD, formats=()),
            now=NOW,
            engine="kernel",
        ).state
    except ReportkitError as error:
        return error.message


@pytest.mark.slow
@pytest.mark.parametrize("starts", [4, pytest.param(100, marks=pytest.mark.soak)])
def test_many_kernels_at_once(desk: Any, starts: int) -> None:
    """Sockets in private folders never collide; ports did in about one start of a hundred."""
    desk.notebook("1")
    with ProcessPoolExecutor(4, mp_context=get_context("spawn")) as pool:
        assert list(pool.map(_one, [desk.folder] * starts)) == ["draft"] * starts
    assert len(desk.kept()) == starts
