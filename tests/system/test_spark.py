"""The same measures on Apache Spark: a million findings, equal results. Tried only with REPORTKIT_SPARK=1 (``conftest.py``)."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from reportkit import relations, warehouse
from reportkit.errors import ConfigError, DataError, TemporaryError
from reportkit.measures import definitions
from tests import engines
from tests.system import spark_connect

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("spark")]


@pytest.fixture(scope="module", autouse=True)
def quick() -> Iterator[None]:
    """Let Java translate once and not better later: for a few short queries it costs twice as much."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1")
        yield


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[engines.Both]:
    """Give one view of a million findings, computed here and there."""
    yield from compared(tmp_path_factory.mktemp("estate [1]"), 1_000_000, "spark://local")


def compared(folder: Path, findings: int, url: str) -> Iterator[engines.Both]:
    views = engines.both(folder, findings, url)
    engine = views[1].workspace.engine
    assert isinstance(engine, warehouse.Spark)
    yield views
    engine.close()


@pytest.mark.parametrize("id_", sorted(definitions()))
def test_every_measure_gives_equal_rows(both: engines.Both, id_: str) -> None:
    engines.assert_equal(both, id_)


def test_it_is_no_comparison_of_nothing(both: engines.Both) -> None:
    engines.assert_something_measured(both, 1_000_000)


@pytest.mark.parametrize("name", relations.NAMES)
def test_every_relation_has_the_same_columns_and_rows(both: engines.Both, name: str) -> None:
    engines.assert_same_relation(both, name)


def test_a_part_of_the_firm(both: engines.Both) -> None:
    parts = [view.workspace.at("2026-Q3", unit="U2") for view in both]
    assert parts[0].measure("V01").value == parts[1].measure("V01").value
    assert 0.7 < engines.number(parts[0], "V01") / engines.number(both[0], "V01") < 0.8


def test_a_table_is_described_equally(both: engines.Both) -> None:
    here, there = (view.describe("incidents") for view in both)
    assert here.rows > 1_000
    assert (here.oldest, here.newest, here.gaps) == (there.oldest, there.newest, there.gaps)
    pd.testing.assert_frame_equal(here.frame, there.frame)


#: What measures may be written with, beyond what those of today are.
WORDS = {
    "units of time begun": "SELECT incident_id, DATE_DIFF('day', detected, contained) AS days, DATE_DIFF('month', detected, contained) AS months, "
    "DATE_DIFF('hour', detected, contained) AS hours, DATE_DIFF('year', detected, contained) AS years FROM incidents",
    "instants": "SELECT incident_id, detected, DATE_TRUNC('month', detected) AS month, CAST(detected AS DATE) AS day, "
    "detected + INTERVAL '36' HOUR AS later, EXTRACT(YEAR FROM detected) AS year FROM incidents",
    "money": "SELECT category, SUM(actual) AS total, AVG(actual) AS mean, SUM(actual) / SUM(budget) AS share, COUNT(actual) AS n, "
    "MIN(actual) AS least, MAX(actual * 3) AS most FROM spend GROUP BY category",
    "whole numbers divided": "SELECT incident_id, severity / 4 AS part, severity % 2 AS odd FROM incidents",
    "a window": "SELECT incident_id, LAG(detected) OVER (PARTITION BY cause ORDER BY detected, incident_id) AS before_it, "
    "SUM(severity) OVER (PARTITION BY unit_id ORDER BY detected, incident_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS sum_before, "
    "ROW_NUMBER() OVER (ORDER BY cause NULLS FIRST, incident_id DESC) AS place FROM incidents",
    "nothing comes last": "SELECT cause, ROW_NUMBER() OVER (ORDER BY cause) AS up, ROW_NUMBER() OVER (ORDER BY cause DESC) AS down FROM "
    "(SELECT DISTINCT cause FROM incidents) AS causes",
    "as text": "SELECT CAST(detected AS VARCHAR) AS d, CAST(CAST(detected AS DATE) AS VARCHAR) AS e, CAST(severity AS VARCHAR) AS f, "
    "CAST(severity > 2 AS VARCHAR) AS g, 'it''s ' || incident_id AS h, CAST(CAST(severity AS DECIMAL(18,2)) AS VARCHAR) AS i FROM incidents",
    "text": "SELECT DISTINCT title, LOWER(title) AS a, REPLACE(title, ' ', '_') AS b, LENGTH(title) AS c, TRIM(title) AS d, SUBSTR(title, 1, 4) AS e, "
    "title LIKE '%e_k%' AS f, GREATEST(title, 'P') AS g, NULLIF(title, 'Weak cipher') AS h FROM findings",
    "a list": "SELECT incident_id, UNNEST(STRING_SPLIT(COALESCE(cause, 'a|b.c|'), '|')) AS part FROM incidents WHERE severity = 1",
    "queries in queries": "SELECT (SELECT COUNT(*) FROM risks) AS risks, i.severity, COUNT(*) AS n, "
    "SUM(CASE WHEN EXISTS (SELECT 1 FROM assets AS a WHERE a.unit_id = i.unit_id) THEN 1 ELSE 0 END) AS known FROM incidents AS i "
    "WHERE i.unit_id NOT IN (SELECT parent_id FROM units WHERE parent_id IS NOT NULL) GROUP BY i.severity",
    "a name of its own": "WITH incidents AS (SELECT severity, unit_id FROM incidents WHERE severity < 3), many AS (SELECT unit_id FROM units) "
    "SELECT incidents.severity, COUNT(*) AS n FROM incidents JOIN many USING (unit_id) GROUP BY incidents.severity HAVING COUNT(*) > 1",
    "both and either": "SELECT unit_id FROM incidents WHERE severity = 1 UNION SELECT unit_id FROM risks EXCEPT SELECT parent_id FROM units",
    "a name of any case": "SELECT COUNT(*) AS n FROM Risks",
    "a name with capitals": 'SELECT unit_id AS "Unit of it", COUNT(DISTINCT cause) AS Causes FROM incidents GROUP BY unit_id',
}  # fmt: skip


@pytest.mark.parametrize("words", WORDS)
def test_words_mean_the_same(both: engines.Both, words: str) -> None:
    here, there = (view.sql(WORDS[words]) for view in both)
    order = list(here.columns)
    assert len(here) > 0
    pd.testing.assert_frame_equal(
        here.sort_values(order, ignore_index=True), there.sort_values(order, ignore_index=True),
        check_dtype=False, check_exact=False, rtol=1e-9, atol=0,
    )  # fmt: skip


def test_a_query_that_fails_spoils_nothing(both: engines.Both) -> None:
    for query in ("SELECT nothing_like_it FROM findings", "SELECT 1 FROM nowhere", "SELECT FROM"):
        for view in both:
            with pytest.raises(DataError, match="query failed") as caught:
                view.sql(query)
            assert "__" not in caught.value.message
    assert len(both[1].sql("SELECT severity, COUNT(*) AS n FROM findings GROUP BY severity")) == 5


TWO = """
import sys
from pathlib import Path
from tests import engines, estate

def children():
    return Path(f"/proc/self/task/{__import__('os').getpid()}/children").read_text().split()

views = []
for size in (1_000, 2_000):
    folder = Path(sys.argv[1]) / str(size)
    estate.make(folder, size)
    views.append(engines.written(folder, "spark://local").at("2026-Q3"))
print(*[view.sql("SELECT COUNT(*) AS n FROM findings")["n"].tolist()[0] for view in views])
views[0].workspace.engine.close()
print(views[1].measure("V01").value.value > 0, len(children()))
views[1].workspace.engine.close()
print(len(children()), list(Path(sys.argv[1]).glob("reportkit-spark-*")))
again = engines.written(Path(sys.argv[1]) / "1000", "spark://local").at("2026-Q3")
print(again.sql("SELECT COUNT(*) AS n FROM findings")["n"].tolist()[0])
"""


def test_two_workspaces_share_a_spark_which_ends_with_the_last(tmp_path: Path, root: Path) -> None:
    done = python(TWO, tmp_path, root, TMPDIR=str(tmp_path))
    assert (done.stdout, done.stderr) == ("1000 2000\nTrue 1\n0 []\n1000\n", "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1000", "2000"]


def test_without_java(tmp_path: Path, root: Path) -> None:
    code = "from reportkit import warehouse\nwarehouse.connect('spark://local')"
    done = python(code, tmp_path, root, JAVA_HOME=str(tmp_path))
    assert "ConfigError: Spark does not start (" in done.stderr
    assert f"{tmp_path}/bin/java: No such file or directory); it needs Java 17" in done.stderr


def python(code: str, folder: Path, root: Path, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, folder],
        capture_output=True, text=True, check=False, cwd=root, timeout=600,
        env={**os.environ, "PYTHONPATH": str(root), **more},
    )  # fmt: skip


# ---- a server that speaks Spark Connect ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def connected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[engines.Both]:
    """Give one view computed here and on a server."""
    with spark_connect.server(tmp_path_factory.mktemp("server")) as url:
        yield from compared(tmp_path_factory.mktemp("sent"), 200_000, url)


@pytest.mark.parametrize("id_", sorted(definitions()))
def test_every_measure_gives_equal_rows_on_a_server(connected: engines.Both, id_: str) -> None:
    engines.assert_equal(connected, id_)


def test_a_server_is_asked_for_something(connected: engines.Both) -> None:
    here, there = connected
    assert 20_000 < engines.number(here, "V01") == engines.number(there, "V01")
    with pytest.raises(DataError, match="query failed"):
        there.sql("SELECT nothing_like_it FROM findings")


def test_an_address_that_is_none() -> None:
    with pytest.raises(ConfigError, match=r"spark://local for Spark on this machine; .* sc://host"):
        warehouse.connect("spark://cluster:7077")
    with pytest.raises(TemporaryError, match=r"127\.0\.0\.1 does not answer"):
        warehouse.connect("sc://127.0.0.1:9")


def test_a_token_is_a_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOARD_WAREHOUSE", "sc://127.0.0.1:9/;token=hunter2")
    with pytest.raises(TemporaryError, match=r"127\.0\.0\.1 does not answer") as caught:
        _ = engines.written(tmp_path, "env:BOARD_WAREHOUSE").engine
    assert "hunter2" not in caught.value.message
