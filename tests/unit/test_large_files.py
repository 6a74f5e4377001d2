"""Large text files are held closely, and read as small ones are."""

from __future__ import annotations

import random
from pathlib import Path

import pyarrow as pa
import pytest

from reportkit import rows
from reportkit.sources import columnar, contract, model, ordering, read, text
from reportkit.tables import TABLES

#: Rows of a file that is long enough to be read column by column.
ROWS = 6_000


def export(path: Path, *, odd: bool = False) -> Path:
    """Write an export of a scanner's own, with blanks, filtered rows, and days in the order of another country."""
    chance = random.Random(3)
    lines = ["Ref,Host,Plugin,Risk,First Seen,Closed On,Status,Owner,Note"]
    for n in range(ROWS):
        level = chance.choice(["1-Crit", "2-High", "3-med", "low ", "N/A" if odd else "low"])
        day = f"{1 + n % 28:02}/{1 + n % 9:02}/2026"
        ended = f"{1 + n % 28:02}/11/2026" if n % 3 == 0 else "n/a"
        status = chance.choice(["Active", "PASS", "Fixed", "Active"])
        lines.append(f"R{n % 5_990 if odd else n},h{n % 70}.example,{n % 11},{level},{day},{ended},{status},,made at night")  # fmt: skip
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


MAPPING = """
[source]
table = "findings"
[read]
blanks = ["n/a", "-"]
[unless]
Status = ["pass"]
[columns]
finding_id = { from = "Ref", prefix = "scan:" }
asset_id = "Host"
vuln_id = { from = ["Plugin", "Host"], join = "@" }
severity = { from = "Risk", map = { "1-crit" = "critical", "2-high" = "high", "3-med" = "medium" } }
opened = "First Seen"
closed = "Closed On"
state = { from = "Status", map = { active = "open", fixed = "fixed" }, default = "open" }
component = { value = "os" }
"""


@pytest.mark.parametrize("odd", [False, True])
def test_a_mapping_gives_the_same_rows_both_ways(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, odd: bool
) -> None:
    (tmp_path / "own.toml").write_text(MAPPING, encoding="utf-8")
    path = export(tmp_path / "export.csv", odd=odd)
    assert path.stat().st_size > 1 << 18
    by_row = _read(path, monkeypatch, closely=False)
    closely = _read(path, monkeypatch, closely=True)
    assert rows.plain(closely.rows, TABLES["findings"]).equals(by_row.rows)
    assert closely.problems == by_row.problems
    assert bool(by_row.problems) == odd
    assert closely.refused.to_pylist() == by_row.refused.to_pylist()
    assert 3_000 < by_row.rows.num_rows < ROWS - 1_000


def _read(path: Path, patched: pytest.MonkeyPatch, *, closely: bool) -> model.Extract:
    with patched.context() as here:
        here.setattr(contract, "LARGE", 100 if closely else 1 << 30)
        if not closely:
            here.setattr(text, "_regular", lambda *_: None)
        found = read(path, "findings", mapping=path.parent / "own.toml")
    assert pa.types.is_dictionary(found.rows.schema.field("severity").type) is closely
    return found


def test_rows_lie_by_day_and_name_and_without_a_day_last() -> None:
    from datetime import date

    days = [date(2026, 1, 2), None, date(2026, 1, 1), date(2026, 1, 2), None]
    keys = {
        "opened": pa.chunked_array([pa.array(days, pa.date32())]),
        "name": pa.chunked_array([pa.array(["b", "d", "c", "a", "c"])]),
    }
    assert ordering.places(keys).to_pylist() == [2, 3, 0, 4, 1]


def test_words_are_told_from_cells_that_all_differ() -> None:
    few, many = columnar._Words(), columnar._Cells()
    for start in (0, 300):
        words = pa.array([f"w{(n + start) % 7}" for n in range(start, start + 300)])
        different = pa.array([f"id{n}" for n in range(start, start + 300)])
        assert columnar._has_few_words(words)
        assert not columnar._has_few_words(different)
        few.add(words.dictionary_encode())
        many.add(different)
    found = few.done()
    assert found.type.index_type == pa.int8()
    assert found.dictionary.to_pylist() == [f"w{n}" for n in range(7)]
    assert found.to_pylist() == [f"w{(n + 300 * (n >= 300)) % 7}" for n in range(600)]
    cells = many.done()
    assert cells.type == pa.string()
    assert cells.to_pylist() == [f"id{n}" for n in range(600)]
