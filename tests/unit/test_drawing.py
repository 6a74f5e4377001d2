"""The process that draws for all reports: the same pictures as one's own engine, for this user only, and no loss when it goes."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from reportkit import resources
from reportkit.render import charts, compiler, drawing
from reportkit.render.model import Chart

SPEC = {
    "data": {"values": [{"a": "x", "n": 1}, {"a": "y", "n": 3}]},
    "mark": "bar",
    "encoding": {
        "x": {"field": "a", "type": "nominal"},
        "y": {"field": "n", "type": "quantitative"},
    },
}
CHART = Chart(id="c-1", spec=SPEC, alt="Two bars", title="")
PAGE = {"main": b'#set document(title: "t", date: none)\n= A page'}


@pytest.fixture
def process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[subprocess.Popen[bytes]]:
    place = tmp_path / "s"
    made = subprocess.Popen([sys.executable, "-m", "reportkit.render.drawing", str(place)], stdin=subprocess.PIPE)  # fmt: skip
    monkeypatch.setenv(drawing.PLACE, str(place))
    charts._drawn.cache_clear()
    yield made
    charts._drawn.cache_clear()
    made.kill()
    made.communicate()


def test_it_draws_what_one_would_draw_oneself_and_goes_without_loss(
    process: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fonts = resources.fonts()
    there = drawing.shared(fonts)
    assert there is not None
    assert stat.S_IMODE((tmp_path / "s").stat().st_mode) == 0o600
    made = charts.svg(CHART), charts.vega(CHART), there.typeset(PAGE, ("ua-1",))
    with pytest.raises(ValueError, match="is no drawing"):
        there._ask("open", "/etc/passwd")
    process.kill()
    process.wait()
    charts._drawn.cache_clear()
    after = charts.svg(CHART), charts.vega(CHART), there.typeset(PAGE, ("ua-1",))
    monkeypatch.delenv(drawing.PLACE)
    charts._drawn.cache_clear()
    own = charts.svg(CHART), charts.vega(CHART), compiler.typeset(PAGE, fonts, ("ua-1",))
    assert made == after == own
    assert "<svg" in made[0]
    assert made[2][0] is not None
    assert made[2][0].startswith(b"%PDF")


def test_it_ends_with_whoever_started_it(process: subprocess.Popen[bytes], tmp_path: Path) -> None:
    until = time.monotonic() + 30
    while not (tmp_path / "s").exists():
        assert time.monotonic() < until
        time.sleep(0.05)
    assert process.stdin is not None
    process.stdin.close()
    process.stdin = None
    assert process.wait(10) == 0


def test_a_place_where_nobody_listens_is_no_place(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(drawing.PLACE, str(tmp_path / "gone" / "s"))
    assert drawing.shared(resources.fonts()) is None
    assert os.environ[drawing.PLACE]
