"""The same measures on PostgreSQL: a real server, a million rows, equal results."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from reportkit import relations, warehouse
from reportkit.errors import ConfigError, DataError, TemporaryError
from reportkit.measures import Value, definitions
from reportkit.secret import Secret, driver_line
from reportkit.view import View
from reportkit.workspace import Workspace
from tests import estate
from tests.system import postgres

pytestmark = pytest.mark.xdist_group("postgres")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Give the address of an empty database."""
    programs = postgres.binaries()
    if programs is None:
        pytest.skip("PostgreSQL is not installed (apt install postgresql)")
    with postgres.server(programs) as url:
        yield url


@pytest.fixture(scope="module")
def both(address: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[View, View]:
    """Give one view of a million findings, computed here and there."""
    folder = tmp_path_factory.mktemp("estate")
    here = estate.make(folder, 1_000_000)
    (folder / "reportkit.toml").write_text(f'[engine]\nurl = "{address}"\n')
    there = Workspace(folder, now=estate.NOW)
    assert isinstance(there.engine, warehouse.Postgres)
    return here.at("2026-Q3"), there.at("2026-Q3")


def rows_of(view: View, id_: str, by: str | None) -> pd.DataFrame:
    """Give the rows a measure is finished from, in an order of their own."""
    rows = view.sql(view.statement(definitions()[id_], by))
    return rows.sort_values(list(rows.columns), ignore_index=True)


@pytest.mark.parametrize("id_", sorted(definitions()))
def test_every_measure_gives_equal_rows(both: tuple[View, View], id_: str) -> None:
    for by in (None, *definitions()[id_].dims):
        here, there = (rows_of(view, id_, by) for view in both)
        assert here["grp"].nunique() > (by is not None)
        pd.testing.assert_frame_equal(here, there, check_dtype=False, check_exact=False, rtol=1e-9, atol=0)  # fmt: skip
    mine, theirs = (view.measure(id_).value for view in both)
    assert (mine.n, mine.reason, mine.note) == (theirs.n, theirs.reason, theirs.note)
    assert numbers(mine) == pytest.approx(numbers(theirs), rel=1e-9, abs=0)


def numbers(value: Value) -> dict[str, float]:
    """Give every number of a value, those beside it too."""
    own = ("value", "low", "high", "numerator", "denominator", "target")
    found = {name: getattr(value, name) for name in own} | {p.name: p.value for p in value.parts}
    return {name: number for name, number in found.items() if number is not None}


def test_it_is_no_comparison_of_nothing(both: tuple[View, View]) -> None:
    here, there = both
    # A quarter of a million findings were open by half-time or so; all are counted, by both.
    assert 100_000 < here.measure("V01").value.value == there.measure("V01").value.value
    assert there.measure("V04").value.denominator > 1_000
    silent = {id_: there.measure(id_).value.reason for id_ in definitions() if there.measure(id_).value.value is None}  # fmt: skip
    assert silent == {}
    assert len(there.measure("V06", by="severity")) == 5
    assert here.measure("K02").value.value == there.measure("K02").value.value > 0


@pytest.mark.parametrize("name", relations.NAMES)
def test_every_relation_has_the_same_columns_and_count(both: tuple[View, View], name: str) -> None:
    counts = [view.sql(f"SELECT COUNT(*) AS n FROM {name}")["n"].tolist() for view in both]
    assert counts[0] == counts[1]
    columns = [list(view.sql(f"SELECT * FROM {name} LIMIT 0").columns) for view in both]
    assert columns[0] == columns[1]


def test_a_part_of_the_firm(both: tuple[View, View]) -> None:
    units = [view.workspace.at("2026-Q3", unit="U2") for view in both]
    # U2 holds U3 and U4: about three quarters of the estate.
    assert 0.7 < units[0].measure("V01").value.value / both[0].measure("V01").value.value < 0.8
    assert units[0].measure("V01").value == units[1].measure("V01").value
    for id_ in (id_ for id_, words in definitions().items() if "findings" not in words.needs):
        here, there = (unit.measure(id_).value for unit in units)
        assert here.reason == there.reason, id_
        assert numbers(here) == pytest.approx(numbers(there), rel=1e-9, abs=0), id_


def test_a_query_that_fails_spoils_nothing(both: tuple[View, View]) -> None:
    for view in both:
        with pytest.raises(DataError, match="query failed"):
            view.sql("SELECT nothing_like_it FROM findings")
        assert len(view.sql("SELECT severity, COUNT(*) AS n FROM findings GROUP BY severity")) == 5


def test_it_leaves_only_the_loaded_rows(both: tuple[View, View], address: str) -> None:
    both[1].measure("V01")
    other = warehouse.Postgres(Secret(address))
    other.begin()
    schemas = other.frame("SELECT schema_name FROM information_schema.schemata")["schema_name"]
    assert {name for name in schemas if name.startswith(("known", "view"))} == set()
    held = other.frame(f"SELECT COUNT(*) AS n FROM {warehouse.SCHEMA}.findings")["n"].tolist()
    other.close()
    assert held == [1_000_000]


def test_an_address_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="the scheme 'oracle'"):
        warehouse.connect("oracle://host/db")
    with pytest.raises(TemporaryError, match="does not answer"):
        warehouse.connect(f"postgresql:///postgres?host={tmp_path}&user=nobody")


def test_its_address_is_a_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="holds a password"):
        written(tmp_path, "postgresql://reporter:hunter2@127.0.0.1:9/board")
    monkeypatch.setenv("BOARD_WAREHOUSE", "postgresql://reporter:hunter2@127.0.0.1:9/board")
    with pytest.raises(TemporaryError, match=r"127\.0\.0\.1 does not answer") as caught:
        _ = written(tmp_path, "env:BOARD_WAREHOUSE").engine
    assert "hunter2" not in caught.value.message


def test_what_a_driver_says_is_told_without_the_password() -> None:
    """A password is written in an address with signs of its own, and drivers repeat either."""
    url = Secret("postgresql://reporter:hun%2Fter%402@db.example.org/board")
    said = driver_line(Exception("preface ERROR: no hun/ter@2 nor hun%2Fter%402 here\nmore"), url)
    assert said == "no *** nor *** here"
    assert driver_line(Exception(""), url) == "Exception"


def written(folder: Path, url: str) -> Workspace:
    (folder / "reportkit.toml").write_text(f'[engine]\nurl = "{url}"\n', encoding="utf-8")
    return Workspace(folder, now=datetime(2027, 1, 4))
