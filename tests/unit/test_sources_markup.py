"""XML without document types and entities, one record at a time."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from reportkit.errors import DataError
from reportkit.sources import markup
from reportkit.sources.content import Content, open_file


def put(folder: Path, content: str | bytes) -> Content:
    path = folder / "a.xml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return open_file(path)


def tags(content: Content, *wanted: str) -> list[str | None]:
    return [markup.text(element) for element in markup.elements(content, set(wanted))]


@pytest.mark.parametrize(
    "prolog",
    [
        "<!DOCTYPE r>",
        '<!DOCTYPE r SYSTEM "http://127.0.0.1:9/x.dtd">',
        '<!DOCTYPE r [<!ENTITY a "b">]>',
        '<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        '<?xml version="1.0"?><!-- c --><?p i?>\n<!DOCTYPE r [<!ENTITY % a SYSTEM "http://127.0.0.1:9/"> %a;]>',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_document_types_are_refused(tmp_path: Path, prolog: str, encoding: str) -> None:
    content = put(tmp_path, (prolog + "<r><a>x</a></r>").encode(encoding))
    with pytest.raises(DataError, match="declares a document type"):
        tags(content, "a")


def test_a_named_document_type_passes_only_without_declarations(tmp_path: Path) -> None:
    bare = put(tmp_path, '<!DOCTYPE r SYSTEM "http://127.0.0.1:9/x.dtd"><r><a>x</a></r>')
    assert [markup.text(e) for e in markup.elements(bare, {"a"}, {"r"})] == ["x"]
    with pytest.raises(DataError, match="declares a document type"):
        list(
            markup.elements(put(tmp_path, '<!DOCTYPE r [<!ENTITY a "b">]><r>&a;</r>'), {"a"}, {"r"})
        )
    undefined = '<!DOCTYPE r SYSTEM "x.dtd"><r><a>&b;</a></r>'
    with pytest.raises(DataError, match="not well-formed"):
        list(markup.elements(put(tmp_path, undefined), {"a"}, {"r"}))


def test_a_document_type_after_the_first_element_is_no_xml(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="not well-formed"):
        tags(put(tmp_path, '<r><!DOCTYPE r [<!ENTITY a "b">]><a>x</a></r>'), "a")


def test_a_prolog_without_end_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no element"):
        tags(put(tmp_path, "<!-- -->" * (markup.PROLOG // 8 + 1) + "<r/>"), "a")


def test_outermost_elements_come_whole_whatever_their_namespace(tmp_path: Path) -> None:
    content = put(tmp_path, '<r xmlns="n"><x><a>1<a>2</a></a></x><a>3</a><b><c/></b></r>')
    found = [[markup.local(part) for part in e.iter()] for e in markup.elements(content, {"a"})]
    assert found == [["a", "a"], ["a"]]
    assert tags(content, "a") == ["1", "3"]


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    record = "<a><b>" + "x" * 2000 + "</b></a><skip>" + "y" * 2000 + "</skip>"

    def peak(count: int) -> int:
        content = put(tmp_path, "<r>" + record * count + "</r>")
        tracemalloc.start()
        assert sum(1 for _ in markup.elements(content, {"a"})) == count
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size

    small, large = peak(200), peak(4000)
    assert large < 2 * small
