"""Hostile and odd files: read to the asserted cells, or refused in one sentence that names the file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reportkit.errors import DataError
from reportkit.sources import inspect, markup, read, text
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
