"""The store: what was loaded stays, whole or not at all."""

from __future__ import annotations

import hashlib
import multiprocessing
import resource
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reportkit.errors import DataError, TemporaryError
from reportkit.store import Provenance, Store
from reportkit.tables import table

FINDINGS = table("findings")
AT = datetime(2026, 4, 2)


def rows(*ids: str) -> pa.Table:
    return pa.table(
        {
            "finding_id": list(ids),
            "severity": ["high"] * len(ids),
            "state": ["open"] * len(ids),
            "opened": [date(2026, 2, 1)] * len(ids),
            "title": pa.array([None] * len(ids), pa.string()),
        }
    )


def test_an_extract_is_named_by_its_content(tmp_path: Path) -> None:
    store = Store(tmp_path)
    load = store.add(FINDINGS, rows("a", "b"), Provenance(source="scanner", recorded_at=AT))
    path = store.extract_path("findings", load.extract)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == load.extract
    assert pq.read_table(path)["finding_id"].to_pylist() == ["a", "b"]
    assert (load.rows, load.first_day, load.filled) == (
        2,
        date(2026, 2, 1),
        ("finding_id", "severity", "opened", "state"),
    )


def test_a_load_comes_back_as_it_was(tmp_path: Path) -> None:
    store = Store(tmp_path)
    words = Provenance(
        source="scanner", recorded_at=AT, stated=True, records=3, rejected=1, problems=("row 2: x",)
    )
    load = store.add(FINDINGS, rows("a"), words)
    assert store.loads("findings") == [load]
    assert store.loads(known_by=datetime(2026, 4, 1)) == []


def test_the_same_rows_again_add_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path)
    first = store.add(FINDINGS, rows("a"), Provenance(source="scanner", recorded_at=AT))
    again = store.add(
        FINDINGS, rows("a"), Provenance(source="scanner", recorded_at=datetime(2026, 5, 1))
    )
    assert again.repeated
    assert again.recorded_at == first.recorded_at
    assert len(store.loads()) == 1


def test_rows_that_return_after_a_change_are_a_new_load(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for month, name in ((4, "a"), (5, "b"), (6, "a")):
        store.add(
            FINDINGS, rows(name), Provenance(source="s", recorded_at=datetime(2026, month, 1))
        )
    assert len(store.loads()) == 3


def test_a_foreign_column_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="has no column 'severty'"):
        Store(tmp_path).add(
            FINDINGS, pa.table({"severty": ["high"]}), Provenance(source="s", recorded_at=AT)
        )


def test_a_damaged_record_is_named(tmp_path: Path) -> None:
    store = Store(tmp_path)
    load = store.add(FINDINGS, rows("a"), Provenance(source="s", recorded_at=AT))
    (tmp_path / "loads" / "findings" / f"{load.name}.json").write_text("{")
    with pytest.raises(DataError, match="is damaged"):
        store.loads()


def test_a_place_that_cannot_be_written_is_temporary(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("a file where a folder should be")
    with pytest.raises((TemporaryError, DataError), match="Keeping findings"):
        Store(tmp_path / "store").add(FINDINGS, rows("a"), Provenance(source="s", recorded_at=AT))


def _write_with_little_room(folder: str, out: multiprocessing.Queue[str]) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))
    try:
        Store(Path(folder)).add(FINDINGS, rows("a"), Provenance(source="s", recorded_at=AT))
        out.put("written")
    except TemporaryError as error:
        out.put(error.message)


def test_a_write_that_fails_half_way_leaves_nothing(tmp_path: Path) -> None:
    """A limit on the size of files stands in for a full disk: the write itself fails."""
    context = multiprocessing.get_context("spawn")
    out: multiprocessing.Queue[str] = context.Queue()
    process = context.Process(target=_write_with_little_room, args=(str(tmp_path), out))
    process.start()
    message = out.get(timeout=60)
    process.join()
    assert "nothing was half-written" in message
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []


@pytest.mark.parametrize("spilled", [False, True])
@pytest.mark.parametrize(
    ("ids", "days", "once"),
    [
        (("a", "b"), (1, 2), True),
        (("a", "a"), (1, 2), False),
        (("a", "a"), (None, 2), False),
        (("a", "b"), (None, None), True),
    ],
)
def test_a_load_says_whether_each_thing_stands_in_it_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ids: tuple[str, ...], days: tuple[int | None, ...], *, once: bool, spilled: bool,
) -> None:  # fmt: skip
    if spilled:
        monkeypatch.setattr("reportkit.rows._GROUP", 1)
    since = [None if n is None else date(2026, 1, n) for n in days]
    given = pa.table({"asset_id": list(ids), "valid_from": pa.array(since, pa.date32())})
    load = Store(tmp_path).add(table("assets"), given, Provenance(source="cmdb", recorded_at=AT))
    assert load.once is once
    assert Store(tmp_path).loads("assets") == [load]


def test_a_record_of_an_earlier_release_says_nothing_of_it(tmp_path: Path) -> None:
    store = Store(tmp_path)
    load = store.add(FINDINGS, rows("a"), Provenance(source="scanner", recorded_at=AT))
    path = tmp_path / "loads" / "findings" / f"{load.name}.json"
    said = "".join(line for line in path.read_text().splitlines(True) if '"once"' not in line)
    path.write_text(said, encoding="utf-8")
    assert not store.loads("findings")[0].once
