"""What makes a notebook unfit to be kept: each fault is written here by hand, with the cell that has it."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import v4

import reportkit as rk
from reportkit import lint
from reportkit.errors import DataError
from tests.conftest import ROOT, Ended
from tests.unit import workspaces

SHIPPED = sorted((ROOT / "notebooks").rglob("*.ipynb"))
PARAMETERS = 'workspace = "."\nperiod = ""'
USE = "import reportkit as rk\nview = rk.open(workspace).at(period)"


def code(source: str, *tags: str, **more: Any) -> Any:
    cell = v4.new_code_cell(source, **more)
    cell.metadata["tags"] = list(tags)
    return cell


def words(source: str, *tags: str) -> Any:
    cell = v4.new_markdown_cell(source)
    cell.metadata["tags"] = list(tags)
    return cell


def write(folder: Path, *cells: Any, parameters: str = PARAMETERS, **metadata: Any) -> Path:
    """Write a notebook that is fit to be kept but for the cells given."""
    path = folder / "mine.ipynb"
    made = [code(parameters, "parameters"), code(USE, "setup"), words("# Risk"), *cells]
    nbformat.write(v4.new_notebook(cells=made, metadata=metadata), path)
    return path


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_ships_is_fit(path: Path) -> None:
    assert lint.check(path) == ()


def test_a_good_notebook_has_no_fault(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        code("view.measure('V04')", "email"),
        words("## More\n\nSee [the policy](https://example.org/policy) and `a/b`."),
        code(
            "import altair as alt\n"
            "data = view.trend('V04')\n"
            "chart = alt.Chart(data).mark_line().encode(x='end:T', y='value:Q')\n"
            "rk.charts.Plot(chart, 'v04', f'{len(data)} quarters', 'Share, %', f'{len(data)} quarters')"
        ),
        code("alt.Chart(data).mark_bar().properties(title=f'{len(data)}', description=view.period.label)"),
        code("import os\ntoken = os.environ['TOKEN']\nconnect(password='env:DB')"),
        code("%%time\nview.table('findings')"),
        words("#### hidden", "hide"),
    )  # fmt: skip
    assert lint.check(path) == ()


FAULTS = [
    (code("view.measure("), "code", "not Python"),
    (code("view", "emial"), "tags", "tag 'emial' means nothing here; did you mean 'email'?"),
    (code("view", "for:bord"), "tags", "tag 'for:bord': there is no edition 'bord'; did you mean 'board'?"),
    (words("## More", "not:auditors"), "tags", "there is no edition 'auditors'; did you mean 'auditor'?"),
    (code("view", "only:"), "tags", "there is no edition ''; allowed: auditor, board, committee, executive, security"),
    (words("### Deep"), "headings", "'Deep' of level 3 follows one of level 1; write it with ##"),
    (words("![](attachment:a.png)"), "charts", "picture without words"),
    (code("import matplotlib.pyplot as plt"), "charts", "matplotlib carry no words"),
    (code("import altair as alt\nalt.Chart(x).mark_bar().properties(title=f'{n} open')"), "charts", "cannot see it"),
    (code("import altair as alt\nalt.Chart(x).mark_bar().properties(description='d')"), "charts", "without a message"),
    (code("import altair as alt\nc = alt.Chart(x).properties(description=d, title=alt.Title('Open items'))\nc"), "charts", "'Open items' is the same whatever"),
    (code("import altair as alt\na = alt.Chart(x).properties(description=d, title=t)\ndisplay((a + a).properties(title=t))"), "charts", "cannot see it"),
    (code("rk.charts.Plot(c, 'id', f'{n}', 's', alt=' ')"), "charts", "cannot see it"),
    (code("rk.charts.Plot(c, 'id', 'Open items', 's', alt=said)"), "charts", "'Open items' is the same whatever"),
    (code("api_key = 'x1'"), "secrets", "a value for 'api_key'"),
    (code("connect(password='hunter2')"), "secrets", "a value for 'password'"),
    (code("headers = {'token': 'hunter2'}"), "secrets", "a value for 'token'"),
    (code("os.environ['DB_PASSWORD'] = 'hunter2'"), "secrets", "a value for 'DB_PASSWORD'"),
    (code("url = 'postgresql://me:hunter2@db/x'"), "secrets", "a password in an address"),
    (words("key AKIA" + "ABCDEFGHIJKLMNOP"), "secrets", "an access key of AWS"),
    (code("k = '-----BEGIN RSA " + "PRIVATE KEY-----'"), "secrets", "a private key"),
    (code("pd.read_csv('/home/me/scan.csv')"), "paths", "'/home/me/scan.csv' is a path of one machine"),
    (code("open(r'C:\\data\\scan.csv')"), "paths", "is a path of one machine"),
    (code("open('~/scan.csv')"), "paths", "'~/scan.csv'"),
    (code("%cd /home/me"), "paths", "'/home/me'"),
    (words("[scan](/home/me/scan.csv)"), "paths", "'/home/me/scan.csv'"),
    (code("view", execution_count=3), "outputs", "run count"),
    (code("view", outputs=[v4.new_output("stream", text="x")]), "outputs", "output is kept"),
    (code("period = '2026-Q3'", "injected-parameters"), "outputs", "parameters of a run"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("cell", "rule", "said"),
    FAULTS,
    ids=[f"{rule}-{number}" for number, (_, rule, _) in enumerate(FAULTS)],
)
def test_a_fault_is_told_with_its_cell(tmp_path: Path, cell: Any, rule: str, said: str) -> None:
    (fault,) = lint.check(write(tmp_path, cell))
    assert (fault.rule, fault.cell) == (rule, 4)
    assert said in fault.message
    assert "hunter2" not in fault.message
    assert "\n" not in fault.message


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        (PARAMETERS + "\ntop = None", "'top' has no type; write for example top: int | None = None"),
        (PARAMETERS + "\ntop: int = 'six'", "takes a whole number such as 12, not 'six'"),
        (PARAMETERS + "\ntop = 6", "'top' is declared and never used"),
        (PARAMETERS + "\nperiod = '2026-Q3'", "'period' is declared 2 times"),
        (PARAMETERS + "\ntop = len('abc')", "has no literal value"),
        (PARAMETERS + "\nprint(1)", "may hold only names with values"),
        ("workspace = '.'", "no parameter 'period' is declared"),
        ("period = ''", "no parameter 'workspace' is declared"),
    ],
)  # fmt: skip
def test_the_contract_of_parameters(tmp_path: Path, parameters: str, said: str) -> None:
    used = code("top" if "'top' is declared" not in said else "view")
    (fault,) = lint.check(write(tmp_path, used, parameters=parameters))
    assert (fault.rule, fault.cell) == ("parameters", 1)
    assert said in fault.message


def test_the_whole_notebook_can_be_wrong(tmp_path: Path) -> None:
    path = tmp_path / "n.ipynb"
    nbformat.write(v4.new_notebook(cells=[code("1 + 1")], metadata={"papermill": {}}), path)
    assert [(fault.rule, fault.cell) for fault in lint.check(path)] == [
        ("parameters", 0),
        ("headings", 0),
        ("outputs", 0),
    ]


def test_a_file_that_is_no_notebook(tmp_path: Path) -> None:
    (tmp_path / "a.ipynb").write_text("{}", encoding="utf-8")
    with pytest.raises(DataError, match="is not a Jupyter notebook"):
        lint.check(tmp_path / "a.ipynb")


# ---- from the command line -------------------------------------------------------------------------------------------


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "reportkit.toml").write_text("", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_new_report_is_fit_and_carries_its_title(
    place: Path, typed: Callable[..., Ended]
) -> None:
    title = 'Where "we" stand \\ {2026}'
    made = typed("new", "report", "posture-2", "--title", title)
    assert made.code == 0, made.err
    notebook = nbformat.read(place / "notebooks/posture-2.ipynb", as_version=4)
    assert notebook.metadata["title"] == title
    (cover,) = [cell.source for cell in notebook.cells if "cover" in cell.metadata.get("tags", ())]
    assert repr(title)[1:-1] in cover.replace('\\"', '"')
    assert not any(mark in cell.source for cell in notebook.cells for mark in ("TITLE", "NAME"))
    checked = typed("check")
    assert checked.code == 0, checked.out
    assert "fit to be kept" in checked.out


def test_a_report_is_never_written_over(place: Path, typed: Callable[..., Ended]) -> None:
    assert typed("new", "report", "mine").code == 0
    before = (place / "notebooks/mine.ipynb").read_bytes()
    again = typed("new", "report", "mine")
    assert (again.code, "exists" in again.err) == (2, True)
    assert (place / "notebooks/mine.ipynb").read_bytes() == before
    assert typed("new", "report", "board").code == 2
    assert typed("new", "report", "board", "--like", "board").code == 0
    assert typed("new", "report", "../out").code == 2


def test_tags_may_name_what_the_workspace_has(place: Path) -> None:
    path = write(place, code("view", "for:regulator"), code("view", "money"))
    assert [fault.rule for fault in lint.check(path)] == ["tags", "tags"]
    (place / "reportkit.toml").write_text('[editions.regulator]\ndrop = ["money"]\n')
    assert lint.check(path) == ()
    # Of another place, such as a notebook that comes along, the workspace is named.
    elsewhere = write(place.parent, code("view", "for:regulator"), code("view", "money"))
    assert lint.check(elsewhere, place) == ()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("My report", "such as 'my-report'"),
        ("Übersicht 2", "such as 'ubersicht-2'"),
        ("mine.ipynb", "such as 'mine'"),
        ("../out", "beginning with a letter."),
        ("a" * 61, "up to 60 small letters"),
        ("", "cannot name a report"),
    ],
)
def test_a_name_that_cannot_be_one(place: Path, typed: Callable[..., Ended], name: str, said: str) -> None:  # fmt: skip
    ended = typed("new", "report", name)
    assert ended.code == 2
    assert said in ended.err
    assert len(ended.err.splitlines()) == 1
    assert not list(place.rglob("*.ipynb"))


def test_the_chart_that_a_new_report_teaches_can_be_drawn(tmp_path: Path) -> None:
    source = nbformat.read(ROOT / "templates/notebooks/report.ipynb", as_version=4)
    (taught,) = [cell.source for cell in source.cells if "```python" in cell.source]
    ws = workspaces.workspace(tmp_path / "w")
    rows = [{"finding_id": f"F{n}", "severity": "high", "state": "open", "opened": datetime(2026, 5 + n, 3)} for n in (0, 1, 2)]  # fmt: skip
    workspaces.load(ws, "findings", rows, datetime(2026, 9, 2))
    body = ast.parse(taught.split("```python")[1].split("```")[0])
    last = body.body.pop()
    assert isinstance(last, ast.Expr)
    known: dict[str, Any] = {"rk": rk, "view": ws.at("2026-Q3")}
    exec(compile(body, "taught", "exec"), known)
    plot = eval(compile(ast.Expression(last.value), "taught", "eval"), known)
    # May and June are before the quarter, July is not.
    assert plot.title == "2 of 3 weaknesses were there before the quarter began"
    assert len(plot.spec()["datasets"].popitem()[1]) == 2


def test_of_several_one_that_is_no_notebook_keeps_none_from_being_checked(place: Path, typed: Callable[..., Ended]) -> None:  # fmt: skip
    write(place)
    (place / "broken.ipynb").write_text("{}")
    ended = typed("check", "broken.ipynb", "mine.ipynb")
    assert ended.code == 4
    assert "is not a Jupyter notebook" in " ".join(ended.out.split())
    assert "fit to be kept" in ended.out
    assert typed("check", "broken.ipynb").code == 3


def test_faults_are_told_and_end_in_an_exit_code(place: Path, typed: Callable[..., Ended]) -> None:
    write(place, code("view", "emial"), words("### Deep"))
    ended = typed("check", "mine.ipynb")
    assert ended.code == 4
    assert "cell 4  view" in ended.out
    assert "cell 5  ### Deep" in ended.out
    assert "2 faults in 1 notebook;" in ended.err
    told = json.loads(typed("check", "mine.ipynb", "--json").out)
    assert [(fault["cell"], fault["rule"]) for fault in told] == [(4, "tags"), (5, "headings")]
