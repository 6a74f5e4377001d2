"""Words of others where they would lead somewhere: names of folders and commentaries, what a terminal shows, queries."""

from __future__ import annotations

import contextlib
import json
import re
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from reportkit import narrative
from reportkit.cli import screen
from reportkit.errors import DataError, ReportkitError
from reportkit.layout import series, stem
from reportkit.run import surroundings
from reportkit.view import View
from tests.conftest import Ended
from tests.unit import workspaces

UNITS = (
    ".", "..", "...", "../../x", "/etc", "_all", ".hidden", "-rf", "a/b", "a\\b", "**", "[a", "?", "a\x00b", "a\r\nb", "%2E", "%2E%2E", "%5Fall", "\x1b[2J",
    "\u202egnp.exe", "a" * 300, "a" * 299 + "b", "é" * 150, "ﷺ" * 60, " ", "~", "$(id)", "CON", "a~b",
)  # fmt: skip


def test_each_unit_has_one_folder_of_its_own_and_none_is_the_whole_firms(tmp_path: Path) -> None:
    places = [series(tmp_path, "unit", "2026-Q3", unit) for unit in (*UNITS, None)]
    assert len(set(places)) == len(places)
    for place in places:
        assert place.parent == tmp_path / "runs/unit/2026-Q3"
        assert not re.search(r"[/\x00-\x1f]|^\.", place.name)
        # Beside it a run of the name is prepared, with a dot before and a few letters behind.
        place.mkdir(parents=True)
        assert place.resolve() == place
    assert series(tmp_path, "unit", "2026-Q3", "R+D (north)").name == "R+D (north)"


@pytest.mark.parametrize("unit", UNITS)
def test_the_words_for_a_unit_are_looked_for_in_the_workspace_alone(tmp_path: Path, unit: str) -> None:  # fmt: skip
    (tmp_path / "w/commentary/2026-Q3/board-..").mkdir(parents=True)
    (tmp_path / "w/commentary/2026-Q3-..").mkdir()
    (tmp_path / "w/reportkit.toml").write_text("")
    for secret in (tmp_path / "x.md", tmp_path / "w/x.md", tmp_path / "w/commentary/x.md", tmp_path / "w/commentary/2026-Q3/x.md"):  # fmt: skip
        secret.write_text("secret")
    assert surroundings.files(tmp_path / "w", "board", "2026-Q3", unit) == {}
    assert Path(stem(unit)).name == stem(unit) or unit in {".", "..", " "}
    name = f"2026-Q3-{stem(unit)}.md"
    (tmp_path / "w/commentary" / name).write_text("words")
    assert set(surroundings.files(tmp_path / "w", "board", "2026-Q3", unit)) == {f"commentary/{name}"}  # fmt: skip


#: Clears the screen, names the window, answers the terminal, turns the order of letters; the short form of the first of them.
OBEYED = "a\x1b[2J\x1b]0;owned\x07\x1b[6n\u202ecod\x9b2J\r\x08\x7f"


def test_a_terminal_is_told_nothing_by_the_files_of_others(tmp_path: Path, typed: Callable[..., Ended]) -> None:  # fmt: skip
    place = tmp_path / "w"
    ws = workspaces.workspace(place)
    rows = [{"finding_id": f"F{OBEYED}", "severity": "low", "state": "open", "opened": datetime(2026, 7, 1), "unit_id": OBEYED, "tool": OBEYED}]  # fmt: skip
    workspaces.load(ws, "findings", rows, datetime(2026, 7, 2), source=OBEYED)
    (tmp_path / "f.csv").write_text(f"Id,{OBEYED.replace(chr(13), '')}\n1,2\n", encoding="utf-8")
    seen = ""
    for words in (
        ["log"], ["log", "--json"], ["describe", "findings"], ["measure", "V01", "--by", "unit", "--period", "2026-Q3"], ["run", "board", "--unit", OBEYED, "--period", OBEYED],
        ["load", "findings", tmp_path / "f.csv"], ["guess", tmp_path / "f.csv", "--table", "findings"], ["inspect", tmp_path / "f.csv"],
    ):  # fmt: skip
        more = [] if words[0] in {"guess", "inspect"} else ["-w", place]
        ended = typed(*words, *more)
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", ended.out + ended.err), words
        seen += ended.out + ended.err
        if "--json" in words:
            # To another program it is the text it was.
            assert json.loads(ended.out)[0]["source"] == OBEYED
    assert seen.count("\\u001b") > 3


def test_our_own_colours_and_lines_are_let_through() -> None:
    assert screen.harmless("\x1b[32mgood\x1b[0m\tfine\n") == "\x1b[32mgood\x1b[0m\tfine\n"
    assert screen.harmless("👩‍👩‍👧 田中 ﷺ") == "👩‍👩‍👧 田中 ﷺ"


@pytest.mark.parametrize("words", ["{{ V04.value:" + " " * 30_000, "{{" * 30_000, "{{ V04.value: " * 3_000, "{{ " * 20_000 + "}}"])  # fmt: skip
def test_placeholders_without_an_end_are_looked_at_once(view: View, words: str) -> None:
    """Each blank, and each brace, was looked at again from every one before it."""
    place = view.workspace.folder / "commentary"
    place.mkdir(exist_ok=True)
    (place / "2026-Q3.md").write_text(words)
    begun = time.process_time()
    with contextlib.suppress(ReportkitError):
        narrative.commentary(view)
    assert time.process_time() - begun < 2.0


# ---- queries ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def view(tmp_path_factory: pytest.TempPathFactory) -> View:
    ws = workspaces.workspace(tmp_path_factory.mktemp("queries") / "w")
    (ws.folder.parent / "outside.csv").write_text("secret\nseen\n")
    (ws.folder / "link.csv").symlink_to(ws.folder.parent / "outside.csv")
    (ws.folder / "inside.csv").write_text("word\nfine\n")
    rows = [{"finding_id": "F1", "severity": "low", "state": "open", "opened": datetime(2026, 7, 1)}]  # fmt: skip
    workspaces.load(ws, "findings", rows, datetime(2026, 7, 2))
    return ws.at("2026-Q3")


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM read_csv('{out}')", "FROM '{out}'", "SELECT content FROM read_text('{out}')", "SELECT * FROM read_blob('/proc/self/environ')",
        "SELECT * FROM read_csv('{in}/../../outside.csv')", "SELECT * FROM read_csv('{in}/link.csv')", "SELECT * FROM glob('/etc/*')", "SELECT * FROM sniff_csv('{out}')",
        "SELECT * FROM read_parquet('http://127.0.0.1:9/x')", "SELECT * FROM query('SELECT * FROM read_csv(''{out}'')')",
    ],
)  # fmt: skip
def test_a_query_reads_no_file_outside_of_the_workspace(view: View, query: str) -> None:
    with pytest.raises(DataError, match="disabled by configuration"):
        view.sql(
            query.replace("{out}", str(view.workspace.folder.parent / "outside.csv")).replace(
                "{in}", str(view.workspace.folder)
            )
        )


@pytest.mark.parametrize(
    ("query", "kinds"),
    [
        ("COPY findings TO '/tmp/x.csv'", "COPY"), ("ATTACH '/tmp/x.db' AS x", "ATTACH"), ("INSTALL httpfs", "LOAD"), ("LOAD httpfs", "LOAD"), ("SET threads = 1", "SET"),
        ("SET enable_external_access = true", "SET"), ("EXPORT DATABASE '/tmp/x'", "EXPORT"), ("SELECT 1; DROP TABLE findings", "SELECT and DROP"), ("PRAGMA version", "PRAGMA"),
        ("DELETE FROM findings", "DELETE"), ("CREATE TABLE x AS SELECT 1", "CREATE"), ("EXPLAIN ANALYZE COPY (SELECT 1) TO '/tmp/x'", "EXPLAIN"), ("", "nothing"), ("-- no", "nothing"),
    ],
)  # fmt: skip
def test_a_query_asks_and_does_nothing_else(view: View, query: str, kinds: str) -> None:
    with pytest.raises(DataError, match=f"one SELECT, and this is {kinds};"):
        view.sql(query)


def test_a_query_that_names_no_table_is_answered(view: View) -> None:
    assert view.at("2026-Q2").sql("SELECT 1 AS one")["one"].tolist() == [1]


def test_what_lies_in_the_workspace_may_be_asked_about(view: View) -> None:
    asked = f"WITH w AS (FROM read_csv('{view.workspace.folder}/inside.csv')) SELECT word, severity FROM w, findings"  # fmt: skip
    assert view.sql(asked).values.tolist() == [["fine", "low"]]
    assert "finding_id" in view.sql("DESCRIBE findings")["column_name"].tolist()
