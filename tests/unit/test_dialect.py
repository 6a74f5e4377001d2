"""Queries of the portable subset as other engines are asked them; what they give there is held in the system tests."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from reportkit import warehouse
from reportkit.errors import ConfigError, DataError
from reportkit.secret import Secret, driver_line
from reportkit.warehouse import dialect
from tests import engines


def test_a_relation_has_one_name_in_spark() -> None:
    text, names = dialect.spark(
        "SELECT kev.a, f.b FROM known_0.kev JOIN findings AS f USING (c)", "v"
    )
    assert text == "SELECT kev.a, f.b FROM known_0__kev AS kev JOIN v__findings AS f USING (c)"
    assert sorted(names) == ["known_0__kev", "v__findings"]


def test_a_query_s_own_names_stay_as_they_are() -> None:
    text, names = dialect.spark(
        "WITH risks AS (SELECT * FROM risks) SELECT a FROM risks AS r, (SELECT 1 AS b) AS s "
        "WHERE EXISTS (SELECT 1 FROM audits WHERE audits.a = r.a)",
        "v",
    )
    assert text.startswith(
        "WITH risks AS (SELECT * FROM v__risks AS risks) SELECT a FROM risks AS r,"
    )
    assert sorted(names) == ["v__audits", "v__risks"]


def test_without_a_schema_a_bare_name_stays() -> None:
    assert dialect.spark("SELECT a FROM part") == ("SELECT a FROM part", ())


@pytest.mark.parametrize("write", [dialect.postgres, dialect.spark])
def test_what_is_no_query(write: object) -> None:
    assert callable(write)
    with pytest.raises(DataError, match="query failed"):
        write("SELECT FROM WHERE (")


@pytest.mark.parametrize(
    ("library", "url", "extra"),
    [
        ("pyspark", "spark://local", "spark"),
        ("adbc_driver_postgresql.dbapi", "postgresql://host/db", "warehouse"),
    ],
)
def test_an_engine_that_is_not_installed(
    monkeypatch: pytest.MonkeyPatch, library: str, url: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(ConfigError, match=rf"needs {library}; .*\[{extra}\]"):
        warehouse.connect(url)


def test_a_token_is_not_written_down_nor_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="holds a password"):
        engines.written(tmp_path, "sc://spark.example.org/;use_ssl=true;token=hun%2Fter2")
    engines.written(tmp_path, "sc://spark.example.org/;use_ssl=true")
    url = Secret("sc://spark.example.org:15002/;token=hun%2Fter2;user_id=a")
    assert driver_line(Exception("no hun/ter2 nor hun%2Fter2 here"), url) == "no *** nor *** here"
