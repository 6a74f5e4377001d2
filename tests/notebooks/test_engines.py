"""The warm engine: the same cells as in a kernel, a process of its own for each report, and Papermill's own door to it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import v4

from reportkit import errors
from reportkit.run import Request
from reportkit.run.report import run
from reportkit.workers.pool import WarmPool
from tests.conftest import ROOT
from tests.notebooks.conftest import NOW, PERIOD, Desk

#: Everything a cell can show, and what it can ask of its surroundings.
EVERYTHING = (
    "import sys\nprint('a')\nprint('b', file=sys.stderr)\nprint('c')",
    "from IPython.display import HTML, Image, Markdown, clear_output, display, update_display\n1 + 1",
    "display(HTML('<b>x</b>'), Markdown('*y*'))\ndisplay({'text/plain': 'raw', 'application/json': {'a': [1, None]}}, raw=True)",
    "shown = display('first', display_id=True)\nprint('between')",
    "shown.update('second')",
    "print('gone')\nclear_output()\nprint('stays')",
    "print('gone later')\nclear_output(wait=True)\nprint('replaces')",
    "display(Image(data=b'\\x89PNG\\r\\n\\x1a\\n0000', format='png'))",
    "import pandas as pd\npd.DataFrame({'a': [1, 2], 'b': ['x', None]})",
    "_, Out, In[1][:6]",
    "{'b', 'a', 'c', 'd'}, hash('reportkit')",
    "import os\nos.getcwd() == os.path.realpath('.'), type(get_ipython()).__name__, os.environ['TERM'], sys.path.count('')",
    "import asyncio\nawait asyncio.sleep(0)\n'awaited'",
    "!echo from a shell",
    "%%html\n<i>magic</i>",
    "import subprocess\nsubprocess.run(['sh', '-c', 'echo past python; echo trouble >&2'], check=True)\nNone",
    "x = 5;",
    "# nothing",
    "def f():\n    return 7\nf()",
    "print('é ☃ \\ud800'.encode('utf-8', 'replace'))",
    "import random\nimport numpy as np\nrandom.random(), np.random.rand(), np.random.permutation(9)",
    "import multiprocessing as mp\nwith mp.get_context('fork').Pool(1) as pool:\n    pool.map(print, ['from a child'])",
    "import builtins\nbuiltins.print is print, __name__, [n for n in sorted(globals()) if not n.startswith('_')][:4]",
)
ALLOWED = ("1/0", "raises-exception")


def cells(desk: Desk) -> list[Any]:
    outcome = desk.run()
    found: list[Any] = nbformat.read(outcome.folder / "notebook.ipynb", as_version=4).cells
    return found


def test_cells_show_what_they_show_in_a_kernel(desk: Desk) -> None:
    desk.notebook(*EVERYTHING, ALLOWED, "print('after the error')")
    warm = cells(desk)
    desk.engine = "kernel"
    kernel = cells(desk)
    for here, there in zip(warm, kernel, strict=True):
        assert here == there, here.source
    assert sum(len(cell.outputs) for cell in warm) > 20


def test_what_is_written_past_python_stays_with_its_cell(desk: Desk) -> None:
    desk.notebook(*[f"import os\nos.write({1 + n % 2}, b'{n}')\nNone" for n in range(40)])
    assert [[output.text for output in cell.outputs] for cell in cells(desk)] == [[str(n)] for n in range(40)]  # fmt: skip


def test_threads_and_forks_of_a_cell_break_nothing(desk: Desk) -> None:
    """A thread prints without end while long outputs are shown; a child that comes back from a cell runs no other one."""
    talks = "import threading\ndef talk():\n    while True: print('z' * 50_000)\nthreading.Thread(target=talk).start()"
    shows = "from IPython.display import HTML, display\nfor _ in range(20): display(HTML('q' * 300_000))"
    desk.notebook("import os\nchild = os.fork() == 0", "open('ran', 'a').write('x')", talks, shows)
    *_, last = cells(desk)
    assert [len(o.data["text/html"]) for o in last.outputs if "data" in o] == [300_000] * 20
    assert (desk.folder / "ran").read_text() == "x"


def test_a_report_runs_in_a_fork_with_one_thread_of_its_own(desk: Desk) -> None:
    first, second = (
        desk.printed(
            desk.run(
                "import os, sys\nprint('papermill' in sys.modules, len(os.listdir('/proc/self/task')), os.getpid(), os.getppid())"
            )
        ).split()
        for _ in range(2)
    )
    # Papermill is loaded in the process that was forked, and in no process of cells that is started afresh.
    assert first[:2] == second[:2] == ["True", "1"]
    assert not {*first[2:]} & {*second[2:]}


LEAVES = """
import builtins, math, os, random, sys, warnings
import numpy as np, pandas as pd, altair as alt, reportkit.theme
math.pi = 3
builtins.leaked = True
os.environ['LEAKED'] = '1'
os.chdir('/')
sys.path.append('/leaked')
pd.set_option('display.max_rows', 3)
alt.theme.enable('dark')
warnings.simplefilter('error')
np.random.seed(1), random.seed(1)
reportkit.theme.leaked = True
"""
FINDS = """
import builtins, math, os, sys, warnings
import numpy as np, pandas as pd, altair as alt, reportkit.theme
print(math.pi > 3.1, hasattr(builtins, 'leaked'), 'LEAKED' in os.environ, os.getcwd() == '/', '/leaked' in sys.path,
      pd.get_option('display.max_rows') == 3, alt.theme.active == 'dark', hasattr(reportkit.theme, 'leaked'))
"""


def test_nothing_a_report_does_is_left_to_the_next(desk: Desk) -> None:
    desk.run(LEAVES)
    assert desk.printed(desk.run(FINDS)) == "True False False False False False False False\n"


def test_four_units_get_four_charts(desk: Desk) -> None:
    desk.notebook(
        "import builtins\nbuiltins.seen = getattr(builtins, 'seen', []) + [unit]\n"
        "from IPython.display import display\n"
        "display({'application/vnd.vegalite.v5+json': {'description': f'Chart of {unit}', 'data': {'values': [{'a': u, 'n': len(u)} for u in"
        " builtins.seen]}, 'mark': 'bar', 'encoding': {'x': {'field': 'a', 'type': 'nominal'}, 'y': {'field': 'n', 'type': 'quantitative'}}},"
        " 'text/plain': 'chart'}, raw=True)",
        parameters='unit = ""',
    )
    units = ("North", "South", "East", "West")
    pages = {
        unit: (desk.run(unit=unit, formats=("html",)).folder / "report.html").read_text()
        for unit in units
    }
    for unit, page in pages.items():
        drawn = page[page.index("<svg") :]
        assert [other for other in units if f">{other}</text>" in drawn] == [unit]


def test_random_numbers_are_a_reports_own_and_come_again(desk: Desk) -> None:
    desk.notebook(
        "import random, numpy as np\nprint(random.random(), np.random.random())", parameters='unit = ""'
    )  # fmt: skip
    one, again, other = (desk.printed(desk.run(unit=unit)) for unit in ("A", "A", "B"))
    assert one == again
    assert set(one.split()).isdisjoint(other.split())


def test_without_a_fork_server_cells_have_a_process_of_their_own(desk: Desk) -> None:
    desk.notebook("import sys\nprint('papermill' in sys.modules)", "1/0")
    request = Request(workspace=desk.folder, report="tiny", period=PERIOD, formats=())
    with pytest.raises(errors.CellError, match=r"cell 2 of 2 \(1/0\) failed: ZeroDivisionError"):
        run(request, now=NOW, engine="warm")
    (left,) = desk.kept()
    assert "False\\n" in (left / "notebook.ipynb").read_text()


def test_a_worker_that_is_killed_is_one_failed_report(desk: Desk) -> None:
    desk.notebook("import os, signal, time\nos.kill(os.getppid(), signal.SIGKILL)\ntime.sleep(30)")
    with pytest.raises(errors.KernelDied, match="SIGKILL"):
        desk.run()
    assert desk.printed(desk.run("print(1)")) == "1\n"


def test_a_fork_server_that_is_lost_is_started_again() -> None:
    pool = WarmPool(1)
    try:
        first = pool.submit("os:getpid", {}).exception()
        assert isinstance(
            first, RuntimeError
        )  # it takes no arguments; the worker says so, and the next one works
        assert pool.call("tests.notebooks.test_engines:parent", {}, print) > 0
        os.kill(pool.call("tests.notebooks.test_engines:parent", {}, print), 9)
        for _ in range(50):
            try:
                assert pool.call("tests.notebooks.test_engines:parent", {}, print) > 0
                break
            except errors.KernelDied:
                time.sleep(0.1)
        else:
            pytest.fail("the server did not come back")
    finally:
        pool.shutdown()


def test_a_library_that_starts_threads_is_named_and_not_forked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "busy.py").write_text(
        "import threading, time\nthreading.Thread(target=time.sleep, args=(99,), daemon=True).start()"
    )
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), str(ROOT)]))
    pool = WarmPool(1, ["json", "busy"])
    try:
        parents = {pool.call("tests.notebooks.test_engines:parent", {}, print) for _ in range(2)}
        assert pool.culprit == "busy"
        assert len(parents) == 2
    finally:
        pool.shutdown()


def parent(_arguments: Any, _tell: Any) -> int:
    """Give the fork server's number, from a worker."""
    return os.getppid()


# ---- Papermill's own command -----------------------------------------------------------------------------------------


@pytest.fixture
def papermill(tmp_path: Path) -> Any:
    """Type papermill's command where the package's entry points are known."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = [
        f"[{group}]\n{name} = {home}\n"
        for group, entries in project["entry-points"].items()
        for name, home in entries.items()
        if group == "papermill.engine"
    ]
    meta = tmp_path / "site/reportkit_engine-1.dist-info"
    meta.mkdir(parents=True)
    (meta / "entry_points.txt").write_text("".join(lines))
    (meta / "METADATA").write_text("Metadata-Version: 2.1\nName: reportkit-engine\nVersion: 1\n")

    def typed(*words: object) -> subprocess.CompletedProcess[str]:
        path = os.pathsep.join([str(meta.parent), str(ROOT), os.environ.get("PYTHONPATH", "")])
        return subprocess.run(
            [sys.executable, "-m", "papermill", *map(str, words), "--engine", "reportkit", "--no-progress-bar"],
            cwd=tmp_path, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": path}, check=False,
        )  # fmt: skip

    return typed


def test_papermills_own_command_takes_the_engine(papermill: Any, tmp_path: Path) -> None:
    parameters = v4.new_code_cell("n = 1", metadata={"tags": ["parameters"]})
    made = [parameters, v4.new_code_cell("print(n * 2)"), v4.new_code_cell("n")]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(v4.new_notebook(cells=made, metadata=kernel), tmp_path / "in.ipynb")
    done = papermill("in.ipynb", "out.ipynb", "-p", "n", "21")
    assert done.returncode == 0, done.stderr
    out = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    assert [o.get("text") or o.data["text/plain"] for c in out.cells for o in c.outputs] == ["42\n", "21"]  # fmt: skip
    assert out.metadata.papermill.exception is None


@pytest.mark.parametrize(
    ("source", "words"),
    [("1/0", "ZeroDivisionError"), ("import os\nos._exit(0)", "ended the notebook early")],
)
def test_papermills_own_command_fails_as_papermill_does(
    papermill: Any, tmp_path: Path, source: str, words: str
) -> None:
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    made = v4.new_notebook(cells=[v4.new_code_cell(source)], metadata=kernel)
    nbformat.write(made, tmp_path / "in.ipynb")
    done = papermill("in.ipynb", "out.ipynb")
    assert done.returncode != 0
    assert words in done.stderr
    kept = json.loads((tmp_path / "out.ipynb").read_text())
    assert kept["metadata"]["papermill"]["exception"] is True
    assert any(words in json.dumps(cell.get("outputs")) for cell in kept["cells"])
