"""Rows pulled from real databases: types kept, faults said, secrets never told."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest

from reportkit import store
from reportkit.workspace import Workspace
from tests.conftest import Ended
from tests.system import mariadb, postgres

NOW = datetime(2027, 1, 4)
#: The same rows for every database: a day, a decimal, a truth, a blank, and a text that is no missing value.
TABLE = """
CREATE TABLE risk_register (
  risk_id VARCHAR(20), title VARCHAR(80), category VARCHAR(20), owner VARCHAR(40), residual DECIMAL(14,2), opened DATE, status VARCHAR(10), measured_in VARCHAR(10))
"""
ROWS = """
INSERT INTO risk_register VALUES
  ('R-1', 'Ransomware stops the plants', 'cyber', 'Chief Risk Officer', 1250000.25, '2026-01-15', 'open', 'money'),
  ('R-2', 'Größe der Lücke: "NA"', 'NA', NULL, 40000.10, '2026-05-02', 'open', 'money')
"""
QUERY = "SELECT risk_id, title, category, owner, residual, opened, status, measured_in FROM risk_register"


@pytest.fixture(scope="module")
def postgresql() -> Iterator[str]:
    """Give the address of a database with the rows."""
    import adbc_driver_postgresql.dbapi as driver

    programs = postgres.binaries()
    if programs is None:
        pytest.skip("PostgreSQL is not installed (apt install postgresql)")
    with postgres.server(programs) as url:
        with driver.connect(url, autocommit=True) as connection, connection.cursor() as cursor:
            for statement in (TABLE, ROWS):
                cursor.execute(statement)
        yield url


@pytest.fixture(scope="module")
def mysql() -> Iterator[str]:
    """Give the address of a database with the rows."""
    import pymysql

    if not mariadb.installed():
        pytest.skip("MariaDB is not installed (apt install mariadb-server)")
    with mariadb.server() as socket:
        with pymysql.connect(user="reporter", password="of-the-database", database="board", unix_socket=str(socket)) as connection:  # fmt: skip
            for statement in (TABLE, ROWS):
                connection.cursor().execute(statement)
            connection.commit()
        yield f"mysql://reporter:of-the-database@localhost/board?socket={socket}"


@pytest.fixture
def sqlite(tmp_path: Path) -> str:
    with sqlite3.connect(tmp_path / "register.sqlite") as connection:
        connection.execute(TABLE)
        connection.execute(ROWS)
    connection.close()
    return "register.sqlite"


@pytest.fixture
def duck(tmp_path: Path) -> str:
    with duckdb.connect(str(tmp_path / "register.duckdb")) as connection:
        connection.execute(TABLE)
        connection.execute(ROWS)
    return "register.duckdb"


def configure(folder: Path, kind: str, url: str, query: str = QUERY, more: str = "") -> None:
    (folder / "reportkit.toml").write_text(
        f'[sources.register]\nkind = "{kind}"\nurl = "{url}"\ntable = "risks"\nquery = """{query}"""\n{more}\n',
        encoding="utf-8",
    )


def check(folder: Path, typed: Callable[..., Ended]) -> None:
    """Pull, and look at what a view shows."""
    ended = typed("pull", "-w", folder, "--json")
    assert ended.code == 0, ended.err
    (said,) = json.loads(ended.out)
    assert (said["records"], said["rows"], said["rejected"], said["problems"]) == (2, 2, 0, [])
    rows = Workspace(folder, now=NOW).at("2026-Q3").table("risks").sort_values("risk_id")
    assert rows["title"].tolist() == ["Ransomware stops the plants", 'Größe der Lücke: "NA"']
    assert rows["category"].tolist() == ["cyber", "NA"]
    assert rows["owner"].isna().tolist() == [False, True]
    assert rows["residual"].tolist() == [1250000.25, 40000.10]
    assert [day.date() for day in rows["opened"]] == [date(2026, 1, 15), date(2026, 5, 2)]


@pytest.mark.xdist_group("postgres")
def test_postgresql(
    tmp_path: Path, postgresql: str, typed: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGISTER_URL", postgresql)
    configure(tmp_path, "postgresql", "env:REGISTER_URL")
    check(tmp_path, typed)
    assert "register" in typed("sources", "-w", tmp_path).out


@pytest.mark.xdist_group("mariadb")
def test_mysql(
    tmp_path: Path, mysql: str, typed: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGISTER_URL", mysql)
    configure(tmp_path, "mysql", "env:REGISTER_URL")
    check(tmp_path, typed)


def test_sqlite(tmp_path: Path, sqlite: str, typed: Callable[..., Ended]) -> None:
    configure(tmp_path, "sqlite", sqlite)
    check(tmp_path, typed)


def test_duckdb(tmp_path: Path, duck: str, typed: Callable[..., Ended]) -> None:
    configure(tmp_path, "duckdb", duck)
    check(tmp_path, typed)


def test_columns_of_their_own_go_through_a_mapping(
    tmp_path: Path, sqlite: str, typed: Callable[..., Ended]
) -> None:
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings/register.toml").write_text(
        '[source]\ntable = "risks"\n[columns]\nrisk_id = "key"\ntitle = "what"\nresidual = "eur"\nmeasured_in = { value = "money" }\n'
    )
    query = "SELECT risk_id AS key, title AS what, residual AS eur FROM risk_register"
    configure(tmp_path, "sqlite", sqlite, query, 'mapping = "register"')
    assert typed("pull", "register", "-w", tmp_path).code == 0
    rows = Workspace(tmp_path, now=NOW).at("2026-Q3").table("risks")
    assert sorted(rows["residual"]) == [40000.10, 1250000.25]


def test_asked_again_it_is_fresh_again_and_nothing_is_counted_twice(
    tmp_path: Path, sqlite: str, typed: Callable[..., Ended]
) -> None:
    configure(tmp_path, "sqlite", sqlite)
    assert typed("pull", "--dry-run", "-w", tmp_path).code == 0
    assert store.of(tmp_path).loads() == []
    for _ in range(2):
        assert typed("pull", "-w", tmp_path).code == 0
    first, second = store.of(tmp_path).loads()
    assert first.extract == second.extract
    assert first.recorded_at < second.recorded_at
    assert len(Workspace(tmp_path, now=NOW).at("2026-Q3").table("risks")) == 2


@pytest.mark.xdist_group("mariadb")
def test_a_wrong_password_is_said_and_never_told(
    tmp_path: Path, mysql: str, typed: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGISTER_URL", mysql.replace("of-the-database", "hunter2-wrong"))
    configure(tmp_path, "mysql", "env:REGISTER_URL")
    ended = typed("pull", "-w", tmp_path)
    assert ended.code == 3
    assert "Access denied" in ended.err
    assert "hunter2" not in ended.out + ended.err


@pytest.mark.parametrize(
    ("kind", "url", "query", "code", "words"),
    [
        ("postgresql", "postgresql://reporter@127.0.0.1:9/board", QUERY, 75, "does not answer"),
        ("mysql", "mysql://reporter@127.0.0.1:9/board", QUERY, 75, "does not answer"),
        ("sqlite", "no.sqlite", QUERY, 3, "does not exist"),
        ("mysql", "mysql://reporter:hunter2@host/board", QUERY, 7, "holds a password; write env:NAME"),
        ("oracle", "x", QUERY, 7, "oracle"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked(
    tmp_path: Path,
    typed: Callable[..., Ended],
    kind: str,
    url: str,
    query: str,
    code: int,
    words: str,
) -> None:
    configure(tmp_path, kind, url, query)
    ended = typed("pull", "-w", tmp_path)
    assert ended.code == code, ended.err
    assert words in ended.err
    assert "hunter2" not in ended.err


def test_a_query_that_is_none_or_writes(
    tmp_path: Path, sqlite: str, duck: str, typed: Callable[..., Ended]
) -> None:
    for kind, url in (("sqlite", sqlite), ("duckdb", duck)):
        for query in ("SELECT nothing FROM nowhere", "DELETE FROM risk_register"):
            configure(tmp_path, kind, url, query)
            ended = typed("pull", "-w", tmp_path)
            assert ended.code == 3, (kind, query, ended)
    check_rows = sqlite3.connect(tmp_path / sqlite)
    assert check_rows.execute("SELECT COUNT(*) FROM risk_register").fetchone() == (2,)
    check_rows.close()


@pytest.mark.xdist_group("postgres")
def test_a_query_that_writes_changes_nothing(
    tmp_path: Path, postgresql: str, typed: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGISTER_URL", postgresql)
    configure(tmp_path, "postgresql", "env:REGISTER_URL", "DELETE FROM risk_register RETURNING *")
    ended = typed("pull", "-w", tmp_path)
    assert ended.code == 3
    assert "read-only transaction" in ended.err
