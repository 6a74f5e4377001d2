"""A measure of one's own is a full citizen: on the command line, on a scorecard, in the annex, in the ledger."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from datetime import date, datetime
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from reportkit.errors import ConfigError, UsageError
from reportkit.measures import definitions, registry
from reportkit.workspace import Workspace
from tests.conftest import Ended
from tests.unit.workspaces import load, publish, workspace

Typed = Callable[..., Ended]
OWN = """import reportkit as rk

Value = rk.measures.Value


@rk.measure(
    id="X01", name="Weaknesses without an owner", definition="Open findings on assets without an owner.", why="Nobody fixes them.",
    use="Each asset gets an owner.", source="us", unit="count", direction="down", needs=("findings", "assets"),
    reduce="SELECT {group} AS grp, COUNT(*) AS n FROM open_findings AS f JOIN assets AS a ON a.asset_id = f.asset_id "
    "WHERE a.owner IS NULL GROUP BY {group}",
    dims={"severity": "f.severity"}, green=0, red=FACTOR,
)
def without_owner(rows, at):
    return Value(value=int(rows["n"].sum()), n=int(rows["n"].sum()))
"""


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    settings = '[measures]\nmodules = ["mine.py"]\n\n[scorecards]\nops = ["X01", "V01"]\n'
    folder = tmp_path / "ws"
    folder.mkdir()
    (folder / "mine.py").write_text(OWN.replace("FACTOR", "3"))
    ws = workspace(folder, settings)
    rows = [{"finding_id": f"F{n}", "asset_id": f"A{n}", "severity": "high", "opened": date(2026, 2, 1), "state": "open"} for n in range(3)]  # fmt: skip
    load(ws, "findings", rows, datetime(2026, 10, 2))
    load(ws, "assets", [{"asset_id": f"A{n}", "owner": None if n else "Head of IT"} for n in range(3)], datetime(2026, 10, 2))  # fmt: skip
    yield folder
    registry._definitions.pop("X01", None)


def test_it_is_listed_computed_and_split(place: Path, typed: Typed) -> None:
    assert "Weaknesses without an owner" in typed("measures", "-w", place).out
    assert "Nobody fixes them" in typed("measures", "X01", "-w", place).out
    said = json.loads(typed("measure", "X01", "-w", place, "--json").out)
    assert (said["value"], said["status"]) == (2, "amber")
    (part,) = json.loads(typed("measure", "X01", "--by", "severity", "-w", place, "--json").out)
    assert (part["scope"], part["value"]) == ("severity=high", 2)


def test_it_is_on_a_scorecard_in_the_annex_and_in_the_ledger(place: Path) -> None:
    now = datetime(2026, 10, 9)
    view = Workspace(place, now=now).at("2026-Q3")
    card = view.scorecard("ops")
    assert [row.now.definition.id for row in card.rows] == ["X01", "V01"]
    with pytest.raises(UsageError, match="did you mean 'ops'"):
        view.scorecard("op")
    publish(view, ["X01"], now)
    told = view.workspace.ledger.publication("board", "2026-Q3")
    assert told is not None
    figure = view.workspace.ledger.figures(told)["X01", ""]
    assert figure.value == 2
    assert re.fullmatch(r"reportkit \S+, mine_[0-9a-f]{12}", figure.code_version)
    assert view.measure("V01").figure().code_version == figure.code_version.partition(",")[0]


def test_a_changed_file_is_read_anew(place: Path) -> None:
    assert Workspace(place, now=datetime(2026, 10, 9)).at("2026-Q3").measure("X01").red == 3
    (place / "mine.py").write_text(OWN.replace("FACTOR", "1"))
    assert Workspace(place, now=datetime(2026, 10, 9)).at("2026-Q3").measure("X01").red == 1


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("import nothing_like_it\n", ConfigError, "mine.py cannot be imported"),
        (
            OWN.replace("FACTOR", "3").replace('"X01"', '"x-1"'),
            UsageError,
            "needs an id of capital letters",
        ),
        (OWN.replace("FACTOR", "3").replace('"X01"', '"V01"'), UsageError, "defined twice"),
        (OWN.replace("FACTOR", "3").replace("{group}", "1"), UsageError, "needs '{group} AS grp'"),
    ],
)
def test_one_that_cannot_be(tmp_path: Path, text: str, error: type[Exception], said: str) -> None:
    definitions()
    (tmp_path / "mine.py").write_text(text)
    with pytest.raises(error, match=said):
        workspace(tmp_path, '[measures]\nmodules = ["mine.py"]\n')


def test_a_plugin_brings_measures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed package names a module under the entry point; here it lies on the path."""
    (tmp_path / "plugin_for_test.py").write_text(OWN.replace("FACTOR", "3").replace("X01", "XP01"))
    monkeypatch.syspath_prepend(tmp_path)
    found = EntryPoint("trial", "plugin_for_test", registry.PLUGINS)
    monkeypatch.setattr(
        registry, "entry_points", lambda group: [found] if group == registry.PLUGINS else []
    )
    registry._built_in.cache_clear()
    assert definitions()["XP01"].name == "Weaknesses without an owner"
    broken = EntryPoint("broken", "nothing_like_it", registry.PLUGINS)
    monkeypatch.setattr(registry, "entry_points", lambda **_: [broken])
    registry._built_in.cache_clear()
    with pytest.raises(ConfigError, match="The plugin 'broken'"):
        definitions()
    monkeypatch.undo()
    registry._built_in.cache_clear()
    registry._definitions.pop("XP01")
    sys.modules.pop("plugin_for_test")
