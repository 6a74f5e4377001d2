"""What an attacker would try: hostile text in every field, hostile files, names that lead elsewhere, and what others may read."""

from __future__ import annotations

import ast
import gzip
import json
import os
import re
import stat
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from nbformat import v4

from reportkit import display, export, sources
from reportkit.errors import ReportkitError
from reportkit.render import html, vectors
from reportkit.render.model import read
from reportkit.sources import content, mapping
from reportkit.tables import TABLES
from tests.conftest import ROOT, Ended
from tests.unit import workspaces

#: A few of each kind; the long public list is tried where the corpus is.
NAUGHTY = (
    "<script>alert(1)</script>", "'\"><img src=x onerror=alert(1)>", "javascript:alert(1)", "{{ 7*7 }}", "${7*7}", "{% raw %}", '#import "x"',
    '#eval("1")', "$ x $", "*bold* _it_ `code`", '=HYPERLINK("http://x")', "+1+1", "-2+3", "@SUM(1)", "'; DROP TABLE findings; --", "\\input{/etc/passwd}",
    "../../etc/passwd", "\x00\x01\x02", "\u202Eright to left", "\ufeffBOM", "Ω≈ç√∫˜µ≤≥÷", "👩‍👩‍👧‍👦", "田中さん", "ﷺ", "\ud7ff", "a" * 5000, " ", "\u200b", "]]>", "<!--", "-->",
    "&lt;b&gt;", "%s%n%x", "%00", "NaN", "None", "1e999", "\r\nBcc: x@example.org", "</style><style>*{display:none}", "<svg onload=alert(1)>",
)  # fmt: skip


def naughty() -> list[str]:
    corpus = os.environ.get("REPORTKIT_CORPUS", "")
    path = Path(corpus) / "evil-text/blns.json"
    more = json.loads(path.read_text(encoding="utf-8")) if corpus and path.is_file() else []
    return [*NAUGHTY, *(one for one in more if one)]


# ---- text of strangers -----------------------------------------------------------------------------------------------


def test_hostile_text_in_every_text_column_of_every_table_is_only_text(tmp_path: Path) -> None:
    """Each table is filled with it, asked for, shown and exported; the markup has as many elements as for harmless text."""
    strings = naughty()
    ws = workspaces.workspace(tmp_path / "w")
    kinds: dict[str, Any] = {"date": date(2026, 7, 1), "instant": datetime(2026, 7, 1), "integer": 1, "number": 1.0, "money": 1.0, "flag": True}  # fmt: skip
    for spec in TABLES.values():
        if spec.name == "people_cells":
            continue
        rows = []
        for number in range(0, len(strings), max(1, len(spec.columns))):
            row: dict[str, Any] = {}
            for place, column in enumerate(spec.columns):
                if column.type == "text" and not column.allowed:
                    row[column.name] = strings[(number + place) % len(strings)]
                elif column.required:
                    row[column.name] = (
                        column.allowed[0] if column.allowed else kinds.get(column.type)
                    )
            rows.append(row)
        try:
            workspaces.load(ws, spec.name, rows, datetime(2026, 10, 2))
        except ReportkitError:
            # Refused is as good; the sentence is tried elsewhere.
            continue
        frame = ws.at("2026-Q3").table(spec.name)
        export.write(frame, tmp_path / f"{spec.name}.csv")
        for line in (tmp_path / f"{spec.name}.csv").read_text(encoding="utf-8").splitlines()[1:]:
            assert not re.match(r"[=+@-](?![\d.,]+(,|$))", line), (spec.name, line[:80])


def test_hostile_text_is_shown_as_the_text_it_is() -> None:
    from reportkit.facts import Column

    strings = [one for one in naughty() if one.strip()]
    shown = display.table("t", strings[1], (Column(label="a"), Column(label=strings[0])), [(one, "x") for one in strings], note=strings[1])  # fmt: skip
    harmless = display.table("t", "title", (Column(label="a"), Column(label="b")), [("word", "x") for _ in strings], note="note")  # fmt: skip

    def tags(item: Any) -> list[str]:
        cell = v4.new_code_cell(
            "", outputs=[v4.new_output("display_data", item._repr_mimebundle_())]
        )
        page = html.write(read(v4.new_notebook(cells=[cell])), interactive=False).data.decode()
        return sorted(re.findall(r"<\s*/?\s*[a-zA-Z][a-zA-Z0-9]*", page))

    assert tags(shown) == tags(harmless)


# ---- files of strangers ----------------------------------------------------------------------------------------------


def refused(path: Path, **more: Any) -> str:
    with pytest.raises(ReportkitError) as caught:
        sources.read(path, "findings", **more)
    message: str = caught.value.message
    assert "\n" not in message
    return message


def test_a_gzip_and_a_zip_that_unpack_without_end_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setattr(content, "UNPACKED_LIMIT", 1 << 20)
    bomb = b"finding_id,severity,state\n" + b"x,low,open\n" * 300_000
    (tmp_path / "f.csv.gz").write_bytes(gzip.compress(bomb))
    assert "unpacks to more than" in refused(tmp_path / "f.csv.gz")
    with zipfile.ZipFile(tmp_path / "f.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("f.csv", bomb)
    refused(tmp_path / "f.zip")


def test_a_workbook_that_unpacks_without_end_is_refused(tmp_path: Path) -> None:
    """The sheet says it is small; what comes out is a hundred megabytes of blanks."""
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "[Content_Types].xml",
            "<Types xmlns='http://schemas.openxmlformats.org/package/2006/content-types'/>",
        )
        archive.writestr(
            "xl/workbook.xml",
            "<workbook xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'><sheets><sheet name='a' sheetId='1' r:id='r1' xmlns:r='http://schemas.openxmlformats.org/officeDocument/2006/relationships'/></sheets></workbook>",
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            "<Relationships xmlns='http://schemas.openxmlformats.org/package/2006/relationships'><Relationship Id='r1' Type='http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet' Target='worksheets/sheet1.xml'/></Relationships>",
        )
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=False) as sheet:
            for _ in range(100):
                sheet.write(b" " * (1 << 20))
    assert path.stat().st_size < 1 << 20
    assert "as no sheet does" in refused(path)


def test_macros_are_never_run_and_the_cells_are_read(tmp_path: Path) -> None:
    import xlsxwriter

    (tmp_path / "vba.bin").write_bytes(b"\xd0\xcf\x11\xe0 not a program")
    with xlsxwriter.Workbook(tmp_path / "m.xlsm") as book:
        sheet = book.add_worksheet("findings")
        for column, (head, value) in enumerate(
            {
                "finding_id": "F1",
                "severity": "low",
                "state": "open",
                "title": "=cmd|' /c calc'!A1",
            }.items()
        ):
            sheet.write_string(0, column, head)
            sheet.write_string(1, column, value)
        book.add_vba_project(str(tmp_path / "vba.bin"))
    found = sources.read(tmp_path / "m.xlsm", "findings")
    assert found.rows["title"].to_pylist() == ["=cmd|' /c calc'!A1"]


@pytest.mark.parametrize(
    "body",
    [
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><NessusClientData_v2>&x;</NessusClientData_v2>',
        '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]><NessusClientData_v2>&c;</NessusClientData_v2>',
        '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a><NessusClientData_v2/>',
    ],
)
def test_a_document_type_is_refused_before_anything_is_expanded(tmp_path: Path, body: str) -> None:
    for encoding in ("utf-8", "utf-16"):
        (tmp_path / "x.nessus").write_bytes(body.encode(encoding))
        assert "passwd" not in refused(tmp_path / "x.nessus").replace(str(tmp_path), "")


def test_a_picture_keeps_nothing_that_runs_or_is_fetched() -> None:
    raw = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="9" height="9" onload="x()"><style>@import url(http://x/a.css);'
        "rect{fill:url(http://x/b)}</style><script>x()</script><foreignObject><body onload='x()'/></foreignObject><image href='http://x/c'/><use xlink:href='http://x/d'/>"
        '<a xlink:href="javascript:x()"><rect width="9" height="9" style="background:url(//x/e)"/></a><animate attributeName="href" values="javascript:x()"/></svg>'
    )
    clean = vectors.clean(raw, "p")
    assert not re.search(
        r"(?i)script|onload|http://x|//x/|import|foreignObject|animate",
        clean.replace("http://www.w3.org", ""),
    )
    with pytest.raises(ReportkitError, match="entities"):
        vectors.clean(
            '<!DOCTYPE svg [<!ENTITY a "b">]><svg xmlns="http://www.w3.org/2000/svg">&a;</svg>', "p"
        )


def test_a_page_of_a_hostile_notebook_asks_for_nothing_and_runs_nothing() -> None:
    evil = (
        "<script src=http://x/a.js></script><img src=http://x/b onerror=alert(1)><iframe srcdoc='<script>alert(1)</script>'></iframe>"
        "<a href='javascript:alert(1)'>words</a><style>@import 'http://x/c'</style><form action=http://x><input autofocus onfocus=alert(1)></form><base href=http://x><meta http-equiv=refresh content='0;http://x'>"
    )
    cells = [
        v4.new_markdown_cell(f"# {evil}\n\n{evil}\n\n[a](javascript:alert(1)) ![b](http://x/d)"),
        v4.new_code_cell("", outputs=[v4.new_output("display_data", {"text/html": evil}), v4.new_output("display_data", {"text/markdown": evil}), v4.new_output("stream", text=evil)]),
        v4.new_code_cell("", outputs=[v4.new_output("error", ename=evil, evalue=evil, traceback=[evil])]),
    ]  # fmt: skip
    page = html.write(read(v4.new_notebook(cells=cells, metadata={"title": evil})), interactive=False).data.decode()  # fmt: skip
    marked = re.sub(r"(?s)<(style|script)\b[^>]*>.*?</\1>", "", page)
    for element in re.findall(r"<[a-zA-Z][^>]*>", marked):
        assert not re.match(r"(?i)<(script|iframe|form|input|base|object|embed)\b", element), (
            element
        )
        assert not re.search(r"(?i)\son\w+\s*=|javascript:|src\s*=\s*[\"']?(http:)?//x", element), (
            element
        )
    assert "default-src 'none'" in unescape(page)


@pytest.mark.parametrize(
    "text",
    ['table = "findings"\n[columns]\nfinding_id = "a' + "[" * 5000, "[columns]\n" + "a." * 3000 + "b = 1", 'table = "../../etc"\n', 'table = "findings"\n[columns]\n"__class__" = "a"\n', "\x00", "a = " + "[" * 3000 + "]" * 3000],
    ids=["unclosed", "deep keys", "path", "dunder", "zero", "deep list"],
)  # fmt: skip
def test_a_hostile_mapping_or_configuration_is_refused_in_a_sentence(tmp_path: Path, text: str, typed: Callable[..., Ended]) -> None:  # fmt: skip
    (tmp_path / "m.toml").write_text(text)
    with pytest.raises(ReportkitError) as caught:
        mapping.read(tmp_path / "m.toml")
    assert "\n" not in caught.value.message
    (tmp_path / "w").mkdir()
    (tmp_path / "w/reportkit.toml").write_text(text)
    ended = typed("status", "-w", tmp_path / "w")
    assert ended.code == 7, ended.err
    assert "Traceback" not in ended.err


# ---- names that lead elsewhere ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["../../escape", "/etc/passwd", "..", "a/../../b", "a\x00b", "%2e%2e%2f", "CON", "-rf", "~root", "a\nb"])  # fmt: skip
def test_no_report_unit_or_period_leads_out_of_the_workspace(tmp_path: Path, name: str, typed: Callable[..., Ended]) -> None:  # fmt: skip
    place = tmp_path / "w"
    ws = workspaces.workspace(place)
    rows = [
        {"finding_id": "F1", "severity": "low", "state": "open", "opened": datetime(2026, 7, 1)}
    ]
    workspaces.load(ws, "findings", rows, datetime(2026, 10, 2))
    before = {path for path in tmp_path.rglob("*") if "store" not in path.parts}
    for words in (
        ["new", "report", f"./{name}" if name.startswith("-") else name],
        ["run", "--period=2026-Q3", f"--unit={name}", "board"],
        ["run", f"--period={name}", "board"],
        ["publish", "board", f"./{name}" if name.startswith("-") else name],
    ):
        ended = typed(*words, "-w", place)
        assert ended.code not in {0, 1}, (words, ended.out)
        assert "Traceback" not in ended.err
    after = {path for path in tmp_path.rglob("*") if "store" not in path.parts}
    assert {path for path in after - before if place not in path.parents} == set()


def test_a_link_in_the_workspace_is_not_followed_when_files_are_removed(tmp_path: Path, typed: Callable[..., Ended]) -> None:  # fmt: skip
    place, outside = tmp_path / "w", tmp_path / "outside"
    ws = workspaces.workspace(place)
    rows = [
        {"finding_id": "F1", "severity": "low", "state": "open", "opened": datetime(2026, 7, 1)}
    ]
    workspaces.load(ws, "findings", rows, datetime(2026, 10, 2))
    outside.mkdir()
    (outside / "precious").write_text("x")
    (place / "store/findings").mkdir(parents=True, exist_ok=True)
    (place / "store/raw").mkdir(parents=True, exist_ok=True)
    (place / "store/raw/link").symlink_to(outside, target_is_directory=True)
    typed("prune", "--before", "2030-01-01", "-w", place)
    assert (outside / "precious").read_text() == "x"


# ---- what others on the machine may read -----------------------------------------------------------------------------


def test_what_a_command_writes_is_for_its_owner_only(
    tmp_path: Path, typed: Callable[..., Ended]
) -> None:
    before = os.umask(0o022)
    try:
        assert typed("init", tmp_path / "w").code == 0
        (tmp_path / "f.csv").write_text(
            "finding_id,severity,state,opened\nF1,low,open,2026-01-05\n"
        )
        assert typed("load", "findings", tmp_path / "f.csv", "-w", tmp_path / "w").code == 0
        assert typed("export", "findings", tmp_path / "out.csv", "-w", tmp_path / "w").code == 0
    finally:
        os.umask(before)
    written = [tmp_path / "w", tmp_path / "out.csv", *(tmp_path / "w").rglob("*")]
    assert len(written) > 8
    assert {
        path: oct(mode) for path in written if (mode := stat.S_IMODE(path.lstat().st_mode)) & 0o077
    } == {}


# ---- no way to run what was stored -----------------------------------------------------------------------------------

#: Modules that give back objects by running what a file says.
_PICKLES = {"pickle", "cPickle", "shelve", "marshal", "dill", "cloudpickle", "joblib"}


def _calls(tree: ast.AST) -> set[str]:
    return {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}


@pytest.mark.parametrize("path", sorted((ROOT / "reportkit").rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT)))  # fmt: skip
def test_nothing_is_unpickled_and_no_text_is_run(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    assert not names & _PICKLES
    # A loader that makes texts, lists and maps only is as good as the safe one.
    plain = {
        ast.unparse(node.func)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and any(ast.unparse(k.value) == "yaml.BaseLoader" for k in node.keywords)
    }
    assert not (_calls(tree) - plain) & {
        "eval",
        "exec",
        "os.system",
        "pd.read_pickle",
        "pandas.read_pickle",
        "yaml.load",
        "yaml.unsafe_load",
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            said = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
            assert said.get("shell") != "True"
            assert said.get("allow_pickle") != "True"
            assert said.get("verify") != "False"


def test_the_guard_sees_what_it_guards_against() -> None:
    assert "eval" in _calls(ast.parse("x = eval('1')"))
