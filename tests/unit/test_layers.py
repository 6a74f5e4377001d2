"""What several large loads leave is the same whether all of it is ranked or only what differs between them."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from reportkit import grouping, ranking, sql
from reportkit import layers as layers_
from reportkit.knowledge import Knowledge
from reportkit.store import Load, Provenance, Store
from reportkit.tables import TABLES
from tests.unit.workspaces import load, workspace

AT = [datetime(2026, 7, 1), datetime(2026, 8, 1), datetime(2026, 9, 1), datetime(2026, 10, 1)]
#: All but where a row comes from: a row that several loads hold alike stays that of the first, where only changes are ranked.
QUERY = "SELECT * EXCLUDE (source, recorded_at, extract_id) FROM {}.findings ORDER BY finding_id"
SCHEMA = pa.schema([("finding_id", pa.string()), ("asset_id", pa.string()), ("severity", pa.string()), ("opened", pa.date32()), ("closed", pa.date32()), ("state", pa.string())])  # fmt: skip
STATES = ("open", "fixed", "reopened", "accepted", "false_positive", "decommissioned")

rows = st.lists(
    st.tuples(
        st.integers(0, 7), st.sampled_from(STATES), st.sampled_from([None, date(2026, 6, 1), date(2026, 6, 20)]),
        st.sampled_from([date(2026, 3, 1), date(2026, 5, 1)]), st.sampled_from(["low", "high"]),
    ),
    min_size=1, max_size=8, unique_by=lambda row: row[0],
)  # fmt: skip


def table(found: list[tuple[Any, ...]]) -> pa.Table:
    return pa.Table.from_pylist([
        {"finding_id": f"F{number}", "state": state, "closed": closed if state != "open" else None, "opened": opened, "severity": severity, "asset_id": "A"}
        for number, state, closed, opened, severity in found
    ], SCHEMA)  # fmt: skip


GROUPS = "SELECT severity, state, opened, closed, SUM(n) AS n FROM {}.finding_groups GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(loads=st.lists(rows, min_size=1, max_size=4), held=st.integers(0, 3))
def test_layers_leave_what_ranking_leaves(
    tmp_path_factory: pytest.TempPathFactory, loads: list[list[tuple[Any, ...]]], held: int
) -> None:
    store = Store(tmp_path_factory.mktemp("store"))
    spec = TABLES["findings"]
    made = [
        store.add(spec, table(each), Provenance(source="test", recorded_at=at), again=True)
        for each, at in zip(loads, AT, strict=False)
    ]
    knowledge = Knowledge(AT[-1], unreclassified=frozenset(one.name for one in made[1:][:held]))

    def part(one: Load) -> str:
        path = f"read_parquet('{sql.extract(store, one)}')"
        return (
            f"(SELECT * FROM {path} WHERE state <> 'false_positive')"
            if knowledge.holds_back(one)
            else path
        )

    engine = sql.Local()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sql, "LARGE", 0)
        patched.setattr(layers_, "_FEW", 9)
        patched.setattr(grouping, "_ALIKE", 1_000)
        found = []
        for name in ("ranked", "layered"):
            engine.add_schema(name)
            if name == "ranked":
                engine.make("ranked.findings", ranking.known(spec, made, part), copied=True)
            else:
                assume(engine.layers.make("layered.findings", made, store, knowledge))
            assert grouping.make(engine, name, ())
            found.append([engine.frame(QUERY.format(name)), engine.frame(GROUPS.format(name))])
    engine.close()
    for mine, theirs in zip(*found, strict=True):
        pd.testing.assert_frame_equal(mine, theirs)


def test_an_export_of_which_most_is_new_is_ranked_as_a_whole(tmp_path: Path) -> None:
    store, spec = Store(tmp_path), TABLES["findings"]
    made = [
        store.add(spec, table([(n, state, None, date(2026, 3, 1), "low") for n in range(4)]), Provenance(source="test", recorded_at=at))
        for state, at in zip(("open", "reopened"), AT, strict=False)
    ]  # fmt: skip
    engine = sql.Local()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sql, "LARGE", 0)
        assert not engine.layers.make("main.findings", made, store, Knowledge(AT[-1]))
    assert engine.layers.of("main") is None
    engine.close()


@pytest.mark.parametrize("large", [0, 1_000], ids=["layered", "ranked"])
def test_what_is_said_again_to_be_fixed_on_no_day_was_fixed_when_that_was_first_known(
    tmp_path: Path, large: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fixed without a date on 20 June, exported again in August: it was not open at the end of June, whoever asks when."""
    monkeypatch.setattr(sql, "LARGE", large)
    ws = workspace(tmp_path / "ws")
    fixed = {
        "finding_id": "F1",
        "asset_id": "A",
        "severity": "high",
        "opened": date(2026, 2, 1),
        "state": "fixed",
    }
    other = fixed | {"finding_id": "F2", "state": "open"}
    for at, *said in (
        (datetime(2026, 6, 20), fixed, other),
        (datetime(2026, 8, 1), fixed, other | {"state": "fixed"}),
        (datetime(2026, 9, 1), fixed, other | {"state": "reopened"}),
        (datetime(2026, 10, 1), fixed | {"severity": "low"}, other | {"state": "fixed"}),
    ):
        load(ws, "findings", said, at)
    found = ws.at("2026-Q2", known_by=AT[-1]).sql(
        "SELECT finding_id, closed FROM findings ORDER BY 1"
    )
    assert [None if pd.isna(day) else day for day in found["closed"]] == [
        pd.Timestamp(2026, 6, 20),
        None,
    ]
    later = ws.at("2026-Q3", as_of=date(2026, 10, 3), known_by=datetime(2026, 10, 4)).sql(
        "SELECT closed FROM findings ORDER BY finding_id"
    )
    assert list(later["closed"]) == [pd.Timestamp(2026, 6, 20), pd.Timestamp(2026, 10, 1)]
