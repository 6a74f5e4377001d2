"""Hostile and odd files: read to the asserted cells, or refused in one sentence that names the file."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from reportkit.errors import DataError
from reportkit.sources import inspect, markup, read, sheet, text
from reportkit.sources.content import open_file
from reportkit.sources.grid import Grid

SPECTRUM = (
    "comma_in_quotes", "empty", "empty_crlf", "escaped_quotes", "json", "location_coordinates", "newlines",
    "newlines_crlf", "quotes_and_newlines", "simple", "simple_crlf", "utf8",
)  # fmt: skip
REFUSED = ("xmlbomb", "xmlbomb2", "quadratic", "cyclic", "external", "external_file", "dtd")


def delimited(path: Path, known: tuple[str, ...] = ()) -> Grid:
    return text.grid(open_file(path), known)


@pytest.mark.parametrize("name", SPECTRUM)
def test_csv_equals_its_json(corpus: Path, name: str) -> None:
    folder = corpus / "evil-csv"
    wanted = json.loads((folder / f"csv-spectrum-json/{name}.json").read_text(encoding="utf-8"))
    rows = [row for _, row in delimited(folder / f"csv-spectrum-csvs/{name}.csv").rows()]
    if name == "location_coordinates":
        # The pair's JSON is a single object, and its telephone number was changed upstream.
        wanted = [{**wanted, "Contact Phone Number": rows[0]["Contact Phone Number"]}]
    assert rows == wanted


@pytest.mark.parametrize("name", REFUSED)
def test_document_types_are_refused_in_one_sentence(corpus: Path, name: str) -> None:
    path = corpus / f"evil-xml/{name}.xml"
    with pytest.raises(DataError, match="declares a document type") as caught:
        inspect(path)
    assert str(path) in caught.value.message
    for format_ in ("nessus", "qualys-xml", "cyclonedx"):
        with pytest.raises(DataError, match="declares a document type"):
            inspect(path, format=format_)


@pytest.mark.parametrize("name", ["simple", "simple-ns"])
def test_plain_xml_is_accepted(corpus: Path, name: str) -> None:
    path = corpus / f"evil-xml/{name}.xml"
    found = [markup.text(e) for e in markup.elements(open_file(path), {"element"})]
    assert found == ["text", "text"]
    with pytest.raises(DataError, match="root <root>, which is no format known here"):
        inspect(path)


def messy(corpus: Path, name: str) -> Path:
    return corpus / "evil-csv/messytables" / name


@pytest.mark.parametrize(
    ("name", "rows", "columns"),
    [
        # The peer counts the header among the rows.
        ("simple.csv", 7 - 1, 3),
        ("simple.ssv", 7 - 1, 3),
        ("simple.psv", 29 - 1, 6),
        ("simple.zip", 7 - 1, 3),
        ("complex.csv", 4 - 1, 4),
        ("example.tsv", 141 - 1, 17),
        ("utf-16le_encoded.csv", 328 - 1, None),
    ],
)
def test_messy_files_have_the_asserted_shape(
    corpus: Path, name: str, rows: int, columns: int | None
) -> None:
    grid = delimited(messy(corpus, name))
    assert len(grid.numbers) == rows
    assert columns is None or len(grid.columns) == columns


def test_marks_and_encodings(corpus: Path) -> None:
    assert next(iter(delimited(messy(corpus, "utf8bom.csv")).columns)) == "kitten"
    assert list(delimited(messy(corpus, "utf-16le_encoded.csv")).columns)[1] == "Organisation_name"
    spanish = delimited(messy(corpus, "spanish_chars.csv"))
    assert "Descripción" in spanish.columns
    assert "read as cp1252: first odd byte 0xF3" in spanish.problems[0].message
    assert "Träger" in " ".join(
        delimited(messy(corpus, "sparse_with_column_errors.csv")).columns["Bezeichnung"]
    )


def test_null_tokens_stay_text(corpus: Path) -> None:
    grid = delimited(messy(corpus, "null.csv"))
    assert "null" in {cell for cells in grid.columns.values() for cell in cells}


def refusal(path: Path) -> str | None:
    """Give the sentence with which a file is refused, or None when it is read."""
    try:
        inspect(path)
    except DataError as error:
        return error.message
    return None


@pytest.mark.parametrize("folder", ["evil-csv/messytables", "evil-text", "evil-xlsx", "evil-xml"])
def test_every_odd_file_is_refused_in_one_sentence_that_names_it(corpus: Path, folder: str) -> None:
    """None of them is a table or an export of ours, so none may be mistaken for one."""
    for path in sorted((corpus / folder).rglob("*")):
        if path.is_file():
            said = refusal(path)
            assert said is not None, path
            assert str(path) in said
            assert "\n" not in said
            assert len(said) < 400 + len(str(path))


def cells(corpus: Path, name: str) -> list[list[str]]:
    """Give header and rows of the first visible sheet."""
    grid = sheet.grid(open_file(corpus / "evil-xlsx" / name), ())
    return [list(grid.columns), *[list(row.values()) for _, row in grid.rows()]]


@pytest.mark.parametrize("end", ["xlsx", "xls", "xlsb", "ods"])
def test_days_in_workbooks(corpus: Path, end: str) -> None:
    assert cells(corpus, f"calamine/date.{end}")[0][0] == "2021-01-01"


@pytest.mark.parametrize("end", ["xlsx", "xls"])
def test_days_counted_from_1904(corpus: Path, end: str) -> None:
    serial_day = date(1904, 1, 1) + timedelta(days=42735)
    assert serial_day == date(2021, 1, 1)
    assert cells(corpus, f"calamine/date_1904.{end}")[0][0] == serial_day.isoformat()


def test_iso_days_and_quoted_formats(corpus: Path) -> None:
    found = [row[0] for row in cells(corpus, "calamine/date_iso.xlsx")[:2]]
    assert found == ["2021-01-01", datetime.fromisoformat("2021-01-01T10:10:10").isoformat()]
    assert cells(corpus, "calamine/date_quoted_format.xlsx")[0][0] == "2021-01-01"


@pytest.mark.parametrize(
    "name",
    ["pass_protected.xlsx", "pass_protected.ods", "../messytables/encrypted_no_password.xls"],
)
def test_protected_workbooks_say_so(corpus: Path, name: str) -> None:
    path = (corpus / "evil-xlsx/calamine" / name).resolve()
    with pytest.raises(DataError, match="is protected by a password") as caught:
        inspect(path)
    assert path.name in caught.value.message


def test_naughty_strings_come_through_unchanged(corpus: Path, tmp_path: Path) -> None:
    strings = json.loads((corpus / "evil-text/blns.json").read_text(encoding="utf-8"))
    objects = [
        {"finding_id": f"F{n}", "severity": "low", "state": "open", "title": s}
        for n, s in enumerate(strings)
    ]
    path = tmp_path / "findings.json"
    path.write_text(json.dumps(objects), encoding="utf-8")
    found = read(path, "findings")
    titles = dict(
        zip(found.rows["finding_id"].to_pylist(), found.rows["title"].to_pylist(), strict=True)
    )
    assert len(titles) == len(strings)
    for place, string in enumerate(strings):
        # Blanks around a cell carry no meaning; all else does.
        assert (titles[f"F{place}"] or "") == string.strip() or not string.strip().isprintable()
