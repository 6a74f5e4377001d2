"""A report while it is written: what runs again, what a browser of this machine sees, and who else sees nothing."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from nbformat import v4

from reportkit.config import Limits
from reportkit.errors import CellError
from reportkit.preview.server import Server, Shown
from reportkit.preview.session import Session

DECLARED = 'workspace = "."\nperiod = ""'


def ask(url: str, *, host: str = "", method: str = "GET") -> tuple[int, bytes, Any]:
    parts = urlsplit(url)
    line = http.client.HTTPConnection("127.0.0.1", parts.port or 0, timeout=30)
    line.request(method, parts.path, headers={"Host": host} if host else {})
    answer = line.getresponse()
    try:
        return answer.status, answer.read(), answer.headers
    finally:
        line.close()


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    made = Session(tmp_path, Limits())
    yield made
    made.close()


def notebook(*sources: str) -> Any:
    head = v4.new_code_cell("period = ''")
    head.metadata["tags"] = ["parameters"]
    return v4.new_notebook(cells=[head, *map(v4.new_code_cell, sources)])


def said(executed: Any) -> list[str]:
    return [
        "".join(output.get("text", "") for output in cell.outputs)
        for cell in executed.cells
        if cell.cell_type == "code"
    ]


def test_cells_above_the_first_change_are_not_run_again(session: Session) -> None:
    run = "import itertools\nif 'n' not in globals(): n = itertools.count()\nprint(next(n))"
    first, ran = session.run("a", notebook("x = 1", run, "print(period)"), {"period": "2026-Q3"})
    assert (said(first)[3:], ran) == (["0\n", "2026-Q3\n"], 5)
    # The last cell is another one: the one before keeps what it gave.
    second, ran = session.run("a", notebook("x = 1", run, "print(x)"), {"period": "2026-Q3"})
    assert (said(second)[3:], ran) == (["0\n", "1\n"], 1)
    same, ran = session.run("a", notebook("x = 1", run, "print(x)"), {"period": "2026-Q3"})
    assert (said(same), ran) == (said(second), 0)
    # Another parameter: a new kernel, which has counted nothing yet.
    other, ran = session.run("a", notebook("x = 1", run, "print(period)"), {"period": "2026-Q2"})
    assert (said(other)[3:], ran) == (["0\n", "2026-Q2\n"], 5)


def test_a_failed_cell_runs_again_when_it_is_mended(session: Session) -> None:
    with pytest.raises(CellError, match=r"cell 3 of 3 \(1 / 0\).*ZeroDivisionError"):
        session.run("a", notebook("x = 1", "1 / 0"), {})
    executed, ran = session.run("a", notebook("x = 1", "print(x)"), {})
    assert (said(executed)[-1], ran) == ("1\n", 1)


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server(0, Shown())
    made.begin()
    yield made
    made.end()


def test_only_who_knows_the_address_sees_the_page(server: Server) -> None:
    server.shown.tell("done", page=b"<p>secret</p>")
    assert ask(server.url + "report")[:2] == (200, b"<p>secret</p>")
    status, frame, headers = ask(server.url)
    assert (status, b"secret" not in frame) == (200, True)
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    port = server.server_port
    for url, host in [
        (f"http://127.0.0.1:{port}/", ""),
        (f"http://127.0.0.1:{port}/report", ""),
        (f"http://127.0.0.1:{port}/guess/report", ""),
        (f"http://127.0.0.1:{port}/../{server.token}/report", ""),
        (server.url + "report", "attacker.example"),
        (server.url + "report", f"attacker.example:{port}"),
    ]:
        assert ask(url, host=host)[:2] == (403, b"")
    assert server.server_address[0] == "127.0.0.1"


def test_run_afresh_is_a_wish_of_the_page_alone(server: Server) -> None:
    assert ask(server.url + "afresh")[0] == 403
    assert ask(f"http://127.0.0.1:{server.server_port}/x/afresh", method="POST")[0] == 403
    assert not server.shown.asked.is_set()
    assert ask(server.url + "afresh", method="POST")[0] == 202
    assert server.shown.asked.is_set()


def test_saving_shows_the_report_again_and_ctrl_c_ends_it(desk: Any) -> None:
    path = desk.notebook(v4.new_markdown_cell("# Before"), "print(period)", parameters=DECLARED)
    command = [sys.executable, "-m", "reportkit.cli", "preview", str(path), "-p", "2026-Q3", "--no-browser"]  # fmt: skip
    with subprocess.Popen(command, cwd=desk.folder, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}) as process:  # fmt: skip
        assert process.stdout is not None
        try:
            url = process.stdout.readline().split()[1]
            news = state(url, lambda found: found["page"] > 0)
            assert news["kind"] == "good"
            page = ask(url + "report")[1].decode()
            assert "Before" in page
            assert "2026-Q3" in page
            desk.notebook(v4.new_markdown_cell("# After"), "print(period)", parameters=DECLARED)
            news = state(url, lambda found: found["page"] > news["page"])
            assert "words only, no cell run" in news["text"]
            assert "After" in ask(url + "report")[1].decode()
            # Saved twice in a moment: shown once, as it was saved last.
            desk.notebook(v4.new_markdown_cell("# Soon"), "print(period)", parameters=DECLARED)
            desk.notebook(v4.new_markdown_cell("# After"), "print(period)", parameters=DECLARED)
            news = state(url, lambda found: found["page"] > news["page"])
            assert "After" in ask(url + "report")[1].decode()
            # Words for the report lie in a folder of their own.
            (desk.folder / "commentary/2026-Q3").mkdir(parents=True)
            (desk.folder / "commentary/2026-Q3/a.md").write_text("Words.")
            news = state(url, lambda found: found["page"] > news["page"])
            path.unlink()
            news = state(url, lambda found: found["kind"] == "bad")
            assert "cannot be opened (no such file or directory)" in news["text"]
            desk.notebook(
                v4.new_markdown_cell("# After"), "import os\nos._exit(3)", parameters=DECLARED
            )
            news = state(url, lambda found: "exit code 3" in found["text"])
            desk.notebook(v4.new_markdown_cell("# After"), "print(period)", parameters=DECLARED)
            news = state(url, lambda found: found["kind"] == "good")
            desk.notebook(v4.new_markdown_cell("# After"), "1 / 0", parameters=DECLARED)
            news = state(url, lambda found: found["kind"] == "bad")
            assert "ZeroDivisionError" in news["text"]
            # What was shown last stays.
            assert "After" in ask(url + "report")[1].decode()
            kernels = children(process.pid)
            assert kernels
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 0
            assert not [pid for pid in kernels if Path(f"/proc/{pid}").exists()]
            said = process.stdout.read()
            # First, after the words, after two saves, after the commentary, after the mended exit.
            assert said.count("✓") == 5, said
        finally:
            process.kill()


def children(pid: int) -> list[str]:
    return [
        child
        for task in Path(f"/proc/{pid}/task").iterdir()
        for child in (task / "children").read_text().split()
    ]


def state(url: str, enough: Any) -> dict[str, Any]:
    """Give the first state that is enough, from the news as a browser hears them."""
    parts = urlsplit(url)
    line = http.client.HTTPConnection("127.0.0.1", parts.port or 0, timeout=60)
    line.request("GET", parts.path + "news")
    answer = line.getresponse()
    deadline = time.monotonic() + 60
    try:
        while time.monotonic() < deadline:
            text = answer.readline().decode().strip()
            if text.startswith("data: "):
                found: dict[str, Any] = json.loads(text.removeprefix("data: "))
                if enough(found):
                    return found
    finally:
        line.close()
    raise AssertionError("no news")
