"""Files made to break a reader: each was found by fuzzing or by trying, and is refused in one sentence, in little time and memory."""

from __future__ import annotations

import gzip
import io
import json
import os
import struct
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from nbformat import NotebookNode, v4

from reportkit import config, resources, sources
from reportkit.errors import ConfigError, DataError, ReportkitError
from reportkit.render import behind, compiler, email, html, plain
from reportkit.render.model import Chart, Document, read
from reportkit.run import template
from reportkit.sources import content, guess, mapping, reading, workbook_records
from reportkit.sources.formats import parquet
from tests.conftest import Ended

_NS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_DIGITS = "1" * 5000
_HEAD = '[source]\ntable = "findings"\n{read}[columns]\nfinding_id = "Id"\nseverity = {{ value = "low" }}\nstate = {{ value = "open" }}\n{more}'
#: Seconds of the processor, far above what any of this takes and far below what it took.
_SOON = 5.0


def refused(path: Path, wanted: str) -> None:
    """All three who read a file say the same, soon."""
    begun = time.process_time()
    for look in (
        lambda: sources.inspect(path),
        lambda: sources.read(path, "findings"),
        lambda: guess.guess(reading.ask(path)),
    ):
        with pytest.raises(DataError, match=wanted) as caught:
            look()
        assert "\n" not in caught.value.message
    assert time.process_time() - begun < _SOON


def workbook(path: Path, rows: str) -> Path:
    """Write a workbook whose one sheet has these rows."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("[Content_Types].xml", f'<Types xmlns="{_PACKAGE}/content-types"/>')
        parts.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" Type="{_REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        parts.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{_NS}" xmlns:r="{_REL}"><sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>',
        )
        parts.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" Type="{_REL}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        )
        parts.writestr(
            "xl/worksheets/sheet1.xml",
            f'<worksheet xmlns="{_NS}"><sheetData>{rows}</sheetData></worksheet>',
        )
    return path  # fmt: skip


def test_a_number_of_thousands_of_digits_is_refused_wherever_it_stands(tmp_path: Path) -> None:
    (tmp_path / "f.json").write_text(f'[{{"finding_id": "a", "severity": "low", "state": "open", "cvss": {_DIGITS}}}]')  # fmt: skip
    with pytest.raises(DataError, match="thousands of digits"):
        sources.read(tmp_path / "f.json", "findings")
    (tmp_path / "m.toml").write_text(_HEAD.format(read="", more=f"title = {_DIGITS}\n"))
    with pytest.raises(ConfigError, match="is not valid TOML"):
        mapping.read(tmp_path / "m.toml")
    (tmp_path / config.FILE).write_text(f"[limits]\nmemory_mb = {_DIGITS}\n")
    with pytest.raises(ConfigError, match="is not valid TOML"):
        config.read(tmp_path)


@pytest.mark.parametrize("value", ["!!timestamp x", "!!float x", "!!int ''", _DIGITS])
def test_yaml_whose_value_is_not_of_the_kind_it_says_is_refused(tmp_path: Path, value: str) -> None:
    (tmp_path / "l.yaml").write_text(f"urn: x\nobjects:\n  framework: {value}\n")
    with pytest.raises(ReportkitError):
        sources.read(tmp_path / "l.yaml", "controls")


@pytest.mark.parametrize(
    ("read", "more", "wanted"),
    [
        ("", 'opened = { from = "Found", dates = ["%Y%Y"] }', "'%Y%Y' names a part of a day twice"),
        ("", 'opened = { from = "Found", dates = ["%"] }', "'%' is no way to write a day"),
        ('[read]\nencoding = "punycode"\n', "", "'punycode' is no encoding known here"),
        ('[read]\nencoding = "idna"\n', "", "'idna' is no encoding known here"),
        ('[read]\nencoding = "undefined"\n', "", "'undefined' is no encoding known here"),
        ('[read]\nencoding = "rot13"\n', "", "'rot13' is no encoding known here"),
    ],
)  # fmt: skip
def test_a_mapping_says_what_is_wrong_with_it_before_a_file_is_read(tmp_path: Path, read: str, more: str, wanted: str) -> None:  # fmt: skip
    (tmp_path / "m.toml").write_text(_HEAD.format(read=read, more=more))
    with pytest.raises(ConfigError, match=wanted):
        mapping.read(tmp_path / "m.toml")


def test_a_file_without_a_row_is_read_by_the_delimiter_that_was_said(tmp_path: Path) -> None:
    """Found by fuzzing: where there was nothing to count, another delimiter was taken, which had not been tried."""
    (tmp_path / "m.toml").write_text(_HEAD.format(read='[read]\ndelimiter = ";"\n', more=""))
    for written_ in (b"\0", b"\n\n", b"\x80", b'"', b" "):
        (tmp_path / "f.csv").write_bytes(written_)
        with pytest.raises(DataError):
            sources.read(tmp_path / "f.csv", "findings", mapping=tmp_path / "m.toml")


def test_a_mapping_of_no_column_is_refused_and_a_file_without_any_of_them_is_rejected(tmp_path: Path) -> None:  # fmt: skip
    """Found by fuzzing."""
    (tmp_path / "f.csv").write_text("Id;Title\n1;a\n2;b\n")
    (tmp_path / "m.toml").write_text('[source]\ntable = "findings"\n[columns]\n')
    with pytest.raises(ConfigError, match="no column is said"):
        mapping.read(tmp_path / "m.toml")
    (tmp_path / "m.toml").write_text('[source]\ntable = "findings"\n[read]\npartial = true\n[columns]\nlocation = "Nowhere"\n')  # fmt: skip
    with pytest.raises(DataError, match="severity: is blank but required"):
        sources.read(tmp_path / "f.csv", "findings", mapping=tmp_path / "m.toml")


def test_a_number_beyond_all_bounds_rejects_its_row(tmp_path: Path) -> None:
    (tmp_path / "m.toml").write_text(_HEAD.format(read="", more='cvss = { from = "Score", times = 10 }'))  # fmt: skip
    (tmp_path / "f.csv").write_text("Id,Score\n1,1e999999\n2,0.5\n")
    found = sources.read(tmp_path / "f.csv", "findings", mapping=tmp_path / "m.toml")
    assert found.rows["cvss"].to_pylist() == [5.0]
    assert found.rejected == 1


def test_a_few_bytes_that_make_a_table_of_nothing_are_refused(tmp_path: Path) -> None:
    """Each row has a key of its own, or each line one cell of many: as columns they would be all memory."""
    (tmp_path / "f.json").write_text(json.dumps([{f"k{n}": 1} for n in range(8_000)]))
    refused(tmp_path / "f.json", "8,000 columns and 8,000 rows would be more than")


def test_a_wide_file_of_short_lines_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setattr("reportkit.sources.grid.CELLS", 100_000)
    (tmp_path / "f.csv").write_text(",".join(f"c{n}" for n in range(500)) + "\n" + "x\n" * 500)
    refused(tmp_path / "f.csv", "nearly all of them empty")


def test_parquet_that_says_the_same_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    import pyarrow as pa
    import pyarrow.parquet as pq

    monkeypatch.setattr(parquet, "CELLS", 100_000)
    rows = pa.table({"finding_id": pa.array(["a"] * 300_000).dictionary_encode()})
    pq.write_table(rows, tmp_path / "f.parquet", compression="zstd")
    with pytest.raises(DataError, match="300,000 cells in"):
        sources.read(tmp_path / "f.parquet", "findings")


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>' + '<row r="2"><c r="A2"><v>1</v></c></row>' * 3000,
        '<row r="1"><c r = "xfd1048576"><v>1</v></c></row>',
        '<row r="1"><c r="A4000000000"><v>1</v></c></row>',
        '<row r="1"><c r="AAAAAA99999"><v>1</v></c></row>',
        f'<row r="{_DIGITS}"><c r="A1"><v>1</v></c></row>',
    ],
    ids=["first", "small letters", "row", "column", "digits"],
)  # fmt: skip
def test_a_cell_in_the_last_corner_is_seen_before_its_reader_takes_memory_for_all(tmp_path: Path, rows: str) -> None:  # fmt: skip
    """The reader is another's, and ends the process where it gets no memory."""
    refused(workbook(tmp_path / "f.xlsx", rows), "has a sheet that reaches over")


def test_tags_without_an_end_are_read_once(tmp_path: Path) -> None:
    path = workbook(tmp_path / "f.xlsx", '<row r="1"><c r="A1"><v>1</v></c></row><!--' + "<c " * 30_000 + "-->")  # fmt: skip
    refused(path, "columns")


def test_a_workbook_over_which_its_reader_stumbles_is_refused(tmp_path: Path) -> None:
    """A directory of a compound file that says more than there is; found by fuzzing."""
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16
    head += struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + b"\0" * 10
    head += struct.pack("<IIIIIIII", 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    head += struct.pack("<I", 0) + b"\xff" * 432
    table = struct.pack("<128I", 0xFFFFFFFD, 0xFFFFFFFE, *[0xFFFFFFFF] * 126)
    for cut in (600, 1000, 1030, 1500):
        (tmp_path / "f.xls").write_bytes((head + table + b"R\0o\0" * 128)[:cut])
        with pytest.raises(DataError, match="cannot be read as a workbook"):
            sources.inspect(tmp_path / "f.xls")


def test_a_compound_file_whose_parts_run_in_a_ring_ends() -> None:
    head = bytearray(b"\xd0\xcf\x11\xe0" + b"\0" * 508)
    struct.pack_into("<H", head, 30, 9)
    struct.pack_into("<II", head, 44, 1, 1)
    struct.pack_into("<I", head, 68, 0xFFFFFFFE)
    struct.pack_into("<109I", head, 76, *[0] * 109)
    ring = struct.pack("<128I", *[1] * 128)
    begun = time.process_time()
    assert workbook_records.xls_failed(bytes(head) + ring * 2, "a") == {}
    for size in (0, 2, 30, 65535):
        struct.pack_into("<H", head, 30, size)
        assert workbook_records.xls_failed(bytes(head) + ring * 2, "a") == {}
    assert time.process_time() - begun < _SOON


def test_what_shrinks_as_no_export_does_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setattr(content, "LARGE", 1 << 20)
    bomb = b"finding_id,severity,state\n" + b"x,low,open\n" * 300_000
    (tmp_path / "f.csv.gz").write_bytes(gzip.compress(bomb))
    refused(tmp_path / "f.csv.gz", "as no export does")
    with zipfile.ZipFile(tmp_path / "f.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("f.csv", bomb)
    refused(tmp_path / "f.zip", "as no export does")


def test_an_archive_of_many_files_is_bounded_as_a_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setattr(content, "UNPACKED_LIMIT", 1 << 20)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(20):
            archive.writestr(f"{number}.json", b" " * (1 << 17))
    (tmp_path / "f.zip").write_bytes(packed.getvalue())
    refused(tmp_path / "f.zip", "unpacks to more than")


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "f.csv")
    (tmp_path / "l.csv").symlink_to("/dev/zero")
    for name in ("f.csv", "l.csv"):
        refused(tmp_path / name, "is a pipe or a device")


# ---- XML that grows, without the corpus ------------------------------------------------------------------------------

_GROWS: dict[str, str] = {
    "laughs": "<!DOCTYPE a [<!ENTITY a0 'ha'>" + "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 10)) + "]>{root}",
    "quadratic": "<!DOCTYPE a [<!ENTITY a '" + "x" * 50_000 + "'>]>{root}",
    "external": "<!DOCTYPE a [<!ENTITY a SYSTEM 'file:///etc/hostname'>]>{root}",
    "parameter": "<!DOCTYPE a [<!ENTITY % a SYSTEM 'http://127.0.0.1:9/x'> %a;]>{root}",
    "outside": "<!DOCTYPE a SYSTEM 'http://127.0.0.1:9/x.dtd'>{root}",
    "attributes": "<!DOCTYPE a [<!ATTLIST a b CDATA '" + "x" * 50_000 + "'>]>{root}",
    "many": "<!DOCTYPE a [" + "".join(f"<!ATTLIST a b{n} CDATA ''>" for n in range(1000)) + "]>{root}",
}  # fmt: skip


@pytest.mark.parametrize("kind", _GROWS)
@pytest.mark.parametrize("root", ["NessusClientData_v2", "report", "OWASPZAPReport", "Benchmark", "issues", "NexposeReport", "SCAN", "bom"])  # fmt: skip
def test_no_format_lets_a_document_grow_or_look_elsewhere(tmp_path: Path, kind: str, root: str, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    def reached(*_: object) -> None:
        raise AssertionError("somebody was asked")

    monkeypatch.setattr("socket.socket.connect", reached)
    body = f"<{root} version='1'>{'&a;' if kind in {'quadratic', 'external'} else '&a9;' if kind == 'laughs' else ''}</{root}>"
    text = _GROWS[kind].replace("{root}", body).replace("<!DOCTYPE a", f"<!DOCTYPE {root}").replace("ATTLIST a ", f"ATTLIST {root} ")  # fmt: skip
    (tmp_path / "x.xml").write_text(text)
    begun = time.process_time()
    with pytest.raises(DataError) as caught:
        sources.read(tmp_path / "x.xml", "findings")
    assert "\n" not in caught.value.message
    assert time.process_time() - begun < _SOON


# ---- notebooks of others ---------------------------------------------------------------------------------------------

_VEGA = "application/vnd.vegalite.v5+json"


def written(*cells: NotebookNode) -> tuple[str, Document]:
    """Write a notebook as a page and as a mail, and give the page."""
    document = read(v4.new_notebook(cells=list(cells)))
    page = html.write(document, interactive=False).data.decode()
    assert email.write(document, sender="a@example.org", recipients=()).message
    return page, document


def shown(**data: object) -> NotebookNode:
    cell: NotebookNode = v4.new_code_cell("", metadata={"tags": ["email"]}, outputs=[v4.new_output("display_data", {name.replace("__", "/"): value for name, value in data.items()})])  # fmt: skip
    return cell


@pytest.mark.parametrize(
    ("spec", "named"),
    [
        (5, "a part that is none"),
        ({"mark": "bar", "title": 5}, "title"),
        ({"mark": "bar", "usermeta": 5}, "usermeta"),
        ({"mark": "bar", "usermeta": {"reportkit": 5}}, "usermeta.reportkit"),
        ({"mark": "bar", "usermeta": {"reportkit": {"least": "x"}}}, "usermeta.reportkit"),
        ({"mark": "bar", "usermeta": {"reportkit": {"id": 5}}}, "usermeta.reportkit"),
        ({"mark": "bar", "datasets": [1]}, "datasets"),
        ({"mark": "bar", "datasets": {"a": 5}}, "datasets.a"),
        ({"mark": "bar", "data": {"values": 5}}, "data.values"),
        ({"mark": "bar", "encoding": 5}, "encoding"),
        ({"mark": "bar", "encoding": {"x": 5}}, "encoding.x"),
        ({"mark": "bar", "config": 7}, "config"),
        ({"layer": {"a": 1}}, "layer"),
        ({"layer": ["a"]}, "a part that is none"),
        ({"hconcat": [{"mark": 5}]}, "mark"),
    ],
)  # fmt: skip
def test_a_chart_of_no_known_shape_is_named_and_the_rest_is_shown(spec: object, named: str) -> None:
    page, document = written(shown(**{_VEGA.replace("/", "__"): spec}), v4.new_markdown_cell("Words."))  # fmt: skip
    assert document.left_out == (f"cell 1: a chart whose specification is none of Vega-Lite ({named})",)  # fmt: skip
    assert "Words." in page
    assert named in page


def test_a_chart_whose_parts_lie_in_each_other_without_end_is_named() -> None:
    deep: dict[str, object] = {"mark": "bar"}
    for _ in range(80):
        deep = {"layer": [deep]}
    assert written(shown(**{_VEGA.replace("/", "__"): deep}))[1].left_out


def test_numbers_that_are_none_stand_as_gaps_behind_a_chart() -> None:
    values = [{"a": "x", "b": float("nan")}, {"a": "y", "b": float("inf")}, {"a": "z", "b": 10**400}, {"a": "w", "b": 2}]  # fmt: skip
    chart = Chart(id="c", spec={"mark": "bar", "data": {"values": values}, "encoding": {"x": {"field": "a"}, "y": {"field": "b"}}}, alt="")  # fmt: skip
    (table,) = behind.tables(chart)
    number = table.columns.index("B")
    assert [row[number] for row in table.rows] == [None, None, None, 2.0]


@pytest.mark.parametrize("cell", [
    v4.new_markdown_cell("a\ud800b"), shown(text__html="<p>a\ud800b</p>"), shown(text__plain="a\ud800b"), shown(text__markdown="a\ud800b"), shown(text__latex="a\udfffb"),
    v4.new_code_cell("", outputs=[v4.new_output("stream", text="a\ud800b")]), v4.new_code_cell("", outputs=[v4.new_output("error", ename="a\ud800b", evalue="", traceback=[])]),
])  # fmt: skip
def test_half_a_character_is_replaced(cell: NotebookNode) -> None:
    page = written(cell)[0]
    assert "a\ufffdb" in page


def test_a_notebook_that_printed_half_a_character_is_kept() -> None:
    cell = v4.new_code_cell("", outputs=[v4.new_output("stream", text="a\ud800b")])
    kept = template.text(template.canonical(v4.new_notebook(cells=[cell]), {}))
    assert json.loads(kept)["cells"][0]["outputs"][0]["text"] == ["a\ufffdb"]


@pytest.mark.parametrize(
    "table", ["| | b |\n|-|-|\n| | x |", "| \u0301 | b |\n|-|-|\n| \u0301 | x |"]
)
def test_a_table_whose_first_column_has_no_words_is_written_in_a_mail(table: str) -> None:
    """Found by fuzzing: there was no width to wrap them to."""
    assert "x" in plain.write(read(v4.new_notebook(cells=[v4.new_markdown_cell(table)])).blocks[0].content)  # fmt: skip


# ---- templates of the workspace --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ('#read("/etc/passwd")', "file not found"), ('#read("/secret.txt")', "file not found"), ('#read("../secret.txt")', "would escape"), ('#image("/secret.txt")', "file not found"),
        ('#json("/secret.txt")', "file not found"), ('#plugin("/secret.txt")', "file not found"), ('#include "/secret.txt"', "file not found"),
        ('#import "@preview/cetz:0.3.1"', "@preview/cetz:0.3.1 would be fetched"), ('  #import("@local/x:0.1.0")', "@local/x:0.1.0 would be fetched"),
    ],
)  # fmt: skip
def test_a_template_of_pages_reads_no_file_and_fetches_no_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, wanted: str) -> None:  # fmt: skip
    """The folder in which a command is typed was open to it."""
    (tmp_path / "secret.txt").write_text("[1]")
    monkeypatch.chdir(tmp_path)
    pdf, said = compiler.typeset({"main": f'// #import "@preview/fine:1.0.0"\n{line}\n'.encode()}, resources.fonts(), ())  # fmt: skip
    assert pdf is None
    assert wanted in said


# ---- from the command line -------------------------------------------------------------------------------------------


def test_a_hostile_file_ends_a_command_with_a_sentence(tmp_path: Path, typed: Callable[..., Ended]) -> None:  # fmt: skip
    (tmp_path / "w").mkdir()
    (tmp_path / "w/reportkit.toml").write_text("")
    (tmp_path / "f.json").write_text(f'[{{"finding_id": {_DIGITS}}}]')
    ended = typed("load", "findings", tmp_path / "f.json", "-w", tmp_path / "w")
    assert (ended.code, ended.out) == (3, "")
    assert "thousands of digits" in ended.err
