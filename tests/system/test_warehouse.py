"""The same measures on PostgreSQL: a real server, many rows, equal results; a million of them with ``-m soak``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from reportkit import relations, warehouse
from reportkit.errors import ConfigError, DataError, TemporaryError
from reportkit.measures import definitions
from reportkit.secret import Secret, driver_line
from tests import engines
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


@pytest.fixture(
    scope="module",
    params=[100_000, pytest.param(1_000_000, marks=[pytest.mark.soak, pytest.mark.slow])],
    ids=["100k", "1M"],
)
def findings(request: pytest.FixtureRequest) -> int:
    """Give how many findings both engines hold."""
    return int(request.param)


@pytest.fixture(scope="module")
def both(findings: int, address: str, tmp_path_factory: pytest.TempPathFactory) -> engines.Both:
    """Give one view of the findings, computed here and there."""
    views = engines.both(tmp_path_factory.mktemp("estate"), findings, address)
    assert isinstance(views[1].workspace.engine, warehouse.Postgres)
    return views


@pytest.mark.parametrize("id_", sorted(definitions()))
def test_every_measure_gives_equal_rows(both: engines.Both, id_: str) -> None:
    engines.assert_equal(both, id_)


def test_it_is_no_comparison_of_nothing(both: engines.Both, findings: int) -> None:
    engines.assert_something_measured(both, findings)


@pytest.mark.parametrize("name", relations.NAMES)
def test_every_relation_has_the_same_columns_and_rows(both: engines.Both, name: str) -> None:
    engines.assert_same_relation(both, name)


def test_a_part_of_the_firm(both: engines.Both) -> None:
    units = [view.workspace.at("2026-Q3", unit="U2") for view in both]
    # U2 holds U3 and U4: about three quarters of the estate.
    assert 0.7 < engines.number(units[0], "V01") / engines.number(both[0], "V01") < 0.8
    assert units[0].measure("V01").value == units[1].measure("V01").value
    for id_ in (id_ for id_, words in definitions().items() if "findings" not in words.needs):
        here, there = (unit.measure(id_).value for unit in units)
        assert here.reason == there.reason, id_
        assert engines.numbers(here) == pytest.approx(engines.numbers(there), rel=1e-9, abs=0), id_


def test_a_query_that_fails_spoils_nothing(both: engines.Both) -> None:
    for view in both:
        with pytest.raises(DataError, match="query failed"):
            view.sql("SELECT nothing_like_it FROM findings")
        assert len(view.sql("SELECT severity, COUNT(*) AS n FROM findings GROUP BY severity")) == 5


def test_it_leaves_only_the_loaded_rows(both: engines.Both, findings: int, address: str) -> None:
    both[1].measure("V01")
    other = warehouse.Postgres(Secret(address))
    other.begin()
    schemas = other.frame("SELECT schema_name FROM information_schema.schemata")["schema_name"]
    assert {name for name in schemas if name.startswith(("known", "view"))} == set()
    held = other.frame(f"SELECT COUNT(*) AS n FROM {warehouse.SCHEMA}.findings")["n"].tolist()
    other.close()
    assert held == [findings]


def test_an_address_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="the scheme 'oracle'"):
        warehouse.connect("oracle://host/db")
    with pytest.raises(TemporaryError, match="does not answer"):
        warehouse.connect(f"postgresql:///postgres?host={tmp_path}&user=nobody")


def test_its_address_is_a_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="holds a password"):
        engines.written(tmp_path, "postgresql://reporter:hunter2@127.0.0.1:9/board")
    monkeypatch.setenv("BOARD_WAREHOUSE", "postgresql://reporter:hunter2@127.0.0.1:9/board")
    with pytest.raises(TemporaryError, match=r"127\.0\.0\.1 does not answer") as caught:
        _ = engines.written(tmp_path, "env:BOARD_WAREHOUSE").engine
    assert "hunter2" not in caught.value.message


def test_what_a_driver_says_is_told_without_the_password() -> None:
    """A password is written in an address with signs of its own, and drivers repeat either."""
    url = Secret("postgresql://reporter:hun%2Fter%402@db.example.org/board")
    said = driver_line(Exception("preface ERROR: no hun/ter@2 nor hun%2Fter%402 here\nmore"), url)
    assert said == "no *** nor *** here"
    assert driver_line(Exception(""), url) == "Exception"
